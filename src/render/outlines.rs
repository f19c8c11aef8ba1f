//! Letters as paths, kept.

use super::canvas::Path;
use super::text::{GlyphRun, Glyphs};
use crate::style::{Fill, LineJoin, Stroke};
use skrifa::instance::{LocationRef, NormalizedCoord, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use vello_cpu::kurbo::{Affine, Point};

/// Outlines kept by each thread.
const KEPT: usize = 4_000;

/// A letter of a font at a size.
#[derive(PartialEq, Eq, Hash)]
struct LetterKey {
    /// The font's file, and its place in it.
    font: (u64, u32),
    size: u32,
    coords: Vec<i16>,
    glyph: u32,
}

thread_local! {
    static LETTERS: RefCell<HashMap<LetterKey, Option<Rc<Path>>>> = RefCell::new(HashMap::new());
}

/// The outlines of shaped text whose box's middle is at `centre`, turned clockwise by `rotation` degrees, without letters that a
/// font has as pictures only.
pub(super) fn outlines(glyphs: &Glyphs, centre: [f32; 2], rotation: f32) -> Path {
    let mut path = Path::new();
    add_outlines(&mut path, glyphs, centre, rotation);
    path
}

/// Adds the outlines of shaped text, as [`outlines`] has them; whether it is all of it.
pub(super) fn add_outlines(path: &mut Path, glyphs: &Glyphs, centre: [f32; 2], rotation: f32) -> bool {
    let place = Affine::translate((f64::from(centre[0]), f64::from(centre[1])))
        * Affine::rotate(f64::from(rotation).to_radians())
        * Affine::translate((-f64::from(glyphs.width()) / 2.0, -f64::from(glyphs.height()) / 2.0));
    let mut is_whole = true;
    for run in glyphs.runs() {
        let slope = run.skew.map_or(0.0, |angle| f64::from(angle).to_radians().tan());
        for glyph in &run.glyphs {
            let Some(outline) = letter(run, glyph.id) else {
                is_whole = false;
                continue;
            };
            // Fonts count upwards.
            let own = place
                * Affine::translate((f64::from(glyph.x), f64::from(glyph.y)))
                * Affine::new([1.0, 0.0, slope, -1.0, 0.0, 0.0]);
            path.extend(outline.elements().iter().map(|element| own * *element));
        }
    }
    is_whole
}

/// The outline of a letter around its own origin, y up.
fn letter(run: &GlyphRun, glyph: u32) -> Option<Rc<Path>> {
    let key = LetterKey {
        font: (run.font.data.id(), run.font.index),
        size: run.size.to_bits(),
        coords: run.coords.clone(),
        glyph,
    };
    if let Some(known) = LETTERS.with_borrow(|kept| kept.get(&key).cloned()) {
        return known;
    }
    let made = traced(run, glyph).map(Rc::new);
    LETTERS.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, made.clone());
    });
    made
}

fn traced(run: &GlyphRun, glyph: u32) -> Option<Path> {
    let font = FontRef::from_index(run.font.data.as_ref(), run.font.index).ok()?;
    let coords: Vec<NormalizedCoord> = run.coords.iter().map(|c| NormalizedCoord::from_bits(*c)).collect();
    glyph_path(&font, GlyphId::new(glyph), run.size, &coords)
}

/// The outline of a glyph at a size in pixels, y up from the baseline; `None` for one that is a picture only.
pub(super) fn glyph_path(
    font: &FontRef<'_>,
    glyph: GlyphId,
    size: f32,
    coords: &[NormalizedCoord],
) -> Option<Path> {
    let settings = DrawSettings::unhinted(Size::new(size), LocationRef::new(coords));
    let mut pen = Pen::default();
    font.outline_glyphs().get(glyph)?.draw(settings, &mut pen).ok()?;
    Some(pen.path)
}

/// What surrounds letters: their outlines, as wide as the halo on either side.
pub(super) fn halo(radius: f32, fill: Fill) -> Stroke {
    Stroke {
        color: fill.color,
        opacity: fill.opacity,
        width: radius * 2.0,
        join: LineJoin::Round,
        ..Stroke::default()
    }
}

#[derive(Default)]
struct Pen {
    path: Path,
}

fn point(x: f32, y: f32) -> Point {
    Point::new(f64::from(x), f64::from(y))
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(point(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(point(x, y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(point(cx, cy), point(x, y));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.path.curve_to(point(ax, ay), point(bx, by), point(x, y));
    }

    fn close(&mut self) {
        self.path.close_path();
    }
}
