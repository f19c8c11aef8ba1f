//! GeoPackage 1.2 (OGC 12-128r15), by its requirements: the core, features, and the extensions that our files
//! use. Asked of the files themselves, in SQL.

use crate::support::{get, region};
use gdal::Dataset;
use gdal::vector::sql::Dialect;
use gdal::vector::{FieldValue, LayerAccess};
use std::collections::BTreeSet;

/// Several layers, one of them with heights; dates, truth values, 64 bits, JSON; another system than the
/// data's own; no geometries; one feature.
const FILES: [&str; 5] = [
    "/download/patrimoine/patrimoine.gpkg",
    "/download/evenements/evenements.gpkg",
    "/download/communes/communes.gpkg?crs=EPSG:4258",
    "/download/routes/routes.gpkg",
    "/wfs?service=WFS&version=2.0.0&request=GetFeature&resourceId=communes.3&outputFormat=gpkg",
];

struct File {
    name: &'static str,
    bytes: Vec<u8>,
    dataset: Dataset,
    _folder: tempfile::TempDir,
}

fn file(path: &'static str) -> File {
    let answer = get(&region().url(path));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert!(answer.header("content-disposition").ends_with(".gpkg\""), "requirement 3: {path}");
    let folder = tempfile::tempdir().expect("folder");
    let at = folder.path().join("file.gpkg");
    std::fs::write(&at, &answer.body).expect("written");
    let flags = gdal::GdalOpenFlags::GDAL_OF_VECTOR | gdal::GdalOpenFlags::GDAL_OF_UPDATE;
    let options = gdal::DatasetOptions { open_flags: flags, ..Default::default() };
    let dataset = Dataset::open_ex(&at, options).unwrap_or_else(|e| panic!("{path}: {e}"));
    File { name: path, bytes: answer.body, dataset, _folder: folder }
}

fn files() -> impl Iterator<Item = File> {
    FILES.into_iter().map(file)
}

impl File {
    /// Rows of a statement, nulls as empty texts.
    #[track_caller]
    fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let answer = self.dataset.execute_sql(sql, None, Dialect::DEFAULT);
        let Some(mut layer) = answer.unwrap_or_else(|e| panic!("{}: {sql}: {e}", self.name)) else {
            return Vec::new();
        };
        let text = |value: Option<FieldValue>| match value {
            None => String::new(),
            Some(FieldValue::StringValue(v)) => v,
            Some(FieldValue::IntegerValue(v)) => v.to_string(),
            Some(FieldValue::Integer64Value(v)) => v.to_string(),
            Some(FieldValue::RealValue(v)) => v.to_string(),
            Some(FieldValue::DateTimeValue(v)) => v.to_rfc3339(),
            Some(other) => panic!("{sql}: {other:?}"),
        };
        layer.features().map(|f| f.fields().map(|(_, v)| text(v)).collect()).collect()
    }

    /// The only column of a statement.
    #[track_caller]
    fn column(&self, sql: &str) -> Vec<String> {
        self.rows(sql).into_iter().map(|mut row| row.swap_remove(0)).collect()
    }

    /// Nothing may come of a statement that looks for offenders.
    #[track_caller]
    fn none(&self, requirement: &str, sql: &str) {
        let found = self.rows(sql);
        assert!(found.is_empty(), "requirement {requirement}: {}: {found:?}", self.name);
    }

    /// The columns of a table: name, type, `1` when it may not be null, `1` in the primary key.
    fn table(&self, name: &str) -> BTreeSet<[String; 4]> {
        let sql = format!(
            "select name, upper(type) as kind, cast(\"notnull\" as text) as n, cast(pk as text) as k \
             from pragma_table_info('{name}')"
        );
        self.rows(&sql).into_iter().map(|row| row.try_into().expect("four columns")).collect()
    }

    #[track_caller]
    fn has_columns(&self, requirement: &str, table: &str, columns: &[(&str, &str)]) {
        let found = self.table(table);
        for (name, kind) in columns {
            let there = found.iter().any(|[n, k, ..]| n == name && k == kind);
            assert!(
                there,
                "requirement {requirement}: {}: {table} has no {name} {kind}: {found:?}",
                self.name
            );
        }
    }

    fn tables(&self) -> Vec<String> {
        self.column("select table_name from gpkg_contents where data_type = 'features'")
    }

    fn has(&self, table: &str) -> bool {
        !self.rows(&format!("select name from sqlite_master where name = '{table}'")).is_empty()
    }
}

