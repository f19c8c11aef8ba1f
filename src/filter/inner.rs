//! The part of a box that needs no exact look: whatever has its own box in there meets the box.

use crate::geo::BBox;
use geo::Contains;
use geo_types::{Coord, LineString, Point, Polygon};

/// A box inside of a ring of four sides: the lower, the right, the upper and the left one, each with the
/// corner it begins at and as many points as the others. `None` when there is no such box.
pub(super) fn of_ring(points: &[[f64; 2]]) -> Option<BBox> {
    let side = points.len() / 4;
    if side == 0 || !points.len().is_multiple_of(4) || !points.iter().flatten().all(|v| v.is_finite()) {
        return None;
    }
    // Both corners of a side belong to it.
    let along = |number: usize| points.iter().cycle().skip(number * side).take(side + 1);
    let most = |number: usize, axis: usize| along(number).fold(f64::NEG_INFINITY, |m, p| m.max(p[axis]));
    let least = |number: usize, axis: usize| along(number).fold(f64::INFINITY, |m, p| m.min(p[axis]));
    let found = rounded(&BBox::new(most(3, 0), most(0, 1), least(1, 0), least(2, 1)))?;
    // No side runs through it, so it lies inside as a whole or not at all.
    let coords = points.iter().map(|&[x, y]| Coord { x, y }).collect();
    let middle = Point::new((found.min_x + found.max_x) / 2.0, (found.min_y + found.max_y) / 2.0);
    Polygon::new(LineString(coords), Vec::new()).contains(&middle).then_some(found)
}

/// A box rounded inwards to the single precision in which PostGIS compares boxes; `None` when nothing is left.
pub(super) fn rounded(bbox: &BBox) -> Option<BBox> {
    let [min_x, min_y] = [bbox.min_x, bbox.min_y].map(|v| nearest(v, |single| single < v, f32::next_up));
    let [max_x, max_y] = [bbox.max_x, bbox.max_y].map(|v| nearest(v, |single| single > v, f32::next_down));
    let found = BBox::new(min_x, min_y, max_x, max_y);
    (found.is_valid() && found.width() > 0.0 && found.height() > 0.0).then_some(found)
}

fn nearest(value: f64, is_outside: impl Fn(f64) -> bool, inwards: impl Fn(f32) -> f32) -> f64 {
    #[allow(clippy::cast_possible_truncation)]
    let single = value as f32;
    f64::from(if is_outside(f64::from(single)) { inwards(single) } else { single })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rounding_never_leaves_the_box(
            x in -1e7_f64..1e7, y in -1e7_f64..1e7, width in 0.0_f64..1e5, height in 0.0_f64..1e5,
        ) {
            let outer = BBox::new(x, y, x + width, y + height);
            if let Some(inner) = rounded(&outer) {
                prop_assert!(inner.min_x >= outer.min_x && inner.min_y >= outer.min_y);
                prop_assert!(inner.max_x <= outer.max_x && inner.max_y <= outer.max_y);
                for edge in [inner.min_x, inner.min_y, inner.max_x, inner.max_y] {
                    #[allow(clippy::cast_possible_truncation)]
                    let single = edge as f32;
                    prop_assert!(f64::from(single) == edge);
                }
                prop_assert!(outer.width() - inner.width() <= 4.0 && outer.height() - inner.height() <= 4.0);
            } else {
                prop_assert!(width < 4.0 || height < 4.0);
            }
        }
    }

    #[test]
    fn the_box_inside_of_a_bent_ring_touches_no_side() {
        // A smile: its lower and upper sides hang through.
        let ring = [
            [0.0, 10.0],
            [5.0, 8.0],
            [10.0, 10.0],
            [11.0, 15.0],
            [10.0, 20.0],
            [5.0, 18.0],
            [0.0, 20.0],
            [-1.0, 15.0],
        ];
        assert_eq!(of_ring(&ring), Some(BBox::new(0.0, 10.0, 10.0, 18.0)));
        // Hanging through so far that nothing is left.
        let ring = [
            [0.0, 10.0],
            [5.0, 0.0],
            [10.0, 10.0],
            [11.0, 15.0],
            [10.0, 20.0],
            [5.0, 9.0],
            [0.0, 20.0],
            [-1.0, 15.0],
        ];
        assert_eq!(of_ring(&ring), None);
    }

    #[test]
    fn turned_and_broken_rings_have_no_inside() {
        // Turned by a quarter: the first side is the right one.
        assert_eq!(of_ring(&[[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]), None);
        assert_eq!(of_ring(&[[0.0, 0.0], [1.0, f64::NAN], [1.0, 1.0], [0.0, 1.0]]), None);
        assert_eq!(of_ring(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]), None);
        assert_eq!(of_ring(&[]), None);
        assert_eq!(rounded(&BBox::new(3.0, 3.0, 3.0, 4.0)), None, "no width");
    }
}
