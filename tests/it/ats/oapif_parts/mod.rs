//! OGC API Features beyond its core, by requirement: filtering (Part 3, OGC 19-079r2), editing (Part 4, OGC
//! 20-002r1), schemas (Part 5, OGC 23-058r1), and what drafts beside them say of sorting and searching.

mod codelists;
mod editing;
mod filtering;
mod schemas;
mod searching;

use crate::support::{Answer, agent, get_with, region};
use serde_json::Value;

const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";

/// A request of any method.
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.as_ref()).expect("a request");
    let (parts, mut body) =
        agent().run(request).unwrap_or_else(|e| panic!("{method} {url}: {e}")).into_parts();
    let body = body.read_to_vec().expect("a body");
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

fn ogc(path: &str) -> String {
    region().url(&format!("/ogc{path}"))
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn ask(url: &str) -> Answer {
    get_with(url, &[("accept", "application/geo+json, application/json")])
}

#[track_caller]
fn good(url: &str) -> Value {
    let answer = ask(url);
    assert_eq!(answer.status, 200, "{url}: {}", answer.text());
    answer.json()
}

/// Features of a collection that parameters choose.
#[track_caller]
fn items(collection: &str, parameters: &[(&str, &str)]) -> Value {
    let query: Vec<String> = parameters.iter().map(|(n, v)| format!("{n}={}", encode(v))).collect();
    good(&ogc(&format!("/collections/{collection}/items?{}", query.join("&"))))
}

fn features(document: &Value) -> Vec<&Value> {
    document["features"].as_array().expect("features").iter().collect()
}

fn ids(document: &Value) -> Vec<i64> {
    features(document).into_iter().map(|f| f["id"].as_i64().expect("an id")).collect()
}

/// All events, which have a column of every type.
fn events() -> Vec<Value> {
    items("evenements", &[("limit", "1000")])["features"].as_array().expect("features").clone()
}

/// The events that a condition holds for.
fn events_where(holds: impl Fn(&Value) -> bool) -> Vec<i64> {
    let all = events();
    all.iter().filter(|f| holds(&f["properties"])).map(|f| f["id"].as_i64().expect("an id")).collect()
}

fn link(document: &Value, rel: &str) -> Option<Value> {
    document["links"].as_array()?.iter().find(|l| l["rel"] == rel).cloned()
}

/// A problem that names a parameter.
#[track_caller]
fn refused(answer: &Answer, parameter: &str, words: &[&str]) {
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["parameter"], parameter, "{problem}");
    let detail = problem["detail"].as_str().expect("a detail").to_lowercase();
    for word in words {
        assert!(detail.contains(&word.to_lowercase()), "'{word}' is not in: {detail}");
    }
}

#[track_caller]
fn declares(classes: &[&str]) {
    let document = good(&ogc("/conformance"));
    let declared: Vec<&str> =
        document["conformsTo"].as_array().expect("classes").iter().filter_map(Value::as_str).collect();
    for class in classes {
        assert!(declared.iter().any(|d| d.ends_with(class)), "{class} is not declared: {declared:?}");
    }
}
