//! Symbolizers on shapes.

use super::anchors;
use super::canvas::{Canvas, Path};
use super::marks::MarkSprites;
use super::offset::beside;
use super::shapes::{PartKind, Shapes, trace};
use crate::style::{Fill, LineSymbolizer, PointSymbolizer, PolygonSymbolizer, Stroke, Symbolizer};

/// Width of a line at most, in pixels.
const WIDEST: f32 = 10_000.0;
/// Elements of one batched path.
const BATCH: usize = 500_000;

/// Draws features with one symbolizer; labels are no business of this function (see
/// [`super::Labels`]). `scale` multiplies every length of the style. With `strict`, each symbolizer draws
/// its own kind of geometry only: layers of mixed geometries have a symbolizer for each.
pub fn paint(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    symbolizer: &Symbolizer,
    scale: f32,
    strict: bool,
) {
    match symbolizer {
        Symbolizer::Polygon(polygon) => areas(canvas, shapes, features, polygon, scale),
        Symbolizer::Line(line) => lines(canvas, shapes, features, line, scale, strict),
        Symbolizer::Point(point) => points(canvas, shapes, features, point, scale, strict),
        Symbolizer::Text(_) => {}
    }
}

/// Features to draw between two looks at the clock: fewer where each costs more.
#[must_use]
pub fn portion(symbolizer: &Symbolizer, scale: f32) -> usize {
    /// Pixels that are painted in some hundredths of a second.
    const PIXELS: f32 = 2e7;
    match symbolizer {
        // Areas of one colour are filled as one.
        Symbolizer::Polygon(polygon) if polygon.stroke.as_ref().is_none_or(|s| s.dashes.is_empty()) => {
            usize::MAX
        }
        Symbolizer::Polygon(_) | Symbolizer::Line(_) | Symbolizer::Text(_) => 2_000,
        Symbolizer::Point(point) => {
            let side = (point.size * scale).clamp(1.0, 4096.0);
            ((PIXELS / (side * side)) as usize).max(1)
        }
    }
}

/// A stroke with its lengths multiplied, none larger than any picture.
pub(super) fn scaled(stroke: &Stroke, scale: f32) -> Stroke {
    Stroke {
        width: (stroke.width * scale).min(WIDEST),
        // A pattern that hardly advances would never end.
        dashes: if stroke.dashes.iter().sum::<f32>() * scale < 0.4 {
            Vec::new()
        } else {
            stroke.dashes.iter().map(|d| d * scale).collect()
        },
        dash_offset: stroke.dash_offset * scale,
        ..stroke.clone()
    }
}

fn is_area(kind: PartKind) -> bool {
    matches!(kind, PartKind::Exterior | PartKind::Interior)
}

fn areas(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    symbolizer: &PolygonSymbolizer,
    scale: f32,
) {
    let mut path = Path::new();
    if let Some(fill) = symbolizer.fill.filter(|f| f.opacity > 0.0) {
        // Neighbours that are filled one by one leave light seams between them; filled as one they don't.
        // Where colours add up, each feature must be filled for itself.
        let together = fill.opacity >= 1.0;
        for &feature in features {
            for (_, points) in shapes.parts(feature).filter(|(kind, _)| is_area(*kind)) {
                trace(&mut path, points, true);
            }
            if !together || path.elements().len() > BATCH {
                flush(canvas, &mut path, fill);
            }
        }
        flush(canvas, &mut path, fill);
    }
    let own = symbolizer.stroke.as_ref().map(|s| Fill { color: s.color, opacity: s.opacity });
    dots(canvas, shapes, features, symbolizer.fill.or(own));
    if let Some(stroke) = &symbolizer.stroke {
        let stroke = scaled(stroke, scale);
        let offset = symbolizer.offset * scale;
        for &feature in features {
            outline(canvas, shapes, feature, &mut path, (&stroke, offset), is_area);
        }
    }
}

fn flush(canvas: &mut dyn Canvas, path: &mut Path, fill: Fill) {
    if !path.elements().is_empty() {
        canvas.fill(path, fill);
        path.truncate(0);
    }
}

/// What is smaller than a pixel: one pixel each.
fn dots(canvas: &mut dyn Canvas, shapes: &Shapes, features: &[u32], fill: Option<Fill>) {
    let Some(fill) = fill else { return };
    let places: Vec<[f32; 2]> = features
        .iter()
        .flat_map(|f| shapes.parts(*f))
        .filter(|(kind, _)| *kind == PartKind::Dot)
        .filter_map(|(_, points)| points.first().copied())
        .collect();
    if !places.is_empty() {
        canvas.dots(&places, fill);
    }
}

fn outline(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    feature: u32,
    path: &mut Path,
    (stroke, offset): (&Stroke, f32),
    wanted: impl Fn(PartKind) -> bool,
) {
    path.truncate(0);
    for (kind, points) in shapes.parts(feature).filter(|(kind, _)| wanted(*kind)) {
        if offset == 0.0 {
            trace(path, points, is_area(kind));
        } else {
            // Exteriors run so that their left lies outside, and interiors the other way.
            trace(path, &beside(points, offset, is_area(kind)), is_area(kind));
        }
    }
    if !path.elements().is_empty() {
        canvas.stroke(path, stroke);
    }
    path.truncate(0);
}

fn lines(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    symbolizer: &LineSymbolizer,
    scale: f32,
    strict: bool,
) {
    let stroke = scaled(&symbolizer.stroke, scale);
    let mut path = Path::new();
    let offset = symbolizer.offset * scale;
    for &feature in features {
        outline(canvas, shapes, feature, &mut path, (&stroke, offset), |kind| {
            kind == PartKind::Line || !strict && is_area(kind)
        });
    }
    dots(canvas, shapes, features, Some(Fill { color: stroke.color, opacity: stroke.opacity }));
}

fn points(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    symbolizer: &PointSymbolizer,
    scale: f32,
    strict: bool,
) {
    if symbolizer.size <= 0.0 {
        return;
    }
    let mut sprites = MarkSprites::new(symbolizer, scale);
    for &feature in features {
        let mut is_point = false;
        for (_, points) in shapes.parts(feature).filter(|(kind, _)| *kind == PartKind::Point) {
            is_point = true;
            if let Some(at) = points.first() {
                sprites.place(canvas, *at);
            }
        }
        if !is_point
            && !strict
            && let Some(at) = anchors::middle(shapes, feature)
        {
            sprites.place(canvas, at);
        }
    }
}
