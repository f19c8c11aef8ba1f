//! What no client would send: every parameter and part of an address of every protocol takes every value
//! of a corpus, and bodies are as bad as bodies can be. Nothing may fail, tell of the inside or stay
//! without an answer in the protocol's form.

mod bodies;
mod corpus;
mod requests;
mod second_versions;
mod tiles_and_files;

use crate::support::{Answer, agent, region};
use datasud::store::Store;
use requests::{Base, Part};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How a service tells of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Wms,
    Ows,
    Json,
    Page,
}

/// Good requests of every protocol.
fn bases() -> impl Iterator<Item = &'static Base> {
    [requests::BASES, tiles_and_files::BASES, second_versions::BASES].into_iter().flatten()
}

/// A client that keeps its connections.
struct Client(ureq::Agent);

impl Client {
    fn new() -> Self {
        Self(agent())
    }

    fn get(&self, url: &str) -> Result<Answer, String> {
        Self::read(self.0.get(url).call())
    }

    fn get_with(&self, url: &str, name: &str, value: &[u8]) -> Result<Answer, String> {
        let value = ureq::http::HeaderValue::from_bytes(value).map_err(|e| e.to_string())?;
        Self::read(self.0.get(url).header(name, value).call())
    }

    fn post(&self, url: &str, media: &str, body: &[u8]) -> Result<Answer, String> {
        Self::read(self.0.post(url).header("content-type", media).send(body))
    }

    fn read(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
        let (parts, mut body) = response.map_err(|e| e.to_string())?.into_parts();
        let body = body.with_config().limit(1 << 28).read_to_vec().map_err(|e| e.to_string())?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

/// Words of the inside that may stand in no answer, and those that may stand in no error.
const NEVER: [&str; 8] =
    ["panicked", "sqlstate", "syntax error at", "pg_catalog", "/home/", "/root/", ".rs:", "backtrace"];
const NOT_IN_ERRORS: [&str; 7] =
    ["postgres", "postgis", "select ", " from data.", "relation \"", "st_", "db error"];

/// What is wrong with an answer, whatever was asked.
fn judge(protocol: Protocol, answer: &Answer) -> Result<(), String> {
    let text = answer.text();
    let lower = text.to_lowercase();
    let media = answer.header("content-type").to_owned();
    let fails = |what: &str| Err(format!("{what}: {} {media} {:.400}", answer.status, text));
    if answer.status >= 500 && !(answer.status == 501 && text.contains("OperationNotSupported")) {
        return fails("failed");
    }
    if let Some(word) = NEVER.iter().find(|w| lower.contains(**w)) {
        return fails(word);
    }
    // JSON has no markup, as long as no browser guesses that it is a page.
    let markup = lower.contains("<script>alert") || lower.contains("<img src=x");
    if markup && !(media.contains("json") && answer.header("x-content-type-options") == "nosniff") {
        return fails("markup of the client");
    }
    let is_xml = media.contains("xml") && !media.contains("html");
    if is_xml {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        if let Err(error) = roxmltree::Document::parse_with_options(&text, options) {
            return fails(&format!("not well-formed ({error})"));
        }
    } else if media.contains("json") {
        if serde_json::from_slice::<serde_json::Value>(&answer.body).is_err() {
            return fails("not JSON");
        }
    } else if media.starts_with("image/png") && !answer.body.starts_with(b"\x89PNG") {
        return fails("not PNG");
    }
    if answer.status < 400 {
        return Ok(());
    }
    if let Some(word) = NOT_IN_ERRORS.iter().find(|w| lower.contains(**w)) {
        return fails(word);
    }
    let problem = media == "application/problem+json";
    let own = match protocol {
        Protocol::Wms => is_xml && text.contains("<ServiceExceptionReport"),
        // WFS 1.0.0 has a report of its own (OGC 02-058 clause 7.7).
        Protocol::Ows if text.contains("<ServiceExceptionReport version=\"1.2.0\"") => {
            is_xml && text.contains("code=")
        }
        Protocol::Ows => is_xml && text.contains("ExceptionReport") && text.contains("exceptionCode="),
        Protocol::Json => problem,
        Protocol::Page => media.starts_with("text/html") || problem,
    };
    // What is refused before any service sees it.
    if own || (problem && matches!(answer.status, 404 | 414)) {
        Ok(())
    } else {
        fails("not the protocol's error")
    }
}

/// Rows of every table that holds data or facts. Reading the catalogue leaves notes of its own: who reads, and where.
fn rows() -> Vec<(String, i64)> {
    let url = region().database.url.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let store = Store::connect(&url, 1).expect("store");
        let mut session = store.job().await.expect("session");
        let sql = "select n.nspname || '.' || c.relname, (xpath('/row/n/text()', query_to_xml(
                       format('select count(*) as n from %I.%I', n.nspname, c.relname), false, true, '')))[1]::text::bigint
                   from pg_class c join pg_namespace n on n.oid = c.relnamespace
                   where n.nspname in ('data', 'datasud') and c.relkind in ('r', 'v')
                     and c.relname !~ '^(harvest|record_(list|reader|change|gone))' order by 1";
        let rows = session.query(sql, &[]).await.expect("tables");
        let found = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        drop(session);
        store.close().await;
        found
    })
}

