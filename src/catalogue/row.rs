//! A record's row in `datasud.record`: the model, what is searched by, and every form as it is served.

use super::columns::Columns;
use super::iso::ElementSet;
use super::record::Record;
use super::vocabulary::fold;
use super::{CatalogueError, check};
use crate::geo::Crs;
use crate::store::Session;
use chrono::{DateTime, Utc};
use serde_json::json;

/// The three forms of one schema, each an element without declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forms {
    pub(super) full: Vec<u8>,
    pub(super) summary: Vec<u8>,
    pub(super) brief: Vec<u8>,
}

impl Forms {
    /// What a writer makes of a record.
    pub(super) fn of(
        record: &Record,
        stamp: DateTime<Utc>,
        write: fn(&Record, DateTime<Utc>, ElementSet) -> Vec<u8>,
    ) -> Self {
        Self {
            full: write(record, stamp, ElementSet::Full),
            summary: write(record, stamp, ElementSet::Summary),
            brief: write(record, stamp, ElementSet::Brief),
        }
    }
}

/// A row. Columns that are searched are made from the record.
pub(super) struct RecordRow<'a> {
    pub(super) record: &'a Record,
    pub(super) organisation_id: i64,
    pub(super) datestamp: DateTime<Utc>,
    /// All that somebody may look for in the record.
    pub(super) words: String,
    pub(super) iso: &'a Forms,
    pub(super) dublin_core: &'a Forms,
    pub(super) iso3: &'a [u8],
    pub(super) origin: Origin<'a>,
}

/// Where a record comes from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// The dataset of this key.
    Dataset(i64),
    /// A service of the organisation: `wms`, `wfs`, `csw`.
    Service(&'a str),
    /// A document of this schema, as it came.
    Document(&'a str, &'a str),
}

/// Raised when the writers change what they write, so that stored records are written anew.
pub(super) const WRITERS: i32 = 6;

const WRITE: &str = "\
insert into datasud.record
 (uuid, identifier, dataset_id, organisation_id, datestamp, title, abstract, type, language,
  organisation, resource_identifier, rights, lineage, creation, publication, revision, subjects, topics,
  formats, crs, services, places, west, south, east, north, bbox, anytext,
  iso_full, iso_summary, iso_brief, dc_full, dc_summary, dc_brief, source_schema, source, model,
  search, heading, inspire, hvd, themes, facets, extra, held, report, iso3_full, service, writers)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
  $22, $23, $24, $25, $26,
  case when $23::float8 is not null then
    ST_MakeEnvelope($23::float8, $24::float8, $25::float8, $26::float8, 4326) end,
  $27, $28, $29, $30, $31, $32, $33, $34, $35, $36,
  $37::text::tsvector, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48)
on conflict (uuid) do update set
  dataset_id = excluded.dataset_id, organisation_id = excluded.organisation_id,
  datestamp = excluded.datestamp, title = excluded.title, abstract = excluded.abstract,
  type = excluded.type, language = excluded.language, organisation = excluded.organisation,
  resource_identifier = excluded.resource_identifier, rights = excluded.rights,
  lineage = excluded.lineage, creation = excluded.creation, publication = excluded.publication,
  revision = excluded.revision, subjects = excluded.subjects, topics = excluded.topics,
  formats = excluded.formats, crs = excluded.crs, services = excluded.services,
  places = excluded.places, west = excluded.west, south = excluded.south, east = excluded.east,
  north = excluded.north, bbox = excluded.bbox, anytext = excluded.anytext,
  iso_full = excluded.iso_full, iso_summary = excluded.iso_summary, iso_brief = excluded.iso_brief,
  dc_full = excluded.dc_full, dc_summary = excluded.dc_summary, dc_brief = excluded.dc_brief,
  source_schema = excluded.source_schema, source = excluded.source, model = excluded.model,
  search = excluded.search, heading = excluded.heading, inspire = excluded.inspire, hvd = excluded.hvd,
  themes = excluded.themes, facets = excluded.facets, extra = excluded.extra,
  held = excluded.held, report = excluded.report, iso3_full = excluded.iso3_full, service = excluded.service,
  writers = excluded.writers";

