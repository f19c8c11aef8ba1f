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
        output::lines(&rows(&entries));
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

/// A line for each dataset and, indented below it, one for each of its layers: as wide as a terminal allows.
fn rows(entries: &[Entry]) -> Vec<String> {
    let layers: Vec<Vec<String>> = entries
        .iter()
        .flat_map(|entry| &entry.layers)
        .map(|layer| {
            let features = Human(layer.features);
            let (kind, crs, title) = (layer.geometry.to_owned(), layer.crs.clone(), layer.title.clone());
            vec![format!("  {}", layer.slug), format!("{features} {kind}"), crs, title]
        })
        .collect();
    let mut layers = output::table(&layers).into_iter();
    let mut lines = Vec::new();
    for Entry { dataset, layers: own } in entries {
        let DatasetSummary { slug, title, version, organisation, .. } = dataset;
        lines.push(format!("{slug}: {title}, version {version}, of organisation '{organisation}'"));
        lines.extend(layers.by_ref().take(own.len()));
    }
    lines
}
