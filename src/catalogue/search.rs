//! Searching records and giving out their stored bytes.

use super::atom::Entry;
use super::dublin_core::{DublinElement, in_version_3, only};
use super::queryables::{Records, SortKey, stored_form};
use super::vocabulary::fold;
use super::{CatalogueError, ElementSet};
use crate::filter::{self, Filter, SqlBuilder};
use crate::geo::BBox;
use crate::store::{Deadline, Row, Store};
use bytes::Bytes;

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
}

/// A question to the catalogue.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Keys of the datasets whose records may be found: what `access` lets the caller discover.
    pub datasets: &'a [i64],
    /// Keys of the organisations whose imported records may be found.
    pub imported: &'a [i64],
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
    store: Store,
}

impl Catalogue {
    /// The catalogue of a database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Searches. Count and records are of one moment, so that they never disagree.
    ///
    /// # Errors
    /// [`CatalogueError::Filter`] for a condition that doesn't fit records, or the database's.
    pub async fn search(&self, search: &Search<'_>, deadline: Deadline) -> Result<Page, CatalogueError> {
        let stored = format!("r.{}", column(search.form, search.set));
        let (matched, rows) = self.rows(search, &stored, deadline).await?;
        let stored = rows.iter().filter_map(|row| row.get::<_, Option<&[u8]>>(1));
        let records = shown(stored, search.form, search.elements).await;
        Ok(Page { matched, records })
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
    async fn rows(
        &self,
        search: &Search<'_>,
        columns: &str,
        deadline: Deadline,
    ) -> Result<(u64, Vec<Row>), CatalogueError> {
        let condition = match &search.filter {
            Some(filter) => Some(filter::check(&stored_form(filter.clone()), &Records)?),
            None => None,
        };
        let mut order: Vec<String> = search.sort.iter().map(|key| key.sql()).collect();
        if order.is_empty() {
            order.push("position".to_owned());
        }
        order.push("uuid".to_owned());
        let order = order.join(", ");

        let mut sql = SqlBuilder::new();
        sql.push("with matched as materialized (select uuid, row_number() over (order by ");
        sql.push(&order).push(") as rank from datasud.record where not held and (dataset_id = any(");
        sql.bind(search.datasets.to_vec(), "bigint[]");
        sql.push(") or dataset_id is null and organisation_id = any(");
        sql.bind(search.imported.to_vec(), "bigint[]").push("))");
        if let Some(condition) = &condition {
            sql.push(" and (");
            condition.to_sql(&mut sql);
            sql.push(")");
        }
        let (offset, limit) = (whole(search.offset), whole(search.limit));
        sql.push("), page as (select rank, uuid from matched where rank > ").bind(offset, "bigint");
        sql.push(" and rank <= ").bind(offset.saturating_add(limit), "bigint");
        sql.push(") select total.n, ").push(columns);
        sql.push(
            " from (select count(*) as n from matched) total left join page on true
             left join datasud.record r on r.uuid = page.uuid order by page.rank",
        );
        let mut session = self.store.session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        let matched = rows.first().map_or(0, |row| row.get::<_, i64>(0));
        Ok((u64::try_from(matched).unwrap_or(0), rows))
    }

    /// The records of these identifiers, in their order; those that don't exist, or that are neither of
    /// `datasets` nor imported for an organisation of `imported`, are left out.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(
        &self,
        identifiers: &[String],
        datasets: &[i64],
        imported: &[i64],
        form: Form,
        set: ElementSet,
        deadline: Deadline,
    ) -> Result<Vec<Bytes>, CatalogueError> {
        let stored = format!("r.{}", column(form, set));
        let rows = self.identified(identifiers, datasets, imported, &stored, deadline).await?;
        Ok(shown(rows.iter().map(|row| row.get::<_, &[u8]>(0)), form, &[]).await)
    }

    /// The entries of these identifiers, otherwise as [`Catalogue::get`].
    ///
    /// # Errors
    /// The database's.
    pub async fn get_entries(
        &self,
        identifiers: &[String],
        datasets: &[i64],
        imported: &[i64],
        deadline: Deadline,
    ) -> Result<Vec<Entry>, CatalogueError> {
        let rows = self.identified(identifiers, datasets, imported, ENTRY, deadline).await?;
        Ok(rows.iter().filter_map(|row| entry(row, 0)).collect())
    }

    async fn identified(
        &self,
        identifiers: &[String],
        datasets: &[i64],
        imported: &[i64],
        columns: &str,
        deadline: Deadline,
    ) -> Result<Vec<Row>, CatalogueError> {
        let sql = format!(
            "select {columns} from unnest($1::text[]) with ordinality as asked (identifier, rank)
             join datasud.record r on r.identifier = asked.identifier
             where not r.held
               and (r.dataset_id = any($2) or r.dataset_id is null and r.organisation_id = any($3))
             order by asked.rank"
        );
        let mut session = self.store.session(deadline).await?;
        // NUL can't be in a text of PostgreSQL, nor in an identifier.
        let asked: Vec<String> = identifiers.iter().filter(|id| !id.contains('\0')).cloned().collect();
        Ok(session.query(&sql, &[&asked, &datasets, &imported]).await?)
    }

    /// Keys of the datasets in whose record every word occurs, as a part of a word and whatever its case
    /// and accents; the most fitting first. What a person types into a search box.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_datasets(
        &self,
        words: &str,
        datasets: &[i64],
        deadline: Deadline,
    ) -> Result<Vec<i64>, CatalogueError> {
        let words = fold(&words.replace('\0', " "));
        let patterns: Vec<String> = words
            .split_whitespace()
            .take(20)
            .map(|word| {
                let literal = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                format!("%{literal}%")
            })
            .collect();
        let mut session = self.store.session(deadline).await?;
        let rows = session
            .query(
                "select dataset_id from datasud.record
                 where dataset_id = any($1) and anytext like all($2)
                 order by ts_rank(words, plainto_tsquery('french', $3)) desc, title, uuid",
                &[&datasets, &patterns, &words],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}

const fn column(form: Form, set: ElementSet) -> &'static str {
    match (form, set) {
        (Form::Iso3, _) => "iso3_full",
        (Form::Iso, ElementSet::Full) => "iso_full",
        (Form::Iso, ElementSet::Summary) => "iso_summary",
        (Form::Iso, ElementSet::Brief) => "iso_brief",
        (Form::DublinCore | Form::DublinCore3, ElementSet::Full) => "dc_full",
        (Form::DublinCore | Form::DublinCore3, ElementSet::Summary) => "dc_summary",
        (Form::DublinCore | Form::DublinCore3, ElementSet::Brief) => "dc_brief",
    }
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
            (Form::Iso | Form::Iso3, _) | (Form::DublinCore, []) => Bytes::copy_from_slice(record),
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
