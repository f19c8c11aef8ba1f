//! GetFeatureInfo (OGC 06-042 section 7.4) and the schema of its answers.

use super::layers::bounded;
use super::{Context, Parsed, map, named_layers};
use crate::model::Layer;
use crate::services::edge::Kvp;
use crate::services::edge::feature_info::{INFO_FORMATS, InfoFormat, InfoRequest, Near};
use crate::services::wms::error::{Code, WmsError, excerpt};
use crate::services::wms::version::Version;
use std::sync::Arc;

/// Pixels that a click may be away at most.
const WIDEST: f64 = 100.0;

/// GetFeatureInfo (OGC 06-042 section 7.4).
pub(in crate::services::wms) fn info(
    kvp: &Kvp,
    version: Version,
    context: &Context<'_>,
) -> Parsed<InfoRequest> {
    let mut with_format = kvp.clone();
    // Some clients leave out what the picture no longer needs.
    if kvp.filled("FORMAT").is_none() {
        with_format.set("FORMAT", "image/png");
    }
    let (map, _) = map(&with_format, version, context)?;
    let names = kvp.filled("QUERY_LAYERS").ok_or_else(|| WmsError::missing("QUERY_LAYERS", "communes"))?;
    let mut layers = Vec::new();
    for name in names.split(',').map(str::trim) {
        let mut asked = context.layers(name, "QUERY_LAYERS")?;
        // What lies on top of a group is told first, as of a map.
        asked.reverse();
        bounded(layers.len() + asked.len(), context, "QUERY_LAYERS")?;
        for layer in asked {
            let shown = map.layers.iter().find(|l| l.layer.id == layer.id).ok_or_else(|| {
                WmsError::new(
                    Code::LayerNotDefined,
                    "QUERY_LAYERS",
                    format!("layer '{}' of QUERY_LAYERS is not in LAYERS", layer.slug),
                )
            })?;
            layers.push(shown.clone());
        }
    }
    let names = match version {
        Version::V130 => [("I", "X"), ("J", "Y")],
        Version::V111 => [("X", "I"), ("Y", "J")],
    };
    let pixel = |(name, second): (&'static str, &str), size: u32| -> Parsed<f64> {
        let text =
            kvp.filled(name).or_else(|| kvp.filled(second)).ok_or_else(|| WmsError::missing(name, "50"))?;
        let inside = text.parse::<u32>().ok().filter(|v| *v < size);
        inside.map(|v| f64::from(v) + 0.5).ok_or_else(|| {
            WmsError::new(
                Code::InvalidPoint,
                name,
                format!("{name}='{}' is not a pixel of the map; expected 0 to {}", excerpt(text), size - 1),
            )
        })
    };
    let [across, down] = names;
    let at = [pixel(across, map.width)?, pixel(down, map.height)?];
    let (format, media_type) = info_format(kvp.filled("INFO_FORMAT").unwrap_or("text/plain"))?;
    let count = kvp.get("FEATURE_COUNT").and_then(|v| v.parse::<i64>().ok()).unwrap_or(1).max(1);
    let most = u64::try_from(context.limits.max_page).unwrap_or(u64::MAX);
    let count = u64::try_from(count).unwrap_or(1).min(most);
    Ok(InfoRequest { map, layers, at, format, media_type, count, near: near(kvp)? })
}

/// How near is near: `BUFFER` as GeoServer has it, for all kinds, and the tolerances of QGIS Server for each.
fn near(kvp: &Kvp) -> Parsed<Near> {
    let usual = Near::default();
    let pixels = |name: &'static str| match kvp.filled(name) {
        None => Ok(None),
        Some(text) => match text.parse::<f64>().ok().filter(|v| (0.0..=WIDEST).contains(v)) {
            Some(pixels) => Ok(Some(pixels)),
            None => Err(WmsError::invalid(name, text, &format!("a number of pixels from 0 to {WIDEST}"))),
        },
    };
    let buffer = pixels("BUFFER")?;
    let one = |name, usual| -> Parsed<f64> { Ok(pixels(name)?.or(buffer).unwrap_or(usual)) };
    Ok(Near {
        point: one("FI_POINT_TOLERANCE", usual.point)?,
        line: one("FI_LINE_TOLERANCE", usual.line)?,
        area: one("FI_POLYGON_TOLERANCE", usual.area)?,
    })
}

fn info_format(text: &str) -> Parsed<(InfoFormat, &'static str)> {
    InfoFormat::from_media_type(text).ok_or_else(|| {
        WmsError::new(
            Code::InvalidFormat,
            "INFO_FORMAT",
            format!("format '{}' is not offered; expected {}", excerpt(text), INFO_FORMATS.join(", ")),
        )
    })
}

/// Layers of a GetFeatureInfoSchema: of one organisation, whose namespace the schema is for.
pub(in crate::services::wms) fn described(kvp: &Kvp, context: &Context<'_>) -> Parsed<Vec<Arc<Layer>>> {
    let layers = named_layers(kvp, context)?;
    let mut organisations = layers.iter().map(|l| &l.dataset.organisation.namespace);
    let first = organisations.next();
    if organisations.any(|other| Some(other) != first) {
        return Err(WmsError::new(
            Code::InvalidParameterValue,
            "LAYERS",
            "a schema is for layers of one organisation; ask for each organisation's by itself",
        ));
    }
    Ok(layers)
}
