//! Files of layers and datasets: what GDAL reads from them is what the table holds.

use crate::support::region::{fixture, ingest, scalar};
use crate::support::{
    self, Answer, TestDatabase, config, get, get_with, head, region, server_with, until, until_holds,
};
use datasud::config::{Config, Limits};
use datasud::store::Store;
use gdal::Dataset;
use gdal::vector::{FieldValue, Geometry, LayerAccess};
use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A file on disk, as GDAL wants it.
struct Kept {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

#[track_caller]
fn keep(answer: &Answer, name: &str) -> Kept {
    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(name);
    std::fs::write(&path, &answer.body).expect("written");
    Kept { _folder: folder, path }
}

#[track_caller]
fn download(path: &str) -> Kept {
    let name = path.rsplit('/').next().and_then(|n| n.split('?').next()).expect("a name");
    keep(&get(&region().url(path)), name)
}

/// A feature as some road delivers it.
struct Row {
    fid: i64,
    values: Vec<(String, Option<FieldValue>)>,
    geometry: Option<Geometry>,
}

fn read(path: &Path, layer: &str) -> Vec<Row> {
    let dataset = Dataset::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut layer = dataset.layer_by_name(layer).expect("the layer");
    layer
        .features()
        .map(|f| Row {
            fid: f.fid().map_or(-1, u64::cast_signed),
            values: (0..).zip(f.fields()).map(|(i, (name, v))| (name, v.filter(|_| is_set(&f, i)))).collect(),
            geometry: f.geometry().filter(|_| has_geometry(&f)).cloned(),
        })
        .collect()
}

/// The `gdal` crate takes a field that is not there for zero.
#[allow(unsafe_code)]
fn is_set(feature: &gdal::vector::Feature<'_>, index: i32) -> bool {
    // SAFETY: the feature is alive, and the call only reads.
    unsafe { gdal_sys::OGR_F_IsFieldSetAndNotNull(feature.c_feature(), index) != 0 }
}

/// And a geometry that is not there for one without content.
#[allow(unsafe_code)]
fn has_geometry(feature: &gdal::vector::Feature<'_>) -> bool {
    // SAFETY: the feature is alive, and the call only reads.
    unsafe { !gdal_sys::OGR_F_GetGeometryRef(feature.c_feature()).is_null() }
}

/// What the table holds: attributes as JSON, and the geometry in a system (its own for 0).
async fn table(database: &Store, layer: &str, srid: i32) -> Vec<(i64, Value, Option<Geometry>)> {
    let place = if srid == 0 { "geom".to_owned() } else { format!("ST_Transform(geom, {srid})") };
    let sql = format!(
        "select fid, (to_jsonb(t) - 'geom' - 'fid')::text, ST_AsText({place}, 17) from data.\"{layer}\" t order by fid"
    );
    let mut session = database.job().await.expect("session");
    let rows = session.query(&sql, &[]).await.expect("rows");
    assert!(!rows.is_empty(), "{layer} is empty");
    rows.iter()
        .map(|row| {
            let values = serde_json::from_str(row.get(1)).expect("JSON");
            let wkt: Option<String> = row.get(2);
            (row.get(0), values, wkt.map(|w| Geometry::from_wkt(&w).expect("wkt")))
        })
        .collect()
}

/// Whether a value that GDAL read is the one of the table.
fn is_same(wanted: &Value, found: Option<&FieldValue>) -> bool {
    let Some(found) = found else { return wanted.is_null() };
    match (wanted, found) {
        (Value::Null, _) => false,
        (Value::Bool(wanted), FieldValue::IntegerValue(found)) => i32::from(*wanted) == *found,
        (Value::Bool(wanted), FieldValue::StringValue(found)) => wanted.to_string() == *found,
        (Value::Number(wanted), FieldValue::IntegerValue(found)) => {
            wanted.as_i64() == Some(i64::from(*found))
        }
        (Value::Number(wanted), FieldValue::Integer64Value(found)) => wanted.as_i64() == Some(*found),
        (Value::Number(wanted), FieldValue::RealValue(found)) => {
            wanted.as_f64().is_some_and(|w| (w - found).abs() <= w.abs() * 1e-15)
        }
        (Value::String(wanted), FieldValue::StringValue(found)) => {
            let instant = |text: &str| chrono::DateTime::parse_from_rfc3339(text).ok();
            wanted == found || instant(wanted).is_some_and(|w| Some(w) == instant(found))
        }
        (Value::String(wanted), FieldValue::DateValue(found)) => *wanted == found.to_string(),
        (Value::String(wanted), FieldValue::DateTimeValue(found)) => {
            let wanted = chrono::DateTime::parse_from_rfc3339(wanted).expect("an instant");
            wanted.timestamp_millis() == found.timestamp_millis()
        }
        // Without a declared type GDAL guesses one.
        (Value::String(wanted), FieldValue::IntegerValue(found)) => wanted.parse() == Ok(*found),
        (Value::Array(wanted), FieldValue::StringListValue(found)) => {
            wanted.iter().map(|w| w.as_str().unwrap_or_default()).eq(found.iter().map(String::as_str))
        }
        (Value::Array(_) | Value::Object(_), FieldValue::StringValue(found)) => {
            serde_json::from_str::<Value>(found).is_ok_and(|found| found == *wanted)
        }
        _ => false,
    }
}

/// Whether two geometries are the same up to a tolerance: type, number of points, box, area and length. Rings
/// may run the other way round.
#[track_caller]
fn assert_same_place(wanted: &Geometry, found: &Geometry, tolerance: f64, what: &str) {
    let (a, b) = (wanted.envelope(), found.envelope());
    let edges = [(a.MinX, b.MinX), (a.MaxX, b.MaxX), (a.MinY, b.MinY), (a.MaxY, b.MaxY)];
    assert!(edges.iter().all(|(a, b)| (a - b).abs() <= tolerance), "{what}: {edges:?}");
    let wkt = |g: &Geometry| g.wkt().expect("wkt");
    let points = |g: &Geometry| wkt(g).matches(',').count();
    let kind = |g: &Geometry| wkt(g).split('(').next().map(|k| k.trim().to_owned());
    assert_eq!((kind(wanted), points(wanted)), (kind(found), points(found)), "{what}");
    let size = (a.MaxX - a.MinX) + (a.MaxY - a.MinY);
    assert!((wanted.area() - found.area()).abs() <= tolerance * size.max(tolerance) * 10.0, "{what}: area");
}

#[track_caller]
fn assert_same(table: &[(i64, Value, Option<Geometry>)], rows: &[Row], tolerance: f64, what: &str) {
    assert_eq!(table.len(), rows.len(), "{what}: number of features");
    for ((fid, values, geometry), row) in table.iter().zip(rows) {
        for (name, wanted) in values.as_object().expect("an object") {
            let found = row.values.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.as_ref());
            assert!(is_same(wanted, found), "{what}, feature {fid}: {name} is {wanted}, read {found:?}");
        }
        match (geometry, &row.geometry) {
            (Some(wanted), Some(found)) => {
                assert_same_place(wanted, found, tolerance, &format!("{what}, feature {fid}"));
            }
            (wanted, found) => assert_eq!(wanted.is_none(), found.is_none(), "{what}, feature {fid}"),
        }
    }
}

