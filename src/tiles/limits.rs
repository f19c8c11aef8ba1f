//! Which tiles of a grid layers have something in.

use crate::geo::grid::{TileMatrix, TileMatrixSet, TileRange};
use crate::geo::{BBox, Crs, Transform};
use crate::model::Layer;
use std::sync::Arc;

/// Share of a tile that symbols, and the buffer of a vector tile, may reach over the border of the data.
const REACH: f64 = 1.0 / 8.0;

/// What layers cover of a grid, in its system, x first; `None` when they have no features there.
#[must_use]
pub fn extent_in(layers: &[Arc<Layer>], grid: &TileMatrixSet) -> Option<BBox> {
    let world = Crs::from_epsg(4326).ok()?;
    let way = Transform::new(&world, &grid.crs.crs).ok()?;
    let known = match grid.crs.crs.area_of_use {
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

/// The tiles of a matrix in which something of an extent (as [`extent_in`] gives it) may be seen.
#[must_use]
pub fn tiles_of(matrix: &TileMatrix, extent: &BBox) -> Option<TileRange> {
    let [width, height] = matrix.span();
    let (across, up) = (width * REACH, height * REACH);
    matrix.tiles_of(&BBox::new(
        extent.min_x - across,
        extent.min_y - up,
        extent.max_x + across,
        extent.max_y + up,
    ))
}
