//! Requests in XML (OGC 07-057r7 clauses 7 and 9, schemas wmtsGetCapabilities_request, wmtsGetTile_request and
//! wmtsGetFeatureInfo_request): the same pairs in other clothes.

use super::error::{Code, WmtsError, excerpt};
use crate::services::edge::soap::Envelope;
use crate::services::edge::{Kvp, xml};
use roxmltree::Node;

const WMTS: &str = "http://www.opengis.net/wmts/1.0";
const OWS: &str = "http://www.opengis.net/ows/1.1";

/// Elements in elements, the envelope's two among them.
const DEPTH: usize = 12;

/// A request that was posted.
#[derive(Debug)]
pub(super) struct Posted {
    /// What it came in; `None` for plain XML.
    pub(super) envelope: Option<Envelope>,
    /// Its parameters, or why there are none.
    pub(super) kvp: Result<Kvp, WmtsError>,
}

/// Reads a body.
pub(super) fn read(body: &[u8]) -> Posted {
    let unread = |message: String| Posted {
        envelope: None,
        kvp: Err(WmtsError::new(Code::NoApplicableCode, "", message)),
    };
    let Ok(text) = std::str::from_utf8(body) else {
        return unread("the XML of the request is not UTF-8 text".to_owned());
    };
    let document = match xml::document(text.trim_start_matches('\u{feff}').trim_start(), DEPTH) {
        Ok(document) => document,
        Err(error) => return unread(error.to_string()),
    };
    match Envelope::open(&document) {
        None => Posted { envelope: None, kvp: pairs(document.root_element()) },
        Some((envelope, Some(request))) => Posted { envelope: Some(envelope), kvp: pairs(request) },
        Some((envelope, None)) => {
            let message = "the SOAP envelope has no request in its Body";
            let error = WmtsError::new(Code::NoApplicableCode, "", message);
            Posted { envelope: Some(envelope), kvp: Err(error) }
        }
    }
}

/// The pairs that a request means.
fn pairs(request: Node<'_, '_>) -> Result<Kvp, WmtsError> {
    let name = request.tag_name().name();
    let mut kvp = Kvp::default();
    if request.tag_name().namespace() != Some(WMTS) {
        let message = format!("'{}' is no request of WMTS: its namespace is {WMTS}", excerpt(name));
        return Err(WmtsError::new(Code::InvalidParameterValue, "request", message));
    }
    kvp.set("request", name);
    for attribute in request.attributes().filter(|a| a.namespace().is_none()) {
        if ["service", "version", "updateSequence"].contains(&attribute.name()) {
            kvp.set(attribute.name(), attribute.value());
        }
    }
    match name {
        "GetCapabilities" => {
            for (list, item) in
                [("AcceptVersions", "Version"), ("Sections", "Section"), ("AcceptFormats", "OutputFormat")]
            {
                if let Some(list) = request.children().find(|n| n.has_tag_name((OWS, list))) {
                    let items = list.children().filter(|n| n.has_tag_name((OWS, item)));
                    let values: Vec<&str> = items.map(text).collect();
                    kvp.set(list.tag_name().name(), &values.join(","));
                }
            }
        }
        "GetTile" => tile(request, &mut kvp),
        "GetFeatureInfo" => {
            if let Some(inner) = request.children().find(|n| n.has_tag_name((WMTS, "GetTile"))) {
                tile(inner, &mut kvp);
            }
            values(request, &["J", "I", "InfoFormat"], &mut kvp);
        }
        // Told as for key-value pairs.
        _ => {}
    }
    Ok(kvp)
}

fn tile(request: Node<'_, '_>, kvp: &mut Kvp) {
    values(request, &["Layer", "Style", "Format", "TileMatrixSet", "TileMatrix", "TileRow", "TileCol"], kvp);
    for value in request.children().filter(|n| n.has_tag_name((WMTS, "DimensionNameValue"))) {
        // Only names of dimensions: no other parameter is set by this door.
        let name = value.attribute("name").unwrap_or_default().to_ascii_uppercase();
        if ["TIME", "ELEVATION"].contains(&name.as_str()) || name.starts_with("DIM_") {
            kvp.set(&name, text(value));
        }
    }
}

fn values(parent: Node<'_, '_>, names: &[&str], kvp: &mut Kvp) {
    for name in names {
        if let Some(child) = parent.children().find(|n| n.has_tag_name((WMTS, *name))) {
            kvp.set(name, text(child));
        }
    }
}

fn text<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_xml_is_the_same_pairs() {
        let body = br#"<?xml version="1.0"?><GetFeatureInfo xmlns="http://www.opengis.net/wmts/1.0" service="WMTS" version="1.0.0">
            <GetTile service="WMTS" version="1.0.0"><Layer>communes</Layer><Style/><Format>image/png</Format>
            <DimensionNameValue name="Time">2024-05-01</DimensionNameValue>
            <DimensionNameValue name="format">image/gif</DimensionNameValue>
            <TileMatrixSet>WebMercatorQuad</TileMatrixSet><TileMatrix>8</TileMatrix><TileRow>93</TileRow><TileCol>132</TileCol>
            </GetTile><J>1</J><I>2</I><InfoFormat>text/plain</InfoFormat></GetFeatureInfo>"#;
        let posted = read(body);
        assert_eq!(posted.envelope, None);
        let kvp = posted.kvp.expect("read");
        for (name, value) in [
            ("request", "GetFeatureInfo"),
            ("service", "WMTS"),
            ("layer", "communes"),
            ("style", ""),
            ("format", "image/png"),
            ("TIME", "2024-05-01"),
            ("tilerow", "93"),
            ("j", "1"),
            ("i", "2"),
            ("infoformat", "text/plain"),
        ] {
            assert_eq!(kvp.get(name), Some(value), "{name}");
        }
    }

    #[test]
    fn what_is_no_request_is_told() {
        for (body, said) in [
            (&b"<GetTile service='WMTS'/>"[..], "no request of WMTS"),
            (b"<GetTile", "can't be read"),
            (b"<!DOCTYPE a><a/>", "DTD"),
            (b"<a>\xff</a>", "UTF-8"),
            (
                b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>",
                "no request in its Body",
            ),
        ] {
            let error = read(body).kvp.expect_err(said);
            assert!(error.message.contains(said), "{}", error.message);
        }
        let deep = format!("{}{}", "<a>".repeat(50), "</a>".repeat(50));
        assert!(read(deep.as_bytes()).kvp.is_err_and(|e| e.message.contains("deeper")));
    }
}
