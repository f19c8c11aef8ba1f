//! The map beside a page of features: the collection's map as a picture, and over it the page's features as
//! shapes that lead to them. Nothing of it needs a script.

use crate::geo::BBox;
use crate::geo::wkb::{self, Coords, GeometryType, Visitor, WkbError};
use crate::model::Layer;
use crate::services::edge::Call;
use std::fmt::Write;

/// Width of the picture in pixels, and its greatest height.
const WIDTH: u32 = 640;
const HIGHEST: u32 = 760;

/// Bytes of shapes on a page at most: beyond, features are drawn by their boxes.
const MOST: usize = 400_000;

/// A map for a page.
#[derive(Clone, Debug)]
pub struct PageMap {
    /// Address of the picture.
    pub picture: String,
    /// Size in pixels.
    pub width: u32,
    /// Size in pixels.
    pub height: u32,
    /// The features, in pixels.
    pub shapes: Vec<Shape>,
}

/// A feature on a map.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Name for people.
    pub title: String,
    /// Where it leads.
    pub href: String,
    /// Path data of lines and areas; empty for points alone.
    pub path: String,
    /// Whether the path has no area to be filled.
    pub is_line: bool,
    /// Points, as numbers of SVG.
    pub points: Vec<[String; 2]>,
}

/// A feature to be drawn: its name, its address, its geometry in the system of the map.
pub type Drawn = (String, String, Vec<u8>);

impl PageMap {
    /// The map of some features in Web Mercator; `None` when none of them has a place.
    pub fn of(call: &Call, layer: &Layer, features: &[Drawn]) -> Option<Self> {
        let boxes = features.iter().filter_map(|(_, _, g)| wkb::bbox(g).ok()).filter(BBox::is_valid);
        let whole = boxes.reduce(|a, b| {
            BBox::new(a.min_x.min(b.min_x), a.min_y.min(b.min_y), a.max_x.max(b.max_x), a.max_y.max(b.max_y))
        })?;
        let frame = framed(whole);
        let (width, height) =
            (WIDTH, (f64::from(WIDTH) * (frame.max_y - frame.min_y) / (frame.max_x - frame.min_x)));
        let height = (height.round() as u32).clamp(1, HIGHEST);
        let picture = format!(
            "{}?service=WMS&version=1.3.0&request=GetMap&layers={}&styles=&crs=EPSG:3857&bbox={},{},{},{}\
             &width={width}&height={height}&format=image/png&transparent=true",
            call.url("/wms"),
            layer.slug,
            frame.min_x,
            frame.min_y,
            frame.max_x,
            frame.max_y
        );
        let scale = f64::from(width) / (frame.max_x - frame.min_x);
        let mut shapes = Vec::new();
        let mut written = 0;
        for (title, href, geometry) in features {
            let mut pen = Pen::new([frame.min_x, frame.max_y], scale, written > MOST);
            if pen.draw(geometry).is_err() || (pen.path.is_empty() && pen.points.is_empty()) {
                continue;
            }
            written += pen.path.len() + pen.points.len() * 60;
            shapes.push(Shape {
                title: title.clone(),
                href: href.clone(),
                path: pen.path,
                is_line: pen.is_line,
                points: pen.points.iter().map(|[x, y]| [format!("{x:.1}"), format!("{y:.1}")]).collect(),
            });
        }
        Some(Self { picture, width, height, shapes })
    }
}

/// A box with some air around it, neither flat nor higher than a screen.
fn framed(whole: BBox) -> BBox {
    const LEAST: f64 = 400.0;
    let centre = [f64::midpoint(whole.min_x, whole.max_x), f64::midpoint(whole.min_y, whole.max_y)];
    let mut width = ((whole.max_x - whole.min_x) * 1.1).max(LEAST);
    let mut height = ((whole.max_y - whole.min_y) * 1.1).max(LEAST * 0.6);
    let highest = f64::from(HIGHEST) / f64::from(WIDTH);
    if height > width * highest {
        width = height / highest;
    }
    height = height.max(width * 0.5);
    BBox::new(
        centre[0] - width / 2.0,
        centre[1] - height / 2.0,
        centre[0] + width / 2.0,
        centre[1] + height / 2.0,
    )
}

/// Draws geometries in pixels, leaving out what is smaller than one.
struct Pen {
    origin: [f64; 2],
    scale: f64,
    boxes_only: bool,
    path: String,
    points: Vec<[f32; 2]>,
    is_line: bool,
}

impl Pen {
    fn new(origin: [f64; 2], scale: f64, boxes_only: bool) -> Self {
        Self { origin, scale, boxes_only, path: String::new(), points: Vec::new(), is_line: true }
    }

    fn draw(&mut self, ewkb: &[u8]) -> Result<(), WkbError> {
        if self.boxes_only {
            let bbox = wkb::bbox(ewkb)?;
            if bbox.is_valid() {
                let ([left, top], [right, bottom]) =
                    (self.pixel([bbox.min_x, bbox.max_y]), self.pixel([bbox.max_x, bbox.min_y]));
                let _ = write!(self.path, "M{left:.0} {top:.0}H{right:.0}V{bottom:.0}H{left:.0}z");
                self.is_line = false;
            }
            return Ok(());
        }
        wkb::walk(ewkb, self).map(|_| ())
    }

    fn pixel(&self, [x, y]: [f64; 2]) -> [f32; 2] {
        [((x - self.origin[0]) * self.scale) as f32, ((self.origin[1] - y) * self.scale) as f32]
    }

    fn way(&mut self, coords: Coords<'_>, closed: bool) {
        let mut last: Option<[f32; 2]> = None;
        let mut skipped = None;
        for position in coords.iter() {
            let at = self.pixel(position);
            if !at.iter().all(|v| v.is_finite()) {
                continue;
            }
            match last {
                None => {
                    let _ = write!(self.path, "M{:.1} {:.1}", at[0], at[1]);
                    last = Some(at);
                }
                Some(before) if (at[0] - before[0]).abs() + (at[1] - before[1]).abs() < 1.0 => {
                    skipped = Some(at)
                }
                Some(_) => {
                    let _ = write!(self.path, "L{:.1} {:.1}", at[0], at[1]);
                    (last, skipped) = (Some(at), None);
                }
            }
        }
        // A line ends where it ends.
        if let Some(at) = skipped.filter(|_| !closed) {
            let _ = write!(self.path, "L{:.1} {:.1}", at[0], at[1]);
        }
        if closed && last.is_some() {
            self.path.push('z');
            self.is_line = false;
        }
    }
}

impl Visitor for Pen {
    fn begin(&mut self, _: GeometryType, _: usize) {}

    fn end(&mut self, _: GeometryType) {}

    fn point(&mut self, coords: Coords<'_>) {
        const POINTS: usize = 2000;
        if let Some(position) = coords.iter().next()
            && self.points.len() < POINTS
        {
            let at = self.pixel(position);
            if at.iter().all(|v| v.is_finite()) {
                self.points.push(at);
            }
        }
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.way(coords, false);
    }

    fn ring(&mut self, coords: Coords<'_>, _: bool) {
        self.way(coords, true);
    }
}
