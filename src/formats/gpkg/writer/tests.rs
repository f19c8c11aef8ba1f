//! What becomes of names, values and bounds in a GeoPackage.

use super::*;
use crate::formats::tests::layer;
use crate::geo::CrsRef;
use crate::model::Layer;
use chrono::{NaiveDate, TimeZone, Utc};
use gdal::vector::LayerAccess;

fn begin(builder: &mut dyn FileBuilder, layer: &Layer) -> Result<(), BuildError> {
    let crs = CrsRef::parse("EPSG:2154").expect("2154");
    builder.layer(&Target {
        layer,
        columns: &layer.columns,
        crs: &crs,
        has_geometry: true,
        features: None,
        schema_location: "",
        json_schema: "",
    })
}

fn point(x: f64) -> Vec<u8> {
    wkb::from_geo(&geo_types::Point::new(x, 6_250_000.0).into(), 2154).expect("ewkb")
}

struct Bench {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().expect("folder");
    Bench { path: folder.path().join("a.gpkg"), _folder: folder }
}

const ROOM: BuildLimits = BuildLimits { bytes: 1 << 30 };

#[test]
fn names_and_titles_that_sqlite_takes_for_one_are_kept_apart() {
    let bench = bench();
    let mut builder = create(&bench.path, &ROOM).expect("created");
    let columns = [("nom", ColumnType::Text), ("NOM", ColumnType::Text), ("Geom", ColumnType::Integer)];
    for slug in ["a", "A", "gpkg-b"] {
        let layer = layer(slug, &columns);
        begin(&mut *builder, &layer).expect("begun");
        let values = [Value::Text("x".into()), Value::Text("y".into()), Value::Integer(3)];
        let ewkb = point(900_000.0);
        let feature = FeatureRef { fid: 7, geometry: Some(&ewkb), columns: &layer.columns, values: &values };
        builder.feature(feature).expect("written");
    }
    builder.finish().expect("finished");
    let read = Dataset::open(&bench.path).expect("opened");
    assert_eq!(read.layers().map(|l| l.name()).collect::<Vec<_>>(), ["a", "A_2", "layer_gpkg-b"]);
    let mut layer = read.layer(1).expect("layer");
    let feature = layer.features().next().expect("feature");
    assert_eq!(feature.fid(), Some(7));
    let names: Vec<String> = feature.fields().map(|(name, _)| name).collect();
    assert_eq!(names, ["nom", "NOM_2", "Geom_2"]);
    assert_eq!(feature.field_as_string(1).ok().flatten().as_deref(), Some("y"));
}

#[test]
fn reserved_names_are_not_used_for_tables() {
    assert_eq!(table("communes"), "communes");
    assert_eq!(table("gpkg-extra"), "layer_gpkg-extra");
    assert_eq!(table("SQLITE_x"), "layer_SQLITE_x");
}

#[test]
fn moments_are_exact_to_the_millisecond_and_what_has_no_form_is_null() {
    let bench = bench();
    let mut builder = create(&bench.path, &ROOM).expect("created");
    let layer = layer(
        "a",
        &[
            ("a", ColumnType::Timestamp),
            ("b", ColumnType::Timestamp),
            ("c", ColumnType::Date),
            ("d", ColumnType::Decimal),
            ("e", ColumnType::Real),
            ("f", ColumnType::Time),
            ("g", ColumnType::BigInteger),
            ("h", ColumnType::Binary),
        ],
    );
    begin(&mut *builder, &layer).expect("begun");
    let late = Utc.timestamp_opt(1_700_000_039, 999_999_999).single().expect("instant");
    let far = Utc.with_ymd_and_hms(12_000, 1, 1, 0, 0, 0).single().expect("instant");
    let values = [
        Value::Timestamp(late),
        Value::Timestamp(far),
        Value::Date(NaiveDate::from_ymd_opt(-44, 3, 15).expect("day")),
        Value::Decimal("NaN".into()),
        Value::Real(f64::NAN),
        Value::Time(chrono::NaiveTime::from_hms_milli_opt(8, 5, 0, 250).expect("time")),
        Value::Integer(i64::MIN),
        Value::Binary(vec![0, 255].into()),
    ];
    let feature = FeatureRef { fid: i64::MAX, geometry: None, columns: &layer.columns, values: &values };
    builder.feature(feature).expect("written");
    builder.finish().expect("finished");
    let read = Dataset::open(&bench.path).expect("opened");
    let sql = "select cast(a as text) as a, b is null as b, c is null as c, d is null or d <> d as d, \
               e is null as e, f, g, hex(h) as h, cast(fid as text) as id from a";
    let mut rows = read.execute_sql(sql, None, Dialect::DEFAULT).expect("asked").expect("rows");
    let row = rows.features().next().expect("a row");
    let texts: Vec<String> =
        (0..9).map(|i| row.field_as_string(i).ok().flatten().unwrap_or_default()).collect();
    let wanted = [
        "2023-11-14T22:13:59.999Z",
        "1",
        "1",
        "1",
        "1",
        "08:05:00.250",
        "-9223372036854775808",
        "00FF",
        "9223372036854775807",
    ];
    assert_eq!(texts, wanted);
}

#[test]
fn a_feature_without_a_possible_identifier_or_geometry_is_named() {
    let bench = bench();
    let mut builder = create(&bench.path, &ROOM).expect("created");
    let layer = layer("a", &[]);
    begin(&mut *builder, &layer).expect("begun");
    let none = FeatureRef { fid: -1, geometry: None, columns: &[], values: &[] };
    let error = builder.feature(none).expect_err("refused").to_string();
    assert!(error.contains("feature -1"), "{error}");
    for broken in [&[1, 2, 3][..], &[1, 1, 0, 0, 0x20, 0x6a, 8, 0, 0, 1, 2]] {
        let feature = FeatureRef { fid: 5, geometry: Some(broken), columns: &[], values: &[] };
        let error = builder.feature(feature).expect_err("refused").to_string();
        assert!(error.contains("feature 5"), "{error}");
    }
}

#[test]
fn a_file_never_grows_beyond_its_bound() {
    let bench = bench();
    let limits = BuildLimits { bytes: 400_000 };
    let mut builder = create(&bench.path, &limits).expect("created");
    let layer = layer("a", &[("nom", ColumnType::Text)]);
    begin(&mut *builder, &layer).expect("begun");
    let text = "x".repeat(100);
    let mut outcome = Ok(());
    for fid in 1..100_000 {
        let (ewkb, values) = (point(900_000.0), [Value::Text(text.as_str().into())]);
        let feature = FeatureRef { fid, geometry: Some(&ewkb), columns: &layer.columns, values: &values };
        outcome = builder.feature(feature);
        if outcome.is_err() {
            break;
        }
    }
    let outcome = match outcome {
        Ok(()) => builder.finish(),
        error => error,
    };
    assert!(matches!(outcome, Err(BuildError::TooLarge { limit: 400_000 })), "{outcome:?}");
    let size = std::fs::metadata(&bench.path).map_or(0, |m| m.len());
    assert!(size <= 400_000, "{size}");
}

#[test]
fn a_full_disk_and_a_file_at_its_bound_are_told_apart() {
    let said = || "sqlite3_step() failed: database or disk is full".to_owned();
    assert!(matches!(explain(said(), 4 << 30, 4 << 30), BuildError::TooLarge { .. }));
    assert!(matches!(explain(said(), 1 << 30, 4 << 30), BuildError::DiskFull));
    assert!(matches!(explain("no such table".to_owned(), 0, 0), BuildError::Library(_)));
}
