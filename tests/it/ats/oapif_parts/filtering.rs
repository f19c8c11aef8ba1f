//! Part 3: queryables, `filter`, `filter-lang`, `filter-crs`; every class of CQL2.

use super::{EPSG, ask, declares, encode, events, events_where, good, ids, items, link, ogc, refused, send};
use serde_json::{Value, json};

const EVENTS: &str = "/collections/evenements/items";

#[track_caller]
fn found(filter: &str) -> Vec<i64> {
    let page = items("evenements", &[("limit", "1000"), ("filter", filter)]);
    assert_eq!(page["numberMatched"], ids(&page).len(), "{filter}");
    ids(&page)
}

#[test]
fn conf_filter_features_filter_and_all_of_cql2_are_declared() {
    declares(&[
        "ogcapi-features-3/1.0/conf/queryables",
        "ogcapi-features-3/1.0/conf/queryables-query-parameters",
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter",
        "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/cql2-json",
        "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/advanced-comparison-operators",
        "cql2/1.0/conf/case-insensitive-comparison",
        "cql2/1.0/conf/accent-insensitive-comparison",
        "cql2/1.0/conf/basic-spatial-functions",
        "cql2/1.0/conf/basic-spatial-functions-plus",
        "cql2/1.0/conf/spatial-functions",
        "cql2/1.0/conf/temporal-functions",
        "cql2/1.0/conf/array-functions",
        "cql2/1.0/conf/property-property",
        "cql2/1.0/conf/functions",
        "cql2/1.0/conf/arithmetic",
    ]);
}

#[test]
fn req_queryables_every_collection_links_to_a_schema_of_its_own() {
    let collections = good(&ogc("/collections"));
    for collection in collections["collections"].as_array().expect("collections") {
        let rel = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
        let found = link(collection, rel).unwrap_or_else(|| panic!("no link {rel}: {collection}"));
        assert_eq!(found["type"], "application/schema+json");
        let address = found["href"].as_str().expect("an address");
        let answer = ask(address);
        assert_eq!(answer.header("content-type"), "application/schema+json", "{address}");
        let schema = answer.json();
        assert_eq!(schema["$id"], address, "/req/queryables/get-queryables-response");
        assert!(schema["$schema"].as_str().is_some_and(|s| s.contains("2020-12")));
        assert_eq!(schema["type"], "object");
        for (name, property) in schema["properties"].as_object().expect("properties") {
            let spatial = property["format"].as_str().is_some_and(|f| f.starts_with("geometry-"));
            assert!(spatial != property.get("type").is_some(), "{name}: {property}");
        }
    }
    assert_eq!(ask(&ogc("/collections/nowhere/queryables")).status, 404);
}

