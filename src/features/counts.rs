//! Counts that were made before. Pages of one search and maps that show their whole extent ask for the same
//! number again and again, and counting a million features takes longer than sending ten of them.
//!
//! A count holds for one generation of a layer, which is compared with the database's own each time: an edit
//! made meanwhile costs the time to count anew, never exactness.

use super::grid::Grids;
use crate::filter::{MeetsBox, SqlBuilder};
use crate::model::Layer;
use crate::store::{Session, Store, StoreError};
use moka::future::Cache;
use std::time::{Duration, Instant};

/// Counts that are kept, some dozens of bytes each.
const KEPT: u64 = 20_000;

/// What was counted. Cloning shares it.
#[derive(Clone)]
pub(super) struct Counts {
    known: Cache<u128, (i64, u64)>,
    grids: Grids,
}

/// Counting that takes longer is worth a grid.
const LONG: Duration = Duration::from_millis(5);

/// A statement that counts features of a layer.
pub(super) struct Counting {
    /// All of it.
    pub(super) sql: SqlBuilder,
    /// Its condition, where that is a box alone.
    pub(super) meets: Option<MeetsBox>,
}

impl Counts {
    pub(super) fn new(store: Store) -> Self {
        Self { known: Cache::new(KEPT), grids: Grids::new(store) }
    }

    /// Counts features of a layer, unless they were counted on the same data before.
    pub(super) async fn count(
        &self,
        session: &mut Session,
        layer: &Layer,
        counting: &Counting,
    ) -> Result<u64, StoreError> {
        // Read before counting: a count that sees a later edit is then kept under the generation before, which
        // no longer is the database's.
        let find = "select generation from datasud.layer where id = $1 and table_name = $2";
        let generation: Option<i64> = match session.query_opt(find, &[&layer.id, &layer.table]).await? {
            Some(row) => Some(row.try_get(0)?),
            None => None,
        };
        let key = key(&counting.sql);
        if let Some((of, count)) = self.known.get(&key).await
            && generation == Some(of)
        {
            return Ok(count);
        }
        let count = match (generation, &counting.meets) {
            (Some(generation), Some(meets)) => {
                match self.grids.count(session, layer, generation, meets).await? {
                    Some(count) => count,
                    None => self.count_all(session, layer, counting).await?,
                }
            }
            _ => self.count_all(session, layer, counting).await?,
        };
        if let Some(generation) = generation {
            self.known.insert(key, (generation, count)).await;
        }
        Ok(count)
    }

    /// Counts one by one.
    async fn count_all(
        &self,
        session: &mut Session,
        layer: &Layer,
        counting: &Counting,
    ) -> Result<u64, StoreError> {
        let begin = Instant::now();
        let counted = session.query_one(counting.sql.text(), &counting.sql.params()).await;
        // Also after a count that took longer than it may: the next one won't.
        if let Some(meets) = counting.meets.as_ref().filter(|_| begin.elapsed() > LONG) {
            self.grids.make(layer, meets).await;
        }
        let count: i64 = counted?.try_get(0)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

/// The text names the table and the conditions; the values stand in full in their debugging form.
fn key(sql: &SqlBuilder) -> u128 {
    xxhash_rust::xxh3::xxh3_128(format!("{} {:?}", sql.text(), sql.params()).as_bytes())
}
