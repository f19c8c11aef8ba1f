//! Why something could not be published.

use crate::catalogue::{CatalogueError, FormError};
use crate::ingest::{Finding, IngestError};
use crate::store::StoreError;
use crate::style::StyleError;
use std::io;
use std::path::PathBuf;

/// A refusal or failure of publishing. Nothing has changed when one is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The dataset's name is published and nobody said that it should be replaced.
    #[error(
        "a dataset named '{0}' is already published; give --replace to put this data in its place, or --dataset NAME to publish it under another name"
    )]
    NameInUse(String),
    /// Two publications wanted the same new name at the same moment.
    #[error("another publication took one of these names a moment ago; try again")]
    Overtaken,
    /// The dataset belongs to another organisation than the one that was named.
    #[error(
        "dataset '{dataset}' belongs to organisation '{owner}'; leave --organisation out to replace its data, or choose another --dataset NAME"
    )]
    Organisation {
        /// Dataset slug.
        dataset: String,
        /// Slug of its organisation.
        owner: String,
    },
    /// No dataset of that name.
    #[error("no dataset named '{0}' is published; 'datasud list' shows what there is")]
    UnknownDataset(String),
    /// No imported record of that identifier.
    #[error("no record '{0}' was imported; 'datasud records list' shows those that were")]
    UnknownRecord(String),
    /// No dataset and no record of that name.
    #[error(
        "there is no dataset and no record named '{0}'; 'datasud list' and 'datasud records list' show what there is"
    )]
    NothingNamed(String),
    /// A description that can't be.
    #[error(transparent)]
    Description(#[from] FormError),
    /// There is nothing to go back to.
    #[error("dataset '{0}' has no previous version to go back to")]
    NoPreviousVersion(String),
    /// A file can't be opened.
    #[error("'{}' can't be read: {}", path.display(), cause_of(cause))]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        cause: io::Error,
    },
    /// The style is not one.
    #[error("the style can't be used: {0}")]
    Style(StyleError),
    /// An option has no meaning.
    #[error("{0}")]
    Option(String),
    /// Somebody's view stands on the layer's view, whose columns would change.
    #[error(
        "the columns change, but other database views read data.\"{0}\"; drop those views first, then try again"
    )]
    Dependents(String),
    /// The files or their contents.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The record.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PublishError {
    /// Stable name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NameInUse(_) => "name-in-use",
            Self::Overtaken => "overtaken",
            Self::Organisation { .. } => "other-organisation",
            Self::UnknownDataset(_) => "unknown-dataset",
            Self::UnknownRecord(_) => "unknown-record",
            Self::NothingNamed(_) => "unknown-name",
            Self::Description(_) => "description-invalid",
            Self::NoPreviousVersion(_) => "no-previous-version",
            Self::File { .. } => "file-unreadable",
            Self::Style(_) => "style-invalid",
            Self::Option(_) => "option-invalid",
            Self::Dependents(_) => "dependent-views",
            Self::Ingest(IngestError::System { .. }) => "system",
            Self::Ingest(IngestError::Store(error)) | Self::Store(error) => store_code(error),
            Self::Ingest(_) => "refused",
            Self::Catalogue(CatalogueError::RecordTaken { .. }) => "record-taken",
            Self::Catalogue(_) => "catalogue",
        }
    }

    /// The refusal as findings, at least one of which has level `error`.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        match self {
            Self::Ingest(IngestError::Refused(findings)) if !findings.is_empty() => findings.clone(),
            other => vec![Finding::error(other.code(), other.to_string())],
        }
    }
}

const fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::DiskFull => "disk-full",
        StoreError::Unavailable(_) => "database-unavailable",
        _ => "database",
    }
}

/// The everyday reasons in everyday words; the system's own otherwise.
fn cause_of(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        _ => cause.to_string(),
    }
}
