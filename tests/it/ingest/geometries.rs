//! Geometries: types, heights, repairs, places.

use super::files::{Shapefile, collection, point, square};
use super::{Bench, codes, finding};
use datasud::ingest::Level;
use datasud::model::GeometryType;

const BOW_TIE: &str = r#"{"type":"Polygon","coordinates":[[[5,43],[6,44],[6,43],[5,44],[5,43]]]}"#;
const SQUARE: &str = r#"{"type":"Polygon","coordinates":[[[5,43],[6,43],[6,44],[5,44],[5,43]]]}"#;

#[tokio::test]
async fn single_and_multi_polygons_become_multi_and_singles_alone_stay_single() {
    let bench = Bench::new().await;
    let (a, b) = (square(890_000.0, 6_245_000.0, 100.0), square(891_000.0, 6_245_000.0, 100.0));
    let single = Shapefile::new(5).field("n", b'N', 2, 0).parts(&[&a], &[b"1"]).parts(&[&b], &[b"2"]);
    let mixed = Shapefile::new(5).field("n", b'N', 2, 0).parts(&[&a], &[b"1"]).parts(&[&a, &b], &[b"2"]);
    let layer = bench.load_one(&bench.write("single.zip", single.zip("single"))).await;
    assert_eq!(layer.geometry, GeometryType::Polygon);
    let layer = bench.load_one(&bench.write("mixed.zip", mixed.zip("mixed"))).await;
    assert_eq!(layer.geometry, GeometryType::MultiPolygon);
    let parts = bench.text("select array_agg(st_numgeometries(geom) order by fid) from data.mixed__v1").await;
    assert_eq!(parts.as_deref(), Some("{1,2}"));
}

#[tokio::test]
async fn heights_are_kept_and_missing_ones_become_zero() {
    let bench = Bench::new().await;
    let shape = Shapefile::new(11).field("n", b'N', 2, 0).point(890_000.0, 6_245_000.0, &[b"1"]);
    let layer = bench.load_one(&bench.write("z.zip", shape.zip("z"))).await;
    assert!(layer.has_z && !layer.has_m);
    assert_eq!(bench.text("select st_z(geom) from data.z__v1").await.as_deref(), Some("7.5"));
    let high = r#"{"type":"Point","coordinates":[5.4,43.3,120.5]}"#;
    let text = collection(&[("{}", high), ("{}", &point(5.5, 43.4))]);
    let loaded = bench.load(&bench.write("some.geojson", text)).await;
    assert!(loaded.layers[0].has_z);
    finding(&loaded, "geometry-uneven");
    let heights = bench.text("select array_agg(st_z(geom) order by fid) from data.some__v1").await;
    assert_eq!(heights.as_deref(), Some("{120.5,0}"));
}

#[tokio::test]
async fn points_and_areas_together_are_one_mixed_layer_and_said() {
    let bench = Bench::new().await;
    let text = collection(&[("{}", &point(5.4, 43.3)), ("{}", SQUARE), ("{}", "null")]);
    let loaded = bench.load(&bench.write("a.geojson", text)).await;
    assert_eq!(loaded.layers[0].geometry, GeometryType::Geometry);
    let said = finding(&loaded, "geometry-mixed");
    assert!(said.message.contains("Point, Polygon"), "{said:?}");
}

