//! Metadata records: built from the stored facts, written as ISO 19139 and Dublin Core when something
//! changes, searched by typed columns, served as stored bytes.
//!
//! One model ([`record::Record`]) for records of our own making and imported ones, and writers straight from it
//! into bytes; no XML is parsed here and none is written while a search waits. Who may see what is not decided here: callers
//! pass the [`Reach`] that `access` gives them.

mod atom;
mod build;
mod changes;
pub mod check;
mod columns;
pub mod dcat;
mod description;
mod domain;
pub mod dryrun;
mod dublin_core;
mod find;
mod geojson;
pub mod import;
mod iso;
mod iso3;
pub mod journal;
mod models;
mod offered;
mod paging;
mod queryables;
mod reach;
pub mod record;
mod row;
mod schema_org;
mod search;
mod text;
pub mod vocabulary;
mod xml;

pub use atom::{ATOM_NAMESPACES, Entry};
pub use build::{RecordContext, ensure_current, rebuild, rebuild_services, served_context};
pub use changes::{Change, ChangeKey, ChangeQuery, Gone, RecordSet, StoredForm, Visible};
pub use description::{ContactForm, Described, Description, DescriptionForm, FieldError, FormError};
pub use domain::Domain;
pub use dublin_core::{DublinElement, oai_dc};
pub use find::{FACETS, Facet, Suggestion};
pub use geojson::record_json;
pub use iso::ElementSet;
pub use models::{Begin, Listed, ModelPage, Placed};
pub use offered::{Offered, offered};
pub use queryables::{Family, SortKey, UnknownQueryable, queryables};
pub use reach::{Circle, Reach};
pub use record::Record;
pub use schema_org::schema_org;
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
    /// A name that is no queryable.
    #[error(transparent)]
    Queryable(#[from] UnknownQueryable),
    /// A condition that doesn't fit records.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
