//! Labels.

use super::StyleError;
use super::expression::{DEPTH, Parameters, expression};
use super::layout::{self, line_placement};
use super::reader::{Reader, described, elements, is_parameter};
use super::symbolizers::{INTERIOR, common, fill, places, unknown, word};
use crate::style::{
    Color, Fill, Font, FontStyle, Halo, LabelLayout, LabelPart, Parameter, Placement, Places, TextSymbolizer,
};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

pub(super) fn text<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<TextSymbolizer> {
    let mut parameters = Parameters::default();
    let mut symbolizer = TextSymbolizer {
        unit: reader.unit(node)?,
        computed: Vec::new(),
        label: Vec::new(),
        font: Font::default(),
        fill: Fill { color: Color::BLACK, opacity: 1.0 },
        halo: None,
        placement: Placement::default(),
        at: Places::default(),
        layout: LabelLayout::default(),
    };
    for child in elements(node) {
        match child.tag_name().name() {
            "Label" => symbolizer.label = label(reader, child)?,
            "Font" => symbolizer.font = font(reader, child, &mut parameters)?,
            "LabelPlacement" => {
                let layout = &mut symbolizer.layout;
                symbolizer.placement = placement(reader, child, &mut parameters, layout)?;
            }
            "Halo" => symbolizer.halo = Some(halo(reader, child, &mut parameters)?),
            "Fill" => symbolizer.fill = letters(reader, child, &mut parameters, INTERIOR, Color::BLACK)?,
            "Geometry" => symbolizer.at = places(reader, child)?,
            "Priority" => layout::priority(reader, child, &mut symbolizer.layout)?,
            "VendorOption" => layout::option(reader, child, &mut symbolizer.layout)?,
            _ => common(reader, child, "Label, Font, LabelPlacement, Halo or Fill")?,
        }
    }
    if symbolizer.label.is_empty() {
        return Err(reader.error(node, "a TextSymbolizer has no Label; expected text or a PropertyName"));
    }
    symbolizer.computed = parameters.computed;
    Ok(symbolizer)
}

/// Mixed content: characters, literals and property values. White space between elements is layout of
/// the document; a space that is meant stands in CDATA or beside other characters.
fn label<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Vec<LabelPart>> {
    let mut parts = Vec::new();
    for child in node.children() {
        if child.is_text() {
            let text = child.text().unwrap_or_default();
            let laid_out = text.trim().is_empty() && text.contains('\n');
            if !laid_out && !text.is_empty() {
                parts.push(LabelPart::Text(collapsed(text)));
            }
        } else if child.is_element() {
            let value = child.text().unwrap_or_default();
            match child.tag_name().name() {
                "PropertyName" | "ValueReference" => {
                    let path = value.trim();
                    let name = path.rsplit([':', '/']).next().unwrap_or(path);
                    if name.is_empty() {
                        return Err(reader.error(child, "an empty PropertyName; expected a property"));
                    }
                    parts.push(LabelPart::Property(name.to_owned()));
                }
                "Literal" => parts.push(LabelPart::Text(value.to_owned())),
                _ => parts.push(LabelPart::Computed(expression(reader, child, DEPTH)?)),
            }
        }
    }
    // Layout around the whole label goes, too.
    if let Some(LabelPart::Text(first)) = parts.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if let Some(LabelPart::Text(last)) = parts.last_mut() {
        *last = last.trim_end().to_owned();
    }
    parts.retain(|p| !matches!(p, LabelPart::Text(t) if t.is_empty()));
    Ok(parts)
}

/// Runs of white space with a line break in them become one space.
fn collapsed(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut out = words.join(" ");
    if text.starts_with(char::is_whitespace) {
        out.insert(0, ' ');
    }
    if text.ends_with(char::is_whitespace) {
        out.push(' ');
    }
    out
}

