//! What the tests stand on: one throw-away cluster for all of them, a fresh database for each, and the
//! real server over it.
//!
//! The cluster is made by the product's own code in the target folder and stopped when the last test
//! process ends, however it ends.

#![allow(dead_code, reason = "areas use what they need")]

pub mod region;
#[allow(unused_imports, reason = "areas use what they need")]
pub use region::{ingest, region, served};

use datasud::config::Config;
use datasud::publish::{self, Registry};
use datasud::services::edge::App;
use datasud::store::{Cluster, ClusterOptions, Store};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// The built program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_datasud");

/// How long a test waits for what must come. Generous, because machines are slow; never endless, because a
/// test that waits for ever tells nobody what it waits for.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// After so long the whole run is given up, and what still runs is told.
const WHOLE_RUN: Duration = Duration::from_secs(40 * 60);

/// A database of its own for one test, migrated and empty; dropped with it.
pub struct TestDatabase {
    /// A store on it, in the runtime of the test that asked for it.
    pub store: Store,
    /// Its address, as `--database-url` takes it.
    pub url: String,
    name: String,
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let sql = format!("drop database if exists \"{}\" with (force)", self.name);
        administer(vec![sql]);
    }
}

/// A fresh database from the migrated template.
pub async fn database() -> TestDatabase {
    let (name, url) = tokio::task::spawn_blocking(fresh).await.expect("fresh database");
    TestDatabase { store: Store::connect(&url, 8).expect("store"), url, name }
}

fn fresh() -> (String, String) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let prepared = prepared();
    let name = format!("t_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    administer(vec![format!("create database \"{name}\" template \"{}\"", prepared.template)]);
    let url = prepared.cluster.url(&name);
    (name, url)
}

/// The configuration that tests change to their needs.
pub fn config() -> Config {
    Config { listen: "127.0.0.1:0".into(), ..Config::default() }
}

/// The real server over a test database, on a port of its own; stops when dropped.
pub struct TestServer {
    /// Address without a slash at the end: `http://127.0.0.1:…`.
    pub base: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let end = Instant::now() + PATIENCE;
            while !thread.is_finished() {
                if Instant::now() > end {
                    let said = format!("the server at {} does not stop", self.base);
                    // A second panic would end the whole run without a word.
                    assert!(std::thread::panicking(), "{said}");
                    let _ = writeln!(std::io::stderr(), "{said}");
                    return;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            let _ = thread.join();
        }
    }
}

/// Serves a database as `datasud serve` does.
pub fn server(database: &TestDatabase) -> TestServer {
    server_with(database, config())
}

/// Serves a database with a configuration of the test's own.
pub fn server_with(database: &TestDatabase, config: Config) -> TestServer {
    let (listener, address) = datasud::server::bind("127.0.0.1:0").expect("a free port");
    let config = Config { listen: address.to_string(), database_url: Some(database.url.clone()), ..config };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (ready, is_ready) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("runtime");
        runtime.block_on(async move {
            let url = config.database_url.clone().expect("url");
            let store = Store::connect(&url, config.limits.database_connections).expect("store");
            let registry = Registry::default();
            registry.replace(publish::load(&store).await.expect("what is published"));
            let config = Arc::new(config);
            publish::follow(registry.clone(), store.clone());
            publish::keep_overviews(Arc::clone(&config), registry.clone(), store.clone());
            let app = Arc::new(App::new(config, store.clone(), registry));
            ready.send(()).expect("test waits");
            let stop = async {
                let _ = stopped.await;
            };
            datasud::server::run(app, listener, stop).await.expect("server");
            store.close().await;
        });
    });
    is_ready.recv().expect("server started");
    TestServer { base: format!("http://{address}"), stop: Some(stop), thread: Some(thread) }
}

/// A folder that PostgreSQL's own account can enter even when the tests run as root.
pub fn open_folder(name: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::Builder::new().prefix(name).tempdir().expect("temporary folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("permissions");
    folder
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: ureq::http::HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text()))
    }
}

/// A connection for what no client library would send; it does not wait for ever either.
pub fn connect(base: &str) -> std::net::TcpStream {
    let stream = std::net::TcpStream::connect(base.trim_start_matches("http://")).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream
}

/// A client that takes every status for an answer, follows nothing and does not wait for ever.
pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.allow_non_standard_methods(true).timeout_global(Some(PATIENCE)).build().into()
}

fn answer(response: ureq::http::Response<ureq::Body>) -> Answer {
    let (parts, mut body) = response.into_parts();
    let body = body.with_config().limit(1 << 30).read_to_vec().expect("body");
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// GET.
pub fn get(url: &str) -> Answer {
    answer(agent().get(url).call().unwrap_or_else(|e| panic!("GET {url}: {e}")))
}

/// GET with request headers.
pub fn get_with(url: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers.iter().fold(agent().get(url), |r, (name, value)| r.header(*name, *value));
    answer(request.call().unwrap_or_else(|e| panic!("GET {url}: {e}")))
}

/// HEAD.
pub fn head(url: &str) -> Answer {
    let response = agent().head(url).call().unwrap_or_else(|e| panic!("HEAD {url}: {e}"));
    let (parts, _) = response.into_parts();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body: Vec::new() }
}

/// POST of a body with its media type.
pub fn post(url: &str, content_type: &str, body: impl AsRef<[u8]>) -> Answer {
    let request = agent().post(url).header("content-type", content_type);
    answer(request.send(body.as_ref()).unwrap_or_else(|e| panic!("POST {url}: {e}")))
}

