//! Back to the version before: the tables are still there, only the facts change.

use super::load::field;
use super::write::{self, Known};
use super::{PublishError, Publisher, dimensions};
use crate::model::Slug;
use crate::store::Session;

impl Publisher {
    /// Shows the previous version of a dataset's layers again, as a new version; the one shown now is kept
    /// in its turn, so that doing it twice changes nothing. A layer without a previous version stays as
    /// it is.
    ///
    /// # Errors
    /// [`PublishError::UnknownDataset`], [`PublishError::NoPreviousVersion`] when no layer has one, or the
    /// database's.
    pub async fn restore(&self, dataset: &str) -> Result<(), PublishError> {
        let unknown = || PublishError::UnknownDataset(dataset.chars().take(80).collect());
        let slug = Slug::parse(dataset).map_err(|_| unknown())?;
        let mut transaction = self.store().job().await?.begin().await?;
        let session = transaction.session()?;
        write::lock(session, &slug).await?;
        let known = write::known(session, &slug).await?.ok_or_else(unknown)?;
        write::limit_waiting(session).await?;
        session.turn_of_publisher(known.id).await?;
        if !restore_layers(session, &known).await? {
            transaction.rollback().await?;
            return Err(PublishError::NoPreviousVersion(slug.to_string()));
        }
        dimensions::index(session, known.id).await?;
        // The checksum is forgotten: the files that were undone may come again.
        let raise = "update datasud.dataset set version = version + 1, source_checksum = null, updated = now() \
                     where id = $1";
        session.execute(raise, &[&known.id]).await?;
        self.rebuild_record(session, known.id).await?;
        write::announce(session).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn restore_layers(session: &mut Session, known: &Known) -> Result<bool, PublishError> {
    let version = known.version.saturating_add(1);
    let mut any = false;
    for layer in &known.layers {
        let find = "select v.version, v.table_name from datasud.layer_version v \
                    join datasud.layer l on l.id = v.layer_id and l.table_name <> v.table_name \
                    where l.id = $1 order by v.version desc limit 1";
        let Some(row) = session.query_opt(find, &[&layer.id]).await? else { continue };
        let (previous, table): (i32, String) = (field(&row, "version")?, field(&row, "table_name")?);
        session.execute(include_str!("sql/layer_remember.sql"), &[&layer.id]).await?;
        session.execute(include_str!("sql/layer_restore.sql"), &[&layer.id, &previous]).await?;
        let renumber = "update datasud.layer_version set version = $3 where layer_id = $1 and version = $2";
        session.execute(renumber, &[&layer.id, &previous, &version]).await?;
        write::set_view(session, &layer.slug, &table, true, false).await?;
        any = true;
    }
    Ok(any)
}
