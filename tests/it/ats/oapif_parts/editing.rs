//! Part 4: creating, replacing, updating and deleting; `ETag` and `If-Match`; systems and forms of bodies.

use super::{EPSG, features, ids, send};
use crate::support::region::Region;
use crate::support::{Answer, config, get, get_with};
use crate::wfs_t::{editable, limited, with_config};
use datasud::config::{Config, Editing, Limits};
use serde_json::{Value, json};

const GEOJSON: (&str, &str) = ("content-type", "application/geo+json");
const MERGE: (&str, &str) = ("content-type", "application/merge-patch+json");
const FG: (&str, &str) = ("content-type", "application/vnd.ogc.fg+json");

fn items(region: &Region) -> String {
    region.url("/ogc/collections/signalements/items")
}

fn item(region: &Region, fid: i64) -> String {
    format!("{}/{fid}", items(region))
}

/// A feature with a value of every type.
fn report() -> Value {
    json!({
        "type": "Feature", "id": 4711,
        "geometry": {"type": "Point", "coordinates": [5.45, 43.55]},
        "properties": {
            "titre": "Banc cassé — « place d'Armes » <b>", "gravite": 4, "cout": 99.95, "taille": 2.5, "urgent": false,
            "jour": "2026-04-01", "vu": "2026-04-01T10:00:00Z",
        },
    })
}

#[track_caller]
fn is(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
}

/// A problem with words in its detail.
#[track_caller]
fn refused(answer: &Answer, status: u16, member: Option<&str>, words: &[&str]) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["member"].as_str(), member, "{problem}");
    let detail = problem["detail"].as_str().expect("a detail");
    for word in words {
        assert!(detail.contains(word), "'{word}' is not in: {detail}");
    }
    for word in ["select ", "insert into", "SQLSTATE", "geom ="] {
        assert!(!detail.contains(word), "no SQL is shown: {detail}");
    }
}

/// The only other properties are those of `wanted`.
#[track_caller]
fn same(found: &Value, wanted: &Value) {
    assert_eq!(found["properties"], wanted["properties"]);
    assert_eq!(found["geometry"], wanted["geometry"]);
}

#[test]
fn req_create_post_answers_201_with_the_address_of_the_new_feature() {
    let region = editable();
    let answer = send("POST", &items(&region), &[GEOJSON], report().to_string());
    is(&answer, 201);
    let address = answer.header("location").to_owned();
    // The identifier in the body counts for nothing (/req/create-replace-delete/insert-rid).
    assert_eq!(address, item(&region, 5));
    let found = get(&address);
    same(&found.json(), &report());
    let answered = answer.header("etag");
    assert!(!answered.is_empty() && found.header("etag") == answered, "{answered} {}", found.header("etag"));
    let page = get(&format!("{}?limit=100", items(&region))).json();
    assert_eq!((ids(&page), &page["numberMatched"]), (vec![1, 2, 3, 4, 5], &json!(5)));
}

