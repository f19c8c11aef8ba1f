//! The resource: MD_DataIdentification or SV_ServiceIdentification.

use super::node::{all, citation_dates, code, term, value, walk};
use super::{Named, extent, party};
use crate::catalogue::import::ImportError;
use crate::catalogue::iso::{GEMET, HVD_REGULATION, LEGISLATION};
use crate::catalogue::record::{Citation, Distance, Identifier, Keyword, Record, Thesaurus};
use crate::catalogue::vocabulary::{FREQUENCIES, HVD_CATEGORIES, INSPIRE_THEMES, SPATIAL_SCOPES};
use crate::filter::xml::{child, elements};
use roxmltree::Node;

const XLINK: &str = "http://www.w3.org/1999/xlink";

pub(super) fn read(resource: Node<'_, '_>, read: &mut Record) -> Result<(), ImportError> {
    if let Some(citation) = walk(resource, &["citation", "CI_Citation"]) {
        cited(citation, read);
    }
    read.summary = child(resource, "abstract").and_then(value).unwrap_or_default();
    read.contacts = all(resource, "pointOfContact").filter_map(party::read).collect();
    read.frequency = child(resource, "resourceMaintenance").and_then(frequency);
    read.preview = walk(resource, &["graphicOverview", "MD_BrowseGraphic", "fileName"]).and_then(value);
    read.representation = child(resource, "spatialRepresentationType").and_then(code);
    read.resource_languages = all(resource, "language")
        .chain(
            all(resource, "defaultLocale")
                .chain(all(resource, "otherLocale"))
                .filter_map(|locale| walk(locale, &["PT_Locale", "language"])),
        )
        .filter_map(code)
        .collect();
    read.topics = all(resource, "topicCategory").filter_map(value).collect();
    for block in all(resource, "descriptiveKeywords").filter_map(|block| child(block, "MD_Keywords")) {
        keywords(block, read);
    }
    forget_plain_hvd(read);
    for constraints in all(resource, "resourceConstraints").filter_map(|c| elements(c).next()) {
        rights(constraints, read);
    }
    resolution(resource, read);
    extent::read(resource, read)?;
    service(resource, read);
    Ok(())
}

fn cited(citation: Node<'_, '_>, read: &mut Record) {
    read.title = child(citation, "title").and_then(value).unwrap_or_default();
    read.alternate_titles = all(citation, "alternateTitle").filter_map(value).collect();
    let dates = citation_dates(all(citation, "date").filter_map(|date| child(date, "CI_Date")));
    let dated = |kind: &str| dates.iter().find(|(k, _)| k == kind).map(|(_, moment)| *moment);
    (read.created, read.published, read.revised) =
        (dated("creation"), dated("publication"), dated("revision"));
    read.resource = child(citation, "identifier").and_then(|node| elements(node).next()).and_then(|id| {
        let code = child(id, "code").and_then(term)?;
        let space = child(id, "codeSpace").and_then(value);
        Some(Identifier { code: code.uri.unwrap_or(code.text), space })
    });
}

/// A code of ISO, of the EU's table, or as it is written.
fn frequency(maintenance: Node<'_, '_>) -> Option<String> {
    let node = maintenance.descendants().find(|n| n.has_tag_name_in("maintenanceAndUpdateFrequency"))?;
    let code = code(node)?;
    let list = node.descendants().find_map(|n| n.attribute("codeList")).unwrap_or_default();
    let found = FREQUENCIES.find(&format!("{list}/{code}")).or_else(|| FREQUENCIES.find(&code));
    Some(found.map_or(code, |entry| entry.code.clone()))
}

