//! Tiles as pictures: a map in the square of a tile, drawn and kept by the map engine.

use crate::geo::grid::Tile;
use crate::maps::{MapLayer, MapRequest};
use crate::render::ImageFormat;
use crate::style::Color;
use std::sync::Arc;

/// The map that fills a tile. Where the format allows it, what no symbol covers is transparent.
#[must_use]
pub fn map_of(tile: Tile, layers: Vec<MapLayer>, format: ImageFormat) -> MapRequest {
    let matrix = tile.matrix();
    MapRequest {
        layers,
        crs: Arc::clone(&tile.grid().crs.crs),
        bbox: tile.bbox(),
        width: matrix.tile_width,
        height: matrix.tile_height,
        transparent: format.has_transparency(),
        background: Color::WHITE,
        scale: 1.0,
        format,
    }
}
