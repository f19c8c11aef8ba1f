//! Lines beside lines: `PerpendicularOffset` (OGC 05-077r4 clauses 11.1.4 and 11.2.4).

/// How far a sharp corner may reach beyond the offset, in offsets.
const MITRE: f32 = 3.0;

/// The line at a distance to the left of another, seen in its direction on a picture whose y goes down; to the right when
/// negative. A closed one is a ring without its first point repeated.
pub(super) fn beside(points: &[[f32; 2]], distance: f32, closed: bool) -> Vec<[f32; 2]> {
    let points = distinct(points, closed);
    let count = points.len();
    if count < 2 {
        return points;
    }
    let at = |index: usize| points.get(index % count).copied().unwrap_or_default();
    let mut out = Vec::with_capacity(count + 4);
    for index in 0..count {
        let is_first = index == 0 && !closed;
        let is_last = index + 1 == count && !closed;
        let before = if is_first { None } else { Some(normal(at(index + count - 1), at(index))) };
        let after = if is_last { None } else { Some(normal(at(index), at(index + 1))) };
        let [x, y] = at(index);
        let place = |[nx, ny]: [f32; 2], by: f32| [x + nx * by, y + ny * by];
        match (before, after) {
            (Some(a), Some(b)) => {
                // The bisector, as long as both sides need; a sharper corner outside is cut.
                let sum = [a[0] + b[0], a[1] + b[1]];
                let square = sum[0] * sum[0] + sum[1] * sum[1];
                let reach = if square > 1e-6 { 2.0 / square.sqrt() } else { f32::INFINITY };
                if reach <= MITRE {
                    let length = square.sqrt();
                    out.push(place([sum[0] / length, sum[1] / length], distance * reach));
                } else {
                    out.push(place(a, distance));
                    out.push(place(b, distance));
                }
            }
            (Some(only), None) | (None, Some(only)) => out.push(place(only, distance)),
            (None, None) => {}
        }
    }
    out
}

/// Without points that repeat the one before.
fn distinct(points: &[[f32; 2]], closed: bool) -> Vec<[f32; 2]> {
    let mut out: Vec<[f32; 2]> = Vec::with_capacity(points.len());
    for point in points {
        if out.last() != Some(point) {
            out.push(*point);
        }
    }
    if closed && out.len() > 1 && out.first() == out.last() {
        out.pop();
    }
    out
}

/// One pixel to the left of the way from a point to another.
fn normal(from: [f32; 2], to: [f32; 2]) -> [f32; 2] {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx.hypot(dy);
    if length > 0.0 { [dy / length, -dx / length] } else { [0.0, 0.0] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_move_to_their_left_and_corners_stay_sharp() {
        // To the east on a picture: the left is up, where y is less.
        assert_eq!(beside(&[[0.0, 10.0], [20.0, 10.0]], 4.0, false), [[0.0, 6.0], [20.0, 6.0]]);
        assert_eq!(beside(&[[0.0, 10.0], [20.0, 10.0]], -4.0, false), [[0.0, 14.0], [20.0, 14.0]]);
        let corner = beside(&[[0.0, 10.0], [20.0, 10.0], [20.0, 0.0]], 4.0, false);
        let expected = [[0.0, 6.0], [16.0, 6.0], [16.0, 0.0]];
        for (got, wanted) in corner.iter().zip(expected) {
            assert!((got[0] - wanted[0]).abs() < 1e-4 && (got[1] - wanted[1]).abs() < 1e-4, "{corner:?}");
        }
        // A hairpin is cut instead of running away.
        let hairpin = beside(&[[0.0, 0.0], [20.0, 0.0], [0.0, 0.0]], 4.0, false);
        assert!(hairpin.iter().all(|p| p[0].abs() < 25.0 && p[1].abs() < 5.0), "{hairpin:?}");
    }

    #[test]
    fn rings_move_all_around() {
        let square = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
        let moved = beside(&square, 2.0, true);
        assert_eq!(moved.len(), 4);
        for (got, wanted) in moved.iter().zip([[-2.0, -2.0], [12.0, -2.0], [12.0, 12.0], [-2.0, 12.0]]) {
            assert!((got[0] - wanted[0]).abs() < 1e-4 && (got[1] - wanted[1]).abs() < 1e-4, "{moved:?}");
        }
        assert!(beside(&[], 2.0, true).is_empty());
        assert_eq!(beside(&[[1.0, 1.0], [1.0, 1.0]], 2.0, true), [[1.0, 1.0]]);
    }
}
