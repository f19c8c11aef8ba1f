//! Pages by key: the same features as one long answer, in every order, in both directions.

use super::{fids, layer, soon};
use crate::support::{TestDatabase, database};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use datasud::config::Limits;
use datasud::features::{Feature, FeatureEngine, FeatureError, Geometry, Page, PageKey, Query, Sort};
use datasud::model::{ColumnType, GeometryType, Layer};
use datasud::store::StoreError;
use futures_util::StreamExt;
use std::sync::Arc;

const COLUMNS: [(&str, ColumnType); 11] = [
    ("a text", ColumnType::Text),
    ("b", ColumnType::Integer),
    ("c", ColumnType::BigInteger),
    ("d", ColumnType::Real),
    ("e", ColumnType::Decimal),
    ("f", ColumnType::Boolean),
    ("g", ColumnType::Date),
    ("h", ColumnType::Time),
    ("i", ColumnType::Timestamp),
    ("j", ColumnType::Json),
    ("k", ColumnType::Binary),
];

/// 120 rows with few different values, with nulls and with the values at the ends of each type.
async fn mixed(database: &TestDatabase) -> (FeatureEngine, Arc<Layer>) {
    let mut session = database.store.job().await.expect("session");
    session
        .batch(
            r#"create table data.mixed (fid bigint primary key, "a text" text, b integer, c bigint, d double precision,
                 e numeric, f boolean, g date, h time, i timestamptz, j jsonb, k bytea, geom geometry(Point, 4326));
               insert into data.mixed
               select n * 3 - 90,
                 (array['Étang', 'etang', 'Eau', '', 'eau', 'ç', null])[n * 5 % 7 + 1],
                 (array[-1, 0, 2147483647, null])[n % 4 + 1],
                 (array[-9223372036854775808, 9223372036854775807, 0, null])[n * 3 % 4 + 1],
                 (array['NaN', '-Infinity', 'Infinity', '0.1', '-0', null]::float8[])[n % 6 + 1],
                 (array['NaN', '-0.05', '12345678901234567890.0001', '1.10', '1.1', null]::numeric[])[n * 5 % 6 + 1],
                 (array[true, false, null])[n % 3 + 1],
                 (array['infinity', '0001-01-01', '2021-08-02', null]::date[])[n % 4 + 1],
                 (array['24:00', '00:00', '08:05:01.5', null]::time[])[n % 4 + 1],
                 (array['-infinity', 'infinity', '2021-08-02 14:00+02', null]::timestamptz[])[n * 3 % 4 + 1],
                 (array['{"k": [1, "é"]}', 'null', '[]', '"x"', null]::jsonb[])[n % 5 + 1],
                 (array['\x00ff', '\x', '\x00', null]::bytea[])[n % 4 + 1],
                 null
               from generate_series(1, 120) n;"#,
        )
        .await
        .expect("table");
    let layer = layer("mixed", GeometryType::Point, 4326, &COLUMNS, 120);
    (FeatureEngine::new(database.store.clone(), &Limits::default()), layer)
}

fn sort(column: &str, descending: bool) -> Sort {
    Sort { column: column.to_owned(), descending }
}

fn orders() -> Vec<Vec<Sort>> {
    let mut orders = vec![vec![], vec![sort("fid", true)]];
    for (name, _) in COLUMNS {
        orders.push(vec![sort(name, false)]);
        orders.push(vec![sort(name, true)]);
    }
    orders.push(vec![sort("f", true), sort("a text", false)]);
    orders.push(vec![sort("d", false), sort("e", true), sort("i", false)]);
    orders.push(vec![sort("b", true), sort("b", false)]);
    orders
}

async fn page(engine: &FeatureEngine, query: &Query) -> Vec<Feature> {
    let mut rows = engine.stream(query, soon()).await.expect("stream");
    let mut all = Vec::new();
    while let Some(row) = rows.next().await {
        all.push(row.expect("row"));
    }
    all
}

