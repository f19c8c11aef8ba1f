//! Databases as they are written, damaged and made to do harm.

use super::MbTiles;
use crate::formats::archive::{
    ArchiveInfo, ArchiveKind, Cell, ReadError, ReadLimits, TileFormat, WorkFile, gzip,
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

const MVT: [u8; 5] = [0x1a, 0x03, 0x0a, 0x01, b'a'];

fn limits() -> ReadLimits {
    ReadLimits { tile_bytes: 100_000, metadata_bytes: 100_000, milliseconds: 500, ..ReadLimits::default() }
}

fn found(path: &Path) -> Result<u64, ReadError> {
    let archive = MbTiles::open(path, limits())?;
    let count = archive.check()?;
    archive.tile(Cell { z: 3, x: 4, y: 2 })?;
    Ok(count)
}

fn info(format: TileFormat) -> ArchiveInfo {
    ArchiveInfo {
        name: "Essai".into(),
        description: "Carrés".into(),
        attribution: "© CRIGE".into(),
        version: "1.0.0".into(),
        format,
        zooms: [3, 8],
        bounds: [4.0, 43.0, 7.0, 45.0],
        center: [5.5, 44.0, 6.0],
        vector_layers: vec![serde_json::json!({"id": "a", "fields": {}})],
    }
}

fn archive(folder: &Path) -> PathBuf {
    let path = folder.join("a b%20?.mbtiles");
    let mut work = WorkFile::open(&path, ArchiveKind::MbTiles, "plan").expect("begun");
    let tiles: Vec<(Cell, Vec<u8>)> = (0..8).map(|x| (Cell { z: 3, x, y: 2 }, gzip(&MVT))).collect();
    work.keep(&tiles, 8).expect("kept");
    work.finish(&info(TileFormat::Mvt), &AtomicBool::new(false)).expect("finished");
    path
}

#[test]
fn what_was_written_is_read_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = archive(folder.path());
    let archive = MbTiles::open(&path, limits()).expect("opened");
    assert_eq!(archive.check().expect("sound"), 8);
    assert_eq!(*archive.info(), info(TileFormat::Mvt));
    assert!(archive.is_packed());
    assert_eq!(archive.tile(Cell { z: 3, x: 4, y: 2 }).expect("read"), Some(gzip(&MVT)));
    for (z, x, y) in [(3, 4, 3), (4, 4, 2), (3, 8, 2), (255, 0, u32::MAX)] {
        assert_eq!(archive.tile(Cell { z, x, y }).expect("read"), None);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 1);
}

#[test]
fn files_that_are_no_archive_or_not_whole_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(archive(folder.path())).expect("read");
    let path = folder.path().join("cut.mbtiles");
    for length in [0, 1, 15, 100, 1_000, 4_096, whole.len() / 2, whole.len() - 4_096] {
        std::fs::write(&path, &whole[..length]).expect("written");
        assert!(found(&path).is_err(), "{length}");
    }
    std::fs::write(&path, "no database, but a long text ".repeat(1_000)).expect("written");
    assert!(found(&path).expect_err("refused").to_string().contains("no database of SQLite"));
    let mut bytes = whole;
    for at in (4_096..bytes.len()).step_by(50) {
        bytes[at] ^= 0x55;
    }
    std::fs::write(&path, bytes).expect("written");
    assert!(found(&path).is_err());
}

/// A database made by these statements.
fn made(folder: &Path, sql: &str) -> Result<u64, ReadError> {
    let path = folder.join("made.mbtiles");
    let _ = std::fs::remove_file(&path);
    let connection = Connection::open(&path).expect("opened");
    connection.execute_batch(sql).expect("made");
    drop(connection);
    found(&path)
}

const METADATA: &str = "create table metadata (name text, value text); \
    insert into metadata values ('name', 'A'), ('format', 'png'), ('minzoom', '3'), ('maxzoom', '3');";
const TILES: &str = "create table tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob); \
    insert into tiles values (3, 4, 5, x'89504e470d0a1a0a00');";

