//! Records as unqualified Dublin Core, oai_dc:dc (OAI-PMH 2.0 section 5.2): made of the stored csw:Record, whose terms are
//! given back to the element that each of them refines (DCMI "dumb-down").

use crate::catalogue::xml::Xml;
use roxmltree::{Document, Node};

const DC: &str = "http://purl.org/dc/elements/1.1/";
const DCT: &str = "http://purl.org/dc/terms/";
const OAI_DC: &str = "http://www.openarchives.org/OAI/2.0/oai_dc/";

/// The fifteen elements, in the order that they are written in.
const ELEMENTS: [&str; 15] = [
    "title",
    "creator",
    "subject",
    "description",
    "publisher",
    "contributor",
    "date",
    "type",
    "format",
    "identifier",
    "source",
    "language",
    "relation",
    "coverage",
    "rights",
];

/// The element that a term of DCMI refines; none where it refines none of the fifteen.
fn refined(term: &str) -> Option<&'static str> {
    Some(match term {
        "alternative" => "title",
        "abstract" | "tableOfContents" | "provenance" => "description",
        "available" | "created" | "dateAccepted" | "dateCopyrighted" | "dateSubmitted" | "issued"
        | "modified" | "valid" => "date",
        "extent" | "medium" => "format",
        "bibliographicCitation" => "identifier",
        "conformsTo" | "hasFormat" | "hasPart" | "hasVersion" | "isFormatOf" | "isPartOf"
        | "isReferencedBy" | "isReplacedBy" | "isRequiredBy" | "isVersionOf" | "references" | "replaces"
        | "requires" => "relation",
        "spatial" | "temporal" => "coverage",
        "accessRights" | "license" => "rights",
        "rightsHolder" => "contributor",
        _ => return None,
    })
}

/// A stored csw:Record as oai_dc:dc, an element without declaration.
#[must_use]
pub fn oai_dc(record: &[u8]) -> String {
    let text = String::from_utf8_lossy(record);
    let document = Document::parse(&text).ok();
    let mut values: Vec<(&'static str, String)> = Vec::new();
    for node in document.iter().flat_map(|d| d.root_element().children().filter(Node::is_element)) {
        for (element, value) in said(node) {
            if !value.is_empty() && !values.iter().any(|(e, v)| *e == element && *v == value) {
                values.push((element, value));
            }
        }
    }
    let mut xml = Xml::new();
    let location = format!("{OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd");
    let attributes = [
        ("xmlns:oai_dc", OAI_DC),
        ("xmlns:dc", DC),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xsi:schemaLocation", location.as_str()),
    ];
    xml.element("oai_dc:dc", &attributes, |x| {
        for element in ELEMENTS {
            for (_, value) in values.iter().filter(|(e, _)| *e == element) {
                x.text(&format!("dc:{element}"), &[], value);
            }
        }
    });
    String::from_utf8(xml.into_bytes()).unwrap_or_default()
}

/// What an element of the record says in unqualified Dublin Core.
fn said(node: Node<'_, '_>) -> Vec<(&'static str, String)> {
    let name = node.tag_name();
    let value = node.text().unwrap_or_default().trim().to_owned();
    match (name.namespace(), name.name()) {
        // The address of the resource, by which people find what the record describes.
        (Some(DC), "relation") if value.starts_with("http") => {
            vec![("identifier", value.clone()), ("relation", value)]
        }
        (Some(DC), name) => ELEMENTS.iter().find(|e| **e == name).map(|e| (*e, value)).into_iter().collect(),
        (Some(DCT), name) => refined(name).map(|e| (e, value)).into_iter().collect(),
        (_, "BoundingBox" | "WGS84BoundingBox") => {
            bounds(node).map(|b| ("coverage", b)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// A box in latitude and longitude by the encoding of DCMI Box.
fn bounds(node: Node<'_, '_>) -> Option<String> {
    let corner = |name: &str| {
        let corner = node.children().find(|n| n.tag_name().name() == name)?.text()?;
        let mut numbers = corner.split_whitespace();
        Some((numbers.next()?, numbers.next()?))
    };
    let crs = node.attribute("crs").unwrap_or_default();
    let (low, high) = (corner("LowerCorner")?, corner("UpperCorner")?);
    // Other systems than latitude and longitude are not for this form.
    crs.ends_with(":4326").then(|| {
        format!(
            "northlimit={}; southlimit={}; eastlimit={}; westlimit={}; projection=EPSG:4326",
            high.0, low.0, high.1, low.1
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_go_back_to_the_elements_that_they_refine() {
        let record = "<csw:Record xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:dct=\"http://purl.org/dc/terms/\" xmlns:ows=\"http://www.opengis.net/ows\"><dc:identifier>a&amp;b</dc:identifier>\
             <dc:title>Forêts</dc:title><dct:alternative>Bois</dct:alternative><dct:abstract>&lt;p&gt;</dct:abstract>\
             <dct:modified>2026-01-01</dct:modified><dc:date>2026-01-01</dc:date><dct:audience>tous</dct:audience>\
             <dc:relation>http://h/datasets/1</dc:relation><ows:BoundingBox crs=\"urn:ogc:def:crs:EPSG::4326\">\
             <ows:LowerCorner>43 4</ows:LowerCorner><ows:UpperCorner>45 7</ows:UpperCorner></ows:BoundingBox></csw:Record>";
        let text = oai_dc(record.as_bytes());
        let document = Document::parse(&text).expect("well-formed");
        let said: Vec<(&str, &str)> = document
            .root_element()
            .children()
            .map(|n| (n.tag_name().name(), n.text().unwrap_or_default()))
            .collect();
        assert_eq!(
            said,
            [
                ("title", "Forêts"),
                ("title", "Bois"),
                ("description", "<p>"),
                ("date", "2026-01-01"),
                ("identifier", "a&b"),
                ("identifier", "http://h/datasets/1"),
                ("relation", "http://h/datasets/1"),
                ("coverage", "northlimit=45; southlimit=43; eastlimit=7; westlimit=4; projection=EPSG:4326"),
            ]
        );
        assert!(document.root_element().children().all(|n| n.tag_name().namespace() == Some(DC)));
    }
}
