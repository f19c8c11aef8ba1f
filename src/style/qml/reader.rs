//! What all parts of the reading share: children by name, properties in both notations, findings with their place.

use super::color;
use super::length::Length;
use crate::style::{Color, StyleError};
use roxmltree::{Document, Node};
use std::collections::HashMap;

/// Findings that are listed; further ones are counted.
const NOTES: usize = 200;
/// Longest piece of a document that a finding repeats.
const QUOTED: usize = 60;

/// The document being read, and what was found on the way.
pub(super) struct Reader<'a, 'i> {
    document: &'a Document<'i>,
    notes: Vec<String>,
    more: usize,
    /// What findings are about, such as `category 'A'`.
    pub(super) place: String,
    /// Opacity of the whole layer.
    pub(super) opacity: f32,
    /// The scale denominator at which symbols have the size that is written; at others they grow with the map.
    pub(super) reference: Option<f64>,
    /// Names of the layer's columns, where they are known.
    pub(super) columns: Vec<String>,
}

impl<'a, 'i> Reader<'a, 'i> {
    pub(super) fn new(document: &'a Document<'i>, columns: Vec<String>) -> Self {
        Self {
            document,
            notes: Vec::new(),
            more: 0,
            place: String::new(),
            opacity: 1.0,
            reference: None,
            columns,
        }
    }

    pub(super) fn into_notes(mut self) -> Vec<String> {
        if self.more > 0 {
            self.notes.push(format!("{} more parts of the style were not read", self.more));
        }
        self.notes
    }

    /// Notes something that isn't drawn as the document asks.
    pub(super) fn note(&mut self, node: Node<'a, 'i>, message: &str) {
        let line = self.document.text_pos_at(node.range().start).row;
        let note = match self.place.as_str() {
            "" => format!("line {line}: {message}"),
            place => format!("line {line}: {place}: {message}"),
        };
        if self.notes.contains(&note) {
            return;
        }
        if self.notes.len() < NOTES { self.notes.push(note) } else { self.more += 1 }
    }

    /// An error at the place of an element.
    pub(super) fn error(&self, node: Node<'a, 'i>, message: impl Into<String>) -> StyleError {
        let place = self.document.text_pos_at(node.range().start);
        StyleError { line: place.row, column: place.col, message: message.into() }
    }
}

/// The elements right below.
pub(super) fn elements<'a, 'i: 'a>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// The first element of a name right below.
pub(super) fn child<'a, 'i: 'a>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    elements(node).find(|c| c.tag_name().name() == name)
}

/// The elements of a name right below.
pub(super) fn children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    elements(node).filter(move |c| c.tag_name().name() == name)
}

/// The start of a text, for messages.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// A number of an attribute.
pub(super) fn number(node: Node<'_, '_>, name: &str) -> Option<f64> {
    node.attribute(name)?.trim().parse::<f64>().ok().filter(|n| n.is_finite())
}

/// Whether an attribute says yes.
pub(super) fn flag(node: Node<'_, '_>, name: &str, default: bool) -> bool {
    node.attribute(name).map_or(default, |value| matches!(value, "1" | "true"))
}

/// The member of a map of `Option`s.
pub(super) fn member<'a, 'i: 'a>(map: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    elements(map).find(|o| o.tag_name().name() == "Option" && o.attribute("name") == Some(name))
}

/// Properties of a symbol layer: `<prop k="" v=""/>`, or since QGIS 3.20 a map of `Option`s.
pub(super) struct Props<'a> {
    values: HashMap<&'a str, &'a str>,
}

impl<'a> Props<'a> {
    pub(super) fn of<'i: 'a>(layer: Node<'a, 'i>) -> Self {
        let old = children(layer, "prop").filter_map(|p| Some((p.attribute("k")?, p.attribute("v")?)));
        let map = children(layer, "Option").filter(|o| o.attribute("type") == Some("Map"));
        let new = map.flat_map(elements).filter_map(|o| Some((o.attribute("name")?, o.attribute("value")?)));
        // Where both stand side by side the newer one counts.
        Self { values: old.chain(new).collect() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.values.get(name).copied()
    }

    /// The first of several names that there is: some changed from version to version.
    pub(super) fn any(&self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.get(name))
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.trim().parse::<f64>().ok().filter(|n| n.is_finite())
    }

    pub(super) fn is(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true"))
    }

    /// A length with its unit; of `names` the first is the one in use today.
    pub(super) fn length(&self, names: &[&str], default: f64) -> Length {
        let value = names.iter().find_map(|name| self.number(name)).unwrap_or(default);
        let unit = names.iter().find_map(|name| self.get(&format!("{name}_unit")));
        Length { value, unit: unit.unwrap_or("MM").to_owned() }
    }

    /// A colour and its opacity.
    pub(super) fn color(&self, names: &[&str]) -> Option<(Color, f32)> {
        color::parse(self.any(names)?)
    }

    /// Two lengths in one property: `1.5,0`.
    pub(super) fn pair(&self, name: &str) -> [f64; 2] {
        let text = self.get(name).unwrap_or_default();
        let mut numbers = text.split(',').map(|n| n.trim().parse::<f64>().ok().filter(|n| n.is_finite()));
        [numbers.next().flatten().unwrap_or(0.0), numbers.next().flatten().unwrap_or(0.0)]
    }
}
