//! Counts by cells: the same numbers as counting one by one, for any box and any shape, until somebody edits.

use super::{layer, soon};
use crate::support::{TestDatabase, database, until_holds};
use datasud::config::Limits;
use datasud::features::{Count, FeatureEngine, Query};
use datasud::filter::Filter;
use datasud::filter::ast::Expr;
use datasud::geo::BBox;
use datasud::model::{GeometryType, Layer};
use std::sync::Arc;
use std::time::Duration;

const EXTENT: BBox = BBox::new(850_000.0, 6_250_000.0, 950_000.0, 6_300_000.0);

/// A layer of 60,000 features of all kinds, most of them points: squares, long thin diagonals, corners whose middle
/// is empty, some as large as half of the layer, empty ones and some without geometry.
async fn shapes(database: &TestDatabase) -> Arc<Layer> {
    let sql = "
        insert into datasud.organisation (slug, title, prefix, namespace) values ('o', 'O', 'o', 'http://e.org/o');
        insert into datasud.dataset (organisation_id, slug, title, record)
            select id, 'd', 'D', gen_random_uuid() from datasud.organisation;
        create table data.shapes_v1 (fid bigint primary key, geom geometry(Geometry, 2154));
        select setseed(0.25);
        insert into data.shapes_v1 select n, ST_SetSRID(case
            when n % 997 = 0 then null
            when n % 991 = 0 then 'POLYGON EMPTY'::geometry
            when n % 10 = 1 then ST_MakeEnvelope(x, y, x + s, y + s / 2)
            when n % 10 = 2 then ST_MakeLine(ST_MakePoint(x, y), ST_MakePoint(x + s, y - s))
            when n % 10 = 3 then ST_MakeLine(array[ST_MakePoint(x, y + s), ST_MakePoint(x, y), ST_MakePoint(x + s, y)])
            else ST_MakePoint(x, y) end, 2154)
        from (select n, 850000 + 100000 * random() as x, 6250000 + 50000 * random() as y,
                     10 ^ (1 + case when n % 500 < 10 then 3.7 else 2 end * random()) as s
              from generate_series(1, 60000) n) random;
        create index on data.shapes_v1 using gist (geom);
        analyze data.shapes_v1;
        create table public.before as select * from data.shapes_v1;
        create view data.shapes as select * from data.shapes_v1;
        insert into datasud.layer (dataset_id, slug, title, table_name, geometry, srid, columns, features)
            select id, 'shapes', 'Shapes', 'shapes_v1', 'Geometry', 2154, '[]', 60000 from datasud.dataset;
        select datasud.watch('shapes_v1', id) from datasud.layer;";
    let mut session = database.store.job().await.expect("session");
    session.batch(sql).await.expect("layer");
    let id = session.query_one("select id from datasud.layer", &[]).await.expect("row").get(0);
    let known = layer("shapes_v1", GeometryType::Geometry, 2154, &[], 60_000);
    Arc::new(Layer { id, extent: Some(EXTENT), ..Layer::clone(&known) })
}

fn meets(layer: &Arc<Layer>, bbox: BBox, srid: i32, or_nothing: bool) -> Query {
    let bbox = Filter::BBox { property: None, bbox, srid: Some(srid) };
    let nothing = Filter::IsNull(Expr::Property("geom".to_owned()));
    let filter = if or_nothing { Filter::Or(vec![bbox, nothing]) } else { bbox };
    Query { filter: Some(filter), ..Query::all(Arc::clone(layer)) }
}

/// Numbers as good as random ones, the same in each run.
struct Dice(u64);

impl Dice {
    fn between(&mut self, least: f64, most: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let part = f64::from(u32::try_from(self.0 >> 32).expect("half of it")) / f64::from(u32::MAX);
        least + (most - least) * part
    }
}

