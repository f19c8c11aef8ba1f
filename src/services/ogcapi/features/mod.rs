//! OGC API Features Part 1 (OGC 17-069r4) and Part 2 (OGC 18-058r1): items and single features, as
//! GeoJSON and as pages.

mod files;
mod handler;
mod pages;
mod queryables;
mod request;
mod response;

use crate::services::ogcapi::common::readable;
use actix_web::Scope;

/// Adds the routes of features.
pub fn routes(scope: Scope) -> Scope {
    scope
        .service(readable("/collections/{collection}/queryables", queryables::queryables))
        .service(readable("/collections/{collection}/items", handler::items))
        .service(readable("/collections/{collection}/items/{feature}", handler::item))
}
