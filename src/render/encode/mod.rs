//! Maps as files: pictures in pixels, and drawings that stay sharp at any size.

mod palette;
mod pdf;
mod png;
mod svg;
mod tiff;

use super::canvas::Canvas;
use super::{Picture, RenderError, draw};
use crate::style::Color;

/// JPEG quality: no visible blocks on lines and letters.
const JPEG_QUALITY: u8 = 88;
/// Largest drawing that is no picture, in bytes: a map of millions of points would fill the memory otherwise.
const LARGEST: usize = 128 << 20;

/// Formats a map is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// `image/png`
    Png,
    /// `image/png; mode=8bit`: a palette of 256 colours.
    Png8,
    /// `image/jpeg`
    Jpeg,
    /// `image/webp`, without loss.
    WebP,
    /// `image/gif`
    Gif,
    /// `image/tiff`, with its place on the ground (GeoTIFF 1.1, OGC 19-008r4).
    Tiff,
    /// `image/svg+xml`
    Svg,
    /// `application/pdf`
    Pdf,
}

impl ImageFormat {
    /// All formats.
    pub const ALL: [Self; 8] =
        [Self::Png, Self::Png8, Self::Jpeg, Self::WebP, Self::Gif, Self::Tiff, Self::Svg, Self::Pdf];

    /// Media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Png8 => "image/png; mode=8bit",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Svg => "image/svg+xml",
            Self::Pdf => "application/pdf",
        }
    }

    /// Short name, as `f` and ends of addresses have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Png8 => "png8",
            Self::Jpeg => "jpeg",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
            Self::Svg => "svg",
            Self::Pdf => "pdf",
        }
    }

    /// The format of a short name, also `jpg` and `geotiff`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = match name {
            "jpg" => "jpeg",
            "geotiff" => "tiff",
            other => other,
        };
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format of a media type, as clients spell it.
    #[must_use]
    pub fn from_media_type(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (kind, parameters) = text.split_once(';').unwrap_or((&text, ""));
        Some(match kind.trim() {
            "image/png" if parameters.contains("8bit") => Self::Png8,
            "image/png" => Self::Png,
            "image/png8" | "image/png256" => Self::Png8,
            "image/jpeg" | "image/jpg" => Self::Jpeg,
            "image/webp" => Self::WebP,
            "image/gif" => Self::Gif,
            "image/tiff" | "image/geotiff" => Self::Tiff,
            "image/svg" | "image/svg+xml" => Self::Svg,
            "application/pdf" | "image/pdf" => Self::Pdf,
            _ => return None,
        })
    }

    /// Whether something below may be seen through it.
    #[must_use]
    pub const fn has_transparency(self) -> bool {
        !matches!(self, Self::Jpeg)
    }
}

/// Where a picture lies on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroundPlace {
    /// EPSG code of the system.
    pub srid: i32,
    /// Whether its units are degrees.
    pub geographic: bool,
    /// x and y of the upper left corner.
    pub corner: [f64; 2],
    /// Width and height of a pixel.
    pub pixel: [f64; 2],
}

/// What a map is drawn on, and written as.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Colour below everything; `None` lets through what is below.
    pub background: Option<Color>,
    /// Format.
    pub format: ImageFormat,
    /// What lies under what lets through, in formats without transparency.
    pub matte: Color,
    /// Where it lies on the ground.
    pub place: Option<GroundPlace>,
    /// What lengths of styles are multiplied with: how many pixels of 0.28 mm one is printed as.
    pub scale: f32,
}

impl Sheet {
    /// Draws and writes in one go.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn draw(&self, paint: impl FnOnce(&mut dyn Canvas)) -> Result<Vec<u8>, RenderError> {
        match self.format {
            ImageFormat::Svg => svg::draw(self, paint),
            ImageFormat::Pdf => pdf::draw(self, paint),
            _ => encode(&draw(self.width, self.height, self.background, paint)?, self),
        }
    }
}

impl Sheet {
    /// Draws one picture and writes it in parts of the same size, row by row from the upper left.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn draw_parts(
        &self,
        columns: u32,
        rows: u32,
        paint: impl FnOnce(&mut dyn Canvas),
    ) -> Result<Vec<Vec<u8>>, RenderError> {
        let picture = draw(self.width, self.height, self.background, paint)?;
        let (width, height) = (self.width / columns.max(1), self.height / rows.max(1));
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (column * width, row * height)));
        places.map(|(left, top)| encode(&picture.part(left, top, width, height), self)).collect()
    }
}

/// Writes a picture as PNG.
pub(super) fn write_png(picture: &Picture) -> Result<Vec<u8>, RenderError> {
    png::png(picture)
}

