//! The HTTP server around the services: what every answer has, whatever it is.

use crate::support::{self, Answer, TestServer};
use datasud::config::Config;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

async fn served() -> (support::TestDatabase, TestServer) {
    let database = support::database().await;
    let server = support::server(&database);
    (database, server)
}

/// Sends bytes as they are and answers everything that comes back.
fn raw(base: &str, request: &str) -> String {
    let mut stream = support::connect(base);
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
        // Of whichever server of this process told last.
        "datasud_ingest_runs_total ",
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
async fn a_body_that_is_too_large_is_refused() {
    let database = support::database().await;
    let limits = datasud::config::Limits { body_bytes: 1000, ..Default::default() };
    let server = support::server_with(&database, Config { limits, ..support::config() });
    let answer = support::post(&format!("{}/wfs", server.base), "text/xml", "x".repeat(5000));
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert!(answer.text().contains("1000 bytes"), "{}", answer.text());
    is_open_to_every_page(&answer);
}

#[tokio::test]
async fn a_method_that_an_address_does_not_have_is_explained() {
    let (_database, server) = served().await;
    let ask = |method: &str| {
        raw(
            &server.base,
            &format!("{method} /wfs HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        )
    };
    let answer = ask("DELETE");
    assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    assert!(!answer.split_once("\r\n\r\n").expect("headers").1.is_empty(), "{answer}");
    assert!(ask("OPTIONS").starts_with("HTTP/1.1 20"), "{}", ask("OPTIONS"));
}

#[tokio::test]
async fn services_stand_behind_organisations_and_datasets_too() {
    let (_database, server) = served().await;
    for scope in ["/org/nobody", "/dataset/nothing"] {
        let url = format!("{}{scope}/wfs?SERVICE=WFS&REQUEST=GetCapabilities", server.base);
        let answer = support::get(&url);
        assert_eq!(answer.status, 404, "a scope that does not exist: {}", answer.text());
        assert!(answer.text().contains("ExceptionReport"), "in the protocol's form: {}", answer.text());
    }
}

#[tokio::test]
async fn garbage_on_the_wire_is_a_bad_request() {
    let (_database, server) = served().await;
    let answer = raw(&server.base, "GET / HTTP/9.9\r\n\r\n");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(support::get(&format!("{}/health", server.base)).status, 200);
}

/// The program itself, with a cluster of its own.
struct Running {
    child: Child,
    base: String,
}

impl Running {
    /// Starts `datasud serve` and waits until it says where it is.
    fn start(data: &Path) -> Self {
        let mut child = program(data).args(["serve", "--listen", "127.0.0.1:0"]).spawn().expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("output")).lines();
        let first = lines.next().expect("a line").expect("text");
        let base = first.split_whitespace().last().expect("address").trim_end_matches('/').to_owned();
        std::thread::spawn(move || lines.count());
        // Nobody reads what it logs; a pipe that is full would stop it in the middle of a line.
        let mut log = child.stderr.take().expect("its log");
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, base }
    }

    fn postmaster(data: &Path) -> u32 {
        let text = std::fs::read_to_string(data.join("postgres/postmaster.pid")).expect("postmaster.pid");
        text.lines().next().expect("a line").trim().parse().expect("a number")
    }

    fn status(&self) -> u16 {
        support::get(&format!("{}/ready", self.base)).status
    }

    fn until(&self, status: u16) {
        support::until(&format!("/ready answers {status}"), || self.status() == status);
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("kill").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(data: &Path) -> Command {
    let mut command = Command::new(support::PROGRAM);
    for name in ["DATASUD_DATABASE_URL", "DATASUD_CONFIG", "DATASUD_LISTEN", "DATASUD_PUBLIC_URL", "RUST_LOG"]
    {
        command.env_remove(name);
    }
    command.env("DATASUD_DATA", data).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn alive(process: u32) -> bool {
    std::fs::read(format!("/proc/{process}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[test]
fn the_program_survives_kills_of_its_database_and_of_itself_and_stops_in_order() {
    let folder = support::open_folder("serve");
    let data = folder.path();
    let mut server = Running::start(data);
    server.until(200);

    // Another process beside it.
    let list = program(data).args(["list", "--json"]).output().expect("list");
    assert_eq!(list.status.code(), Some(0), "{list:?}");
    assert_eq!(server.status(), 200, "the other one did not stop the database");

    let postmaster = Running::postmaster(data);
    assert!(Command::new("kill").args(["-9", &postmaster.to_string()]).status().expect("kill").success());
    // It says that the database is gone, unless it is back before anybody asks.
    let another = || {
        std::fs::read_to_string(data.join("postgres/postmaster.pid"))
            .is_ok_and(|text| text.lines().next().is_some_and(|line| line.trim() != postmaster.to_string()))
    };
    support::until("the end of the database is told", || server.status() == 503 || another());
    server.until(200);
    assert!(another());

    server.child.kill().expect("kill -9");
    server.child.wait().expect("gone");
    let postmaster = Running::postmaster(data);
    assert!(alive(postmaster), "PostgreSQL outlives a killed server");
    let mut server = Running::start(data);
    server.until(200);
    assert_eq!(Running::postmaster(data), postmaster, "the next server takes it over");

    server.signal("-TERM");
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    assert!(!alive(postmaster), "the last user stops PostgreSQL");
}

#[test]
fn two_programs_that_start_at_once_share_one_new_database() {
    let folder = support::open_folder("both");
    let start = || program(folder.path()).args(["list", "--json"]).spawn().expect("started");
    for child in [start(), start(), start()] {
        let output = child.wait_with_output().expect("ended");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "[]");
    }
    assert!(!folder.path().join("postgres/postmaster.pid").exists(), "the last one stopped it");
}

#[test]
fn a_port_in_use_is_said_in_one_sentence_before_anything_is_created() {
    let folder = support::open_folder("port");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let address = taken.local_addr().expect("address").to_string();
    let output = program(folder.path()).args(["serve", "--listen", &address]).output().expect("run");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("already in use") && said.contains("--listen"), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    assert!(!folder.path().join("postgres").exists());
}

#[test]
fn bad_usage_is_exit_code_2_and_touches_nothing() {
    let folder = support::open_folder("usage");
    let config = folder.path().join("datasud.toml");
    std::fs::write(&config, "title = 'x'\ncolour = 'red'\n").expect("file");
    let config = config.display().to_string();
    for arguments in [
        vec!["fly"],
        vec!["serve", "--frobnicate"],
        vec!["serve", "--listen", "nowhere"],
        vec!["serve", "--public-url", "data.example.org"],
        vec!["serve", "--config", &config],
        vec!["ingest"],
    ] {
        let output = program(folder.path()).args(&arguments).output().expect("run");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
    let output = program(folder.path()).args(["serve", "--config", &config]).output().expect("run");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("line 2") && said.contains("colour"), "{said}");
    assert!(!folder.path().join("postgres").exists());
}

#[test]
fn the_doctor_finds_a_port_in_use_and_says_what_to_do() {
    let folder = support::open_folder("doctor");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let address = taken.local_addr().expect("address").to_string();
    let output =
        program(folder.path()).args(["doctor", "--json", "--listen", &address]).output().expect("run");
    assert_eq!(output.status.code(), Some(1));
    let checks: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for check in checks.as_array().expect("array") {
        assert_eq!(check["ok"], check["name"] != "port", "{check}");
    }
    assert!(!folder.path().join("postgres").exists(), "the doctor changes nothing");
}