/// Sends all of them from several threads; whatever is wrong is gathered and told at once.
fn all_of<T: Sync>(cases: &[T], one: impl Fn(&Client, &T) -> Result<(), String> + Sync) {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let client = Client::new();
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(what) = one(&client, case) {
                        wrong.lock().expect("whole").push(what);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("whole");
    wrong.sort();
    let shown: Vec<&str> = wrong.iter().take(25).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), shown.join("\n"));
}

#[test]
fn every_part_of_every_request_may_hold_anything() {
    let before = rows();
    assert!(before.len() > 8, "{before:?}");
    let mut cases: Vec<(Protocol, String)> = Vec::new();
    for base in bases() {
        for part in base.parts() {
            for value in corpus::for_part(&part) {
                cases.push((base.protocol, region().url(&base.with(&part, &value))));
            }
            if let Part::Parameter(_) = part {
                cases.push((base.protocol, region().url(&base.without(&part))));
                cases.push((base.protocol, region().url(&base.twice(&part))));
            }
        }
    }
    all_of(&cases, |client, (protocol, url)| {
        let shown: String = url.chars().take(300).collect();
        let answer = client.get(url).map_err(|e| format!("{shown}: {e}"))?;
        judge(*protocol, &answer).map_err(|what| format!("{shown}\n    {what}"))
    });
    assert_eq!(rows(), before);
}

#[test]
fn headers_may_hold_anything() {
    const NAMES: [&str; 6] =
        ["accept", "accept-language", "accept-encoding", "if-none-match", "range", "x-forwarded-host"];
    let long = "a/b,".repeat(1500);
    let values: [&[u8]; 13] = [
        b"",
        b",,,;;;",
        b"x",
        b"nope/nope",
        b"*/*;q=NaN",
        b"text/html;q=1e999, image/png;q=-1",
        b"application/xml;q=\"",
        b"\xff\xfe/\xc3\x28",
        b"\"'; drop table data.communes; --\"",
        b"W/\"\", \"",
        b"bytes=5-2,-1,99999999999999999999-",
        b"<script>alert(7)</script>",
        long.as_bytes(),
    ];
    let mut cases = Vec::new();
    for base in bases() {
        let url = region().url(&base.url());
        for name in NAMES {
            cases.extend(values.iter().map(|value| (base, url.clone(), name, *value)));
        }
    }
    all_of(&cases, |client, (base, url, name, value)| {
        let answer = client.get_with(url, name, value);
        let told = |what| format!("{url} with {name}: {:.60}\n    {what}", String::from_utf8_lossy(value));
        let answer = answer.map_err(told)?;
        judge(base.protocol, &answer).map_err(told)
    });
}

#[test]
fn the_requests_that_are_spoiled_are_good_ones() {
    let bases: Vec<&Base> = bases().collect();
    all_of(&bases, |client, base| {
        let url = region().url(&base.url());
        let answer = client.get(&url)?;
        judge(base.protocol, &answer)?;
        if answer.status == 200 { Ok(()) } else { Err(format!("{url}: {} {}", answer.status, answer.text())) }
    });
}

#[test]
fn names_of_parameters_mean_the_same_in_any_case() {
    let cases: Vec<&Base> = bases().filter(|b| b.is_key_value()).collect();
    all_of(&cases, |client, base| {
        let mut answers = Vec::new();
        for spelling in [str::to_uppercase, str::to_lowercase, mixed] {
            let url = region().url(&base.spelled(spelling));
            let answer = client.get(&url)?;
            answers.push((url, answer.status, without_times(&answer.text())));
        }
        let Some((_, status, body)) = answers.first() else { return Ok(()) };
        match answers.iter().find(|(_, s, b)| s != status || b != body) {
            None => Ok(()),
            Some((url, ..)) => Err(format!("{url} differs")),
        }
    });
}

fn mixed(name: &str) -> String {
    name.chars()
        .enumerate()
        .map(|(at, c)| if at % 2 == 0 { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() })
        .collect()
}

/// Without the moments that answers tell, as attributes (`timeStamp="…"`) and as members (`"timeStamp":"…"`):
/// two answers of one question differ by a second now and then.
fn without_times(text: &str) -> String {
    ["timestamp=\"", "\"timestamp\":\""].iter().fold(text.to_owned(), |text, start| without(&text, start))
}

/// Without what stands between `start`, in any case, and the next quotation mark.
fn without(text: &str, start: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some(at) = rest.to_ascii_lowercase().find(start) {
        let (head, tail) = rest.split_at(at + start.len());
        out.push_str(head);
        rest = tail.split_once('"').map_or("", |(_, after)| after);
    }
    out + rest
}

#[test]
fn moments_are_left_out_of_comparisons_in_either_notation() {
    assert_eq!(without_times("<a timeStamp=\"2026\" b=\"1\"/>"), "<a timeStamp=\" b=\"1\"/>");
    assert_eq!(without_times("{\"timeStamp\":\"2026\",\"b\":1}"), "{\"timeStamp\":\",\"b\":1}");
}
