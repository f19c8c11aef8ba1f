//! Symbolizers on shapes.

use super::anchors;
use super::borders::{Borders, EDGES};
use super::canvas::{Canvas, Path};
use super::graphics::{Sprites, cover, graphic_line, side, tile};
use super::offset::beside;
use super::shapes::{PartKind, Shapes, is_area, trace};
use crate::style::{Fill, Graphic, LineSymbolizer, PointSymbolizer, PolygonSymbolizer, Stroke, Symbolizer};
use std::borrow::Cow;

/// Width of a line at most, in pixels.
const WIDEST: f32 = 10_000.0;
/// How symbolizers are laid onto a map.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// What every length of the style is multiplied with.
    pub scale: f32,
    /// Each symbolizer draws its own kind of geometry only: layers of mixed geometries have a symbolizer for each.
    pub strict: bool,
    /// Where patterns begin, in pixels of the map: the same place on the ground whatever part of it is drawn, so that
    /// maps side by side meet.
    pub origin: [f64; 2],
}

/// Draws features with one symbolizer; labels are no business of this function (see
/// [`super::Labels`]).
pub fn paint(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    symbolizer: &Symbolizer,
    setting: Setting,
) {
    match symbolizer {
        Symbolizer::Polygon(polygon) => areas(canvas, shapes, features, polygon, setting),
        Symbolizer::Line(line) => lines(canvas, shapes, features, line, setting),
        Symbolizer::Point(point) => points(canvas, shapes, features, point, setting),
        // Images are no shapes: see [`super::colored`]; what is drawn around them is.
        Symbolizer::Raster(raster) => {
            if let Some(outline) = &raster.outline {
                paint(canvas, shapes, features, outline, setting);
            }
        }
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
        Symbolizer::Polygon(polygon)
            if polygon.stroke.as_ref().is_none_or(|s| s.dashes.is_empty() && s.graphic.is_none()) =>
        {
            usize::MAX
        }
        Symbolizer::Polygon(PolygonSymbolizer { stroke: Some(stroke), .. })
        | Symbolizer::Line(LineSymbolizer { stroke, .. })
            if let Some(along) = &stroke.graphic =>
        {
            // Some hundred along each line.
            at_once(&along.graphic, scale, PIXELS / 100.0)
        }
        Symbolizer::Polygon(_) | Symbolizer::Line(_) | Symbolizer::Text(_) => 2_000,
        // Each is read from its file.
        Symbolizer::Raster(_) => usize::MAX,
        Symbolizer::Point(point) => at_once(&point.graphic, scale, PIXELS),
    }
}

/// Graphics that make so many pixels.
fn at_once(graphic: &Graphic, scale: f32, pixels: f32) -> usize {
    let side = side(graphic, scale) as f32;
    ((pixels / (side * side)) as usize).max(1)
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

fn areas(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    symbolizer: &PolygonSymbolizer,
    setting: Setting,
) {
    let pattern = symbolizer.pattern.as_ref().and_then(|p| Some((tile(p, setting.scale)?, p.graphic.dot())));
    let fill = symbolizer.fill.filter(|f| f.opacity > 0.0);
    // Neighbours that are filled one by one leave light seams between them; filled as one they don't.
    // Where colours add up, each feature must be filled for itself.
    let mut known = None;
    if pattern.is_none()
        && let Some(fill) = fill.filter(|f| f.opacity >= 1.0)
    {
        for batch in batches(shapes, features) {
            let borders = Borders::of(shapes, batch);
            let path = borders.outer(shapes, batch);
            if !path.elements().is_empty() {
                canvas.fill(&path, fill);
            }
            // The outline runs along the same.
            known = (batch.len() == features.len()).then_some(borders);
        }
    } else if fill.is_some() || pattern.is_some() {
        let mut path = Path::new();
        for &feature in features {
            for (_, points) in shapes.parts(feature).filter(|(kind, _)| is_area(*kind)) {
                trace(&mut path, points, true);
            }
            if path.elements().is_empty() {
                continue;
            }
            if let Some((tile, _)) = &pattern {
                cover(canvas, &path, tile, setting.origin);
            } else if let Some(fill) = fill {
                canvas.fill(&path, fill);
            }
            path.truncate(0);
        }
    }
    let own = symbolizer.stroke.as_ref().map(|s| Fill { color: s.color, opacity: s.opacity });
    dots(canvas, shapes, features, symbolizer.fill.or_else(|| pattern?.1).or(own));
    if let Some(stroke) = &symbolizer.stroke {
        outlines(canvas, shapes, features, (stroke, symbolizer.offset), setting, known, is_area);
    }
}

/// Features in groups whose edges may be compared.
fn batches<'a>(shapes: &Shapes, features: &'a [u32]) -> impl Iterator<Item = &'a [u32]> {
    let mut rest = features;
    std::iter::from_fn(move || {
        let mut edges = 0;
        let enough = rest.iter().position(|feature| {
            edges += shapes.points_of(*feature);
            edges > EDGES
        });
        // One that is too large for a group is a group.
        let (batch, others) = rest.split_at_checked(enough.unwrap_or(rest.len()).max(1))?;
        rest = others;
        Some(batch)
    })
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

