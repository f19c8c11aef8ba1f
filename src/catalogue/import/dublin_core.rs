//! Dublin Core from elsewhere: csw:Record (OGC 07-006r1 section 10.2.5, OGC 12-176r7) and oai_dc:dc.

use super::facts::{Facts, instant};
use super::{Forms, ImportError};
use crate::catalogue::ElementSet;
use crate::catalogue::dublin_core::{NAMESPACES, element_name};
use crate::catalogue::xml::Xml;
use crate::filter::{Reading, gml, xml};
use crate::geo::{BBox, Crs, CrsRef, Transform};
use roxmltree::Node;

const DC: &str = "http://purl.org/dc/elements/1.1/";
const DCT: &str = "http://purl.org/dc/terms/";
const OWS: [&str; 2] = ["http://www.opengis.net/ows", "http://www.opengis.net/ows/2.0"];

/// Elements of csw:SummaryRecord in the order of its schema; the box comes last.
const SUMMARY: [(&str, &str); 9] = [
    ("dc", "identifier"),
    ("dc", "title"),
    ("dc", "type"),
    ("dc", "subject"),
    ("dc", "format"),
    ("dc", "relation"),
    ("dct", "modified"),
    ("dct", "abstract"),
    ("dct", "spatial"),
];

/// An element that csw:Record may hold.
struct Element<'a, 'i> {
    prefix: &'static str,
    name: &'a str,
    node: Node<'a, 'i>,
}

impl Element<'_, '_> {
    fn text(&self) -> String {
        xml::text(self.node).trim().to_owned()
    }

    fn write(&self, x: &mut Xml) {
        // `scheme` is the one attribute of SimpleLiteral.
        let scheme = self.node.attribute("scheme").map(|scheme| [("scheme", scheme)]);
        let attributes = scheme.as_ref().map_or(&[][..], |one| &one[..]);
        x.text(&format!("{}:{}", self.prefix, self.name), attributes, &self.text());
    }
}

fn prefix_of(uri: Option<&str>) -> Option<&'static str> {
    match uri {
        Some(DC) => Some("dc"),
        Some(DCT) => Some("dct"),
        _ => None,
    }
}

fn members<'a, 'i>(record: Node<'a, 'i>) -> Vec<Element<'a, 'i>> {
    xml::elements(record)
        .filter_map(|node| {
            let name = node.tag_name();
            Some(Element { prefix: prefix_of(name.namespace())?, name: name.name(), node })
        })
        .collect()
}

fn boxes<'a, 'i>(record: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    xml::elements(record).filter(|node| {
        let name = node.tag_name();
        name.namespace().is_some_and(|uri| OWS.contains(&uri))
            && matches!(name.name(), "BoundingBox" | "WGS84BoundingBox")
    })
}

/// What the record says.
///
/// # Errors
/// [`ImportError::NoIdentifier`], or [`ImportError::Value`] for a box that is none.
pub(super) fn facts(record: Node<'_, '_>, number: usize) -> Result<Facts, ImportError> {
    let all = members(record);
    let values = |prefix: &str, names: &[&str]| -> Vec<String> {
        all.iter()
            .filter(|e| (prefix.is_empty() || e.prefix == prefix) && names.contains(&e.name))
            .map(Element::text)
            .filter(|text| !text.is_empty())
            .collect()
    };
    let first = |names: &[&str]| names.iter().find_map(|name| values("", &[name]).into_iter().next());
    let date = |names: &[&str]| first(names).and_then(|text| instant(&text));
    let identifier =
        first(&["identifier"]).ok_or(ImportError::NoIdentifier { number, element: "dc:identifier" })?;
    let extent = match boxes(record).next() {
        Some(node) => Some(lonlat(node, &identifier)?),
        None => None,
    };
    let relations = values("", &["relation", "references", "source"]);
    Ok(Facts {
        title: first(&["title", "alternative"]).unwrap_or_default(),
        summary: first(&["abstract", "description"]).unwrap_or_default(),
        kind: first(&["type"]).unwrap_or_default(),
        language: first(&["language"]).unwrap_or_default(),
        organisation: first(&["publisher", "creator", "rightsHolder", "contributor"]),
        rights: values("", &["rights", "license", "accessRights"]),
        lineage: first(&["provenance"]),
        creation: date(&["created"]),
        publication: date(&["issued", "available"]),
        revision: date(&["date", "modified"]),
        datestamp: date(&["modified"]),
        resource: relations.first().cloned().unwrap_or_default(),
        subjects: values("", &["subject"]),
        topics: Vec::new(),
        formats: values("", &["format"]),
        crs: values("", &["conformsTo"]),
        services: values("", &["protocol"]),
        places: values("", &["spatial", "coverage"]),
        links: Vec::new(),
        words: all.iter().map(Element::text).collect::<Vec<_>>().join("\n"),
        extent,
        identifier,
    })
}

