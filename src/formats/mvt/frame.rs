//! Where a layer's coordinates lie in a tile.

use super::{BUFFER, EXTENT};
use crate::geo::{BBox, LocalTransform};

/// The way from a layer's own system into a tile's units: x to the east, y to the south, the tile being
/// the square from 0 to [`EXTENT`].
#[derive(Clone, Debug)]
pub struct Frame {
    transform: LocalTransform,
    west: f64,
    north: f64,
    scale_x: f64,
    scale_y: f64,
}

impl Frame {
    /// A frame from a transform into the grid's system and the tile's square in that system.
    #[must_use]
    pub fn new(transform: LocalTransform, tile: &BBox) -> Self {
        Self {
            transform,
            west: tile.min_x,
            north: tile.max_y,
            scale_x: f64::from(EXTENT) / tile.width(),
            scale_y: f64::from(EXTENT) / tile.height(),
        }
    }

    /// Moves points into the tile's units; those that can't be placed become NaN.
    pub(super) fn place(&self, points: &mut [[f64; 2]]) {
        self.transform.points(points);
        for point in points {
            *point = [(point[0] - self.west) * self.scale_x, (self.north - point[1]) * self.scale_y];
        }
    }

    /// The square that geometries are clipped to, in the tile's units.
    pub(super) fn clip() -> BBox {
        let (low, high) = (-f64::from(BUFFER), f64::from(EXTENT + BUFFER));
        BBox::new(low, low, high, high)
    }
}
