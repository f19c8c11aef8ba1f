//! Elements of a request written back as text that can be read alone: a filter in a paging link, the queries
//! that are kept. Values put in the place of parameters become text nodes and attribute values, never markup.

use super::error::WfsError;
use quick_xml::escape::escape;
use roxmltree::Node;
use std::borrow::Cow;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// What stands in the place of a text.
pub enum Filled<'a> {
    /// Text, still to be escaped.
    Text(Cow<'a, str>),
    /// An element that can be read alone.
    Element(String),
}

/// How elements are written.
pub struct Style<'s> {
    /// Another name of the root, in the namespace that it has.
    pub name: Option<&'s str>,
    /// What is written for a text node (true) or the value of an attribute.
    pub fill: &'s dyn Fn(&str, bool) -> Result<Filled<'static>, WfsError>,
    /// Elements that are written without what they hold.
    pub hollow: &'s dyn Fn(&Node<'_, '_>) -> bool,
}

/// An element as it is, with the namespaces in scope declared on it.
pub fn standalone(node: Node<'_, '_>) -> String {
    let fill = |text: &str, _: bool| Ok(Filled::Text(Cow::Owned(text.to_owned())));
    let style = Style { name: None, fill: &fill, hollow: &|_| false };
    // This filling refuses nothing.
    written(node, &style).unwrap_or_default()
}

/// An element as a style says, with the namespaces in scope declared on it.
///
/// # Errors
/// What the filling refuses.
pub fn written(node: Node<'_, '_>, style: &Style<'_>) -> Result<String, WfsError> {
    let mut out = String::new();
    push(node, style, style.name, &[], &mut out)?;
    Ok(out)
}

fn push(
    node: Node<'_, '_>,
    style: &Style<'_>,
    rename: Option<&str>,
    declared: &[(Option<&str>, &str)],
    out: &mut String,
) -> Result<(), WfsError> {
    let name = qualified(node, rename.unwrap_or(node.tag_name().name()));
    out.push('<');
    out.push_str(&name);
    let scope: Vec<(Option<&str>, &str)> =
        node.namespaces().filter(|n| n.name() != Some("xml")).map(|n| (n.name(), n.uri())).collect();
    for (prefix, uri) in scope.iter().filter(|pair| !declared.contains(pair)) {
        attribute(&prefix.map_or_else(|| "xmlns".to_owned(), |p| format!("xmlns:{p}")), uri, out);
    }
    let default =
        |pairs: &[(Option<&str>, &str)]| pairs.iter().any(|(p, uri)| p.is_none() && !uri.is_empty());
    if default(declared) && !scope.iter().any(|(p, _)| p.is_none()) {
        attribute("xmlns", "", out);
    }
    for a in node.attributes() {
        let name = match a.namespace() {
            None => a.name().to_owned(),
            Some(XML) => format!("xml:{}", a.name()),
            Some(uri) => match scope.iter().find(|(p, u)| p.is_some() && *u == uri) {
                Some((Some(prefix), _)) => format!("{prefix}:{}", a.name()),
                _ => continue,
            },
        };
        match (style.fill)(a.value(), false)? {
            Filled::Text(text) => attribute(&name, &text, out),
            // A filling gives elements for text nodes only.
            Filled::Element(_) => {}
        }
    }
    let mut children = node.children().peekable();
    if (style.hollow)(&node) || children.peek().is_none() {
        out.push_str("/>");
        return Ok(());
    }
    out.push('>');
    for child in children {
        if child.is_element() {
            push(child, style, None, &scope, out)?;
        } else if child.is_text() {
            match (style.fill)(child.text().unwrap_or_default(), true)? {
                Filled::Text(text) => out.push_str(&escape(&*text)),
                Filled::Element(element) => out.push_str(&element),
            }
        }
    }
    out.push_str("</");
    out.push_str(&name);
    out.push('>');
    Ok(())
}

/// The name of an element with the prefix that its namespace has where it stands.
fn qualified(node: Node<'_, '_>, name: &str) -> String {
    let Some(uri) = node.tag_name().namespace() else { return name.to_owned() };
    let mut prefixes = node.namespaces().filter(|n| n.uri() == uri).map(roxmltree::Namespace::name);
    match prefixes.clone().find(Option::is_none).or_else(|| prefixes.next()) {
        Some(Some(prefix)) => format!("{prefix}:{name}"),
        _ => name.to_owned(),
    }
}

fn attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    // Line breaks in a value would be read as spaces.
    out.push_str(&escape(value).replace('\n', "&#10;").replace('\t', "&#9;").replace('\r', "&#13;"));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    #[test]
    fn an_element_written_alone_reads_as_it_did_in_its_document() {
        let text = r#"<a:x xmlns:a="u:a" xmlns="u:d" xmlns:b="u:b"><y b:k="1 &lt; 2&#10;" xml:lang="fr">t &amp; <z xmlns="">plain</z>
            <a:w xmlns:b="u:other" b:k="v"/><![CDATA[<raw>]]></y></a:x>"#;
        let whole = Document::parse(text).expect("well-formed");
        let inner = whole.root_element().first_element_child().expect("y");
        let alone = standalone(inner);
        let again = Document::parse(&alone).unwrap_or_else(|e| panic!("{e}: {alone}"));
        let shape = |node: Node<'_, '_>| -> Vec<String> {
            let shapes = node.descendants().map(|n| {
                let attributes: Vec<_> =
                    n.attributes().map(|a| (a.namespace(), a.name(), a.value())).collect();
                format!("{:?} {attributes:?} {:?}", n.tag_name(), n.text())
            });
            shapes.collect()
        };
        assert_eq!(shape(inner), shape(again.root_element()));
        assert_eq!(standalone(again.root_element()), alone, "written twice it stays the same");
    }

    #[test]
    fn what_is_filled_in_is_never_markup() {
        let document = Document::parse("<q n='${v}'>${v}</q>").expect("well-formed");
        let fill =
            |text: &str, _: bool| Ok(Filled::Text(Cow::Owned(text.replace("${v}", "\"/><evil a='&lt;'>"))));
        let text = written(document.root_element(), &Style { name: None, fill: &fill, hollow: &|_| false });
        let text = text.expect("written");
        let again = Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!(again.root_element().descendants().filter(Node::is_element).count(), 1);
        assert_eq!(again.root_element().attribute("n"), again.root_element().text());
    }
}
