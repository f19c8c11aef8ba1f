//! Geometries in pixels, kept compactly between reading and drawing.

use super::Path;

/// How far beyond the picture lines and areas are kept, in pixels: beyond it they are cut, so that a
/// huge polygon seen from near costs no more than its visible part and single precision suffices.
const MARGIN: f64 = 1024.0;
/// Points nearer than this to the one before are left out.
const NEAR: f64 = 0.1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    Point,
    Line,
    Exterior,
    Interior,
    /// An area or line smaller than a pixel.
    Dot,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub kind: PartKind,
    /// Index after its last point.
    end: u32,
}

/// The geometries of a layer's features in one map.
#[derive(Debug, Default)]
pub struct Shapes {
    points: Vec<[f32; 2]>,
    parts: Vec<Part>,
    /// Index after each feature's last part.
    features: Vec<u32>,
}

impl Shapes {
    /// Number of features.
    #[must_use]
    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Whether there is no feature.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// Number of points of all features.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// The parts of a feature with their points.
    pub(super) fn parts(&self, feature: u32) -> impl Iterator<Item = (PartKind, &[[f32; 2]])> {
        let index = feature as usize;
        let last = self.features.get(index).copied().unwrap_or(0) as usize;
        let first = if index == 0 { 0 } else { self.features.get(index - 1).copied().unwrap_or(0) as usize };
        (first..last).filter_map(move |at| {
            let part = self.parts.get(at)?;
            let start = if at == 0 { 0 } else { self.parts.get(at - 1)?.end as usize };
            Some((part.kind, self.points.get(start..part.end as usize)?))
        })
    }

    /// Number of points of a feature.
    pub(super) fn points_of(&self, feature: u32) -> usize {
        let end = |part: u32| match part.checked_sub(1) {
            Some(last) => self.parts.get(last as usize).map_or(0, |part| part.end as usize),
            None => 0,
        };
        let first = feature.checked_sub(1).and_then(|before| self.features.get(before as usize));
        let last = self.features.get(feature as usize);
        last.map_or(0, |last| end(*last) - end(first.copied().unwrap_or(0)))
    }

    /// Ends a feature; answers its index, or `None` when nothing of it is left.
    fn close(&mut self) -> Option<u32> {
        let begun = self.features.last().copied().unwrap_or(0) as usize;
        if self.parts.len() == begun {
            return None;
        }
        self.features.push(u32::try_from(self.parts.len()).ok()?);
        u32::try_from(self.features.len() - 1).ok()
    }

    fn push(&mut self, kind: PartKind, points: impl Iterator<Item = [f64; 2]>) {
        self.points.extend(points.map(|[x, y]| [x as f32, y as f32]));
        if let Ok(end) = u32::try_from(self.points.len()) {
            self.parts.push(Part { kind, end });
        }
    }
}

/// Whether a part is a ring of an area.
pub(super) fn is_area(kind: PartKind) -> bool {
    matches!(kind, PartKind::Exterior | PartKind::Interior)
}

/// Appends rings or lines to a path.
pub(super) fn trace(path: &mut Path, points: &[[f32; 2]], closed: bool) {
    let mut points = points.iter().map(|p| (f64::from(p[0]), f64::from(p[1])));
    let Some(first) = points.next() else { return };
    path.move_to(first);
    for point in points {
        path.line_to(point);
    }
    if closed {
        path.close_path();
    }
}

/// Takes geometries in pixels of a picture, cuts what lies far outside and drops what can't be seen.
pub struct Tracer {
    shapes: Shapes,
    /// What is kept: the picture and [`MARGIN`] around it.
    bounds: [f64; 4],
    /// What a point must lie in.
    near: [f64; 4],
    scratch: Vec<[f64; 2]>,
    other: Vec<[f64; 2]>,
    /// Whether the exterior of the polygon at hand was dropped or became a dot.
    swallowed: bool,
}

impl Tracer {
    /// For a picture of this size; `reach` is how far symbols extend from a point, in pixels.
    #[must_use]
    pub fn new(width: u32, height: u32, reach: f32) -> Self {
        let (w, h) = (f64::from(width), f64::from(height));
        let reach = f64::from(reach) + 1.0;
        Self {
            shapes: Shapes::default(),
            bounds: [-MARGIN, -MARGIN, w + MARGIN, h + MARGIN],
            near: [-reach, -reach, w + reach, h + reach],
            scratch: Vec::new(),
            other: Vec::new(),
            swallowed: false,
        }
    }

    /// A point.
    pub fn point(&mut self, at: [f64; 2]) {
        if inside(&self.near, at) {
            self.shapes.push(PartKind::Point, std::iter::once(at));
        }
    }

    /// A line.
    pub fn line(&mut self, points: impl Iterator<Item = [f64; 2]>) {
        let extent = self.collect(points);
        if !meets(&extent, &self.near) || self.scratch.len() < 2 && !is_dot(&extent) {
            return;
        }
        if is_dot(&extent) {
            self.dot(&extent);
        } else if within(&extent, &self.bounds) {
            self.shapes.push(PartKind::Line, self.scratch.iter().copied());
        } else {
            self.cut_line();
        }
    }

