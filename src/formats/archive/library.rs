//! The archives that are published, kept open.

use super::{ArchiveKind, Cell, OpenArchive, ReadError, ReadLimits, unpacked};
use crate::formats::image::folder_of;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Archives that are kept open.
const OPEN: usize = 64;

/// How gzip begins (RFC 1952 section 2.3.1), and no tile does.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Milliseconds that looking for a tile may take: who waits for it waits for nothing else.
const MILLISECONDS: u64 = 2_000;

/// The file of an archive below the data folder; it lies where images of raster layers do, and goes with its table as they do.
#[must_use]
pub fn file_of(data: &Path, table: &str, kind: ArchiveKind) -> PathBuf {
    folder_of(data, table).join(format!("1.{}", kind.extension()))
}

/// The archives of all layers. Cloning shares the open files. Reading blocks.
#[derive(Clone, Debug)]
pub struct ArchiveLibrary {
    data: PathBuf,
    open: Arc<Mutex<Opened>>,
    limits: ReadLimits,
}

/// Open archives by their tables, with the time of their last use, counted in uses.
#[derive(Debug, Default)]
struct Opened {
    archives: HashMap<String, (Arc<OpenArchive>, u64)>,
    uses: u64,
}

impl ArchiveLibrary {
    /// The archives below a data folder.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        let limits = ReadLimits { milliseconds: MILLISECONDS, ..ReadLimits::default() };
        Self { data: data.to_owned(), open: Arc::default(), limits }
    }

    /// The bytes of a tile; `None` where the archive has none. Packed ones stay so where `as_is`.
    ///
    /// # Errors
    /// [`ReadError`]: the archive was good when it was published, so its file is missing or was damaged since.
    pub fn tile(
        &self,
        (table, kind): (&str, ArchiveKind),
        cell: Cell,
        as_is: bool,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let archive = self.archive(table, kind)?;
        let Some(tile) = archive.tile(cell)? else { return Ok(None) };
        // Not by what the archive says of all tiles: some of MBTiles have both.
        if as_is || !tile.starts_with(&GZIP) {
            return Ok(Some(tile));
        }
        unpacked(&tile, &self.limits).map(Some)
    }

    fn archive(&self, table: &str, kind: ArchiveKind) -> Result<Arc<OpenArchive>, ReadError> {
        let held = || self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let known = {
            let mut opened = held();
            opened.uses += 1;
            let now = opened.uses;
            opened.archives.get_mut(table).map(|(archive, used)| {
                *used = now;
                Arc::clone(archive)
            })
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let archive = Arc::new(OpenArchive::open(&file_of(&self.data, table, kind), kind, self.limits)?);
        let mut opened = held();
        if opened.archives.len() >= OPEN {
            let oldest =
                opened.archives.iter().min_by_key(|(_, (_, used))| *used).map(|(name, _)| name.clone());
            oldest.map(|name| opened.archives.remove(&name));
        }
        let now = opened.uses;
        opened.archives.insert(table.to_owned(), (Arc::clone(&archive), now));
        Ok(archive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::archive::{ArchiveInfo, TileFormat, WorkFile, gzip};
    use std::sync::atomic::AtomicBool;

    const MVT: [u8; 5] = [0x1a, 0x03, 0x0a, 0x01, b'a'];
    const CELL: Cell = Cell { z: 0, x: 0, y: 0 };

    fn put(data: &Path, table: &str, kind: ArchiveKind) {
        let path = file_of(data, table, kind);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let mut work = WorkFile::open(&path, kind, "plan").expect("begun");
        work.keep(&[(CELL, gzip(&MVT))], 1).expect("kept");
        let info = ArchiveInfo {
            name: String::new(),
            description: String::new(),
            attribution: String::new(),
            version: String::new(),
            format: TileFormat::Mvt,
            zooms: [0, 0],
            bounds: [4.0, 43.0, 7.0, 45.0],
            center: [5.5, 44.0, 0.0],
            vector_layers: vec![serde_json::json!({"id": "a", "fields": {}})],
        };
        work.finish(&info, &AtomicBool::new(false)).expect("finished");
    }

    #[test]
    fn more_archives_than_are_kept_open_are_read_packed_or_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let library = ArchiveLibrary::new(folder.path());
        let tables: Vec<(String, ArchiveKind)> =
            (0..OPEN + 6).map(|n| (format!("t{n}"), ArchiveKind::ALL[n % 2])).collect();
        for (table, kind) in &tables {
            put(folder.path(), table, *kind);
        }
        for _ in 0..2 {
            for (table, kind) in &tables {
                let read = |as_is| library.tile((table, *kind), CELL, as_is).expect("read");
                assert_eq!((read(true), read(false)), (Some(gzip(&MVT)), Some(MVT.to_vec())));
            }
        }
        assert_eq!(library.open.lock().expect("held").archives.len(), OPEN);
        let beside = library.tile(("t0", ArchiveKind::PmTiles), Cell { z: 3, ..CELL }, true);
        assert!(beside.expect("read").is_none());
        let gone = library.tile(("nothing", ArchiveKind::PmTiles), CELL, true).expect_err("refused");
        assert!(matches!(gone, ReadError::Io(_)), "{gone}");
    }
}
