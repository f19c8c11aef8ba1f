//! Symbol layers of points: marks, letters, pictures.

use super::defined::{Becomes, computed};
use super::length::{Length, Measure, tidy};
use super::lines::{Pen, stroke};
use super::reader::{Props, Reader, child, children, quoted};
use super::symbol::is_enabled;
use crate::style::{Color, Computed, ExternalGraphic, Fill, Graphic, Mark, MarkShape, Parameter, Symbol};
use base64::Engine;
use roxmltree::Node;

/// A marker, as it stands at points, along lines or in areas.
pub(super) struct Marker {
    /// What is seen.
    pub(super) graphic: Graphic,
    /// What of it is computed.
    pub(super) computed: Vec<Computed>,
    /// What its lengths are told in.
    pub(super) measure: Measure,
}

/// Shapes that have another name here, or none: what is drawn for them, and whether that is the same.
const SHAPES: [(&str, MarkShape, bool); 26] = [
    ("equilateral_triangle", MarkShape::Triangle, false),
    ("rounded_square", MarkShape::Square, false),
    ("square_with_corners", MarkShape::Square, false),
    ("trapezoid", MarkShape::Square, false),
    ("parallelogram_right", MarkShape::Square, false),
    ("parallelogram_left", MarkShape::Square, false),
    ("shield", MarkShape::Square, false),
    ("quarter_square", MarkShape::Square, false),
    ("half_square", MarkShape::Square, false),
    ("diagonal_half_square", MarkShape::Triangle, false),
    ("right_half_triangle", MarkShape::Triangle, false),
    ("left_half_triangle", MarkShape::Triangle, false),
    ("third_circle", MarkShape::SemiCircle, false),
    ("quarter_circle", MarkShape::SemiCircle, false),
    ("half_arc", MarkShape::SemiCircle, false),
    ("third_arc", MarkShape::SemiCircle, false),
    ("quarter_arc", MarkShape::SemiCircle, false),
    ("decagon", MarkShape::Circle, false),
    ("asterisk_fill", MarkShape::Star, false),
    ("diamond_star", MarkShape::Star, false),
    ("regular_star", MarkShape::Star, true),
    ("rectangle", MarkShape::Square, true),
    ("cross2", MarkShape::X, true),
    ("line", MarkShape::Vertical, true),
    // With QGIS these point to the right, their tip on the point.
    ("arrowhead", MarkShape::Arrowhead, false),
    ("filled_arrowhead", MarkShape::FilledArrowhead, false),
];

