//! A graph in the syntaxes of RDF: one set of statements, so that all of them say the same.

use super::graph::{Graph, Object, PREFIXES, compacted, expanded, printable};
use oxrdf::{Literal, NamedNode, NamedNodeRef, NamedOrBlankNode, Term, TermRef, Triple, TripleRef, vocab};
use oxrdfxml::RdfXmlSerializer;
use oxttl::{NTriplesSerializer, TurtleSerializer};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
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
    each(graph, |triple| match triple.object {
        _ if !has_name(triple.predicate) => Ok(()),
        TermRef::NamedNode(class) if triple.predicate == vocab::rdf::TYPE && !has_name(class) => Ok(()),
        TermRef::Literal(words) if printable(words.value()) != words.value() => {
            let value = printable(words.value());
            let fit = match words.language() {
                Some(tag) => Literal::new_language_tagged_literal_unchecked(value, tag),
                None => Literal::new_typed_literal(value, words.datatype()),
            };
            writer.serialize_triple(TripleRef::new(triple.subject, triple.predicate, &fit))
        }
        _ => writer.serialize_triple(triple),
    })?;
    writer.finish()
}

/// Whether a property or class can be an element of XML: what it can't name, RDF/XML can't say. The other syntaxes do.
fn has_name(address: NamedNodeRef<'_>) -> bool {
    let address = address.as_str();
    let end = address.rfind(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).unwrap_or(0);
    address.get(end..).is_some_and(|local| local.contains(|c: char| c.is_alphabetic() || c == '_'))
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
    graph.stated.iter().try_for_each(|triple| write(triple.as_ref()))
}

/// JSON-LD as people write it: the nodes by their addresses, names prefixed, the context inside.
fn json_ld(graph: &Graph) -> Vec<u8> {
    let context: Map<String, Value> =
        PREFIXES.into_iter().map(|(prefix, namespace)| (prefix.to_owned(), json!(namespace))).collect();
    let mut nodes: Vec<Map<String, Value>> = graph
        .nodes
        .iter()
        .map(|node| {
            let mut members = Map::new();
            members.insert("@id".to_owned(), json!(node.id));
            for (property, object) in &node.facts {
                match (*property, object) {
                    ("rdf:type", Object::Name(class)) => say(&mut members, "@type", json!(class)),
                    (property, object) => say(&mut members, property, json_object(object)),
                }
            }
            members
        })
        .collect();
    nodes.extend(stated(&graph.stated));
    json!({"@context": context, "@graph": nodes}).to_string().into_bytes()
}

/// One more value of a property: several are a list.
fn say(members: &mut Map<String, Value>, name: &str, value: Value) {
    match members.get_mut(name) {
        None => {
            members.insert(name.to_owned(), value);
        }
        Some(Value::Array(all)) => all.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

/// The nodes of imported records.
fn stated(triples: &[Triple]) -> Vec<Map<String, Value>> {
    let mut nodes: Vec<Map<String, Value>> = Vec::new();
    let mut places: HashMap<&NamedOrBlankNode, usize> = HashMap::new();
    for triple in triples {
        let place = *places.entry(&triple.subject).or_insert_with(|| {
            nodes.push(Map::from_iter([("@id".to_owned(), json!(identifier(&triple.subject)))]));
            nodes.len() - 1
        });
        let Some(members) = nodes.get_mut(place) else { continue };
        let property = compacted(triple.predicate.as_str());
        match (property.as_str(), &triple.object) {
            ("rdf:type", Term::NamedNode(class)) => {
                say(members, "@type", json!(compacted(class.as_str())));
            }
            (_, Term::NamedNode(node)) => say(members, &property, json!({"@id": node.as_str()})),
            (_, Term::BlankNode(node)) => say(members, &property, json!({"@id": node.to_string()})),
            (_, Term::Literal(words)) => {
                let value = words.value();
                let said = match words.language() {
                    Some(tag) => json!({"@value": value, "@language": tag}),
                    None if words.datatype() == vocab::xsd::STRING => json!(value),
                    None => json!({"@value": value, "@type": compacted(words.datatype().as_str())}),
                };
                say(members, &property, said);
            }
        }
    }
    nodes
}

fn identifier(node: &NamedOrBlankNode) -> String {
    match node {
        NamedOrBlankNode::NamedNode(node) => node.as_str().to_owned(),
        NamedOrBlankNode::BlankNode(node) => node.to_string(),
    }
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
