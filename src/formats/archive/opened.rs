//! An archive of either kind, open for reading.

use super::{ArchiveInfo, ArchiveKind, Cell, ReadError, ReadLimits, gunzip};
use crate::formats::mbtiles::MbTiles;
use crate::formats::pmtiles::PmTiles;
use std::path::Path;

/// An archive that is open. Reading blocks, and may be done from several threads.
#[derive(Debug)]
pub enum OpenArchive {
    /// PMTiles.
    PmTiles(Box<PmTiles>),
    /// MBTiles.
    MbTiles(Box<MbTiles>),
}

impl OpenArchive {
    /// Opens an archive: what it says of itself is read and checked.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn open(path: &Path, kind: ArchiveKind, limits: ReadLimits) -> Result<Self, ReadError> {
        Ok(match kind {
            ArchiveKind::PmTiles => Self::PmTiles(Box::new(PmTiles::open(path, limits)?)),
            ArchiveKind::MbTiles => Self::MbTiles(Box::new(MbTiles::open(path, limits)?)),
        })
    }

    /// What the archive says of itself.
    #[must_use]
    pub const fn info(&self) -> &ArchiveInfo {
        match self {
            Self::PmTiles(archive) => archive.info(),
            Self::MbTiles(archive) => archive.info(),
        }
    }

    /// Whether its tiles are compressed by gzip.
    #[must_use]
    pub const fn is_packed(&self) -> bool {
        match self {
            Self::PmTiles(archive) => archive.is_packed(),
            Self::MbTiles(archive) => archive.is_packed(),
        }
    }

    /// The bytes of a tile as they lie in the archive; `None` where it has none.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn tile(&self, cell: Cell) -> Result<Option<Vec<u8>>, ReadError> {
        match self {
            Self::PmTiles(archive) => archive.tile(cell),
            Self::MbTiles(archive) => archive.tile(cell),
        }
    }

    /// Counts the tiles, looks at some of them, and at all that says where they are.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn check(&self) -> Result<u64, ReadError> {
        match self {
            Self::PmTiles(archive) => archive.check().map(|counted| counted.tiles),
            Self::MbTiles(archive) => archive.check(),
        }
    }
}

/// A tile that is compressed by gzip, for who doesn't take it so.
///
/// # Errors
/// [`ReadError`]: also when it unpacks to more than a tile may have.
pub fn unpacked(packed: &[u8], limits: &ReadLimits) -> Result<Vec<u8>, ReadError> {
    gunzip(packed, limits.tile_bytes, "a tile")
}
