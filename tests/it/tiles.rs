//! Vector tiles: held against PostGIS's own, read by GDAL, asked over HTTP.

use super::mvt::{MvtLayer, MvtValue, decode};
use super::support;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;
use datasud::config::Limits;
use datasud::features::FeatureEngine;
use datasud::formats::mvt::Resolution;
use datasud::geo::grid::Tile;
use datasud::model::Layer;
use datasud::publish;
use datasud::services::edge::App;
use datasud::services::tiles::routes;
use datasud::store::{Deadline, Store};
use datasud::style::default_sld;
use datasud::tiles::{Encoding, TileContent, TileEngine, TileLayer};
use std::sync::Arc;
use std::time::Duration;

/// A published layer as the loader leaves it, made by hand: `table` with its rows must be in schema data.
async fn publish_table(store: &Store, slug: &str, srid: i32, geometry: &str, columns: &str) {
    let kind = datasud::model::GeometryType::from_name(geometry).expect("a type");
    let sld = default_sld(kind, slug);
    let mut session = store.job().await.expect("session");
    let sql = "with o as (
            insert into datasud.organisation (slug, title, prefix, namespace)
            values ('crige', 'CRIGE <Sud>', 'crige', 'http://example.org/crige')
            on conflict (slug) do update set title = excluded.title returning id
        ), d as (
            insert into datasud.dataset (organisation_id, slug, title, licence, record)
            select id, $1, $1, 'etalab-2.0', gen_random_uuid() from o returning id
        ), l as (
            insert into datasud.layer (dataset_id, slug, title, table_name, geometry, srid, columns)
            select id, $1, 'Couche ' || $1, $1, $2, $3, $4::text::jsonb from d returning id
        )
        insert into datasud.style (layer_id, name, title, sld, is_default)
        select id, 'default', '', $5, true from l";
    session.execute(sql, &[&slug, &geometry, &srid, &columns, &sld]).await.expect("layer");
    session
        .batch(&format!(
            "update datasud.layer l set features = f.n,
                extent = array[st_xmin(f.b), st_ymin(f.b), st_xmax(f.b), st_ymax(f.b)],
                extent_lonlat = array[st_xmin(f.g), st_ymin(f.g), st_xmax(f.g), st_ymax(f.g)]
             from (select count(*) as n, st_extent(geom) as b, st_extent(st_transform(geom, 4326)) as g
                   from data.{slug}) as f where l.slug = '{slug}';
             select datasud.watch('{slug}', id) from datasud.layer where slug = '{slug}';"
        ))
        .await
        .expect("facts");
}

async fn run(store: &Store, sql: &str) {
    store.job().await.expect("session").batch(sql).await.unwrap_or_else(|e| panic!("{e:?}"));
}

async fn layer(store: &Store, slug: &str) -> Arc<Layer> {
    publish::load(store).await.expect("snapshot").layers.get(slug).expect("the layer").clone()
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

fn engine(store: &Store) -> TileEngine {
    TileEngine::new(FeatureEngine::new(store.clone(), &Limits::default()), &Limits::default())
}

fn shown(layers: &[Arc<Layer>]) -> Vec<TileLayer> {
    layers.iter().cloned().map(TileLayer::from).collect()
}

async fn ours(store: &Store, layers: &[Arc<Layer>], tile: Tile) -> Vec<MvtLayer> {
    let layers = shown(layers);
    let body = engine(store).tile(&layers, tile, Encoding::Identity, deadline()).await.expect("a tile");
    decode(&body.bytes)
}

fn tile_at(z: u8, longitude: f64, latitude: f64) -> Tile {
    let side = f64::from(1_u32 << z);
    let x = (longitude + 180.0) / 360.0 * side;
    let y = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
    Tile::web_mercator(z, x as u32, y as u32).expect("in the grid")
}

/// PostGIS's own tile of the same table.
async fn theirs(store: &Store, table: &str, tile: Tile) -> Vec<MvtLayer> {
    theirs_in(store, table, &tile.bbox(), 3857).await
}

/// PostGIS's own tile of a box in a system.
async fn theirs_in(store: &Store, table: &str, bbox: &datasud::geo::BBox, srid: i32) -> Vec<MvtLayer> {
    let [west, south, east, north]: [f64; 4] = (*bbox).into();
    let sql = format!(
        "select st_asmvt(t, '{table}', 4096, 'g', 'fid') from (
            select fid, st_asmvtgeom(st_transform(geom, {srid}),
                st_makeenvelope({west:.12}, {south:.12}, {east:.12}, {north:.12}, {srid})::box2d, 4096, 64, true) as g
            from data.{table}) as t where g is not null"
    );
    let row = store.job().await.expect("session").query_one(&sql, &[]).await.expect("a tile");
    decode(row.get(0))
}

