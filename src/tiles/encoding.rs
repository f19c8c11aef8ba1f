//! How bodies are encoded for the way.
//!
//! Measured on tiles of 200 880 synthetic parcels with attributes (`benches/data.py`), of 388 kB at zoom 14 and 1 417 kB at zoom 13: kilobytes,
//! and milliseconds of one core to pack and to unpack.
//!
//! | encoding | zoom 14 | zoom 13 |
//! |---|---|---|
//! | gzip 1 (libdeflate) | 194 kB, 2.8, 0.8 | 646 kB, 12, 3.4 |
//! | gzip 6 | 184 kB, 7.5, 0.8 | 602 kB, 37, 3.4 |
//! | zstd 1 | 208 kB, 1.4, 0.5 | 720 kB, 5.4, 1.6 |
//! | zstd 3 | 196 kB, 3.5, 0.6 | 639 kB, 24, 3.5 |
//! | zstd 9 | 186 kB, 16, 0.7 | 590 kB, 70, 3.7 |
//! | brotli 2 | 190 kB, 12, 4.4 | 623 kB, 59, 17 |
//! | brotli 5 | 177 kB, 39, 3.2 | 570 kB, 263, 13 |
//!
//! Coordinates gain little from larger windows and better searches. Who waits for a tile that has to be made waits least for gzip 1: zstd 1 is
//! a millisecond faster and 14 kB larger, which is some milliseconds of a line of 20 Mbit/s. Brotli saves a tenth of the bytes and takes tens of
//! milliseconds for it, or hundreds; it is for those who prefer it.

use bytes::Bytes;

/// How a body is encoded for the way (RFC 9110 section 8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// `gzip` (RFC 1952)
    Gzip,
    /// `zstd` (RFC 8878)
    Zstd,
    /// `br` (RFC 7932)
    Brotli,
}

impl Encoding {
    /// All of them: those that are read fastest first.
    pub(super) const ALL: [Self; 4] = [Self::Identity, Self::Zstd, Self::Gzip, Self::Brotli];

    /// Those that a tile is offered in, the one first that lets a client wait least.
    pub const OFFERED: &'static [Self] = &[Self::Gzip, Self::Zstd, Self::Brotli];

    /// How tiles lie on disk: as most clients get them, and known by their first bytes.
    pub(super) const KEPT: Self = Self::Gzip;

    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Brotli => "br",
        }
    }
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

    /// A body whose bytes tell what they are encoded as: gzip (RFC 1952 section 2.3.1) and zstd (RFC 8878 section 3.1.1) begin as no tile
    /// does. Nothing tells brotli, which is not kept therefore.
    pub(super) fn of_bytes(bytes: Bytes) -> Self {
        let encoding = match bytes.get(..4) {
            Some([0x1f, 0x8b, ..]) => Encoding::Gzip,
            Some([0x28, 0xb5, 0x2f, 0xfd]) => Encoding::Zstd,
            _ => Encoding::Identity,
        };
        Self { bytes, encoding }
    }

    const fn plain(bytes: Bytes) -> Self {
        Self { bytes, encoding: Encoding::Identity }
    }
}

/// Bodies smaller than this gain nothing from compression.
const WORTH_COMPRESSING: usize = 200;

/// Level of gzip: the next one that saves something takes three times as long for a twentieth.
const GZIP: i32 = 1;

/// Level of zstd: the first that is as small as gzip.
const ZSTD: i32 = 3;

/// Quality of brotli: the first that is smaller than what others make in less time.
const BROTLI: i32 = 5;

/// Base-2 logarithm of the window of brotli: 4 MB, more than a tile has.
const BROTLI_WINDOW: i32 = 22;

/// A body in an encoding, or as it is where that is no larger.
pub(super) fn compress(plain: Bytes, encoding: Encoding) -> Body {
    if plain.len() < WORTH_COMPRESSING {
        return Body::plain(plain);
    }
    let packed = match encoding {
        Encoding::Identity => None,
        Encoding::Gzip => gzip(&plain),
        Encoding::Zstd => zstd::bulk::compress(&plain, ZSTD).ok(),
        Encoding::Brotli => brotli(&plain),
    };
    match packed.filter(|packed| packed.len() < plain.len()) {
        Some(mut packed) => {
            packed.shrink_to_fit();
            Body { bytes: packed.into(), encoding }
        }
        None => Body::plain(plain),
    }
}

