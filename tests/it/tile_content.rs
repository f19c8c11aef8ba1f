//! What a vector tile holds is what was asked for: attributes, conditions, units, forms, in every service that has tiles.

use crate::mvt::{MvtFeature, MvtLayer, MvtValue, decode};
use crate::support::{Answer, get, get_with, region};
use datasud::store::Store;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The tile that holds the whole region.
const WHOLE: &str = "5/16/11";

fn url(path: &str) -> String {
    region().url(path)
}

#[track_caller]
fn layers(answer: &Answer) -> Vec<MvtLayer> {
    if answer.status == 204 {
        return Vec::new();
    }
    assert_eq!((answer.status, answer.header("content-type")), (200, MVT), "{}", answer.text());
    decode(&answer.body)
}

const MVT: &str = "application/vnd.mapbox-vector-tile";

/// A tile by its web address and the same one of OGC API Tiles, which must be the same.
#[track_caller]
fn tile(names: &str, place: &str, query: &str) -> Vec<MvtLayer> {
    let xyz = get(&url(&format!("/tiles/{names}/{place}.mvt?{query}")));
    let parts: Vec<&str> = place.split('/').collect();
    let (z, x, y) = (parts[0], parts[1], parts[2]);
    let ogc = match names.split_once(',') {
        None => format!("/ogc/collections/{names}/tiles/WebMercatorQuad/{z}/{y}/{x}?{query}"),
        Some(_) => format!("/ogc/tiles/WebMercatorQuad/{z}/{y}/{x}?collections={names}&{query}"),
    };
    let ogc = get(&url(ogc.trim_end_matches(['&', '?'])));
    assert_eq!(ogc.status, 200, "{}", ogc.text());
    assert!(xyz.body == ogc.body, "{names} {place} {query}");
    layers(&xyz)
}

fn keys(layer: &MvtLayer) -> BTreeSet<&str> {
    layer.features.iter().flat_map(|f| f.properties.keys().map(String::as_str)).collect()
}

fn ids(layer: &MvtLayer) -> BTreeSet<u64> {
    layer.features.iter().filter_map(|f| f.id).collect()
}

/// Identifiers of the features that OGC API Features finds.
fn found(collection: &str, query: &str) -> BTreeSet<u64> {
    let page = get(&url(&format!("/ogc/collections/{collection}/items?limit=1000&{query}"))).json();
    page["features"].as_array().expect("features").iter().filter_map(|f| f["id"].as_u64()).collect()
}

#[test]
fn a_tile_has_the_attributes_that_were_asked_for_and_always_identifiers_and_shapes() {
    let all = tile("equipements", WHOLE, "");
    assert!(keys(&all[0]).len() > 4, "{:?}", keys(&all[0]));
    let some = tile("equipements", WHOLE, "properties=nom,categorie");
    assert_eq!(keys(&some[0]), BTreeSet::from(["categorie", "nom"]));
    let none = tile("equipements", WHOLE, "properties=");
    assert!(keys(&none[0]).is_empty());
    assert_eq!((ids(&some[0]), ids(&none[0])), (ids(&all[0]), ids(&all[0])));
    for (a, b) in all[0].features.iter().zip(&some[0].features) {
        assert_eq!((a.id, &a.paths), (b.id, &b.paths));
        assert_eq!(a.properties["nom"], b.properties["nom"]);
    }
}

#[test]
fn in_a_tile_of_several_layers_a_name_holds_for_all_that_have_it_or_for_the_layer_before_it() {
    let both = tile("communes,routes", WHOLE, "properties=nom");
    assert_eq!([keys(&both[0]), keys(&both[1])], [BTreeSet::from(["nom"]), BTreeSet::from(["nom"])]);
    let each = tile("communes,routes", WHOLE, "properties=communes.population,routes.classe");
    assert_eq!(
        [keys(&each[0]), keys(&each[1])],
        [BTreeSet::from(["population"]), BTreeSet::from(["classe"])]
    );
    let one = tile("communes,routes", WHOLE, "properties=population");
    assert_eq!([keys(&one[0]), keys(&one[1])], [BTreeSet::from(["population"]), BTreeSet::new()]);
}

