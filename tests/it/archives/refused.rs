//! Archives that are damaged, or made to do harm: refused with a finding of their own, and nothing is left of them.

use super::run;
use crate::grids::blocking;
use crate::support::{self, open_folder};
use serde_json::json;
use std::path::Path;

/// A PMTiles archive with one vector tile: the header with some bytes of it changed, and the root directory.
fn pmtiles(changes: &[(usize, &[u8])], root: &[u8], leaves: &[u8], metadata: &[u8]) -> Vec<u8> {
    let tile = [0x1a, 0x03, 0x0a, 0x01, b'a'];
    let mut bytes = b"PMTiles\x03".to_vec();
    let mut at = 127;
    for part in [root, metadata, leaves, &tile] {
        bytes.extend(u64::to_le_bytes(at));
        bytes.extend(u64::to_le_bytes(part.len() as u64));
        at += part.len() as u64;
    }
    bytes.resize(96, 0);
    // Clustered, nothing compressed, vector tiles, zooms 0 to 14.
    bytes.extend([1, 1, 1, 1, 0, 14]);
    for degrees in [4, 43, 7, 45] {
        bytes.extend(i32::to_le_bytes(degrees * 10_000_000));
    }
    bytes.resize(127, 0);
    for part in [root, metadata, leaves, &tile] {
        bytes.extend(part);
    }
    for (at, change) in changes {
        bytes[*at..at + change.len()].copy_from_slice(change);
    }
    bytes
}

/// The root directory that names the tile: one entry of identifier 5, run 1, length 5, offset 0.
const ROOT: &[u8] = &[1, 5, 1, 5, 1];
/// One whose entry is a further directory at the beginning of the section of directories.
const LEAF: &[u8] = &[1, 5, 0, 5, 1];
const METADATA: &[u8] = br#"{"name":"Points","vector_layers":[{"id":"a"}]}"#;

fn mbtiles(path: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(path).expect("opened");
    connection.execute_batch(sql).expect("made");
}

const ROWS: &str = "create table metadata (name text, value text); \
    insert into metadata values ('name', 'A'), ('format', 'png'), ('minzoom', '3'), ('maxzoom', '3');";
const TILES: &str = "create table tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob); \
    insert into tiles values (3, 4, 5, x'89504e470d0a1a0a00');";

