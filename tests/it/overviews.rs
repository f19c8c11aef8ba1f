//! Overviews: small scales are small, quick and true, and stay so while data changes.

use super::mvt::{MvtLayer, MvtValue, decode};
use super::picture::Picture;
use super::support::region::{publisher, scalar};
use super::support::{self, Answer, PROGRAM, TestDatabase, TestServer, config, get, post, until_holds};
use datasud::config::{Config, Editing, LayerOverviewConfig, OverviewConfig, PointRule};
use datasud::features::{Coarse, FeatureEngine, Geometry, Query};
use datasud::filter::Filter;
use datasud::filter::ast::{CompareOp, Expr, Literal};
use datasud::geo::BBox;
use datasud::model::{Layer, Slug};
use datasud::publish::{self, Publisher, Request};
use datasud::store::Deadline;
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where the towns are, in EPSG:2154: by the Durance.
const TOWNS: [[f64; 2]; 4] =
    [[892_000.0, 6_250_000.0], [905_000.0, 6_262_000.0], [921_000.0, 6_248_000.0], [899_000.0, 6_281_000.0]];

fn few() -> Config {
    let overviews = OverviewConfig { least_features: 500, with_publication: true, layers: Vec::new() };
    Config { overviews, editing: Editing::Open, ..config() }
}

/// A GeoJSON file of shapes in EPSG:2154: geometry and properties of each.
fn file(folder: &tempfile::TempDir, name: &str, features: &[(String, String)]) -> PathBuf {
    let path = folder.path().join(name);
    let features: Vec<String> = features
        .iter()
        .map(|(geometry, properties)| {
            format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
        })
        .collect();
    let head = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}},"features":["#;
    std::fs::write(&path, format!("{head}{}]}}", features.join(",\n"))).expect("written");
    path
}

