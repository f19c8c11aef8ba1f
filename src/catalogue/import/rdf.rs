//! DCAT from elsewhere: each record by itself, as N-Triples.

use super::{ImportError, Imported, Schema};
use crate::catalogue::dcat::{self, Syntax};
use crate::catalogue::record::Record;

/// All records of a document of RDF.
///
/// # Errors
/// [`ImportError::Rdf`].
pub(super) fn read(text: &str, syntax: Syntax) -> Result<Vec<Imported>, ImportError> {
    Ok(dcat::read(text, syntax)?.into_iter().map(imported).collect())
}

fn imported(record: Record) -> Imported {
    let source = record.rdf.as_ref().map(|rdf| rdf.statements.clone()).unwrap_or_default();
    Imported { schema: Schema::Dcat, source, words: words(&record), record, own: None }
}

/// All words of a record, for searching.
fn words(record: &Record) -> String {
    let contacts = record.contacts.iter().chain(&record.metadata_contacts);
    let mut all: Vec<&str> = vec![&record.identifier, &record.title, &record.summary];
    all.extend(record.alternate_titles.iter().map(String::as_str));
    all.extend(record.resource.iter().map(|resource| resource.code.as_str()));
    all.extend(record.keywords.iter().map(|keyword| keyword.text.as_str()));
    all.extend(contacts.flat_map(|c| [&c.organisation, &c.person, &c.email]).flatten().map(String::as_str));
    all.extend(record.places.iter().map(|place| place.text.as_str()));
    all.extend(record.lineage.as_deref());
    all.extend(record.use_limitations.iter().map(String::as_str));
    for link in &record.links {
        all.push(&link.url);
        all.extend([&link.name, &link.description, &link.format].into_iter().flatten().map(String::as_str));
    }
    let mut all: Vec<String> = all.into_iter().filter(|t| !t.is_empty()).map(str::to_owned).collect();
    all.extend(record.subjects());
    all.extend(record.rights());
    all.join("\n")
}
