//! XML requests: read once, with DTDs refused and depth bounded, into the same raw form that key-value
//! pairs give (OGC 09-025r2 annex A; clause 6.2.5.3 for the encodings).

use super::error::WfsError;
use super::markup::standalone;
use super::request::{Invocation, RawQuery, RawRequest};
use super::version::Version;
use crate::services::edge::xml as shared;
use quick_xml::events::Event;
use roxmltree::{Document, Node};

/// Parses text as XML without DTD, no deeper than `depth`.
///
/// # Errors
/// `OperationParsingFailed` with the parser's reason.
pub fn document<'a>(text: &'a str, depth: usize, locator: &str) -> Result<Document<'a>, WfsError> {
    shared::document(text, depth).map_err(|error| WfsError::parsing(locator, error.to_string()))
}

/// Refuses nesting deeper than `depth` before any tree is built.
///
/// # Errors
/// `OperationParsingFailed`, also for a DTD.
pub fn guard_depth(text: &str, depth: usize, locator: &str) -> Result<(), WfsError> {
    shared::guard_depth(text, depth).map_err(|error| WfsError::parsing(locator, error.to_string()))
}

/// Reads the text of a POST.
///
/// # Errors
/// [`WfsError`] when it is not XML or not a WFS request.
pub fn parse(text: &str, depth: usize) -> Result<RawRequest, WfsError> {
    if let Some(raw) = transaction(text)? {
        return Ok(RawRequest { body: Some(text.into()), ..raw });
    }
    let document = document(text, depth, "request")?;
    let root = document.root_element();
    let name = root.tag_name().name();
    let mut raw = root_of(root)?;
    match name {
        "GetCapabilities" => {
            collect(&mut raw, root, "Version", "acceptVersions");
            collect(&mut raw, root, "Section", "sections");
        }
        "DescribeFeatureType" => collect(&mut raw, root, "TypeName", "typeNames"),
        "DescribeStoredQueries" => collect(&mut raw, root, "StoredQueryId", "storedQuery_Id"),
        "GetFeature" | "GetPropertyValue" | "GetFeatureWithLock" | "LockFeature" => {
            for child in root.children().filter(Node::is_element) {
                match child.tag_name().name() {
                    // LockFeature of WFS 1 has its own name for a query (OGC 04-094 clause 11.2).
                    "Query" | "Lock" => raw.queries.push(query(child, &mut raw.namespaces)),
                    "StoredQuery" if raw.namespace_version == Some(Version::V200) => {
                        raw.queries.push(stored(child, &mut raw.namespaces));
                    }
                    other => {
                        let message = format!("element '{other}' is not part of {name}");
                        return Err(WfsError::parsing(other, message));
                    }
                }
            }
        }
        "CreateStoredQuery" => {
            let named = |n: &Node<'_, '_>| n.tag_name().name() == "StoredQueryDefinition";
            raw.definitions = root.children().filter(named).map(standalone).collect();
        }
        _ => {}
    }
    Ok(raw)
}

/// A Transaction, of which only the root is read here: it may be long, and is read once it is known who sends
/// it. Nothing for other requests.
fn transaction(text: &str) -> Result<Option<RawRequest>, WfsError> {
    match root_alone(text) {
        Some(alone) if alone.0 == "Transaction" => {
            let document = document(&alone.1, 1, "request")?;
            root_of(document.root_element()).map(Some)
        }
        _ => Ok(None),
    }
}

/// The version that a request's root says it is of, whatever else is wrong with the request.
pub fn version(text: &str) -> Option<Version> {
    let (_, alone) = root_alone(text)?;
    let document = document(&alone, 1, "request").ok()?;
    let root = document.root_element();
    Version::of_namespace(root.tag_name().namespace()?, root.attribute("version"))
}

/// Local name and start tag of the root, as an element without content. Whatever else a text is, the whole
/// reading says so.
fn root_alone(text: &str) -> Option<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(text);
    let root = loop {
        match reader.read_event() {
            Ok(Event::Start(root) | Event::Empty(root)) => break root,
            Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::Text(_)) => {}
            _ => return None,
        }
    };
    let alone = format!("<{}/>", root.trim_end_matches('/'));
    Some((root.local_name().as_ref().to_owned(), alone))
}

