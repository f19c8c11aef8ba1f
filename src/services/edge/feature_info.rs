//! GetFeatureInfo: what lies under a pixel of a map or of a tile of one, in the forms that WMS and WMTS
//! share.

mod gml;
mod hit;
mod page;
mod template;

use super::Call;
use crate::features::{Feature, FeatureError, Geometry, Page, Query};
use crate::filter::{Filter, FilterError};
use crate::formats::{decimals_for, geojson};
use crate::geo::{BBox, Crs};
use crate::maps::{MapError, MapLayer, MapRequest, PixelValues};
use crate::model::{Layer, Value};
use actix_web::HttpResponse;
use actix_web::http::header;
use futures_util::StreamExt;
use hit::Hit;
use std::sync::Arc;

pub use gml::schema;

/// How far from what is drawn a click still finds a feature, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// From a mark.
    pub point: f64,
    /// From a line.
    pub line: f64,
    /// From an area.
    pub area: f64,
}

impl Default for Near {
    /// Lines and marks by coming near, areas by the pixel itself.
    fn default() -> Self {
        Self { point: 2.0, line: 2.0, area: 0.0 }
    }
}

/// Forms of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfoFormat {
    /// Lines of text.
    Text,
    /// A page with a table a feature.
    Html,
    /// GML 2.1.2 in a collection of WFS 1.0.
    Gml2,
    /// GML 3.1.1 in a collection of WFS 1.1.
    Gml311,
    /// GML 3.2.1 in a collection of WFS 2.0.
    Gml32,
    /// GeoJSON.
    Json,
}

/// As capabilities list them. The last that QGIS understands is the one it asks for.
pub const INFO_FORMATS: [&str; 8] = [
    "text/plain",
    "text/html",
    "text/xml",
    "application/vnd.ogc.gml",
    "application/vnd.ogc.gml/3.1.1",
    "application/gml+xml; version=3.2",
    "application/json",
    "application/geo+json",
];

impl InfoFormat {
    /// The form that a media type asks for, and the media type of the answer.
    #[must_use]
    pub fn from_media_type(text: &str) -> Option<(Self, &'static str)> {
        let plain: String = text
            .to_ascii_lowercase()
            .replace(' ', "")
            .replace("gml+xml", "gml")
            .replace(";charset=utf-8", "");
        Some(match plain.as_str() {
            "text/plain" | "mime" => (Self::Text, "text/plain; charset=utf-8"),
            "text/html" => (Self::Html, "text/html; charset=utf-8"),
            "text/xml" => (Self::Gml32, "text/xml; charset=utf-8"),
            "application/vnd.ogc.gml" => (Self::Gml2, "application/vnd.ogc.gml"),
            "application/vnd.ogc.gml/3.1.1" => (Self::Gml311, "application/vnd.ogc.gml/3.1.1"),
            // A plus sign that nobody encoded was taken for a space and removed above.
            "application/gml"
            | "application/gmlxml"
            | "application/gml;version=3.2"
            | "application/gmlxml;version=3.2" => (Self::Gml32, "application/gml+xml; version=3.2"),
            "application/json" => (Self::Json, "application/json"),
            "application/geo+json" | "application/geojson" => (Self::Json, "application/geo+json"),
            _ => return None,
        })
    }
}

