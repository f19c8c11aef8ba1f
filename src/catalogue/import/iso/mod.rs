//! ISO records from elsewhere: what is understood of gmd:MD_Metadata (ISO 19139) and mdb:MD_Metadata
//! (ISO 19115-3), and their three forms. Most of their elements have the same local names; where they differ
//! both are looked for.
//!
//! | file | what |
//! |---|---|
//! | `node.rs` | values, codes, anchors, dates of properties |
//! | `party.rs` | people and organisations |
//! | `identification.rs` | the resource: citation, keywords, constraints, resolution |
//! | `extent.rs` | boxes, places, times |
//! | `distribution.rs` | formats, links, sizes |

mod distribution;
mod extent;
mod identification;
mod node;
mod party;

use super::{Forms, ImportError, fragment};
use crate::catalogue::record::{Conformance, Kind, Record, ReferenceSystem};
use crate::filter::xml::{child, elements};
use crate::geo::CrsRef;
use node::{all, citation_dates, code, moment, term, value, walk};
use roxmltree::Node;

/// What brief and summary keep of MD_Metadata (OGC 07-045 section 8.2.1.2), whole, so that both stay valid.
const BRIEF: [&str; 6] =
    ["fileIdentifier", "language", "hierarchyLevel", "contact", "dateStamp", "identificationInfo"];
const SUMMARY: [&str; 6] = [
    "characterSet",
    "parentIdentifier",
    "metadataStandardName",
    "metadataStandardVersion",
    "referenceSystemInfo",
    "distributionInfo",
];

/// The record as it came, and the parts of it that the smaller sets keep.
pub(super) fn forms(record: Node<'_, '_>) -> Forms {
    Forms {
        full: fragment::standalone(record).into_bytes(),
        summary: fragment::pruned(record, |name| BRIEF.contains(&name) || SUMMARY.contains(&name))
            .into_bytes(),
        brief: fragment::pruned(record, |name| BRIEF.contains(&name)).into_bytes(),
    }
}

/// What the record says.
///
/// # Errors
/// [`ImportError::NoIdentifier`], or [`ImportError::Value`] for a box that is none.
pub(super) fn read(record: Node<'_, '_>, number: usize) -> Result<Record, ImportError> {
    let identifier = child(record, "fileIdentifier")
        .or_else(|| walk(record, &["metadataIdentifier", "MD_Identifier", "code"]))
        .and_then(value)
        .ok_or(ImportError::NoIdentifier { number, element: "gmd:fileIdentifier" })?;
    let scope = child(record, "hierarchyLevel")
        .or_else(|| walk(record, &["metadataScope", "MD_MetadataScope", "resourceScope"]))
        .and_then(code);
    let language = child(record, "language")
        .or_else(|| walk(record, &["defaultLocale", "PT_Locale", "language"]))
        .and_then(code);
    let stamp = child(record, "dateStamp").and_then(moment).or_else(|| {
        let dates = all(record, "dateInfo").filter_map(|info| child(info, "CI_Date"));
        citation_dates(dates).into_iter().find(|(kind, _)| kind == "revision").map(|(_, moment)| moment)
    });
    let mut read = Record {
        identifier,
        kind: Kind::from(scope.unwrap_or_else(|| "dataset".to_owned())),
        language: language.unwrap_or_default(),
        parent: child(record, "parentIdentifier")
            .or_else(|| walk(record, &["parentMetadata", "CI_Citation", "title"]))
            .and_then(value),
        metadata_contacts: all(record, "contact").filter_map(party::read).collect(),
        stated_stamp: stamp,
        crs: all(record, "referenceSystemInfo").filter_map(reference_system).collect(),
        ..Record::default()
    };
    if let Some(resource) = child(record, "identificationInfo").and_then(|info| elements(info).next()) {
        identification::read(resource, &mut read)?;
    }
    distribution::read(record, &mut read);
    quality(record, &mut read);
    Ok(read)
}

/// The code is an address, a URN or words; a system that is known here has all its names.
fn reference_system(info: Node<'_, '_>) -> Option<ReferenceSystem> {
    let identifier = walk(info, &["MD_ReferenceSystem", "referenceSystemIdentifier"])?;
    let code = term(identifier.descendants().find(|n| n.has_tag_name_in("code"))?)?;
    let text = code.uri.as_deref().unwrap_or(&code.text);
    let known = CrsRef::parse(text).or_else(|_| CrsRef::parse(&format!("EPSG:{text}"))).ok();
    Some(match known {
        Some(known) => ReferenceSystem {
            code: known.crs.code(),
            uri: Some(known.crs.uri()),
            name: Some(known.crs.name.clone()),
        },
        None => ReferenceSystem { code: code.text, uri: code.uri, name: None },
    })
}

fn quality(record: Node<'_, '_>, read: &mut Record) {
    let parts = all(record, "dataQualityInfo").chain(all(record, "resourceLineage"));
    for part in parts {
        let named = |name: &'static str| part.descendants().filter(move |n| n.has_tag_name_in(name));
        if read.lineage.is_none() {
            read.lineage = named("statement").find_map(value);
        }
        for result in named("DQ_ConformanceResult") {
            let citation = walk(result, &["specification", "CI_Citation"]);
            let title = citation.and_then(|c| child(c, "title")).and_then(term).unwrap_or_default();
            let dates =
                citation.map(|c| citation_dates(all(c, "date").filter_map(|date| child(date, "CI_Date"))));
            let date = dates.unwrap_or_default().into_iter().next();
            let pass = child(result, "pass").and_then(value);
            read.conformity.push(Conformance {
                title: title.text,
                uri: title.uri,
                date: date.as_ref().map(|(_, moment)| *moment),
                date_kind: date.map(|(kind, _)| kind),
                explanation: child(result, "explanation").and_then(value),
                pass: pass.and_then(|text| match text.as_str() {
                    "true" | "1" => Some(true),
                    "false" | "0" => Some(false),
                    _ => None,
                }),
            });
        }
    }
}

/// Elements by their local name, whatever their namespace: both schemas share most of them.
trait Named {
    /// Whether it is an element of this local name.
    fn has_tag_name_in(&self, name: &str) -> bool;
}

impl Named for Node<'_, '_> {
    fn has_tag_name_in(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}
