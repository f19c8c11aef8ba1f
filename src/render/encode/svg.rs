//! SVG 1.1: maps that stay sharp at any size. Letters are outlines, so that they look the same without the font.

use super::{LARGEST, Sheet, png};
use crate::render::canvas::{Canvas, Path};
use crate::render::outlines::{halo, outlines};
use crate::render::text::Glyphs;
use crate::render::{Picture, RenderError};
use crate::style::{Fill, LineCap, LineJoin, Stroke};
use base64::Engine;
use std::fmt::Write;
use vello_cpu::kurbo::{PathEl, Point};

/// Millimetres of a pixel (OGC 06-042 section 7.2.4.6.9).
const PIXEL: f32 = 0.28;

/// Draws a map as an SVG document.
pub(super) fn draw(sheet: &Sheet, paint: impl FnOnce(&mut dyn Canvas)) -> Result<Vec<u8>, RenderError> {
    let (width, height) = (sheet.width, sheet.height);
    let mut drawing = Drawing { out: String::new(), width, height, patterns: 0 };
    let side = |pixels: u32| pixels as f32 * PIXEL / sheet.scale;
    let _ = write!(
        drawing.out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" \
         xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.1\" width=\"{:.2}mm\" height=\"{:.2}mm\" \
         viewBox=\"0 0 {width} {height}\">\n",
        side(width),
        side(height)
    );
    if let Some(color) = sheet.background {
        let _ =
            writeln!(drawing.out, "<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>", color.hex());
    }
    paint(&mut drawing);
    if drawing.full() {
        return Err(RenderError::TooLarge("SVG"));
    }
    drawing.out.push_str("</svg>\n");
    Ok(drawing.out.into_bytes())
}

struct Drawing {
    out: String,
    width: u32,
    height: u32,
    patterns: usize,
}

impl Drawing {
    /// Whether no more is written: the map is refused at the end.
    fn full(&self) -> bool {
        self.out.len() > LARGEST
    }

    fn path(&mut self, path: &Path, attributes: &str) {
        if self.full() || path.elements().is_empty() {
            return;
        }
        self.out.push_str("<path d=\"");
        for element in path.elements() {
            match element {
                PathEl::MoveTo(p) => self.points('M', &[*p]),
                PathEl::LineTo(p) => self.points('L', &[*p]),
                PathEl::QuadTo(a, p) => self.points('Q', &[*a, *p]),
                PathEl::CurveTo(a, b, p) => self.points('C', &[*a, *b, *p]),
                PathEl::ClosePath => self.out.push('Z'),
            }
        }
        let _ = writeln!(self.out, "\"{attributes}/>");
    }

    fn points(&mut self, letter: char, points: &[Point]) {
        self.out.push(letter);
        for (index, point) in points.iter().enumerate() {
            if index > 0 {
                self.out.push(' ');
            }
            let tidy = |v: f64| (v * 100.0).round() / 100.0;
            let _ = write!(self.out, "{} {}", tidy(point.x), tidy(point.y));
        }
    }

    /// An image element with a picture; nothing when it can't be written.
    fn image(&mut self, picture: &Picture, left: i64, top: i64) {
        let Ok(bytes) = png::png(picture) else { return };
        let body = base64::engine::general_purpose::STANDARD.encode(bytes);
        let _ = writeln!(
            self.out,
            "<image x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" xlink:href=\"data:image/png;base64,{body}\"/>",
            picture.width(),
            picture.height()
        );
    }
}

fn filled(fill: Fill) -> String {
    let opacity =
        if fill.opacity < 1.0 { format!(" fill-opacity=\"{:.3}\"", fill.opacity) } else { String::new() };
    format!(" fill=\"{}\"{opacity}", fill.color.hex())
}

impl Canvas for Drawing {
    fn width(&self) -> u32 {
        self.width
    }

    fn height(&self) -> u32 {
        self.height
    }

    fn is_drawing(&self) -> bool {
        true
    }

    fn fill(&mut self, path: &Path, fill: Fill) {
        self.path(path, &filled(fill));
    }

    fn pattern(&mut self, path: &Path, tile: &Picture, origin: [f32; 2]) {
        if self.full() {
            return;
        }
        self.patterns += 1;
        let number = self.patterns;
        let _ = write!(
            self.out,
            "<pattern id=\"p{number}\" patternUnits=\"userSpaceOnUse\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">",
            origin[0],
            origin[1],
            tile.width(),
            tile.height()
        );
        self.image(tile, 0, 0);
        self.out.push_str("</pattern>");
        self.path(path, &format!(" fill=\"url(#p{number})\""));
    }

    fn stroke(&mut self, path: &Path, stroke: &Stroke) {
        if stroke.width <= 0.0 {
            return;
        }
        let mut attributes =
            format!(" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"", stroke.color.hex(), stroke.width);
        if stroke.opacity < 1.0 {
            let _ = write!(attributes, " stroke-opacity=\"{:.3}\"", stroke.opacity);
        }
        match stroke.cap {
            LineCap::Butt => {}
            LineCap::Round => attributes.push_str(" stroke-linecap=\"round\""),
            LineCap::Square => attributes.push_str(" stroke-linecap=\"square\""),
        }
        match stroke.join {
            LineJoin::Mitre => {}
            LineJoin::Round => attributes.push_str(" stroke-linejoin=\"round\""),
            LineJoin::Bevel => attributes.push_str(" stroke-linejoin=\"bevel\""),
        }
        if !stroke.dashes.is_empty() {
            let dashes: Vec<String> = stroke.dashes.iter().map(f32::to_string).collect();
            let _ = write!(
                attributes,
                " stroke-dasharray=\"{}\" stroke-dashoffset=\"{}\"",
                dashes.join(" "),
                stroke.dash_offset
            );
        }
        self.path(path, &attributes);
    }

    fn blit(&mut self, sprite: &Picture, left: i64, top: i64) {
        if !self.full() {
            self.image(sprite, left, top);
        }
    }

    fn dots(&mut self, pixels: &[[f32; 2]], fill: Fill) {
        let mut path = Path::new();
        for [x, y] in pixels {
            let (x, y) = (f64::from(x.floor()), f64::from(y.floor()));
            path.move_to((x, y));
            path.line_to((x + 1.0, y));
            path.line_to((x + 1.0, y + 1.0));
            path.line_to((x, y + 1.0));
            path.close_path();
        }
        self.path(&path, &filled(fill));
    }

    fn glyphs(&mut self, glyphs: &Glyphs, centre: [f32; 2], rotation: f32, fill: Fill) {
        self.path(&outlines(glyphs, centre, rotation), &filled(fill));
    }

    fn around_glyphs(&mut self, glyphs: &Glyphs, centre: [f32; 2], rotation: f32, radius: f32, fill: Fill) {
        self.stroke(&outlines(glyphs, centre, rotation), &halo(radius, fill));
    }
}
