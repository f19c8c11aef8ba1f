//! `datasud records`: metadata records from elsewhere; and what harvesters make of any record ([`preview`]).

use super::{output, preview};
use crate::catalogue::check;
use crate::catalogue::import::{Kept, Status};
use crate::config::Config;
use crate::ingest::Finding;
use crate::publish::{PublishError, Publisher};
use crate::store::Store;
use clap::Subcommand;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Check metadata records, and look at what harvesters make of them; import, list and remove records of data that is elsewhere
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    Import(Import),
    List(List),
    Remove(Remove),
    Preview(preview::Args),
    Check(Check),
}

/// Load metadata records and show them in the catalogue
///
/// Takes ISO 19139 (gmd:MD_Metadata), ISO 19115-3 (mdb:MD_Metadata), Dublin Core (csw:Record, oai_dc:dc) and DCAT (RDF/XML, Turtle,
/// N-Triples, JSON-LD): files with one record, saved answers of CSW or OAI-PMH and catalogues of DCAT with many, folders and zips of
/// such files. All files of one call are imported, or none. A record whose identifier is known is replaced when its content differs. Works with or without a
/// running server, which shows the records at once.
///
/// Exit code 0: imported. 1: refused, nothing has changed. 2: the command line was wrong.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  datasud records import fiche.xml --organisation crige
  datasud records import saved-records/ --organisation \"Parc national\" --json")]
struct Import {
    /// Files, folders or zips to load
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Whose records they are, by slug or by name; created when it is new [default: the platform]
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// Write one JSON object to standard output
    #[arg(long)]
    json: bool,
}

/// Show the imported records
#[derive(Clone, Debug, clap::Args)]
struct List {
    /// Write a JSON array
    #[arg(long)]
    json: bool,
}

/// Remove imported records from the catalogue: all that are named, or none
#[derive(Clone, Debug, clap::Args)]
struct Remove {
    /// Identifiers, as 'datasud records list' shows them
    #[arg(required = true, value_name = "IDENTIFIER")]
    identifiers: Vec<String>,
}

/// Check records against INSPIRE, DCAT-AP and the law, and say what to fill in
///
/// Checks every requirement of the INSPIRE technical guidance for metadata 2.0, and the minimum of DCAT-AP 3 and of its
/// profile for high-value datasets. A record with a finding of level error is held back from every catalogue.
///
/// Exit code 0: no record is held back. 1: one is, or there is none of that name. 2: the command line was wrong.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  datasud records check communes
  datasud records check --all --language fr
  datasud records check communes --json")]
struct Check {
    /// Datasets by name, or records by identifier
    #[arg(value_name = "NAME", required_unless_present = "all")]
    names: Vec<String>,
    /// Every record
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Language of the report
    #[arg(long, value_enum, default_value = "en")]
    language: Language,
    /// Write a JSON array, which has both languages and every requirement
    #[arg(long)]
    json: bool,
}

/// Languages of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    /// English
    En,
    /// French
    Fr,
}

/// A record in the JSON of a check.
#[derive(Serialize)]
struct CheckedRecord<'a> {
    identifier: &'a str,
    title: &'a str,
    dataset: Option<&'a str>,
    held: bool,
    findings: &'a [check::Finding],
    requirements: &'a [check::Judgement],
}

/// The JSON of an import, done or refused.
#[derive(Serialize)]
struct Answer<'a> {
    status: &'static str,
    organisation: Option<&'a str>,
    records: &'a [Kept],
    report: &'a [Finding],
}

/// Runs the command.
pub async fn run(config: Arc<Config>, args: Args) -> ExitCode {
    match args.action {
        Action::Import(args) => import(&config, args).await,
        Action::List(args) => list(&config, &args).await,
        Action::Remove(args) => remove(&config, &args).await,
        Action::Preview(args) => preview::run(&config, args).await,
        Action::Check(args) => check(&config, &args).await,
    }
}

async fn publisher(config: &Arc<Config>) -> Result<(Publisher, Store), PublishError> {
    let store = Store::open(config).await?;
    store.migrate().await?;
    Ok((Publisher::new(Arc::clone(config), store.clone()), store))
}

