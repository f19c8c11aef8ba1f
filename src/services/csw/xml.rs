//! Requests as XML bodies, read with tolerance: harvesters declare other namespaces, or none for the
//! prefixes in their values, and begin with line feeds. Elements are known by their local names.

use super::error::{CswError, short};
use super::output::{Output, accept_formats, output, output_format};
use super::request::{
    GetCapabilities, GetDomain, GetRecordById, GetRecords, Request, Terms, check_service, described_types,
    max_records, result_type, schema_language, sort_key, start_position, type_names_missing, types, view,
};
use super::transaction;
use super::version::Version;
use crate::config::Limits;
use crate::filter::{Filter, FilterError, Reading, ecql, fes};
use crate::geo::CrsRef;
use crate::services::edge::Kvp;
use quick_xml::escape::escape;
use roxmltree::{Document, Node, ParsingOptions};
use std::fmt::Write as _;

/// Deepest nesting of a request outside its filter.
const WRAPPING: usize = 10;

/// Namespaces that a filter may be in: those of FES, none, and the request's own by a forgotten declaration.
const FILTERS: [&str; 5] = [
    "http://www.opengis.net/ogc",
    "http://www.opengis.net/fes/2.0",
    "http://www.opengis.net/cat/csw/2.0.2",
    "http://www.opengis.net/cat/csw/3.0",
    "",
];

/// Reads a body, with the version that it is answered in.
pub(super) fn request(
    body: &str,
    accept: Option<&str>,
    limits: &Limits,
) -> Result<(Version, Request), (Version, CswError)> {
    let unread = |error| (Version::V202, error);
    let document = parse(body, limits).map_err(unread)?;
    let root = operation(document.root_element()).map_err(unread)?;
    let version = version(root)?;
    read(root, body, version, accept, limits)
        .map(|request| (version, request))
        .map_err(|error| (version, error))
}

/// The version that the element names, or that its namespace means.
fn version(root: Node<'_, '_>) -> Result<Version, (Version, CswError)> {
    if let Some(accepted) = child(root, "AcceptVersions") {
        let versions: Vec<String> = children(accepted, "Version").map(text).collect();
        if let Some(version) = Version::negotiated(versions.iter().map(String::as_str))? {
            return Ok(version);
        }
    }
    let new = root.tag_name().namespace() == Some(Version::V300.namespace());
    Version::named(attribute(root, "version").or_else(|| new.then_some(Version::V300.text())))
}

fn read(
    root: Node<'_, '_>,
    body: &str,
    version: Version,
    accept: Option<&str>,
    limits: &Limits,
) -> Result<Request, CswError> {
    // 3.0 has a default for it.
    check_service(attribute(root, "service").or_else(|| (version == Version::V300).then_some("CSW")))?;
    match (root.tag_name().name(), version) {
        ("GetCapabilities", _) => capabilities(root, version),
        ("DescribeRecord", Version::V202) => {
            output_format(attribute(root, "outputFormat"))?;
            schema_language(attribute(root, "schemaLanguage"))?;
            let names: Vec<String> = children(root, "TypeName").map(text).collect();
            Ok(Request::DescribeRecord(described_types(&names.join(" "), "TypeName")?))
        }
        ("GetDomain", _) => {
            let names = |name| children(root, name).map(text).collect::<Vec<_>>();
            let properties = [names("PropertyName"), names("ValueReference")].concat();
            Ok(Request::GetDomain(GetDomain::new(properties, names("ParameterName"))?))
        }
        ("Transaction", _) => Ok(Request::Transaction(Box::new(transaction::read(root, limits)?))),
        ("GetRecords", _) => Ok(Request::GetRecords(Box::new(records(root, body, version, accept, limits)?))),
        ("GetRecordById", _) => {
            let (format, schema) = (attribute(root, "outputFormat"), attribute(root, "outputSchema"));
            let output = output(version, format, schema, accept)?;
            let ids = children(root, "Id").map(text).collect();
            let set = child(root, "ElementSetName").map(text);
            Ok(Request::GetRecordById(GetRecordById::new(ids, output, set.as_deref())?))
        }
        (other, _) => Err(CswError::operation(other)),
    }
}

/// The filter of a KVP `constraint`.
pub(super) fn filter_text(text: &str, limits: &Limits) -> Result<Option<Filter>, CswError> {
    let document = parse(text, limits)?;
    let root = document.root_element();
    let node = if root.tag_name().name() == "Constraint" { child(root, "Filter") } else { Some(root) };
    node.map(|node| filter(node, limits)).transpose()
}