/// A box in longitude and latitude. Without a system it is WGS84, longitude first (OGC 06-121r9 clause 10.2.2).
fn lonlat(node: Node<'_, '_>, identifier: &str) -> Result<BBox, ImportError> {
    let bad = || ImportError::Value {
        identifier: identifier.chars().take(120).collect(),
        element: "ows:BoundingBox",
        value: node
            .descendants()
            .filter_map(|n| n.text())
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(120)
            .collect(),
        wanted: "box of two corners in a system that is known here",
    };
    let reading = Reading { default_crs: CrsRef::crs84().ok(), ..Reading::default() };
    let (bbox, srid) = gml::parse_envelope(node, &reading).map_err(|_| bad())?;
    let system = |srid: i32| Crs::from_epsg(srid).map_err(|_| bad());
    let there = Transform::new(&system(srid.unwrap_or(4326))?, &system(4326)?);
    there.and_then(|way| way.bbox(&bbox)).map_err(|_| bad())
}

/// The record's own schema in its three forms; the full one holds every Dublin Core element as it came.
pub(super) fn forms(record: Node<'_, '_>) -> Forms {
    Forms {
        full: form(record, ElementSet::Full),
        summary: form(record, ElementSet::Summary),
        brief: form(record, ElementSet::Brief),
    }
}

fn form(record: Node<'_, '_>, set: ElementSet) -> Vec<u8> {
    let all = members(record);
    let mut x = Xml::new();
    x.element(element_name(set), &NAMESPACES, |x| {
        match set {
            ElementSet::Full => all.iter().for_each(|element| element.write(x)),
            ElementSet::Summary => ordered(&all, &SUMMARY, x),
            ElementSet::Brief => ordered(&all, &SUMMARY[..3], x),
        }
        for node in boxes(record) {
            bounding_box(node, x);
        }
    });
    x.into_bytes()
}

/// The elements of a list in its order. The schema wants a title even of a record that has none.
fn ordered(all: &[Element<'_, '_>], list: &[(&str, &str)], x: &mut Xml) {
    for (prefix, name) in list {
        let mut found = all.iter().filter(|e| e.prefix == *prefix && e.name == *name).peekable();
        if *name == "title" && found.peek().is_none() {
            x.text("dc:title", &[], "");
        }
        for element in found {
            // A type is written once at most.
            element.write(x);
            if *name == "type" {
                break;
            }
        }
    }
}

fn bounding_box(node: Node<'_, '_>, x: &mut Xml) {
    let name = format!("ows:{}", node.tag_name().name());
    let known: Vec<(&str, &str)> = node
        .attributes()
        .filter(|a| matches!(a.name(), "crs" | "dimensions"))
        .map(|a| (a.name(), a.value()))
        .collect();
    x.element(&name, &known, |x| {
        for corner in ["LowerCorner", "UpperCorner"] {
            if let Some(corner_node) = xml::child(node, corner) {
                x.text(&format!("ows:{corner}"), &[], xml::text(corner_node).trim());
            }
        }
    });
}
