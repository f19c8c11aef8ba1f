//! A graph in the syntaxes of RDF: one set of statements, so that all of them say the same.

use super::graph::{Graph, Object, PREFIXES, expanded};
use oxrdf::{Literal, NamedNode, NamedNodeRef, Term, TripleRef};
use oxrdfxml::RdfXmlSerializer;
use oxttl::{NTriplesSerializer, TurtleSerializer};
use serde_json::{Map, Value, json};
use std::io;

/// A syntax of RDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// Turtle.
    Turtle,
    /// RDF/XML.
    RdfXml,
    /// JSON-LD 1.1.
    JsonLd,
    /// N-Triples.
    NTriples,
}

impl Syntax {
    /// All of them; the first is the answer to who has no preference.
    pub const ALL: [Self; 4] = [Self::Turtle, Self::RdfXml, Self::JsonLd, Self::NTriples];

    /// Ending of a file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Turtle => "ttl",
            Self::RdfXml => "rdf",
            Self::JsonLd => "jsonld",
            Self::NTriples => "nt",
        }
    }

    /// IANA media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Turtle => "text/turtle",
            Self::RdfXml => "application/rdf+xml",
            Self::JsonLd => "application/ld+json",
            Self::NTriples => "application/n-triples",
        }
    }

    /// The syntax of an ending.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|syntax| syntax.ending() == ending)
    }
}

/// Writes a graph. Empty where that fails, which it can't into memory.
#[must_use]
pub fn write(graph: &Graph, syntax: Syntax) -> Vec<u8> {
    let written = match syntax {
        Syntax::Turtle => turtle(graph),
        Syntax::RdfXml => rdf_xml(graph),
        Syntax::NTriples => n_triples(graph),
        Syntax::JsonLd => return json_ld(graph),
    };
    written.unwrap_or_default()
}

fn turtle(graph: &Graph) -> io::Result<Vec<u8>> {
    let mut serializer = TurtleSerializer::new();
    for (prefix, namespace) in PREFIXES {
        serializer = serializer.with_prefix(prefix, namespace).map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    each(graph, |triple| writer.serialize_triple(triple))?;
    writer.finish()
}

fn rdf_xml(graph: &Graph) -> io::Result<Vec<u8>> {
    let mut serializer = RdfXmlSerializer::new();
    for (prefix, namespace) in PREFIXES.into_iter().filter(|(prefix, _)| *prefix != "rdf") {
        serializer = serializer.with_prefix(prefix, namespace).map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    each(graph, |triple| writer.serialize_triple(triple))?;
    writer.finish()
}

fn n_triples(graph: &Graph) -> io::Result<Vec<u8>> {
    let mut writer = NTriplesSerializer::new().for_writer(Vec::new());
    each(graph, |triple| writer.serialize_triple(triple))?;
    Ok(writer.finish())
}

fn each(graph: &Graph, mut write: impl FnMut(TripleRef<'_>) -> io::Result<()>) -> io::Result<()> {
    for node in &graph.nodes {
        let subject = NamedNodeRef::new_unchecked(&node.id);
        for (property, object) in &node.facts {
            let property = NamedNode::new_unchecked(expanded(property));
            let object: Term = match object {
                Object::Node(address) => NamedNode::new_unchecked(address).into(),
                Object::Name(name) => NamedNode::new_unchecked(expanded(name)).into(),
                Object::Text(text, None) => Literal::new_simple_literal(text).into(),
                Object::Text(text, Some(tag)) => {
                    Literal::new_language_tagged_literal_unchecked(text, *tag).into()
                }
                Object::Value(value, datatype) => {
                    Literal::new_typed_literal(value, NamedNode::new_unchecked(expanded(datatype))).into()
                }
            };
            write(TripleRef::new(subject, &property, &object))?;
        }
    }
    Ok(())
}

/// JSON-LD as people write it: the nodes by their addresses, names prefixed, the context inside.
fn json_ld(graph: &Graph) -> Vec<u8> {
    let context: Map<String, Value> =
        PREFIXES.into_iter().map(|(prefix, namespace)| (prefix.to_owned(), json!(namespace))).collect();
    let nodes: Vec<Value> = graph
        .nodes
        .iter()
        .map(|node| {
            let mut members = Map::new();
            members.insert("@id".to_owned(), json!(node.id));
            for (property, object) in &node.facts {
                let (name, value) = match (*property, object) {
                    ("rdf:type", Object::Name(class)) => ("@type", json!(class)),
                    (property, object) => (property, json_object(object)),
                };
                match members.get_mut(name) {
                    None => {
                        members.insert(name.to_owned(), value);
                    }
                    Some(Value::Array(all)) => all.push(value),
                    Some(first) => *first = Value::Array(vec![first.take(), value]),
                }
            }
            Value::Object(members)
        })
        .collect();
    json!({"@context": context, "@graph": nodes}).to_string().into_bytes()
}

fn json_object(object: &Object) -> Value {
    match object {
        Object::Node(address) => json!({"@id": address}),
        Object::Name(name) => json!({"@id": name}),
        Object::Text(text, None) => json!(text),
        Object::Text(text, Some(tag)) => json!({"@value": text, "@language": tag}),
        Object::Value(value, datatype) => json!({"@value": value, "@type": datatype}),
    }
}