#[test]
fn gpkg12_core_sqlite_container() {
    for file in files() {
        let name = file.name;
        assert_eq!(&file.bytes[..16], b"SQLite format 3\0", "requirement 1: {name}");
        assert_eq!(&file.bytes[68..72], b"GPKG", "requirement 2, application id: {name}");
        let version = u32::from_be_bytes(file.bytes[60..64].try_into().expect("four bytes"));
        assert!((10200..10300).contains(&version), "requirement 2, user version: {name}: {version}");
        assert_eq!(
            file.column("select integrity_check from pragma_integrity_check"),
            ["ok"],
            "requirement 6: {name}"
        );
        file.none("7", "select \"table\" from pragma_foreign_key_check");
        // Requirement 5: only types of table 1 in user tables.
        let kinds = [
            "BOOLEAN",
            "TINYINT",
            "SMALLINT",
            "MEDIUMINT",
            "INT",
            "INTEGER",
            "FLOAT",
            "DOUBLE",
            "REAL",
            "TEXT",
            "BLOB",
            "DATE",
            "DATETIME",
            "GEOMETRY",
            "POINT",
            "LINESTRING",
            "POLYGON",
            "MULTIPOINT",
            "MULTILINESTRING",
            "MULTIPOLYGON",
            "GEOMETRYCOLLECTION",
        ];
        for table in file.column("select table_name from gpkg_contents") {
            for [column, kind, ..] in file.table(&table) {
                let bare = kind.split('(').next().unwrap_or_default();
                assert!(kinds.contains(&bare), "requirement 5: {name}: {table}.{column} is {kind}");
            }
        }
    }
}

#[test]
fn gpkg12_core_values_have_their_column_s_type() {
    // Requirement 5, table 1: how values of each type are stored.
    for file in files() {
        for table in file.tables() {
            for [column, kind, ..] in file.table(&table) {
                let wrong = match kind.as_str() {
                    "BOOLEAN" => format!("typeof(\"{column}\") <> 'integer' or \"{column}\" not in (0, 1)"),
                    "MEDIUMINT" | "INTEGER" => format!("typeof(\"{column}\") <> 'integer'"),
                    "REAL" => format!("typeof(\"{column}\") not in ('real', 'integer')"),
                    "TEXT" => format!("typeof(\"{column}\") <> 'text'"),
                    "DATE" => format!("\"{column}\" not glob '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'"),
                    "DATETIME" => format!(
                        "\"{column}\" not glob '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9].[0-9][0-9][0-9]Z'"
                    ),
                    _ => format!("typeof(\"{column}\") <> 'blob'"),
                };
                let sql = format!(
                    "select cast(\"{column}\" as text) as v from \"{table}\" where \"{column}\" is not null and ({wrong})"
                );
                file.none(&format!("5, {kind} {table}.{column}"), &sql);
            }
        }
    }
}

#[test]
fn gpkg12_core_spatial_reference_systems() {
    for file in files() {
        let columns = [
            ("srs_name", "TEXT"),
            ("srs_id", "INTEGER"),
            ("organization", "TEXT"),
            ("organization_coordsys_id", "INTEGER"),
            ("definition", "TEXT"),
            ("description", "TEXT"),
        ];
        file.has_columns("10", "gpkg_spatial_ref_sys", &columns);
        let known = |sql: &str| !file.rows(sql).is_empty();
        let all = "select srs_id from gpkg_spatial_ref_sys where ";
        assert!(
            known(&format!("{all} srs_id = 4326 and upper(organization) = 'EPSG'")),
            "requirement 11: WGS 84"
        );
        for id in ["-1", "0"] {
            let sql = format!("{all} srs_id = {id} and organization = 'NONE' and definition = 'undefined'");
            assert!(known(&sql), "requirement 11: {id} in {}", file.name);
        }
        for table in ["gpkg_contents", "gpkg_geometry_columns"] {
            let sql = format!(
                "select srs_id from {table} where srs_id is not null and srs_id not in (select srs_id from gpkg_spatial_ref_sys)"
            );
            file.none("12", &sql);
        }
        for definition in file.column("select definition from gpkg_spatial_ref_sys where srs_id > 0") {
            let system = gdal::spatial_ref::SpatialRef::from_wkt(&definition);
            assert!(system.is_ok(), "requirement 10: {}: {definition}", file.name);
        }
    }
}

