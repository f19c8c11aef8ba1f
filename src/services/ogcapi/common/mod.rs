//! What OGC API building blocks share (OGC 17-069r4 clauses 7.1 to 7.4, OGC 19-072).

mod api;
mod collections;
mod html;
mod landing;
mod negotiation;
mod problem;

pub use collections::{CRS_LIST_ORDER, crs_uris, find};
pub use html::{Crumb, render};
pub use landing::{crumbs, link};
pub use negotiation::{Form, Parameters, check_scope, json, negotiated, write_html};
pub use problem::Problem;

use actix_web::http::{Method, header};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Scope, web};

/// A resource that is read; other methods are told what is allowed.
pub fn readable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::get().to(handler)).default_service(web::to(method_not_allowed))
}

/// The answer to a method that a resource doesn't have; `OPTIONS` is told those that it has (RFC 9110 section
/// 9.3.7).
pub async fn method_not_allowed(http: HttpRequest) -> HttpResponse {
    if http.method() == Method::OPTIONS {
        return HttpResponse::NoContent().insert_header((header::ALLOW, problem::METHODS)).finish();
    }
    problem::method_not_allowed(http.method().as_str())
}

/// Adds the routes of the common parts.
pub fn routes(scope: Scope) -> Scope {
    scope
        .service(readable("", landing::landing))
        .service(readable("/", landing::landing))
        .service(readable("/conformance", landing::conformance))
        .service(readable("/api", api::api))
        .service(readable("/collections", collections::collections))
        .service(readable("/collections/{collection}", collections::collection))
}
