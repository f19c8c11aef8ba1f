//! Boxes, limits, times, errors, and single features (A.2.7 and A.2.8).

use super::{
    GEOJSON, all, ask, collections, defined, definition, extent, id, ids, item_paths, items, items_address,
    json, link, linked, ogc, positions,
};
use crate::support::{Answer, get_with};
use serde_json::Value;
use std::collections::BTreeSet;

/// West, south, east, north of a geometry; nothing where there is none.
fn envelope(feature: &Value) -> Option<[f64; 4]> {
    let all = positions(feature);
    let first = *all.first()?;
    let start = [first[0], first[1], first[0], first[1]];
    let grow = |b: [f64; 4], p: [f64; 2]| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])];
    Some(all.into_iter().fold(start, grow))
}

/// A bad request, told as a problem that names the parameter.
#[track_caller]
fn refused(answer: &Answer, parameter: &str, test: &str) {
    assert_eq!(answer.status, 400, "{test}: {parameter}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json", "{test}");
    assert_eq!(answer.json()["parameter"], parameter, "{test}");
}

#[test]
fn features10_bbox_definition_is_an_array_of_four_to_six_numbers() {
    let (api, test) = (definition(), "/ats/core/fc-bbox-definition");
    for path in item_paths(&api) {
        let schema = defined(&api, &path, "bbox", test);
        assert_eq!(
            (&schema["type"], &schema["items"]["type"]),
            (&"array".into(), &"number".into()),
            "{test}"
        );
        assert_eq!((&schema["minItems"], &schema["maxItems"]), (&4.into(), &6.into()), "{test}: {path}");
    }
}

#[test]
fn features10_bbox_response_holds_what_meets_the_box_and_nothing_else() {
    for collection in collections() {
        let every = all(&collection, "limit=1000");
        let [west, south, east, north] = extent(&collection);
        let (x, y) = (f64::midpoint(west, east), f64::midpoint(south, north));
        let mut chosen = 0;
        for bbox in [[west, south, east, north], [west, south, x, y], [x, y, east, north]] {
            let [w, s, e, n] = bbox;
            let test = format!("/ats/core/fc-bbox-response: {} {bbox:?}", id(&collection));
            let page = items(&collection, &format!("limit=1000&bbox={w},{s},{e},{n}"));
            let found = ids(&page);
            assert_eq!(page["numberMatched"], found.len(), "/ats/core/fc-numberMatched: {test}");
            for feature in &every {
                let returned = found.contains(&feature["id"].to_string());
                match envelope(feature) {
                    // A feature without a geometry meets every box (/req/core/fc-bbox-response C).
                    None => assert!(returned, "{test}: no geometry: {feature}"),
                    Some([a, b, c, d]) => {
                        let apart = c < w - 1e-6 || a > e + 1e-6 || d < s - 1e-6 || b > n + 1e-6;
                        assert!(!(returned && apart), "{test}: lies apart: {feature}");
                        let vertex = |p: &[f64; 2]| {
                            (w + 1e-6..=e - 1e-6).contains(&p[0]) && (s + 1e-6..=n - 1e-6).contains(&p[1])
                        };
                        let meets = positions(feature).iter().any(vertex);
                        assert!(returned || !meets, "{test}: is missing: {feature}");
                    }
                }
            }
            chosen += usize::from(!found.is_empty() && found.len() < every.len());
        }
        assert!(chosen > 0, "the boxes of {} must choose", id(&collection));
    }
}

#[test]
fn features10_bbox_over_meridian_equator_date_line_and_poles_is_answered() {
    for collection in collections() {
        let unplaced = all(&collection, "limit=1000").iter().filter(|f| envelope(f).is_none()).count();
        for (bbox, place) in [
            ("-1.5,50.0,1.5,53.0", "the meridian"),
            ("-80.0,-5.0,-70.0,5.0", "the equator"),
            ("177.0,65.0,-177.0,70.0", "the date line"),
            ("-180.0,85.0,180.0,90.0", "the north pole"),
            ("-180.0,-90.0,180.0,-85.0", "the south pole"),
        ] {
            let page = items(&collection, &format!("bbox={bbox}"));
            assert_eq!(page["numberMatched"], unplaced, "/ats/core/fc-bbox-response: {place}");
        }
        // West of the data round the world to their east: all.
        let [west, south, east, north] = extent(&collection);
        let round = items(&collection, &format!("bbox={},-90,{},90", east + 1.0, east));
        let (w, s, e, n) = (west - 1e-6, south - 1e-6, east + 1e-6, north + 1e-6);
        let flat = items(&collection, &format!("bbox={w},{s},0,{e},{n},9000"));
        let whole = items(&collection, "")["numberMatched"].clone();
        assert_eq!(round["numberMatched"], whole, "/req/core/fc-bbox-response: across the date line");
        assert_eq!(flat["numberMatched"], whole, "/req/core/fc-bbox-definition: six numbers");
    }
}

#[test]
fn features10_limit_definition_has_bounds_and_a_default() {
    let (api, test) = (definition(), "/ats/core/fc-limit-definition");
    for path in item_paths(&api) {
        let schema = defined(&api, &path, "limit", test);
        assert_eq!(schema["type"], "integer", "{test}: {path}");
        let number = |name: &str| schema[name].as_u64().unwrap_or_else(|| panic!("{test}: {path} {name}"));
        let (least, most, default) = (number("minimum"), number("maximum"), number("default"));
        assert!(1 <= least && least <= default && default <= most, "{test}: {path} {schema}");
    }
}

