//! From a layer's coordinates to pixels.
//!
//! Between two systems, transforming every point costs as much as drawing it. Over the small window of a
//! map the path is so smooth that a grid of exact points with straight lines between them is right to a
//! small fraction of a pixel; that is measured for each map, and where it isn't so, points are
//! transformed one by one.

use super::MapRequest;
use crate::geo::{BBox, Transform};

/// Largest error of the grid, in pixels.
const ERROR: f64 = 0.04;
/// Cells along a side: tried in turn until the error fits.
const CELLS: [usize; 3] = [16, 48, 96];

/// Moves points of one layer into one picture.
pub(super) struct Projector {
    to_map: Transform,
    affine: Affine,
    grid: Option<Grid>,
}

/// From map coordinates to pixels.
#[derive(Clone, Copy)]
struct Affine {
    left: f64,
    top: f64,
    scale_x: f64,
    scale_y: f64,
}

impl Affine {
    fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [(x - self.left) * self.scale_x, (self.top - y) * self.scale_y]
    }
}

impl Projector {
    /// `window` is the part of the layer that the map shows, in the layer's system.
    pub(super) fn new(request: &MapRequest, to_map: Transform, window: &BBox) -> Self {
        let [x, y] = request.pixel();
        let affine =
            Affine { left: request.bbox.min_x, top: request.bbox.max_y, scale_x: 1.0 / x, scale_y: 1.0 / y };
        let grid = if to_map.is_identity() { None } else { Grid::new(&to_map, affine, window) };
        Self { to_map, affine, grid }
    }

    /// Moves points in place; those that can't be placed become NaN.
    pub(super) fn project(&self, points: &mut [[f64; 2]]) {
        if let Some(grid) = &self.grid
            && points.iter().all(|p| grid.holds(*p))
        {
            for point in points {
                *point = grid.apply(*point);
            }
            return;
        }
        self.to_map.points(points);
        for point in points {
            *point = self.affine.apply(*point);
        }
    }
}

/// Exact pixels at the corners of cells.
struct Grid {
    origin: [f64; 2],
    per_unit: [f64; 2],
    cells: usize,
    corners: Vec<[f64; 2]>,
}

impl Grid {
    fn new(to_map: &Transform, affine: Affine, window: &BBox) -> Option<Self> {
        // Features reach beyond the window: half of it more on each side is cheap.
        let area = window.expanded(window.width().max(window.height()) * 0.5);
        if !area.is_valid() || area.width() <= 0.0 || area.height() <= 0.0 {
            return None;
        }
        CELLS
            .into_iter()
            .map(|cells| Self::filled(to_map, affine, &area, cells))
            .find(|g| g.error(to_map, affine) <= ERROR)
    }

    fn filled(to_map: &Transform, affine: Affine, area: &BBox, cells: usize) -> Self {
        let step = [area.width() / cells as f64, area.height() / cells as f64];
        let mut corners: Vec<[f64; 2]> = (0..=cells)
            .flat_map(|row| (0..=cells).map(move |column| [column as f64, row as f64]))
            .map(|[column, row]| [area.min_x + column * step[0], area.min_y + row * step[1]])
            .collect();
        to_map.points(&mut corners);
        for corner in &mut corners {
            *corner = affine.apply(*corner);
        }
        Self { origin: [area.min_x, area.min_y], per_unit: [1.0 / step[0], 1.0 / step[1]], cells, corners }
    }

    /// The largest distance from the truth at the middles of all cells, where straight lines are worst.
    fn error(&self, to_map: &Transform, affine: Affine) -> f64 {
        let mut middles: Vec<[f64; 2]> = (0..self.cells)
            .flat_map(|row| (0..self.cells).map(move |column| [column as f64 + 0.5, row as f64 + 0.5]))
            .map(|[u, v]| [self.origin[0] + u / self.per_unit[0], self.origin[1] + v / self.per_unit[1]])
            .collect();
        let guesses: Vec<[f64; 2]> = middles.iter().map(|p| self.apply(*p)).collect();
        to_map.points(&mut middles);
        middles.iter().zip(guesses).fold(0.0, |worst: f64, (truth, guess)| {
            let truth = affine.apply(*truth);
            let distance = (truth[0] - guess[0]).hypot(truth[1] - guess[1]);
            // Where nothing can be placed, the grid is not to be trusted.
            if distance.is_finite() { worst.max(distance) } else { f64::INFINITY }
        })
    }

