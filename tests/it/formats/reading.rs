//! Reading files back: GDAL, and the `parquet` crate where GDAL has no driver.

use datasud::formats::OutputFormat;
use gdal::vector::{Geometry, LayerAccess};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::Path;

/// A feature as a format delivers it: values as text.
#[derive(Default)]
pub struct Row {
    /// By column.
    pub values: BTreeMap<String, Option<String>>,
    /// Where it is.
    pub geometry: Option<Geometry>,
}

/// What was read of a layer.
#[derive(Default)]
pub struct Read {
    /// By identifier.
    pub rows: BTreeMap<i64, Row>,
    /// EPSG code of the system that the file states.
    pub srid: Option<i32>,
    /// Features whose geometry the file says that it leaves out.
    pub without_geometry: BTreeSet<i64>,
}

/// Reads a layer of a file.
pub fn read(format: &OutputFormat, layer: &str, body: &[u8]) -> Read {
    if format.short == "parquet" {
        return read_parquet(body);
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(format!("{layer}.{}", format.extension));
    std::fs::write(&path, body).expect("written");
    match format.short {
        "shape-zip" => read_shapes(&path, layer, body),
        "xlsx" => read_sheet(&path, layer),
        _ => read_ogr(&path, layer, format),
    }
}

/// A file of an archive as text.
pub fn entry(archive: &[u8], name: &str) -> Option<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut file = archive.by_name(name).ok()?;
    Some(std::io::read_to_string(&mut file).expect("text"))
}

/// Names of an archive's files.
pub fn entries(archive: &[u8]) -> BTreeSet<String> {
    let archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    archive.file_names().map(|name| name.expect("a name").into_owned()).collect()
}