#[tokio::test]
async fn collections_are_kept() {
    let bench = Bench::new().await;
    let both = format!(r#"{{"type":"GeometryCollection","geometries":[{},{SQUARE}]}}"#, point(5.4, 43.3));
    let layer = bench.load_one(&bench.write("a.geojson", collection(&[("{}", &both)]))).await;
    assert_eq!(layer.geometry, GeometryType::GeometryCollection);
}

#[tokio::test]
async fn an_invalid_polygon_is_repaired_located_and_counted() {
    let bench = Bench::new().await;
    let text = collection(&[("{}", SQUARE), ("{}", BOW_TIE), ("{}", BOW_TIE)]);
    let loaded = bench.load(&bench.write("a.geojson", text)).await;
    assert_eq!(loaded.layers[0].geometry, GeometryType::MultiPolygon);
    let said = finding(&loaded, "geometry-repaired");
    assert_eq!((said.level, said.count, said.layer.as_deref()), (Level::Warning, 2, Some("a")));
    let example = &said.examples[0];
    assert_eq!((example.fid, example.position), (Some(2), Some([5.5, 43.5])));
    assert!(example.reason.contains("Self-intersection"), "{example:?}");
    let valid =
        bench.text("select bool_and(st_isvalid(geom)) and sum(st_area(geom)) = 2 from data.a__v1").await;
    assert_eq!(valid.as_deref(), Some("true"));
}

#[tokio::test]
async fn a_flat_spike_goes_without_changing_the_type() {
    let bench = Bench::new().await;
    let spiked = r#"{"type":"Polygon","coordinates":[[[5,43],[6,43],[6,44],[6,45],[6,44],[5,44],[5,43]]]}"#;
    let loaded = bench.load(&bench.write("a.geojson", collection(&[("{}", spiked)]))).await;
    assert_eq!(finding(&loaded, "geometry-repaired").count, 1);
    let fine = bench.text("select st_isvalid(geom) and st_area(geom) = 1 from data.a__v1").await;
    assert_eq!(fine.as_deref(), Some("true"));
}

#[tokio::test]
async fn reports_list_as_many_examples_as_allowed_and_count_all() {
    let mut bench = Bench::new().await;
    bench.config.limits.report_examples = 3;
    let features: Vec<_> = (0..10).map(|_| ("{}", BOW_TIE)).collect();
    let loaded = bench.load(&bench.write("a.geojson", collection(&features))).await;
    let said = finding(&loaded, "geometry-repaired");
    assert_eq!((said.count, said.examples.len()), (10, 3));
}

#[tokio::test]
async fn geometries_that_no_database_takes_are_left_out_one_by_one() {
    let bench = Bench::new().await;
    let flat_line = r#"{"type":"LineString","coordinates":[[5,43],[5,43]]}"#;
    let short_ring = r#"{"type":"Polygon","coordinates":[[[5,43],[6,43],[5,43]]]}"#;
    let open_ring = r#"{"type":"Polygon","coordinates":[[[5,43],[6,43],[6,44],[5,44]]]}"#;
    let loaded = bench.load(&bench.write("ring.geojson", collection(&[("{}", open_ring)]))).await;
    assert_eq!(codes(&loaded.report), ["reader-warning"], "an open ring is closed");
    assert_eq!(bench.text("select st_area(geom) from data.ring__v1").await.as_deref(), Some("1"));
    let text = collection(&[("{}", SQUARE), ("{}", short_ring)]);
    let loaded = bench.load(&bench.write("short.geojson", text)).await;
    assert_eq!(loaded.layers[0].features, 2);
    assert_eq!(finding(&loaded, "geometry-dropped").examples[0].fid, Some(2));
    let loaded = bench.load(&bench.write("line.geojson", collection(&[("{}", flat_line)]))).await;
    assert_eq!(finding(&loaded, "geometry-invalid").count, 1);
}

#[tokio::test]
async fn coordinates_far_outside_the_system_are_said_and_only_such_are_refused() {
    let bench = Bench::new().await;
    let text = collection(&[("{}", &point(5.4, 43.3)), ("{}", &point(890_000.0, 6_245_000.0))]);
    let loaded = bench.load(&bench.write("some.geojson", text)).await;
    let said = finding(&loaded, "outside-crs");
    assert_eq!((said.count, said.examples[0].fid), (1, Some(2)));
    let bench = Bench::new().await;
    let all = collection(&[("{}", &point(890_000.0, 6_245_000.0))]);
    let refusal = bench.refusal(&bench.write("all.geojson", all)).await;
    assert_eq!(refusal.code, "outside-crs");
    assert!(refusal.message.contains("Lambert-93") && refusal.message.contains("--crs"), "{refusal:?}");
}

#[tokio::test]
async fn longitudes_a_little_beyond_180_are_no_fault() {
    let bench = Bench::new().await;
    let text = collection(&[("{}", &point(183.8, -22.4)), ("{}", &point(-151.4, -17.0))]);
    let loaded = bench.load(&bench.write("a.geojson", text)).await;
    assert_eq!(codes(&loaded.report), Vec::<&str>::new());
    let lonlat = loaded.layers[0].extent_lonlat.expect("box");
    assert!(lonlat.min_x >= -180.0 && lonlat.max_x <= 180.0);
}
