//! `q`, `ids`, search by POST, cursors.

use super::{ask, encode, events_where, good, ids, items, link, ogc, refused, send};
use crate::support::get;
use crate::wfs_t::editable;
use serde_json::{Value, json};

const SEARCH: &str = "/collections/evenements/search";
const JSON: (&str, &str) = ("content-type", "application/json");

fn search(body: &Value) -> crate::support::Answer {
    send("POST", &ogc(SEARCH), &[JSON], body.to_string())
}

#[test]
fn words_are_found_whatever_their_case_and_accents() {
    let texts = |p: &Value| {
        let all =
            ["titre", "commune", "description"].map(|n| p[n].as_str().unwrap_or_default().to_lowercase());
        all.join("\n")
    };
    let holds = |word: &'static str| move |p: &Value| texts(p).contains(word);
    let market = events_where(holds("marché"));
    assert!(!market.is_empty() && market.len() < 80);
    for q in ["marché", "MARCHÉ", "marche", "Marche"] {
        assert_eq!(ids(&items("evenements", &[("q", q), ("limit", "1000")])), market, "{q}");
    }
    let both = events_where(|p| texts(p).contains("marché") && texts(p).contains("vière"));
    assert_eq!(ids(&items("evenements", &[("q", "viere marche"), ("limit", "1000")])), both);
    let either = events_where(|p| texts(p).contains("marché") || texts(p).contains("fête"));
    assert_eq!(ids(&items("evenements", &[("q", "fete,marche"), ("limit", "1000")])), either);
    // What patterns and SQL mean by these signs is no matter here.
    for q in ["%", "_", "100%", "' or '1'='1", "\\", "a%' --"] {
        let found = ids(&items("evenements", &[("q", q), ("limit", "1000")]));
        assert!(found.len() < 80, "{q}: {}", found.len());
    }
    refused(&ask(&ogc("/collections/evenements/items?q=")), "q", &["word"]);
    refused(
        &ask(&ogc(&format!("/collections/evenements/items?q={}", encode(&"mot ".repeat(40))))),
        "q",
        &["32"],
    );
}

#[test]
fn identifiers_choose_features_in_either_form() {
    assert_eq!(ids(&items("evenements", &[("ids", "3,1,2,999999")])), [1, 2, 3]);
    assert_eq!(ids(&items("evenements", &[("ids", "evenements.3,2")])), [2, 3]);
    assert_eq!(ids(&items("evenements", &[("ids", "routes.3,x,-1")])), Vec::<i64>::new());
    refused(&ask(&ogc("/collections/evenements/items?ids=,")), "ids", &[]);
}