/// Datasets and layers of the region with all kinds of columns and geometries.
const LAYERS: [(&str, &str); 6] = [
    ("communes", "communes"),
    ("evenements", "evenements"),
    ("routes", "routes"),
    ("patrimoine", "monuments"),
    ("patrimoine", "sites_proteges"),
    ("patrimoine", "sentiers"),
];

/// The region's database in this test's own runtime.
fn database() -> Store {
    Store::connect(&region().database.url, 2).expect("store")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_geopackage_holds_exactly_what_the_table_holds() {
    let database = database();
    for (dataset, layer) in LAYERS {
        let file = download(&format!("/download/{dataset}/{layer}.gpkg"));
        let rows = read(&file.path, layer);
        let table = table(&database, layer, 0).await;
        assert_same(&table, &rows, 0.0, layer);
        let fids: Vec<i64> = table.iter().map(|(fid, ..)| *fid).collect();
        assert_eq!(rows.iter().map(|r| r.fid).collect::<Vec<_>>(), fids, "{layer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn geojson_and_gml_hold_what_the_table_holds() {
    let database = database();
    for (dataset, layer) in LAYERS {
        let file = download(&format!("/download/{dataset}/{layer}.geojson"));
        let degrees = table(&database, layer, 4326).await;
        assert_same(&degrees, &read(&file.path, layer), 1e-7, &format!("{layer}.geojson"));
        let file = download(&format!("/download/{dataset}/{layer}.gml"));
        let rows = read(&file.path, layer);
        let native = table(&database, layer, 0).await;
        assert_same(&native, &rows, 1e-3, &format!("{layer}.gml"));
        for ((fid, ..), row) in native.iter().zip(&rows) {
            let id = row.values.iter().find(|(n, _)| n == "gml_id").and_then(|(_, v)| v.clone());
            let id = id.and_then(FieldValue::into_string);
            assert_eq!(id, Some(format!("{layer}.{fid}")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_comes_in_the_system_asked_for() {
    let database = database();
    for (srid, tolerance) in [(4326, 1e-7), (3857, 1e-2), (32631, 2e-3), (3035, 2e-3), (4171, 1e-7)] {
        let table = table(&database, "communes", srid).await;
        for extension in ["gpkg", "geojson", "gml"] {
            let path = format!("/download/communes/communes.{extension}?crs=EPSG:{srid}");
            let file = download(&path);
            assert_same(&table, &read(&file.path, "communes"), tolerance, &path);
            let dataset = Dataset::open(&file.path).expect("opened");
            let system = dataset.layer(0).expect("layer").spatial_ref().expect("a system");
            assert_eq!(system.auth_code().ok(), Some(srid), "{path}");
        }
    }
}

#[test]
fn coordinates_of_a_geopackage_are_longitude_first_whatever_spells_the_system() {
    for spelling in
        ["EPSG:4326", "CRS:84", "urn:ogc:def:crs:EPSG::4326", "http://www.opengis.net/def/crs/EPSG/0/4326"]
    {
        let file = download(&format!("/download/evenements/evenements.gpkg?crs={spelling}"));
        let rows = read(&file.path, "evenements");
        let place = rows[0].geometry.as_ref().expect("a place").get_point(0);
        assert!((5.0..7.0).contains(&place.0) && (43.0..44.0).contains(&place.1), "{spelling}: {place:?}");
    }
}

#[test]
fn a_dataset_with_several_layers_is_one_geopackage() {
    let file = download("/download/patrimoine/patrimoine.gpkg");
    let dataset = Dataset::open(&file.path).expect("opened");
    let layers: Vec<(String, u64)> = dataset.layers().map(|l| (l.name(), l.feature_count())).collect();
    let wanted = [("monuments", 60), ("sites_proteges", 12), ("sentiers", 15)];
    assert_eq!(layers, wanted.map(|(name, count)| (name.to_owned(), count)));
    let list = get(&region().url("/download/patrimoine")).json();
    let files = list["files"].as_array().expect("files");
    let names: Vec<&str> = files.iter().filter_map(|f| f["name"].as_str()).collect();
    let of = |stem: &str| names.iter().filter(|n| n.split('.').next() == Some(stem)).count();
    // x and y are columns for points only; formats that hold several layers hold the dataset as well.
    assert_eq!(
        (of("monuments"), of("sites_proteges"), of("sentiers"), files.len()),
        (11, 10, 10, 34),
        "{names:?}"
    );
    assert_eq!(
        names.iter().filter(|n| n.starts_with("patrimoine.")).collect::<Vec<_>>(),
        [&"patrimoine.gpkg", &"patrimoine.shp.zip", &"patrimoine.xlsx"]
    );
    for file in files {
        let answer = get(file["href"].as_str().expect("an address"));
        assert_eq!(answer.status, 200, "{file}");
        let bare = |t: &str| t.split(';').next().unwrap_or_default().to_owned();
        assert_eq!(bare(answer.header("content-type")), bare(file["type"].as_str().expect("a type")));
        let name = format!("attachment; filename=\"{}\"", file["name"].as_str().expect("a name"));
        assert_eq!(answer.header("content-disposition"), name);
    }
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    for (path, status, told) in [
        ("/download/nowhere/communes.gpkg", 404, "there is no dataset 'nowhere'"),
        ("/download/nowhere", 404, "there is no dataset 'nowhere'"),
        ("/download/patrimoine/communes.gpkg", 404, "monuments.gpkg, sites_proteges.gpkg, sentiers.gpkg"),
        ("/download/patrimoine/patrimoine.geojson", 404, "monuments.geojson"),
        ("/download/communes/communes.shp", 404, "offered are .gpkg, .shp.zip, .geojson, .fgb"),
        ("/download/communes/communes", 404, "offered are .gpkg, .shp.zip, .geojson, .fgb"),
        ("/download/communes/communes.GPKG", 404, "offered are .gpkg, .shp.zip, .geojson, .fgb"),
        ("/download/communes/..%2Fcommunes.gpkg", 404, "offered are .gpkg"),
        ("/download/communes/routes.gpkg", 404, "it has: communes.gpkg"),
        ("/download/communes/communes.gpkg?crs=EPSG:99999", 400, "offered are EPSG:2154, EPSG:4326"),
        ("/download/communes/communes.gpkg?crs=Lambert", 400, "offered are EPSG:2154, EPSG:4326"),
        ("/download/communes/communes.gpkg?crs=", 400, "offered are EPSG:2154, EPSG:4326"),
        (
            "/download/communes/communes.gml?srsName=EPSG:4326",
            400,
            "no parameter 'srsName' here; there is crs",
        ),
        ("/download/communes/communes.gml?crs=%ff", 400, "UTF-8"),
    ] {
        let answer = get(&region().url(path));
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(told), "{path}: {detail}");
    }
    let page = get_with(&region().url("/download/communes/x.gpkg"), &[("accept", "text/html")]);
    assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
}

#[test]
fn scopes_show_their_own_files_only() {
    let organisation = "/org/vallee-de-l-aigue";
    for path in [organisation, "/dataset/communes", ""] {
        let answer = get(&region().url(&format!("{path}/download/communes/communes.gpkg")));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    for path in
        ["/dataset/routes/download/communes/communes.gpkg", "/org/nobody/download/communes/communes.gml"]
    {
        assert_eq!(get(&region().url(path)).status, 404, "{path}");
    }
}

#[test]
fn the_same_data_is_the_same_file_under_one_etag() {
    for path in [
        "/download/patrimoine/patrimoine.gpkg",
        "/download/communes/communes.geojson",
        "/download/communes/communes.gml",
    ] {
        let url = region().url(path);
        let (first, second) = (get(&url), get(&url));
        assert_eq!(first.status, 200, "{}", first.text());
        assert!(first.body == second.body, "{path} differs from one time to the next");
        let etag = first.header("etag").to_owned();
        assert!(etag.starts_with('"') && etag == second.header("etag"), "{etag}");
        assert_eq!(get_with(&url, &[("if-none-match", &etag)]).status, 304);
        let other = get(&format!("{url}?crs=EPSG:3857"));
        assert_ne!(other.header("etag"), etag, "another system is another file");
        let told = head(&url);
        assert_eq!((told.status, told.header("etag")), (200, etag.as_str()));
        for name in ["content-type", "content-disposition"] {
            assert_eq!(told.header(name), first.header(name), "{name} of HEAD {path}");
        }
    }
    let whole = get(&region().url("/download/patrimoine/patrimoine.gpkg"));
    assert_eq!(whole.header("content-length"), whole.body.len().to_string(), "who waits sees how long");
}

const FEATURES: &str = "/wfs?service=WFS&version=2.0.0&request=GetFeature";

#[tokio::test(flavor = "multi_thread")]
async fn wfs_answers_geopackages() {
    let database = database();
    for name in ["application/geopackage%2Bsqlite3", "gpkg", "geopackage"] {
        let answer = get(&region().url(&format!("{FEATURES}&typeNames=communes&outputFormat={name}")));
        assert_eq!(answer.header("content-type"), "application/geopackage+sqlite3", "{}", answer.text());
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"communes.gpkg\"");
        let file = keep(&answer, "a.gpkg");
        assert_same(&table(&database, "communes", 0).await, &read(&file.path, "communes"), 0.0, name);
    }
    let query =
        "&typeNames=communes&propertyName=nom,geom&srsName=EPSG:4326&startIndex=5&count=7&outputFormat=gpkg";
    let file = keep(&get(&region().url(&format!("{FEATURES}{query}"))), "a.gpkg");
    let rows = read(&file.path, "communes");
    assert_eq!(rows.iter().map(|r| r.fid).collect::<Vec<_>>(), (6..13).collect::<Vec<_>>());
    assert_eq!(rows[0].values.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), ["nom"]);
    let envelope = rows[0].geometry.as_ref().expect("a place").envelope();
    assert!((4.0..8.0).contains(&envelope.MinX), "{envelope:?}");

    let several = "&typeNames=(monuments)(sentiers)(monuments)&outputFormat=gpkg";
    let file = keep(&get(&region().url(&format!("{FEATURES}{several}"))), "a.gpkg");
    let counts = |path: &Path| -> Vec<(String, u64)> {
        Dataset::open(path).expect("opened").layers().map(|l| (l.name(), l.feature_count())).collect()
    };
    let wanted = [("monuments", 60), ("sentiers", 15), ("monuments_2", 60)];
    assert_eq!(counts(&file.path), wanted.map(|(n, c)| (n.to_owned(), c)));
    let paged = format!("{FEATURES}{several}&startIndex=50&count=20");
    let file = keep(&get(&region().url(&paged)), "a.gpkg");
    let wanted = [("monuments", 10), ("sentiers", 10), ("monuments_2", 0)];
    assert_eq!(counts(&file.path), wanted.map(|(n, c)| (n.to_owned(), c)));

    let one = "/wfs?service=WFS&version=2.0.0&request=GetFeature&storedQuery_id=urn:ogc:def:query:OGC-WFS::GetFeatureById&outputFormat=gpkg&id=";
    let file = keep(&get(&region().url(&format!("{one}communes.3"))), "a.gpkg");
    assert_eq!(read(&file.path, "communes").iter().map(|r| r.fid).collect::<Vec<_>>(), [3]);
    assert_eq!(get(&region().url(&format!("{one}communes.3000"))).status, 404);
    let hits =
        get(&region().url(&format!("{FEATURES}&typeNames=communes&resultType=hits&outputFormat=gpkg")));
    assert!(hits.text().contains("numberMatched=\"60\""), "{}", hits.text());
    let values = "/wfs?service=WFS&version=2.0.0&request=GetPropertyValue&typeNames=communes&valueReference=nom&outputFormat=gpkg";
    let refused = get(&region().url(values));
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("outputFormat"), "{}", refused.text());
}

#[test]
fn a_geopackage_without_geometries_is_a_table_of_attributes() {
    let url = region().url(&format!("{FEATURES}&typeNames=communes&propertyName=nom&outputFormat=gpkg"));
    let file = keep(&get(&url), "a.gpkg");
    let dataset = Dataset::open(&file.path).expect("opened");
    let layer = dataset.layer(0).expect("a layer");
    assert_eq!((layer.feature_count(), layer.defn().geom_fields().count()), (60, 0));
}

#[test]
fn ogc_api_items_come_as_a_whole_file() {
    let items = |query: &str| region().url(&format!("/ogc/collections/communes/items?{query}"));
    let answer = get(&items("f=gpkg"));
    assert_eq!(answer.header("content-type"), "application/geopackage+sqlite3", "{}", answer.text());
    assert_eq!(answer.header("content-crs"), "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>");
    let file = keep(&answer, "a.gpkg");
    assert_eq!(read(&file.path, "communes").len(), 60, "all, not a page of them");
    let accepted = get_with(&items(""), &[("accept", "application/geopackage+sqlite3, */*;q=0.1")]);
    assert!(accepted.body.starts_with(b"SQLite format 3\0"), "{}", accepted.text());
    let file = keep(
        &get(&items("f=gpkg&limit=3&offset=4&crs=http://www.opengis.net/def/crs/EPSG/0/3857")),
        "a.gpkg",
    );
    assert_eq!(read(&file.path, "communes").iter().map(|r| r.fid).collect::<Vec<_>>(), [5, 6, 7]);
    let named = get(&items("f=gpkg")).body.len();
    let filtered = get(&items("f=gpkg&bbox=5.5,43.4,5.6,43.5"));
    assert!(filtered.status == 200 && filtered.body.len() < named);
    let unknown = get(&items("f=dwg"));
    assert_eq!(unknown.status, 400);
    assert!(
        unknown.text().contains("json, html, jsonfg, gml") && unknown.text().contains("gpkg"),
        "{}",
        unknown.text()
    );
}

/// A server with a data directory of its own.
struct Bench {
    database: TestDatabase,
    server: support::TestServer,
    data: tempfile::TempDir,
}

async fn bench(limits: Limits) -> Bench {
    let database = support::database().await;
    ingest(&database, "communes", &[fixture("communes.zip")], |_| ()).await.expect("published");
    let data = tempfile::tempdir().expect("folder");
    let server = server_with(&database, Config { limits, data: data.path().to_owned(), ..config() });
    Bench { database, server, data }
}

impl Bench {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.base)
    }

    /// Files that are being built.
    fn building(&self) -> usize {
        std::fs::read_dir(self.data.path().join("tmp")).map_or(0, Iterator::count)
    }

    async fn queries(&self) -> String {
        scalar(
            &self.database,
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
             and state <> 'idle' and query ilike '%select fid%'",
        )
        .await
    }

    /// Keeps everybody from the table until the answer is dropped.
    async fn lock(&self) -> datasud::store::Transaction {
        let table = scalar(&self.database, "select table_name from datasud.layer").await;
        let session = self.database.store.job().await.expect("session");
        let mut transaction = session.begin().await.expect("begun");
        let lock = format!("lock table data.\"{table}\" in access exclusive mode");
        transaction.session().expect("session").batch(&lock).await.expect("locked");
        transaction
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_beyond_the_limit_is_refused_in_the_words_of_each_protocol() {
    let bench = bench(Limits { export_bytes: 200_000, ..Limits::default() }).await;
    let answer = get(&bench.url("/download/communes/communes.gpkg"));
    assert_eq!((answer.status, answer.header("content-type")), (422, "application/problem+json"));
    assert!(answer.text().contains("200000 bytes") && answer.text().contains("limits.export-bytes"));
    let answer = get(&bench.url(&format!("{FEATURES}&typeNames=communes&outputFormat=gpkg")));
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("ExceptionReport") && answer.text().contains("limits.export-bytes"));
    let answer = get(&bench.url("/ogc/collections/communes/items?f=gpkg"));
    assert_eq!((answer.status, answer.header("content-type")), (422, "application/problem+json"));
    // What is streamed has no such bound, and HEAD builds nothing.
    assert_eq!(get(&bench.url("/download/communes/communes.gml")).status, 200);
    assert_eq!(head(&bench.url("/download/communes/communes.gpkg")).status, 200);
    // A part that fits is answered.
    assert_eq!(get(&bench.url("/ogc/collections/communes/items?f=gpkg&limit=5")).status, 200);
    assert_eq!(bench.building(), 0, "nothing is left of what was given up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_ends_its_query_and_its_file() {
    let bench = bench(Limits::default()).await;
    let lock = bench.lock().await;
    let host = bench.server.base.trim_start_matches("http://").to_owned();
    let mut stream = support::connect(&host);
    write!(stream, "GET /download/communes/communes.gpkg HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("asked");
    until("the file is begun", || bench.building() == 1);
    until_holds("its query runs", async || bench.queries().await != "0").await;
    drop(stream);
    until("the file goes with its client", || bench.building() == 0);
    until_holds("the query ends with its client", async || bench.queries().await == "0").await;
    lock.rollback().await.expect("unlocked");
    assert_eq!(get(&bench.url("/download/communes/communes.gpkg")).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_in_the_middle_of_a_built_file_leaves_nothing() {
    let bench = bench(Limits::default()).await;
    let table = scalar(&bench.database, "select table_name from datasud.layer").await;
    let mut session = bench.database.store.job().await.expect("session");
    let more = format!(
        "insert into data.\"{table}\" (fid, nom, geom) select 100 + row_number() over (), nom, geom \
         from data.\"{table}\", generate_series(1, 100)"
    );
    session.batch(&more).await.expect("more");
    let host = bench.server.base.trim_start_matches("http://").to_owned();
    let mut stream = support::connect(&host);
    write!(stream, "GET /download/communes/communes.gpkg HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("asked");
    let mut start = [0_u8; 4096];
    stream.read_exact(&mut start).expect("the start of the answer");
    assert!(start.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&start));
    assert_eq!(bench.building(), 0, "a file that is being sent has no name any more");
    drop(stream);
    let whole = get(&bench.url("/download/communes/communes.gpkg"));
    assert!(whole.status == 200 && whole.body.len() > 1_000_000, "{}", whole.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_files_at_once_than_may_be_and_time_that_is_over_are_told() {
    let limits = Limits { exports: 1, request_seconds: 1, export_seconds: 5, ..Limits::default() };
    let bench = bench(limits).await;
    let lock = bench.lock().await;
    let url = bench.url("/download/communes/communes.gpkg");
    let first = {
        let url = url.clone();
        std::thread::spawn(move || get(&url))
    };
    until("the first is begun", || bench.building() == 1);
    let second = get(&url);
    assert_eq!(second.status, 503, "{}", second.text());
    assert!(second.header("retry-after").parse::<u32>().is_ok());
    assert!(second.text().contains("at once"), "{}", second.text());
    let first = first.join().expect("answered");
    assert_eq!((first.status, first.header("content-type")), (503, "application/problem+json"));
    until("nothing is left of a file whose time is over", || bench.building() == 0);
    lock.rollback().await.expect("unlocked");
    assert_eq!(get(&url).status, 200, "its place is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_follows_its_data() {
    let bench = bench(Limits::default()).await;
    let url = bench.url("/download/communes/communes.gpkg");
    let before = get(&url).header("etag").to_owned();
    let table = scalar(&bench.database, "select table_name from datasud.layer").await;
    let mut session = bench.database.store.job().await.expect("session");
    let edit = format!("update data.\"{table}\" set nom = 'Nouvelle-Ville' where fid = 1");
    session.batch(&edit).await.expect("edited");
    until("the server hears of it", || head(&url).header("etag") != before);
    let after = get_with(&url, &[("if-none-match", &before)]);
    let file = keep(&after, "a.gpkg");
    let name = read(&file.path, "communes").swap_remove(0).values.into_iter().find(|(n, _)| n == "nom");
    assert_eq!(name.and_then(|(_, v)| v?.into_string()), Some("Nouvelle-Ville".to_owned()));
}