/// The same body in another encoding; `None` if the bytes are not what [`compress`] wrote.
pub(super) fn recode(body: Body, encoding: Encoding) -> Option<Body> {
    if body.encoding == encoding {
        return Some(body);
    }
    let plain = match body.encoding {
        Encoding::Identity => body.bytes,
        Encoding::Gzip => gunzip(&body.bytes)?.into(),
        Encoding::Zstd => unzstd(&body.bytes)?.into(),
        Encoding::Brotli => unbrotli(&body.bytes)?.into(),
    };
    Some(compress(plain, encoding))
}

fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::new(GZIP).ok()?);
    let mut out = vec![0; compressor.gzip_compress_bound(plain.len())];
    let length = compressor.gzip_compress(plain, &mut out).ok()?;
    out.truncate(length);
    Some(out)
}

fn gunzip(packed: &[u8]) -> Option<Vec<u8>> {
    // RFC 1952 section 2.3.1: the last four bytes are the plain length.
    let mut plain = vec![0; u32::from_le_bytes(*packed.last_chunk()?) as usize];
    let length = libdeflater::Decompressor::new().gzip_decompress(packed, &mut plain).ok()?;
    (length == plain.len()).then_some(plain)
}

fn unzstd(packed: &[u8]) -> Option<Vec<u8>> {
    // The frame's head has the plain length (RFC 8878 section 3.1.1.1.4).
    let length = zstd::zstd_safe::get_frame_content_size(packed).ok()??;
    zstd::bulk::decompress(packed, usize::try_from(length).ok()?).ok()
}

fn brotli(plain: &[u8]) -> Option<Vec<u8>> {
    let settings = brotli::enc::BrotliEncoderParams {
        quality: BROTLI,
        lgwin: BROTLI_WINDOW,
        size_hint: plain.len(),
        ..Default::default()
    };
    let mut out = Vec::with_capacity(plain.len() / 2);
    brotli::BrotliCompress(&mut &*plain, &mut out, &settings).ok()?;
    Some(out)
}

fn unbrotli(packed: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(packed.len() * 3);
    brotli::BrotliDecompress(&mut &*packed, &mut plain).ok()?;
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_smaller_and_comes_back_the_same_by_every_way() {
        let plain: Bytes = (0..10_000_u32).flat_map(|k| (k / 7).to_le_bytes()).collect::<Vec<u8>>().into();
        for first in Encoding::ALL {
            let body = compress(plain.clone(), first);
            assert_eq!(body.encoding, first);
            assert!(first == Encoding::Identity || body.bytes.len() < plain.len() / 2, "{first:?}");
            for second in Encoding::ALL {
                let other = recode(body.clone(), second).expect("what was written");
                assert_eq!(other.encoding, second);
                let back = recode(other, Encoding::Identity).expect("what was written");
                assert_eq!(back.bytes, plain, "{first:?} {second:?}");
            }
        }
    }

    #[test]
    fn small_bodies_and_those_that_gain_nothing_stay_as_they_are() {
        let noise: Bytes = (0..4000_u64)
            .map(|k| (xxhash_rust::xxh3::xxh3_64(&k.to_le_bytes()) & 0xff) as u8)
            .collect::<Vec<u8>>()
            .into();
        for encoding in Encoding::ALL {
            for plain in [Bytes::new(), Bytes::from_static(b"abc"), noise.clone()] {
                assert_eq!(compress(plain.clone(), encoding), Body::plain(plain));
            }
        }
    }

    #[test]
    fn bytes_that_nobody_wrote_are_no_body() {
        for encoding in [Encoding::Gzip, Encoding::Zstd, Encoding::Brotli] {
            for bytes in [&b""[..], b"abc", b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00"]
            {
                let body = Body { bytes: Bytes::from_static(bytes), encoding };
                assert_eq!(recode(body, Encoding::Identity), None, "{encoding:?} {bytes:?}");
            }
        }
    }

    #[test]
    fn what_is_kept_tells_how_it_is_encoded() {
        let plain = Bytes::from(vec![26; 5000]);
        for encoding in [Encoding::Identity, Encoding::Gzip, Encoding::KEPT] {
            let body = compress(plain.clone(), encoding);
            assert_eq!(Body::of_bytes(body.bytes.clone()), body);
        }
        assert_eq!(Body::of_bytes(Bytes::new()), Body::EMPTY);
    }
}