/// What the root of a request says.
fn root_of(root: Node<'_, '_>) -> Result<RawRequest, WfsError> {
    let name = root.tag_name().name();
    let namespace = root.tag_name().namespace().unwrap_or_default();
    let Some(version) = Version::of_namespace(namespace, root.attribute("version")) else {
        let known = Version::ALL.map(Version::namespace).join(" or ");
        let message = format!("element '{name}' is not in the namespace {known}");
        return Err(WfsError::parsing("request", message));
    };
    let mut raw = RawRequest {
        operation: Some(name.to_owned()),
        namespace_version: Some(version),
        ..RawRequest::default()
    };
    if version != Version::V200 {
        // Their schemas have a default here (OGC 04-094 clause 7.8).
        raw.parameters.set("service", "WFS");
    }
    for attribute in root.attributes().filter(|a| a.namespace().is_none()) {
        raw.parameters.set(attribute.name(), attribute.value());
    }
    raw.namespaces =
        root.namespaces().filter_map(|n| Some((n.name()?.to_owned(), n.uri().to_owned()))).collect();
    Ok(raw)
}

/// A body as text: UTF-8, or what the byte order mark or the XML declaration says.
///
/// # Errors
/// `OperationParsingFailed` when it is not text in that encoding.
pub fn decode(body: &[u8]) -> Result<String, WfsError> {
    let head = String::from_utf8_lossy(body.get(..body.len().min(120)).unwrap_or_default()).into_owned();
    let declared = head.split_once("encoding=").and_then(|(_, rest)| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?.split(quote).next().map(str::to_owned)
    });
    let encoding = encoding_rs::Encoding::for_bom(body)
        .map(|(e, _)| e)
        .or_else(|| declared.as_deref().and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes())));
    let (text, _, broken) = encoding.unwrap_or(encoding_rs::UTF_8).decode(body);
    if broken {
        return Err(WfsError::parsing("request", "the body is not text in the encoding that it declares"));
    }
    Ok(text.into_owned())
}

/// Joins the texts of all descendants of a name into one parameter.
fn collect(raw: &mut RawRequest, root: Node<'_, '_>, element: &str, parameter: &str) {
    let values: Vec<&str> = root
        .descendants()
        .filter(|n| n.is_element() && n.tag_name().name() == element)
        .filter_map(|n| n.text().map(str::trim))
        .collect();
    if !values.is_empty() {
        raw.parameters.set(parameter, &values.join(","));
    }
}

/// A stored query as it is asked for. A parameter's value may be an element.
fn stored(node: Node<'_, '_>, namespaces: &mut Vec<(String, String)>) -> RawQuery {
    let mut invocation = Invocation {
        id: node.attribute("id").unwrap_or_default().trim().to_owned(),
        is_strict: true,
        ..Invocation::default()
    };
    for parameter in node.children().filter(|n| n.is_element() && n.tag_name().name() == "Parameter") {
        declared(parameter, namespaces);
        let Some(name) = parameter.attribute("name") else { continue };
        let value = match parameter.first_element_child() {
            Some(element) => standalone(element),
            None => parameter.text().unwrap_or_default().trim().to_owned(),
        };
        invocation.parameters.push((name.to_owned(), value));
    }
    RawQuery { stored: Some(invocation), ..RawQuery::default() }
}

/// Adds the prefixes that are declared where an element stands.
fn declared(node: Node<'_, '_>, namespaces: &mut Vec<(String, String)>) {
    for namespace in node.namespaces() {
        let pair = (namespace.name().unwrap_or_default().to_owned(), namespace.uri().to_owned());
        if !pair.0.is_empty() && !namespaces.contains(&pair) {
            namespaces.push(pair);
        }
    }
}

/// A `Query` element (OGC 09-025r2 clause 7.9.2.2, OGC 04-094 clause 9.2, OGC 02-058 clause 9.2).
pub fn query(node: Node<'_, '_>, namespaces: &mut Vec<(String, String)>) -> RawQuery {
    declared(node, namespaces);
    let types = node.attribute("typeNames").or_else(|| node.attribute("typeName")).unwrap_or_default();
    let mut query = RawQuery {
        types: types
            .split(|c: char| c == ',' || c.is_whitespace())
            .map(without_alias)
            .filter(|t| !t.is_empty())
            .collect(),
        aliases: node
            .attribute("aliases")
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        srs: node.attribute("srsName").map(str::to_owned),
        ..RawQuery::default()
    };
    for child in node.children().filter(Node::is_element) {
        match child.tag_name().name() {
            "PropertyName" => query.properties.push(child.text().unwrap_or_default().trim().to_owned()),
            "Filter" => query.filter = Some(standalone(child)),
            "SortBy" => query.sort = Some(sort(child)),
            _ => {}
        }
    }
    query
}

