//! Rings on the tile's integer grid: snapped, cleaned, judged, repaired.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::i_float::int::point::IntPoint;

/// A point on the grid.
pub(super) type Spot = [i32; 2];

/// Snaps an open ring and cleans it: repeated points, points on a straight edge and spikes go. Fewer
/// than three points left means that the ring has no area.
pub(super) fn snap(points: &[[f64; 2]], out: &mut Vec<Spot>) {
    out.clear();
    for point in points {
        // The points are inside the buffered square: no rounding can overflow.
        push(out, [point[0].round() as i32, point[1].round() as i32]);
    }
    close(out);
}

/// Adds a point, undoing what it makes superfluous before it.
fn push(out: &mut Vec<Spot>, point: Spot) {
    while let Some(&last) = out.last() {
        if last == point {
            return;
        }
        let Some(&before) = out.len().checked_sub(2).and_then(|i| out.get(i)) else { break };
        if turn(before, last, point) != 0 {
            break;
        }
        out.pop();
    }
    out.push(point);
}

/// The same cleaning across the seam between the last point and the first.
fn close(out: &mut Vec<Spot>) {
    let mut start = 0;
    loop {
        let open = out.get(start..).unwrap_or_default();
        let (&[first, second, ..], &[.., before, last]) = (open, open) else { break };
        if open.len() < 3 {
            break;
        }
        if last == first || turn(before, last, first) == 0 {
            out.pop();
        } else if turn(last, first, second) == 0 {
            start += 1;
        } else {
            break;
        }
    }
    out.drain(..start);
    if out.len() < 3 {
        out.clear();
    }
}

/// Twice the signed area of a triangle: 0 when the three points are in line. Grid coordinates differ by less than
/// 32 768 (`Resolution::MOST_EXTENT` and its margin), so that 32 bits hold it.
fn turn(a: Spot, b: Spot, c: Spot) -> i32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
}

/// Twice the signed area by the surveyor's formula: positive for an exterior ring of a tile (MVT 2.1
/// section 4.3.3.3).
pub(super) fn doubled_area(ring: &[Spot]) -> i64 {
    let Some(last) = ring.last() else { return 0 };
    let mut before = *last;
    let mut sum = 0;
    for &point in ring {
        sum += i64::from(before[0]) * i64::from(point[1]) - i64::from(point[0]) * i64::from(before[1]);
        before = point;
    }
    sum
}

/// Rings of one feature, flat: exteriors with positive area, each followed by its holes with negative
/// area.
#[derive(Default)]
pub(super) struct Rings {
    spots: Vec<Spot>,
    ends: Vec<usize>,
    edges: Vec<Edge>,
    active: Vec<Edge>,
}

#[derive(Clone, Copy)]
struct Edge {
    min_x: i32,
    max_x: i32,
    a: Spot,
    b: Spot,
    ring: usize,
    index: usize,
}

impl Rings {
    pub(super) fn clear(&mut self) {
        self.spots.clear();
        self.ends.clear();
    }