impl RecordRow<'_> {
    /// Writes the row, in the place of the one that the uuid has; the order of first appearance stays.
    pub(super) async fn write(&self, session: &mut Session) -> Result<(), CatalogueError> {
        let record = self.record;
        let [west, south, east, north] = match record.extent() {
            Some(b) => [Some(b.min_x), Some(b.min_y), Some(b.max_x), Some(b.max_y)],
            None => [None; 4],
        };
        let (dataset, service, schema, source) = match self.origin {
            Origin::Dataset(key) => (Some(key), None, None, None),
            Origin::Service(name) => (None, Some(name), None, None),
            Origin::Document(schema, source) => (None, None, Some(schema), Some(source)),
        };
        let report = check::findings(record);
        let start = |moment: Option<super::record::Moment>| moment.map(|moment| moment.start);
        // What is published here has no older date of creation.
        let creation = start(record.created.or(dataset.and(record.published)));
        let rights = Some(record.rights().join("\n")).filter(|rights| !rights.is_empty()).map(|r| clean(&r));
        let resource = record.resource.as_ref().map(|resource| resource.whole()).unwrap_or_default();
        let formats: Vec<String> = record.formats.iter().map(|format| format.name.clone()).collect();
        let places: Vec<String> =
            record.places.iter().flat_map(|p| [Some(p.text.clone()), p.uri.clone()]).flatten().collect();
        let lists = [
            list(&record.subjects()),
            list(&record.topics),
            list(&formats),
            list(&systems(record)),
            list(&services(record)),
            list(&places),
        ];
        let [subjects, topics, formats, crs, services, places] = lists;
        let columns = Columns::of(record, &self.words);
        session
            .execute(
                WRITE,
                &[
                    &record.uuid,
                    &record.identifier,
                    &dataset,
                    &self.organisation_id,
                    &self.datestamp,
                    &clean(&record.title),
                    &clean(&record.summary),
                    &clean(record.kind_text()),
                    &clean(record.resource_languages.first().unwrap_or(&record.language)),
                    &clean(record.organisation().unwrap_or_default()),
                    &clean(&resource),
                    &rights,
                    &record.lineage.as_deref().map(clean),
                    &creation,
                    &start(record.published),
                    &start(record.revised),
                    &subjects,
                    &topics,
                    &formats,
                    &crs,
                    &services,
                    &places,
                    &west,
                    &south,
                    &east,
                    &north,
                    &fold(&clean(&self.words)),
                    &self.iso.full,
                    &self.iso.summary,
                    &self.iso.brief,
                    &self.dublin_core.full,
                    &self.dublin_core.summary,
                    &self.dublin_core.brief,
                    &schema,
                    &source,
                    &json!(record),
                    &columns.search,
                    &columns.heading,
                    &columns.inspire,
                    &columns.hvd,
                    &columns.themes,
                    &columns.facets,
                    &columns.extra,
                    &check::is_held(&report),
                    &json!(report),
                    &self.iso3,
                    &service,
                    &WRITERS,
                ],
            )
            .await?;
        Ok(())
    }
}

/// Every spelling of the systems that somebody may ask for.
fn systems(record: &Record) -> Vec<String> {
    let mut all = Vec::new();
    for system in &record.crs {
        let known =
            system.code.strip_prefix("EPSG:").and_then(|code| Crs::from_epsg(code.parse().ok()?).ok());
        match known {
            Some(crs) => all.extend([crs.code(), crs.urn(), crs.uri()]),
            None => all.extend([Some(system.code.clone()), system.uri.clone()].into_iter().flatten()),
        }
    }
    all
}

/// Protocols of the links; of a service its type.
fn services(record: &Record) -> Vec<String> {
    let mut all: Vec<String> = record.service_type.iter().cloned().collect();
    for protocol in record.links.iter().filter_map(|link| link.protocol.as_ref()) {
        if !protocol.text.is_empty() && !all.contains(&protocol.text) {
            all.push(protocol.text.clone());
        }
    }
    all
}

/// All that somebody may look for in a record of our own making.
pub(super) fn anytext(record: &Record) -> String {
    let mut parts = vec![record.identifier.clone(), record.title.clone(), record.summary.clone()];
    parts.extend(record.alternate_titles.iter().cloned());
    parts.extend(record.subjects());
    for contact in &record.contacts {
        parts.extend([&contact.organisation, &contact.person].into_iter().flatten().cloned());
    }
    parts.extend(record.rights());
    parts.extend(record.layers.iter().flat_map(|l| [l.slug.clone(), l.title.clone()]));
    parts.extend(record.formats.iter().map(|f| f.name.clone()));
    parts.extend(record.crs.iter().map(|c| c.code.clone()));
    parts.extend(record.places.iter().map(|p| p.text.clone()));
    parts.extend(record.legislation.iter().map(|l| l.text.clone()));
    parts.extend(record.links.iter().filter(|l| l.layer.is_none()).filter_map(|l| l.name.clone()));
    parts.extend(record.lineage.iter().cloned());
    parts.dedup();
    parts.join("\n")
}

/// Values between line feeds: one of them can be asked for as a part of the text.
fn list(values: &[String]) -> String {
    let mut text = String::from("\n");
    for value in values {
        text.push_str(&value.replace(['\n', '\r', '\0'], " "));
        text.push('\n');
    }
    text
}

fn clean(text: &str) -> String {
    text.replace('\0', "")
}
