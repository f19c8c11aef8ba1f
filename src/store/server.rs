//! Getting to know a PostgreSQL server: its address, its database, its versions.

use super::StoreError;
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

/// Name of the database in the embedded cluster.
pub(super) const DATABASE: &str = "datasud";
/// How long a server that is still starting is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a database address. The message does not repeat it: it may hold a password.
pub(super) fn parse(url: &str) -> Result<Config, StoreError> {
    let mut config: Config = url.parse().map_err(|e: tokio_postgres::Error| {
        let cause = std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string);
        StoreError::Cluster(format!(
            "the database address can't be read ({cause}); it looks like postgres://user:password@host:5432/name"
        ))
    })?;
    config.application_name("datasud");
    // A role named like our schema would otherwise find, and make, everything there.
    let options = format!("{} -c search_path=public", config.get_options().unwrap_or_default());
    config.options(options.trim());
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    config.keepalives(true).keepalives_idle(Duration::from_secs(60));
    Ok(config)
}

/// Creates our database in a new embedded cluster.
pub(super) async fn create_database(config: &Config) -> Result<(), StoreError> {
    let begun = tokio::time::Instant::now();
    let (client, connection) = loop {
        match config.connect(NoTls).await {
            Ok(both) => break both,
            Err(_) if begun.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => return Err(error.into()),
        }
    };
    let connection = tokio::spawn(connection);
    let exists =
        client.query_opt("select 1 from pg_database where datname = $1", &[&DATABASE]).await?.is_some();
    if !exists {
        match client.batch_execute("create database datasud template template0 encoding 'UTF8'").await {
            // Another process was quicker.
            Err(e)
                if matches!(e.code(), Some(&SqlState::DUPLICATE_DATABASE | &SqlState::UNIQUE_VIOLATION)) => {}
            other => other?,
        }
    }
    drop(client);
    let _ = connection.await;
    Ok(())
}

/// Refuses a server that is too old or lacks PostGIS.
pub(super) async fn check(pool: &deadpool_postgres::Pool) -> Result<(), StoreError> {
    let client = pool.get().await.map_err(|e| {
        StoreError::Cluster(format!("the database of --database-url can't be reached: {}", plain(&e)))
    })?;
    let version: i32 =
        client.query_one("select current_setting('server_version_num')::int", &[]).await?.get(0);
    let postgis: Option<String> = client
        .query_opt(
            "select coalesce(
                 (select extversion from pg_extension where extname = 'postgis'),
                 (select default_version from pg_available_extensions where name = 'postgis'))",
            &[],
        )
        .await?
        .and_then(|row| row.get(0));
    verdict(version, postgis.as_deref()).map_err(StoreError::Cluster)
}

fn verdict(version: i32, postgis: Option<&str>) -> Result<(), String> {
    if version < 150_000 {
        return Err(format!(
            "the database server is PostgreSQL {}; version 15 or newer is needed",
            version / 10_000
        ));
    }
    let Some(postgis) = postgis else {
        return Err(format!(
            "PostGIS is not installed on the database server; install it there (Debian: postgresql-{}-postgis-3)",
            version / 10_000
        ));
    };
    let mut numbers = postgis.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < (3, 3) {
        return Err(format!(
            "the database has PostGIS {postgis} and 3.3 or newer is needed; upgrade it (alter extension postgis update)"
        ));
    }
    Ok(())
}

/// The reason of a failed connection in words; never the address.
fn plain(error: &deadpool_postgres::PoolError) -> String {
    let deadpool_postgres::PoolError::Backend(error) = error else { return error.to_string() };
    if let Some(told) = error.as_db_error() {
        return told.message().to_owned();
    }
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_and_missing_postgis_are_refused_with_a_remedy() {
        assert_eq!(verdict(150_014, Some("3.3.2")), Ok(()));
        assert_eq!(verdict(180_000, Some("3.10.0")), Ok(()));
        assert!(verdict(140_012, Some("3.3.2")).is_err_and(|m| m.contains("PostgreSQL 14")));
        assert!(verdict(150_014, None).is_err_and(|m| m.contains("postgresql-15-postgis-3")));
        assert!(verdict(150_014, Some("3.2.1")).is_err_and(|m| m.contains("3.3 or newer")));
        assert!(verdict(150_014, Some("2.5")).is_err());
    }

    #[test]
    fn an_address_that_cannot_be_read_is_not_repeated() {
        let error = parse("postgres://user:secret@host:notaport/db").expect_err("refused").to_string();
        assert!(!error.contains("secret") && error.contains("can't be read"), "{error}");
    }
}