/// Draws along lines, or around areas, of features; `known` are the borders of all of them.
fn outlines(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    (stroke, offset): (&Stroke, f32),
    setting: Setting,
    mut known: Option<Borders>,
    wanted: impl Fn(PartKind) -> bool + Copy,
) {
    let offset = offset * setting.scale;
    // Exteriors run so that their left lies outside, and interiors the other way.
    let shifted = |kind: PartKind, points: &[[f32; 2]]| beside(points, offset, is_area(kind));
    if let Some(graphic) = &stroke.graphic {
        let lines = features.iter().flat_map(|f| shapes.parts(*f)).filter(|(kind, _)| wanted(*kind));
        let lines = lines.map(|(kind, points)| {
            let mut line =
                if offset == 0.0 { Cow::Borrowed(points) } else { Cow::Owned(shifted(kind, points)) };
            if is_area(kind)
                && let Some(first) = line.first().copied()
            {
                line.to_mut().push(first);
            }
            line
        });
        return graphic_line(canvas, lines, graphic, setting.scale);
    }
    let stroke = scaled(stroke, setting.scale);
    if offset == 0.0 && stroke.opacity >= 1.0 && stroke.dashes.is_empty() && wanted(PartKind::Exterior) {
        for batch in batches(shapes, features) {
            let borders = known.take().unwrap_or_else(|| Borders::of(shapes, batch));
            borders.once(shapes, batch, stroke.width, |path| canvas.stroke(path, &stroke));
        }
        return single(canvas, shapes, features, &stroke, 0.0, |kind| wanted(kind) && !is_area(kind));
    }
    single(canvas, shapes, features, &stroke, offset, wanted);
}

/// Draws along the parts of features one after the other.
fn single(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    stroke: &Stroke,
    offset: f32,
    wanted: impl Fn(PartKind) -> bool,
) {
    let mut path = Path::new();
    for &feature in features {
        for (kind, points) in shapes.parts(feature).filter(|(kind, _)| wanted(*kind)) {
            if offset == 0.0 {
                trace(&mut path, points, is_area(kind));
            } else {
                trace(&mut path, &beside(points, offset, is_area(kind)), is_area(kind));
            }
        }
        if !path.elements().is_empty() {
            canvas.stroke(&path, stroke);
        }
        path.truncate(0);
    }
}

fn lines(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    symbolizer: &LineSymbolizer,
    setting: Setting,
) {
    let LineSymbolizer { stroke, offset, .. } = symbolizer;
    outlines(canvas, shapes, features, (stroke, *offset), setting, None, |kind| {
        kind == PartKind::Line || !setting.strict && is_area(kind)
    });
    let own = Fill { color: stroke.color, opacity: stroke.opacity };
    let dot = stroke.graphic.as_ref().map_or(Some(own), |g| g.graphic.dot());
    dots(canvas, shapes, features, dot);
}

fn points(
    canvas: &mut dyn Canvas,
    shapes: &Shapes,
    features: &[u32],
    symbolizer: &PointSymbolizer,
    setting: Setting,
) {
    if symbolizer.graphic.size <= 0.0 {
        return;
    }
    let mut sprites = Sprites::new(&symbolizer.graphic, setting.scale);
    for &feature in features {
        anchors::each(shapes, feature, symbolizer.at, setting.strict, &mut |at| {
            sprites.place(canvas, at, 0.0);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{GraphicStroke, Mark, Symbol};

    #[test]
    fn graphics_that_make_many_pixels_are_drawn_few_at_once_whatever_makes_them_large() {
        let wide = Stroke { width: 900.0, ..Stroke::default() };
        let mark = |stroke| Graphic {
            symbol: Symbol::Mark(Mark { stroke, ..Mark::default() }),
            size: 1.0,
            ..Graphic::default()
        };
        let point = |graphic| Symbolizer::Point(PointSymbolizer { graphic, ..PointSymbolizer::default() });
        assert!(portion(&point(mark(Some(wide.clone()))), 1.0) < 10);
        assert!(portion(&point(mark(None)), 1.0) > 100_000);
        let line = |graphic| {
            let along = GraphicStroke { graphic, initial_gap: 0.0, gap: 0.0 };
            let stroke = Stroke { graphic: Some(Box::new(along)), ..Stroke::default() };
            Symbolizer::Line(LineSymbolizer { stroke, ..LineSymbolizer::default() })
        };
        assert_eq!(portion(&line(mark(Some(wide))), 1.0), 1);
        assert!(portion(&line(mark(None)), 1.0) > 100);
    }
}