#[test]
fn a_condition_finds_in_a_tile_what_it_finds_in_the_collection_in_every_language() {
    for condition in [
        "filter=categorie%3D'%C3%A9cole'",
        "filter=categorie%3D'%C3%A9cole'%20AND%20capacite%20%3E%2050&filter-lang=cql2-text",
        "filter=%7B%22op%22:%22%3E%22,%22args%22:%5B%7B%22property%22:%22capacite%22%7D,100%5D%7D&filter-lang=cql2-json",
        "filter=S_INTERSECTS(geom,BBOX(6.0,43.6,6.2,43.8))",
        "filter=S_INTERSECTS(geom,BBOX(43.6,6.0,43.8,6.2))&filter-crs=http://www.opengis.net/def/crs/EPSG/0/4326",
        "filter=capacite%20IS%20NULL",
    ] {
        let wanted = found("equipements", condition);
        let shown = tile("equipements", WHOLE, condition);
        assert!(!wanted.is_empty() && wanted.len() < 142, "{condition}: {}", wanted.len());
        assert_eq!(ids(&shown[0]), wanted, "{condition}");
        // Asked again it comes from memory, and is the same.
        assert_eq!(ids(&tile("equipements", WHOLE, condition)[0]), wanted, "{condition}");
    }
    let nothing = get(&url(&format!("/tiles/equipements/{WHOLE}.mvt?filter=capacite%3E1000000")));
    assert_eq!(nothing.status, 204);
}

#[test]
fn in_a_tile_of_several_layers_a_condition_holds_for_those_that_have_all_its_properties() {
    let condition = "filter=categorie%3D'mairie'";
    let both = tile("equipements,monuments", WHOLE, condition);
    assert_eq!(ids(&both[0]), found("equipements", condition));
    assert_eq!(ids(&both[1]), found("monuments", ""));
    let shared = "filter=nom%20LIKE%20'%25a%25'";
    let both = tile("equipements,monuments", WHOLE, shared);
    assert_eq!([ids(&both[0]), ids(&both[1])], [found("equipements", shared), found("monuments", shared)]);
}

#[test]
fn each_choice_has_a_state_of_its_own_and_an_unchanged_one_is_not_sent_again() {
    let mut seen = BTreeSet::new();
    for query in [
        "",
        "?properties=",
        "?properties=nom",
        "?filter=nom%3D'x'%20OR%20capacite%3E1",
        "?filter=capacite%3E1",
        "?extent=512",
        "?extent=512&buffer=0",
        "?buffer=0",
    ] {
        for form in ["mvt", "geojson"] {
            let address = url(&format!("/tiles/equipements/{WHOLE}.{form}{query}"));
            let etag = get(&address).header("etag").to_owned();
            assert!(seen.insert(etag.clone()), "{form}{query}: {etag}");
            assert_eq!(get_with(&address, &[("if-none-match", &etag)]).status, 304, "{form}{query}");
        }
    }
    // What says the same as saying nothing is the same.
    let plain = get(&url(&format!("/tiles/equipements/{WHOLE}.mvt")));
    let said = get(&url(&format!("/tiles/equipements/{WHOLE}.mvt?extent=4096&buffer=64&key=of-a-proxy")));
    assert_eq!((plain.header("etag"), &plain.body), (said.header("etag"), &said.body));
}

