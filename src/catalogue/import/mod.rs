//! Records from elsewhere: ISO 19139, ISO 19115-3, Dublin Core and DCAT documents, kept as they came.
//!
//! What a record says in its own schema is served without loss; the others are written from the model of what
//! was understood ([`Record`]), and what is missing stays missing. No DTDs, no entities, bounded depth and size.
//!
//! | file | what |
//! |---|---|
//! | `document.rs` | from bytes to the records in them |
//! | `rdf.rs` | DCAT in any syntax of RDF, read by [`crate::catalogue::dcat`] |
//! | `dublin_core.rs` | csw:Record and oai_dc: the model, and the three forms |
//! | `iso/` | gmd:MD_Metadata and mdb:MD_Metadata: the model, and the three forms |
//! | `fragment.rs` | an element written as a document of its own |
//! | `matching.rs` | records found in order to change them |
//! | `property.rs` | single values changed in a document |
//! | `keep.rs` | storing, replacing, listing, removing |

mod document;
mod dublin_core;
mod fragment;
mod iso;
mod keep;
mod matching;
mod property;
mod rdf;

pub use document::{read, read_element};
pub(super) use keep::rewrite;
pub use keep::{Kept, Listed, Status, keep_all, list, remove};
pub use matching::{Matching, matching};
pub use property::{PropertyError, with_properties};

use super::record::Record;
use super::row::Forms;

/// The schema of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// gmd:MD_Metadata (ISO 19139).
    Iso,
    /// mdb:MD_Metadata (ISO 19115-3).
    Iso3,
    /// csw:Record or oai_dc:dc.
    DublinCore,
    /// dcat:Dataset and its like, in any syntax of RDF; kept as N-Triples.
    Dcat,
}

impl Schema {
    const fn name(self) -> &'static str {
        match self {
            Self::Iso => "iso19139",
            Self::Iso3 => "iso19115-3",
            Self::DublinCore => "dublin-core",
            Self::Dcat => "dcat",
        }
    }
}

/// A record that was read and is fit to be kept.
#[derive(Clone, Debug)]
pub struct Imported {
    schema: Schema,
    /// The record's element with its namespaces, as it came.
    source: String,
    /// All its text, for searching.
    words: String,
    /// What was understood of it; its uuid is given when it is kept.
    record: Record,
    /// The forms of its own schema, where those are stored; DCAT is written when it is asked for.
    own: Option<Forms>,
}

impl Imported {
    /// What harvesters know it by, exactly as written.
    #[must_use]
    pub fn identifier(&self) -> &str {
        &self.record.identifier
    }

    /// Its title; empty when it has none.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.record.title
    }
}

/// Why a document is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not XML, or XML of a kind that is refused.
    #[error("it is no XML that can be read: {message} (line {line}, column {column})")]
    Xml {
        /// What is wrong.
        message: String,
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// Bytes that are no text in the encoding that they declare.
    #[error("its text is not {0}, which it declares; save it as UTF-8")]
    Encoding(String),
    /// Beyond a limit.
    #[error("it is larger or nested deeper than a metadata document may be: {0}")]
    Limit(String),
    /// Well-formed, but no record in it.
    #[error(
        "its element '{0}' is no metadata record; records are gmd:MD_Metadata (ISO 19139), mdb:MD_Metadata (ISO 19115-3), csw:Record or oai_dc:dc (Dublin Core), alone or in an answer of CSW or OAI-PMH, and datasets of DCAT as RDF/XML, Turtle, N-Triples or JSON-LD"
    )]
    NoRecord(String),
    /// RDF without a record that can be used.
    #[error(transparent)]
    Rdf(#[from] crate::catalogue::dcat::ReadError),
    /// A record that nothing can name.
    #[error("record number {number} has no {element}; give it an identifier that never changes")]
    NoIdentifier {
        /// Its place among the records of the document, from 1.
        number: usize,
        /// The element that is missing or empty.
        element: &'static str,
    },
    /// A value that can't be used.
    #[error("record '{identifier}': {element} is '{value}', which is no {wanted}")]
    Value {
        /// Identifier of the record.
        identifier: String,
        /// Element.
        element: &'static str,
        /// What it says.
        value: String,
        /// What it should be.
        wanted: &'static str,
    },
}
