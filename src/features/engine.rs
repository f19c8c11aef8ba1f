//! Asking the database.

use super::counts::Counts;
use super::feature::{Feature, FeatureStream};
use super::page::Page;
use super::plan;
use super::query::{FeatureError, Geometry, Query};
use super::rank::Ranks;
use crate::config::Limits;
use crate::filter::Filter;
use crate::model::Layer;
use crate::store::{Deadline, Store, StoreError};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;

/// How many features a query finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Counted.
    Exact(u64),
    /// The planner's guess, because counting took longer than it may.
    Estimated(u64),
}

impl Count {
    /// The number, however it was come by.
    #[must_use]
    pub const fn value(self) -> u64 {
        match self {
            Self::Exact(n) | Self::Estimated(n) => n,
        }
    }
}

/// The query engine. Cloning shares the database's pool.
#[derive(Clone)]
pub struct FeatureEngine {
    store: Store,
    count_time: Duration,
    ranks: Ranks,
    counts: Counts,
}

impl FeatureEngine {
    /// An engine on a database.
    #[must_use]
    pub fn new(store: Store, limits: &Limits) -> Self {
        let count_time = Duration::from_millis(limits.count_milliseconds);
        let counts = Counts::new(store.clone());
        Self { store, count_time, ranks: Ranks::new(), counts }
    }

    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// The features that a query finds, as they arrive. Dropping the stream cancels the query.
    ///
    /// # Errors
    /// [`FeatureError`] when the query doesn't fit the layer or the database refuses it; later failures
    /// come as items of the stream.
    pub async fn stream(&self, query: &Query, deadline: Deadline) -> Result<FeatureStream, FeatureError> {
        let mark = self.ranks.mark(&self.store, query, self.count_time, deadline).await;
        let (sql, shape) = plan::select(query, mark.as_ref())?;
        let session = self.store.session(deadline).await?;
        let rows = session.stream(sql.text(), &sql.params()).await?;
        if query.page.is_backwards() {
            return FeatureStream::turned(rows, shape).await;
        }
        Ok(FeatureStream::new(rows, shape))
    }

    /// One feature by its identifier.
    ///
    /// # Errors
    /// [`FeatureError`]; a feature that isn't there is `None`.
    pub async fn get(
        &self,
        layer: &Arc<Layer>,
        fid: i64,
        geometry: Geometry,
        deadline: Deadline,
    ) -> Result<Option<Feature>, FeatureError> {
        let query = Query {
            geometry,
            filter: Some(Filter::Ids(vec![fid.to_string()])),
            unordered: true,
            ..Query::all(Arc::clone(layer))
        };
        let mut found = self.stream(&query, deadline).await?;
        let feature = found.next().await.transpose()?;
        // Reading to the end gives the connection back to the pool.
        while found.next().await.is_some() {}
        Ok(feature)
    }

    /// The first features of a layer, for a table on a page.
    ///
    /// # Errors
    /// [`FeatureError`].
    pub async fn sample(
        &self,
        layer: &Arc<Layer>,
        count: u64,
        deadline: Deadline,
    ) -> Result<FeatureStream, FeatureError> {
        let query = Query {
            geometry: Geometry::Skip,
            page: Page { limit: Some(count), ..Page::default() },
            ..Query::all(Arc::clone(layer))
        };
        self.stream(&query, deadline).await
    }

    /// How many features a query finds, its page and order aside. Without filter and window that is the
    /// layer's stored count; otherwise they are counted for as long as the configuration allows
    /// (`count-milliseconds`), then estimated; without any such time they are only estimated.
    ///
    /// # Errors
    /// [`FeatureError`]; [`StoreError::Deadline`] only when the request's own time is over.
    pub async fn count(&self, query: &Query, deadline: Deadline) -> Result<Count, FeatureError> {
        if query.window.is_none() && query.filter.is_none() {
            return Ok(Count::Exact(u64::try_from(query.layer.features).unwrap_or(0)));
        }
        if self.count_time.is_zero() {
            return self.estimate(query, deadline).await;
        }
        let budget = Deadline::after(self.count_time.min(deadline.left()));
        match self.count_exactly(query, budget).await {
            Err(FeatureError::Store(StoreError::Deadline)) if !deadline.left().is_zero() => {
                self.estimate(query, deadline).await
            }
            counted => counted,
        }
    }

    async fn count_exactly(&self, query: &Query, budget: Deadline) -> Result<Count, FeatureError> {
        let counting = plan::count(query)?;
        let mut session = self.store.session(budget).await?;
        Ok(Count::Exact(self.counts.count(&mut session, &query.layer, &counting).await?))
    }

    async fn estimate(&self, query: &Query, deadline: Deadline) -> Result<Count, FeatureError> {
        let sql = plan::estimate(query)?;
        let mut session = self.store.session(deadline).await?;
        let row = session.query_one(sql.text(), &sql.params()).await?;
        let plan: serde_json::Value = row.try_get(0).map_err(StoreError::from)?;
        let rows = plan.pointer("/0/Plan/Plan Rows").and_then(serde_json::Value::as_u64).unwrap_or(0);
        let all = u64::try_from(query.layer.features).unwrap_or(0);
        // A table never analysed makes the planner dream: no more than there are.
        Ok(Count::Estimated(rows.min(all)))
    }
}
