//! Records read from DCAT: DCAT-AP of any version, GeoDCAT-AP, and what portals make of them, in every syntax that is
//! written here. What a record says is mapped to the model, and kept whole beside it ([`Record::rdf`]), so that
//! it is served again as it came.
//!
//! | file | what |
//! |---|---|
//! | `statements.rs` | a document, found by subject |
//! | `resource.rs` | dcat:Dataset, dcat:DatasetSeries, dcat:DataService, dcat:CatalogRecord |
//! | `distribution.rs` | dcat:Distribution, pages |
//! | `party.rs` | agents and contact points |
//! | `place.rs` | locations, periods, resolution |
//! | `closure.rs` | the statements of one record |

mod closure;
mod distribution;
mod party;
mod place;
mod resource;
mod statements;
#[cfg(test)]
mod tests;

use super::graph::iri;
use super::write::Syntax;
use crate::catalogue::record::{Identifier, Rdf, Record};
use oxrdf::{NamedNode, NamedOrBlankNode};
use statements::{Statements, address};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Why a document of RDF is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not the syntax that it seems to be.
    #[error(
        "it is no RDF that can be read: {0}; addresses must be whole, and contexts of JSON-LD stand in the file"
    )]
    Syntax(String),
    /// Too much.
    #[error("it says more than {0} things; give the catalogue in several files")]
    TooMany(usize),
    /// No record in it.
    #[error("it has no dcat:Dataset, dcat:DatasetSeries or dcat:DataService")]
    NoRecord,
    /// A record that nothing can name.
    #[error("record number {0} has neither an address nor a dct:identifier; give it one that never changes")]
    NoIdentifier(usize),
}

impl ReadError {
    fn syntax(error: &dyn std::error::Error) -> Self {
        Self::Syntax(error.to_string().chars().take(300).collect())
    }
}

/// The syntax that a text is in, by how it begins. RDF/XML is not told from other XML here.
#[must_use]
pub fn syntax_of(text: &str) -> Option<Syntax> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with(['{', '[']) {
        return Some(Syntax::JsonLd);
    }
    let word = text.split_whitespace().next().unwrap_or_default();
    let is_directive = ["prefix", "base"].iter().any(|directive| word.eq_ignore_ascii_case(directive));
    if text.starts_with(['@', '#', '_']) || is_directive {
        return Some(Syntax::Turtle);
    }
    // An element of XML has no address for a name, and a space or the end behind it.
    let name = text.strip_prefix('<')?.split_once('>')?.0;
    let is_address = name.contains("://") || name.starts_with("urn:");
    (is_address && !name.contains([' ', '"', '\'', '\n'])).then_some(Syntax::Turtle)
}

/// All records of a document.
///
/// # Errors
/// [`ReadError`]: one bad record refuses the document.
pub fn read(text: &str, syntax: Syntax) -> Result<Vec<Record>, ReadError> {
    let said = Statements::read(text, syntax)?;
    let catalogs: HashSet<_> = said.instances("dcat:Catalog").into_iter().collect();
    let mut found: Vec<&NamedOrBlankNode> = Vec::new();
    for class in ["dcat:Dataset", "dcat:DatasetSeries"] {
        found.extend(said.instances(class).into_iter().filter(|n| !catalogs.contains(n)));
    }
    let behind = said.inverse("dcat:accessService");
    found.extend(said.instances("dcat:DataService").into_iter().filter(|s| !behind.contains_key(s)));
    let mut seen = HashSet::new();
    found.retain(|node| seen.insert(*node));
    if found.is_empty() {
        return Err(ReadError::NoRecord);
    }
    let entries = said.inverse("foaf:primaryTopic");
    let one = |(at, node): (usize, &&NamedOrBlankNode)| {
        resource::read(&said, node, entries.get(node)).ok_or(ReadError::NoIdentifier(at + 1))
    };
    let mut records: Vec<Record> = found.iter().enumerate().map(one).collect::<Result<_, _>>()?;
    let subjects: HashMap<NamedOrBlankNode, NamedNode> =
        found.iter().zip(&records).map(|(node, record)| ((*node).clone(), subject(node, record))).collect();
    for (node, record) in found.into_iter().zip(&mut records) {
        let Some(subject) = subjects.get(node).map(|subject| subject.as_str().to_owned()) else { continue };
        if address(node).is_some() {
            record.resource = Some(Identifier::uri(&subject));
        }
        let statements = closure::closure(&said, node, entries.get(node), &subjects, &catalogs);
        record.rdf = Some(Rdf { subject, statements });
    }
    Ok(records)
}

/// The address of what a record describes: its own, else one made from the identifier.
fn subject(node: &NamedOrBlankNode, record: &Record) -> NamedNode {
    match node {
        NamedOrBlankNode::NamedNode(named) => named.clone(),
        NamedOrBlankNode::BlankNode(_) => {
            let own = iri(&record.identifier);
            let made = || Uuid::new_v5(&Uuid::NAMESPACE_URL, record.identifier.as_bytes()).urn().to_string();
            NamedNode::new_unchecked(own.unwrap_or_else(made))
        }
    }
}
