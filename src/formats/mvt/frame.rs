//! Where a layer's coordinates lie in a tile, and how finely.

use super::{BUFFER, EXTENT};
use crate::geo::{BBox, LocalTransform};

/// How finely a tile is cut, and how much beyond its border it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resolution {
    extent: u32,
    buffer: u32,
}

impl Default for Resolution {
    fn default() -> Self {
        Self { extent: EXTENT, buffer: BUFFER }
    }
}

impl Resolution {
    /// Least units of a tile's side.
    pub const LEAST_EXTENT: u32 = 256;
    /// Most units of a tile's side: products of coordinates then still fit into 32 bits.
    pub const MOST_EXTENT: u32 = 16_384;
    /// Widest margin, in 4096ths of a tile's side.
    pub const MOST_BUFFER: u32 = 256;

    /// A tile of `extent` units a side, a power of two, with a margin of so many 4096ths of its side, whatever the
    /// extent; `None` for what is out of bounds.
    #[must_use]
    pub fn new(extent: u32, buffer: u32) -> Option<Self> {
        let is_extent =
            extent.is_power_of_two() && (Self::LEAST_EXTENT..=Self::MOST_EXTENT).contains(&extent);
        (is_extent && buffer <= Self::MOST_BUFFER).then_some(Self { extent, buffer })
    }

    /// Units of a tile's side (`extent` of MVT 2.1 section 4.1).
    #[must_use]
    pub const fn extent(self) -> u32 {
        self.extent
    }

    /// The margin in units, rounded up.
    #[must_use]
    pub const fn buffer(self) -> u32 {
        (self.buffer * self.extent).div_ceil(EXTENT)
    }

    /// The square that geometries are clipped to, in units.
    pub(super) fn clip(self) -> BBox {
        let (low, high) = (-f64::from(self.buffer()), f64::from(self.extent + self.buffer()));
        BBox::new(low, low, high, high)
    }
}

/// The way from a layer's own system into a tile's units: x to the east, y to the south, the tile being
/// the square from 0 to its extent.
#[derive(Clone, Debug)]
pub struct Frame {
    transform: LocalTransform,
    west: f64,
    north: f64,
    scale_x: f64,
    scale_y: f64,
    resolution: Resolution,
}

impl Frame {
    /// A frame from a transform into the grid's system and the tile's square in that system.
    #[must_use]
    pub fn new(transform: LocalTransform, tile: &BBox, resolution: Resolution) -> Self {
        Self {
            transform,
            west: tile.min_x,
            north: tile.max_y,
            scale_x: f64::from(resolution.extent) / tile.width(),
            scale_y: f64::from(resolution.extent) / tile.height(),
            resolution,
        }
    }

    /// How finely the tile is cut.
    pub(super) const fn resolution(&self) -> Resolution {
        self.resolution
    }

    /// Moves points into the grid's system; those that can't be placed become NaN.
    pub(super) fn to_grid(&self, points: &mut [[f64; 2]]) {
        self.transform.points(points);
    }

    /// A point of the grid's system in the tile's units.
    pub(super) fn to_units(&self, point: [f64; 2]) -> [f64; 2] {
        [(point[0] - self.west) * self.scale_x, (self.north - point[1]) * self.scale_y]
    }

    /// Moves points into the tile's units; those that can't be placed become NaN.
    pub(super) fn place(&self, points: &mut [[f64; 2]]) {
        self.to_grid(points);
        for point in points {
            *point = self.to_units(*point);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_are_powers_of_two_in_bounds_and_the_margin_keeps_its_share_of_the_tile() {
        for (extent, units) in [(256, 4), (512, 8), (1024, 16), (4096, 64), (8192, 128), (16_384, 256)] {
            let resolution = Resolution::new(extent, BUFFER).expect("in bounds");
            assert_eq!((resolution.extent(), resolution.buffer()), (extent, units));
        }
        assert_eq!(Resolution::new(256, 1).map(Resolution::buffer), Some(1));
        assert_eq!(Resolution::new(4096, 0).map(Resolution::buffer), Some(0));
        for (extent, buffer) in
            [(0, 0), (255, 0), (128, 0), (300, 0), (32_768, 0), (u32::MAX, 0), (4096, 257)]
        {
            assert_eq!(Resolution::new(extent, buffer), None, "{extent} {buffer}");
        }
    }
}
