//! What values a queryable has (GetDomain, OGC 07-006r1 section 10.7).

use super::queryables::{Holds, find};
use super::{Catalogue, CatalogueError, Reach, UnknownQueryable};
use crate::filter::SqlBuilder;
use crate::store::{Deadline, Row, StoreError};
use chrono::{DateTime, SecondsFormat, Utc};

/// Values of a queryable among the records within reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Single values with the number of records of each, the most frequent first.
    Values(Vec<(String, u64)>),
    /// The least and the greatest.
    Range(String, String),
    /// None, or none that could be listed, such as all words.
    Nothing,
}

impl Catalogue {
    /// The values of a queryable, `most` of them at most.
    ///
    /// # Errors
    /// [`CatalogueError::Queryable`] for a name that is none, or the database's.
    pub async fn domain(
        &self,
        name: &str,
        reach: &Reach,
        most: u32,
        deadline: Deadline,
    ) -> Result<Domain, CatalogueError> {
        let queryable = find(name).ok_or_else(|| CatalogueError::Queryable(UnknownQueryable::of(name)))?;
        let column = queryable.column;
        let mut sql = SqlBuilder::new();
        match queryable.holds {
            Holds::Anything | Holds::Place => return Ok(Domain::Nothing),
            Holds::Text => {
                sql.push("select v, count(*) from (select ").push(column);
                sql.push(" as v from datasud.record r where ");
            }
            Holds::List => {
                sql.push("select v, count(*) from (select unnest(string_to_array(trim(both E'\\n' from ")
                    .push(column);
                sql.push("), E'\\n')) as v from datasud.record r where ");
            }
            Holds::Instant | Holds::Number => {
                sql.push("select min(v), max(v) from (select ").push(column);
                sql.push(" as v from datasud.record r where ");
            }
        }
        reach.to_sql(&mut sql);
        sql.push(") x where v is not null");
        if matches!(queryable.holds, Holds::Text | Holds::List) {
            sql.push(" and v <> '' group by v order by 2 desc, v collate \"C\" limit ");
            sql.bind(i64::from(most), "bigint");
        }
        let mut session = self.store.session(deadline).await?;
        let rows = session.query(sql.text(), &sql.params()).await?;
        let of_row = |row: &Row| -> Result<Option<(String, String)>, StoreError> {
            Ok(if queryable.holds == Holds::Instant {
                let text = |t: DateTime<Utc>| t.to_rfc3339_opts(SecondsFormat::Secs, true);
                let ends: (Option<DateTime<Utc>>, Option<DateTime<Utc>>) = (row.try_get(0)?, row.try_get(1)?);
                ends.0.zip(ends.1).map(|(a, b)| (text(a), text(b)))
            } else {
                let ends: (Option<f64>, Option<f64>) = (row.try_get(0)?, row.try_get(1)?);
                ends.0.zip(ends.1).map(|(a, b)| (a.to_string(), b.to_string()))
            })
        };
        Ok(match queryable.holds {
            Holds::Instant | Holds::Number => match rows.first().map(of_row).transpose()?.flatten() {
                Some((least, greatest)) => Domain::Range(least, greatest),
                None => Domain::Nothing,
            },
            _ if rows.is_empty() => Domain::Nothing,
            _ => {
                let one = |row: &Row| -> Result<(String, u64), StoreError> {
                    Ok((row.try_get(0)?, u64::try_from(row.try_get::<_, i64>(1)?).unwrap_or(0)))
                };
                Domain::Values(rows.iter().map(one).collect::<Result<_, _>>()?)
            }
        })
    }
}
