//! Searching records and giving out their stored bytes.

use super::atom::Entry;
use super::dublin_core::{DublinElement, in_version_3, only};
use super::find::{self, Counts};
use super::queryables::{SortKey, checked};
use super::{CatalogueError, ElementSet, Reach, paging};
use crate::filter::{Checked, Filter, SqlBuilder};
use crate::geo::BBox;
use crate::store::{Deadline, Row, Session, Store};
use bytes::Bytes;
use std::sync::Arc;
use uuid::Uuid;

/// Records worked on before others get their turn: less than a millisecond of it.
const TURN: usize = 16;

/// A form that records are given out in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// ISO 19139.
    Iso,
    /// ISO 19115-3, always whole.
    Iso3,
    /// csw:Record and its kin of CSW 2.0.2.
    DublinCore,
    /// csw:Record and its kin of CSW 3.0: stored once, since only namespaces differ.
    DublinCore3,
    /// rdf:RDF with all that DCAT-AP and GeoDCAT-AP have words for, whatever the set; written from the model when it is
    /// asked for.
    Dcat,
}

/// A question to the catalogue.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Which records may be found: what `access` lets the caller discover.
    pub reach: &'a Reach,
    /// Who asks, where it may read on: its address and program. Later pages are then of the same answer
    /// (`catalogue/paging.rs`).
    pub client: Option<&'a str>,
    /// Words that must all occur, in any form of them: the most fitting records come first unless an order is given.
    pub words: Option<&'a str>,
    /// A box in degrees: records come first whose box is most like it, unless an order is given. It is no condition.
    pub near: Option<BBox>,
    /// Condition; all records when absent.
    pub filter: Option<Filter>,
    /// Order; that of first appearance when empty. The uuid breaks ties.
    pub sort: Vec<SortKey>,
    /// Records to pass over.
    pub offset: u64,
    /// Records wanted.
    pub limit: u64,
    /// Form of the records.
    pub form: Form,
    /// How much of them.
    pub set: ElementSet,
    /// Elements that Dublin Core records are reduced to; all of the set when there are none.
    pub elements: &'a [DublinElement],
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Records that match in all.
    pub matched: u64,
    /// The records, each an XML element without declaration.
    pub records: Vec<Bytes>,
    /// Their keys, in the same order.
    pub keys: Vec<Uuid>,
}

/// A part of an answer as entries of a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryPage {
    /// Records that match in all.
    pub matched: u64,
    /// The records.
    pub entries: Vec<Entry>,
}

/// The catalogue. Cloning shares it.
#[derive(Clone)]
pub struct Catalogue {
    pub(super) store: Store,
    /// Public address of the platform, on which addresses in written forms stand.
    base: Arc<str>,
    /// Facets of the questions of late.
    pub(super) counts: Counts,
}

