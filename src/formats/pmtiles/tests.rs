//! Archives as they are written, damaged and made to do harm.

use super::PmTiles;
use crate::formats::archive::{
    ArchiveInfo, ArchiveKind, Cell, ReadError, ReadLimits, TileFormat, WorkFile, gzip,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const MVT: [u8; 5] = [0x1a, 0x03, 0x0a, 0x01, b'a'];

fn cells() -> Vec<(Cell, Vec<u8>)> {
    (0..20_000_u32)
        .map(|n| {
            let mut tile = MVT.to_vec();
            // A field of the layer that tells one tile from another, of a length that no directory can guess.
            let hash = n.wrapping_mul(2_654_435_761);
            let more = hash.to_le_bytes().repeat(1 + (hash >> 28) as usize);
            tile.extend([0x1a, u8::try_from(more.len()).expect("short")]);
            tile.extend(more);
            (Cell { z: 8, x: n % 256, y: n / 256 }, gzip(&tile))
        })
        .collect()
}

/// A sound archive with leaf directories.
fn archive(folder: &Path) -> PathBuf {
    let path = folder.join("a.pmtiles");
    let mut work = WorkFile::open(&path, ArchiveKind::PmTiles, "plan").expect("begun");
    work.keep(&cells(), 20_000).expect("kept");
    let info = ArchiveInfo {
        name: "Essai".into(),
        description: "Carrés".into(),
        attribution: "© CRIGE".into(),
        version: "1.0.0".into(),
        format: TileFormat::Mvt,
        zooms: [0, 8],
        bounds: [4.0, 43.0, 7.0, 45.0],
        center: [5.5, 44.0, 6.0],
        vector_layers: vec![serde_json::json!({"id": "a", "fields": {}})],
    };
    work.finish(&info, &AtomicBool::new(false)).expect("finished");
    path
}

fn limits() -> ReadLimits {
    ReadLimits {
        tile_bytes: 100_000,
        directory_bytes: 1 << 20,
        metadata_bytes: 100_000,
        ..ReadLimits::default()
    }
}

/// What opening, checking and asking find.
fn found(path: &Path) -> Result<u64, ReadError> {
    let archive = PmTiles::open(path, limits())?;
    let counted = archive.check()?;
    for x in [0, 17, 255] {
        archive.tile(Cell { z: 8, x, y: 3 })?;
    }
    Ok(counted.tiles)
}

#[test]
fn what_was_written_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = archive(folder.path());
    let archive = PmTiles::open(&path, limits()).expect("opened");
    let counted = archive.check().expect("sound");
    assert_eq!((counted.tiles, counted.entries), (20_000, 20_000));
    assert_eq!(archive.info().name, "Essai");
    assert_eq!((archive.info().zooms, archive.info().bounds), ([0, 8], [4.0, 43.0, 7.0, 45.0]));
    assert!(archive.is_packed());
    for (cell, tile) in cells().into_iter().step_by(97) {
        assert_eq!(archive.tile(cell).expect("read"), Some(tile));
    }
    for (z, x, y) in [(8, 0, 255), (7, 0, 0), (0, 0, 0), (9, 0, 0), (31, 0, 0), (8, 256, 0), (255, 1, 1)] {
        assert_eq!(archive.tile(Cell { z, x, y }).expect("read"), None, "{z}/{x}/{y}");
    }
}

#[test]
fn an_archive_that_ends_too_early_is_not_whole_wherever_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(archive(folder.path())).expect("read");
    let path = folder.path().join("cut.pmtiles");
    for length in [1, 6, 7, 8, 126, 127, 128, 5_000, 16_384, 20_000, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).expect("written");
        let error = found(&path).expect_err("refused");
        let expected = if length < 7 { "no PMTiles" } else { "not whole" };
        assert!(error.to_string().contains(expected), "{length}: {error}");
    }
    std::fs::write(&path, b"").expect("written");
    assert!(found(&path).expect_err("refused").to_string().contains("empty"));
}

/// The archive with some bytes of it changed.
fn changed(folder: &Path, changes: &[(usize, &[u8])]) -> Result<u64, ReadError> {
    let mut bytes = std::fs::read(archive(folder)).expect("read");
    for (at, change) in changes {
        bytes[*at..at + change.len()].copy_from_slice(change);
    }
    let path = folder.join("changed.pmtiles");
    std::fs::write(&path, bytes).expect("written");
    found(&path)
}

