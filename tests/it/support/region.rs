//! The command line as a person runs it, and a server with the fixtures' region published, which all
//! tests of services share.

use super::{PROGRAM, TestDatabase, TestServer, config, fresh, in_own_runtime, server_with};
use datasud::cli::demo;
use datasud::config::Config;
use datasud::model::Slug;
use datasud::publish::{PublishError, Published, Publisher, Request};
use datasud::store::Store;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

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

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The program on a test's database.
pub fn command(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).stdin(Stdio::null());
    command.env("DATASUD_DATABASE_URL", &database.url).env("DATASUD_DATA", scratch());
    command
}

/// Runs the program on a test's database to its end.
pub fn datasud(database: &TestDatabase, arguments: &[&str]) -> Ran {
    command(database, arguments).output().expect("the program runs").into()
}

/// The program with a data directory of its own, and so with an embedded database of its own.
pub fn embedded(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("DATASUD_DATA", data).env_remove("DATASUD_DATABASE_URL").stdin(Stdio::null());
    command
}

/// Data directory of tests that have their database in the shared cluster.
fn scratch() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("data")
}

/// A file of `fixtures/`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A publisher on a test's database.
pub fn publisher(database: &TestDatabase) -> Publisher {
    Publisher::new(Arc::new(Config { data: scratch(), ..config() }), database.store.clone())
        .with_reader(PROGRAM.into())
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

/// A server with what it shows: the fixtures' region, or data of another shared set.
pub struct Region {
    /// `http://127.0.0.1:port`, without a slash at the end.
    pub base: String,
    /// Its database; the store in it belongs to no runtime yet.
    pub database: TestDatabase,
    _server: TestServer,
}

impl Region {
    /// Address of a path: `url("/wms?…")`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// The server that all tests of services share: the region of the fixtures is published, as the demo
/// publishes it. Tests must not change what it shows.
pub fn region() -> &'static Region {
    static REGION: OnceLock<Region> = OnceLock::new();
    REGION.get_or_init(|| served(demo::requests(&fixture("")).expect("the region's description")))
}

/// A server over a fresh database in which these are published, for several tests to share.
pub fn served(requests: Vec<Request>) -> Region {
    served_as(config(), requests)
}

/// The same with a configuration of the test's own.
pub fn served_as(configuration: Config, requests: Vec<Request>) -> Region {
    let (name, url) = fresh();
    let database = TestDatabase { store: Store::connect(&url, 8).expect("store"), url, name };
    let url = database.url.clone();
    in_own_runtime(async move {
        let store = Store::connect(&url, 4).expect("store");
        let config = Arc::new(Config { data: scratch(), ..config() });
        let publisher = Publisher::new(config, store.clone()).with_reader(PROGRAM.into());
        for request in requests {
            publisher.publish(request, &|_| ()).await.expect("published");
        }
        store.close().await;
    });
    let server = server_with(&database, configuration);
    Region { base: server.base.clone(), database, _server: server }
}