#[test]
fn req_filter_each_class_of_cql2_chooses_what_it_says() {
    let number = |p: &Value, name: &str| p[name].as_f64();
    let text = |p: &Value, name: &str| p[name].as_str().map(str::to_owned);
    type Holds<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let cases: Vec<(&str, Holds<'_>)> = vec![
        ("places > 100", Box::new(|p| number(p, "places").is_some_and(|n| n > 100.0))),
        ("NOT (gratuit = TRUE)", Box::new(|p| p["gratuit"] == false)),
        ("gratuit", Box::new(|p| p["gratuit"] == true)),
        ("tarif IS NULL", Box::new(|p| p["tarif"].is_null())),
        (
            "places BETWEEN 100 AND 300",
            Box::new(|p| number(p, "places").is_some_and(|n| (100.0..=300.0).contains(&n))),
        ),
        ("commune IN ('Vière', 'nulle part')", Box::new(|p| p["commune"] == "Vière")),
        ("titre LIKE 'F%'", Box::new(|p| text(p, "titre").is_some_and(|t| t.starts_with('F')))),
        ("CASEI(commune) = CASEI('VIÈRE')", Box::new(|p| p["commune"] == "Vière")),
        ("ACCENTI(CASEI(commune)) = ACCENTI(CASEI('viere'))", Box::new(|p| p["commune"] == "Vière")),
        (
            "jour > DATE('2026-11-11')",
            Box::new(|p| text(p, "jour").is_some_and(|d| d.as_str() > "2026-11-11")),
        ),
        (
            "T_AFTER(debut, TIMESTAMP('2026-11-11T08:30:00Z'))",
            Box::new(|p| text(p, "debut").is_some_and(|d| d.as_str() > "2026-11-11T08:30:00Z")),
        ),
        (
            "T_DURING(debut, INTERVAL('2026-01-01T00:00:00Z', '2026-06-30T00:00:00Z'))",
            Box::new(|p| {
                text(p, "debut").is_some_and(|d| {
                    d.as_str() > "2026-01-01T00:00:00Z" && d.as_str() < "2026-06-30T00:00:00Z"
                })
            }),
        ),
        (
            "A_CONTAINS(themes, ('fête', 'plein air'))",
            Box::new(|p| {
                let themes = p["themes"].as_array().cloned().unwrap_or_default();
                themes.contains(&json!("fête")) && themes.contains(&json!("plein air"))
            }),
        ),
        (
            "A_OVERLAPS(themes, ('fête'))",
            Box::new(|p| p["themes"].as_array().is_some_and(|t| t.contains(&json!("fête")))),
        ),
        (
            "places > identifiant - 8999999900",
            Box::new(|p| {
                number(p, "places")
                    .zip(number(p, "identifiant"))
                    .is_some_and(|(a, b)| a > b - 8_999_999_900.0)
            }),
        ),
        (
            "places * 2 + 1 > 401",
            Box::new(|p| number(p, "places").is_some_and(|n| n.mul_add(2.0, 1.0) > 401.0)),
        ),
        (
            "tarif < 10 OR places > 300 AND gratuit = FALSE",
            Box::new(|p| {
                number(p, "tarif").is_some_and(|n| n < 10.0)
                    || number(p, "places").is_some_and(|n| n > 300.0) && p["gratuit"] == false
            }),
        ),
    ];
    let all = events().len();
    for (filter, holds) in cases {
        let wanted = events_where(holds);
        assert!(!wanted.is_empty() && wanted.len() < all, "{filter} chooses {} of {all}", wanted.len());
        assert_eq!(found(filter), wanted, "{filter}");
    }
}

