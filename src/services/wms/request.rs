//! From key-value pairs to typed requests.

mod condition;
mod dimension;
mod info;
mod layers;
mod legend;
mod post;
mod styled;
mod styles;

use super::error::{Code, ErrorForm, WmsError, excerpt};
use super::groups::GroupName;
use super::version::Version;
use crate::access::Action;
use crate::config::Limits;
use crate::geo::{BBox, CrsRef};
use crate::maps::{MapLayer, MapRequest};
use crate::model::{Caller, Layer, Scope, StyleInfo};
use crate::publish::Snapshot;
use crate::render::ImageFormat;
use crate::services::edge::Kvp;
use crate::style::Color;
use std::sync::Arc;

pub(super) use info::{described, info};
pub(super) use layers::named_layers as listed;
use layers::named_layers;
pub(super) use legend::{LegendAsked, legend};
pub(super) use post::posted;
pub(super) use styles::{PutMode, StylesToPut, sld_version, styles_to_put};

type Parsed<T> = Result<T, WmsError>;

/// Resolution that styles are made for; screens say 96, the standard's pixel 90.7.
const DPI: f64 = 96.0;

/// `EXCEPTIONS` (OGC 06-042 section 7.3.3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exceptions {
    Xml,
    InImage,
    Blank,
}

/// What is asked for, by the standard's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names)]
pub(super) enum Operation {
    GetCapabilities,
    GetMap,
    GetFeatureInfo,
    /// Our own: the schema of what GetFeatureInfo answers in GML 2.
    GetFeatureInfoSchema,
    GetLegendGraphic,
    DescribeLayer,
    GetStyles,
    PutStyles,
}

impl Operation {
    /// `REQUEST`, also by its name in WMS 1.0.
    pub(super) fn of(kvp: &Kvp) -> Parsed<Self> {
        if let Some(service) = kvp.filled("SERVICE")
            && !service.eq_ignore_ascii_case("WMS")
        {
            return Err(WmsError::invalid("SERVICE", service, "WMS at this address"));
        }
        let request = kvp.filled("REQUEST").ok_or_else(|| WmsError::missing("REQUEST", "GetCapabilities"))?;
        match request.to_ascii_lowercase().as_str() {
            "getcapabilities" | "capabilities" => Ok(Self::GetCapabilities),
            "getmap" | "map" => Ok(Self::GetMap),
            "getfeatureinfo" | "feature_info" => Ok(Self::GetFeatureInfo),
            "getfeatureinfoschema" => Ok(Self::GetFeatureInfoSchema),
            "getlegendgraphic" => Ok(Self::GetLegendGraphic),
            "describelayer" => Ok(Self::DescribeLayer),
            "getstyles" => Ok(Self::GetStyles),
            "putstyles" => Ok(Self::PutStyles),
            _ => Err(WmsError::new(
                Code::OperationNotSupported,
                "REQUEST",
                format!(
                    "'{}' is not an operation of this service; it has GetCapabilities, GetMap, \
                     GetFeatureInfo, GetLegendGraphic, DescribeLayer, GetStyles and PutStyles",
                    excerpt(request)
                ),
            )),
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::GetCapabilities => "GetCapabilities",
            Self::GetMap => "GetMap",
            Self::GetFeatureInfo => "GetFeatureInfo",
            Self::GetFeatureInfoSchema => "GetFeatureInfoSchema",
            Self::GetLegendGraphic => "GetLegendGraphic",
            Self::DescribeLayer => "DescribeLayer",
            Self::GetStyles => "GetStyles",
            Self::PutStyles => "PutStyles",
        }
    }
}

/// What requests are read against.
pub(super) struct Context<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) caller: &'a Caller,
    pub(super) scope: &'a Scope,
    pub(super) limits: &'a Limits,
}