#[test]
fn the_tilejson_of_a_choice_leads_to_its_tiles_and_lists_its_attributes() {
    let query = "properties=nom,routes.classe&filter=nom%20LIKE%20'R%25'&extent=1024";
    let document = get(&url(&format!("/tiles/communes,routes.json?{query}"))).json();
    let fields = |at: usize| document["vector_layers"][at]["fields"].clone();
    assert_eq!(fields(0), json!({"nom": "String"}));
    assert_eq!(fields(1), json!({"classe": "String", "nom": "String"}));
    let template = document["tiles"][0].as_str().expect("template");
    let address = template.replace("{z}", "5").replace("{x}", "16").replace("{y}", "11");
    let by_template = layers(&get(&address));
    assert_eq!(by_template[0].extent, 1024);
    let asked = tile("communes,routes", WHOLE, query);
    assert_eq!(ids(&by_template[1]), ids(&asked[1]));
    assert!(by_template[1].features.iter().all(|f| f.properties.keys().all(|k| k == "nom" || k == "classe")));
    let plain = get(&url("/tiles/communes,routes.json"));
    assert!(plain.json()["tiles"][0].as_str().is_some_and(|t| t.ends_with("/{z}/{x}/{y}.mvt")));
    let chosen = get(&url(&format!("/tiles/communes,routes.json?{query}")));
    assert_ne!(plain.header("etag"), chosen.header("etag"));
    let unknown = get(&url("/tiles/communes,routes.json?properties=rue"));
    assert_eq!(unknown.status, 400);
}

/// A tile's features as GeoJSON, in longitude and latitude.
fn features(answer: &Answer) -> Vec<Value> {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/geo+json"),
        "{}",
        answer.text()
    );
    let document = answer.json();
    assert_eq!(document["type"], "FeatureCollection");
    document["features"].as_array().expect("features").clone()
}

/// All positions of a geometry.
fn positions(coordinates: &Value, out: &mut Vec<[f64; 2]>) {
    match coordinates.as_array().expect("coordinates").as_slice() {
        [Value::Number(x), Value::Number(y)] => out.push([x.as_f64().expect("x"), y.as_f64().expect("y")]),
        parts => parts.iter().for_each(|part| positions(part, out)),
    }
}

#[test]
fn a_tile_as_geojson_is_the_tile_in_longitude_and_latitude() {
    let (z, x, y) = (11, 1057, 749);
    let place = format!("{z}/{x}/{y}");
    let tile = tile("communes,routes,equipements", &place, "");
    let shown = features(&get(&url(&format!("/tiles/communes,routes,equipements/{place}.geojson"))));
    let flat: Vec<(&str, &MvtFeature)> =
        tile.iter().flat_map(|l| l.features.iter().map(|f| (l.name.as_str(), f))).collect();
    assert!(flat.len() > 10 && flat.len() == shown.len(), "{} {}", flat.len(), shown.len());
    let side = f64::from(1_u32 << z) * 4096.0;
    for ((name, feature), shown) in flat.into_iter().zip(&shown) {
        assert_eq!((shown["layer"].as_str(), shown["id"].as_u64()), (Some(name), feature.id));
        for (key, value) in &feature.properties {
            let expected = match value {
                MvtValue::Text(text) => json!(text),
                MvtValue::Float(number) => json!(number),
                MvtValue::Int(number) => json!(number),
                MvtValue::Bool(truth) => json!(truth),
            };
            assert_eq!(shown["properties"][key], expected, "{key}");
        }
        assert_eq!(shown["properties"].as_object().map(|p| p.len()), Some(feature.properties.len()));
        let mut there = Vec::new();
        positions(&shown["geometry"]["coordinates"], &mut there);
        // Back to units, as the formulas of Web Mercator have it.
        let back: BTreeSet<[i32; 2]> = there
            .iter()
            .map(|[longitude, latitude]| {
                let across = (longitude + 180.0) / 360.0 * side;
                let down = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
                [
                    (across - f64::from(x) * 4096.0).round() as i32,
                    (down - f64::from(y) * 4096.0).round() as i32,
                ]
            })
            .collect();
        let units: BTreeSet<[i32; 2]> = feature.paths.iter().flatten().copied().collect();
        assert_eq!(back, units, "{name} {:?}", feature.id);
    }
}

