//! WFS 2.0 (OGC 09-025r2) with Simple and Basic WFS and paging, and WFS 1.1 (OGC 04-094) as Basic WFS; by
//! GET, XML POST and form POST.
//!
//! What differs between versions is said in `version`. A request comes as key-value pairs or XML (`request`, `xml`), is looked up and turned into queries
//! (`plan`), counted and streamed (`handler`, `response`). Coordinates are written in the axis order
//! of the CRS's spelling: URNs and URIs mean the authority's, `EPSG:4326` means longitude first.

mod capabilities;
mod error;
mod format;
mod handler;
mod lock;
mod markup;
mod paging;
mod plan;
mod request;
mod response;
mod schema;
mod soap;
mod stored;
mod transaction;
mod version;
mod versions;
mod xml;

use crate::model::Lang;
use crate::services::edge::soap::Envelope;
use crate::services::edge::{Call, Kvp, Operation};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use error::WfsError;
use version::Version;

/// Adds the service's routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/wfs").route(web::get().to(serve)).route(web::post().to(serve)));
}

async fn serve(call: Call, http: HttpRequest, body: Result<web::Bytes, actix_web::Error>) -> HttpResponse {
    let mut envelope = None;
    match dispatch(&call, &http, body, &mut envelope).await {
        Ok((name, response)) => match envelope {
            Some(envelope) => soap::around(envelope, response, name),
            None => response,
        },
        Err((version, error)) => match envelope {
            Some(envelope) => envelope.fault(&error.respond(version), &error.document(version)),
            None => error.respond(version),
        },
    }
}

/// Answers, or says what is wrong and in which version's words. `envelope` tells what the request came in as
/// soon as that is known.
async fn dispatch(
    call: &Call,
    http: &HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
    envelope: &mut Option<Envelope>,
) -> Result<(&'static str, HttpResponse), (Version, WfsError)> {
    let query = Kvp::parse(http.query_string()).map_err(|e| (Version::V200, e.into()))?;
    // Until the request is read, the address is all that says which version is meant.
    let version = Version::guessed(&query);
    let body = body.map_err(|_| {
        let message =
            format!("the body can't be read, or is larger than {} bytes", call.app.config.limits.body_bytes);
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        (version, WfsError::new(status, "NoApplicableCode", "request", message))
    })?;
    let raw = if http.method() == Method::POST && !body.is_empty() {
        from_body(call, http, &body, &query, envelope)
    } else {
        request::from_kvp(query).map_err(|error| (None, error))
    };
    let raw = raw.map_err(|(said, error)| (said.unwrap_or(version), error))?;
    let version = raw.namespace_version.unwrap_or_else(|| Version::guessed(&raw.parameters));
    let mut call = call.clone();
    if let Some(lang) = raw.parameters.get("language").and_then(Lang::from_code) {
        call.lang = lang;
    }
    let (version, request) = request::understand(raw).map_err(|error| (version, error))?;
    let name = request.name();
    match handler::answer(&call, http, version, request).await {
        Ok(response) => Ok((name, Operation("wfs", name).on(response))),
        Err(error) if envelope.is_some() => Err((version, error)),
        Err(error) => Ok((name, Operation("wfs", name).on(error.respond(version)))),
    }
}

/// An error about a body, and the version that the body itself says it is of.
type Unread = (Option<Version>, WfsError);

/// A POST is XML or a form; parameters of the address count where the body is silent: QGIS posts to
/// `?SERVICE=WFS`.
fn from_body(
    call: &Call,
    http: &HttpRequest,
    body: &[u8],
    query: &Kvp,
    envelope: &mut Option<Envelope>,
) -> Result<request::RawRequest, Unread> {
    let unread = |error| (None, error);
    let form = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|t| {
        t.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    });
    let markup = body
        .iter()
        .find(|b| !b.is_ascii_whitespace())
        .is_some_and(|b| matches!(b, b'<' | 0xef | 0xfe | 0xff));
    if form && !markup {
        let text = std::str::from_utf8(body)
            .map_err(|_| unread(WfsError::parsing("request", "the form is not UTF-8 text")))?;
        let mut kvp = Kvp::parse(text.trim()).map_err(|error| unread(error.into()))?;
        for (name, value) in query.iter().filter(|(n, _)| kvp.get(n).is_none()).collect::<Vec<_>>() {
            kvp.set(name, value);
        }
        return request::from_kvp(kvp).map_err(unread);
    }
    let depth = call.app.config.limits.filter_depth.saturating_add(20);
    let mut text = xml::decode(body).map_err(unread)?;
    if let Some((found, inside)) = soap::open(&text, depth).map_err(unread)? {
        *envelope = Some(found);
        text = inside;
    }
    let mut raw = xml::parse(&text, depth).map_err(|error| (xml::version(&text), error))?;
    if raw.parameters.get("service").is_none()
        && let Some(service) = query.get("service")
    {
        raw.parameters.set("service", service);
    }
    Ok(raw)
}
