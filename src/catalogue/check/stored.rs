//! The report that is kept with a record.

use super::{Finding, Judgement, judge};
use crate::catalogue::CatalogueError;
use crate::catalogue::record::Record;
use crate::store::{Row, Session, StoreError};

/// A record and what the checks say of it now.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What harvesters know it by.
    pub identifier: String,
    /// Title.
    pub title: String,
    /// Slug of its dataset, where it is one's.
    pub dataset: Option<String>,
    /// Whether it is held back.
    pub held: bool,
    /// Every requirement.
    pub requirements: Vec<Judgement>,
    /// What should be mended, the worst first.
    pub findings: Vec<Finding>,
}

/// The findings that are kept with a dataset's record.
///
/// # Errors
/// The database's.
pub async fn stored(session: &mut Session, dataset_id: i64) -> Result<Vec<Finding>, CatalogueError> {
    let sql = "select report from datasud.record where dataset_id = $1";
    let Some(row) = session.query_opt(sql, &[&dataset_id]).await? else { return Ok(Vec::new()) };
    let report: serde_json::Value = row.try_get(0).map_err(StoreError::from)?;
    Ok(serde_json::from_value(report).unwrap_or_default())
}

/// Checks the records of these names (slugs of datasets or identifiers of records), or all.
///
/// # Errors
/// The database's.
pub async fn checked(
    session: &mut Session,
    names: Option<&[String]>,
) -> Result<Vec<Checked>, CatalogueError> {
    let names: Option<Vec<String>> =
        names.map(|names| names.iter().filter(|n| !n.contains('\0')).cloned().collect());
    let rows = session
        .query(
            "select r.identifier, r.title, d.slug, r.held, r.model from datasud.record r
             left join datasud.dataset d on d.id = r.dataset_id
             where r.model is not null
               and ($1::text[] is null or r.identifier = any($1) or d.slug = any($1))
             order by r.position",
            &[&names],
        )
        .await?;
    rows.iter().map(|row| Ok(one(row)?)).collect()
}

fn one(row: &Row) -> Result<Checked, StoreError> {
    let record: Record = serde_json::from_value(row.try_get(4)?).unwrap_or_default();
    let requirements = judge(&record);
    Ok(Checked {
        identifier: row.try_get(0)?,
        title: row.try_get(1)?,
        dataset: row.try_get(2)?,
        held: row.try_get(3)?,
        findings: super::findings(&record),
        requirements,
    })
}
