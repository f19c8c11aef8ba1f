//! What a Transaction says, in the words that the three versions share: read, names looked up, nothing done.

use crate::filter::Filter;
use crate::filter::ast::Geometry;
use crate::model::Layer;
use std::sync::Arc;

/// A whole Transaction (OGC 09-025r2 clause 15.2, OGC 04-094 clause 12, OGC 02-058 clause 11).
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    /// The lock whose features may be changed.
    pub lock_id: Option<String>,
    /// Whether only the features that were changed are unlocked, rather than all of the lock.
    pub release_some: bool,
    /// What to do, in this order.
    pub actions: Vec<Action>,
}

/// One action on one type. An Insert with features of several types is several of these.
#[derive(Clone, Debug)]
pub struct Action {
    /// The client's name for it, which answers and errors repeat.
    pub handle: Option<String>,
    /// The type.
    pub layer: Arc<Layer>,
    /// What to do.
    pub what: What,
}

/// What an action does.
#[derive(Clone, Debug)]
pub enum What {
    /// Insert.
    Insert(Vec<NewFeature>),
    /// Update: the properties to set, and of which features; of all without a filter.
    Update(Vec<(String, Value)>, Option<Filter>),
    /// Replace: the new state of the features that the filter finds.
    Replace(Box<NewFeature>, Filter),
    /// Delete.
    Delete(Filter),
}

/// A feature to be written.
#[derive(Clone, Debug, Default)]
pub struct NewFeature {
    /// `gml:id` or `fid` as the client wrote it, for messages.
    pub id: Option<String>,
    /// The identifier to use, where the client may and does choose it (`idgen="UseExisting"`).
    pub fid: Option<i64>,
    /// Whether a feature that already has the identifier is replaced (`idgen="ReplaceDuplicate"`).
    pub replace: bool,
    /// Values of columns; those that are not named have none.
    pub values: Vec<(String, Value)>,
    /// The geometry.
    pub geometry: Option<Geometry>,
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// None.
    Null,
    /// Lexical form in XML Schema.
    Text(String),
    /// A geometry.
    Geometry(Geometry),
}

/// Name of the property that holds the geometry.
pub const GEOMETRY: &str = "geom";
