//! Where layers have something to show.

use crate::geo::{BBox, Crs};
use crate::model::Layer;
use std::sync::Arc;

/// What layers cover of a system, x first; `None` when they have no features there.
#[must_use]
pub fn extent_in(layers: &[Arc<Layer>], crs: &Arc<Crs>) -> Option<BBox> {
    layers.iter().filter_map(|layer| layer.extent_in(crs)).reduce(|a, b| a.union(&b))
}
