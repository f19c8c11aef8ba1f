//! Symbol layers of lines, and of borders.

use super::defined::{Becomes, computed};
use super::length::{Length, Measure, tidy};
use super::markers::marker;
use super::reader::{Props, Reader, child, children, quoted};
use super::symbol::{is_enabled, opacity_of};
use crate::style::{
    Graphic, GraphicStroke, LineCap, LineJoin, LineSymbolizer, Mark, MarkShape, Parameter, Places,
    PointSymbolizer, Stroke, Symbol, Symbolizer,
};
use roxmltree::Node;

/// Names of the properties of a line.
pub(super) struct Pen {
    pub(super) color: &'static [&'static str],
    pub(super) width: &'static [&'static str],
    pub(super) style: &'static [&'static str],
    pub(super) joins: &'static str,
    pub(super) caps: &'static str,
}

const LINE: Pen = Pen {
    color: &["line_color", "color"],
    width: &["line_width", "width"],
    style: &["line_style", "penstyle"],
    joins: "joinstyle",
    caps: "capstyle",
};

/// A line as its properties say; nothing where it has none.
pub(super) fn stroke<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    props: &Props<'a>,
    pen: &Pen,
    measure: Measure,
) -> Option<Stroke> {
    let style = props.any(pen.style).unwrap_or("solid");
    if style == "no" {
        return None;
    }
    let (color, opacity) = props.color(pen.color)?;
    let mut length = props.length(pen.width, 0.26);
    if length.value <= 0.0 {
        // A hairline.
        length = Length { value: 1.0, unit: "Pixel".to_owned() };
    }
    let width = measure.length(reader, layer, &length);
    let join = match props.get(pen.joins) {
        Some("round") => LineJoin::Round,
        Some("miter") => LineJoin::Mitre,
        _ => LineJoin::Bevel,
    };
    let cap = match props.get(pen.caps) {
        Some("round") => LineCap::Round,
        Some("flat") => LineCap::Butt,
        _ => LineCap::Square,
    };
    // Qt counts dashes in widths of the line.
    let dashes: &[f32] = match style {
        "dash" => &[4.0, 2.0],
        "dot" => &[1.0, 2.0],
        "dash dot" => &[4.0, 2.0, 1.0, 2.0],
        "dash dot dot" => &[4.0, 2.0, 1.0, 2.0, 1.0, 2.0],
        "solid" => &[],
        other => {
            let named = quoted(other);
            reader.note(layer, &format!("the line style '{named}' is not known and drawn solid"));
            &[]
        }
    };
    let dashes = dashes.iter().map(|d| tidy(f64::from(d * width)).min(1_000.0)).collect();
    Some(Stroke { color, opacity, width, join, cap, dashes, ..Stroke::default() })
}

/// A symbol layer of a line, also where it runs around an area; nothing where nothing can be drawn.
pub(super) fn line<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Vec<Symbolizer> {
    match layer.attribute("class").unwrap_or_default() {
        "SimpleLine" => simple(reader, layer, alpha).into_iter().collect(),
        "MarkerLine" => along(reader, layer, alpha),
        "HashLine" => hashes(reader, layer, alpha).into_iter().collect(),
        other => {
            let named = quoted(other);
            let props = Props::of(layer);
            let Some((color, opacity)) = props.color(&["line_color", "color", "color1", "single_color"])
            else {
                reader.note(layer, &format!("the symbol layer '{named}' is not drawn"));
                return Vec::new();
            };
            reader.note(layer, &format!("the symbol layer '{named}' is drawn as a plain line"));
            let width = props.length(&["line_width", "arrow_width"], 0.5);
            let measure = Measure::of(reader, &width);
            let width = measure.length(reader, layer, &width);
            let stroke = Stroke { color, opacity: opacity * alpha, width, ..Stroke::default() };
            vec![Symbolizer::Line(LineSymbolizer {
                stroke,
                unit: measure.unit(),
                ..LineSymbolizer::default()
            })]
        }
    }
}

fn simple<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Option<Symbolizer> {
    let props = Props::of(layer);
    let width = props.length(LINE.width, 0.26);
    let measure = Measure::of(reader, &width);
    let mut stroke = stroke(reader, layer, &props, &LINE, measure)?;
    stroke.opacity = tidy(f64::from(stroke.opacity * alpha));
    if props.is("use_custom_dash") {
        dashes(reader, layer, &props, measure, &mut stroke);
    }
    if props.is("draw_inside_polygon") {
        reader.note(layer, "a line 'only inside polygon' is drawn on both sides of the border");
    }
    if props.get("ring_filter").is_some_and(|filter| filter != "0") {
        reader.note(layer, "lines of only the outer or the inner rings are drawn on all");
    }
    let trimmed = ["trim_distance_start", "trim_distance_end"];
    if trimmed.iter().any(|name| props.number(name).is_some_and(|n| n != 0.0)) {
        reader.note(layer, "the trimmed ends of a line are drawn");
    }
    // With QGIS a positive offset is to the right, or into the area.
    let offset = props.length(&["offset"], 0.0);
    let offset = 0.0 - measure.length(reader, layer, &offset);
    let factor = measure.factor(reader, layer, &width);
    let known = [
        ("outlineColor", Becomes::Color(Parameter::Stroke)),
        ("outlineWidth", Becomes::Number(Parameter::StrokeWidth, factor)),
        ("offset", Becomes::Number(Parameter::PerpendicularOffset, -factor)),
    ];
    let computed = computed(reader, layer, &known);
    Some(Symbolizer::Line(LineSymbolizer { stroke, offset, unit: measure.unit(), computed }))
}