/// POST with request headers.
pub fn post_with(url: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let request = headers.iter().fold(agent().post(url), |r, (name, value)| r.header(*name, *value));
    answer(request.send(body.as_ref()).unwrap_or_else(|e| panic!("POST {url}: {e}")))
}

struct Prepared {
    cluster: Cluster,
    template: String,
}

fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        give_up_in_the_end();
        let folder = cluster_folder();
        let options = ClusterOptions { durable: false, connections: 400 };
        let cluster = Cluster::start(&folder, &options).expect("test cluster");
        stop_with_this_process(&folder, cluster.process_id().expect("postmaster"));
        let template = format!("template_{:016x}", fingerprint());
        make_template(&cluster, &template);
        Prepared { cluster, template }
    })
}

/// The target folder, or a temporary one when PostgreSQL's account can't enter it (a clone in `/root`).
fn cluster_folder() -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(target).expect("target folder");
    let enterable =
        target.ancestors().all(|folder| folder.metadata().is_ok_and(|m| m.permissions().mode() & 0o001 != 0));
    if enterable || !rustix::process::geteuid().is_root() {
        return target.join("cluster");
    }
    let hash = xxhash_rust::xxh3::xxh3_64(target.as_os_str().as_encoded_bytes());
    std::env::temp_dir().join(format!("datasud-tests-{hash:016x}"))
}

/// A run that hangs says in which tests: their threads bear their names, cut to fifteen characters by Linux.
fn give_up_in_the_end() {
    std::thread::spawn(|| {
        std::thread::sleep(WHOLE_RUN);
        let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
        let tests: Vec<String> =
            names.map(|name| name.trim().to_owned()).filter(|name| name.contains("::")).collect();
        let minutes = WHOLE_RUN.as_secs() / 60;
        // Not by a macro, whose words would be kept for the test that began the run.
        let _ = writeln!(std::io::stderr(), "given up after {minutes} minutes; these still run: {tests:?}");
        std::process::exit(1);
    });
}

/// A small watcher stops the cluster when this process has ended and nobody else uses it: statics are
/// not dropped, and a killed process drops nothing.
fn stop_with_this_process(folder: &Path, postmaster: u32) {
    use std::os::unix::process::CommandExt;
    let users = folder.join("postgres.users");
    let child = std::process::Command::new("sh")
        .args(["-c", "cat >/dev/null; exec flock -n \"$0\" kill -INT \"$1\""])
        .arg(&users)
        .arg(postmaster.to_string())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .process_group(0)
        .spawn()
        .expect("watcher");
    // Its standard input stays open exactly as long as this process lives.
    std::mem::forget(child);
}

fn fingerprint() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("migrations").flatten().map(|e| e.path()).collect();
    files.sort();
    let text: Vec<u8> = files.iter().flat_map(|f| std::fs::read(f).expect("migration")).collect();
    xxhash_rust::xxh3::xxh3_64(&text)
}

/// Makes the template once for each set of migrations, and drops what killed test runs left behind.
fn make_template(cluster: &Cluster, template: &str) {
    let admin = cluster.url("postgres");
    let (template, draft) = (template.to_owned(), format!("draft_{}", std::process::id()));
    let draft_url = cluster.url(&draft);
    in_own_runtime(async move {
        let store = Store::connect(&admin, 1).expect("admin store");
        let mut session = store.job().await.expect("admin session");
        session.execute("select pg_advisory_lock(1)", &[]).await.expect("lock");
        let databases = session.query("select datname from pg_database", &[]).await.expect("databases");
        let names: Vec<String> = databases.iter().map(|row| row.get(0)).collect();
        for name in &names {
            let process = name.strip_prefix("t_").or_else(|| name.strip_prefix("draft_"));
            let process = process.and_then(|rest| rest.split('_').next());
            let stale = match process {
                Some(process) => !Path::new("/proc").join(process).exists(),
                None => name.starts_with("template_") && *name != template,
            };
            if stale {
                let _ = session.batch(&format!("drop database if exists \"{name}\" with (force)")).await;
            }
        }
        if !names.contains(&template) {
            session.batch(&format!("create database \"{draft}\" template template0")).await.expect("draft");
            let drafted = Store::connect(&draft_url, 2).expect("draft store");
            drafted.migrate().await.expect("migrations");
            drafted.close().await;
            let terminate = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
            session.query(terminate, &[&draft]).await.expect("sessions ended");
            let rename = format!("alter database \"{draft}\" rename to \"{template}\"");
            // The ended sessions leave in their own time.
            let end = Instant::now() + PATIENCE;
            while let Err(error) = session.batch(&rename).await {
                assert!(Instant::now() < end, "the template can't get its name: {error:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        session.execute("select pg_advisory_unlock(1)", &[]).await.expect("unlock");
    });
}

/// Runs statements on the cluster's maintenance database.
fn administer(statements: Vec<String>) {
    let admin = prepared().cluster.url("postgres");
    in_own_runtime(async move {
        let store = Store::connect(&admin, 1).expect("admin store");
        let mut session = store.job().await.expect("admin session");
        for statement in statements {
            session.batch(&statement).await.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
        }
    });
}

/// Apart from the runtime of the test, which may be ending.
fn in_own_runtime(work: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime").block_on(work);
    });
    thread.join().expect("work on the test cluster");
}

/// Asks again and again until something holds, no longer than [`PATIENCE`].
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// [`until`] for what has to be awaited.
pub async fn until_holds(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < end, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
