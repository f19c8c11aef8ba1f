//! OGC API Features Part 1 and Part 2 over HTTP.

use crate::expected;
use crate::support::{Answer, get, get_with, head, post, region};
use serde_json::Value;
use std::collections::BTreeSet;

const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";

fn at(path: &str) -> Answer {
    get_with(&region().url(&format!("/ogc{path}")), &[("accept", "application/geo+json, application/json")])
}

#[track_caller]
fn good(path: &str) -> Value {
    let answer = at(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn items(collection: &str, query: &str) -> Value {
    good(&format!("/collections/{collection}/items?{query}"))
}

fn link(document: &Value, rel: &str) -> Option<String> {
    let links = document["links"].as_array().expect("links");
    links.iter().find(|l| l["rel"] == rel).and_then(|l| l["href"].as_str()).map(str::to_owned)
}

fn ids(document: &Value) -> Vec<i64> {
    let features = document["features"].as_array().expect("features");
    features.iter().map(|f| f["id"].as_i64().expect("an id")).collect()
}

#[test]
fn documents_are_as_expected() {
    let base = &region().base;
    for (file, path) in [
        ("landing.json", ""),
        ("conformance.json", "/conformance"),
        ("collections.json", "/collections"),
        ("collection.json", "/collections/evenements"),
        ("items.json", "/collections/evenements/items?limit=2"),
        ("item.json", "/collections/evenements/items/1"),
        ("queryables.json", "/collections/evenements/queryables"),
        ("schema.json", "/collections/evenements/schema"),
        ("sortables.json", "/collections/evenements/sortables"),
    ] {
        expected::json(&format!("ogcapi/{file}"), base, &good(path));
    }
    let api = get(&region().url("/ogc/api"));
    assert_eq!(api.header("content-type"), "application/vnd.oai.openapi+json;version=3.0");
    expected::json("ogcapi/api.json", base, &api.json());
}

#[test]
fn the_landing_page_stands_with_and_without_a_slash_and_behind_scopes() {
    let region = region();
    for path in ["/ogc", "/ogc/", "/dataset/routes/ogc", "/dataset/routes/ogc/"] {
        let document = get(&region.url(path)).json();
        let root = region.url(path.trim_end_matches('/'));
        assert_eq!(link(&document, "conformance"), Some(format!("{root}/conformance")), "{path}");
        let api = get(&link(&document, "service-desc").expect("a definition")).json();
        assert_eq!(api["servers"][0]["url"], Value::from(root), "{path}");
    }
    let one = get(&region.url("/dataset/routes/ogc/collections")).json();
    assert_eq!(one["collections"].as_array().map(Vec::len), Some(1));
    assert_eq!(get(&region.url("/dataset/routes/ogc/collections/communes")).status, 404);
    let unknown = get(&region.url("/dataset/nothing/ogc"));
    assert_eq!((unknown.status, unknown.header("content-type")), (404, "application/problem+json"));
}

#[test]
fn the_api_definition_refers_to_nothing_outside_itself() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|v| references(v, found));
            }
            Value::Array(all) => all.iter().for_each(|v| references(v, found)),
            _ => {}
        }
    }
    let api = good("/api");
    let mut found = Vec::new();
    references(&api, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} is elsewhere"));
        assert!(api.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    assert_eq!(api["components"]["parameters"]["limit"]["schema"]["maximum"], 10_000);
    let mut operations = BTreeSet::new();
    for (path, item) in api["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let id = operation["operationId"].as_str();
            let id = id.unwrap_or_else(|| panic!("{method} {path} has no operationId"));
            assert!(operations.insert(id), "{id} twice");
        }
    }
}

#[test]
fn pages_by_cursor_and_by_offset_add_up_to_the_whole() {
    let whole = ids(&items("equipements", "limit=10000"));
    assert_eq!(whole.len(), 142);
    let mut by_cursor = Vec::new();
    let mut page = items("equipements", "limit=25");
    loop {
        assert_eq!(page["numberMatched"], 142);
        by_cursor.extend(ids(&page));
        let Some(next) = link(&page, "next") else { break };
        assert!(next.contains("cursor="), "{next}");
        page = get(&next).json();
    }
    assert_eq!(by_cursor, whole);
    let previous = link(&page, "prev").expect("a page before");
    assert_eq!(ids(&get(&previous).json()), whole[100..125]);
    let mut by_offset = Vec::new();
    for offset in (0..150).step_by(25) {
        by_offset.extend(ids(&items("equipements", &format!("limit=25&offset={offset}"))));
    }
    assert_eq!(by_offset, whole);
}

#[test]
fn next_links_keep_every_other_parameter() {
    let page = items("equipements", "limit=2&bbox=5.3,43.3,5.9,43.7&accessible_pmr=true");
    let matched = page["numberMatched"].as_u64().expect("a number");
    let (mut found, mut next) = (ids(&page), link(&page, "next"));
    while let Some(address) = next {
        let page = get(&address).json();
        found.extend(ids(&page));
        next = link(&page, "next");
    }
    assert_eq!(found.len() as u64, matched);
    assert!(matched > 2 && matched < 142);
}

