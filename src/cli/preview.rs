//! `datasud records preview`: what national harvesters will keep of a record, before they come.

use super::output;
use crate::catalogue::dryrun::{DryRun, Outcome, Target, Verdict, dry_run};
use crate::catalogue::{Catalogue, CatalogueError};
use crate::config::Config;
use crate::model::Lang;
use crate::store::{Deadline, Store};
use chrono::Utc;
use clap::ValueEnum;
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;

/// Show what national harvesters will keep of a record, field by field
///
/// Runs the record of a dataset, published or still a draft, or an imported record through the rules of data.gouv.fr, the Géocatalogue
/// (GeoNetwork) and CKAN: what arrives, what changes, what gets lost, and what to do about it. Nothing is changed.
///
/// Exit code 0: every harvester takes the record. 1: one doesn't. 2: the command line was wrong.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  datasud records preview communes
  datasud records preview communes --for data-gouv-dcat --language fr
  datasud records preview urn:uuid:94bc9c83-97f6-4b40-9eb8-a8e8787a5c63 --json")]
pub(super) struct Args {
    /// Slug of a dataset, or identifier of a record
    #[arg(value_name = "DATASET")]
    name: String,
    /// Harvester to look at [default: all]
    #[arg(long = "for", value_name = "HARVESTER")]
    target: Option<Asked>,
    /// Language of the explanations
    #[arg(long, value_enum, default_value = "en")]
    language: Language,
    /// Write one JSON object to standard output
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    Fr,
    En,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Asked {
    DataGouvCsw,
    DataGouvDcat,
    #[value(name = "geonetwork")]
    GeoNetwork,
    Ckan,
}

impl From<Asked> for Target {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::DataGouvCsw => Self::DataGouvCsw,
            Asked::DataGouvDcat => Self::DataGouvDcat,
            Asked::GeoNetwork => Self::GeoNetwork,
            Asked::Ckan => Self::Ckan,
        }
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    record: &'a str,
    harvesters: &'a [DryRun],
}

/// Runs the command.
pub(super) async fn run(config: &Arc<Config>, args: Args) -> ExitCode {
    let found = async {
        let store = Store::open(config).await?;
        store.migrate().await?;
        let deadline = Deadline::after(config.limits.request());
        let found = Catalogue::new(store.clone()).model_named(&args.name, deadline).await;
        store.close().await;
        found
    };
    let record = match found.await {
        Ok(Some(found)) => found.record,
        Ok(None) => {
            output::errors(&[format!(
                "error: there is no dataset or record '{}'; 'datasud list' and 'datasud records list' show those there are",
                args.name
            )]);
            return ExitCode::FAILURE;
        }
        Err(error) => return failed(&error),
    };
    let targets = args.target.map_or_else(|| Target::ALL.to_vec(), |asked| vec![asked.into()]);
    let runs: Vec<DryRun> = targets.into_iter().map(|target| dry_run(&record, target, Utc::now())).collect();
    if args.json {
        output::json(&Answer { record: &record.identifier, harvesters: &runs });
    } else {
        let lang = match args.language {
            Language::Fr => Lang::Fr,
            Language::En => Lang::En,
        };
        runs.iter().for_each(|run| output::lines(&lines(run, lang)));
    }
    if runs.iter().all(|run| run.taken) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn lines(run: &DryRun, lang: Lang) -> Vec<String> {
    let state = if run.taken {
        lang.pick("fiche prise", "record taken")
    } else {
        lang.pick("fiche refusée", "record refused")
    };
    let mut lines = vec![format!("{}: {state}", run.target.title())];
    for outcome in &run.outcomes {
        lines.extend(told(outcome, lang));
    }
    lines.push(String::new());
    lines
}

/// A line for what becomes of a field, and one for what to do.
fn told(outcome: &Outcome, lang: Lang) -> Vec<String> {
    let mut line = format!("  {:<13} {}", outcome.verdict.word(lang), outcome.field.label().pick(lang));
    if !outcome.ours.is_empty() {
        line.push_str(&format!(": {}", outcome.ours));
    }
    if let Some(theirs) = outcome.theirs.as_ref().filter(|_| outcome.verdict != Verdict::Absent) {
        line.push_str(&format!(" → {}", theirs.pick(lang)));
    }
    if let Some(why) = &outcome.why {
        line.push_str(&format!(" ({})", why.pick(lang)));
    }
    let remedy = outcome.remedy.as_ref().map(|remedy| format!("{:16}{}", "", remedy.pick(lang)));
    std::iter::once(line).chain(remedy).collect()
}

fn failed(error: &CatalogueError) -> ExitCode {
    output::log_cause(error);
    output::errors(&[format!("error: {error}")]);
    ExitCode::FAILURE
}
