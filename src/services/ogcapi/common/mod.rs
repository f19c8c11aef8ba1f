//! What OGC API building blocks share (OGC 17-069r4 clauses 7.1 to 7.4, OGC 19-072).

mod api;
mod archives;
mod body;
mod cached;
mod collections;
mod conformance;
mod html;
mod landing;
mod language;
mod negotiation;
mod parameters;
mod pictures;
mod problem;
mod xml;

pub use archives::find_archive;
pub use body::read_body;
pub use collections::{chosen_collections, crs_uris, encoded, find};
pub use html::{Crumb, Frame, render};
pub use landing::{crumbs, link};
pub use language::speak;
pub use negotiation::{Form, Offer, check_scope, json, negotiated, page_query, tagged, write_html};
pub use parameters::Parameters;
pub use pictures::{of_map, picture_format};
pub use problem::Problem;

use crate::services::edge::{Call, Operation};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Scope, web};

/// A resource that is read; other methods are told what is allowed.
pub fn readable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let default = web::to(|http| method_not_allowed(http, problem::METHODS));
    web::resource(path).route(web::get().to(handler)).default_service(default)
}

/// The answer to a method that a resource doesn't have; `OPTIONS` is told those that it has (RFC 9110 section
/// 9.3.7).
pub async fn method_not_allowed(http: HttpRequest, allowed: &'static str) -> HttpResponse {
    match *http.method() {
        Method::OPTIONS => problem::options(allowed),
        _ => problem::method_not_allowed(http.method().as_str(), allowed),
    }
}

/// The answer of an operation that changes something; where editing is switched off the address has only the methods
/// `read_only`.
pub async fn changing(
    call: &Call,
    http: HttpRequest,
    read_only: &'static str,
    operation: &'static str,
    answer: impl AsyncFnOnce(&HttpRequest) -> Result<HttpResponse, Problem>,
) -> HttpResponse {
    if !call.editing() {
        return method_not_allowed(http, read_only).await;
    }
    let answer = answer(&http).await.unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", operation).on(answer)
}

/// Adds the routes of the common parts.
pub fn routes(scope: Scope) -> Scope {
    scope
        .service(readable("", landing::landing))
        .service(readable("/", landing::landing))
        .service(readable("/conformance", conformance::conformance))
        .service(readable("/api", api::api))
        .service(readable("/collections", collections::collections))
        .service(readable("/collections/{collection}", collections::collection))
}
