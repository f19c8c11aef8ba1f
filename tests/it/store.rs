//! The store: cluster, sessions, migrations, change feed.

use crate::support;
use datasud::store::{Change, Cluster, ClusterOptions, Deadline, Store, StoreError};
use futures_util::StreamExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

#[tokio::test]
async fn every_test_database_is_migrated_and_its_own() {
    let (one, two) = (support::database().await, support::database().await);
    let mut session = one.store.session(soon()).await.expect("session");
    session.batch("create table only_here (x int)").await.expect("table");
    let mut other = two.store.session(soon()).await.expect("session");
    let row = other.query_one("select count(*) from datasud.organisation", &[]).await.expect("platform");
    assert_eq!(row.get::<_, i64>(0), 0);
    assert!(other.query("select * from only_here", &[]).await.is_err());
}

const LAYER: &str = "
    insert into datasud.organisation (slug, title, prefix, namespace) values ('o', 'O', 'o', 'http://e.org/o');
    insert into datasud.dataset (organisation_id, slug, title, record)
        select id, 'd', 'D', gen_random_uuid() from datasud.organisation;
    create table data.points_v1 (fid bigint primary key, name text, geom geometry(Point, 2154));
    insert into data.points_v1 values (1, 'a', st_setsrid(st_makepoint(700000, 6600000), 2154));
    create view data.points as select * from data.points_v1;
    insert into datasud.layer (dataset_id, slug, title, table_name, geometry, srid, columns, features, extent, extent_lonlat)
        select id, 'points', 'Points', 'points_v1', 'Point', 2154, '[]', 1,
            array[700000, 6600000, 700000, 6600000], array[3, 46.5, 3, 46.5] from datasud.dataset;
    select datasud.watch('points_v1', id) from datasud.layer;
    select datasud.watch('points_v1', id) from datasud.layer;";

async fn next_edit(feed: &mut tokio::sync::broadcast::Receiver<Change>) -> Change {
    loop {
        let change = tokio::time::timeout(Duration::from_secs(30), feed.recv()).await;
        match change.expect("a change in time").expect("feed") {
            Change::Resync => {}
            change => return change,
        }
    }
}

#[tokio::test]
async fn plain_sql_edits_through_the_view_raise_the_generation_and_tell_the_box() {
    let database = support::database().await;
    let mut session = database.store.session(soon()).await.expect("session");
    session.batch(LAYER).await.expect("layer");
    let mut feed = database.store.changes();
    // The feed says when it listens.
    assert_eq!(feed.recv().await.expect("feed"), Change::Resync);
    let facts = "select id, generation, features, extent, extent_lonlat from datasud.layer";
    let row = session.query_one(facts, &[]).await.expect("facts");
    let (id, mut last): (i64, i64) = (row.get(0), row.get(1));

    let steps: [(&str, Option<[f64; 4]>, i64); 4] = [
        (
            "insert into data.points values (2, 'b', st_setsrid(st_makepoint(710000, 6610000), 2154)), (3, 'c', null)",
            Some([710_000.0, 6_610_000.0, 710_000.0, 6_610_000.0]),
            3,
        ),
        (
            "update data.points set geom = st_setsrid(st_makepoint(690000, 6610000), 2154) where fid = 2",
            Some([690_000.0, 6_610_000.0, 710_000.0, 6_610_000.0]),
            3,
        ),
        ("delete from data.points where fid = 3", None, 2),
        ("truncate data.points_v1", None, 0),
    ];
    for (sql, expected, features) in steps {
        session.batch(sql).await.expect(sql);
        let row = session.query_one(facts, &[]).await.expect("facts");
        let generation: i64 = row.get(1);
        assert!(generation > last, "{sql}");
        assert_eq!(row.get::<_, i64>(2), features, "{sql}");
        assert_eq!(next_edit(&mut feed).await, Change::Edited { layer_id: id, generation, bbox: expected });
        last = generation;
        if sql.starts_with("update") {
            let extent: Vec<f64> = row.get(3);
            assert_eq!(extent, [690_000.0, 6_600_000.0, 710_000.0, 6_610_000.0]);
            let lonlat: Vec<f64> = row.get(4);
            assert!(lonlat[0] < 2.88 && lonlat[2] > 3.12 && lonlat[3] > 46.58, "{lonlat:?}");
        }
    }
    session.batch("update data.points set name = 'x' where fid = 99").await.expect("nothing touched");
    let row = session.query_one(facts, &[]).await.expect("facts");
    assert_eq!(row.get::<_, i64>(1), last, "a statement that touches nothing changes nothing");
}

#[tokio::test]
async fn a_query_past_its_deadline_is_cancelled_on_the_server() {
    let database = support::database().await;
    let deadline = Deadline::after(Duration::from_millis(300));
    let mut session = database.store.session(deadline).await.expect("session");
    let outcome = session.query("select pg_sleep(600)", &[]).await;
    assert!(matches!(outcome, Err(StoreError::Deadline)), "{outcome:?}");
    drop(session);
    until_nothing_runs(&database.store, "select pg_sleep(600)").await;
}

