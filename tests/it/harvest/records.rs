//! OGC API - Records, requirement by requirement.

use super::{import, record};
use crate::support::region::region;
use crate::support::{self, get, get_with, server};
use serde_json::{Value, json};
use std::process::Command;

const ITEMS: &str = "/records/collections/catalogue/items";

/// A value as it stands in an address.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn items(query: &str) -> Value {
    let answer = get(&region().url(&format!("{ITEMS}?{query}")));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()
}

fn titles(page: &Value) -> Vec<String> {
    let all = page["features"].as_array().expect("records");
    all.iter().map(|f| f["properties"]["title"].as_str().expect("a title").to_owned()).collect()
}

fn rel<'v>(document: &'v Value, rel: &str) -> Option<&'v str> {
    document["links"].as_array()?.iter().find(|l| l["rel"] == rel)?["href"].as_str()
}

#[test]
fn the_landing_page_leads_to_everything_and_everything_answers_with_its_type() {
    let region = region();
    let landing = get(&region.url("/records")).json();
    for wanted in ["self", "service-desc", "service-doc", "conformance", "data"] {
        assert!(rel(&landing, wanted).is_some(), "{wanted}");
    }
    let collections = get(rel(&landing, "data").expect("data")).json();
    let catalogue = &collections["collections"][0];
    assert_eq!((&catalogue["id"], &catalogue["itemType"]), (&json!("catalogue"), &json!("record")));
    assert_eq!(catalogue["extent"]["spatial"]["bbox"][0].as_array().map(Vec::len), Some(4));
    let conformance = get(rel(&landing, "conformance").expect("conformance")).json();
    for class in ["record-core", "searchable-catalog", "json", "html"] {
        let class = format!("http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/{class}");
        assert!(
            conformance["conformsTo"].as_array().is_some_and(|all| all.contains(&json!(class))),
            "{class}"
        );
    }
    let first = items("limit=1");
    let documents = [&landing, &collections, catalogue, &conformance, &first, &first["features"][0]];
    for document in documents {
        for link in document["links"].as_array().expect("links") {
            let (href, media) =
                (link["href"].as_str().expect("href"), link["type"].as_str().unwrap_or_default());
            if !href.starts_with(&region.base) || media.is_empty() {
                continue;
            }
            let answer = get_with(href, &[("accept", &format!("{media}, */*;q=0.1"))]);
            let bare = media.split(';').next().unwrap_or_default();
            assert!(matches!(answer.status, 200 | 303), "{href}: {}", answer.status);
            let got = answer.header("content-type");
            let same = got.starts_with(bare)
                || bare.contains("xml") && got.contains("xml")
                || bare.contains("json") && got.contains("json");
            assert!(answer.status == 303 || same, "{href}: {got} instead of {media}");
        }
    }
    for missing in ["/records/nothing", "/records/collections/other", "/org/nobody/records"] {
        assert_eq!(get(&region.url(missing)).status, 404, "{missing}");
    }
}

#[test]
fn a_record_has_what_the_standard_wants_and_the_same_by_its_own_address() {
    let page = items("limit=1000");
    let all = page["features"].as_array().expect("records");
    assert!(all.len() >= 5);
    assert_eq!(page["numberMatched"], page["numberReturned"]);
    for record in all {
        assert_eq!(record["type"], "Feature");
        assert_eq!(record["geometry"]["type"], "Polygon", "{record}");
        for member in ["type", "title", "updated"] {
            assert!(record["properties"][member].is_string(), "{member}");
        }
        let own = get(rel(record, "self").expect("an address"));
        assert_eq!(own.header("content-type"), "application/geo+json");
        assert_eq!(own.json(), *record);
        let again =
            get_with(rel(record, "self").expect("an address"), &[("if-none-match", own.header("etag"))]);
        assert_eq!(again.status, 304);
        let protocols: Vec<&str> = record["links"]
            .as_array()
            .expect("links")
            .iter()
            .filter_map(|l| l["protocol"].as_str())
            .collect();
        let is_service = record["properties"]["type"] == "service";
        assert!(
            is_service || protocols.contains(&"OGC:WMS") || protocols.contains(&"TileJSON"),
            "{protocols:?}"
        );
    }
    assert_eq!(get(&region().url(&format!("{ITEMS}/nothing"))).status, 404);
    assert_eq!(get(&region().url(&format!("{ITEMS}/%00"))).status, 404);
}

