//! OGC API - Tiles 1.0 (OGC 20-057 annex A), as the official suite asks, and the requirements that it leaves out.

use crate::picture::Picture;
use crate::support::{Answer, get, get_with, region};
use serde_json::Value;

fn ogc(path: &str) -> Answer {
    get(&region().url(&format!("/ogc{path}")))
}

#[track_caller]
fn json(path: &str) -> Value {
    let answer = ogc(path);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json"),
        "{}",
        answer.text()
    );
    answer.json()
}

fn links<'a>(document: &'a Value, rel: &'a str) -> impl Iterator<Item = &'a Value> {
    document["links"].as_array().expect("links").iter().filter(move |l| l["rel"] == rel)
}

#[track_caller]
fn href<'a>(document: &'a Value, rel: &str) -> &'a str {
    let found = document["links"].as_array().expect("links").iter().find(|l| l["rel"] == rel);
    found.and_then(|l| l["href"].as_str()).unwrap_or_else(|| panic!("no {rel}: {document}"))
}

fn relation(end: &str) -> String {
    format!("http://www.opengis.net/def/rel/ogc/1.0/{end}")
}

/// The template of a tileset with a tile put in.
fn filled(template: &str, matrix: &Value, row: i64, col: i64) -> String {
    template
        .replace("{tileMatrix}", matrix.as_str().expect("an identifier"))
        .replace("{tileRow}", &row.to_string())
        .replace("{tileCol}", &col.to_string())
}

/// All tilesets that the landing page and the collections lead to.
fn tilesets() -> Vec<Value> {
    let mut lists: Vec<String> = Vec::new();
    let landing = json("?f=json");
    let collections = json("/collections?f=json");
    let sources = std::iter::once(&landing).chain(collections["collections"].as_array().expect("list"));
    for source in sources {
        for kind in ["tilesets-vector", "tilesets-map"] {
            lists.push(href(source, &relation(kind)).to_owned());
        }
    }
    assert!(lists.len() >= 12, "{lists:?}");
    lists
        .iter()
        .flat_map(|list| {
            assert!(list.contains("/tiles"), "{list}");
            let list = get(list).json();
            list["tilesets"].as_array().expect("tilesets").clone()
        })
        .collect()
}

#[test]
fn tiles10_core_conformance_declares_the_classes() {
    let document = json("/conformance");
    let classes: Vec<&str> =
        document["conformsTo"].as_array().expect("list").iter().filter_map(Value::as_str).collect();
    for class in [
        "core",
        "tileset",
        "tilesets-list",
        "dataset-tilesets",
        "geodata-tilesets",
        "collections-selection",
        "oas30",
        "mvt",
        "geojson",
        "png",
        "jpeg",
    ] {
        let uri = format!("http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{class}");
        assert!(classes.contains(&uri.as_str()), "{class}");
    }
    assert!(classes.contains(&"http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset"));
}

