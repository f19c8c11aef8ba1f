//! The statements that belong to one record: what is said of it and of everything it leads to, other records aside.
//! Nodes without an address get one (RDF 1.1 Concepts, section 3.5). The text is the same in whatever order a portal
//! writes its statements today, so that a record that says the same counts as unchanged.

use super::statements::{Statements, node};
use oxrdf::{NamedNode, NamedOrBlankNode, Term, Triple};
use std::collections::{HashMap, HashSet, VecDeque};

/// The statements of a record as N-Triples, in the order of their letters. `entry` is its dcat:CatalogRecord; `subjects`
/// has the address of every record of the document, which are named in each other but not told; neither are `catalogs`.
pub(super) fn closure(
    said: &Statements,
    start: &NamedOrBlankNode,
    entry: Option<&NamedOrBlankNode>,
    subjects: &HashMap<NamedOrBlankNode, NamedNode>,
    catalogs: &HashSet<&NamedOrBlankNode>,
) -> String {
    let mut names = Names { start, subjects, given: HashMap::new() };
    let mut next: VecDeque<_> = [Some(start), entry].into_iter().flatten().cloned().collect();
    let mut seen: HashSet<_> = next.iter().cloned().collect();
    let mut lines = Vec::new();
    while let Some(current) = next.pop_front() {
        let mut triples: Vec<&Triple> = said.of(&current).collect();
        triples.sort_by_cached_key(|triple| (triple.predicate.as_str(), content(said, &triple.object)));
        for triple in triples {
            let object = node(&triple.object);
            if let Some(object) = &object
                && !subjects.contains_key(object)
                && !catalogs.contains(object)
                && seen.insert(object.clone())
            {
                next.push_back(object.clone());
            }
            let object = object.map_or_else(|| triple.object.clone(), |node| Term::from(names.of(&node)));
            lines.push(format!("{} .\n", Triple::new(names.of(&current), triple.predicate.clone(), object)));
        }
    }
    lines.sort_unstable();
    lines.concat()
}

/// What tells an object from others: itself, or of a node without an address what is said of it.
fn content(said: &Statements, object: &Term) -> Vec<String> {
    let Term::BlankNode(blank) = object else { return vec![object.to_string()] };
    let node = NamedOrBlankNode::from(blank.clone());
    let own = said.of(&node).filter(|t| !matches!(t.object, Term::BlankNode(_)));
    let mut words: Vec<String> = own.map(|t| format!("{} {}", t.predicate, t.object)).collect();
    words.sort_unstable();
    words
}

/// Addresses of nodes: those of records, and for nodes that have none the next free one of this record.
struct Names<'a> {
    start: &'a NamedOrBlankNode,
    subjects: &'a HashMap<NamedOrBlankNode, NamedNode>,
    given: HashMap<NamedOrBlankNode, NamedNode>,
}

impl Names<'_> {
    fn of(&mut self, node: &NamedOrBlankNode) -> NamedNode {
        if let Some(subject) = self.subjects.get(node) {
            return subject.clone();
        }
        if let NamedOrBlankNode::NamedNode(named) = node {
            return named.clone();
        }
        let number = self.given.len() + 1;
        let subject = self.subjects.get(self.start).map_or("urn:node", NamedNode::as_str);
        let mark = if subject.contains('#') { '-' } else { '#' };
        let name = || NamedNode::new_unchecked(format!("{subject}{mark}node-{number}"));
        self.given.entry(node.clone()).or_insert_with(name).clone()
    }
}
