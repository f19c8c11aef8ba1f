//! `StyledLayerDescriptor` as a request brings it: layers, and the styles that each is to be drawn in.

use super::StyleError;
use super::reader::{Reader, elements};
use super::rules::{filled, filter, is_default, user_style};
use crate::filter::Filter;
use crate::style::Style;
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

/// A layer of a document (`NamedLayer`, OGC 02-070 section 10.3, OGC 05-078r4 clause 11.4).
#[derive(Clone, Debug, PartialEq)]
pub struct StyledLayer {
    /// Name of a layer of the server.
    pub name: String,
    /// Only features that fulfil it (`LayerFeatureConstraints`).
    pub constraint: Option<Filter>,
    /// Drawn one after the other; the layer's default style when there are none.
    pub styles: Vec<LayerStyle>,
}

/// A style that a document gives a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerStyle {
    /// `NamedStyle`: one that the server has of the layer.
    Named(String),
    /// `UserStyle`: one that the document holds.
    User {
        /// The style.
        style: Style,
        /// `IsDefault`: the one for those who name none.
        is_default: bool,
    },
}

/// Reads the layers of a `StyledLayerDescriptor`, in their order.
pub(super) fn descriptor<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    root: Node<'a, 'i>,
) -> Parsed<Vec<StyledLayer>> {
    let mut layers = Vec::new();
    for child in elements(root) {
        match child.tag_name().name() {
            "Name" | "Title" | "Abstract" | "Description" => {}
            "NamedLayer" => layers.push(named_layer(reader, child)?),
            "UserLayer" => {
                let message = "a UserLayer brings data of its own or of another server, which is not drawn here; \
                               expected NamedLayer";
                return Err(reader.error(child, message));
            }
            _ => return Err(reader.unexpected(child, "NamedLayer")),
        }
    }
    if layers.is_empty() {
        return Err(reader.error(root, "the document has no NamedLayer; expected at least one"));
    }
    Ok(layers)
}

fn named_layer<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<StyledLayer> {
    let mut layer = StyledLayer { name: String::new(), constraint: None, styles: Vec::new() };
    for child in elements(node) {
        match child.tag_name().name() {
            "Name" => layer.name = reader.text(child)?,
            "Title" | "Abstract" | "Description" => {}
            "LayerFeatureConstraints" => layer.constraint = constraints(reader, child)?,
            "NamedStyle" => layer.styles.push(named_style(reader, child)?),
            "UserStyle" => {
                let style = user_style(reader, child)?;
                if style.rules().next().is_none() {
                    return Err(reader.error(child, "the UserStyle has no Rule; expected at least one"));
                }
                layer.styles.push(LayerStyle::User { style, is_default: is_default(reader, child)? });
            }
            _ => {
                let expected = "Name, LayerFeatureConstraints, NamedStyle or UserStyle";
                return Err(reader.unexpected(child, expected));
            }
        }
    }
    if layer.name.is_empty() {
        return Err(reader.error(node, "the NamedLayer has no Name; expected the name of a layer"));
    }
    Ok(layer)
}

fn named_style<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<LayerStyle> {
    let mut name = None;
    for child in elements(node) {
        match child.tag_name().name() {
            "Name" => name = filled(reader.text(child)?),
            "Title" | "Abstract" | "Description" => {}
            _ => return Err(reader.unexpected(child, "Name")),
        }
    }
    let name = name.ok_or_else(|| reader.error(node, "the NamedStyle has no Name; expected one"))?;
    Ok(LayerStyle::Named(name))
}

/// What the constraints let through: a feature that fulfils one of them.
fn constraints<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Option<Filter>> {
    let mut either: Option<Filter> = None;
    let mut everything = false;
    for constraint in elements(node) {
        if constraint.tag_name().name() != "FeatureTypeConstraint" {
            return Err(reader.unexpected(constraint, "FeatureTypeConstraint"));
        }
        let mut own = None;
        for child in elements(constraint) {
            match child.tag_name().name() {
                // A layer has features of one type.
                "FeatureTypeName" => {}
                "Filter" => own = Some(filter(reader, child)?),
                _ => return Err(reader.unexpected(child, "FeatureTypeName or Filter")),
            }
        }
        match (own, either.take()) {
            (None, _) => everything = true,
            (Some(own), None) => either = Some(own),
            (Some(own), Some(Filter::Or(mut all))) => {
                all.push(own);
                either = Some(Filter::Or(all));
            }
            (Some(own), Some(other)) => either = Some(Filter::Or(vec![other, own])),
        }
    }
    Ok(either.filter(|_| !everything))
}
