//! OGC API Features Part 1 (OGC 17-069r4) to Part 5 (OGC 23-058r1): items, searches and single features as
//! GeoJSON, GML and pages; schemas; editing.

mod codelists;
mod editing;
mod files;
mod forms;
mod functions;
mod gml;
mod handler;
mod json;
mod links;
mod map;
mod pages;
mod request;
mod response;
mod schema;
mod search;

pub use forms::{item as item_forms, items as item_offers};
pub use request::{PARAMETERS, is_filterable, named_crs, sortable};
pub use schema::property;

use crate::services::ogcapi::common::{method_not_allowed, readable};
use actix_web::{Scope, web};

/// Adds the routes of features.
pub fn routes(scope: Scope) -> Scope {
    let search = web::resource("/collections/{collection}/search")
        .route(web::post().to(handler::search))
        .default_service(web::to(|http| method_not_allowed(http, "POST, OPTIONS")));
    let items = web::resource("/collections/{collection}/items")
        .route(web::get().to(handler::items))
        .route(web::post().to(editing::create))
        .default_service(web::to(editing::items_otherwise));
    let item = web::resource("/collections/{collection}/items/{feature}")
        .route(web::get().to(handler::item))
        .route(web::put().to(editing::replace))
        .route(web::patch().to(editing::update))
        .route(web::delete().to(editing::delete))
        .default_service(web::to(editing::item_otherwise));
    scope
        .service(readable("/functions", functions::functions))
        .service(readable("/collections/{collection}/schema", schema::schema))
        .service(readable("/collections/{collection}/queryables", schema::queryables))
        .service(readable("/collections/{collection}/sortables", schema::sortables))
        .service(readable("/collections/{collection}/codelists/{property}", codelists::codelist))
        .service(items)
        .service(item)
        .service(search)
}