/// Irregular polygons, some with a hole, some of two parts, around Marseille.
fn polygons(srid: i32) -> String {
    format!(
        "create table data.zones (fid bigint primary key, geom geometry(MultiPolygon, {srid}));
         insert into data.zones
         select row_number() over (), st_multi(st_transform(case
             when (i + j) % 5 = 0 then st_difference(cell, st_buffer(st_centroid(cell), 20))
             when (i + j) % 7 = 0 then st_union(cell, st_buffer(st_translate(st_centroid(cell), 4000, 0), 60))
             else cell end, {srid}))
         from generate_series(0, 29) i, generate_series(0, 29) j,
         lateral (select st_buffer(st_setsrid(st_makepoint(
             892000 + i * 173 + (j * 37) % 50, 6246000 + j * 181 + (i * 53) % 60), 2154), 85, 5) as cell) c;
         create index on data.zones using gist (geom); analyze data.zones;"
    )
}

#[actix_web::test]
async fn tiles_hold_the_same_features_and_areas_as_those_of_postgis_in_every_system() {
    // Slivers at the border may be snapped away on one side: only what covers some ground is counted.
    for srid in [2154, 4326, 3857, 3943, 32631] {
        let database = support::database().await;
        let store = &database.store;
        run(store, &polygons(srid)).await;
        publish_table(store, "zones", srid, "MultiPolygon", "[]").await;
        let zones = layer(store, "zones").await;
        let mut compared = 0;
        for z in [12, 13, 14, 16] {
            for (longitude, latitude) in [(5.37, 43.3), (5.395, 43.31), (5.42, 43.325)] {
                let tile = tile_at(z, longitude, latitude);
                let (a, b) = (
                    ours(store, std::slice::from_ref(&zones), tile).await,
                    theirs(store, "zones", tile).await,
                );
                let ids = |layers: &[MvtLayer]| {
                    let mut ids: Vec<u64> = layers
                        .iter()
                        .flat_map(|l| &l.features)
                        .filter(|f| f.area() > 150.0)
                        .filter_map(|f| f.id)
                        .collect();
                    ids.sort_unstable();
                    ids
                };
                let area = |layers: &[MvtLayer]| layers.iter().map(MvtLayer::area).sum::<f64>();
                assert_eq!(ids(&a), ids(&b), "EPSG:{srid} {tile:?}");
                let (mine, other) = (area(&a), area(&b));
                assert!((mine - other).abs() <= 0.002 * other + 4.0, "EPSG:{srid} {tile:?}: {mine} {other}");
                compared += ids(&a).len();
            }
        }
        assert!(compared > 900, "only {compared} features were compared in EPSG:{srid}");
    }
}

#[actix_web::test]
async fn tiles_of_a_grid_in_degrees_hold_the_same_shapes_as_postgis() {
    let grid = datasud::geo::grid::standard().iter().find(|g| g.id == "WorldCRS84Quad").expect("there");
    for srid in [2154, 4326, 3857] {
        let database = support::database().await;
        let store = &database.store;
        run(store, &polygons(srid)).await;
        publish_table(store, "zones", srid, "MultiPolygon", "[]").await;
        let zones = layer(store, "zones").await;
        let mut compared = 0;
        for level in [11, 13, 15] {
            let matrix = &grid.matrices[level];
            let range =
                matrix.tiles_of(&datasud::geo::BBox::new(5.395, 43.31, 5.395, 43.31)).expect("inside");
            let tile = grid.tile(level, range.min_row, range.min_col).expect("a tile");
            let [a, b] = [
                ours(store, std::slice::from_ref(&zones), tile).await,
                theirs_in(store, "zones", &tile.bbox(), 4326).await,
            ];
            let area = |layers: &[MvtLayer]| layers.iter().map(MvtLayer::area).sum::<f64>();
            let (mine, other) = (area(&a), area(&b));
            assert!(other > 100_000.0, "EPSG:{srid} {tile:?}: {other}");
            assert!((mine - other).abs() <= 0.002 * other + 4.0, "EPSG:{srid} {tile:?}: {mine} {other}");
            compared += a[0].features.len();
        }
        assert!(compared > 50, "only {compared} features were compared in EPSG:{srid}");
    }
}

