//! What a record describes, as dcat:Dataset, dcat:DatasetSeries or dcat:DataService, and the record itself.

use super::graph::{Graph, Object, iri};
use super::party::{agent, contact_point, property};
use super::terms::{
    AUTHORITY, HVD_REGULATION, HVD_SCHEME, INSPIRE_CODES, INSPIRE_SCHEME, data_theme, language_address,
    language_tag,
};
use super::{distribution, place};
use crate::catalogue::record::{Contact, Kind, LinkKind, Moment, Record};
use crate::catalogue::vocabulary::{ACCESS_LIMITATIONS, FREQUENCIES, HVD_CATEGORIES, INSPIRE_THEMES};
use chrono::{DateTime, Utc};

/// A record on its way into a graph.
pub(super) struct Described<'a> {
    pub(super) record: &'a Record,
    /// Public address of the platform.
    pub(super) base: &'a str,
    /// Address of the record here, on which the addresses of its parts stand.
    pub(super) node: String,
    /// Tag of the record's language.
    pub(super) language: Option<&'static str>,
}

impl<'a> Described<'a> {
    pub(super) fn new(record: &'a Record, base: &'a str) -> Self {
        Self {
            record,
            base,
            node: format!("{base}/datasets/{}", record.uuid),
            language: language_tag(&record.language),
        }
    }

    /// The address of what is described: its own where it has one.
    pub(super) fn subject(&self) -> String {
        let own = self.record.resource.as_ref().map(|r| r.whole());
        let own =
            own.filter(|r| r.starts_with("http://") || r.starts_with("https://") || r.starts_with("urn:"));
        own.and_then(|r| iri(&r)).unwrap_or_else(|| self.node.clone())
    }

    /// Whether it is a high-value dataset.
    pub(super) fn is_hvd(&self) -> bool {
        !self.record.hvd_categories.is_empty()
    }

    /// Who publishes it: one party, as DCAT-AP allows.
    pub(super) fn publisher(&self) -> Option<&'a Contact> {
        let of = |role: &str| self.record.contacts.iter().find(|c| c.role == role);
        ["publisher", "owner", "pointOfContact"].into_iter().find_map(of).or(self.record.contacts.first())
    }

    /// Who answers questions: points of contact, else whoever can be reached.
    pub(super) fn contact_points(&self) -> Vec<&'a Contact> {
        let contacts = &self.record.contacts;
        let points: Vec<&Contact> = contacts.iter().filter(|c| c.role == "pointOfContact").collect();
        if points.is_empty() { contacts.iter().take(1).collect() } else { points }
    }

    /// The page for people.
    pub(super) fn landing_page(&self) -> Option<&'a str> {
        let links = &self.record.links;
        let page = links.iter().find(|l| l.kind == Some(LinkKind::Page));
        let words = || links.iter().find(|l| !distribution::is_data(l));
        page.or_else(words).map(|l| l.url.as_str())
    }
}

/// Adds a record and what it describes; answers the addresses of both, and whether it is a service.
pub(super) fn describe(
    graph: &mut Graph,
    record: &Record,
    stamp: DateTime<Utc>,
    base: &str,
) -> (String, String, bool) {
    let of = Described::new(record, base);
    let is_service = record.kind == Kind::Service;
    if let Some(rdf) = &record.rdf {
        // It says itself what it is; the catalogue adds its own entry.
        graph.state(&rdf.statements);
        let node = catalogue_record(graph, &rdf.subject, &of, stamp);
        return (rdf.subject.clone(), node, is_service);
    }
    let subject = of.subject();
    let class = match record.kind {
        Kind::Service => "dcat:DataService",
        Kind::Series => "dcat:DatasetSeries",
        _ => "dcat:Dataset",
    };
    graph.class(&subject, class);
    words(graph, &subject, &of);
    themes(graph, &subject, &of);
    parties(graph, &subject, &of);
    dates(graph, &subject, &of);
    rights(graph, &subject, &of);
    place::describe(graph, &subject, &of);
    if is_service {
        service(graph, &subject, &of);
    } else {
        distribution::describe(graph, &subject, &of);
    }
    let node = catalogue_record(graph, &subject, &of, stamp);
    (subject, node, is_service)
}

