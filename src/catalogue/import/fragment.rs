//! An element written as a document of its own: the namespaces it stands in, everything escaped.

use quick_xml::escape::escape;
use roxmltree::Node;

/// The element with all that is in it, and on it every namespace that it uses. Comments and processing
/// instructions are left out; values of `xsi:type` and the like keep their prefixes.
pub(super) fn standalone(node: Node<'_, '_>) -> String {
    pruned(node, |_| true)
}

/// [`standalone`], with only those children of the element that `keep` wants.
pub(super) fn pruned(node: Node<'_, '_>, keep: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(node.range().len() + 200);
    open(node, true, &mut out);
    for child in node.children() {
        if child.is_element() && !keep(child.tag_name().name()) {
            continue;
        }
        write(child, &mut out);
    }
    close(node, &mut out);
    out
}

fn write(node: Node<'_, '_>, out: &mut String) {
    if node.is_text() {
        out.push_str(&escape(node.text().unwrap_or_default()));
    } else if node.is_element() {
        open(node, false, out);
        for child in node.children() {
            write(child, out);
        }
        close(node, out);
    }
}

fn open(node: Node<'_, '_>, outermost: bool, out: &mut String) {
    out.push('<');
    push_name(node, node.tag_name().namespace(), node.tag_name().name(), out);
    let above = node.parent_element().filter(|_| !outermost);
    for namespace in node.namespaces() {
        let known = above.is_some_and(|parent| {
            parent.namespaces().any(|n| n.name() == namespace.name() && n.uri() == namespace.uri())
        });
        if known || namespace.name() == Some("xml") {
            continue;
        }
        match namespace.name() {
            Some(prefix) => out.push_str(&format!(" xmlns:{prefix}=\"")),
            None => out.push_str(" xmlns=\""),
        }
        out.push_str(&escape(namespace.uri()));
        out.push('"');
    }
    for attribute in node.attributes() {
        out.push(' ');
        if let Some(uri) = attribute.namespace() {
            let prefix = match uri {
                "http://www.w3.org/XML/1998/namespace" => Some("xml"),
                // A default namespace doesn't reach attributes.
                _ => node.namespaces().find(|n| n.uri() == uri && n.name().is_some()).and_then(|n| n.name()),
            };
            if let Some(prefix) = prefix {
                out.push_str(prefix);
                out.push(':');
            }
        }
        out.push_str(attribute.name());
        out.push_str("=\"");
        push_value(attribute.value(), out);
        out.push('"');
    }
    out.push('>');
}

/// Line ends and tabs of an attribute stay what they are only as character references (XML 1.0 section 3.3.3).
fn push_value(value: &str, out: &mut String) {
    for (at, part) in value.split(['\n', '\t', '\r']).enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(&escape(part));
    }
}

fn close(node: Node<'_, '_>, out: &mut String) {
    out.push_str("</");
    push_name(node, node.tag_name().namespace(), node.tag_name().name(), out);
    out.push('>');
}

fn push_name(node: Node<'_, '_>, uri: Option<&str>, name: &str, out: &mut String) {
    if let Some(uri) = uri
        && node.default_namespace() != Some(uri)
        && let Some(prefix) = node.lookup_prefix(uri)
    {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    fn first_child(text: &str) -> String {
        let document = Document::parse(text).expect("XML");
        standalone(document.root_element().first_element_child().expect("child"))
    }

    #[test]
    fn an_element_takes_the_namespaces_around_it_along() {
        let out =
            first_child("<o xmlns='u' xmlns:a='v'><a:b a:c='1 &lt; 2'><d>x &amp; y</d><!-- no --></a:b></o>");
        let back = Document::parse(&out).expect("stands alone");
        let root = back.root_element();
        assert!(root.has_tag_name(("v", "b")) && root.attribute(("v", "c")) == Some("1 < 2"));
        let inner = root.first_element_child().expect("child");
        assert!(inner.has_tag_name(("u", "d")) && inner.text() == Some("x & y"));
        assert!(!out.contains("no"));
    }

    #[test]
    fn children_that_are_not_wanted_are_left_out() {
        let document = Document::parse("<a><b/><c>d</c></a>").expect("XML");
        assert_eq!(pruned(document.root_element(), |name| name == "c"), "<a><c>d</c></a>");
    }
}
