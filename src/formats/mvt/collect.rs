//! The points of one geometry, flat and in parts, in buffers that are used again and again.

use crate::geo::BBox;
use crate::geo::wkb::{Coords, Visitor};
use std::ops::Range;

/// What a run of points is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A point.
    Point,
    /// A line.
    Line,
    /// A polygon's exterior; the holes that follow belong to it. Rings are kept open: the first point
    /// is not repeated.
    Exterior,
    /// A hole of the exterior before it.
    Hole,
}

/// Points and parts of a geometry.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) points: Vec<[f64; 2]>,
    pub(super) parts: Vec<(Kind, Range<usize>)>,
}

impl Collected {
    pub(super) fn clear(&mut self) {
        self.points.clear();
        self.parts.clear();
    }

    /// The box of a run of points. NaN points don't count.
    pub(super) fn bbox(points: &[[f64; 2]]) -> BBox {
        let mut all = BBox::EMPTY;
        for [x, y] in points {
            all.add(*x, *y);
        }
        all
    }

    fn push(&mut self, kind: Kind, points: impl Iterator<Item = [f64; 2]>) {
        let start = self.points.len();
        self.points.extend(points);
        self.parts.push((kind, start..self.points.len()));
    }
}

impl Visitor for Collected {
    fn point(&mut self, coords: Coords<'_>) {
        self.push(Kind::Point, coords.iter());
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.push(Kind::Line, coords.iter());
    }

    fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
        let kind = if exterior { Kind::Exterior } else { Kind::Hole };
        self.push(kind, coords.iter().take(coords.len().saturating_sub(1)));
    }
}
