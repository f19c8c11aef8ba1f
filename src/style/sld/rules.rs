//! From the document to its rules.

use super::StyleError;
use super::reader::{Reader, elements, quoted};
use super::symbolizers;
use crate::filter::{Filter, FilterLimits, fes};
use crate::style::{FeatureTypeStyle, Rule, Style, Symbolizer};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

/// A whole document, by its root element.
pub(super) fn document<'a, 'i>(reader: &mut Reader<'a, 'i>, root: Node<'a, 'i>) -> Parsed<Style> {
    let style = match root.tag_name().name() {
        "StyledLayerDescriptor" => styled_layers(reader, root)?,
        "UserStyle" => user_style(reader, root)?,
        "FeatureTypeStyle" | "CoverageStyle" => {
            Style { feature_type_styles: vec![feature_type_style(reader, root)?], ..Style::default() }
        }
        other => {
            return Err(reader.error(
                root,
                format!(
                    "'{}' is not a style; expected StyledLayerDescriptor, UserStyle or FeatureTypeStyle",
                    quoted(other)
                ),
            ));
        }
    };
    if style.rules().next().is_none() {
        return Err(reader.error(root, "the style has no Rule; expected at least one in a FeatureTypeStyle"));
    }
    Ok(style)
}

fn styled_layers<'a, 'i>(reader: &mut Reader<'a, 'i>, root: Node<'a, 'i>) -> Parsed<Style> {
    let mut first = None;
    for layer in elements(root) {
        match layer.tag_name().name() {
            "Name" | "Title" | "Abstract" | "Description" => continue,
            "NamedLayer" | "UserLayer" => {}
            _ => return Err(reader.unexpected(layer, "NamedLayer or UserLayer")),
        }
        let mut name = None;
        for child in elements(layer) {
            match child.tag_name().name() {
                "UserStyle" if first.is_none() => {
                    first = Some(Style { layer: name.take(), ..user_style(reader, child)? });
                }
                "UserStyle" => reader.note(child, "only the first UserStyle of the document is used"),
                "Name" => name = filled(reader.text(child)?),
                "Title" | "Abstract" | "Description" => {}
                "LayerFeatureConstraints" if !elements(child).any(has_filter) => {}
                _ => return Err(reader.unexpected(child, "Name or UserStyle")),
            }
        }
    }
    first.ok_or_else(|| reader.error(root, "the document has no UserStyle; expected one in a NamedLayer"))
}

fn has_filter(constraint: Node<'_, '_>) -> bool {
    elements(constraint).any(|c| c.tag_name().name() == "Filter")
}

pub(super) fn user_style<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Style> {
    let mut style = Style::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "Name" => style.name = filled(reader.text(child)?),
            "Title" => style.title = filled(reader.text(child)?),
            "Description" => style.title = description_title(reader, child)?.or(style.title),
            "Abstract" | "IsDefault" => {}
            // SE 1.1 has an element of its own around the rules of coverages (OGC 05-077r4 clause 9).
            "FeatureTypeStyle" | "CoverageStyle" => {
                style.feature_type_styles.push(feature_type_style(reader, child)?);
            }
            _ => return Err(reader.unexpected(child, "FeatureTypeStyle")),
        }
    }
    Ok(style)
}

/// `IsDefault` of a `UserStyle`: a Boolean of XML schema.
pub(super) fn is_default<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<bool> {
    match elements(node).find(|c| c.tag_name().name() == "IsDefault") {
        Some(flag) => Ok(matches!(reader.text(flag)?.as_str(), "1" | "true")),
        None => Ok(false),
    }
}

fn feature_type_style<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<FeatureTypeStyle> {
    let mut pass = FeatureTypeStyle::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "Rule" => pass.rules.push(rule(reader, child)?),
            "Name"
            | "Title"
            | "Abstract"
            | "Description"
            | "FeatureTypeName"
            | "CoverageName"
            | "SemanticTypeIdentifier" => {}
            "VendorOption" => vendor_option(reader, child),
            _ => return Err(reader.unexpected(child, "Rule")),
        }
    }
    Ok(pass)
}

fn rule<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Rule> {
    let mut rule = Rule::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "Name" => rule.name = filled(reader.text(child)?),
            "Title" => rule.title = filled(reader.text(child)?),
            "Description" => rule.title = description_title(reader, child)?.or(rule.title),
            "Abstract" => {}
            "LegendGraphic" => {
                reader.note(child, "legends are drawn from the symbols; LegendGraphic is not used")
            }
            "Filter" => rule.filter = Some(filter(reader, child)?),
            "ElseFilter" => rule.otherwise = true,
            "MinScaleDenominator" => rule.min_scale = Some(reader.number(child, 0.0, f64::MAX)?),
            "MaxScaleDenominator" => rule.max_scale = Some(reader.number(child, 0.0, f64::MAX)?),
            "VendorOption" => vendor_option(reader, child),
            _ => rule.symbolizers.push(symbolizer(reader, child)?),
        }
    }
    if rule.otherwise && rule.filter.is_some() {
        return Err(reader.error(node, "a Rule has Filter and ElseFilter; expected one of them"));
    }
    Ok(rule)
}

fn symbolizer<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Symbolizer> {
    match node.tag_name().name() {
        "PolygonSymbolizer" => symbolizers::polygon(reader, node).map(Symbolizer::Polygon),
        "LineSymbolizer" => symbolizers::line(reader, node).map(Symbolizer::Line),
        "PointSymbolizer" => symbolizers::point(reader, node).map(Symbolizer::Point),
        "TextSymbolizer" => super::text::text(reader, node).map(Symbolizer::Text),
        "RasterSymbolizer" => super::raster::raster(reader, node).map(Symbolizer::Raster),
        _ => Err(reader.unexpected(
            node,
            "Filter, ElseFilter, a scale limit, PolygonSymbolizer, LineSymbolizer, PointSymbolizer, TextSymbolizer or RasterSymbolizer",
        )),
    }
}

fn description_title<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Option<String>> {
    match elements(node).find(|c| c.tag_name().name() == "Title") {
        Some(title) => Ok(filled(reader.text(title)?)),
        None => Ok(None),
    }
}

/// Vendor options say how one product draws; no other has to follow them.
pub(super) fn vendor_option<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) {
    let name = quoted(node.attribute("name").unwrap_or_default());
    reader.note(node, &format!("VendorOption '{name}' is not used"));
}

/// The filter's own words, at the place of the Filter element.
pub(super) fn filter<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Filter> {
    fes::parse(node, &FilterLimits::default()).map_err(|e| reader.error(node, e.to_string()))
}

pub(super) fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
