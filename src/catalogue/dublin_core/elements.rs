//! Stored records of Dublin Core as CSW 3.0 names them, and parts of them. Both work on the bytes that are
//! stored: the two versions of CSW differ in namespaces alone, and elements are cut out as they stand.

use roxmltree::{Document, Node};

/// What changes from CSW 2.0.2 (OGC 07-006r1) to CSW 3.0 (OGC 12-176r7 clause 6.7): the elements and their
/// order are the same.
const NAMESPACES: [(&str, &str); 2] = [
    ("http://www.opengis.net/cat/csw/2.0.2", "http://www.opengis.net/cat/csw/3.0"),
    ("http://www.opengis.net/ows", "http://www.opengis.net/ows/2.0"),
];

/// Before the prefix was registered systems were named by this, and older records still do; in 3.0 names are
/// those of OGC 09-048r3. A quote mark in a stored record is an attribute's, since all text is escaped.
const SYSTEMS: (&[u8], &[u8]) = (b"crs=\"urn:x-ogc:def:crs:", b"crs=\"urn:ogc:def:crs:");

/// Local names of the elements of csw:Record: the DCMES, the DCMI terms of the schema, and the boxes.
const NAMES: [&str; 54] = [
    "identifier",
    "title",
    "type",
    "subject",
    "format",
    "relation",
    "modified",
    "abstract",
    "spatial",
    "BoundingBox",
    "WGS84BoundingBox",
    "TemporalExtent",
    "AnyText",
    "contributor",
    "coverage",
    "creator",
    "date",
    "description",
    "language",
    "publisher",
    "rights",
    "source",
    "accessRights",
    "alternative",
    "audience",
    "available",
    "bibliographicCitation",
    "conformsTo",
    "created",
    "dateAccepted",
    "dateCopyrighted",
    "dateSubmitted",
    "educationLevel",
    "extent",
    "hasFormat",
    "hasPart",
    "hasVersion",
    "isFormatOf",
    "isPartOf",
    "isReferencedBy",
    "isReplacedBy",
    "isRequiredBy",
    "isVersionOf",
    "issued",
    "license",
    "mediator",
    "medium",
    "provenance",
    "references",
    "replaces",
    "requires",
    "rightsHolder",
    "tableOfContents",
    "temporal",
];

/// An element of csw:Record that a client asks for by name (`ElementName`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DublinElement(&'static str);

impl DublinElement {
    /// Reads a name in any case and with any prefix or path before it; `None` when csw:Record has no such
    /// element.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let local = name.trim().rsplit([':', '/', '}']).next().unwrap_or(name);
        NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(local)).map(Self)
    }

    fn is(self, node: Node<'_, '_>) -> bool {
        let name = node.tag_name().name();
        // dct:abstract stands in for dc:description (OGC 07-006r1 table 10).
        name == self.0 || (self.0 == "description" && name == "abstract")
    }
}

/// A stored record under the names of CSW 3.0.
pub(in crate::catalogue) fn in_version_3(record: &[u8]) -> Vec<u8> {
    let head = start_tag(record);
    let (head, rest) = record.split_at(head);
    let mut head = String::from_utf8_lossy(head).into_owned();
    for (old, new) in NAMESPACES {
        for quote in ['"', '\''] {
            head = head.replace(&format!("{quote}{old}{quote}"), &format!("{quote}{new}{quote}"));
        }
    }
    let mut bytes = head.into_bytes();
    let (old, new) = SYSTEMS;
    let mut rest = rest;
    while let Some(at) = rest.windows(old.len()).position(|part| part == old) {
        let (before, after) = rest.split_at(at);
        bytes.extend_from_slice(before);
        bytes.extend_from_slice(new);
        rest = after.get(old.len()..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest);
    bytes
}

/// A stored full record with nothing but these elements in it.
pub(in crate::catalogue) fn only(record: &[u8], wanted: &[DublinElement]) -> Vec<u8> {
    let Some((text, document)) =
        std::str::from_utf8(record).ok().and_then(|text| Some((text, Document::parse(text).ok()?)))
    else {
        return record.to_vec();
    };
    let (Some(head), Some(tail)) = (text.get(..start_tag(record)), text.rfind("</")) else {
        return record.to_vec();
    };
    let mut out = String::with_capacity(record.len());
    out.push_str(head);
    for element in document.root_element().children().filter(Node::is_element) {
        if wanted.iter().any(|w| w.is(element)) {
            out.push_str(text.get(element.range()).unwrap_or_default());
        }
    }
    out.push_str(text.get(tail..).unwrap_or_default());
    out.into_bytes()
}

/// Length of the root's start tag; its attributes are namespaces, which hold no `>`.
fn start_tag(record: &[u8]) -> usize {
    record.iter().position(|b| *b == b'>').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "<csw:Record xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" \
        xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:ows=\"http://www.opengis.net/ows\">\
        <dc:identifier>a</dc:identifier><dc:title>&lt;\"http://www.opengis.net/ows\"&gt;</dc:title>\
        <ows:BoundingBox crs=\"urn:x-ogc:def:crs:EPSG:6.11:4326\"><ows:LowerCorner>1 2</ows:LowerCorner></ows:BoundingBox></csw:Record>";

    #[test]
    fn only_the_root_s_namespaces_change_between_versions() {
        let new = String::from_utf8(in_version_3(RECORD.as_bytes())).expect("text");
        assert!(new.contains("xmlns:csw=\"http://www.opengis.net/cat/csw/3.0\""), "{new}");
        assert!(new.contains("xmlns:ows=\"http://www.opengis.net/ows/2.0\""), "{new}");
        assert!(new.contains("&lt;\"http://www.opengis.net/ows\"&gt;"), "text stays: {new}");
        assert!(new.contains("crs=\"urn:ogc:def:crs:EPSG:6.11:4326\""), "{new}");
        let document = Document::parse(&new).expect("well-formed");
        assert_eq!(
            document.root_element().tag_name().namespace(),
            Some("http://www.opengis.net/cat/csw/3.0")
        );
    }

    #[test]
    fn only_the_elements_asked_for_are_left() {
        let wanted = ["dc:identifier", "ows:boundingbox"].map(|n| DublinElement::parse(n).expect("known"));
        let part = String::from_utf8(only(RECORD.as_bytes(), &wanted)).expect("text");
        let document = Document::parse(&part).expect("well-formed");
        let names: Vec<_> = document
            .root_element()
            .children()
            .filter(Node::is_element)
            .map(|n| n.tag_name().name().to_owned())
            .collect();
        assert_eq!(names, ["identifier", "BoundingBox"]);
        assert!(part.contains("<ows:LowerCorner>1 2</ows:LowerCorner>"));
        let none = String::from_utf8(only(RECORD.as_bytes(), &[])).expect("text");
        assert!(Document::parse(&none).expect("well-formed").root_element().first_element_child().is_none());
    }

    #[test]
    fn names_match_in_any_case_and_with_any_prefix_and_unknown_ones_do_not() {
        for name in ["dc:title", "tns:Title", "/csw:Record/dc:title", "TITLE"] {
            assert_eq!(DublinElement::parse(name), Some(DublinElement("title")), "{name}");
        }
        assert_eq!(DublinElement::parse("undefined"), None);
        assert_eq!(DublinElement::parse(""), None);
    }
}
