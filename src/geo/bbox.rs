//! Axis-aligned boxes in x, y order.

use serde::{Deserialize, Serialize};

/// A box `[min x, min y, max x, max y]`, always x (easting, longitude) first, in the units of its CRS.
///
/// Serialised as an array of four numbers, the order of GeoJSON (RFC 7946 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 4]", into = "[f64; 4]")]
pub struct BBox {
    /// Smallest x.
    pub min_x: f64,
    /// Smallest y.
    pub min_y: f64,
    /// Largest x.
    pub max_x: f64,
    /// Largest y.
    pub max_y: f64,
}

impl BBox {
    /// A box that contains nothing and grows with the first point.
    pub const EMPTY: Self = Self {
        min_x: f64::INFINITY,
        min_y: f64::INFINITY,
        max_x: f64::NEG_INFINITY,
        max_y: f64::NEG_INFINITY,
    };

    /// A box from its corners, which are taken as they are.
    #[must_use]
    pub const fn new(min_x: f64, min_y: f64, max_x: f64, max_y: f64) -> Self {
        Self { min_x, min_y, max_x, max_y }
    }

    /// Whether all four numbers are finite and no minimum exceeds its maximum.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        [self.min_x, self.min_y, self.max_x, self.max_y].iter().all(|v| v.is_finite())
            && self.min_x <= self.max_x
            && self.min_y <= self.max_y
    }

    /// Extent along x.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.max_x - self.min_x
    }

    /// Extent along y.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.max_y - self.min_y
    }

    /// The middle, as `[x, y]`.
    #[must_use]
    pub fn centre(&self) -> [f64; 2] {
        [f64::midpoint(self.min_x, self.max_x), f64::midpoint(self.min_y, self.max_y)]
    }

    /// Grows the box to hold the point.
    pub fn add(&mut self, x: f64, y: f64) {
        self.min_x = self.min_x.min(x);
        self.min_y = self.min_y.min(y);
        self.max_x = self.max_x.max(x);
        self.max_y = self.max_y.max(y);
    }

    /// The smallest box that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            min_x: self.min_x.min(other.min_x),
            min_y: self.min_y.min(other.min_y),
            max_x: self.max_x.max(other.max_x),
            max_y: self.max_y.max(other.max_y),
        }
    }

    /// What both share, or `None` when they don't touch.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let shared = Self {
            min_x: self.min_x.max(other.min_x),
            min_y: self.min_y.max(other.min_y),
            max_x: self.max_x.min(other.max_x),
            max_y: self.max_y.min(other.max_y),
        };
        (shared.min_x <= shared.max_x && shared.min_y <= shared.max_y).then_some(shared)
    }

    /// Whether the boxes share at least a point.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        self.intersection(other).is_some()
    }

    /// Whether the point lies inside or on the border.
    #[must_use]
    pub fn contains(&self, x: f64, y: f64) -> bool {
        x >= self.min_x && x <= self.max_x && y >= self.min_y && y <= self.max_y
    }

    /// The box with its sides moved outwards to `decimals` places: shorter to write, and no point is lost that
    /// lies on a side when somebody asks for just this box.
    #[must_use]
    pub fn outwards(&self, decimals: i32) -> Self {
        let scale = 10_f64.powi(decimals);
        let (down, up) = (|v: f64| (v * scale).floor() / scale, |v: f64| (v * scale).ceil() / scale);
        Self::new(down(self.min_x), down(self.min_y), up(self.max_x), up(self.max_y))
    }

    /// The box grown by `margin` on each side, in its own units.
    #[must_use]
    pub fn expanded(&self, margin: f64) -> Self {
        Self::new(self.min_x - margin, self.min_y - margin, self.max_x + margin, self.max_y + margin)
    }

    /// The box with its axes exchanged: what an authority with latitude first calls the same box.
    #[must_use]
    pub fn swapped(&self) -> Self {
        Self::new(self.min_y, self.min_x, self.max_y, self.max_x)
    }
}

impl From<[f64; 4]> for BBox {
    fn from([min_x, min_y, max_x, max_y]: [f64; 4]) -> Self {
        Self { min_x, min_y, max_x, max_y }
    }
}

impl From<BBox> for [f64; 4] {
    fn from(b: BBox) -> Self {
        [b.min_x, b.min_y, b.max_x, b.max_y]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outwards_never_loses_what_was_inside() {
        let box_ = BBox::new(4.230_280_049, 42.981_810_000_024_61, 7.718_810_000_000_002, 45.0);
        assert_eq!(box_.outwards(7), BBox::new(4.230_28, 42.981_81, 7.718_810_1, 45.0));
    }

    #[test]
    fn a_reversed_or_non_finite_box_is_not_valid() {
        assert!(BBox::new(0.0, 0.0, 1.0, 1.0).is_valid());
        assert!(!BBox::new(1.0, 0.0, 0.0, 1.0).is_valid());
        assert!(!BBox::new(f64::NAN, 0.0, 0.0, 1.0).is_valid());
        assert!(!BBox::new(f64::NEG_INFINITY, 0.0, 0.0, 1.0).is_valid());
        assert!(!BBox::EMPTY.is_valid());
    }

    #[test]
    fn boxes_that_only_touch_intersect() {
        let a = BBox::new(0.0, 0.0, 1.0, 1.0);
        assert!(a.intersects(&BBox::new(1.0, 1.0, 2.0, 2.0)));
        assert!(!a.intersects(&BBox::new(1.1, 1.0, 2.0, 2.0)));
    }
}
