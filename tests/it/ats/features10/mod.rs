//! OGC API - Features 1.0, Part 1 (OGC 17-069r4 annex A) in the groups of the official suite: the documents here,
//! what is asked of features in [`query`], and Part 2 in [`crs`]. Messages name the abstract test or requirement.

mod crs;
mod query;

use crate::support::{Answer, get, get_with, region};
use chrono::DateTime;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Write};

const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";
const GEOJSON: &str = "application/geo+json";

fn ogc(path: &str) -> String {
    region().url(&format!("/ogc{path}"))
}

/// A document in JSON, asked for as the suite asks.
#[track_caller]
fn json(address: &str, test: &str) -> Value {
    let answer = get_with(address, &[("accept", "application/json")]);
    assert_eq!(answer.status, 200, "{test}: {address}: {}", answer.text());
    answer.json()
}

fn links(document: &Value) -> &[Value] {
    document["links"].as_array().map_or(&[], Vec::as_slice)
}

fn link<'a>(document: &'a Value, rel: &str) -> Option<&'a str> {
    links(document).iter().find(|l| l["rel"] == rel)?["href"].as_str()
}

/// Links to itself and to the other form, and to whatever else is named, each with its type.
#[track_caller]
fn linked(document: &Value, own: &str, more: &[&str], test: &str) {
    for rel in ["self", "alternate"].iter().chain(more) {
        let found = links(document).iter().filter(|l| l["rel"] == *rel).count();
        assert!(found > 0, "{test}: no link {rel}: {document}");
    }
    for link in links(document) {
        assert!(link["rel"].is_string() && link["type"].is_string(), "{test}, rel and type: {link}");
    }
    let of = |rel| links(document).iter().filter(move |l| l["rel"] == rel).map(|l| &l["type"]);
    assert!(of("self").all(|t| t == own), "{test}: self is {own}");
    assert!(of("alternate").any(|t| t == "text/html"), "{test}: the class html has its alternate link");
}

/// The collections, as the document says.
fn collections() -> Vec<Value> {
    let document = json(&ogc("/collections"), "/ats/core/fc-md-op");
    let list = document["collections"].as_array().expect("/ats/core/fc-md-success: collections").clone();
    assert!(list.len() > 3, "/ats/core/fc-md-success: {document}");
    list
}

fn id(collection: &Value) -> &str {
    collection["id"].as_str().expect("a collection has an id")
}

/// West, south, east, north of a collection.
fn extent(collection: &Value) -> [f64; 4] {
    let numbers = collection["extent"]["spatial"]["bbox"][0].as_array().expect("a box");
    let numbers: Vec<f64> = numbers.iter().filter_map(Value::as_f64).collect();
    numbers.try_into().expect("four numbers")
}

/// Where the features of a collection are in GeoJSON, as its link says.
fn items_address(collection: &Value) -> &str {
    let items = links(collection).iter().find(|l| l["rel"] == "items" && l["type"] == GEOJSON);
    items.and_then(|l| l["href"].as_str()).expect("/req/core/fc-md-items-links: a link items to GeoJSON")
}

fn ask(collection: &Value, query: &str) -> Answer {
    let address = items_address(collection);
    let sign = if address.contains('?') { '&' } else { '?' };
    get_with(&format!("{address}{sign}{query}"), &[("accept", GEOJSON)])
}

