//! Where a mark or a label stands on a geometry.

use super::shapes::{PartKind, Shapes};
use crate::style::Places;

/// A point that stands for the feature: the first point, the middle of the longest line, a point inside
/// the largest area.
pub(super) fn middle(shapes: &Shapes, feature: u32) -> Option<[f32; 2]> {
    weighted(shapes, feature).map(|(_, at)| at)
}

/// The same with the length or area it stands for.
fn weighted(shapes: &Shapes, feature: u32) -> Option<(f32, [f32; 2])> {
    let mut best: Option<(f32, [f32; 2])> = None;
    let mut parts = shapes.parts(feature).peekable();
    while let Some((kind, points)) = parts.next() {
        let found = match kind {
            PartKind::Point | PartKind::Dot => points.first().map(|p| (0.0, *p)),
            PartKind::Line => {
                let length = length(points);
                along(points, length / 2.0).map(|p| (length, p))
            }
            PartKind::Exterior => {
                let mut rings = vec![points];
                while let Some((_, hole)) = parts.next_if(|(k, _)| *k == PartKind::Interior) {
                    rings.push(hole);
                }
                inside(&rings).map(|p| (area(points).abs(), p))
            }
            PartKind::Interior => None,
        };
        if let Some((weight, at)) = found
            && best.is_none_or(|(other, _)| weight > other)
        {
            best = Some((weight, at));
        }
    }
    best
}

/// The greatest of some features, and the one point of it that a label stands at.
pub(super) fn best(shapes: &Shapes, features: &[u32], places: Places) -> Option<(u32, [f32; 2])> {
    let [only] = features else {
        let greatest = features.iter().filter_map(|f| Some((weighted(shapes, *f)?.0, *f)));
        let (_, greatest) = greatest.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
        return one(shapes, greatest, places).map(|at| (greatest, at));
    };
    one(shapes, *only, places).map(|at| (*only, at))
}

/// The share of a box around a point that lies in an area; `None` for what is no area.
pub(super) fn share_inside(
    shapes: &Shapes,
    feature: u32,
    centre: [f32; 2],
    [width, height]: [f32; 2],
) -> Option<f32> {
    let rings: Vec<&[[f32; 2]]> = shapes
        .parts(feature)
        .filter(|(kind, _)| matches!(kind, PartKind::Exterior | PartKind::Interior))
        .map(|(_, points)| points)
        .collect();
    if rings.is_empty() {
        return None;
    }
    // Points of a grid over the box, none on its border.
    let step = |i: i32, of: i32| (i as f32 + 0.5) / of as f32 - 0.5;
    let grid = (0..9).flat_map(|i| (0..3).map(move |j| (step(i, 9), step(j, 3))));
    let within = grid.filter(|(x, y)| covers(&rings, [centre[0] + x * width, centre[1] + y * height]));
    Some(within.count() as f32 / 27.0)
}

/// Whether a point lies in an area, by the rule of odd crossings.
fn covers(rings: &[&[[f32; 2]]], [x, y]: [f32; 2]) -> bool {
    let mut odd = false;
    for ring in rings {
        let Some(mut from) = ring.last() else { continue };
        for to in *ring {
            if (from[1] > y) != (to[1] > y)
                && x < from[0] + (to[0] - from[0]) * (y - from[1]) / (to[1] - from[1])
            {
                odd = !odd;
            }
            from = to;
        }
    }
    odd
}

