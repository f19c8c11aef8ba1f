//! Bad files through the command line: a clear sentence, exit code 1, nothing published, no half table.

use crate::support::region::{Ran, data_tables, datasud, fixture, scalar};
use crate::support::{self, TestDatabase};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A database with something published already, and a folder for the bad files.
struct Ground {
    database: TestDatabase,
    folder: tempfile::TempDir,
    before: (String, Vec<String>),
}

impl Ground {
    async fn new() -> Self {
        let database = support::database().await;
        let folder = tempfile::tempdir().expect("folder");
        let good = folder.path().join("present.geojson");
        fs::write(&good, point_collection("", "{\"a\":1}")).expect("written");
        let ran = datasud(&database, &["ingest", text(&good)]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let before = state(&database).await;
        Self { database, folder, before }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("written");
        path
    }

    fn ingest(&self, path: &Path, options: &[&str]) -> Ran {
        let mut args = vec!["ingest", text(path), "--json"];
        args.extend(options);
        datasud(&self.database, &args)
    }

    /// Ingests a file that must be refused with a sentence that has all of `words`.
    async fn refused(&self, path: &Path, options: &[&str], words: &[&str]) {
        let ran = self.ingest(path, options);
        assert_eq!(ran.code, 1, "exit code of {}: {} {}", path.display(), ran.stdout, ran.stderr);
        let answer = ran.json();
        assert_eq!(answer["status"], "refused");
        assert_eq!(answer["layers"], serde_json::json!([]));
        let said: Vec<&str> = answer["report"]
            .as_array()
            .expect("a report")
            .iter()
            .filter(|f| f["level"] == "error")
            .filter_map(|f| f["message"].as_str())
            .collect();
        assert!(!said.is_empty(), "no finding of level error: {answer}");
        let all = said.join("\n");
        for word in words {
            assert!(all.contains(word), "'{word}' is not in: {all}");
        }
        assert!(!all.contains("select ") && !all.contains("panicked"), "{all}");
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        self.nothing_changed().await;
    }

    async fn nothing_changed(&self) {
        assert_eq!(state(&self.database).await, self.before, "something was left behind");
    }
}

/// What is published and which tables there are.
async fn state(database: &TestDatabase) -> (String, Vec<String>) {
    (datasud(database, &["list", "--json"]).stdout, data_tables(database).await)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn point_collection(members: &str, properties: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection",{members}"features":[{{"type":"Feature","properties":{properties},"geometry":{{"type":"Point","coordinates":[5.5,43.5]}}}}]}}"#
    )
}

/// The files of the shapefile of the fixtures.
fn shapefile(folder: &Path, leave_out: &[&str]) -> PathBuf {
    let file = fs::File::open(fixture("communes.zip")).expect("fixture");
    let mut archive = zip::ZipArchive::new(file).expect("a zip");
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        if leave_out.iter().any(|e| name.ends_with(e)) {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("read");
        fs::write(folder.join(name), bytes).expect("written");
    }
    folder.join("communes.shp")
}

fn zip(path: &Path, entries: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(fs::File::create(path).expect("created"));
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("finished");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let ground = Ground::new().await;
    ground.refused(&ground.path("absent.zip"), &[], &["absent.zip", "no such file"]).await;
}

#[tokio::test]
async fn a_corrupt_shapefile_is_refused() {
    let ground = Ground::new().await;
    let shape = shapefile(ground.folder.path(), &[]);
    fs::write(&shape, b"this is no shapefile at all, whatever its name says").expect("written");
    ground.refused(&shape, &[], &["communes"]).await;
}

#[tokio::test]
async fn a_truncated_shapefile_is_refused() {
    let ground = Ground::new().await;
    let shape = shapefile(ground.folder.path(), &[]);
    let bytes = fs::read(&shape).expect("read");
    fs::write(&shape, &bytes[..bytes.len() / 2]).expect("written");
    ground.refused(&shape, &[], &["communes"]).await;
}

#[tokio::test]
async fn a_shapefile_without_its_index_or_table_is_refused_and_says_which_is_missing() {
    for missing in [".shx", ".dbf"] {
        let ground = Ground::new().await;
        let shape = shapefile(ground.folder.path(), &[missing]);
        ground.refused(&shape, &[], &[missing]).await;
    }
}

#[tokio::test]
async fn a_shapefile_without_prj_asks_for_the_crs() {
    let ground = Ground::new().await;
    let shape = shapefile(ground.folder.path(), &[".prj"]);
    ground.refused(&shape, &[], &["--crs"]).await;
    let ran = ground.ingest(&shape, &["--crs", "EPSG:2154"]);
    assert_eq!((ran.code, &ran.json()["layers"][0]["crs"]), (0, &"EPSG:2154".into()), "{}", ran.stderr);
}

#[tokio::test]
async fn an_empty_zip_and_a_zip_without_data_are_refused() {
    let ground = Ground::new().await;
    let empty = ground.path("empty.zip");
    zip(&empty, &[]);
    ground.refused(&empty, &[], &["empty.zip"]).await;
    let letters = ground.path("letters.zip");
    zip(&letters, &[("readme.txt", b"hello"), ("folder/notes.pdf", b"%PDF")]);
    ground.refused(&letters, &[], &["letters.zip"]).await;
    let none = ground.write("none.zip", b"");
    ground.refused(&none, &[], &["none.zip"]).await;
    let fake = ground.write("fake.zip", b"PK\x03\x04 but not for long");
    ground.refused(&fake, &[], &["fake.zip"]).await;
}

#[tokio::test]
async fn an_archive_that_escapes_its_folder_is_refused_and_writes_nothing_outside() {
    let ground = Ground::new().await;
    let evil = ground.path("evil.zip");
    let inside = point_collection("", "{\"a\":1}");
    zip(&evil, &[("../escaped.geojson", inside.as_bytes())]);
    ground.refused(&evil, &[], &["evil.zip"]).await;
    let absolute = ground.path("absolute.zip");
    zip(&absolute, &[("/tmp/datasud-escaped.geojson", inside.as_bytes())]);
    ground.refused(&absolute, &[], &["absolute.zip"]).await;
    assert!(!Path::new("/tmp/datasud-escaped.geojson").exists());
}

#[tokio::test]
async fn an_archive_that_unpacks_beyond_the_limit_is_refused() {
    let ground = Ground::new().await;
    let config = ground.write("datasud.toml", "[limits]\narchive-bytes = 1000000\n");
    let bomb = ground.path("bomb.zip");
    let mut bytes = point_collection("", "{\"a\":1}").into_bytes();
    bytes.resize(8_000_000, b' ');
    zip(&bomb, &[("bomb.geojson", &bytes)]);
    assert!(fs::metadata(&bomb).expect("there").len() < 100_000);
    ground.refused(&bomb, &["--config", text(&config)], &["bomb.zip"]).await;
}

#[tokio::test]
async fn geojson_that_is_not_valid_is_refused() {
    let ground = Ground::new().await;
    for (name, content) in [
        ("empty.geojson", ""),
        ("cut.geojson", r#"{"type":"FeatureCollection","features":[{"type":"Feature","geom"#),
        ("text.geojson", "just some text"),
        ("html.geojson", "<html><body>404</body></html>"),
        ("json.geojson", r#"{"hello":"world"}"#),
        ("array.geojson", "[1,2,3]"),
    ] {
        ground.refused(&ground.write(name, content), &[], &[name.trim_end_matches(".geojson")]).await;
    }
}

#[tokio::test]
async fn an_unknown_crs_is_refused_whether_it_is_given_or_in_the_file() {
    let ground = Ground::new().await;
    let good = ground.write("points.geojson", point_collection("", "{\"a\":1}"));
    ground.refused(&good, &["--crs", "EPSG:999999"], &["999999"]).await;
    ground.refused(&good, &["--crs", "lambert"], &["lambert", "EPSG:2154"]).await;
    let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::999999"}},"#;
    let odd = ground.write("odd.geojson", point_collection(crs, "{\"a\":1}"));
    ground.refused(&odd, &[], &["--crs"]).await;
}

#[tokio::test]
async fn coordinates_outside_the_crs_are_refused() {
    let ground = Ground::new().await;
    let metres = point_collection("", "{\"a\":1}").replace("[5.5,43.5]", "[895000.0,6250000.0]");
    ground.refused(&ground.write("metres.geojson", metres), &[], &["--crs"]).await;
}

#[tokio::test]
async fn an_unknown_encoding_is_refused() {
    let ground = Ground::new().await;
    let shape = shapefile(ground.folder.path(), &[]);
    ground.refused(&shape, &["--encoding", "klingon"], &["klingon"]).await;
}

#[tokio::test]
async fn a_layer_without_features_is_published_and_that_is_said() {
    let ground = Ground::new().await;
    let empty = ground.write("rien.geojson", r#"{"type":"FeatureCollection","features":[]}"#);
    let ran = ground.ingest(&empty, &[]);
    let answer = ran.json();
    assert_eq!((ran.code, &answer["status"]), (0, &"published".into()), "{}", ran.stderr);
    assert_eq!(answer["layers"][0]["features"], 0);
    assert!(answer["layers"][0]["extent"].is_null());
    assert!(!answer["report"].as_array().expect("a report").is_empty(), "{answer}");
}

#[tokio::test]
async fn duplicate_and_reserved_column_names_are_made_safe_and_the_data_is_published() {
    let ground = Ground::new().await;
    let properties =
        r#"{"fid":7,"geom":"g","select":"s","Nom":"a","nom":"b","a b":"c","xmin":1,"tableoid":3}"#;
    let ran = ground.ingest(&ground.write("noms.geojson", point_collection("", properties)), &[]);
    assert_eq!(ran.code, 0, "{} {}", ran.stdout, ran.stderr);
    let columns = scalar(
        &ground.database,
        "select count(distinct c ->> 'name') from datasud.layer, jsonb_array_elements(columns) c where slug = 'noms'",
    ).await;
    assert_eq!(columns, "8");
}

#[tokio::test]
async fn three_hundred_columns_are_published() {
    let ground = Ground::new().await;
    let members: Vec<String> = (0..300).map(|n| format!("\"colonne_{n}\":{n}")).collect();
    let wide = ground.write("large.geojson", point_collection("", &format!("{{{}}}", members.join(","))));
    let ran = ground.ingest(&wide, &[]);
    assert_eq!(ran.code, 0, "{} {}", ran.stdout, ran.stderr);
    let columns = scalar(
        &ground.database,
        "select jsonb_array_length(columns) from datasud.layer where slug = 'large'",
    )
    .await;
    assert_eq!(columns, "300");
}

#[tokio::test]
async fn a_name_in_use_is_refused_and_both_ways_out_are_said() {
    let ground = Ground::new().await;
    ground.refused(&ground.path("present.geojson"), &[], &["present", "--replace", "--dataset"]).await;
    let other = ground.write("other.geojson", point_collection("", "{\"a\":2}"));
    ground.refused(&other, &["--dataset", "present"], &["present", "--replace", "--dataset"]).await;
    ground.refused(&other, &["--layer", "present"], &["present", "--layer"]).await;
}

#[tokio::test]
async fn a_broken_style_is_refused_with_its_line_before_anything_is_loaded() {
    let ground = Ground::new().await;
    let good = ground.write("points.geojson", point_collection("", "{\"a\":1}"));
    let style = ground.write("broken.sld", "<StyledLayerDescriptor>\n  <NamedLayer></oops>\n");
    ground.refused(&good, &["--style", text(&style)], &["style", "line 2"]).await;
    ground.refused(&good, &["--style", text(&ground.path("absent.sld"))], &["absent.sld"]).await;
}

#[tokio::test]
async fn a_bad_replacement_leaves_the_published_version_alone() {
    let ground = Ground::new().await;
    let bad = ground.write("bad.geojson", "{\"type\":\"FeatureCollection\",\"features\":[");
    ground.refused(&bad, &["--dataset", "present", "--replace"], &["bad"]).await;
}

#[tokio::test]
async fn one_bad_file_among_good_ones_refuses_them_all() {
    let ground = Ground::new().await;
    let good = ground.write("bon.geojson", point_collection("", "{\"a\":1}"));
    let bad = ground.write("mauvais.geojson", "nothing");
    ground.refused(&good, &[text(&bad), "--dataset", "deux"], &["mauvais"]).await;
}
