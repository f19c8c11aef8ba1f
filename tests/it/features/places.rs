//! Pages deep in a layer, counted from known places: the same features as counted from the beginning,
//! whatever is edited meanwhile.

use super::{fids, layer, soon};
use crate::support::{TestDatabase, database};
use datasud::config::Limits;
use datasud::features::{Count, FeatureEngine, Geometry, Page, Query};
use datasud::filter::Filter;
use datasud::geo::BBox;
use datasud::model::{ColumnType, GeometryType, Layer};
use std::sync::Arc;

/// A published layer of 12,000 points whose identifiers are the values of an expression of `n`.
async fn many(database: &TestDatabase, fid: &str) -> Arc<Layer> {
    let sql = format!(
        "insert into datasud.organisation (slug, title, prefix, namespace) values ('o', 'O', 'o', 'http://e.org/o');
         insert into datasud.dataset (organisation_id, slug, title, record)
             select id, 'd', 'D', gen_random_uuid() from datasud.organisation;
         create table data.many_v1 (fid bigint primary key, n integer, geom geometry(Point, 2154));
         insert into data.many_v1
             select {fid}, n, ST_SetSRID(ST_MakePoint(700000 + n, 6600000), 2154) from generate_series(1, 12000) n;
         create view data.many as select * from data.many_v1;
         insert into datasud.layer (dataset_id, slug, title, table_name, geometry, srid, columns, features)
             select id, 'many', 'Many', 'many_v1', 'Point', 2154, '[{{\"name\": \"n\", \"type\": \"integer\"}}]', 12000
             from datasud.dataset;
         select datasud.watch('many_v1', id) from datasud.layer;"
    );
    let mut session = database.store.job().await.expect("session");
    session.batch(&sql).await.expect("layer");
    current(database).await
}

/// The layer as the database has it now.
async fn current(database: &TestDatabase) -> Arc<Layer> {
    let mut session = database.store.job().await.expect("session");
    let row =
        session.query_one("select id, generation, features from datasud.layer", &[]).await.expect("row");
    let known = layer("many_v1", GeometryType::Point, 2154, &[("n", ColumnType::Integer)], row.get(2));
    Arc::new(Layer { id: row.get(0), generation: row.get(1), ..Layer::clone(&known) })
}

async fn page(engine: &FeatureEngine, layer: &Arc<Layer>, offset: u64) -> Vec<i64> {
    let page = Page { limit: Some(3), offset, ..Page::default() };
    let query = Query { geometry: Geometry::Skip, page, ..Query::all(Arc::clone(layer)) };
    fids(engine, &query).await.expect("page")
}

async fn change(database: &TestDatabase, sql: &str) {
    database.store.job().await.expect("session").batch(sql).await.expect("changed");
}

/// What the database itself finds there.
async fn expected(database: &TestDatabase, offset: u64) -> Vec<i64> {
    let mut session = database.store.job().await.expect("session");
    let offset = i64::try_from(offset).expect("small");
    let sql = "select fid from data.many_v1 order by fid limit 3 offset $1";
    session.query(sql, &[&offset]).await.expect("rows").iter().map(|row| row.get(0)).collect()
}

const OFFSETS: [u64; 9] = [0, 1_999, 2_000, 5_432, 9_999, 11_000, 11_998, 12_000, 9_000_000];

#[tokio::test]
async fn a_page_at_any_depth_is_that_of_the_whole_answer() {
    for fid in ["n", "n - 6000", "n * 3", "case when n > 7000 then n::bigint * 1000000000 else n end"] {
        let database = database().await;
        let layer = many(&database, fid).await;
        let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
        for offset in OFFSETS {
            assert_eq!(
                page(&engine, &layer, offset).await,
                expected(&database, offset).await,
                "{fid}, {offset}"
            );
        }
    }
}

#[tokio::test]
async fn a_page_is_exact_though_the_layer_was_edited_after_its_places_were_learnt() {
    for fid in ["n", "n * 3"] {
        let database = database().await;
        let before = many(&database, fid).await;
        let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
        assert_eq!(page(&engine, &before, 9_000).await, expected(&database, 9_000).await);
        for edit in [
            "delete from data.many_v1 where n % 5 = 0",
            "insert into data.many_v1 (fid, n) select -n, n from generate_series(1, 500) n",
            "update data.many_v1 set fid = fid - 1000000 where n > 11000",
            "delete from data.many_v1",
        ] {
            change(&database, edit).await;
            let after = current(&database).await;
            assert!(after.generation > before.generation);
            for offset in [2_500, 9_000] {
                let there = expected(&database, offset).await;
                // A server that has not heard of the edit yet, then one that has.
                assert_eq!(page(&engine, &before, offset).await, there, "{edit}: {offset}");
                assert_eq!(page(&engine, &after, offset).await, there, "{edit}: {offset}");
            }
        }
    }
}

#[tokio::test]
async fn a_layer_that_the_platform_does_not_know_is_counted_from_the_beginning() {
    let database = database().await;
    many(&database, "n * 3").await;
    let stranger = layer("many_v1", GeometryType::Point, 2154, &[("n", ColumnType::Integer)], 12_000);
    let stranger = Arc::new(Layer { id: 987_654, ..Layer::clone(&stranger) });
    let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
    assert_eq!(page(&engine, &stranger, 9_000).await, expected(&database, 9_000).await);
    let impatient = Limits { count_milliseconds: 0, ..Limits::default() };
    let engine = FeatureEngine::new(database.store.clone(), &impatient);
    assert_eq!(page(&engine, &current(&database).await, 9_000).await, expected(&database, 9_000).await);
}

