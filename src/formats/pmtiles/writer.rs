//! The archive of finished tiles: in the order of the Hilbert curve, equal tiles once, directories in leaves where the root
//! would be larger than 16,257 bytes (version 3, chapter 4).

use crate::formats::archive::{ArchiveError, ArchiveInfo, Cell, TileFormat};
use pmtiles::{Compression, PmTilesWriter, PmtError, TileCoord, TileId, TileType};
use rusqlite::{Connection, params};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Identifier of a tile (version 3, chapter 4.1). Cells beyond the pyramid have none, which no plan has.
pub(in crate::formats) fn place(cell: Cell) -> Option<i64> {
    let coord = TileCoord::new(cell.z, cell.x, cell.y).ok()?;
    i64::try_from(TileId::from(coord).value()).ok()
}

/// Writes what a work file has. Memory takes an entry of some thirty bytes for each tile, no tiles.
pub(in crate::formats) fn write(
    work: &Connection,
    work_path: &Path,
    path: &Path,
    info: &ArchiveInfo,
    stop: &AtomicBool,
) -> Result<(), ArchiveError> {
    let of_work = |cause| ArchiveError::sqlite(work_path, cause);
    let of_archive = |cause| match cause {
        PmtError::Reading(cause) => ArchiveError::io(path, cause),
        cause => ArchiveError::PmTiles { path: path.to_owned(), cause },
    };
    let file = File::create(path).map_err(|cause| ArchiveError::io(path, cause))?;
    let mut archive = writer(info).dedup_by_key::<i64>().create(file).map_err(of_archive)?;
    // How often a tile comes is found by its number.
    work.execute_batch(
        "create temp table if not exists repeated (tile_id integer primary key, uses integer not null); \
         delete from repeated; insert into repeated select tile_id, uses from seen where uses > 1;",
    )
    .map_err(of_work)?;
    let mut tiles = work
        .prepare(
            "select map.id, map.tile_id, images.tile_data, repeated.uses from map \
             join images using (tile_id) left join repeated using (tile_id) order by map.id",
        )
        .map_err(of_work)?;
    let mut rows = tiles.query(params![]).map_err(of_work)?;
    while let Some(row) = rows.next().map_err(of_work)? {
        if stop.load(Ordering::Relaxed) {
            return Err(ArchiveError::Stopped);
        }
        let id: i64 = row.get(0).map_err(of_work)?;
        let image: i64 = row.get(1).map_err(of_work)?;
        let uses: Option<i64> = row.get(3).map_err(of_work)?;
        let id = TileId::new(u64::try_from(id).unwrap_or(u64::MAX)).map_err(of_archive)?;
        let bytes = row.get_ref(2).map_err(of_work)?.as_blob().map_err(|e| of_work(e.into()))?;
        archive.add_tile(id.into(), bytes, uses.map(|_| image)).map_err(of_archive)?;
    }
    archive.finalize().map_err(of_archive)
}

fn writer(info: &ArchiveInfo) -> PmTilesWriter {
    let (kind, compression) = match info.format {
        TileFormat::Mvt => (TileType::Mvt, Compression::Gzip),
        TileFormat::Png => (TileType::Png, Compression::None),
        TileFormat::Jpeg => (TileType::Jpeg, Compression::None),
        TileFormat::WebP => (TileType::Webp, Compression::None),
    };
    let [west, south, east, north] = info.bounds;
    let [longitude, latitude, zoom] = info.center;
    let [first, last] = info.zooms;
    PmTilesWriter::new(kind)
        .precompressed(compression)
        .internal_compression(Compression::Gzip)
        .min_zoom(first)
        .max_zoom(last)
        .bounds(west, south, east, north)
        .center(longitude, latitude)
        .center_zoom((zoom.clamp(0.0, 31.0) as u8).clamp(first, last))
        .metadata(serde_json::Value::Object(info.metadata()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::archive::{ArchiveKind, WorkFile};

    fn info(zooms: [u8; 2]) -> ArchiveInfo {
        ArchiveInfo {
            name: "Essai".into(),
            description: String::new(),
            attribution: String::new(),
            version: "1.0.0".into(),
            format: TileFormat::Png,
            zooms,
            bounds: [4.0, 43.0, 7.0, 45.0],
            center: [5.5, 44.0, 6.0],
            vector_layers: Vec::new(),
        }
    }

    /// A number of the header (version 3, chapter 3.1).
    fn number(bytes: &[u8], at: usize) -> u64 {
        u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
    }

    #[test]
    fn many_tiles_have_leaves_a_small_root_and_equal_ones_are_there_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("a.pmtiles");
        let mut work = WorkFile::open(&target, ArchiveKind::PmTiles, "plan").expect("begun");
        // Sizes that no directory can guess, and one tile in eight that is the same everywhere.
        let tiles: Vec<(Cell, Vec<u8>)> = (0..40_000_u32)
            .map(|n| {
                let hash = n.wrapping_mul(2_654_435_761);
                let tile = if n % 8 == 0 {
                    b"same".to_vec()
                } else {
                    hash.to_le_bytes().repeat(1 + (hash >> 26) as usize)
                };
                (Cell { z: 9, x: n % 256, y: n / 256 }, tile)
            })
            .collect();
        work.keep(&tiles, 40_000).expect("kept");
        let size = work.finish(&info([9, 9]), &AtomicBool::new(false)).expect("finished");
        let bytes = std::fs::read(&target).expect("read");
        assert_eq!(size, bytes.len() as u64);
        assert!(bytes.starts_with(b"PMTiles\x03"));
        let (root, leaves) = (number(&bytes, 16), number(&bytes, 48));
        assert!(root > 0 && root <= 16_257 && leaves > 16_257, "{root} {leaves}");
        let [addressed, entries, contents] = [72, 80, 88].map(|at| number(&bytes, at));
        assert_eq!((addressed, contents), (40_000, 35_001));
        assert!(entries <= addressed);
        assert_eq!(bytes[96], 1, "clustered");
        assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 1, "no work file is left");
    }

    #[test]
    fn an_archive_that_is_stopped_leaves_its_tiles_and_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("a.pmtiles");
        let cell = Cell { z: 0, x: 0, y: 0 };
        let mut work = WorkFile::open(&target, ArchiveKind::PmTiles, "plan").expect("begun");
        work.keep(&[(cell, b"tile".to_vec())], 1).expect("kept");
        let stopped = work.finish(&info([0, 0]), &AtomicBool::new(true));
        assert!(matches!(stopped, Err(ArchiveError::Stopped)), "{stopped:?}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 1);
        let work = WorkFile::open(&target, ArchiveKind::PmTiles, "plan").expect("again");
        assert_eq!((work.passed(), work.count().expect("counted")), (1, 1));
    }
}
