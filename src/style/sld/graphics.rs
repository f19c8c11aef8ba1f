//! Graphics: marks and pictures (OGC 05-077r4 clause 11.3.2).

use super::StyleError;
use super::expression::Parameters;
use super::reader::{Reader, elements, quoted};
use super::symbolizers::{INTERIOR, LARGEST, fill, stroke};
use crate::style::{
    ExternalGraphic, Graphic, GraphicFill, GraphicStroke, Mark, MarkShape, Parameter, Symbol,
};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

/// `Graphic`. Its marks and pictures are alternatives: the first that can be drawn is drawn.
pub(super) fn graphic<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    parameters: &mut Parameters,
) -> Parsed<Graphic> {
    let mut graphic = Graphic::default();
    let mut symbol = None;
    let has_mark = elements(node).any(|c| c.tag_name().name() == "Mark");
    let mut sized = false;
    for child in elements(node) {
        match child.tag_name().name() {
            "Mark" if symbol.is_none() => symbol = Some(Symbol::Mark(mark(reader, child, parameters)?)),
            "ExternalGraphic" if symbol.is_none() => match external(reader, child) {
                Ok(picture) => symbol = Some(Symbol::Picture(picture)),
                Err(error) if has_mark => {
                    let message = format!("{}: the Mark beside it is drawn", error.message);
                    reader.note(child, &message);
                }
                Err(error) => return Err(error),
            },
            "Mark" | "ExternalGraphic" => reader.note(child, "only the first Mark of a Graphic is drawn"),
            "Opacity" => {
                parameters.single(reader, child, Parameter::Opacity, (0.0, 1.0), &mut graphic.opacity)?;
            }
            "Size" => {
                sized = true;
                parameters.single(reader, child, Parameter::Size, (0.0, LARGEST), &mut graphic.size)?;
            }
            "Rotation" => {
                let (bounds, place) = ((-36_000.0, 36_000.0), &mut graphic.rotation);
                parameters.single(reader, child, Parameter::Rotation, bounds, place)?;
            }
            "AnchorPoint" => {
                graphic.anchor = reader.pair(child, ["AnchorPointX", "AnchorPointY"], [0.5, 0.5])?;
            }
            "Displacement" => {
                graphic.displacement = reader.pair(child, ["DisplacementX", "DisplacementY"], [0.0, 0.0])?;
            }
            // What GraphicStroke has beside its graphic; some programs write it inside.
            "InitialGap" | "Gap" => {}
            _ => {
                let expected = "Mark, ExternalGraphic, Size, Opacity, Rotation, AnchorPoint or Displacement";
                return Err(reader.unexpected(child, expected));
            }
        }
    }
    if let Some(symbol) = symbol {
        if let (Symbol::Picture(picture), false) = (&symbol, sized) {
            // SE 11.3.2: without a Size a picture is as large as its file says.
            graphic.size = picture.height.min(LARGEST as f32);
        }
        graphic.symbol = symbol;
    }
    Ok(graphic)
}

fn mark<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    parameters: &mut Parameters,
) -> Parsed<Mark> {
    // A Mark that paints nothing of its own would be invisible: SE's defaults fill and outline it.
    let mut mark = Mark { shape: MarkShape::Square, fill: None, stroke: None };
    for child in elements(node) {
        match child.tag_name().name() {
            "WellKnownName" => mark.shape = shape(reader, child, &reader.text(child)?)?,
            // SE 11.3.2: a mark of a font, its letter by number.
            "OnlineResource" => {
                let font = href(child).unwrap_or_default();
                let index = elements(node).find(|c| c.tag_name().name() == "MarkIndex");
                let number = match index {
                    Some(index) => reader.number(index, 32.0, f64::from(u32::from(char::MAX)))? as u32,
                    None => {
                        return Err(
                            reader.unexpected(child, "WellKnownName, or OnlineResource with MarkIndex")
                        );
                    }
                };
                let family = font.trim_start_matches("ttf://");
                mark.shape = shape(reader, child, &format!("ttf://{family}#0x{number:x}"))?;
            }
            "Format" | "MarkIndex" => {}
            "Fill" => mark.fill = Some(fill(reader, child, parameters, INTERIOR)?),
            // Refused before it is read: a mark in its own border could stand in itself without end.
            "Stroke" if elements(child).any(|c| c.tag_name().name() == "GraphicStroke") => {
                return Err(reader.error(child, "a GraphicStroke around a Mark is not supported"));
            }
            "Stroke" => mark.stroke = Some(stroke(reader, child, parameters)?),
            _ => return Err(reader.unexpected(child, "WellKnownName, Fill or Stroke")),
        }
    }
    if mark.fill.is_none() && mark.stroke.is_none() {
        mark = Mark { shape: mark.shape, ..Mark::default() };
    }
    Ok(mark)
}

