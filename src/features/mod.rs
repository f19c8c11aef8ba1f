//! The one query engine: a [`Query`] on a layer becomes a stream of features.
//!
//! WFS, OGC API Features, maps, tiles and pages all read through here; no other room selects from a
//! layer's table. [`FeatureEngine`] plans the SQL, [`FeatureStream`] hands on rows as they arrive with
//! bounded memory, [`Feature`] reads a row's values where they lie. [`Exporter`] builds files
//! of formats that can't be streamed.
//!
//! [`edit`] changes features, [`LockEngine`] keeps them for one client meanwhile, [`History`] tells what they were.

mod counts;
mod decode;
pub mod edit;
mod engine;
mod export;
mod feature;
mod gml_properties;
mod grid;
mod history;
mod join;
mod locks;
mod overview;
mod page;
mod plan;
mod query;
mod rank;

pub use engine::{Count, FeatureEngine};
pub use export::{ExportError, ExportPart, Exported, Exporter};
pub use feature::{Feature, FeatureStream};
pub use gml_properties::add_gml_properties;
pub use history::{History, Version, VersionSelect};
pub use join::{Join, JoinSort, Side, Tuple, TupleStream, side_of};
pub use locks::{Lock, LockAction, LockEngine, LockId, LockPart, LockRequest};
pub use page::{Page, PageKey};
pub use query::{COUNT, Coarse, FeatureError, Geometry, Query, Sort};