    fn holds(&self, [x, y]: [f64; 2]) -> bool {
        let limit = self.cells as f64;
        let u = (x - self.origin[0]) * self.per_unit[0];
        let v = (y - self.origin[1]) * self.per_unit[1];
        u >= 0.0 && v >= 0.0 && u < limit && v < limit
    }

    fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let u = (x - self.origin[0]) * self.per_unit[0];
        let v = (y - self.origin[1]) * self.per_unit[1];
        let (column, row) = (u as usize, v as usize);
        let (fu, fv) = (u - column as f64, v - row as f64);
        let at = row * (self.cells + 1) + column;
        let corner = |index: usize| self.corners.get(index).copied().unwrap_or([f64::NAN; 2]);
        let (a, b) = (corner(at), corner(at + 1));
        let (c, d) = (corner(at + self.cells + 1), corner(at + self.cells + 2));
        let mix = |axis: usize| {
            let low = a[axis] + (b[axis] - a[axis]) * fu;
            let high = c[axis] + (d[axis] - c[axis]) * fu;
            low + (high - low) * fv
        };
        [mix(0), mix(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;
    use crate::render::ImageFormat;
    use crate::style::Color;

    fn request(srid: i32, bbox: BBox) -> MapRequest {
        MapRequest {
            layers: Vec::new(),
            crs: Crs::from_epsg(srid).expect("known"),
            bbox,
            width: 1024,
            height: 768,
            transparent: false,
            background: Color::WHITE,
            scale: 1.0,
            format: ImageFormat::Png,
        }
    }

    #[test]
    fn the_grid_is_right_to_a_tenth_of_a_pixel_near_and_far() {
        let lambert = Crs::from_epsg(2154).expect("known");
        for (west, south, width) in [
            (600_000.0, 5_350_000.0, 5_000.0),
            (300_000.0, 5_000_000.0, 700_000.0),
            (-500_000.0, 5_000_000.0, 1_800_000.0),
        ] {
            let asked = request(3857, BBox::new(west, south, west + width, south + width * 0.75));
            let back = Transform::new(&asked.crs, &lambert).expect("path");
            let there = Transform::new(&lambert, &asked.crs).expect("path");
            let window = back.bbox(&asked.bbox).expect("inside");
            let projector = Projector::new(&asked, there, &window);
            let mut points: Vec<[f64; 2]> = (0..1000)
                .map(|i| {
                    let (u, v) = (f64::from(i % 31) / 31.0, f64::from(i % 37) / 37.0);
                    [window.min_x + u * window.width(), window.min_y + v * window.height()]
                })
                .collect();
            let mut truth = points.clone();
            projector.project(&mut points);
            there.points(&mut truth);
            for (got, truth) in points.iter().zip(truth) {
                let truth = projector.affine.apply(truth);
                let off = (got[0] - truth[0]).hypot(got[1] - truth[1]);
                assert!(off < 0.1, "{off} px off at {west}");
            }
        }
    }

    #[test]
    fn the_upper_left_corner_of_the_box_is_the_upper_left_pixel() {
        let asked = request(2154, BBox::new(0.0, 0.0, 1024.0, 768.0));
        let same = Transform::new(&asked.crs, &asked.crs).expect("path");
        let projector = Projector::new(&asked, same, &asked.bbox);
        let mut points = [[0.0, 768.0], [1024.0, 0.0], [0.5, 767.5]];
        projector.project(&mut points);
        assert_eq!(points, [[0.0, 0.0], [1024.0, 768.0], [0.5, 0.5]]);
    }
}