fn square(x: f64, y: f64, side: f64) -> String {
    let (a, b) = (x + side, y + side);
    format!(r#"{{"type":"Polygon","coordinates":[[[{x},{y}],[{a},{y}],[{a},{b}],[{x},{b}],[{x},{y}]]]}}"#)
}

/// Buildings of 10 to 21 metres in four towns; every hundredth is a hall of 90 metres.
fn buildings(count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|n| {
            let [x, y] = TOWNS[n % 4];
            let (i, j) = ((n / 4) % 40, (n / 160) as f64);
            let side = if n % 100 == 99 { 90.0 } else { 10.0 + (n % 12) as f64 };
            let kind = if n % 7 == 0 { "école" } else { "maison" };
            (
                square(x + i as f64 * 31.0, y + j * 29.0, side),
                format!(r#"{{"nom":"b{n}","genre":"{kind}","etages":{}}}"#, n % 9),
            )
        })
        .collect()
}

async fn publish_as(
    database: &TestDatabase,
    config: Config,
    name: &str,
    features: &[(String, String)],
) -> publish::Published {
    let folder = support::open_folder("overviews");
    let path = file(&folder, &format!("{name}.geojson"), features);
    let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("data");
    let publisher = Publisher::new(Arc::new(Config { data, ..config }), database.store.clone())
        .with_reader(PROGRAM.into());
    let request = Request {
        files: vec![path],
        dataset: Some(Slug::parse(name).expect("a slug")),
        existing: publish::Existing::Replace,
        ..Request::default()
    };
    publisher.publish(request, &|_| ()).await.expect("published")
}

async fn served(database: &TestDatabase, name: &str, features: &[(String, String)]) -> TestServer {
    publish_as(database, few(), name, features).await;
    support::server_with(database, few())
}

async fn layer(database: &TestDatabase, slug: &str) -> Arc<Layer> {
    publish::load(&database.store).await.expect("snapshot").layers.get(slug).expect("the layer").clone()
}

/// Address of the tile over the towns.
fn tile(server: &TestServer, layers: &str, z: u32) -> String {
    tile_at(server, layers, z, 5.42, 43.33)
}

fn tile_at(server: &TestServer, layers: &str, z: u32, longitude: f64, latitude: f64) -> String {
    let side = f64::from(1_u32 << z);
    let x = ((longitude + 180.0) / 360.0 * side) as u32;
    let y = ((1.0 - f64::to_radians(latitude).tan().asinh() / std::f64::consts::PI) / 2.0 * side) as u32;
    format!("{}/tiles/{layers}/{z}/{x}/{y}.mvt", server.base)
}

fn read(answer: &Answer) -> Vec<MvtLayer> {
    if answer.status == 204 {
        return Vec::new();
    }
    assert_eq!(answer.status, 200, "{}", answer.text());
    decode(&answer.body)
}

async fn stale(database: &TestDatabase) -> String {
    scalar(database, "select count(*) from datasud.overview_stale").await
}

async fn settled(database: &TestDatabase) {
    until_holds("no block is stale", async || stale(database).await == "0").await;
}

/// Names of the overviews that are read, from the finest.
async fn bands(database: &TestDatabase, slug: &str) -> Vec<String> {
    layer(database, slug).await.overviews.bands.iter().map(|b| b.table.clone()).collect()
}

#[actix_web::test]
async fn towns_are_seen_at_every_zoom_in_small_tiles_whose_ids_and_attributes_are_those_of_the_layer() {
    let database = support::database().await;
    let server = served(&database, "batiments", &buildings(6000)).await;
    let overviews = layer(&database, "batiments").await.overviews.clone();
    assert!(overviews.bands.len() >= 5, "{overviews:?}");
    for z in 5..=11 {
        let layers = read(&get(&tile(&server, "batiments", z)));
        assert!(!layers.is_empty(), "z{z} is empty");
        let features = &layers[0].features;
        assert!(features.len() < 3000 && !features.is_empty(), "z{z}: {}", features.len());
        let mut ids = BTreeSet::new();
        for feature in features {
            let fid = feature.id.expect("an id");
            assert!(ids.insert(fid), "z{z}: feature {fid} is there twice");
            let name = scalar(&database, &format!("select nom from data.batiments where fid = {fid}")).await;
            assert_eq!(feature.properties.get("nom"), Some(&MvtValue::Text(name)), "z{z}");
        }
        if z == 9 {
            // What lies in the tile.
            let address = tile(&server, "batiments", z);
            let place = address.trim_end_matches(".mvt").rsplit('/').take(3).collect::<Vec<_>>();
            let ground: f64 = scalar(
                &database,
                &format!(
                    "select sum(st_area(geom)) from data.batiments \
                     where st_intersects(geom, st_transform(st_tileenvelope({}, {}, {}), 2154))",
                    place[2], place[1], place[0]
                ),
            )
            .await
            .parse()
            .expect("area");
            // Web Mercator's metres at this latitude, a unit of the tile.
            let unit = 40_075_016.7 / f64::from(1_u32 << z) / 4096.0 * f64::to_radians(43.3).cos();
            let seen = layers[0].area() * unit * unit;
            assert!((seen / ground - 1.0).abs() < 0.25, "z{z}: {seen} of {ground}");
        }
    }
}

#[actix_web::test]
async fn neighbours_still_meet_in_every_overview_and_only_where_a_corner_lay_on_a_side_is_there_a_crack() {
    let database = support::database().await;
    // Cells of 500 metres with wavy sides that both neighbours share, and rows that are shifted: corners on sides.
    let wave = |x: f64, y: f64| (x + 40.0 * (y / 90.0).sin(), y + 40.0 * (x / 70.0).cos());
    let mut shapes = Vec::new();
    for j in 0..30 {
        for i in 0..30 {
            let shift = if j >= 15 { 250.0 } else { 0.0 };
            let (x, y) = (890_000.0 + f64::from(i) * 500.0 + shift, 6_250_000.0 + f64::from(j) * 500.0);
            let mut ring = Vec::new();
            for (dx, dy, n) in [(1.0, 0.0, 0), (0.0, 1.0, 1), (-1.0, 0.0, 2), (0.0, -1.0, 3)] {
                let start = [(0.0, 0.0), (500.0, 0.0), (500.0, 500.0), (0.0, 500.0)][n];
                for k in 0..100 {
                    let t = f64::from(k) * 5.0;
                    let (px, py) = wave(x + start.0 + dx * t, y + start.1 + dy * t);
                    ring.push(format!("[{px:.3},{py:.3}]"));
                }
            }
            ring.push(ring[0].clone());
            shapes.push((
                format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, ring.join(",")),
                "{}".to_owned(),
            ));
        }
    }
    publish_as(&database, few(), "zones", &shapes).await;
    let overviews = layer(&database, "zones").await.overviews.clone();
    let complete: Vec<_> = overviews.bands.iter().filter(|b| b.complete).collect();
    assert!(!complete.is_empty(), "{overviews:?}");
    for band in complete {
        // Where corners meet corners nothing may open at all: the rows that are not shifted.
        let holes = format!(
            "select coalesce(sum(st_numinteriorrings(d.geom)), 0) from (select st_union(st_buffer(o.geom, 0)) as u \
             from overview.{} o where st_ymax(o.geom) < 6257400) t cross join lateral st_dump(t.u) d",
            band.table
        );
        assert_eq!(scalar(&database, &holes).await, "0", "{band:?}");
        // Everywhere else a crack stays narrower than a quarter of a pixel.
        let widest = format!(
            "select coalesce(max(2 * st_area(h.geom) / (st_perimeter(h.geom) / 2)), 0) from \
             (select st_union(st_buffer(o.geom, 0)) as u from overview.{} o) t cross join lateral st_dump(t.u) d \
             cross join lateral st_dumprings(d.geom) h where h.path[1] > 0",
            band.table
        );
        let widest: f64 = scalar(&database, &widest).await.parse().expect("a width");
        assert!(widest < band.cell / 4.0, "{band:?}: {widest}");
    }
}

