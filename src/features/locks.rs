//! Locks of features for the time between reading and changing them (OGC 09-025r2 clauses 12 and 13).
//!
//! A lock is a random name; whoever knows it may change the features it holds, nobody else may by any
//! protocol. Plain SQL is not held by locks. A lock ends by itself when its time is over.

use super::edit::EditError;
use crate::config::Limits;
use crate::filter::Filter;
use crate::model::Layer;
use crate::store::{Deadline, Store, StoreError};
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The name of a lock (`lockId`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LockId(String);

impl LockId {
    /// Takes a client's text; whether there is such a lock is for the database to say.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.chars().take(100).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What to lock.
#[derive(Clone, Debug)]
pub struct LockRequest {
    /// Features by layer and condition.
    pub parts: Vec<LockPart>,
    /// Time until the lock ends by itself.
    pub expiry: Duration,
    /// Whether some features are enough (`lockAction`).
    pub action: LockAction,
}

/// Features of one layer.
#[derive(Clone, Debug)]
pub struct LockPart {
    /// The layer.
    pub layer: Arc<Layer>,
    /// Which features; `None` means all.
    pub filter: Option<Filter>,
    /// The client's name for this part.
    pub handle: Option<String>,
}

/// Whether some features are enough (OGC 09-025r2 clause 12.2.4.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockAction {
    /// All features, or none and an error.
    #[default]
    All,
    /// As many as nobody else has locked.
    Some,
}

/// A lock that is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// Its name.
    pub id: LockId,
    /// When it ends by itself.
    pub expires: DateTime<Utc>,
    /// Features it holds: layer slug and `fid`, in the order of the request's parts, then by `fid`.
    pub locked: Vec<(String, i64)>,
    /// Features that were asked for and are locked by somebody else.
    pub refused: Vec<(String, i64)>,
}

/// Locks and releases. Cloning shares the database's pool.
#[derive(Clone)]
pub struct LockEngine {
    store: Store,
    limit: usize,
}

impl LockEngine {
    /// An engine on a database.
    #[must_use]
    pub fn new(store: Store, limits: &Limits) -> Self {
        Self { store, limit: limits.transaction_features }
    }

    /// Locks features.
    ///
    /// # Errors
    /// [`EditError::CannotLock`] when all were wanted and some are held by somebody else;
    /// [`EditError::Filter`], [`EditError::Limit`], [`EditError::Replaced`], [`EditError::Store`].
    pub async fn lock(&self, request: LockRequest, deadline: Deadline) -> Result<Lock, EditError> {
        let _ = (&self.store, self.limit, request, deadline);
        Err(StoreError::Unavailable(None).into())
    }

    /// Begins the time of a lock anew and tells what it holds (`LockFeature` with a `lockId`).
    ///
    /// # Errors
    /// [`EditError::UnknownLock`], [`EditError::LockExpired`], [`EditError::Store`].
    pub async fn renew(&self, id: &LockId, expiry: Duration, deadline: Deadline) -> Result<Lock, EditError> {
        let _ = (id, expiry, deadline);
        Err(StoreError::Unavailable(None).into())
    }

    /// Ends a lock.
    ///
    /// # Errors
    /// [`EditError::UnknownLock`], [`EditError::Store`].
    pub async fn release(&self, id: &LockId, deadline: Deadline) -> Result<(), EditError> {
        let _ = (id, deadline);
        Err(StoreError::Unavailable(None).into())
    }
}