fn words(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    let record = of.record;
    let title = if record.title.trim().is_empty() { &record.identifier } else { &record.title };
    graph.text(subject, "dct:title", title, of.language);
    for alternate in &record.alternate_titles {
        graph.text(subject, "dct:alternative", alternate, of.language);
    }
    // DCAT-AP wants a description; one that is missing is the title again, not something made up.
    let summary = if record.summary.trim().is_empty() { title } else { &record.summary };
    graph.text(subject, "dct:description", summary, of.language);
    let identifier = record.resource.as_ref().map_or_else(|| record.identifier.clone(), |r| r.whole());
    graph.text(subject, "dct:identifier", &identifier, None);
    let languages = &record.resource_languages;
    let spoken = if languages.is_empty() { std::slice::from_ref(&record.language) } else { languages };
    for address in spoken.iter().filter_map(|code| language_address(code)) {
        graph.link_to(subject, "dct:language", &address, "dct:LinguisticSystem");
    }
    let kind = match record.kind {
        Kind::Dataset => Some("Jeu de données"),
        Kind::Series => Some("Série de jeux de données"),
        Kind::Service => Some("Service"),
        _ => None,
    };
    if let Some(label) = kind {
        let scheme = format!("{INSPIRE_CODES}/ResourceType");
        let address = format!("{scheme}/{}", record.kind.code());
        graph.concept(subject, "dct:type", &address, (label, Some("fr")), &scheme);
    }
    if let Some(lineage) = &record.lineage {
        let node = format!("{}#provenance", of.node);
        graph.link(subject, "dct:provenance", &node);
        graph.class(&node, "dct:ProvenanceStatement");
        graph.text(&node, "rdfs:label", lineage, of.language);
    }
    if let Some(page) = of.landing_page() {
        graph.link_to(subject, "dcat:landingPage", page, "foaf:Document");
    }
    for link in record.links.iter().filter(|l| l.kind.is_none() && !distribution::is_data(l)) {
        graph.link_to(subject, "foaf:page", &link.url, "foaf:Document");
    }
    if let Some(preview) = &record.preview {
        graph.link(subject, "foaf:depiction", preview);
    }
    for conformity in record.conformity.iter().filter(|c| c.pass == Some(true)) {
        if let Some(uri) = &conformity.uri {
            graph.link_to(subject, "dct:conformsTo", uri, "dct:Standard");
        }
    }
}

fn themes(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    let record = of.record;
    for keyword in &record.keywords {
        graph.text(subject, "dcat:keyword", &keyword.text, of.language);
    }
    let mut concept = |property, uri: &str, label: &str, scheme: &str| {
        graph.concept(subject, property, uri, (label, of.language), scheme);
        // Portals make tags of keywords, not of themes.
        graph.text(subject, "dcat:keyword", label, of.language);
    };
    for entry in record.inspire_themes.iter().filter_map(|code| INSPIRE_THEMES.get(code)) {
        concept("dcat:theme", &entry.uri, entry.label(&record.language), INSPIRE_SCHEME);
    }
    for entry in record.hvd_categories.iter().filter_map(|code| HVD_CATEGORIES.get(code)) {
        for property in ["dcat:theme", "dcatap:hvdCategory"] {
            concept(property, &entry.uri, entry.label(&record.language), HVD_SCHEME);
        }
    }
    if of.is_hvd() {
        graph.text(subject, "dcat:keyword", "hvd", of.language);
        graph.link_to(subject, "dcatap:applicableLegislation", HVD_REGULATION, "eli:LegalResource");
    }
    for uri in record.legislation.iter().filter_map(|term| term.uri.as_deref()) {
        graph.link_to(subject, "dcatap:applicableLegislation", uri, "eli:LegalResource");
    }
    for topic in &record.topics {
        graph.link(subject, "dct:subject", &format!("{INSPIRE_CODES}/TopicCategory/{topic}"));
        if let Some((theme, label)) = data_theme(topic) {
            let scheme = format!("{AUTHORITY}/data-theme");
            graph.concept(subject, "dcat:theme", &theme, (label, Some("fr")), &scheme);
        }
    }
}

fn parties(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    for contact in of.contact_points() {
        if let Some(node) = contact_point(graph, contact, of.base) {
            graph.link(subject, "dcat:contactPoint", &node);
        }
    }
    if let Some(node) = of.publisher().and_then(|publisher| agent(graph, publisher, of.base)) {
        graph.link(subject, "dct:publisher", &node);
    }
    for contact in &of.record.contacts {
        let Some(property) = property(&contact.role).filter(|p| *p != "dct:publisher") else { continue };
        if let Some(node) = agent(graph, contact, of.base) {
            graph.link(subject, property, &node);
        }
    }
}