#[test]
fn coordinates_come_in_the_system_and_order_asked_for() {
    for (crs, first) in [
        (CRS84.to_owned(), 5.0..7.0),
        (format!("{EPSG}4326"), 43.0..44.0),
        (format!("{EPSG}2154"), 8e5..1e6),
        (format!("{EPSG}3857"), 5e5..8e5),
    ] {
        let answer = at(&format!("/collections/equipements/items?limit=1&crs={crs}"));
        assert_eq!(answer.header("content-crs"), format!("<{crs}>"));
        let list = answer.json();
        let feature = &list["features"][0];
        let x = feature["geometry"]["coordinates"][0].as_f64().expect("a number");
        assert!(first.contains(&x), "{crs}: {x}");
        let id = &feature["id"];
        let one = at(&format!("/collections/equipements/items/{id}?crs={crs}"));
        assert_eq!(one.header("content-crs"), format!("<{crs}>"));
        assert_eq!(one.json()["geometry"], feature["geometry"]);
        assert_eq!(one.json()["properties"], feature["properties"]);
    }
    assert_eq!(at("/collections/equipements/items").header("content-crs"), format!("<{CRS84}>"));
}

#[test]
fn a_box_finds_the_same_in_every_system() {
    let plain = ids(&items("equipements", "limit=1000&bbox=5.3,43.3,5.8,43.6"));
    assert!(!plain.is_empty() && plain.len() < 142);
    let high = ids(&items("equipements", "limit=1000&bbox=5.3,43.3,-10,5.8,43.6,4000"));
    let swapped =
        ids(&items("equipements", &format!("limit=1000&bbox=43.3,5.3,43.6,5.8&bbox-crs={EPSG}4326")));
    assert_eq!(high, plain);
    assert_eq!(swapped, plain);
    let world = items("equipements", "bbox=-180,-90,180,90");
    assert_eq!(world["numberMatched"], 142);
    let communes = items("communes", "bbox=-180,-90,180,90");
    assert_eq!(communes["numberMatched"], items("communes", "")["numberMatched"]);
    let across = items("equipements", "bbox=170,-10,-170,10");
    assert_eq!(across["numberMatched"], 0);
}

#[test]
fn times_and_properties_choose_features() {
    let all = items("evenements", "limit=10000");
    let features = all["features"].as_array().expect("features");
    let days: Vec<&str> = features.iter().filter_map(|f| f["properties"]["jour"].as_str()).collect();
    let on = |from: &str, to: &str| days.iter().filter(|d| **d >= from && **d <= to).count();
    let matched =
        |query: &str| items("evenements", query)["numberMatched"].as_u64().expect("a number") as usize;
    assert_eq!(matched("datetime=2026-06-01/2026-08-31"), on("2026-06-01", "2026-08-31"));
    assert_eq!(matched("datetime=2026-06-01T00:00:00Z/.."), on("2026-06-01", "9999"));
    assert_eq!(matched(&format!("datetime={}", days[0])), on(days[0], days[0]));
    assert_eq!(matched("datetime=../.."), features.len());
    let free = features.iter().filter(|f| f["properties"]["gratuit"] == true).count();
    assert_eq!(matched("gratuit=true"), free);
    assert_eq!(matched("commune=Nulle%20part%27%20or%201%3D1"), 0);
    // No temporal column: every feature matches every time.
    assert_eq!(items("equipements", "datetime=1999-01-01")["numberMatched"], 142);
}

