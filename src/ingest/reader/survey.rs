//! One walk over a geometry that answers what loading must know of it, cheaply.
//!
//! Asking GEOS for the validity of every polygon would take longer than loading it. Most polygons are
//! plainly valid: no two of their segments come near each other and their rings are nested as they should.
//! That is tested here with a safe margin; only doubtful ones go to GEOS.

use crate::geo::BBox;
use crate::geo::wkb::{self, Coords, GeometryType, Header, Visitor, WkbError};

/// Pairs of segments compared per segment before a geometry counts as doubtful.
const PAIRS_PER_SEGMENT: usize = 64;
/// Rings of one polygon, or polygons of one geometry, compared with each other before giving up.
const MAX_RINGS: usize = 300;

#[derive(Clone, Copy)]
struct Ring {
    start: usize,
    end: usize,
    exterior: bool,
    extent: BBox,
}

/// What the walk found; reused from feature to feature.
pub(super) struct Survey {
    /// Box of all points.
    pub extent: BBox,
    /// A coordinate is infinite or not a number.
    pub not_finite: bool,
    /// A ring of fewer than four points, a line of fewer than two, or an empty part: PostGIS refuses these.
    pub degenerate: bool,
    flat_line: bool,
    points: Vec<[f64; 2]>,
    rings: Vec<Ring>,
    order: Vec<u32>,
}

impl Survey {
    pub(super) const fn new() -> Self {
        Self {
            extent: BBox::EMPTY,
            not_finite: false,
            degenerate: false,
            flat_line: false,
            points: Vec::new(),
            rings: Vec::new(),
            order: Vec::new(),
        }
    }

    /// Walks a geometry, forgetting the one before.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Header, WkbError> {
        (self.extent, self.not_finite, self.degenerate, self.flat_line) = (BBox::EMPTY, false, false, false);
        self.points.clear();
        self.rings.clear();
        wkb::walk(bytes, self)
    }

    fn grow(&mut self, [x, y]: [f64; 2]) {
        self.not_finite |= !(x.is_finite() && y.is_finite());
        self.extent.add(x, y);
    }

    /// Whether the geometry is valid beyond doubt; `false` says nothing.
    pub(super) fn is_surely_valid(&mut self) -> bool {
        if self.degenerate || self.flat_line || self.not_finite {
            return false;
        }
        self.rings.is_empty() || (self.rings_are_nested() && self.segments_keep_apart())
    }

    fn ring_points(&self, ring: &Ring) -> &[[f64; 2]] {
        self.points.get(ring.start..ring.end).unwrap_or(&[])
    }

    fn rings_are_nested(&self) -> bool {
        if self.rings.len() == 1 {
            return true;
        }
        if self.rings.len() > MAX_RINGS {
            return false;
        }
        let exteriors: Vec<&Ring> = self.rings.iter().filter(|r| r.exterior).collect();
        let apart = exteriors
            .iter()
            .enumerate()
            .all(|(i, a)| exteriors.iter().skip(i + 1).all(|b| !a.extent.intersects(&b.extent)));
        if !apart {
            return false;
        }
        let mut shell: Option<&Ring> = None;
        let mut holes: Vec<&Ring> = Vec::new();
        for ring in &self.rings {
            if ring.exterior {
                shell = Some(ring);
                holes.clear();
                continue;
            }
            let Some(shell) = shell else { return false };
            if !self.inside(ring, shell)
                || holes.iter().any(|h| {
                    h.extent.intersects(&ring.extent) && (self.inside(h, ring) || self.inside(ring, h))
                })
            {
                return false;
            }
            holes.push(ring);
        }
        true
    }

    /// Whether the first point of `inner` lies inside `outer`; exact enough since no boundaries meet.
    fn inside(&self, inner: &Ring, outer: &Ring) -> bool {
        let Some([x, y]) = self.ring_points(inner).first().copied() else { return false };
        let mut inside = false;
        for pair in self.ring_points(outer).windows(2) {
            let [[ax, ay], [bx, by]] = [pair[0], pair[1]];
            if (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax {
                inside = !inside;
            }
        }
        inside
    }

    fn segments_keep_apart(&mut self) -> bool {
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        for ring in &self.rings {
            order.extend((ring.start..ring.end - 1).map(|i| i as u32));
        }
        let points = &self.points;
        let low = |i: u32| points[i as usize][0].min(points[i as usize + 1][0]);
        order.sort_unstable_by(|a, b| low(*a).total_cmp(&low(*b)));
        let mut budget = PAIRS_PER_SEGMENT * order.len() + 10_000;
        let apart = order.iter().enumerate().all(|(place, &i)| {
            let (a, b) = (points[i as usize], points[i as usize + 1]);
            let right = a[0].max(b[0]);
            let (bottom, top) = (a[1].min(b[1]), a[1].max(b[1]));
            for &j in &order[place + 1..] {
                let (c, d) = (points[j as usize], points[j as usize + 1]);
                if c[0].min(d[0]) > right {
                    return true;
                }
                budget = budget.saturating_sub(1);
                if budget == 0 {
                    return false;
                }
                if c[1].min(d[1]) > top || c[1].max(d[1]) < bottom {
                    continue;
                }
                if !self.pair_is_fine(i as usize, j as usize) {
                    return false;
                }
            }
            true
        });
        self.order = order;
        apart
    }

    fn pair_is_fine(&self, i: usize, j: usize) -> bool {
        let (i, j) = (i.min(j), i.max(j));
        let (a, b, c, d) = (self.points[i], self.points[i + 1], self.points[j], self.points[j + 1]);
        let closes = || {
            let ring = self.rings.partition_point(|r| r.end <= i);
            self.rings.get(ring).is_some_and(|r| r.start == i && r.end == j + 2)
        };
        if i + 1 == j && b == c {
            return goes_on(a, b, d);
        }
        if d == a && closes() {
            return goes_on(c, a, b);
        }
        apart(side(a, b, c), side(a, b, d)) || apart(side(c, d, a), side(c, d, b))
    }
}