#[test]
fn tables_and_metadata_that_are_not_as_they_should_are_refused_each_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(made(folder.path(), &format!("{METADATA}{TILES}")).expect("sound"), 1);
    let set = |name: &str, value: &str| {
        format!(
            "{METADATA}{TILES} delete from metadata where name = '{name}'; insert into metadata values ('{name}', '{value}');"
        )
    };
    let numbers = "create table n (i integer); create index ni on n (i); insert into n select value from json_each(json_array(0,1,2,3,4,5,6,7)); \
        insert into n select a.i from n a, n b, n c; ";
    let huge = format!(
        "{numbers} create view tiles as select 3 as zoom_level, a.i as tile_column, b.i as tile_row, \
        x'00' as tile_data from n a, n b, n c, n d;"
    );
    let sorting = "create table t (z, x, y, d); create view tiles as select z as zoom_level, x as tile_column, y as tile_row, \
        group_concat(d) as tile_data from t group by hex(d) order by random();";
    let endless = "create view tiles as with recursive n (i) as (select 1 union all select i + 1 from n) \
        select i as zoom_level, i as tile_column, i as tile_row, x'00' as tile_data from n;";
    for (sql, said) in [
        (METADATA.to_owned(), "no table 'tiles'"),
        (TILES.to_owned(), "no table 'metadata'"),
        (format!("{METADATA} create table tiles (a);"), "table 'tiles' can't be read"),
        (format!("create table metadata (a); {TILES}"), "table 'metadata' can't be read"),
        (set("format", "gif"), "the format 'gif'"),
        (set("format", ""), "the format ''"),
        (set("format", "pbf"), "no 'vector_layers'"),
        (set("format", "jpg"), "a tile is not jpeg"),
        (set("maxzoom", "31"), "zoom 31"),
        (set("maxzoom", "-4"), "zooms are 3 to -4"),
        (set("maxzoom", "999999"), "zooms are"),
        (set("maxzoom", "2"), "is after the last"),
        (set("minzoom", "0") + "update tiles set zoom_level = 7;", "outside its zooms"),
        (format!("{METADATA}{TILES} update tiles set tile_row = 9999;"), "outside its zooms"),
        (format!("{METADATA}{TILES} update tiles set tile_data = 'text';"), "no blob"),
        (format!("{METADATA}{TILES} delete from tiles;"), "no tiles"),
        (set("bounds", "NaN,0,1,1"), "no box"),
        (set("bounds", "4,43,inf,45"), "no box"),
        (set("bounds", "7,43,4,45"), "no box"),
        (set("bounds", "here"), "no four numbers"),
        (set("json", "{"), "no JSON object"),
        (format!("{METADATA}{endless}"), "repeats"),
        (format!("{METADATA}{sorting}"), "sorts"),
        (format!("{METADATA}{huge}"), "more than 500 ms"),
        (format!("{METADATA}{TILES} update tiles set tile_data = zeroblob(200000);"), "larger than 100000"),
        (
            format!(
                "{METADATA}{TILES} insert into metadata select 'x' || a.name || b.name, hex(zeroblob(30000)) from metadata a, metadata b;"
            ),
            "'metadata' is larger",
        ),
        (
            format!(
                "{METADATA} create view tiles as select 3 as zoom_level, 4 as tile_column, 5 as tile_row, load_extension('/tmp/x') as tile_data;"
            ),
            "can't be read",
        ),
    ] {
        let start = Instant::now();
        let error = made(folder.path(), &sql).expect_err(said).to_string();
        assert!(error.contains(said), "expected '{said}': {error}");
        assert!(start.elapsed() < Duration::from_secs(20), "{said}");
    }
}

#[test]
fn what_a_database_would_write_or_reach_stays_undone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = archive(folder.path());
    let before = std::fs::read(&path).expect("read");
    let archive = MbTiles::open(&path, limits()).expect("opened");
    assert!(archive.refuses("delete from map"));
    assert!(archive.refuses("create table other (a)"));
    assert!(archive.refuses("attach 'other.db' as other"));
    assert!(archive.refuses("pragma query_only = off; delete from map"));
    drop(archive);
    assert!(std::fs::read(&path).expect("read") == before);
}
