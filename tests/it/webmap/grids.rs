//! Tiles in other grids, by addresses of web maps; grids from files.

use crate::support::region::fixture;
use crate::support::{self, config, get, ingest, region, server_with};
use datasud::config::{Config, TilesConfig};
use datasud::geo::grid::standard;

#[test]
fn a_tile_of_a_grid_is_that_of_ogc_api_tiles() {
    for (grid, z, x, y) in [("LAMB93_10cm", "10", 17, 109), ("WebMercatorQuad", "10", 528, 374)] {
        let own = get(&region().url(&format!("/tiles/communes/{grid}/{z}/{x}/{y}.mvt")));
        assert_eq!((own.status, own.header("content-type")), (200, "application/vnd.mapbox-vector-tile"));
        let other = get(&region().url(&format!("/ogc/collections/communes/tiles/{grid}/{z}/{y}/{x}?f=mvt")));
        assert!(own.body.len() > 500 && own.body == other.body, "{grid}");
    }
    let short = get(&region().url("/tiles/communes/10/528/374.mvt"));
    assert_eq!(short.body, get(&region().url("/tiles/communes/WebMercatorQuad/10/528/374.mvt")).body);
}

#[test]
fn every_grid_that_a_layer_lies_in_has_a_tilejson_whose_tiles_are_there() {
    let sets = get(&region().url("/ogc/collections/communes/tiles")).text();
    for needed in ["WGS1984Quad", "UTM31WGS84Quad", "EuropeanETRS89_LAEAQuad", "LAMB93_10cm", "LAMB93_5cm"] {
        let tilejson = get(&region().url(&format!("/tiles/communes.json?tileMatrixSet={needed}")));
        assert_eq!(tilejson.status, 200, "{needed}: {}", tilejson.text());
        assert!(sets.contains(&format!("/tiles/{needed}")), "{needed} is not in {sets}");
    }
    let document = get(&region().url("/tiles/communes.json?grid=LAMB93_10cm")).json();
    assert_eq!(document["tiles"][0], region().url("/tiles/communes/LAMB93_10cm/{z}/{x}/{y}.mvt"));
    assert_eq!((document["minzoom"].as_u64(), document["maxzoom"].as_u64()), (Some(0), Some(17)));
    let told = &document["datasud:tileMatrixSet"];
    assert_eq!(told["crs"], "http://www.opengis.net/def/crs/EPSG/0/2154");
    assert_eq!(get(told["definition"].as_str().expect("an address")).json()["id"], "LAMB93_10cm");
    assert!(document.get("center").is_none() && document["bounds"].is_array());
    // The first matrix of UTM is called 1, and so is the least zoom.
    let utm = get(&region().url("/tiles/communes.json?tileMatrixSet=UTM31WGS84Quad")).json();
    assert_eq!(utm["minzoom"], 1);
    let whole = get(&region().url("/tiles/communes/UTM31WGS84Quad/1/0/0.mvt"));
    assert!(whole.status == 200 && whole.body.len() > 100, "{}", whole.status);
    // Web Mercator by its name is what it is without.
    assert!(
        get(&region().url("/tiles/communes.json?tileMatrixSet=WebMercatorQuad"))
            .json()
            .get("datasud:tileMatrixSet")
            .is_none()
    );
}

#[test]
fn what_is_chosen_of_a_tile_is_chosen_in_every_grid() {
    let tile = |query: &str| {
        let url = region().url(&format!("/tiles/communes/LAMB93_10cm/10/17/109.geojson{query}"));
        let answer = get(&url);
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/geo+json"), "{query}");
        answer.json()["features"].as_array().expect("features").clone()
    };
    let (all, few) = (tile(""), tile("?properties=nom&filter=population%3E500"));
    assert!(!few.is_empty() && few.len() < all.len(), "{} of {}", few.len(), all.len());
    assert!(all[0]["properties"]["population"].is_number() && few[0]["properties"]["population"].is_null());
    // Where the communes are.
    let longitude = all[0].pointer("/geometry/coordinates").expect("a place").to_string();
    assert!(longitude.trim_start_matches('[').starts_with("5."), "{longitude}");
    let described =
        get(&region().url("/tiles/communes.json?tileMatrixSet=LAMB93_10cm&properties=nom")).json();
    let address = region().url("/tiles/communes/LAMB93_10cm/{z}/{x}/{y}.mvt?properties=nom");
    assert_eq!(described["tiles"], serde_json::json!([address]));
    let refused = get(&region().url("/tiles/communes/LAMB93_10cm/10/17/109.mvt?properties=nulle_part"));
    assert_eq!(refused.status, 400, "{}", refused.text());
}

#[test]
fn wrong_grids_and_tiles_outside_are_told_with_what_there_is() {
    for (path, status, said) in [
        ("/tiles/communes/LAMB93_20cm/0/0/0.mvt", 404, "LAMB93_10cm"),
        ("/tiles/communes.json?tileMatrixSet=x", 404, "WebMercatorQuad"),
        ("/tiles/communes/RGR92UTM40S_10cm/0/0/0.mvt", 404, "in which these layers lie"),
        ("/tiles/communes/LAMB93_10cm/22/0/0.mvt", 404, "0 to 21"),
        ("/tiles/communes/LAMB93_10cm/10/25/0.mvt", 404, "25 columns"),
        ("/tiles/communes/LAMB93_10cm/10/-1/0.mvt", 400, "whole number"),
        ("/tiles/communes/LAMB93_10cm/10/1/0.png", 404, ".mvt"),
        ("/tiles/nulle_part/LAMB93_10cm/0/0/0.mvt", 404, "no layer"),
    ] {
        let answer = get(&region().url(path));
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.text().contains(said), "{path}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grid_from_a_file_is_offered_by_every_service() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("region.json");
    let lambert = standard().iter().find(|g| g.id == "LAMB93_10cm").expect("there");
    let mut document = lambert.to_json();
    document["id"] = "region".into();
    document["title"] = "Grille de la région".into();
    std::fs::write(&file, document.to_string()).expect("written");
    let database = support::database().await;
    ingest(&database, "communes", &[fixture("communes.zip")], |_| ()).await.expect("published");
    let config = Config { tiles: TilesConfig { grids: vec![file] }, ..config() };
    let server = server_with(&database, config);
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let own = get(&format!("{base}/tiles/communes/region/10/17/109.mvt"));
        assert_eq!(own.status, 200, "{}", own.text());
        assert_eq!(own.body, get(&format!("{base}/tiles/communes/LAMB93_10cm/10/17/109.mvt")).body);
        let set = get(&format!("{base}/ogc/tileMatrixSets/region")).json();
        assert_eq!(set["title"], "Grille de la région");
        let capabilities = get(&format!("{base}/wmts?SERVICE=WMTS&REQUEST=GetCapabilities")).text();
        assert!(capabilities.contains("<TileMatrixSet>region</TileMatrixSet>"), "{capabilities}");
    })
    .await
    .expect("done");
}
