//! What the server and the reading child say to each other.
//!
//! The request is one JSON object on the child's standard input. The answer is a sequence of frames on its
//! standard output: a tag byte, the length as `u32` in big endian, the payload.

use super::Finding;
use crate::geo::BBox;
use crate::model::{ArchiveKind, Column, Coverage, GeometryType};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::PathBuf;

/// Largest payload of JSON; a longer one is a fault of the child.
pub(super) const MAX_PAYLOAD: usize = 64 << 20;

/// Largest payload of rows: PostgreSQL takes no value beyond 1 GB.
pub(super) const MAX_ROWS: usize = 5 << 28;

/// Rows are sent in payloads of about this size.
pub(super) const ROWS_PAYLOAD: usize = 256 << 10;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Format {
    Shapefile,
    GeoJson,
    GeoPackage,
    /// GeoTIFF, JPEG 2000, ASCII grid.
    Image,
    /// An archive of tiles.
    Tiles(ArchiveKind),
}

/// One file to read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// Absolute path of the file.
    pub path: PathBuf,
    pub format: Format,
    /// Name of the layer in formats that have one layer a file.
    pub name: String,
    /// Layers wanted; all when empty.
    pub layers: Vec<String>,
    /// EPSG code given by the producer.
    pub srid: Option<i32>,
    /// Encoding given by the producer.
    pub encoding: Option<String>,
    /// Where an image is rewritten, and an archive of tiles copied; nothing for other formats.
    pub rewritten: Option<PathBuf>,
    /// A private folder for sorting what does not fit in memory.
    pub folder: PathBuf,
    pub megabytes: u64,
    pub seconds: u64,
    pub columns: usize,
    pub examples: usize,
}

/// What kind of payload follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    /// [`Progress`]
    Progress = b'P',
    /// [`LayerHeader`]
    Header = b'H',
    /// Whole tuples of binary COPY
    Rows = b'R',
    /// [`LayerTrailer`]
    Trailer = b'T',
    /// [`Image`]
    Image = b'I',
    /// [`crate::model::ArchiveFacts`]
    Archive = b'A',
    /// Findings about the whole file, as a list
    Findings = b'F',
    /// Findings that refuse the file, as a list; the last frame
    Refused = b'E',
    /// The file has been read whole; the last frame
    Done = b'D',
}

impl Tag {
    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            b'P' => Self::Progress,
            b'H' => Self::Header,
            b'R' => Self::Rows,
            b'T' => Self::Trailer,
            b'I' => Self::Image,
            b'A' => Self::Archive,
            b'F' => Self::Findings,
            b'E' => Self::Refused,
            b'D' => Self::Done,
            _ => return None,
        })
    }
}

/// How far reading is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Progress {
    pub layer: String,
    pub rows: u64,
    pub total: Option<u64>,
}

/// Everything about a layer, known before its first row is sent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LayerHeader {
    pub name: String,
    pub title: String,
    pub geometry: GeometryType,
    pub has_z: bool,
    pub has_m: bool,
    pub srid: i32,
    pub columns: Vec<Column>,
    pub extent: Option<BBox>,
    /// The same in longitude and latitude, within the world.
    pub extent_lonlat: Option<BBox>,
    pub features: u64,
    /// The style that the file itself has for it.
    pub style: Option<String>,
    pub findings: Vec<Finding>,
}

/// Everything about an image that has been rewritten.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Image {
    pub name: String,
    /// The day that it shows, where it says.
    pub date: Option<NaiveDate>,
    pub srid: i32,
    /// Pixels a row.
    pub width: u64,
    /// Rows.
    pub height: u64,
    /// Its border in its own system.
    pub extent: BBox,
    /// The same in longitude and latitude, within the world.
    pub extent_lonlat: Option<BBox>,
    pub coverage: Coverage,
    pub findings: Vec<Finding>,
}

/// Proof that all rows were sent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LayerTrailer {
    pub rows: u64,
}

/// Writes a frame.
pub(super) fn write(out: &mut impl Write, tag: Tag, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    out.write_all(&[tag as u8])?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(payload)
}

/// Writes a frame whose payload is JSON.
pub(super) fn write_json(out: &mut impl Write, tag: Tag, payload: &impl Serialize) -> io::Result<()> {
    write(out, tag, &serde_json::to_vec(payload).map_err(io::Error::other)?)
}
