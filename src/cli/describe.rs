//! `datasud describe`: what people say of a dataset.

use super::output;
use crate::catalogue::{ContactForm, DescriptionForm};
use crate::config::Config;
use crate::publish::{DescribedDataset, PublishError, Publisher};
use crate::store::Store;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Show or change what a dataset's record says that its data can't
///
/// Without an option but --json shows it. An option changes its field alone; given with an empty text ("") it clears the
/// field; options that may be repeated give the whole list. Codes are taken as code, address or label in French or
/// English. The record is written anew at once, with or without a running server.
///
/// Exit code 0: done. 1: refused, nothing has changed. 2: the command line was wrong.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  datasud describe communes --abstract \"Limites des communes.\" --frequency annuelle --inspire-theme au
  datasud describe communes --contact \"role=owner, organisation=Région Sud, email=sig@example.org\"
  datasud describe communes --file communes.toml
  datasud describe communes --json")]
pub struct Args {
    /// Name of the dataset, as 'datasud list' shows it
    #[arg(value_name = "DATASET")]
    dataset: String,
    /// A form to fill in, JSON or TOML (schemas/description.schema.json); options win over it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Title
    #[arg(long)]
    title: Option<String>,
    /// Abstract
    #[arg(long = "abstract", value_name = "TEXT")]
    summary: Option<String>,
    /// Free keyword; may be repeated
    #[arg(long = "keyword", value_name = "WORD")]
    keywords: Vec<String>,
    /// Licence, such as etalab-2.0, or its address
    #[arg(long)]
    licence: Option<String>,
    /// Another title; may be repeated
    #[arg(long = "alternate-title", value_name = "TITLE")]
    alternate_titles: Vec<String>,
    /// INSPIRE theme: au, "Unités administratives"; may be repeated
    #[arg(long = "inspire-theme", value_name = "THEME")]
    inspire_themes: Vec<String>,
    /// Category of high-value datasets: géospatiales, mobilité…; may be repeated
    #[arg(long = "hvd", value_name = "CATEGORY")]
    hvd_categories: Vec<String>,
    /// ISO topic category: boundaries, "Eaux intérieures"; may be repeated
    #[arg(long = "topic", value_name = "CATEGORY")]
    topics: Vec<String>,
    /// Spatial scope: local, regional, national
    #[arg(long, value_name = "SCOPE")]
    spatial_scope: Option<String>,
    /// How often the data are renewed: annually, mensuelle
    #[arg(long)]
    frequency: Option<String>,
    /// Language of the data: fre, eng; may be repeated
    #[arg(long = "language", value_name = "CODE")]
    languages: Vec<String>,
    /// Who answers for the data: "role=owner, organisation=…, email=…"; may be repeated
    #[arg(long = "contact", value_name = "FIELDS", value_parser = contact)]
    contacts: Vec<ContactForm>,
    /// Time that the data are about: 2019/2024, 2019-01-01/..; may be repeated
    #[arg(long, value_name = "BEGIN/END")]
    temporal: Vec<String>,
    /// Name of a place; may be repeated
    #[arg(long = "place", value_name = "NAME")]
    places: Vec<String>,
    /// How the data came to be
    #[arg(long, value_name = "TEXT")]
    lineage: Option<String>,
    /// Law that the data are made or published under, words or an address; may be repeated
    #[arg(long, value_name = "LAW")]
    legal_basis: Vec<String>,
    /// Limitation on public access; may be repeated
    #[arg(long, value_name = "CODE")]
    access: Vec<String>,
    /// Denominator of the scale that the data are good for: 5000
    #[arg(long, value_name = "NUMBER")]
    scale: Option<u32>,
    /// Distance between samples on the ground, in metres
    #[arg(long, value_name = "METRES")]
    resolution: Option<f64>,
    /// When the data were made: 2024-03-02
    #[arg(long, value_name = "DATE")]
    created: Option<String>,
    /// Write one JSON object to standard output
    #[arg(long)]
    json: bool,
}

/// The JSON of a description.
#[derive(Serialize)]
struct Answer<'a> {
    dataset: &'a str,
    record: String,
    description: &'a DescriptionForm,
    report: &'a [crate::catalogue::check::Finding],
}

