//! ISO 19139 from elsewhere: what is understood of gmd:MD_Metadata, and its three forms.

use super::facts::{Facts, Link, instant};
use super::{Forms, ImportError, fragment};
use crate::filter::xml::{child, elements};
use crate::geo::BBox;
use chrono::{DateTime, Utc};
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
pub(super) fn facts(record: Node<'_, '_>, number: usize) -> Result<Facts, ImportError> {
    let identifier = child(record, "fileIdentifier")
        .and_then(value)
        .ok_or(ImportError::NoIdentifier { number, element: "gmd:fileIdentifier" })?;
    let resource = child(record, "identificationInfo").and_then(|info| elements(info).next());
    let within = |names: &[&str]| resource.and_then(|resource| walk(resource, names));
    let citation = within(&["citation", "CI_Citation"]);
    let cited = |name: &str| citation.and_then(|c| child(c, name)).and_then(value);
    let language = |node: Option<Node<'_, '_>>| node.and_then(|n| child(n, "language")).and_then(code);
    let date = |kind: &str| citation.and_then(|c| dated(c, kind));
    let all = |name: &str| -> Vec<String> { resource.map(|r| below(r, name)).unwrap_or_default() };
    Ok(Facts {
        title: cited("title").unwrap_or_default(),
        summary: within(&["abstract"]).and_then(value).unwrap_or_default(),
        kind: child(record, "hierarchyLevel").and_then(code).unwrap_or_else(|| "dataset".to_owned()),
        language: language(resource).or_else(|| language(Some(record))).unwrap_or_default(),
        organisation: within(&["pointOfContact"])
            .or_else(|| child(record, "contact"))
            .and_then(|contact| below(contact, "organisationName").into_iter().next()),
        rights: [all("useLimitation"), all("otherConstraints")].concat(),
        lineage: elements(record)
            .filter(|n| n.tag_name().name() == "dataQualityInfo")
            .find_map(|quality| below(quality, "statement").into_iter().next()),
        creation: date("creation"),
        publication: date("publication"),
        revision: date("revision"),
        datestamp: child(record, "dateStamp").and_then(value).and_then(|text| instant(&text)),
        resource: citation
            .and_then(|c| child(c, "identifier"))
            .and_then(|node| below(node, "code").into_iter().next())
            .unwrap_or_default(),
        subjects: [all("keyword"), all("topicCategory")].concat(),
        topics: all("topicCategory"),
        formats: child(record, "distributionInfo")
            .map(|info| {
                info.descendants()
                    .filter(|n| n.has_tag_name((super::document::GMD, "MD_Format")))
                    .filter_map(|format| child(format, "name").and_then(value))
                    .collect()
            })
            .unwrap_or_default(),
        crs: elements(record)
            .filter(|n| n.tag_name().name() == "referenceSystemInfo")
            .flat_map(|system| below(system, "code"))
            .collect(),
        services: Vec::new(),
        places: all("geographicIdentifier"),
        links: links(record),
        words: words(record),
        extent: extent(resource, &identifier)?,
        identifier,
    })
}

/// The text of a property: of `gco:CharacterString`, `gmx:Anchor`, a date or a number in it.
fn value(node: Node<'_, '_>) -> Option<String> {
    let text: String = node.descendants().filter(Node::is_text).filter_map(|n| n.text()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A code of a list, or the text where none is given.
fn code(node: Node<'_, '_>) -> Option<String> {
    let listed = node.descendants().find_map(|n| n.attribute("codeListValue"));
    listed.map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).or_else(|| value(node))
}

fn walk<'a, 'i>(node: Node<'a, 'i>, names: &[&str]) -> Option<Node<'a, 'i>> {
    names.iter().try_fold(node, |node, name| child(node, name))
}

/// Values of all properties of a name, however deep.
fn below(node: Node<'_, '_>, name: &str) -> Vec<String> {
    node.descendants().filter(|n| n.is_element() && n.tag_name().name() == name).filter_map(value).collect()
}

fn dated(citation: Node<'_, '_>, kind: &str) -> Option<DateTime<Utc>> {
    elements(citation).filter(|n| n.tag_name().name() == "date").find_map(|node| {
        let date = child(node, "CI_Date")?;
        let is_kind = child(date, "dateType").and_then(code).is_some_and(|c| c == kind);
        is_kind.then(|| child(date, "date").and_then(value)).flatten().and_then(|text| instant(&text))
    })
}

fn links(record: Node<'_, '_>) -> Vec<Link> {
    record
        .descendants()
        .filter(|n| n.has_tag_name((super::document::GMD, "CI_OnlineResource")))
        .filter_map(|online| {
            let text = |name: &str| child(online, name).and_then(value).unwrap_or_default();
            let url = text("linkage");
            (!url.is_empty()).then(|| Link { url, protocol: text("protocol") })
        })
        .collect()
}

/// The box around all boxes of the resource.
fn extent(resource: Option<Node<'_, '_>>, identifier: &str) -> Result<Option<BBox>, ImportError> {
    let mut whole: Option<BBox> = None;
    let Some(resource) = resource else { return Ok(None) };
    for node in resource.descendants().filter(|n| n.tag_name().name() == "EX_GeographicBoundingBox") {
        let side = |name: &'static str| -> Result<f64, ImportError> {
            let text = child(node, name).and_then(value).unwrap_or_default();
            text.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(|| ImportError::Value {
                identifier: identifier.chars().take(120).collect(),
                element: name,
                value: text.chars().take(60).collect(),
                wanted: "number of degrees",
            })
        };
        let part = BBox::new(
            side("westBoundLongitude")?,
            side("southBoundLatitude")?,
            side("eastBoundLongitude")?,
            side("northBoundLatitude")?,
        );
        // A box over the date line has its west in the east: no box of two corners is true of it.
        if part.is_valid() {
            whole = Some(whole.map_or(part, |w| w.union(&part)));
        }
    }
    Ok(whole)
}

fn words(record: Node<'_, '_>) -> String {
    let texts = record.descendants().filter(Node::is_text).filter_map(|n| n.text()).map(str::trim);
    texts.filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n")
}
