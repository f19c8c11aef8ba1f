//! How many changes are made at once. An edit may wait long for another that holds its layer, and a
//! connection with it: what waits here needs none, so that readers always find one.

use crate::config::Limits;
use crate::store::{Deadline, StoreError};
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Lets some in and keeps the others waiting in the order in which they came.
#[derive(Clone)]
pub(in crate::features) struct Gate(Arc<Semaphore>);

impl Gate {
    /// Never more than a quarter of the connections: edits and locks have a gate each.
    pub(in crate::features) fn new(limits: &Limits) -> Self {
        let places = limits.edits.min(limits.database_connections / 4).max(1);
        Self(Arc::new(Semaphore::new(places)))
    }

    /// Waits for a place, which is free again when the answer is dropped.
    pub(in crate::features) async fn enter(
        &self,
        deadline: Deadline,
    ) -> Result<SemaphorePermit<'_>, StoreError> {
        match tokio::time::timeout(deadline.left(), self.0.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(StoreError::Busy),
        }
    }
}