#[actix_web::test]
async fn an_edit_by_plain_sql_or_wfs_shows_at_once_and_overviews_are_made_anew_after_it() {
    let database = support::database().await;
    let server = served(&database, "batiments", &buildings(4000)).await;
    let far = |z| read(&get(&tile(&server, "batiments", z)));
    let before = far(8)[0].area();
    // A new hall as large as a town, by plain SQL; the tile is asked for as soon as the server has heard.
    let hall = "insert into data.batiments (nom, geom) select 'halle', st_makeenvelope(910000, 6270000, 913000, 6273000, 2154) returning fid";
    let mut session = database.store.job().await.expect("session");
    let fid: i64 = session.query_one(hall, &[]).await.expect("inserted").get(0);
    let has = |z| {
        read(&get(&tile_at(&server, "batiments", z, 5.615, 43.511)))
            .iter()
            .flat_map(|l| &l.features)
            .any(|f| f.id == u64::try_from(fid).ok())
    };
    support::until("the hall is seen", || has(9) && has(11));
    assert!(far(8)[0].area() > before * 1.5);
    settled(&database).await;
    let finest = &bands(&database, "batiments").await[0];
    assert_eq!(
        scalar(&database, &format!("select nom from overview.{finest} where fid = {fid}")).await,
        "halle"
    );
    assert!(has(9));

    // By WFS: the answer comes when this node knows, so the very next tile shows it.
    let delete = format!(
        "<wfs:Transaction service=\"WFS\" version=\"2.0.0\" xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
         xmlns:fes=\"http://www.opengis.net/fes/2.0\"><wfs:Delete typeName=\"batiments\"><fes:Filter>\
         <fes:ResourceId rid=\"batiments.{fid}\"/></fes:Filter></wfs:Delete></wfs:Transaction>"
    );
    let answer = post(&format!("{}/wfs", server.base), "text/xml", delete);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!has(9) && !has(11));
    settled(&database).await;
    assert!(!has(9) && !has(11));
    let left = far(8)[0].area();
    assert!((left / before - 1.0).abs() < 0.1, "{left} {before}");
}

