//! The statements that belong to one record: what is said of it and of everything it leads to, other records aside.
//! Nodes without an address get one (RDF 1.1 Concepts, section 3.5), so that the same record is always the same text.

use super::statements::{Statements, node};
use oxrdf::{NamedNode, NamedOrBlankNode, Term, Triple};
use std::collections::{HashMap, HashSet, VecDeque};

/// The statements of a record as N-Triples. `subject` is the address of what it describes, for one that has none of
/// its own; `record` is its dcat:CatalogRecord; `others` are the records beside it, which are named but not told.
pub(super) fn closure(
    said: &Statements,
    start: &NamedOrBlankNode,
    subject: &NamedNode,
    record: Option<&NamedOrBlankNode>,
    others: &HashSet<&NamedOrBlankNode>,
) -> String {
    let mut names = Names { subject, given: HashMap::from([(start.clone(), subject.clone())]) };
    let mut next: VecDeque<_> = [Some(start), record].into_iter().flatten().cloned().collect();
    let mut seen: HashSet<_> = next.iter().cloned().collect();
    let mut text = String::new();
    while let Some(current) = next.pop_front() {
        for triple in said.of(&current) {
            if let Some(object) = node(&triple.object)
                && !others.contains(&object)
                && seen.insert(object.clone())
            {
                next.push_back(object);
            }
            let named = Triple::new(
                names.of(&triple.subject),
                triple.predicate.clone(),
                node(&triple.object).map_or_else(|| triple.object.clone(), |n| Term::from(names.of(&n))),
            );
            text.push_str(&named.to_string());
            text.push_str(" .\n");
        }
    }
    text
}

/// Addresses of nodes that have none.
struct Names<'a> {
    subject: &'a NamedNode,
    given: HashMap<NamedOrBlankNode, NamedNode>,
}

impl Names<'_> {
    fn of(&mut self, node: &NamedOrBlankNode) -> NamedNode {
        if let NamedOrBlankNode::NamedNode(named) = node
            && !self.given.contains_key(node)
        {
            return named.clone();
        }
        let number = self.given.len();
        let subject = self.subject.as_str();
        let mark = if subject.contains('#') { '-' } else { '#' };
        let name = || NamedNode::new_unchecked(format!("{subject}{mark}node-{number}"));
        self.given.entry(node.clone()).or_insert_with(name).clone()
    }
}
