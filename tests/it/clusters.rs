//! Points that are gathered by cell with their number: the numbers of a zoom add up to the layer, with overviews and without,
//! before and after edits.

use crate::mvt::{MvtFeature, MvtLayer, MvtValue, decode};
use crate::support::region::scalar;
use crate::support::{self, PROGRAM, TestDatabase, TestServer, config, get, until_holds};
use datasud::config::{Config, Editing, LayerOverviewConfig, OverviewConfig, PointRule};
use datasud::model::Slug;
use datasud::publish::{self, Publisher, Request};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Clusters of the layer, ranked by an attribute; overviews from so many features on.
fn rules(layer: &str, least_features: u64, points: PointRule) -> Config {
    let own = LayerOverviewConfig {
        layer: layer.into(),
        rank: Some("n".into()),
        points,
        attributes: None,
        off: false,
    };
    let overviews = OverviewConfig { least_features, with_publication: true, layers: vec![own] };
    Config { overviews, editing: Editing::Open, ..config() }
}

/// Points of a valley in longitude and latitude: dense towns, and some far away from each other. Some lie exactly on the
/// borders of tiles.
fn points(count: usize) -> String {
    let features: Vec<String> = (0..count)
        .map(|n| {
            let k = n as f64;
            let (x, y) = match n % 5 {
                // Corners of tiles of zoom 10 and finer.
                0 => (5.625 + 0.351_562_5 * (n % 3) as f64, 43.5 + (k * 0.618_033_988).fract() * 0.4),
                1 => (4.6 + (k * 0.754_877_666).fract() * 2.4, 43.0 + (k * 0.569_840_29).fract() * 1.4),
                _ => (5.37 + (k * 0.754_877_666).fract() * 0.1, 43.29 + (k * 0.569_840_29).fract() * 0.08),
            };
            format!(
                r#"{{"type":"Feature","properties":{{"n":{n},"nom":"p{n}","cluster":"à nous"}},"geometry":{{"type":"Point","coordinates":[{x},{y}]}}}}"#
            )
        })
        .collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",\n"))
}

async fn served(database: &TestDatabase, rules: Config, name: &str, count: usize) -> TestServer {
    let folder = support::open_folder("clusters");
    let path = folder.path().join(format!("{name}.geojson"));
    std::fs::write(&path, points(count)).expect("written");
    let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("data");
    let publisher = Publisher::new(Arc::new(Config { data, ..rules.clone() }), database.store.clone())
        .with_reader(PROGRAM.into());
    let request = Request {
        files: vec![path],
        dataset: Some(Slug::parse(name).expect("a slug")),
        ..Request::default()
    };
    publisher.publish(request, &|_| ()).await.expect("published");
    support::server_with(database, rules)
}

fn column(z: u32, longitude: f64) -> u32 {
    ((longitude + 180.0) / 360.0 * f64::from(1_u32 << z)) as u32
}

fn row(z: u32, latitude: f64) -> u32 {
    let down = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0;
    (down * f64::from(1_u32 << z)) as u32
}

fn count(feature: &MvtFeature) -> i64 {
    match (feature.properties.get("point_count"), feature.properties.get("cluster")) {
        (Some(MvtValue::Int(count)), Some(MvtValue::Bool(true))) if *count > 1 => *count,
        (None, None) => 1,
        other => panic!("{other:?}"),
    }
}

/// What lies in the tiles of a zoom themselves, without their margins.
fn inside(server: &TestServer, layer: &str, z: u32, query: &str) -> Vec<MvtFeature> {
    let mut all = Vec::new();
    for x in column(z, 4.5)..=column(z, 7.1) {
        for y in row(z, 44.6)..=row(z, 42.9) {
            let answer = get(&format!("{}/tiles/{layer}/{z}/{x}/{y}.mvt{query}", server.base));
            assert!(matches!(answer.status, 200 | 204), "{}", answer.text());
            for layer in decode(&answer.body) {
                let side = 0..layer.extent as i32;
                let is_inside =
                    |f: &MvtFeature| f.paths.iter().flatten().all(|p| p.iter().all(|v| side.contains(v)));
                all.extend(layer.features.into_iter().filter(is_inside));
            }
        }
    }
    all
}

#[actix_web::test]
async fn the_numbers_of_every_zoom_add_up_to_the_layer_with_overviews_and_without() {
    for least in [500, 1_000_000] {
        let database = support::database().await;
        let server = served(&database, rules("arbres", least, PointRule::Cluster), "arbres", 3000).await;
        let bands =
            publish::load(&database.store).await.expect("snapshot").layers["arbres"].overviews.bands.len();
        assert_eq!(bands > 0, least == 500, "{bands}");
        let mut before = 0;
        for z in 0..=11 {
            let shown = inside(&server, "arbres", z, "");
            assert_eq!(shown.iter().map(count).sum::<i64>(), 3000, "z{z}, overviews from {least} on");
            assert!(shown.len() >= before && shown.len() < 3000, "z{z}: {}", shown.len());
            before = shown.len();
            // The points that stand for others keep what they are.
            for feature in &shown {
                let n = match feature.properties.get("n") {
                    Some(MvtValue::Int(n)) => *n,
                    other => panic!("{other:?}"),
                };
                assert_eq!(feature.properties.get("nom"), Some(&MvtValue::Text(format!("p{n}"))));
            }
            let ids: BTreeSet<_> = shown.iter().map(|f| f.id).collect();
            assert_eq!(ids.len(), shown.len(), "z{z}: no point stands twice");
            let greatest = shown.iter().any(|f| f.properties.get("n") == Some(&MvtValue::Int(2999)));
            assert!(greatest, "z{z}: the first by rank stands for those around it");
        }
        assert_eq!(inside(&server, "arbres", 12, "").len(), 3000);
        // Other units and fewer attributes count the same.
        for query in ["?extent=512", "?properties=", "?buffer=0", "?properties=nom&extent=16384"] {
            let shown = inside(&server, "arbres", 9, query);
            assert_eq!(shown.iter().map(count).sum::<i64>(), 3000, "{query}");
        }
        // A condition counts what it finds.
        let some = inside(&server, "arbres", 8, "?filter=n%20%3C%20700");
        assert_eq!(some.iter().map(count).sum::<i64>(), 700);
    }
}

