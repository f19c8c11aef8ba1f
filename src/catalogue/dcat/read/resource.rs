//! What a dcat:Dataset, dcat:DatasetSeries or dcat:DataService says, as the model has it.

use super::super::graph::expanded;
use super::super::terms::{AUTHORITY, HVD_REGULATION, INSPIRE_CODES, language_code, theme_topic};
use super::statements::{Statements, address};
use super::{distribution, party, place};
use crate::catalogue::record::{
    Citation, Conformance, Identifier, Keyword, Kind, Moment, Record, ReferenceSystem, Term, Thesaurus,
};
use crate::catalogue::vocabulary::{
    ACCESS_LIMITATIONS, FREQUENCIES, HVD_CATEGORIES, INSPIRE_THEMES, licence, licence_entry,
};
use oxrdf::NamedOrBlankNode;

/// A resource on its way into a record.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) said: &'a Statements,
    pub(super) subject: &'a NamedOrBlankNode,
    /// Tag of the language that words are wanted in; empty when the record says none.
    pub(super) language: &'a str,
}

impl Reading<'_> {
    pub(super) fn words(&self, property: &str) -> Option<String> {
        self.said.words(self.subject, property, self.language)
    }

    pub(super) fn nodes(&self, property: &str) -> Vec<NamedOrBlankNode> {
        self.said.nodes(self.subject, property)
    }

    /// What a property leads to, as words with their address: a node by its label, else by its address.
    pub(super) fn terms(&self, property: &str) -> Vec<Term> {
        let plain = self.said.all_words(self.subject, property, self.language).into_iter().map(Term::plain);
        let named = self.nodes(property).into_iter().filter_map(|node| {
            let uri = address(&node).map(str::to_owned);
            let text = self.said.label(&node, self.language).or_else(|| uri.clone())?;
            Some(Term { text, uri })
        });
        plain.chain(named).collect()
    }

    fn moment(&self, property: &str) -> Option<Moment> {
        let texts = self.said.all_words(self.subject, property, self.language);
        texts.iter().find_map(|text| text.parse().ok())
    }
}

/// Reads a resource with its catalogue record; none without anything that names it.
pub(super) fn read(
    said: &Statements,
    subject: &NamedOrBlankNode,
    entry: Option<&NamedOrBlankNode>,
) -> Option<Record> {
    let language = language_of(said, subject, entry);
    let of = Reading { said, subject, language: tag(&language) };
    let mut record = Record {
        identifier: identifier(said, subject, entry)?,
        resource: of.words("dct:identifier").map(Identifier::uri),
        kind: kind(said, subject),
        title: of.words("dct:title").unwrap_or_default(),
        alternate_titles: said.all_words(subject, "dct:alternative", of.language),
        summary: of.words("dct:description").unwrap_or_default(),
        resource_languages: languages(said, subject),
        created: of.moment("dct:created"),
        published: of.moment("dct:issued"),
        revised: of.moment("dct:modified"),
        stated_stamp: entry.and_then(|entry| Reading { subject: entry, ..of }.moment("dct:modified")),
        frequency: frequency(&of),
        preview: said.addresses(subject, "foaf:depiction").into_iter().next(),
        language,
        ..Record::default()
    };
    // data.gouv.fr and others have no record of their own beside the data.
    record.stated_stamp = record.stated_stamp.or(record.revised).or(record.published);
    subjects(&of, &mut record);
    party::read(&of, entry, &mut record);
    rights(&of, &mut record);
    place::read(&of, &mut record);
    conformity(&of, &mut record);
    lineage(&of, &mut record);
    relations(&of, &mut record);
    distribution::read(&of, &mut record);
    Some(record)
}

fn identifier(
    said: &Statements,
    subject: &NamedOrBlankNode,
    entry: Option<&NamedOrBlankNode>,
) -> Option<String> {
    let of_entry = entry.and_then(|entry| said.words(entry, "dct:identifier", ""));
    of_entry
        .or_else(|| said.words(subject, "dct:identifier", ""))
        .or_else(|| said.addresses(subject, "dct:identifier").into_iter().next())
        .or_else(|| address(subject).map(str::to_owned))
        .filter(|text| !text.trim().is_empty())
}

fn kind(said: &Statements, subject: &NamedOrBlankNode) -> Kind {
    let types = said.addresses(subject, "rdf:type");
    let is = |class: &str| types.iter().any(|t| *t == expanded(class));
    let stated = said.addresses(subject, "dct:type");
    let stated = stated.iter().find_map(|t| t.strip_prefix(&format!("{INSPIRE_CODES}/ResourceType/")));
    match stated {
        Some(code) => Kind::from(code.to_owned()),
        None if is("dcat:DataService") => Kind::Service,
        None if is("dcat:DatasetSeries") => Kind::Series,
        None => Kind::Dataset,
    }
}

