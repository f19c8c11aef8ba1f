//! Requests as XML bodies, read with tolerance: harvesters declare other namespaces, or none for the
//! prefixes in their values, and begin with line feeds. Elements are known by their local names.

use super::error::{CswError, short};
use super::request::{
    self, GetCapabilities, GetRecordById, GetRecords, Request, check_service, check_version, element_set,
    form, max_records, output_format, result_type, schema_language, sort_key, start_position,
    type_names_missing, types,
};
use crate::catalogue::ElementSet;
use crate::config::Limits;
use crate::filter::{Filter, FilterError, Reading, fes};
use crate::geo::CrsRef;
use crate::services::edge::Kvp;
use quick_xml::escape::escape;
use roxmltree::{Document, Node, ParsingOptions};
use std::fmt::Write as _;

/// Deepest nesting of a request outside its filter.
const WRAPPING: usize = 10;

/// Reads a body.
pub(super) fn request(body: &str, limits: &Limits) -> Result<Request, CswError> {
    let document = parse(body, limits)?;
    let root = operation(document.root_element())?;
    let name = root.tag_name().name();
    check_service(attribute(root, "service"))?;
    match name {
        "GetCapabilities" => capabilities(root),
        "DescribeRecord" => {
            check_version(attribute(root, "version"))?;
            output_format(attribute(root, "outputFormat"))?;
            schema_language(attribute(root, "schemaLanguage"))?;
            let names: Vec<String> = children(root, "TypeName").map(text).collect();
            Ok(Request::DescribeRecord(types(&names.join(" "), "TypeName")?))
        }
        "GetRecords" => {
            check_version(attribute(root, "version"))?;
            Ok(Request::GetRecords(Box::new(records(root, body, limits)?)))
        }
        "GetRecordById" => {
            check_version(attribute(root, "version"))?;
            output_format(attribute(root, "outputFormat"))?;
            let ids = children(root, "Id").map(text).collect();
            let set = child(root, "ElementSetName").map(text);
            Ok(Request::GetRecordById(GetRecordById::new(
                Some(ids),
                attribute(root, "outputSchema"),
                set.as_deref(),
            )?))
        }
        other => Err(CswError::operation(other)),
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
pub(super) fn echo_of_kvp(kvp: &Kvp) -> String {
    let mut echo = String::from(
        "<csw:GetRecords xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" service=\"CSW\" version=\"2.0.2\"",
    );
    for name in ["resultType", "outputFormat", "outputSchema", "startPosition", "maxRecords"] {
        if let Some(value) = kvp.filled(name) {
            let _ = write!(echo, " {name}=\"{}\"", escape(value));
        }
    }
    let _ =
        write!(echo, "><csw:Query typeNames=\"{}\">", escape(kvp.filled("typenames").unwrap_or_default()));
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

fn capabilities(root: Node<'_, '_>) -> Result<Request, CswError> {
    if let Some(accepted) = child(root, "AcceptVersions") {
        let versions: Vec<String> = children(accepted, "Version").map(text).collect();
        request::accept_versions(versions.iter().map(String::as_str))?;
    }
    let list = |outer: &'static str, inner: &'static str| -> Vec<String> {
        child(root, outer).map(|n| children(n, inner).map(text).collect()).unwrap_or_default()
    };
    Ok(Request::GetCapabilities(GetCapabilities {
        sections: list("Sections", "Section"),
        update_sequence: attribute(root, "updateSequence").map(str::to_owned),
        text_xml: list("AcceptFormats", "OutputFormat")
            .first()
            .is_some_and(|f| f.eq_ignore_ascii_case("text/xml")),
    }))
}

fn records(root: Node<'_, '_>, body: &str, limits: &Limits) -> Result<GetRecords, CswError> {
    output_format(attribute(root, "outputFormat"))?;
    let query =
        child(root, "Query").ok_or_else(|| CswError::missing("Query", "a GetRecords needs a csw:Query"))?;
    let names = attribute(query, "typeNames").ok_or_else(type_names_missing)?;
    if types(names, "typeNames")?.is_empty() {
        return Err(type_names_missing());
    }
    let set = element_set(child(query, "ElementSetName").map(text).as_deref())?;
    let named = child(query, "ElementName").is_some();
    let constraint = child(query, "Constraint");
    let filter = match constraint {
        None => None,
        Some(node) => match (child(node, "Filter"), child(node, "CqlText")) {
            (Some(found), _) => Some(filter(found, limits)?),
            (None, Some(_)) => {
                return Err(CswError::invalid(
                    "CqlText",
                    "constraints in CQL are not read here; use ogc:Filter",
                ));
            }
            (None, None) => None,
        },
    };
    let sort = child(query, "SortBy").or_else(|| child(root, "SortBy"));
    Ok(GetRecords {
        request_id: attribute(root, "requestId").map(str::to_owned),
        result_type: result_type(attribute(root, "resultType"))?,
        form: form(attribute(root, "outputSchema"))?,
        // Elements asked for one by one come within the full record.
        set: set.unwrap_or(if named { ElementSet::Full } else { ElementSet::Summary }),
        filter,
        sort: sort.map(sort_keys).transpose()?.unwrap_or_default(),
        start: start_position(attribute(root, "startPosition"))?,
        max: max_records(attribute(root, "maxRecords"))?,
        echo: source(root, body),
    })
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

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes()
        .find(|a| a.name().eq_ignore_ascii_case(name))
        .map(|a| a.value().trim())
        .filter(|v| !v.is_empty())
}

fn children<'a, 'd>(node: Node<'a, 'd>, name: &'static str) -> impl Iterator<Item = Node<'a, 'd>> {
    node.children().filter(move |n| n.is_element() && n.tag_name().name() == name)
}

fn child<'a, 'd>(node: Node<'a, 'd>, name: &'static str) -> Option<Node<'a, 'd>> {
    children(node, name).next()
}

fn text(node: Node<'_, '_>) -> String {
    node.text().unwrap_or_default().trim().to_owned()
}
