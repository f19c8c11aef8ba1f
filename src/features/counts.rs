//! Counts that were made before. Pages of one search and maps that show their whole extent ask for the same
//! number again and again, and counting a million features takes longer than sending ten of them.
//!
//! A count holds for one generation of a layer, which is compared with the database's own each time: an edit
//! made meanwhile costs the time to count anew, never exactness.

use crate::filter::SqlBuilder;
use crate::model::Layer;
use crate::store::{Session, StoreError};
use moka::future::Cache;

/// Counts that are kept, some dozens of bytes each.
const KEPT: u64 = 20_000;

/// What was counted. Cloning shares it.
#[derive(Clone)]
pub(super) struct Counts {
    known: Cache<u128, (i64, u64)>,
}

impl Counts {
    pub(super) fn new() -> Self {
        Self { known: Cache::new(KEPT) }
    }

    /// Runs a statement that counts features of a layer, unless it was run on the same data before.
    pub(super) async fn count(
        &self,
        session: &mut Session,
        layer: &Layer,
        sql: &SqlBuilder,
    ) -> Result<u64, StoreError> {
        // Read before counting: a count that sees a later edit is then kept under the generation before, which
        // no longer is the database's.
        let find = "select generation from datasud.layer where id = $1 and table_name = $2";
        let generation: Option<i64> = match session.query_opt(find, &[&layer.id, &layer.table]).await? {
            Some(row) => Some(row.try_get(0)?),
            None => None,
        };
        let key = key(sql);
        if let Some((of, count)) = self.known.get(&key).await
            && generation == Some(of)
        {
            return Ok(count);
        }
        let count: i64 = session.query_one(sql.text(), &sql.params()).await?.try_get(0)?;
        let count = u64::try_from(count).unwrap_or(0);
        if let Some(generation) = generation {
            self.known.insert(key, (generation, count)).await;
        }
        Ok(count)
    }
}

/// The text names the table and the conditions; the values stand in full in their debugging form.
fn key(sql: &SqlBuilder) -> u128 {
    xxhash_rust::xxh3::xxh3_128(format!("{} {:?}", sql.text(), sql.params()).as_bytes())
}
