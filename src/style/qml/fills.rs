//! Symbol layers of areas.

use super::defined::{Becomes, computed};
use super::length::{Length, Measure, tidy};
use super::lines::{Pen, stroke};
use super::markers::{embedded, marker};
use super::reader::{Props, Reader, child, children, quoted};
use super::symbol::{is_enabled, opacity_of};
use crate::style::{
    Color, Fill, Graphic, GraphicFill, Mark, MarkShape, Parameter, Places, PointSymbolizer,
    PolygonSymbolizer, Stroke, Symbol, Symbolizer,
};
use roxmltree::Node;
use std::f64::consts::SQRT_2;

const BORDER: Pen = Pen {
    color: &["outline_color", "color_border"],
    width: &["outline_width", "width_border"],
    style: &["outline_style", "style_border"],
    joins: "joinstyle",
    caps: "capstyle",
};
const INNER: Pen = Pen {
    color: &["line_color", "color"],
    width: &["line_width", "width"],
    style: &["line_style", "penstyle"],
    joins: "joinstyle",
    caps: "capstyle",
};

/// Qt's hatches are repeated after so many pixels.
const HATCH: f64 = 8.0;

/// A symbol layer of an area; nothing where nothing can be drawn.
pub(super) fn fill<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Vec<Symbolizer> {
    match layer.attribute("class").unwrap_or_default() {
        "SimpleFill" => simple(reader, layer, alpha),
        "LinePatternFill" => hatched(reader, layer, alpha),
        "PointPatternFill" => covered(reader, layer, alpha),
        "CentroidFill" => centred(reader, layer, alpha),
        "SVGFill" => pictured(reader, layer, alpha),
        other => {
            let named = quoted(other);
            let props = Props::of(layer);
            match props.color(&["color", "color1", "gradient_color2"]) {
                Some((color, opacity)) => {
                    reader.note(layer, &format!("the symbol layer '{named}' is drawn as a plain fill"));
                    let fill = Some(Fill { color, opacity: opacity * alpha });
                    vec![Symbolizer::Polygon(PolygonSymbolizer { fill, ..PolygonSymbolizer::default() })]
                }
                None => {
                    reader.note(layer, &format!("the symbol layer '{named}' is not drawn"));
                    Vec::new()
                }
            }
        }
    }
}

fn simple<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Vec<Symbolizer> {
    let props = Props::of(layer);
    let width = props.length(BORDER.width, 0.26);
    let measure = Measure::of(reader, &width);
    let border = stroke(reader, layer, &props, &BORDER, measure).map(|s| faded(s, alpha));
    let (color, opacity) = props.color(&["color"]).unwrap_or((Color::GREY, 1.0));
    let fill = Fill { color, opacity: tidy(f64::from(opacity * alpha)) };
    let style = props.get("style").unwrap_or("solid");
    let dense = |share: f32| Some(Fill { opacity: tidy(f64::from(fill.opacity * share)), ..fill });
    let (interior, hatches): (Option<Fill>, &[MarkShape]) = match style {
        "solid" => (Some(fill), &[]),
        "no" => (None, &[]),
        "horizontal" => (None, &[MarkShape::Horizontal]),
        "vertical" => (None, &[MarkShape::Vertical]),
        "cross" => (None, &[MarkShape::Horizontal, MarkShape::Vertical]),
        "b_diagonal" => (None, &[MarkShape::Slash]),
        "f_diagonal" => (None, &[MarkShape::Backslash]),
        "diagonal_x" => (None, &[MarkShape::Slash, MarkShape::Backslash]),
        _ => {
            // Parts of the area that Qt's dot patterns cover.
            let shares = [0.94, 0.88, 0.63, 0.5, 0.37, 0.12, 0.06];
            let step = style.strip_prefix("dense").and_then(|n| n.parse::<usize>().ok());
            match step.and_then(|n| shares.get(n.checked_sub(1)?)) {
                Some(share) => {
                    reader.note(layer, &format!("the brush '{style}' is drawn as a fainter colour"));
                    (dense(*share), &[])
                }
                None => {
                    let named = quoted(style);
                    reader
                        .note(layer, &format!("the brush '{named}' is not known and drawn as a plain fill"));
                    (Some(fill), &[])
                }
            }
        }
    };
    if props.pair("offset") != [0.0, 0.0] {
        reader.note(layer, "the shift of an area is not drawn");
    }
    let factor = measure.factor(reader, layer, &width);
    let known = [
        ("fillColor", Becomes::Color(Parameter::Fill)),
        ("outlineColor", Becomes::Color(Parameter::Stroke)),
        ("outlineWidth", Becomes::Number(Parameter::StrokeWidth, factor)),
    ];
    let mut all: Vec<Symbolizer> = Vec::new();
    for shape in hatches {
        // A hatch is as wide on every map as on the screen.
        let pen = Stroke { color: fill.color, opacity: fill.opacity, ..Stroke::default() };
        all.push(pattern(
            hatch(shape.clone(), pen, HATCH as f32),
            [0.0; 4],
            Measure::of(reader, &pixels(HATCH)),
        ));
    }
    let computed = computed(reader, layer, &known);
    if interior.is_some() || border.is_some() {
        all.push(Symbolizer::Polygon(PolygonSymbolizer {
            fill: interior,
            stroke: border,
            unit: measure.unit(),
            computed,
            ..PolygonSymbolizer::default()
        }));
    }
    all
}

fn pixels(value: f64) -> Length {
    Length { value, unit: "Pixel".to_owned() }
}

fn faded(stroke: Stroke, alpha: f32) -> Stroke {
    Stroke { opacity: tidy(f64::from(stroke.opacity * alpha)), ..stroke }
}

