//! Encoded tiles in memory, and one maker at a time for each.

use super::TileLayer;
use crate::geo::grid::Tile;
use bytes::Bytes;
use moka::future::Cache;
use smallvec::SmallVec;

/// How a body is encoded for the way (RFC 9110 section 8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// `gzip`
    Gzip,
}

/// An encoded tile. Empty bytes are an empty tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The bytes to send.
    pub bytes: Bytes,
    /// What they are encoded as; small bodies stay as they are whatever was asked for.
    pub encoding: Encoding,
}

impl Body {
    /// An empty tile.
    pub(super) const EMPTY: Self = Self { bytes: Bytes::new(), encoding: Encoding::Identity };

    /// A body whose bytes tell what they are encoded as: those of gzip begin as no tile does (RFC 1952 section 2.3.1).
    pub(super) fn of_bytes(bytes: Bytes) -> Self {
        let encoding = if bytes.starts_with(&[0x1f, 0x8b]) { Encoding::Gzip } else { Encoding::Identity };
        Self { bytes, encoding }
    }
}

/// A tile's identity: a changed layer has another generation, and with it another key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    layers: SmallVec<[(i64, i64); 2]>,
    /// What was chosen of the layers of which something was: conditions and content.
    chosen: String,
    tile: Tile,
    encoding: Encoding,
}

impl Key {
    pub(super) fn new(layers: &[TileLayer], tile: Tile, encoding: Encoding) -> Self {
        let chosen = layers.iter().enumerate().filter(|(_, shown)| !shown.is_plain());
        Self {
            layers: layers.iter().map(|l| (l.layer.id, l.layer.generation)).collect(),
            chosen: chosen.map(|(at, l)| format!("{at}?{:?}{:?};", l.filter, l.content)).collect(),
            tile,
            encoding,
        }
    }

    /// The same tile for another way.
    pub(super) fn with(&self, encoding: Encoding) -> Self {
        Self { encoding, ..self.clone() }
    }
}

/// Bytes that an entry takes beside its body.
const OVERHEAD: u32 = 160;

/// A cache of at most that many megabytes; `None` for 0, which switches it off together with the
/// single flight.
pub(super) fn of_megabytes(megabytes: u64) -> Option<Cache<Key, Body>> {
    (megabytes > 0).then(|| {
        Cache::builder()
            .max_capacity(megabytes << 20)
            .weigher(|_, body: &Body| {
                u32::try_from(body.bytes.len()).unwrap_or(u32::MAX).saturating_add(OVERHEAD)
            })
            .build()
    })
}

/// Bodies smaller than this gain nothing from compression.
const WORTH_COMPRESSING: usize = 200;

/// Compressed with a level that costs a third of what encoding the tile costs and leaves 7 % more
/// bytes than the level twice as slow.
pub(super) fn compress(plain: &Bytes) -> Body {
    let as_is = || Body { bytes: plain.clone(), encoding: Encoding::Identity };
    if plain.len() < WORTH_COMPRESSING {
        return as_is();
    }
    let Ok(level) = libdeflater::CompressionLvl::new(1) else { return as_is() };
    let mut compressor = libdeflater::Compressor::new(level);
    let mut out = vec![0; compressor.gzip_compress_bound(plain.len())];
    match compressor.gzip_compress(plain, &mut out) {
        Ok(length) if length < plain.len() => {
            out.truncate(length);
            out.shrink_to_fit();
            Body { bytes: out.into(), encoding: Encoding::Gzip }
        }
        _ => as_is(),
    }
}

/// The plain body of a compressed one; `None` if the bytes are not what [`compress`] wrote.
pub(super) fn expand(gzip: &Bytes) -> Option<Body> {
    // RFC 1952 section 2.3.1: the last four bytes are the plain length.
    let tail: [u8; 4] = gzip.get(gzip.len().checked_sub(4)?..)?.try_into().ok()?;
    let mut plain = vec![0; u32::from_le_bytes(tail) as usize];
    let length = libdeflater::Decompressor::new().gzip_decompress(gzip, &mut plain).ok()?;
    (length == plain.len()).then(|| Body { bytes: plain.into(), encoding: Encoding::Identity })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_bodies_stay_plain_and_big_ones_come_back_the_same() {
        assert_eq!(compress(&Bytes::from_static(b"abc")).encoding, Encoding::Identity);
        let plain: Bytes = (0..10_000_u32).flat_map(|k| (k / 7).to_le_bytes()).collect::<Vec<u8>>().into();
        let body = compress(&plain);
        assert_eq!(body.encoding, Encoding::Gzip);
        assert!(body.bytes.len() < plain.len() / 2);
        assert_eq!(expand(&body.bytes).map(|b| b.bytes), Some(plain));
        assert_eq!(expand(&Bytes::from_static(b"abc")), None);
    }

    #[test]
    fn zero_megabytes_is_no_cache_at_all() {
        assert!(of_megabytes(0).is_none());
        assert!(of_megabytes(1).is_some());
    }
}