#[test]
fn geojson_of_ogc_api_tiles_is_told_negotiated_and_the_same() {
    let xyz = get(&url("/tiles/communes/9/264/187.geojson?properties=nom"));
    let base = "/ogc/collections/communes/tiles/WebMercatorQuad/9/187/264?properties=nom";
    let by_name = get(&url(&format!("{base}&f=geojson")));
    let by_header = get_with(&url(base), &[("accept", "application/geo+json")]);
    assert!(!features(&xyz).is_empty());
    assert_eq!((&by_name.body, &by_header.body), (&xyz.body, &xyz.body));
    assert!(by_header.header("vary").contains("Accept,"), "{}", by_header.header("vary"));
    assert_eq!(get_with(&url(base), &[("accept", "*/*")]).header("content-type"), MVT);
    // In a grid of degrees, and where nothing lies.
    let degrees = features(&get(&url("/ogc/collections/communes/tiles/WorldCRS84Quad/8/66/264?f=geojson")));
    let mut there = Vec::new();
    degrees.iter().for_each(|f| positions(&f["geometry"]["coordinates"], &mut there));
    assert!(
        there.len() > 50 && there.iter().all(|[x, y]| (5.0..7.0).contains(x) && (43.0..44.5).contains(y))
    );
    assert!(features(&get(&url("/tiles/communes/14/8299/5637.geojson"))).is_empty());
    let classes = get(&url("/ogc/conformance?f=json")).json()["conformsTo"].clone();
    let class = json!("http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geojson");
    assert!(classes.as_array().is_some_and(|c| c.contains(&class)));
    let zipped = get_with(&url("/tiles/communes/9/264/187.geojson"), &[("accept-encoding", "gzip")]);
    assert!(features(&zipped).len() == features(&xyz).len());
}

#[test]
fn wmts_gives_the_same_vector_tiles_to_who_asks_for_them() {
    let xyz = get(&url("/tiles/communes/9/264/187.mvt"));
    let kvp = "/wmts?service=WMTS&request=GetTile&version=1.0.0&layer=communes&style=default&format=application/vnd.mapbox-vector-tile\
               &TileMatrixSet=WebMercatorQuad&TileMatrix=9&TileRow=187&TileCol=264";
    let rest = "/wmts/1.0.0/communes/default/WebMercatorQuad/9/187/264";
    for path in [kvp.to_owned(), format!("{rest}.mvt"), format!("{rest}.pbf")] {
        let answer = get(&url(&path));
        assert_eq!((answer.status, answer.header("content-type")), (200, MVT), "{}", answer.text());
        assert!(answer.body == xyz.body && !answer.body.is_empty(), "{path}");
        let again = get_with(&url(&path), &[("if-none-match", answer.header("etag"))]);
        assert_eq!(again.status, 304);
    }
    for (matrix, status) in [("9/2147483647/264", 404), ("9/-1/264", 404), ("9/0/0", 404), ("99/0/0", 404)] {
        let answer = get(&url(&format!("/wmts/1.0.0/communes/default/WebMercatorQuad/{matrix}.mvt")));
        assert_eq!(answer.status, status, "{matrix}: {}", answer.text());
        assert!(answer.text().contains("ExceptionReport"), "{matrix}");
    }
    for (name, value) in
        [("TileRow=187", "TileRow=2147483647"), ("TileCol=264", "TileCol=-1"), ("Quad", "Nix")]
    {
        let answer = get(&url(&kvp.replace(name, value)));
        assert_eq!(answer.status, 400, "{value}: {}", answer.text());
        assert!(answer.text().contains("ExceptionReport"), "{value}");
    }
}

/// Tiles over the valley in which something lies, from zoom 12 on.
const TILES: [(u32, u32, u32); 8] = [
    (12, 2109, 1494),
    (12, 2113, 1494),
    (12, 2117, 1494),
    (13, 4227, 2988),
    (13, 4234, 2988),
    (14, 8455, 5976),
    (14, 8469, 5976),
    (15, 16_939, 11_953),
];

/// A store of the test's own on the region's database.
fn own() -> Store {
    Store::connect(&region().database.url, 2).expect("store")
}

