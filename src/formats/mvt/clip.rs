//! Clipping to the tile's buffered square.

use crate::geo::BBox;

/// Clips an open ring by Sutherland and Hodgman's way: `ring` is replaced, `spare` is scratch. A ring
/// that leaves the square several times keeps doubled edges along the border; the judge of rings finds
/// them and has them repaired.
pub(super) fn ring(ring: &mut Vec<[f64; 2]>, spare: &mut Vec<[f64; 2]>, square: &BBox) {
    // Signed distances to the inside of the four borders.
    let sides: [fn(&BBox, [f64; 2]) -> f64; 4] =
        [|b, p| p[0] - b.min_x, |b, p| b.max_x - p[0], |b, p| p[1] - b.min_y, |b, p| b.max_y - p[1]];
    for side in sides {
        spare.clear();
        let Some(mut before) = ring.last().copied() else { return };
        let mut before_in = side(square, before);
        for &point in ring.iter() {
            let point_in = side(square, point);
            if (before_in < 0.0) != (point_in < 0.0) {
                spare.push(between(before, point, before_in / (before_in - point_in)));
            }
            if point_in >= 0.0 {
                spare.push(point);
            }
            (before, before_in) = (point, point_in);
        }
        std::mem::swap(ring, spare);
    }
}

fn between(a: [f64; 2], b: [f64; 2], t: f64) -> [f64; 2] {
    [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]
}

/// Clips a line by Liang and Barsky's way; `emit` gets each piece that lies inside.
pub(super) fn line(points: &[[f64; 2]], square: &BBox, mut emit: impl FnMut(&[[f64; 2]])) {
    let mut piece: Vec<[f64; 2]> = Vec::new();
    for pair in points.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        match segment(a, b, square) {
            Some((start, end)) => {
                if start > 0.0 || piece.is_empty() {
                    flush(&mut piece, &mut emit);
                    piece.push(if start > 0.0 { between(a, b, start) } else { a });
                }
                piece.push(if end < 1.0 { between(a, b, end) } else { b });
                if end < 1.0 {
                    flush(&mut piece, &mut emit);
                }
            }
            None => flush(&mut piece, &mut emit),
        }
    }
    flush(&mut piece, &mut emit);
}

fn flush(piece: &mut Vec<[f64; 2]>, emit: &mut impl FnMut(&[[f64; 2]])) {
    if piece.len() > 1 {
        emit(piece);
    }
    piece.clear();
}

/// The part of a segment inside, as two fractions of it; `None` when it is outside.
fn segment(a: [f64; 2], b: [f64; 2], square: &BBox) -> Option<(f64, f64)> {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (p, q) in [
        (-dx, a[0] - square.min_x),
        (dx, square.max_x - a[0]),
        (-dy, a[1] - square.min_y),
        (dy, square.max_y - a[1]),
    ] {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            start = start.max(q / p);
        } else {
            end = end.min(q / p);
        }
    }
    (start <= end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: BBox = BBox::new(0.0, 0.0, 10.0, 10.0);

    fn pieces(points: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
        let mut all = Vec::new();
        line(points, &SQUARE, |piece| all.push(piece.to_vec()));
        all
    }

    #[test]
    fn a_line_that_leaves_and_returns_becomes_two() {
        let found = pieces(&[[5.0, 5.0], [15.0, 5.0], [15.0, 8.0], [5.0, 8.0]]);
        assert_eq!(found, [vec![[5.0, 5.0], [10.0, 5.0]], vec![[10.0, 8.0], [5.0, 8.0]]]);
    }

    #[test]
    fn a_line_across_keeps_only_its_middle_and_one_outside_nothing() {
        assert_eq!(pieces(&[[-10.0, 5.0], [20.0, 5.0]]), [vec![[0.0, 5.0], [10.0, 5.0]]]);
        assert!(pieces(&[[-10.0, 5.0], [5.0, 20.0]]).is_empty());
        assert!(pieces(&[[11.0, 1.0], [12.0, 9.0]]).is_empty());
    }

    #[test]
    fn a_ring_around_the_square_becomes_the_square() {
        let mut around = vec![[-5.0, -5.0], [15.0, -5.0], [15.0, 15.0], [-5.0, 15.0]];
        ring(&mut around, &mut Vec::new(), &SQUARE);
        assert_eq!(around.len(), 4);
        assert!(around.iter().flatten().all(|v| *v == 0.0 || *v == 10.0));
    }

    #[test]
    fn a_ring_outside_vanishes() {
        let mut outside = vec![[20.0, 0.0], [30.0, 0.0], [30.0, 9.0]];
        ring(&mut outside, &mut Vec::new(), &SQUARE);
        assert!(outside.is_empty());
    }
}
