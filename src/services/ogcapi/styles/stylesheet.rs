//! A style as a document that draws.

use crate::access::Action;
use crate::model::{Layer, StyleInfo};
use crate::services::edge::{Call, Operation, StyleAddresses};
use crate::services::ogcapi::common::{Form, Offer, Parameters, Problem, check_scope, negotiated, tagged};
use crate::style::{maplibre, sld};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;

/// SLD 1.0 (OGC 02-070).
pub(super) const SLD_10: &str = "application/vnd.ogc.sld+xml;version=1.0";
/// SLD 1.1 with SE 1.1 (OGC 05-078r4, 05-077r4).
pub(super) const SLD_11: &str = "application/vnd.ogc.sld+xml;version=1.1";
/// A style of MapLibre, version 8.
pub(super) const MAPLIBRE: &str = "application/vnd.mapbox.style+json";

/// The language a style is written in.
pub(super) fn native(style: &StyleInfo) -> &'static str {
    match sld::Version::of(&style.sld) {
        sld::Version::V110 => SLD_11,
        sld::Version::V100 => SLD_10,
    }
}

/// What a style is offered as: its own language first, then the other version of it, then MapLibre's.
fn offers(style: &StyleInfo) -> [Offer; 3] {
    const SLD_10_TYPES: &[&str] = &[SLD_10, "application/vnd.ogc.sld+xml", "application/xml", "text/xml"];
    const SLD_11_TYPES: &[&str] =
        &[SLD_11, "application/vnd.ogc.se+xml", "application/vnd.ogc.sld+xml", "application/xml", "text/xml"];
    let is_11 = native(style) == SLD_11;
    let (own, other) = if is_11 { (SLD_11_TYPES, SLD_10_TYPES) } else { (SLD_10_TYPES, SLD_11_TYPES) };
    let (own_names, other_names): (&[&str], &[&str]) =
        if is_11 { (&["sld11", "sld"], &["sld10"]) } else { (&["sld10", "sld"], &["sld11"]) };
    [
        Offer { form: Form::Xml, names: own_names, media_types: own },
        Offer { form: Form::OtherXml, names: other_names, media_types: other },
        Offer { form: Form::Json, names: &["mapbox", "json"], media_types: &[MAPLIBRE, "application/json"] },
    ]
}

/// The other version of the language: its media type, how `f` names it, and the version.
pub(super) fn other(style: &StyleInfo) -> (&'static str, &'static str, sld::Version) {
    match sld::Version::of(&style.sld) {
        sld::Version::V110 => (SLD_10, "sld10", sld::Version::V100),
        sld::Version::V100 => (SLD_11, "sld11", sld::Version::V110),
    }
}

/// The layer and the style of an identifier.
pub(super) fn find(call: &Call, http: &HttpRequest) -> Result<(Arc<Layer>, StyleInfo), Problem> {
    check_scope(call)?;
    let id = http.match_info().get("style").unwrap_or_default();
    let unknown = || {
        let named: String = id.chars().take(100).collect();
        Problem::not_found(format!(
            "there is no style '{named}'; /ogc/styles lists them, such as communes.default"
        ))
    };
    let (layer, name) = id.split_once('.').filter(|(_, name)| !name.is_empty()).ok_or_else(unknown)?;
    let snapshot = call.app.registry.snapshot();
    let layer = snapshot.layer(&call.caller, Action::Read, &call.scope, layer).ok_or_else(unknown)?;
    let style = layer.styles.iter().find(|style| style.name == name).ok_or_else(unknown)?;
    Ok((Arc::clone(layer), style.clone()))
}

/// `GET /ogc/styles/{style}`
pub(super) async fn get(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer(&call, &http).unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "getStyle").on(answer)
}

fn answer(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let (layer, style) = find(call, http)?;
    let read = || {
        sld::parse(&style.sld).map_err(|error| {
            let detail = format!("style '{}' can't be read any more: {error}", style.name);
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
        })
    };
    match negotiated(http, parameters.get("f"), &offers(&style))? {
        Form::Json => {
            let addresses = StyleAddresses::of(call, &layer, Some(&style.name));
            let title = if style.title.is_empty() { &layer.title } else { &style.title };
            Ok(tagged(
                http,
                maplibre::write(&read()?, &layer, title, addresses.borrowed()).to_string(),
                MAPLIBRE,
            ))
        }
        Form::OtherXml => {
            let (media_type, _, version) = other(&style);
            let own = read()?;
            let named = sld::Named {
                name: &style.name,
                title: &style.title,
                is_default: style.is_default,
                style: &own,
            };
            let written = sld::write(&layer.slug, named, version)
                .map_err(|error| Problem::new(StatusCode::NOT_ACCEPTABLE, error.to_string()))?;
            Ok(tagged(http, written, media_type))
        }
        _ => Ok(tagged(http, style.sld.to_string(), native(&style))),
    }
}
