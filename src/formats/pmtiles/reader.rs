//! Reading by offsets, of a file that a stranger made: every number of it is checked before it is used.

use super::directory::{self, Entry};
use super::place;
use crate::formats::archive::{
    ArchiveInfo, ArchiveKind, Cell, ReadError, ReadLimits, TileFormat, check_tile, checked_bounds,
    checked_zooms, described, gunzip,
};
use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of the header (version 3, chapter 3).
const HEADER: usize = 127;

/// Directories below each other, the root among them; writers make two.
const DEPTH: usize = 4;

/// Leaf directories that are kept unpacked.
const KEPT: usize = 64;

/// Tiles that [`PmTiles::check`] looks at.
const LOOKED_AT: usize = 64;

/// An archive that is open. Reads may come from several threads.
#[derive(Debug)]
pub struct PmTiles {
    file: File,
    header: Header,
    info: ArchiveInfo,
    root: Arc<Vec<Entry>>,
    leaves: Mutex<HashMap<u64, Arc<Vec<Entry>>>>,
    limits: ReadLimits,
}

/// What the header says (version 3, chapter 3.1), checked against the file.
#[derive(Clone, Debug)]
struct Header {
    metadata: Range<u64>,
    root: Range<u64>,
    leaves: Range<u64>,
    tiles: Range<u64>,
    is_packed_inside: bool,
    is_packed: bool,
    format: TileFormat,
    zooms: [u8; 2],
    bounds: [f64; 4],
    center: [f64; 3],
}

/// What a walk through all directories found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Tiles that can be asked for.
    pub tiles: u64,
    /// Entries of directories that name tiles.
    pub entries: u64,
}

impl PmTiles {
    /// Opens an archive: header, metadata and root directory are read and checked.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn open(path: &Path, limits: ReadLimits) -> Result<Self, ReadError> {
        let file = File::open(path)?;
        let header = header(&file)?;
        let metadata =
            section(&file, &header.metadata, header.is_packed_inside, limits.metadata_bytes, "the metadata")?;
        let facts = (header.format, header.zooms, header.bounds, header.center);
        let info = described(&metadata, facts)?;
        let root =
            section(&file, &header.root, header.is_packed_inside, limits.directory_bytes, "a directory")?;
        let root = Arc::new(directory::parse(&root, &(0..header.end_of_ids()), header.sections())?);
        Ok(Self { file, header, info, root, leaves: Mutex::default(), limits })
    }

    /// What the archive says of itself.
    #[must_use]
    pub const fn info(&self) -> &ArchiveInfo {
        &self.info
    }

    /// Whether its tiles are compressed by gzip.
    #[must_use]
    pub const fn is_packed(&self) -> bool {
        self.header.is_packed
    }

    /// The bytes of a tile as they lie in the archive; `None` where it has none.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn tile(&self, cell: Cell) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(id) = place(cell).and_then(|id| u64::try_from(id).ok()) else { return Ok(None) };
        let (mut entries, mut ids) = (Arc::clone(&self.root), 0..self.header.end_of_ids());
        for _ in 0..DEPTH {
            let Some(entry) = directory::find(&entries, id) else { return Ok(None) };
            if !entry.is_leaf() {
                return self.bytes(entry).map(Some);
            }
            ids = below(&entries, entry, &ids);
            entries = self.leaf(entry, &ids)?;
        }
        Err(too_deep())
    }

    /// Walks through all directories and looks at some tiles.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn check(&self) -> Result<Counted, ReadError> {
        let mut counted = Counted::default();
        let mut looked = 0;
        self.walk(&self.root, &(0..self.header.end_of_ids()), 1, &mut |entry| {
            counted.entries += 1;
            counted.tiles += u64::from(entry.run);
            // The first ones, then fewer and fewer.
            if looked < LOOKED_AT && (counted.entries <= 8 || counted.entries.is_power_of_two()) {
                looked += 1;
                check_tile(&self.bytes(entry)?, self.header.format, self.header.is_packed, &self.limits)?;
            }
            Ok(())
        })?;
        Ok(counted)
    }

    fn walk(
        &self,
        entries: &[Entry],
        ids: &Range<u64>,
        depth: usize,
        each: &mut impl FnMut(Entry) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        for entry in entries {
            if entry.is_leaf() {
                if depth == DEPTH {
                    return Err(too_deep());
                }
                let ids = below(entries, *entry, ids);
                // Not kept: each is read once.
                self.walk(&self.read_leaf(*entry, &ids)?, &ids, depth + 1, each)?;
            } else {
                each(*entry)?;
            }
        }
        Ok(())
    }

    fn bytes(&self, entry: Entry) -> Result<Vec<u8>, ReadError> {
        let length = entry.length as usize;
        if length > self.limits.tile_bytes {
            return Err(ReadError::TooLarge { what: "a tile", limit: self.limits.tile_bytes as u64 });
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, self.header.tiles.start + entry.offset)?;
        Ok(bytes)
    }

    fn leaf(&self, entry: Entry, ids: &Range<u64>) -> Result<Arc<Vec<Entry>>, ReadError> {
        let kept = || self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept().get(&entry.offset) {
            return Ok(Arc::clone(found));
        }
        let read = Arc::new(self.read_leaf(entry, ids)?);
        let mut leaves = kept();
        if leaves.len() >= KEPT {
            // Which one goes matters little: neighbouring tiles are in the same directory.
            let any = leaves.keys().next().copied();
            any.map(|any| leaves.remove(&any));
        }
        leaves.insert(entry.offset, Arc::clone(&read));
        Ok(read)
    }

    fn read_leaf(&self, entry: Entry, ids: &Range<u64>) -> Result<Vec<Entry>, ReadError> {
        let first = self.header.leaves.start + entry.offset;
        let range = first..first + u64::from(entry.length);
        let most = self.limits.directory_bytes;
        let bytes = section(&self.file, &range, self.header.is_packed_inside, most, "a directory")?;
        directory::parse(&bytes, ids, self.header.sections())
    }
}

