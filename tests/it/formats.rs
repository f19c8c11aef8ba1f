//! Formats of files: what is read back from each of them is what the table holds, by every road.

mod archives;
mod bounds;
mod hostile;
mod reading;
mod roads;

use crate::support::{self, TestDatabase, TestServer, config, get, server_with};
use datasud::config::{Config, Limits};
use datasud::formats::{OutputFormat, output};
use gdal::vector::Geometry;
use reading::{Read, read};
use serde_json::Value;
use std::collections::BTreeMap;

/// A server that shows `formats/layers.sql`.
pub struct Bench {
    database: TestDatabase,
    server: TestServer,
    data: tempfile::TempDir,
}

async fn bench_with(limits: Limits, more: &str) -> Bench {
    let database = support::database().await;
    let mut session = database.store.job().await.expect("session");
    session.batch(include_str!("formats/layers.sql")).await.expect("layers");
    session.batch(more).await.expect("more");
    drop(session);
    let data = tempfile::tempdir().expect("folder");
    let server = server_with(&database, Config { limits, data: data.path().to_owned(), ..config() });
    Bench { database, server, data }
}

async fn bench() -> Bench {
    bench_with(Limits::default(), "").await
}

/// The layers of the dataset.
const LAYERS: [&str; 8] = ["valeurs", "surfaces", "melange", "hauteurs", "sommets", "vide", "rien", "large"];

/// A feature of a table: attributes as JSON, the geometry in some system.
struct Row {
    values: serde_json::Map<String, Value>,
    geometry: Option<Geometry>,
}

struct Table {
    /// Types of the columns by name.
    kinds: BTreeMap<String, String>,
    rows: BTreeMap<i64, Row>,
}

impl Bench {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.base)
    }

    #[track_caller]
    fn body(&self, path: &str) -> Vec<u8> {
        let answer = get(&self.url(path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.body
    }

    /// What a layer's table holds, its geometries in a system.
    async fn table(&self, layer: &str, srid: i32) -> Table {
        let mut session = self.database.store.job().await.expect("session");
        let kinds = "select c->>'name', c->>'type' from datasud.layer, jsonb_array_elements(columns) c where slug = $1";
        let kinds = session.query(kinds, &[&layer]).await.expect("columns");
        let sql = format!(
            "select fid, (to_jsonb(t) - 'geom' - 'fid')::text, ST_AsText(ST_Transform(geom, {srid}), 17) \
             from data.{layer}__v1 t order by fid"
        );
        let rows = session.query(&sql, &[]).await.expect("rows");
        let row = |row: &datasud::store::Row| {
            let wkt: Option<String> = row.get(2);
            let values = serde_json::from_str::<Value>(row.get(1)).expect("JSON");
            Row {
                values: values.as_object().expect("an object").clone(),
                geometry: wkt.map(|w| Geometry::from_wkt(&w).expect("wkt")).filter(|g| !g.is_empty()),
            }
        };
        Table {
            kinds: kinds.iter().map(|r| (r.get(0), r.get(1))).collect(),
            rows: rows.iter().map(|r| (r.get(0), row(r))).collect(),
        }
    }
}

/// The system that a format answers in by default.
fn default_system(format: &OutputFormat) -> i32 {
    if format.default_crs == output::DefaultCrs::Native { 2154 } else { 4326 }
}

fn tolerance(srid: i32) -> f64 {
    if srid == 4326 { 2e-7 } else { 1.5e-3 }
}

/// The formats whose files are read back here.
fn formats() -> impl Iterator<Item = &'static OutputFormat> {
    output::ALL.into_iter()
}

fn same_text(wanted: &str, found: &str) -> bool {
    // A field of a shapefile holds 254 bytes; some readers turn a carriage return into a line feed.
    wanted == found || (found.len() > 250 && wanted.starts_with(found))
}

/// A moment in milliseconds, as RFC 3339 or GDAL write it.
fn moment(text: &str) -> Option<i64> {
    let mut text = text.replace('/', "-").replacen(' ', "T", 1);
    if let Some(bare) = text.strip_suffix("+00") {
        text = format!("{bare}Z");
    }
    if !text.ends_with('Z') && !text.contains('+') {
        text.push('Z');
    }
    chrono::DateTime::parse_from_rfc3339(&text).ok().map(|at| at.timestamp_millis())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    let hex = text.strip_prefix("\\x").unwrap_or(text);
    let of_hex: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    of_hex.or_else(|| base64::engine::general_purpose::STANDARD.decode(text).ok())
}

/// Whether a value as some format delivers it is the one of the table.
fn same(kind: &str, wanted: &Value, found: Option<&str>) -> bool {
    let Some(found) = found else {
        return wanted.is_null() || wanted == "" || wanted == "\\x";
    };
    let number = || Some((wanted.to_string().parse::<f64>().ok()?, found.trim().parse::<f64>().ok()?));
    match (kind, wanted) {
        ("json", Value::Null) => matches!(found, "" | "null"),
        // A truth value of dBASE that is neither.
        ("boolean", Value::Null) => matches!(found, "" | "?"),
        (_, Value::Null) => found.is_empty(),
        ("integer" | "biginteger", wanted) => {
            found.parse::<i64>().is_ok_and(|found| wanted.as_i64() == Some(found))
        }
        ("real" | "decimal", _) => number().is_some_and(|(a, b)| (a - b).abs() <= a.abs() * 1e-14),
        ("boolean", wanted) => {
            let truth = matches!(found, "true" | "T" | "1");
            (truth || matches!(found, "false" | "F" | "0")) && *wanted == Value::Bool(truth)
        }
        ("json", wanted) => {
            wanted == found || serde_json::from_str::<Value>(found).is_ok_and(|found| found == *wanted)
        }
        ("binary", Value::String(wanted)) => bytes(wanted) == bytes(found),
        ("timestamp", Value::String(wanted)) => {
            moment(wanted).zip(moment(found)).is_some_and(|(a, b)| (a - b).abs() <= 1)
        }
        ("date", Value::String(wanted)) => digits(found).starts_with(&digits(wanted)),
        ("time", Value::String(wanted)) => digits(found) == digits(wanted),
        (_, Value::String(wanted)) => same_text(wanted, found),
        _ => false,
    }
}