fn open(path: &Path, options: &[&str]) -> Dataset {
    let flags = GdalOpenFlags::GDAL_OF_VECTOR;
    let options =
        DatasetOptions { open_flags: flags, open_options: Some(options), ..DatasetOptions::default() };
    Dataset::open_ex(path, options).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Rows of an open layer; the identifier is the column `fid`, a `gml:id` or KML's, or GDAL's own.
fn rows(layer: &mut gdal::vector::Layer<'_>) -> Vec<(i64, Row)> {
    let names: Vec<(String, bool)> = layer
        .defn()
        .fields()
        .map(|f| (f.name(), f.field_type() == gdal_sys::OGRFieldType::OFTReal))
        .collect();
    layer
        .features()
        .map(|feature| {
            let mut row = Row {
                geometry: feature.geometry().filter(|_| has_geometry(&feature)).cloned(),
                ..Row::default()
            };
            for (at, (name, is_real)) in names.iter().enumerate() {
                let value = if *is_real {
                    feature.field_as_double(at).map(|number| number.map(|n| n.to_string()))
                } else {
                    feature.field_as_string(at)
                };
                let value = value.expect("a field").filter(|_| is_set(&feature, at));
                row.values.insert(name.clone(), value);
            }
            let tail = |name: &str| row.values.get(name)?.as_ref()?.rsplit('.').next()?.parse().ok();
            let fid = tail("fid").or_else(|| tail("gml_id")).or_else(|| tail("id"));
            (fid.unwrap_or_else(|| feature.fid().map_or(-1, u64::cast_signed)), row)
        })
        .collect()
}

/// The `gdal` crate takes a field that is not there for zero.
#[allow(unsafe_code)]
fn is_set(feature: &gdal::vector::Feature<'_>, index: usize) -> bool {
    // SAFETY: the feature is alive, and the call only reads.
    unsafe {
        gdal_sys::OGR_F_IsFieldSetAndNotNull(feature.c_feature(), i32::try_from(index).expect("small")) != 0
    }
}

/// And a geometry that is not there for one without content.
#[allow(unsafe_code)]
fn has_geometry(feature: &gdal::vector::Feature<'_>) -> bool {
    // SAFETY: the feature is alive, and the call only reads.
    unsafe { !gdal_sys::OGR_F_GetGeometryRef(feature.c_feature()).is_null() }
}

fn srid(layer: &gdal::vector::Layer<'_>) -> Option<i32> {
    let mut system = layer.spatial_ref()?;
    if system.auth_code().is_err() {
        let _ = system.auto_identify_epsg();
    }
    // Longitude and latitude go by several codes: OGC's, and EPSG's with a height.
    system.auth_code().ok().map(|code| if matches!(code, 84 | 4979) { 4326 } else { code })
}

fn read_ogr(path: &Path, name: &str, format: &OutputFormat) -> Read {
    let options: &[&str] = match format.short {
        "csv" => &["GEOM_POSSIBLE_NAMES=geom", "KEEP_GEOM_COLUMNS=NO"],
        "csv-xy" => {
            &["X_POSSIBLE_NAMES=lon", "Y_POSSIBLE_NAMES=lat", "Z_POSSIBLE_NAMES=z", "KEEP_GEOM_COLUMNS=NO"]
        }
        _ => &[],
    };
    let dataset = open(path, options);
    if dataset.layer_count() == 0 {
        return Read::default();
    }
    let mut layer = dataset.layer_by_name(name).or_else(|_| dataset.layer(0)).expect("a layer");
    let srid = srid(&layer);
    Read { rows: rows(&mut layer).into_iter().collect(), srid, ..Read::default() }
}

/// Every set of an archive; the archive's table of names says which field is which column.
fn read_shapes(path: &Path, name: &str, body: &[u8]) -> Read {
    let table = entry(body, "names.csv").expect("names.csv");
    let mut columns = BTreeMap::new();
    for cells in lines(&table).into_iter().skip(1) {
        columns.insert((cells[1].clone(), cells[3].clone()), cells[2].clone());
    }
    let dataset = open(path, &[]);
    let mut read = Read::default();
    for mut layer in dataset.layers() {
        let set = layer.name();
        assert!(set.starts_with(name), "{set}");
        read.srid = read.srid.or(srid(&layer));
        for (fid, mut row) in rows(&mut layer) {
            let file = format!("{set}.dbf");
            let named =
                |(field, value)| (columns.get(&(file.clone(), field)).expect("a column").clone(), value);
            row.values = std::mem::take(&mut row.values).into_iter().map(named).collect();
            match read.rows.get_mut(&fid) {
                None => {
                    read.rows.insert(fid, row);
                }
                // Parts of a collection: kept together again.
                Some(known) => {
                    let mut all =
                        Geometry::empty(gdal_sys::OGRwkbGeometryType::wkbGeometryCollection).expect("new");
                    for part in known.geometry.take().into_iter().chain(row.geometry) {
                        let parts = part.geometry_count();
                        if parts == 1 {
                            all.add_geometry(part.get_geometry(0).clone()).expect("added");
                        } else {
                            all.add_geometry(part).expect("added");
                        }
                    }
                    known.geometry = Some(all);
                }
            }
        }
    }
    read
}

/// Lines of CSV as cells (RFC 4180).
pub fn lines(csv: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    for (at, letter) in csv.char_indices() {
        match letter {
            '"' => {
                // A doubled quote is one quote of the text.
                if !is_quoted && csv[..at].ends_with('"') {
                    cell.push('"');
                }
                is_quoted = !is_quoted;
            }
            ',' if !is_quoted => line.push(std::mem::take(&mut cell)),
            '\n' if !is_quoted => {
                line.push(std::mem::take(&mut cell).trim_end_matches('\r').to_owned());
                lines.push(std::mem::take(&mut line));
            }
            other => cell.push(other),
        }
    }
    lines
}

/// A sheet: the geometry is text, or ordinates.
fn read_sheet(path: &Path, name: &str) -> Read {
    let dataset = open(path, &["HEADERS=FORCE"]);
    let mut read = Read::default();
    if let Ok(mut notes) = dataset.layer_by_name("notes") {
        for (fid, row) in rows(&mut notes) {
            let told = row.values["note"].clone().expect("a note");
            assert!(told.contains("32767"), "{told}");
            if told.contains("geometry") {
                read.without_geometry.insert(fid);
            }
        }
    }
    let mut layer = dataset.layer_by_name(name).expect("the sheet");
    for (fid, mut row) in rows(&mut layer) {
        // GDAL takes the line of names for a feature where no other follows.
        if row.values.get("Field1").is_some_and(|v| v.as_deref() == Some("fid")) {
            continue;
        }
        let number = |row: &Row, name: &str| row.values.get(name)?.as_ref()?.parse::<f64>().ok();
        if let Some(wkt) = row.values.get("geom").cloned().flatten() {
            row.geometry = Some(Geometry::from_wkt(&wkt).expect("wkt"));
        } else if let (Some(x), Some(y)) = (number(&row, "lon"), number(&row, "lat")) {
            let z = number(&row, "z").map(|z| format!(" {z}")).unwrap_or_default();
            row.geometry = Some(Geometry::from_wkt(&format!("POINT ({x} {y}{z})")).expect("wkt"));
        }
        // Names may come twice in other case, which GDAL tells apart by a number.
        read.rows.insert(fid, row);
    }
    read
}

fn read_parquet(body: &[u8]) -> Read {
    let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(body)).expect("Parquet");
    let pairs = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let geo = pairs.iter().find(|p| p.key == "geo").and_then(|p| p.value.clone());
    let geo: Value = geo.map_or(Value::Null, |geo| serde_json::from_str(&geo).expect("JSON"));
    // Without geometry it is a table like any other.
    let primary = geo["primary_column"].as_str().unwrap_or_default().to_owned();
    let column = &geo["columns"][&primary];
    let mut read = Read::default();
    if geo.is_object() {
        assert_eq!((&geo["version"], &column["encoding"]), (&json!("1.1.0"), &json!("WKB")));
        read.srid = Some(match &column["crs"]["id"]["code"] {
            Value::Null => 4326,
            code => i32::try_from(code.as_i64().expect("a code")).expect("small"),
        });
    }
    let mut kinds = BTreeSet::new();
    for row in reader.get_row_iter(None).expect("rows") {
        let mut kept = Row::default();
        let mut fid = None;
        for (name, field) in row.expect("a row").get_column_iter() {
            if *name == primary {
                if let Field::Bytes(wkb) = field {
                    let geometry = Geometry::from_wkb(wkb.data()).expect("wkb");
                    // ISO codes from 1001 on have heights.
                    let z = if wkb.data()[2] >= 3 { " Z" } else { "" };
                    kinds.insert(format!("{}{z}", geometry.geometry_name().to_uppercase()));
                    kept.geometry = Some(geometry);
                }
                continue;
            }
            if let ("fid", Field::Long(number)) = (name.as_str(), field) {
                fid = Some(*number);
            }
            kept.values.insert(name.clone(), text(field));
        }
        read.rows.insert(fid.expect("fid"), kept);
    }
    if geo.is_null() {
        return read;
    }
    let said: BTreeSet<String> = column["geometry_types"]
        .as_array()
        .expect("types")
        .iter()
        .map(|k| k.as_str().expect("text").to_uppercase())
        .collect();
    assert_eq!(said, kinds);
    read
}

fn text(field: &Field) -> Option<String> {
    Some(match field {
        Field::Null => return None,
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => {
            let hex: String = bytes.data().iter().map(|b| format!("{b:02x}")).collect();
            format!("\\x{hex}")
        }
        Field::Double(number) => format!("{number:e}"),
        Field::Bool(truth) => truth.to_string(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) => number.to_string(),
        Field::Date(days) => {
            let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).expect("a day");
            (epoch + chrono::Duration::days(i64::from(*days))).to_string()
        }
        Field::TimestampMicros(at) => {
            chrono::DateTime::from_timestamp_micros(*at).expect("an instant").to_rfc3339()
        }
        Field::TimeMicros(at) => {
            let seconds = u32::try_from(*at / 1_000_000).expect("a time");
            chrono::NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).expect("a time").to_string()
        }
        other => other.to_string(),
    })
}