/// Calls back for each point of a feature that a graphic stands at. With `strict`, only points themselves have one where
/// no function asks for more.
pub(super) fn each(
    shapes: &Shapes,
    feature: u32,
    places: Places,
    strict: bool,
    found: &mut dyn FnMut([f32; 2]),
) {
    match places {
        Places::Suitable => {
            let mut is_point = false;
            for (_, points) in shapes.parts(feature).filter(|(kind, _)| *kind == PartKind::Point) {
                is_point = true;
                points.first().copied().into_iter().for_each(&mut *found);
            }
            if !is_point && !strict {
                middle(shapes, feature).into_iter().for_each(found);
            }
        }
        Places::Centroid => centroid(shapes, feature).into_iter().for_each(found),
        Places::Vertices => shapes.parts(feature).flat_map(|(_, points)| points).copied().for_each(found),
        Places::Start | Places::End => {
            for (kind, points) in shapes.parts(feature).filter(|(kind, _)| *kind != PartKind::Interior) {
                // A ring ends where it begins.
                let is_last = places == Places::End && kind == PartKind::Line;
                let point = if is_last { points.last() } else { points.first() };
                point.copied().into_iter().for_each(&mut *found);
            }
        }
    }
}

/// The one point of a feature that a label stands at.
fn one(shapes: &Shapes, feature: u32, places: Places) -> Option<[f32; 2]> {
    if places == Places::Suitable {
        return middle(shapes, feature);
    }
    let mut first = None;
    each(shapes, feature, places, false, &mut |at| first = first.or(Some(at)));
    first
}

/// The centroid of what has the most dimensions: areas before lines before points.
fn centroid(shapes: &Shapes, feature: u32) -> Option<[f32; 2]> {
    let (mut areas, mut lines, mut points) = (Sum::default(), Sum::default(), Sum::default());
    for (kind, part) in shapes.parts(feature) {
        let closed = part.iter().zip(part.iter().cycle().skip(1));
        match kind {
            // Holes run the other way, so that they count for less.
            PartKind::Exterior | PartKind::Interior => {
                for ([x0, y0], [x1, y1]) in closed {
                    let cross = x0 * y1 - x1 * y0;
                    areas.add(cross, [(x0 + x1) / 3.0, (y0 + y1) / 3.0]);
                }
            }
            PartKind::Line => part.windows(2).for_each(|pair| {
                let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
                lines.add((x1 - x0).hypot(y1 - y0), [f32::midpoint(x0, x1), f32::midpoint(y0, y1)]);
            }),
            PartKind::Point | PartKind::Dot => part.iter().for_each(|p| points.add(1.0, *p)),
        }
    }
    [areas, lines, points].into_iter().find_map(Sum::mean)
}

/// A weighted sum of points.
#[derive(Default)]
struct Sum {
    weight: f64,
    x: f64,
    y: f64,
}

impl Sum {
    fn add(&mut self, weight: f32, [x, y]: [f32; 2]) {
        let weight = f64::from(weight);
        self.weight += weight;
        self.x += weight * f64::from(x);
        self.y += weight * f64::from(y);
    }

    fn mean(self) -> Option<[f32; 2]> {
        let mean = [self.x / self.weight, self.y / self.weight];
        mean.iter().all(|v| v.is_finite()).then(|| mean.map(|v| v as f32))
    }
}

/// Length of a line.
pub(super) fn length(points: &[[f32; 2]]) -> f32 {
    points.windows(2).map(|w| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1])).sum()
}

/// The point at a distance from the line's beginning.
pub(super) fn along(points: &[[f32; 2]], distance: f32) -> Option<[f32; 2]> {
    let mut left = distance;
    for pair in points.windows(2) {
        let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
        let step = (x1 - x0).hypot(y1 - y0);
        if step > 0.0 && left <= step {
            let share = left / step;
            return Some([x0 + (x1 - x0) * share, y0 + (y1 - y0) * share]);
        }
        left -= step;
    }
    points.last().copied()
}

fn area(ring: &[[f32; 2]]) -> f32 {
    let Some(mut from) = ring.last() else { return 0.0 };
    let mut sum = 0.0;
    for to in ring {
        sum += from[0] * to[1] - to[0] * from[1];
        from = to;
    }
    sum / 2.0
}

