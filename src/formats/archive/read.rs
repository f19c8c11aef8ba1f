//! What readers of both kinds share: bounds on what a stranger's file may cost, what can be wrong with one, and the check of a
//! tile's first bytes.

use super::{ArchiveKind, TileFormat};
use flate2::read::MultiGzDecoder;
use std::io::Read;

/// The deepest zoom that is read: that of the grid in which tiles are asked for.
pub const DEEPEST: u8 = 24;

/// What reading an archive may cost.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// Bytes of a tile, and of what it unpacks to.
    pub tile_bytes: usize,
    /// Bytes that a directory of PMTiles unpacks to.
    pub directory_bytes: usize,
    /// Bytes that the metadata unpacks to.
    pub metadata_bytes: usize,
    /// Milliseconds that one question to the database of an MBTiles archive may take.
    pub milliseconds: u64,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { tile_bytes: 32 << 20, directory_bytes: 8 << 20, metadata_bytes: 4 << 20, milliseconds: 10_000 }
    }
}

/// Why an archive can't be read: what is wrong with it, for who gave it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file can't be read.
    #[error("the file can't be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is something else.
    #[error("this is no {} archive: {reason}", kind.name())]
    Foreign {
        /// The kind that its name promises.
        kind: ArchiveKind,
        /// What it is instead.
        reason: String,
    },
    /// A version that is not read.
    #[error("this is version {0} of PMTiles; version 3 is read: convert it with 'pmtiles convert'")]
    Version(u8),
    /// A part lies beyond the end of the file: it was not copied whole.
    #[error("the file is not whole: {0} lies beyond its end; copy it once more")]
    Truncated(&'static str),
    /// A part is not what the specification says.
    #[error("the archive is damaged: {0}")]
    Damaged(String),
    /// It is sound, and not what can be served.
    #[error("the archive can't be served: {0}")]
    Unsupported(String),
    /// It costs more than it may.
    #[error("the archive is refused: {what} is larger than {limit}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// A question to its database takes too long.
    #[error(
        "the archive is refused: a question to its database takes more than {0} ms; its table 'tiles' has no index, or is endless"
    )]
    TooSlow(u64),
}

impl ReadError {
    pub(in crate::formats) fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }
}

/// The bytes that a gzip stream unpacks to, `most` at most.
pub(in crate::formats) fn gunzip(
    packed: &[u8],
    most: usize,
    what: &'static str,
) -> Result<Vec<u8>, ReadError> {
    let mut plain = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    MultiGzDecoder::new(packed)
        .take(limit.saturating_add(1))
        .read_to_end(&mut plain)
        .map_err(|error| ReadError::damaged(format!("{what} can't be unpacked: {error}")))?;
    if plain.len() > most {
        return Err(ReadError::TooLarge { what, limit });
    }
    Ok(plain)
}

/// Whether the bytes of a tile are what the archive says, `is_packed` by gzip or not.
///
/// # Errors
/// [`ReadError::Damaged`], [`ReadError::TooLarge`].
pub(in crate::formats) fn check_tile(
    bytes: &[u8],
    format: TileFormat,
    is_packed: bool,
    limits: &ReadLimits,
) -> Result<(), ReadError> {
    let unpacked;
    let plain = if is_packed {
        unpacked = gunzip(bytes, limits.tile_bytes, "a tile")?;
        &unpacked
    } else {
        bytes
    };
    let is_so = match format {
        TileFormat::Mvt => is_mvt(plain),
        TileFormat::Png => plain.starts_with(b"\x89PNG\r\n\x1a\n"),
        TileFormat::Jpeg => plain.starts_with(b"\xff\xd8\xff"),
        TileFormat::WebP => plain.starts_with(b"RIFF") && plain.get(8..12) == Some(b"WEBP"),
    };
    if is_so {
        return Ok(());
    }
    Err(ReadError::damaged(format!("a tile is not {}, which the archive says that it is", format.name())))
}

