//! A record's row in `datasud.record`: what is searched by, and every form as it is served.

use super::CatalogueError;
use super::vocabulary::fold;
use crate::geo::BBox;
use crate::store::Session;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The three forms of one schema, each an element without declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forms {
    pub(super) full: Vec<u8>,
    pub(super) summary: Vec<u8>,
    pub(super) brief: Vec<u8>,
}

/// A row. Texts that a record lacks are empty; dates and places that it lacks are none.
pub(super) struct RecordRow<'a> {
    pub(super) uuid: Uuid,
    pub(super) identifier: &'a str,
    /// None when the record was imported.
    pub(super) dataset: Option<i64>,
    pub(super) organisation_id: i64,
    pub(super) datestamp: DateTime<Utc>,
    pub(super) title: &'a str,
    pub(super) summary: &'a str,
    pub(super) kind: &'a str,
    pub(super) language: &'a str,
    pub(super) organisation: &'a str,
    pub(super) resource: &'a str,
    pub(super) rights: Option<String>,
    pub(super) lineage: Option<&'a str>,
    pub(super) creation: Option<DateTime<Utc>>,
    pub(super) publication: Option<DateTime<Utc>>,
    pub(super) revision: Option<DateTime<Utc>>,
    pub(super) subjects: Vec<String>,
    pub(super) topics: Vec<String>,
    pub(super) formats: Vec<String>,
    pub(super) crs: Vec<String>,
    pub(super) services: Vec<String>,
    pub(super) places: Vec<String>,
    /// Longitude and latitude.
    pub(super) extent: Option<BBox>,
    /// All that somebody may look for in the record.
    pub(super) words: String,
    pub(super) iso: &'a Forms,
    pub(super) dublin_core: &'a Forms,
    /// Schema and text of an imported record.
    pub(super) source: Option<(&'a str, &'a str)>,
}

const WRITE: &str = "\
insert into datasud.record
 (uuid, identifier, dataset_id, organisation_id, datestamp, title, abstract, type, language,
  organisation, resource_identifier, rights, lineage, creation, publication, revision, subjects, topics,
  formats, crs, services, places, west, south, east, north, bbox, anytext, words,
  iso_full, iso_summary, iso_brief, dc_full, dc_summary, dc_brief, source_schema, source)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
  $22, $23, $24, $25, $26,
  case when $23::float8 is not null then
    ST_MakeEnvelope($23::float8, $24::float8, $25::float8, $26::float8, 4326) end,
  $27, to_tsvector('french', $27), $28, $29, $30, $31, $32, $33, $34, $35)
on conflict (uuid) do update set
  dataset_id = excluded.dataset_id, organisation_id = excluded.organisation_id,
  datestamp = excluded.datestamp, title = excluded.title, abstract = excluded.abstract,
  type = excluded.type, language = excluded.language, organisation = excluded.organisation,
  resource_identifier = excluded.resource_identifier, rights = excluded.rights,
  lineage = excluded.lineage, creation = excluded.creation, publication = excluded.publication,
  revision = excluded.revision, subjects = excluded.subjects, topics = excluded.topics,
  formats = excluded.formats, crs = excluded.crs, services = excluded.services,
  places = excluded.places, west = excluded.west, south = excluded.south, east = excluded.east,
  north = excluded.north, bbox = excluded.bbox, anytext = excluded.anytext, words = excluded.words,
  iso_full = excluded.iso_full, iso_summary = excluded.iso_summary, iso_brief = excluded.iso_brief,
  dc_full = excluded.dc_full, dc_summary = excluded.dc_summary, dc_brief = excluded.dc_brief,
  source_schema = excluded.source_schema, source = excluded.source";

impl RecordRow<'_> {
    /// Writes the row, in the place of the one that the uuid has; the order of first appearance stays.
    pub(super) async fn write(&self, session: &mut Session) -> Result<(), CatalogueError> {
        let [west, south, east, north] = match self.extent {
            Some(b) => [Some(b.min_x), Some(b.min_y), Some(b.max_x), Some(b.max_y)],
            None => [None; 4],
        };
        let (schema, source) = self.source.unzip();
        let lists = [&self.subjects, &self.topics, &self.formats, &self.crs, &self.services, &self.places]
            .map(|values| list(values));
        let [subjects, topics, formats, crs, services, places] = lists;
        session
            .execute(
                WRITE,
                &[
                    &self.uuid,
                    &self.identifier,
                    &self.dataset,
                    &self.organisation_id,
                    &self.datestamp,
                    &clean(self.title),
                    &clean(self.summary),
                    &self.kind,
                    &self.language,
                    &clean(self.organisation),
                    &self.resource,
                    &self.rights,
                    &self.lineage,
                    &self.creation,
                    &self.publication,
                    &self.revision,
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
                    &fold(&self.words),
                    &self.iso.full,
                    &self.iso.summary,
                    &self.iso.brief,
                    &self.dublin_core.full,
                    &self.dublin_core.summary,
                    &self.dublin_core.brief,
                    &schema,
                    &source,
                ],
            )
            .await?;
        Ok(())
    }
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