    /// Adds a cleaned ring, turned the way its role asks for.
    pub(super) fn add(&mut self, ring: &[Spot], exterior: bool) {
        let start = self.spots.len();
        self.spots.extend_from_slice(ring);
        if (doubled_area(ring) > 0) != exterior
            && let Some(added) = self.spots.get_mut(start..)
        {
            added.reverse();
        }
        self.ends.push(self.spots.len());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[Spot]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, end)| self.spots.get(start..*end))
    }

    /// Whether no edge touches another but its neighbours, and every hole lies in its exterior. Stricter
    /// than validity, in which a hole may touch at a point; what fails is only repaired, not lost.
    pub(super) fn are_sound(&mut self) -> bool {
        self.edges_stay_apart() && self.nesting_is_right()
    }

    fn edges_stay_apart(&mut self) -> bool {
        let mut edges = std::mem::take(&mut self.edges);
        let mut active = std::mem::take(&mut self.active);
        edges.clear();
        active.clear();
        for (ring, spots) in self.iter().enumerate() {
            let mut a = spots.last().copied().unwrap_or_default();
            for (index, &b) in spots.iter().enumerate() {
                edges.push(Edge { min_x: a[0].min(b[0]), max_x: a[0].max(b[0]), a, b, ring, index });
                a = b;
            }
        }
        edges.sort_unstable_by_key(|e| e.min_x);
        // A hostile shape may keep all edges active: past the budget the repair looks at it instead.
        let mut budget = edges.len() * 64 + 10_000;
        let mut apart = true;
        'sweep: for edge in &edges {
            let mut at = 0;
            while let Some(other) = active.get(at) {
                if other.max_x < edge.min_x {
                    active.swap_remove(at);
                    continue;
                }
                budget = budget.saturating_sub(1);
                if budget == 0 || (meet(edge, other) && !self.are_neighbours(edge, other)) {
                    apart = false;
                    break 'sweep;
                }
                at += 1;
            }
            active.push(*edge);
        }
        self.edges = edges;
        self.active = active;
        apart
    }

    fn are_neighbours(&self, a: &Edge, b: &Edge) -> bool {
        if a.ring != b.ring {
            return false;
        }
        let start = if a.ring == 0 { 0 } else { self.ends.get(a.ring - 1).copied().unwrap_or(0) };
        let count = self.ends.get(a.ring).copied().unwrap_or(0).saturating_sub(start);
        let gap = a.index.abs_diff(b.index);
        gap == 1 || gap + 1 == count
    }

    /// Given that edges stay apart, one point of a ring tells where the whole ring lies.
    fn nesting_is_right(&self) -> bool {
        if self.ends.len() < 2 {
            return true;
        }
        let rings: Vec<(&[Spot], bool, [Spot; 2])> =
            self.iter().map(|r| (r, doubled_area(r) > 0, corners(r))).collect();
        rings.iter().enumerate().all(|(index, (ring, exterior, _))| {
            let Some(point) = ring.first() else { return false };
            let winding: i32 = rings
                .iter()
                .enumerate()
                .filter(|(other, (_, _, [low, high]))| {
                    *other != index
                        && (low[0]..=high[0]).contains(&point[0])
                        && (low[1]..=high[1]).contains(&point[1])
                })
                .filter(|(_, (other, _, _))| contains(other, *point))
                .map(|(_, (_, outer, _))| if *outer { 1 } else { -1 })
                .sum();
            winding == i32::from(!exterior)
        })
    }

    /// Replaces the rings by valid ones that cover the same ground: everything that any exterior
    /// winds around and no hole takes away.
    pub(super) fn repair(&mut self) {
        let options = IntOverlayOptions { min_output_area: 0, ..IntOverlayOptions::ogc() };
        let mut overlay = Overlay::new_custom(self.spots.len(), options, Default::default());
        for ring in self.iter() {
            overlay.add_path_iter(ring.iter().map(|s| IntPoint::new(s[0], s[1])), ShapeType::Subject);
        }
        let shapes = overlay.overlay(OverlayRule::Subject, FillRule::NonZero);
        self.clear();
        let mut clean: Vec<Spot> = Vec::new();
        for shape in shapes {
            for (at, contour) in shape.iter().enumerate() {
                clean.clear();
                for point in contour {
                    push(&mut clean, [point.x, point.y]);
                }
                close(&mut clean);
                if clean.len() >= 3 && doubled_area(&clean) != 0 {
                    self.add(&clean, at == 0);
                } else if at == 0 {
                    break;
                }
            }
        }
    }
}

fn corners(ring: &[Spot]) -> [Spot; 2] {
    let mut low = [i32::MAX; 2];
    let mut high = [i32::MIN; 2];
    for spot in ring {
        low = [low[0].min(spot[0]), low[1].min(spot[1])];
        high = [high[0].max(spot[0]), high[1].max(spot[1])];
    }
    [low, high]
}

/// Whether a point that is not on the ring lies inside it.
fn contains(ring: &[Spot], point: Spot) -> bool {
    let Some(last) = ring.last() else { return false };
    let mut a = *last;
    let mut inside = false;
    for &b in ring {
        if (a[1] > point[1]) != (b[1] > point[1]) {
            let side = turn(a, b, point);
            if (side > 0) == (b[1] > a[1]) {
                inside = !inside;
            }
        }
        a = b;
    }
    inside
}

