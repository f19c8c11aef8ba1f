//! PDF 1.7 (ISO 32000-1): one page as large as the map in print. Letters are outlines, so that no font is needed.

use super::png::zlib;
use super::{LARGEST, Sheet, straight};
use crate::render::canvas::{Canvas, Path};
use crate::render::outlines::{halo, outlines};
use crate::render::text::Glyphs;
use crate::render::{Picture, RenderError};
use crate::style::{Color, Fill, LineCap, LineJoin, Stroke};
use pdf_writer::types::{LineCapStyle, LineJoinStyle, PaintType, TilingType};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};
use vello_cpu::kurbo::PathEl;

/// Points of 1/72 inch for a pixel of 0.28 mm (OGC 06-042 section 7.2.4.6.9).
const POINTS: f32 = 0.28 / 25.4 * 72.0;
/// Longest side of a page in points that readers take (ISO 32000-1 annex C).
const LONGEST: f32 = 14_400.0;

/// Draws a map as a document of one page.
pub(super) fn draw(sheet: &Sheet, paint: impl FnOnce(&mut dyn Canvas)) -> Result<Vec<u8>, RenderError> {
    let (width, height) = (sheet.width as f32, sheet.height as f32);
    let points = (POINTS / sheet.scale).min(LONGEST / width.max(height));
    let mut page = Page {
        pdf: Pdf::new(),
        content: Content::new(),
        next: 5,
        images: Vec::new(),
        patterns: Vec::new(),
        opacities: Vec::new(),
        size: [sheet.width, sheet.height],
        // Pages count upwards, maps downwards.
        to_page: [points, 0.0, 0.0, -points, 0.0, height * points],
    };
    page.content.transform(page.to_page);
    if let Some(color) = sheet.background {
        page.color(color);
        page.content.rect(0.0, 0.0, width, height).fill_nonzero();
    }
    paint(&mut page);
    if page.full() {
        return Err(RenderError::TooLarge("PDF"));
    }
    page.finish([width * points, height * points]).ok_or(RenderError::Encoding("PDF"))
}

struct Page {
    pdf: Pdf,
    content: Content,
    /// Number of the next object.
    next: i32,
    images: Vec<Ref>,
    patterns: Vec<Ref>,
    /// Opacities in use, in 255ths: graphics states of their own.
    opacities: Vec<u8>,
    size: [u32; 2],
    to_page: [f32; 6],
}

impl Page {
    fn full(&self) -> bool {
        self.content.len() + self.pdf.len() > LARGEST
    }

    fn object(&mut self) -> Ref {
        self.next += 1;
        Ref::new(self.next)
    }

    fn color(&mut self, color: Color) {
        let [r, g, b] = rgb(color);
        self.content.set_fill_rgb(r, g, b);
    }

    /// What is drawn next lets so much through.
    fn opacity(&mut self, opacity: f32) {
        let share = (opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
        let index = self.opacities.iter().position(|o| *o == share).unwrap_or_else(|| {
            self.opacities.push(share);
            self.opacities.len() - 1
        });
        self.content.set_parameters(Name(format!("G{index}").as_bytes()));
    }

    fn trace(&mut self, path: &Path) {
        let content = &mut self.content;
        let mut last = (0.0, 0.0);
        for element in path.elements() {
            match element {
                PathEl::MoveTo(p) => {
                    content.move_to(p.x as f32, p.y as f32);
                    last = (p.x, p.y);
                }
                PathEl::LineTo(p) => {
                    content.line_to(p.x as f32, p.y as f32);
                    last = (p.x, p.y);
                }
                PathEl::QuadTo(c, p) => {
                    // PDF has cubic curves only: the same curve has its controls two thirds of the way.
                    let third = |from: f64, control: f64| (from + 2.0 * (control - from) / 3.0) as f32;
                    content.cubic_to(
                        third(last.0, c.x),
                        third(last.1, c.y),
                        third(p.x, c.x),
                        third(p.y, c.y),
                        p.x as f32,
                        p.y as f32,
                    );
                    last = (p.x, p.y);
                }
                PathEl::CurveTo(a, b, p) => {
                    content.cubic_to(a.x as f32, a.y as f32, b.x as f32, b.y as f32, p.x as f32, p.y as f32);
                    last = (p.x, p.y);
                }
                PathEl::ClosePath => {
                    content.close_path();
                }
            }
        }
    }

    /// A picture as an object of the document; `None` when it can't be written.
    fn image(&mut self, picture: &Picture) -> Option<Ref> {
        let (width, height) = (i32::try_from(picture.width()).ok()?, i32::try_from(picture.height()).ok()?);
        let rgba = straight(picture);
        let colors: Vec<u8> = rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        let alphas: Vec<u8> = rgba.chunks_exact(4).map(|p| p[3]).collect();
        let (colors, alphas) = (zlib(&colors)?, zlib(&alphas)?);
        let (id, mask) = (self.object(), self.object());
        let mut image = self.pdf.image_xobject(id, &colors);
        image.filter(Filter::FlateDecode);
        image.width(width).height(height).bits_per_component(8).s_mask(mask);
        image.color_space().device_rgb();
        image.finish();
        let mut alpha = self.pdf.image_xobject(mask, &alphas);
        alpha.filter(Filter::FlateDecode);
        alpha.width(width).height(height).bits_per_component(8);
        alpha.color_space().device_gray();
        alpha.finish();
        self.images.push(id);
        Some(id)
    }

    /// Writes the objects that everything above refers to.
    fn finish(mut self, [width, height]: [f32; 2]) -> Option<Vec<u8>> {
        let [catalog, pages, page, stream] = [1, 2, 3, 4].map(Ref::new);
        self.pdf.catalog(catalog).pages(pages);
        self.pdf.pages(pages).kids([page]).count(1);
        let states: Vec<(String, Ref, f32)> = (0..self.opacities.len())
            .map(|i| {
                (format!("G{i}"), self.object(), self.opacities.get(i).map_or(1.0, |o| f32::from(*o) / 255.0))
            })
            .collect();
        for (_, id, opacity) in &states {
            self.pdf.ext_graphics(*id).non_stroking_alpha(*opacity).stroking_alpha(*opacity);
        }
        let mut written = self.pdf.page(page);
        written.parent(pages).media_box(Rect::new(0.0, 0.0, width, height)).contents(stream);
        let mut resources = written.resources();
        let mut images = resources.x_objects();
        for id in &self.images {
            images.pair(Name(format!("I{}", id.get()).as_bytes()), id);
        }
        images.finish();
        let mut patterns = resources.patterns();
        for id in &self.patterns {
            patterns.pair(Name(format!("P{}", id.get()).as_bytes()), id);
        }
        patterns.finish();
        let mut graphics = resources.ext_g_states();
        for (name, id, _) in &states {
            graphics.pair(Name(name.as_bytes()), id);
        }
        graphics.finish();
        resources.finish();
        written.finish();
        let packed = zlib(&self.content.finish())?;
        self.pdf.stream(stream, &packed).filter(Filter::FlateDecode);
        Some(self.pdf.finish())
    }
}

fn rgb(color: Color) -> [f32; 3] {
    [color.r, color.g, color.b].map(|c| f32::from(c) / 255.0)
}

impl Canvas for Page {
    fn width(&self) -> u32 {
        self.size[0]
    }

