//! Where layers have something to show.

use crate::geo::{BBox, Crs, Transform};
use crate::model::Layer;
use std::sync::Arc;

/// What layers cover of a system, x first; `None` when they have no features there.
#[must_use]
pub fn extent_in(layers: &[Arc<Layer>], crs: &Arc<Crs>) -> Option<BBox> {
    let world = Crs::from_epsg(4326).ok()?;
    let way = Transform::new(&world, crs).ok()?;
    let known = match crs.area_of_use {
        // West beyond east is an area over the antimeridian.
        Some([west, south, east, north]) if west < east => BBox::new(west, south, east, north),
        _ => BBox::new(-180.0, -90.0, 180.0, 90.0),
    };
    let boxes = layers.iter().filter_map(|layer| {
        let lonlat = layer.extent_lonlat.filter(BBox::is_valid)?.intersection(&known)?;
        way.bbox(&lonlat).ok()
    });
    boxes.reduce(|a, b| a.union(&b))
}
