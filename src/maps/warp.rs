//! From the pixels of an image to those of a map.
//!
//! Each pixel of the map is looked for in the image. The way there is exact at the corners of cells and straight between
//! them, with cells so small that nobody sees it; that is measured for each map.

use super::MapRequest;
use crate::formats::image::{ImageFacts, Samples, Window};
use crate::geo::{BBox, Transform};

/// Edges of cells that are tried in turn, in pixels of the map.
const CELLS: [usize; 3] = [32, 8, 1];
/// Largest error of a cell, in pixels of the map.
const ERROR: f64 = 0.125;
/// What differs less from a whole pixel is none.
const SNAP: f32 = 1e-3;

/// The part of a map that an image may cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its upper left pixel.
    pub(super) left: i64,
    pub(super) top: i64,
    /// Pixels a row, and rows.
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Part {
    /// The pixels of a map that meet a box, and `margin` more beyond its border; `None` where there are none.
    pub(super) fn of(request: &MapRequest, bbox: &BBox, margin: u32) -> Option<Self> {
        let ([x, y], seen) = (request.pixel(), &request.bbox);
        let margin = i64::from(margin);
        let (width, height) = (i64::from(request.width), i64::from(request.height));
        let place = |value: f64, side: i64| (value.clamp(-1e6, 1e6) as i64).clamp(-margin, side + margin);
        let left = place(((bbox.min_x - seen.min_x) / x).floor() - margin as f64, width);
        let right = place(((bbox.max_x - seen.min_x) / x).ceil() + margin as f64, width);
        let top = place(((seen.max_y - bbox.max_y) / y).floor() - margin as f64, height);
        let bottom = place(((seen.max_y - bbox.min_y) / y).ceil() + margin as f64, height);
        let side = |from: i64, to: i64| usize::try_from(to - from).ok().filter(|n| *n > 0);
        Some(Self { left, top, width: side(left, right)?, height: side(top, bottom)? })
    }
}

/// Where the pixels of a part of a map lie in an image, in its columns and rows.
pub(super) struct Mesh {
    cell: usize,
    columns: usize,
    corners: Vec<[f64; 2]>,
    /// Columns and rows of the image for one of the map.
    scale: [f64; 2],
}

impl Mesh {
    pub(super) fn new(request: &MapRequest, part: &Part, to_layer: &Transform, facts: &ImageFacts) -> Self {
        let way = Way { request, part, to_layer, facts };
        let cell = CELLS.into_iter().find(|cell| way.mesh(*cell).error(&way) <= ERROR);
        way.mesh(cell.unwrap_or(1))
    }

    /// Where the middle of a pixel of the part lies.
    fn at(&self, x: usize, y: usize) -> [f64; 2] {
        self.between(x as f64 + 0.5, y as f64 + 0.5)
    }

    fn between(&self, u: f64, v: f64) -> [f64; 2] {
        let (u, v) = (u / self.cell as f64, v / self.cell as f64);
        let (column, row) = (u as usize, v as usize);
        let (fu, fv) = (u - column as f64, v - row as f64);
        let first = row * self.columns + column;
        let corner = |index: usize| self.corners.get(index).copied().unwrap_or([f64::NAN; 2]);
        let (a, b) = (corner(first), corner(first + 1));
        let (c, d) = (corner(first + self.columns), corner(first + self.columns + 1));
        let mix = |axis: usize| {
            let upper = a[axis] + (b[axis] - a[axis]) * fu;
            let lower = c[axis] + (d[axis] - c[axis]) * fu;
            upper + (lower - upper) * fv
        };
        [mix(0), mix(1)]
    }

