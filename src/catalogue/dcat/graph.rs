//! A graph as records need it: named nodes only, each with what is said of it, in the order of saying, and beside them what
//! imported records say. Names of properties and classes are prefixed ([`PREFIXES`]), so that every syntax writes them as
//! people know them.

use oxrdf::{NamedNode, Triple};
use oxttl::NTriplesParser;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Prefixes and the namespaces that they stand for.
pub(super) const PREFIXES: [(&str, &str); 18] = [
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("dqv", "http://www.w3.org/ns/dqv#"),
    ("eli", "http://data.europa.eu/eli/ontology#"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("geodcat", "http://data.europa.eu/930/"),
    ("gsp", "http://www.opengis.net/ont/geosparql#"),
    ("hydra", "http://www.w3.org/ns/hydra/core#"),
    ("iana", "https://www.iana.org/assignments/media-types/application/"),
    ("locn", "http://www.w3.org/ns/locn#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// Characters that no IRI may hold (RFC 3987 section 2.2), and the quotation marks that syntaxes need.
const FORBIDDEN: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The whole name of a prefixed one.
pub(super) fn expanded(name: &str) -> String {
    let known = name.split_once(':').and_then(|(prefix, local)| {
        PREFIXES.iter().find(|(p, _)| *p == prefix).map(|(_, namespace)| format!("{namespace}{local}"))
    });
    known.unwrap_or_else(|| name.to_owned())
}

/// The prefixed name of a whole one, where it has a prefix and stays a name with it.
pub(super) fn compacted(name: &str) -> String {
    let short = PREFIXES.iter().find_map(|(prefix, namespace)| {
        let local = name.strip_prefix(namespace)?;
        let is_name = !local.is_empty() && local.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
        is_name.then(|| format!("{prefix}:{local}"))
    });
    short.unwrap_or_else(|| name.to_owned())
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Object {
    /// Another node, by its address.
    Node(String),
    /// A class or a concept by its prefixed name.
    Name(&'static str),
    /// Words, in a language (BCP 47) where it is known.
    Text(String, Option<&'static str>),
    /// A value of a type, by its prefixed name.
    Value(String, &'static str),
}

/// A node with what is said of it.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) facts: Vec<(&'static str, Object)>,
    seen: HashSet<u64>,
}

/// Nodes in the order in which they were first spoken of.
#[derive(Debug, Default)]
pub struct Graph {
    pub(super) nodes: Vec<Node>,
    /// Statements of imported records, as they came; each once, in their order.
    pub(super) stated: Vec<Triple>,
    places: HashMap<String, usize>,
    seen: HashSet<Triple>,
}

impl Graph {
    /// Says something of a node, once.
    pub(super) fn add(&mut self, subject: &str, property: &'static str, object: Object) {
        let place = match self.places.get(subject) {
            Some(place) => *place,
            None => {
                self.nodes.push(Node { id: subject.to_owned(), ..Node::default() });
                self.places.insert(subject.to_owned(), self.nodes.len() - 1);
                self.nodes.len() - 1
            }
        };
        let Some(node) = self.nodes.get_mut(place) else { return };
        let mut hasher = DefaultHasher::new();
        (property, &object).hash(&mut hasher);
        if node.seen.insert(hasher.finish()) {
            node.facts.push((property, object));
        }
    }

    /// Says what an imported record says (RDF 1.1 N-Triples).
    pub(super) fn state(&mut self, statements: &str) {
        let read = NTriplesParser::new().for_slice(statements).filter_map(Result::ok);
        for triple in read {
            if self.seen.insert(triple.clone()) {
                self.stated.push(triple);
            }
        }
    }

    /// What a node is.
    pub(super) fn class(&mut self, subject: &str, class: &'static str) {
        self.add(subject, "rdf:type", Object::Name(class));
    }

    /// Another node and what it is; nothing where the address is none.
    pub(super) fn link_to(
        &mut self,
        subject: &str,
        property: &'static str,
        address: &str,
        class: &'static str,
    ) {
        self.link(subject, property, address);
        self.class_of_address(address, class);
    }

    /// A concept of a list with its label; nothing where the address is none.
    pub(super) fn concept(
        &mut self,
        subject: &str,
        property: &'static str,
        address: &str,
        label: (&str, Option<&'static str>),
        scheme: &str,
    ) {
        self.link_to(subject, property, address, "skos:Concept");
        if let Some(address) = iri(address) {
            self.text(&address, "skos:prefLabel", label.0, label.1);
            self.link(&address, "skos:inScheme", scheme);
        }
    }

    /// What the thing at an address is; nothing where the address is none.
    pub(super) fn class_of_address(&mut self, address: &str, class: &'static str) {
        if let Some(address) = iri(address) {
            self.class(&address, class);
        }
    }

    /// Words; nothing where there are none.
    pub(super) fn text(
        &mut self,
        subject: &str,
        property: &'static str,
        text: &str,
        language: Option<&'static str>,
    ) {
        let text = printable(text);
        if !text.trim().is_empty() {
            self.add(subject, property, Object::Text(text, language));
        }
    }

    /// A value of a type.
    pub(super) fn value(
        &mut self,
        subject: &str,
        property: &'static str,
        value: impl Into<String>,
        datatype: &'static str,
    ) {
        self.add(subject, property, Object::Value(value.into(), datatype));
    }

    /// Another node; nothing where the address is none.
    pub(super) fn link(&mut self, subject: &str, property: &'static str, address: &str) {
        if let Some(address) = iri(address) {
            self.add(subject, property, Object::Node(address));
        }
    }
}

/// An absolute address as URIs are written, other letters in percent (RFC 3987 section 3.1); none for what is no address.
pub(super) fn iri(text: &str) -> Option<String> {
    let written = utf8_percent_encode(text.trim(), FORBIDDEN).to_string();
    NamedNode::new(written).ok().map(NamedNode::into_string)
}

/// Text without what XML 1.0 can't hold in any spelling.
pub(super) fn printable(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_made_fit_and_what_is_none_is_left_out() {
        assert_eq!(iri(" http://h/a b?x=<y>|z ").as_deref(), Some("http://h/a%20b?x=%3Cy%3E%7Cz"));
        assert_eq!(iri("urn:uuid:1").as_deref(), Some("urn:uuid:1"));
        assert_eq!(iri("http://é.fr/ça").as_deref(), Some("http://%C3%A9.fr/%C3%A7a"));
        for bad in ["", "forêt", "/relative", "//h/a", "http://[x", "a b:c d"] {
            assert_eq!(iri(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_said_twice_stands_once() {
        let mut graph = Graph::default();
        for _ in 0..2 {
            graph.class("http://h/a", "dcat:Dataset");
            graph.text("http://h/a", "dct:title", "a\u{8}", Some("fr"));
            graph.text("http://h/a", "dct:title", " ", None);
        }
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!(graph.nodes[0].facts.len(), 2);
        assert_eq!(graph.nodes[0].facts[1].1, Object::Text("a".to_owned(), Some("fr")));
        assert_eq!(expanded("dcatap:hvdCategory"), "http://data.europa.eu/r5r/hvdCategory");
    }
}
