//! What to read from a layer.

use super::page::Page;
use crate::filter::{Filter, FilterError};
use crate::geo::wkb::WkbError;
use crate::geo::{BBox, Crs, TransformError};
use crate::model::Layer;
use crate::store::StoreError;
use std::sync::Arc;

/// What the geometry of each feature should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Geometry {
    /// None.
    Skip,
    /// As stored.
    Native,
    /// In another system, exact to the millimetre.
    In(Arc<Crs>),
    /// In the layer's own system, with details below the tolerance (in its units) removed by
    /// `ST_Simplify(geom, tolerance, true)` before they leave the database: for drawing only.
    Simplified(f64),
}

/// A column to sort by. Answers are always totally ordered: `fid` is the last key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Column name.
    pub column: String,
    /// Largest first.
    pub descending: bool,
}

/// A question to one layer.
#[derive(Clone, Debug)]
pub struct Query {
    /// The layer.
    pub layer: Arc<Layer>,
    /// Names of the attributes wanted, in this order; all when absent.
    pub columns: Option<Vec<String>>,
    /// Geometry treatment.
    pub geometry: Geometry,
    /// Box in the layer's own system that a feature's box must meet: the fast first cut of maps and
    /// tiles, beside any filter.
    pub window: Option<BBox>,
    /// Condition.
    pub filter: Option<Filter>,
    /// Order; `fid` alone when empty. Maps and tiles set `unordered`.
    pub sort: Vec<Sort>,
    /// No order at all: rows come as the index finds them.
    pub unordered: bool,
    /// Part of the answer.
    pub page: Page,
    /// What an asker that only draws accepts in the place of the features themselves; everything else leaves it out.
    pub coarse: Option<Coarse>,
}

/// What may be left out of a picture because nobody would see it. Overviews may answer then; they don't where they
/// would change what a filter finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coarse {
    /// Side of the smallest square that shows, in units of the layer's system.
    pub cell: f64,
    /// Whether one feature may stand for several smaller ones in a cell. What tells features apart by their attributes
    /// says no.
    pub merged: bool,
    /// Whether each row also tells for how many features it stands, as a last column named [`COUNT`].
    pub counted: bool,
}

/// Name of the column of [`Coarse::counted`].
pub const COUNT: &str = "datasud:count";

impl Query {
    /// All features of a layer with all attributes and the geometry as stored.
    #[must_use]
    pub fn all(layer: Arc<Layer>) -> Self {
        Self {
            layer,
            columns: None,
            geometry: Geometry::Native,
            window: None,
            filter: None,
            sort: Vec::new(),
            unordered: false,
            page: Page::default(),
            coarse: None,
        }
    }

    /// The same without order, which maps and tiles don't need.
    #[must_use]
    pub fn unordered(mut self) -> Self {
        self.unordered = true;
        self
    }
}

/// Why a query can't be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// A column that the layer doesn't have.
    #[error("layer '{layer}' has no property '{property}'; it has: {known}")]
    UnknownProperty {
        /// Layer slug.
        layer: String,
        /// Name asked for.
        property: String,
        /// Names there are.
        known: String,
    },
    /// The key of a page that doesn't belong to the order asked for.
    #[error("the page asked for doesn't belong to this order; begin again at the first page")]
    Paging,
    /// A window with numbers that are not finite, or reversed.
    #[error("the box is not valid: its numbers must be finite and each minimum below its maximum")]
    Window,
    /// The filter doesn't fit the layer.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The system asked for can't be reached from the layer's.
    #[error(transparent)]
    Transform(#[from] TransformError),
    /// A stored geometry can't be read.
    #[error("the geometry of feature {fid} can't be read: {cause}")]
    Geometry {
        /// Feature.
        fid: i64,
        /// What is wrong with it.
        cause: WkbError,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