#[test]
fn gpkg12_core_contents() {
    for file in files() {
        let columns = [
            ("table_name", "TEXT"),
            ("data_type", "TEXT"),
            ("identifier", "TEXT"),
            ("description", "TEXT"),
            ("last_change", "DATETIME"),
            ("min_x", "DOUBLE"),
            ("min_y", "DOUBLE"),
            ("max_x", "DOUBLE"),
            ("max_y", "DOUBLE"),
            ("srs_id", "INTEGER"),
        ];
        file.has_columns("13", "gpkg_contents", &columns);
        file.none(
            "14",
            "select table_name from gpkg_contents where table_name not in (select name from sqlite_master)",
        );
        file.none(
            "15",
            "select cast(last_change as text) as t from gpkg_contents where last_change not glob \
             '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9].[0-9][0-9][0-9]Z'",
        );
        assert!(!file.tables().is_empty(), "requirement 17: {}", file.name);
        for table in file.tables() {
            // The box of the contents is that of the features.
            let sql = format!(
                "select table_name from gpkg_contents where table_name = '{table}' and not (\
                 abs(min_x - (select min(ST_MinX(geom)) from \"{table}\")) < 1e-6 and \
                 abs(max_y - (select max(ST_MaxY(geom)) from \"{table}\")) < 1e-6)"
            );
            file.none("13, box", &sql);
        }
    }
    let patrimoine = file(FILES[0]);
    let titles =
        patrimoine.rows("select table_name, identifier, description from gpkg_contents order by table_name");
    let layer = |slug: &str| get(&region().url(&format!("/ogc/collections/{slug}?f=json"))).json();
    for row in titles {
        let wanted = layer(&row[0]);
        assert_eq!(wanted["title"], row[1].as_str(), "a layer's title is its identifier");
    }
}

/// What a GeoPackage's binary geometry begins with.
struct Blob {
    srs: i32,
    kind: u32,
    is_empty: bool,
}

fn blob(hex: &str, what: &str) -> Blob {
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[i * 2..i * 2 + 2], 16).expect("hexadecimal"))
        .collect();
    assert_eq!(&bytes[..3], b"GP\0", "requirement 19, magic and version: {what}");
    let flags = bytes[3];
    assert_eq!(flags & 0b1110_0000, 0, "requirement 19, a standard geometry: {what}");
    let envelope = [0, 32, 48, 48, 64][usize::from(flags >> 1 & 7)];
    let little = flags & 1 == 1;
    let int = |at: usize| -> [u8; 4] { bytes[at..at + 4].try_into().expect("four bytes") };
    let srs = if little { i32::from_le_bytes(int(4)) } else { i32::from_be_bytes(int(4)) };
    let wkb = 8 + envelope;
    let kind =
        if bytes[wkb] == 1 { u32::from_le_bytes(int(wkb + 1)) } else { u32::from_be_bytes(int(wkb + 1)) };
    let rest: [u8; 5] = bytes[wkb..wkb + 5].try_into().expect("a header");
    assert!(rest[0] <= 1, "requirement 19, byte order of the WKB: {what}");
    Blob { srs, kind, is_empty: flags >> 4 & 1 == 1 }
}