/// Whether two geometries lie in the same place: kind (one part or several), number of points, box, area.
fn same_place(wanted: &Geometry, found: &Geometry, tolerance: f64) -> Result<(), String> {
    let (a, b) = (wanted.envelope(), found.envelope());
    let edges = [(a.MinX, b.MinX), (a.MaxX, b.MaxX), (a.MinY, b.MinY), (a.MaxY, b.MaxY)];
    if edges.iter().any(|(a, b)| (a - b).abs() > tolerance) {
        return Err(format!("boxes {edges:?}"));
    }
    let shape = |g: &Geometry| {
        let wkt = g.wkt().expect("wkt");
        let kind = wkt.split('(').next().unwrap_or_default().replace("MULTI", "").trim().to_owned();
        (kind, wkt.matches(',').count())
    };
    if shape(wanted) != shape(found) {
        return Err(format!("{:?} is not {:?}", shape(found), shape(wanted)));
    }
    let size = (a.MaxX - a.MinX) + (a.MaxY - a.MinY);
    let area = |g: &Geometry| if shape(g).0.starts_with("POLYGON") { g.area() } else { 0.0 };
    if (area(wanted) - area(found)).abs() > tolerance * size.max(tolerance) * 10.0 {
        return Err(format!("areas {} and {}", area(wanted), area(found)));
    }
    let z = |g: &Geometry| {
        (0..g.point_count()).map(|i| g.get_point(i32::try_from(i).unwrap()).2).collect::<Vec<_>>()
    };
    if z(wanted).iter().zip(z(found)).any(|(a, b)| (a - b).abs() > 1e-3) {
        return Err(format!("heights {:?} and {:?}", z(wanted), z(found)));
    }
    Ok(())
}

/// The value of a column: of two columns whose names differ in their case alone, many formats call the second
/// `name_2`.
fn value<'a>(found: &'a reading::Row, name: &str) -> Option<&'a Option<String>> {
    let numbered = |n: u8| found.values.get(&format!("{name}_{n}"));
    found.values.get(name).or_else(|| (2..4).find_map(numbered))
}

/// What differs between a table and what was read of it.
fn differences(table: &Table, read: &Read, tolerance: f64) -> Vec<String> {
    let mut differences = Vec::new();
    if !read.rows.keys().eq(table.rows.keys()) {
        let [wanted, found] = [Vec::from_iter(table.rows.keys()), Vec::from_iter(read.rows.keys())];
        return vec![format!("features {found:?} in the place of {wanted:?}")];
    }
    for (fid, row) in &table.rows {
        let found = &read.rows[fid];
        for (name, wanted) in &row.values {
            let known = value(found, name);
            if known.is_none() && !wanted.is_null() {
                differences.push(format!("feature {fid}: no {name}"));
            } else if !same(&table.kinds[name], wanted, known.and_then(|v| v.as_deref())) {
                differences.push(format!("feature {fid}: {name} is {wanted}, read {known:?}"));
            }
        }
        let place = found.geometry.as_ref().filter(|g| !g.is_empty());
        match (&row.geometry, place) {
            (Some(wanted), Some(found)) => {
                let different = same_place(wanted, found, tolerance).err();
                differences.extend(different.map(|d| format!("feature {fid}: {d}")));
            }
            (None, None) => {}
            (Some(_), None) if read.without_geometry.contains(fid) => {}
            (wanted, _) => {
                let which = if wanted.is_some() { "no geometry" } else { "a geometry" };
                differences.push(format!("feature {fid}: {which}"));
            }
        }
    }
    differences
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_holds_what_the_table_holds() {
    let bench = bench().await;
    let mut wrong = Vec::new();
    for format in formats() {
        for layer in LAYERS {
            let path = format!("/download/formats/{layer}.{}", format.extension);
            let answer = get(&bench.url(&path));
            if format.short == "csv-xy" && !matches!(layer, "valeurs" | "sommets" | "large") {
                assert_eq!(answer.status, 404, "{path}: {}", answer.text());
                continue;
            }
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            assert_eq!(answer.header("content-type"), format.content_type(), "{path}");
            let srid = default_system(format);
            // GeoJSON's readers see the longitude and latitude beside the place.
            let srid = if format.short == "jsonfg" { 4326 } else { srid };
            if (layer, format.short) == ("large", "gml") {
                // GDAL takes elements whose names differ in their case alone for one.
                continue;
            }
            let table = bench.table(layer, srid).await;
            let read = read(format, layer, &answer.body);
            let found = differences(&table, &read, tolerance(srid));
            wrong.extend(found.into_iter().map(|d| format!("{path}, {d}")));
            let has_system = !matches!(format.short, "csv" | "csv-xy" | "xlsx");
            if has_system && !table.rows.is_empty() && read.srid != Some(srid) {
                wrong.push(format!("{path}: its system is {:?}", read.srid));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
