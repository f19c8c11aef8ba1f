//! Archives of tiles: a pyramid of Web Mercator in one file, made by others or by an export.

use super::Dataset;
use crate::geo::BBox;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::path::Path;
use std::sync::Arc;

/// The kind of an archive, by the ending of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

    /// The ending of its addresses, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Mvt => "mvt",
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// What is known of an archive that was published, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArchiveFacts {
    /// The kind of its file.
    pub kind: ArchiveKind,
    /// Whether its tiles are compressed by gzip.
    pub is_packed: bool,
    /// Tiles that can be asked for.
    pub tiles: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// What it says of itself.
    pub info: ArchiveInfo,
}

/// A layer that is an archive of tiles: it has no features, so that no service of features or maps knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchiveLayer {
    /// Key in the database.
    pub id: i64,
    /// Name in every service; unique among layers of all kinds, kept when the data is replaced.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What it is, for people; may be empty.
    pub description: String,
    /// The dataset it belongs to.
    pub dataset: Arc<Dataset>,
    /// Name of the current version's table in schema `data`, whose one row is the border; it also names the folder of the file.
    pub table: String,
    /// Its border in longitude and latitude.
    pub extent_lonlat: Option<BBox>,
    /// Raised by every change: what caches and ETags hang on.
    pub generation: i64,
    /// What it holds.
    pub facts: ArchiveFacts,
    /// Last change of the data.
    pub updated: DateTime<Utc>,
}

impl ArchiveLayer {
    /// Its description, or that of its dataset.
    #[must_use]
    pub fn text(&self) -> &str {
        let texts = [&self.description, &self.dataset.description, &self.facts.info.description];
        texts.into_iter().map(|text| text.trim()).find(|text| !text.is_empty()).unwrap_or_default()
    }
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
            for name in [format.name(), format.mbtiles_name(), format.extension()] {
                assert_eq!(TileFormat::named(name), Some(format));
            }
        }
        assert_eq!(TileFormat::named("gif"), None);
    }
}