#[test]
fn req_filter_text_and_json_say_the_same_and_a_brace_tells_them_apart() {
    let text = "places > 100 AND S_INTERSECTS(geom, BBOX(5.3, 43.4, 5.5, 43.7))";
    let filter = json!({"op": "and", "args": [
        {"op": ">", "args": [{"property": "places"}, 100]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": [5.3, 43.4, 5.5, 43.7]}]},
    ]});
    let wanted = found(text);
    assert!(!wanted.is_empty() && wanted.len() < 80);
    assert_eq!(found(&filter.to_string()), wanted);
    for (language, filter) in [("cql2-text", text.to_owned()), ("cql2-json", filter.to_string())] {
        let page = items("evenements", &[("limit", "1000"), ("filter", &filter), ("filter-lang", language)]);
        assert_eq!(ids(&page), wanted, "{language}");
    }
    let crossed = ask(&ogc(&format!("{EVENTS}?filter-lang=cql2-json&filter={}", encode(text))));
    refused(&crossed, "filter", &[]);
}

#[test]
fn req_filter_crs_places_the_coordinates_of_the_filter() {
    let wanted = found("S_INTERSECTS(geom, POLYGON((5.3 43.4, 5.6 43.4, 5.6 43.8, 5.3 43.8, 5.3 43.4)))");
    assert!(!wanted.is_empty() && wanted.len() < 80);
    for (system, filter) in [
        ("4326", "S_INTERSECTS(geom, POLYGON((43.4 5.3, 43.4 5.6, 43.8 5.6, 43.8 5.3, 43.4 5.3)))"),
        ("4326", "S_INTERSECTS(geom, BBOX(43.4, 5.3, 43.8, 5.6))"),
        ("3857", "S_INTERSECTS(geom, BBOX(589993.3, 5373055.5, 623389.2, 5434543.7))"),
    ] {
        let crs = format!("{EPSG}{system}");
        let page = items("evenements", &[("limit", "1000"), ("filter", filter), ("filter-crs", &crs)]);
        assert_eq!(ids(&page), wanted, "{system}: {filter}");
    }
    let unknown = ask(&ogc(&format!("{EVENTS}?filter=places%3E1&filter-crs={EPSG}99999")));
    refused(&unknown, "filter-crs", &[]);
}

#[test]
fn req_features_filter_all_conditions_must_hold_together() {
    let with_filter = found("places > 100");
    let box_alone = items("evenements", &[("limit", "1000"), ("bbox", "5.3,43.4,5.5,43.7")]);
    let time_alone = items("evenements", &[("limit", "1000"), ("datetime", "2026-06-01/..")]);
    let wanted: Vec<i64> = with_filter
        .iter()
        .copied()
        .filter(|id| ids(&box_alone).contains(id) && ids(&time_alone).contains(id))
        .collect();
    let parameters = [
        ("limit", "1000"),
        ("filter", "places > 100"),
        ("bbox", "5.3,43.4,5.5,43.7"),
        ("datetime", "2026-06-01/.."),
    ];
    assert_eq!(ids(&items("evenements", &parameters)), wanted);
}

#[test]
fn req_filter_what_is_no_filter_is_refused_by_name() {
    let filtered = |filter: &str| ask(&ogc(&format!("{EVENTS}?filter={}", encode(filter))));
    for (filter, words) in [
        ("", &[][..]),
        ("places >", &[]),
        ("nulle_part = 1", &["nulle_part"]),
        ("places = 'beaucoup'", &["places"]),
        ("places = 1; drop table x", &[]),
        ("titre LIKE 3", &[]),
        ("{\"op\": \"=\"}", &[]),
        ("{\"op\": \"sleep\", \"args\": [10]}", &["sleep"]),
        ("pg_sleep(10) = 1", &["pg_sleep"]),
        ("S_INTERSECTS(places, POINT(1 2))", &[]),
        ("S_INTERSECTS(geom, POINT(1))", &[]),
        ("S_INTERSECTS(geom, POINT(x y))", &[]),
        ("T_AFTER(titre, DATE('2026-01-01'))", &[]),
        ("jour > DATE('2026-13-41')", &[]),
        ("titre = 'a\u{0}b'", &[]),
    ] {
        let answer = filtered(filter);
        refused(&answer, "filter", words);
        assert!(!answer.text().contains("select"), "no SQL is shown: {}", answer.text());
    }
    let deep = format!("{}places = 1{}", "(".repeat(1500), ")".repeat(1500));
    let url = ogc("/collections/evenements/search");
    let answer =
        send("POST", &url, &[("content-type", "application/json")], json!({"filter": deep}).to_string());
    refused(&answer, "filter", &[]);
    let language = ask(&ogc(&format!("{EVENTS}?filter=places%3E1&filter-lang=ecql")));
    refused(&language, "filter-lang", &["cql2-text", "cql2-json"]);
}

#[test]
fn req_filter_functions_are_listed_and_can_be_called() {
    let document = good(&ogc("/functions"));
    let functions = document["functions"].as_array().expect("functions");
    assert!(functions.len() > 3, "{document}");
    for function in functions {
        assert!(function["name"].is_string() && function["returns"].is_array(), "{function}");
        for argument in function["arguments"].as_array().expect("arguments") {
            assert!(argument["type"].is_array(), "{function}");
        }
    }
    let is_one = |name: &str| {
        functions.iter().any(|f| f["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name)))
    };
    let name =
        ["length", "strLength", "upper", "lower"].into_iter().find(|n| is_one(n)).expect("one of these");
    let filter = match name {
        "upper" => "upper(commune) = 'VIÈRE'".to_owned(),
        "lower" => "lower(commune) = 'vière'".to_owned(),
        name => format!("{name}(commune) = 5"),
    };
    assert!(found(&filter).len() < 80);
}
