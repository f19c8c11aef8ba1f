//! Files that must be refused: a clear sentence, no table, no temporary file.

use super::Bench;
use super::files::{collection, point, squares, zip};
use datasud::ingest::{IngestError, ReadOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Refuses a file and checks that the sentence has all the words.
async fn refused(bench: &Bench, name: &str, bytes: &[u8], code: &str, words: &[&str]) {
    let finding = bench.refusal(&bench.write(name, bytes)).await;
    assert_eq!(finding.code, code, "{name}: {finding:?}");
    for word in words {
        assert!(finding.message.contains(word), "{name}: '{word}' is missing in: {}", finding.message);
    }
    let temporary = bench.folder.path().to_str().expect("path");
    assert!(!finding.message.contains(temporary), "{name}: a path is shown: {}", finding.message);
}

#[tokio::test]
async fn a_shapefile_that_lacks_a_part_is_refused_by_name() {
    let bench = Bench::new().await;
    let shape = squares();
    let (shp, shx, dbf) = (shape.shp(), shape.shx(), shape.dbf());
    let no_shx = zip(&[("a/zones.shp", &shp), ("a/zones.dbf", &dbf)]);
    refused(&bench, "a.zip", &no_shx, "shapefile-incomplete", &["zones.shx"]).await;
    let no_dbf = zip(&[("zones.shp", &shp), ("zones.shx", &shx)]);
    refused(&bench, "a.zip", &no_dbf, "shapefile-incomplete", &["zones.dbf"]).await;
    let no_shp = zip(&[("zones.shx", &shx), ("zones.dbf", &dbf)]);
    refused(&bench, "a.zip", &no_shp, "no-data", &["zones.shp"]).await;
    let bare = bench.write("seul/zones.shp", &shp);
    assert_eq!(bench.refusal(&bare).await.code, "shapefile-incomplete");
    refused(&bench, "zones.dbf", &dbf, "format-unknown", &["part of a shapefile"]).await;
}

#[tokio::test]
async fn a_truncated_or_corrupt_shapefile_is_refused_and_the_part_named() {
    let bench = Bench::new().await;
    let shape = squares();
    let whole = [("zones.shp", shape.shp()), ("zones.shx", shape.shx()), ("zones.dbf", shape.dbf())];
    let packed = |part: usize, bytes: &[u8]| {
        let mut entries: Vec<(&str, &[u8])> = whole.iter().map(|(n, b)| (*n, b.as_slice())).collect();
        entries[part].1 = bytes;
        entries.push(("zones.prj", super::files::ESRI_LAMBERT_93.as_bytes()));
        zip(&entries)
    };
    for (part, (name, bytes)) in whole.iter().enumerate() {
        for keep in [0, 10, bytes.len() / 2, bytes.len() - 20] {
            let cut = packed(part, &bytes[..keep]);
            refused(&bench, "a.zip", &cut, "shapefile-damaged", &[name]).await;
        }
        let rubbish = packed(part, &[0x55; 500]);
        refused(&bench, "a.zip", &rubbish, "shapefile-damaged", &[name]).await;
    }
    // Rows that do not fit the shapes would mix up attributes.
    let fewer = squares().null(&[b"x", b"1"]);
    refused(&bench, "a.zip", &packed(2, &fewer.dbf()), "shapefile-damaged", &["zones.dbf"]).await;
    // Headers that are right over contents that are not.
    let mut shp = shape.shp();
    shp[100..].fill(0xee);
    refused(&bench, "a.zip", &packed(0, &shp), "shapefile-damaged", &["zones.shp"]).await;
}

#[tokio::test]
async fn archives_that_are_empty_useless_or_broken_are_refused() {
    let bench = Bench::new().await;
    refused(&bench, "a.zip", &zip(&[]), "archive-empty", &["a.zip"]).await;
    refused(&bench, "a.zip", &zip(&[("lisezmoi.txt", b"bonjour")]), "no-data", &["a.zip"]).await;
    refused(&bench, "a.zip", b"this is no zip", "archive-damaged", &["a.zip"]).await;
    let whole = squares().zip("zones");
    refused(&bench, "a.zip", &whole[..whole.len() / 2], "archive-damaged", &["a.zip"]).await;
    let mut spoilt = whole.clone();
    let middle = 60;
    spoilt[middle..middle + 200].fill(0x5a);
    refused(&bench, "a.zip", &spoilt, "archive-damaged", &["a.zip"]).await;
    refused(&bench, "a.7z", b"7z\xbc\xaf\x27\x1c", "format-unknown", &["make a zip"]).await;
}

#[tokio::test]
async fn entries_that_leave_the_archive_refuse_it() {
    let bench = Bench::new().await;
    for name in ["../zones.shp", "/tmp/zones.shp", "a/../../zones.shp", "C:\\zones.shp", "..\\zones.shp"] {
        let bytes = zip(&[("ok.txt", b"x"), (name, b"x")]);
        refused(&bench, "a.zip", &bytes, "archive-escapes", &["outside"]).await;
    }
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.add_symlink("zones.shp", "/etc/passwd", options).expect("link");
    let bytes = writer.finish().expect("zip").into_inner();
    refused(&bench, "a.zip", &bytes, "archive-escapes", &["outside"]).await;
}

#[tokio::test]
async fn bombs_are_refused_before_they_fill_the_disk() {
    let mut bench = Bench::new().await;
    bench.config.limits.archive_bytes = 1 << 20;
    let bytes = zip(&[("zones.geojson", &vec![b' '; 2 << 20])]);
    refused(&bench, "a.zip", &bytes, "archive-too-large", &["1048576"]).await;
    bench.config.limits = datasud::config::Limits { archive_entries: 3, ..Default::default() };
    let many = zip(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")]);
    refused(&bench, "a.zip", &many, "archive-too-many", &["4 files"]).await;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("a.geojson", zip::write::SimpleFileOptions::default()).expect("entry");
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        writer.write_all(&zeros).expect("bytes");
    }
    let bytes = writer.finish().expect("zip").into_inner();
    assert!(bytes.len() < 1 << 20);
    refused(&bench, "a.zip", &bytes, "archive-bomb", &["bomb"]).await;
}

#[tokio::test]
async fn geojson_that_is_not_valid_is_refused_whole_with_its_place() {
    let bench = Bench::new().await;
    let features: Vec<(String, String)> =
        (0..500).map(|i| (format!(r#"{{"n":{i}}}"#), point(5.0 + f64::from(i) / 1000.0, 43.0))).collect();
    let features: Vec<(&str, &str)> = features.iter().map(|(p, g)| (p.as_str(), g.as_str())).collect();
    let whole = collection(&features);
    for keep in [1, 30, whole.len() / 2, whole.len() - 2] {
        refused(&bench, "a.geojson", &whole.as_bytes()[..keep], "geojson-invalid", &["cut off", "line"])
            .await;
    }
    let broken = whole.replacen("\"n\":250", "\"n\":NaN", 1);
    refused(&bench, "a.geojson", broken.as_bytes(), "geojson-invalid", &["line 251"]).await;
    let trailing = format!("{whole} rubbish");
    refused(&bench, "a.geojson", trailing.as_bytes(), "geojson-invalid", &["line"]).await;
    refused(&bench, "a.geojson", b"", "geojson-invalid", &["empty"]).await;
    refused(&bench, "a.json", br#"{"a":1}"#, "geojson-invalid", &["no \"type\""]).await;
    refused(&bench, "a.json", br#"{"type":"Topology","objects":{}}"#, "geojson-invalid", &["Topology"]).await;
    refused(&bench, "a.json", br#"{"type":"FeatureCollection"}"#, "geojson-invalid", &["features"]).await;
    refused(&bench, "a.json", b"[1,2]", "geojson-invalid", &["a.json is not"]).await;
    let deep = format!(
        r#"{{"type":"FeatureCollection","features":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let finding = bench.refusal(&bench.write("a.json", deep)).await;
    assert!(!finding.message.is_empty());
    let line = r#"{"type":"Feature","properties":{},"geometry":null}"#;
    let lines = format!("{line}\n{line}\n{}", &line[..20]);
    refused(&bench, "a.geojsonl", lines.as_bytes(), "geojson-invalid", &["line 3"]).await;
}

#[tokio::test]
async fn a_system_that_is_missing_or_unknown_is_asked_for() {
    let bench = Bench::new().await;
    let mut shape = squares();
    shape.prj = None;
    refused(&bench, "a.zip", &shape.zip("zones"), "crs-unknown", &["zones", "--crs EPSG:2154"]).await;
    shape.prj =
        Some(super::files::ESRI_LAMBERT_93.replace("6600000.0", "123.0").replace("Lambert_93", "Mairie"));
    refused(&bench, "a.zip", &shape.zip("zones"), "crs-unknown", &["Mairie", "--crs"]).await;
    let text = collection(&[("{}", &point(5.4, 43.3))]).replacen(
        '{',
        r#"{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::999999"}},"#,
        1,
    );
    let finding = bench.refusal(&bench.write("a.geojson", text)).await;
    assert!(finding.message.contains("a"), "{finding:?}");
}

#[tokio::test]
async fn paths_that_lead_nowhere_are_refused() {
    let bench = Bench::new().await;
    let missing = bench.refusal(&bench.path("absent.zip")).await;
    assert!(missing.code == "file-missing" && missing.message.contains("absent.zip"), "{missing:?}");
    std::fs::create_dir_all(bench.path("vide/dedans")).expect("folder");
    assert_eq!(bench.refusal(&bench.path("vide")).await.code, "no-data");
    refused(&bench, "photo.jpg", b"\xff\xd8\xff\xe0 not geodata", "format-unknown", &["photo.jpg"]).await;
    refused(&bench, "a.gpkg", b"SQLite format 3\0 and nothing more", "file-unreadable", &["GPKG"]).await;
    let none = bench.try_load(&[]).await;
    assert!(matches!(none, Err(IngestError::Refused(_))));
    if !rustix::process::geteuid().is_root() {
        let locked = bench.write("locked.geojson", collection(&[]));
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).expect("mode");
        assert_eq!(bench.refusal(&locked).await.code, "file-unreadable");
    }
}

#[tokio::test]
async fn a_reader_that_needs_too_much_memory_or_dies_refuses_the_file() {
    let mut bench = Bench::new().await;
    bench.config.limits.reader_megabytes = 256;
    let long = "x".repeat(100 << 20);
    let text = collection(&[(&format!(r#"{{"t":"{long}"}}"#), &point(5.4, 43.3))]);
    let finding = bench.refusal(&bench.write("a.geojson", text)).await;
    assert!(finding.code.starts_with("reader-") || finding.code == "file-unreadable", "{finding:?}");
    let mut bench = Bench::new().await;
    bench.options = ReadOptions { reader: Some(PathBuf::from("/bin/false")), ..ReadOptions::default() };
    let finding = bench.refusal(&bench.write("a.geojson", collection(&[]))).await;
    assert_eq!(finding.code, "reader-failed");
}

#[tokio::test]
async fn a_reader_that_does_not_end_is_stopped() {
    let mut bench = Bench::new().await;
    bench.config.limits.reader_seconds = 1;
    let script = bench.write("slow.sh", "#!/bin/sh\nexec sleep 600\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("mode");
    bench.options.reader = Some(script);
    let finding = bench.refusal(&bench.write("a.geojson", collection(&[]))).await;
    assert_eq!(finding.code, "reader-too-slow");
}

#[tokio::test]
async fn one_bad_file_among_good_ones_loads_nothing() {
    let bench = Bench::new().await;
    let good = bench.write("bon.geojson", collection(&[("{}", &point(5.4, 43.3))]));
    let bad = bench.write("mauvais.geojson", b"{");
    assert!(matches!(bench.try_load(&[&good, &bad]).await, Err(IngestError::Refused(_))));
    let tables = bench.rows("select 1 from pg_tables where tablename like 'bon%'", &[]).await;
    assert!(tables.is_empty());
}
