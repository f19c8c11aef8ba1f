//! More than the server can do at once, clients that go away, and time that runs out.

use crate::support::region::{fixture, ingest, scalar};
use crate::support::{self, Answer, TestDatabase, config, get, server_with, until_holds as until};
use datasud::config::{Config, Limits};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const ROWS: usize = 300_000;

/// A database with a layer of many points.
async fn large() -> TestDatabase {
    let database = support::database().await;
    ingest(&database, "equipements", &[fixture("equipements.geojson")], |_| ()).await.expect("published");
    let table = scalar(&database, "select table_name from datasud.layer").await;
    let columns = scalar(
        &database,
        &format!("select string_agg(quote_ident(attname), ', ') from pg_attribute where attrelid = 'data.\"{table}\"'::regclass and attnum > 0 and not attisdropped and attname <> 'fid'"),
    )
    .await;
    let mut session = database.store.job().await.expect("session");
    session
        .batch(&format!(
            "insert into data.\"{table}\" (fid, {columns})
             select row_number() over () + 1000, {columns} from data.\"{table}\", generate_series(1, {ROWS} / 142 + 1)"
        ))
        .await
        .expect("rows");
    database
}

/// The statements of the server that run now on data.
async fn running(database: &TestDatabase) -> String {
    scalar(
        database,
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
         and state <> 'idle' and query ilike '%data%'",
    )
    .await
}

/// Opens an answer without reading it.
fn open(base: &str, path: &str) -> TcpStream {
    let host = base.trim_start_matches("http://");
    let mut stream = support::connect(base);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("asked");
    stream
}

const EXPORTS: [&str; 3] = [
    "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=equipements",
    "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=equipements&outputFormat=application/json",
    "/ogc/collections/equipements/items?limit=10000&f=json",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_query_of_a_client_that_goes_away_ends() {
    let database = large().await;
    let limits = Limits { max_page: 1_000_000, ..Limits::default() };
    let server = server_with(&database, Config { limits, ..config() });
    for path in EXPORTS.map(|p| p.replace("limit=10000", "limit=300000")) {
        let mut stream = open(&server.base, &path);
        let mut start = [0_u8; 4096];
        stream.read_exact(&mut start).expect("the start of the answer");
        assert!(start.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&start));
        // Nobody reads on: the answer stands still, and its query with it.
        until("the query never ran", async || running(&database).await != "0").await;
        drop(stream);
        until("the query goes on without its client", async || running(&database).await == "0").await;
    }
    assert_eq!(get(&format!("{}/ready", server.base)).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_time_is_over_never_looks_whole() {
    let database = large().await;
    let limits = Limits { export_seconds: 1, request_seconds: 1, max_page: 1_000_000, ..Limits::default() };
    let server = server_with(&database, Config { limits, ..config() });
    for path in EXPORTS.map(|p| p.replace("limit=10000", "limit=300000")) {
        let mut stream = open(&server.base, &path);
        let mut body = vec![0_u8; 4096];
        stream.read_exact(&mut body).expect("the start of the answer");
        // A client slower than its answer may last.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let _ = stream.read_to_end(&mut body);
        let text = String::from_utf8_lossy(&body);
        let whole = text.ends_with("0\r\n\r\n");
        assert!(
            text.starts_with("HTTP/1.1 200") && text.to_lowercase().contains("transfer-encoding: chunked"),
            "{text:.300}"
        );
        assert!(!whole, "{path} looks whole: {} bytes", body.len());
        let tail: String = text.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
        assert!(!tail.contains("FeatureCollection>") && !tail.contains("numberReturned"), "{path}: {tail}");
        until("the query outlives its time", async || running(&database).await == "0").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_gets_maps_or_is_told_when_to_come_back() {
    let database = support::database().await;
    ingest(&database, "communes", &[fixture("communes.zip")], |_| ()).await.expect("published");
    let limits = Limits {
        database_connections: 2,
        drawing_workers: 1,
        drawing_queue: 4,
        request_seconds: 5,
        ..Limits::default()
    };
    let server = server_with(&database, Config { limits, ..config() });
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let crowd: Vec<_> = (0..64)
            .map(|n| {
                let url = format!(
                    "{}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=communes&STYLES=&CRS=EPSG:2154&\
                     BBOX={},6240000,{},6310000&WIDTH=400&HEIGHT=400&FORMAT=image/png",
                    server.base,
                    880_000 + n * 10,
                    950_000 + n * 10
                );
                scope.spawn(move || get(&url))
            })
            .collect();
        crowd.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    for answer in &answers {
        match answer.status {
            200 => assert!(answer.body.starts_with(b"\x89PNG")),
            503 => {
                assert!(answer.header("retry-after").parse::<u32>().is_ok(), "when to come back");
                assert!(answer.text().contains("ServiceException"), "{}", answer.text());
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    assert!(answers.iter().any(|a| a.status == 200), "nobody got a map");
}
