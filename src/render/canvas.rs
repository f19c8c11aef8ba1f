//! What can be drawn on, whatever library draws.

use super::Picture;
use super::text::Glyphs;
use crate::style::{Fill, Stroke};

/// A path in pixels.
pub type Path = vello_cpu::kurbo::BezPath;

/// A surface to draw on; later calls lie over earlier ones.
pub trait Canvas {
    /// Pixels a row.
    fn width(&self) -> u32;
    /// Rows.
    fn height(&self) -> u32;
    /// Fills a path by the non-zero rule.
    fn fill(&mut self, path: &Path, fill: Fill);
    /// Fills a path by the non-zero rule with a picture, again and again, one of whose upper left corners lies at
    /// `origin`.
    fn pattern(&mut self, path: &Path, tile: &Picture, origin: [f32; 2]);
    /// Draws along a path.
    fn stroke(&mut self, path: &Path, stroke: &Stroke);
    /// Lays a small picture over the surface, its upper left pixel at (`left`, `top`).
    fn blit(&mut self, sprite: &Picture, left: i64, top: i64);
    /// Paints single pixels.
    fn dots(&mut self, pixels: &[[f32; 2]], fill: Fill);
    /// Draws shaped text whose box's middle is at `centre`, turned clockwise by `rotation` degrees.
    fn glyphs(&mut self, glyphs: &Glyphs, centre: [f32; 2], rotation: f32, fill: Fill);
    /// Whether it keeps shapes rather than pixels: what would be laid down as a small picture is drawn instead.
    fn is_drawing(&self) -> bool {
        false
    }
    /// Surrounds shaped text, as [`Canvas::glyphs`] draws it, with a colour; on a drawing only.
    fn around_glyphs(&mut self, _: &Glyphs, _: [f32; 2], _: f32, _: f32, _: Fill) {}
}