#[test]
fn req_create_a_collection_of_features_is_created_whole_or_not_at_all() {
    let region = editable();
    let several = |bad: bool| {
        let mut second = report();
        if bad {
            second["properties"]["gravite"] = json!("quatre");
        }
        json!({"type": "FeatureCollection", "features": [report(), second, report()]}).to_string()
    };
    let answer = send("POST", &items(&region), &[GEOJSON], several(true));
    refused(&answer, 422, Some("/features/1/properties/gravite"), &["quatre", "whole number"]);
    assert_eq!(answer.json()["feature"], 2);
    assert_eq!(ids(&get(&items(&region)).json()).len(), 4, "nothing of it was written");
    let answer = send("POST", &items(&region), &[GEOJSON], several(false));
    is(&answer, 201);
    let created = answer.json();
    assert_eq!(created["numberCreated"], 3);
    for (id, link) in
        created["ids"].as_array().expect("ids").iter().zip(created["links"].as_array().expect("links"))
    {
        assert_eq!(get(link["href"].as_str().expect("an address")).json()["id"], *id);
    }
    let empty = send("POST", &items(&region), &[GEOJSON], r#"{"type":"FeatureCollection","features":[]}"#);
    refused(&empty, 422, Some("/features"), &["at least one"]);
    let few = limited(Limits { transaction_features: 2, ..Limits::default() });
    refused(&send("POST", &items(&few), &[GEOJSON], several(false)), 413, None, &["more than 2"]);
}

#[test]
fn req_replace_put_replaces_all_and_keeps_the_identifier() {
    let region = editable();
    let before = get(&item(&region, 2));
    let mut whole = report();
    whole["properties"] = json!({"titre": "Neuf"});
    let answer = send("PUT", &item(&region, 2), &[GEOJSON], whole.to_string());
    is(&answer, 204);
    let after = get(&item(&region, 2));
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(answer.header("etag"), after.header("etag"));
    let found = after.json();
    assert_eq!((&found["id"], &found["properties"]["titre"]), (&json!(2), &json!("Neuf")));
    for name in ["gravite", "cout", "taille", "urgent", "jour", "vu"] {
        assert!(found["properties"][name].is_null(), "{name} was not given, and so is null");
    }
    // What a client has read it may send back as it is.
    let read = get(&item(&region, 3)).json();
    is(&send("PUT", &item(&region, 3), &[GEOJSON], read.to_string()), 204);
    same(&get(&item(&region, 3)).json(), &read);
    refused(&send("PUT", &item(&region, 99), &[GEOJSON], whole.to_string()), 404, None, &["99"]);
    let many = json!({"type": "FeatureCollection", "features": [whole]}).to_string();
    refused(&send("PUT", &item(&region, 2), &[GEOJSON], many), 422, Some("/type"), &["Feature"]);
}

#[test]
fn req_update_patch_changes_what_it_names_and_nothing_else() {
    let region = editable();
    let mut wanted = get(&item(&region, 1)).json();
    let patch = json!({"properties": {"gravite": 9, "cout": null}});
    for (media, patch) in [
        ("application/merge-patch+json", patch.clone()),
        ("application/geo+json; charset=utf-8", json!({"type": "Feature", "properties": {"urgent": false}})),
        ("application/json", json!({"geometry": {"type": "Point", "coordinates": [5.9, 43.9]}})),
        ("application/merge-patch+json", json!({"geometry": null})),
        ("application/merge-patch+json", json!({})),
    ] {
        let answer = send("PATCH", &item(&region, 1), &[("content-type", media)], patch.to_string());
        is(&answer, 204);
        for (name, value) in patch["properties"].as_object().into_iter().flatten() {
            wanted["properties"][name] = value.clone();
        }
        if let Some(geometry) = patch.get("geometry") {
            wanted["geometry"] = geometry.clone();
        }
        same(&get(&item(&region, 1)).json(), &wanted);
    }
    for (patch, member) in [
        (json!({"properties": null}), "/properties"),
        (json!({"properties": [1]}), "/properties"),
        (json!({"type": "FeatureCollection"}), "/type"),
        (json!({"properties": {"nulle_part": 1}}), "/properties/nulle_part"),
        (json!({"properties": {"fid": 7}}), "/properties/fid"),
        (json!({"properties": {"a/b~c": 7}}), "/properties/a~1b~0c"),
        (json!({"geometry": {"coordinates": [1, 2]}}), "/geometry"),
        (json!({"geometry": 3}), "/geometry"),
    ] {
        refused(&send("PATCH", &item(&region, 1), &[MERGE], patch.to_string()), 422, Some(member), &[]);
    }
    same(&get(&item(&region, 1)).json(), &wanted);
    refused(&send("PATCH", &item(&region, 99), &[MERGE], patch.to_string()), 404, None, &[]);
    refused(&send("PATCH", &item(&region, 99), &[MERGE], "{}"), 404, None, &[]);
}

#[test]
fn req_delete_the_feature_is_gone() {
    let region = editable();
    is(&send("DELETE", &item(&region, 3), &[], ""), 204);
    is(&get(&item(&region, 3)), 404);
    refused(&send("DELETE", &item(&region, 3), &[], ""), 404, None, &["3"]);
    refused(&send("DELETE", &item(&region, 0), &[], ""), 404, None, &[]);
    refused(&send("DELETE", &format!("{}/abc", items(&region)), &[], ""), 404, None, &["abc"]);
    assert_eq!(ids(&get(&items(&region)).json()), [1, 2, 4]);
}

#[test]
fn req_optimistic_locking_a_change_is_made_only_in_the_state_that_was_read() {
    let region = editable();
    let url = item(&region, 1);
    let tag = get(&url).header("etag").to_owned();
    let patch = |tag: &str, value: i64| {
        let body = json!({"properties": {"gravite": value}}).to_string();
        send("PATCH", &url, &[MERGE, ("if-match", tag)], body)
    };
    let first = patch(&tag, 7);
    is(&first, 204);
    refused(&patch(&tag, 8), 412, None, &["changed meanwhile"]);
    assert_eq!(get(&url).json()["properties"]["gravite"], 7);
    // Every form of the feature shows the same state, and the answer to a change has its tag.
    for tag in [
        first.header("etag").to_owned(),
        get_with(&url, &[("accept", "text/html")]).header("etag").to_owned(),
        get(&format!("{url}?f=gml")).header("etag").to_owned(),
        format!("\"other\", {}", get(&format!("{url}?crs={EPSG}2154")).header("etag")),
        "*".to_owned(),
    ] {
        assert!(!tag.is_empty());
        is(&send("PATCH", &url, &[MERGE, ("if-match", &tag)], "{}"), 204);
    }
    for tag in ["\"x\"", "W/\"x\"", "x", "", "\"\"", &format!("W/{}", get(&url).header("etag"))] {
        for (method, headers, body) in [
            ("PUT", vec![GEOJSON, ("if-match", tag)], report().to_string()),
            ("PATCH", vec![MERGE, ("if-match", tag)], "{\"properties\":{}}".to_owned()),
            ("DELETE", vec![("if-match", tag)], String::new()),
        ] {
            refused(&send(method, &url, &headers, body), 412, None, &[]);
        }
    }
    let gone = send("DELETE", &item(&region, 99), &[("if-match", "*")], "");
    refused(&gone, 412, None, &["99"]);
    let only_new = send("PUT", &url, &[GEOJSON, ("if-none-match", "*")], report().to_string());
    refused(&only_new, 412, None, &["If-None-Match"]);
    let current = get(&url).header("etag").to_owned();
    is(&get_with(&url, &[("if-none-match", &current)]), 304);
    is(&send("DELETE", &url, &[("if-match", &current)], ""), 204);
}

#[test]
fn req_features_bodies_come_in_any_system_of_the_collection() {
    let region = editable();
    let place = |system: &str, x: f64, y: f64| {
        let mut feature = report();
        feature["geometry"]["coordinates"] = json!([x, y]);
        let system = format!("<{EPSG}{system}>");
        let answer = send("POST", &items(&region), &[GEOJSON, ("content-crs", &system)], feature.to_string());
        is(&answer, 201);
        get(answer.header("location")).json()["geometry"]["coordinates"].clone()
    };
    let near = |found: &Value| {
        let at = |index: usize| found[index].as_f64().expect("a number");
        assert!((at(0) - 5.45).abs() < 1e-6 && (at(1) - 43.55).abs() < 1e-6, "{found}");
    };
    // Latitude comes first in EPSG's 4326.
    near(&place("4326", 43.55, 5.45));
    let asked = get(&format!("{}?crs={EPSG}2154&limit=1&ids=5", items(&region))).json();
    let at = features(&asked)[0]["geometry"]["coordinates"].clone();
    near(&place("2154", at[0].as_f64().expect("x"), at[1].as_f64().expect("y")));
    for (system, words) in
        [("<http://www.opengis.net/def/crs/EPSG/0/99999>", "EPSG:99999"), ("?", "CRS"), ("", "")]
    {
        let answer = send("POST", &items(&region), &[GEOJSON, ("content-crs", system)], report().to_string());
        is(&answer, 400);
        assert_eq!(answer.json()["parameter"], "Content-Crs");
        assert!(answer.text().to_lowercase().contains(&words.to_lowercase()), "{}", answer.text());
    }
    let swapped = report().to_string().replace("[5.45,43.55]", "[200.5,95.0]");
    refused(&send("POST", &items(&region), &[GEOJSON], swapped), 422, Some("/geometry"), &["outside"]);
}

#[test]
fn req_features_json_fg_brings_its_place_in_its_own_system() {
    let region = editable();
    let mut feature = report();
    feature["conformsTo"] = json!(["http://www.opengis.net/spec/json-fg-1/1.0/conf/core"]);
    feature["geometry"] = Value::Null;
    feature["coordRefSys"] = json!(format!("{EPSG}4326"));
    feature["place"] = json!({"type": "Point", "coordinates": [43.55, 5.45]});
    for media in [FG, ("content-type", "application/json")] {
        let answer = send("POST", &items(&region), &[media], feature.to_string());
        is(&answer, 201);
        same(&get(answer.header("location")).json(), &report());
    }
    // In GeoJSON these members mean nothing.
    let answer = send("POST", &items(&region), &[GEOJSON], feature.to_string());
    assert!(get(answer.header("location")).json()["geometry"].is_null());
    feature["place"] = Value::Null;
    feature["geometry"] = report()["geometry"].clone();
    let answer = send("POST", &items(&region), &[FG], feature.to_string());
    same(&get(answer.header("location")).json(), &report());
    let read = get(&format!("{}?f=jsonfg&crs={EPSG}2154", answer.header("location")));
    is(&send("PUT", answer.header("location"), &[FG], read.body), 204);
    feature["coordRefSys"] = json!(["a", "b"]);
    refused(&send("POST", &items(&region), &[FG], feature.to_string()), 422, Some("/coordRefSys"), &[]);
}

#[test]
fn what_breaks_a_rule_is_refused_with_the_member_and_the_rule() {
    let region = editable();
    let with = |pointer: &str, value: Value| {
        let mut feature = report();
        *feature.pointer_mut(pointer).expect("a member") = value;
        feature.to_string()
    };
    let without = |name: &str| {
        let mut feature = report();
        feature.as_object_mut().expect("an object").remove(name);
        feature.to_string()
    };
    for (body, member, words) in [
        (with("/properties/gravite", json!("x")), "/properties/gravite", "whole number"),
        (with("/properties/gravite", json!(2.5)), "/properties/gravite", "whole number"),
        (with("/properties/gravite", json!(99_999_999_999_i64)), "/properties/gravite", "whole number"),
        (with("/properties/urgent", json!("true")), "/properties/urgent", "true or false"),
        (with("/properties/jour", json!("1er avril")), "/properties/jour", "date"),
        (with("/properties/vu", json!("2026-04-01T25:00:00Z")), "/properties/vu", "time"),
        (with("/properties/titre", json!("a\u{0}b")), "/properties/titre", "NUL"),
        (with("/properties/titre", json!({"a": 1})), "/properties/titre", "text"),
        (with("/properties", json!({"inconnue": 1})), "/properties/inconnue", "titre"),
        (with("/properties", json!(3)), "/properties", "object"),
        (
            with("/geometry", json!({"type": "LineString", "coordinates": [[5, 43], [6, 44]]})),
            "/geometry",
            "Point",
        ),
        (with("/geometry", json!({"type": "Point", "coordinates": []})), "/geometry", "position"),
        (with("/geometry", json!("POINT(5 43)")), "/geometry", "object"),
        (with("/geometry/coordinates", json!([5, 91])), "/geometry", "outside"),
        (with("/type", json!("feature")), "/type", "Feature"),
        (without("type"), "/type", "Feature"),
        (without("geometry"), "/geometry", "null"),
        (without("properties"), "/properties", "null"),
    ] {
        for (method, url) in [("POST", items(&region)), ("PUT", item(&region, 1))] {
            refused(&send(method, &url, &[GEOJSON], body.as_bytes()), 422, Some(member), &[words]);
        }
    }
    let areas = region.url("/ogc/collections/chantiers/items");
    let area = |rings: Value| {
        let feature = json!({"type": "Feature", "properties": null, "geometry": {"type": "Polygon", "coordinates": rings}});
        send("POST", &areas, &[GEOJSON], feature.to_string())
    };
    is(&area(json!([[[5, 43], [6, 43], [6, 44], [5, 43]]])), 201);
    for rings in [
        json!([[[5, 43], [6, 44], [6, 43], [5, 44], [5, 43]]]),
        json!([[[5, 43], [6, 43], [6, 44]]]),
        json!([[[5, 43], [6, 43], [5, 43]]]),
        json!([]),
    ] {
        refused(&area(rings), 422, Some("/geometry"), &["geometry"]);
    }
    for (body, words) in [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "object"),
        ("null", "object"),
        ("{\"type\": \"Feature\", \"geometry\": {\"type\":\"Point\",\"coordinates\":[1e999,2]}}", "not JSON"),
    ] {
        refused(&send("POST", &items(&region), &[GEOJSON], body), 400, None, &[words]);
    }
    let nested = "[".repeat(200_000);
    refused(&send("POST", &items(&region), &[GEOJSON], nested), 400, None, &["not JSON"]);
    refused(&send("POST", &items(&region), &[GEOJSON], [b'"', 0xff, b'"']), 400, None, &["not JSON"]);
    assert_eq!(ids(&get(&items(&region)).json()).len(), 4, "nothing was written");
}

