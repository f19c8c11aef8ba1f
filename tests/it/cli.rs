//! The command line: exit codes, JSON shapes, what people read.

use crate::support;
use crate::support::region::{Ran, command, data_tables, datasud, embedded, fixture};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

fn path(name: &str) -> String {
    fixture(name).to_str().expect("UTF-8").to_owned()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// The shape of a dataset's and a layer's JSON.
fn check_layer(layer: &Value) {
    assert_eq!(keys(layer), ["slug", "title", "features", "geometry", "crs", "extent"]);
    let extent: Vec<f64> = serde_json::from_value(layer["extent"].clone()).expect("four numbers");
    let [west, south, east, north] = extent.try_into().expect("four numbers");
    assert!(5.0 < west && west <= east && east < 7.0 && 43.0 < south && south <= north && north < 44.5);
}

#[tokio::test]
async fn ingest_list_replace_and_remove_answer_in_the_agreed_json() {
    let database = support::database().await;
    let communes = path("communes.zip");
    let ingest = ["ingest", &communes, "--organisation", "crige", "--title", "Communes", "--json"];
    let ran = datasud(&database, &ingest);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let answer = ran.json();
    assert_eq!(keys(&answer), ["status", "dataset", "layers", "report"]);
    assert_eq!(answer["status"], "published");
    assert_eq!(keys(&answer["dataset"]), ["slug", "title", "organisation", "version", "record"]);
    let dataset = json!({"slug": "communes", "title": "Communes", "organisation": "crige", "version": 1,
        "record": answer["dataset"]["record"]});
    assert_eq!(answer["dataset"], dataset);
    assert!(uuid::Uuid::parse_str(answer["dataset"]["record"].as_str().expect("text")).is_ok());
    let layer = &answer["layers"][0];
    check_layer(layer);
    assert_eq!(
        (&layer["slug"], &layer["features"], &layer["geometry"], &layer["crs"]),
        (&json!("communes"), &json!(60), &json!("Polygon"), &json!("EPSG:2154"))
    );

    let listed = datasud(&database, &["list", "--json"]).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(keys(&listed[0]), ["slug", "title", "organisation", "version", "record", "layers"]);
    assert_eq!(listed[0]["layers"], answer["layers"]);

    let refused = datasud(&database, &ingest);
    assert_eq!((refused.code, &refused.json()["status"]), (1, &json!("refused")));
    assert_eq!(refused.json()["layers"], json!([]));
    assert_eq!(refused.json()["report"][0]["code"], "name-in-use");

    let same = datasud(&database, &["ingest", &communes, "--title", "Communes", "--replace", "--json"]);
    assert_eq!(
        (same.code, &same.json()["status"], &same.json()["dataset"]["version"]),
        (0, &json!("published"), &json!(1))
    );
    let new = datasud(
        &database,
        &["ingest", &communes, "--dataset", "communes", "--replace", "--licence", "ODbL-1.0", "--json"],
    );
    assert_eq!((new.code, &new.json()["dataset"]["version"]), (0, &json!(2)));
    assert_eq!(new.json()["dataset"]["record"], answer["dataset"]["record"]);

    assert_eq!(datasud(&database, &["remove", "communes"]).code, 0);
    assert_eq!(datasud(&database, &["list", "--json"]).json(), json!([]));
    assert_eq!(data_tables(&database).await, Vec::<String>::new());
}

#[tokio::test]
async fn people_read_sentences_and_addresses() {
    let database = support::database().await;
    let ran = datasud(&database, &["ingest", &path("patrimoine.gpkg"), "--title", "Patrimoine"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for words in ["'patrimoine'", "'sites_proteges'", "MultiPolygon", "/datasets/patrimoine", "/wms"] {
        assert!(ran.stdout.contains(words), "{words} is not in {}", ran.stdout);
    }
    // Not a terminal: plain lines, no control characters.
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stdout.contains('\u{1b}'));
    let facts: Vec<&str> = ran.stdout.lines().filter(|l| l.starts_with("  '")).collect();
    assert_eq!(facts.len(), 3, "{}", ran.stdout);
    assert!(facts.iter().all(|l| l.chars().count() <= 80), "a terminal has 80 columns: {}", ran.stdout);
    let list = datasud(&database, &["list"]).stdout;
    assert!(list.starts_with("patrimoine: Patrimoine, version 1"), "{list}");
    assert!(list.lines().skip(1).all(|l| l.starts_with("  ") && l.chars().count() <= 80), "{list}");
    assert_eq!(list.lines().count(), 4, "{list}");
    let again = datasud(&database, &["ingest", &path("patrimoine.gpkg")]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("--replace") && again.stdout.is_empty(), "{}", again.stderr);
}

#[tokio::test]
async fn bad_usage_is_exit_code_two_and_says_what_is_right() {
    let database = support::database().await;
    let communes = path("communes.zip");
    for arguments in [
        &["ingest"][..],
        &["ingest", &communes, "--nonsense"],
        &["ingest", &communes, "--dataset", "Not A Slug"],
        &["ingest", &communes, "--dataset", ""],
        &["ingest", &communes, "--layer", "--json"],
        &["remove"],
        &["list", "communes"],
        &["inggest", &communes],
    ] {
        let ran = datasud(&database, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {} {}", ran.stdout, ran.stderr);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty());
    }
    assert_eq!(data_tables(&database).await, Vec::<String>::new());
}

#[tokio::test]
async fn removing_what_is_not_there_is_an_error_that_names_it() {
    let database = support::database().await;
    for name in ["absent", "Not A Slug", "x'; drop schema data; --"] {
        let Ran { code, stderr, .. } = datasud(&database, &["remove", name]);
        assert_eq!(code, 1);
        assert!(stderr.contains(name) && stderr.contains("datasud list"), "{stderr}");
    }
}

#[tokio::test]
async fn nothing_published_is_an_empty_list_not_an_error() {
    let database = support::database().await;
    let ran = datasud(&database, &["list"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.contains("datasud ingest"));
}

#[tokio::test]
async fn help_teaches_by_example() {
    let database = support::database().await;
    let ran = datasud(&database, &["ingest", "--help"]);
    assert_eq!(ran.code, 0);
    for words in ["--replace", "--crs", "--encoding", "Examples:", "Exit code"] {
        assert!(ran.stdout.contains(words), "{words} is not in {}", ran.stdout);
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_said_without_its_password() {
    let database = support::database().await;
    let ran = command(&database, &["ingest", &path("communes.zip"), "--json"])
        .env("DATASUD_DATABASE_URL", "postgres://someone:secret-word@127.0.0.1:1/none")
        .output()
        .expect("the program runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert_eq!(ran.status.code(), Some(1), "{stdout} {stderr}");
    let answer: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((&answer["status"], &answer["report"][0]["level"]), (&json!("refused"), &json!("error")));
    assert!(!stdout.contains("secret-word") && !stderr.contains("secret-word"), "{stdout} {stderr}");
}

/// Starts the demo, reads what it says on standard output, looks at it and asks it to stop. Answers
/// standard error.
fn demo(data: &Path) -> String {
    let mut child = embedded(data, &["demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
    let said: Vec<String> = lines.by_ref().take(3).map(|line| line.expect("a line")).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    let words = said.iter().flat_map(|line| line.split_whitespace());
    let base =
        words.clone().find(|word| word.starts_with("http://")).expect("an address").trim_end_matches('/');
    assert_eq!(support::get(&format!("{base}/ready")).status, 200);
    let stop = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(stop.expect("kill runs").success());
    let ran = Ran::from(child.wait_with_output().expect("ended"));
    assert_eq!((ran.code, lines.count()), (0, 0), "{}", ran.stderr);
    ran.stderr
}

#[tokio::test]
async fn the_demo_says_in_three_lines_where_to_look_and_loads_nothing_twice() {
    let home = support::open_folder("demo");
    let data = home.path().join("data");
    let first = demo(&data);
    assert_eq!(first.matches("loaded: ").count(), 5, "{first}");
    let listed = |()| Ran::from(embedded(&data, &["list", "--json"]).output().expect("runs")).json();
    let before = listed(());
    assert_eq!(before.as_array().map(Vec::len), Some(5));
    let second = demo(&data);
    assert_eq!(second.matches("already there: ").count(), 5, "{second}");
    assert_eq!(listed(()), before);
    // Somebody else's data is never replaced by the demo's.
    let mine = embedded(&data, &["remove", "routes"]).status().expect("runs");
    assert!(mine.success());
    let routes = path("routes.geojson");
    assert!(embedded(&data, &["ingest", &routes]).status().expect("runs").success());
    let ran = Ran::from(embedded(&data, &["demo", "--listen", "127.0.0.1:0"]).output().expect("runs"));
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("'routes'") && ran.stderr.contains("--data"), "{}", ran.stderr);
}

#[tokio::test]
async fn a_running_server_shows_at_once_what_another_process_publishes_and_removes() {
    let database = support::database().await;
    let server = support::server(&database);
    let ready = || support::get(&format!("{}/ready", server.base));
    assert_eq!(ready().status, 200);
    let collection = format!("{}/ogc/collections/routes", server.base);
    assert_eq!(support::get(&collection).status, 404);
    assert_eq!(datasud(&database, &["ingest", &path("routes.geojson")]).code, 0);
    support::until("the server hears of it", || support::get(&collection).status == 200);
    assert_eq!(datasud(&database, &["remove", "routes"]).code, 0);
    support::until("the server hears of it", || support::get(&collection).status == 404);
}

#[test]
fn the_shared_region_is_the_demos() {
    let region = support::region();
    assert_eq!(support::get(&region.url("/ready")).status, 200);
}
