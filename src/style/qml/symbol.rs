//! Symbols: one or several layers that are drawn over each other.

use super::defined::{self, Becomes};
use super::reader::{Reader, children, number};
use super::{fills, lines, markers};
use crate::style::{Computed, Parameter, PointSymbolizer, Symbolizer};
use roxmltree::Node;

/// A symbolizer, and when it is drawn where the renderer orders by levels.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    /// Level (`pass`): lower ones first.
    pub(super) level: i64,
    /// What is drawn.
    pub(super) symbolizer: Symbolizer,
}

/// Whether a symbol layer is switched on.
pub(super) fn is_enabled(layer: &Node<'_, '_>) -> bool {
    layer.attribute("enabled") != Some("0")
}

/// Opacity of a symbol.
pub(super) fn opacity_of(symbol: Node<'_, '_>) -> f32 {
    number(symbol, "alpha").unwrap_or(1.0).clamp(0.0, 1.0) as f32
}

/// What draws a symbol.
pub(super) fn symbol<'a, 'i>(reader: &mut Reader<'a, 'i>, symbol: Node<'a, 'i>) -> Vec<Drawn> {
    let alpha = opacity_of(symbol) * reader.opacity;
    let kind = symbol.attribute("type").unwrap_or_default();
    let mut all = Vec::new();
    for layer in children(symbol, "layer").filter(is_enabled) {
        let level = number(layer, "pass").unwrap_or(0.0) as i64;
        let class = layer.attribute("class").unwrap_or_default();
        let drawn = match kind {
            "marker" => markers::marker(reader, layer, alpha, None)
                .map(|found| {
                    let unit = found.measure.unit();
                    let (graphic, computed) = (found.graphic, found.computed);
                    let at = crate::style::Places::default();
                    Symbolizer::Point(PointSymbolizer { graphic, at, unit, computed })
                })
                .into_iter()
                .collect(),
            // Areas may have lines around them among their layers.
            "fill" if class.ends_with("Line") || class == "Lineburst" => lines::line(reader, layer, alpha),
            "fill" => fills::fill(reader, layer, alpha),
            "line" => lines::line(reader, layer, alpha),
            _ => {
                reader.note(
                    symbol,
                    &format!("a symbol of type '{}' is not drawn", super::reader::quoted(kind)),
                );
                return all;
            }
        };
        all.extend(drawn.into_iter().map(|symbolizer| Drawn { level, symbolizer }));
    }
    fade(reader, symbol, &mut all);
    all
}

/// The data-defined opacity of the whole symbol.
fn fade<'a, 'i>(reader: &mut Reader<'a, 'i>, symbol: Node<'a, 'i>, all: &mut [Drawn]) {
    let known = [("alpha", Becomes::Number(Parameter::Opacity, 0.01))];
    for Computed { value, .. } in defined::computed(reader, symbol, &known) {
        let put =
            |list: &mut Vec<Computed>, parameter| list.push(Computed { parameter, value: value.clone() });
        for drawn in all.iter_mut() {
            match &mut drawn.symbolizer {
                Symbolizer::Point(point) => put(&mut point.computed, Parameter::Opacity),
                Symbolizer::Line(line) => put(&mut line.computed, Parameter::StrokeOpacity),
                Symbolizer::Polygon(polygon) => {
                    if polygon.fill.is_some() {
                        put(&mut polygon.computed, Parameter::FillOpacity);
                    }
                    if polygon.stroke.is_some() {
                        put(&mut polygon.computed, Parameter::StrokeOpacity);
                    }
                }
                _ => {}
            }
        }
    }
}
