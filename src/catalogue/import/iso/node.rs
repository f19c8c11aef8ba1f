//! Values of properties.

use crate::catalogue::record::{Moment, Term};
use crate::filter::xml::{child, elements};
use roxmltree::Node;

const XLINK: &str = "http://www.w3.org/1999/xlink";

/// The text of a property: of `gco:CharacterString`, `gmx:Anchor`, a date or a number in it.
pub(super) fn value(node: Node<'_, '_>) -> Option<String> {
    // A text in several languages has the others beside its own.
    let own = elements(node).find(|n| matches!(n.tag_name().name(), "CharacterString" | "Anchor"));
    let text: String =
        own.unwrap_or(node).descendants().filter(Node::is_text).filter_map(|n| n.text()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The text with the address of its anchor, where it has one.
pub(super) fn term(node: Node<'_, '_>) -> Option<Term> {
    let uri = node
        .descendants()
        .filter(|n| n.tag_name().name() == "Anchor")
        .find_map(|n| n.attribute((XLINK, "href")));
    let uri = uri.map(str::trim).filter(|uri| !uri.is_empty()).map(str::to_owned);
    let text = value(node).or_else(|| uri.clone())?;
    Some(Term { text, uri })
}

/// A code of a list, or the text where none is given.
pub(super) fn code(node: Node<'_, '_>) -> Option<String> {
    let listed = node.descendants().find_map(|n| n.attribute("codeListValue"));
    listed.map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).or_else(|| value(node))
}

/// A date as far as it is known.
pub(super) fn moment(node: Node<'_, '_>) -> Option<Moment> {
    value(node)?.parse().ok()
}

pub(super) fn walk<'a, 'i>(node: Node<'a, 'i>, names: &[&str]) -> Option<Node<'a, 'i>> {
    names.iter().try_fold(node, |node, name| child(node, name))
}

/// Children of a name.
pub(super) fn all<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    elements(node).filter(move |n| n.tag_name().name() == name)
}

/// Kinds and dates of `CI_Date` elements.
pub(super) fn citation_dates<'a, 'i: 'a>(dates: impl Iterator<Item = Node<'a, 'i>>) -> Vec<(String, Moment)> {
    dates
        .filter_map(|date| {
            let kind = child(date, "dateType").and_then(code).unwrap_or_default();
            Some((kind, child(date, "date").and_then(moment)?))
        })
        .collect()
}
