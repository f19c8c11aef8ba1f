//! CSW 2.0.2 (OGC 07-006r1) with the ISO application profile (OGC 07-045), and CSW 3.0 (OGC 12-176r7) with
//! OpenSearch (OGC 10-032r8).
//!
//! Tolerant in what it reads, since harvesters are what they are, and strict in what it writes. Records
//! come as stored bytes from [`crate::catalogue`]; no XML is parsed but the request's, and a record's when
//! single elements of it are asked for.

mod capabilities;
mod describe;
mod domain;
mod error;
mod handler;
mod kvp;
mod opensearch;
mod output;
mod request;
mod response;
mod soap;
mod transaction;
mod version;
mod xml;

use crate::services::edge::{Call, Kvp, Operation};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use error::CswError;
use request::Request;
use version::Version;

/// A request with the version of its answer, or an error with the version of its form.
type Read = Result<(Version, Request), (Version, CswError)>;

/// Registers `/csw` and `/csw/opensearch`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::resource("/csw")
            .route(web::get().to(get))
            .route(web::head().to(get))
            .route(web::post().to(post)),
    )
    .service(
        web::resource("/csw/opensearch").route(web::get().to(description)).route(web::head().to(description)),
    );
}

async fn get(http: HttpRequest, call: Call) -> HttpResponse {
    let request = pairs(http.query_string(), &http, &call);
    finish(&http, &call, request).await
}

async fn post(http: HttpRequest, call: Call, body: Result<web::Bytes, actix_web::Error>) -> HttpResponse {
    let envelope = body.as_ref().ok().and_then(|b| std::str::from_utf8(b).ok()).and_then(soap::envelope);
    let request = read_body(&http, &call, body);
    let answer = finish(&http, &call, request).await;
    match envelope {
        Some(envelope) => soap::around(envelope, answer),
        None => answer,
    }
}

async fn description(http: HttpRequest, call: Call) -> HttpResponse {
    finish(&http, &call, Ok((Version::V300, Request::Description))).await
}

fn accept(http: &HttpRequest) -> Option<&str> {
    http.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok())
}

fn pairs(text: &str, http: &HttpRequest, call: &Call) -> Read {
    let kvp = Kvp::parse(text).map_err(|error| (guessed(text), error.into()))?;
    let version = Version::of_kvp(&kvp)?;
    let request = kvp::request(&kvp, version, accept(http), &call.app.config.limits);
    request.map(|request| (version, request)).map_err(|error| (version, error))
}

/// The version of pairs that can't be read.
fn guessed(text: &str) -> Version {
    if text.to_ascii_lowercase().contains("version=3.") { Version::V300 } else { Version::V202 }
}

fn read_body(http: &HttpRequest, call: &Call, body: Result<web::Bytes, actix_web::Error>) -> Read {
    let unread = |error| (Version::V202, error);
    let body = body.map_err(|error| {
        unread(if error.as_response_error().status_code() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE {
            CswError::too_large()
        } else {
            CswError::unreadable("the request's body could not be read")
        })
    })?;
    let text = std::str::from_utf8(&body)
        .map_err(|_| unread(CswError::unreadable("the request's body is not UTF-8 text")))?;
    let media = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    // Some clients call XML a form, and the other way round: the first character tells.
    if text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').starts_with('<')
        || !media.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    {
        xml::request(text, accept(http), &call.app.config.limits)
    } else {
        pairs(text.trim(), http, call)
    }
}

async fn finish(http: &HttpRequest, call: &Call, request: Read) -> HttpResponse {
    let (version, operation, answer) = match request {
        Ok((version, request)) => {
            (version, request.name(), handler::answer(call, http, version, request).await)
        }
        Err((version, error)) => (version, "unreadable", Err(error)),
    };
    Operation("csw", operation).on(answer.unwrap_or_else(|error| error.response(version)))
}