fn dates(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    let record = of.record;
    let said =
        [("dct:created", record.created), ("dct:issued", record.published), ("dct:modified", record.revised)];
    for (property, moment) in said {
        if let Some(moment) = moment {
            place::date(graph, subject, property, moment);
        }
    }
    if let Some(frequency) = record.frequency.as_deref().and_then(|code| FREQUENCIES.get(code)) {
        graph.link(subject, "dct:accrualPeriodicity", &frequency.uri);
    }
}

fn rights(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    licences(graph, subject, of);
    access_rights(graph, subject, of);
    for (n, words) in of.record.use_limitations.iter().enumerate() {
        let node = format!("{}#rights-{}", of.node, n + 1);
        graph.link(subject, "dct:rights", &node);
        graph.class(&node, "dct:RightsStatement");
        graph.text(&node, "rdfs:label", words, of.language);
    }
}

/// The licence: its address, or a node with its words.
pub(super) fn licences(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    for (n, term) in of.record.licences.iter().enumerate() {
        // data.gouv.fr takes a label for the licence itself, and so knows fewer than by the address.
        let (node, label) = match term.uri.as_deref().and_then(iri) {
            Some(uri) => (uri, "dct:title"),
            None if term.text.trim().is_empty() => continue,
            None => (format!("{}#licence-{}", of.node, n + 1), "rdfs:label"),
        };
        // A resource has one licence (DCAT-AP 3.0.1 section 8.2); what else is said are conditions.
        let (property, class) = if n == 0 {
            ("dct:license", "dct:LicenseDocument")
        } else {
            ("dct:rights", "dct:RightsStatement")
        };
        graph.link(subject, property, &node);
        graph.class(&node, class);
        graph.text(&node, label, &term.text, of.language);
    }
}

/// Who may have it: public, or the reason why not.
pub(super) fn access_rights(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    let known = of.record.access.iter().find_map(|term| {
        let spelled = [term.uri.as_deref(), Some(term.text.as_str())];
        spelled.into_iter().flatten().find_map(|text| ACCESS_LIMITATIONS.find(text))
    });
    let Some(entry) = known else { return };
    let address = match entry.code.as_str() {
        "noLimitations" => format!("{AUTHORITY}/access-right/PUBLIC"),
        _ => entry.uri.clone(),
    };
    graph.link(subject, "dct:accessRights", &address);
    graph.class(&address, "dct:RightsStatement");
    graph.text(&address, "skos:prefLabel", entry.label(&of.record.language), of.language);
}

/// A service that has a record of its own.
fn service(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    let record = of.record;
    for link in &record.links {
        let Some(protocol) = distribution::protocol(link) else { continue };
        let endpoint = link.url.split(['?', '#']).next().unwrap_or(&link.url);
        graph.link(subject, "dcat:endpointURL", endpoint);
        graph.link(subject, "dcat:endpointDescription", &link.url);
        distribution::kinds(graph, subject, protocol);
    }
    if let Some(kind) = &record.service_type {
        let address = format!("{INSPIRE_CODES}/SpatialDataServiceType/{kind}");
        graph.link(subject, "geodcat:serviceType", &address);
    }
    for cited in &record.operates_on {
        let address = cited.resource.as_deref().and_then(iri).or_else(|| cited.url.as_deref().and_then(iri));
        if let Some(address) = address {
            graph.add(subject, "dcat:servesDataset", Object::Node(address));
        }
    }
}

/// dcat:CatalogRecord.
fn catalogue_record(graph: &mut Graph, subject: &str, of: &Described<'_>, stamp: DateTime<Utc>) -> String {
    let node = format!("{}#record", of.node);
    graph.class(&node, "dcat:CatalogRecord");
    graph.link(&node, "foaf:primaryTopic", subject);
    graph.text(&node, "dct:identifier", &of.record.identifier, None);
    place::date(graph, &node, "dct:modified", Moment::instant(stamp));
    graph.link_to(&node, "dct:conformsTo", "http://data.europa.eu/930/", "dct:Standard");
    if let Some(address) = language_address(&of.record.language) {
        graph.link_to(&node, "dct:language", &address, "dct:LinguisticSystem");
    }
    for contact in &of.record.metadata_contacts {
        if let Some(contact) = contact_point(graph, contact, of.base) {
            graph.link(&node, "dcat:contactPoint", &contact);
        }
    }
    node
}