impl Context<'_> {
    /// Whether a name is a group's.
    fn is_group(&self, name: &str) -> bool {
        GroupName::parse(name).is_some()
    }

    /// The layers of a name: of a group from its bottom to its top.
    fn layers(&self, name: &str, parameter: &'static str) -> Parsed<Vec<Arc<Layer>>> {
        let Some(group) = GroupName::parse(name) else { return Ok(vec![self.layer(name, parameter)?]) };
        let layers = group.layers(self.snapshot, self.caller, self.scope);
        if layers.is_empty() {
            let message =
                format!("there is no group '{}' here; GetCapabilities lists the groups", excerpt(name));
            return Err(WmsError::new(Code::LayerNotDefined, parameter, message));
        }
        Ok(layers)
    }

    fn layer(&self, name: &str, parameter: &'static str) -> Parsed<Arc<Layer>> {
        self.snapshot.layer(self.caller, Action::Read, self.scope, name).cloned().ok_or_else(|| {
            WmsError::new(
                Code::LayerNotDefined,
                parameter,
                format!("there is no layer '{}' here; GetCapabilities lists the layers", excerpt(name)),
            )
        })
    }

    fn style(&self, layer: &Layer, name: &str, parameter: &'static str) -> Parsed<StyleInfo> {
        layer.style(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = layer.styles.iter().map(|s| s.name.as_str()).collect();
            WmsError::new(
                Code::StyleNotDefined,
                parameter,
                format!(
                    "layer '{}' has no style '{}'; it has: {}",
                    layer.slug,
                    excerpt(name),
                    known.join(", ")
                ),
            )
        })
    }
}

/// The version of an operation other than GetCapabilities.
pub(super) fn version(kvp: &Kvp) -> Parsed<Version> {
    let text = kvp
        .filled("VERSION")
        .or_else(|| kvp.filled("WMTVER"))
        .ok_or_else(|| WmsError::missing("VERSION", "1.3.0"))?;
    Version::named(text).ok_or_else(|| WmsError::invalid("VERSION", text, "1.3.0 or 1.1.1"))
}

/// How a failed request is answered: read leniently, since something else is wrong already.
pub(super) fn error_form(kvp: &Kvp, limits: &Limits) -> ErrorForm {
    let version = Version::guessed(kvp);
    let exceptions = match kvp.get("EXCEPTIONS").unwrap_or_default().to_ascii_lowercase().as_str() {
        "inimage" | "application/vnd.ogc.se_inimage" => Exceptions::InImage,
        "blank" | "application/vnd.ogc.se_blank" => Exceptions::Blank,
        _ => Exceptions::Xml,
    };
    let picture = (|| {
        let (width, height) = size(kvp, limits).ok()?;
        let format = kvp.get("FORMAT").and_then(ImageFormat::from_media_type).unwrap_or(ImageFormat::Png);
        let color = background(kvp).unwrap_or(Color::WHITE);
        Some((width, height, format, color, transparent(kvp)))
    })();
    ErrorForm { version, exceptions, picture }
}

/// GetMap (OGC 06-042 section 7.3.3): the map, and what the client is to be told about dimensions.
pub(super) fn map(kvp: &Kvp, version: Version, context: &Context<'_>) -> Parsed<(MapRequest, Vec<String>)> {
    let mut layers = layers::layers(kvp, context)?;
    let notes = dimension::add(kvp, &mut layers)?;
    let map = map_of(kvp, version, context, layers)?;
    let format = kvp.filled("FORMAT").ok_or_else(|| WmsError::missing("FORMAT", "image/png"))?;
    Ok((MapRequest { format: image_format(format)?, ..map }, notes))
}

/// A map of layers: its place, size and background; a PNG.
fn map_of(kvp: &Kvp, version: Version, context: &Context<'_>, layers: Vec<MapLayer>) -> Parsed<MapRequest> {
    let (crs, bbox) = area(kvp, version)?;
    let (width, height) = size(kvp, context.limits)?;
    Ok(MapRequest {
        layers,
        crs: crs.crs,
        bbox,
        width,
        height,
        transparent: transparent(kvp),
        background: background(kvp)?,
        scale: map_scale(kvp),
        format: ImageFormat::Png,
    })
}

fn image_format(text: &str) -> Parsed<ImageFormat> {
    ImageFormat::from_media_type(text).ok_or_else(|| {
        WmsError::new(
            Code::InvalidFormat,
            "FORMAT",
            format!(
                "format '{}' is not offered; expected one of {}",
                excerpt(text),
                ImageFormat::ALL.map(ImageFormat::media_type).join(", ")
            ),
        )
    })
}