fn font<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>, parameters: &mut Parameters) -> Parsed<Font> {
    let mut font = Font::default();
    for child in elements(node) {
        if !is_parameter(child) {
            return Err(reader.unexpected(child, "a parameter such as 'font-family' or 'font-size'"));
        }
        match described(child) {
            "font-family" => {
                let text = reader.text(child)?;
                let names = text.split(',').map(|n| n.trim().trim_matches(['"', '\'']));
                font.families.extend(names.filter(|n| !n.is_empty()).map(str::to_owned));
            }
            "font-size" => {
                parameters.single(reader, child, Parameter::FontSize, (1.0, 500.0), &mut font.size)?;
            }
            "font-style" => {
                font.style = word(
                    reader,
                    child,
                    &[
                        ("normal", FontStyle::Normal),
                        ("italic", FontStyle::Italic),
                        ("oblique", FontStyle::Oblique),
                    ],
                )?;
            }
            "font-weight" => font.weight = weight(reader, child)?,
            other => {
                return Err(unknown(reader, child, other, "font-family, font-size, font-style, font-weight"));
            }
        }
    }
    Ok(font)
}

fn weight<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<f32> {
    match reader.text(node)?.to_ascii_lowercase().as_str() {
        "normal" => Ok(400.0),
        "bold" => Ok(700.0),
        _ => reader.single(node, 100.0, 900.0).map_err(|mut e| {
            e.message.push_str(", 'normal' or 'bold'");
            e
        }),
    }
}

/// A Fill whose colour is this one unless it is given, also when only its opacity is.
fn letters<'a, 'i>(
    reader: &Reader<'a, 'i>,
    node: Node<'a, 'i>,
    parameters: &mut Parameters,
    which: [Parameter; 2],
    color: Color,
) -> Parsed<Fill> {
    let given = fill(reader, node, parameters, which)?;
    let colored = elements(node).any(|p| described(p) == "fill");
    Ok(if colored { given } else { Fill { color, ..given } })
}

fn halo<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>, parameters: &mut Parameters) -> Parsed<Halo> {
    let mut halo = Halo { radius: 1.0, fill: Fill { color: Color::WHITE, opacity: 1.0 } };
    for child in elements(node) {
        match child.tag_name().name() {
            "Radius" => {
                parameters.single(reader, child, Parameter::HaloRadius, (0.0, 50.0), &mut halo.radius)?;
            }
            "Fill" => {
                let which = [Parameter::HaloFill, Parameter::HaloOpacity];
                halo.fill = letters(reader, child, parameters, which, Color::WHITE)?;
            }
            _ => return Err(reader.unexpected(child, "Radius or Fill")),
        }
    }
    Ok(halo)
}

fn placement<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    parameters: &mut Parameters,
    layout: &mut LabelLayout,
) -> Parsed<Placement> {
    let mut placement = Placement::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "PointPlacement" => placement = point_placement(reader, child, parameters)?,
            "LinePlacement" => placement = line_placement(reader, child, layout)?,
            _ => return Err(reader.unexpected(child, "PointPlacement or LinePlacement")),
        }
    }
    Ok(placement)
}

fn point_placement<'a, 'i>(
    reader: &Reader<'a, 'i>,
    node: Node<'a, 'i>,
    parameters: &mut Parameters,
) -> Parsed<Placement> {
    let (mut anchor, mut displacement, mut rotation) = ([0.0, 0.5], [0.0, 0.0], 0.0);
    for child in elements(node) {
        match child.tag_name().name() {
            "AnchorPoint" => anchor = reader.pair(child, ["AnchorPointX", "AnchorPointY"], anchor)?,
            "Displacement" => {
                displacement = reader.pair(child, ["DisplacementX", "DisplacementY"], displacement)?;
            }
            "Rotation" => {
                let bounds = (-36_000.0, 36_000.0);
                parameters.single(reader, child, Parameter::Rotation, bounds, &mut rotation)?;
            }
            _ => return Err(reader.unexpected(child, "AnchorPoint, Displacement or Rotation")),
        }
    }
    Ok(Placement::Point { anchor, displacement, rotation })
}