#[test]
fn other_bodies_methods_and_parameters_are_refused() {
    let region = editable();
    for (media, method) in [
        ("text/xml", "POST"),
        ("application/gml+xml", "PUT"),
        ("application/vnd.ogc.fg+json", "PATCH"),
        ("x", "POST"),
    ] {
        let url = if method == "POST" { items(&region) } else { item(&region, 1) };
        let answer = send(method, &url, &[("content-type", media)], report().to_string());
        refused(&answer, 415, None, &["application/geo+json"]);
    }
    let answer = send("POST", &format!("{}?limit=3", items(&region)), &[GEOJSON], report().to_string());
    is(&answer, 400);
    assert_eq!(answer.json()["parameter"], "limit");
    let nowhere = region.url("/ogc/collections/nulle-part/items");
    is(&send("POST", &nowhere, &[GEOJSON], report().to_string()), 404);
    for (method, url, allowed) in [
        ("PUT", items(&region), "GET, HEAD, POST, OPTIONS"),
        ("DELETE", items(&region), "GET, HEAD, POST, OPTIONS"),
        ("POST", item(&region, 1), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
    ] {
        let answer = send(method, &url, &[GEOJSON], "{}");
        assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{method} {url}");
        let asked = send("OPTIONS", &url, &[], "");
        assert_eq!((asked.status, asked.header("allow")), (204, allowed));
    }
    let asked = send("OPTIONS", &item(&region, 1), &[], "");
    assert!(asked.header("accept-patch").contains("application/merge-patch+json"));
    assert!(send("OPTIONS", &items(&region), &[], "").header("accept-post").contains("application/geo+json"));
    let small = limited(Limits { body_bytes: 2000, ..Limits::default() });
    let long = report().to_string().replace("Banc", &"Banc ".repeat(1000));
    refused(&send("POST", &items(&small), &[GEOJSON], long), 413, None, &["2000"]);
}

#[test]
fn editing_is_offered_only_where_it_is_switched_on_and_to_those_with_a_token() {
    let off = with_config(Config { editing: Editing::Off, ..config() });
    let token = with_config(Config { editing: Editing::Token, ..config() });
    let changes = [("POST", None), ("PUT", Some(1)), ("PATCH", Some(1)), ("DELETE", Some(1))];
    let at = |region: &Region, fid: Option<i64>| fid.map_or_else(|| items(region), |fid| item(region, fid));
    for (method, fid) in changes {
        let answer = send(method, &at(&off, fid), &[GEOJSON], report().to_string());
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, OPTIONS"), "{method}");
        let asked = send("OPTIONS", &at(&off, fid), &[], "");
        assert_eq!(asked.header("allow"), "GET, HEAD, OPTIONS");
        let answer = send(method, &at(&token, fid), &[GEOJSON], report().to_string());
        refused(&answer, 401, None, &["token"]);
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{:?}", answer.headers);
        let wrong = ("authorization", "Bearer datasud_nothing");
        let answer = send(method, &at(&token, fid), &[GEOJSON, wrong], report().to_string());
        refused(&answer, 401, None, &[]);
        assert!(answer.header("www-authenticate").contains("invalid_token"));
    }
    for region in [&off, &token] {
        assert_eq!(ids(&get(&items(region)).json()), [1, 2, 3, 4]);
    }
    for (region, editing) in [(&off, false), (&token, true), (&editable(), true)] {
        let classes = get(&region.url("/ogc/conformance")).json();
        let declared = classes["conformsTo"].as_array().expect("classes");
        let says = |class: &str| declared.iter().filter_map(Value::as_str).any(|c| c.ends_with(class));
        for class in ["create-replace-delete", "update", "optimistic-locking-etags", "features"] {
            assert_eq!(says(&format!("ogcapi-features-4/1.0/conf/{class}")), editing, "{class}");
        }
        let api = get(&region.url("/ogc/api")).json();
        let paths = &api["paths"];
        let (many, one) = (
            &paths["/collections/signalements/items"],
            &paths["/collections/signalements/items/{featureId}"],
        );
        for (path, method) in [(many, "post"), (one, "put"), (one, "patch"), (one, "delete")] {
            assert_eq!(path.get(method).is_some(), editing, "{method}");
        }
    }
}

#[test]
fn what_somebody_has_locked_by_wfs_is_not_changed() {
    let region = editable();
    let lock = get(&region.url(
        "/wfs?service=WFS&version=2.0.0&request=LockFeature&typeNames=signalements&resourceId=signalements.1&expiry=5",
    ));
    is(&lock, 200);
    for (method, body) in
        [("PUT", report()), ("PATCH", json!({"properties": {"gravite": 1}})), ("DELETE", json!({}))]
    {
        let answer = send(method, &item(&region, 1), &[GEOJSON], body.to_string());
        refused(&answer, 423, None, &["feature 1", "locked"]);
    }
    is(&send("DELETE", &item(&region, 2), &[], ""), 204);
    // What is changed here is what WFS and the tiles then have.
    let body = json!({"properties": {"titre": "par OGC API"}}).to_string();
    is(&send("PATCH", &item(&region, 3), &[MERGE], body), 204);
    assert!(get(&region.url("/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=signalements&resourceId=signalements.3")).text().contains("par OGC API"));
}
