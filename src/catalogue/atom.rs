//! Records as entries of an Atom feed (RFC 4287) with the elements of OGC 10-032r8 table 7: written when they
//! are asked for, straight from the typed columns.

use super::xml::Xml;
use crate::geo::BBox;
use chrono::{DateTime, SecondsFormat, Utc};

/// What an entry tells of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What the catalogue knows the record by.
    pub identifier: String,
    /// Title; may be empty.
    pub title: String,
    /// What it is; may be empty.
    pub summary: String,
    /// Last change of the record.
    pub updated: DateTime<Utc>,
    /// First publication, where known.
    pub published: Option<DateTime<Utc>>,
    /// Who answers for it; may be empty.
    pub organisation: String,
    /// Keywords.
    pub subjects: Vec<String>,
    /// Licence, where known.
    pub rights: Option<String>,
    /// Address or identifier of what is described; may be empty.
    pub resource: String,
    /// West, south, east, north.
    pub extent: Option<BBox>,
}

/// Namespaces that [`Entry::to_atom`] uses the prefixes of; the default one is Atom's.
pub const ATOM_NAMESPACES: [(&str, &str); 4] = [
    ("xmlns", "http://www.w3.org/2005/Atom"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ("xmlns:georss", "http://www.georss.org/georss"),
    ("xmlns:gml", "http://www.opengis.net/gml"),
];

impl Entry {
    /// The entry as an XML element. `address` is where the whole record is; `root` declares the namespaces,
    /// for an entry that stands alone.
    #[must_use]
    pub fn to_atom(&self, address: &str, root: bool) -> Vec<u8> {
        let mut xml = Xml::new();
        xml.element("entry", if root { &ATOM_NAMESPACES } else { &[] }, |x| {
            x.text("id", &[], &self.iri(address));
            x.text("title", &[], &self.title);
            x.text("updated", &[], &instant(self.updated));
            if let Some(published) = self.published {
                x.text("published", &[], &instant(published));
            }
            if !self.organisation.is_empty() {
                x.within("author", |x| x.text("name", &[], &self.organisation));
            }
            x.text("summary", &[], &self.summary);
            for subject in &self.subjects {
                x.empty("category", &[("term", subject)]);
            }
            if let Some(rights) = &self.rights {
                x.text("rights", &[], rights);
            }
            x.empty("link", &[("rel", "alternate"), ("type", "application/xml"), ("href", address)]);
            if self.resource.starts_with("http://") || self.resource.starts_with("https://") {
                x.empty("link", &[("rel", "related"), ("href", &self.resource)]);
            }
            x.text("dc:identifier", &[], &self.identifier);
            if let Some(extent) = &self.extent {
                x.within("georss:where", |x| envelope(x, extent));
            }
        });
        xml.into_bytes()
    }

    /// Atom wants an IRI that never changes.
    fn iri(&self, address: &str) -> String {
        if uuid::Uuid::try_parse(&self.identifier).is_ok() {
            return format!("urn:uuid:{}", self.identifier);
        }
        let scheme = self.identifier.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
        let absolute = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
        if absolute { self.identifier.clone() } else { address.to_owned() }
    }
}

/// GeoRSS GML: latitude first, as the name of the system says.
fn envelope(x: &mut Xml, extent: &BBox) {
    x.element("gml:Envelope", &[("srsName", "urn:ogc:def:crs:EPSG::4326")], |x| {
        x.text("gml:lowerCorner", &[], &format!("{:.6} {:.6}", extent.min_y, extent.min_x));
        x.text("gml:upperCorner", &[], &format!("{:.6} {:.6}", extent.max_y, extent.max_x));
    });
}

fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(identifier: &str) -> Entry {
        Entry {
            identifier: identifier.to_owned(),
            title: "Forêts & <bois>".to_owned(),
            summary: String::new(),
            updated: DateTime::UNIX_EPOCH,
            published: None,
            organisation: String::new(),
            subjects: vec!["a".to_owned()],
            rights: None,
            resource: "urn:x".to_owned(),
            extent: Some(BBox::new(4.0, 43.0, 5.0, 44.0)),
        }
    }

    #[test]
    fn an_entry_stands_alone_with_its_namespaces_and_latitude_first() {
        let text = String::from_utf8(entry("a/b").to_atom("http://h/r?a=1&b=2", true)).expect("text");
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        let child = |name: &str| document.root_element().children().find(|n| n.tag_name().name() == name);
        assert_eq!(child("id").and_then(|n| n.text()), Some("http://h/r?a=1&b=2"));
        assert_eq!(child("title").and_then(|n| n.text()), Some("Forêts & <bois>"));
        assert_eq!(child("identifier").and_then(|n| n.text()), Some("a/b"));
        assert!(text.contains("<gml:lowerCorner>43.000000 4.000000</gml:lowerCorner>"), "{text}");
        assert!(!text.contains("rel=\"related\""), "an identifier is no address: {text}");
    }

    #[test]
    fn identifiers_become_iris() {
        assert_eq!(entry("urn:uuid:x").iri("http://h"), "urn:uuid:x");
        let uuid = uuid::Uuid::nil().to_string();
        assert_eq!(entry(&uuid).iri("http://h"), format!("urn:uuid:{uuid}"));
        assert_eq!(entry("FR-123").iri("http://h"), "http://h");
        assert_eq!(entry("a b:c").iri("http://h"), "http://h");
    }
}
