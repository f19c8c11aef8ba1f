//! Labels.

use super::StyleError;
use super::reader::{Reader, described, elements, is_parameter, quoted};
use super::symbolizers::{common, fill, unknown, word};
use crate::style::{Color, Fill, Font, FontStyle, Halo, LabelPart, Placement, TextSymbolizer};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

pub(super) fn text<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<TextSymbolizer> {
    reader.pixels_only(node)?;
    let mut symbolizer = TextSymbolizer {
        label: Vec::new(),
        font: Font::default(),
        fill: Fill { color: Color::BLACK, opacity: 1.0 },
        halo: None,
        placement: Placement::default(),
    };
    for child in elements(node) {
        match child.tag_name().name() {
            "Label" => symbolizer.label = label(reader, child)?,
            "Font" => symbolizer.font = font(reader, child)?,
            "LabelPlacement" => symbolizer.placement = placement(reader, child)?,
            "Halo" => symbolizer.halo = Some(halo(reader, child)?),
            "Fill" => symbolizer.fill = fill(reader, child)?,
            "Priority" => reader.note(child, "Priority is not used: earlier rules' labels go first"),
            _ => common(reader, child, "Label, Font, LabelPlacement, Halo or Fill")?,
        }
    }
    if symbolizer.label.is_empty() {
        return Err(reader.error(node, "a TextSymbolizer has no Label; expected text or a PropertyName"));
    }
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
                _ => return Err(reader.unexpected(child, "PropertyName, Literal or text")),
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

fn font<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Font> {
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
            "font-size" => font.size = reader.single(child, 1.0, 500.0)?,
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

fn halo<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Halo> {
    let mut halo = Halo { radius: 1.0, fill: Fill { color: Color::WHITE, opacity: 1.0 } };
    for child in elements(node) {
        match child.tag_name().name() {
            "Radius" => halo.radius = reader.single(child, 0.0, 50.0)?,
            "Fill" => {
                let given = fill(reader, child)?;
                let colored = elements(child).any(|p| described(p) == "fill");
                // SE's halo is white unless a colour is given, also when only its opacity is.
                halo.fill = if colored { given } else { Fill { color: Color::WHITE, ..given } };
            }
            _ => return Err(reader.unexpected(child, "Radius or Fill")),
        }
    }
    Ok(halo)
}

fn placement<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Placement> {
    let mut placement = Placement::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "PointPlacement" => placement = point_placement(reader, child)?,
            "LinePlacement" => placement = line_placement(reader, child)?,
            _ => return Err(reader.unexpected(child, "PointPlacement or LinePlacement")),
        }
    }
    Ok(placement)
}

fn point_placement<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Placement> {
    let (mut anchor, mut displacement, mut rotation) = ([0.0, 0.5], [0.0, 0.0], 0.0);
    for child in elements(node) {
        match child.tag_name().name() {
            "AnchorPoint" => anchor = reader.pair(child, ["AnchorPointX", "AnchorPointY"], anchor)?,
            "Displacement" => {
                displacement = reader.pair(child, ["DisplacementX", "DisplacementY"], displacement)?;
            }
            "Rotation" => rotation = reader.single(child, -36_000.0, 36_000.0)?,
            _ => return Err(reader.unexpected(child, "AnchorPoint, Displacement or Rotation")),
        }
    }
    Ok(Placement::Point { anchor, displacement, rotation })
}

fn line_placement<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Placement> {
    let mut offset = 0.0;
    for child in elements(node) {
        match child.tag_name().name() {
            "PerpendicularOffset" => offset = reader.single(child, -1000.0, 1000.0)?,
            name @ ("IsRepeated" | "InitialGap" | "Gap" | "IsAligned" | "GeneralizeLine") => {
                reader.note(child, &format!("{} is not used", quoted(name)));
            }
            _ => return Err(reader.unexpected(child, "PerpendicularOffset")),
        }
    }
    Ok(Placement::Line { offset })
}