#[tokio::test(flavor = "multi_thread")]
async fn archives_that_are_damaged_or_mean_harm_are_refused_each_with_its_finding_and_leave_nothing() {
    let folder = open_folder("archives");
    let database = support::database().await;
    let root = folder.path().to_owned();
    blocking(move || {
        let sound = pmtiles(&[], ROOT, &[], METADATA);
        let packed = |bytes: &[u8]| {
            use std::io::Write;
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            packed.write_all(bytes).expect("packed");
            packed.finish().expect("packed")
        };
        let (bomb, metadata) = (packed(&vec![0; 60 << 20]), packed(METADATA));
        let huge = u64::MAX.to_le_bytes();
        let degrees = (200_i32 * 10_000_000).to_le_bytes();
        let files: Vec<(&str, Vec<u8>, &str, &str)> = vec![
            ("empty.pmtiles", Vec::new(), "tiles-foreign", "empty"),
            ("text.pmtiles", b"<html>404</html>".repeat(20), "tiles-foreign", "PMTiles"),
            ("two.pmtiles", pmtiles(&[(0, b"PM\x02\0")], ROOT, &[], METADATA), "tiles-version", "version 2"),
            ("four.pmtiles", pmtiles(&[(7, b"\x04")], ROOT, &[], METADATA), "tiles-version", "version 4"),
            ("head.pmtiles", sound[..100].to_vec(), "tiles-truncated", "not whole"),
            ("half.pmtiles", sound[..140].to_vec(), "tiles-truncated", "not whole"),
            ("last.pmtiles", sound[..sound.len() - 1].to_vec(), "tiles-truncated", "not whole"),
            ("far.pmtiles", pmtiles(&[(56, &huge)], ROOT, &[], METADATA), "tiles-truncated", "beyond its end"),
            ("over.pmtiles", pmtiles(&[(24, &127_u64.to_le_bytes())], ROOT, &[], METADATA), "tiles-damaged", "overlap"),
            ("run.pmtiles", pmtiles(&[], &[1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f, 5, 1], &[], METADATA), "tiles-damaged", "beyond the last zoom"),
            ("self.pmtiles", pmtiles(&[], LEAF, LEAF, METADATA), "tiles-damaged", "in themselves"),
            ("bomb.pmtiles", pmtiles(&[(97, &[2])], &bomb, &[], &metadata), "tiles-too-large", "larger"),
            ("meta.pmtiles", pmtiles(&[], ROOT, &[], b"[1]"), "tiles-damaged", "no JSON object"),
            ("none.pmtiles", pmtiles(&[], ROOT, &[], b"{}"), "tiles-unsupported", "vector_layers"),
            ("png.pmtiles", pmtiles(&[(99, &[2])], ROOT, &[], METADATA), "tiles-damaged", "not png"),
            ("zoom.pmtiles", pmtiles(&[(101, &[31])], ROOT, &[], METADATA), "tiles-unsupported", "zoom 31"),
            ("box.pmtiles", pmtiles(&[(102, &degrees)], ROOT, &[], METADATA), "tiles-damaged", "no box"),
            ("empty.mbtiles", Vec::new(), "tiles-foreign", "empty"),
            ("text.mbtiles", b"<html>404</html>".repeat(200), "tiles-foreign", "SQLite"),
        ];
        let mut cases: Vec<(String, &str, &str)> = Vec::new();
        for (name, bytes, code, said) in files {
            std::fs::write(root.join(name), bytes).expect("written");
            cases.push((name.to_owned(), code, said));
        }
        let endless = format!(
            "{ROWS} create view tiles as with recursive n (i) as (select 1 union all select i + 1 from n) \
             select 3 as zoom_level, i as tile_column, i as tile_row, x'00' as tile_data from n;"
        );
        let huge = format!(
            "{ROWS} create table n (i integer); create index ni on n (i); insert into n select value from json_each('[0,1,2,3,4,5,6,7]'); \
             insert into n select a.i from n a, n b, n c; \
             create view tiles as select 3 as zoom_level, a.i as tile_column, b.i as tile_row, x'00' as tile_data \
             from n a, n b, n c, n d;"
        );
        for (name, sql, code, said) in [
            ("tables.mbtiles", ROWS.to_owned(), "tiles-foreign", "no table 'tiles'"),
            ("endless.mbtiles", endless, "tiles-unsupported", "repeats"),
            ("huge.mbtiles", huge, "tiles-too-slow", "no index"),
            ("format.mbtiles", format!("{ROWS}{TILES} update metadata set value = 'gif' where name = 'format';"), "tiles-unsupported", "gif"),
            ("bounds.mbtiles", format!("{ROWS}{TILES} insert into metadata values ('bounds', 'NaN,0,1,1');"), "tiles-damaged", "no box"),
            ("jpg.mbtiles", format!("{ROWS}{TILES} update metadata set value = 'jpg' where name = 'format';"), "tiles-damaged", "not jpeg"),
            ("nothing.mbtiles", format!("{ROWS}{TILES} delete from tiles;"), "tiles-unsupported", "no tiles"),
        ] {
            mbtiles(&root.join(name), &sql);
            cases.push((name.to_owned(), code, said));
        }
        mbtiles(&root.join("whole.mbtiles"), &format!("{ROWS}{TILES} insert into tiles select 3, 1, n.value, randomblob(3000) from json_each('[1,2,3,4,5,6,7]') n;"));
        let whole = std::fs::read(root.join("whole.mbtiles")).expect("read");
        std::fs::write(root.join("cut.mbtiles"), &whole[..whole.len() - 8192]).expect("written");
        cases.push(("cut.mbtiles".to_owned(), "tiles-damaged", "SQLite"));

        for (name, code, said) in &cases {
            let ran = run(&database, &root, &["ingest", name, "--json"]);
            assert_eq!(ran.code, 1, "{name}: {}", ran.stdout);
            let outcome = ran.json();
            assert_eq!(outcome["status"], "refused", "{name}: {outcome}");
            let finding = &outcome["report"][0];
            assert_eq!((&finding["code"], &finding["level"]), (&json!(code), &json!("error")), "{name}: {outcome}");
            let message = finding["message"].as_str().expect("text");
            assert!(message.contains(said), "{name}: {message}");
            for folder in ["data/images", "data/tmp"] {
                let left: Vec<_> = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten().collect();
                assert!(left.is_empty(), "{name}: {left:?}");
            }
        }
        assert_eq!(run(&database, &root, &["list", "--json"]).json(), json!([]));
        // What is sound is taken, by its beginning as well, and out of a zip.
        std::fs::write(root.join("sound.dat"), &sound).expect("written");
        std::fs::write(root.join("tiles.pmtiles"), &sound).expect("written");
        let zip = std::fs::File::create(root.join("both.zip")).expect("made");
        let mut zip = zip::ZipWriter::new(zip);
        for name in ["tiles.pmtiles", "lisez-moi.txt"] {
            use std::io::Write;
            zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
            zip.write_all(&sound).expect("written");
        }
        zip.finish().expect("finished");
        for name in ["sound.dat", "both.zip"] {
            let ran = run(&database, &root, &["ingest", name, "--json"]);
            assert_eq!(ran.code, 0, "{name}: {} {}", ran.stdout, ran.stderr);
            assert_eq!(ran.json()["layers"][0]["features"], 1, "{name}: {}", ran.stdout);
        }
    })
    .await;
}
