//! Letters as paths.

use crate::render::canvas::Path;
use crate::render::text::Glyphs;
use crate::style::{Fill, LineJoin, Stroke};
use skrifa::instance::{LocationRef, NormalizedCoord, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use vello_cpu::kurbo::{Affine, Point};

/// The outlines of shaped text whose box's middle is at `centre`, turned clockwise by `rotation` degrees.
pub(super) fn outlines(glyphs: &Glyphs, centre: [f32; 2], rotation: f32) -> Path {
    let place = Affine::translate((f64::from(centre[0]), f64::from(centre[1])))
        * Affine::rotate(f64::from(rotation).to_radians())
        * Affine::translate((-f64::from(glyphs.width()) / 2.0, -f64::from(glyphs.height()) / 2.0));
    let mut path = Path::new();
    for run in glyphs.runs() {
        let Ok(font) = FontRef::from_index(run.font.data.as_ref(), run.font.index) else { continue };
        let coords: Vec<NormalizedCoord> =
            run.coords.iter().map(|c| NormalizedCoord::from_bits(*c)).collect();
        let slope = run.skew.map_or(0.0, |angle| f64::from(angle).to_radians().tan());
        let letters = font.outline_glyphs();
        for glyph in &run.glyphs {
            let Some(outline) = letters.get(GlyphId::new(glyph.id)) else { continue };
            // Fonts count upwards.
            let own = place
                * Affine::translate((f64::from(glyph.x), f64::from(glyph.y)))
                * Affine::new([1.0, 0.0, slope, -1.0, 0.0, 0.0]);
            let settings = DrawSettings::unhinted(Size::new(run.size), LocationRef::new(&coords));
            let mut pen = Pen { path: &mut path, place: own };
            if outline.draw(settings, &mut pen).is_err() {
                tracing::debug!("a font has no outlines for a label");
            }
        }
    }
    path
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

struct Pen<'a> {
    path: &'a mut Path,
    place: Affine,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> Point {
        self.place * Point::new(f64::from(x), f64::from(y))
    }
}

impl OutlinePen for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let at = self.at(x, y);
        self.path.move_to(at);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let at = self.at(x, y);
        self.path.line_to(at);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (control, at) = (self.at(cx, cy), self.at(x, y));
        self.path.quad_to(control, at);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let (a, b, at) = (self.at(ax, ay), self.at(bx, by), self.at(x, y));
        self.path.curve_to(a, b, at);
    }

    fn close(&mut self) {
        self.path.close_path();
    }
}
