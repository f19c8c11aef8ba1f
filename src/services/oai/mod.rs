//! OAI-PMH 2.0 (<http://www.openarchives.org/OAI/openarchivesprotocol.html>): the one protocol that tells harvesters
//! what changed since they last came, and what is gone.
//!
//! Answers come from [`crate::catalogue`]'s order of changes; pages go by key, so that any node answers any page and
//! nothing is kept between them. Every refusal has HTTP status 200, as section 3.6 wants it; the protocol has no words for
//! an address that shows nothing (404) or a database that is down (503).

mod capabilities;
mod error;
mod handler;
mod noted;
mod request;
mod response;
mod token;

use crate::services::edge::{Call, Kvp, KvpError, Operation};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use error::{OaiError, Refusal};

/// Registers `/oai`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/oai").route(web::get().to(get)).route(web::post().to(post)));
}

async fn get(http: HttpRequest, call: Call) -> HttpResponse {
    let pairs = Kvp::parse(http.query_string()).map_err(unreadable);
    finish(&http, &call, pairs).await
}

/// Arguments in a form (section 3.1.1.2). Those of the address count as well, so that one in both is refused.
async fn post(http: HttpRequest, call: Call, body: Result<web::Bytes, actix_web::Error>) -> HttpResponse {
    let pairs = body.map_err(|error| unread(&error)).and_then(|body| {
        let text = std::str::from_utf8(&body)
            .map_err(|_| OaiError::argument("the request's body is not UTF-8 text"))?;
        let joined = [http.query_string(), text.trim()].join("&");
        Kvp::parse(&joined).map_err(unreadable)
    });
    finish(&http, &call, pairs).await
}

fn unreadable(error: KvpError) -> OaiError {
    OaiError::argument(error.to_string())
}

fn unread(error: &actix_web::Error) -> OaiError {
    OaiError::argument(match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => "the request's body is larger than this server reads",
        _ => "the request's body could not be read",
    })
}

async fn finish(http: &HttpRequest, call: &Call, pairs: Result<Kvp, OaiError>) -> HttpResponse {
    let request = pairs.and_then(|pairs| request::read(&pairs, &call.url("/oai")));
    let (operation, answer) = match request {
        Ok(request) => (request.verb(), handler::answer(call, http, &request).await),
        Err(error) => ("unreadable", Err(Refusal::Protocol(error))),
    };
    Operation("oai", operation).on(answer.unwrap_or_else(|refusal| {
        noted::failed(call, http, &refusal);
        refusal.response(http, call)
    }))
}
