//! Dublin Core as CSW writes it (OGC 07-006r1 section 10.2.5): csw:Record, csw:SummaryRecord and
//! csw:BriefRecord.

mod elements;
mod simple;

pub use elements::DublinElement;
pub(super) use elements::{in_version_3, only};
pub use simple::oai_dc;

use super::iso::ElementSet;
use super::record::Record;
use super::xml::Xml;
use crate::geo::BBox;
use chrono::{DateTime, SecondsFormat, Utc};

pub(super) const NAMESPACES: [(&str, &str); 4] = [
    ("xmlns:csw", "http://www.opengis.net/cat/csw/2.0.2"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ("xmlns:dct", "http://purl.org/dc/terms/"),
    ("xmlns:ows", "http://www.opengis.net/ows"),
];

/// The element that holds a record in one of the three forms.
pub(super) const fn element_name(set: ElementSet) -> &'static str {
    match set {
        ElementSet::Full => "csw:Record",
        ElementSet::Summary => "csw:SummaryRecord",
        ElementSet::Brief => "csw:BriefRecord",
    }
}

/// Writes a record in one of the three forms. The order of elements is the schema's in all of them.
pub(super) fn write(record: &Record, datestamp: DateTime<Utc>, set: ElementSet) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element(element_name(set), &NAMESPACES, |x| {
        x.text("dc:identifier", &[], &record.identifier);
        x.text("dc:title", &[], &record.title);
        x.text("dc:type", &[], record.kind_text());
        if set > ElementSet::Brief {
            record.subjects().iter().for_each(|subject| x.text("dc:subject", &[], subject));
            for format in &record.formats {
                x.text("dc:format", &[], &format.name);
            }
            if let Some(resource) = &record.resource {
                // The identifier of the resource, for which Dublin Core has no element of its own.
                x.text("dc:relation", &[], &resource.whole());
            }
            x.text("dct:modified", &[], &datestamp.to_rfc3339_opts(SecondsFormat::Secs, true));
            if !record.summary.is_empty() {
                x.text("dct:abstract", &[], &record.summary);
            }
            for place in &record.places {
                x.text("dct:spatial", &[], &place.text);
            }
        }
        if set == ElementSet::Full {
            full(x, record);
        }
        record.boxes.iter().for_each(|bbox| bounding_box(x, bbox));
    });
    xml.into_bytes()
}

fn full(x: &mut Xml, record: &Record) {
    for title in &record.alternate_titles {
        x.text("dct:alternative", &[], title);
    }
    for (name, moment) in
        [("dct:created", record.created), ("dct:issued", record.published), ("dc:date", record.revised)]
    {
        if let Some(moment) = moment {
            x.text(name, &[], &moment.to_string());
        }
    }
    for period in &record.periods {
        x.text("dct:temporal", &[], &period.to_string());
    }
    people(x, record);
    for language in &record.resource_languages {
        x.text("dc:language", &[], language);
    }
    for licence in &record.licences {
        if !licence.text.is_empty() {
            x.text("dc:rights", &[], &licence.text);
        }
        if let Some(uri) = &licence.uri {
            x.text("dct:license", &[], uri);
        }
    }
    for limitation in &record.use_limitations {
        x.text("dc:rights", &[], limitation);
    }
    for access in &record.access {
        x.text("dct:accessRights", &[], access.uri.as_deref().unwrap_or(&access.text));
    }
    if let Some(lineage) = &record.lineage {
        x.text("dct:provenance", &[], lineage);
    }
    for system in &record.crs {
        x.text("dct:conformsTo", &[], system.best());
    }
    if let Some(parent) = &record.parent {
        x.text("dct:isPartOf", &[], parent);
    }
    for data in &record.operates_on {
        x.text("dct:requires", &[], &data.identifier);
    }
    for link in &record.links {
        let scheme = link.protocol.as_ref().map(|protocol| [("scheme", protocol.text.as_str())]);
        x.text("dct:references", scheme.as_ref().map_or(&[][..], |one| &one[..]), &link.url);
    }
    if let Some(preview) = &record.preview {
        x.text("dct:references", &[("scheme", "thumbnail")], preview);
    }
}

/// Makers and publishers; without a publisher, whoever answers for it is one.
fn people(x: &mut Xml, record: &Record) {
    let of = |roles: &[&str]| -> Vec<&str> {
        let named = record.contacts.iter().filter(|c| roles.contains(&c.role.as_str()));
        let mut names: Vec<&str> =
            named.filter_map(|c| c.organisation.as_deref().or(c.person.as_deref())).collect();
        names.dedup();
        names
    };
    of(&["author", "originator", "owner"]).iter().for_each(|name| x.text("dc:creator", &[], name));
    let publishers = of(&["publisher"]);
    publishers.iter().for_each(|name| x.text("dc:publisher", &[], name));
    if publishers.is_empty()
        && let Some(organisation) = record.organisation()
    {
        x.text("dc:publisher", &[], organisation);
    }
}

/// Latitude first, as the URN says.
fn bounding_box(x: &mut Xml, bbox: &BBox) {
    let crs = [("crs", "urn:ogc:def:crs:EPSG::4326"), ("dimensions", "2")];
    x.element("ows:BoundingBox", &crs, |x| {
        x.text("ows:LowerCorner", &[], &format!("{} {}", bbox.min_y, bbox.min_x));
        x.text("ows:UpperCorner", &[], &format!("{} {}", bbox.max_y, bbox.max_x));
    });
}