/// Language of the record: its own, else of the title, else of the data.
fn language_of(said: &Statements, subject: &NamedOrBlankNode, entry: Option<&NamedOrBlankNode>) -> String {
    let of_entry = entry.and_then(|entry| languages(said, entry).into_iter().next());
    let of_title = || {
        let titles = said.objects(subject, "dct:title");
        let tags: Vec<_> = titles
            .into_iter()
            .filter_map(|term| match term {
                oxrdf::Term::Literal(words) => words.language().and_then(language_code),
                _ => None,
            })
            .collect();
        tags.iter().copied().find(|code| *code == "fre").or(tags.first().copied()).map(str::to_owned)
    };
    of_entry.or_else(of_title).or_else(|| languages(said, subject).into_iter().next()).unwrap_or_default()
}

fn languages(said: &Statements, subject: &NamedOrBlankNode) -> Vec<String> {
    let words = said.all_words(subject, "dct:language", "");
    let all = said.addresses(subject, "dct:language").into_iter().chain(words);
    let mut codes: Vec<String> = all.filter_map(|text| language_code(&text)).map(str::to_owned).collect();
    codes.dedup();
    codes
}

fn tag(language: &str) -> &'static str {
    super::super::terms::language_tag(language).unwrap_or_default()
}

fn frequency(of: &Reading<'_>) -> Option<String> {
    let addresses = of.said.addresses(of.subject, "dct:accrualPeriodicity");
    let words = of.said.all_words(of.subject, "dct:accrualPeriodicity", of.language);
    let stated: Vec<String> = addresses.into_iter().chain(words).collect();
    let known = stated.iter().find_map(|text| {
        let name = text.rsplit(['/', '#', ':']).next().unwrap_or(text);
        FREQUENCIES.find(text).or_else(|| FREQUENCIES.find(name))
    });
    known.map(|entry| entry.code.clone()).or_else(|| stated.into_iter().next())
}

/// Keywords, themes, categories, topics.
fn subjects(of: &Reading<'_>, record: &mut Record) {
    for category in of.said.addresses(of.subject, "dcatap:hvdCategory") {
        if let Some(entry) = HVD_CATEGORIES.find(&category) {
            push(&mut record.hvd_categories, &entry.code);
        }
    }
    for node in of.nodes("dcat:theme") {
        theme(of, &node, record);
    }
    for subject in of.said.addresses(of.subject, "dct:subject") {
        if let Some(topic) = subject.strip_prefix(&format!("{INSPIRE_CODES}/TopicCategory/")) {
            push(&mut record.topics, topic);
        } else if let Some(scope) = subject.strip_prefix(&format!("{INSPIRE_CODES}/SpatialScope/")) {
            record.spatial_scope = Some(scope.to_owned());
        }
    }
    let inspire = record.inspire_themes.iter().filter_map(|code| INSPIRE_THEMES.get(code));
    let labels: Vec<&str> = inspire
        .chain(record.hvd_categories.iter().filter_map(|code| HVD_CATEGORIES.get(code)))
        .flat_map(|entry| [entry.fr.as_str(), entry.en.as_str()])
        .chain((!record.hvd_categories.is_empty()).then_some("hvd"))
        .collect();
    // Portals write themes once more as keywords.
    let words = of.said.all_words(of.subject, "dcat:keyword", of.language);
    let free: Vec<Keyword> =
        words.into_iter().filter(|word| !labels.contains(&word.as_str())).map(Keyword::free).collect();
    record.keywords.splice(0..0, free);
}

/// A theme: of INSPIRE, a category of high value, one of the EU's portal, or a concept of another list.
fn theme(of: &Reading<'_>, node: &NamedOrBlankNode, record: &mut Record) {
    let uri = address(node);
    let label = of.said.label(node, of.language);
    if let Some(entry) = uri.and_then(|uri| HVD_CATEGORIES.find(uri)) {
        push(&mut record.hvd_categories, &entry.code);
    } else if let Some(entry) = uri.and_then(|uri| INSPIRE_THEMES.find(uri)) {
        push(&mut record.inspire_themes, &entry.code);
    } else if let Some(topic) = uri.and_then(theme_topic) {
        // What the record says itself comes before what its theme of the EU's portal means.
        if !of.said.addresses(of.subject, "dct:subject").iter().any(|s| s.contains("/TopicCategory/")) {
            push(&mut record.topics, topic);
        }
    } else if uri.is_none_or(|uri| !uri.starts_with(&format!("{AUTHORITY}/data-theme/")))
        && let Some(text) = label
    {
        let scheme = of.said.nodes(node, "skos:inScheme").into_iter().next();
        let thesaurus = scheme.map(|scheme| {
            let uri = address(&scheme).map(str::to_owned);
            let title = of.said.label(&scheme, of.language).or_else(|| uri.clone()).unwrap_or_default();
            Thesaurus { title, uri, ..Thesaurus::default() }
        });
        let kind = Some("theme".to_owned());
        record.keywords.push(Keyword { text, uri: uri.map(str::to_owned), kind, thesaurus });
    }
}