#[test]
fn gpkg12_features_geometry_columns() {
    for file in files() {
        let columns = [
            ("table_name", "TEXT"),
            ("column_name", "TEXT"),
            ("geometry_type_name", "TEXT"),
            ("srs_id", "INTEGER"),
            ("z", "TINYINT"),
            ("m", "TINYINT"),
        ];
        file.has_columns("21", "gpkg_geometry_columns", &columns);
        file.none(
            "22",
            "select table_name from gpkg_contents where data_type = 'features' \
             and table_name not in (select table_name from gpkg_geometry_columns)",
        );
        file.none(
            "23",
            "select table_name from gpkg_geometry_columns where table_name not in (select table_name from gpkg_contents)",
        );
        file.none("27", "select z from gpkg_geometry_columns where z not in (0, 1, 2)");
        file.none("28", "select m from gpkg_geometry_columns where m not in (0, 1, 2)");
        file.none(
            "146",
            "select g.table_name from gpkg_geometry_columns g join gpkg_contents c using (table_name) where g.srs_id <> c.srs_id",
        );
        for row in file.rows("select table_name, column_name, geometry_type_name from gpkg_geometry_columns")
        {
            let [table, column, kind] = <[String; 3]>::try_from(row).expect("three columns");
            let columns = file.table(&table);
            let found: Vec<&[String; 4]> = columns.iter().filter(|[name, ..]| *name == column).collect();
            assert_eq!(found.len(), 1, "requirements 24 and 30: {table}.{column}");
            assert_eq!(found[0][1], kind, "requirements 25 and 31: {table}.{column}");
            let keys: Vec<&[String; 4]> = columns.iter().filter(|c| c[3] == "1").collect();
            assert!(keys.len() == 1 && keys[0][1] == "INTEGER", "requirement 29: {table}: {keys:?}");
            let geometries = columns
                .iter()
                .filter(|[_, k, ..]| {
                    k.contains("POINT")
                        || k.contains("POLYGON")
                        || k.contains("LINE")
                        || k.starts_with("GEOMETRY")
                })
                .count();
            assert_eq!(geometries, 1, "requirement 30: {table}");
        }
    }
}

#[test]
fn gpkg12_features_geometry_encoding() {
    let codes = [
        ("GEOMETRY", 0),
        ("POINT", 1),
        ("LINESTRING", 2),
        ("POLYGON", 3),
        ("MULTIPOINT", 4),
        ("MULTILINESTRING", 5),
        ("MULTIPOLYGON", 6),
        ("GEOMETRYCOLLECTION", 7),
    ];
    let mut seen = BTreeSet::new();
    for file in files() {
        let sql = "select table_name, geometry_type_name, srs_id, z from gpkg_geometry_columns";
        for row in file.rows(sql) {
            let [table, kind, srs, z] = <[String; 4]>::try_from(row).expect("four columns");
            let code = codes.iter().find(|(name, _)| *name == kind).expect("requirement 25").1;
            let blobs =
                file.column(&format!("select hex(geom) as h from \"{table}\" where geom is not null"));
            assert!(!blobs.is_empty(), "{table}");
            for hex in blobs {
                let what = format!("{}: {table}", file.name);
                let Blob { srs: own, kind, is_empty } = blob(&hex, &what);
                assert_eq!(own.to_string(), srs, "requirement 33: {what}");
                assert!(code == 0 || kind % 1000 == code, "requirement 32: {what}: {kind} in {code}");
                // Requirement 20: ISO WKB, with a thousand for Z.
                assert_eq!(kind / 1000, u32::from(z == "1"), "requirements 20 and 27: {what}: {kind}");
                assert!(!is_empty, "{what}");
                seen.insert(kind);
            }
        }
    }
    assert!(seen.contains(&1) && seen.contains(&6) && seen.contains(&1002), "heights were seen: {seen:?}");
}

