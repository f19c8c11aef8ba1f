//! What all parts of the parser share: children by name, values, errors with their place.

use super::StyleError;
use crate::style::{Color, Unit};
use roxmltree::{Document, Node};

/// Longest piece of a document that an error repeats.
const QUOTED: usize = 60;

/// The document being read and the notes made on the way.
pub(super) struct Reader<'a, 'input> {
    document: &'a Document<'input>,
    notes: Vec<String>,
}

impl<'a, 'input> Reader<'a, 'input> {
    pub(super) fn new(document: &'a Document<'input>) -> Self {
        Self { document, notes: Vec::new() }
    }

    pub(super) fn into_notes(self) -> Vec<String> {
        self.notes
    }

    /// Notes something left out on purpose, with its line.
    pub(super) fn note(&mut self, node: Node<'a, 'input>, message: &str) {
        let line = self.document.text_pos_at(node.range().start).row;
        self.notes.push(format!("line {line}: {message}"));
    }

    /// An element as it is written.
    pub(super) fn source(&self, node: Node<'a, 'input>) -> &'input str {
        self.document.input_text().get(node.range()).unwrap_or_default()
    }

    /// An error at the place of an element.
    pub(super) fn error(&self, node: Node<'a, 'input>, message: impl Into<String>) -> StyleError {
        let place = self.document.text_pos_at(node.range().start);
        StyleError { line: place.row, column: place.col, message: message.into() }
    }

    /// An element that has no place where it stands.
    pub(super) fn unexpected(&self, node: Node<'a, 'input>, expected: &str) -> StyleError {
        let parent = node.parent_element().map_or("the document", |p| p.tag_name().name());
        self.error(
            node,
            format!(
                "element '{}' is not supported in '{parent}'; expected {expected}",
                quoted(node.tag_name().name())
            ),
        )
    }

    /// The fixed text of an element: its characters and `ogc:Literal` children.
    pub(super) fn text(&self, node: Node<'a, 'input>) -> Result<String, StyleError> {
        let mut out = String::new();
        for child in node.children() {
            if child.is_text() {
                out.push_str(child.text().unwrap_or_default());
            } else if child.is_element() {
                if child.tag_name().name() != "Literal" {
                    return Err(self.error(
                        child,
                        format!(
                            "'{}' in '{}': values computed from data are not supported here; write a fixed value",
                            quoted(child.tag_name().name()),
                            described(node)
                        ),
                    ));
                }
                out.push_str(child.text().unwrap_or_default());
            }
        }
        Ok(out.trim().to_owned())
    }

    /// A finite number within bounds, both included.
    pub(super) fn number(&self, node: Node<'a, 'input>, least: f64, most: f64) -> Result<f64, StyleError> {
        let text = self.text(node)?;
        self.number_in(node, &text, least, most)
    }

    /// The number that a text of an element is.
    pub(super) fn number_in(
        &self,
        node: Node<'a, 'input>,
        text: &str,
        least: f64,
        most: f64,
    ) -> Result<f64, StyleError> {
        let number = text.trim().parse::<f64>().ok().filter(|v| v.is_finite());
        number.filter(|v| (least..=most).contains(v)).ok_or_else(|| {
            self.error(
                node,
                format!(
                    "'{}' is not a value of '{}'; expected a number from {least} to {most}",
                    quoted(text),
                    described(node)
                ),
            )
        })
    }

    /// A number as single precision: the drawing's precision.
    pub(super) fn single(&self, node: Node<'a, 'input>, least: f64, most: f64) -> Result<f32, StyleError> {
        self.number(node, least, most).map(|v| v as f32)
    }

    /// The colour that a text of an element is: `#rrggbb`.
    pub(super) fn color_in(&self, node: Node<'a, 'input>, text: &str) -> Result<Color, StyleError> {
        Color::parse(text).ok_or_else(|| {
            self.error(
                node,
                format!("'{}' is not a colour; write '{}' as #rrggbb", quoted(text), described(node)),
            )
        })
    }

    /// Two numbers in named children, such as `AnchorPointX` and `AnchorPointY`.
    pub(super) fn pair(
        &self,
        node: Node<'a, 'input>,
        names: [&str; 2],
        default: [f32; 2],
    ) -> Result<[f32; 2], StyleError> {
        let mut pair = default;
        for child in elements(node) {
            let name = child.tag_name().name();
            match names.iter().position(|n| *n == name).and_then(|i| pair.get_mut(i)) {
                Some(place) => *place = self.single(child, -10_000.0, 10_000.0)?,
                None => return Err(self.unexpected(child, &names.join(" or "))),
            }
        }
        Ok(pair)
    }

    /// The unit of a symbolizer's lengths (OGC 05-077r4 clause 11.1, `uom`).
    pub(super) fn unit(&self, node: Node<'a, 'input>) -> Result<Unit, StyleError> {
        let Some(uom) = node.attribute("uom") else { return Ok(Unit::Pixel) };
        match uom.rsplit('/').next().unwrap_or_default() {
            "pixel" | "px" => Ok(Unit::Pixel),
            "metre" | "meter" | "m" => Ok(Unit::Metre),
            "foot" | "ft" => Ok(Unit::Foot),
            _ => Err(self.error(
                node,
                format!(
                    "unit '{}' of '{}' is not known; expected pixel, metre or foot",
                    quoted(uom),
                    node.tag_name().name()
                ),
            )),
        }
    }
}

/// The elements right below.
pub(super) fn elements<'a, 'input: 'a>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

/// A parameter's own name: `stroke-width` of `<CssParameter name="stroke-width">`, else the element's.
pub(super) fn described<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute("name").unwrap_or_else(|| node.tag_name().name())
}

/// The start of a text, for messages.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// Whether an element is a parameter of SLD 1.0 or SE 1.1.
pub(super) fn is_parameter(node: Node<'_, '_>) -> bool {
    matches!(node.tag_name().name(), "CssParameter" | "SvgParameter")
}