async fn import(config: &Arc<Config>, args: Import) -> ExitCode {
    let outcome = async {
        let (publisher, store) = publisher(config).await?;
        let imported = publisher.import_records(args.files, args.organisation.as_deref()).await;
        store.close().await;
        imported
    };
    match outcome.await {
        Ok(imported) => {
            if args.json {
                output::json(&Answer {
                    status: "imported",
                    organisation: Some(&imported.organisation),
                    records: &imported.records,
                    report: &[],
                });
            } else {
                let count = |status| imported.records.iter().filter(|r| r.status == status).count();
                output::lines(&[format!(
                    "imported for organisation '{}': {} added, {} replaced, {} unchanged",
                    imported.organisation,
                    count(Status::Added),
                    count(Status::Replaced),
                    count(Status::Unchanged)
                )]);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            output::log_cause(&error);
            let report = error.findings();
            if args.json {
                output::json(&Answer {
                    status: "refused",
                    organisation: None,
                    records: &[],
                    report: &report,
                });
            } else {
                let mut lines = vec!["not imported; nothing has changed".to_owned()];
                lines.extend(report.iter().map(output::finding));
                output::errors(&lines);
            }
            ExitCode::FAILURE
        }
    }
}

async fn list(config: &Arc<Config>, args: &List) -> ExitCode {
    let outcome = async {
        let (publisher, store) = publisher(config).await?;
        let records = publisher.imported_records().await;
        store.close().await;
        records
    };
    match outcome.await {
        Ok(records) if args.json => output::json(&records),
        Ok(records) if records.is_empty() => output::errors(&[
            "no record was imported yet; 'datasud records import FILE' imports records".to_owned(),
        ]),
        Ok(records) => {
            let rows: Vec<_> =
                records.into_iter().map(|r| vec![r.identifier, r.organisation, r.title]).collect();
            output::lines(&output::table(&rows));
        }
        Err(error) => return failed(&error),
    }
    ExitCode::SUCCESS
}

async fn remove(config: &Arc<Config>, args: &Remove) -> ExitCode {
    let outcome = async {
        let (publisher, store) = publisher(config).await?;
        let removed = publisher.remove_records(&args.identifiers).await;
        store.close().await;
        removed
    };
    match outcome.await {
        Ok(()) => {
            output::lines(&[format!("removed: {}", args.identifiers.join(", "))]);
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

async fn check(config: &Arc<Config>, args: &Check) -> ExitCode {
    let outcome = async {
        let (publisher, store) = publisher(config).await?;
        let names = (!args.all).then_some(args.names.as_slice());
        let checked = publisher.check_records(names).await;
        store.close().await;
        checked
    };
    let checked = match outcome.await {
        Ok(checked) => checked,
        Err(error) => return failed(&error),
    };
    if args.json {
        let all: Vec<_> = checked
            .iter()
            .map(|c| CheckedRecord {
                identifier: &c.identifier,
                title: &c.title,
                dataset: c.dataset.as_deref(),
                held: c.held,
                findings: &c.findings,
                requirements: &c.requirements,
            })
            .collect();
        output::json(&all);
    } else {
        let french = args.language == Language::Fr;
        output::lines(&checked.iter().flat_map(|c| report(c, french)).collect::<Vec<_>>());
    }
    if checked.iter().any(|c| c.held) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The report of a record, for people.
fn report(checked: &check::Checked, french: bool) -> Vec<String> {
    let name = checked.dataset.as_deref().unwrap_or(&checked.identifier);
    let state = match (checked.held, checked.findings.is_empty(), french) {
        (true, _, false) => "held back from every catalogue",
        (true, _, true) => "retenue : absente de tous les catalogues",
        (false, true, false) => "nothing to mend",
        (false, true, true) => "rien à corriger",
        (false, false, false) => "in the catalogues, to be mended",
        (false, false, true) => "dans les catalogues, à compléter",
    };
    let mut lines = vec![format!("{name} ({}): {state}", checked.title)];
    lines.extend(checked.findings.iter().map(|finding| line_of(finding, french)));
    lines
}

/// A finding of the checks as one line, in English.
pub(super) fn check_line(finding: &check::Finding) -> String {
    line_of(finding, false)
}

fn line_of(finding: &check::Finding, french: bool) -> String {
    let level = match (finding.level, french) {
        (check::Level::Info, false) => "note",
        (check::Level::Info, true) => "remarque",
        (check::Level::Warning, false) => "warning",
        (check::Level::Warning, true) => "avertissement",
        (check::Level::Error, false) => "error",
        (check::Level::Error, true) => "erreur",
    };
    let words = if french { &finding.fr } else { &finding.en };
    format!("  {level} {}: {words}", finding.requirement)
}

fn failed(error: &PublishError) -> ExitCode {
    output::log_cause(error);
    output::errors(&[format!("error: {error}")]);
    ExitCode::FAILURE
}