/// A symbol layer of a marker; `within` is the measure of what it is repeated in. Nothing where nothing can be drawn.
pub(super) fn marker<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    alpha: f32,
    within: Option<Measure>,
) -> Option<Marker> {
    let props = Props::of(layer);
    let class = layer.attribute("class").unwrap_or_default();
    let (symbol, size, measure, keys) = match class {
        "SimpleMarker" => {
            let size = props.length(&["size"], 2.0);
            let measure = within.unwrap_or_else(|| Measure::of(reader, &size));
            let shape = shape(reader, layer, props.get("name").unwrap_or("circle"));
            let mark = mark(reader, layer, &props, shape, measure);
            (
                Symbol::Mark(mark),
                size,
                measure,
                &["size", "angle", "fillColor", "outlineColor", "outlineWidth"][..],
            )
        }
        "EllipseMarker" => {
            let size = props.length(&["symbol_height"], 2.0);
            if props.length(&["symbol_width"], 2.0) != size {
                reader.note(layer, "the symbol layer 'EllipseMarker' is drawn as wide as it is high");
            }
            let measure = within.unwrap_or_else(|| Measure::of(reader, &size));
            let shape = shape(reader, layer, props.get("symbol_name").unwrap_or("circle"));
            let mark = mark(reader, layer, &props, shape, measure);
            (
                Symbol::Mark(mark),
                size,
                measure,
                &["height", "angle", "fillColor", "outlineColor", "outlineWidth"][..],
            )
        }
        "FilledMarker" => {
            let size = props.length(&["size"], 2.0);
            let measure = within.unwrap_or_else(|| Measure::of(reader, &size));
            let shape = shape(reader, layer, props.get("name").unwrap_or("circle"));
            (Symbol::Mark(filled(reader, layer, shape, measure)), size, measure, &["size", "angle"][..])
        }
        "FontMarker" => {
            let size = props.length(&["size"], 2.0);
            let measure = within.unwrap_or_else(|| Measure::of(reader, &size));
            let mark = letter(reader, layer, &props, measure)?;
            (Symbol::Mark(mark), size, measure, &["size", "angle", "fillColor"][..])
        }
        "SvgMarker" => {
            let width = props.length(&["size"], 4.0);
            let measure = within.unwrap_or_else(|| Measure::of(reader, &width));
            match embedded(props.get("name").unwrap_or_default(), &props) {
                Ok(picture) => {
                    let height = width.value * f64::from(picture.height / picture.width);
                    let size = Length { value: height, ..width };
                    (Symbol::Picture(picture), size, measure, &["size", "angle"][..])
                }
                Err(reason) => {
                    reader
                        .note(layer, &format!("the symbol layer 'SvgMarker' is drawn as a circle: {reason}"));
                    let mark = mark(reader, layer, &props, MarkShape::Circle, measure);
                    (Symbol::Mark(mark), width, measure, &["size", "angle"][..])
                }
            }
        }
        other => {
            let named = quoted(other);
            reader.note(layer, &format!("the symbol layer '{named}' is not drawn"));
            return None;
        }
    };
    let mut graphic = Graphic { symbol, opacity: alpha, ..Graphic::default() };
    graphic.size = measure.length(reader, layer, &size).max(0.0);
    if within.is_some() && graphic.size < 1.0 {
        // What is repeated must have a size.
        graphic.size = 1.0;
    }
    graphic.rotation = tidy(props.number("angle").unwrap_or(0.0) % 360.0);
    place(reader, layer, &props, measure, &mut graphic);
    let computed = properties(reader, layer, measure, &size, keys, within.is_some());
    Some(Marker { graphic, computed, measure })
}

/// Where it stands on its point: the anchor, and the shift, which turns with it.
fn place<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    props: &Props<'a>,
    measure: Measure,
    graphic: &mut Graphic,
) {
    let side = |name: &str| match props.get(name) {
        Some("0" | "left" | "top") => 0.0,
        Some("2" | "right" | "bottom") => 1.0,
        _ => 0.5,
    };
    graphic.anchor = [side("horizontal_anchor_point"), 1.0 - side("vertical_anchor_point")];
    let unit = props.get("offset_unit").unwrap_or("MM").to_owned();
    let mut shift = props.pair("offset").map(|value| {
        let length = Length { value, unit: unit.clone() };
        measure.length(reader, layer, &length)
    });
    if graphic.rotation != 0.0 {
        let (sin, cos) = graphic.rotation.to_radians().sin_cos();
        shift = [shift[0] * cos - shift[1] * sin, shift[0] * sin + shift[1] * cos];
    }
    // With QGIS y runs down.
    graphic.displacement = [tidy(f64::from(shift[0])), tidy(f64::from(-shift[1])) + 0.0];
}

fn properties<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    measure: Measure,
    size: &Length,
    keys: &[&'static str],
    repeated: bool,
) -> Vec<Computed> {
    if repeated {
        // What is repeated is the same for every feature.
        return computed(reader, layer, &[]);
    }
    let factor = |reader: &mut Reader<'a, 'i>| measure.factor(reader, layer, size);
    let mut known = Vec::new();
    for key in keys {
        known.push((
            *key,
            match *key {
                "size" | "height" => Becomes::Number(Parameter::Size, factor(reader)),
                "angle" => Becomes::Number(Parameter::Rotation, 1.0),
                "fillColor" => Becomes::Color(Parameter::Fill),
                "outlineColor" => Becomes::Color(Parameter::Stroke),
                _ => Becomes::Number(Parameter::StrokeWidth, factor(reader)),
            },
        ));
    }
    computed(reader, layer, &known)
}

fn shape<'a, 'i>(reader: &mut Reader<'a, 'i>, layer: Node<'a, 'i>, name: &str) -> MarkShape {
    if let Some((_, shape, exact)) = SHAPES.iter().find(|(known, ..)| *known == name) {
        if !exact {
            reader.note(layer, &format!("the mark '{name}' is drawn as '{}'", shape.name()));
        }
        return shape.clone();
    }
    MarkShape::named(name).filter(|_| !name.starts_with("ttf:")).unwrap_or_else(|| {
        let named = quoted(name);
        reader.note(layer, &format!("the mark '{named}' is not known and drawn as a circle"));
        MarkShape::Circle
    })
}

