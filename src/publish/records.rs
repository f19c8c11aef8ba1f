//! Metadata records from elsewhere: all files of a call in one transaction, after which every node hears
//! of it. Files are read by all processors while the database stores what was read before.

mod change;
mod inputs;
mod reading;

use super::publisher::Publisher;
use super::{PublishError, write};
use crate::catalogue::check::{self, Checked};
use crate::catalogue::import::{self, Kept, Listed};
use crate::catalogue::served_context;
use crate::model::slugify;
pub use change::{RecordAction, RecordChange, RecordChangeError, Touched};
use inputs::inputs;
use reading::Reading;
use std::path::PathBuf;

/// What an import came to.
#[derive(Debug)]
pub struct ImportedRecords {
    /// Slug of the organisation that has the records now.
    pub organisation: String,
    /// The records in the order of the files.
    pub records: Vec<Kept>,
}

impl Publisher {
    /// Imports the records of files, folders and zips for an organisation, which is created when it is new: all
    /// of them, or none.
    ///
    /// # Errors
    /// [`PublishError::Ingest`] with a finding for each file that is refused; otherwise as publishing.
    pub async fn import_records(
        &self,
        files: Vec<PathBuf>,
        organisation: Option<&str>,
    ) -> Result<ImportedRecords, PublishError> {
        let (slug, title) = match organisation.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => (slugify(name), name.to_owned()),
            None => (slugify(&self.config().title), self.config().title.clone()),
        };
        let limits = self.config().limits.clone();
        let listing = tokio::task::spawn_blocking(move || inputs(&files, &limits)).await;
        let listed =
            listing.map_err(|_| PublishError::Option("listing the files was stopped".to_owned()))??;
        let mut reading = Reading::of(listed, &self.config().limits);
        let mut transaction = self.store().job().await?.begin().await?;
        let session = transaction.session()?;
        let served = served_context(session).await?;
        let address = served.map_or_else(|| self.config().public_url(), |context| context.public_url);
        let owner = write::organisation(session, &slug, &title, &address, None).await?;
        let (mut kept, mut refused) = (Vec::new(), Vec::new());
        while let Some(part) = reading.next().await? {
            refused.extend(part.refused);
            // What is refused whole is read to its end, so that all that is wrong is told at once.
            if refused.is_empty() {
                kept.extend(import::keep_all(session, owner, &part.records).await?);
            }
        }
        if !refused.is_empty() {
            transaction.rollback().await?;
            return Err(crate::ingest::IngestError::Refused(refused).into());
        }
        if kept.iter().any(|record| record.status != import::Status::Unchanged) {
            write::announce(session).await?;
        }
        transaction.commit().await?;
        Ok(ImportedRecords { organisation: slug.to_string(), records: kept })
    }

    /// All imported records.
    ///
    /// # Errors
    /// The database's.
    pub async fn imported_records(&self) -> Result<Vec<Listed>, PublishError> {
        let mut session = self.store().job().await?;
        Ok(import::list(&mut session).await?)
    }

    /// Checks records by slugs of datasets or identifiers, or all of them.
    ///
    /// # Errors
    /// [`PublishError::NothingNamed`] for the first name that nothing has, or the database's.
    pub async fn check_records(&self, names: Option<&[String]>) -> Result<Vec<Checked>, PublishError> {
        let mut session = self.store().job().await?;
        let checked = check::checked(&mut session, names).await?;
        let is_known =
            |name: &String| checked.iter().any(|c| c.identifier == *name || c.dataset.as_ref() == Some(name));
        match names.into_iter().flatten().find(|name| !is_known(name)) {
            Some(name) => Err(PublishError::NothingNamed(name.chars().take(120).collect())),
            None => Ok(checked),
        }
    }

    /// Removes imported records: all that are named, or none.
    ///
    /// # Errors
    /// [`PublishError::UnknownRecord`] for the first that isn't there, or the database's.
    pub async fn remove_records(&self, identifiers: &[String]) -> Result<(), PublishError> {
        let mut transaction = self.store().job().await?.begin().await?;
        let session = transaction.session()?;
        for identifier in identifiers {
            if !import::remove(session, identifier).await? {
                transaction.rollback().await?;
                return Err(PublishError::UnknownRecord(identifier.chars().take(120).collect()));
            }
        }
        write::announce(session).await?;
        transaction.commit().await?;
        Ok(())
    }
}
