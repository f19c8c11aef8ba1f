//! Forward-only migrations, run at start by whichever node comes first.

use super::{Store, StoreError};

refinery::embed_migrations!("src/store/migrations");

/// Any number that nothing else in the database uses as an advisory lock.
const MIGRATION_LOCK: i64 = 0x6461_7461_7375_6401;

impl Store {
    /// Brings the database to this version of the program. Nodes that start together wait for each other.
    ///
    /// # Errors
    /// [`StoreError`], also when a migration that was applied before has another text here.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut connection = self.raw().await?;
        connection.execute("select pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
        let client: &mut tokio_postgres::Client = &mut connection;
        let outcome =
            migrations::runner().set_migration_table_name("datasud_migration").run_async(client).await;
        connection.execute("select pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await?;
        outcome.map(|_| ()).map_err(|e| {
            let mut cause = e.to_string();
            let mut deeper = std::error::Error::source(&e);
            while let Some(error) = deeper {
                cause = error.to_string();
                deeper = error.source();
            }
            StoreError::Cluster(format!("the database could not be migrated: {e} ({cause})"))
        })
    }
}