/// Words of lists that have a field of their own go there, when nothing of them is lost by it.
fn keywords(block: Node<'_, '_>, read: &mut Record) {
    let kind = child(block, "type").and_then(code);
    let thesaurus = walk(block, &["thesaurusName", "CI_Citation"]).map(thesaurus);
    let title = thesaurus.as_ref().map(|t| t.title.as_str()).unwrap_or_default();
    for word in all(block, "keyword").filter_map(term) {
        let uri = word.uri.as_deref().unwrap_or_default();
        let language = read.language.clone();
        let theme = INSPIRE_THEMES.find(&word.text).filter(|e| e.label(&language) == word.text);
        if let Some(theme) = theme.filter(|_| title == GEMET || uri.contains("inspire.ec.europa.eu/theme/")) {
            read.inspire_themes.push(theme.code.clone());
        } else if let Some(category) = HVD_CATEGORIES.entries.iter().find(|e| e.uri == uri) {
            read.hvd_categories.push(category.code.clone());
        } else if let Some(scope) = SPATIAL_SCOPES.entries.iter().find(|e| e.uri == uri) {
            read.spatial_scope = Some(scope.code.clone());
        } else if uri.contains("/SpatialDataServiceCategory/") {
            // Told by the type of the service.
        } else if uri == HVD_REGULATION || title == LEGISLATION {
            read.legislation.push(word);
        } else {
            read.keywords.push(Keyword {
                text: word.text,
                uri: word.uri,
                kind: kind.clone().filter(|kind| kind != "theme"),
                thesaurus: thesaurus.clone(),
            });
        }
    }
}

fn thesaurus(citation: Node<'_, '_>) -> Thesaurus {
    let title = child(citation, "title").and_then(term).unwrap_or_default();
    let dates = citation_dates(all(citation, "date").filter_map(|date| child(date, "CI_Date")));
    let (date_kind, date) = dates.into_iter().next().unzip();
    Thesaurus { title: title.text, uri: title.uri, date, date_kind }
}

/// The plain words that stand beside the anchors of a high-value dataset say nothing more.
fn forget_plain_hvd(read: &mut Record) {
    if read.hvd_categories.is_empty() {
        return;
    }
    let labels = read.hvd_categories.iter().filter_map(|code| HVD_CATEGORIES.get(code));
    let words: Vec<&str> =
        labels.map(|entry| entry.label(&read.language)).chain(std::iter::once("hvd")).collect();
    read.keywords.retain(|k| k.thesaurus.is_some() || k.uri.is_some() || !words.contains(&k.text.as_str()));
}

/// Limits of access and conditions of use are told apart by what they stand under.
fn rights(constraints: Node<'_, '_>, read: &mut Record) {
    read.use_limitations.extend(all(constraints, "useLimitation").filter_map(value));
    let others = all(constraints, "otherConstraints").filter_map(term);
    let others = others.filter(|term| {
        // Says that nothing is known, which is what nothing says.
        !term.uri.as_deref().is_some_and(|uri| uri.ends_with("/conditionsUnknown"))
    });
    if child(constraints, "accessConstraints").is_some() {
        read.access.extend(others);
    } else {
        read.licences.extend(others);
    }
}

fn resolution(resource: Node<'_, '_>, read: &mut Record) {
    for node in all(resource, "spatialResolution").flat_map(|r| r.descendants()) {
        match node.tag_name().name() {
            "denominator" => read.scales.extend(value(node).and_then(|text| text.parse::<u32>().ok())),
            "Distance" => {
                let number = value(node).and_then(|text| text.parse::<f64>().ok()).filter(|n| n.is_finite());
                let unit = node.attribute("uom").unwrap_or("m").to_owned();
                read.distances.extend(number.map(|value| Distance { value, unit }));
            }
            _ => {}
        }
    }
}

fn service(resource: Node<'_, '_>, read: &mut Record) {
    read.service_type = child(resource, "serviceType").and_then(value);
    read.service_versions = all(resource, "serviceTypeVersion").filter_map(value).collect();
    read.operations = all(resource, "containsOperations")
        .filter_map(|operation| walk(operation, &["SV_OperationMetadata", "operationName"]))
        .filter_map(value)
        .collect();
    let coupled: Vec<String> = all(resource, "coupledResource")
        .filter_map(|c| {
            c.descendants().find(|n| n.has_tag_name_in("identifier") || n.has_tag_name_in("scopedName"))
        })
        .filter_map(value)
        .collect();
    for (at, data) in all(resource, "operatesOn").enumerate() {
        let attribute = |name: &str| data.attribute((XLINK, name)).map(str::to_owned);
        read.operates_on.push(Citation {
            identifier: data.attribute("uuidref").unwrap_or_default().to_owned(),
            url: attribute("href"),
            title: attribute("title"),
            resource: coupled.get(at).cloned(),
        });
    }
}
