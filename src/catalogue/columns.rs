//! What a record is searched, counted and grouped by beyond its main columns: stems, facets, parts, further queryables.

use super::record::{Contact, Record};
use super::text::{self, Weight};
use super::vocabulary::{INSPIRE_THEMES, fold};
use crate::model::slugify;
use chrono::Datelike;
use serde_json::{Map, Value, json};

/// Values of one facet in a record at most.
const VALUES: usize = 40;

/// Columns of `datasud.record` that are made from the model.
pub(super) struct Columns {
    /// Literal of `tsvector`.
    pub(super) search: String,
    pub(super) heading: String,
    pub(super) inspire: bool,
    pub(super) hvd: bool,
    pub(super) themes: Vec<String>,
    pub(super) facets: Vec<String>,
    pub(super) extra: Value,
}

impl Columns {
    /// The columns of a record, of which `words` is all the text.
    pub(super) fn of(record: &Record, words: &str) -> Self {
        let titles = [vec![record.title.clone()], record.alternate_titles.clone()].concat().join("\n");
        let subjects = record.subjects();
        let organisations: Vec<&str> =
            record.contacts.iter().filter_map(|contact| contact.organisation.as_deref()).collect();
        let keywords = format!("{}\n{}", subjects.join("\n"), organisations.join("\n"));
        let search = text::vector(&[
            (&titles, Weight::A),
            (&keywords, Weight::B),
            (&record.summary, Weight::C),
            (words, Weight::D),
        ]);
        let one_line = |text: &String| fold(text).replace(['\n', '\r', '\0'], " ");
        let lines: Vec<String> = [&record.title].into_iter().chain(&subjects).map(one_line).collect();
        let mut themes: Vec<String> = record.inspire_themes.clone();
        let labels = record.inspire_themes.iter().filter_map(|code| INSPIRE_THEMES.get(code));
        themes.extend(labels.map(|entry| slugify(&entry.fr).to_string()));
        themes.extend(record.topics.iter().map(|topic| topic.to_lowercase()));
        let hvd = !record.hvd_categories.is_empty() || subjects.iter().any(|s| fold(s) == "hvd");
        Self {
            search,
            heading: lines.join("\n"),
            inspire: !record.inspire_themes.is_empty(),
            hvd,
            themes: themes.iter().map(|theme| theme.replace('\0', "")).collect(),
            facets: facets(record),
            extra: extra(record),
        }
    }
}

/// `name=value` for everything that the record is counted under.
fn facets(record: &Record) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |name: &str, values: &mut dyn Iterator<Item = &str>| {
        for value in values.take(VALUES) {
            let value = value.trim().replace(['\n', '\r', '\0'], " ");
            let facet = format!("{name}={value}");
            if !value.is_empty() && !all.contains(&facet) {
                all.push(facet);
            }
        }
    };
    add("organisation", &mut record.organisation().into_iter());
    let of_list = if record.inspire_themes.is_empty() { &record.topics } else { &record.inspire_themes };
    add("theme", &mut of_list.iter().map(String::as_str));
    add("keyword", &mut record.keywords.iter().map(|k| k.text.as_str()));
    add("licence", &mut record.licences.iter().take(1).map(|l| l.text.as_str()));
    add("type", &mut [record.kind_text()].into_iter());
    add("format", &mut record.formats.iter().map(|f| f.name.as_str()));
    add("inspire", &mut [if record.inspire_themes.is_empty() { "false" } else { "true" }].into_iter());
    add("hvd", &mut record.hvd_categories.iter().map(String::as_str));
    add("territory", &mut record.places.iter().map(|p| p.text.as_str()));
    let year = record.revised.or(record.published).or(record.created).map(|m| m.start.year().to_string());
    add("date", &mut year.as_deref().into_iter());
    all
}

/// Values of queryables without a column, by the names that `queryables.rs` reads.
fn extra(record: &Record) -> Value {
    let mut all = Map::new();
    let mut list = |name: &str, values: Vec<&str>| {
        let values: Vec<String> =
            values.iter().map(|v| v.replace(['\n', '\r', '\0'], " ")).filter(|v| !v.is_empty()).collect();
        if !values.is_empty() {
            all.insert(name.to_owned(), json!(format!("\n{}\n", values.join("\n"))));
        }
    };
    list("alternate", record.alternate_titles.iter().map(String::as_str).collect());
    list("keyword_types", record.keywords.iter().filter_map(|k| k.kind.as_deref()).collect());
    list("service_versions", record.service_versions.iter().map(String::as_str).collect());
    list("operations", record.operations.iter().map(String::as_str).collect());
    list("operates_on", record.operates_on.iter().map(|c| c.identifier.as_str()).collect());
    list("operates_on_names", record.operates_on.iter().filter_map(|c| c.title.as_deref()).collect());
    list(
        "access",
        record.access.iter().flat_map(|t| [Some(t.text.as_str()), t.uri.as_deref()]).flatten().collect(),
    );
    list(
        "other_constraints",
        record.licences.iter().flat_map(|t| [Some(t.text.as_str()), t.uri.as_deref()]).flatten().collect(),
    );
    list("conditions", record.use_limitations.iter().map(String::as_str).collect());
    let party = |contact: &Contact| contact.role.clone();
    let roles: Vec<String> = record.contacts.iter().map(party).collect();
    list("roles", roles.iter().map(String::as_str).collect());
    let named = |role: &str| -> Vec<&str> {
        record
            .contacts
            .iter()
            .filter(|c| c.role == role)
            .filter_map(|c| c.organisation.as_deref().or(c.person.as_deref()))
            .collect()
    };
    list("contributors", named("contributor"));
    list("specifications", record.conformity.iter().map(|c| c.title.as_str()).collect());
    list(
        "specification_date_kinds",
        record.conformity.iter().filter_map(|c| c.date_kind.as_deref()).collect(),
    );
    let degrees: Vec<&str> = record
        .conformity
        .iter()
        .filter_map(|c| c.pass)
        .map(|pass| if pass { "true" } else { "false" })
        .collect();
    list("degrees", degrees);
    let mut one = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            all.insert(name.to_owned(), value);
        }
    };
    one("parent", record.parent.as_ref().map(|parent| json!(parent.replace('\0', ""))));
    one("denominator", record.scales.first().map(|n| json!(n)));
    one("distance", record.distances.first().map(|d| json!(d.value)));
    one("uom", record.distances.first().map(|d| json!(d.unit.replace('\0', ""))));
    one("begin", record.periods.iter().filter_map(|p| p.begin).map(|m| m.start).min().map(|t| json!(t)));
    one("end", record.periods.iter().filter_map(|p| p.end).map(|m| m.start).max().map(|t| json!(t)));
    one("specification_date", record.conformity.iter().find_map(|c| c.date).map(|m| json!(m.start)));
    Value::Object(all)
}
