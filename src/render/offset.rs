//! Lines beside lines: `PerpendicularOffset` (OGC 05-077r4 clauses 11.1.4 and 11.2.4).

/// How far a sharp corner may reach beyond the offset, in offsets.
const MITRE: f32 = 3.0;

/// The line at a distance to the left of another, seen in its direction on a picture whose y goes down; to the right when
/// negative. A closed one is a ring without its first point repeated. What is too short to have a side inside of a bend has
/// none, so that the line doesn't run back there.
pub(super) fn beside(points: &[[f32; 2]], distance: f32, closed: bool) -> Vec<[f32; 2]> {
    let points = distinct(points, closed);
    if points.len() < 2 {
        return points;
    }
    let sides = kept(&points, distance, closed);
    let (Some(first), Some(last)) = (sides.first(), sides.last()) else { return points };
    let mut out = Vec::with_capacity(points.len() + 4);
    let mut add = |[end, begin]: [[f32; 2]; 2]| {
        out.push(end);
        if begin != end {
            out.push(begin);
        }
    };
    if !closed {
        add([first.moved(first.from, distance); 2]);
    }
    for pair in sides.windows(2) {
        if let [a, b] = pair {
            add(joint(a, b, distance));
        }
    }
    if closed {
        add(joint(last, first, distance));
        // The ring begins where it did: at its first point.
        out.rotate_right(1);
    } else {
        add([last.moved(last.to, distance); 2]);
    }
    out
}

/// One straight piece of a line.
#[derive(Clone, Copy)]
struct Side {
    from: [f32; 2],
    to: [f32; 2],
    /// One pixel to its left.
    normal: [f32; 2],
}

impl Side {
    fn moved(&self, [x, y]: [f32; 2], by: f32) -> [f32; 2] {
        [x + self.normal[0] * by, y + self.normal[1] * by]
    }

    /// One pixel along it.
    const fn direction(&self) -> [f32; 2] {
        [-self.normal[1], self.normal[0]]
    }
}

/// The sides that are seen at a distance: those that would run backwards are left out.
fn kept(points: &[[f32; 2]], distance: f32, closed: bool) -> Vec<Side> {
    let pairs = points.iter().zip(points.iter().cycle().skip(1));
    let count = if closed { points.len() } else { points.len() - 1 };
    let mut kept: Vec<Side> = Vec::with_capacity(count);
    for (from, to) in pairs.take(count) {
        let side = Side { from: *from, to: *to, normal: normal(*from, *to) };
        while let [.., a, b] = kept.as_slice()
            && runs_back(a, b, &side, distance)
        {
            kept.pop();
        }
        kept.push(side);
    }
    // Where a ring closes. Fewer than three sides are no ring.
    while closed && kept.len() > 3 {
        let ([first, second, ..], [.., before, last]) = (kept.as_slice(), kept.as_slice()) else { break };
        if runs_back(before, last, first, distance) {
            kept.pop();
        } else if runs_back(last, first, second, distance) {
            kept.remove(0);
        } else {
            break;
        }
    }
    kept
}

/// Whether the middle one of three sides has no length left between its neighbours.
fn runs_back(before: &Side, side: &Side, after: &Side, distance: f32) -> bool {
    let [_, begin] = joint(before, side, distance);
    let [end, _] = joint(side, after, distance);
    let [x, y] = side.direction();
    (end[0] - begin[0]) * x + (end[1] - begin[1]) * y < 0.0
}

/// Where a side ends and the next one begins: the same point at a mitre, two where a sharp corner is cut.
fn joint(a: &Side, b: &Side, distance: f32) -> [[f32; 2]; 2] {
    let cut = [a.moved(a.to, distance), b.moved(b.from, distance)];
    let (da, db) = (a.direction(), b.direction());
    let cross = da[0] * db[1] - da[1] * db[0];
    let gap = [cut[1][0] - cut[0][0], cut[1][1] - cut[0][1]];
    if cross.abs() < 1e-4 {
        return if gap[0].hypot(gap[1]) < 1e-3 { [cut[0]; 2] } else { cut };
    }
    let along = (gap[0] * db[1] - gap[1] * db[0]) / cross;
    let crossing = [cut[0][0] + da[0] * along, cut[0][1] + da[1] * along];
    let away = (crossing[0] - a.to[0]).hypot(crossing[1] - a.to[1]);
    // Inside of a bend sides end where they cross; outside, a corner that is too sharp is cut.
    let inside = cross * distance < 0.0;
    let apart = (b.from[0] - a.to[0]).hypot(b.from[1] - a.to[1]);
    let far = if apart > 0.0 {
        away > MITRE * (apart + distance.abs())
    } else {
        !inside && away > MITRE * distance.abs()
    };
    if far { cut } else { [crossing; 2] }
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
    fn bends_that_are_narrower_than_the_distance_leave_no_loop() {
        // A notch of 2 pixels in a line to the east, passed at 6 pixels on its inner side.
        let notch = [[0.0, 20.0], [30.0, 20.0], [31.0, 22.0], [32.0, 20.0], [60.0, 20.0]];
        for distance in [6.0, -6.0] {
            let moved = beside(&notch, distance, false);
            for pair in moved.windows(2) {
                assert!(pair[1][0] >= pair[0][0] - 0.01, "{distance}: {moved:?}");
            }
        }
        let inner = beside(&notch, 6.0, false);
        assert!(inner.iter().all(|p| (p[1] - 14.0).abs() < 0.01), "{inner:?}");
        // The inner side of a sharp corner ends where both sides meet, not beyond the line.
        let sharp = beside(&[[0.0, 20.0], [40.0, 20.0], [0.0, 10.0]], 2.0, false);
        assert_eq!(sharp.len(), 3, "{sharp:?}");
        assert!(sharp[1][0] < 30.0 && (sharp[1][1] - 18.0).abs() < 0.01, "{sharp:?}");
        // A ring that shrinks keeps inside of itself, also where it closes.
        let ring = [[0.0, 1.0], [1.0, 0.0], [20.0, 0.0], [20.0, 20.0], [0.0, 20.0]];
        let shrunk = beside(&ring, -4.0, true);
        assert!(shrunk.iter().all(|p| p.iter().all(|v| (3.9..=16.1).contains(v))), "{shrunk:?}");
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
