//! Areas, lines and marks.

use super::StyleError;
use super::expression::Parameters;
use super::reader::{Reader, described, elements, is_parameter, quoted};
use super::rules::vendor_option;
use crate::style::{
    Fill, LineCap, LineJoin, LineSymbolizer, Mark, MarkShape, Parameter, PointSymbolizer, PolygonSymbolizer,
    Stroke,
};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

/// Largest width or size of a symbol in pixels.
const LARGEST: f64 = 1_000.0;

pub(super) fn polygon<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<PolygonSymbolizer> {
    let mut symbolizer = PolygonSymbolizer { unit: reader.unit(node)?, ..PolygonSymbolizer::default() };
    let mut parameters = Parameters::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "Fill" => symbolizer.fill = Some(fill(reader, child, &mut parameters, INTERIOR)?),
            "Stroke" => symbolizer.stroke = Some(stroke(reader, child, &mut parameters)?),
            "PerpendicularOffset" => symbolizer.offset = reader.single(child, -LARGEST, LARGEST)?,
            "Displacement" => {
                if reader.pair(child, ["DisplacementX", "DisplacementY"], [0.0, 0.0])? != [0.0, 0.0] {
                    return Err(reader.error(child, "Displacement of areas is not supported"));
                }
            }
            _ => common(reader, child, "Fill or Stroke")?,
        }
    }
    symbolizer.computed = parameters.computed;
    Ok(symbolizer)
}

pub(super) fn line<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<LineSymbolizer> {
    let mut symbolizer = LineSymbolizer { unit: reader.unit(node)?, ..LineSymbolizer::default() };
    let mut parameters = Parameters::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "Stroke" => symbolizer.stroke = stroke(reader, child, &mut parameters)?,
            "PerpendicularOffset" => {
                let (bounds, place) = ((-LARGEST, LARGEST), &mut symbolizer.offset);
                parameters.single(reader, child, Parameter::PerpendicularOffset, bounds, place)?;
            }
            _ => common(reader, child, "Stroke or PerpendicularOffset")?,
        }
    }
    symbolizer.computed = parameters.computed;
    Ok(symbolizer)
}

pub(super) fn point<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<PointSymbolizer> {
    let unit = reader.unit(node)?;
    let mut symbolizer = PointSymbolizer::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "Graphic" => symbolizer = graphic(reader, child)?,
            _ => common(reader, child, "Graphic")?,
        }
    }
    symbolizer.unit = unit;
    Ok(symbolizer)
}

/// What may stand in every symbolizer.
pub(super) fn common<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>, expected: &str) -> Parsed<()> {
    match node.tag_name().name() {
        "Name" | "Description" | "BaseSymbolizer" => Ok(()),
        "VendorOption" => {
            vendor_option(reader, node);
            Ok(())
        }
        // A layer has one geometry: naming it changes nothing.
        "Geometry" => match elements(node).find(|c| c.tag_name().name() != "PropertyName") {
            None => Ok(()),
            Some(other) => Err(reader.unexpected(other, "PropertyName")),
        },
        _ => Err(reader.unexpected(node, expected)),
    }
}

/// Which parameters the colour and the opacity of a Fill are.
pub(super) const INTERIOR: [Parameter; 2] = [Parameter::Fill, Parameter::FillOpacity];

pub(super) fn fill<'a, 'i>(
    reader: &Reader<'a, 'i>,
    node: Node<'a, 'i>,
    parameters: &mut Parameters,
    [color, opacity]: [Parameter; 2],
) -> Parsed<Fill> {
    let mut fill = Fill::default();
    for child in elements(node) {
        if !is_parameter(child) {
            return Err(reader.unexpected(child, "a parameter 'fill' or 'fill-opacity'"));
        }
        match described(child) {
            "fill" => parameters.color(reader, child, color, &mut fill.color)?,
            "fill-opacity" => parameters.single(reader, child, opacity, (0.0, 1.0), &mut fill.opacity)?,
            other => return Err(unknown(reader, child, other, "fill, fill-opacity")),
        }
    }
    Ok(fill)
}

fn stroke<'a, 'i>(
    reader: &Reader<'a, 'i>,
    node: Node<'a, 'i>,
    parameters: &mut Parameters,
) -> Parsed<Stroke> {
    let mut stroke = Stroke::default();
    for child in elements(node) {
        if !is_parameter(child) {
            return Err(reader.unexpected(child, "a parameter such as 'stroke' or 'stroke-width'"));
        }
        match described(child) {
            "stroke" => parameters.color(reader, child, Parameter::Stroke, &mut stroke.color)?,
            "stroke-opacity" => {
                let place = &mut stroke.opacity;
                parameters.single(reader, child, Parameter::StrokeOpacity, (0.0, 1.0), place)?;
            }
            "stroke-width" => {
                let place = &mut stroke.width;
                parameters.single(reader, child, Parameter::StrokeWidth, (0.0, LARGEST), place)?;
            }
            "stroke-linecap" => {
                stroke.cap = word(
                    reader,
                    child,
                    &[("butt", LineCap::Butt), ("round", LineCap::Round), ("square", LineCap::Square)],
                )?;
            }
            "stroke-linejoin" => {
                stroke.join = word(
                    reader,
                    child,
                    &[
                        ("mitre", LineJoin::Mitre),
                        ("miter", LineJoin::Mitre),
                        ("round", LineJoin::Round),
                        ("bevel", LineJoin::Bevel),
                    ],
                )?;
            }
            "stroke-dasharray" => stroke.dashes = dashes(reader, child)?,
            "stroke-dashoffset" => stroke.dash_offset = reader.single(child, -LARGEST, LARGEST)?,
            other => {
                let known = "stroke, stroke-opacity, stroke-width, stroke-linecap, stroke-linejoin, \
                             stroke-dasharray, stroke-dashoffset";
                return Err(unknown(reader, child, other, known));
            }
        }
    }
    Ok(stroke)
}