/// A good answer of features: abstract tests 22 to 26 and 2.
#[track_caller]
fn items(collection: &Value, query: &str) -> Value {
    let answer = ask(collection, query);
    let what = format!("{}?{query}", id(collection));
    assert_eq!(answer.status, 200, "/ats/core/fc-op: {what}: {}", answer.text());
    assert_eq!(answer.header("content-type"), GEOJSON, "/ats/core/fc-op: {what}");
    let page = answer.json();
    assert_eq!(page["type"], "FeatureCollection", "/ats/core/fc-response 1: {what}");
    let features = page["features"].as_array().expect("/ats/core/fc-response 2: features");
    for feature in features {
        assert_eq!(feature["type"], "Feature", "/ats/core/fc-response 2: {what}");
        assert!(feature["id"].is_i64() || feature["id"].is_string(), "/ats/core/fc-response 2: {feature}");
        let [west, south, east, north] = extent(collection);
        let slack = 1e-6;
        let inside = |[x, y]: [f64; 2]| {
            (west - slack..=east + slack).contains(&x) && (south - slack..=north + slack).contains(&y)
        };
        assert!(positions(feature).into_iter().all(inside), "/ats/core/crs84: {what}: {feature}");
    }
    linked(&page, GEOJSON, &[], &format!("/ats/core/fc-links: {what}"));
    let stamp = page["timeStamp"].as_str().expect("/ats/core/fc-timeStamp");
    DateTime::parse_from_rfc3339(stamp).expect("/ats/core/fc-timeStamp: RFC 3339");
    assert_eq!(
        page["numberReturned"].as_u64(),
        Some(features.len() as u64),
        "/ats/core/fc-numberReturned: {what}"
    );
    page
}

fn ids(page: &Value) -> BTreeSet<String> {
    page["features"].as_array().expect("features").iter().map(|f| f["id"].to_string()).collect()
}

/// All features that a query selects, page by page; the number that each page tells must come out.
#[track_caller]
fn all(collection: &Value, query: &str) -> Vec<Value> {
    let mut page = items(collection, query);
    let matched = page["numberMatched"].as_u64().expect("/ats/core/fc-numberMatched");
    let mut found = Vec::new();
    loop {
        assert_eq!(page["numberMatched"], matched, "/ats/core/fc-numberMatched: {query}, on every page");
        found.extend(page["features"].as_array().expect("features").iter().cloned());
        let Some(next) = link(&page, "next") else { break };
        page = json(next, "/ats/core/fc-response: next");
    }
    let different: BTreeSet<String> = found.iter().map(|f| f["id"].to_string()).collect();
    assert_eq!(different.len(), found.len(), "/req/core/fc-limit-response: {query}: no feature twice");
    assert_eq!(found.len() as u64, matched, "/ats/core/fc-numberMatched: {}?{query}", id(collection));
    found
}

/// Every position of a feature's geometry.
fn positions(feature: &Value) -> Vec<[f64; 2]> {
    fn walk(value: &Value, found: &mut Vec<[f64; 2]>) {
        match value.as_array().map(Vec::as_slice) {
            Some([x, y, ..]) if x.is_number() => {
                found.push([x.as_f64().expect("x"), y.as_f64().expect("y")]);
            }
            Some(parts) => parts.iter().for_each(|part| walk(part, found)),
            None => {}
        }
    }
    let mut found = Vec::new();
    walk(&feature["geometry"]["coordinates"], &mut found);
    found
}

/// The parameter of an operation of the definition, by reference or in place.
fn parameter<'a>(api: &'a Value, path: &str, name: &str) -> Option<&'a Value> {
    let parameters = api["paths"][path]["get"]["parameters"].as_array()?;
    parameters.iter().map(|p| resolved(api, p)).find(|p| p["name"] == name)
}

fn resolved<'a>(api: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').expect("/ats/core/api-definition-success: inside");
            api.pointer(pointer).unwrap_or_else(|| panic!("api-definition-success: {reference} is nowhere"))
        }
        None => value,
    }
}

fn definition() -> Value {
    let landing = json(&ogc("/"), "/ats/core/root-op");
    let described = links(&landing).iter().find(|l| l["rel"] == "service-desc" && l["type"] == OPENAPI);
    let address = described.and_then(|l| l["href"].as_str()).expect("/ats/core/api-definition-op: a link");
    let answer = get_with(address, &[("accept", OPENAPI)]);
    assert_eq!(answer.status, 200, "/ats/core/api-definition-op: {}", answer.text());
    assert_eq!(answer.header("content-type"), OPENAPI, "/ats/core/api-definition-op");
    answer.json()
}