    /// The largest distance from the truth in the middles of cells, in pixels of the map. Where nothing can be placed,
    /// smaller cells would not help.
    fn error(&self, way: &Way<'_>) -> f64 {
        if self.cell == 1 {
            return 0.0;
        }
        let half = self.cell as f64 / 2.0;
        let rows = self.corners.len() / self.columns;
        let mut middles: Vec<[f64; 2]> = (0..rows.saturating_sub(1))
            .flat_map(|row| (0..self.columns - 1).map(move |column| [column, row]))
            .map(|at| at.map(|n| (n * self.cell) as f64 + half))
            .collect();
        let guesses: Vec<[f64; 2]> = middles.iter().map(|[u, v]| self.between(*u, *v)).collect();
        way.go(&mut middles);
        middles.iter().zip(guesses).fold(0.0, |worst: f64, (truth, guess)| {
            let off = ((truth[0] - guess[0]) / self.scale[0]).hypot((truth[1] - guess[1]) / self.scale[1]);
            // A cell that is cut by the end of the world has no middle, or no corner.
            if off.is_finite() {
                worst.max(off)
            } else if truth[0].is_finite() {
                f64::INFINITY
            } else {
                worst
            }
        })
    }

    /// What of the image is needed, and how finely.
    pub(super) fn window(&self, facts: &ImageFacts, bands: &[usize], smooth: bool) -> Option<Window> {
        let mut seen = BBox::EMPTY;
        self.corners.iter().filter(|c| c[0].is_finite()).for_each(|c| seen.add(c[0], c[1]));
        if !seen.is_valid() {
            return None;
        }
        let axis = |least: f64, most: f64, size: usize, scale: f64| {
            // Steps are powers of two, as the overviews are, and begin at whole ones: neighbouring maps see the same.
            let step = (scale * 1.001).max(1.0).log2().floor().exp2().min(65_536.0) as usize;
            let wide = (2 * step) as f64;
            let first = (least - wide).clamp(0.0, size as f64) as usize / step * step;
            let last = ((most + wide).clamp(0.0, size as f64).ceil() as usize).div_ceil(step) * step;
            let last = last.min(size);
            (last > first).then(|| (first, last - first, (last - first).div_ceil(step)))
        };
        let (left, width, columns) = axis(seen.min_x, seen.max_x, facts.size[0], self.scale[0])?;
        let (top, height, rows) = axis(seen.min_y, seen.max_y, facts.size[1], self.scale[1])?;
        Some(Window {
            corner: [left, top],
            size: [width, height],
            pixels: [columns, rows],
            bands: bands.to_vec(),
            smooth,
        })
    }
}

/// The exact way from the pixels of a part to those of an image.
struct Way<'a> {
    request: &'a MapRequest,
    part: &'a Part,
    to_layer: &'a Transform,
    facts: &'a ImageFacts,
}

impl Way<'_> {
    fn go(&self, points: &mut [[f64; 2]]) {
        let [x, y] = self.request.pixel();
        let bbox = &self.request.bbox;
        for point in points.iter_mut() {
            let (across, down) = (self.part.left as f64 + point[0], self.part.top as f64 + point[1]);
            *point = [bbox.min_x + across * x, bbox.max_y - down * y];
        }
        self.to_layer.points(points);
        for point in points {
            *point = self.facts.pixel_at(*point);
        }
    }

    fn mesh(&self, cell: usize) -> Mesh {
        let (columns, rows) = (self.part.width / cell + 2, self.part.height / cell + 2);
        let mut corners: Vec<[f64; 2]> = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| [(column * cell) as f64, (row * cell) as f64]))
            .collect();
        self.go(&mut corners);
        Mesh { cell, columns, corners, scale: self.scale() }
    }

    /// How many columns and rows of the image one pixel in the middle of the map's part goes through.
    fn scale(&self) -> [f64; 2] {
        let (u, v) = (self.part.width as f64 / 2.0, self.part.height as f64 / 2.0);
        let mut points = [[u, v], [u + 1.0, v], [u, v + 1.0]];
        self.go(&mut points);
        let [at, right, below] = points;
        let side = |axis: usize| (right[axis] - at[axis]).hypot(below[axis] - at[axis]);
        let sound = |scale: f64| if scale.is_finite() && scale > 0.0 { scale } else { 1.0 };
        [sound(side(0)), sound(side(1))]
    }
}

