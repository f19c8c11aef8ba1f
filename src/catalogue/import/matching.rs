//! Records that somebody wants to change, found by a condition inside the transaction that changes them.

use crate::catalogue::{CatalogueError, Reach, queryables};
use crate::filter::{Filter, SqlBuilder};
use crate::store::{Row, Session, StoreError};

/// A record that a condition matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// What harvesters know it by.
    pub identifier: String,
    /// Key and slug of the organisation that it was imported for; none for a record that the platform writes itself.
    pub imported_for: Option<(i64, String)>,
    /// Its document, where it was imported.
    pub source: Option<String>,
}

/// The records within reach that a filter matches, all when there is none, in the order of their appearance: at most
/// `most` of them. They are locked.
///
/// # Errors
/// [`CatalogueError::Filter`] for a condition that doesn't fit records, or the database's.
pub async fn matching(
    session: &mut Session,
    reach: &Reach,
    filter: Option<&Filter>,
    most: usize,
) -> Result<Vec<Matching>, CatalogueError> {
    let mut sql = SqlBuilder::new();
    sql.push(
        "select r.identifier, case when r.dataset_id is null and r.source is not null then r.organisation_id end, o.slug, r.source
         from datasud.record r join datasud.organisation o on o.id = r.organisation_id
         where r.uuid in (select r.uuid from datasud.record r where ",
    );
    reach.to_sql(&mut sql);
    if let Some(filter) = filter {
        sql.push(" and (");
        queryables::checked(filter)?.to_sql(&mut sql);
        sql.push(")");
    }
    sql.push(") order by r.position limit ").bind(i64::try_from(most).unwrap_or(i64::MAX), "bigint");
    sql.push(" for update of r");
    let rows = session.query(sql.text(), &sql.params()).await?;
    let one = |row: &Row| -> Result<Matching, StoreError> {
        let owner: Option<i64> = row.try_get(1)?;
        let slug: String = row.try_get(2)?;
        Ok(Matching {
            identifier: row.try_get(0)?,
            imported_for: owner.map(|id| (id, slug)),
            source: row.try_get(3)?,
        })
    };
    rows.iter().map(|row| one(row).map_err(CatalogueError::from)).collect()
}
