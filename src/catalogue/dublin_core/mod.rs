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
        x.text("dc:identifier", &[], &record.uuid.to_string());
        x.text("dc:title", &[], &record.title);
        x.text("dc:type", &[], record.kind.code());
        if set > ElementSet::Brief {
            for keyword in &record.keywords {
                x.text("dc:subject", &[], keyword);
            }
            x.text("dc:subject", &[], record.topic);
            for format in &record.formats {
                x.text("dc:format", &[], format.name);
            }
            // The address of the resource, which ISO calls its identifier.
            x.text("dc:relation", &[], &record.resource);
            x.text("dct:modified", &[], &datestamp.to_rfc3339_opts(SecondsFormat::Secs, true));
            x.text("dct:abstract", &[], &record.summary);
        }
        if set == ElementSet::Full {
            full(x, record);
        }
        if let Some(extent) = &record.extent {
            // Latitude first, as the URN says.
            let crs = [("crs", "urn:ogc:def:crs:EPSG::4326"), ("dimensions", "2")];
            x.element("ows:BoundingBox", &crs, |x| {
                x.text("ows:LowerCorner", &[], &format!("{:.6} {:.6}", extent.min_y, extent.min_x));
                x.text("ows:UpperCorner", &[], &format!("{:.6} {:.6}", extent.max_y, extent.max_x));
            });
        }
    });
    xml.into_bytes()
}

fn full(x: &mut Xml, record: &Record) {
    x.text("dct:issued", &[], &record.published.format("%Y-%m-%d").to_string());
    x.text("dc:date", &[], &record.revised.format("%Y-%m-%d").to_string());
    x.text("dc:creator", &[], &record.contact.organisation);
    x.text("dc:publisher", &[], &record.contact.organisation);
    x.text("dc:language", &[], "fre");
    if let Some(licence) = &record.licence {
        x.text("dc:rights", &[], &licence.title);
        if let Some(uri) = &licence.uri {
            x.text("dct:license", &[], uri);
        }
    }
    x.text("dct:provenance", &[], &record.lineage);
    for crs in &record.crs {
        x.text("dct:conformsTo", &[], &crs.uri());
    }
    for link in &record.links {
        x.text("dct:references", &[("scheme", link.kind.protocol())], &link.url);
    }
    if let Some(preview) = &record.preview {
        x.text("dct:references", &[("scheme", "thumbnail")], preview);
    }
}