#[test]
fn every_parameter_chooses_and_all_of_them_must_hold() {
    let all = items("limit=1000");
    let count = all["numberMatched"].as_u64().expect("a count");
    let matched = |query: &str| items(query)["numberMatched"].as_u64().expect("a count");
    let first = &all["features"][0];
    let id = first["id"].as_str().expect("an id");
    let other = all["features"][1]["id"].as_str().expect("an id");
    let resource = first["properties"]["externalIds"][0]["value"].as_str().expect("a resource");
    assert_eq!(matched(&format!("ids={id}")), 1);
    assert_eq!(matched(&format!("ids={id},{other},nothing")), 2);
    assert_eq!(matched(&format!("externalIds={resource}")), 1);
    assert_eq!(matched("type=dataset") + 3, count, "the organisation's services have records, too");
    assert_eq!(matched("type=service,nothing"), 3);
    assert_eq!(matched("bbox=4,42,8,46"), count);
    assert_eq!(matched("bbox=100,10,101,11"), 0);
    assert_eq!(matched("bbox=42,4,46,8&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326"), count);
    assert_eq!(matched("q=COMMUNES"), matched("q=communes"));
    let communes = matched("q=communes");
    assert!((1..count).contains(&communes), "{communes} of {count}");
    assert!(matched("q=communes,routes") > communes);
    assert_eq!(matched("q=communes%20nullepart"), 0);
    assert_eq!(matched("datetime=1990-01-01/.."), count);
    assert_eq!(matched("datetime=../1990-01-01"), 0);
    let plain = first["properties"]["title"].as_str().expect("a title");
    let title = encoded(plain);
    let quoted = encoded(&plain.replace('\'', "''"));
    assert_eq!(matched(&format!("title={title}")), 1);
    assert_eq!(matched(&format!("title={title}&type=service")), 0);
    let filters = [
        format!("filter=title='{quoted}'"),
        format!("filter=id%20IN%20('{id}')&filter-lang=cql2-text"),
        format!(
            "filter-lang=cql2-json&filter=%7B%22op%22:%22=%22,%22args%22:[%7B%22property%22:%22id%22%7D,%22{id}%22]%7D"
        ),
    ];
    for filter in filters {
        assert_eq!(matched(&filter), 1, "{filter}");
    }
    assert_eq!(matched("filter=S_INTERSECTS(geometry,BBOX(4,42,8,46))"), count);
    assert_eq!(matched("filter=updated%3ETIMESTAMP('1990-01-01T00:00:00Z')"), count);
}

#[test]
fn facets_count_what_a_search_finds() {
    let region = region();
    let facets = |query: &str| {
        let answer = get(&region.url(&format!("/records/collections/catalogue/facets?{query}")));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        answer.json()["facets"].clone()
    };
    // Every record has one type.
    let count = |facets: &Value| -> u64 {
        let buckets = facets["type"]["buckets"].as_array().expect("buckets");
        buckets.iter().filter_map(|bucket| bucket["count"].as_u64()).sum()
    };
    let all = items("limit=1")["numberMatched"].as_u64().expect("a count");
    assert_eq!(count(&facets("")), all);
    let found = items("q=communes")["numberMatched"].as_u64().expect("a count");
    assert_eq!(count(&facets("q=communes")), found);
    assert_eq!(count(&facets("ids=nothing")), 0);
    for wrong in ["f=html", "nothing=1", "bbox=1"] {
        let url = region.url(&format!("/records/collections/catalogue/facets?{wrong}"));
        assert_eq!(get(&url).status, 400, "{wrong}");
    }
}