/// The values of an image on the pixels of a part of a map.
pub(super) fn laid(
    read: &Samples,
    window: &Window,
    mesh: &Mesh,
    part: &Part,
    facts: &ImageFacts,
    smooth: bool,
) -> Samples {
    let pixels = part.width * part.height;
    let mut out = Samples {
        width: part.width,
        height: part.height,
        bands: vec![vec![f32::NAN; pixels]; read.bands.len()],
        mask: Some(vec![0; pixels]),
    };
    let step = [0, 1].map(|axis| window.size[axis] as f64 / window.pixels[axis].max(1) as f64);
    for y in 0..part.height {
        for x in 0..part.width {
            let place = mesh.at(x, y);
            if !facts.holds(place) {
                continue;
            }
            // In values of the window.
            let at = [0, 1].map(|axis| (place[axis] - window.corner[axis] as f64) / step[axis]);
            let nearest = [(at[0], read.width), (at[1], read.height)]
                .map(|(at, side)| (at.max(0.0) as usize).min(side.saturating_sub(1)));
            let presence = read.presence(nearest[0], nearest[1]);
            if presence == 0 {
                continue;
            }
            let index = y * part.width + x;
            if let Some(place) = out.mask.as_mut().and_then(|mask| mask.get_mut(index)) {
                *place = presence;
            }
            for (band, values) in out.bands.iter_mut().enumerate() {
                let value = if smooth {
                    between_four(read, band, at)
                } else {
                    read.value(band, nearest[0], nearest[1])
                };
                if let (Some(place), Some(value)) = (values.get_mut(index), value) {
                    *place = value;
                }
            }
        }
    }
    out
}