/// `customdash`: lengths with semicolons between them.
fn dashes<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    props: &Props<'a>,
    measure: Measure,
    stroke: &mut Stroke,
) {
    const MOST: usize = 32;
    let unit = props.get("customdash_unit").unwrap_or("MM").to_owned();
    let text = props.get("customdash").unwrap_or_default();
    let mut lengths = Vec::new();
    for part in text.split(';').filter(|part| !part.trim().is_empty()).take(MOST) {
        let value = part.trim().parse::<f64>().ok().filter(|v| v.is_finite() && *v >= 0.0);
        let Some(value) = value else {
            reader.note(layer, &format!("'{}' is not a dash pattern; the line is drawn solid", quoted(text)));
            return;
        };
        lengths.push(measure.length(reader, layer, &Length { value, unit: unit.clone() }));
    }
    if lengths.len() % 2 == 1 {
        lengths.push(0.0);
    }
    if lengths.iter().sum::<f32>() < 0.5 {
        reader.note(layer, "a dash pattern too fine to be seen is drawn as a solid line");
        return;
    }
    stroke.dashes = lengths;
    let offset = props.length(&["dash_pattern_offset"], 0.0);
    stroke.dash_offset = measure.length(reader, layer, &offset);
}

/// Markers along a line, or at some of its points.
fn along<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Vec<Symbolizer> {
    let props = Props::of(layer);
    let placements = props.any(&["placements", "placement"]).unwrap_or("interval");
    let Some(symbol) = child(layer, "symbol") else { return Vec::new() };
    let alpha = alpha * opacity_of(symbol);
    let mut drawn = Vec::new();
    for placement in placements.split('|') {
        let at = match placement.trim().to_ascii_lowercase().as_str() {
            "interval" => None,
            "vertex" | "innervertices" => Some(Places::Vertices),
            "firstvertex" => Some(Places::Start),
            "lastvertex" => Some(Places::End),
            "centralpoint" => Some(Places::Suitable),
            other => {
                let named = quoted(other);
                reader.note(layer, &format!("markers at '{named}' of a line are drawn at its middle"));
                Some(Places::Suitable)
            }
        };
        for inner in children(symbol, "layer").filter(is_enabled) {
            drawn.extend(match at {
                None => at_intervals(reader, layer, &props, inner, alpha),
                Some(at) => at_points(reader, layer, &props, inner, alpha, at),
            });
        }
    }
    drawn
}

fn at_points<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    props: &Props<'a>,
    inner: Node<'a, 'i>,
    alpha: f32,
    at: Places,
) -> Option<Symbolizer> {
    let found = marker(reader, inner, alpha, None)?;
    let round = found.graphic.mark().is_some_and(|m| matches!(m.shape, MarkShape::Circle | MarkShape::Dot));
    if props.get("rotate") != Some("0") && !round {
        reader.note(layer, "markers at points of a line are not turned with it");
    }
    let (graphic, computed, unit) = (found.graphic, found.computed, found.measure.unit());
    Some(Symbolizer::Point(PointSymbolizer { graphic, at, unit, computed }))
}

fn at_intervals<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    props: &Props<'a>,
    inner: Node<'a, 'i>,
    alpha: f32,
) -> Option<Symbolizer> {
    let interval = props.length(&["interval"], 3.0);
    let measure = Measure::of(reader, &interval);
    let found = marker(reader, inner, alpha, Some(measure))?;
    if props.get("rotate") == Some("0") {
        reader.note(layer, "markers along a line are turned with it");
    }
    let width = found.graphic.size * found.graphic.aspect();
    repeated(reader, layer, props, measure, found.graphic, width)
}

/// Short lines across a line.
fn hashes<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Option<Symbolizer> {
    let props = Props::of(layer);
    let interval = props.length(&["interval"], 3.0);
    let measure = Measure::of(reader, &interval);
    let inner = child(layer, "symbol").and_then(|symbol| {
        let alpha = alpha * opacity_of(symbol);
        children(symbol, "layer").find(is_enabled).map(|layer| (layer, alpha))
    });
    let (inner, alpha) = inner?;
    let stroke = stroke(reader, inner, &Props::of(inner), &LINE, measure)?;
    let length = props.length(&["hash_length"], 3.0);
    let size = measure.length(reader, layer, &length).max(1.0);
    let mark = Mark { shape: MarkShape::Vertical, fill: None, stroke: Some(stroke) };
    let rotation = tidy(props.number("hash_angle").unwrap_or(0.0));
    let graphic =
        Graphic { symbol: Symbol::Mark(mark), size, rotation, opacity: alpha, ..Graphic::default() };
    repeated(reader, layer, &props, measure, graphic, size)
}

/// A line of graphics; `width` is that of one along the line.
fn repeated<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    props: &Props<'a>,
    measure: Measure,
    graphic: Graphic,
    width: f32,
) -> Option<Symbolizer> {
    let interval = props.length(&["interval"], 3.0);
    let interval = measure.length(reader, layer, &interval);
    if interval < width {
        reader.note(layer, "graphics that would lie over each other along a line stand side by side");
    }
    let begin = props.length(&["offset_along_line"], 0.0);
    let begin = measure.length(reader, layer, &begin);
    let offset = props.length(&["offset"], 0.0);
    let offset = 0.0 - measure.length(reader, layer, &offset);
    let seen = graphic.dot().unwrap_or_default();
    let along = GraphicStroke {
        graphic,
        // QGIS counts from the middle of the first.
        initial_gap: tidy(f64::from(begin - width / 2.0)),
        gap: tidy(f64::from((interval - width).max(0.0))),
    };
    let stroke = Stroke { color: seen.color, graphic: Some(Box::new(along)), ..Stroke::default() };
    // Computed lengths have no place in what is repeated: they are named.
    let computed = computed(reader, layer, &[]);
    Some(Symbolizer::Line(LineSymbolizer { stroke, offset, unit: measure.unit(), computed }))
}
