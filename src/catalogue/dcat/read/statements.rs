//! What a document of RDF says, found by subject.

use super::super::graph::{expanded, iri};
use super::super::write::Syntax;
use super::ReadError;
use oxjsonld::JsonLdParser;
use oxrdf::{NamedNode, NamedOrBlankNode, Term, Triple};
use oxrdfxml::RdfXmlParser;
use oxttl::TurtleParser;
use std::collections::HashMap;

/// Statements of a document at most: a national catalogue has some millions, and is given in pages.
const MOST: usize = 2_000_000;

/// Statements by their subjects, in the order of the document.
#[derive(Debug, Default)]
pub(super) struct Statements {
    all: Vec<Triple>,
    places: HashMap<NamedOrBlankNode, Vec<usize>>,
}

impl Statements {
    /// Reads a document. Nothing that it names is fetched.
    pub(super) fn read(text: &str, syntax: Syntax) -> Result<Self, ReadError> {
        let mut said = Self::default();
        match syntax {
            Syntax::Turtle | Syntax::NTriples => {
                for triple in TurtleParser::new().for_slice(text) {
                    said.add(triple.map_err(|e| ReadError::syntax(&e))?)?;
                }
            }
            Syntax::RdfXml => {
                for triple in RdfXmlParser::new().for_slice(text) {
                    said.add(triple.map_err(|e| ReadError::syntax(&e))?)?;
                }
            }
            Syntax::JsonLd => {
                // Bounds how deep it is nested before anything is made of it.
                serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|e| ReadError::syntax(&e))?;
                for quad in JsonLdParser::new().for_slice(text) {
                    let quad = quad.map_err(|e| ReadError::syntax(&e))?;
                    said.add(Triple::new(quad.subject, quad.predicate, quad.object))?;
                }
            }
        }
        Ok(said)
    }

    fn add(&mut self, triple: Triple) -> Result<(), ReadError> {
        if self.all.len() == MOST {
            return Err(ReadError::TooMany(MOST));
        }
        self.places.entry(triple.subject.clone()).or_default().push(self.all.len());
        self.all.push(triple);
        Ok(())
    }

    /// Everything that is said of a subject.
    pub(super) fn of<'a>(&'a self, subject: &NamedOrBlankNode) -> impl Iterator<Item = &'a Triple> {
        self.places.get(subject).into_iter().flatten().filter_map(|place| self.all.get(*place))
    }

    /// Subjects of a class, each once, in the order of the document.
    pub(super) fn instances(&self, class: &str) -> Vec<&NamedOrBlankNode> {
        let (kind, class) = (expanded("rdf:type"), expanded(class));
        let is = |t: &&Triple| {
            t.predicate.as_str() == kind && matches!(&t.object, Term::NamedNode(n) if n.as_str() == class)
        };
        let mut seen = std::collections::HashSet::new();
        self.all.iter().filter(is).map(|t| &t.subject).filter(|s| seen.insert(*s)).collect()
    }

    /// Who leads to each node by a property; the first where several do.
    pub(super) fn inverse(&self, property: &str) -> HashMap<NamedOrBlankNode, NamedOrBlankNode> {
        let property = expanded(property);
        let mut from = HashMap::new();
        for triple in self.all.iter().filter(|t| t.predicate.as_str() == property) {
            if let Some(object) = node(&triple.object) {
                from.entry(object).or_insert_with(|| triple.subject.clone());
            }
        }
        from
    }

    /// What is said with a property.
    pub(super) fn objects<'a>(&'a self, subject: &NamedOrBlankNode, property: &str) -> Vec<&'a Term> {
        let property = expanded(property);
        self.of(subject).filter(|t| t.predicate.as_str() == property).map(|t| &t.object).collect()
    }

    /// The nodes that a property leads to.
    pub(super) fn nodes(&self, subject: &NamedOrBlankNode, property: &str) -> Vec<NamedOrBlankNode> {
        self.objects(subject, property).into_iter().filter_map(node).collect()
    }

    /// The addresses that a property leads to; those that stand as words, too.
    pub(super) fn addresses(&self, subject: &NamedOrBlankNode, property: &str) -> Vec<String> {
        let address = |term: &Term| match term {
            Term::NamedNode(node) => Some(node.as_str().to_owned()),
            Term::Literal(words) => iri(words.value()),
            Term::BlankNode(_) => None,
        };
        self.objects(subject, property).into_iter().filter_map(address).collect()
    }

    /// Words of the language that is wanted, else of French, else without language, else any.
    pub(super) fn words(&self, subject: &NamedOrBlankNode, property: &str, language: &str) -> Option<String> {
        self.all_words(subject, property, language).into_iter().next()
    }

    /// All words of the best language that there is.
    pub(super) fn all_words(
        &self,
        subject: &NamedOrBlankNode,
        property: &str,
        language: &str,
    ) -> Vec<String> {
        let said: Vec<(Option<&str>, &str)> = self
            .objects(subject, property)
            .into_iter()
            .filter_map(|term| match term {
                Term::Literal(words) => Some((words.language(), words.value().trim())),
                _ => None,
            })
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let is = |tag: &str, wanted: &str| {
            !wanted.is_empty() && tag.split('-').next().is_some_and(|t| t.eq_ignore_ascii_case(wanted))
        };
        let best = said
            .iter()
            .map(|(tag, _)| *tag)
            .min_by_key(|tag| match tag {
                Some(tag) if is(tag, language) => 0,
                Some(tag) if is(tag, "fr") => 1,
                None => 2,
                Some(_) => 3,
            })
            .unwrap_or_default();
        // Words without a language stand beside those of any.
        said.into_iter()
            .filter(|(tag, _)| *tag == best || tag.is_none())
            .map(|(_, text)| text.to_owned())
            .collect()
    }

    /// Words for a node, by whichever property has them; an address has none.
    pub(super) fn label(&self, node: &NamedOrBlankNode, language: &str) -> Option<String> {
        ["skos:prefLabel", "rdfs:label", "dct:title", "foaf:name", "vcard:fn", "dct:description", "rdf:value"]
            .into_iter()
            .find_map(|property| self.words(node, property, language))
    }
}

/// The node that a term is, words aside.
pub(super) fn node(term: &Term) -> Option<NamedOrBlankNode> {
    match term {
        Term::NamedNode(node) => Some(node.clone().into()),
        Term::BlankNode(node) => Some(node.clone().into()),
        Term::Literal(_) => None,
    }
}

/// The address of a node that has one.
pub(super) fn address(node: &NamedOrBlankNode) -> Option<&str> {
    match node {
        NamedOrBlankNode::NamedNode(node) => Some(NamedNode::as_str(node)),
        NamedOrBlankNode::BlankNode(_) => None,
    }
}
