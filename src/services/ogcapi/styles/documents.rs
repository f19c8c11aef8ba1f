//! Lists of styles, and what is known of each.

use super::stylesheet::{MAPLIBRE, SLD_11, find as find_style, native, other};
use crate::model::{GeometryType, Layer, StyleInfo};
use crate::services::edge::Call;
use crate::services::ogcapi::common::{
    Offer, Parameters, Problem, check_scope, find, json, link, negotiated,
};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json as js};

/// `GET /ogc/styles`
pub(super) async fn all(call: Call, http: HttpRequest) -> HttpResponse {
    answer_all(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_all(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    negotiated(http, parameters.get("f"), &[Offer::JSON])?;
    let snapshot = call.app.registry.snapshot();
    let layers = snapshot.visible_layers(&call.caller, &call.scope);
    let styles: Vec<Value> =
        layers.flat_map(|layer| layer.styles.iter().map(|style| entry(call, layer, style))).collect();
    let say = call.lang.pick("Ce document", "This document");
    let links = [link("self", &call.url("/ogc/styles"), "application/json", say)];
    Ok(json(http, &js!({"styles": styles, "links": links}), "application/json"))
}

/// `GET /ogc/collections/{collection}/styles`
pub(super) async fn of_collection(call: Call, http: HttpRequest) -> HttpResponse {
    answer_of_collection(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_of_collection(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    negotiated(http, parameters.get("f"), &[Offer::JSON])?;
    let base = format!("{}/{}", call.url("/ogc/collections"), layer.slug);
    let styles: Vec<Value> = layer.styles.iter().map(|style| entry(call, &layer, style)).collect();
    let mut document = js!({
        "styles": styles,
        "links": [
            link("self", &format!("{base}/styles"), "application/json", call.lang.pick("Ce document", "This document")),
            link("collection", &base, "application/json", &layer.title),
        ],
    });
    if let Some(default) = layer.style("") {
        document["default"] = Value::from(id(&layer, default));
    }
    Ok(json(http, &document, "application/json"))
}

/// `GET /ogc/styles/{style}/metadata`
pub(super) async fn metadata(call: Call, http: HttpRequest) -> HttpResponse {
    answer_metadata(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_metadata(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    negotiated(http, parameters.get("f"), &[Offer::JSON])?;
    let (layer, style) = find_style(call, http)?;
    let address = format!("{}/{}", call.url("/ogc/styles"), id(&layer, &style));
    let collection = format!("{}/{}", call.url("/ogc/collections"), layer.slug);
    let sheet = |media_type: &str, is_native: bool, f: &str, specification: &str| {
        js!({
            "title": specification, "native": is_native, "specification": specification,
            "version": if media_type == SLD_11 { "1.1" } else if media_type == MAPLIBRE { "8" } else { "1.0" },
            "link": link("stylesheet", &format!("{address}?f={f}"), media_type, &style.title),
        })
    };
    let (other_type, other_name, _) = other(&style);
    let kind = match layer.geometry.dimension() {
        Some(0) => "point",
        Some(1) => "line",
        Some(_) => "polygon",
        None if layer.geometry == GeometryType::Geometry => "geometry",
        None => "collection",
    };
    let rules = "http://www.opengis.net/doc/sld";
    let mut document = js!({
        "id": id(&layer, &style),
        "title": style.title,
        "scope": "style",
        "keywords": layer.dataset.keywords,
        "pointOfContact": layer.dataset.organisation.title,
        "created": layer.dataset.created,
        "updated": layer.updated,
        "stylesheets": [
            sheet(native(&style), true, "sld", rules),
            sheet(other_type, false, other_name, rules),
            sheet(MAPLIBRE, false, "mapbox", "https://maplibre.org/maplibre-style-spec/"),
        ],
        "layers": [{
            "id": layer.slug, "type": kind,
            "sampleData": link("data", &format!("{collection}/items?f=json"), "application/geo+json", &layer.title),
        }],
        "links": [
            link("self", &format!("{address}/metadata"), "application/json", call.lang.pick("Ce document", "This document")),
            link("preview", &format!("{collection}/styles/{}/map?f=png&width=400", style.name), "image/png", &style.title),
            link("collection", &collection, "application/json", &layer.title),
        ],
    });
    if let Some(licence) = &layer.dataset.licence {
        document["license"] = Value::from(licence.as_str());
    }
    Ok(json(http, &document, "application/json"))
}

/// The identifier of a style.
pub(super) fn id(layer: &Layer, style: &StyleInfo) -> String {
    format!("{}.{}", layer.slug, style.name)
}

/// A style in a list.
fn entry(call: &Call, layer: &Layer, style: &StyleInfo) -> Value {
    let address = format!("{}/{}", call.url("/ogc/styles"), id(layer, style));
    let (other_type, other_name, _) = other(style);
    js!({
        "id": id(layer, style),
        "title": format!("{} — {}", layer.title, style.title),
        "links": [
            link("stylesheet", &format!("{address}?f=sld"), native(style), "SLD"),
            link("stylesheet", &format!("{address}?f={other_name}"), other_type, "SLD"),
            link("stylesheet", &format!("{address}?f=mapbox"), MAPLIBRE, "MapLibre"),
            link("describedby", &format!("{address}/metadata"), "application/json", call.lang.pick("Métadonnées", "Metadata")),
            link(
                "http://www.opengis.net/def/rel/ogc/1.0/map",
                &format!("{}/{}/styles/{}/map?f=png", call.url("/ogc/collections"), layer.slug, style.name),
                "image/png",
                call.lang.pick("Carte", "Map"),
            ),
        ],
    })
}
