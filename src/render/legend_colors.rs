//! What legends show of raster symbolizers: the colours of a map, one by one, or shades.

use super::canvas::{Canvas, Path};
use crate::style::{Color, ColorMap, ColorMapKind, Fill, RasterSymbolizer, Rule, Symbolizer};

/// Shades that stand for images without a map of colours.
const SHADES: usize = 16;

/// The colours of a rule's map, each with what it means; `None` where it has no map.
pub(super) fn classes(rule: &Rule) -> Option<Vec<(Fill, String)>> {
    rule.symbolizers.iter().find_map(|symbolizer| match symbolizer {
        Symbolizer::Raster(raster) => Some(entries(raster.colors.as_ref()?, raster)),
        _ => None,
    })
}

fn entries(map: &ColorMap, raster: &RasterSymbolizer) -> Vec<(Fill, String)> {
    let mut below: Option<f64> = None;
    let mut all = Vec::new();
    for entry in &map.entries {
        let quantity = entry.quantity;
        let told = entry.label.clone().unwrap_or_else(|| match (map.kind, below) {
            (ColorMapKind::Intervals { .. }, Some(from)) if quantity.is_finite() => {
                format!("{from} – {quantity}")
            }
            (ColorMapKind::Intervals { .. }, Some(from)) => format!("≥ {from}"),
            (ColorMapKind::Intervals { .. }, None) if quantity.is_finite() => format!("< {quantity}"),
            (ColorMapKind::Intervals { .. }, None) => String::new(),
            _ => quantity.to_string(),
        });
        below = Some(quantity);
        let opacity = entry.opacity * raster.opacity.unwrap_or(1.0);
        all.push((Fill { color: entry.color, opacity }, told));
    }
    all
}

/// A box of one colour.
pub(super) fn swatch(canvas: &mut dyn Canvas, fill: Fill, [left, top, right, bottom]: [f64; 4]) {
    let mut path = Path::new();
    path.move_to((left, top));
    path.line_to((right, top));
    path.line_to((right, bottom));
    path.line_to((left, bottom));
    path.close_path();
    canvas.fill(&path, fill);
}

/// Shades from black to white, side by side.
pub(super) fn shades(
    canvas: &mut dyn Canvas,
    raster: &RasterSymbolizer,
    [left, top, right, bottom]: [f64; 4],
) {
    let each = (right - left) / SHADES as f64;
    for at in 0..SHADES {
        let shade = u8::try_from(at * 255 / (SHADES - 1)).unwrap_or(255);
        let color = Color { r: shade, g: shade, b: shade };
        let fill = Fill { color, opacity: raster.opacity.unwrap_or(1.0) };
        let from = left + at as f64 * each;
        swatch(canvas, fill, [from, top, from + each, bottom]);
    }
}
