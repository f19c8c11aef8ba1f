//! Which tiles of a grid layers have something in.

use crate::geo::BBox;
use crate::geo::grid::{TileMatrix, TileMatrixSet, TileRange};
use crate::model::Layer;
use std::sync::Arc;

/// Share of a tile that symbols, and the buffer of a vector tile, may reach over the border of the data.
const REACH: f64 = 1.0 / 8.0;

/// Whether layers are offered in a grid: where some of them has something there, or none has anything anywhere.
#[must_use]
pub fn is_offered(layers: &[Arc<Layer>], grid: &TileMatrixSet) -> bool {
    let is_empty = layers.iter().all(|layer| layer.extent_lonlat.is_none());
    is_empty || extent_in(layers, grid).is_some()
}

/// What layers cover of a grid, in its system, x first; `None` when they have no features there.
#[must_use]
pub fn extent_in(layers: &[Arc<Layer>], grid: &TileMatrixSet) -> Option<BBox> {
    let extent = crate::maps::extent_in(layers, &grid.crs.crs)?;
    grid.bbox().intersects(&extent).then_some(extent)
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
