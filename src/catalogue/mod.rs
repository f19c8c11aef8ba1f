//! Metadata records: built from the stored facts, written as ISO 19139 and Dublin Core when something
//! changes, searched by typed columns, served as stored bytes.
//!
//! One model ([`record::Record`]) for records of our own making and imported ones, and writers straight from it
//! into bytes; no XML is parsed here and none is written while a search waits. Who may see what is not decided here: callers pass the datasets that
//! `access` lets them discover.

mod atom;
mod build;
pub mod check;
mod description;
mod dublin_core;
pub mod import;
mod iso;
mod iso3;
mod queryables;
pub mod record;
mod row;
mod search;
pub mod vocabulary;
mod xml;

pub use atom::{ATOM_NAMESPACES, Entry};
pub use build::{RecordContext, ensure_current, rebuild, rebuild_services, served_context};
pub use description::{ContactForm, Described, Description, DescriptionForm, FieldError, FormError};
pub use dublin_core::DublinElement;
pub use iso::ElementSet;
pub use queryables::{Family, SortKey, UnknownQueryable, queryables};
pub use record::Record;
pub use search::{Catalogue, EntryPage, Form, Page, Search};
pub use vocabulary::{CodeEntry, CodeList, Licence, fold, inspire_theme, licence};

use crate::filter::FilterError;
use crate::store::StoreError;

/// Why a record can't be written or a search can't be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// There is no such dataset (any more).
    #[error("there is no dataset with the key {0}")]
    NoDataset(i64),
    /// An identifier that is in use elsewhere on the platform.
    #[error(
        "a record with the identifier '{identifier}' exists already: it is of organisation '{owner}', or is written by the platform for a published dataset; import it for its organisation, or give the record another identifier"
    )]
    RecordTaken {
        /// Identifier.
        identifier: String,
        /// Slug of the organisation that has it.
        owner: String,
    },
    /// A condition that doesn't fit records.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