fn mark<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    props: &Props<'a>,
    shape: MarkShape,
    measure: Measure,
) -> Mark {
    let pen = Pen {
        color: &["outline_color", "color_border"],
        width: &["outline_width"],
        style: &["outline_style"],
        joins: "joinstyle",
        caps: "cap_style",
    };
    let border = stroke(reader, layer, props, &pen, measure);
    let fill = props.color(&["color"]).map(|(color, opacity)| Fill { color, opacity });
    let fill = fill.filter(|_| !shape.is_open());
    Mark { shape, fill, stroke: border }
}

/// A mark that is filled as an area is: its plain fill.
fn filled<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    shape: MarkShape,
    measure: Measure,
) -> Mark {
    let inner =
        child(layer, "symbol").map(|symbol| children(symbol, "layer").filter(is_enabled).collect::<Vec<_>>());
    let plain = inner.iter().flatten().find(|l| l.attribute("class") == Some("SimpleFill")).copied();
    let Some(plain) = plain else {
        reader.note(layer, "the symbol layer 'FilledMarker' is drawn grey: it has no 'SimpleFill'");
        return Mark { shape, ..Mark::default() };
    };
    if inner.is_some_and(|layers| layers.len() > 1) {
        reader.note(layer, "of the symbol layer 'FilledMarker' only the 'SimpleFill' is drawn");
    }
    let props = Props::of(plain);
    mark(reader, plain, &props, shape, measure)
}

fn letter<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    layer: Node<'a, 'i>,
    props: &Props<'a>,
    measure: Measure,
) -> Option<Mark> {
    let family = props.get("font").unwrap_or("sans-serif");
    // Older versions write Qt's whole description of the font.
    let family = family.split(',').next().unwrap_or(family).trim();
    let mut letters = props.get("chr").unwrap_or_default().chars();
    let letter = letters.next().filter(|l| !l.is_control())?;
    if letters.next().is_some() {
        reader.note(layer, "of the symbol layer 'FontMarker' only the first letter is drawn");
    }
    let shape = MarkShape::Letter { family: family.to_owned(), letter };
    Some(Mark { stroke: None, ..mark(reader, layer, props, shape, measure) })
}

/// A picture that the style holds; files of the producer's machine aren't there.
pub(super) fn embedded(name: &str, props: &Props<'_>) -> Result<ExternalGraphic, String> {
    let Some(body) = name.strip_prefix("base64:") else {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        return Err(format!("the file '{}' is not part of the style; embed it in QGIS", quoted(file)));
    };
    let packed: String = body.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(packed)
        .map_err(|_| "the embedded file is not base64".to_owned())?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => ExternalGraphic::read(with_parameters(text, props).as_bytes()),
        Err(_) => ExternalGraphic::read(&bytes),
    }
}

/// QGIS's own pictures name colours that the symbol chooses: `fill="param(fill) #FFF"`.
fn with_parameters(svg: &str, props: &Props<'_>) -> String {
    let color = |names: &[&str], default: Color| props.color(names).unwrap_or((default, 1.0));
    let (fill, fill_opacity) = color(&["color"], Color::BLACK);
    let (outline, outline_opacity) = color(&["outline_color"], Color::BLACK);
    let width = props.number("outline_width").unwrap_or(0.2).to_string();
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some((before, after)) = rest.split_once("param(") {
        let Some((name, behind)) = after.split_once(')') else { break };
        let value = match name.trim() {
            "fill" => fill.hex(),
            "fill-opacity" => fill_opacity.to_string(),
            "outline" => outline.hex(),
            "outline-opacity" | "stroke-opacity" => outline_opacity.to_string(),
            "outline-width" => width.clone(),
            _ => String::new(),
        };
        out.push_str(before);
        let end = behind.find(['"', '\'', ';']).unwrap_or(0);
        let default = behind.get(..end).unwrap_or_default().trim();
        out.push_str(if value.is_empty() { default } else { &value });
        rest = behind.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