/// Sign of the turn a, b, c; 0 where rounding could decide it.
fn side(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> i8 {
    let (left, right) = ((b[0] - a[0]) * (c[1] - a[1]), (b[1] - a[1]) * (c[0] - a[0]));
    let (turn, doubt) = (left - right, 4e-16 * (left.abs() + right.abs()));
    if turn > doubt {
        1
    } else if turn < -doubt {
        -1
    } else {
        0
    }
}

const fn apart(one: i8, other: i8) -> bool {
    one != 0 && one == other
}

/// Whether a path through b does not turn back onto itself.
fn goes_on(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> bool {
    side(a, b, c) != 0 || (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) > 0.0
}

impl Visitor for Survey {
    fn begin(&mut self, _: GeometryType, parts: usize) {
        self.degenerate |= parts == 0;
    }

    fn point(&mut self, coords: Coords<'_>) {
        coords.iter().for_each(|p| self.grow(p));
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.degenerate |= coords.len() < 2;
        let first = coords.get(0);
        self.flat_line |= coords.iter().all(|p| Some(p) == first);
        coords.iter().for_each(|p| self.grow(p));
    }

    fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
        self.degenerate |= coords.len() < 4;
        let start = self.points.len();
        let mut extent = BBox::EMPTY;
        for point in coords.iter() {
            self.not_finite |= !(point[0].is_finite() && point[1].is_finite());
            extent.add(point[0], point[1]);
            // Repeated points are valid and would only look like touching segments.
            if self.points.len() == start || self.points.last() != Some(&point) {
                self.points.push(point);
            }
        }
        self.extent = self.extent.union(&extent);
        self.flat_line |= self.points.len() - start < 4;
        self.rings.push(Ring { start, end: self.points.len().max(start + 1), exterior, extent });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::wkb::from_geo;
    use geo_types::{Geometry, LineString, MultiPolygon, Polygon};

    fn sure(geometry: impl Into<Geometry<f64>>) -> bool {
        let mut survey = Survey::new();
        survey.take(&from_geo(&geometry.into(), 2154).expect("written")).expect("walked");
        survey.is_surely_valid()
    }

    fn ring(points: &[(f64, f64)]) -> LineString<f64> {
        LineString::from(points.to_vec())
    }

    fn square(x: f64, y: f64, side: f64) -> LineString<f64> {
        ring(&[(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)])
    }

    #[test]
    fn plain_shapes_need_no_second_opinion() {
        assert!(sure(Polygon::new(square(0., 0., 9.), vec![])));
        assert!(sure(Polygon::new(square(0., 0., 9.), vec![square(1., 1., 2.), square(5., 5., 2.)])));
        assert!(sure(MultiPolygon(vec![
            Polygon::new(square(0., 0., 9.), vec![]),
            Polygon::new(square(20., 0., 9.), vec![])
        ])));
        assert!(sure(ring(&[(0., 0.), (1., 1.), (0., 1.), (1., 0.)])));
    }

    #[test]
    fn every_fault_of_a_polygon_is_doubted() {
        let bow_tie = ring(&[(0., 0.), (9., 9.), (9., 0.), (0., 9.), (0., 0.)]);
        let spike = ring(&[(0., 0.), (9., 0.), (9., 9.), (9., 20.), (9., 9.), (0., 9.), (0., 0.)]);
        let flat = ring(&[(0., 0.), (9., 0.), (4., 0.), (0., 0.)]);
        let touching = ring(&[(0., 0.), (9., 0.), (9., 9.), (4., 0.), (0., 9.), (0., 0.)]);
        for bad in [bow_tie, spike, flat, touching] {
            assert!(!sure(Polygon::new(bad.clone(), vec![])), "{bad:?}");
        }
        let hole_outside = Polygon::new(square(0., 0., 9.), vec![square(20., 20., 2.)]);
        let hole_across = Polygon::new(square(0., 0., 9.), vec![square(8., 8., 2.)]);
        let hole_in_hole = Polygon::new(square(0., 0., 9.), vec![square(1., 1., 6.), square(2., 2., 2.)]);
        for bad in [hole_outside, hole_across, hole_in_hole] {
            assert!(!sure(bad.clone()), "{bad:?}");
        }
        assert!(!sure(MultiPolygon(vec![
            Polygon::new(square(0., 0., 9.), vec![]),
            Polygon::new(square(2., 2., 2.), vec![])
        ])));
        assert!(!sure(ring(&[(1., 1.), (1., 1.)])));
    }
}
