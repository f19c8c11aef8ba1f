//! TIFF 6.0, with its place on the ground (GeoTIFF 1.1, OGC 19-008r4).

use super::{GroundPlace, channels};
use crate::render::{Picture, RenderError};
use tiff::encoder::colortype::{ColorType, RGB8, RGBA8};
use tiff::encoder::{Compression, DeflateLevel, TiffEncoder};
use tiff::tags::Tag;

/// `ModelPixelScaleTag`
const PIXEL_SCALE: Tag = Tag::Unknown(33550);
/// `ModelTiepointTag`
const TIE_POINT: Tag = Tag::Unknown(33922);
/// `GeoKeyDirectoryTag`
const KEYS: Tag = Tag::Unknown(34735);

/// Deflate-compressed RGB, or RGBA where something lets through.
pub(super) fn tiff(picture: &Picture, place: Option<&GroundPlace>) -> Result<Vec<u8>, RenderError> {
    let (opaque, bytes) = channels(picture);
    let size = [picture.width(), picture.height()];
    let written =
        if opaque { write::<RGB8>(size, &bytes, place) } else { write::<RGBA8>(size, &bytes, place) };
    written.map_err(|_| RenderError::Encoding("TIFF"))
}

fn write<C: ColorType<Inner = u8>>(
    [width, height]: [u32; 2],
    bytes: &[u8],
    place: Option<&GroundPlace>,
) -> tiff::TiffResult<Vec<u8>> {
    let mut out = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut out)?.with_compression(Compression::Deflate(DeflateLevel::Fast));
    let mut image = encoder.new_image::<C>(width, height)?;
    if let Some(place) = place {
        let [x, y] = place.corner;
        let [w, h] = place.pixel;
        let tags = image.encoder();
        tags.write_tag(PIXEL_SCALE, &[w, h, 0.0][..])?;
        tags.write_tag(TIE_POINT, &[0.0, 0.0, 0.0, x, y, 0.0][..])?;
        // Version 1.1.1 with three keys: the kind of system, that a pixel is an area, and the system's code.
        let code = u16::try_from(place.srid).unwrap_or(32_767);
        let (kind, system) = if place.geographic { (2, 2048) } else { (1, 3072) };
        let keys: [u16; 16] = [1, 1, 1, 3, 1024, 0, 1, kind, 1025, 0, 1, 1, system, 0, 1, code];
        tags.write_tag(KEYS, &keys[..])?;
    }
    image.write_data(bytes)?;
    Ok(out.into_inner())
}