fn hatch(shape: MarkShape, pen: Stroke, size: f32) -> Graphic {
    let mark = Mark { shape, fill: None, stroke: Some(pen) };
    Graphic { symbol: Symbol::Mark(mark), size: size.clamp(1.0, 1_000.0), ..Graphic::default() }
}

fn pattern(graphic: Graphic, margin: [f32; 4], measure: Measure) -> Symbolizer {
    Symbolizer::Polygon(PolygonSymbolizer {
        pattern: Some(Box::new(GraphicFill { graphic, margin })),
        unit: measure.unit(),
        ..PolygonSymbolizer::default()
    })
}

/// Parallel lines.
fn hatched<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Vec<Symbolizer> {
    let props = Props::of(layer);
    let distance = props.length(&["distance"], 5.0);
    let measure = Measure::of(reader, &distance);
    let symbol = child(layer, "symbol");
    let alpha = alpha * symbol.map_or(1.0, opacity_of);
    let inner: Vec<Node<'a, 'i>> =
        symbol.map(|symbol| children(symbol, "layer").filter(is_enabled).collect()).unwrap_or_default();
    let angle = props.any(&["angle", "lineangle"]).and_then(|a| a.trim().parse::<f64>().ok()).unwrap_or(0.0);
    let turned = angle.rem_euclid(180.0);
    let step = (turned / 45.0).round();
    if (turned - step * 45.0).abs() > 0.5 {
        let drawn = (step * 45.0) % 180.0;
        reader.note(layer, &format!("the hatch of {angle} degrees is drawn at {drawn} degrees"));
    }
    let (shape, factor) = match step as i64 % 4 {
        0 => (MarkShape::Horizontal, 1.0),
        1 => (MarkShape::Slash, SQRT_2),
        2 => (MarkShape::Vertical, 1.0),
        _ => (MarkShape::Backslash, SQRT_2),
    };
    let size = f64::from(measure.length(reader, layer, &distance)) * factor;
    let mut all = Vec::new();
    for line in inner {
        let pen = stroke(reader, line, &Props::of(line), &INNER, measure).map(|s| faded(s, alpha));
        match pen {
            Some(pen) if line.attribute("class") == Some("SimpleLine") => {
                if !pen.dashes.is_empty() || Props::of(line).is("use_custom_dash") {
                    reader.note(line, "the dashes of a hatch are drawn as unbroken lines");
                }
                let pen = Stroke { dashes: Vec::new(), ..pen };
                all.push(pattern(hatch(shape.clone(), pen, tidy(size)), [0.0; 4], measure));
            }
            _ => {
                let named = quoted(line.attribute("class").unwrap_or_default());
                reader.note(line, &format!("a hatch of '{named}' is not drawn"));
            }
        }
    }
    computed(reader, layer, &[]);
    all
}

/// Markers in rows.
fn covered<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Vec<Symbolizer> {
    let props = Props::of(layer);
    let across = props.length(&["distance_x"], 15.0);
    let down = props.length(&["distance_y"], 15.0);
    let measure = Measure::of(reader, &across);
    let (across, down) = (measure.length(reader, layer, &across), measure.length(reader, layer, &down));
    if ["displacement_x", "displacement_y"].iter().any(|name| props.number(name).is_some_and(|n| n != 0.0)) {
        reader.note(layer, "rows of markers that are shifted against each other are drawn straight");
    }
    let Some(symbol) = child(layer, "symbol") else { return Vec::new() };
    let alpha = alpha * opacity_of(symbol);
    let mut all = Vec::new();
    for inner in children(symbol, "layer").filter(is_enabled) {
        let Some(found) = marker(reader, inner, alpha, Some(measure)) else { continue };
        let width = found.graphic.size * found.graphic.aspect();
        let free = [across - width, down - found.graphic.size];
        if free.iter().any(|room| *room < 0.0) {
            reader.note(layer, "markers that would lie over each other stand side by side");
        }
        let [x, y] = free.map(|room| tidy(f64::from(room.clamp(0.0, 1_000.0) / 2.0)));
        all.push(pattern(found.graphic, [y, x, y, x], measure));
    }
    computed(reader, layer, &[]);
    all
}

/// A marker in the middle.
fn centred<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Vec<Symbolizer> {
    let props = Props::of(layer);
    let at = if props.is("point_on_surface") { Places::Suitable } else { Places::Centroid };
    let Some(symbol) = child(layer, "symbol") else { return Vec::new() };
    let alpha = alpha * opacity_of(symbol);
    let mut all = Vec::new();
    for inner in children(symbol, "layer").filter(is_enabled) {
        if let Some(found) = marker(reader, inner, alpha, None) {
            let (graphic, computed, unit) = (found.graphic, found.computed, found.measure.unit());
            all.push(Symbolizer::Point(PointSymbolizer { graphic, at, unit, computed }));
        }
    }
    all
}

/// A picture, again and again.
fn pictured<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, alpha: f32) -> Vec<Symbolizer> {
    let props = Props::of(layer);
    let width = props.length(&["width"], 20.0);
    let measure = Measure::of(reader, &width);
    match embedded(props.get("svgFile").unwrap_or_default(), &props) {
        Ok(picture) => {
            let size = measure.length(reader, layer, &width) * picture.height / picture.width;
            let symbol = Symbol::Picture(picture);
            let graphic =
                Graphic { symbol, size: size.clamp(1.0, 1_000.0), opacity: alpha, ..Graphic::default() };
            vec![pattern(graphic, [0.0; 4], measure)]
        }
        Err(reason) => {
            reader.note(layer, &format!("the symbol layer 'SVGFill' is not drawn: {reason}"));
            Vec::new()
        }
    }
}
