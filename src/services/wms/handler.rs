//! The operations.

use super::error::{Code, ErrorForm, WmsError};
use super::request::{self, Context, LegendAsked, Operation};
use super::version::Version;
use super::{capabilities, legend, response, styles};
use crate::config::Limits;
use crate::maps::MapEngine;
use crate::model::Lang;
use crate::publish::Snapshot;
use crate::services::edge::{self, Call, Kvp, etag_matches, feature_info, not_modified};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

/// GET and HEAD.
pub(super) async fn get(call: Call, http: HttpRequest) -> HttpResponse {
    answer(&call, &http, Kvp::parse(http.query_string()).map_err(WmsError::from)).await
}

/// POST of a form or of a document; what stands in the address counts, too.
pub(super) async fn post(call: Call, http: HttpRequest, body: web::Bytes) -> HttpResponse {
    let media = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kvp = sent(&http, &media, &body, &call.app.config.limits);
    answer(&call, &http, kvp).await
}

fn sent(http: &HttpRequest, media: &str, body: &[u8], limits: &Limits) -> Result<Kvp, WmsError> {
    let expected = "a POST to this service is a form (application/x-www-form-urlencoded) with the parameters of a \
                    GET, or an XML document (text/xml) with a GetMap or a StyledLayerDescriptor, in UTF-8";
    let text = std::str::from_utf8(body).map_err(|_| WmsError::new(Code::None, "", expected))?;
    match media {
        "" | "application/x-www-form-urlencoded" => {
            Ok(Kvp::parse(&format!("{}&{text}", http.query_string()))?)
        }
        xml if xml.ends_with("/xml") || xml.ends_with("+xml") => {
            request::posted(Kvp::parse(http.query_string())?, text, limits)
        }
        _ => Err(WmsError::new(Code::None, "", expected)),
    }
}

async fn answer(call: &Call, http: &HttpRequest, kvp: Result<Kvp, WmsError>) -> HttpResponse {
    let kvp = match kvp {
        Ok(kvp) => kvp,
        Err(error) => return ErrorForm::xml(Version::V130).report(&error),
    };
    // INSPIRE's parameter (Technical Guidance for View Services 3.11, clause 4.2.3.2.2): an unknown language is the default.
    let lang = kvp.filled("LANGUAGE").and_then(Lang::from_code).unwrap_or(call.lang);
    let call = &Call { lang, ..call.clone() };
    let snapshot = call.app.registry.snapshot();
    let operation = match Operation::of(&kvp) {
        Ok(operation) => operation,
        Err(error) => {
            let response = ErrorForm::xml(Version::guessed(&kvp)).report(&error);
            return edge::Operation("wms", "unknown").on(response);
        }
    };
    let outcome = if snapshot.has_scope(&call.caller, &call.scope) {
        match operation {
            Operation::GetCapabilities => capabilities(call, http, &kvp, &snapshot).await,
            Operation::GetMap => map(call, http, &kvp, &snapshot).await,
            Operation::GetFeatureInfo => info(call, &kvp, &snapshot).await,
            Operation::GetFeatureInfoSchema => schema(call, &kvp, &snapshot),
            Operation::GetLegendGraphic => draw_legend(call, http, &kvp, &snapshot).await,
            Operation::DescribeLayer => describe(call, &kvp, &snapshot),
            Operation::GetStyles => get_styles(call, &kvp, &snapshot),
            Operation::PutStyles => put_styles(call, http, &kvp, &snapshot).await,
        }
    } else {
        let message = "there is no such organisation or dataset on this server";
        Err(WmsError { status: StatusCode::NOT_FOUND, ..WmsError::new(Code::None, "", message) })
    };
    let response = match outcome {
        Ok(response) => response,
        Err(error) => {
            let form = match operation {
                Operation::GetCapabilities => ErrorForm::xml(Version::negotiated(kvp.filled("VERSION"))),
                _ => request::error_form(&kvp, &call.app.config.limits),
            };
            form.response(error, call).await
        }
    };
    edge::Operation("wms", operation.name()).on(response)
}

fn context<'a>(call: &'a Call, snapshot: &'a Snapshot) -> Context<'a> {
    Context { snapshot, caller: &call.caller, scope: &call.scope, limits: &call.app.config.limits }
}