impl Header {
    /// The identifier after the last one of the deepest zoom: 1 + 4 + 16 + …
    fn end_of_ids(&self) -> u64 {
        ((1_u64 << (2 * (u32::from(self.zooms[1]) + 1))) - 1) / 3
    }

    /// Sizes of the sections of tiles and of leaf directories.
    fn sections(&self) -> [u64; 2] {
        [self.tiles.end - self.tiles.start, self.leaves.end - self.leaves.start]
    }
}

/// The identifiers that a further directory may have: up to the entry after the one that names it.
fn below(entries: &[Entry], entry: Entry, ids: &Range<u64>) -> Range<u64> {
    let after = entries.partition_point(|other| other.id <= entry.id);
    entry.id..entries.get(after).map_or(ids.end, |next| next.id)
}

fn too_deep() -> ReadError {
    ReadError::damaged(format!("directories lie more than {DEPTH} deep, or in themselves"))
}

/// The bytes of a part of the file, unpacked.
fn section(
    file: &File,
    range: &Range<u64>,
    is_packed: bool,
    most: usize,
    what: &'static str,
) -> Result<Vec<u8>, ReadError> {
    let limit = most as u64;
    let length = range.end - range.start;
    if length > limit {
        return Err(ReadError::TooLarge { what, limit });
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut bytes, range.start)?;
    if is_packed { gunzip(&bytes, most, what) } else { Ok(bytes) }
}

fn header(file: &File) -> Result<Header, ReadError> {
    let size = file.metadata()?.len();
    let foreign = |reason: &str| ReadError::Foreign { kind: ArchiveKind::PmTiles, reason: reason.to_owned() };
    if size == 0 {
        return Err(foreign("the file is empty"));
    }
    let mut bytes = [0_u8; HEADER];
    let there = usize::try_from(size).unwrap_or(usize::MAX).min(HEADER);
    file.read_exact_at(bytes.get_mut(..there).unwrap_or_default(), 0)?;
    if !bytes.starts_with(b"PMTiles") {
        return Err(if bytes.starts_with(b"PM") && bytes[2..4] == [2, 0] {
            ReadError::Version(2)
        } else {
            foreign("it does not begin with 'PMTiles'")
        });
    }
    if there < HEADER {
        return Err(ReadError::Truncated("the header"));
    }
    if bytes[7] != 3 {
        return Err(ReadError::Version(bytes[7]));
    }
    let range = |at: usize, what: &'static str| -> Result<Range<u64>, ReadError> {
        let (first, length) = (long(&bytes, at), long(&bytes, at + 8));
        let end = first.checked_add(length).filter(|end| *end <= size).ok_or(ReadError::Truncated(what))?;
        if length > 0 && first < HEADER as u64 {
            return Err(ReadError::damaged(format!("{what} lies in the header")));
        }
        Ok(first..end)
    };
    let root = range(8, "the root directory")?;
    let metadata = range(24, "the metadata")?;
    let leaves = range(40, "the leaf directories")?;
    let tiles = range(56, "the tiles")?;
    apart(&[&root, &metadata, &leaves, &tiles])?;
    let is_packed = |value: u8, what: &str| match value {
        1 => Ok(false),
        2 => Ok(true),
        0 => Err(ReadError::Unsupported(format!("it doesn't say how {what} are compressed"))),
        3 | 4 => Err(ReadError::Unsupported(format!(
            "{what} are compressed by {}; gzip is read: write it anew with gzip",
            if value == 3 { "brotli" } else { "zstd" }
        ))),
        other => Err(ReadError::damaged(format!("{what} have the compression {other}, which there is not"))),
    };
    let format = match bytes[99] {
        1 => TileFormat::Mvt,
        2 => TileFormat::Png,
        3 => TileFormat::Jpeg,
        4 => TileFormat::WebP,
        other => {
            return Err(ReadError::Unsupported(format!(
                "its tiles are of the kind {other}; vector tiles (1), PNG (2), JPEG (3) and WebP (4) are served"
            )));
        }
    };
    let degrees = |at: usize| f64::from(int(&bytes, at)) / 1e7;
    let zooms = checked_zooms(bytes[100], bytes[101])?;
    let center_zoom = f64::from(bytes[118].clamp(zooms[0], zooms[1]));
    Ok(Header {
        metadata,
        root,
        leaves,
        tiles,
        is_packed_inside: is_packed(bytes[97], "directories")?,
        is_packed: is_packed(bytes[98], "tiles")?,
        format,
        zooms,
        bounds: checked_bounds([degrees(102), degrees(106), degrees(110), degrees(114)])?,
        center: [degrees(119), degrees(123), center_zoom],
    })
}

/// Parts of a file that overlap are a trick, or a file made of two.
fn apart(parts: &[&Range<u64>]) -> Result<(), ReadError> {
    let mut parts: Vec<&Range<u64>> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.sort_by_key(|part| part.start);
    if parts.windows(2).any(|pair| matches!(pair, [a, b] if a.end > b.start)) {
        return Err(ReadError::damaged("its parts overlap"));
    }
    Ok(())
}

fn long(bytes: &[u8; HEADER], at: usize) -> u64 {
    let part = bytes.get(at..at + 8).and_then(|part| part.try_into().ok());
    part.map_or(0, u64::from_le_bytes)
}

fn int(bytes: &[u8; HEADER], at: usize) -> i32 {
    let part = bytes.get(at..at + 4).and_then(|part| part.try_into().ok());
    part.map_or(0, i32::from_le_bytes)
}
