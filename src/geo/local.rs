//! A transform of one small area, several times faster than the exact one.
//!
//! Inside a window of tile or map size any smooth projection is a cubic to within far less than a
//! pixel. The cubic is fitted once a window, held against the exact transform, and used only where it is
//! good enough; points outside the window go the exact way.

use super::{BBox, Transform};

/// Nodes along each axis: a bicubic has sixteen coefficients.
const NODES: usize = 4;

/// A [`Transform`] with a fast path inside a window. The result at a point depends on the point alone,
/// so that neighbours keep sharing their vertices.
#[derive(Clone, Debug)]
pub struct LocalTransform {
    exact: Transform,
    fast: Option<Cubic>,
}

#[derive(Clone, Debug)]
struct Cubic {
    window: BBox,
    centre: [f64; 2],
    /// One over half the window's sides.
    scale: [f64; 2],
    /// Coefficients of `u^i v^j`, for x and for y.
    x: [[f64; NODES]; NODES],
    y: [[f64; NODES]; NODES],
}

impl LocalTransform {
    /// The transform with a fast path in `window` (in the source system), at most `tolerance` (in units
    /// of the target system) away from the exact one at every point it was tried at.
    #[must_use]
    pub fn new(exact: Transform, window: &BBox, tolerance: f64) -> Self {
        let fast = if exact.is_identity() { None } else { Cubic::fit(&exact, window, tolerance) };
        Self { exact, fast }
    }

    /// Whether the fast path is in use.
    #[must_use]
    pub const fn is_fast(&self) -> bool {
        self.fast.is_some()
    }

    /// Moves all points; those that can't be placed become NaN.
    pub fn points(&self, points: &mut [[f64; 2]]) {
        let Some(cubic) = &self.fast else {
            self.exact.points(points);
            return;
        };
        let mut outside: Vec<usize> = Vec::new();
        for (index, point) in points.iter_mut().enumerate() {
            if cubic.window.contains(point[0], point[1]) {
                *point = cubic.at(*point);
            } else {
                outside.push(index);
            }
        }
        if outside.is_empty() {
            return;
        }
        let mut batch: Vec<[f64; 2]> = outside.iter().filter_map(|i| points.get(*i).copied()).collect();
        self.exact.points(&mut batch);
        for (index, moved) in outside.into_iter().zip(batch) {
            if let Some(point) = points.get_mut(index) {
                *point = moved;
            }
        }
    }
}

impl Cubic {
    fn fit(exact: &Transform, window: &BBox, tolerance: f64) -> Option<Self> {
        let half = [window.width() / 2.0, window.height() / 2.0];
        if !window.is_valid() || half[0] <= 0.0 || half[1] <= 0.0 {
            return None;
        }
        let centre = window.centre();
        let place = |u: f64, v: f64| [centre[0] + u * half[0], centre[1] + v * half[1]];
        let nodes = chebyshev_nodes();
        let mut samples: Vec<[f64; 2]> =
            nodes.iter().flat_map(|u| nodes.iter().map(move |v| place(*u, *v))).collect();
        exact.points(&mut samples);
        if samples.iter().flatten().any(|v| !v.is_finite()) {
            return None;
        }
        let basis = lagrange_basis(&nodes);
        let mut cubic = Self {
            window: *window,
            centre,
            scale: [1.0 / half[0], 1.0 / half[1]],
            x: [[0.0; NODES]; NODES],
            y: [[0.0; NODES]; NODES],
        };
        for (at, sample) in samples.iter().enumerate() {
            let (row, column) = (at / NODES, at % NODES);
            for i in 0..NODES {
                for j in 0..NODES {
                    let weight = basis[row][i] * basis[column][j];
                    cubic.x[i][j] += weight * sample[0];
                    cubic.y[i][j] += weight * sample[1];
                }
            }
        }
        cubic.is_close(exact, place, tolerance).then_some(cubic)
    }

