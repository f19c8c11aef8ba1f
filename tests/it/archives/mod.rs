//! Tiles in one file: read back by others' programs, compared with what the server answers.

mod background;
mod cold;
mod export;
mod published;
mod refused;

use crate::support::region::{Ran, command};
use crate::support::{TestDatabase, get};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::Command;

/// A tile's place: zoom, column, row from the north.
type Place = (u8, u32, u32);

/// What another program found in an archive.
struct Archive {
    /// The header of PMTiles; the rows of `metadata` of MBTiles.
    header: Value,
    /// The metadata of PMTiles; the row `json` of MBTiles.
    metadata: Value,
    tiles: BTreeMap<Place, Vec<u8>>,
}

/// Reads with the package `pmtiles` of who made the format, and with SQLite as the specification of MBTiles says.
const READ: &str = r#"
import base64, json, sqlite3, sys
path, tiles = sys.argv[1], []
if path.endswith(".pmtiles"):
    from pmtiles.reader import Reader, MmapSource, all_tiles
    with open(path, "rb") as file:
        source = MmapSource(file)
        reader = Reader(source)
        header, metadata = reader.header(), reader.metadata()
        header = {k: getattr(v, "name", v) for k, v in header.items()}
        for (z, x, y), data in all_tiles(source):
            assert reader.get(z, x, y) == data
            tiles.append([z, x, y, base64.b64encode(data).decode()])
else:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    header = dict(db.execute("select name, value from metadata"))
    header["application_id"] = db.execute("pragma application_id").fetchone()[0]
    header["tables"] = [r[0] for r in db.execute("select name from sqlite_master where type <> 'index' order by 1")]
    metadata = json.loads(header.get("json", "{}"))
    for z, x, y, data in db.execute("select zoom_level, tile_column, tile_row, tile_data from tiles"):
        tiles.append([z, x, (1 << z) - 1 - y, base64.b64encode(data).decode()])
print(json.dumps({"header": header, "metadata": metadata, "tiles": tiles}))
"#;

fn read(path: &Path) -> Archive {
    use base64::Engine;
    let python = std::env::var("DATASUD_PYTHON")
        .expect("DATASUD_PYTHON names a Python with pmtiles; `make test` makes one (scripts/test-tools)");
    let output = Command::new(python).args(["-c", READ]).arg(path).output().expect("python runs");
    assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    let mut document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let tiles: Vec<(u8, u32, u32, String)> = serde_json::from_value(document["tiles"].take()).expect("tiles");
    let bytes = |text: String| base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    Archive {
        header: document["header"].take(),
        metadata: document["metadata"].take(),
        tiles: tiles.into_iter().map(|(z, x, y, data)| ((z, x, y), bytes(data))).collect(),
    }
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).expect("gzip");
    plain
}

/// The program on the database, with a data directory in the folder.
fn run(database: &TestDatabase, folder: &Path, arguments: &[&str]) -> Ran {
    started(database, folder, arguments).output().expect("the program runs").into()
}

fn started(database: &TestDatabase, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(database, arguments);
    command.env("DATASUD_DATA", folder.join("data")).current_dir(folder);
    command
}

/// Asks the server for every tile of the archive and for those around them: what is in the one is what the other answers, and
/// where there is nothing there is nothing. `address` has `{z}`, `{x}` and `{y}`. Returns how many were compared.
fn same_as_server(archive: &Archive, base: &str, address: &str, is_vector: bool) -> usize {
    let zooms: std::collections::BTreeSet<u8> = archive.tiles.keys().map(|(z, ..)| *z).collect();
    let mut empty = 0;
    for z in zooms {
        let places = || archive.tiles.keys().filter(|place| place.0 == z);
        let last = (1_u32 << z) - 1;
        let span = |number: fn(&Place) -> u32| {
            let (least, most) = (places().map(number).min(), places().map(number).max());
            least.unwrap_or(0).saturating_sub(1)..=(most.unwrap_or(0) + 1).min(last)
        };
        for x in span(|place| place.1) {
            for y in span(|place| place.2) {
                let url = address
                    .replace("{z}", &z.to_string())
                    .replace("{x}", &x.to_string())
                    .replace("{y}", &y.to_string());
                let answer = get(&format!("{base}{url}"));
                match archive.tiles.get(&(z, x, y)) {
                    Some(tile) if is_vector => {
                        assert_eq!(answer.status, 200, "{url}");
                        assert_eq!(answer.body, gunzip(tile), "{url}");
                    }
                    Some(tile) => assert_eq!((answer.status, &answer.body), (200, tile), "{url}"),
                    None if is_vector => {
                        assert_eq!(answer.status, 204, "{url} is not in the archive");
                        empty += 1;
                    }
                    None => {}
                }
            }
        }
    }
    assert!(!is_vector || empty > 0, "nothing empty was looked at");
    archive.tiles.len()
}
