//! OGC API under `/ogc`: common parts, Features (OGC 17-069r4, 18-058r1), Maps (OGC 20-058),
//! Styles (OGC 20-009) and Tiles (OGC 20-057).
//!
//! [`common`] is what every OGC API building block shares: landing page, conformance, API definition,
//! collections, negotiation, errors as problem details. [`features`] is Part 1 and Part 2;
//! [`maps`] is maps of any box and size; [`records`] is the catalogue, under `/records`; [`styles`] is how layers are drawn; [`tiles`] is vector tiles and map tiles.

pub mod common;
pub mod features;
pub mod maps;
pub mod records;
pub mod styles;
pub mod tiles;

use crate::services::edge::Call;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};
use common::Problem;

/// Adds the service's routes.
pub fn routes(config: &mut web::ServiceConfig) {
    let scope = web::scope("/ogc");
    let scope = common::routes(scope);
    let scope = features::routes(scope);
    let scope = maps::routes(scope);
    let scope = styles::routes(scope);
    let scope = tiles::routes(scope);
    config.service(scope.default_service(web::to(nowhere)).wrap(from_fn(common::speak)));
    records::routes(config);
}

async fn nowhere(_: Call, http: HttpRequest) -> HttpResponse {
    Problem::not_found(format!("there is nothing at '{}'", http.path())).respond()
}