#[test]
fn errors_are_problems_that_name_the_parameter() {
    for (path, status, parameter) in [
        ("/collections/communes/items?limit=0", 400, Some("limit")),
        ("/collections/communes/items?limit=-1", 400, Some("limit")),
        ("/collections/communes/items?limit=x", 400, Some("limit")),
        ("/collections/communes/items?offset=-1", 400, Some("offset")),
        ("/collections/communes/items?cursor=x", 400, Some("cursor")),
        ("/collections/communes/items?cursor=MS4x&offset=1", 400, Some("cursor")),
        ("/collections/communes/items?bbox=1,2,3", 400, Some("bbox")),
        ("/collections/communes/items?bbox=1,2,3,NaN", 400, Some("bbox")),
        ("/collections/communes/items?bbox=1,2,3,inf", 400, Some("bbox")),
        ("/collections/communes/items?bbox=1,9,3,4", 400, Some("bbox")),
        ("/collections/communes/items?bbox=1,2,3,4&bbox-crs=x", 400, Some("bbox-crs")),
        ("/collections/communes/items?crs=http://www.opengis.net/def/crs/EPSG/0/99999", 400, Some("crs")),
        ("/collections/communes/items?datetime=yesterday", 400, Some("datetime")),
        ("/collections/communes/items?datetime=2024-02-01/2024-01-01", 400, Some("datetime")),
        ("/collections/communes/items?no_such=1", 400, Some("no_such")),
        ("/collections/communes/items?LIMIT=1", 400, Some("LIMIT")),
        ("/collections/communes/items?limit=1&limit=2", 400, Some("limit")),
        ("/collections/communes/items?f=xml", 400, Some("f")),
        ("/collections/communes/items?limit=1%2", 400, Some("limit")),
        ("/collections/communes/items?datetime=%ff", 400, Some("datetime")),
        ("/collections/equipements/items?accessible_pmr=peut-%C3%AAtre", 400, Some("accessible_pmr")),
        ("/collections?x=1", 400, Some("x")),
        ("/conformance?x=1", 400, Some("x")),
        ("/collections/nope", 404, None),
        ("/collections/nope/items", 404, None),
        ("/collections/nope/queryables", 404, None),
        ("/collections/communes/queryables?f=html", 400, Some("f")),
        ("/collections/communes/items/999999", 404, None),
        ("/collections/communes/items/abc", 404, None),
        ("/collections/communes/items/99999999999999999999999", 404, None),
        ("/collections/%ff/items", 400, None),
        ("/nope", 404, None),
    ] {
        let answer = at(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{path}");
        assert_eq!(problem["parameter"].as_str(), parameter, "{path}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|d| d.len() > 10), "{path}: {problem}");
    }
    let posted = post(&region().url("/ogc/collections"), "application/json", "{}");
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD, OPTIONS"));
}

#[test]
fn pages_are_in_the_readers_language_and_need_no_script() {
    for path in [
        "",
        "/conformance",
        "/api",
        "/collections",
        "/collections/communes",
        "/collections/communes/items",
        "/collections/communes/items/1",
    ] {
        let address = region().url(&format!("/ogc{path}"));
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (language, code) in [("fr-FR,fr;q=0.9", "fr"), ("en-GB", "en")] {
            let answer = get_with(&address, &[("accept", browser), ("accept-language", language)]);
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (200, "text/html; charset=utf-8"),
                "{path}"
            );
            let text = answer.text();
            assert!(text.contains(&format!("<html lang=\"{code}\">")), "{path}");
            assert!(!text.contains("<script") && text.contains("<h1>"), "{path}");
        }
        assert!(get(&address).header("content-type").contains("json"), "{path}");
    }
}

#[test]
fn text_of_users_is_escaped_in_pages() {
    let page = get_with(&region().url("/ogc/collections/evenements/items?f=html"), &[]).text();
    assert!(
        page.contains("l&#39;Œuf &#38; du Miel") || page.contains("l&#x27;Œuf &amp; du Miel"),
        "{page:.2000}"
    );
}

#[test]
fn documents_have_an_etag_and_features_are_never_kept() {
    for path in ["", "/conformance", "/api", "/collections", "/collections/communes"] {
        let answer = at(path);
        let etag = answer.header("etag").to_owned();
        let again = get_with(&region().url(&format!("/ogc{path}")), &[("if-none-match", &etag)]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
    for (path, kept) in
        [("/collections/communes/items", "no-store"), ("/collections/communes/items/1", "no-cache")]
    {
        assert_eq!(at(path).header("cache-control"), kept, "{path}");
        assert_eq!(head(&region().url(&format!("/ogc{path}"))).status, 200, "{path}");
    }
}

#[test]
fn a_box_where_a_system_does_not_reach_finds_nothing() {
    for (bbox, system) in [
        ("-180,-90,-170,-80".to_owned(), CRS84.to_owned()),
        ("-170,60,-160,89.9".to_owned(), CRS84.to_owned()),
        ("100,100,110,110".to_owned(), CRS84.to_owned()),
        ("-1e9,-1e9,-9e8,-9e8".to_owned(), format!("{EPSG}2154")),
        ("1e12,1e12,2e12,2e12".to_owned(), format!("{EPSG}3857")),
        ("1e300,1e300,1e301,1e301".to_owned(), format!("{EPSG}2154")),
    ] {
        for collection in ["equipements", "communes"] {
            let page = items(collection, &format!("bbox={bbox}&bbox-crs={system}"));
            assert_eq!(page["numberMatched"], 0, "{collection} {bbox}");
            assert_eq!(page["features"], serde_json::json!([]), "{collection} {bbox}");
        }
    }
}

#[test]
fn the_accept_header_chooses_between_page_and_json() {
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for path in ["/ogc/", "/ogc/collections", "/ogc/collections/communes", "/ogc/collections/communes/items"]
    {
        for (accept, page) in [
            (browser, true),
            ("text/html", true),
            ("*/*", false),
            ("application/json", false),
            ("application/geo+json", false),
            ("application/json, text/html;q=0.5", false),
            ("nonsense", false),
            ("", false),
        ] {
            let answer = get_with(&region().url(path), &[("accept", accept)]);
            assert_eq!(answer.status, 200, "{path} {accept}");
            assert_eq!(answer.header("content-type").starts_with("text/html"), page, "{path} '{accept}'");
            assert!(answer.header("vary").to_lowercase().contains("accept"), "{path} {accept}");
        }
        for accept in ["image/png", "application/json;q=0, text/html;q=0", "application/pdf, audio/*"] {
            let answer = get_with(&region().url(path), &[("accept", accept)]);
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (406, "application/problem+json"),
                "{path}"
            );
        }
    }
}