#[test]
fn tiles10_core_tc_success_every_tileset_answers_its_template() {
    let mut asked = 0;
    for tileset in tilesets() {
        let limits = tileset["tileMatrixSetLimits"].as_array().expect("limits");
        // The last matrix whose only tile has everything in; where there is none, any tile of the limits.
        let lone =
            limits.iter().rfind(|l| l["minTileRow"] == l["maxTileRow"] && l["minTileCol"] == l["maxTileCol"]);
        let all = lone.or(limits.first()).expect("a matrix");
        let (row, col) = (all["maxTileRow"].as_i64().expect("row"), all["minTileCol"].as_i64().expect("col"));
        for link in links(&tileset, "item") {
            assert_eq!(link["templated"], true);
            let template = link["href"].as_str().expect("template");
            let answer = get(&filled(template, &all["tileMatrix"], row, col));
            assert_eq!(answer.status, 200, "{template}: {}", answer.text());
            assert_eq!(link["type"].as_str(), Some(answer.header("content-type")));
            assert!(lone.is_none() || !answer.body.is_empty(), "{template}: everything lies in this tile");
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked}");
}

#[test]
fn tiles10_core_tc_error_out_of_range_is_not_found_and_nonsense_is_bad() {
    for base in [
        "/collections/communes/tiles/WebMercatorQuad",
        "/collections/communes/map/tiles/WorldCRS84Quad",
        "/tiles/WebMercatorQuad",
        "/map/tiles/WebMercatorQuad",
    ] {
        for (tile, status) in [
            ("5/2147483647/2147483647", 404),
            ("5/99999999999/0", 404),
            // In the matrix, yet far away from the data.
            ("9/0/0", 404),
            ("99/0/0", 404),
            ("x/0/0", 404),
            ("5/-1/0", 400),
            ("5/a/0", 400),
            ("5/0/1.5", 400),
        ] {
            let answer = ogc(&format!("{base}/{tile}"));
            assert_eq!(answer.status, status, "{base}/{tile}: {}", answer.text());
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
    for path in [
        "/collections/nowhere/tiles",
        "/collections/communes/tiles/Bogus",
        "/collections/communes/tiles/Bogus/0/0/0",
        "/tileMatrixSets/Bogus",
    ] {
        assert_eq!(ogc(path).status, 404, "{path}");
    }
    for path in [
        "/collections/communes/tiles?f=html",
        "/collections/communes/tiles/WebMercatorQuad/0/0/0?f=png",
        "/collections/communes/map/tiles/WebMercatorQuad/0/0/0?f=mvt",
        "/collections/communes/tiles/WebMercatorQuad/0/0/0?unknown=1",
        "/collections/communes/tiles?collections=communes",
        "/tiles?collections=nowhere",
        "/tiles/WebMercatorQuad/0/0/0?collections=communes,communes",
    ] {
        assert_eq!(ogc(path).status, 400, "{path}");
    }
}

#[test]
fn tiles10_tilesets_list_tells_what_each_tileset_is() {
    for tileset in tilesets() {
        // Grids that no register has are told by the link to their definition alone.
        let uri = tileset["tileMatrixSetURI"].as_str();
        let id = tileset["tileMatrixSetId"].as_str().expect("an identifier");
        let has_none = id.ends_with("_10cm") || id.ends_with("_5cm") || id == "UTM32WGS84Quad";
        assert_eq!(uri.is_none(), has_none, "{tileset}");
        assert!(uri.is_none_or(|u| u.starts_with("http://www.opengis.net/def/tilematrixset/OGC/1.0/")));
        assert!(["vector", "map"].iter().any(|t| tileset["dataType"] == *t), "{tileset}");
        assert!(tileset["crs"].as_str().is_some_and(|c| c.starts_with("http://www.opengis.net/def/crs/")));
        let own = get(href(&tileset, "self")).json();
        assert_eq!(own["tileMatrixSetURI"], tileset["tileMatrixSetURI"]);
        assert_eq!(own["dataType"], tileset["dataType"]);
        let scheme = get(href(&tileset, &relation("tiling-scheme"))).json();
        assert_eq!(scheme["uri"], tileset["tileMatrixSetURI"]);
    }
}

#[test]
fn tiles10_tileset_metadata_describes_layers_and_limits() {
    let tileset = json("/collections/communes/tiles/WebMercatorQuad");
    assert_eq!(tileset["layers"][0]["id"], "communes");
    assert_eq!(tileset["layers"][0]["geometryDimension"], 2);
    let properties = tileset["layers"][0]["propertiesSchema"]["properties"].as_object().expect("properties");
    assert!(!properties.is_empty());
    let bbox = &tileset["boundingBox"];
    assert!(bbox["lowerLeft"][0].as_f64() < bbox["upperRight"][0].as_f64(), "{bbox}");
    for limit in tileset["tileMatrixSetLimits"].as_array().expect("limits") {
        assert!(limit["minTileRow"].as_u64() <= limit["maxTileRow"].as_u64());
        assert!(limit["minTileCol"].as_u64() <= limit["maxTileCol"].as_u64());
    }
    assert!(href(&tileset, &relation("geodata")).ends_with("/collections/communes"));
    let maps = json("/collections/communes/map/tiles/WebMercatorQuad");
    assert_eq!(maps["dataType"], "map");
    assert!(maps.get("layers").is_none());
}

#[test]
fn tiles10_tile_matrix_sets_are_defined() {
    let list = json("/tileMatrixSets");
    let sets = list["tileMatrixSets"].as_array().expect("list");
    assert_eq!(sets.len(), 14);
    for set in sets {
        let definition = get(href(set, "self")).json();
        assert_eq!(
            (&definition["id"], &definition["uri"], &definition["crs"]),
            (&set["id"], &set["uri"], &set["crs"])
        );
        let matrices = definition["tileMatrices"].as_array().expect("matrices");
        assert!(matrices.len() >= 16);
        for pair in matrices.windows(2) {
            let ratio = pair[0]["scaleDenominator"].as_f64().expect("scale")
                / pair[1]["scaleDenominator"].as_f64().expect("scale");
            assert!((ratio - 2.0).abs() < 1e-12, "{ratio}");
        }
    }
    assert_eq!(href(&json("?f=json"), &relation("tiling-schemes")), region().url("/ogc/tileMatrixSets"));
}

#[test]
fn tiles10_dataset_tilesets_join_collections_and_take_a_choice() {
    let all = json("/tiles/WorldCRS84Quad");
    let names = |tileset: &Value| -> Vec<String> {
        let layers = tileset["layers"].as_array().expect("layers");
        layers.iter().filter_map(|l| l["id"].as_str().map(str::to_owned)).collect()
    };
    let collections = json("/collections?f=json")["collections"].as_array().map(Vec::len);
    assert_eq!(Some(names(&all).len()), collections);
    let some = json("/tiles/WorldCRS84Quad?collections=routes,communes");
    assert_eq!(names(&some), ["routes", "communes"]);
    let template = href(&some, "item");
    assert!(template.ends_with("?f=mvt&collections=routes,communes"), "{template}");
    let tile = get(&filled(template, &"3".into(), 2, 8));
    let whole = get(&filled(href(&all, "item"), &"3".into(), 2, 8));
    assert_eq!((tile.status, whole.status), (200, 200), "{}", tile.text());
    assert!(tile.body.len() < whole.body.len(), "{} {}", tile.body.len(), whole.body.len());
    let chosen = get_with(&region().url("/ogc/map/tiles/WorldCRS84Quad/3/2/8?collections=routes"), &[]);
    assert_eq!(chosen.header("content-type"), "image/png");
}

#[test]
fn tiles10_geodata_tilesets_stand_on_every_collection() {
    let collections = json("/collections?f=json");
    for collection in collections["collections"].as_array().expect("list") {
        for (kind, end) in [("tilesets-vector", "/tiles?f=json"), ("tilesets-map", "/map/tiles?f=json")] {
            let address = href(collection, &relation(kind));
            assert!(address.ends_with(end), "{address}");
            // The region ends in the east where the zone 32 of UTM begins: not every layer reaches it.
            let count = get(address).json()["tilesets"].as_array().map_or(0, Vec::len);
            assert!((8..=9).contains(&count), "{address}: {count}");
        }
    }
}

#[test]
fn tiles10_oas30_names_the_operations_as_the_standard_does() {
    let definition = get(&region().url("/ogc/api?f=json")).json();
    let mut identifiers = Vec::new();
    for (path, item) in definition["paths"].as_object().expect("paths") {
        // An address that is only posted to.
        let Some(get) = item.get("get") else { continue };
        let id = get["operationId"].as_str().unwrap_or_else(|| panic!("{path} has no operationId"));
        assert!(!identifiers.contains(&id), "{id} twice");
        identifiers.push(id);
        // Every variable of the path is a parameter, by reference or here.
        for variable in path.split('{').skip(1).filter_map(|p| p.split('}').next()) {
            let named = get["parameters"].as_array().expect("parameters").iter().any(|p| {
                let own = p["$ref"].as_str().and_then(|r| definition.pointer(&r[1..])).unwrap_or(p);
                own["name"] == variable && own["in"] == "path"
            });
            assert!(named, "{path}: {variable}");
        }
    }
    for id in [
        "collection.vector.getTile",
        "collection.vector.getTileSet",
        "collection.vector.getTileSetsList",
        "collection.map.getTile",
        "dataset.vector.getTile",
        "dataset.map.getTileSetsList",
        "getTileMatrixSet",
        "getTileMatrixSetsList",
    ] {
        assert!(identifiers.contains(&id), "{id} is missing: {identifiers:?}");
    }
}

#[test]
fn tiles10_mvt_is_the_same_tile_as_at_the_short_address() {
    let long = get(&region().url("/ogc/collections/communes/tiles/WebMercatorQuad/8/93/132?f=mvt"));
    let short = get(&region().url("/tiles/communes/8/132/93.mvt"));
    assert_eq!(long.header("content-type"), "application/vnd.mapbox-vector-tile");
    assert!(!long.body.is_empty());
    assert_eq!(long.body, short.body);
    assert_eq!(long.header("etag"), short.header("etag"));
    let again = get_with(
        &region().url("/ogc/collections/communes/tiles/WebMercatorQuad/8/93/132"),
        &[("if-none-match", long.header("etag")), ("accept", "application/vnd.mapbox-vector-tile")],
    );
    assert_eq!(again.status, 304);
}

#[test]
fn tiles10_png_and_jpeg_are_chosen_by_parameter_and_by_header() {
    let address = region().url("/ogc/collections/communes/map/tiles/WebMercatorQuad/0/0/0");
    for (more, accept, media_type) in [
        ("", "*/*", "image/png"),
        ("", "image/jpeg", "image/jpeg"),
        ("", "image/webp,image/png", "image/png"),
        ("?f=jpeg", "image/png", "image/jpeg"),
        ("?f=png", "*/*", "image/png"),
    ] {
        let answer = get_with(&format!("{address}{more}"), &[("accept", accept)]);
        assert_eq!((answer.status, answer.header("content-type")), (200, media_type), "{more} {accept}");
    }
    let picture = Picture::decode(&get(&address).body);
    assert_eq!((picture.width, picture.height), (256, 256));
    assert!(picture.count(|p| p[3] != 0) > 0 && picture.at(0, 0)[3] == 0);
}
