//! Archives of tiles: a pyramid of Web Mercator in one file. What PMTiles ([`super::pmtiles`]) and MBTiles
//! ([`super::mbtiles`]) have in common: reading within bounds, and the file that keeps finished tiles while an archive is being
//! made. What they are is in [`crate::model`].
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | what writers of both kinds share |
//! | `describe.rs` | what an archive of a stranger says of itself |
//! | `read.rs` | what reading may cost, and what can be wrong |
//! | `opened.rs` | an archive of either kind, open for reading |
//! | `library.rs` | the archives that are published, kept open |
//! | `work.rs` | tiles that are finished, before the archive is |

mod describe;
mod library;
mod opened;
mod read;
mod work;

pub(super) use describe::{Facts, described, of_members};
pub use library::{ArchiveLibrary, file_of};
pub use opened::{OpenArchive, unpacked};
pub use read::{DEEPEST, ReadError, ReadLimits};
pub(super) use read::{check_tile, checked_bounds, checked_zooms, gunzip, varint};
pub use work::{Begun, Cell, WorkFile};

pub use crate::model::{ArchiveInfo, ArchiveKind, TileFormat};

use std::path::{Path, PathBuf};

/// Why an archive can't be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The file can't be written.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file with the finished tiles, or the archive, is in another's hands.
    #[error("{path} is being written by another export; wait for its end", path = .0.display())]
    Busy(PathBuf),
    /// The file where finished tiles are kept is something else.
    #[error("{path} is no work file of an export; move it away, or give another name", path = .0.display())]
    Foreign(PathBuf),
    /// SQLite.
    #[error("{path}: {cause}", path = path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: rusqlite::Error,
    },
    /// The writer of PMTiles.
    #[error("{path}: {cause}", path = path.display())]
    PmTiles {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: pmtiles::PmtError,
    },
    /// It was to end early.
    #[error("the export was stopped")]
    Stopped,
}

impl ArchiveError {
    pub(super) fn io(path: &Path, cause: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), cause }
    }

    /// An error of SQLite, told apart where somebody can do something about it.
    pub(super) fn sqlite(path: &Path, cause: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match cause.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(path.to_owned()),
            Some(ErrorCode::NotADatabase) => Self::Foreign(path.to_owned()),
            Some(ErrorCode::DiskFull) => {
                Self::io(path, std::io::Error::from(std::io::ErrorKind::StorageFull))
            }
            _ => Self::Sqlite { path: path.to_owned(), cause },
        }
    }
}

/// Level of compression of vector tiles: made once and sent often.
const LEVEL: i32 = 7;

/// Compressed by gzip, whatever its size, since all tiles of an archive are alike in that; nothing stays nothing.
#[must_use]
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    if plain.is_empty() {
        return Vec::new();
    }
    let mut compressor =
        libdeflater::Compressor::new(libdeflater::CompressionLvl::new(LEVEL).unwrap_or_default());
    let mut packed = vec![0; compressor.gzip_compress_bound(plain.len())];
    // The bound is never too small.
    let size = compressor.gzip_compress(plain, &mut packed).unwrap_or(0);
    packed.truncate(size);
    packed
}

/// A name beside a file: `communes.pmtiles` and `part` make `communes.pmtiles.part`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// Gives a finished file its name, once its bytes are on the disk.
pub(super) fn put_in_place(beside: &Path, path: &Path) -> Result<(), ArchiveError> {
    let file = std::fs::File::open(beside).map_err(|cause| ArchiveError::io(beside, cause))?;
    file.sync_all().map_err(|cause| ArchiveError::io(beside, cause))?;
    std::fs::rename(beside, path).map_err(|cause| ArchiveError::io(path, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_beside_a_file_begins_with_its_name() {
        assert_eq!(beside(Path::new("a/b.pmtiles"), "part"), Path::new("a/b.pmtiles.part"));
    }
}
