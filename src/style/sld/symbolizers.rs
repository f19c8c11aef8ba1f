//! Areas, lines and points.

use super::StyleError;
use super::expression::Parameters;
use super::graphics::{graphic, graphic_fill, graphic_stroke};
use super::reader::{Reader, described, elements, is_parameter, quoted};
use super::rules::vendor_option;
use crate::style::{
    Fill, LineCap, LineJoin, LineSymbolizer, Parameter, Places, PointSymbolizer, PolygonSymbolizer, Stroke,
};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

/// Largest width or size of a symbol in pixels.
pub(super) const LARGEST: f64 = 1_000.0;

pub(super) fn polygon<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<PolygonSymbolizer> {
    let mut symbolizer = PolygonSymbolizer { unit: reader.unit(node)?, ..PolygonSymbolizer::default() };
    let mut parameters = Parameters::default();
    let mut margin = [0.0; 4];
    for child in elements(node) {
        match child.tag_name().name() {
            "Fill" => match elements(child).find(|c| c.tag_name().name() == "GraphicFill") {
                Some(pattern) => symbolizer.pattern = Some(Box::new(graphic_fill(reader, pattern)?)),
                None => symbolizer.fill = Some(fill(reader, child, &mut parameters, INTERIOR)?),
            },
            "VendorOption" if described(child) == "graphic-margin" => margin = margins(reader, child)?,
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
    if let Some(pattern) = &mut symbolizer.pattern {
        pattern.margin = margin;
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
    let mut symbolizer = PointSymbolizer { unit: reader.unit(node)?, ..PointSymbolizer::default() };
    let mut parameters = Parameters::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "Graphic" => symbolizer.graphic = graphic(reader, child, &mut parameters)?,
            "Geometry" => symbolizer.at = places(reader, child)?,
            _ => common(reader, child, "Graphic")?,
        }
    }
    symbolizer.computed = parameters.computed;
    Ok(symbolizer)
}

/// `Geometry`: the layer's own, or a function that yields points of it.
pub(super) fn places<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Places> {
    let Some(function) = elements(node).find(|c| c.tag_name().name() != "PropertyName") else {
        // A layer has one geometry: naming it changes nothing.
        return Ok(Places::default());
    };
    if function.tag_name().name() != "Function" {
        return Err(reader.unexpected(function, "PropertyName or Function"));
    }
    let name = described(function);
    let known = Places::ALL.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, places)| places).ok_or_else(|| {
        let names = Places::ALL.map(|(name, _)| name).join(", ");
        let message =
            format!("function '{}' of geometries is not known in styles; known are {names}", quoted(name));
        reader.error(function, message)
    })
}

/// GeoServer's `graphic-margin`: one to four lengths, as in CSS.
fn margins<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<[f32; 4]> {
    let text = reader.text(node)?;
    let numbers: Option<Vec<f32>> = text
        .split_whitespace()
        .map(|n| n.parse::<f32>().ok().filter(|v| (0.0..=500.0).contains(v)))
        .collect();
    let margin = numbers.and_then(|numbers| match *numbers {
        [all] => Some([all; 4]),
        [y, x] => Some([y, x, y, x]),
        [top, x, bottom] => Some([top, x, bottom, x]),
        [top, right, bottom, left] => Some([top, right, bottom, left]),
        _ => None,
    });
    margin.ok_or_else(|| {
        reader.error(
            node,
            format!("'{}' is no margin; expected one to four lengths from 0 to 500", quoted(&text)),
        )
    })
}

/// What may stand in every symbolizer.
pub(super) fn common<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>, expected: &str) -> Parsed<()> {
    match node.tag_name().name() {
        "Name" | "Description" | "BaseSymbolizer" => Ok(()),
        "VendorOption" => {
            vendor_option(reader, node);
            Ok(())
        }
        "Geometry" => match elements(node).find(|c| c.tag_name().name() != "PropertyName") {
            None => Ok(()),
            // The border of an area is what a line around it shows anyway.
            Some(function) if described(function) == "boundary" => Ok(()),
            Some(other) => Err(reader.unexpected(other, "PropertyName, or the function 'boundary'")),
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

pub(super) fn stroke<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    parameters: &mut Parameters,
) -> Parsed<Stroke> {
    let mut stroke = Stroke::default();
    for child in elements(node) {
        if child.tag_name().name() == "GraphicStroke" {
            stroke.graphic = Some(Box::new(graphic_stroke(reader, child)?));
            continue;
        }
        if !is_parameter(child) {
            return Err(
                reader.unexpected(child, "GraphicStroke, or a parameter such as 'stroke' or 'stroke-width'")
            );
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
