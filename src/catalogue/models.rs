//! Records as their models, in the order of their first appearance: what forms that are not stored are written from.
//!
//! That order never changes, so that a reader who names the last position it had gets each record once, whatever
//! happens to others meanwhile, and the last page costs what the first does.

use super::dcat::{self, Stamped};
use super::{Catalogue, CatalogueError, Reach, Search};
use crate::filter::SqlBuilder;
use crate::store::{Deadline, Row};
use bytes::Bytes;
use chrono::{DateTime, Utc};

/// A record with its place in the order of first appearance.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its place.
    pub position: i64,
    /// The record.
    pub stamped: Stamped,
}

/// A part of an answer as models.
#[derive(Clone, Debug)]
pub struct ModelPage {
    /// Records that match in all.
    pub matched: u64,
    /// The records.
    pub records: Vec<Stamped>,
}

/// A record as sitemaps list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What the catalogue knows it by.
    pub identifier: String,
    /// Name of its dataset; none of a record that was imported.
    pub dataset: Option<String>,
    /// When a reader could last see something change.
    pub changed: DateTime<Utc>,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Behind a position.
    After(i64),
    /// Behind so many records.
    Offset(u64),
}

/// Columns of [`placed`].
const COLUMNS: &str = "r.position, r.datestamp, r.model::text";

/// Columns of [`stamped`].
const MODEL: &str = "r.datestamp, r.model::text";

/// Records written before others get their turn: some milliseconds of it.
const TURN: usize = 16;

impl Catalogue {
    /// Searches for models; form, set and elements of the search mean nothing here.
    ///
    /// # Errors
    /// As [`Catalogue::search`].
    pub async fn search_models(
        &self,
        search: &Search<'_>,
        deadline: Deadline,
    ) -> Result<ModelPage, CatalogueError> {
        let (matched, rows) = self.rows(search, MODEL, deadline).await?;
        Ok(ModelPage { matched, records: rows.iter().filter_map(|row| stamped(row, 1)).collect() })
    }

    /// Models by identifiers, otherwise as [`Catalogue::get`].
    ///
    /// # Errors
    /// The database's.
    pub async fn models_of(
        &self,
        identifiers: &[String],
        reach: &Reach,
        deadline: Deadline,
    ) -> Result<Vec<Stamped>, CatalogueError> {
        let rows = self.identified(identifiers, reach, MODEL, deadline).await?;
        Ok(rows.iter().filter_map(|row| stamped(row, 0)).collect())
    }

    /// Each record as an element rdf:RDF of its own.
    pub(super) async fn as_dcat(&self, records: &[Stamped]) -> Vec<Bytes> {
        let mut written = Vec::with_capacity(records.len());
        for record in records {
            written.push(Bytes::from(dcat::element(record, self.base())));
            if written.len() % TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
        written
    }

    /// Models of a page.
    ///
    /// # Errors
    /// The database's.
    pub async fn models(
        &self,
        reach: &Reach,
        begin: Begin,
        limit: usize,
        deadline: Deadline,
    ) -> Result<Vec<Placed>, CatalogueError> {
        let (after, offset) = match begin {
            Begin::After(position) => (position, 0),
            Begin::Offset(offset) => (i64::MIN, i64::try_from(offset).unwrap_or(i64::MAX)),
        };
        let mut sql = SqlBuilder::new();
        sql.push("select ").push(COLUMNS).push(" from datasud.record r where r.model is not null and ");
        reach.to_sql(&mut sql);
        sql.push(" and r.position > ").bind(after, "bigint").push(" order by r.position offset ");
        sql.bind(offset, "bigint").push(" limit ");
        sql.bind(i64::try_from(limit).unwrap_or(i64::MAX), "bigint");
        let mut session = self.store().session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        Ok(rows.iter().filter_map(placed).collect())
    }

    /// Records in the order of first appearance, without their models.
    ///
    /// # Errors
    /// The database's.
    pub async fn addresses(
        &self,
        reach: &Reach,
        offset: u64,
        limit: u64,
        deadline: Deadline,
    ) -> Result<Vec<Listed>, CatalogueError> {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let mut sql = SqlBuilder::new();
        sql.push(
            "select r.identifier, d.slug, r.changed from datasud.record r
             left join datasud.dataset d on d.id = r.dataset_id where r.model is not null and ",
        );
        reach.to_sql(&mut sql);
        sql.push(" order by r.position offset ").bind(whole(offset), "bigint");
        sql.push(" limit ").bind(whole(limit), "bigint");
        let mut session = self.store().session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        let listed = |row: &Row| Listed { identifier: row.get(0), dataset: row.get(1), changed: row.get(2) };
        Ok(rows.iter().map(listed).collect())
    }

    /// How many records there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_models(&self, reach: &Reach, deadline: Deadline) -> Result<u64, CatalogueError> {
        let mut sql = SqlBuilder::new();
        sql.push("select count(*) from datasud.record r where r.model is not null and ");
        reach.to_sql(&mut sql);
        let mut session = self.store().session(deadline).await?;
        let count: i64 = session.query_one(sql.text(), &sql.params()).await?.get(0);
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The model of a record by its identifier or, as text, its uuid.
    ///
    /// # Errors
    /// The database's.
    pub async fn model(
        &self,
        identifier: &str,
        reach: &Reach,
        deadline: Deadline,
    ) -> Result<Option<Stamped>, CatalogueError> {
        // NUL can't be in a text of PostgreSQL, nor in an identifier.
        if identifier.contains('\0') {
            return Ok(None);
        }
        let uuid = uuid::Uuid::try_parse(identifier).unwrap_or_default();
        let mut sql = SqlBuilder::new();
        sql.push("select ").push(COLUMNS).push(" from datasud.record r where (r.identifier = ");
        sql.bind(identifier.to_owned(), "text").push(" or r.uuid = ").bind(uuid, "uuid");
        sql.push(") and r.model is not null and ");
        reach.to_sql(&mut sql);
        sql.push(" order by r.position limit 1");
        let mut session = self.store().session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        Ok(rows.first().and_then(placed).map(|p| p.stamped))
    }

    /// The model of a dataset's record, by its slug, or of the record of this identifier, published or not: for those who run the
    /// platform.
    ///
    /// # Errors
    /// The database's.
    pub async fn model_named(
        &self,
        name: &str,
        deadline: Deadline,
    ) -> Result<Option<Stamped>, CatalogueError> {
        let sql = format!(
            "select {COLUMNS} from datasud.record r left join datasud.dataset d on d.id = r.dataset_id
             where (d.slug = $1 or r.identifier = $1) and r.model is not null
             order by d.slug = $1 desc nulls last limit 1"
        );
        let mut session = self.store().session(deadline).await?;
        let rows = session.query(&sql, &[&name.replace('\0', "")]).await?;
        Ok(rows.first().and_then(placed).map(|p| p.stamped))
    }
}

fn placed(row: &Row) -> Option<Placed> {
    Some(Placed { position: row.get(0), stamped: stamped(row, 1)? })
}

/// The record whose columns begin at a place; none in a row that only carries a total. One whose model can't be read
/// any more is left to the next writing of all records.
fn stamped(row: &Row, at: usize) -> Option<Stamped> {
    let record = serde_json::from_str(row.get::<_, Option<&str>>(at + 1)?)
        .inspect_err(|error| tracing::warn!(%error, "the model of a record can't be read"))
        .ok()?;
    Some(Stamped { record, stamp: row.get(at) })
}
