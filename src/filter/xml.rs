//! Reading XML from strangers: bounded in size, number of nodes and depth; no DTDs, no entities.

use super::error::{FilterError, FilterLimits};
use roxmltree::{Document, Error, Node, NodeType, ParsingOptions};

/// Nodes of a document at most; a transaction or a style has more of them than a filter has conditions.
const NODES: u32 = 1_000_000;

/// Levels that a request may put around its filter.
const AROUND: usize = 50;

/// Reads a document. Reading does not recurse, so depth can be measured on the finished tree.
///
/// # Errors
/// [`FilterError::TooLarge`], [`FilterError::TooDeep`], or [`FilterError::Xml`] with the place.
pub fn parse_document<'a>(text: &'a str, limits: &FilterLimits) -> Result<Document<'a>, FilterError> {
    if text.len() > limits.bytes {
        return Err(FilterError::TooLarge(limits.bytes));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    // A byte order mark is no part of the document.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::parse_with_options(text, options).map_err(|error| refused(&error))?;
    if deeper_than(&document, limits.depth + AROUND) {
        return Err(FilterError::TooDeep(limits.depth));
    }
    Ok(document)
}

fn refused(error: &Error) -> FilterError {
    match error {
        Error::NodesLimitReached => FilterError::TooLarge(NODES as usize),
        Error::DtdDetected => FilterError::Xml {
            message: "document type declarations are refused; remove <!DOCTYPE …>".to_owned(),
            line: 1,
            column: 1,
        },
        _ => {
            let place = error.pos();
            // The message repeats the place at its end.
            let message = error.to_string();
            let message = message.split(" at ").next().unwrap_or("not well-formed").to_owned();
            FilterError::Xml { message, line: place.row, column: place.col }
        }
    }
}

fn deeper_than(document: &Document<'_>, limit: usize) -> bool {
    // Elements come in document order, so those that are open are the last one's ancestors.
    let mut open = Vec::new();
    let mut deepest = 0;
    for node in document.descendants().filter(Node::is_element) {
        let parent = node.parent_element().map(|parent| parent.id());
        while open.last().copied() != parent && open.pop().is_some() {}
        open.push(node.id());
        deepest = deepest.max(open.len());
    }
    deepest > limit
}

/// The child elements of a node.
pub fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(|child| child.node_type() == NodeType::Element)
}

/// The first child element of a local name, whatever its namespace.
pub fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    elements(node).find(|child| child.tag_name().name() == name)
}

/// All text directly in a node, comments left out.
#[must_use]
pub fn text(node: Node<'_, '_>) -> String {
    node.children().filter(|child| child.is_text()).filter_map(|child| child.text()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<(), FilterError> {
        parse_document(text, &FilterLimits::default()).map(|_| ())
    }

    #[test]
    fn deep_documents_are_refused_without_using_up_the_stack() {
        for depth in [1_000, 10_000, 200_000] {
            let text = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
            assert_eq!(parse(&text), Err(FilterError::TooDeep(100)), "{depth}");
        }
        assert_eq!(parse(&format!("{}{}", "<a>".repeat(100), "</a>".repeat(100))), Ok(()));
    }

    #[test]
    fn document_types_and_entities_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>";
        assert!(matches!(parse(bomb), Err(FilterError::Xml { .. })));
        assert!(matches!(parse("<a>&unknown;</a>"), Err(FilterError::Xml { .. })));
        let outside = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
        assert!(parse(outside).expect_err("refused").to_string().contains("document type declarations"));
    }

    #[test]
    fn a_fault_is_told_with_its_line_and_column() {
        let error = parse("<a>\n  <b></c>\n</a>").expect_err("refused");
        assert!(matches!(error, FilterError::Xml { line: 2, .. }), "{error:?}");
        assert!(parse("").is_err() && parse("no xml").is_err() && parse("<a>").is_err());
    }

    #[test]
    fn a_document_beyond_the_size_is_refused() {
        let limits = FilterLimits { bytes: 10, ..FilterLimits::default() };
        assert_eq!(parse_document("<a>0123456789</a>", &limits).map(|_| ()), Err(FilterError::TooLarge(10)));
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic(text in "[<>/a&;!\\[\\]\"= -]{0,60}") {
            let _ = parse(&text);
        }
    }
}