#[actix_web::test]
async fn blocks_made_anew_by_two_servers_are_what_a_fresh_overview_is() {
    let database = support::database().await;
    let first = served(&database, "batiments", &buildings(4000)).await;
    let second = support::server_with(&database, few());
    let mut session = database.store.job().await.expect("session");
    for turn in 0..12 {
        let edit = match turn % 3 {
            0 => format!(
                "update data.batiments set geom = st_translate(geom, {}, 700) where fid % 37 = {turn}",
                900 * turn
            ),
            1 => format!("delete from data.batiments where fid % 53 = {turn}"),
            _ => format!(
                "insert into data.batiments (nom, geom) select 'n{turn}', st_expand(st_setsrid(st_makepoint(895000 + n * 160, 6255000 + n * {turn}), 2154), 6 + n) from generate_series(1, 60) n"
            ),
        };
        session.batch(&edit).await.expect("edited");
        let _ = get(&tile(if turn % 2 == 0 { &first } else { &second }, "batiments", 8));
    }
    settled(&database).await;
    drop((first, second));
    let kept = layer(&database, "batiments").await.overviews.clone();
    // Other rules make all of them anew.
    let other = Config { overviews: OverviewConfig { least_features: 499, ..few().overviews }, ..few() };
    let third = support::server_with(&database, other);
    until_holds("overviews are made by the new rules", async || {
        let now = layer(&database, "batiments").await.overviews.clone();
        !now.bands.is_empty() && now.bands != kept.bands
    })
    .await;
    let fresh = layer(&database, "batiments").await.overviews.clone();
    assert_eq!(kept.block, fresh.block);
    for (old, new) in kept.bands.iter().zip(&fresh.bands) {
        assert_eq!((old.cell, old.complete), (new.cell, new.complete));
        // Sums of floats depend on their order in the last digits.
        let content = |table: &str| {
            format!(
                "select fid, \"datasud:x\", \"datasud:y\", \"datasud:count\", nom, st_asewkb(st_snaptogrid(st_normalize(geom), 0.01)) from overview.{table}"
            )
        };
        let (a, b) = (content(&old.table), content(&new.table));
        let differ = format!("select count(*) from (({a} except all {b}) union all ({b} except all {a})) d");
        assert_eq!(scalar(&database, &differ).await, "0", "{old:?} {new:?}");
    }
    drop(third);
}

async fn fids(database: &TestDatabase, query: &Query) -> BTreeSet<i64> {
    let engine = FeatureEngine::new(database.store.clone(), &few().limits);
    let deadline = Deadline::after(Duration::from_secs(20));
    let mut stream = engine.stream(query, deadline).await.expect("stream");
    let mut found = BTreeSet::new();
    while let Some(feature) = stream.next().await {
        assert!(found.insert(feature.expect("feature").fid()), "a feature came twice");
    }
    found
}

#[actix_web::test]
async fn a_condition_finds_what_it_finds_in_the_layer_and_a_stale_block_is_read_from_it() {
    let database = support::database().await;
    publish_as(&database, few(), "batiments", &buildings(4000)).await;
    let layer = layer(&database, "batiments").await;
    let coarse = |merged| Query {
        geometry: Geometry::Simplified(100.0),
        coarse: Some(Coarse { cell: 400.0, merged, counted: false }),
        ..Query::all(Arc::clone(&layer)).unordered()
    };
    let all = fids(&database, &coarse(true)).await;
    assert!(all.len() < 400 && !all.is_empty(), "{}", all.len());
    assert_eq!(fids(&database, &coarse(false)).await.len(), 4000);
    let condition = Filter::Compare {
        op: CompareOp::Equal,
        left: Expr::Property("genre".into()),
        right: Expr::Literal(Literal::Text("école".into())),
        match_case: true,
    };
    let filtered = Query { filter: Some(condition), ..coarse(true) };
    let schools: usize = scalar(&database, "select count(*) from data.batiments where genre = 'école'")
        .await
        .parse()
        .expect("count");
    assert_eq!(fids(&database, &filtered).await.len(), schools);

    // No server runs: what is edited stays stale, and comes from the table itself, each once.
    let mut session = database.store.job().await.expect("session");
    session.batch("update data.batiments set etages = 30 where fid = 8").await.expect("edited");
    let table = &layer.table;
    let in_block = format!(
        "select count(*) from data.\"{table}\" t join datasud.overview_stale s on s.table_name = '{table}' \
         and datasud.overview_block(st_xmin(geom), st_xmax(geom), {0}) = s.x and datasud.overview_block(st_ymin(geom), st_ymax(geom), {0}) = s.y",
        layer.overviews.block
    );
    session
        .batch("delete from datasud.overview_stale a using datasud.overview_stale b where a.id > b.id")
        .await
        .expect("each once");
    let in_block: usize = scalar(&database, &in_block).await.parse().expect("count");
    let now = fids(&database, &coarse(true)).await;
    assert!(in_block > 100 && now.len() >= in_block && now.len() < 4000, "{in_block} {}", now.len());
    // The window holds for both.
    let town = BBox::new(TOWNS[0][0], TOWNS[0][1], TOWNS[0][0] + 300.0, TOWNS[0][1] + 300.0);
    let seen = fids(&database, &Query { window: Some(town), ..coarse(true) }).await;
    assert!(seen.len() < now.len() && !seen.is_empty());
    // A truncated layer is empty at every scale.
    session.batch(&format!("truncate data.\"{table}\"")).await.expect("truncated");
    assert!(fids(&database, &coarse(true)).await.is_empty());
}

