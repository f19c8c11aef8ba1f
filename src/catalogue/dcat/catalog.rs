//! A page of the catalogue: dcat:Catalog with the records of the page, and Hydra's words on the pages around it.

use super::graph::{Graph, Object};
use super::party::agent;
use super::resource;
use super::terms::language_address;
use super::write::{Syntax, write};
use crate::catalogue::record::{Contact, Record};
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// What a catalogue says of itself.
#[derive(Clone, Debug)]
pub struct CatalogFacts {
    /// Its address, without an ending.
    pub address: String,
    /// Public address of the platform.
    pub base: String,
    /// Name for people.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Who publishes it.
    pub publisher: Contact,
    /// Page for people.
    pub homepage: String,
    /// Records in all.
    pub total: u64,
    /// This page and those around it.
    pub pages: PageLinks,
}

/// Addresses of pages.
#[derive(Clone, Debug, Default)]
pub struct PageLinks {
    /// This page.
    pub this: String,
    /// The first.
    pub first: String,
    /// The one before.
    pub previous: Option<String>,
    /// The one behind.
    pub next: Option<String>,
    /// The last.
    pub last: String,
}

/// A record as it was read: its model and when it changed last.
#[derive(Clone, Debug, Deserialize)]
pub struct Stamped {
    /// The record.
    pub record: Record,
    /// When it changed last.
    pub stamp: DateTime<Utc>,
}

/// The graph of a page.
#[must_use]
pub fn page(facts: &CatalogFacts, records: &[Stamped]) -> Graph {
    let mut graph = Graph::default();
    let node = &facts.address;
    for class in ["dcat:Catalog", "hydra:Collection"] {
        graph.class(node, class);
    }
    graph.text(node, "dct:title", &facts.title, Some("fr"));
    graph.text(node, "dct:description", &facts.description, Some("fr"));
    graph.link_to(node, "foaf:homepage", &facts.homepage, "foaf:Document");
    if let Some(address) = language_address("fre") {
        graph.link_to(node, "dct:language", &address, "dct:LinguisticSystem");
    }
    graph.value(node, "hydra:totalItems", facts.total.to_string(), "xsd:integer");
    graph.link(node, "hydra:view", &facts.pages.this);
    if let Some(publisher) = agent(&mut graph, &facts.publisher, &facts.base) {
        graph.link(node, "dct:publisher", &publisher);
    }
    let view = &facts.pages.this;
    graph.class(view, "hydra:PartialCollectionView");
    let around = [
        ("hydra:first", Some(&facts.pages.first)),
        ("hydra:previous", facts.pages.previous.as_ref()),
        ("hydra:next", facts.pages.next.as_ref()),
        ("hydra:last", Some(&facts.pages.last)),
    ];
    for (property, address) in around {
        if let Some(address) = address {
            graph.link(view, property, address);
        }
    }
    let latest = records.iter().map(|r| r.stamp).max();
    for Stamped { record, stamp } in records {
        let (subject, record, is_service) = resource::describe(&mut graph, record, *stamp, &facts.base);
        let property = if is_service { "dcat:service" } else { "dcat:dataset" };
        graph.add(node, property, Object::Node(subject.clone()));
        graph.add(node, "hydra:member", Object::Node(subject));
        graph.add(node, "dcat:record", Object::Node(record));
    }
    if let Some(latest) = latest {
        super::place::date(
            &mut graph,
            node,
            "dct:modified",
            crate::catalogue::record::Moment::instant(latest),
        );
    }
    graph
}

/// The graph of one record.
#[must_use]
pub fn single(record: &Stamped, base: &str) -> Graph {
    let mut graph = Graph::default();
    resource::describe(&mut graph, &record.record, record.stamp, base);
    graph
}

/// A record as an element rdf:RDF without declaration.
#[must_use]
pub fn element(record: &Stamped, base: &str) -> Vec<u8> {
    let document = write(&single(record, base), Syntax::RdfXml);
    let end = document.windows(2).position(|w| w == b"?>").map_or(0, |at| at + 2);
    document.get(end..).unwrap_or_default().trim_ascii().to_vec()
}