#[test]
fn features10_limit_response_never_has_more_features() {
    let api = definition();
    for collection in collections() {
        let path = format!("/collections/{}/items", id(&collection));
        let schema = defined(&api, &path, "limit", "/ats/core/fc-limit-definition");
        let number = |name: &str| schema[name].as_u64().expect("a number");
        let (least, most) = (number("minimum"), number("maximum"));
        let whole = all(&collection, "limit=1000").len() as u64;
        for limit in [least, (least + (most - least) / 2).min(100), most] {
            let page = items(&collection, &format!("limit={limit}"));
            let test = format!("/ats/core/fc-limit-response: {path}?limit={limit}");
            assert_eq!(page["numberReturned"], limit.min(whole), "{test}");
            assert_eq!(link(&page, "next").is_some(), limit < whole, "{test}: next where there is more");
        }
        let silent = items(&collection, "")["numberReturned"].clone();
        assert_eq!(silent, number("default").min(whole), "/req/core/fc-limit-definition: the default");
        // More than the most is answered with the most (/req/core/fc-limit-response-1 C).
        let more = items(&collection, &format!("limit={}", most + 1));
        assert_eq!(more["numberReturned"], most.min(whole), "/req/core/fc-limit-response-1");
    }
}

#[test]
fn features10_datetime_definition_is_a_string() {
    let (api, test) = (definition(), "/ats/core/fc-time-definition");
    for path in item_paths(&api) {
        assert_eq!(defined(&api, &path, "datetime", test)["type"], "string", "{test}: {path}");
    }
}

#[test]
fn features10_datetime_response_holds_what_meets_the_time() {
    let collections = collections();
    let dated = collections.iter().find(|c| id(c) == "evenements").expect("the one with days");
    let every = all(dated, "limit=1000");
    let mut days: Vec<&str> = every.iter().filter_map(|f| f["properties"]["jour"].as_str()).collect();
    days.sort_unstable();
    let (first, middle, last) = (days[0], days[days.len() / 2], days[days.len() - 1]);
    assert!(first < middle && middle < last, "days that choose");
    for (query, from, to) in [
        (middle.to_owned(), middle, middle),
        (format!("{middle}T12:00:00Z"), middle, middle),
        (format!("{first}/{middle}"), first, middle),
        (format!("{middle}T00:00:00Z/{last}T23:59:59Z"), middle, last),
        (format!("../{middle}"), "", middle),
        (format!("{middle}/.."), middle, "9999"),
        (format!("/{middle}"), "", middle),
        (format!("{middle}/"), middle, "9999"),
    ] {
        let page = items(dated, &format!("limit=1000&datetime={query}"));
        let expected: BTreeSet<String> = every
            .iter()
            .filter(|f| f["properties"]["jour"].as_str().is_none_or(|d| d >= from && d <= to))
            .map(|f| f["id"].to_string())
            .collect();
        assert_eq!(ids(&page), expected, "/ats/core/fc-time-response: {query}");
        assert!(expected.len() < every.len(), "{query} must choose");
    }
    for timeless in collections.iter().filter(|c| ["equipements", "routes"].contains(&id(c))) {
        let page = items(timeless, "datetime=2018-02-12T23:20:50Z");
        let whole = items(timeless, "")["numberMatched"].clone();
        assert_eq!(page["numberMatched"], whole, "/req/core/fc-time-response C: without a time all match");
    }
}

#[test]
fn features10_error_conditions_invalid_and_unknown_parameters_are_refused() {
    for collection in collections() {
        let invalid = "/ats/core/query-param-invalid";
        for (name, value) in [
            ("limit", "unlimited"),
            ("limit", "0"),
            ("bbox", "1,2,3"),
            ("bbox", "a,b,c,d"),
            ("bbox", "5,50,6,40"),
            ("datetime", "2018-13-45"),
            ("datetime", "2019-01-01/2018-01-01"),
            ("datetime", "../../.."),
        ] {
            refused(&ask(&collection, &format!("{name}={value}")), name, invalid);
        }
        for name in ["unknownQueryParameter12345", "Limit", "bboxx"] {
            refused(&ask(&collection, &format!("{name}=1")), name, "/ats/core/query-param-unknown");
        }
    }
    for path in ["/conformance", "/collections", "/collections/communes", "/collections/communes/items/1"] {
        let answer = get_with(&ogc(&format!("{path}?unknown=1")), &[("accept", "application/json")]);
        refused(&answer, "unknown", "/req/core/query-param-unknown");
    }
}

#[test]
fn features10_feature_is_the_one_of_the_list_with_its_links() {
    for collection in collections() {
        let page = items(&collection, "limit=5");
        for listed in page["features"].as_array().expect("features") {
            let base = items_address(&collection).split('?').next().expect("an address");
            let address = format!("{base}/{}", listed["id"].to_string().trim_matches('"'));
            let answer = get_with(&address, &[("accept", GEOJSON)]);
            assert_eq!(answer.status, 200, "/ats/core/f-op: {address}: {}", answer.text());
            assert_eq!(answer.header("content-type"), GEOJSON, "/ats/core/f-op: {address}");
            let alone = answer.json();
            for member in ["type", "id", "geometry", "properties"] {
                assert_eq!(alone[member], listed[member], "/ats/core/f-success: {address} {member}");
            }
            linked(&alone, GEOJSON, &["collection"], "/ats/core/f-links");
            let own = link(&alone, "collection").expect("a link");
            assert_eq!(
                json(own, "/ats/core/f-links")["id"],
                collection["id"],
                "/ats/core/f-links: collection"
            );
            let again = json(link(&alone, "self").expect("a link"), "/ats/core/f-links");
            assert_eq!(again["id"], alone["id"], "/ats/core/f-links: self");
        }
        let base = items_address(&collection).split('?').next().expect("an address");
        let nobody = get_with(&format!("{base}/999999999"), &[("accept", GEOJSON)]);
        assert_eq!(nobody.status, 404, "/req/core/f-op: an unknown feature");
    }
}