#[tokio::test]
async fn pages_forwards_and_backwards_are_the_whole_answer_in_every_order() {
    let database = database().await;
    let (engine, layer) = mixed(&database).await;
    for order in orders() {
        // What is sorted by need not be among what is read.
        let mut query = Query::all(Arc::clone(&layer));
        (query.geometry, query.columns, query.sort) = (Geometry::Skip, Some(vec!["b".into()]), order);
        let whole = fids(&engine, &query).await.expect("whole");
        assert_eq!(whole.len(), 120);

        query.page.limit = Some(7);
        let (mut forwards, mut last) = (Vec::new(), None);
        loop {
            query.page.after.clone_from(&last);
            let rows = page(&engine, &query).await;
            let Some(end) = rows.last() else { break };
            // The key travels as text.
            last = Some(PageKey::decode(&end.key().encode()).expect("a key"));
            forwards.extend(rows.iter().map(Feature::fid));
        }
        assert_eq!(forwards, whole, "forwards by {:?}", query.sort);

        query.page = Page { limit: Some(11), before: last, ..Page::default() };
        let mut backwards = vec![*whole.last().expect("one")];
        loop {
            let rows = page(&engine, &query).await;
            let Some(first) = rows.first() else { break };
            query.page.before = Some(first.key());
            let fids: Vec<i64> = rows.iter().map(Feature::fid).collect();
            backwards.splice(0..0, fids);
        }
        assert_eq!(backwards, whole, "backwards by {:?}", query.sort);

        // Between two places, and an offset from one of them.
        query.page = Page::default();
        let rows = page(&engine, &query).await;
        query.page.after = Some(rows[20].key());
        query.page.before = Some(rows[90].key());
        assert_eq!(fids(&engine, &query).await.expect("between"), whole[21..90]);
        (query.page.limit, query.page.offset) = (Some(5), 3);
        assert_eq!(fids(&engine, &query).await.expect("from the end"), whole[82..87]);
        query.page.before = None;
        assert_eq!(fids(&engine, &query).await.expect("from the beginning"), whole[24..29]);
    }
}

#[tokio::test]
async fn a_page_goes_on_from_a_feature_that_is_gone() {
    let database = database().await;
    let (engine, layer) = mixed(&database).await;
    let mut query = Query::all(layer);
    query.sort = vec![sort("a text", true)];
    let rows = page(&engine, &query).await;
    let mut session = database.store.job().await.expect("session");
    session.batch(&format!("delete from data.mixed where fid = {}", rows[49].fid())).await.expect("deleted");
    query.page = Page { limit: Some(10), after: Some(rows[49].key()), ..Page::default() };
    let after: Vec<i64> = rows[50..60].iter().map(Feature::fid).collect();
    assert_eq!(fids(&engine, &query).await.expect("page"), after);
}

#[tokio::test]
async fn keys_of_another_order_and_made_up_ones_are_refused() {
    let database = database().await;
    let (engine, layer) = mixed(&database).await;
    let mut query = Query::all(layer);
    query.sort = vec![sort("i", false)];
    let key = page(&engine, &query).await[5].key();
    query.page.after = Some(key);
    for other in
        [vec![], vec![sort("b", false)], vec![sort("f", false)], vec![sort("i", false), sort("b", false)]]
    {
        query.sort = other;
        assert!(matches!(fids(&engine, &query).await, Err(FeatureError::Paging)), "{:?}", query.sort);
    }
    // A moment that no timestamp is: PostgreSQL refuses it, as any value of a client.
    let bytes = [&[1, 2, 9][..], &(i64::MAX - 1).to_be_bytes()].concat();
    query.page.after = PageKey::decode(&URL_SAFE_NO_PAD.encode(bytes));
    assert!(query.page.after.is_some());
    query.sort = vec![sort("i", false)];
    let refused = fids(&engine, &query).await;
    assert!(matches!(refused, Err(FeatureError::Store(StoreError::Data(_)))), "{refused:?}");
}