/// Boxes of all sizes, some beyond the extent, in three systems.
fn random(dice: &mut Dice) -> (BBox, i32) {
    let size = 10_f64.powf(dice.between(2.0, 5.3));
    let flat = dice.between(0.1, 1.0);
    let (x, y) = (dice.between(840_000.0, 940_000.0), dice.between(6_240_000.0, 6_295_000.0));
    let bbox = BBox::new(x, y, x + size, y + size * flat);
    // About the same in degrees, and in metres of Web Mercator.
    let (lon, lat) = (4.85 + (x - 850_000.0) / 80_000.0, 43.3 + (y - 6_250_000.0) / 111_000.0);
    let wide = size / 80_000.0;
    match dice.between(0.0, 3.0) {
        0.0..1.0 => (bbox, 2154),
        1.0..2.0 => (BBox::new(lon, lat, lon + wide, lat + wide * flat), 4326),
        _ => {
            let (x, y) = (lon * 111_319.5, 5_358_000.0 + (lat - 43.3) * 153_000.0);
            (BBox::new(x, y, x + size * 1.38, y + size * 1.38 * flat), 3857)
        }
    }
}

async fn one_by_one(database: &TestDatabase, query: &Query) -> Count {
    // An engine that knows nothing yet, and has time enough to count on a busy machine.
    let patient = Limits { count_milliseconds: 30_000, ..Limits::default() };
    let engine = FeatureEngine::new(database.store.clone(), &patient);
    engine.count(query, soon()).await.expect("counted")
}

#[tokio::test]
async fn counting_by_cells_gives_what_counting_one_by_one_does_until_somebody_edits() {
    let database = database().await;
    let layer = shapes(&database).await;
    let change =
        async |sql: &str| database.store.job().await.expect("session").batch(sql).await.expect("changed");
    let beyond = |edge: f64| meets(&layer, BBox::new(edge, 6_255_000.0, 940_000.0, 6_295_000.0), 2154, false);
    // Features taken away behind the back of the triggers are still counted: that is how one knows that it was by
    // cells. No box is asked for twice of an engine.
    let hide = "set session_replication_role = replica;
                delete from data.shapes_v1 where geom && ST_MakeEnvelope(890000, 6270000, 900000, 6280000, 2154)
                    and GeometryType(geom) = 'POINT';
                set session_replication_role = origin";
    let show = "set session_replication_role = replica;
                insert into data.shapes_v1 select * from public.before on conflict do nothing;
                set session_replication_role = origin";
    let whole = one_by_one(&database, &beyond(860_000.0)).await;
    let mut engine = FeatureEngine::new(database.store.clone(), &Limits::default());
    let mut pause = Duration::from_millis(50);
    until_holds("counts by cells", async || {
        let patient = Limits { count_milliseconds: 30_000, ..Limits::default() };
        engine = FeatureEngine::new(database.store.clone(), &patient);
        engine.count(&beyond(855_000.0), soon()).await.expect("counted");
        // The cells are counted meanwhile.
        tokio::time::sleep(pause).await;
        pause *= 2;
        change(hide).await;
        let hidden = engine.count(&beyond(860_000.0), soon()).await.expect("counted");
        let without = one_by_one(&database, &beyond(860_000.0)).await;
        change(show).await;
        hidden == whole && without != whole
    })
    .await;
    let count = async |query: &Query| engine.count(query, soon()).await.expect("counted");
    let mut dice = Dice(7);
    for turn in 0..400 {
        let (bbox, srid) = random(&mut dice);
        let query = meets(&layer, bbox, srid, turn % 3 == 0);
        assert_eq!(count(&query).await, one_by_one(&database, &query).await, "{bbox:?} in {srid}");
    }
    let world = meets(&layer, BBox::new(-180.0, -90.0, 180.0, 90.0), 4326, true);
    assert_eq!(count(&world).await, one_by_one(&database, &world).await);
    let edits = [
        "delete from data.shapes_v1 where fid % 3 = 0",
        "update data.shapes_v1 set geom = ST_Translate(geom, 7000, -3000) where fid % 2 = 0",
        "insert into data.shapes_v1 select fid, geom from public.before where fid % 3 = 0",
    ];
    for (at, edit) in edits.into_iter().enumerate() {
        change(edit).await;
        let query = beyond(861_000.0 + f64::from(u8::try_from(at).expect("few")));
        assert_eq!(count(&query).await, one_by_one(&database, &query).await, "{edit}");
    }
}
