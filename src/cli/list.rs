//! `datasud list`: what is published.

use super::output::{self, Human};
use crate::config::Config;
use crate::model::{Caller, Scope};
use crate::publish::{self, DatasetSummary, LayerSummary, PublishError, Snapshot};
use crate::store::Store;
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;

/// Show what is published
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Write a JSON array of datasets with their layers
    #[arg(long)]
    pub json: bool,
}

/// A dataset in the JSON of the list.
#[derive(Serialize)]
struct Entry {
    #[serde(flatten)]
    dataset: DatasetSummary,
    layers: Vec<LayerSummary>,
}

/// Runs the command.
pub async fn run(config: Arc<Config>, args: Args) -> ExitCode {
    let snapshot = match load(&config).await {
        Ok(snapshot) => snapshot,
        Err(error) => {
            output::log_cause(&error);
            output::errors(&[format!("error: {error}")]);
            return ExitCode::FAILURE;
        }
    };
    let entries: Vec<Entry> = snapshot
        .visible_datasets(&Caller::System, &Scope::Everything)
        .map(|dataset| {
            let (dataset, layers) = snapshot.summary(dataset);
            Entry { dataset, layers }
        })
        .collect();
    if args.json {
        output::json(&entries);
    } else if entries.is_empty() {
        output::errors(&["nothing is published yet; 'datasud ingest FILE' publishes a file".to_owned()]);
    } else {
        output::lines(&output::table(&rows(&entries)));
    }
    ExitCode::SUCCESS
}

async fn load(config: &Config) -> Result<Snapshot, PublishError> {
    let store = Store::open(config).await?;
    store.migrate().await?;
    let snapshot = publish::load(&store).await;
    store.close().await;
    snapshot
}

fn rows(entries: &[Entry]) -> Vec<Vec<String>> {
    let head = ["DATASET", "LAYER", "FEATURES", "GEOMETRY", "CRS", "ORGANISATION", "VERSION", "TITLE"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for Entry { dataset, layers } in entries {
        for layer in layers {
            rows.push(vec![
                dataset.slug.clone(),
                layer.slug.clone(),
                Human(layer.features).to_string(),
                layer.geometry.to_owned(),
                layer.crs.clone(),
                dataset.organisation.clone(),
                dataset.version.to_string(),
                layer.title.clone(),
            ]);
        }
    }
    rows
}
