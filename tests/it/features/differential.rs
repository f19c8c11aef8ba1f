//! The SQL's answer equals a naive evaluation in memory, for filters made at random.

mod generate;
mod naive;

use super::{fids, layer};
use crate::support::database;
use datasud::config::Limits;
use datasud::features::{FeatureEngine, Geometry, Query};
use datasud::model::{ColumnType, GeometryType};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// A row as the evaluator sees it.
#[derive(Clone, Debug)]
struct Row {
    fid: i64,
    nom: Option<&'static str>,
    pop: Option<i64>,
    surface: Option<f64>,
    ratio: Option<f64>,
    vaste: Option<bool>,
    maj: Option<&'static str>,
    vu: Option<&'static str>,
    debut: Option<&'static str>,
    fin: Option<&'static str>,
    tags: Option<&'static str>,
    wkt: Option<&'static str>,
}

const NAMES: [Option<&str>; 9] = [
    Some("Apt"),
    Some("Étang"),
    Some("étang"),
    Some(""),
    None,
    Some("100%_\\x"),
    Some("l'île \"d\""),
    Some("apt"),
    Some("ETANG"),
];
const NUMBERS: [Option<i64>; 6] = [Some(0), Some(-3), None, Some(12), Some(13), Some(2_000_000_000)];
const SURFACES: [Option<f64>; 5] = [Some(0.5), Some(12.0), None, Some(-1.25), Some(238.5)];
const RATIOS: [Option<f64>; 4] = [Some(0.25), None, Some(-2.0), Some(1e6)];
const TRUTHS: [Option<bool>; 3] = [Some(true), Some(false), None];
const DAYS: [Option<&str>; 4] = [Some("2021-08-02"), None, Some("1999-12-31"), Some("2024-02-29")];
const MOMENTS: [Option<&str>; 6] = [
    Some("2021-08-02T10:30:00Z"),
    Some("2021-08-02T00:00:00Z"),
    None,
    Some("2021-08-02T23:59:59.999999Z"),
    Some("2000-01-01T00:00:00Z"),
    Some("2024-02-29T10:00:00Z"),
];
const BEGINS: [Option<&str>; 3] = [Some("2000-01-01"), None, Some("2021-08-02")];
const ENDS: [Option<&str>; 5] =
    [Some("2021-08-02"), Some("2024-02-29"), None, Some("2021-08-03"), Some("2025-01-01")];
const TAGS: [Option<&str>; 11] = [
    Some("[\"a\", \"b\"]"),
    Some("[]"),
    None,
    Some("[1, 2.5]"),
    Some("[\"a\", null]"),
    Some("\"solo\""),
    Some("{\"k\": 1}"),
    Some("[\"é\", \"Apt\", \"a\", \"a\"]"),
    Some("[true]"),
    Some("[2.50, 1.0]"),
    Some("null"),
];
/// How a shape that isn't valid stands to one made of itself is nobody's rule: libraries differ.
const CROSSES_ITSELF: &str = "POLYGON((6 6,9 9,9 6,6 9,6 6))";
const SHAPES: [Option<&str>; 10] = [
    Some("POINT(1 1)"),
    Some("POINT(5 5)"),
    Some("LINESTRING(0 0,4 4)"),
    Some("LINESTRING(2 0,2 9)"),
    Some("POLYGON((0 0,4 0,4 4,0 4,0 0))"),
    Some("POLYGON((2 2,6 2,6 6,2 6,2 2),(3 3,5 3,5 5,3 5,3 3))"),
    Some(CROSSES_ITSELF),
    Some("POLYGON EMPTY"),
    None,
    Some("MULTIPOINT((1 1),(8 8))"),
];

fn rows() -> Vec<Row> {
    (0..120)
        .map(|i: usize| Row {
            fid: i64::try_from(i).expect("small"),
            nom: NAMES[i % NAMES.len()],
            pop: NUMBERS[i / 2 % NUMBERS.len()],
            surface: SURFACES[i / 3 % SURFACES.len()],
            ratio: RATIOS[i / 7 % RATIOS.len()],
            vaste: TRUTHS[i % TRUTHS.len()],
            maj: DAYS[i / 5 % DAYS.len()],
            vu: MOMENTS[i / 4 % MOMENTS.len()],
            debut: BEGINS[i / 2 % BEGINS.len()],
            fin: ENDS[i / 3 % ENDS.len()],
            tags: TAGS[i % TAGS.len()],
            wkt: SHAPES[i % SHAPES.len()],
        })
        .collect()
}

#[test]
fn the_database_and_a_naive_evaluator_agree_on_random_filters() {
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let rows = rows();
    let database = runtime.block_on(async {
        let database = database().await;
        let mut session = database.store.job().await.expect("session");
        session
            .batch(
                "create table data.t (fid bigint primary key, nom text, pop integer, surface numeric,
                 ratio double precision, vaste boolean, maj date, vu timestamptz, debut date, fin date,
                 tags jsonb, geom geometry(Geometry, 2154))",
            )
            .await
            .expect("table");
        for row in &rows {
            let surface = row.surface.map(|s| s.to_string());
            session
                .execute(
                    "insert into data.t values ($1::bigint, $2::text, $3::bigint, $4::text::numeric, $5::float8,
                     $6::boolean, $7::text::date, $8::text::timestamptz, $9::text::date, $10::text::date,
                     $11::text::jsonb, st_setsrid($12::text::geometry, 2154))",
                    &[
                        &row.fid, &row.nom, &row.pop, &surface, &row.ratio, &row.vaste, &row.maj, &row.vu,
                        &row.debut, &row.fin, &row.tags, &row.wkt,
                    ],
                )
                .await
                .expect("row");
        }
        database
    });
    let columns = [
        ("nom", ColumnType::Text),
        ("pop", ColumnType::Integer),
        ("surface", ColumnType::Decimal),
        ("ratio", ColumnType::Real),
        ("vaste", ColumnType::Boolean),
        ("maj", ColumnType::Date),
        ("vu", ColumnType::Timestamp),
        ("debut", ColumnType::Date),
        ("fin", ColumnType::Date),
        ("tags", ColumnType::Json),
    ];
    let layer = layer("t", GeometryType::Geometry, 2154, &columns, 120);
    let engine = FeatureEngine::new(database.store.clone(), &Limits::default());
    // PROPTEST_CASES asks for more than a day's run needs.
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&generate::filters(), |filter| {
        let expected: Vec<i64> =
            rows.iter().filter(|row| naive::holds(&filter, row) == Some(true)).map(|row| row.fid).collect();
        let query = Query {
            geometry: Geometry::Skip,
            columns: Some(Vec::new()),
            filter: Some(filter.clone()),
            ..Query::all(layer.clone())
        };
        let found = runtime.block_on(fids(&engine, &query));
        let decided = |fid: &i64| {
            let row = rows.iter().find(|row| row.fid == *fid);
            !(row.is_some_and(|row| row.wkt == Some(CROSSES_ITSELF)) && naive::relates_to_itself(&filter))
        };
        let expected: Vec<i64> = expected.into_iter().filter(decided).collect();
        let found = match found {
            Ok(found) => found.into_iter().filter(decided).collect::<Vec<_>>(),
            // Intervals of literals are made without regard to which end is first.
            Err(error) if error.to_string().contains("a begin before its end") => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        prop_assert_eq!(found, expected);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
