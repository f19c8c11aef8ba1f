//! The operations.

use super::error::{Code, WmtsError};
use super::request::{self, Context, GetCapabilities, GetTile, Operation, TileForm};
use super::resource::Resource;
use super::xml::{self, Posted};
use super::{capabilities, response, soap};
use crate::maps::MapEngine;
use crate::publish::Snapshot;
use crate::services::edge::feature_info::{self, InfoRequest};
use crate::services::edge::{self, Call, Kvp, accepted_encoding, etag_matches, not_modified};
use crate::tiles::{TileLayer, map_of, part_of};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::Arc;

type Outcome = Result<HttpResponse, WmtsError>;

/// GET and HEAD of key-value pairs. The bare address, which people give to their software, is answered with
/// the capabilities.
pub(super) async fn get(call: Call, http: HttpRequest) -> HttpResponse {
    if http.query_string().is_empty() {
        return capabilities_resource(call, http).await;
    }
    answer(&call, &http, http.query_string()).await
}

/// POST of a form, what stands in the address counts, too; or of XML, in a SOAP envelope or without.
pub(super) async fn post(call: Call, http: HttpRequest, body: web::Bytes) -> HttpResponse {
    if body.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| matches!(b, b'<' | 0xef)) {
        return posted(&call, &http, &body).await;
    }
    let media = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let form =
        media.is_empty() || media.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    match std::str::from_utf8(&body) {
        Ok(text) if form => answer(&call, &http, &format!("{}&{text}", http.query_string())).await,
        _ => WmtsError::new(
            Code::NoApplicableCode,
            "",
            "a POST to this service is XML, plain or in a SOAP envelope, or a form \
             (application/x-www-form-urlencoded) with the parameters of a GET",
        )
        .response(),
    }
}

/// An XML document.
async fn posted(call: &Call, http: &HttpRequest, body: &[u8]) -> HttpResponse {
    let Posted { envelope, kvp } = xml::read(body);
    let operation = kvp.and_then(|kvp| Operation::of(&kvp).map(|operation| (operation, kvp)));
    let (name, outcome) = match operation {
        Ok((operation, kvp)) => (operation.name(), operate(call, http, operation, &kvp).await),
        Err(error) => ("unknown", Err(error)),
    };
    match envelope {
        Some(envelope) => edge::Operation("wmts", name).on(soap::around(envelope, name, outcome).await),
        None => finish(name, outcome),
    }
}

async fn answer(call: &Call, http: &HttpRequest, query: &str) -> HttpResponse {
    let operation = Kvp::parse(query)
        .map_err(WmtsError::from)
        .and_then(|kvp| Operation::of(&kvp).map(|operation| (operation, kvp)));
    match operation {
        Ok((operation, kvp)) => finish(operation.name(), operate(call, http, operation, &kvp).await),
        Err(error) => finish("unknown", Err(error)),
    }
}

async fn operate(call: &Call, http: &HttpRequest, operation: Operation, kvp: &Kvp) -> Outcome {
    let snapshot = snapshot(call)?;
    let context = context(call, &snapshot);
    match operation {
        Operation::GetCapabilities => capabilities(call, http, &snapshot, &GetCapabilities::of(kvp)?).await,
        Operation::GetTile => tile(call, http, GetTile::of(kvp, &context)?).await,
        Operation::GetFeatureInfo => info(call, request::info(kvp, &context)?).await,
    }
}

/// `/wmts/1.0.0/WMTSCapabilities.xml`: 406 for who would take no XML (OGC 07-057r7 section 10.1.2).
pub(super) async fn capabilities_resource(call: Call, http: HttpRequest) -> HttpResponse {
    let outcome = async {
        let snapshot = snapshot(&call)?;
        if !takes_xml(&http) {
            let message = "the capabilities are XML: application/xml or text/xml";
            let error = WmtsError::new(Code::NoApplicableCode, "", message);
            return Err(WmtsError { status: StatusCode::NOT_ACCEPTABLE, ..error });
        }
        capabilities(&call, &http, &snapshot, &GetCapabilities::default()).await
    };
    finish("GetCapabilities", outcome.await)
}

/// Whether `Accept` leaves room for XML; browsers name XHTML beside anything.
fn takes_xml(http: &HttpRequest) -> bool {
    let accept = http.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("*/*");
    accept.trim().is_empty() || accept.contains("xml") || accept.contains("/*")
}

/// `/wmts/1.0.0/{layer}/{style}/{dimensions…}/{grid}/{matrix}/{row}/{col}.png`, and with `/{j}/{i}.json` at its end.
pub(super) async fn resource(call: Call, http: HttpRequest) -> HttpResponse {
    let resource = match Resource::of(&http) {
        Ok(resource) => resource,
        Err(error) => return finish("unknown", Err(error)),
    };
    let name = if resource.is_info() { "GetFeatureInfo" } else { "GetTile" };
    let outcome = async {
        let snapshot = snapshot(&call)?;
        let context = context(&call, &snapshot);
        if resource.is_info() {
            info(&call, resource.info(&context)?).await
        } else {
            tile(&call, &http, resource.tile(&context)?).await
        }
    };
    finish(name, outcome.await.map_err(WmtsError::of_resource))
}

fn finish(operation: &'static str, outcome: Outcome) -> HttpResponse {
    edge::Operation("wmts", operation).on(outcome.unwrap_or_else(|error| error.response()))
}

fn snapshot(call: &Call) -> Result<Arc<Snapshot>, WmtsError> {
    let snapshot = call.app.registry.snapshot();
    if snapshot.has_scope(&call.caller, &call.scope) { Ok(snapshot) } else { Err(WmtsError::no_scope()) }
}

fn context<'a>(call: &'a Call, snapshot: &'a Snapshot) -> Context<'a> {
    Context {
        snapshot,
        caller: &call.caller,
        scope: &call.scope,
        limits: &call.app.config.limits,
        grids: &call.app.grids,
    }
}

async fn capabilities(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Arc<Snapshot>,
    asked: &GetCapabilities,
) -> Outcome {
    let shown = asked.sections(snapshot.generation)?;
    capabilities::document(call, http, snapshot, shown, asked.media_type).await
}

async fn tile(call: &Call, http: &HttpRequest, asked: GetTile) -> Outcome {
    let format = match asked.form {
        TileForm::Picture(format) => format,
        TileForm::Vector => return vector_tile(call, http, asked).await,
    };
    let request = map_of(asked.tile, vec![asked.shown], format);
    let etag = MapEngine::etag(&request);
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let part = part_of(asked.tile, &request);
    let image = call.app.maps.part(request, part, call.deadline()).await;
    let image = image.map_err(|e| WmtsError::from(&*e))?;
    Ok(response::tile(image, format, &asked.notes))
}

async fn vector_tile(call: &Call, http: &HttpRequest, asked: GetTile) -> Outcome {
    let GetTile { shown, tile, notes, .. } = asked;
    let layers = [TileLayer { filter: shown.filter, ..TileLayer::from(shown.layer) }];
    let etag = call.app.tiles.etag(&layers, tile);
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let body = call.app.tiles.tile(&layers, tile, accepted_encoding(http), call.deadline()).await;
    let body = body.map_err(|error| WmtsError::from(&*error))?;
    Ok(response::vector_tile(body, &etag, &notes))
}

async fn info(call: &Call, asked: InfoRequest) -> Outcome {
    Ok(feature_info::answer(call, &asked).await?)
}
