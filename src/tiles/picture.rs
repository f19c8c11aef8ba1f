//! Tiles as pictures: a map in the square of a tile, drawn and kept by the map engine.

use crate::geo::BBox;
use crate::geo::grid::Tile;
use crate::maps::{MapLayer, MapRequest, Part, Place};
use crate::render::ImageFormat;
use crate::style::Color;
use std::sync::Arc;

/// Formats of tiles: those that browsers show.
pub const TILE_FORMATS: [ImageFormat; 3] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP];

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

/// Tiles a side that are drawn together where there are labels: of 1024 pixels, for tiles of 256.
const TOGETHER: u32 = 4;

/// The tiles that are drawn together with a tile, whose own map this is, itself among them: always the same ones,
/// whichever is asked for.
#[must_use]
pub fn part_of(tile: Tile, own: &MapRequest) -> Part {
    let (first_column, first_row) = (tile.col() / TOGETHER * TOGETHER, tile.row() / TOGETHER * TOGETHER);
    let at = |row: u32, column: u32| tile.grid().tile(tile.level(), row, column);
    // At the edge of the grid there are fewer.
    let columns = (0..TOGETHER).take_while(|c| at(first_row, first_column + c).is_some()).count() as u32;
    let rows = (0..TOGETHER).take_while(|r| at(first_row + r, first_column).is_some()).count() as u32;
    let corners =
        at(first_row, first_column).zip(at(first_row + rows.max(1) - 1, first_column + columns.max(1) - 1));
    let bbox = corners.map_or(own.bbox, |(first, last)| {
        let (first, last) = (first.bbox(), last.bbox());
        BBox::new(first.min_x, last.min_y, last.max_x, first.max_y)
    });
    Part {
        whole: MapRequest { bbox, width: own.width * columns, height: own.height * rows, ..own.clone() },
        columns,
        rows,
        column: tile.col() - first_column,
        row: tile.row() - first_row,
        place: Place { names: [&tile.grid().id, &tile.matrix().id], first: [first_row, first_column] },
    }
}