#[test]
fn what_is_begun_is_proposed_as_records_spell_it_and_the_collection_says_where() {
    let region = region();
    let address = |query: &str| region.url(&format!("/records/collections/catalogue/suggestions{query}"));
    let answer = get(&address("?q=equip"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-suggestions+json");
    let found = answer.json();
    assert_eq!(found[0], "equip");
    let texts = found[1].as_array().expect("texts");
    assert!(texts.iter().any(|text| text.as_str().is_some_and(|t| t.starts_with("Équipements"))), "{found}");
    assert_eq!(texts.len(), found[2].as_array().expect("counts").len());
    assert_eq!(get(&address("")).json()[1], serde_json::json!([]));
    assert_eq!(get(&address("?words=a")).status, 400);
    let collection = get(&region.url("/records/collections/catalogue")).json();
    let links = collection["links"].as_array().expect("links");
    let link = links.iter().find(|link| link["rel"] == "suggestions").expect("a link");
    assert_eq!(link["templated"], true);
    let template = link["href"].as_str().expect("an address");
    assert_eq!(get(&template.replace("{searchTerms}", "equip")).json(), found);
}

#[test]
fn records_come_in_the_order_asked_for_and_in_pages_that_fit() {
    let up = titles(&items("limit=1000&sortby=title"));
    let down = titles(&items("limit=1000&sortby=-title"));
    assert_eq!(up, down.iter().rev().cloned().collect::<Vec<_>>());
    let mut seen: Vec<String> = Vec::new();
    let mut url = region().url(&format!("{ITEMS}?limit=2&sortby=%2Btitle&q=e,a,o"));
    let mut pages = 0;
    loop {
        let page = get(&url).json();
        assert_eq!(page["numberReturned"].as_u64(), page["features"].as_array().map(|f| f.len() as u64));
        seen.extend(titles(&page));
        pages += 1;
        if pages > 1 {
            assert!(rel(&page, "prev").is_some());
        }
        match rel(&page, "next") {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, up);
    let beyond = items("offset=100000");
    assert_eq!(beyond["numberReturned"], 0);
    assert_eq!(beyond["numberMatched"].as_u64(), Some(up.len() as u64));
}

#[test]
fn wrong_requests_are_refused_and_name_the_parameter() {
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("offset=x", "offset"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("datetime=hier", "datetime"),
        ("q=", "q"),
        ("q=,", "q"),
        ("ids=", "ids"),
        ("sortby=nothing", "sortby"),
        ("sortby=title,title", "sortby"),
        ("sortby=geometry", "sortby"),
        ("filter=title%20=%20", "filter"),
        ("filter=nothing=1", "filter"),
        ("filter-lang=sql&filter=1=1", "filter-lang"),
        ("nothing=1", "nothing"),
        ("title=a&title=b", "title"),
        ("f=marc", "f"),
        ("lang=xx", "lang"),
        ("bbox=4,43,5,44&bbox-crs=nothing", "bbox-crs"),
    ] {
        let answer = get(&region().url(&format!("{ITEMS}?{query}")));
        assert_eq!(answer.status, 400, "{query}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["parameter"], parameter, "{query}: {}", answer.text());
    }
    let posted = support::post(&region().url(ITEMS), "application/json", "{}");
    assert_eq!(posted.status, 405);
    assert_eq!(get_with(&region().url(ITEMS), &[("accept", "image/png")]).status, 406);
}

#[test]
fn queryables_and_sortables_are_those_that_parameters_take() {
    let region = region();
    let of = |name: &str| get(&region.url(&format!("/records/collections/catalogue/{name}"))).json();
    let queryables = of("queryables");
    for (name, property) in queryables["properties"].as_object().expect("properties") {
        if property["format"] == "geometry-polygon" {
            continue;
        }
        let value = if property["format"] == "date-time" { "2026-01-01T00:00:00Z" } else { "x" };
        let answer = get(&region.url(&format!("{ITEMS}?{name}={value}")));
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    for name in of("sortables")["properties"].as_object().expect("properties").keys() {
        assert_eq!(get(&region.url(&format!("{ITEMS}?sortby=-{name}"))).status, 200, "{name}");
    }
    let api = get(&region.url("/records/api")).json();
    let parameters = api["paths"][ITEMS.trim_start_matches("/records")]["get"]["parameters"].to_string();
    for name in queryables["properties"].as_object().expect("properties").keys().filter(|n| *n != "geometry")
    {
        let known = if name == "id" { "ids" } else { name };
        assert!(parameters.contains(&format!("\"name\":\"{known}\"")), "{name}");
    }
}

#[tokio::test]
async fn pages_for_people_hold_no_markup_of_strangers_and_no_address_that_runs() {
    let database = support::database().await;
    let hostile = "<csw:Record xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dct=\"http://purl.org/dc/terms/\"><dc:identifier>a/b c</dc:identifier><dc:title>&lt;script&gt;alert(1)&lt;/script&gt;</dc:title>\
         <dct:abstract>&lt;img src=x onerror=alert(2)&gt;</dct:abstract><dct:references scheme=\"WWW:LINK\">javascript:alert(3)</dct:references></csw:Record>";
    import(&database, "onf", &[hostile.to_owned(), record("urn:test:1", "Deuxième", "Eau")]);
    let server = server(&database);
    let list = get_with(&format!("{}{ITEMS}", server.base), &[("accept", "text/html")]);
    assert!(list.header("content-type").starts_with("text/html"), "{}", list.text());
    assert!(
        list.text().contains("&#60;script&#62;") || list.text().contains("&lt;script&gt;"),
        "{}",
        list.text()
    );
    let one = get(&format!("{}{ITEMS}/a%2Fb%20c?f=html", server.base));
    assert_eq!(one.status, 200, "{}", one.text());
    for page in [list.text(), one.text()] {
        for bad in ["<script>alert", "<img src=x", "href=\"javascript:"] {
            assert!(!page.contains(bad), "{bad} in {page}");
        }
    }
    let org = get(&format!("{}/org/onf{ITEMS}", server.base)).json();
    assert_eq!(org["numberMatched"], 2);
    assert!(rel(&org["features"][0], "self").is_some_and(|own| own.contains("/org/onf/records/")));
}

const OWSLIB: &str = r#"
import json, sys
from owslib.ogcapi.records import Records
api = Records(sys.argv[1] + "/records")
out = {"catalogues": api.records(), "classes": len(api.conformance()["conformsTo"])}
page = api.collection_items("catalogue", limit=2)
out["matched"], out["returned"] = page["numberMatched"], page["numberReturned"]
one = api.collection_item("catalogue", page["features"][0]["id"])
out["one"] = one["properties"]["title"]
out["found"] = api.collection_items("catalogue", q="communes")["numberMatched"]
out["queryables"] = sorted(api.collection_queryables("catalogue")["properties"])
out["cql"] = api.collection_items("catalogue", filter="title LIKE '%ommune%'")["numberMatched"]
print(json.dumps(out))
"#;

#[test]
fn owslib_reads_the_catalogue_by_ogc_api_records() {
    let python = std::env::var("DATASUD_PYTHON")
        .expect("DATASUD_PYTHON names a Python with OWSLib; `make test` makes one (scripts/test-tools)");
    let output = Command::new(python).args(["-c", OWSLIB, &region().base]).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let out: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(out["catalogues"], json!(["catalogue"]), "{out}");
    assert_eq!(out["returned"], 2, "{out}");
    assert!(out["found"].as_u64() >= Some(1) && out["cql"].as_u64() >= Some(1), "{out}");
    assert!(out["one"].as_str().is_some_and(|t| !t.is_empty()), "{out}");
}