/// A GetRecords request by KVP, as the XML that an acknowledgement echoes.
pub(super) fn echo_of_kvp(kvp: &Kvp, version: Version) -> String {
    let mut echo = format!(
        "<csw:GetRecords xmlns:csw=\"{}\" service=\"CSW\" version=\"{}\"",
        version.namespace(),
        version.text()
    );
    for name in ["resultType", "outputFormat", "outputSchema", "startPosition", "maxRecords"] {
        if let Some(value) = kvp.filled(name).filter(|_| name != "resultType" || version == Version::V202) {
            let _ = write!(echo, " {name}=\"{}\"", escape(value));
        }
    }
    let types = kvp.filled("typenames").unwrap_or("csw:Record");
    let _ = write!(echo, "><csw:Query typeNames=\"{}\">", escape(types));
    // The schema wants one; this is what its absence means.
    let set = kvp.filled("elementsetname").unwrap_or("summary");
    let _ = write!(echo, "<csw:ElementSetName>{}</csw:ElementSetName>", escape(set));
    echo.push_str("</csw:Query></csw:GetRecords>");
    echo
}

fn parse<'a>(body: &'a str, limits: &Limits) -> Result<Document<'a>, CswError> {
    let body = body.trim_start_matches('\u{feff}').trim();
    if body.is_empty() {
        return Err(CswError::unreadable(
            "the request has no body; send a GetRecords document or use key-value pairs",
        ));
    }
    let nodes = u32::try_from(limits.filter_nodes.saturating_mul(10)).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: nodes, ..ParsingOptions::default() };
    let document = Document::parse_with_options(body, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => CswError::unreadable(
            "document type declarations and entities are refused; send the XML without them",
        ),
        roxmltree::Error::NodesLimitReached => {
            CswError::unreadable("the request has more elements than this server reads; make it smaller")
        }
        other => CswError::unreadable(format!("the XML can't be read: {}", short(&other.to_string()))),
    })?;
    let depth = limits.filter_depth.saturating_add(WRAPPING);
    // Parents come before their children, so a running table of depths is enough.
    let mut depths: Vec<usize> = Vec::new();
    for node in document.descendants() {
        let above = node.parent().and_then(|p| depths.get(p.id().get_usize()).copied()).unwrap_or(0);
        if above > depth {
            return Err(CswError::unreadable(format!(
                "the XML is nested more than {depth} levels deep; make it flatter"
            )));
        }
        depths.resize(node.id().get_usize() + 1, 0);
        if let Some(slot) = depths.last_mut() {
            *slot = above + 1;
        }
    }
    Ok(document)
}

/// The operation's element, taken out of a SOAP envelope when it stands in one.
fn operation<'a, 'd>(root: Node<'a, 'd>) -> Result<Node<'a, 'd>, CswError> {
    if root.tag_name().name() != "Envelope" {
        return Ok(root);
    }
    child(root, "Body")
        .and_then(|body| body.children().find(Node::is_element))
        .ok_or_else(|| CswError::unreadable("the SOAP envelope has no request in its body"))
}

fn capabilities(root: Node<'_, '_>, version: Version) -> Result<Request, CswError> {
    let list = |outer: &'static str, inner: &'static str| -> Option<Vec<String>> {
        child(root, outer).map(|n| children(n, inner).map(text).collect())
    };
    let formats = list("AcceptFormats", "OutputFormat").unwrap_or_default();
    Ok(Request::GetCapabilities(GetCapabilities {
        sections: list("Sections", "Section"),
        update_sequence: attribute(root, "updateSequence").map(str::to_owned),
        text_xml: accept_formats(version, &formats)?,
    }))
}

fn records(
    root: Node<'_, '_>,
    body: &str,
    version: Version,
    accept: Option<&str>,
    limits: &Limits,
) -> Result<GetRecords, CswError> {
    let output = output(version, attribute(root, "outputFormat"), attribute(root, "outputSchema"), accept)?;
    if version == Version::V300 && child(root, "ResponseHandler").is_some() {
        let text = "answers are not sent elsewhere; leave csw:ResponseHandler out and wait for the answer";
        return Err(CswError::option("ResponseHandler", text));
    }
    let query =
        child(root, "Query").ok_or_else(|| CswError::missing("Query", "a GetRecords needs a csw:Query"))?;
    let names = attribute(query, "typeNames").ok_or_else(type_names_missing)?;
    if types(names, "typeNames")?.is_empty() {
        return Err(type_names_missing());
    }
    let set = child(query, "ElementSetName").map(text);
    let elements: Vec<String> = children(query, "ElementName").map(text).collect();
    let (set, elements) = view(version, set.as_deref(), &elements, output)?;
    let filter = constraint(query, limits)?;
    let sort = child(query, "SortBy").or_else(|| child(root, "SortBy"));
    Ok(GetRecords {
        request_id: attribute(root, "requestId").map(str::to_owned),
        result_type: result_type(version, attribute(root, "resultType"))?,
        output,
        set,
        elements,
        filter,
        terms: Terms::default(),
        sort: sort.map(sort_keys).transpose()?.unwrap_or_default(),
        start: start_position(attribute(root, "startPosition"))?,
        max: max_records(version, attribute(root, "maxRecords"))?,
        echo: match output {
            Output::Atom => String::new(),
            Output::Records(_) => source(root, body),
        },
    })
}

