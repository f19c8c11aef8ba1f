//! OGC API - Styles (OGC 20-009, draft): the styles of all layers, read and changed.
//!
//! | address below `/ogc` | what |
//! |---|---|
//! | `styles` | list; `POST` adds one |
//! | `styles/{id}` | a style in SLD 1.0, SE 1.1 or for MapLibre; `PUT` replaces or adds, `DELETE` removes |
//! | `styles/{id}/metadata` | what it is and which layer it is for |
//! | `collections/{id}/styles` | the styles of a collection |
//! | `collections/{id}/styles/generated` | a style made from the values of a column |
//!
//! A style is of one layer: its identifier is `{layer}.{name}`. With `dry-run=true` a style is only checked.

mod documents;
mod generated;
mod manage;
mod stylesheet;

use crate::services::ogcapi::common::{method_not_allowed, readable};
use actix_web::{Scope, web};

/// Adds the routes of styles.
pub fn routes(scope: Scope) -> Scope {
    let styles = web::resource("/styles")
        .route(web::get().to(documents::all))
        .route(web::head().to(documents::all))
        .route(web::post().to(manage::create))
        .default_service(web::to(|http| method_not_allowed(http, "GET, HEAD, POST, OPTIONS")));
    let style = web::resource("/styles/{style}")
        .route(web::get().to(stylesheet::get))
        .route(web::head().to(stylesheet::get))
        .route(web::put().to(manage::replace))
        .route(web::delete().to(manage::delete))
        .default_service(web::to(|http| method_not_allowed(http, "GET, HEAD, PUT, DELETE, OPTIONS")));
    scope
        .service(styles)
        .service(style)
        .service(readable("/styles/{style}/metadata", documents::metadata))
        .service(readable("/collections/{collection}/styles", documents::of_collection))
        .service(readable("/collections/{collection}/styles/generated", generated::get))
}