#[tokio::test]
async fn a_dropped_stream_cancels_its_query() {
    let database = support::database().await;
    let sql = "select g, pg_sleep(0.001) from generate_series(1, 10000000) g";
    let session = database.store.session(soon()).await.expect("session");
    let mut rows = session.stream(sql, &[]).await.expect("stream");
    assert!(rows.next().await.expect("a row").is_ok());
    drop(rows);
    until_nothing_runs(&database.store, sql).await;
}

#[tokio::test]
async fn a_stream_past_its_deadline_ends_with_an_error_and_never_looks_complete() {
    let database = support::database().await;
    let session = database.store.session(Deadline::after(Duration::from_secs(3))).await.expect("session");
    let sql = "select generate_series(1, 10000000), repeat('x', 9000), pg_sleep(0.01)";
    let mut rows = session.stream(sql, &[]).await.expect("stream");
    let last = loop {
        match rows.next().await {
            Some(Ok(_)) => {}
            other => break other,
        }
    };
    assert!(matches!(last, Some(Err(StoreError::Deadline))), "{:?}", last.map(|r| r.err()));
    drop(rows);
    until_nothing_runs(&database.store, sql).await;
}

#[tokio::test]
async fn a_fast_stream_also_ends_at_its_deadline() {
    let database = support::database().await;
    let session = database.store.session(Deadline::after(Duration::from_millis(300))).await.expect("session");
    let mut rows = session.stream("select generate_series(1, 2000000000)", &[]).await.expect("stream");
    loop {
        match rows.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break assert!(matches!(error, StoreError::Deadline), "{error:?}"),
            None => panic!("two thousand million rows in 0.3 s"),
        }
    }
}

/// Polls until no backend runs `sql` any more.
async fn until_nothing_runs(store: &Store, sql: &str) {
    let running = "select count(*) from pg_stat_activity where state = 'active' and query = $1";
    let mut session = store.session(soon()).await.expect("session");
    let what = format!("the end of {sql}");
    let ended = async || session.query_one(running, &[&sql]).await.expect("activity").get::<_, i64>(0) == 0;
    support::until_holds(&what, ended).await;
}

#[tokio::test]
async fn waiting_for_a_connection_counts_against_the_deadline() {
    let database = support::database().await;
    let store = Store::connect(&database.url, 1).expect("store");
    let held = store.session(soon()).await.expect("the only connection");
    let outcome = store.session(Deadline::after(Duration::from_millis(100))).await;
    assert!(matches!(outcome.err(), Some(StoreError::Deadline)));
    drop(held);
    assert!(store.session(soon()).await.is_ok());
}

#[tokio::test]
async fn a_rolled_back_or_forgotten_transaction_leaves_nothing() {
    let database = support::database().await;
    let insert = "insert into datasud.discarded_table (table_name) values ('x')";
    for forget in [false, true] {
        let mut transaction = database.store.job().await.expect("job").begin().await.expect("begun");
        transaction.session().expect("session").execute(insert, &[]).await.expect("inserted");
        if !forget {
            transaction.rollback().await.expect("rolled back");
        }
        let mut session = database.store.session(soon()).await.expect("session");
        let rows = session.query("select 1 from datasud.discarded_table", &[]).await.expect("rows");
        assert!(rows.is_empty());
    }
}

#[tokio::test]
async fn a_transaction_with_a_failed_statement_cannot_be_committed() {
    let database = support::database().await;
    let mut transaction = database.store.job().await.expect("job").begin().await.expect("begun");
    let session = transaction.session().expect("session");
    assert!(session.query("select * from datasud.no_such_table", &[]).await.is_err());
    assert!(transaction.commit().await.is_err(), "it was rolled back, and that is said");
    assert!(database.store.session(soon()).await.is_ok());
}

#[tokio::test]
async fn a_connection_does_not_keep_prepared_statements_without_end() {
    let database = support::database().await;
    let store = Store::connect(&database.url, 1).expect("store");
    for round in 0..700 {
        let mut session = store.session(soon()).await.expect("session");
        session.query_one(&format!("select {round}"), &[]).await.expect("row");
    }
    let mut session = store.session(soon()).await.expect("session");
    let row = session.query_one("select count(*) from pg_prepared_statements", &[]).await.expect("count");
    assert!(row.get::<_, i64>(0) < 350, "{}", row.get::<_, i64>(0));
}

#[tokio::test]
async fn migrations_may_run_again_and_by_several_nodes_at_once() {
    let database = support::database().await;
    let mut session = database.store.session(soon()).await.expect("session");
    session
        .batch("drop schema datasud cascade; drop schema data cascade; drop schema overview cascade; drop table public.datasud_migration")
        .await
        .expect("emptied");
    let (a, b) = (&database.store, Store::connect(&database.url, 2).expect("second node"));
    let (one, two) = tokio::join!(a.migrate(), b.migrate());
    one.expect("first node");
    two.expect("second node");
    a.migrate().await.expect("again");
    assert!(session.query("select 1 from datasud.layer", &[]).await.is_ok());
}

