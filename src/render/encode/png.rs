//! PNG (ISO/IEC 15948) in true colour, and with a palette.
//!
//! Without row filters at deflate level 1: row filters make drawn maps larger, and higher levels cost several times the
//! drawing for a few per cent. Opaque pictures are written as RGB.

use super::palette::Indexed;
use crate::render::{Picture, RenderError};
use libdeflater::{CompressionLvl, Compressor, Crc};
use std::cell::RefCell;

thread_local! {
    static DEFLATE: RefCell<Compressor> =
        RefCell::new(Compressor::new(CompressionLvl::new(1).unwrap_or_default()));
}

/// True colour: chunks IHDR, IDAT, IEND.
pub(super) fn png(picture: &Picture) -> Result<Vec<u8>, RenderError> {
    let (width, height) = (picture.width(), picture.height());
    let opaque = picture.is_opaque();
    let channels = if opaque { 3 } else { 4 };
    let row = width as usize * channels;
    let mut raw = vec![0_u8; (row + 1) * height as usize];
    let sources = picture.data().chunks_exact(width as usize * 4);
    for (target, source) in raw.chunks_exact_mut(row + 1).zip(sources) {
        let Some((_filter_none, target)) = target.split_first_mut() else { continue };
        if opaque {
            for (t, s) in target.chunks_exact_mut(3).zip(source.chunks_exact(4)) {
                t.copy_from_slice(&s[..3]);
            }
        } else {
            for (t, s) in target.chunks_exact_mut(4).zip(source.chunks_exact(4)) {
                straighten(t, s);
            }
        }
    }
    file([width, height], if opaque { 2 } else { 6 }, &[], &raw)
}

/// A palette of up to 256 colours: chunks IHDR, PLTE, tRNS, IDAT, IEND.
pub(super) fn png8(indexed: &Indexed) -> Result<Vec<u8>, RenderError> {
    let row = indexed.width as usize;
    let raw: Vec<u8> = indexed
        .pixels
        .chunks_exact(row)
        .flat_map(|row| std::iter::once(0).chain(row.iter().copied()))
        .collect();
    let colors: Vec<u8> = indexed.palette.iter().flat_map(|c| [c[0], c[1], c[2]]).collect();
    let alphas: Vec<u8> = indexed.palette.iter().map(|c| c[3]).collect();
    let mut chunks = vec![(*b"PLTE", colors)];
    if alphas.iter().any(|a| *a != 255) {
        chunks.push((*b"tRNS", alphas));
    }
    file([indexed.width, indexed.height], 3, &chunks, &raw)
}

fn file(
    [width, height]: [u32; 2],
    kind: u8,
    chunks: &[([u8; 4], Vec<u8>)],
    raw: &[u8],
) -> Result<Vec<u8>, RenderError> {
    let packed = zlib(raw).ok_or(RenderError::Encoding("PNG"))?;
    let mut out = Vec::with_capacity(packed.len() + 64);
    out.extend_from_slice(b"\x89PNG\r\n\x1a\n");
    let mut header = [0_u8; 13];
    header[..4].copy_from_slice(&width.to_be_bytes());
    header[4..8].copy_from_slice(&height.to_be_bytes());
    header[8] = 8;
    header[9] = kind;
    chunk(&mut out, *b"IHDR", &header)?;
    for (kind, data) in chunks {
        chunk(&mut out, *kind, data)?;
    }
    chunk(&mut out, *b"IDAT", &packed)?;
    chunk(&mut out, *b"IEND", &[])?;
    Ok(out)
}

/// Compressed as zlib does (RFC 1950), quickly.
pub(super) fn zlib(raw: &[u8]) -> Option<Vec<u8>> {
    DEFLATE.with_borrow_mut(|deflate| {
        let mut packed = vec![0; deflate.zlib_compress_bound(raw.len())];
        let size = deflate.zlib_compress(raw, &mut packed).ok()?;
        packed.truncate(size);
        Some(packed)
    })
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) -> Result<(), RenderError> {
    let length = u32::try_from(data.len()).map_err(|_| RenderError::Encoding("PNG"))?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(data);
    out.extend_from_slice(&crc.sum().to_be_bytes());
    Ok(())
}

/// From premultiplied to straight alpha.
pub(super) fn straighten(target: &mut [u8], source: &[u8]) {
    target.copy_from_slice(source);
    let alpha = u32::from(source[3]);
    if alpha != 0 && alpha != 255 {
        for channel in target.iter_mut().take(3) {
            *channel = ((u32::from(*channel) * 255 + alpha / 2) / alpha).min(255) as u8;
        }
    }
}