/// A type's name without the alias that WFS 1.1 lets a query give it (`a:Road=r`): one type has no need
/// of it, and property names are known with any path before them.
fn without_alias(name: &str) -> String {
    name.split_once('=').map_or(name, |(type_name, _)| type_name).to_owned()
}

/// `SortBy` as its key-value form.
fn sort(node: Node<'_, '_>) -> String {
    let text = |parent: Node<'_, '_>, names: &[&str]| {
        parent
            .children()
            .find(|n| names.contains(&n.tag_name().name()))
            .and_then(|n| n.text())
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let keys: Vec<String> = node
        .children()
        .filter(|n| n.tag_name().name() == "SortProperty")
        .map(|key| {
            let name = text(key, &["ValueReference", "PropertyName"]);
            format!("{name} {}", text(key, &["SortOrder"])).trim().to_owned()
        })
        .collect();
    keys.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_with_a_filter_gives_a_filter_that_stands_alone() {
        let body = r#"<wfs:GetFeature xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:a="http://a"
            xmlns:fes="http://www.opengis.net/fes/2.0" service="WFS" version="2.0.0" count="5">
            <wfs:Query typeNames="a:x" srsName="EPSG:3857"><wfs:PropertyName>a:n</wfs:PropertyName>
            <fes:Filter><fes:PropertyIsNull><fes:ValueReference>a:n</fes:ValueReference></fes:PropertyIsNull></fes:Filter>
            <fes:SortBy><fes:SortProperty><fes:ValueReference>n</fes:ValueReference><fes:SortOrder>DESC</fes:SortOrder>
            </fes:SortProperty></fes:SortBy></wfs:Query></wfs:GetFeature>"#;
        let raw = parse(body, 50).expect("read");
        assert_eq!(raw.operation.as_deref(), Some("GetFeature"));
        assert_eq!(raw.parameters.get("COUNT"), Some("5"));
        let query = &raw.queries[0];
        assert_eq!(query.types, ["a:x"]);
        assert_eq!(query.sort.as_deref(), Some("n DESC"));
        let filter = query.filter.as_deref().expect("a filter");
        let alone = Document::parse(filter).expect("stands alone");
        assert_eq!(alone.root_element().tag_name().namespace(), Some("http://www.opengis.net/fes/2.0"));
    }

    #[test]
    fn dtds_deep_nesting_and_broken_xml_are_refused() {
        for body in [
            "<!DOCTYPE x [<!ENTITY e 'v'>]><x>&e;</x>".to_owned(),
            format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000)),
            "<wfs:GetFeature".to_owned(),
            "not xml".to_owned(),
            "<GetFeature xmlns='http://elsewhere'/>".to_owned(),
        ] {
            let error = parse(&body, 100).expect_err("refused");
            assert_eq!(error.code, "OperationParsingFailed", "{body:.40}");
        }
    }

    #[test]
    fn version_1_1_is_read_with_its_defaults() {
        let body = "<wfs:GetFeature xmlns:wfs='http://www.opengis.net/wfs' xmlns:a='http://a' maxFeatures='3'>\
            <wfs:Query typeName='a:x=b'><wfs:PropertyName>b/n</wfs:PropertyName><ogc:SortBy \
            xmlns:ogc='http://www.opengis.net/ogc'><ogc:SortProperty><ogc:PropertyName>n</ogc:PropertyName>\
            </ogc:SortProperty></ogc:SortBy></wfs:Query></wfs:GetFeature>";
        let raw = parse(body, 50).expect("read");
        assert_eq!(raw.namespace_version, Some(Version::V110));
        assert_eq!(raw.parameters.get("service"), Some("WFS"));
        assert_eq!(raw.queries[0].types, ["a:x"]);
        assert_eq!(raw.queries[0].sort.as_deref(), Some("n"));
    }

    #[test]
    fn a_body_in_latin1_is_read_as_it_says() {
        let body = b"<?xml version='1.0' encoding='ISO-8859-1'?><ListStoredQueries xmlns='http://www.opengis.net/wfs/2.0' service='\xe9'/>";
        let text = decode(body).expect("text");
        assert_eq!(parse(&text, 10).expect("read").parameters.get("service"), Some("é"));
    }
}
