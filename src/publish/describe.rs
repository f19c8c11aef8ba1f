//! What people say of a dataset: read, filled in, and shown by every node at once.

use super::load::field;
use super::publisher::Publisher;
use super::{PublishError, write};
use crate::catalogue::check::Finding;
use crate::catalogue::{self, Described, DescriptionForm};
use crate::model::Slug;
use crate::store::Session;
use uuid::Uuid;

/// A dataset's description as it is now, and what the checks say of its record.
#[derive(Debug)]
pub struct DescribedDataset {
    /// Slug.
    pub slug: String,
    /// Identifier of the record.
    pub record: Uuid,
    /// The description, as a form that says the same.
    pub form: DescriptionForm,
    /// Findings of the checks; one of level error holds the record back.
    pub report: Vec<Finding>,
}

impl Publisher {
    /// The description of a dataset.
    ///
    /// # Errors
    /// [`PublishError::UnknownDataset`], or the database's.
    pub async fn description(&self, dataset: &str) -> Result<DescribedDataset, PublishError> {
        let slug = slug_of(dataset)?;
        let mut transaction = self.store().job().await?.begin().await?;
        let session = transaction.session()?;
        let shown = match known(session, &slug).await? {
            Some(id) => shown(session, id).await,
            None => Err(unknown(dataset)),
        };
        transaction.rollback().await?;
        shown
    }

    /// Fills in the description of a dataset, whose record is written anew in the same transaction.
    ///
    /// # Errors
    /// [`PublishError::UnknownDataset`]; [`PublishError::Description`] with every value that can't be; the
    /// database's. Nothing has changed then.
    pub async fn describe(
        &self,
        dataset: &str,
        form: &DescriptionForm,
    ) -> Result<DescribedDataset, PublishError> {
        let slug = slug_of(dataset)?;
        let mut transaction = self.store().job().await?.begin().await?;
        let session = transaction.session()?;
        let outcome = match known(session, &slug).await {
            Ok(Some(id)) => self.described(session, id, form).await,
            Ok(None) => Err(unknown(dataset)),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(described) => {
                transaction.commit().await?;
                Ok(described)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }

    async fn described(
        &self,
        session: &mut Session,
        id: i64,
        form: &DescriptionForm,
    ) -> Result<DescribedDataset, PublishError> {
        if fill_in(session, id, form).await? {
            self.rebuild_record(session, id).await?;
            write::announce(session).await?;
        }
        shown(session, id).await
    }
}

/// Takes a form over into the dataset's row; answers whether that changed anything. The record is the caller's
/// business.
pub(super) async fn fill_in(
    session: &mut Session,
    dataset_id: i64,
    form: &DescriptionForm,
) -> Result<bool, PublishError> {
    let before = read(session, dataset_id).await?;
    let after = form.apply(&before)?;
    if after == before {
        return Ok(false);
    }
    let about = serde_json::json!(after.description);
    session
        .execute(
            "update datasud.dataset set title = $2, description = $3, keywords = $4, licence = $5, about = $6,
                    updated = now() where id = $1",
            &[&dataset_id, &after.title, &after.summary, &after.keywords, &after.licence, &about],
        )
        .await?;
    Ok(true)
}

async fn read(session: &mut Session, dataset_id: i64) -> Result<Described, PublishError> {
    let sql =
        "select title, description, keywords, licence, about from datasud.dataset where id = $1 for update";
    let row = session.query_one(sql, &[&dataset_id]).await?;
    Ok(Described {
        title: field(&row, "title")?,
        summary: field(&row, "description")?,
        keywords: field(&row, "keywords")?,
        licence: field(&row, "licence")?,
        description: serde_json::from_value(field(&row, "about")?).unwrap_or_default(),
    })
}

async fn shown(session: &mut Session, dataset_id: i64) -> Result<DescribedDataset, PublishError> {
    let described = read(session, dataset_id).await?;
    let row =
        session.query_one("select slug, record from datasud.dataset where id = $1", &[&dataset_id]).await?;
    Ok(DescribedDataset {
        slug: field(&row, "slug")?,
        record: field(&row, "record")?,
        form: DescriptionForm::of(&described),
        report: catalogue::check::stored(session, dataset_id).await?,
    })
}

async fn known(session: &mut Session, slug: &Slug) -> Result<Option<i64>, PublishError> {
    write::lock(session, slug).await?;
    let row = session.query_opt("select id from datasud.dataset where slug = $1", &[&slug.as_str()]).await?;
    row.map(|row| field(&row, "id")).transpose()
}

fn slug_of(dataset: &str) -> Result<Slug, PublishError> {
    Slug::parse(dataset).map_err(|_| unknown(dataset))
}

fn unknown(dataset: &str) -> PublishError {
    PublishError::UnknownDataset(dataset.chars().take(80).collect())
}