fn push(list: &mut Vec<String>, code: &str) {
    if !list.iter().any(|have| have == code) {
        list.push(code.to_owned());
    }
}

/// Licence, conditions, access, law.
fn rights(of: &Reading<'_>, record: &mut Record) {
    let mut licences = of.terms("dct:license");
    if licences.is_empty() {
        // data.gouv.fr and others say it of the files.
        let files = of.nodes("dcat:distribution");
        licences = files
            .iter()
            .map(|file| Reading { subject: file, ..*of }.terms("dct:license"))
            .find(|l| !l.is_empty())
            .unwrap_or_default();
    }
    for mut term in licences {
        let known = licence(term.uri.as_deref().unwrap_or(&term.text));
        if term.uri.as_deref() == Some(&term.text) {
            term.text = known.title;
        }
        term.uri = term.uri.or(known.uri);
        record.licences.push(term);
    }
    for term in of.terms("dct:rights") {
        // A condition in words is a limit of use; an address alone, or that of a licence, is one more licence.
        let is_licence = |uri: &str| uri == term.text || licence_entry(uri).is_some();
        if term.uri.as_deref().is_some_and(is_licence) {
            record.licences.push(term);
        } else {
            record.use_limitations.push(term.text);
        }
    }
    for term in of.terms("dct:accessRights") {
        let name =
            term.uri.as_deref().and_then(|uri| uri.strip_prefix(&format!("{AUTHORITY}/access-right/")));
        let known = match name {
            Some("PUBLIC") => ACCESS_LIMITATIONS.get("noLimitations"),
            _ => term.uri.as_deref().and_then(|uri| ACCESS_LIMITATIONS.find(uri)),
        };
        record.access.push(match known {
            Some(entry) => Term::with_uri(entry.label(&record.language), &entry.uri),
            None => term,
        });
    }
    let law = of.terms("dcatap:applicableLegislation").into_iter();
    record.legislation = law.filter(|term| term.uri.as_deref() != Some(HVD_REGULATION)).collect();
}

/// Reference systems, and whatever else it conforms to.
fn conformity(of: &Reading<'_>, record: &mut Record) {
    let systems = ["http://www.opengis.net/def/crs/EPSG/0/", "https://www.opengis.net/def/crs/EPSG/0/"];
    for node in of.nodes("dct:conformsTo") {
        let label = of.said.label(&node, of.language);
        let uri = address(&node).map(str::to_owned);
        let code = uri.as_deref().and_then(|uri| systems.iter().find_map(|s| uri.strip_prefix(s)));
        if let Some(code) = code {
            let code = format!("EPSG:{code}");
            record.crs.push(ReferenceSystem { code, name: label, uri });
        } else if let Some(title) = label.or_else(|| uri.clone()) {
            record.conformity.push(Conformance { title, uri, pass: Some(true), ..Conformance::default() });
        }
    }
}

fn lineage(of: &Reading<'_>, record: &mut Record) {
    let texts: Vec<String> = of.terms("dct:provenance").into_iter().map(|term| term.text).collect();
    record.lineage = Some(texts.join("\n")).filter(|text| !text.is_empty());
}

/// What it is a part of, and what it works on.
fn relations(of: &Reading<'_>, record: &mut Record) {
    let named = |node: &NamedOrBlankNode| {
        let own = of.said.words(node, "dct:identifier", "");
        own.or_else(|| address(node).map(str::to_owned))
    };
    let parents = ["dcat:inSeries", "dct:isPartOf"].into_iter().flat_map(|property| of.nodes(property));
    record.parent = parents.into_iter().find_map(|node| named(&node));
    for node in of.nodes("dcat:servesDataset") {
        if let Some(identifier) = named(&node) {
            let resource = address(&node).map(str::to_owned);
            let title = of.said.label(&node, of.language);
            record.operates_on.push(Citation { identifier, url: None, title, resource });
        }
    }
    let kinds = of.said.addresses(of.subject, "geodcat:serviceType");
    let code = kinds.iter().find_map(|k| k.strip_prefix(&format!("{INSPIRE_CODES}/SpatialDataServiceType/")));
    record.service_type = code.map(str::to_owned);
}