impl Catalogue {
    /// The catalogue of a database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, base: Arc::from("http://localhost"), counts: find::counts() }
    }

    /// The same with the public address of the platform.
    #[must_use]
    pub fn with_address(self, base: &str) -> Self {
        Self { base: Arc::from(base), ..self }
    }

    /// Public address of the platform.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The database.
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Searches. Count and records are of one moment, so that they never disagree.
    ///
    /// # Errors
    /// [`CatalogueError::Filter`] for a condition that doesn't fit records, or the database's.
    pub async fn search(&self, search: &Search<'_>, deadline: Deadline) -> Result<Page, CatalogueError> {
        let Some(stored) = column(search.form, search.set) else {
            let found = self.search_models(search, deadline).await?;
            let keys = found.records.iter().map(|stamped| stamped.record.uuid).collect();
            return Ok(Page { matched: found.matched, records: self.as_dcat(&found.records).await, keys });
        };
        let (matched, rows) = self.rows(search, &format!("r.uuid, {stored}"), deadline).await?;
        let keys = rows.iter().filter_map(|row| row.get(1)).collect();
        let stored = rows.iter().filter_map(|row| row.get::<_, Option<&[u8]>>(2));
        let records = shown(stored, search.form, search.elements).await;
        Ok(Page { matched, records, keys })
    }

    /// Searches for entries of a feed; form, set and elements of the search mean nothing here.
    ///
    /// # Errors
    /// As [`Catalogue::search`].
    pub async fn search_entries(
        &self,
        search: &Search<'_>,
        deadline: Deadline,
    ) -> Result<EntryPage, CatalogueError> {
        let (matched, rows) = self.rows(search, ENTRY, deadline).await?;
        Ok(EntryPage { matched, entries: rows.iter().filter_map(|row| entry(row, 1)).collect() })
    }

    /// Total, and rows of the page: the total again, then `columns` of the record, which are null when the
    /// page is empty.
    pub(super) async fn rows(
        &self,
        search: &Search<'_>,
        columns: &str,
        deadline: Deadline,
    ) -> Result<(u64, Vec<Row>), CatalogueError> {
        let condition = search.filter.as_ref().map(checked).transpose()?;
        let mut session = self.store.session(deadline).await?;
        let rows = match search.client {
            _ if search.limit == 0 => count(&mut session, search, condition.as_ref(), columns).await?,
            None => alone(&mut session, search, condition.as_ref(), columns).await?,
            Some(client) => paging::page(&mut session, search, client, condition.as_ref(), columns).await?,
        };
        let matched = rows.first().map_or(0, |row| row.get::<_, i64>(0));
        Ok((u64::try_from(matched).unwrap_or(0), rows))
    }

    /// The records of these identifiers, in their order; those that don't exist, or that are out of reach,
    /// are left out.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(
        &self,
        identifiers: &[String],
        reach: &Reach,
        form: Form,
        set: ElementSet,
        deadline: Deadline,
    ) -> Result<Page, CatalogueError> {
        let Some(stored) = column(form, set) else {
            let found = self.models_of(identifiers, reach, deadline).await?;
            let keys: Vec<Uuid> = found.iter().map(|stamped| stamped.record.uuid).collect();
            return Ok(Page { matched: keys.len() as u64, records: self.as_dcat(&found).await, keys });
        };
        let rows = self.identified(identifiers, reach, &format!("r.uuid, {stored}"), deadline).await?;
        let keys: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
        let records = shown(rows.iter().map(|row| row.get::<_, &[u8]>(1)), form, &[]).await;
        Ok(Page { matched: keys.len() as u64, records, keys })
    }

    /// The entries of these identifiers, otherwise as [`Catalogue::get`].
    ///
    /// # Errors
    /// The database's.
    pub async fn get_entries(
        &self,
        identifiers: &[String],
        reach: &Reach,
        deadline: Deadline,
    ) -> Result<Vec<Entry>, CatalogueError> {
        let rows = self.identified(identifiers, reach, ENTRY, deadline).await?;
        Ok(rows.iter().filter_map(|row| entry(row, 0)).collect())
    }

    pub(super) async fn identified(
        &self,
        identifiers: &[String],
        reach: &Reach,
        columns: &str,
        deadline: Deadline,
    ) -> Result<Vec<Row>, CatalogueError> {
        // NUL can't be in a text of PostgreSQL, nor in an identifier.
        let asked: Vec<String> = identifiers.iter().filter(|id| !id.contains('\0')).cloned().collect();
        let mut sql = SqlBuilder::new();
        sql.push("select ").push(columns).push(" from unnest(").bind(asked, "text[]");
        sql.push(") with ordinality as asked (identifier, rank) join datasud.record r on r.identifier = asked.identifier where ");
        reach.to_sql(&mut sql);
        sql.push(" order by asked.rank");
        let mut session = self.store.session(deadline).await?;
        Ok(session.query(sql.text(), &sql.params()).await?)
    }
}

impl Search<'_> {
    /// Appends the terms of ORDER BY, whose last makes the order total.
    pub(super) fn order(&self, sql: &mut SqlBuilder) {
        for key in &self.sort {
            sql.push(&key.sql()).push(", ");
        }
        if self.sort.is_empty() && (self.words.is_some() || self.near.is_some()) {
            find::relevance_to_sql(self.words, self.near, sql);
            sql.push(" desc, ");
        }
        sql.push(if self.sort.is_empty() { "r.position, r.uuid" } else { "r.uuid" });
    }

    /// Appends the conditions on `r`.
    pub(super) fn condition(&self, condition: Option<&Checked>, sql: &mut SqlBuilder) {
        self.reach.to_sql(sql);
        if let Some(words) = self.words {
            sql.push(" and ");
            find::words_to_sql(words, sql);
        }
        if let Some(condition) = condition {
            sql.push(" and (");
            condition.to_sql(sql);
            sql.push(")");
        }
    }
}

