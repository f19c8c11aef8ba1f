//! From a geometry in tile units to MVT commands (MVT 2.1 section 4.3).

use super::clip;
use super::collect::{Collected, Kind};
use super::frame::Frame;
use super::proto::zigzag;
use super::ring::{self, Rings, Spot};
use crate::geo::BBox;
use crate::geo::wkb::{self, WkbError};

/// Type of a feature (MVT 2.1 section 4.3.4), with its number in the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Point = 1,
    Line = 2,
    Polygon = 3,
}

/// Commands of one feature, with the pen that relative coordinates start from.
#[derive(Default)]
struct Commands {
    list: Vec<u32>,
    pen: Spot,
}

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

impl Commands {
    fn clear(&mut self) {
        self.list.clear();
        self.pen = [0, 0];
    }

    fn to(&mut self, spot: Spot) {
        self.list.push(zigzag(spot[0] - self.pen[0]));
        self.list.push(zigzag(spot[1] - self.pen[1]));
        self.pen = spot;
    }

    fn path(&mut self, spots: &[Spot]) {
        let Some((first, rest)) = spots.split_first() else { return };
        self.list.push(MOVE_TO | 1 << 3);
        self.to(*first);
        self.list.push(LINE_TO | (rest.len() as u32) << 3);
        for spot in rest {
            self.to(*spot);
        }
    }

    fn ring(&mut self, spots: &[Spot]) {
        self.path(spots);
        self.list.push(CLOSE_PATH | 1 << 3);
    }
}

/// The commands of a single point.
pub(super) fn single(spot: Spot) -> [u32; 3] {
    [MOVE_TO | 1 << 3, zigzag(spot[0]), zigzag(spot[1])]
}

/// Encodes one geometry after the other in the same buffers.
pub(super) struct GeometryEncoder {
    clip: BBox,
    /// Polygons of less area, in square units, are gathered; 0 for none.
    smallest: f64,
    /// Area of gathered polygons that no drawn one stands for yet.
    gathered: f64,
    collected: Collected,
    rings: Rings,
    ring: Vec<[f64; 2]>,
    spare: Vec<[f64; 2]>,
    spots: Vec<Spot>,
    commands: Commands,
}

impl GeometryEncoder {
    pub(super) fn new(smallest: f64, clip: BBox) -> Self {
        Self {
            clip,
            smallest,
            // So that the first one is drawn: where there is something, something is seen.
            gathered: smallest,
            collected: Collected::default(),
            rings: Rings::default(),
            ring: Vec::new(),
            spare: Vec::new(),
            spots: Vec::new(),
            commands: Commands::default(),
        }
    }

    /// Encodes the geometry; `emit` gets the commands of each type that is in it and in the tile. A
    /// plain geometry has one, a collection up to three, none when nothing lies in the tile.
    pub(super) fn encode(
        &mut self,
        ewkb: &[u8],
        frame: &Frame,
        mut emit: impl FnMut(Type, &[u32]),
    ) -> Result<(), WkbError> {
        self.collected.clear();
        wkb::walk(ewkb, &mut self.collected)?;
        frame.place(&mut self.collected.points);
        let mut has = [false; 3];
        for (kind, _) in &self.collected.parts {
            match kind {
                Kind::Point => has[0] = true,
                Kind::Line => has[1] = true,
                Kind::Exterior | Kind::Hole => has[2] = true,
            }
        }
        for (present, kind) in has.into_iter().zip([Type::Point, Type::Line, Type::Polygon]) {
            if !present {
                continue;
            }
            self.commands.clear();
            match kind {
                Type::Point => self.points(),
                Type::Line => self.lines(),
                Type::Polygon => self.polygons(),
            }
            if !self.commands.list.is_empty() {
                emit(kind, &self.commands.list);
            }
        }
        Ok(())
    }

    fn points(&mut self) {
        self.spots.clear();
        for (_, range) in self.collected.parts.iter().filter(|(k, _)| *k == Kind::Point) {
            for point in self.collected.points.get(range.clone()).unwrap_or_default() {
                if self.clip.contains(point[0], point[1]) {
                    self.spots.push([point[0].round() as i32, point[1].round() as i32]);
                }
            }
        }
        if self.spots.is_empty() {
            return;
        }
        self.commands.list.push(MOVE_TO | (self.spots.len() as u32) << 3);
        for spot in &self.spots {
            self.commands.to(*spot);
        }
    }