    /// A ring of a polygon; exteriors come before their interiors.
    pub fn ring(&mut self, points: impl Iterator<Item = [f64; 2]>, exterior: bool) {
        if !exterior && self.swallowed {
            return;
        }
        let extent = self.collect(points);
        let seen = meets(&extent, &self.near);
        if exterior {
            self.swallowed = !seen || is_dot(&extent);
            if seen && is_dot(&extent) {
                self.dot(&extent);
                return;
            }
        }
        // A hole smaller than a quarter of a pixel is not seen.
        let tiny = extent[2] - extent[0] < 0.5 && extent[3] - extent[1] < 0.5;
        if !seen || (!exterior && tiny) {
            return;
        }
        if self.scratch.len() > 1 && self.scratch.first() == self.scratch.last() {
            self.scratch.pop();
        }
        if !within(&extent, &self.bounds) {
            self.cut_ring();
        }
        if self.scratch.len() < 3 {
            // Simplified to a stroke: still a line that a person expects to see.
            if exterior && self.scratch.len() == 2 {
                self.shapes.push(PartKind::Exterior, self.scratch.iter().copied());
            }
            return;
        }
        // Exteriors run one way and interiors the other: then polygons that overlap add up under the
        // non-zero rule, and holes stay holes.
        if (signed_area(&self.scratch) < 0.0) == exterior {
            self.scratch.reverse();
        }
        let kind = if exterior { PartKind::Exterior } else { PartKind::Interior };
        self.shapes.push(kind, self.scratch.iter().copied());
    }

    /// Ends a feature; its index, or `None` when nothing of it can be seen.
    pub fn feature(&mut self) -> Option<u32> {
        self.swallowed = false;
        self.shapes.close()
    }

    /// Points kept so far.
    #[must_use]
    pub fn points(&self) -> usize {
        self.shapes.points()
    }

    /// All of it.
    #[must_use]
    pub fn finish(self) -> Shapes {
        self.shapes
    }

    /// Copies points into the scratch without near repetitions; answers their box.
    fn collect(&mut self, points: impl Iterator<Item = [f64; 2]>) -> [f64; 4] {
        self.scratch.clear();
        let mut extent = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let mut skipped = None;
        for [x, y] in points {
            if !x.is_finite() || !y.is_finite() {
                continue;
            }
            extent = [extent[0].min(x), extent[1].min(y), extent[2].max(x), extent[3].max(y)];
            match self.scratch.last() {
                Some([px, py]) if (px - x).abs() < NEAR && (py - y).abs() < NEAR => skipped = Some([x, y]),
                _ => {
                    self.scratch.push([x, y]);
                    skipped = None;
                }
            }
        }
        // The end of a line stays where it is.
        if let Some(last) = skipped
            && self.scratch.len() > 1
        {
            self.scratch.pop();
            self.scratch.push(last);
        }
        extent
    }

    fn dot(&mut self, extent: &[f64; 4]) {
        let middle = [f64::midpoint(extent[0], extent[2]), f64::midpoint(extent[1], extent[3])];
        self.shapes.push(PartKind::Dot, std::iter::once(middle));
    }

    /// Cuts the ring in the scratch at the bounds, side by side (Sutherland and Hodgman).
    fn cut_ring(&mut self) {
        for (axis, limit, keep_greater) in self.sides() {
            self.other.clear();
            let keep = |p: &[f64; 2]| if keep_greater { p[axis] >= limit } else { p[axis] <= limit };
            let Some(mut from) = self.scratch.last().copied() else { return };
            for &to in &self.scratch {
                if keep(&from) != keep(&to) {
                    self.other.push(crossing(from, to, axis, limit));
                }
                if keep(&to) {
                    self.other.push(to);
                }
                from = to;
            }
            std::mem::swap(&mut self.scratch, &mut self.other);
        }
    }

    /// Cuts the line in the scratch at the bounds, piece by piece.
    fn cut_line(&mut self) {
        let points = std::mem::take(&mut self.scratch);
        let mut piece: Vec<[f64; 2]> = Vec::new();
        for pair in points.windows(2) {
            let [mut from, mut to] = [pair[0], pair[1]];
            let mut seen = true;
            for (axis, limit, keep_greater) in self.sides() {
                let keep = |p: &[f64; 2]| if keep_greater { p[axis] >= limit } else { p[axis] <= limit };
                match (keep(&from), keep(&to)) {
                    (true, true) => {}
                    (false, false) => seen = false,
                    (true, false) => to = crossing(from, to, axis, limit),
                    (false, true) => from = crossing(from, to, axis, limit),
                }
                if !seen {
                    break;
                }
            }
            if !seen {
                continue;
            }
            if piece.last() != Some(&from) {
                if piece.len() > 1 {
                    self.shapes.push(PartKind::Line, piece.drain(..));
                }
                piece.clear();
                piece.push(from);
            }
            piece.push(to);
        }
        if piece.len() > 1 {
            self.shapes.push(PartKind::Line, piece.into_iter());
        }
        self.scratch = points;
    }