/// What is asked for.
pub struct InfoRequest {
    /// The picture that the pixel is of.
    pub map: MapRequest,
    /// The layers of it that are asked.
    pub layers: Vec<MapLayer>,
    /// Middle of the pixel, from the upper left corner.
    pub at: [f64; 2],
    /// Form of the answer.
    pub format: InfoFormat,
    /// The answer's media type: the one that was asked for.
    pub media_type: &'static str,
    /// Features of a layer at most.
    pub count: u64,
    /// How near a feature must be.
    pub near: Near,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum InfoError {
    /// The features can't be read, or a style not be used.
    #[error(transparent)]
    Map(#[from] MapError),
    /// A feature can't be written.
    #[error("{0}")]
    Encoding(String),
}

/// The features of a layer under the pixel.
struct Found {
    layer: Arc<Layer>,
    features: Vec<Hit>,
}

/// Answers a request.
///
/// # Errors
/// [`InfoError`].
pub async fn answer(call: &Call, request: &InfoRequest) -> Result<HttpResponse, InfoError> {
    let mut found = Vec::new();
    for layer in &request.layers {
        found.push(find(call, request, layer).await?);
    }
    let body = match request.format {
        InfoFormat::Text => text(&found),
        InfoFormat::Html => page::html(call, &found).await,
        InfoFormat::Json => json(&found)?,
        InfoFormat::Gml2 => gml::version_2(call, request, &found)?,
        InfoFormat::Gml311 => gml::version_311(call, request, &found)?,
        InfoFormat::Gml32 => gml::version_32(call, request, &found)?,
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .content_type(request.media_type)
        .body(body))
}

async fn find(call: &Call, request: &InfoRequest, shown: &MapLayer) -> Result<Found, InfoError> {
    let (map, layer) = (&request.map, &shown.layer);
    let geometry = match request.format {
        InfoFormat::Text | InfoFormat::Html => Geometry::Skip,
        // GeoJSON is longitude and latitude (RFC 7946 section 4).
        InfoFormat::Json => match Crs::from_epsg(4326) {
            Ok(world) => Geometry::In(world),
            Err(error) => return Err(InfoError::Encoding(error.to_string())),
        },
        InfoFormat::Gml2 | InfoFormat::Gml311 | InfoFormat::Gml32 => Geometry::In(Arc::clone(&map.crs)),
    };
    let reach = call.app.maps.reach(map, shown)?;
    let reach = match layer.geometry.dimension() {
        // What is drawn of an area is the area: its border is no wider to a click.
        Some(2) => request.near.area.max(0.5),
        Some(1) => f64::from(reach) + request.near.line,
        Some(_) => f64::from(reach) + request.near.point,
        None => f64::from(reach) + request.near.point.max(request.near.line),
    };
    let [x, y] = map.pixel();
    let at = [map.bbox.min_x + request.at[0] * x, map.bbox.max_y - request.at[1] * y];
    let bbox = BBox::new(at[0] - reach * x, at[1] - reach * y, at[0] + reach * x, at[1] + reach * y);
    let query = Query {
        geometry,
        filter: Filter::and(
            shown.feature_filter(),
            Some(Filter::BBox { property: None, bbox, srid: Some(map.crs.srid) }),
        ),
        page: Page { limit: Some(request.count), ..Page::default() },
        ..Query::all(Arc::clone(layer))
    };
    let mut features = Vec::new();
    match call.app.features.stream(&query, call.deadline()).await {
        Ok(mut stream) => {
            while let Some(feature) = stream.next().await {
                features.push(feature.map_err(failed)?);
            }
        }
        // A pixel outside the area where the layer's system is defined has no features.
        Err(FeatureError::Filter(FilterError::Transform(_)) | FeatureError::Transform(_)) => {}
        Err(error) => return Err(failed(error)),
    }
    let features = hits(call, request, shown, at, features).await?;
    Ok(Found { layer: Arc::clone(layer), features })
}

/// What the features are to the answer: images that show nothing at the point are none.
async fn hits(
    call: &Call,
    request: &InfoRequest,
    shown: &MapLayer,
    at: [f64; 2],
    features: Vec<Feature>,
) -> Result<Vec<Hit>, InfoError> {
    let Some(coverage) = &shown.layer.coverage else {
        return Ok(features.into_iter().map(Hit::of).collect());
    };
    let fids = features.iter().map(Feature::fid).collect();
    let values = call.app.maps.pixel_values(shown, (&request.map.crs, at), fids, call.deadline()).await?;
    let image =
        |(feature, pixel): (Feature, Option<PixelValues>)| Some(Hit::image(feature, coverage, pixel?));
    Ok(features.into_iter().zip(values).filter_map(image).collect())
}

fn failed(error: FeatureError) -> InfoError {
    MapError::from(error).into()
}

fn text(found: &[Found]) -> Vec<u8> {
    let mut out = String::new();
    for Found { layer, features } in found.iter().filter(|f| !f.features.is_empty()) {
        out.push_str(&format!("{} ({})\n", layer.title, layer.slug));
        for feature in features {
            out.push_str(&format!("  {}.{}\n", layer.slug, feature.fid()));
            for (column, value) in feature.columns().iter().zip(feature.values()) {
                out.push_str(&format!("    {} = {}\n", column.name, plain(&value)));
            }
        }
    }
    if out.is_empty() {
        out.push_str("no features at this point\n");
    }
    out.into_bytes()
}

fn json(found: &[Found]) -> Result<Vec<u8>, InfoError> {
    let world = Crs::from_epsg(4326).map_err(|e| InfoError::Encoding(e.to_string()))?;
    let mut out = b"{\"type\":\"FeatureCollection\",\"features\":[".to_vec();
    let mut count = 0_u64;
    for Found { layer, features } in found {
        for feature in features {
            if count > 0 {
                out.push(b',');
            }
            count += 1;
            let mut writer = geojson::Writer::new(feature.columns(), decimals_for(&world));
            writer.id_prefix(&format!("{}.", layer.slug));
            writer
                .single(feature.reference(&feature.values()), &[], &mut out)
                .map_err(|e| InfoError::Encoding(e.to_string()))?;
        }
    }
    out.extend_from_slice(format!("],\"numberReturned\":{count}}}\n").as_bytes());
    Ok(out)
}

/// A value as people read it.
fn plain(value: &Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(v) | Value::Decimal(v) | Value::Json(v) => v.to_string(),
        Value::Integer(v) => v.to_string(),
        Value::Real(v) => v.to_string(),
        Value::Boolean(v) => v.to_string(),
        Value::Date(v) => v.to_string(),
        Value::Time(v) => v.to_string(),
        Value::Timestamp(v) => v.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        Value::Binary(v) => format!("{} bytes", v.len()),
    }
}