/// The condition of a csw:Constraint, whichever language it is in.
pub(super) fn constraint(node: Node<'_, '_>, limits: &Limits) -> Result<Option<Filter>, CswError> {
    let Some(node) = child(node, "Constraint") else { return Ok(None) };
    match (child(node, "Filter"), child(node, "CqlText")) {
        (Some(found), _) => filter(found, limits).map(Some),
        (None, Some(node)) => cql_text(&text(node), limits).map(Some),
        (None, None) => Ok(None),
    }
}

/// A condition in the CQL of OGC 07-006r1 clause 10.3 (its common query language).
pub(super) fn cql_text(text: &str, limits: &Limits) -> Result<Filter, CswError> {
    let reading =
        Reading { limits: limits.into(), short_means_authority: false, default_crs: CrsRef::crs84().ok() };
    ecql::parse(text, &reading).map_err(|error| CswError::invalid("Constraint", error.to_string()))
}

fn sort_keys(node: Node<'_, '_>) -> Result<Vec<crate::catalogue::SortKey>, CswError> {
    children(node, "SortProperty")
        .map(|property| {
            let name = child(property, "PropertyName")
                .or_else(|| child(property, "ValueReference"))
                .map(text)
                .ok_or_else(|| {
                    CswError::missing("PropertyName", "an ogc:SortProperty needs an ogc:PropertyName")
                })?;
            let order = child(property, "SortOrder").map(text).unwrap_or_default();
            match order.to_ascii_uppercase().as_str() {
                "" | "ASC" | "ASCENDING" => sort_key(&name, false),
                "DESC" | "DESCENDING" => sort_key(&name, true),
                _ => Err(CswError::invalid(
                    "SortOrder",
                    format!("'{}' is no order; use ASC or DESC", short(&order)),
                )),
            }
        })
        .collect()
}

fn filter(node: Node<'_, '_>, limits: &Limits) -> Result<Filter, CswError> {
    let namespace = node.tag_name().namespace().unwrap_or_default();
    if !FILTERS.contains(&namespace) {
        let text = format!(
            "a Filter of namespace '{}' is not read here; use http://www.opengis.net/ogc or http://www.opengis.net/fes/2.0",
            short(namespace)
        );
        return Err(CswError::invalid("Filter", text));
    }
    let reading = Reading {
        limits: limits.into(),
        short_means_authority: false,
        // A box without srsName is in longitude and latitude, as GeoNetwork sends it.
        default_crs: CrsRef::crs84().ok(),
    };
    fes::parse_as(node, &reading).map_err(|error| filter_error(&error))
}

/// A filter's error, located at the property or element at fault.
pub(super) fn filter_error(error: &FilterError) -> CswError {
    let locator = error.locator().map_or_else(|| "Filter".to_owned(), short);
    CswError::invalid(&locator, error.to_string())
}

fn source(root: Node<'_, '_>, body: &str) -> String {
    let body = body.trim_start_matches('\u{feff}').trim();
    body.get(root.range()).unwrap_or_default().to_owned()
}

pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes()
        .find(|a| a.name().eq_ignore_ascii_case(name))
        .map(|a| a.value().trim())
        .filter(|v| !v.is_empty())
}

pub(super) fn children<'a, 'd>(node: Node<'a, 'd>, name: &'static str) -> impl Iterator<Item = Node<'a, 'd>> {
    node.children().filter(move |n| n.is_element() && n.tag_name().name() == name)
}

pub(super) fn child<'a, 'd>(node: Node<'a, 'd>, name: &'static str) -> Option<Node<'a, 'd>> {
    children(node, name).next()
}

pub(super) fn text(node: Node<'_, '_>) -> String {
    node.text().unwrap_or_default().trim().to_owned()
}
