//! The one model of a metadata record: what ISO 19115 and DCAT-AP say of data and services, as plain owned
//! values. Records of published datasets, records of services and imported records are all this; every form
//! is written from it, and it is stored beside them as JSON (`datasud.record.model`).
//!
//! Codes are those of the embedded code lists (`catalogue/vocabulary`); a value of an imported record that no
//! list has is kept as its words. Absent is `None` or empty, never a made-up value.
//!
//! | file | what |
//! |---|---|
//! | `kind.rs` | what is described: ISO scope codes |
//! | `moment.rs` | dates as far as they are known; periods |
//! | `party.rs` | people and organisations with their roles |
//! | `words.rs` | keywords, concepts, citations |
//! | `place.rs` | systems, resolution |
//! | `link.rs` | links, formats, checksums |
//! | `layer.rs` | layers of a dataset that is published here |

mod kind;
mod layer;
mod link;
mod moment;
mod party;
mod place;
mod words;

pub use kind::Kind;
pub use layer::{LayerColumn, RecordLayer};
pub use link::{Checksum, Format, Link, LinkKind};
pub use moment::{Moment, MomentError, Period, Precision};
pub use party::Contact;
pub use place::{Distance, ReferenceSystem};
pub use words::{Citation, Conformance, Identifier, Keyword, Rdf, Term, Thesaurus};

use super::vocabulary::{CodeList, HVD_CATEGORIES, INSPIRE_THEMES};
use crate::geo::BBox;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use uuid::Uuid;

/// A metadata record (ISO 19115-1 MD_Metadata, DCAT dcat:CatalogRecord with what it describes). When it changed
/// last is not in it: that is the row's date stamp.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// What harvesters know the record by: the uuid as text for records of our own making, otherwise as it
    /// came. Never changes.
    pub identifier: String,
    /// Key of the record on the platform.
    pub uuid: Uuid,
    /// Identifier of what is described (citation identifier, dct:identifier): for datasets of the platform an
    /// address that ends in the uuid.
    pub resource: Option<Identifier>,
    /// What is described.
    pub kind: Kind,
    /// The type as an imported record spelled it, where that is not the code of `kind`.
    pub stated_kind: Option<String>,
    /// Title; empty when an imported record has none.
    pub title: String,
    /// Other titles.
    pub alternate_titles: Vec<String>,
    /// Abstract; empty when an imported record has none.
    pub summary: String,
    /// Language of the record, ISO 639-2/B (`fre`); empty when not said.
    pub language: String,
    /// Languages of the resource.
    pub resource_languages: Vec<String>,
    /// Free keywords and those of thesauri that have no field of their own here.
    pub keywords: Vec<Keyword>,
    /// INSPIRE themes: codes of `inspire-themes` (`au`).
    pub inspire_themes: Vec<String>,
    /// Categories of high-value datasets: codes of `hvd-categories` (`c_ac64a52d`).
    pub hvd_categories: Vec<String>,
    /// MD_TopicCategoryCode: codes of `topic-categories`.
    pub topics: Vec<String>,
    /// INSPIRE spatial scope: code of `spatial-scopes` (`regional`).
    pub spatial_scope: Option<String>,
    /// Who answers for the resource, in what role.
    pub contacts: Vec<Contact>,
    /// Who answers for the record.
    pub metadata_contacts: Vec<Contact>,
    /// When the resource was made.
    pub created: Option<Moment>,
    /// When it was published first.
    pub published: Option<Moment>,
    /// When it was changed last.
    pub revised: Option<Moment>,
    /// When an imported record says that it was changed last itself.
    pub stated_stamp: Option<Moment>,
    /// How often it is renewed: code of `frequencies` (`annually`), or the words of an imported record.
    pub frequency: Option<String>,
    /// Times that the content is about.
    pub periods: Vec<Period>,
    /// Boxes in longitude and latitude, WGS84.
    pub boxes: Vec<BBox>,
    /// Names or codes of places.
    pub places: Vec<Term>,
    /// Reference systems that the data come in.
    pub crs: Vec<ReferenceSystem>,
    /// MD_SpatialRepresentationTypeCode (`vector`, `grid`, `textTable`).
    pub representation: Option<String>,
    /// Denominators of the scales that it is good for.
    pub scales: Vec<u32>,
    /// Distances between samples on the ground.
    pub distances: Vec<Distance>,
    /// Formats it can be had in.
    pub formats: Vec<Format>,
    /// Where to get it.
    pub links: Vec<Link>,
    /// Licence and other conditions of use; the licence first. With an address where one is known.
    pub licences: Vec<Term>,
    /// Other limits of use, in words (gmd:useLimitation).
    pub use_limitations: Vec<String>,
    /// Limitations on public access (Directive 2007/2/EC article 13); the address is one of
    /// `access-limitations` where it is known.
    pub access: Vec<Term>,
    /// Law that the data are made or published under (dcatap:applicableLegislation, legal basis).
    pub legislation: Vec<Term>,
    /// How the data came to be.
    pub lineage: Option<String>,
    /// What it was compared with.
    pub conformity: Vec<Conformance>,
    /// Address of a picture of it.
    pub preview: Option<String>,
    /// Identifier of the record that this one is a part of.
    pub parent: Option<String>,
    /// Of a service: its kind as INSPIRE names it (`view`, `download`, `discovery`).
    pub service_type: Option<String>,
    /// Of a service: `1.3.0`.
    pub service_versions: Vec<String>,
    /// Of a service: names of its operations, with the address of each in `links` of kind `Capabilities`.
    pub operations: Vec<String>,
    /// Of a service: the records of the data it works on.
    pub operates_on: Vec<Citation>,
    /// Layers of a dataset of the platform.
    pub layers: Vec<RecordLayer>,
    /// What a record that was imported as DCAT said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rdf: Option<Rdf>,
}