#[actix_web::test]
async fn clusters_of_neighbours_lie_in_the_margin_with_the_same_number() {
    let database = support::database().await;
    let server = served(&database, rules("arbres", 500, PointRule::Cluster), "arbres", 3000).await;
    let z = 9;
    let tile = |x: u32, y: u32| -> Vec<MvtLayer> {
        decode(&get(&format!("{}/tiles/arbres/{z}/{x}/{y}.mvt?buffer=256", server.base)).body)
    };
    let mut seen = 0;
    for x in column(z, 4.6)..column(z, 7.0) {
        for y in row(z, 44.4)..=row(z, 43.0) {
            let (here, east) = (tile(x, y), tile(x + 1, y));
            let (Some(here), Some(east)) = (here.first(), east.first()) else { continue };
            for feature in here.features.iter().filter(|f| f.paths[0][0][0] >= 4096) {
                let own = east.feature(feature.id.expect("an id"));
                assert_eq!(count(own), count(feature));
                assert!(own.paths[0][0][0].abs_diff(feature.paths[0][0][0] - 4096) <= 1);
                seen += 1;
            }
        }
    }
    assert!(seen > 0, "no cluster lies in a margin");
}

#[actix_web::test]
async fn an_edit_is_counted_at_once_and_after_overviews_were_made_anew() {
    let database = support::database().await;
    let server = served(&database, rules("arbres", 500, PointRule::Cluster), "arbres", 3000).await;
    let total = |z: u32| inside(&server, "arbres", z, "").iter().map(count).sum::<i64>();
    let mut session = database.store.job().await.expect("session");
    session
        .batch(
            "insert into data.arbres (n, nom, geom) select 5000 + i, 'neuf', \
             st_transform(st_setsrid(st_makepoint(5.4 + i * 0.001, 43.6), 4326), find_srid('data', (select table_name from datasud.layer where slug = 'arbres')::text, 'geom')) \
             from generate_series(1, 40) i; delete from data.arbres where n < 100;",
        )
        .await
        .expect("edited");
    until_holds("the edit is counted", async || total(0) == 2940).await;
    until_holds("no block is stale", async || {
        scalar(&database, "select count(*) from datasud.overview_stale").await == "0"
    })
    .await;
    // Overviews made anew are a new state of the layer: in it, as in each, the numbers of all tiles add up.
    for z in [0, 3, 6, 9, 11] {
        until_holds("what was made anew is counted", async || total(z) == 2940).await;
        assert_eq!(total(z), 2940, "z{z}");
    }
}

#[actix_web::test]
async fn the_tilejson_tells_that_points_are_counted_and_other_rules_make_other_tiles() {
    let database = support::database().await;
    let server = served(&database, rules("arbres", 500, PointRule::Cluster), "arbres", 1000).await;
    let said = get(&format!("{}/tiles/arbres.json", server.base)).json();
    let said = &said["vector_layers"][0];
    assert_eq!(
        (&said["fields"]["point_count"], &said["fields"]["cluster"]),
        (&"Number".into(), &"Boolean".into())
    );
    assert_eq!(said["datasud:generalised"]["count"], "point_count");
    let etag = |server: &TestServer| {
        get(&format!("{}/tiles/arbres/5/16/11.mvt", server.base)).header("etag").to_owned()
    };
    let thinned = support::server_with(&database, rules("arbres", 500, PointRule::Thin));
    assert_ne!(etag(&server), etag(&thinned));
    let plain = get(&format!("{}/tiles/arbres.json", thinned.base)).json();
    assert_eq!(plain["vector_layers"][0]["fields"]["point_count"], serde_json::Value::Null);
}

#[actix_web::test]
async fn attributes_of_low_zooms_are_those_that_are_configured_unless_others_are_asked_for() {
    let database = support::database().await;
    let mut few = rules("arbres", 500, PointRule::Thin);
    few.overviews.layers[0].attributes = Some(vec!["nom".into()]);
    let server = served(&database, few, "arbres", 1000).await;
    let keys = |z: u32, query: &str| {
        let shown = inside(&server, "arbres", z, query);
        assert!(!shown.is_empty(), "z{z}");
        shown.iter().flat_map(|f| f.properties.keys().cloned()).collect::<BTreeSet<_>>()
    };
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(keys(8, ""), names(&["nom"]));
    assert_eq!(keys(8, "?properties=n"), names(&["n"]));
    assert_eq!(keys(12, ""), names(&["cluster", "n", "nom"]));
    // What ranks still ranks where it isn't written.
    let shown = inside(&server, "arbres", 5, "?properties=nom");
    assert!(shown.iter().any(|f| f.properties["nom"] == MvtValue::Text("p999".into())));
    let said = get(&format!("{}/tiles/arbres.json", server.base)).json();
    assert_eq!(said["vector_layers"][0]["datasud:generalised"]["attributes"], serde_json::json!(["nom"]));
}