async fn capabilities(
    call: &Call,
    http: &HttpRequest,
    kvp: &Kvp,
    snapshot: &std::sync::Arc<Snapshot>,
) -> Result<HttpResponse, WmsError> {
    let version = Version::negotiated(kvp.filled("VERSION").or_else(|| kvp.filled("WMTVER")));
    if let Some(asked) = kvp.filled("UPDATESEQUENCE") {
        let newer = asked.parse::<i64>().map(|n| n.cmp(&snapshot.generation));
        match newer {
            Ok(std::cmp::Ordering::Less) => {}
            Ok(std::cmp::Ordering::Equal) => {
                return Err(WmsError::new(
                    Code::CurrentUpdateSequence,
                    "UPDATESEQUENCE",
                    "the capabilities have not changed",
                ));
            }
            _ => {
                return Err(WmsError::new(
                    Code::InvalidUpdateSequence,
                    "UPDATESEQUENCE",
                    format!("the update sequence of this service is {}", snapshot.generation),
                ));
            }
        }
    }
    capabilities::document(call, http, version, snapshot).await
}

async fn map(
    call: &Call,
    http: &HttpRequest,
    kvp: &Kvp,
    snapshot: &Snapshot,
) -> Result<HttpResponse, WmsError> {
    let version = request::version(kvp)?;
    let (request, notes) = request::map(kvp, version, &context(call, snapshot))?;
    let etag = call.app.maps.etag(&request);
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let format = request.format;
    let image = call.app.maps.image(request, call.deadline()).await.map_err(|e| WmsError::from(&*e))?;
    let mut response = response::image(image, format);
    for note in notes.iter().filter_map(|note| header::HeaderValue::from_str(note).ok()) {
        response.headers_mut().append(header::WARNING, note);
    }
    Ok(response)
}

async fn info(call: &Call, kvp: &Kvp, snapshot: &Snapshot) -> Result<HttpResponse, WmsError> {
    let version = request::version(kvp)?;
    let request = request::info(kvp, version, &context(call, snapshot))?;
    Ok(feature_info::answer(call, &request).await?)
}

fn schema(call: &Call, kvp: &Kvp, snapshot: &Snapshot) -> Result<HttpResponse, WmsError> {
    let layers = request::described(kvp, &context(call, snapshot))?;
    Ok(feature_info::schema(&layers))
}

async fn draw_legend(
    call: &Call,
    http: &HttpRequest,
    kvp: &Kvp,
    snapshot: &Snapshot,
) -> Result<HttpResponse, WmsError> {
    let LegendAsked { request, json } = request::legend(kvp, &context(call, snapshot))?;
    let etag = MapEngine::legend_etag(&request);
    let etag = if json { etag.replacen('"', "\"json-", 1) } else { etag };
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    if json {
        let rules = call.app.maps.legend_rules(&request, call.deadline()).await;
        let rules = rules.map_err(|error| WmsError::from(&error))?;
        return Ok(response::json(&legend::document(&rules), &etag));
    }
    let format = request.format;
    let image = call.app.maps.legend(request, call.deadline()).await.map_err(|e| WmsError::from(&*e))?;
    Ok(response::image(image, format))
}

fn describe(call: &Call, kvp: &Kvp, snapshot: &Snapshot) -> Result<HttpResponse, WmsError> {
    let version = request::version(kvp)?;
    let layers = request::listed(kvp, &context(call, snapshot))?;
    let media_type = match version {
        Version::V130 => "text/xml; charset=utf-8",
        Version::V111 => "application/vnd.ogc.wms_xml",
    };
    Ok(HttpResponse::Ok().content_type(media_type).body(styles::describe(call, &layers, version)))
}

fn get_styles(call: &Call, kvp: &Kvp, snapshot: &Snapshot) -> Result<HttpResponse, WmsError> {
    let version = request::sld_version(kvp, request::version(kvp)?)?;
    let layers = request::listed(kvp, &context(call, snapshot))?;
    Ok(HttpResponse::Ok().content_type(styles::SLD).body(styles::document(&layers, version)?))
}

/// What changes something comes by POST: an address alone, which pages and pictures may hold, changes nothing.
async fn put_styles(
    call: &Call,
    http: &HttpRequest,
    kvp: &Kvp,
    snapshot: &Snapshot,
) -> Result<HttpResponse, WmsError> {
    if http.method() != Method::POST {
        let message = "PutStyles changes styles: send it by POST, as a form or with the document as text/xml";
        return Err(WmsError {
            status: StatusCode::METHOD_NOT_ALLOWED,
            ..WmsError::new(Code::None, "", message)
        });
    }
    call.may_edit_something()?;
    let sent = request::styles_to_put(kvp, &context(call, snapshot))?;
    Ok(HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(styles::put(call, &sent).await?))
}