#[actix_web::test]
async fn a_feature_just_outside_the_tile_is_in_it_and_one_beyond_the_buffer_is_not() {
    for srid in [2154, 4326, 3857, 32631] {
        for z in [13, 15] {
            let database = support::database().await;
            let store = &database.store;
            let tile = tile_at(z, 5.37, 43.3);
            let square = tile.bbox();
            let unit = tile.bbox().width() / 4096.0;
            // On each side and at each corner: 60 units outside, and 70.
            let mut places = Vec::new();
            for far in [60.0, 70.0] {
                let outer = square.expanded(far * unit);
                let [cx, cy] = square.centre();
                for (x, y) in [
                    (outer.min_x, cy),
                    (outer.max_x, cy),
                    (cx, outer.min_y),
                    (cx, outer.max_y),
                    (outer.min_x, outer.min_y),
                    (outer.max_x, outer.max_y),
                    (outer.min_x, outer.max_y),
                    (outer.max_x, outer.min_y),
                ] {
                    places.push(format!("({}, st_makepoint({x:.6}, {y:.6}))", places.len() + 1));
                }
            }
            run(
                store,
                &format!(
                    "create table data.bornes (fid bigint primary key, geom geometry(Point, {srid}));
                     insert into data.bornes select i, st_transform(st_setsrid(p, 3857), {srid})
                     from (values {}) as v (i, p); create index on data.bornes using gist (geom);",
                    places.join(", ")
                ),
            )
            .await;
            publish_table(store, "bornes", srid, "Point", "[]").await;
            let tiles = ours(store, &[layer(store, "bornes").await], tile).await;
            let mut ids: Vec<u64> = tiles[0].features.iter().filter_map(|f| f.id).collect();
            ids.sort_unstable();
            assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8], "EPSG:{srid} z{z}");
            // The margin is the same share of the tile in other units, and as wide as was asked for.
            let bornes = layer(store, "bornes").await;
            for (extent, buffer, count) in
                [(256, 64, 8), (1024, 64, 8), (16_384, 64, 8), (512, 256, 16), (4096, 256, 16), (8192, 0, 0)]
            {
                let resolution = Resolution::new(extent, buffer).expect("in bounds");
                let content = TileContent { resolution, ..TileContent::default() };
                let layers = [TileLayer { content, ..TileLayer::from(Arc::clone(&bornes)) }];
                let body =
                    engine(store).tile(&layers, tile, Encoding::Identity, deadline()).await.expect("a tile");
                let tiles = decode(&body.bytes);
                let found = tiles.first().map_or(0, |l| l.features.len());
                assert_eq!(found, count, "EPSG:{srid} z{z}, {extent} units, margin {buffer}");
                assert!(tiles.iter().all(|l| l.extent == u64::from(extent)));
            }
        }
    }
}

