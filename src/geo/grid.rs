//! Tile grids: OGC Two Dimensional Tile Matrix Set (OGC 17-083r4).

use super::BBox;

/// Half the width of the Web Mercator square, in metres.
pub const MERCATOR_EDGE: f64 = 20_037_508.342_789_244;

/// The deepest zoom that is served; beyond it clients overzoom.
pub const MAX_ZOOM: u8 = 24;

/// A tile of `WebMercatorQuad` (OGC 17-083r4 annex D.1), row 0 in the north.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileId {
    /// Zoom, the tile matrix.
    pub z: u8,
    /// Column, from the west.
    pub x: u32,
    /// Row, from the north.
    pub y: u32,
}

impl TileId {
    /// A tile, or `None` when the grid has no such one.
    #[must_use]
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        if z > MAX_ZOOM {
            return None;
        }
        let side = 1_u32 << z;
        (x < side && y < side).then_some(Self { z, x, y })
    }

    /// Side of the tile in metres of EPSG:3857.
    #[must_use]
    pub fn side(&self) -> f64 {
        2.0 * MERCATOR_EDGE / f64::from(1_u32 << self.z)
    }

    /// The tile's square in EPSG:3857.
    #[must_use]
    pub fn bbox(&self) -> BBox {
        let side = self.side();
        let min_x = -MERCATOR_EDGE + f64::from(self.x) * side;
        let max_y = MERCATOR_EDGE - f64::from(self.y) * side;
        BBox::new(min_x, max_y - side, min_x + side, max_y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_tile_is_the_whole_square_and_rows_go_south() {
        let top = TileId::new(0, 0, 0).expect("exists").bbox();
        assert!((top.min_x + MERCATOR_EDGE).abs() < 1e-6 && (top.max_y - MERCATOR_EDGE).abs() < 1e-6);
        let south = TileId::new(1, 0, 1).expect("exists").bbox();
        assert!(south.max_y.abs() < 1e-6);
    }

    #[test]
    fn tiles_outside_the_matrix_do_not_exist() {
        assert_eq!(TileId::new(1, 2, 0), None);
        assert_eq!(TileId::new(3, 0, 8), None);
        assert_eq!(TileId::new(25, 0, 0), None);
    }
}
