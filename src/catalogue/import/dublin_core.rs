//! Dublin Core from elsewhere: csw:Record (OGC 07-006r1 section 10.2.5, OGC 12-176r7) and oai_dc:dc.

use super::{Forms, ImportError};
use crate::catalogue::ElementSet;
use crate::catalogue::dublin_core::{NAMESPACES, element_name};
use crate::catalogue::record::{
    Contact, Format, Identifier, Keyword, Kind, Link, Moment, Period, Record, ReferenceSystem, Term,
};
use crate::catalogue::vocabulary;
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

fn boxes_of<'a, 'i>(record: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
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
pub(super) fn read(record: Node<'_, '_>, number: usize) -> Result<Record, ImportError> {
    let all = members(record);
    let values = |names: &[&str]| -> Vec<String> {
        let named = all.iter().filter(|e| names.contains(&e.name)).map(Element::text);
        named.filter(|text| !text.is_empty()).collect()
    };
    let first = |names: &[&str]| names.iter().find_map(|name| values(&[name]).into_iter().next());
    let date = |names: &[&str]| first(names).and_then(|text| text.parse::<Moment>().ok());
    let identifier =
        first(&["identifier"]).ok_or(ImportError::NoIdentifier { number, element: "dc:identifier" })?;
    let mut boxes = Vec::new();
    for node in boxes_of(record) {
        boxes.push(lonlat(node, &identifier)?);
    }
    let (kind, stated_kind) = kind(first(&["type"]));
    let relations = values(&["relation", "references", "source"]);
    let language = first(&["language"]).unwrap_or_default();
    Ok(Record {
        resource: relations.first().map(Identifier::uri),
        kind,
        stated_kind,
        title: first(&["title", "alternative"]).unwrap_or_default(),
        alternate_titles: if first(&["title"]).is_some() { values(&["alternative"]) } else { Vec::new() },
        summary: first(&["abstract", "description"]).unwrap_or_default(),
        resource_languages: values(&["language"]),
        language,
        keywords: values(&["subject"]).into_iter().map(Keyword::free).collect(),
        contacts: contacts(&all),
        created: date(&["created"]),
        published: date(&["issued", "available"]),
        revised: date(&["date", "modified"]),
        stated_stamp: date(&["modified"]),
        periods: values(&["temporal"]).iter().filter_map(|text| text.parse::<Period>().ok()).collect(),
        boxes,
        places: values(&["spatial", "coverage"]).into_iter().map(Term::plain).collect(),
        crs: values(&["conformsTo"])
            .into_iter()
            .map(|code| ReferenceSystem { code, ..ReferenceSystem::default() })
            .collect(),
        formats: values(&["format"]).into_iter().map(|name| Format { name, ..Format::default() }).collect(),
        links: links(&all),
        licences: values(&["license", "rights"]).iter().map(|text| licence(text)).collect(),
        access: values(&["accessRights"]).into_iter().map(Term::plain).collect(),
        lineage: first(&["provenance"]),
        parent: first(&["isPartOf"]),
        identifier,
        ..Record::default()
    })
}

/// The kind and, where it isn't the code, the type as it is written.
fn kind(text: Option<String>) -> (Kind, Option<String>) {
    let kind = Kind::of_type(text.as_deref().unwrap_or_default());
    let stated = match text {
        Some(text) if text == kind.code() => None,
        Some(text) => Some(text),
        // A type that is not given is not found by asking for one.
        None => Some(String::new()),
    };
    (kind, stated)
}

fn contacts(all: &[Element<'_, '_>]) -> Vec<Contact> {
    let roles = [
        ("publisher", "publisher"),
        ("creator", "author"),
        ("rightsHolder", "owner"),
        ("contributor", "processor"),
    ];
    let of = |(element, role): (&str, &str)| -> Vec<Contact> {
        let named = all.iter().filter(|e| e.name == element).map(Element::text);
        named
            .filter(|text| !text.is_empty())
            .map(|text| Contact { role: role.to_owned(), organisation: Some(text), ..Contact::default() })
            .collect()
    };
    roles.into_iter().flat_map(of).collect()
}

/// Addresses, with what `scheme` calls their protocol.
fn links(all: &[Element<'_, '_>]) -> Vec<Link> {
    let is_address = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    all.iter()
        .filter(|e| matches!(e.name, "references" | "URI"))
        .filter(|e| is_address(&e.text()))
        .map(|e| Link {
            url: e.text(),
            protocol: e.node.attribute("scheme").or_else(|| e.node.attribute("protocol")).map(Term::plain),
            ..Link::default()
        })
        .collect()
}

/// A licence that is known by its text keeps the text.
fn licence(text: &str) -> Term {
    Term { text: text.to_owned(), uri: vocabulary::licence(text).uri }
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
        for node in boxes_of(record) {
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