    fn lines(&mut self) {
        let Self { collected, clip, spots, commands, ring, .. } = self;
        for (_, range) in collected.parts.iter().filter(|(k, _)| *k == Kind::Line) {
            ring.clear();
            ring.extend(placed(collected.points.get(range.clone()).unwrap_or_default()));
            let mut write = |piece: &[[f64; 2]]| {
                spots.clear();
                for point in piece {
                    let spot = [point[0].round() as i32, point[1].round() as i32];
                    if spots.last() != Some(&spot) {
                        spots.push(spot);
                    }
                }
                if spots.len() > 1 {
                    commands.path(spots);
                }
            };
            if within(clip, &Collected::bbox(ring)) {
                write(ring);
            } else {
                clip::line(ring, clip, write);
            }
        }
    }

    fn polygons(&mut self) {
        if self.smallest > 0.0 && self.is_gathered() {
            return;
        }
        self.rings.clear();
        let Self { collected, clip, rings, ring, spare, spots, .. } = self;
        let mut exterior_kept = false;
        for (kind, range) in &collected.parts {
            let exterior = match kind {
                Kind::Exterior => true,
                Kind::Hole if exterior_kept => false,
                _ => continue,
            };
            ring.clear();
            ring.extend(placed(collected.points.get(range.clone()).unwrap_or_default()));
            let bbox = Collected::bbox(ring);
            if !bbox.is_valid() || !bbox.intersects(clip) {
                spots.clear();
            } else {
                if !within(clip, &bbox) {
                    clip::ring(ring, spare, clip);
                }
                ring::snap(ring, spots);
            }
            // A figure of eight has three spots and more, no area, and a repair.
            let kept = spots.len() >= 3;
            if exterior {
                exterior_kept = kept;
            }
            if kept {
                rings.add(spots, exterior);
            }
        }
        if self.rings.is_empty() {
            return;
        }
        if !self.rings.are_sound() {
            self.rings.repair();
        }
        for ring in self.rings.iter() {
            self.commands.ring(ring);
        }
    }

    /// Whether the polygon is too small to be drawn for itself. What is gathered that way is not lost
    /// from the picture: whenever it has come to a drawable area, the polygon at hand is drawn as a
    /// square of that area.
    fn is_gathered(&mut self) -> bool {
        let mut area = 0.0;
        for (kind, range) in &self.collected.parts {
            let ring = self.collected.points.get(range.clone()).unwrap_or_default();
            match kind {
                Kind::Exterior => area += plain_area(ring),
                Kind::Hole => area -= plain_area(ring),
                _ => {}
            }
        }
        // A NaN area is not small.
        if area.is_nan() || area >= self.smallest {
            return false;
        }
        let bbox = Collected::bbox(&self.collected.points);
        // Long or figure-of-eight shapes have little area but are seen.
        if bbox.width() * bbox.height() > 16.0 * self.smallest {
            return false;
        }
        let [x, y] = bbox.centre();
        if !bbox.is_valid() || !self.clip.contains(x, y) {
            return true;
        }
        self.gathered += area;
        if self.gathered >= self.smallest {
            self.gathered -= self.smallest;
            let half = self.smallest.sqrt() / 2.0;
            let square =
                [[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]];
            ring::snap(&square, &mut self.spots);
            self.commands.ring(&self.spots);
        }
        true
    }
}

/// The points that could be placed.
fn placed(points: &[[f64; 2]]) -> impl Iterator<Item = [f64; 2]> {
    points.iter().copied().filter(|[x, y]| x.is_finite() && y.is_finite())
}

fn within(outer: &BBox, inner: &BBox) -> bool {
    outer.contains(inner.min_x, inner.min_y) && outer.contains(inner.max_x, inner.max_y)
}

fn plain_area(ring: &[[f64; 2]]) -> f64 {
    let (Some(origin), Some(last)) = (ring.first(), ring.last()) else { return 0.0 };
    let mut before = [last[0] - origin[0], last[1] - origin[1]];
    let mut sum = 0.0;
    for point in ring {
        let here = [point[0] - origin[0], point[1] - origin[1]];
        sum += before[0] * here[1] - here[0] * before[1];
        before = here;
    }
    (sum / 2.0).abs()
}