#[actix_web::test]
async fn overviews_follow_a_layer_that_is_replaced_restored_and_removed() {
    let database = support::database().await;
    publish_as(&database, few(), "batiments", &buildings(4000)).await;
    let first = bands(&database, "batiments").await;
    publish_as(&database, few(), "batiments", &buildings(5000)).await;
    let second = bands(&database, "batiments").await;
    assert!(!first.is_empty() && !second.is_empty() && first.iter().all(|b| !second.contains(b)));
    let slug = Slug::parse("batiments").expect("slug");
    let publisher = publisher(&database);
    publisher.restore(slug.as_str()).await.expect("restored");
    assert_eq!(bands(&database, "batiments").await, first);
    // The third version leaves only itself and the one before.
    publish_as(&database, few(), "batiments", &buildings(4500)).await;
    let tables = "select string_agg(relname, ' ' order by relname) from pg_class where relnamespace = 'overview'::regnamespace and relkind = 'r'";
    let left = scalar(&database, tables).await;
    assert!(second.iter().all(|b| !left.split(' ').any(|l| l == b)), "{left}");
    assert!(first.iter().all(|b| left.split(' ').any(|l| l == b)), "{left}");
    publisher.remove("batiments").await.expect("removed");
    assert_eq!(scalar(&database, tables).await, "");
    let rows = "select (select count(*) from datasud.overview) + (select count(*) from datasud.overviewed) + (select count(*) from datasud.overview_stale)";
    assert_eq!(scalar(&database, rows).await, "0");
}

#[actix_web::test]
async fn a_layer_that_has_none_gets_overviews_from_the_server_and_a_small_one_needs_none() {
    let database = support::database().await;
    // Loaded by a program that made none, as an older one would.
    let without = Config { overviews: OverviewConfig { least_features: 0, ..few().overviews }, ..few() };
    publish_as(&database, without, "batiments", &buildings(3000)).await;
    publish_as(&database, few(), "petits", &buildings(300)).await;
    assert!(bands(&database, "batiments").await.is_empty());
    let _server = support::server_with(&database, few());
    until_holds("overviews are made", async || !bands(&database, "batiments").await.is_empty()).await;
    assert!(bands(&database, "petits").await.is_empty());
    // From now on edits of it are marked, and made anew.
    let mut session = database.store.job().await.expect("session");
    session.batch("delete from data.batiments where fid = 100").await.expect("deleted");
    settled(&database).await;
    let finest = &bands(&database, "batiments").await[0];
    assert_eq!(
        scalar(&database, &format!("select count(*) from overview.{finest} where fid = 100")).await,
        "0"
    );
}