#[actix_web::test]
async fn every_type_of_column_arrives_with_its_type() {
    let database = support::database().await;
    let store = &database.store;
    run(
        store,
        "create table data.tout (fid bigint primary key, geom geometry(Point, 4326), nom text, n integer, g bigint,
            r double precision, d numeric, b boolean, j date, h time, t timestamptz, o jsonb, x bytea);
         insert into data.tout values
            (7, 'SRID=4326;POINT(5.37 43.3)', 'l''Étang & <note>', -3, 9007199254740993, 0.25, 12.50, false,
             '2024-02-29', '13:05:06', '2024-02-29T14:05:06+01', '{\"a\": 1}', '\\x0102'),
            (8, 'SRID=4326;POINT(5.37 43.3)', null, null, null, null, null, null, null, null, null, null, null),
            (9, null, 'sans lieu', 1, 1, 1, 1, true, null, null, null, null, null);",
    )
    .await;
    let columns = r#"[{"name":"nom","type":"text"},{"name":"n","type":"integer"},{"name":"g","type":"biginteger"},
        {"name":"r","type":"real"},{"name":"d","type":"decimal"},{"name":"b","type":"boolean"},
        {"name":"j","type":"date"},{"name":"h","type":"time"},{"name":"t","type":"timestamp"},
        {"name":"o","type":"json"},{"name":"x","type":"binary"}]"#;
    publish_table(store, "tout", 4326, "Point", columns).await;
    let tiles = ours(store, &[layer(store, "tout").await], tile_at(14, 5.37, 43.3)).await;
    assert_eq!(tiles[0].features.len(), 2);
    let text = |t: &str| MvtValue::Text(t.to_owned());
    let expected = [
        ("nom", text("l'Étang & <note>")),
        ("n", MvtValue::Int(-3)),
        ("g", MvtValue::Int(9_007_199_254_740_993)),
        ("r", MvtValue::Float(0.25)),
        ("d", MvtValue::Float(12.5)),
        ("b", MvtValue::Bool(false)),
        ("j", text("2024-02-29")),
        ("h", text("13:05:06")),
        ("t", text("2024-02-29T13:05:06Z")),
        ("o", text("{\"a\": 1}")),
    ];
    let expected = expected.map(|(k, v)| (k.to_owned(), v)).into_iter().collect();
    assert_eq!(tiles[0].feature(7).properties, expected);
    assert!(tiles[0].feature(8).properties.is_empty());
}

#[actix_web::test]
async fn dirty_polygons_become_valid_and_none_is_empty() {
    let database = support::database().await;
    let store = &database.store;
    // Figures of eight, spikes, holes that cross their exterior, overlapping parts, random scribbles.
    run(
        store,
        "create table data.sale (fid bigint primary key, geom geometry(Geometry, 3857));
         insert into data.sale select row_number() over (), st_setsrid(st_translate(g, 597900, 5357500), 3857) from (
            values ('POLYGON((0 0, 900 900, 900 0, 0 900, 0 0))'::geometry),
                   ('POLYGON((0 0, 500 0, 900 0, 500 0, 500 500, 0 500, 0 0))'),
                   ('POLYGON((0 0, 500 0, 500 500, 0 500, 0 0), (400 100, 700 100, 700 300, 400 300, 400 100))'),
                   ('MULTIPOLYGON(((0 0, 500 0, 500 500, 0 500, 0 0)), ((250 250, 800 250, 800 800, 250 800, 250 250)))'),
                   ('POLYGON((0 0, 500 0, 500 500, 0 500, 0 0), (600 600, 700 600, 700 700, 600 700, 600 600))'),
                   ('POLYGON((0 0, 0.01 0, 0.01 0.01, 0 0))')
         ) as v (g);
         insert into data.sale select 100 + k, st_setsrid(st_makepolygon(st_addpoint(l, st_startpoint(l))), 3857)
         from (select k, st_makeline(st_makepoint(597900 + (k * 7919 + i * i * 104729) % 2600,
                                                  5357000 + (k * 6271 + i * i * i * 15485863) % 2600) order by i) as l
               from generate_series(1::bigint, 200) k, generate_series(1::bigint, 12) i group by k) s;",
    )
    .await;
    publish_table(store, "sale", 3857, "Geometry", "[]").await;
    let sale = layer(store, "sale").await;
    for tile in [tile_at(13, 5.375, 43.3), tile_at(14, 5.38, 43.305), tile_at(16, 5.381, 43.303)] {
        let tiles = ours(store, std::slice::from_ref(&sale), tile).await;
        let features = &tiles[0].features;
        assert!(features.len() > 20, "{}", features.len());
        let wkt: Vec<String> = features.iter().map(|f| f.wkt()).collect();
        let sql = "select w, st_isvalidreason(w::geometry) from unnest($1::text[]) w
                   where not st_isvalid(w::geometry) or st_area(w::geometry) = 0";
        let bad = store.job().await.expect("session").query(sql, &[&wkt]).await.expect("judged");
        let shown: Vec<(String, String)> = bad.iter().map(|r| (r.get(0), r.get(1))).collect();
        assert!(shown.is_empty(), "{tile:?}: {shown:#?}");
    }
}

