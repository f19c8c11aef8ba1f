//! The catalogue by OGC API - Records Part 1 (OGC 20-004r1) under `/records`: one searchable catalogue, as JSON and as pages.
//!
//! | address | what |
//! |---|---|
//! | `/records` | landing page; `conformance`, `api`, `collections` beside it |
//! | `…/collections/catalogue` | the catalogue; `queryables`, `sortables`, `facets` below it |
//! | `…/collections/catalogue/items` | records: search, sorting, filters, pages |
//! | `…/collections/catalogue/items/{record}` | one record |

mod api;
mod documents;
mod handler;
mod pages;
mod request;

use super::common::{Problem, readable, speak};
use crate::services::edge::Call;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};

/// Identifier of the one catalogue.
const CATALOGUE: &str = "catalogue";

/// Adds the service's routes.
pub fn routes(config: &mut web::ServiceConfig) {
    let scope = web::scope("/records")
        .service(readable("", documents::landing))
        .service(readable("/", documents::landing))
        .service(readable("/conformance", documents::conformance))
        .service(readable("/api", api::api))
        .service(readable("/collections", documents::collections))
        .service(readable("/collections/{collection}", documents::collection))
        .service(readable("/collections/{collection}/queryables", documents::queryables))
        .service(readable("/collections/{collection}/sortables", documents::sortables))
        .service(readable("/collections/{collection}/facets", handler::facets))
        .service(readable("/collections/{collection}/suggestions", handler::suggestions))
        .service(readable("/collections/{collection}/items", handler::items))
        .service(readable("/collections/{collection}/items/{record}", handler::item));
    config.service(scope.default_service(web::to(nowhere)).wrap(from_fn(speak)));
}

async fn nowhere(_: Call, http: HttpRequest) -> HttpResponse {
    Problem::not_found(format!("there is nothing at '{}'", http.path())).respond()
}

/// The catalogue must be the one that there is.
fn check_catalogue(call: &Call, http: &HttpRequest) -> Result<(), Problem> {
    super::common::check_scope(call)?;
    match http.match_info().get("collection") {
        Some(CATALOGUE) | None => Ok(()),
        Some(other) => {
            let shown: String = other.chars().take(80).collect();
            Err(Problem::not_found(format!("there is no catalogue '{shown}'; there is '{CATALOGUE}'")))
        }
    }
}
