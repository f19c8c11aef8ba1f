//! What is to be changed, and what has been.

use crate::features::LockId;
use crate::filter::Filter;
use crate::filter::ast::Geometry;
use crate::model::Layer;
use std::sync::Arc;

/// The changes of one request: all are made or none (OGC 09-025r2 clause 15).
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    /// What to do, in this order.
    pub changes: Vec<Change>,
    /// The lock that the client holds (`lockId`).
    pub lock: Option<LockId>,
    /// What becomes of that lock (`releaseAction`).
    pub release: Release,
    /// What the client believes of features before anything is changed (`If-Match`).
    pub expected: Vec<Expected>,
}

/// What becomes of the client's lock when a transaction succeeds (OGC 09-025r2 clause 15.2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Release {
    /// It ends, also for features that were not changed.
    #[default]
    All,
    /// It ends for the features that were changed; the others stay locked, for the lock's full time anew.
    Some,
}

/// A state that a feature must have for the transaction to be made (RFC 9110 section 13.1.1).
#[derive(Clone, Debug)]
pub struct Expected {
    /// The layer.
    pub layer: Arc<Layer>,
    /// The feature.
    pub fid: i64,
    /// Its tag is one of these, as [`super::EditEngine::tag`] gives it; `None`: it only has to be there.
    pub tags: Option<Vec<String>>,
}

/// One action of a transaction. `handle` is the client's own name for it, repeated in answers and errors.
#[derive(Clone, Debug)]
pub enum Change {
    /// New features.
    Insert {
        /// Where.
        layer: Arc<Layer>,
        /// The features, in the client's order.
        features: Vec<NewFeature>,
        /// The client's name for the action.
        handle: Option<String>,
    },
    /// Some properties of existing features get new values.
    Update {
        /// Where.
        layer: Arc<Layer>,
        /// Which features; `None` means all.
        filter: Option<Filter>,
        /// Property names with their values. The geometry is `geom`, or whatever name comes with a
        /// [`NewValue::Geometry`].
        values: Vec<(String, NewValue)>,
        /// The client's name for the action.
        handle: Option<String>,
    },
    /// Existing features get all their values anew and keep their `fid`; what is not given becomes null.
    Replace {
        /// Where.
        layer: Arc<Layer>,
        /// Which features; `None` means all.
        filter: Option<Filter>,
        /// What they become; its `fid` is not looked at.
        feature: NewFeature,
        /// The client's name for the action.
        handle: Option<String>,
    },
    /// Features go.
    Delete {
        /// Where.
        layer: Arc<Layer>,
        /// Which features; `None` means all.
        filter: Option<Filter>,
        /// The client's name for the action.
        handle: Option<String>,
    },
}

impl Change {
    /// The layer that is changed.
    #[must_use]
    pub const fn layer(&self) -> &Arc<Layer> {
        match self {
            Self::Insert { layer, .. }
            | Self::Update { layer, .. }
            | Self::Replace { layer, .. }
            | Self::Delete { layer, .. } => layer,
        }
    }

    /// The client's name for the action.
    #[must_use]
    pub fn handle(&self) -> Option<&str> {
        match self {
            Self::Insert { handle, .. }
            | Self::Update { handle, .. }
            | Self::Replace { handle, .. }
            | Self::Delete { handle, .. } => handle.as_deref(),
        }
    }

    /// The action in the standard's word: `Insert`, `Update`, `Replace` or `Delete`.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Insert { .. } => "Insert",
            Self::Update { .. } => "Update",
            Self::Replace { .. } => "Replace",
            Self::Delete { .. } => "Delete",
        }
    }
}

/// A feature as a client sends it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewFeature {
    /// The identifier, only where the protocol lets the client choose it; otherwise the table's sequence
    /// gives one.
    pub fid: Option<i64>,
    /// Property names, exactly as the layer spells them, with their values. What is left out is null.
    pub values: Vec<(String, NewValue)>,
    /// The geometry, x before y; its system may be any, `None` in it means the layer's own.
    pub geometry: Option<Geometry>,
}

/// A value as a client writes it; the property's type decides what it must look like.
#[derive(Clone, Debug, PartialEq)]
pub enum NewValue {
    /// No value.
    Null,
    /// The lexical form of XML Schema, or of a key-value pair.
    Text(String),
    /// A JSON value: its own type must fit the property's.
    Json(serde_json::Value),
    /// A geometry, x before y.
    Geometry(Geometry),
}

/// What a transaction has done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// One for each change, in the same order.
    pub changes: Vec<Changed>,
    /// The layers' generations after the transaction, by layer id.
    pub generations: Vec<(i64, i64)>,
}

/// What one change has done.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// Slug of the layer.
    pub layer: String,
    /// The client's name for the action.
    pub handle: Option<String>,
    /// What was done.
    pub effect: Effect,
}

/// What was done to which features.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// New features, in the client's order.
    Inserted(Vec<Written>),
    /// Features with new values of some properties, by `fid`.
    Updated(Vec<Written>),
    /// Features whose values are all new, by `fid`.
    Replaced(Vec<Written>),
    /// Features that are gone, by `fid`.
    Deleted(Vec<i64>),
}

/// A feature that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its identifier.
    pub fid: i64,
    /// The number of the version that it now has, from 1.
    pub version: i64,
}

impl Outcome {
    fn total(&self, count: impl Fn(&Effect) -> usize) -> usize {
        self.changes.iter().map(|c| count(&c.effect)).sum()
    }

    /// New features in all.
    #[must_use]
    pub fn inserted(&self) -> usize {
        self.total(|e| if let Effect::Inserted(f) = e { f.len() } else { 0 })
    }

    /// Updated features in all.
    #[must_use]
    pub fn updated(&self) -> usize {
        self.total(|e| if let Effect::Updated(f) = e { f.len() } else { 0 })
    }

    /// Replaced features in all.
    #[must_use]
    pub fn replaced(&self) -> usize {
        self.total(|e| if let Effect::Replaced(f) = e { f.len() } else { 0 })
    }

    /// Deleted features in all.
    #[must_use]
    pub fn deleted(&self) -> usize {
        self.total(|e| if let Effect::Deleted(f) = e { f.len() } else { 0 })
    }
}
