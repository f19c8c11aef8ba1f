//! The definition of a stored query (OGC 09-025r2 clause 14.2.2): an XML text with `${name}` where a parameter's
//! value goes. Values are put into text nodes and attribute values of the parsed tree.

use super::LANGUAGE;
use crate::config::Limits;
use crate::services::wfs::error::WfsError;
use crate::services::wfs::markup::{Filled, Style, standalone, written};
use crate::services::wfs::request::{Invocation, RawQuery};
use crate::services::wfs::xml;
use actix_web::http::StatusCode;
use quick_xml::escape::escape;
use roxmltree::{Document, Node};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Other spellings of [`LANGUAGE`] in the standard and its schemas.
const LANGUAGES: [&str; 3] = [
    LANGUAGE,
    "urn:ogc:def:queryLanguage:OGC-WFS::WFS_QueryExpression",
    "http://www.opengis.net/def/queryLanguage/OGC-WFS/0/WFSQueryExpression",
];
const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// Longest identifier and longest name of a parameter.
const LONGEST_NAME: usize = 500;

/// Prefixes and their namespaces.
type Namespaces = Vec<(String, String)>;

/// A stored query that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its identifier.
    pub id: String,
    /// The `StoredQueryDescription`, to be read alone.
    pub text: String,
}

impl Definition {
    /// Reads a `StoredQueryDefinition` and judges it.
    ///
    /// # Errors
    /// Codes of OGC 09-025r2 table 3.
    pub fn read(text: &str, depth: usize) -> Result<Self, WfsError> {
        let document = xml::document(text, depth.saturating_add(20), "StoredQueryDefinition")?;
        let root = document.root_element();
        let id = root.attribute("id").map(str::trim).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| WfsError::missing("id", "a StoredQueryDefinition needs an id"))?;
        if id.chars().count() > LONGEST_NAME {
            let message = format!("an identifier has {LONGEST_NAME} characters at most");
            return Err(WfsError::invalid("id", message));
        }
        let mut names = BTreeSet::new();
        for parameter in named(root, "Parameter") {
            let name = parameter.attribute("name").map(str::trim).filter(|n| !n.is_empty());
            let name = name.ok_or_else(|| WfsError::missing("name", "a Parameter needs a name"))?;
            if !names.insert(name.to_ascii_lowercase()) {
                let message = "two parameters of a stored query have the same name";
                return Err(WfsError::new(
                    StatusCode::BAD_REQUEST,
                    "DuplicateStoredQueryParameterName",
                    name,
                    message,
                ));
            }
        }
        let mut expressions = named(root, "QueryExpressionText").peekable();
        if expressions.peek().is_none() {
            return Err(WfsError::missing(
                "QueryExpressionText",
                "a stored query needs a QueryExpressionText",
            ));
        }
        for expression in expressions {
            judge(expression, &names)?;
        }
        let hollow = |_: &Node<'_, '_>| false;
        let fill = |text: &str, _: bool| Ok(Filled::Text(Cow::Owned(text.to_owned())));
        let style = Style { name: Some("StoredQueryDescription"), fill: &fill, hollow: &hollow };
        Ok(Self { id: id.to_owned(), text: written(root, &style)? })
    }

    /// The queries that it stands for with these values, and the prefixes that they use.
    ///
    /// # Errors
    /// `MissingParameterValue`, or `InvalidParameterValue` for a value of the wrong type and for a parameter
    /// that there isn't.
    pub fn queries(
        &self,
        invocation: &Invocation,
        limits: &Limits,
    ) -> Result<(Vec<RawQuery>, Namespaces), WfsError> {
        let depth = limits.filter_depth.saturating_add(20);
        let document = self.document(depth)?;
        let root = document.root_element();
        let parameters = values(root, invocation)?;
        // A long value in many places must not fill the memory.
        let left = Cell::new(limits.body_bytes);
        let fill = |text: &str, is_node: bool| filled(text, is_node, &parameters, depth, &left);
        let style = Style { name: None, fill: &fill, hollow: &|_| false };
        let (mut queries, mut namespaces) = (Vec::new(), Vec::new());
        for expression in named(root, "QueryExpressionText") {
            let text = written(expression, &style)?;
            let whole = xml::document(&text, depth, "storedQuery_Id")?;
            for query in named(whole.root_element(), "Query") {
                queries.push(xml::query(query, &mut namespaces));
            }
        }
        Ok((queries, namespaces))
    }

    fn document(&self, depth: usize) -> Result<Document<'_>, WfsError> {
        xml::document(&self.text, depth, "storedQuery_Id")
    }

    /// Appends the start of its entry in a list: identifier and titles.
    pub fn push_head(&self, out: &mut String) {
        let _ = writeln!(out, "<wfs:StoredQuery id=\"{}\">", escape(&self.id));
        let Ok(document) = Document::parse(&self.text) else { return };
        for title in named(document.root_element(), "Title") {
            let lang = title.attribute(("http://www.w3.org/XML/1998/namespace", "lang"));
            let lang = lang.map_or_else(String::new, |l| format!(" xml:lang=\"{}\"", escape(l)));
            let text = escape(title.text().unwrap_or_default().trim()).into_owned();
            let _ = writeln!(out, "<wfs:Title{lang}>{text}</wfs:Title>");
        }
    }

    /// The types that it says it returns, each with the prefixes that are declared there.
    pub fn return_types(&self) -> Vec<(String, Namespaces)> {
        let Ok(document) = Document::parse(&self.text) else { return Vec::new() };
        let mut out: Vec<(String, Namespaces)> = Vec::new();
        for expression in named(document.root_element(), "QueryExpressionText") {
            let prefixed = |n: &roxmltree::Namespace<'_>| Some((n.name()?.to_owned(), n.uri().to_owned()));
            let declared: Namespaces = expression.namespaces().filter_map(prefixed).collect();
            for name in expression.attribute("returnFeatureTypes").unwrap_or_default().split_whitespace() {
                if !out.iter().any(|(known, _)| known == name) {
                    out.push((name.to_owned(), declared.clone()));
                }
            }
        }
        out
    }

    /// Its `StoredQueryDescription`, without the text of private expressions.
    pub fn description(&self) -> String {
        let hollow = |node: &Node<'_, '_>| {
            node.tag_name().name() == "QueryExpressionText" && is_true(node.attribute("isPrivate"))
        };
        let fill = |text: &str, _: bool| Ok(Filled::Text(Cow::Owned(text.to_owned())));
        let style = Style { name: None, fill: &fill, hollow: &hollow };
        let Ok(document) = Document::parse(&self.text) else { return String::new() };
        let mut text = written(document.root_element(), &style).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn is_true(value: Option<&str>) -> bool {
    matches!(value.map(str::trim), Some("true" | "1"))
}

fn named<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |n| n.is_element() && n.tag_name().name() == name)
}

