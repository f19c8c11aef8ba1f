//! The operations.

use super::error::{Code, WmtsError};
use super::request::{self, Context, GetCapabilities, GetTile, InfoPath, Operation, TilePath};
use super::{capabilities, response};
use crate::maps::{MapEngine, MapLayer};
use crate::publish::Snapshot;
use crate::services::edge::feature_info::{self, InfoRequest};
use crate::services::edge::{self, Call, Kvp, etag_matches, not_modified};
use crate::tiles::{map_of, part_of};
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

/// POST of a form; what stands in the address counts, too.
pub(super) async fn post(call: Call, http: HttpRequest, body: web::Bytes) -> HttpResponse {
    let media = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let form =
        media.is_empty() || media.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    match std::str::from_utf8(&body) {
        Ok(text) if form => answer(&call, &http, &format!("{}&{text}", http.query_string())).await,
        _ => WmtsError::new(
            Code::NoApplicableCode,
            "",
            "a POST to this service is a form (application/x-www-form-urlencoded) with the parameters of a GET",
        )
        .response(),
    }
}

async fn answer(call: &Call, http: &HttpRequest, query: &str) -> HttpResponse {
    let operation = Kvp::parse(query)
        .map_err(WmtsError::from)
        .and_then(|kvp| Operation::of(&kvp).map(|operation| (operation, kvp)));
    let (operation, kvp) = match operation {
        Ok(read) => read,
        Err(error) => return edge::Operation("wmts", "unknown").on(error.response()),
    };
    let outcome = async {
        let snapshot = snapshot(call)?;
        let context = context(call, &snapshot);
        match operation {
            Operation::GetCapabilities => {
                capabilities(call, http, &snapshot, &GetCapabilities::of(&kvp)?).await
            }
            Operation::GetTile => tile(call, http, GetTile::of(&kvp, &context)?).await,
            Operation::GetFeatureInfo => info(call, request::info(&kvp, &context)?).await,
        }
    };
    finish(operation.name(), outcome.await)
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

/// `/wmts/1.0.0/{layer}/{style}/{grid}/{matrix}/{row}/{col}.png`
pub(super) async fn tile_resource(call: Call, http: HttpRequest, path: web::Path<TilePath>) -> HttpResponse {
    let outcome = async {
        let snapshot = snapshot(&call)?;
        let asked = request::tile_of_path(&path, &context(&call, &snapshot))?;
        tile(&call, &http, asked).await
    };
    finish("GetTile", outcome.await.map_err(WmtsError::of_resource))
}

/// `/wmts/1.0.0/{layer}/{style}/{grid}/{matrix}/{row}/{col}/{j}/{i}.json`
pub(super) async fn info_resource(call: Call, path: web::Path<InfoPath>) -> HttpResponse {
    let outcome = async {
        let snapshot = snapshot(&call)?;
        info(&call, request::info_of_path(&path, &context(&call, &snapshot))?).await
    };
    finish("GetFeatureInfo", outcome.await.map_err(WmtsError::of_resource))
}

fn finish(operation: &'static str, outcome: Outcome) -> HttpResponse {
    edge::Operation("wmts", operation).on(outcome.unwrap_or_else(|error| error.response()))
}

fn snapshot(call: &Call) -> Result<Arc<Snapshot>, WmtsError> {
    let snapshot = call.app.registry.snapshot();
    if snapshot.has_scope(&call.caller, &call.scope) { Ok(snapshot) } else { Err(WmtsError::no_scope()) }
}

fn context<'a>(call: &'a Call, snapshot: &'a Snapshot) -> Context<'a> {
    Context { snapshot, caller: &call.caller, scope: &call.scope, limits: &call.app.config.limits }
}

async fn capabilities(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Arc<Snapshot>,
    asked: &GetCapabilities,
) -> Outcome {
    let shown = asked.sections(snapshot.generation)?;
    let document = capabilities::document(call, snapshot, shown).await?;
    if etag_matches(http, &document.etag) {
        return Ok(not_modified(&document.etag));
    }
    Ok(response::document(document, asked.media_type))
}

async fn tile(call: &Call, http: &HttpRequest, asked: GetTile) -> Outcome {
    let format = asked.format;
    let layer = MapLayer::new(asked.layer, asked.style);
    let request = map_of(asked.tile, vec![layer], format);
    let etag = MapEngine::etag(&request);
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let part = part_of(asked.tile, &request);
    let image = call.app.maps.part(request, part, call.deadline()).await;
    let image = image.map_err(|e| WmtsError::from(&*e))?;
    Ok(response::tile(image, format))
}

async fn info(call: &Call, asked: InfoRequest) -> Outcome {
    Ok(feature_info::answer(call, &asked).await?)
}
