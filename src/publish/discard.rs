//! Tables of versions that are no longer kept. Dropping one waits for everybody who still reads it, and
//! a publication doesn't wait for that: it notes the table, which goes after the commit or at the next
//! change.

use super::PublishError;
use super::load::field;
use crate::formats::image::folder_of;
use crate::store::{Ident, Session, Store};
use std::path::Path;

/// Notes all tables of a layer, which is about to be deleted.
pub(super) async fn all_versions(session: &mut Session, layer_id: i64) -> Result<(), PublishError> {
    old_versions(session, layer_id, i32::MAX).await
}

/// Notes and forgets the versions of a layer that are older than `kept`.
pub(super) async fn old_versions(
    session: &mut Session,
    layer_id: i64,
    kept: i32,
) -> Result<(), PublishError> {
    let sql = "with gone as (delete from datasud.layer_version where layer_id = $1 and version < $2 \
               returning table_name) \
               insert into datasud.discarded_table (table_name) select table_name from gone \
               on conflict do nothing";
    session.execute(sql, &[&layer_id, &kept]).await?;
    Ok(())
}

/// Drops what has been noted and is not in use. What can't go now goes at the next change; that is no
/// failure of the change that was made.
pub(super) async fn sweep(store: &Store, data: &Path) {
    if let Err(error) = try_sweep(store, data).await {
        tracing::warn!(%error, "tables of earlier versions could not be dropped; they go at the next change");
    }
}

async fn try_sweep(store: &Store, data: &Path) -> Result<(), PublishError> {
    let mut session = store.job().await?;
    let rows = session.query("select table_name from datasud.discarded_table order by since", &[]).await?;
    drop(session);
    for row in rows {
        let table: String = field(&row, "table_name")?;
        let mut transaction = store.job().await?.begin().await?;
        let session = transaction.session()?;
        let drop = format!("set local lock_timeout = '500ms'; drop table if exists {}", Ident::data(&table));
        match session.batch(&drop).await {
            Ok(()) => {
                let forget = "delete from datasud.discarded_table where table_name = $1";
                session.execute(forget, &[&table]).await?;
                transaction.commit().await?;
                drop_images(data, &table).await;
            }
            Err(error) => {
                tracing::info!(table, %error, "the table is still in use; it goes at the next change");
                transaction.rollback().await?;
            }
        }
    }
    Ok(())
}

/// The images of a table that is gone.
async fn drop_images(data: &Path, table: &str) {
    match tokio::fs::remove_dir_all(folder_of(data, table)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(table, %error, "images of an earlier version could not be removed");
        }
        _ => {}
    }
}