/// The system and the box, x first.
fn area(kvp: &Kvp, version: Version) -> Parsed<(CrsRef, BBox)> {
    let parameter = version.crs_parameter();
    // Clients that mix up the versions' names mean the same.
    let text = kvp
        .filled(parameter)
        .or_else(|| kvp.filled("CRS"))
        .or_else(|| kvp.filled("SRS"))
        .ok_or_else(|| WmsError::missing(parameter, "EPSG:2154"))?;
    let crs = CrsRef::parse(text).map_err(|e| WmsError::new(Code::InvalidCrs, parameter, e.to_string()))?;
    let text =
        kvp.filled("BBOX").ok_or_else(|| WmsError::missing("BBOX", "800000,6200000,1000000,6400000"))?;
    let wrong = |why: &str| {
        WmsError::new(
            Code::InvalidParameterValue,
            "BBOX",
            format!(
                "BBOX '{}' {why}; expected minx,miny,maxx,maxy with minx<maxx and miny<maxy",
                excerpt(text)
            ),
        )
    };
    let numbers: Option<Vec<f64>> = text
        .split(',')
        // A plus sign that nobody encoded arrives as a space.
        .map(|n| n.trim().replace(' ', "+").parse::<f64>().ok().filter(|v| v.is_finite()))
        .collect();
    let numbers = numbers.ok_or_else(|| wrong("has something that is not a finite number"))?;
    let [a, b, c, d] = numbers.as_slice() else {
        return Err(wrong("does not have four numbers"));
    };
    let written = BBox::new(*a, *b, *c, *d);
    let bbox = if crs.swapped(version == Version::V130) { written.swapped() } else { written };
    if bbox.min_x >= bbox.max_x || bbox.min_y >= bbox.max_y {
        return Err(wrong("is empty or reversed"));
    }
    if !bbox.width().is_finite() || !bbox.height().is_finite() {
        return Err(wrong("is too large"));
    }
    Ok((crs, bbox))
}

/// Width and height of a map, each within its limit and both together within theirs.
fn size(kvp: &Kvp, limits: &Limits) -> Parsed<(u32, u32)> {
    let (width, height) = (side(kvp, "WIDTH", limits)?, side(kvp, "HEIGHT", limits)?);
    let most = limits.map_pixels;
    if u64::from(width) * u64::from(height) > most {
        let message = format!(
            "a map of {width} by {height} pixels is too large here; ask for at most {most} pixels in all"
        );
        return Err(WmsError::new(Code::InvalidParameterValue, "WIDTH", message));
    }
    Ok((width, height))
}

fn side(kvp: &Kvp, parameter: &'static str, limits: &Limits) -> Parsed<u32> {
    let text = kvp.filled(parameter).ok_or_else(|| WmsError::missing(parameter, "800"))?;
    let most = limits.map_pixels_side.min(u32::from(u16::MAX));
    text.parse::<u32>().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| {
        WmsError::invalid(parameter, text, &format!("a whole number of pixels from 1 to {most}"))
    })
}

fn transparent(kvp: &Kvp) -> bool {
    kvp.get("TRANSPARENT").is_some_and(|v| v.eq_ignore_ascii_case("TRUE"))
}

fn background(kvp: &Kvp) -> Parsed<Color> {
    let Some(text) = kvp.filled("BGCOLOR") else { return Ok(Color::WHITE) };
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).or_else(|| text.strip_prefix('#'));
    hex.filter(|h| h.len() == 6)
        .and_then(|h| Color::parse(&format!("#{h}")))
        .ok_or_else(|| WmsError::invalid("BGCOLOR", text, "0xRRGGBB"))
}

/// What lengths of styles are multiplied with, from the parameters that QGIS, MapServer and GeoServer
/// know (`MAP_RESOLUTION`, `DPI`, `FORMAT_OPTIONS=dpi:…`).
fn map_scale(kvp: &Kvp) -> f32 {
    let option = kvp.get("FORMAT_OPTIONS").unwrap_or_default();
    let in_option =
        option.split(';').find_map(|o| o.trim().to_ascii_lowercase().strip_prefix("dpi:").map(str::to_owned));
    let dpi = [kvp.get("DPI").map(str::to_owned), kvp.get("MAP_RESOLUTION").map(str::to_owned), in_option]
        .into_iter()
        .flatten()
        .find_map(|v| v.parse::<f64>().ok())
        .filter(|v| v.is_finite() && *v > 0.0)
        .unwrap_or(DPI);
    scale_of(dpi)
}

/// What lengths are multiplied with at a resolution in dots an inch.
fn scale_of(dpi: f64) -> f32 {
    // 90 to 97 are spellings of "an ordinary screen".
    if (89.0..=97.0).contains(&dpi) { 1.0 } else { (dpi / DPI).clamp(0.5, 10.0) as f32 }
}