/// Writes a picture.
fn encode(picture: &Picture, sheet: &Sheet) -> Result<Vec<u8>, RenderError> {
    match sheet.format {
        ImageFormat::Png => png::png(picture),
        ImageFormat::Png8 => png::png8(&palette::indexed(picture, palette::Alpha::Full)),
        ImageFormat::Jpeg => jpeg(picture, sheet.matte),
        ImageFormat::WebP => webp(picture),
        ImageFormat::Gif => gif(picture),
        ImageFormat::Tiff => tiff::tiff(picture, sheet.place.as_ref()),
        // Drawings are never made from pixels.
        ImageFormat::Svg => Err(RenderError::Encoding("SVG")),
        ImageFormat::Pdf => Err(RenderError::Encoding("PDF")),
    }
}

/// Straight alpha, four bytes a pixel.
fn straight(picture: &Picture) -> Vec<u8> {
    let mut out = vec![0; picture.data().len()];
    for (target, source) in out.chunks_exact_mut(4).zip(picture.data().chunks_exact(4)) {
        png::straighten(target, source);
    }
    out
}

/// Straight alpha where something lets through, else three bytes a pixel.
fn channels(picture: &Picture) -> (bool, Vec<u8>) {
    if picture.is_opaque() {
        (true, picture.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect())
    } else {
        (false, straight(picture))
    }
}

fn webp(picture: &Picture) -> Result<Vec<u8>, RenderError> {
    let (opaque, bytes) = channels(picture);
    let kind = if opaque { image_webp::ColorType::Rgb8 } else { image_webp::ColorType::Rgba8 };
    let mut out = Vec::new();
    image_webp::WebPEncoder::new(&mut out)
        .encode(&bytes, picture.width(), picture.height(), kind)
        .map_err(|_| RenderError::Encoding("WebP; it has at most 16384 pixels a side"))?;
    Ok(out)
}

/// GIF 89a: one colour of the palette may be transparent.
fn gif(picture: &Picture) -> Result<Vec<u8>, RenderError> {
    let failed = |_| RenderError::Encoding("GIF");
    let indexed = palette::indexed(picture, palette::Alpha::OnOff);
    let side = |n: u32| u16::try_from(n).map_err(|_| RenderError::Encoding("GIF"));
    let (width, height) = (side(indexed.width)?, side(indexed.height)?);
    let colors: Vec<u8> = indexed.palette.iter().flat_map(|c| [c[0], c[1], c[2]]).collect();
    let transparent = indexed.palette.iter().position(|c| c[3] == 0).and_then(|i| u8::try_from(i).ok());
    let mut out = Vec::new();
    let mut encoder = gif::Encoder::new(&mut out, width, height, &colors).map_err(failed)?;
    let frame =
        gif::Frame { width, height, transparent, buffer: indexed.pixels.into(), ..gif::Frame::default() };
    encoder.write_frame(&frame).map_err(failed)?;
    drop(encoder);
    Ok(out)
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
    use crate::style::Fill;

    const RED: Color = Color { r: 200, g: 10, b: 0 };

    fn sheet(format: ImageFormat, [width, height]: [u32; 2], background: Option<Color>) -> Sheet {
        Sheet { width, height, background, format, matte: Color::WHITE, place: None, scale: 1.0 }
    }

    fn decoded(bytes: &[u8]) -> (::png::ColorType, Vec<u8>) {
        let mut decoder = ::png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(::png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("size")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        pixels.truncate(info.buffer_size());
        (info.color_type, pixels)
    }

    #[test]
    fn an_opaque_picture_is_rgb_and_a_transparent_one_has_straight_alpha() {
        for format in [ImageFormat::Png, ImageFormat::Png8] {
            let opaque = sheet(format, [3, 2], Some(RED)).draw(|_| {}).expect("PNG");
            assert_eq!(decoded(&opaque), (::png::ColorType::Rgb, [200, 10, 0].repeat(6)));
            let half = sheet(format, [2, 1], None);
            let half = half.draw(|c| c.dots(&[[0.5, 0.5]], Fill { color: RED, opacity: 0.5 })).expect("PNG");
            let (kind, pixels) = decoded(&half);
            assert_eq!(kind, ::png::ColorType::Rgba);
            assert!(pixels[0].abs_diff(200) <= 1 && pixels[3] == 128 && pixels[4..] == [0; 4], "{pixels:?}");
        }
    }

    #[test]
    fn jpeg_lies_on_its_matte() {
        let bytes = sheet(ImageFormat::Jpeg, [16, 16], None).draw(|_| {}).expect("JPEG");
        assert_eq!(bytes.get(..3), Some(&[0xff, 0xd8, 0xff][..]));
    }

    #[test]
    fn every_format_is_found_by_its_media_type() {
        for format in ImageFormat::ALL {
            assert_eq!(ImageFormat::from_media_type(format.media_type()), Some(format));
            assert_eq!(ImageFormat::named(format.name()), Some(format));
        }
        assert_eq!(ImageFormat::from_media_type("IMAGE/PNG;mode=8bit"), Some(ImageFormat::Png8));
        assert_eq!(ImageFormat::from_media_type("image/bmp"), None);
    }
}