/// The only value of a query, as text.
async fn scalar(store: &Store, sql: &str) -> String {
    let mut session = store.job().await.expect("session");
    session.query_one(&format!("select ({sql})::text"), &[]).await.expect("a value").get(0)
}

#[actix_web::test]
async fn from_zoom_12_on_a_tile_holds_every_feature_and_all_its_ground_at_every_extent() {
    let database = own();
    let mut compared = 0;
    for (z, x, y) in TILES {
        for extent in [256_u32, 1024, 4096, 16_384] {
            let query = format!("?extent={extent}&buffer=0");
            let unit = 40_075_016.685_578_49 / f64::from(1_u32 << z) / f64::from(extent);
            let envelope = format!("st_tileenvelope({z}, {x}, {y})");
            let shape = "st_transform(geom, 3857)";
            // What lies in the tile with more than a sliver, which snapping may take or give.
            let sure = format!(
                "select coalesce(string_agg(fid::text, ' ' order by fid), '') from data.communes \
                 where st_area(st_intersection({shape}, {envelope})) > {}",
                100.0 * unit * unit
            );
            let ground = format!(
                "select coalesce(sum(st_area(st_intersection({shape}, {envelope}))), 0) from data.communes"
            );
            let answer = get(&url(&format!("/tiles/communes/{z}/{x}/{y}.mvt{query}")));
            let tile = layers(&answer);
            let shown = tile.first().map(ids).unwrap_or_default();
            let sure: Vec<u64> =
                scalar(&database, &sure).await.split_whitespace().map(|n| n.parse().expect("fid")).collect();
            let missing: Vec<_> = sure.iter().filter(|fid| !shown.contains(fid)).collect();
            assert!(missing.is_empty(), "{z}/{x}/{y} {extent}: {missing:?}");
            let any = format!("select count(*) from data.communes where st_intersects({shape}, {envelope})");
            let any: usize = scalar(&database, &any).await.parse().expect("count");
            assert!(shown.len() <= any, "{z}/{x}/{y} {extent}: {} of {any}", shown.len());
            let ground: f64 = scalar(&database, &ground).await.parse().expect("area");
            let drawn = tile.first().map_or(0.0, MvtLayer::area) * unit * unit;
            // A border moves by half a unit at most.
            let side = unit * f64::from(extent);
            let rounding = (shown.len() * 6) as f64 * side * unit / 2.0;
            assert!((drawn - ground).abs() < rounding, "{z}/{x}/{y} {extent}: {drawn} of {ground}");
            compared += sure.len();
        }
    }
    assert!(compared > 60, "{compared}");
}

#[actix_web::test]
async fn from_zoom_12_on_lines_and_points_are_those_of_the_database() {
    let database = own();
    let mut compared = 0;
    for (z, x, y) in TILES {
        let envelope = format!("st_tileenvelope({z}, {x}, {y})");
        for layer in ["routes", "equipements"] {
            let inside = format!(
                "select coalesce(string_agg(fid::text, ' ' order by fid), '') from data.{layer} \
                 where st_intersects(st_transform(geom, 3857), st_buffer({envelope}, -10))"
            );
            let inside: Vec<u64> = scalar(&database, &inside)
                .await
                .split_whitespace()
                .map(|n| n.parse().expect("fid"))
                .collect();
            let around = format!(
                "select count(*) from data.{layer} where st_intersects(st_transform(geom, 3857), st_expand({envelope}, 10))"
            );
            let around: usize = scalar(&database, &around).await.parse().expect("count");
            let shown = layers(&get(&url(&format!("/tiles/{layer}/{z}/{x}/{y}.mvt?buffer=0"))));
            let shown = shown.first().map(ids).unwrap_or_default();
            assert!(inside.iter().all(|fid| shown.contains(fid)), "{layer} {z}/{x}/{y}");
            assert!(shown.len() <= around, "{layer} {z}/{x}/{y}: {} of {around}", shown.len());
            compared += inside.len();
        }
    }
    assert!(compared > 20, "{compared}");
}