/// Whether an expression can be run once its parameters have values.
fn judge(expression: Node<'_, '_>, names: &BTreeSet<String>) -> Result<(), WfsError> {
    let language = expression.attribute("language").unwrap_or(LANGUAGE).trim();
    if !LANGUAGES.contains(&language) {
        let message = format!("queries are kept in the language {LANGUAGE}");
        return Err(WfsError::invalid("language", message));
    }
    let mut queries = 0;
    for child in expression.children().filter(Node::is_element) {
        if child.tag_name().name() != "Query" {
            let found: String = child.tag_name().name().chars().take(60).collect();
            let message = format!("a QueryExpressionText holds wfs:Query elements, not '{found}'");
            return Err(WfsError::parsing("QueryExpressionText", message));
        }
        queries += 1;
    }
    if queries == 0 {
        return Err(WfsError::parsing("QueryExpressionText", "a QueryExpressionText needs a wfs:Query"));
    }
    let texts = expression.descendants().flat_map(|node| {
        let own = node.text().filter(|_| node.is_text());
        node.attributes().map(|a| a.value()).chain(own).collect::<Vec<_>>()
    });
    for name in texts.flat_map(placeholders) {
        if !names.contains(&name.to_ascii_lowercase()) {
            let named: String = name.chars().take(60).collect();
            let message = format!("the query uses ${{{named}}}, and no Parameter has that name");
            return Err(WfsError::invalid("QueryExpressionText", message));
        }
    }
    Ok(())
}

/// The names in `${…}` of a text.
fn placeholders(text: &str) -> Vec<&str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.trim()).collect()
}