#[test]
fn gpkg12_extension_mechanism() {
    for file in files() {
        let columns = [
            ("table_name", "TEXT"),
            ("column_name", "TEXT"),
            ("extension_name", "TEXT"),
            ("definition", "TEXT"),
            ("scope", "TEXT"),
        ];
        file.has_columns("58", "gpkg_extensions", &columns);
        file.none(
            "59",
            "select extension_name from gpkg_extensions group by table_name, column_name, extension_name having count(*) > 1",
        );
        file.none(
            "60",
            "select table_name from gpkg_extensions where table_name is not null and table_name not in (select name from sqlite_master)",
        );
        file.none(
            "61",
            "select table_name from gpkg_extensions where column_name is not null and table_name is null",
        );
        for name in file.column("select extension_name from gpkg_extensions") {
            let registered = ["gpkg_rtree_index", "gpkg_schema"];
            assert!(registered.contains(&name.as_str()), "requirement 62: {}: {name}", file.name);
        }
        file.none("63", "select extension_name from gpkg_extensions where coalesce(definition, '') = ''");
        file.none("64", "select scope from gpkg_extensions where scope not in ('read-write', 'write-only')");
        // What is there besides the standard's own tables is announced.
        let announced = file.column("select extension_name from gpkg_extensions");
        assert_eq!(
            file.has("gpkg_data_columns"),
            announced.iter().any(|a| a == "gpkg_schema"),
            "{}",
            file.name
        );
    }
}

#[test]
fn gpkg12_rtree_index() {
    for file in files() {
        for table in file.tables() {
            let row = format!(
                "select scope from gpkg_extensions where extension_name = 'gpkg_rtree_index' \
                 and table_name = '{table}' and column_name = 'geom'"
            );
            assert_eq!(file.column(&row), ["write-only"], "requirement 75: {}: {table}", file.name);
            let index = format!("rtree_{table}_geom");
            assert!(file.has(&index), "requirement 77: {}: {index}", file.name);
            for trigger in ["insert", "update1", "update2", "update3", "update4", "delete"] {
                let name = format!("{index}_{trigger}");
                assert!(file.has(&name), "requirement 77: {}: trigger {name}", file.name);
            }
            // Requirement 76: every feature with a place is in the index, with its box.
            let missing = format!(
                "select fid from \"{table}\" where geom is not null and fid not in (select id from \"{index}\")"
            );
            file.none("76", &missing);
            let odd = format!(
                "select t.fid as f from \"{table}\" t join \"{index}\" i on i.id = t.fid where \
                 i.minx > ST_MinX(t.geom) + 1 or i.maxx < ST_MaxX(t.geom) or i.miny > ST_MinY(t.geom) or i.maxy < ST_MaxY(t.geom)"
            );
            file.none("76", &odd);
        }
    }
}

#[test]
fn gpkg12_schema_of_json_columns() {
    let file = file(FILES[1]);
    let columns = [
        ("table_name", "TEXT"),
        ("column_name", "TEXT"),
        ("name", "TEXT"),
        ("title", "TEXT"),
        ("description", "TEXT"),
        ("mime_type", "TEXT"),
        ("constraint_name", "TEXT"),
    ];
    file.has_columns("103", "gpkg_data_columns", &columns);
    file.none(
        "104",
        "select table_name from gpkg_data_columns where table_name not in (select table_name from gpkg_contents)",
    );
    for row in file.rows("select table_name, column_name, mime_type from gpkg_data_columns") {
        assert!(file.table(&row[0]).iter().any(|[name, ..]| *name == row[1]), "requirement 105: {row:?}");
        assert_eq!(row, ["evenements", "themes", "application/json"]);
    }
    assert!(file.has("gpkg_data_column_constraints"), "requirement 107");
}

#[test]
#[should_panic(expected = "requirement 12")]
fn gpkg12_core_an_undefined_system_would_be_found() {
    let file = file(FILES[1]);
    let damage = "update gpkg_contents set srs_id = 2975";
    // The table's own rule would refuse it.
    for statement in ["pragma foreign_keys = off", damage] {
        file.dataset.execute_sql(statement, None, Dialect::DEFAULT).expect("damaged");
    }
    let sql =
        "select srs_id from gpkg_contents where srs_id not in (select srs_id from gpkg_spatial_ref_sys)";
    file.none("12", sql);
}

#[test]
#[should_panic(expected = "no such column")]
fn gpkg12_core_a_question_that_cannot_be_asked_is_no_answer() {
    file(FILES[1]).none("0", "select nichts from gpkg_contents");
}