#[tokio::test]
async fn a_box_counts_what_an_exact_look_at_each_feature_counts() {
    let database = database().await;
    let mut session = database.store.job().await.expect("session");
    // Points, slanted lines that reach over the box's edges, shapes around it and with it in their hole.
    session
        .batch(
            "create table data.shapes (fid bigint primary key, geom geometry(Geometry, 2154));
             insert into data.shapes
             select n, case n % 4
                 when 0 then ST_SetSRID(ST_MakePoint(700000 + (n * 37) % 1000 / 10.0, 6600000 + (n * 91) % 1000 / 10.0), 2154)
                 when 1 then ST_SetSRID(ST_MakeLine(ST_MakePoint(699990 + n % 60, 6600040), ST_MakePoint(700040, 6599990 + n % 70)), 2154)
                 when 2 then ST_Buffer(ST_SetSRID(ST_MakePoint(700000 + n % 100, 6600000 + n % 77), 2154), 0.01 * n)
                 else ST_Difference(ST_Buffer(ST_SetSRID(ST_MakePoint(700030, 6600030), 2154), n),
                                    ST_Buffer(ST_SetSRID(ST_MakePoint(700030, 6600030), 2154), n * 0.9)) end
             from generate_series(1, 600) n;
             insert into data.shapes values (601, null), (602, ST_GeomFromText('POLYGON EMPTY', 2154)),
                 (603, ST_GeomFromText('POINT EMPTY', 2154));",
        )
        .await
        .expect("table");
    let layer = layer("shapes", GeometryType::Geometry, 2154, &[], 603);
    let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
    let degrees = |x: f64, y: f64| (3.0 + (x - 700_000.0) / 77_000.0, 46.5 + (y - 6_600_000.0) / 111_200.0);
    let (west, south) = degrees(700_010.3, 6_600_012.7);
    let (east, north) = degrees(700_055.1, 6_600_048.2);
    for (srid, bbox) in [
        (2154, BBox::new(700_010.3, 6_600_012.7, 700_055.1, 6_600_048.2)),
        (2154, BBox::new(700_010.0, 6_600_000.0, 700_010.2, 6_600_090.0)),
        (2154, BBox::new(700_010.0, 6_600_010.0, 700_010.1, 6_600_010.1)),
        (2154, BBox::new(0.0, 0.0, 7e6, 7e6)),
        (4326, BBox::new(west, south, east, north)),
        (4326, BBox::new(-179.0, -80.0, 179.0, 80.0)),
    ] {
        let query = Query {
            filter: Some(Filter::BBox { property: None, bbox, srid: Some(srid) }),
            ..Query::all(Arc::clone(&layer))
        };
        let counted = engine.count(&query, soon()).await.expect("count");
        // The same question without a box: the outline as a literal.
        let exact = "select count(*) from data.shapes where ST_Intersects(geom,
                       ST_Transform(ST_Segmentize(ST_MakeEnvelope($1, $2, $3, $4, $5::int), $6::float8), 2154))";
        let outline = if srid == 2154 {
            bbox
        } else {
            BBox::new(bbox.min_x - 9e-9, bbox.min_y - 9e-9, bbox.max_x + 9e-9, bbox.max_y + 9e-9)
        };
        if bbox.width() > 300.0 && srid == 4326 {
            assert_eq!(counted, Count::Exact(600), "the whole world");
            continue;
        }
        let step = if srid == 4326 { 0.000_01 } else { 1e9 };
        let row = session
            .query_one(exact, &[&outline.min_x, &outline.min_y, &outline.max_x, &outline.max_y, &srid, &step])
            .await
            .expect("row");
        let there: i64 = row.get(0);
        assert_eq!(counted, Count::Exact(there.unsigned_abs()), "{bbox:?}");
        let found = fids(&engine, &query).await.expect("features");
        assert_eq!(found.len() as u64, counted.value());
    }
}

#[tokio::test]
async fn what_was_counted_is_not_counted_again_until_somebody_edits() {
    let database = database().await;
    let layer = many(&database, "n").await;
    let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
    let east = |from: f64| Query {
        window: Some(BBox::new(from, 6_599_999.0, 720_000.0, 6_600_001.0)),
        ..Query::all(Arc::clone(&layer))
    };
    let count = async |from| engine.count(&east(from), soon()).await.expect("counted");
    assert_eq!(count(700_000.0).await, Count::Exact(12_000));
    assert_eq!(count(711_000.5).await, Count::Exact(1_000), "another box, another count");
    // Whoever counted now would wait for the one who holds the table.
    let mut holder = database.store.job().await.expect("session").begin().await.expect("begun");
    let lock = "lock table data.many_v1 in access exclusive mode";
    holder.session().expect("session").batch(lock).await.expect("held");
    assert_eq!(count(700_000.0).await, Count::Exact(12_000));
    assert_eq!(count(711_000.5).await, Count::Exact(1_000));
    holder.rollback().await.expect("let go");
    // The engine's layer is still the one before these edits, as on a node that has not heard of them.
    change(&database, "delete from data.many where n > 11990").await;
    assert_eq!((count(700_000.0).await, count(711_000.5).await), (Count::Exact(11_990), Count::Exact(990)));
    change(&database, "update data.many set geom = null where n = 11990").await;
    assert_eq!((count(700_000.0).await, count(711_000.5).await), (Count::Exact(11_989), Count::Exact(989)));
}
