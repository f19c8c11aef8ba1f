//! Archives of tiles: a pyramid of Web Mercator in one file. What PMTiles ([`super::pmtiles`]) and MBTiles
//! ([`super::mbtiles`]) have in common: what the tiles are, what is said of them, and the file that keeps finished tiles while
//! an archive is being made.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | kinds of archives and of tiles, what is said of an archive |
//! | `describe.rs` | what an archive of a stranger says of itself |
//! | `read.rs` | what reading may cost, and what can be wrong |
//! | `work.rs` | tiles that are finished, before the archive is |

mod describe;
mod read;
mod work;

pub(super) use describe::{Facts, described, of_members};
pub use read::{DEEPEST, ReadError, ReadLimits};
pub(super) use read::{check_tile, checked_bounds, checked_zooms, gunzip, varint};
pub use work::{Begun, Cell, WorkFile};

use serde_json::{Map, Value as Json, json};
use std::path::{Path, PathBuf};

/// The kind of an archive, by the ending of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArchiveKind {
    /// PMTiles, version 3.
    PmTiles,
    /// MBTiles 1.3.
    MbTiles,
}

impl ArchiveKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::PmTiles, Self::MbTiles];

    /// The ending of its files, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::PmTiles => "pmtiles",
            Self::MbTiles => "mbtiles",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PmTiles => "PMTiles",
            Self::MbTiles => "MBTiles",
        }
    }

    /// Its media type; that of MBTiles, which has none of its own, says that it is a database of SQLite.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::PmTiles => "application/vnd.pmtiles",
            Self::MbTiles => "application/vnd.sqlite3",
        }
    }

    /// The kind of a file, by its name.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        Self::ALL.into_iter().find(|kind| kind.extension().eq_ignore_ascii_case(ending))
    }
}

/// What the tiles of an archive are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TileFormat {
    /// Mapbox Vector Tiles, compressed by gzip in archives.
    Mvt,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
}

impl TileFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mvt, Self::Png, Self::Jpeg, Self::WebP];

    /// Its name on the command line and in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mvt => "mvt",
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::WebP => "webp",
        }
    }

    /// Its name in the table `metadata` of MBTiles (1.3, "Content").
    #[must_use]
    pub const fn mbtiles_name(self) -> &'static str {
        match self {
            Self::Mvt => "pbf",
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
        }
    }

    /// The format of a name, of any of its spellings.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "mvt" | "pbf" => Some(Self::Mvt),
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::WebP),
            _ => None,
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Mvt => "application/vnd.mapbox-vector-tile",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }
}

/// What an archive says of its tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchiveInfo {
    /// Name for people.
    pub name: String,
    /// What it is, for people; may be empty.
    pub description: String,
    /// Who is to be named on the map, in HTML; may be empty.
    pub attribution: String,
    /// Version of the data, such as `3.0.0`.
    pub version: String,
    /// What the tiles are.
    pub format: TileFormat,
    /// First and last zoom.
    pub zooms: [u8; 2],
    /// West, south, east, north in degrees.
    pub bounds: [f64; 4],
    /// Longitude, latitude, zoom: a first look.
    pub center: [f64; 3],
    /// The layers of vector tiles, as TileJSON 3.0 (section 3.3) describes them; empty for pictures.
    pub vector_layers: Vec<Json>,
}

impl ArchiveInfo {
    /// The metadata of a PMTiles archive (version 3, chapter 5).
    #[must_use]
    pub fn metadata(&self) -> Map<String, Json> {
        let mut document = Map::new();
        document.insert("name".into(), json!(self.name));
        for (key, text) in [("description", &self.description), ("attribution", &self.attribution)] {
            if !text.is_empty() {
                document.insert(key.into(), json!(text));
            }
        }
        document.insert("type".into(), json!("overlay"));
        document.insert("version".into(), json!(self.version));
        if self.format == TileFormat::Mvt {
            document.insert("vector_layers".into(), json!(self.vector_layers));
        }
        document
    }
}

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
    fn names_and_endings_tell_kinds_and_formats() {
        assert_eq!(ArchiveKind::of_file(Path::new("a/b.PMTiles")), Some(ArchiveKind::PmTiles));
        assert_eq!(ArchiveKind::of_file(Path::new("b.mbtiles")), Some(ArchiveKind::MbTiles));
        assert_eq!(ArchiveKind::of_file(Path::new("mbtiles")), None);
        for format in TileFormat::ALL {
            assert_eq!(TileFormat::named(format.name()), Some(format));
            assert_eq!(TileFormat::named(format.mbtiles_name()), Some(format));
        }
        assert_eq!(TileFormat::named("gif"), None);
        assert_eq!(beside(Path::new("a/b.pmtiles"), "part"), Path::new("a/b.pmtiles.part"));
    }
}
