//! Part 5: schemas of what features have and take, sortables.

use super::{ask, declares, events, features, good, ids, items, link, ogc, refused};
use crate::support::open_folder;
use crate::support::region::served_as;
use datasud::model::Slug;
use datasud::publish::Request;
use serde_json::{Value, json};

const REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/";

fn schema(collection: &str, kind: &str) -> Value {
    good(&ogc(&format!("/collections/{collection}/{kind}")))
}

#[test]
fn conf_schemas_sortables_and_properties_are_declared() {
    declares(&[
        "ogcapi-features-5/1.0/conf/schemas",
        "ogcapi-features-5/1.0/conf/core-roles-features",
        "ogcapi-features-5/1.0/conf/returnables-and-receivables",
        "ogcapi-features-5/1.0/conf/sortables",
        "ogcapi-features-5/1.0/conf/queryables",
    ]);
}

#[test]
fn req_schemas_collections_link_to_schema_queryables_and_sortables() {
    let collection = good(&ogc("/collections/evenements"));
    for kind in ["schema", "queryables", "sortables"] {
        let found = link(&collection, &format!("{REL}{kind}")).expect(kind);
        let document = good(found["href"].as_str().expect("an address"));
        assert_eq!(document["$id"], found["href"]);
        assert_eq!(document["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(document["additionalProperties"], false);
    }
}

#[test]
fn req_returnables_every_member_of_a_feature_is_in_the_schema_with_its_type() {
    for collection in ["evenements", "equipements", "routes", "communes", "monuments"] {
        let schema = schema(collection, "schema");
        let properties = schema["properties"].as_object().expect("properties");
        let page = items(collection, &[("limit", "50")]);
        for feature in features(&page) {
            for (name, value) in feature["properties"].as_object().expect("properties") {
                let property = properties.get(name).unwrap_or_else(|| panic!("{collection}: {name}"));
                let kinds = match &property["type"] {
                    Value::Array(kinds) => kinds.clone(),
                    one => vec![one.clone()],
                };
                let own = match value {
                    Value::Null => continue,
                    Value::Bool(_) => json!("boolean"),
                    Value::Number(n) if n.is_i64() && kinds.contains(&json!("integer")) => json!("integer"),
                    Value::Number(_) => json!("number"),
                    Value::String(_) => json!("string"),
                    Value::Array(_) => json!("array"),
                    Value::Object(_) => json!("object"),
                };
                assert!(kinds.contains(&own), "{collection}: {name} is {value}, not of {kinds:?}");
            }
        }
        let sequence: Vec<i64> =
            properties.values().filter_map(|p| p["x-ogc-propertySeq"].as_i64()).collect();
        let counted: Vec<i64> = (1..).take(properties.len()).collect();
        assert_eq!(sequence, counted, "{collection}: all properties are in order");
    }
}

#[test]
fn req_core_roles_identifier_geometry_and_time_are_marked() {
    let schema = schema("evenements", "schema");
    let role = |name: &str| schema["properties"][name]["x-ogc-role"].as_str().map(str::to_owned);
    assert_eq!(role("fid").as_deref(), Some("id"));
    assert_eq!(schema["properties"]["fid"]["readOnly"], true);
    assert_eq!(role("geom").as_deref(), Some("primary-geometry"));
    assert_eq!(schema["properties"]["geom"]["format"], "geometry-point");
    assert_eq!(role("jour").as_deref(), Some("primary-instant"));
    for (name, format) in
        [("jour", "date"), ("debut", "date-time"), ("identifiant", "int64"), ("places", "int32")]
    {
        assert_eq!(schema["properties"][name]["format"], format, "{name}");
    }
    assert_eq!(self::schema("communes", "schema")["properties"]["geom"]["format"], "geometry-polygon");
}

#[test]
fn req_receivables_bodies_have_schemas_of_their_own() {
    let whole = good(&ogc("/collections/evenements/schema?type=replace"));
    assert_eq!(whole["required"], json!(["type", "geometry", "properties"]));
    assert!(whole["properties"]["properties"]["properties"]["titre"].is_object());
    assert_eq!(good(&ogc("/collections/evenements/schema?type=update"))["required"], json!([]));
    refused(&ask(&ogc("/collections/evenements/schema?type=delete")), "type", &["create"]);
}

#[test]
fn req_sortables_every_one_orders_the_features() {
    let schema = schema("evenements", "sortables");
    let names: Vec<&String> = schema["properties"].as_object().expect("properties").keys().collect();
    assert!(names.len() > 5 && !names.iter().any(|n| *n == "geom"), "{names:?}");
    let count = events().len();
    for name in names {
        for (sort, descending) in
            [(name.clone(), false), (format!("+{name}"), false), (format!("-{name}"), true)]
        {
            let page = items("evenements", &[("limit", "1000"), ("sortby", &sort)]);
            assert_eq!(ids(&page).len(), count, "{sort}");
            let value =
                |f: &Value| if name == "fid" { f["id"].clone() } else { f["properties"][name].clone() };
            let values: Vec<Value> =
                features(&page).into_iter().map(value).filter(|v| !v.is_null()).collect();
            for pair in values.windows(2) {
                let [a, b] = pair else { continue };
                let (a, b) = if descending { (b, a) } else { (a, b) };
                let in_order = match (a, b) {
                    (Value::Number(a), Value::Number(b)) => a.as_f64() <= b.as_f64(),
                    (Value::Bool(a), Value::Bool(b)) => a <= b,
                    // Texts are in the order of the database's language.
                    (Value::String(a), Value::String(b)) => {
                        ["jour", "debut"].iter().all(|n| n != name) || a <= b
                    }
                    _ => false,
                };
                assert!(in_order, "{sort}: {a} before {b}");
            }
        }
    }
    for (sort, words) in [
        ("geom", &["geom", "titre"][..]),
        ("nulle_part", &["nulle_part"]),
        ("", &[]),
        ("titre,titre", &["twice"]),
    ] {
        refused(&ask(&ogc(&format!("/collections/evenements/items?sortby={sort}"))), "sortby", words);
    }
}

#[test]
fn req_properties_only_what_is_named_comes() {
    let page =
        items("evenements", &[("properties", "places,titre"), ("skipGeometry", "true"), ("limit", "5")]);
    for feature in features(&page) {
        let names: Vec<&String> = feature["properties"].as_object().expect("properties").keys().collect();
        assert_eq!(names, ["titre", "places"]);
        assert!(feature["geometry"].is_null() && feature["id"].is_i64());
    }
    let next = link(&page, "next").expect("a page after")["href"].as_str().expect("an address").to_owned();
    assert_eq!(features(&good(&next))[0]["properties"].as_object().expect("properties").len(), 2);
    let none = items("evenements", &[("properties", ""), ("limit", "1")]);
    assert_eq!(features(&none)[0]["properties"], json!({}));
    let unknown = ask(&ogc("/collections/evenements/items?properties=titre,nulle_part"));
    refused(&unknown, "properties", &["nulle_part", "titre"]);
    refused(&ask(&ogc("/collections/evenements/items?skipGeometry=oui")), "skipGeometry", &["true"]);
}

#[test]
fn req_core_roles_two_ends_are_an_interval_that_datetime_meets() {
    let works = |name: &str, from: Value, to: Value| {
        json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [5.4, 43.5]},
               "properties": {"nom": name, "date_debut": from, "date_fin": to}})
    };
    let all = json!({"type": "FeatureCollection", "name": "travaux", "features": [
        works("hiver", json!("2025-12-01"), json!("2026-02-28")),
        works("été", json!("2026-06-01"), json!("2026-08-31")),
        works("sans fin", json!("2026-07-01"), Value::Null),
        works("depuis toujours", Value::Null, json!("2026-01-15")),
        works("sans dates", Value::Null, Value::Null),
    ]});
    let folder = open_folder("travaux");
    let file = folder.path().join("travaux.geojson");
    std::fs::write(&file, all.to_string()).expect("a file");
    let request = Request {
        files: vec![file],
        organisation: Some("ville".to_owned()),
        dataset: Some(Slug::parse("travaux").expect("a slug")),
        ..Request::default()
    };
    let region = served_as(crate::support::config(), vec![request]);
    let base = region.url("/ogc/collections/travaux");
    let schema = good(&format!("{base}/schema"));
    let role = |name: &str| schema["properties"][name]["x-ogc-role"].clone();
    assert_eq!(role("date_debut"), "primary-interval-start", "{schema}");
    assert_eq!(role("date_fin"), "primary-interval-end");
    for (datetime, found) in [
        ("2026-01-10", vec![1, 4, 5]),
        ("2026-02-28", vec![1, 5]),
        ("2026-03-01", vec![5]),
        ("2026-03-01/2026-06-01", vec![2, 5]),
        ("2026-09-01/..", vec![3, 5]),
        ("../2025-11-30", vec![4, 5]),
        ("2026-07-15T12:00:00Z", vec![2, 3, 5]),
        ("../..", vec![1, 2, 3, 4, 5]),
    ] {
        assert_eq!(ids(&good(&format!("{base}/items?datetime={datetime}"))), found, "{datetime}");
    }
    refused(&ask(&format!("{base}/items?datetime=2026-08-01/2026-01-01")), "datetime", &["reversed"]);
    let fg = good(&format!("{base}/items?f=jsonfg"));
    let times: Vec<&Value> = features(&fg).into_iter().map(|f| &f["time"]).collect();
    assert_eq!(*times[0], json!({"interval": ["2025-12-01", "2026-02-28"]}));
    assert_eq!((times[2], times[4]), (&json!({"interval": ["2026-07-01", ".."]}), &Value::Null));
}