impl Record {
    /// The box around all boxes: west, south, east, north in degrees.
    #[must_use]
    pub fn extent(&self) -> Option<BBox> {
        self.boxes.iter().copied().reduce(|a, b| a.union(&b))
    }

    /// The organisation that people think of first: the point of contact, else the owner, else whoever is
    /// named.
    #[must_use]
    pub fn organisation(&self) -> Option<&str> {
        let named = |role: &str| {
            let of_role = self.contacts.iter().filter(|c| role.is_empty() || c.role == role);
            of_role.filter_map(|c| c.organisation.as_deref()).next()
        };
        ["pointOfContact", "owner", "publisher", ""]
            .into_iter()
            .find_map(named)
            .or_else(|| self.metadata_contacts.iter().find_map(|c| c.organisation.as_deref()))
    }

    /// The type as it is searched for: as an imported record spelled it, else the code.
    #[must_use]
    pub fn kind_text(&self) -> &str {
        self.stated_kind.as_deref().unwrap_or_else(|| self.kind.code())
    }

    /// Everything that is said about rights: licences, conditions, limits, each with its address.
    #[must_use]
    pub fn rights(&self) -> Vec<String> {
        let terms = self.licences.iter().chain(&self.access).flat_map(|term| {
            let uri = term.uri.clone().filter(|uri| *uri != term.text);
            [Some(term.text.clone()).filter(|text| !text.is_empty()), uri]
        });
        terms.flatten().chain(self.use_limitations.iter().cloned()).collect()
    }

    /// All words that say what it is about, each once: themes and categories in the record's language, other
    /// keywords, topics as codes.
    #[must_use]
    pub fn subjects(&self) -> Vec<String> {
        let labels = |list: &'static CodeList, codes: &[String]| -> Vec<String> {
            let entries = codes.iter().filter_map(|code| list.get(code));
            entries.map(|entry| entry.label(&self.language).to_owned()).collect()
        };
        let mut all = labels(&INSPIRE_THEMES, &self.inspire_themes);
        all.extend(labels(&HVD_CATEGORIES, &self.hvd_categories));
        all.extend(self.keywords.iter().map(|keyword| keyword.text.clone()));
        all.extend(self.topics.iter().cloned());
        let mut seen = HashSet::new();
        all.retain(|word| !word.is_empty() && seen.insert(word.clone()));
        all
    }
}
