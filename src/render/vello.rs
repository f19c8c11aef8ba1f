//! The canvas on vello_cpu, one thread a picture.
//!
//! The library records paths and paints them when asked; single pixels and sprites go straight into the
//! picture. What is recorded is painted before either, so that calls keep their order.

use super::canvas::{Canvas, Path};
use super::text::Glyphs;
use super::{Picture, RenderError};
use crate::style::{Color, Fill, LineCap, LineJoin, Stroke};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use vello_cpu::color::{AlphaColor, Srgb};
use vello_cpu::kurbo::{Affine, Cap, Join};
use vello_cpu::peniko::{Extend, ImageAlphaType, ImageQuality, ImageSampler};
use vello_cpu::{
    Glyph, Image, ImageSource, Level, PixelMetadata, Pixmap, PixmapMut, RasterizerSettings, RenderContext,
    RenderSettings, Resources, TargetInit,
};

/// Path elements recorded before they are painted: bounds the memory of a map of a million features.
const RECORDED: usize = 4_000_000;

/// A context and its caches, kept by the thread for the next picture.
struct Kept {
    context: RenderContext,
    resources: Resources,
}

thread_local! {
    /// A stack: a sprite is drawn while its map is being drawn.
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// Makes a picture. A fault in the drawing library is caught and loses this picture only.
///
/// # Errors
/// [`RenderError::Size`] or [`RenderError::Crashed`].
pub fn draw(
    width: u32,
    height: u32,
    background: Option<Color>,
    paint: impl FnOnce(&mut dyn Canvas),
) -> Result<Picture, RenderError> {
    let side = |n: u32| u16::try_from(n).ok().filter(|n| *n > 0).ok_or(RenderError::Size(width, height));
    let (w, h) = (side(width)?, side(height)?);
    let drawn = catch_unwind(AssertUnwindSafe(|| {
        let kept = KEPT.with_borrow_mut(Vec::pop);
        let mut kept = kept.unwrap_or_else(|| {
            let settings =
                RenderSettings { level: Level::try_detect().unwrap_or(Level::baseline()), num_threads: 0 };
            Kept { context: RenderContext::new_with(w, h, settings), resources: Resources::new() }
        });
        kept.context.reset_and_resize(w, h);
        let mut canvas =
            Surface { kept, picture: Picture::new(width, height, background), size: (w, h), recorded: 0 };
        paint(&mut canvas);
        canvas.settle();
        let Surface { kept, picture, .. } = canvas;
        KEPT.with_borrow_mut(|stack| {
            if stack.len() < 2 {
                stack.push(kept);
            }
        });
        picture
    }));
    drawn.map_err(|_| {
        tracing::error!(width, height, "drawing failed");
        RenderError::Crashed
    })
}

struct Surface {
    kept: Kept,
    picture: Picture,
    size: (u16, u16),
    recorded: usize,
}

impl Surface {
    /// Paints what is recorded into the picture.
    fn settle(&mut self) {
        if self.recorded == 0 {
            return;
        }
        self.recorded = 0;
        let Kept { context, resources } = &mut self.kept;
        context.flush();
        let (w, h) = self.size;
        if let Some(target) = PixmapMut::new(w, h, self.picture.data_mut()) {
            let settings =
                RasterizerSettings { target_init: TargetInit::SrcOver, ..RasterizerSettings::default() };
            context.render_with(target, resources, settings);
        }
        context.reset();
    }

    fn record(&mut self, elements: usize) {
        self.recorded += elements.max(1);
        if self.recorded > RECORDED {
            self.settle();
        }
    }
}

fn color(fill: Fill) -> AlphaColor<Srgb> {
    let Color { r, g, b } = fill.color;
    AlphaColor::from_rgba8(r, g, b, (fill.opacity * 255.0).round() as u8)
}

impl Canvas for Surface {
    fn width(&self) -> u32 {
        self.picture.width()
    }

    fn height(&self) -> u32 {
        self.picture.height()
    }

    fn fill(&mut self, path: &Path, fill: Fill) {
        self.kept.context.set_paint(color(fill));
        self.kept.context.fill_path(path);
        self.record(path.elements().len());
    }

    fn pattern(&mut self, path: &Path, tile: &Picture, origin: [f32; 2]) {
        let sides = (u16::try_from(tile.width()), u16::try_from(tile.height()));
        let (Ok(width), Ok(height)) = sides else { return };
        let metadata =
            PixelMetadata { alpha_type: ImageAlphaType::AlphaPremultiplied, may_have_transparency: true };
        let pixels = Pixmap::from_parts(tile.data().to_vec(), width, height, metadata);
        let sampler = ImageSampler {
            x_extend: Extend::Repeat,
            y_extend: Extend::Repeat,
            quality: ImageQuality::Low,
            alpha: 1.0,
        };
        let context = &mut self.kept.context;
        context.set_paint(Image { image: ImageSource::Pixmap(Arc::new(pixels)), sampler });
        context.set_paint_transform(Affine::translate((f64::from(origin[0]), f64::from(origin[1]))));
        context.fill_path(path);
        context.reset_paint_transform();
        self.record(path.elements().len());
    }

    fn stroke(&mut self, path: &Path, stroke: &Stroke) {
        if stroke.width <= 0.0 {
            return;
        }
        let cap = match stroke.cap {
            LineCap::Butt => Cap::Butt,
            LineCap::Round => Cap::Round,
            LineCap::Square => Cap::Square,
        };
        let join = match stroke.join {
            LineJoin::Mitre => Join::Miter,
            LineJoin::Round => Join::Round,
            LineJoin::Bevel => Join::Bevel,
        };
        let mut style = vello_cpu::kurbo::Stroke::new(f64::from(stroke.width)).with_caps(cap).with_join(join);
        if !stroke.dashes.is_empty() {
            style = style.with_dashes(
                f64::from(stroke.dash_offset),
                stroke.dashes.iter().map(|d| f64::from(*d)).collect::<Vec<_>>(),
            );
        }
        let context = &mut self.kept.context;
        context.set_paint(color(Fill { color: stroke.color, opacity: stroke.opacity }));
        context.set_stroke(style);
        context.stroke_path(path);
        self.record(path.elements().len() * 4);
    }

    fn blit(&mut self, sprite: &Picture, left: i64, top: i64) {
        self.settle();
        self.picture.blit(sprite, left, top);
    }

    fn dots(&mut self, pixels: &[[f32; 2]], fill: Fill) {
        self.settle();
        self.picture.dots(pixels.iter().copied(), fill);
    }

    fn glyphs(&mut self, glyphs: &Glyphs, centre: [f32; 2], rotation: f32, fill: Fill) {
        let place = Affine::translate((f64::from(centre[0]), f64::from(centre[1])))
            * Affine::rotate(f64::from(rotation).to_radians())
            * Affine::translate((-f64::from(glyphs.width()) / 2.0, -f64::from(glyphs.height()) / 2.0));
        let Kept { context, resources } = &mut self.kept;
        context.set_paint(color(fill));
        context.set_transform(place);
        let mut count = 0;
        for run in glyphs.runs() {
            count += run.glyphs.len();
            let mut builder = context.glyph_run(resources, &run.font).font_size(run.size).hint(false);
            builder = builder.normalized_coords(&run.coords);
            if let Some(angle) = run.skew {
                builder = builder.glyph_transform(Affine::skew(f64::from(angle).to_radians().tan(), 0.0));
            }
            let drawn = builder.fill_glyphs(run.glyphs.iter().map(|g| Glyph { id: g.id, x: g.x, y: g.y }));
            if drawn.is_err() {
                tracing::debug!("a font has no outlines for a label");
            }
        }
        context.reset_transform();
        self.record(count * 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Path {
        let mut path = Path::new();
        path.move_to((x, y));
        path.line_to((x + side, y));
        path.line_to((x + side, y + side));
        path.line_to((x, y + side));
        path.close_path();
        path
    }

    #[test]
    fn a_fill_is_flat_and_exact_and_calls_keep_their_order() {
        let blue = Color { r: 10, g: 20, b: 200 };
        let sprite = Picture::new(2, 2, Some(Color::BLACK));
        let picture = draw(20, 20, Some(Color::WHITE), |canvas| {
            canvas.fill(&square(0.0, 0.0, 20.0), Fill { color: Color::GREY, opacity: 1.0 });
            canvas.blit(&sprite, 4, 4);
            canvas.fill(&square(5.0, 5.0, 10.0), Fill { color: blue, opacity: 1.0 });
        })
        .expect("drawn");
        assert_eq!(picture.pixel(0, 0), Some([128, 128, 128, 255]));
        assert_eq!(picture.pixel(4, 4), Some([0, 0, 0, 255]));
        for (x, y) in [(5, 5), (14, 14), (10, 10)] {
            assert_eq!(picture.pixel(x, y), Some([10, 20, 200, 255]));
        }
        assert_eq!(picture.pixel(15, 15), Some([128, 128, 128, 255]));
    }

    #[test]
    fn nothing_drawn_is_transparent_and_sizes_are_checked() {
        let picture = draw(3, 3, None, |_| {}).expect("drawn");
        assert!(picture.data().iter().all(|b| *b == 0));
        assert_eq!(draw(0, 5, None, |_| {}), Err(RenderError::Size(0, 5)));
        assert_eq!(draw(70_000, 5, None, |_| {}), Err(RenderError::Size(70_000, 5)));
    }

    #[test]
    fn a_crash_while_drawing_loses_one_picture_only() {
        let crashed = draw(5, 5, None, |_| panic!("on purpose"));
        assert_eq!(crashed, Err(RenderError::Crashed));
        assert!(draw(5, 5, None, |_| {}).is_ok());
    }
}