    /// Holds the cubic against the exact transform on a grid that includes the corners, where an
    /// interpolation is at its worst.
    fn is_close(&self, exact: &Transform, place: impl Fn(f64, f64) -> [f64; 2], tolerance: f64) -> bool {
        const STEPS: i32 = 6;
        let mut points = Vec::with_capacity(((STEPS + 1) * (STEPS + 1)) as usize);
        for i in 0..=STEPS {
            for j in 0..=STEPS {
                let unit = |k: i32| 2.0 * f64::from(k) / f64::from(STEPS) - 1.0;
                points.push(place(unit(i), unit(j)));
            }
        }
        let fast: Vec<[f64; 2]> = points.iter().map(|p| self.at(*p)).collect();
        exact.points(&mut points);
        // A NaN in either makes the comparison false, as it should.
        points
            .iter()
            .zip(&fast)
            .all(|(a, b)| (a[0] - b[0]).abs() <= tolerance && (a[1] - b[1]).abs() <= tolerance)
    }

    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let u = (x - self.centre[0]) * self.scale[0];
        let v = (y - self.centre[1]) * self.scale[1];
        let row = |c: &[f64; NODES]| ((c[3] * v + c[2]) * v + c[1]) * v + c[0];
        let column =
            |c: &[[f64; NODES]; NODES]| ((row(&c[3]) * u + row(&c[2])) * u + row(&c[1])) * u + row(&c[0]);
        [column(&self.x), column(&self.y)]
    }
}

fn chebyshev_nodes() -> [f64; NODES] {
    let mut nodes = [0.0; NODES];
    for (k, node) in nodes.iter_mut().enumerate() {
        *node = ((2.0 * k as f64 + 1.0) * std::f64::consts::PI / (2.0 * NODES as f64)).cos();
    }
    nodes
}

/// Coefficients of the polynomials that are one at a node and zero at the others.
fn lagrange_basis(nodes: &[f64; NODES]) -> [[f64; NODES]; NODES] {
    let mut basis = [[0.0; NODES]; NODES];
    for (k, polynomial) in basis.iter_mut().enumerate() {
        polynomial[0] = 1.0;
        let mut degree = 0;
        for (m, node) in nodes.iter().enumerate() {
            if m == k {
                continue;
            }
            // Multiply by (t - node) / (nodes[k] - node).
            let divisor = nodes[k] - node;
            degree += 1;
            for power in (0..=degree).rev() {
                let shifted = if power > 0 { polynomial[power - 1] } else { 0.0 };
                let kept = if power < degree { polynomial[power] } else { 0.0 };
                polynomial[power] = (shifted - node * kept) / divisor;
            }
        }
    }
    basis
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;

    fn path(from: i32, to: i32) -> Transform {
        Transform::new(&Crs::from_epsg(from).expect("known"), &Crs::from_epsg(to).expect("known"))
            .expect("path")
    }

    #[test]
    fn a_town_is_placed_within_the_tolerance_everywhere() {
        for (from, window) in [
            (2154, BBox::new(885_000.0, 6_240_000.0, 905_000.0, 6_260_000.0)),
            (4326, BBox::new(5.2, 43.2, 5.5, 43.5)),
            (2975, BBox::new(330_000.0, 7_650_000.0, 345_000.0, 7_665_000.0)),
        ] {
            let exact = path(from, 3857);
            let local = LocalTransform::new(exact, &window, 0.01);
            assert!(local.is_fast(), "{from}");
            let mut points: Vec<[f64; 2]> = (0..200)
                .map(|k| {
                    let (u, v) = (f64::from(k * 37 % 200) / 199.0, f64::from(k * 91 % 200) / 199.0);
                    [window.min_x + u * window.width(), window.min_y + v * window.height()]
                })
                .collect();
            let mut fast = points.clone();
            exact.points(&mut points);
            local.points(&mut fast);
            for (a, b) in points.iter().zip(&fast) {
                assert!((a[0] - b[0]).abs() < 0.01 && (a[1] - b[1]).abs() < 0.01, "{from}: {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn points_outside_the_window_are_placed_exactly() {
        let exact = path(2154, 3857);
        let local =
            LocalTransform::new(exact, &BBox::new(885_000.0, 6_240_000.0, 886_000.0, 6_241_000.0), 0.01);
        let mut far = [[885_500.0, 6_240_500.0], [100_000.0, 7_100_000.0]];
        let mut same = far;
        local.points(&mut far);
        exact.points(&mut same);
        assert_eq!(far[1], same[1]);
    }

    #[test]
    fn a_window_too_big_for_the_tolerance_stays_exact() {
        let france = BBox::new(100_000.0, 6_000_000.0, 1_200_000.0, 7_100_000.0);
        assert!(!LocalTransform::new(path(2154, 3857), &france, 0.001).is_fast());
    }
}