/// The services over one database, as the server mounts them.
macro_rules! service {
    ($store:expr, $config:expr) => {{
        let registry = publish::Registry::default();
        registry.replace(publish::load($store).await.expect("snapshot"));
        let app = web::Data::new(App::new(Arc::new($config), $store.clone(), registry));
        init_service(
            actix_web::App::new()
                .app_data(app)
                .configure(routes)
                .service(web::scope("/org/{organisation_scope}").configure(routes))
                .service(web::scope("/dataset/{dataset_scope}").configure(routes)),
        )
        .await
    }};
}

fn config() -> datasud::config::Config {
    datasud::config::Config { public_url: Some("https://carte.example.org".into()), ..support::config() }
}

/// GET of a path.
macro_rules! get {
    ($service:expr, $path:expr) => {
        call_service($service, TestRequest::get().uri($path).to_request())
    };
}

fn header<B>(response: &ServiceResponse<B>, name: &str) -> String {
    response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

async fn two_layers(store: &Store) {
    run(store, &polygons(2154)).await;
    run(
        store,
        "create table data.points (fid bigint primary key, geom geometry(Point, 4326), nom text);
         insert into data.points select i, st_setsrid(st_makepoint(5.36 + i * 0.0001, 43.30), 4326), 'p' || i
         from generate_series(1, 200) i;",
    )
    .await;
    publish_table(store, "zones", 2154, "MultiPolygon", "[]").await;
    publish_table(store, "points", 4326, "Point", r#"[{"name":"nom","type":"text"}]"#).await;
}

fn path(layers: &str, tile: Tile) -> String {
    format!("/tiles/{layers}/{tile}.mvt")
}

#[actix_web::test]
async fn several_layers_make_one_tile_in_their_order() {
    let database = support::database().await;
    two_layers(&database.store).await;
    let service = service!(&database.store, config());
    let response = get!(&service, &path("points,zones", tile_at(14, 5.37, 43.3))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-type"), "application/vnd.mapbox-vector-tile");
    let layers = decode(&read_body(response).await);
    assert_eq!(layers.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["points", "zones"]);
    assert!(layers.iter().all(|l| !l.features.is_empty()));
    for (list, status) in [("points,nulle-part", 404), ("points,points", 400), ("points,", 404), (",", 404)] {
        let response = get!(&service, &path(list, tile_at(14, 5.37, 43.3))).await;
        assert_eq!(response.status().as_u16(), status, "{list}");
    }
}

#[actix_web::test]
async fn bodies_are_compressed_for_who_takes_it_and_heads_have_none() {
    let database = support::database().await;
    two_layers(&database.store).await;
    let service = service!(&database.store, config());
    let tile = path("zones", tile_at(14, 5.37, 43.3));
    let plain = get!(&service, &tile).await;
    assert_eq!(
        (header(&plain, "content-encoding"), header(&plain, "vary")),
        (String::new(), "Accept-Encoding".into())
    );
    let plain = read_body(plain).await;
    for _ in 0..2 {
        let request =
            TestRequest::get().uri(&tile).insert_header(("accept-encoding", "gzip, br")).to_request();
        let zipped = call_service(&service, request).await;
        assert_eq!(header(&zipped, "content-encoding"), "gzip");
        let zipped = read_body(zipped).await;
        let mut back = vec![0; plain.len()];
        libdeflater::Decompressor::new().gzip_decompress(&zipped, &mut back).expect("gzip");
        assert_eq!(back, plain);
    }
    let head = call_service(
        &service,
        TestRequest::with_uri(&tile).method(actix_web::http::Method::HEAD).to_request(),
    )
    .await;
    assert_eq!(head.status(), StatusCode::OK);
    assert!(!header(&head, "etag").is_empty());
}

#[actix_web::test]
async fn an_unchanged_tile_is_a_304_without_a_database_and_a_changed_row_changes_it() {
    let database = support::database().await;
    let store = &database.store;
    two_layers(store).await;
    let before = service!(store, config());
    let tile = path("points", tile_at(14, 5.37, 43.3));
    let first = get!(&before, &tile).await;
    let etag = header(&first, "etag");
    assert!(etag.starts_with("W/\""), "{etag}");
    assert_eq!(header(&first, "cache-control"), "no-cache");
    let count = decode(&read_body(first).await)[0].features.len();
    // With the table gone only an answer without the database can succeed.
    run(store, "alter table data.points rename to hidden").await;
    let again =
        |etag: String| TestRequest::get().uri(&tile).insert_header(("if-none-match", etag)).to_request();
    let unchanged = call_service(&before, again(etag.clone())).await;
    assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(header(&unchanged, "etag"), etag);
    run(store, "alter table data.hidden rename to points").await;

    run(store, "insert into data.points values (999, 'SRID=4326;POINT(5.3701 43.3001)', 'neuf')").await;
    let after = service!(store, config());
    let changed = call_service(&after, again(etag.clone())).await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(header(&changed, "etag"), etag);
    assert_eq!(decode(&read_body(changed).await)[0].features.len(), count + 1);
}

#[actix_web::test]
async fn empty_unknown_malformed_and_impossible_tiles_are_told_apart() {
    let database = support::database().await;
    two_layers(&database.store).await;
    let service = service!(&database.store, config());
    let far = get!(&service, "/tiles/points/14/8299/5637.mvt").await;
    assert_eq!(far.status(), StatusCode::NO_CONTENT);
    assert!(!header(&far, "etag").is_empty());
    // Inside the extent, between the features: the database is asked, and the answer kept.
    for _ in 0..2 {
        let gap = get!(&service, &path("zones", tile_at(20, 5.3702, 43.31205))).await;
        assert!(gap.status() == StatusCode::NO_CONTENT || gap.status() == StatusCode::OK);
    }
    assert!(read_body(far).await.is_empty());
    for (address, status) in [
        ("/tiles/nulle-part/0/0/0.mvt", 404),
        ("/tiles/points/25/0/0.mvt", 404),
        ("/tiles/points/2/4/0.mvt", 404),
        ("/tiles/points/2/0/4.pbf", 404),
        ("/tiles/points/2/-1/0.mvt", 400),
        ("/tiles/points/a/0/0.mvt", 400),
        ("/tiles/points/2/0/1e3.mvt", 400),
        ("/tiles/points/2/0/99999999999999999999.mvt", 400),
        ("/tiles/points/2/0/0.png", 404),
        ("/tiles/nulle-part.json", 404),
        ("/styles/points/nulle-part.json", 404),
        ("/styles/nulle-part/default.json", 404),
        ("/org/autre/tiles/points.json", 404),
        ("/dataset/zones/tiles/points/0/0/0.mvt", 404),
    ] {
        let response = get!(&service, address).await;
        assert_eq!(response.status().as_u16(), status, "{address}");
        assert_eq!(header(&response, "content-type"), "application/problem+json", "{address}");
        let problem: serde_json::Value = serde_json::from_slice(&read_body(response).await).expect("JSON");
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().is_some_and(|d| d.len() > 10), "{address}: {problem}");
    }
}

#[actix_web::test]
async fn a_tile_of_too_many_features_is_an_error_not_a_part_of_it() {
    let database = support::database().await;
    two_layers(&database.store).await;
    let mut small = config();
    small.limits.map_features = 100;
    let service = service!(&database.store, small);
    let response = get!(&service, &path("points", tile_at(12, 5.37, 43.3))).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: serde_json::Value = serde_json::from_slice(&read_body(response).await).expect("JSON");
    assert!(problem["detail"].as_str().is_some_and(|d| d.contains("more than 100 features")), "{problem}");
}

#[actix_web::test]
async fn the_tilejson_tells_web_maps_all_they_need() {
    let database = support::database().await;
    two_layers(&database.store).await;
    let service = service!(&database.store, config());
    let response = get!(&service, "/org/crige/tiles/points.json").await;
    assert_eq!(header(&response, "content-type"), "application/json");
    let etag = header(&response, "etag");
    let json: serde_json::Value = serde_json::from_slice(&read_body(response).await).expect("JSON");
    assert_eq!(json["tilejson"], "3.0.0");
    assert_eq!(json["tiles"][0], "https://carte.example.org/org/crige/tiles/points/{z}/{x}/{y}.mvt");
    assert_eq!(json["name"], "Couche points");
    assert_eq!((json["minzoom"].as_i64(), json["maxzoom"].as_i64()), (Some(0), Some(16)));
    assert_eq!(json["vector_layers"][0]["id"], "points");
    assert_eq!(json["vector_layers"][0]["fields"], serde_json::json!({ "nom": "String" }));
    assert_eq!(json["attribution"], "© CRIGE &lt;Sud&gt;, etalab-2.0");
    let bounds: Vec<f64> =
        json["bounds"].as_array().expect("bounds").iter().filter_map(|v| v.as_f64()).collect();
    assert!((bounds[0] - 5.3601).abs() < 1e-9 && (bounds[3] - 43.3).abs() < 1e-9, "{bounds:?}");
    assert_eq!(json["center"].as_array().map(Vec::len), Some(3));
    let request =
        TestRequest::get().uri("/org/crige/tiles/points.json").insert_header(("if-none-match", etag));
    assert_eq!(call_service(&service, request.to_request()).await.status(), StatusCode::NOT_MODIFIED);
    let both = get!(&service, "/tiles/points,zones.json").await;
    let both: serde_json::Value = serde_json::from_slice(&read_body(both).await).expect("JSON");
    assert_eq!(both["vector_layers"].as_array().map(Vec::len), Some(2));
}

#[actix_web::test]
async fn the_style_draws_from_the_tilejson() {
    let database = support::database().await;
    two_layers(&database.store).await;
    let service = service!(&database.store, config());
    let response = get!(&service, "/styles/zones/default.json").await;
    assert_eq!(response.status(), StatusCode::OK);
    let style: serde_json::Value = serde_json::from_slice(&read_body(response).await).expect("JSON");
    assert_eq!(style["version"], 8);
    assert_eq!(style["sources"]["zones"]["url"], "https://carte.example.org/tiles/zones.json");
    let layers = style["layers"].as_array().expect("layers");
    assert!(layers.iter().any(|l| l["type"] == "fill") && layers.iter().any(|l| l["type"] == "line"));
    assert!(layers.iter().all(|l| l["source-layer"] == "zones"));
}

#[actix_web::test]
async fn many_who_ask_for_one_tile_at_once_cost_one_query() {
    let database = support::database().await;
    let store = &database.store;
    two_layers(store).await;
    let zones = layer(store, "zones").await;
    let engine = engine(store);
    let tile = tile_at(14, 5.37, 43.3);
    // A lock holds every query on the table until all have asked.
    let mut lock = store.job().await.expect("session").begin().await.expect("begun");
    lock.session()
        .expect("session")
        .batch("lock table data.zones in access exclusive mode")
        .await
        .expect("locked");
    let layers = shown(std::slice::from_ref(&zones));
    let askers = futures_util::future::join_all(
        (0..6).map(|_| engine.tile(&layers, tile, Encoding::Gzip, deadline())),
    );
    let watch = async {
        let sql = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
        let mut session = store.job().await.expect("session");
        let mut most = 0_i64;
        let mut looks = 0;
        while most == 0 || looks < 50 {
            most = most.max(session.query_one(sql, &[]).await.expect("counted").get(0));
            looks += 1;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        lock.commit().await.expect("unlocked");
        most
    };
    let (bodies, waiting) = tokio::join!(askers, watch);
    assert_eq!(waiting, 1);
    let bodies: Vec<_> = bodies.into_iter().map(|b| b.expect("a tile")).collect();
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]) && !bodies[0].bytes.is_empty());
}

#[actix_web::test]
async fn gdal_reads_our_tiles() {
    let database = support::database().await;
    let store = &database.store;
    two_layers(store).await;
    let tile = tile_at(14, 5.37, 43.3);
    let layers = shown(&[layer(store, "zones").await, layer(store, "points").await]);
    let body = engine(store).tile(&layers, tile, Encoding::Identity, deadline()).await.expect("a tile");
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("tile.pbf");
    std::fs::write(&file, &body.bytes).expect("written");
    let output = std::process::Command::new("ogrinfo")
        .args(["-ro", "-so", "-al", "-oo", "CLIP=NO"])
        .arg(&file)
        .output()
        .expect("ogrinfo runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for layer in decode(&body.bytes) {
        assert!(text.contains(&format!("Layer name: {}", layer.name)), "{text}");
        assert!(text.contains(&format!("Feature Count: {}", layer.features.len())), "{text}");
    }
    assert!(text.contains("nom: String"), "{text}");
}
