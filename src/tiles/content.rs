//! What of a layer a tile holds.

use crate::filter::Filter;
use crate::formats::mvt::Resolution;
use crate::model::Layer;
use std::sync::Arc;

/// A layer of a vector tile.
#[derive(Clone, Debug)]
pub struct TileLayer {
    /// The layer.
    pub layer: Arc<Layer>,
    /// Only features that fulfil it; all of them when absent.
    pub filter: Option<Filter>,
    /// What of them, and how finely.
    pub content: TileContent,
}

impl From<Arc<Layer>> for TileLayer {
    fn from(layer: Arc<Layer>) -> Self {
        Self { layer, filter: None, content: TileContent::default() }
    }
}

impl TileLayer {
    /// Whether the tile is the one that the layer has without anyone choosing anything.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.filter.is_none() && self.content == TileContent::default()
    }
}

/// What of a layer's features a tile holds, and how finely it is cut. Part of a tile's identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TileContent {
    /// Names of the attributes; what is configured for the layer, or else all, when absent.
    pub columns: Option<Vec<String>>,
    /// How finely.
    pub resolution: Resolution,
}
