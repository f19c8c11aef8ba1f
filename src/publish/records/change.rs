//! Records inserted, changed and deleted by a protocol: all of a transaction, or nothing.

use crate::catalogue::import::{self, ImportError, Imported, Kept, Matching, PropertyError, Status};
use crate::catalogue::{CatalogueError, Circle, Reach, served_context};
use crate::filter::Filter;
use crate::model::slugify;
use crate::publish::{PublishError, Publisher, write};
use crate::store::{Session, StoreError};

/// One action of a transaction.
#[derive(Debug, Clone)]
pub enum RecordAction {
    /// New records.
    Insert(Vec<Imported>),
    /// Records in the place of those with the same identifiers.
    Replace(Vec<Imported>),
    /// Other values in the records that match: name and value, none to remove it.
    Set {
        /// Which records.
        filter: Option<Filter>,
        /// What is changed.
        properties: Vec<(String, Option<String>)>,
    },
    /// Records that go.
    Delete(Filter),
}

impl RecordAction {
    fn first_new(&self) -> Option<&Imported> {
        match self {
            Self::Insert(records) => records.first(),
            _ => None,
        }
    }
}

/// What became of an action: identifiers of the records.
pub type Touched = Vec<String>;

/// Why a transaction was refused; nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordChangeError {
    /// A record with the identifier of a new one.
    #[error("there is a record '{0}' already; send it in an Update to replace it")]
    Exists(String),
    /// No record with the identifier of one that is to be replaced.
    #[error("there is no record '{0}' to replace; send it in an Insert")]
    Missing(String),
    /// A record that the platform writes.
    #[error(
        "record '{0}' is written by the platform for what is published; describe the dataset instead of changing its record"
    )]
    Written(String),
    /// A record of an organisation that the caller may not change records of.
    #[error(
        "record '{identifier}' is of organisation '{organisation}', whose records this caller may not change"
    )]
    Denied {
        /// Identifier.
        identifier: String,
        /// Slug.
        organisation: String,
    },
    /// More than one transaction may touch.
    #[error("the transaction touches more than {0} records; split it (limit transaction-features)")]
    TooMany(usize),
    /// A document that can't be a record.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A value that can't be changed.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// The catalogue.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// Everything else.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl From<StoreError> for RecordChangeError {
    fn from(error: StoreError) -> Self {
        Self::Catalogue(error.into())
    }
}

/// A transaction on records.
pub struct RecordChange<'a> {
    /// The actions in their order.
    pub actions: &'a [RecordAction],
    /// Slug and name of the organisation that new records are of, created when it is new; the platform's own when none
    /// is given.
    pub organisation: Option<(&'a str, &'a str)>,
    /// What the caller may find, and so change.
    pub reach: &'a Reach,
    /// Whether the caller may change the records of an organisation, by its slug.
    pub may: &'a (dyn Fn(&str) -> bool + Sync),
}

