//! The list of tiles, and the page of a layer's.

use crate::support::{Answer, get, get_with, head, region};

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

fn page(path: &str) -> Answer {
    get_with(&region().url(path), &[BROWSER])
}

fn unescaped(answer: &Answer) -> String {
    answer.text().replace("&#38;", "&").replace("&amp;", "&").replace("&#123;", "{")
}

#[test]
fn the_list_is_a_page_for_people_and_a_document_for_programs() {
    let document = get(&region().url("/tiles"));
    assert_eq!((document.status, document.header("content-type")), (200, "application/json"));
    let layers = document.json()["layers"].as_array().expect("layers").clone();
    let communes = layers.iter().find(|l| l["id"] == "communes").expect("communes");
    assert_eq!(communes["tilejson"], region().url("/tiles/communes.json"));
    for address in ["tilejson", "style"] {
        assert_eq!(get(communes[address].as_str().expect("an address")).status, 200);
    }
    let shown = page("/tiles");
    assert_eq!(shown.header("content-type"), "text/html; charset=utf-8");
    assert!(shown.header("vary").contains("Accept"), "{:?}", shown.headers);
    assert!(shown.text().contains("href=\"/tiles/communes\""), "{}", shown.text());
    assert_eq!(get(&region().url("/tiles?f=html")).header("content-type"), "text/html; charset=utf-8");
    let tag = document.header("etag").to_owned();
    assert_eq!(get_with(&region().url("/tiles"), &[("if-none-match", &tag)]).status, 304);
    // What one dataset has, and nothing else.
    let own = get(&region().url("/dataset/communes/tiles")).json();
    assert_eq!(own["layers"].as_array().map(Vec::len), Some(1), "{own}");
    assert_eq!(own["layers"][0]["tilejson"], region().url("/dataset/communes/tiles/communes.json"));
    assert_eq!(get(&region().url("/org/nulle-part/tiles")).status, 404);
}

#[test]
fn the_page_of_a_layer_has_its_map_its_addresses_and_its_grids() {
    let answer = page("/tiles/communes");
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let text = unescaped(&answer);
    let base = region().url("");
    for needed in [
        "<html lang=\"fr\">".to_owned(),
        format!("value=\"{base}/tiles/communes.json\""),
        format!("value=\"{base}/tiles/communes/{{z}}/{{x}}/{{y}}.mvt\""),
        format!("value=\"{base}/styles/communes/default.json\""),
        format!(
            "value=\"{base}/ogc/collections/communes/map/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}?f=png\""
        ),
        "<option value=\"/styles/communes/default.json\">".to_owned(),
        format!("{base}/tiles/communes/LAMB93_10cm/{{z}}/{{x}}/{{y}}.mvt"),
        format!("{base}/tiles/communes.json?tileMatrixSet=LAMB93_10cm"),
        "maplibregl.Map".to_owned(),
        "ol.source.VectorTile".to_owned(),
        "L.tileLayer".to_owned(),
        "<code>population</code>".to_owned(),
        "<noscript>".to_owned(),
        "id=\"map\"".to_owned(),
        "data-bounds=\"5.".to_owned(),
    ] {
        assert!(text.contains(&needed), "{needed} is not in {text}");
    }
    assert!(!text.contains("RGR92UTM40S"), "the layer is not in La Réunion");
    // Every address of the page itself answers, and the script finds the library beside it.
    for attribute in [" href=\"", " src=\"", "<option value=\""] {
        for address in text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
            if address.starts_with('/') {
                assert_eq!(page(address).status, 200, "{address}");
            }
        }
    }
    let script = get(&region().url("/assets/tiles.js")).text();
    let import = script.split("from \"./").nth(1).and_then(|t| t.split('"').next()).expect("an import");
    let library = get(&region().url(&format!("/assets/{import}")));
    assert_eq!(library.header("content-type"), "text/javascript; charset=utf-8");
    assert!(library.header("cache-control").contains("immutable") && library.body.len() > 500_000);
    let folder = import.split('/').next().expect("a folder");
    for file in ["maplibre-gl-worker.mjs", "maplibre-gl.css", "LICENSE.txt"] {
        assert_eq!(get(&region().url(&format!("/assets/{folder}/{file}"))).status, 200, "{file}");
    }
    assert_eq!(get(&region().url(&format!("/assets/{folder}/autre.js"))).status, 404);
    // Nothing comes from elsewhere, and no script stands in the page.
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(!text.contains("<script>") && !text.contains(" onclick"));
    assert_eq!(head(&region().url("/tiles/communes?f=html")).status, 200);
}

#[test]
fn programs_are_led_to_the_tilejson_and_missing_layers_are_told() {
    let answer = get(&region().url("/tiles/communes"));
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, region().url("/tiles/communes.json").as_str())
    );
    let missing = page("/tiles/nulle_part");
    assert!(missing.status == 404 && missing.text().contains("existe pas"), "{}", missing.text());
    let problem = get(&region().url("/tiles/nulle_part"));
    assert_eq!((problem.status, problem.header("content-type")), (404, "application/problem+json"));
    assert_eq!(page("/dataset/routes/tiles/communes").status, 404);
    let scoped = unescaped(&page("/dataset/communes/tiles/communes"));
    assert!(scoped.contains("<option value=\"/dataset/communes/styles/communes/default.json\">"), "{scoped}");
}

#[test]
fn the_page_speaks_english_and_is_kept_by_its_tag() {
    let english = page("/tiles/communes?lang=en");
    assert!(english.text().contains("Tiles of the layer") && english.text().contains("<html lang=\"en\">"));
    let tag = english.header("etag").to_owned();
    let url = region().url("/tiles/communes?lang=en");
    assert_eq!(get_with(&url, &[BROWSER, ("if-none-match", &tag)]).status, 304);
    let dataset = page("/datasets/communes").text();
    assert!(dataset.contains("href=\"/tiles/communes\""), "{dataset}");
}