#[test]
fn headers_that_lie_are_refused_each_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(changed(folder.path(), &[]).expect("sound"), 20_000);
    let huge = u64::MAX.to_le_bytes();
    let degrees = |value: f64| ((value * 1e7) as i32).to_le_bytes();
    for (at, bytes, said) in [
        (0, &b"PNTiles"[..], "does not begin with 'PMTiles'"),
        (0, b"PM\x02\x00", "version 2"),
        (7, b"\x02", "version 2"),
        (7, b"\x04", "version 4"),
        (8, &huge, "root directory lies beyond"),
        (16, &huge, "root directory lies beyond"),
        (24, &huge, "metadata lies beyond"),
        (40, &huge, "leaf directories lies beyond"),
        (64, &huge, "tiles lies beyond"),
        (8, &10_u64.to_le_bytes(), "lies in the header"),
        (24, &127_u64.to_le_bytes(), "overlap"),
        (97, b"\x00", "doesn't say how directories"),
        (97, b"\x03", "brotli"),
        (97, b"\x09", "there is not"),
        (98, b"\x04", "zstd"),
        (98, b"\x01", "a tile is not mvt"),
        (99, b"\x02", "a tile is not png"),
        (99, b"\x05", "of the kind 5"),
        (99, b"\xff", "of the kind 255"),
        (100, b"\x09", "is after the last"),
        (101, b"\x1f", "zoom 31"),
        (101, b"\xff", "zoom 255"),
        (101, b"\x03", "beyond the last zoom"),
        (102, &degrees(200.0), "no box"),
        (106, &degrees(60.0), "no box"),
        (110, &degrees(-5.0), "no box"),
    ] {
        let error = changed(folder.path(), &[(at, bytes)]).expect_err("refused").to_string();
        assert!(error.contains(said), "{at}, {bytes:?}: {error}");
    }
}

#[test]
fn no_byte_of_an_archive_can_end_the_reader() {
    let folder = tempfile::tempdir().expect("a folder");
    let sound = std::fs::read(archive(folder.path())).expect("read");
    let path = folder.path().join("flipped.pmtiles");
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..300_usize {
        let mut bytes = sound.clone();
        for _ in 0..4 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // Mostly in the header and the root directory, where numbers are.
            let end = if round % 3 == 0 { bytes.len() } else { 600 };
            let at = usize::try_from(state >> 16).expect("64 bits") % end;
            bytes[at] ^= (state & 0xff) as u8;
        }
        std::fs::write(&path, bytes).expect("written");
        // Refused or not, it comes back.
        let _ = found(&path);
    }
}