    fn height(&self) -> u32 {
        self.size[1]
    }

    fn is_drawing(&self) -> bool {
        true
    }

    fn fill(&mut self, path: &Path, fill: Fill) {
        if self.full() || path.elements().is_empty() {
            return;
        }
        self.opacity(fill.opacity);
        self.color(fill.color);
        self.trace(path);
        self.content.fill_nonzero();
    }

    fn pattern(&mut self, path: &Path, tile: &Picture, origin: [f32; 2]) {
        if self.full() || path.elements().is_empty() {
            return;
        }
        let Some(image) = self.image(tile) else { return };
        let (width, height) = (tile.width() as f32, tile.height() as f32);
        let name = format!("I{}", image.get());
        let mut content = Content::new();
        content.transform([width, 0.0, 0.0, -height, 0.0, height]).x_object(Name(name.as_bytes()));
        let content = content.finish();
        let [a, b, c, d, e, f] = self.to_page;
        let id = self.object();
        let mut pattern = self.pdf.tiling_pattern(id, &content);
        pattern
            .paint_type(PaintType::Colored)
            .tiling_type(TilingType::ConstantSpacing)
            .bbox(Rect::new(0.0, 0.0, width, height))
            .x_step(width)
            .y_step(height)
            .matrix([a, b, c, d, e + a * origin[0], f + d * origin[1]]);
        pattern.resources().x_objects().pair(Name(name.as_bytes()), image);
        pattern.finish();
        self.patterns.push(id);
        self.opacity(1.0);
        self.content.save_state();
        self.content.set_fill_color_space(pdf_writer::types::ColorSpaceOperand::Pattern);
        self.content.set_fill_pattern([], Name(format!("P{}", id.get()).as_bytes()));
        self.trace(path);
        self.content.fill_nonzero();
        self.content.restore_state();
    }

    fn stroke(&mut self, path: &Path, stroke: &Stroke) {
        if stroke.width <= 0.0 || self.full() || path.elements().is_empty() {
            return;
        }
        self.opacity(stroke.opacity);
        let [r, g, b] = rgb(stroke.color);
        self.content.set_stroke_rgb(r, g, b).set_line_width(stroke.width);
        self.content.set_line_cap(match stroke.cap {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        self.content.set_line_join(match stroke.join {
            LineJoin::Mitre => LineJoinStyle::MiterJoin,
            LineJoin::Round => LineJoinStyle::RoundJoin,
            LineJoin::Bevel => LineJoinStyle::BevelJoin,
        });
        self.content.set_dash_pattern(stroke.dashes.iter().copied(), stroke.dash_offset);
        self.trace(path);
        self.content.stroke();
    }

    fn blit(&mut self, sprite: &Picture, left: i64, top: i64) {
        if self.full() {
            return;
        }
        let Some(id) = self.image(sprite) else { return };
        let (width, height) = (sprite.width() as f32, sprite.height() as f32);
        self.opacity(1.0);
        self.content.save_state();
        self.content.transform([width, 0.0, 0.0, -height, left as f32, top as f32 + height]);
        self.content.x_object(Name(format!("I{}", id.get()).as_bytes()));
        self.content.restore_state();
    }

    fn dots(&mut self, pixels: &[[f32; 2]], fill: Fill) {
        if self.full() {
            return;
        }
        self.opacity(fill.opacity);
        self.color(fill.color);
        for [x, y] in pixels {
            self.content.rect(x.floor(), y.floor(), 1.0, 1.0);
        }
        self.content.fill_nonzero();
    }

    fn glyphs(&mut self, glyphs: &Glyphs, centre: [f32; 2], rotation: f32, fill: Fill) {
        self.fill(&outlines(glyphs, centre, rotation), fill);
    }

    fn around_glyphs(&mut self, glyphs: &Glyphs, centre: [f32; 2], rotation: f32, radius: f32, fill: Fill) {
        self.stroke(&outlines(glyphs, centre, rotation), &halo(radius, fill));
    }
}
