//! ISO 19115-3 (mdb 2.0, cit 2.0 and their kin): the same facts as ISO 19139, in the schemas that came after it.
//!
//! No harvester of France or Europe asks for it yet; catalogues that have moved on do. What is written here is
//! read back to an equal record (`import/iso`).
//!
//! | file | what |
//! |---|---|
//! | `parts.rs` | strings, anchors, codes, dates, people |
//! | `identification.rs` | what the resource is; services |
//! | `distribution.rs` | formats and links |
//! | `quality.rs` | conformity and lineage |

mod distribution;
mod identification;
mod parts;
mod quality;

use super::iso::ElementSet;
use super::record::{Kind, Moment, Record};
use super::xml::Xml;
use chrono::{DateTime, Utc};
use parts::{code, date, missing, party, string};

const NAMESPACES: [(&str, &str); 18] = [
    ("xmlns:mdb", "http://standards.iso.org/iso/19115/-3/mdb/2.0"),
    ("xmlns:cit", "http://standards.iso.org/iso/19115/-3/cit/2.0"),
    ("xmlns:gco", "http://standards.iso.org/iso/19115/-3/gco/1.0"),
    ("xmlns:gcx", "http://standards.iso.org/iso/19115/-3/gcx/1.0"),
    ("xmlns:gex", "http://standards.iso.org/iso/19115/-3/gex/1.0"),
    ("xmlns:lan", "http://standards.iso.org/iso/19115/-3/lan/1.0"),
    ("xmlns:mcc", "http://standards.iso.org/iso/19115/-3/mcc/1.0"),
    ("xmlns:mco", "http://standards.iso.org/iso/19115/-3/mco/1.0"),
    ("xmlns:mdq", "http://standards.iso.org/iso/19157/-2/mdq/1.0"),
    ("xmlns:mmi", "http://standards.iso.org/iso/19115/-3/mmi/1.0"),
    ("xmlns:mrd", "http://standards.iso.org/iso/19115/-3/mrd/1.0"),
    ("xmlns:mri", "http://standards.iso.org/iso/19115/-3/mri/1.0"),
    ("xmlns:mrl", "http://standards.iso.org/iso/19115/-3/mrl/2.0"),
    ("xmlns:mrs", "http://standards.iso.org/iso/19115/-3/mrs/1.0"),
    ("xmlns:srv", "http://standards.iso.org/iso/19115/-3/srv/2.0"),
    ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];

/// Writes a record as mdb:MD_Metadata. What the schema wants and an imported record lacks is marked as missing.
pub(super) fn write(record: &Record, datestamp: DateTime<Utc>, set: ElementSet) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("mdb:MD_Metadata", &NAMESPACES, |x| {
        x.within("mdb:metadataIdentifier", |x| parts::identifier(x, &record.identifier, None));
        parts::locale(x, "mdb:defaultLocale", &record.language);
        if let Some(parent) = &record.parent {
            x.within("mdb:parentMetadata", |x| {
                x.within("cit:CI_Citation", |x| string(x, "cit:title", parent));
            });
        }
        x.within("mdb:metadataScope", |x| {
            x.within("mdb:MD_MetadataScope", |x| {
                x.within("mdb:resourceScope", |x| code(x, "mcc:MD_ScopeCode", record.kind.code()));
                if record.kind != Kind::Dataset {
                    string(x, "mdb:name", record.kind.code());
                }
            });
        });
        for contact in &record.metadata_contacts {
            x.within("mdb:contact", |x| party(x, contact));
        }
        if record.metadata_contacts.is_empty() {
            missing(x, "mdb:contact");
        }
        date(x, "mdb:dateInfo", Moment::instant(datestamp), "revision");
        x.within("mdb:metadataStandard", |x| {
            x.within("cit:CI_Citation", |x| {
                string(x, "cit:title", "ISO 19115-3");
                string(x, "cit:edition", "2.0");
            });
        });
        if set > ElementSet::Brief {
            record.crs.iter().for_each(|crs| reference_system(x, crs.best()));
        }
        x.within("mdb:identificationInfo", |x| identification::write(x, record, set));
        if set > ElementSet::Brief && !(record.formats.is_empty() && record.links.is_empty()) {
            x.within("mdb:distributionInfo", |x| distribution::write(x, record));
        }
        if set == ElementSet::Full {
            quality::write(x, record);
        }
    });
    xml.into_bytes()
}

fn reference_system(x: &mut Xml, system: &str) {
    x.within("mdb:referenceSystemInfo", |x| {
        x.within("mrs:MD_ReferenceSystem", |x| {
            x.within("mrs:referenceSystemIdentifier", |x| parts::identifier(x, system, None));
        });
    });
}