/// Number of LEB128.
fn leb(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A directory of `[id, run, length, offset]`.
fn directory(entries: &[[u64; 4]]) -> Vec<u8> {
    let mut out = Vec::new();
    leb(entries.len() as u64, &mut out);
    let mut before = 0;
    for entry in entries {
        leb(entry[0].wrapping_sub(before), &mut out);
        before = entry[0];
    }
    entries.iter().for_each(|entry| leb(entry[1], &mut out));
    entries.iter().for_each(|entry| leb(entry[2], &mut out));
    entries.iter().for_each(|entry| leb(entry[3] + 1, &mut out));
    out
}

/// An archive of these parts, unpacked, with one tile.
fn handmade(root: &[u8], leaves: &[u8], metadata: &[u8], is_packed: bool, path: &Path) {
    let mut bytes = b"PMTiles\x03".to_vec();
    let mut at = 127;
    for part in [root, metadata, leaves, &MVT] {
        bytes.extend(u64::to_le_bytes(at));
        bytes.extend(u64::to_le_bytes(part.len() as u64));
        at += part.len() as u64;
    }
    bytes.resize(96, 0);
    bytes.extend([1, if is_packed { 2 } else { 1 }, 1, 1, 0, 14]);
    for degrees in [4, 43, 7, 45] {
        bytes.extend(i32::to_le_bytes(degrees * 10_000_000));
    }
    bytes.resize(127, 0);
    for part in [root, metadata, leaves, &MVT] {
        bytes.extend(part);
    }
    std::fs::write(path, bytes).expect("written");
}

const LAYERS: &[u8] = br#"{"vector_layers":[{"id":"a"}]}"#;

#[test]
fn directories_that_mean_harm_are_refused_each_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hostile.pmtiles");
    let read = |root: &[u8], leaves: &[u8]| {
        handmade(root, leaves, LAYERS, false, &path);
        found(&path)
    };
    let tile = [5, 1, 5, 0];
    assert_eq!(read(&directory(&[tile, [9, 3, 5, 0]]), &[]).expect("sound"), 4);
    let leaf = directory(&[tile]);
    assert_eq!(read(&directory(&[[5, 0, leaf.len() as u64, 0]]), &leaf).expect("sound"), 1);

    let itself = directory(&[[5, 0, 5, 0]]);
    assert_eq!(itself.len(), 5);
    let twice = directory(&[[5, 0, 9, 0], [6, 0, 9, 0]]);
    assert_eq!(twice.len(), 9);
    let billion = {
        let mut bytes = Vec::new();
        leb(4_000_000_000, &mut bytes);
        bytes.extend([1; 100]);
        bytes
    };
    let shrinking = directory(&[[5, 1, 5, 0], [4, 1, 5, 0]]);
    for (root, leaves, said) in [
        (&directory(&[[5, u64::from(u32::MAX), 5, 0]])[..], &[][..], "beyond the last zoom"),
        (&directory(&[[5, u64::MAX, 5, 0]]), &[], "too long"),
        (&directory(&[[5, 3, 5, 0], [7, 1, 5, 0]]), &[], "another entry's"),
        (&directory(&[tile, tile]), &[], "a tile twice"),
        (&shrinking, &[], "beyond all zooms"),
        (&directory(&[[1 << 40, 1, 5, 0]]), &[], "beyond the last zoom"),
        (&directory(&[[5, 1, 6, 0]]), &[], "outside its section"),
        (&directory(&[[5, 1, 5, 1]]), &[], "outside its section"),
        (&directory(&[[5, 1, 5, u64::MAX - 1]]), &[], "outside its section"),
        (&directory(&[[5, 1, 0, 0]]), &[], "outside its section"),
        (&directory(&[[5, 0, 5, 0]]), &[], "outside its section"),
        (&directory(&[]), &[], "no entries"),
        (&billion, &[], "ends before"),
        (&[], &[], "ends before"),
        (&[0xff; 30], &[], "ends before"),
        (&[1, 5, 1], &[], "ends before"),
        (&[1, 5, 1, 5, 0], &[], "has no place"),
        (&itself, &itself, "in themselves"),
        (&twice, &twice, "another entry's"),
        (&itself, &[9, 9, 9, 9, 9], "ends before"),
    ] {
        let error = read(root, leaves).expect_err(said).to_string();
        assert!(error.contains(said), "expected '{said}': {error}");
    }
}

#[test]
fn bombs_and_metadata_that_are_none_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bomb.pmtiles");
    let root = directory(&[[5, 1, 5, 0]]);
    let bomb = gzip(&vec![0; 50_000_000]);
    handmade(&gzip(&root), &[], &gzip(LAYERS), true, &path);
    assert_eq!(found(&path).expect("sound"), 1);
    for (root, leaves, metadata, said) in [
        (&bomb, &[][..], &gzip(LAYERS), "a directory is larger"),
        (&gzip(&root), &[], &bomb, "the metadata is larger"),
        (&gzip(&directory(&[[5, 0, bomb.len() as u64, 0]])), &bomb, &gzip(LAYERS), "a directory is larger"),
        (&root, &[], &gzip(LAYERS), "a directory can't be unpacked"),
        (&gzip(&root), &[], &LAYERS.to_vec(), "the metadata can't be unpacked"),
        (&gzip(&root), &[], &gzip(b"[1]"), "no JSON object"),
        (&gzip(&root), &[], &gzip(b"{}"), "no 'vector_layers'"),
    ] {
        handmade(root, leaves, metadata, true, &path);
        let error = found(&path).expect_err(said).to_string();
        assert!(error.contains(said), "expected '{said}': {error}");
    }
}
