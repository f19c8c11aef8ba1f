//! ISO 19139 (schemas of 2007-04-17), shaped by the INSPIRE technical guidance for metadata 2.0 and
//! the French profile of the CNIG.
//!
//! Numbers such as C.17 name requirements of the technical guidance. Order is the schema's everywhere: XSD
//! takes no other.
//!
//! | file | what |
//! |---|---|
//! | `parts.rs` | strings, anchors, codes, dates, people |
//! | `identification.rs` | MD_DataIdentification: what the resource is |
//! | `keywords.rs` | descriptiveKeywords, each thesaurus in a block of its own |
//! | `service.rs` | srv:SV_ServiceIdentification |
//! | `distribution.rs` | formats and links |
//! | `quality.rs` | conformity and lineage |

mod distribution;
mod identification;
mod keywords;
mod parts;
mod quality;
mod service;

pub(super) use distribution::megabytes;
pub(super) use identification::frequency_code;
pub(super) use keywords::{GEMET, HVD_REGULATION, KeywordBlock, LEGISLATION, keyword_blocks};

use super::record::{Kind, Record};
use super::xml::Xml;
use chrono::{DateTime, Utc};
use parts::{code, missing, party, string};

/// How much of a record (OGC 07-006r1 section 10.8.4.9, `ElementSetName`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ElementSet {
    /// Enough to list it.
    Brief,
    /// Enough to choose it.
    Summary,
    /// All.
    Full,
}

const NAMESPACES: [(&str, &str); 7] = [
    ("xmlns:gmd", "http://www.isotc211.org/2005/gmd"),
    ("xmlns:gco", "http://www.isotc211.org/2005/gco"),
    ("xmlns:gmx", "http://www.isotc211.org/2005/gmx"),
    ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    (
        "xsi:schemaLocation",
        "http://www.isotc211.org/2005/gmd http://schemas.opengis.net/iso/19139/20070417/gmd/gmd.xsd http://www.isotc211.org/2005/gmx http://schemas.opengis.net/iso/19139/20070417/gmx/gmx.xsd",
    ),
];

/// Registers of INSPIRE that anchors lead to.
pub(super) const INSPIRE: &str = "http://inspire.ec.europa.eu/metadata-codelist";

/// Writes a record as gmd:MD_Metadata. Brief and summary leave out what their sets don't name but stay
/// valid against the schema; what the schema wants and an imported record lacks is marked as missing.
pub(super) fn write(record: &Record, datestamp: DateTime<Utc>, set: ElementSet) -> Vec<u8> {
    let is_service = record.kind == Kind::Service;
    let mut namespaces = NAMESPACES.to_vec();
    if is_service {
        namespaces.push(("xmlns:srv", "http://www.isotc211.org/2005/srv"));
    }
    let mut xml = Xml::new();
    xml.element("gmd:MD_Metadata", &namespaces, |x| {
        string(x, "gmd:fileIdentifier", &record.identifier);
        parts::language(x, &record.language);
        if set > ElementSet::Brief {
            x.within("gmd:characterSet", |x| code(x, "MD_CharacterSetCode", "utf8"));
        }
        if let Some(parent) = &record.parent {
            string(x, "gmd:parentIdentifier", parent);
        }
        x.within("gmd:hierarchyLevel", |x| code(x, "MD_ScopeCode", record.kind.code()));
        if record.kind != Kind::Dataset {
            // 3.1: what is no dataset says its level in words, too.
            string(x, "gmd:hierarchyLevelName", record.kind.code());
        }
        for contact in &record.metadata_contacts {
            x.within("gmd:contact", |x| party(x, contact));
        }
        if record.metadata_contacts.is_empty() {
            missing(x, "gmd:contact");
        }
        x.within("gmd:dateStamp", |x| x.text("gco:DateTime", &[], &parts::instant(datestamp)));
        if set > ElementSet::Brief {
            string(x, "gmd:metadataStandardName", "ISO 19115");
            string(x, "gmd:metadataStandardVersion", "2003/Cor.1:2006");
            for crs in &record.crs {
                reference_system(x, crs.best());
            }
        }
        x.within("gmd:identificationInfo", |x| {
            if is_service { service::write(x, record, set) } else { identification::write(x, record, set) }
        });
        if set > ElementSet::Brief && !(record.formats.is_empty() && record.links.is_empty()) {
            x.within("gmd:distributionInfo", |x| distribution::write(x, record));
        }
        if set == ElementSet::Full && !(record.conformity.is_empty() && record.lineage.is_none()) {
            x.within("gmd:dataQualityInfo", |x| quality::write(x, record));
        }
    });
    xml.into_bytes()
}

/// 2.1: the system as an http address, without code space.
fn reference_system(x: &mut Xml, system: &str) {
    x.within("gmd:referenceSystemInfo", |x| {
        x.within("gmd:MD_ReferenceSystem", |x| {
            x.within("gmd:referenceSystemIdentifier", |x| {
                x.within("gmd:RS_Identifier", |x| parts::linked(x, "gmd:code", system));
            });
        });
    });
}