/// Runs the command.
pub async fn run(config: Arc<Config>, args: Args) -> ExitCode {
    let json = args.json;
    match describe(&config, args).await {
        Ok(described) if json => output::json(&Answer {
            dataset: &described.slug,
            record: described.record.to_string(),
            description: &described.form,
            report: &described.report,
        }),
        Ok(described) => output::lines(&lines(&described)),
        Err(error) => {
            output::log_cause(&error);
            output::errors(&[format!("error: {error}")]);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

async fn describe(config: &Arc<Config>, args: Args) -> Result<DescribedDataset, PublishError> {
    let dataset = args.dataset.clone();
    let form = form(args)?;
    let store = Store::open(config).await?;
    store.migrate().await?;
    let publisher = Publisher::new(Arc::clone(config), store.clone());
    let described = if form == DescriptionForm::default() {
        publisher.description(&dataset).await
    } else {
        publisher.describe(&dataset, &form).await
    };
    store.close().await;
    described
}

/// A form's file.
///
/// # Errors
/// [`PublishError::File`] or [`PublishError::Description`].
pub(super) fn read_form(path: &Path) -> Result<DescriptionForm, PublishError> {
    let unreadable = |cause| PublishError::File { path: path.to_owned(), cause };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok(DescriptionForm::parse(&text, path)?)
}

/// The form of a file with the options over it.
fn form(args: Args) -> Result<DescriptionForm, PublishError> {
    let mut form = args.file.as_deref().map(read_form).transpose()?.unwrap_or_default();
    let text = |field: &mut Option<Option<String>>, given: Option<String>| {
        if given.is_some() {
            *field = Some(given);
        }
    };
    let list = |field: &mut Option<Option<Vec<String>>>, given: Vec<String>| {
        if !given.is_empty() {
            *field = Some(Some(given));
        }
    };
    form.title = args.title.or(form.title);
    text(&mut form.summary, args.summary);
    list(&mut form.keywords, args.keywords);
    text(&mut form.licence, args.licence);
    list(&mut form.alternate_titles, args.alternate_titles);
    list(&mut form.inspire_themes, args.inspire_themes);
    list(&mut form.hvd_categories, args.hvd_categories);
    list(&mut form.topics, args.topics);
    text(&mut form.spatial_scope, args.spatial_scope);
    text(&mut form.frequency, args.frequency);
    list(&mut form.languages, args.languages);
    if !args.contacts.is_empty() {
        let given = args.contacts.into_iter().filter(|contact| *contact != ContactForm::default());
        form.contacts = Some(Some(given.collect()));
    }
    list(&mut form.temporal, args.temporal);
    list(&mut form.places, args.places);
    text(&mut form.lineage, args.lineage);
    list(&mut form.legal_basis, args.legal_basis);
    list(&mut form.access, args.access);
    form.scale = args.scale.map(Some).or(form.scale);
    form.resolution = args.resolution.map(Some).or(form.resolution);
    text(&mut form.created, args.created);
    Ok(form)
}

/// `role=owner, organisation=Région Sud, Direction X, email=…`: a part without a known name belongs to the one
/// before it, so that values may hold commas.
fn contact(text: &str) -> Result<ContactForm, String> {
    const NAMES: [&str; 11] = [
        "role",
        "organisation",
        "person",
        "position",
        "email",
        "phone",
        "address",
        "city",
        "postcode",
        "country",
        "url",
    ];
    let mut fields = serde_json::Map::new();
    let mut last: Option<&str> = None;
    for part in text.split(',').filter(|_| !text.trim().is_empty()) {
        let named = part.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        let known = named.and_then(|(name, value)| Some((*NAMES.iter().find(|n| **n == name)?, value)));
        match (known, last) {
            (Some((name, value)), _) => {
                fields.insert(name.to_owned(), value.into());
                last = Some(name);
            }
            (None, Some(name)) => {
                let before = fields.get(name).and_then(|v| v.as_str()).unwrap_or_default();
                fields.insert(name.to_owned(), format!("{before},{part}").into());
            }
            (None, None) => {
                return Err(format!(
                    "'{}' is no field of a contact; there are {}",
                    part.trim(),
                    NAMES.join(", ")
                ));
            }
        }
    }
    serde_json::from_value(fields.into()).map_err(|e| e.to_string())
}

/// The description, a line a field, and what is missing.
fn lines(described: &DescribedDataset) -> Vec<String> {
    let mut lines = vec![format!("dataset '{}', record {}", described.slug, described.record)];
    let form = serde_json::to_value(&described.form).unwrap_or_default();
    let rows: Vec<Vec<String>> = form
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| vec![format!("  {name}"), shown(value)])
        .collect();
    lines.extend(output::table(&rows));
    lines.extend(described.report.iter().map(super::records::check_line));
    lines
}

fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.replace('\n', " "),
        serde_json::Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join("; "),
        serde_json::Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("{name}={}", shown(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_read_from_named_fields_whose_values_may_hold_commas() {
        let read = contact("role=owner, organisation=Région Sud, DSI, email=a@b.fr").expect("read");
        assert_eq!(read.role.as_deref(), Some("owner"));
        assert_eq!(read.organisation.as_deref(), Some("Région Sud, DSI"));
        assert_eq!(read.email.as_deref(), Some("a@b.fr"));
        assert_eq!(contact(""), Ok(ContactForm::default()));
        assert!(contact("mail=a@b.fr").expect_err("refused").contains("email"));
    }
}