#[actix_web::test]
async fn a_tile_keeps_to_its_size_by_rank_and_says_so_and_nothing_is_left_out_from_zoom_12_on() {
    let database = support::database().await;
    let rules = LayerOverviewConfig {
        layer: "classes".into(),
        rank: Some("etages".into()),
        points: PointRule::Thin,
        off: false,
        attributes: None,
    };
    let mut tight = few();
    tight.limits.tile_kilobytes = 8;
    tight.overviews.layers = vec![rules];
    publish_as(&database, tight.clone(), "batiments", &buildings(6000)).await;
    publish_as(&database, tight.clone(), "classes", &buildings(6000)).await;
    let mut wide = tight.clone();
    wide.limits.tile_kilobytes = 500;
    let server = support::server_with(&database, tight);
    let whole = support::server_with(&database, wide);
    for z in 8..=11 {
        for layers in ["batiments", "classes", "batiments,classes"] {
            let bytes = get(&tile(&server, layers, z)).body.len();
            assert!(bytes <= 8_000, "z{z} {layers}: {bytes}");
        }
    }
    let (some, all) = (get(&tile(&server, "batiments", 11)), get(&tile(&whole, "batiments", 11)));
    assert!(all.body.len() > 8_000 && some.body.len() > 6_000, "{} {}", all.body.len(), some.body.len());
    let (some, all) = (&read(&some)[0], &read(&all)[0]);
    let least = some.features.iter().map(|f| f.area() as i64).min().expect("one");
    let kept: BTreeSet<_> = some.features.iter().map(|f| f.id).collect();
    let largest_lost =
        all.features.iter().filter(|f| !kept.contains(&f.id)).map(|f| f.area() as i64).max().expect("lost");
    assert!(largest_lost <= least, "{largest_lost} was left out, {least} is there");
    assert!(some.features.iter().all(|f| f.properties == all.feature(f.id.expect("id")).properties));

    let stories = |layer: &MvtLayer| {
        let values = layer.features.iter().map(|f| match f.properties.get("etages") {
            Some(MvtValue::Int(n)) => *n,
            other => panic!("{other:?}"),
        });
        values.collect::<Vec<_>>()
    };
    let [shown, every] = [&server, &whole].map(|s| stories(&read(&get(&tile(s, "classes", 11)))[0]));
    // The greatest values, as many as are there.
    let (mut shown, mut every) = (shown, every);
    shown.sort_unstable();
    every.sort_unstable();
    assert!(shown.len() < every.len() && every.ends_with(&shown), "{shown:?} of {every:?}");

    let (a, b) = (get(&tile(&server, "batiments", 12)), get(&tile(&whole, "batiments", 12)));
    assert!(a.body == b.body && a.body.len() > 8_000, "{}", a.body.len());
    let said = get(&format!("{}/tiles/classes.json", server.base)).json();
    let said = &said["vector_layers"][0]["datasud:generalised"];
    assert_eq!((said["completeFromZoom"].as_i64(), said["kilobytes"].as_i64()), (Some(12), Some(8)));
    assert_eq!(said["rank"], "etages");
}

