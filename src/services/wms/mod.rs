//! WMS 1.3.0 (OGC 06-042) and 1.1.1 (OGC 01-068r3), with GetLegendGraphic,
//! DescribeLayer, GetStyles and PutStyles of SLD for WMS (OGC 02-070, 05-078r4).
//!
//! Errors of a request are answered with status 400 and the version's own report (404 for an address
//! whose organisation or dataset doesn't exist, 503 when the server is busy, 500 for its own faults); with
//! `EXCEPTIONS=INIMAGE` or `BLANK` they are pictures, which clients only look at when the status is 200.

mod capabilities;
mod error;
mod groups;
mod handler;
mod legend;
mod request;
mod response;
mod styles;
mod version;

use actix_web::http::Method;
use actix_web::web;

/// Adds this service's address.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::resource("/wms")
            .route(web::get().to(handler::get))
            .route(web::method(Method::HEAD).to(handler::get))
            .route(web::post().to(handler::post)),
    );
}