fn dashes<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Vec<f32>> {
    let text = reader.text(node)?;
    let numbers: Option<Vec<f32>> = text
        .split([' ', ',', '\n', '\t'])
        .filter(|t| !t.is_empty())
        .map(|t| t.parse::<f32>().ok().filter(|v| v.is_finite() && (0.0..=1000.0).contains(v)))
        .collect();
    // A pattern that never draws or never advances would hang a stroker.
    let mut dashes = numbers.filter(|d| d.len() <= 32 && (d.is_empty() || d.iter().sum::<f32>() >= 0.5));
    if let Some(dashes) = &mut dashes
        && dashes.len() % 2 == 1
    {
        dashes.extend_from_within(..);
    }
    dashes.ok_or_else(|| {
        reader.error(
            node,
            format!(
                "'{}' is not a dash pattern; expected up to 32 lengths from 0 to 1000 pixels, such as '6 4'",
                quoted(&text)
            ),
        )
    })
}

fn graphic<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<PointSymbolizer> {
    let mut symbolizer = PointSymbolizer::default();
    let mut parameters = Parameters::default();
    let has_mark = elements(node).any(|c| c.tag_name().name() == "Mark");
    let mut first = true;
    for child in elements(node) {
        match child.tag_name().name() {
            "Mark" if first => {
                symbolizer.mark = mark(reader, child, &mut parameters)?;
                first = false;
            }
            "Mark" => reader.note(child, "only the first Mark of a Graphic is drawn"),
            // The list is one of alternatives: the first that a system can draw is drawn.
            "ExternalGraphic" if has_mark => {
                reader.note(child, "ExternalGraphic is not drawn; the Mark beside it is");
            }
            "Opacity" => {
                let place = &mut symbolizer.opacity;
                parameters.single(reader, child, Parameter::Opacity, (0.0, 1.0), place)?;
            }
            "Size" => {
                let place = &mut symbolizer.size;
                parameters.single(reader, child, Parameter::Size, (0.0, LARGEST), place)?;
            }
            "Rotation" => {
                let (bounds, place) = ((-36_000.0, 36_000.0), &mut symbolizer.rotation);
                parameters.single(reader, child, Parameter::Rotation, bounds, place)?;
            }
            "AnchorPoint" => {
                symbolizer.anchor = reader.pair(child, ["AnchorPointX", "AnchorPointY"], [0.5, 0.5])?;
            }
            "Displacement" => {
                symbolizer.displacement =
                    reader.pair(child, ["DisplacementX", "DisplacementY"], [0.0, 0.0])?;
            }
            _ => {
                return Err(
                    reader.unexpected(child, "Mark, Size, Opacity, Rotation, AnchorPoint or Displacement")
                );
            }
        }
    }
    symbolizer.computed = parameters.computed;
    Ok(symbolizer)
}

fn mark<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>, parameters: &mut Parameters) -> Parsed<Mark> {
    // A Mark that paints nothing of its own would be invisible: SE's defaults fill and outline it.
    let mut mark = Mark { shape: MarkShape::Square, fill: None, stroke: None };
    for child in elements(node) {
        match child.tag_name().name() {
            "WellKnownName" => {
                let text = reader.text(child)?;
                let name = text.to_ascii_lowercase();
                mark.shape = MarkShape::ALL.into_iter().find(|s| s.name() == name).ok_or_else(|| {
                    reader.error(
                        child,
                        format!(
                            "mark '{}' is not supported; expected square, circle, triangle, star, cross or x",
                            quoted(&text)
                        ),
                    )
                })?;
            }
            "Fill" => mark.fill = Some(fill(reader, child, parameters, INTERIOR)?),
            "Stroke" => mark.stroke = Some(stroke(reader, child, parameters)?),
            _ => return Err(reader.unexpected(child, "WellKnownName, Fill or Stroke")),
        }
    }
    if mark.fill.is_none() && mark.stroke.is_none() {
        mark = Mark { shape: mark.shape, ..Mark::default() };
    }
    Ok(mark)
}

/// One of a few words.
pub(super) fn word<'a, 'i, T: Copy>(
    reader: &Reader<'a, 'i>,
    node: Node<'a, 'i>,
    known: &[(&str, T)],
) -> Parsed<T> {
    let text = reader.text(node)?;
    known.iter().find(|(w, _)| w.eq_ignore_ascii_case(&text)).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(w, _)| *w).collect();
        reader.error(
            node,
            format!(
                "'{}' is not a value of '{}'; expected {}",
                quoted(&text),
                described(node),
                words.join(", ")
            ),
        )
    })
}

pub(super) fn unknown<'a, 'i>(
    reader: &Reader<'a, 'i>,
    node: Node<'a, 'i>,
    name: &str,
    known: &str,
) -> StyleError {
    reader.error(node, format!("parameter '{}' is not supported; expected one of {known}", quoted(name)))
}