/// The row that only carries the total.
async fn count(
    session: &mut Session,
    search: &Search<'_>,
    condition: Option<&Checked>,
    columns: &str,
) -> Result<Vec<Row>, CatalogueError> {
    let mut sql = SqlBuilder::new();
    sql.push("select total.n, ").push(columns);
    sql.push(" from (select count(*) as n from datasud.record r where ");
    search.condition(condition, &mut sql);
    sql.push(") total left join datasud.record r on false");
    Ok(session.query(sql.text(), &sql.params()).await?)
}

/// A page that no other is read after.
async fn alone(
    session: &mut Session,
    search: &Search<'_>,
    condition: Option<&Checked>,
    columns: &str,
) -> Result<Vec<Row>, CatalogueError> {
    let mut sql = SqlBuilder::new();
    sql.push("with matched as materialized (select r.uuid, row_number() over (order by ");
    search.order(&mut sql);
    sql.push(") as n from datasud.record r where ");
    search.condition(condition, &mut sql);
    let end = whole(search.offset.saturating_add(search.limit));
    sql.push(") select total.n, ").push(columns);
    sql.push(" from (select count(*) as n from matched) total left join matched p on p.n > ");
    sql.bind(whole(search.offset), "bigint").push(" and p.n <= ").bind(end, "bigint");
    sql.push(" left join datasud.record r on r.uuid = p.uuid order by p.n");
    Ok(session.query(sql.text(), &sql.params()).await?)
}

/// Where a form is stored; none for one that is written when it is asked for.
const fn column(form: Form, set: ElementSet) -> Option<&'static str> {
    Some(match (form, set) {
        (Form::Iso3, _) => "r.iso3_full",
        (Form::Iso, ElementSet::Full) => "r.iso_full",
        (Form::Iso, ElementSet::Summary) => "r.iso_summary",
        (Form::Iso, ElementSet::Brief) => "r.iso_brief",
        (Form::DublinCore | Form::DublinCore3, ElementSet::Full) => "r.dc_full",
        (Form::DublinCore | Form::DublinCore3, ElementSet::Summary) => "r.dc_summary",
        (Form::DublinCore | Form::DublinCore3, ElementSet::Brief) => "r.dc_brief",
        (Form::Dcat, _) => return None,
    })
}

/// Stored bytes as the form shows them: as they are, but for version 3 and for chosen elements.
async fn shown<'r>(
    stored: impl Iterator<Item = &'r [u8]>,
    form: Form,
    elements: &[DublinElement],
) -> Vec<Bytes> {
    let mut records = Vec::new();
    for record in stored {
        records.push(match (form, elements) {
            (Form::Iso | Form::Iso3 | Form::Dcat, _) | (Form::DublinCore, []) => {
                Bytes::copy_from_slice(record)
            }
            (Form::DublinCore, some) => only(record, some).into(),
            (Form::DublinCore3, []) => in_version_3(record).into(),
            (Form::DublinCore3, some) => in_version_3(&only(record, some)).into(),
        });
        if !elements.is_empty() && records.len() % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
    records
}

/// Columns of an [`Entry`].
const ENTRY: &str = "r.identifier, r.title, r.abstract, r.datestamp, r.publication, r.organisation, \
                     r.subjects, r.rights, r.resource_identifier, r.west, r.south, r.east, r.north";

/// The entry that begins in a column; none in the row that only carries the total.
fn entry(row: &Row, at: usize) -> Option<Entry> {
    let identifier: Option<String> = row.get(at);
    let side = |n: usize| row.get::<_, Option<f64>>(at + n);
    let subjects: String = row.get::<_, Option<String>>(at + 6).unwrap_or_default();
    let extent = match (side(9), side(10), side(11), side(12)) {
        (Some(west), Some(south), Some(east), Some(north)) => Some(BBox::new(west, south, east, north)),
        _ => None,
    };
    Some(Entry {
        identifier: identifier?,
        title: row.get(at + 1),
        summary: row.get(at + 2),
        updated: row.get(at + 3),
        published: row.get(at + 4),
        organisation: row.get(at + 5),
        subjects: subjects.lines().filter(|s| !s.is_empty()).map(str::to_owned).collect(),
        rights: row.get(at + 7),
        resource: row.get(at + 8),
        extent,
    })
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