/// Whether two edges, of which one can't begin east of the other's end, share a point.
fn meet(p: &Edge, q: &Edge) -> bool {
    if p.a[1].max(p.b[1]) < q.a[1].min(q.b[1]) || q.a[1].max(q.b[1]) < p.a[1].min(p.b[1]) {
        return false;
    }
    let apart = |e: &Edge, f: &Edge| {
        let (s, t) = (turn(e.a, e.b, f.a), turn(e.a, e.b, f.b));
        (s > 0 && t > 0) || (s < 0 && t < 0)
    };
    !apart(p, q) && !apart(q, p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapped(points: &[[f64; 2]]) -> Vec<Spot> {
        let mut out = Vec::new();
        snap(points, &mut out);
        out
    }

    fn rings(all: &[(&[Spot], bool)]) -> Rings {
        let mut rings = Rings::default();
        for (ring, exterior) in all {
            rings.add(ring, *exterior);
        }
        rings
    }

    const SQUARE: [Spot; 4] = [[0, 0], [100, 0], [100, 100], [0, 100]];

    #[test]
    fn repeats_straight_points_and_spikes_go_also_across_the_seam() {
        let with_spike = [
            [0.2, 0.1],
            [50.0, 0.0],
            [100.0, 0.0],
            [100.0, 100.0],
            [100.0, 180.0],
            [100.0, 100.0],
            [0.0, 100.0],
        ];
        assert_eq!(snapped(&with_spike), SQUARE);
        let seam = [[50.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0], [0.0, 0.0], [20.0, 0.0]];
        assert_eq!(snapped(&seam).len(), 4);
        assert!(snapped(&[[0.0, 0.0], [0.1, 0.4], [0.4, 0.2]]).is_empty());
        assert!(snapped(&[[0.0, 0.0], [10.0, 10.0], [20.0, 20.0], [5.0, 5.0]]).is_empty());
    }

    #[test]
    fn a_square_with_a_hole_is_sound_and_oriented() {
        let mut one = rings(&[(&SQUARE, true), (&[[10, 10], [20, 10], [20, 20], [10, 20]], false)]);
        assert!(one.are_sound());
        let areas: Vec<i64> = one.iter().map(doubled_area).collect();
        assert_eq!(areas, [20_000, -200]);
    }

    #[test]
    fn a_bow_tie_becomes_two_triangles() {
        let mut tie = rings(&[(&[[0, 0], [100, 100], [100, 0], [0, 100]], true)]);
        assert!(!tie.are_sound());
        tie.repair();
        assert!(tie.are_sound() || tie.iter().count() == 2);
        assert_eq!(tie.iter().map(doubled_area).sum::<i64>(), 10_000);
    }

    #[test]
    fn parts_that_share_an_edge_after_snapping_are_joined() {
        let mut two = rings(&[(&SQUARE, true), (&[[100, 0], [200, 0], [200, 100], [100, 100]], true)]);
        assert!(!two.are_sound());
        two.repair();
        assert!(two.are_sound());
        assert_eq!(two.iter().map(doubled_area).collect::<Vec<_>>(), [40_000]);
    }

    #[test]
    fn a_hole_outside_its_exterior_is_found() {
        let mut odd = rings(&[(&SQUARE, true), (&[[110, 10], [120, 10], [120, 20], [110, 20]], false)]);
        assert!(!odd.are_sound());
        odd.repair();
        assert!(odd.are_sound());
    }

    #[test]
    fn a_comb_with_all_edges_active_is_judged_within_the_budget() {
        let mut comb: Vec<Spot> = Vec::new();
        for tooth in 0..1000 {
            comb.push([if tooth % 2 == 0 { 0 } else { 4000 }, tooth * 4]);
        }
        comb.push([4001, 4000]);
        comb.push([4001, -3]);
        let mut one = rings(&[(&comb, true)]);
        let before: i64 = one.iter().map(doubled_area).sum();
        if !one.are_sound() {
            one.repair();
        }
        assert_eq!(one.iter().map(doubled_area).sum::<i64>(), before);
    }
}