    /// The four sides of the bounds: axis, limit, whether what is greater stays.
    fn sides(&self) -> [(usize, f64, bool); 4] {
        let [x0, y0, x1, y1] = self.bounds;
        [(0, x0, true), (1, y0, true), (0, x1, false), (1, y1, false)]
    }
}

fn crossing(from: [f64; 2], to: [f64; 2], axis: usize, limit: f64) -> [f64; 2] {
    let share = (limit - from[axis]) / (to[axis] - from[axis]);
    let mut at = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
    at[axis] = limit;
    at
}

fn inside(bounds: &[f64; 4], [x, y]: [f64; 2]) -> bool {
    x >= bounds[0] && y >= bounds[1] && x <= bounds[2] && y <= bounds[3]
}

fn meets(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1]
}

fn within(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] >= b[0] && a[1] >= b[1] && a[2] <= b[2] && a[3] <= b[3]
}

fn is_dot(extent: &[f64; 4]) -> bool {
    extent[2] - extent[0] < 1.0 && extent[3] - extent[1] < 1.0
}

fn signed_area(ring: &[[f64; 2]]) -> f64 {
    let Some(mut from) = ring.last().copied() else { return 0.0 };
    let mut sum = 0.0;
    for &to in ring {
        sum += from[0] * to[1] - to[0] * from[1];
        from = to;
    }
    sum / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(shapes: &Shapes, feature: u32) -> Vec<PartKind> {
        shapes.parts(feature).map(|(kind, _)| kind).collect()
    }

    fn square(x: f64, y: f64, side: f64) -> std::vec::IntoIter<[f64; 2]> {
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]].into_iter()
    }

    #[test]
    fn holes_run_against_their_exterior_whatever_the_source_does() {
        let mut tracer = Tracer::new(100, 100, 0.0);
        tracer.ring(square(10.0, 10.0, 50.0), true);
        tracer.ring(square(20.0, 20.0, 10.0), false);
        assert_eq!(tracer.feature(), Some(0));
        let shapes = tracer.finish();
        let areas: Vec<bool> = shapes
            .parts(0)
            .map(|(_, p)| {
                let ring: Vec<[f64; 2]> = p.iter().map(|q| [f64::from(q[0]), f64::from(q[1])]).collect();
                signed_area(&ring) > 0.0
            })
            .collect();
        assert_eq!(areas, [true, false]);
    }

    #[test]
    fn what_is_smaller_than_a_pixel_becomes_a_dot_and_what_is_outside_nothing() {
        let mut tracer = Tracer::new(100, 100, 2.0);
        tracer.ring(square(10.0, 10.0, 0.4), true);
        tracer.ring(square(10.1, 10.1, 0.1), false);
        assert_eq!(tracer.feature(), Some(0));
        tracer.ring(square(200.0, 10.0, 50.0), true);
        tracer.ring(square(210.0, 20.0, 10.0), false);
        tracer.point([-2.5, 3.0]);
        assert_eq!((tracer.feature(), tracer.points()), (Some(1), 2));
        tracer.point([-4.0, 3.0]);
        assert_eq!(tracer.feature(), None);
        let shapes = tracer.finish();
        assert_eq!(kinds(&shapes, 0), [PartKind::Dot]);
        assert_eq!(kinds(&shapes, 1), [PartKind::Point]);
    }

    #[test]
    fn huge_geometries_are_cut_near_the_picture() {
        let mut tracer = Tracer::new(100, 100, 0.0);
        tracer.ring(square(-1e7, -1e7, 2e7), true);
        tracer.line([[-1e7, 50.0], [1e7, 50.0], [1e7, 1e7], [50.0, 1e7], [50.0, -1e7]].into_iter());
        tracer.feature();
        let shapes = tracer.finish();
        assert_eq!(kinds(&shapes, 0), [PartKind::Exterior, PartKind::Line, PartKind::Line]);
        for (_, points) in shapes.parts(0) {
            assert!(points.len() >= 2);
            assert!(points.iter().all(|p| p.iter().all(|v| (-1024.0..=1124.0).contains(v))));
        }
    }

    #[test]
    fn coordinates_that_are_nowhere_are_left_out() {
        let mut tracer = Tracer::new(100, 100, 0.0);
        tracer.line([[f64::NAN, 0.0], [1.0, 1.0], [50.0, 50.0], [f64::INFINITY, 3.0]].into_iter());
        tracer.line([[f64::NAN, 0.0]].into_iter());
        tracer.ring([[f64::NAN, f64::NAN]; 4].into_iter(), true);
        tracer.point([f64::NAN, 1.0]);
        tracer.feature();
        assert_eq!(kinds(&tracer.finish(), 0), [PartKind::Line]);
    }
}