#[tokio::test]
async fn the_feed_comes_back_after_its_connection_broke_and_says_that_something_may_be_missed() {
    let database = support::database().await;
    let mut feed = database.store.changes();
    assert_eq!(feed.recv().await.expect("listening"), Change::Resync);
    let mut session = database.store.session(soon()).await.expect("session");
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query = 'listen datasud'";
    assert_eq!(session.query(end, &[]).await.expect("ended").len(), 1);
    assert_eq!(feed.recv().await.expect("listening again"), Change::Resync);
    session.batch(r#"notify datasud, '{"kind":"catalogue","generation":7}'"#).await.expect("told");
    assert_eq!(feed.recv().await.expect("heard"), Change::Catalogue { generation: 7 });
}

fn alive(process: u32) -> bool {
    // A zombie has no command line.
    std::fs::read(format!("/proc/{process}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn kill(process: u32) {
    assert!(Command::new("kill").args(["-9", &process.to_string()]).status().expect("kill").success());
    support::until("the process is gone", || !alive(process));
}

#[test]
fn a_cluster_is_shared_by_its_users_and_stopped_by_the_last_one() {
    // Too long for a socket address, with what shells and configuration files stumble over.
    let folder = support::open_folder("cluster");
    let data = folder.path().join(format!("l'été à {}", "x".repeat(90))).join("data");
    let options = ClusterOptions { durable: false, connections: 20 };
    let first = Cluster::start(&data, &options).expect("created and started");
    let postmaster = first.process_id().expect("running");
    let second = Cluster::start(&data, &options).expect("attached");
    assert_eq!(second.process_id(), Some(postmaster));
    drop(first);
    assert!(alive(postmaster), "somebody still uses it");
    answers(&second);
    drop(second);
    assert!(!alive(postmaster), "nobody uses it any more");

    // Killed, with its files left behind.
    let again = Cluster::start(&data, &options).expect("started again");
    let before = again.process_id().expect("running");
    kill(before);
    again.ensure_running().expect("started after a kill");
    assert_ne!(again.process_id().expect("running"), before);
    answers(&again);
    again.release();
    assert!(again.ensure_running().is_err(), "a released cluster is not started again");

    // A number that belongs to another program now, as after a restart of the machine.
    let stale = data.join("postgres/postmaster.pid");
    std::fs::write(&stale, format!("{}\n", std::process::id())).expect("stale file");
    answers(&Cluster::start(&data, &options).expect("started over a stale file"));
}

fn answers(cluster: &Cluster) {
    let url = cluster.url("postgres");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async move {
        let store = Store::connect(&url, 1).expect("store");
        let mut session = store.session(soon()).await.expect("session");
        assert_eq!(session.query_one("select 42", &[]).await.expect("row").get::<_, i32>(0), 42);
    });
}

fn list(data: &Path) -> Command {
    let mut command = Command::new(support::PROGRAM);
    command.args(["list", "--json", "--data"]).arg(data);
    for name in ["DATASUD_DATABASE_URL", "DATASUD_CONFIG", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
}

fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_folder_that_postgresql_may_not_enter_is_named_with_a_remedy() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let closed = tempfile::tempdir().expect("a folder");
    let only_root = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(closed.path(), only_root).expect("closed");
    let said = refusal(&list(&closed.path().join("data")).output().expect("run"));
    let path = closed.path().canonicalize().expect("path").display().to_string();
    assert!(said.contains(&format!("chmod o+x {path}'")) && said.contains("--data"), "{said}");
}

#[test]
fn a_cluster_of_another_version_is_refused_with_a_remedy() {
    let folder = support::open_folder("version");
    std::fs::create_dir(folder.path().join("postgres")).expect("folder");
    std::fs::write(folder.path().join("postgres/PG_VERSION"), "9.6\n").expect("version");
    let said = refusal(&list(folder.path()).output().expect("run"));
    assert!(said.contains("PostgreSQL 9") && said.contains("postgresql-9-postgis-3"), "{said}");
}

#[test]
fn missing_programs_are_named_with_their_package() {
    let folder = support::open_folder("programs");
    let output = list(folder.path()).env("DATASUD_POSTGRES_BIN", "/nowhere").output().expect("run");
    let said = refusal(&output);
    assert!(said.contains("postgresql-15-postgis-3") && said.contains("--database-url"), "{said}");
}

#[test]
fn a_folder_that_is_no_cluster_is_left_alone() {
    let folder = support::open_folder("other");
    let file = folder.path().join("postgres/precious.txt");
    std::fs::create_dir(folder.path().join("postgres")).expect("folder");
    std::fs::write(&file, "x").expect("file");
    let said = refusal(&list(folder.path()).output().expect("run"));
    assert!(said.contains("not a PostgreSQL cluster"), "{said}");
    assert!(file.exists());
}

#[test]
fn an_external_server_that_is_not_there_is_said_without_its_password() {
    let folder = support::open_folder("external");
    let url = "postgres://user:secret@127.0.0.1:1/none";
    let said = refusal(&list(folder.path()).args(["--database-url", url]).output().expect("run"));
    assert!(said.contains("can't be reached") && !said.contains("secret"), "{said}");
}
