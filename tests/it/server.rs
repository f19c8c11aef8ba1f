//! The HTTP server around the services: what every answer has, whatever it is.

use crate::support::{self, Answer, TestServer};
use datasud::config::Config;
use std::io::{Read, Write};
use std::net::TcpStream;

async fn served() -> (support::TestDatabase, TestServer) {
    let database = support::database().await;
    let server = support::server(&database);
    (database, server)
}

/// Sends bytes as they are and answers everything that comes back.
fn raw(base: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).expect("connection");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answer");
    answer
}

fn is_open_to_every_page(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    for name in ["ETag", "Link", "Content-Crs", "OGC-NumberMatched", "X-Request-Id"] {
        assert!(answer.header("access-control-expose-headers").contains(name), "{name}");
    }
}

#[tokio::test]
async fn it_is_alive_and_ready_and_tells_its_metrics() {
    let (_database, server) = served().await;
    assert_eq!(support::get(&format!("{}/health", server.base)).status, 200);
    assert_eq!(support::get(&format!("{}/ready", server.base)).status, 200);
    let metrics = support::get(&format!("{}/metrics", server.base));
    assert!(metrics.header("content-type").starts_with("text/plain"));
    let text = metrics.text();
    for line in [
        "datasud_requests_total{service=\"watch\",operation=\"ready\",status=\"200\"}",
        "datasud_request_duration_seconds_bucket{service=\"watch\",operation=\"health\",le=\"0.1\"}",
        "datasud_pool_connections{state=\"max\"} 16",
        "datasud_pool_waiting 0",
        "datasud_registry_generation ",
        "datasud_ingest_runs_total 0",
        "process_resident_memory_bytes ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn an_unknown_address_is_explained_to_programs_and_to_people() {
    let (_database, server) = served().await;
    let url = format!("{}/nothing/here", server.base);
    let answer = support::get(&url);
    assert_eq!((answer.status, answer.header("content-type")), (404, "application/problem+json"));
    assert_eq!(answer.json()["status"], 404);
    assert!(answer.json()["detail"].as_str().is_some_and(|d| d.contains("/nothing/here")));
    is_open_to_every_page(&answer);
    let page = support::get_with(&url, &[("accept", "text/html,*/*;q=0.8")]);
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let (_database, server) = served().await;
    let get = support::get_with(&format!("{}/health", server.base), &[("accept-encoding", "identity")]);
    let answer = raw(&server.base, "HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let (head, body) = answer.split_once("\r\n\r\n").expect("headers");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.to_lowercase().contains(&format!("content-length: {}", get.body.len())), "{head}");
    assert_eq!(body, "");
    assert_eq!(support::head(&format!("{}/nothing", server.base)).status, 404);
}

#[tokio::test]
async fn browsers_may_ask_first_and_are_allowed() {
    let (_database, server) = served().await;
    let answer = raw(
        &server.base,
        "OPTIONS /wfs HTTP/1.1\r\nHost: x\r\nOrigin: https://example.org\r\n\
         Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\
         Connection: close\r\n\r\n",
    )
    .to_lowercase();
    assert!(answer.starts_with("http/1.1 204"), "{answer}");
    assert!(answer.contains("access-control-allow-origin: *"), "{answer}");
    assert!(answer.contains("access-control-allow-methods: get, head, post"), "{answer}");
    assert!(answer.contains("content-type"), "{answer}");
}

#[tokio::test]
async fn text_is_compressed_when_the_client_takes_it() {
    let (_database, server) = served().await;
    let url = format!("{}/metrics", server.base);
    let ask = |encoding: &str| {
        raw(
            &server.base,
            &format!("HEAD /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n"),
        )
        .to_lowercase()
    };
    assert!(ask("gzip").contains("content-encoding: gzip"), "{}", ask("gzip"));
    assert!(!ask("identity").contains("content-encoding"));
    assert!(!ask("br").contains("content-encoding: br"));
    assert!(support::get_with(&url, &[("accept-encoding", "gzip")]).text().contains("datasud_"));
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_any_other_replaced() {
    let (_database, server) = served().await;
    let url = format!("{}/health", server.base);
    let id =
        |sent: &str| support::get_with(&url, &[("x-request-id", sent)]).header("x-request-id").to_owned();
    assert_eq!(id("trace-42"), "trace-42");
    assert_ne!(id("<script>"), "<script>");
    assert_eq!(support::get(&url).header("x-request-id").len(), 32);
}

#[tokio::test]
async fn an_address_that_is_too_long_is_refused() {
    let (_database, server) = served().await;
    let answer = support::get(&format!("{}/wms?x={}", server.base, "y".repeat(40_000)));
    assert_eq!(answer.status, 414);
    assert!(answer.json()["detail"].as_str().is_some_and(|d| d.contains("POST")));
    is_open_to_every_page(&answer);
}

#[tokio::test]
async fn a_server_without_its_database_says_so_and_when_to_come_back() {
    let database = support::database().await;
    let server = support::server_with(
        &database,
        Config {
            limits: datasud::config::Limits { request_seconds: 2, ..Default::default() },
            ..support::config()
        },
    );
    drop(database);
    let answer = support::get(&format!("{}/ready", server.base));
    assert_eq!(answer.status, 503);
    assert_ne!(answer.header("retry-after"), "");
    assert_eq!(support::get(&format!("{}/health", server.base)).status, 200);
    let metrics = support::get(&format!("{}/metrics", server.base));
    assert_eq!(metrics.status, 200, "metrics are there when the database is not");
}

#[tokio::test]
async fn garbage_on_the_wire_is_a_bad_request() {
    let (_database, server) = served().await;
    let answer = raw(&server.base, "GET / HTTP/9.9\r\n\r\n");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(support::get(&format!("{}/health", server.base)).status, 200);
}