/// The value between the middles of the four pixels around a place; of those that are there.
fn between_four(read: &Samples, band: usize, at: [f64; 2]) -> Option<f32> {
    let axis = |at: f64, side: usize| {
        let at = (at - 0.5).max(0.0);
        let first = (at as usize).min(side.saturating_sub(1));
        let share = (at - first as f64) as f32;
        let share = if share < SNAP || first + 1 >= side { 0.0 } else { share };
        if share > 1.0 - SNAP { (first + 1, 0.0) } else { (first, share) }
    };
    let ((x, fx), (y, fy)) = (axis(at[0], read.width), axis(at[1], read.height));
    if fx == 0.0 && fy == 0.0 {
        return read.value(band, x, y);
    }
    let (mut sum, mut weights) = (0.0, 0.0);
    for (dx, wx) in [(0, 1.0 - fx), (1, fx)] {
        for (dy, wy) in [(0, 1.0 - fy), (1, fy)] {
            let weight = wx * wy;
            if weight > 0.0
                && read.presence(x + dx, y + dy) > 0
                && let Some(value) = read.value(band, x + dx, y + dy)
            {
                sum += value * weight;
                weights += weight;
            }
        }
    }
    (weights > 0.0).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;
    use crate::render::ImageFormat;
    use crate::style::Color;

    fn request(srid: i32, bbox: BBox, width: u32, height: u32) -> MapRequest {
        MapRequest {
            layers: Vec::new(),
            crs: Crs::from_epsg(srid).expect("known"),
            bbox,
            width,
            height,
            transparent: true,
            background: Color::WHITE,
            scale: 1.0,
            format: ImageFormat::Png,
        }
    }

    /// An image whose value is its column and, in a second band, its row.
    fn image(facts: &ImageFacts, window: &Window) -> Samples {
        let step = [0, 1].map(|axis| window.size[axis] as f64 / window.pixels[axis] as f64);
        let value = |axis: usize, at: usize| {
            (window.corner[axis] as f64 + (at as f64 + 0.5) * step[axis] - 0.5) as f32
        };
        let [width, height] = window.pixels;
        assert!(window.corner[0] + window.size[0] <= facts.size[0]);
        let columns = (0..width * height).map(|at| value(0, at % width)).collect();
        let rows = (0..width * height).map(|at| value(1, at / width)).collect();
        Samples { width, height, bands: vec![columns, rows], mask: None }
    }

    #[test]
    fn an_image_in_its_own_system_and_size_is_copied_value_by_value() {
        let facts = ImageFacts { size: [600, 600], corner: [-0.5, 0.5], pixel: [1.0 / 600.0, 1.0 / 600.0] };
        let request = request(4326, BBox::new(-0.5, -0.5, 0.5, 0.5), 600, 600);
        let same = Transform::new(&request.crs, &request.crs).expect("path");
        let part = Part::of(&request, &facts.extent(), 0).expect("seen");
        let mesh = Mesh::new(&request, &part, &same, &facts);
        for smooth in [true, false] {
            let window = mesh.window(&facts, &[0, 1], smooth).expect("seen");
            assert_eq!((window.corner, window.size, window.pixels), ([0, 0], [600, 600], [600, 600]));
            let laid = laid(&image(&facts, &window), &window, &mesh, &part, &facts, smooth);
            for (x, y) in [(0, 0), (599, 599), (17, 423)] {
                assert_eq!(laid.value(0, x, y), Some(x as f32), "{smooth} {x} {y}");
                assert_eq!(laid.value(1, x, y), Some(y as f32), "{smooth} {x} {y}");
                assert_eq!(laid.presence(x, y), 255);
            }
        }
    }

    #[test]
    fn a_pixel_in_another_system_shows_what_lies_there() {
        let facts = ImageFacts { size: [4000, 3000], corner: [900_000.0, 6_300_000.0], pixel: [5.0, 5.0] };
        let lambert = Crs::from_epsg(2154).expect("known");
        for (width, height) in [(512, 400), (64, 50), (2000, 1500)] {
            let there = Transform::new(&lambert, &Crs::from_epsg(3857).expect("known")).expect("path");
            let request = request(3857, there.bbox(&facts.extent()).expect("box"), width, height);
            let back = Transform::new(&request.crs, &lambert).expect("path");
            let part = Part::of(&request, &request.bbox, 0).expect("seen");
            let mesh = Mesh::new(&request, &part, &back, &facts);
            let window = mesh.window(&facts, &[0, 1], true).expect("seen");
            // No more is read than four values a pixel.
            assert!(window.pixels[0] * window.pixels[1] <= 5 * (width * height) as usize, "{window:?}");
            let laid = laid(&image(&facts, &window), &window, &mesh, &part, &facts, true);
            let mut seen = 0;
            for (x, y) in
                (0..width as usize).step_by(7).flat_map(|x| (0..height as usize).map(move |y| (x, y)))
            {
                let [px, py] = request.pixel();
                let at = back.point(
                    request.bbox.min_x + (x as f64 + 0.5) * px,
                    request.bbox.max_y - (y as f64 + 0.5) * py,
                );
                let [column, row] = facts.pixel_at(at.expect("placed"));
                let slack = 0.3 * mesh.scale[0].max(1.0);
                let edge = 2.0 * mesh.scale[0].max(1.0);
                match laid.value(0, x, y) {
                    None => assert!(!facts.holds([column, row])),
                    // At the border the nearest values are the outermost ones.
                    Some(value)
                        if [column, row]
                            .into_iter()
                            .zip(facts.size)
                            .all(|(at, side)| at > edge && at < side as f64 - edge) =>
                    {
                        seen += 1;
                        let off = (f64::from(value) + 0.5 - column).abs();
                        assert!(off < slack, "column {value} for {column}, {off} > {slack}");
                        let value = laid.value(1, x, y).expect("row");
                        assert!((f64::from(value) + 0.5 - row).abs() < slack, "row {value} for {row}");
                    }
                    Some(_) => {}
                }
            }
            assert!(seen > 100);
        }
    }

    #[test]
    fn what_is_not_there_does_not_mix_in() {
        let read =
            Samples { width: 2, height: 1, bands: vec![vec![10.0, -9999.0]], mask: Some(vec![255, 0]) };
        assert_eq!(between_four(&read, 0, [0.9, 0.5]), Some(10.0));
        let whole = Samples { mask: None, bands: vec![vec![10.0, 20.0]], ..read };
        assert_eq!(between_four(&whole, 0, [1.0, 0.5]), Some(15.0));
    }
}