/// Paths of the definition under which features are.
fn item_paths(api: &Value) -> Vec<String> {
    let paths = api["paths"].as_object().expect("/ats/core/api-definition-success: paths");
    let paths: Vec<String> = paths.keys().filter(|p| p.ends_with("/items")).cloned().collect();
    assert!(paths.len() >= collections().len(), "/req/core/fc-op: {paths:?}");
    paths
}

/// What a query parameter of style form must say of itself.
#[track_caller]
fn defined<'a>(api: &'a Value, path: &str, name: &str, test: &str) -> &'a Value {
    let found = parameter(api, path, name).unwrap_or_else(|| panic!("{test}: {path} has no {name}"));
    assert_eq!(found["in"], "query", "{test}: {path}");
    assert_ne!(found["required"], true, "{test}: {path}");
    assert_eq!((&found["style"], &found["explode"]), (&"form".into(), &false.into()), "{test}: {path}");
    &found["schema"]
}

#[test]
fn features10_general_http_1_1_is_spoken() {
    let host = region().base.strip_prefix("http://").expect("http");
    let mut stream = crate::support::connect(host);
    let request = format!("GET /ogc/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("answered");
    assert!(said.starts_with("HTTP/1.1 200 "), "/ats/core/http: {said:.100}");
}

#[test]
fn features10_landing_page_links_to_definition_conformance_and_data() {
    let landing = json(&ogc("/"), "/ats/core/root-op");
    linked(
        &landing,
        "application/json",
        &["service-desc", "service-doc", "conformance", "data"],
        "/ats/core/root-success",
    );
    for rel in ["service-desc", "service-doc", "conformance", "data"] {
        for link in links(&landing).iter().filter(|l| l["rel"] == rel) {
            let answer = get(link["href"].as_str().expect("an address"));
            assert_eq!(answer.status, 200, "/ats/core/root-success: {link}");
            let kind = answer.header("content-type").split("; charset").next();
            assert_eq!(kind, link["type"].as_str(), "/ats/core/root-success: {link}");
        }
    }
}

#[test]
fn features10_api_definition_is_a_valid_openapi_3_0_document() {
    let api = definition();
    let test = "/ats/core/api-definition-success";
    assert!(api["openapi"].as_str().is_some_and(|v| v.starts_with("3.0.")), "{test}: version");
    assert!(api["info"]["title"].is_string() && api["info"]["version"].is_string(), "{test}: info");
    assert!(api["servers"][0]["url"].as_str().is_some_and(|u| u == ogc("")), "{test}: servers");
    let mut identifiers = BTreeSet::new();
    for (path, item) in api["paths"].as_object().expect("paths") {
        assert!(path.starts_with('/'), "{test}: {path}");
        // A search is asked by its body alone.
        let operation = item.get("get").unwrap_or(&item["post"]);
        let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{test}: {path} operationId"));
        assert!(identifiers.insert(name), "{test}: {name} twice");
        let responses = operation["responses"].as_object().expect("responses are required");
        assert!(responses.contains_key("200"), "{test}: {path}");
        for (code, response) in responses {
            let described = resolved(&api, response)["description"].is_string();
            assert!(described, "{test}: {path} {code} has no description");
        }
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        let mut seen = BTreeSet::new();
        for parameter in parameters.iter().map(|p| resolved(&api, p)) {
            let (name, place) = (&parameter["name"], &parameter["in"]);
            assert!(seen.insert(format!("{name} {place}")), "{test}: {path} has {name} twice");
            assert!(parameter["schema"].is_object(), "{test}: {path} {name}");
            assert!(place == "query" || parameter["required"] == true, "{test}: {path} {name} is required");
        }
        for variable in path.split('{').skip(1).filter_map(|p| p.split('}').next()) {
            assert!(parameter(&api, path, variable).is_some(), "{test}: {path} lacks {variable}");
        }
    }
}

#[test]
fn features10_conformance_declares_the_classes_at_every_address() {
    let landing = json(&ogc("/"), "/ats/core/root-op");
    let linked = link(&landing, "conformance").expect("/ats/core/conformance-op: a link").to_owned();
    let definition = definition();
    assert!(definition["paths"]["/conformance"]["get"].is_object(), "/ats/core/conformance-op");
    for address in [linked, ogc("/conformance")] {
        let document = json(&address, "/ats/core/conformance-op");
        let classes = document["conformsTo"].as_array().expect("/ats/core/conformance-success: conformsTo");
        assert!(classes.iter().all(Value::is_string), "/ats/core/conformance-success: {document}");
        for class in [
            "ogcapi-features-1/1.0/conf/core",
            "ogcapi-features-1/1.0/conf/oas30",
            "ogcapi-features-1/1.0/conf/html",
            "ogcapi-features-1/1.0/conf/geojson",
            "ogcapi-features-2/1.0/conf/crs",
        ] {
            let uri = Value::from(format!("http://www.opengis.net/spec/{class}"));
            assert!(classes.contains(&uri), "/ats/core/conformance-success: {class}");
        }
    }
}

#[test]
fn features10_collections_are_described_with_links_and_extents() {
    let document = json(&ogc("/collections"), "/ats/core/fc-md-op");
    linked(&document, "application/json", &[], "/ats/core/fc-md-success, /req/core/fc-md-links");
    for collection in collections() {
        let test = format!("/ats/core/fc-md-success: {}", id(&collection));
        linked(&collection, "application/json", &["items"], &test);
        assert_eq!(collection["itemType"], "feature", "{test}");
        assert_eq!(collection["extent"]["spatial"]["crs"], CRS84, "{test}: /req/core/fc-md-extent");
        let [west, south, east, north] = extent(&collection);
        assert!(-180.0 <= west && west < east && east <= 180.0, "{test}: /req/core/fc-md-extent");
        assert!(-90.0 <= south && south < north && north <= 90.0, "{test}: /req/core/fc-md-extent");
        for link in links(&collection).iter().filter(|l| l["rel"] == "items") {
            let answer = get(link["href"].as_str().expect("an address"));
            assert_eq!(answer.status, 200, "{test}: {link}");
            let kind = answer.header("content-type").split("; charset").next();
            assert_eq!(kind, link["type"].as_str(), "{test}: /req/core/fc-md-items-links");
        }
    }
}

#[test]
fn features10_collection_says_the_same_alone_as_in_the_list() {
    let api = definition();
    for collection in collections() {
        let path = format!("/collections/{}", id(&collection));
        assert!(api["paths"][&path]["get"].is_object(), "/ats/core/sfc-md-op: {path} in the definition");
        let alone = json(&ogc(&path), "/ats/core/sfc-md-op");
        for member in ["id", "title", "description", "extent", "itemType", "crs", "storageCrs"] {
            assert_eq!(alone[member], collection[member], "/ats/core/sfc-md-success: {path} {member}");
        }
        linked(&alone, "application/json", &["items"], "/ats/core/sfc-md-success");
    }
    assert_eq!(get(&ogc("/collections/nowhere")).status, 404, "/req/core/sfc-md-op: an unknown collection");
}

#[test]
fn features10_features_of_every_collection_are_pages_that_add_up() {
    for collection in collections() {
        let first = items(&collection, "limit=10");
        assert!(first["features"].as_array().is_some_and(|f| f.len() == 10), "/ats/core/fc-op");
        let every = all(&collection, "limit=50");
        assert_eq!(first["numberMatched"], every.len(), "/ats/core/fc-numberMatched");
        let corner = |least: bool, axis: usize| {
            let numbers = every.iter().flat_map(positions).map(|p| p[axis]);
            if least { numbers.fold(f64::MAX, f64::min) } else { numbers.fold(f64::MIN, f64::max) }
        };
        let seen = [corner(true, 0), corner(true, 1), corner(false, 0), corner(false, 1)];
        for (seen, said) in seen.iter().zip(extent(&collection)) {
            let test = "/req/core/fc-md-extent: the box holds all features and no more";
            assert!((seen - said).abs() < 1e-6, "{test}: {}: {seen} {said}", id(&collection));
        }
    }
}
