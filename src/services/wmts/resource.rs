//! Requests that are addresses (OGC 07-057r7 section 10.2): a segment for each value, those of dimensions between the
//! style and the grid.

use super::error::WmtsError;
use super::request::{self, Context, GetTile, MVT, told_dimensions};
use crate::access::Action;
use crate::render::ImageFormat;
use crate::services::edge::Kvp;
use crate::services::edge::feature_info::InfoRequest;
use crate::tiles::TILE_FORMATS;
use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

/// Forms of GetFeatureInfo by the end of an address.
pub(super) const INFO_EXTENSIONS: [(&str, &str); 6] = [
    ("txt", "text/plain"),
    ("html", "text/html"),
    ("xml", "text/xml"),
    ("gml", "application/gml+xml; version=3.2"),
    ("json", "application/json"),
    ("geojson", "application/geo+json"),
];

/// Segments of an address that dimensions may take.
const MOST_SEGMENTS: usize = 32;

/// What an address asks for, as written.
pub(super) struct Resource {
    layer: String,
    style: String,
    /// What follows the style, the last without the end that names the format.
    segments: Vec<String>,
    extension: String,
}

impl Resource {
    /// The parts of an address below `/wmts/1.0.0`.
    pub(super) fn of(http: &HttpRequest) -> Result<Self, WmtsError> {
        let part = |name: &str| http.match_info().get(name).unwrap_or_default();
        let rest = part("rest");
        let (path, extension) = rest.rsplit_once('.').unwrap_or((rest, ""));
        let segments = path.split('/').take(MOST_SEGMENTS).map(decoded).collect::<Result<_, _>>()?;
        Ok(Self {
            layer: decoded(part("layer"))?,
            style: decoded(part("style"))?,
            segments,
            extension: extension.to_owned(),
        })
    }

    /// Whether it asks what lies under a pixel.
    pub(super) fn is_info(&self) -> bool {
        INFO_EXTENSIONS.iter().any(|(end, _)| *end == self.extension)
    }

    /// The tile.
    pub(super) fn tile(&self, context: &Context<'_>) -> Result<GetTile, WmtsError> {
        let extension = self.extension.as_str();
        let picture = ImageFormat::named(extension).filter(|format| TILE_FORMATS.contains(format));
        let media_type = match (extension, picture) {
            ("mvt" | "pbf", _) => MVT,
            (_, Some(format)) => format.media_type(),
            _ => {
                let expected = "an address that ends in .png, .jpg, .webp or .mvt";
                return Err(WmtsError::invalid("format", extension, expected));
            }
        };
        GetTile::of(&self.pairs(&TILE_SEGMENTS, media_type, context)?, context)
    }

    /// What lies under the pixel.
    pub(super) fn info(&self, context: &Context<'_>) -> Result<InfoRequest, WmtsError> {
        let mut kvp = self.pairs(&INFO_SEGMENTS, "image/png", context)?;
        let known = INFO_EXTENSIONS.iter().find(|(end, _)| *end == self.extension);
        kvp.set("InfoFormat", known.map_or("", |(_, media_type)| media_type));
        request::info(&kvp, context)
    }

    /// The address as key-value pairs: first the values of the layer's dimensions, all or none of them, then `names`.
    fn pairs(&self, names: &[&str], format: &str, context: &Context<'_>) -> Result<Kvp, WmtsError> {
        let layer = context.snapshot.layer(context.caller, Action::Read, context.scope, &self.layer);
        let dimensions: Vec<String> =
            layer.map(|l| told_dimensions(l).map(|d| d.info.parameter()).collect()).unwrap_or_default();
        let extra = self.segments.len().checked_sub(names.len());
        let by_name: Vec<&str> = match extra {
            Some(0) => names.to_vec(),
            Some(extra) if extra == dimensions.len() => {
                dimensions.iter().map(String::as_str).chain(names.iter().copied()).collect()
            }
            _ => {
                let wanted: Vec<String> = dimensions
                    .iter()
                    .map(String::as_str)
                    .chain(names.iter().copied())
                    .map(|name| format!("{{{name}}}"))
                    .collect();
                let message =
                    format!("the address has not the parts of {{layer}}/{{style}}/{}", wanted.join("/"));
                return Err(WmtsError::no_resource(message));
            }
        };
        let mut kvp = Kvp::default();
        kvp.set("version", "1.0.0");
        kvp.set("layer", &self.layer);
        kvp.set("style", &self.style);
        kvp.set("format", format);
        for (name, value) in by_name.iter().zip(&self.segments) {
            kvp.set(name, value);
        }
        Ok(kvp)
    }
}

/// What the last segments of a tile are.
const TILE_SEGMENTS: [&str; 4] = ["TileMatrixSet", "TileMatrix", "TileRow", "TileCol"];

/// What the last segments of a pixel are.
const INFO_SEGMENTS: [&str; 6] = ["TileMatrixSet", "TileMatrix", "TileRow", "TileCol", "J", "I"];

/// A segment without percent-encoding: the router leaves what would be taken for a border.
fn decoded(segment: &str) -> Result<String, WmtsError> {
    let text = percent_decode_str(segment).decode_utf8();
    text.map(|text| text.into_owned())
        .map_err(|_| WmtsError::no_resource("a part of the address is not UTF-8 text"))
}