#[test]
fn a_search_takes_what_items_take() {
    let wanted = items("evenements", &[("filter", "places > 100"), ("sortby", "-places"), ("limit", "1000")]);
    let filter = json!({"op": ">", "args": [{"property": "places"}, 100]});
    for body in [
        json!({"filter": "places > 100", "sortby": "-places", "limit": 1000}),
        json!({"filter": filter, "sortby": ["-places"], "limit": 1000}),
        json!({"filter": filter.to_string(), "filter-lang": "cql2-json", "sortby": ["-places"], "limit": 1000, "q": null}),
    ] {
        let answer = search(&body);
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
        assert_eq!(ids(&answer.json()), ids(&wanted), "{body}");
    }
    let form = send(
        "POST",
        &ogc(SEARCH),
        &[("content-type", "application/x-www-form-urlencoded")],
        format!("filter={}&sortby=-places&limit=1000", encode("places > 100")),
    );
    assert_eq!(ids(&form.json()), ids(&wanted));
    // Far longer than an address may be.
    let long = format!("places IN ({})", (0..9000).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    let answer = search(&json!({"filter": long, "limit": 1000}));
    assert!([200, 400].contains(&answer.status), "{}", answer.text());
    let several = format!("fid IN ({})", (1..200).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    assert_eq!(ids(&search(&json!({"filter": several, "limit": 1000})).json()).len(), 80);
}

#[test]
fn a_search_is_paged_by_its_links() {
    let mut body = json!({"filter": "places > 0", "sortby": ["commune", "-places"], "limit": 7, "properties": ["places"]});
    let whole =
        search(&json!({"filter": "places > 0", "sortby": ["commune", "-places"], "limit": 1000})).json();
    let mut found = Vec::new();
    loop {
        let page = search(&body).json();
        assert_eq!(page["numberMatched"], whole["numberMatched"]);
        found.extend(ids(&page));
        let Some(next) = link(&page, "next") else { break };
        assert_eq!((&next["method"], &next["href"]), (&json!("POST"), &json!(ogc(SEARCH))));
        body = next["body"].clone();
    }
    assert_eq!(found, ids(&whole));
}

#[test]
fn what_is_no_search_is_refused() {
    for (media, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "[]", 400),
        ("application/json", "", 400),
        ("application/json", "{\"filter\": 3}", 400),
        ("application/json", "{\"nulle_part\": 3}", 400),
        ("application/json", "{\"limit\": -1}", 400),
        ("application/json", "{\"bbox\": [1, 2]}", 400),
        ("application/json", "{\"bbox\": \"x\"}", 400),
        ("application/json", "{\"cursor\": \"x\"}", 400),
        ("application/json", "\u{feff}{}", 400),
        ("text/xml", "<a/>", 415),
        ("application/x-www-form-urlencoded", "limit=%zz", 400),
        ("application/x-www-form-urlencoded", "limit=1&limit=2", 400),
    ] {
        let answer = send("POST", &ogc(SEARCH), &[("content-type", media)], body);
        assert_eq!(answer.status, status, "{media} {body}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let bytes = send("POST", &ogc(SEARCH), &[JSON], [0x7b, 0xff, 0x7d]);
    assert_eq!(bytes.status, 400);
    let nested = format!("{}{}", "{\"filter\":".repeat(100_000), "}".repeat(100_000));
    assert_eq!(send("POST", &ogc(SEARCH), &[JSON], nested).status, 400);
    let get = ask(&ogc(SEARCH));
    assert_eq!((get.status, get.header("allow")), (405, "POST, OPTIONS"));
    assert_eq!(send("POST", &ogc("/collections/nowhere/search"), &[JSON], "{}").status, 404);
}

#[test]
fn cursors_serve_only_where_they_came_from() {
    let next = |query: &[(&str, &str)]| {
        let page = items("evenements", query);
        let next =
            link(&page, "next").expect("a page after")["href"].as_str().expect("an address").to_owned();
        let cursor = next.split("cursor=").nth(1).expect("a cursor").split('&').next().unwrap_or_default();
        cursor.to_owned()
    };
    let cursor = next(&[("limit", "5"), ("sortby", "titre")]);
    let asked = |query: &str| ask(&ogc(&format!("/collections/{query}&cursor={cursor}")));
    assert_eq!(asked("evenements/items?sortby=titre").status, 200);
    // What doesn't choose or order may change on the way.
    assert_eq!(asked("evenements/items?sortby=titre&limit=3&properties=titre&f=json").status, 200);
    for other in [
        "evenements/items?sortby=-titre",
        "evenements/items?limit=5",
        "evenements/items?sortby=titre&bbox=5,43,6,44",
        "evenements/items?sortby=titre&gratuit=true",
        "equipements/items?limit=5",
    ] {
        refused(&asked(other), "cursor", &["another"]);
    }
    refused(&asked("evenements/items?sortby=titre&offset=5"), "cursor", &["offset"]);
    for text in ["", "x", "%00", "YX4wfn4wfg", &"A".repeat(3000), "' or 1=1"] {
        let url = ogc(&format!("/collections/evenements/items?cursor={}", encode(text)));
        refused(&ask(&url), "cursor", &[]);
    }
}

#[test]
fn pages_stay_whole_while_features_come_and_go() {
    let region = editable();
    let base = region.url("/ogc/collections/signalements/items");
    let feature = |title: &str, x: f64| {
        json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [x, 43.5]},
               "properties": {"titre": title, "gravite": 2}})
    };
    let several: Vec<Value> =
        (0..20).map(|n| feature(&format!("n{n:02}"), 5.0 + f64::from(n) / 100.0)).collect();
    let body = json!({"type": "FeatureCollection", "features": several});
    let created = send("POST", &base, &[("content-type", "application/geo+json")], body.to_string());
    assert_eq!(created.status, 201, "{}", created.text());
    for sort in ["fid", "titre", "-titre", "gravite,-titre"] {
        let first = get(&format!("{base}?sortby={sort}&limit=8")).json();
        let all = ids(&get(&format!("{base}?sortby={sort}&limit=100")).json());
        // The first of the page goes, and one comes before it and one in it.
        let gone = ids(&first)[0];
        assert_eq!(send("DELETE", &format!("{base}/{gone}"), &[], "").status, 204);
        let second = good(link(&first, "next").expect("a page after")["href"].as_str().expect("an address"));
        assert_eq!(ids(&second), all[8..16], "{sort}: the second page begins behind the first");
        let back = good(link(&second, "prev").expect("a page before")["href"].as_str().expect("an address"));
        assert_eq!(ids(&back), all[1..8], "{sort}: the first page without the feature that is gone");
    }
}
