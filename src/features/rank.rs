//! Where the features of a layer stand in the order of their identifiers, so that a page deep in a layer costs
//! what the first one does.
//!
//! Identifiers without a gap tell their place by themselves. Of others every thousandth is kept in memory.
//! Both belong to one generation of a layer, which each statement that uses them compares with the database's
//! own: an edit made meanwhile costs that page its speed, never its exactness.

use super::query::Query;
use crate::model::Layer;
use crate::store::{Deadline, Ident, Store, StoreError};
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;

/// Features that are counted from the beginning without much ado.
const NEAR: u64 = 2_000;

/// Features from one that is kept to the next.
const STEP: u64 = 1_000;

/// Layers whose places are kept: some kilobytes for each million features.
const LAYERS: u64 = 500;

/// A feature whose place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Key of the layer.
    pub(super) layer: i64,
    /// The generation that this holds for.
    pub(super) generation: i64,
    /// Identifier of the feature, or where it would be.
    pub(super) fid: i64,
    /// Features to leave out from there on, of those that the page leaves out in all.
    pub(super) rest: u64,
}

/// The places of the features of layers. Cloning shares them.
#[derive(Clone)]
pub(super) struct Ranks {
    known: Cache<(String, i64), Arc<Ranking>>,
}

struct Ranking {
    generation: i64,
    places: Places,
}

enum Places {
    /// Every identifier from the first on.
    Dense(i64),
    /// Identifiers at the places 0, [`STEP`], 2 [`STEP`]…
    Sparse(Vec<i64>),
    /// Not found out in the time there was.
    Unknown,
}

impl Ranks {
    pub(super) fn new() -> Self {
        Self { known: Cache::new(LAYERS) }
    }

    /// A place near the beginning of a query's page; `None` where counting from the beginning is as good, or
    /// the only way. Finding out takes no longer than `time`.
    pub(super) async fn mark(
        &self,
        store: &Store,
        query: &Query,
        time: Duration,
        deadline: Deadline,
    ) -> Option<Mark> {
        let page = &query.page;
        let by_fid =
            query.sort.is_empty() && !query.unordered && page.after.is_none() && page.before.is_none();
        if page.offset < NEAR || !by_fid || query.filter.is_some() || query.window.is_some() || time.is_zero()
        {
            return None;
        }
        let layer = &query.layer;
        let budget = Deadline::after(time.min(deadline.left()));
        let key = (layer.table.clone(), layer.generation);
        let find = async {
            match find(store, layer, budget).await {
                Ok(ranking) => Some(Arc::new(ranking)),
                Err(StoreError::Deadline) => {
                    Some(Arc::new(Ranking { generation: layer.generation, places: Places::Unknown }))
                }
                Err(error) => {
                    tracing::debug!(%error, layer = layer.slug, "the places of features are not known");
                    None
                }
            }
        };
        let ranking = self.known.optionally_get_with(key, find).await?;
        ranking.mark(layer.id, page.offset)
    }
}

impl Ranking {
    fn mark(&self, layer: i64, offset: u64) -> Option<Mark> {
        let (fid, rest) = match &self.places {
            Places::Dense(first) => (first.saturating_add(i64::try_from(offset).unwrap_or(i64::MAX)), 0),
            Places::Sparse(marks) => {
                let at =
                    usize::try_from(offset / STEP).unwrap_or(usize::MAX).min(marks.len().checked_sub(1)?);
                (*marks.get(at)?, offset - at as u64 * STEP)
            }
            Places::Unknown => return None,
        };
        Some(Mark { layer, generation: self.generation, fid, rest })
    }
}

/// Asks for both ends first, which the key's index tells at once.
async fn find(store: &Store, layer: &Layer, budget: Deadline) -> Result<Ranking, StoreError> {
    let table = Ident::data(&layer.table);
    let ends = format!(
        "select l.generation, l.features, (select min(fid) from {table}), (select max(fid) from {table})
         from datasud.layer l where l.id = $1 and l.table_name = $2"
    );
    let mut session = store.session(budget).await?;
    let Some(row) = session.query_opt(&ends, &[&layer.id, &layer.table]).await? else {
        return Ok(Ranking { generation: layer.generation, places: Places::Unknown });
    };
    let (generation, features): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let (first, last): (Option<i64>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(Ranking { generation, places: Places::Unknown });
    };
    if last.checked_sub(first).and_then(|n| n.checked_add(1)) == Some(features) {
        return Ok(Ranking { generation, places: Places::Dense(first) });
    }
    // One statement sees the features and their generation at the same moment.
    let marks = format!(
        "select fid, (select generation from datasud.layer where id = $1 and table_name = $2)
         from (select fid, row_number() over (order by fid) - 1 as place from {table}) placed
         where place % {STEP} = 0 order by fid"
    );
    let rows = session.query(&marks, &[&layer.id, &layer.table]).await?;
    let generation = match rows.first() {
        Some(row) => row.try_get::<_, Option<i64>>(1)?.unwrap_or(generation),
        None => generation,
    };
    let fids = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    Ok(Ranking { generation, places: Places::Sparse(fids) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(places: Places, offset: u64) -> Option<(i64, u64)> {
        Ranking { generation: 5, places }.mark(1, offset).map(|m| (m.fid, m.rest))
    }

    #[test]
    fn a_place_is_reached_from_the_last_mark_before_it() {
        let sparse = || Places::Sparse(vec![-3, 5_000, 90_000]);
        assert_eq!(mark(sparse(), 0), Some((-3, 0)));
        assert_eq!(mark(sparse(), 999), Some((-3, 999)));
        assert_eq!(mark(sparse(), 1_000), Some((5_000, 0)));
        assert_eq!(mark(sparse(), 2_400), Some((90_000, 400)));
        assert_eq!(mark(sparse(), 7_000), Some((90_000, 5_000)), "behind the end");
        assert_eq!(mark(sparse(), u64::MAX), Some((90_000, u64::MAX - 2_000)));
        assert_eq!(mark(Places::Dense(11), 7_000), Some((7_011, 0)));
        assert_eq!(mark(Places::Dense(11), u64::MAX), Some((i64::MAX, 0)));
        assert_eq!(mark(Places::Unknown, 7_000), None);
        assert_eq!(mark(Places::Sparse(Vec::new()), 7_000), None);
    }
}
