//! The one query engine: a [`Query`] on a layer becomes a stream of features.
//!
//! WFS, OGC API Features, maps, tiles and pages all read through here; no other room selects from a
//! layer's table.

mod query;

pub use query::{FeatureError, Geometry, Page, Query, Sort};
