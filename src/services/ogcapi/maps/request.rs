//! From an address and its parameters to a map.

use super::area::{self, Area};
use crate::geo::CrsRef;
use crate::geo::crs::CrsSpelling;
use crate::maps::{MapLayer, MapRequest, shown_at_time};
use crate::model::Layer;
use crate::services::edge::Call;
use crate::services::ogcapi::common::{
    Parameters, Problem, check_scope, chosen_collections, find, picture_format,
};
use crate::services::ogcapi::features::named_crs;
use crate::style::Color;
use actix_web::HttpRequest;
use std::sync::Arc;

/// Parameters of every map.
pub(super) const PARAMETERS: [&str; 17] = [
    "f",
    "datetime",
    "width",
    "height",
    "scale-denominator",
    "mm-per-pixel",
    "bbox",
    "bbox-crs",
    "subset",
    "subset-crs",
    "center",
    "center-crs",
    "crs",
    "bgcolor",
    "transparent",
    "void-color",
    "void-transparent",
];

/// Millimetres of a pixel of the standardised screen (OGC 20-058 clause 12; OGC 06-042 section 7.2.4.6.9).
const PIXEL: f64 = 0.28;

/// The map that is asked for, and the system of the answer as its headers name it.
pub(super) fn read(call: &Call, http: &HttpRequest) -> Result<(MapRequest, CrsRef), Problem> {
    check_scope(call)?;
    let of_collection = http.match_info().get("collection").is_some();
    let parameters = Parameters::read(http, &PARAMETERS, |name| !of_collection && name == "collections")?;
    let format = picture_format(http, parameters.get("f"))?;
    let mut layers = layers(call, http, &parameters)?;
    if let Some(text) = parameters.get("datetime") {
        for shown in &mut layers {
            shown_at_time(shown, text)?;
        }
    }
    let crs = system(&parameters, &layers)?;
    let pixel = pixel(&parameters)?;
    let limits = &call.app.config.limits;
    let Area { bbox, width, height } = area::read(&parameters, &layers, &crs, pixel, limits)?;
    let background = color(&parameters, "bgcolor")?;
    let transparent = truth(&parameters, "transparent")?;
    // All of a picture is map here: none of it is void, whatever colour that should have.
    color(&parameters, "void-color")?;
    truth(&parameters, "void-transparent")?;
    let request = MapRequest {
        layers,
        crs: Arc::clone(&crs.crs),
        bbox,
        width,
        height,
        transparent: transparent.unwrap_or(background.is_none()),
        background: background.unwrap_or(Color::WHITE),
        // Symbols keep their millimetres.
        #[allow(clippy::cast_possible_truncation)]
        scale: (PIXEL / pixel) as f32,
        format,
    };
    Ok((request, crs))
}

/// The layers of a map, from the bottom to the top.
fn layers(call: &Call, http: &HttpRequest, parameters: &Parameters) -> Result<Vec<MapLayer>, Problem> {
    if let Some(id) = http.match_info().get("collection") {
        let layer = find(call, id)?;
        let name = http.match_info().get("style").unwrap_or_default();
        let style = layer.style(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = layer.styles.iter().map(|style| style.name.as_str()).collect();
            let named: String = name.chars().take(80).collect();
            let slug = &layer.slug;
            Problem::not_found(format!(
                "collection '{slug}' has no style '{named}'; it has: {}",
                known.join(", ")
            ))
        })?;
        return Ok(vec![MapLayer::new(layer, style)]);
    }
    let layers: Vec<Arc<Layer>> = match parameters.get("collections") {
        Some(names) => chosen_collections(call, names)?,
        None => call.app.registry.snapshot().visible_layers(&call.caller, &call.scope).cloned().collect(),
    };
    let limit = call.app.config.limits.layers_per_request;
    if layers.len() > limit {
        let detail = format!("a map has at most {limit} collections; choose some: collections=a,b");
        return Err(Problem::invalid("collections", detail));
    }
    let styled = |layer: Arc<Layer>| {
        let style = layer.style("").cloned()?;
        Some(MapLayer::new(layer, style))
    };
    Ok(layers.into_iter().filter_map(styled).collect())
}

/// The system of the picture: the one asked for, else that of all layers, else longitude and latitude.
fn system(parameters: &Parameters, layers: &[MapLayer]) -> Result<CrsRef, Problem> {
    if let Some(text) = parameters.get("crs") {
        return named_crs("crs", text);
    }
    let mut systems = layers.iter().map(|shown| &shown.layer.crs);
    match systems.next() {
        Some(crs) if systems.all(|other| other.srid == crs.srid) => {
            Ok(CrsRef { crs: Arc::clone(crs), spelling: CrsSpelling::Uri })
        }
        _ => Ok(CrsRef::crs84()?),
    }
}

/// `mm-per-pixel`.
fn pixel(parameters: &Parameters) -> Result<f64, Problem> {
    let Some(text) = parameters.get("mm-per-pixel") else { return Ok(PIXEL) };
    let read = text.parse::<f64>().ok().filter(|mm| (0.02..=3.0).contains(mm));
    read.ok_or_else(|| {
        Problem::invalid(
            "mm-per-pixel",
            "mm-per-pixel is a number of millimetres from 0.02 to 3, such as 0.28",
        )
    })
}

/// A colour as `0xRRGGBB`, `#RRGGBB` or `RRGGBB`.
fn color(parameters: &Parameters, name: &str) -> Result<Option<Color>, Problem> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    let hex = ["0x", "0X", "#"].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    let read = Color::parse(&format!("#{hex}")).filter(|_| hex.len() == 6);
    read.map(Some).ok_or_else(|| {
        Problem::invalid(name, format!("{name} is a colour such as 0xFF8800: red, green and blue"))
    })
}

fn truth(parameters: &Parameters, name: &str) -> Result<Option<bool>, Problem> {
    match parameters.get(name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Problem::invalid(name, format!("{name} is true or false"))),
    }
}