/// Whether bytes are a message of layers (MVT 2.1, chapter 4.1): fields of number 3, as long as they say.
fn is_mvt(mut rest: &[u8]) -> bool {
    while let Some((&tag, after)) = rest.split_first() {
        let mut after = after;
        let Some(length) = varint(&mut after).and_then(|length| usize::try_from(length).ok()) else {
            return false;
        };
        // Field 3, length-delimited; others of that kind are extensions, which readers pass over.
        if tag & 0x07 != 2 || tag & 0x80 != 0 {
            return false;
        }
        let Some(next) = after.get(length..) else { return false };
        rest = next;
    }
    true
}

/// A number of LEB128 (protobuf's varint), 64 bits at most.
pub(in crate::formats) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        if shift == 63 && part > 1 {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A box of an archive, west, south, east, north in degrees.
pub(in crate::formats) fn checked_bounds(bounds: [f64; 4]) -> Result<[f64; 4], ReadError> {
    let [west, south, east, north] = bounds;
    let fits = (-180.0..=180.0).contains(&west)
        && (-180.0..=180.0).contains(&east)
        && (-90.0..=90.0).contains(&south)
        && (-90.0..=90.0).contains(&north)
        && west <= east
        && south <= north;
    if fits {
        return Ok(bounds);
    }
    Err(ReadError::damaged(format!("its bounds are no box in degrees: {west}, {south}, {east}, {north}")))
}

/// First and last zoom of an archive.
pub(in crate::formats) fn checked_zooms(first: u8, last: u8) -> Result<[u8; 2], ReadError> {
    if last > DEEPEST {
        return Err(ReadError::Unsupported(format!(
            "it has zoom {last}; {DEEPEST} is the deepest that is read"
        )));
    }
    if first > last {
        return Err(ReadError::damaged(format!("its first zoom, {first}, is after the last, {last}")));
    }
    Ok([first, last])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::archive::gzip;

    #[test]
    fn tiles_that_are_something_else_and_bombs_are_found() {
        let limits = ReadLimits { tile_bytes: 10_000, ..ReadLimits::default() };
        let mvt = [0x1a, 0x03, 0x0a, 0x01, b'a'];
        check_tile(&gzip(&mvt), TileFormat::Mvt, true, &limits).expect("a tile");
        check_tile(&mvt, TileFormat::Mvt, false, &limits).expect("a tile");
        let png = b"\x89PNG\r\n\x1a\n....";
        check_tile(png, TileFormat::Png, false, &limits).expect("a picture");
        for (bytes, format, is_packed) in [
            (&mvt[..4], TileFormat::Mvt, false),
            (&png[..], TileFormat::Mvt, false),
            (&png[..], TileFormat::WebP, false),
            (&mvt[..], TileFormat::Png, false),
            (&mvt[..], TileFormat::Mvt, true),
            (b"<html>", TileFormat::Mvt, false),
            (b"", TileFormat::Jpeg, false),
        ] {
            let error = check_tile(bytes, format, is_packed, &limits).expect_err("refused");
            assert!(matches!(error, ReadError::Damaged(_)), "{error}");
        }
        let bomb = gzip(&vec![0; 1_000_000]);
        assert!(bomb.len() < 10_000);
        let error = check_tile(&bomb, TileFormat::Mvt, true, &limits).expect_err("refused");
        assert!(matches!(error, ReadError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn numbers_are_read_within_64_bits() {
        let read = |bytes: &[u8]| varint(&mut &*bytes);
        assert_eq!(read(&[0]), Some(0));
        assert_eq!(read(&[0xac, 0x02]), Some(300));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Some(u64::MAX));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]), None);
        assert_eq!(read(&[0x80; 20]), None);
        assert_eq!(read(&[0x80]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn boxes_that_are_none_are_refused() {
        checked_bounds([-180.0, -90.0, 180.0, 90.0]).expect("the world");
        for bounds in [
            [f64::NAN, 0.0, 1.0, 1.0],
            [0.0, 0.0, f64::INFINITY, 1.0],
            [2.0, 0.0, 1.0, 1.0],
            [0.0, 2.0, 1.0, 1.0],
            [0.0, 0.0, 181.0, 1.0],
        ] {
            assert!(checked_bounds(bounds).is_err(), "{bounds:?}");
        }
        assert!(checked_zooms(3, 2).is_err() && checked_zooms(0, 31).is_err());
    }
}