/// A point inside an area: the middle of its widest stretch along a few rows around the centre.
fn inside(rings: &[&[[f32; 2]]]) -> Option<[f32; 2]> {
    let exterior = rings.first()?;
    let (mut top, mut bottom) = (f32::INFINITY, f32::NEG_INFINITY);
    for [_, y] in exterior.iter() {
        (top, bottom) = (top.min(*y), bottom.max(*y));
    }
    let mut best: Option<(f32, [f32; 2])> = None;
    // Rows that pass through corners would count them twice: odd fractions avoid round coordinates.
    for share in [0.501_3, 0.403_7, 0.598_1, 0.297_3, 0.702_9] {
        let y = top + (bottom - top) * share;
        let mut crossings: Vec<f32> = Vec::new();
        for ring in rings {
            let Some(mut from) = ring.last() else { continue };
            for to in *ring {
                if (from[1] > y) != (to[1] > y) {
                    crossings.push(from[0] + (to[0] - from[0]) * (y - from[1]) / (to[1] - from[1]));
                }
                from = to;
            }
        }
        crossings.sort_by(f32::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let width = pair[1] - pair[0];
            // A row near the centre is better than a little more width elsewhere.
            let weight = width * (1.0 - (share - 0.5).abs());
            if best.is_none_or(|(other, _)| weight > other) {
                best = Some((weight, [f32::midpoint(pair[0], pair[1]), y]));
            }
        }
    }
    best.map(|(_, at)| at).or_else(|| exterior.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Tracer;

    #[test]
    fn a_point_for_an_area_lies_in_it_and_not_in_its_hole() {
        let mut tracer = Tracer::new(200, 200, 0.0);
        // A ring road of a polygon: its centroid lies in the hole.
        let square = |a: f64, b: f64| vec![[a, a], [b, a], [b, b], [a, b], [a, a]].into_iter();
        tracer.ring(square(10.0, 110.0), true);
        tracer.ring(square(20.0, 100.0), false);
        tracer.feature();
        let shapes = tracer.finish();
        let [x, y] = middle(&shapes, 0).expect("a point");
        let hole = |v: f32| (20.0..=100.0).contains(&v);
        assert!((10.0..=110.0).contains(&x) && (10.0..=110.0).contains(&y) && !(hole(x) && hole(y)));
    }

    #[test]
    fn functions_of_a_geometry_yield_its_points() {
        let mut tracer = Tracer::new(200, 200, 0.0);
        tracer.line([[0.0, 0.0], [30.0, 0.0], [30.0, 10.0]].into_iter());
        tracer.feature();
        let square = |a: f64, b: f64| vec![[a, a], [b, a], [b, b], [a, b], [a, a]].into_iter();
        tracer.ring(square(10.0, 110.0), true);
        tracer.ring(square(10.0, 60.0), false);
        tracer.feature();
        let shapes = tracer.finish();
        let found = |feature, places| {
            let mut points = Vec::new();
            each(&shapes, feature, places, true, &mut |at| points.push(at));
            points
        };
        assert_eq!(found(0, Places::Start), [[0.0, 0.0]]);
        assert_eq!(found(0, Places::End), [[30.0, 10.0]]);
        assert_eq!(found(0, Places::Vertices).len(), 3);
        assert_eq!(found(0, Places::Centroid), [[18.75, 1.25]]);
        assert_eq!(found(0, Places::Suitable), Vec::<[f32; 2]>::new());
        // A square of 10,000 around 60 without its quarter of 2,500 around 35.
        let [x, y] = found(1, Places::Centroid)[0];
        assert!((x - 68.333).abs() < 0.01 && (y - 68.333).abs() < 0.01, "{x} {y}");
        assert_eq!(one(&shapes, 0, Places::End), Some([30.0, 10.0]));
    }

    #[test]
    fn the_middle_of_a_line_lies_on_it() {
        let mut tracer = Tracer::new(200, 200, 0.0);
        tracer.line([[0.0, 0.0], [10.0, 0.0], [10.0, 30.0]].into_iter());
        tracer.feature();
        let shapes = tracer.finish();
        assert_eq!(middle(&shapes, 0), Some([10.0, 10.0]));
    }
}