fn shape<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>, text: &str) -> Parsed<MarkShape> {
    MarkShape::named(text).ok_or_else(|| {
        let known: Vec<String> = MarkShape::ALL.iter().map(MarkShape::name).collect();
        reader.error(
            node,
            format!(
                "mark '{}' is not supported; expected one of {}, or a letter of a font as 'ttf://DejaVu Sans#0x2708'",
                quoted(text),
                known.join(", ")
            ),
        )
    })
}

fn href<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    node.attributes().find(|a| a.name() == "href").map(|a| a.value().trim())
}

/// `ExternalGraphic`, whose picture the document itself holds: as `InlineContent` or as an address `data:…`.
fn external<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<ExternalGraphic> {
    for child in elements(node) {
        let bytes = match child.tag_name().name() {
            "OnlineResource" => match href(child).and_then(data) {
                Some(bytes) => bytes,
                None => {
                    let message = format!(
                        "the picture '{}' is not part of the style: nothing is fetched from elsewhere; write it \
                         into the style as 'data:image/svg+xml;base64,…' or as InlineContent",
                        quoted(href(child).unwrap_or_default())
                    );
                    return Err(reader.error(child, message));
                }
            },
            "InlineContent" => match (child.attribute("encoding"), elements(child).next()) {
                (Some("xml"), Some(root)) => reader.source(root).as_bytes().to_vec(),
                (Some("base64") | None, None) => {
                    let text = child.text().unwrap_or_default();
                    decode(text).ok_or_else(|| reader.error(child, "the InlineContent is not base64"))?
                }
                _ => {
                    return Err(
                        reader.error(child, "InlineContent has encoding base64, or xml with an svg element")
                    );
                }
            },
            "Format" => continue,
            "ColorReplacement" => {
                return Err(reader.unexpected(child, "OnlineResource, InlineContent or Format"));
            }
            _ => return Err(reader.unexpected(child, "OnlineResource, InlineContent or Format")),
        };
        return ExternalGraphic::read(&bytes).map_err(|message| reader.error(child, message));
    }
    Err(reader.error(node, "an ExternalGraphic has no OnlineResource or InlineContent"))
}

/// The bytes of an address `data:…` (RFC 2397).
fn data(href: &str) -> Option<Vec<u8>> {
    let (head, body) = href.strip_prefix("data:")?.split_once(',')?;
    if head.ends_with(";base64") {
        return decode(&percent_encoding::percent_decode_str(body).decode_utf8_lossy());
    }
    Some(percent_encoding::percent_decode_str(body).collect())
}

/// Base64 with or without padding, in lines or in one.
fn decode(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let packed: String = text.split_whitespace().collect();
    LENIENT.decode(packed).ok()
}

/// The graphic of a `GraphicFill` or a `GraphicStroke`: the same for every feature.
fn repeated<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Graphic> {
    let mut parameters = Parameters::default();
    let Some(inner) = elements(node).find(|c| c.tag_name().name() == "Graphic") else {
        return Err(reader.error(node, format!("'{}' has no Graphic", node.tag_name().name())));
    };
    let graphic = graphic(reader, inner, &mut parameters)?;
    if !parameters.computed.is_empty() {
        let message = format!(
            "values in '{}' can't be computed from features; write fixed ones",
            node.tag_name().name()
        );
        return Err(reader.error(node, message));
    }
    if graphic.size < 1.0 {
        return Err(reader.error(inner, "the Size of a graphic that is repeated is at least 1"));
    }
    Ok(graphic)
}

/// `GraphicFill`
pub(super) fn graphic_fill<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<GraphicFill> {
    Ok(GraphicFill { graphic: repeated(reader, node)?, margin: [0.0; 4] })
}

/// `GraphicStroke`
pub(super) fn graphic_stroke<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
) -> Parsed<GraphicStroke> {
    let graphic = repeated(reader, node)?;
    let (mut initial_gap, mut gap) = (0.0, 0.0);
    let within = elements(node).filter(|c| c.tag_name().name() == "Graphic").flat_map(elements);
    for child in elements(node).chain(within) {
        match child.tag_name().name() {
            // Less than none: the first begins before the line does.
            "InitialGap" => initial_gap = reader.single(child, -LARGEST, LARGEST)?,
            "Gap" => gap = reader.single(child, 0.0, LARGEST)?,
            _ => {}
        }
    }
    if let Some(other) =
        elements(node).find(|c| !["Graphic", "InitialGap", "Gap"].contains(&c.tag_name().name()))
    {
        return Err(reader.unexpected(other, "Graphic, InitialGap or Gap"));
    }
    Ok(GraphicStroke { graphic, initial_gap, gap })
}
