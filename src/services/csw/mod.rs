//! CSW 2.0.2 (OGC 07-006r1) with the ISO application profile (OGC 07-045).
//!
//! Tolerant in what it reads, since harvesters are what they are, and strict in what it writes. Records
//! come as stored bytes from [`crate::catalogue`]; no XML is parsed but the request's.

mod capabilities;
mod describe;
mod error;
mod handler;
mod request;
mod response;
mod xml;

use crate::services::edge::{Call, Kvp, Operation};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use error::CswError;
use request::Request;

/// Registers `/csw`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::resource("/csw")
            .route(web::get().to(get))
            .route(web::head().to(get))
            .route(web::post().to(post)),
    );
}

async fn get(http: HttpRequest, call: Call) -> HttpResponse {
    let request = Kvp::parse(http.query_string())
        .map_err(CswError::from)
        .and_then(|kvp| Request::from_kvp(&kvp, &call.app.config.limits));
    finish(&http, &call, request).await
}

async fn post(http: HttpRequest, call: Call, body: Result<web::Bytes, actix_web::Error>) -> HttpResponse {
    let request = read_body(&http, &call, body);
    finish(&http, &call, request).await
}

fn read_body(
    http: &HttpRequest,
    call: &Call,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<Request, CswError> {
    let body = body.map_err(|error| {
        if error.as_response_error().status_code() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE {
            CswError::too_large()
        } else {
            CswError::unreadable("the request's body could not be read")
        }
    })?;
    let text = std::str::from_utf8(&body)
        .map_err(|_| CswError::unreadable("the request's body is not UTF-8 text"))?;
    let media = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let limits = &call.app.config.limits;
    // Some clients call XML a form, and the other way round: the first character tells.
    if text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').starts_with('<')
        || !media.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    {
        xml::request(text, limits)
    } else {
        Request::from_kvp(&Kvp::parse(text.trim())?, limits)
    }
}

async fn finish(http: &HttpRequest, call: &Call, request: Result<Request, CswError>) -> HttpResponse {
    let (operation, answer) = match request {
        Ok(request) => (request.name(), handler::answer(call, http, request).await),
        Err(error) => ("unreadable", Err(error)),
    };
    Operation("csw", operation).on(answer.unwrap_or_else(|error| error.response()))
}
