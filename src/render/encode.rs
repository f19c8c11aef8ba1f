//! Pictures as PNG and JPEG.
//!
//! PNG without row filters at deflate level 1: row filters make drawn maps larger, and higher levels cost
//! several times the drawing for a few per cent. Opaque pictures are written as RGB.

use super::{Picture, RenderError};
use crate::style::Color;
use libdeflater::{CompressionLvl, Compressor, Crc};
use std::cell::RefCell;

/// JPEG quality: no visible blocks on lines and letters.
const JPEG_QUALITY: u8 = 88;

/// Formats a picture is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
}

impl ImageFormat {
    /// Media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// The format of a media type; parameters such as `; mode=8bit` are not looked at.
    #[must_use]
    pub fn from_media_type(text: &str) -> Option<Self> {
        match text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "image/png" => Some(Self::Png),
            "image/jpeg" | "image/jpg" => Some(Self::Jpeg),
            _ => None,
        }
    }
}

/// Writes a picture. JPEG has no transparency: `matte` lies under what lets through.
///
/// # Errors
/// [`RenderError::Encoding`].
pub fn encode(picture: &Picture, format: ImageFormat, matte: Color) -> Result<Vec<u8>, RenderError> {
    match format {
        ImageFormat::Png => png(picture),
        ImageFormat::Jpeg => jpeg(picture, matte),
    }
}

thread_local! {
    static DEFLATE: RefCell<Compressor> =
        RefCell::new(Compressor::new(CompressionLvl::new(1).unwrap_or_default()));
}

/// PNG, second edition (ISO/IEC 15948), chunks IHDR, IDAT, IEND.
fn png(picture: &Picture) -> Result<Vec<u8>, RenderError> {
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
    let packed = DEFLATE.with_borrow_mut(|deflate| {
        let mut packed = vec![0; deflate.zlib_compress_bound(raw.len())];
        let size = deflate.zlib_compress(&raw, &mut packed).map_err(|_| RenderError::Encoding("PNG"))?;
        packed.truncate(size);
        Ok(packed)
    })?;
    let mut out = Vec::with_capacity(packed.len() + 64);
    out.extend_from_slice(b"\x89PNG\r\n\x1a\n");
    let mut header = [0_u8; 13];
    header[..4].copy_from_slice(&width.to_be_bytes());
    header[4..8].copy_from_slice(&height.to_be_bytes());
    header[8] = 8;
    header[9] = if opaque { 2 } else { 6 };
    chunk(&mut out, *b"IHDR", &header)?;
    chunk(&mut out, *b"IDAT", &packed)?;
    chunk(&mut out, *b"IEND", &[])?;
    Ok(out)
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
fn straighten(target: &mut [u8], source: &[u8]) {
    target.copy_from_slice(source);
    let alpha = u32::from(source[3]);
    if alpha != 0 && alpha != 255 {
        for channel in target.iter_mut().take(3) {
            *channel = ((u32::from(*channel) * 255 + alpha / 2) / alpha).min(255) as u8;
        }
    }
}

fn jpeg(picture: &Picture, matte: Color) -> Result<Vec<u8>, RenderError> {
    let failed = || RenderError::Encoding("JPEG");
    let mut under = Picture::new(picture.width(), picture.height(), Some(matte));
    under.blit(picture, 0, 0);
    let rgb: Vec<u8> = under.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let (width, height) = (u16::try_from(picture.width()), u16::try_from(picture.height()));
    let mut out = Vec::new();
    jpeg_encoder::Encoder::new(&mut out, JPEG_QUALITY)
        .encode(
            &rgb,
            width.map_err(|_| failed())?,
            height.map_err(|_| failed())?,
            jpeg_encoder::ColorType::Rgb,
        )
        .map_err(|_| failed())?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::draw;
    use crate::style::Fill;

    fn decoded(bytes: &[u8]) -> (png::ColorType, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("size")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        pixels.truncate(info.buffer_size());
        (info.color_type, pixels)
    }

    #[test]
    fn an_opaque_picture_is_rgb_and_a_transparent_one_has_straight_alpha() {
        let red = Color { r: 200, g: 10, b: 0 };
        let opaque = encode(&Picture::new(3, 2, Some(red)), ImageFormat::Png, Color::WHITE).expect("PNG");
        assert_eq!(decoded(&opaque), (png::ColorType::Rgb, [200, 10, 0].repeat(6)));
        let half = draw(2, 1, None, |c| c.dots(&[[0.5, 0.5]], Fill { color: red, opacity: 0.5 }));
        let half = encode(&half.expect("drawn"), ImageFormat::Png, Color::WHITE).expect("PNG");
        let (kind, pixels) = decoded(&half);
        assert_eq!(kind, png::ColorType::Rgba);
        assert!(pixels[0].abs_diff(200) <= 1 && pixels[3] == 128 && pixels[4..] == [0; 4], "{pixels:?}");
    }

    #[test]
    fn jpeg_lies_on_its_matte() {
        let bytes = encode(&Picture::new(16, 16, None), ImageFormat::Jpeg, Color::WHITE).expect("JPEG");
        assert_eq!(bytes.get(..3), Some(&[0xff, 0xd8, 0xff][..]));
    }
}