#[actix_web::test]
async fn lines_and_points_are_thinned_by_pixel_and_points_all_stay_where_that_is_wished() {
    let database = support::database().await;
    let roads: Vec<(String, String)> = (0..3000)
        .map(|n| {
            let (x, y) = (892_000.0 + f64::from(n % 100) * 60.0, 6_250_000.0 + f64::from(n / 100) * 200.0);
            let end = if n % 500 == 0 { x + 9000.0 } else { x + 60.0 };
            (
                format!(r#"{{"type":"LineString","coordinates":[[{x},{y}],[{end},{y}]]}}"#),
                format!(r#"{{"n":{n}}}"#),
            )
        })
        .collect();
    let points: Vec<(String, String)> = (0..3000)
        .map(|n| {
            let (x, y) = (892_000.0 + f64::from(n % 60) * 9.0, 6_250_000.0 + f64::from(n / 60) * 9.0);
            (format!(r#"{{"type":"Point","coordinates":[{x},{y}]}}"#), format!(r#"{{"n":{n}}}"#))
        })
        .collect();
    let mut rules = few();
    let own = |layer: &str, rank: Option<&str>, points| LayerOverviewConfig {
        layer: layer.into(),
        rank: rank.map(str::to_owned),
        points,
        off: false,
        attributes: None,
    };
    rules.overviews.layers =
        vec![own("arbres", Some("n"), PointRule::Thin), own("bornes", None, PointRule::All)];
    for (name, shapes) in [("routes", &roads), ("arbres", &points), ("bornes", &points)] {
        publish_as(&database, rules.clone(), name, shapes).await;
    }
    let server = support::server_with(&database, rules);
    let count = |name: &str, z| read(&get(&tile(&server, name, z))).first().map_or(0, |l| l.features.len());
    let all = read(&get(&tile(&server, "routes", 8)));
    assert!(all[0].features.len() < 1500 && all[0].features.len() > 100, "{}", all[0].features.len());
    for long in (0..3000).step_by(500) {
        let is_there = all[0].features.iter().any(|f| f.properties.get("n") == Some(&MvtValue::Int(long)));
        assert!(is_there, "the long road {long} is gone");
    }
    assert!(count("arbres", 8) < 20 && count("arbres", 8) > 0);
    let ranked = read(&get(&tile(&server, "arbres", 5)));
    let greatest = ranked[0].features.iter().any(|f| f.properties.get("n") == Some(&MvtValue::Int(2999)));
    assert!(greatest, "the first by rank stays");
    assert_eq!(count("bornes", 8), 3000);
    assert_eq!(count("arbres", 13), count("bornes", 13));
}

#[actix_web::test]
async fn a_map_of_the_whole_covers_as_much_from_overviews_and_draws_classes_from_the_layer() {
    let database = support::database().await;
    let server = served(&database, "batiments", &buildings(6000)).await;
    let map = |bbox: &str| {
        let url = format!(
            "{}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=batiments&STYLES=&CRS=EPSG:2154&BBOX={bbox}&WIDTH=400&HEIGHT=400&FORMAT=image/png&TRANSPARENT=true",
            server.base
        );
        let answer = get(&url);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.body
    };
    let bbox = "880000,6240000,940000,6300000";
    let from_overviews = Picture::decode(&map(bbox));
    let mut session = database.store.job().await.expect("session");
    session.batch("update datasud.overview set retired = now(); update datasud.platform set generation = nextval('datasud.generation'); update datasud.layer set generation = nextval('datasud.generation'); select pg_notify('datasud', json_build_object('kind', 'catalogue', 'generation', generation)::text) from datasud.platform").await.expect("retired");
    until_holds("the layer itself is drawn", async || bands(&database, "batiments").await.is_empty()).await;
    std::thread::sleep(Duration::from_millis(500));
    let from_table = Picture::decode(&map(bbox));
    let ink = |picture: &Picture| {
        let all = (0..400).flat_map(|x| (0..400).map(move |y| (x, y)));
        all.map(|(x, y)| f64::from(picture.at(x, y)[3])).sum::<f64>()
    };
    let (a, b) = (ink(&from_overviews), ink(&from_table));
    assert!(a > 0.6 * b && a < 1.4 * b, "{a} from overviews, {b} from the layer");
}

#[actix_web::test]
async fn publishing_waits_for_no_overviews_and_a_running_server_makes_them() {
    let database = support::database().await;
    let mut later = few();
    later.overviews.with_publication = false;
    publish_as(&database, later.clone(), "batiments", &buildings(4000)).await;
    assert!(bands(&database, "batiments").await.is_empty());
    let _server = support::server_with(&database, later.clone());
    publish_as(&database, later, "halles", &buildings(3000)).await;
    for slug in ["batiments", "halles"] {
        until_holds("overviews are there", async || !bands(&database, slug).await.is_empty()).await;
    }
}

#[actix_web::test]
async fn rules_that_do_not_fit_are_said_when_data_is_loaded() {
    let database = support::database().await;
    let mut rules = few();
    let own = LayerOverviewConfig {
        layer: "batiments".into(),
        rank: Some("nom".into()),
        points: PointRule::Thin,
        off: false,
        attributes: None,
    };
    rules.overviews.layers = vec![own];
    let published = publish_as(&database, rules, "batiments", &buildings(1000)).await;
    let said = published.report.iter().find(|f| f.code == "overview-rank").expect("said");
    assert!(said.message.contains("'nom'") && said.message.contains("no attribute of numbers"), "{said:?}");
    assert!(!bands(&database, "batiments").await.is_empty());
}
