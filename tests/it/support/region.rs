//! The command line as a person runs it, and a server with the fixtures' region published, which all
//! tests of services share.

use super::{PROGRAM, TestDatabase, config};
use datasud::model::Slug;
use datasud::publish::{PublishError, Published, Publisher, Request};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// What a command did.
pub struct Ran {
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("not JSON ({e}): {} {}", self.stdout, self.stderr))
    }
}

/// The program on a test's database.
pub fn command(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("DATASUD_DATABASE_URL", &database.url).stdin(Stdio::null());
    command
}

/// Runs the program on a test's database to its end.
pub fn datasud(database: &TestDatabase, arguments: &[&str]) -> Ran {
    let output = command(database, arguments).output().expect("the program runs");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A file of `fixtures/`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A publisher on a test's database.
pub fn publisher(database: &TestDatabase) -> Publisher {
    Publisher::new(Arc::new(config()), database.store.clone()).with_reader(PROGRAM.into())
}

/// Publishes files under a name; `change` sets whatever else the test needs.
pub async fn ingest(
    database: &TestDatabase,
    dataset: &str,
    files: &[PathBuf],
    change: impl FnOnce(&mut Request),
) -> Result<Published, PublishError> {
    let mut request = Request {
        files: files.to_vec(),
        dataset: Some(Slug::parse(dataset).expect("a slug")),
        ..Request::default()
    };
    change(&mut request);
    publisher(database).publish(request, &|_| ()).await
}

/// The relations of schema `data`, views and version tables alike.
pub async fn data_tables(database: &TestDatabase) -> Vec<String> {
    let mut session = database.store.job().await.expect("session");
    let sql = "select relname::text from pg_class where relnamespace = 'data'::regnamespace \
               and relkind in ('r', 'v', 'p', 'm') order by relname";
    session.query(sql, &[]).await.expect("tables").iter().map(|row| row.get(0)).collect()
}

/// The only value of a query, as text.
pub async fn scalar(database: &TestDatabase, sql: &str) -> String {
    let mut session = database.store.job().await.expect("session");
    let row = session.query_one(&format!("select ({sql})::text"), &[]).await.expect("a value");
    row.get::<_, Option<String>>(0).unwrap_or_default()
}
