//! Metadata records: built from the stored facts, written as ISO 19139 and Dublin Core when something
//! changes, searched by typed columns, served as stored bytes.
//!
//! One model ([`Record`]) and writers straight from it into bytes; no XML is parsed here and none is
//! written while a search waits. Who may see what is not decided here: callers pass the datasets that
//! `access` lets them discover.

mod build;

pub use build::{RecordContext, rebuild};

use crate::store::StoreError;

/// Why a record can't be written or a search can't be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// There is no such dataset (any more).
    #[error("there is no dataset with the key {0}")]
    NoDataset(i64),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
