//! Rows, pages, counts, geometry treatments.

use super::{fids, layer, soon};
use crate::support::{TestDatabase, database};
use datasud::config::Limits;
use datasud::features::{Count, FeatureEngine, FeatureError, Geometry, Page, PageKey, Query, Sort};
use datasud::filter::ast::{CompareOp, Expr, Filter, Literal};
use datasud::geo::{BBox, Crs, wkb};
use datasud::model::{ColumnType, GeometryType, Layer, Value};
use datasud::store::StoreError;
use futures_util::StreamExt;
use std::sync::Arc;

/// 100,000 points, one a metre along a line in Lambert-93.
async fn many(database: &TestDatabase) -> (FeatureEngine, Arc<Layer>) {
    let mut session = database.store.job().await.expect("session");
    session
        .batch(
            "create table data.many (fid bigint primary key, nom text, rang integer, geom geometry(Point, 2154));
             insert into data.many
             select i, 'point ' || i, i % 100, st_setsrid(st_makepoint(700000 + i, 6600000), 2154)
             from generate_series(1, 100000) i;
             create index on data.many using gist (geom);
             analyze data.many;",
        )
        .await
        .expect("table");
    let columns = [("nom", ColumnType::Text), ("rang", ColumnType::Integer)];
    let layer = layer("many", GeometryType::Point, 2154, &columns, 100_000);
    (FeatureEngine::new(database.store.clone(), &Limits::default()), layer)
}

fn rank_is(value: &str) -> Option<Filter> {
    Some(Filter::Compare {
        op: CompareOp::Equal,
        left: Expr::Property("crige:rang".into()),
        right: Expr::Literal(Literal::Text(value.into())),
        match_case: true,
    })
}