impl Publisher {
    /// Makes a change, after which every node hears of it. Answers for each action which records it touched, and what
    /// the caller may find now.
    ///
    /// # Errors
    /// [`RecordChangeError`]; nothing has changed then.
    pub async fn change_records(
        &self,
        change: &RecordChange<'_>,
    ) -> Result<(Vec<Touched>, Reach), RecordChangeError> {
        let mut transaction = self.store().job().await?.begin().await?;
        match self.changed(transaction.session()?, change).await {
            Ok(done) => {
                transaction.commit().await?;
                Ok(done)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }

    async fn changed(
        &self,
        session: &mut Session,
        change: &RecordChange<'_>,
    ) -> Result<(Vec<Touched>, Reach), RecordChangeError> {
        let title = &self.config().title;
        let (slug, title) = change.organisation.unwrap_or((title, title));
        let slug = slugify(slug);
        let mut reach = change.reach.clone();
        let mut owner = None;
        if let Some(first) = change.actions.iter().find_map(RecordAction::first_new) {
            if !(change.may)(slug.as_str()) {
                return Err(RecordChangeError::Denied {
                    identifier: first.identifier().chars().take(120).collect(),
                    organisation: slug.to_string(),
                });
            }
            let served = served_context(session).await?;
            let address = served.map_or_else(|| self.config().public_url(), |context| context.public_url);
            let id = write::organisation(session, &slug, title, &address, None).await?;
            reach = reach.and(Circle::imported(id));
            owner = Some(id);
        }
        let most = self.config().limits.transaction_features;
        let (mut all, mut count) = (Vec::new(), 0_usize);
        for action in change.actions {
            let touched = match action {
                RecordAction::Insert(records) => match owner {
                    Some(owner) => inserted(session, owner, records).await?,
                    None => Vec::new(),
                },
                RecordAction::Replace(records) => {
                    let ids: Vec<String> = records.iter().map(|r| r.identifier().to_owned()).collect();
                    let found = self.editable(session, change, &reach, Some(&Filter::Ids(ids)), most).await?;
                    replaced(session, records, &found).await?
                }
                RecordAction::Set { filter, properties } => {
                    let found = self.editable(session, change, &reach, filter.as_ref(), most - count).await?;
                    self.set(session, &found, properties).await?
                }
                RecordAction::Delete(filter) => {
                    let found = self.editable(session, change, &reach, Some(filter), most - count).await?;
                    for record in &found {
                        import::remove(session, &record.identifier).await?;
                    }
                    found.into_iter().map(|record| record.identifier).collect()
                }
            };
            count += touched.len();
            if count > most {
                return Err(RecordChangeError::TooMany(most));
            }
            all.push(touched);
        }
        write::announce(session).await?;
        Ok((all, reach))
    }

    /// The records that a condition matches, all of which the caller may change.
    async fn editable(
        &self,
        session: &mut Session,
        change: &RecordChange<'_>,
        reach: &Reach,
        filter: Option<&Filter>,
        most: usize,
    ) -> Result<Vec<Matching>, RecordChangeError> {
        let found = import::matching(session, reach, filter, most.saturating_add(1)).await?;
        if found.len() > most {
            return Err(RecordChangeError::TooMany(self.config().limits.transaction_features));
        }
        for record in &found {
            let short = || record.identifier.chars().take(120).collect();
            match &record.imported_for {
                None => return Err(RecordChangeError::Written(short())),
                Some((_, slug)) if !(change.may)(slug) => {
                    return Err(RecordChangeError::Denied {
                        identifier: short(),
                        organisation: slug.clone(),
                    });
                }
                Some(_) => {}
            }
        }
        Ok(found)
    }

    async fn set(
        &self,
        session: &mut Session,
        found: &[Matching],
        properties: &[(String, Option<String>)],
    ) -> Result<Touched, RecordChangeError> {
        for record in found {
            let (Some((owner, _)), Some(source)) = (&record.imported_for, &record.source) else { continue };
            let changed =
                import::with_properties(&record.identifier, source, properties, &self.config().limits)?;
            import::keep_all(session, *owner, &[changed]).await?;
        }
        Ok(found.iter().map(|record| record.identifier.clone()).collect())
    }
}

async fn inserted(
    session: &mut Session,
    owner: i64,
    records: &[Imported],
) -> Result<Touched, RecordChangeError> {
    let mut all = Vec::with_capacity(records.len());
    // One by one: a transaction may send an identifier twice, and the second is then known.
    for record in records {
        let kept = match import::keep_all(session, owner, std::slice::from_ref(record)).await {
            Err(CatalogueError::RecordTaken { identifier, .. }) => {
                return Err(RecordChangeError::Exists(identifier));
            }
            other => other?,
        };
        if let Some(Kept { identifier, .. }) = kept.into_iter().find(|kept| kept.status != Status::Added) {
            return Err(RecordChangeError::Exists(identifier.chars().take(120).collect()));
        }
        all.push(record.identifier().to_owned());
    }
    Ok(all)
}

async fn replaced(
    session: &mut Session,
    records: &[Imported],
    found: &[Matching],
) -> Result<Touched, RecordChangeError> {
    for record in records {
        let known = found.iter().find(|found| found.identifier == record.identifier());
        let Some((owner, _)) = known.and_then(|known| known.imported_for.as_ref()) else {
            return Err(RecordChangeError::Missing(record.identifier().chars().take(120).collect()));
        };
        import::keep_all(session, *owner, std::slice::from_ref(record)).await?;
    }
    Ok(records.iter().map(|record| record.identifier().to_owned()).collect())
}
