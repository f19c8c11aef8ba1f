//! `datasud tiles export`.

use super::{read, run, same_as_server, started};
use crate::grids::{CORNER, blocking, data};
use crate::support::region::scalar;
use crate::support::{self, TestDatabase, ingest};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Two layers side by side: three squares each, some kilometres apart.
async fn published(folder: &Path) -> TestDatabase {
    let database = support::database().await;
    let [x, y] = CORNER;
    for (name, corner) in [("essai", CORNER), ("autre", [x + 2500.0, y + 500.0])] {
        ingest(&database, name, &[data(folder, name, 2154, corner)], |request| {
            request.licence = Some("etalab-2.0".to_owned());
        })
        .await
        .expect("published");
    }
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_hold_the_tiles_that_the_server_answers_with_and_say_what_they_are() {
    let folder = support::open_folder("archives");
    let database = published(folder.path()).await;
    let server = support::server(&database);
    let base = server.base.clone();
    let root = folder.path().to_owned();
    blocking(move || {
        for name in ["deux.pmtiles", "deux.mbtiles"] {
            let path = root.join(name);
            let export = ["tiles", "export", "essai,autre", name, "--zoom", "3-15", "--json"];
            let ran = run(&database, &root, &export);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            let (outcome, archive) = (ran.json(), read(&path));
            assert_eq!(outcome["status"], "done", "{outcome}");
            assert_eq!(outcome["exported"].as_u64(), Some(archive.tiles.len() as u64));
            assert_eq!(outcome["bytes"].as_u64(), Some(path.metadata().expect("there").len()));
            let compared = same_as_server(&archive, &base, "/tiles/essai,autre/{z}/{x}/{y}.mvt", true);
            assert!(compared > 20, "{compared}");
            assert_eq!(archive.tiles.keys().map(|place| place.0).min(), Some(3));
            assert_eq!(archive.tiles.keys().map(|place| place.0).max(), Some(15));

            let tilejson = support::get(&format!("{base}/tiles/essai,autre.json")).json();
            let layers = &archive.metadata["vector_layers"];
            assert_eq!(layers[0]["id"], "essai");
            assert_eq!(layers[1]["fields"], tilejson["vector_layers"][1]["fields"]);
            assert_eq!((&layers[0]["minzoom"], &layers[0]["maxzoom"]), (&json!(3), &json!(15)));
            let (said, bounds) = if name.ends_with(".pmtiles") {
                let header = &archive.header;
                assert_eq!(header["tile_type"], "MVT", "{header}");
                assert_eq!((&header["min_zoom"], &header["max_zoom"]), (&json!(3), &json!(15)), "{header}");
                assert_eq!(header["tile_compression"], "GZIP", "{header}");
                assert_eq!(header["internal_compression"], "GZIP", "{header}");
                assert_eq!(header["clustered"], true, "{header}");
                assert_eq!(header["addressed_tiles_count"].as_u64(), outcome["exported"].as_u64());
                assert!(header["root_length"].as_u64().is_some_and(|l| l <= 16_257), "{header}");
                let degrees = ["min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7"]
                    .map(|key| header[key].as_f64().expect("a number") / 1e7);
                (archive.metadata.clone(), degrees.to_vec())
            } else {
                let header = &archive.header;
                assert_eq!((&header["minzoom"], &header["maxzoom"]), (&json!("3"), &json!("15")), "{header}");
                assert_eq!((&header["format"], &header["type"]), (&json!("pbf"), &json!("overlay")));
                assert_eq!(header["application_id"], 0x4d50_4258);
                assert_eq!(header["tables"], json!(["images", "map", "metadata", "tiles"]));
                let text = header["bounds"].as_str().expect("text");
                assert_eq!(header["center"].as_str().expect("text").split(',').count(), 3);
                let degrees = text.split(',').map(|number| number.parse().expect("a number"));
                (header.clone(), degrees.collect())
            };
            assert_eq!(said["name"], tilejson["name"]);
            assert_eq!(said["attribution"], tilejson["attribution"]);
            for (at, degrees) in bounds.iter().enumerate() {
                let expected = tilejson["bounds"][at].as_f64().expect("a number");
                assert!((degrees - expected).abs() < 1e-6, "{bounds:?}, {tilejson}");
            }
            let left: Vec<_> =
                std::fs::read_dir(&root).expect("read").flatten().map(|e| e.file_name()).collect();
            assert!(!left.iter().any(|file| file.to_string_lossy().ends_with("part")), "{left:?}");
        }

        // GDAL reads MBTiles as layers of features.
        let output = std::process::Command::new("ogrinfo")
            .args(["-ro", "-al", "-so", "-oo", "CLIP=NO"])
            .arg(root.join("deux.mbtiles"))
            .output()
            .expect("ogrinfo runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        for expected in ["Layer name: essai", "Layer name: autre", "jour: String", "Feature Count: 12"] {
            assert!(said.contains(expected), "{said}");
        }
    })
    .await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_put_in_archives_as_they_are_drawn_for_the_web() {
    let folder = support::open_folder("archives");
    let database = published(folder.path()).await;
    let server = support::server(&database);
    let base = server.base.clone();
    let root = folder.path().to_owned();
    blocking(move || {
        for (name, format, ending, tile_type) in [
            ("a.pmtiles", "png", "png", "PNG"),
            ("a.mbtiles", "png", "png", "png"),
            ("b.pmtiles", "webp", "webp", "WEBP"),
            ("c.mbtiles", "jpeg", "jpg", "jpg"),
        ] {
            let export = ["tiles", "export", "essai", name, "--zoom", "12-15", "--format", format, "--json"];
            let ran = run(&database, &root, &export);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            let archive = read(&root.join(name));
            assert_eq!(ran.json()["exported"].as_u64(), Some(archive.tiles.len() as u64));
            let address = format!("/wmts/1.0.0/essai/default/WebMercatorQuad/{{z}}/{{y}}/{{x}}.{ending}");
            assert!(same_as_server(&archive, &base, &address, false) > 5);
            let said = if name.ends_with("pmtiles") {
                assert_eq!(archive.header["tile_compression"], "NONE");
                &archive.header["tile_type"]
            } else {
                &archive.header["format"]
            };
            assert_eq!(said, tile_type);
            assert!(archive.metadata.get("vector_layers").is_none());
        }
        // Named by its style alone, it is a picture.
        let ran = run(
            &database,
            &root,
            &["tiles", "export", "essai", "d.pmtiles", "--zoom", "14", "--picture", "default"],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(read(&root.join("d.pmtiles")).header["tile_type"], "PNG");
        let output =
            std::process::Command::new("gdalinfo").arg(root.join("a.mbtiles")).output().expect("runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("ZOOM_LEVEL=15"), "{said}");
    })
    .await;
    drop(server);
}

/// Starts a long export and waits until it has kept something.
fn begun(database: &TestDatabase, folder: &Path, name: &str) -> std::process::Child {
    let export = ["tiles", "export", "essai", name, "--zoom", "12-20"];
    let mut child = started(database, folder, &export).spawn().expect("the program runs");
    let part = folder.join(format!("{name}.part"));
    let end = Instant::now() + support::PATIENCE;
    while part.metadata().map_or(0, |facts| facts.len()) < 60_000 {
        assert!(Instant::now() < end, "it never keeps anything");
        assert!(child.try_wait().expect("asked").is_none(), "too small to be interrupted");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn signal(child: &std::process::Child, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.expect("sent").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_killed_goes_on_where_it_was_and_the_file_is_the_same() {
    let folder = support::open_folder("archives");
    let database = published(folder.path()).await;
    let root = folder.path().to_owned();
    let (database, root) = blocking(move || {
        for kind in ["pmtiles", "mbtiles"] {
            let (name, whole) = (format!("killed.{kind}"), format!("whole.{kind}"));
            let export = |name: &str| {
                run(&database, &root, &["tiles", "export", "essai", name, "--zoom", "12-20", "--json"])
            };
            let mut child = begun(&database, &root, &name);
            signal(&child, "-KILL");
            child.wait().expect("ended");
            assert!(!root.join(&name).exists() && root.join(format!("{name}.part")).exists());
            let ran = export(&name);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            let outcome = ran.json();
            let (before, tiles) = (outcome["before"].as_u64(), outcome["tiles"].as_u64());
            assert!(before > Some(0) && before < tiles, "{outcome}");
            assert_eq!(export(&whole).json()["before"], 0);
            let (resumed, fresh) = (read(&root.join(&name)), read(&root.join(&whole)));
            assert!(resumed.tiles.len() > 1000);
            assert_eq!(resumed.tiles, fresh.tiles);
            assert_eq!(resumed.header, fresh.header);
            if kind == "pmtiles" {
                let bytes = |name: &str| std::fs::read(root.join(name)).expect("read");
                assert!(bytes(&name) == bytes(&whole), "not the same bytes");
            }
            assert!(!root.join(format!("{name}.part")).exists());
        }

        // Ctrl-C: nothing under the final name, and what was kept is there.
        let child = begun(&database, &root, "stopped.pmtiles");
        signal(&child, "-INT");
        let output = child.wait_with_output().expect("ended");
        assert_eq!(output.status.code(), Some(1));
        let files: Vec<PathBuf> =
            std::fs::read_dir(&root).expect("read").flatten().map(|e| e.path()).collect();
        assert!(!files.contains(&root.join("stopped.pmtiles")), "{files:?}");
        assert!(files.contains(&root.join("stopped.pmtiles.part")), "{files:?}");
        (database, root)
    })
    .await;

    // Of other data it is of no use.
    let table = scalar(&database, "select table_name from datasud.layer where slug = 'essai'").await;
    let mut session = database.store.job().await.expect("session");
    session.batch(&format!("delete from data.\"{table}\" where sc = 'bas'")).await.expect("deleted");
    drop(session);
    blocking(move || {
        let export = ["tiles", "export", "essai", "stopped.pmtiles", "--zoom", "12-20", "--json"];
        let outcome = run(&database, &root, &export).json();
        assert_eq!((&outcome["status"], &outcome["before"]), (&json!("done"), &json!(0)), "{outcome}");
        assert!(outcome["messages"][0].as_str().is_some_and(|m| m.contains("begins anew")), "{outcome}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_has_its_tiles_alone_and_what_can_not_be_exported_is_refused_with_a_sentence() {
    let folder = support::open_folder("archives");
    let database = published(folder.path()).await;
    let root = folder.path().to_owned();
    blocking(move || {
        let export = |name: &str, more: &[&str]| {
            let fixed = ["tiles", "export", "essai", name, "--zooms", "16", "--json"];
            run(&database, &root, &[&fixed[..], more].concat())
        };
        assert_eq!(export("all.pmtiles", &[]).json()["status"], "done");
        let some = export("some.pmtiles", &["--in", "essai", "--where", "sc = 'bas'"]).json();
        let (all, part) = (read(&root.join("all.pmtiles")), read(&root.join("some.pmtiles")));
        assert!(part.tiles.len() < all.tiles.len() && !part.tiles.is_empty());
        assert!(part.tiles.iter().all(|(place, tile)| all.tiles.get(place) == Some(tile)));
        assert_eq!(some["exported"].as_u64(), Some(part.tiles.len() as u64), "{some}");
        assert!(part.header["max_lon_e7"].as_i64() < all.header["max_lon_e7"].as_i64());

        // Of a thin strip across the layer most tiles of its box have nothing.
        let strip = r#"{"type":"Polygon","coordinates":[[[5.46,43.319],[5.54,43.335],[5.54,43.3352],[5.46,43.319]]]}"#;
        std::fs::write(root.join("strip.geojson"), strip).expect("written");
        let thin = export("thin.pmtiles", &["--area", "strip.geojson"]).json();
        assert!(thin["outside"].as_u64() > Some(0) && thin["exported"].as_u64() > Some(0), "{thin}");
        let thin = read(&root.join("thin.pmtiles"));
        assert!(thin.tiles.iter().all(|(place, tile)| all.tiles.get(place) == Some(tile)));

        // What is there stays there, unless it is to go.
        let again = export("all.pmtiles", &[]);
        assert_eq!(again.code, 1);
        assert!(again.stderr.contains("--replace"), "{}", again.stderr);
        assert_eq!(export("all.pmtiles", &["--replace", "--bbox", "5.4,43,6,44"]).code, 0);

        std::fs::write(root.join("taken.pmtiles.part"), "somebody's text ".repeat(500)).expect("written");
        let far = ["--bbox", "-60,10,-59,11"];
        for (arguments, code, said) in [
            (&["nulle", "x.pmtiles"][..], 1, "there is no layer 'nulle'"),
            (&["essai,nulle", "x.pmtiles"], 1, "there is no layer 'nulle'"),
            (&["essai", "x.tiles"], 1, ".pmtiles or .mbtiles"),
            (&["essai", "pmtiles"], 1, ".pmtiles or .mbtiles"),
            (&["essai", "nowhere/x.pmtiles"], 1, "nowhere/x.pmtiles"),
            (&["essai", "x.pmtiles", "--zoom", "20-30"], 1, "zooms 0 to 24"),
            (&["essai", "x.pmtiles", "--zoom", "5-3"], 2, "first and the last"),
            (&["essai", "x.pmtiles", "--style", "nulle"], 1, "has no style 'nulle'"),
            (&["essai", "x.pmtiles", "--style", "default", "--format", "mvt"], 1, "have no style"),
            (&["essai", "x.pmtiles", "--format", "gif"], 2, "invalid value"),
            (&["essai", "x.pmtiles", "--zoom", "8-10", far[0], far[1]], 1, "no tile to put in a file"),
            (&["essai", "taken.pmtiles"], 1, "no work file of an export"),
            (&["essai", "autre.pmtiles", "--background"], 1, "call it essai.pmtiles"),
            (&["essai,autre", "essai.pmtiles", "--background"], 1, "not the name of essai, autre"),
            (&["essai", "../essai.pmtiles", "--background"], 1, "no name of an archive"),
            (&["essai", "x.pmtiles", "--grid", "LAMB93_10cm"], 2, "unexpected argument"),
            (&["essai"], 2, "FILE"),
        ] {
            let ran = run(&database, &root, &[&["tiles", "export"][..], arguments].concat());
            assert_eq!(ran.code, code, "{arguments:?}: {} {}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
        }
        let left: Vec<String> = std::fs::read_dir(&root)
            .expect("read")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with('x'))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    })
    .await;
}