/// A parameter with its value.
struct Given<'a> {
    name: &'a str,
    value: &'a str,
    /// Whether its type lets the value be an element.
    may_be_element: bool,
}

/// Every parameter's value, of its type.
fn values<'a>(root: Node<'a, '_>, invocation: &'a Invocation) -> Result<Vec<Given<'a>>, WfsError> {
    let mut given = Vec::new();
    for parameter in named(root, "Parameter") {
        let Some(name) = parameter.attribute("name").map(str::trim) else { continue };
        let value = invocation
            .value(name)
            .ok_or_else(|| WfsError::missing(name, format!("the stored query needs the parameter {name}")))?;
        let kind = parameter.attribute("type").unwrap_or_default().trim();
        let (prefix, local) = kind.split_once(':').map_or((None, kind), |(p, l)| (Some(p), l));
        let uri = parameter.lookup_namespace_uri(prefix).unwrap_or_default();
        let is_plain = uri == XSD || matches!(prefix, Some("xs" | "xsd"));
        if is_plain && !is_of_type(value, local) {
            let shown: String = value.chars().take(60).collect();
            let message = format!("parameter {name} is of type {local}, which '{shown}' is not");
            return Err(WfsError::invalid(name, message));
        }
        given.push(Given { name, value, may_be_element: !is_plain });
    }
    let foreign = invocation
        .parameters
        .iter()
        .find(|(name, _)| invocation.is_strict && !given.iter().any(|g| g.name.eq_ignore_ascii_case(name)));
    if let Some((name, _)) = foreign {
        let known: Vec<&str> = given.iter().map(|g| g.name).collect();
        let message = format!("the stored query has no parameter of this name; it has: {}", known.join(", "));
        return Err(WfsError::invalid(name, message));
    }
    Ok(given)
}

/// Whether a text is in the lexical space of a type of XML Schema, as far as queries need it.
fn is_of_type(value: &str, kind: &str) -> bool {
    let value = value.trim();
    match kind {
        "integer" | "int" | "long" | "short" | "byte" => value.parse::<i64>().is_ok(),
        "nonNegativeInteger" | "unsignedInt" | "unsignedLong" => value.parse::<u64>().is_ok(),
        "positiveInteger" => value.parse::<u64>().is_ok_and(|n| n > 0),
        "double" | "float" | "decimal" => value.parse::<f64>().is_ok_and(f64::is_finite),
        "boolean" => matches!(value, "true" | "false" | "0" | "1"),
        "date" => value.get(..10).is_some_and(|day| day.parse::<chrono::NaiveDate>().is_ok()),
        "dateTime" => {
            chrono::DateTime::parse_from_rfc3339(value).is_ok()
                || value.parse::<chrono::NaiveDateTime>().is_ok()
        }
        _ => true,
    }
}

/// A text with the values in their places. A text that is a placeholder and nothing else may become an
/// element.
fn filled(
    text: &str,
    is_node: bool,
    parameters: &[Given<'_>],
    depth: usize,
    left: &Cell<usize>,
) -> Result<Filled<'static>, WfsError> {
    let spend = |bytes: usize| match left.get().checked_sub(bytes) {
        Some(rest) => {
            left.set(rest);
            Ok(())
        }
        None => Err(WfsError::invalid("storedQuery_Id", "the query is too long with these values")),
    };
    let find = |name: &str| parameters.iter().find(|p| p.name.eq_ignore_ascii_case(name.trim()));
    let alone = text.trim().strip_prefix("${").and_then(|t| t.strip_suffix('}')).and_then(find);
    if let Some(parameter) =
        alone.filter(|p| is_node && p.may_be_element && p.value.trim_start().starts_with('<'))
    {
        spend(parameter.value.len())?;
        let element = xml::document(parameter.value, depth, parameter.name)?;
        return Ok(Filled::Element(standalone(element.root_element())));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        match after.split_once('}').map(|(name, tail)| (find(name), tail)) {
            Some((Some(parameter), tail)) => {
                spend(parameter.value.len())?;
                out.push_str(parameter.value);
                rest = tail;
            }
            _ => {
                out.push_str("${");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Ok(Filled::Text(Cow::Owned(out)))
}

#[cfg(test)]
mod tests;