#[tokio::test]
async fn every_column_type_comes_back_as_it_went_in() {
    let database = database().await;
    let mut session = database.store.job().await.expect("session");
    session
        .batch(
            r#"create table data.kinds (fid bigint primary key, "l'été ""x""" text, a integer, b bigint,
               c double precision, d numeric, e boolean, f date, g time, h timestamptz, i jsonb, j bytea,
               geom geometry(PointZ, 4326));
             insert into data.kinds values
               (1, 'Étang', -7, 9007199254740993, 0.1, 12345678901234567890.000100, true, '2021-08-02', '08:05:01.5',
                '2021-08-02 14:00+02', '{"k": [1, "é"]}', '\x00ff', 'SRID=4326;POINT Z (5.4 43.6 12)'),
               (2, null, null, null, null, null, null, null, null, null, null, null, null),
               (3, '', 0, 0, 'NaN', 'NaN', false, '0001-01-01', '00:00', '1970-01-01 00:00Z', 'null', '', null);"#,
        )
        .await
        .expect("table");
    let columns = [
        ("l'été \"x\"", ColumnType::Text),
        ("a", ColumnType::Integer),
        ("b", ColumnType::BigInteger),
        ("c", ColumnType::Real),
        ("d", ColumnType::Decimal),
        ("e", ColumnType::Boolean),
        ("f", ColumnType::Date),
        ("g", ColumnType::Time),
        ("h", ColumnType::Timestamp),
        ("i", ColumnType::Json),
        ("j", ColumnType::Binary),
    ];
    let layer = layer("kinds", GeometryType::Point, 4326, &columns, 3);
    let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
    let mut rows = engine.stream(&Query::all(Arc::clone(&layer)), soon()).await.expect("stream");
    let full = rows.next().await.expect("first").expect("row");
    let empty = rows.next().await.expect("second").expect("row");
    let odd = rows.next().await.expect("third").expect("row");
    assert!(rows.next().await.is_none());

    let values = full.values();
    assert_eq!(values[0], Value::Text("Étang".into()));
    assert_eq!(values[1], Value::Integer(-7));
    assert_eq!(values[2], Value::Integer(9_007_199_254_740_993));
    assert_eq!(values[3], Value::Real(0.1));
    assert_eq!(values[4], Value::Decimal("12345678901234567890.000100".into()));
    assert_eq!(values[5], Value::Boolean(true));
    assert!(matches!(&values[6], Value::Date(day) if day.to_string() == "2021-08-02"));
    assert!(matches!(&values[7], Value::Time(time) if time.to_string() == "08:05:01.500"));
    assert!(matches!(&values[8], Value::Timestamp(at) if at.to_rfc3339() == "2021-08-02T12:00:00+00:00"));
    assert_eq!(values[9], Value::Json(r#"{"k": [1, "é"]}"#.into()));
    assert_eq!(values[10], Value::Binary(vec![0, 255].into()));
    let header = wkb::header(full.geometry().expect("geometry")).expect("ewkb");
    assert!(header.has_z && header.srid == Some(4326));

    assert!(empty.values().iter().all(|v| *v == Value::Null) && empty.geometry().is_none());
    assert!(matches!(odd.value(3), Value::Real(v) if v.is_nan()));
    assert_eq!(odd.value(4), Value::Decimal("NaN".into()));
    assert_eq!(odd.value(99), Value::Null);
}

#[tokio::test]
async fn a_hundred_thousand_rows_stream_and_pages_by_key_equal_pages_by_offset() {
    let database = database().await;
    let (engine, layer) = many(&database).await;
    let all = Query { geometry: Geometry::Skip, columns: Some(vec!["nom".into()]), ..Query::all(layer) };
    let streamed = fids(&engine, &all).await.expect("all");
    assert_eq!(streamed.len(), 100_000);
    assert!(streamed.windows(2).all(|pair| pair[0] < pair[1]), "in order of fid");

    let mut filtered = all.clone();
    filtered.filter = rank_is("7");
    let (mut by_key, mut by_offset) = (Vec::new(), Vec::new());
    for page in 0..10 {
        filtered.page =
            Page { limit: Some(100), after: by_key.last().copied().map(PageKey::of_fid), ..Page::default() };
        by_key.extend(fids(&engine, &filtered).await.expect("page"));
        filtered.page = Page { limit: Some(100), offset: page * 100, ..Page::default() };
        by_offset.extend(fids(&engine, &filtered).await.expect("page"));
    }
    assert_eq!(by_key, by_offset);
    assert_eq!(by_key.len(), 1000);
}

#[tokio::test]
async fn dropping_a_stream_cancels_its_query() {
    let database = database().await;
    let (engine, layer) = many(&database).await;
    let mut stream = engine.stream(&Query::all(layer), soon()).await.expect("stream");
    assert!(stream.next().await.is_some());
    drop(stream);
    let mut session = database.store.job().await.expect("session");
    let running = "select count(*) from pg_stat_activity where state = 'active' and query like '%\"many\"%' \
                   and pid <> pg_backend_pid() and datname = current_database()";
    // Cancelling travels on a connection of its own: ask until it has arrived.
    for _ in 0..2000 {
        let count: i64 = session.query_one(running, &[]).await.expect("asked").get(0);
        if count == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the query still runs");
}

#[tokio::test]
async fn counts_are_exact_in_time_and_estimated_past_it() {
    let database = database().await;
    let (engine, layer) = many(&database).await;
    let mut query = Query::all(layer);
    assert_eq!(engine.count(&query, soon()).await.expect("stored"), Count::Exact(100_000));
    query.filter = rank_is("7");
    assert_eq!(engine.count(&query, soon()).await.expect("counted"), Count::Exact(1000));
    query.window = Some(BBox::new(700_000.0, 6_599_999.0, 700_100.0, 6_600_001.0));
    assert_eq!(engine.count(&query, soon()).await.expect("counted"), Count::Exact(1));
    let hurried =
        FeatureEngine::new(database.store.clone(), &Limits { count_milliseconds: 0, ..Limits::default() });
    query.window = None;
    let estimated = hurried.count(&query, soon()).await.expect("estimated");
    assert!(matches!(estimated, Count::Estimated(n) if (200..5000).contains(&n)), "{estimated:?}");
}

#[tokio::test]
async fn geometries_are_moved_simplified_or_left_out() {
    let database = database().await;
    let mut session = database.store.job().await.expect("session");
    session
        .batch(
            "create table data.lines (fid bigint primary key, geom geometry(LineString, 2154));
             insert into data.lines values (1, 'SRID=2154;LINESTRING(700000 6600000, 700001 6600000.1, 700002 6600000)'), (2, null);",
        )
        .await
        .expect("table");
    let layer = layer("lines", GeometryType::LineString, 2154, &[], 2);
    let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
    let first = async |geometry: Geometry| {
        let mut rows = engine
            .stream(&Query { geometry, ..Query::all(Arc::clone(&layer)) }, soon())
            .await
            .expect("stream");
        rows.next().await.expect("one").expect("row").geometry().map(<[u8]>::to_vec)
    };
    let native = first(Geometry::Native).await.expect("geometry");
    let moved = first(Geometry::In(Crs::from_epsg(4326).expect("known"))).await.expect("geometry");
    let simple = first(Geometry::Simplified(1.0)).await.expect("geometry");
    assert_eq!(first(Geometry::Skip).await, None);
    assert_eq!(wkb::header(&moved).expect("ewkb").srid, Some(4326));
    let place = wkb::bbox(&moved).expect("box");
    assert!((place.min_x - 3.0).abs() < 1e-6 && (place.min_y - 46.5).abs() < 1e-6, "{place:?}");
    assert!(simple.len() < native.len());

    let known = engine.get(&layer, 1, Geometry::Native, soon()).await.expect("asked").expect("there");
    assert_eq!(known.geometry(), Some(native.as_slice()));
    assert!(engine.get(&layer, 3, Geometry::Native, soon()).await.expect("asked").is_none());
}

#[tokio::test]
async fn what_does_not_fit_the_layer_is_refused_by_name() {
    let database = database().await;
    let (engine, layer) = many(&database).await;
    let refused = async |change: &dyn Fn(&mut Query)| {
        let mut query = Query::all(Arc::clone(&layer));
        change(&mut query);
        fids(&engine, &query).await.expect_err("refused").to_string()
    };
    let unknown = "layer 'many' has no property 'wibble'; it has: nom, rang, geom";
    assert_eq!(refused(&|q| q.columns = Some(vec!["wibble".into()])).await, unknown);
    let sort = || vec![Sort { column: "wibble".into(), descending: true }];
    assert_eq!(refused(&|q| q.sort = sort()).await, unknown);
    assert_eq!(
        refused(&|q| q.filter = rank_is("sept")).await,
        "'sept' is not a number, which property 'crige:rang' needs"
    );
    assert!(refused(&|q| q.window = Some(BBox::new(f64::NAN, 0.0, 1.0, 1.0))).await.contains("box"));
    let paged = |q: &mut Query| {
        q.sort = vec![Sort { column: "rang".into(), descending: false }];
        q.page.after = Some(PageKey::of_fid(1));
    };
    assert!(refused(&paged).await.contains("page"));
    let unordered = |q: &mut Query| (q.unordered, q.page.before) = (true, Some(PageKey::of_fid(1)));
    assert!(refused(&unordered).await.contains("page"));

    let gone = super::layer("gone", GeometryType::Point, 2154, &[], 0);
    let error = fids(&engine, &Query::all(gone)).await.expect_err("no table");
    assert!(matches!(error, FeatureError::Store(StoreError::Gone)), "{error:?}");
}

#[tokio::test]
async fn sorted_answers_are_totally_ordered_and_nulls_come_last() {
    let database = database().await;
    let mut session = database.store.job().await.expect("session");
    session
        .batch(
            "create table data.ranks (fid bigint primary key, rang integer, geom geometry(Point, 2154));
             insert into data.ranks values (1, 2, null), (2, null, null), (3, 2, null), (4, 1, null);",
        )
        .await
        .expect("table");
    let layer = layer("ranks", GeometryType::Point, 2154, &[("rang", ColumnType::Integer)], 4);
    let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
    let mut query = Query::all(layer);
    query.sort = vec![Sort { column: "crige:rang".into(), descending: false }];
    assert_eq!(fids(&engine, &query).await.expect("sorted"), [4, 1, 3, 2]);
    query.sort = vec![Sort { column: "rang".into(), descending: true }];
    assert_eq!(fids(&engine, &query).await.expect("sorted"), [1, 3, 4, 2]);
}
