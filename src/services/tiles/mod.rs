//! Vector tiles for web maps: TileJSON 3.0, Mapbox Vector Tiles 2.1, MapLibre styles.
//!
//! | address | what |
//! |---|---|
//! | `/tiles/{layers}.json` | TileJSON of one layer, or of several joined by commas |
//! | `/tiles/{layers}/{z}/{x}/{y}.mvt` (or `.pbf`) | a tile |
//! | `/tiles/{layer}/{z}/{x}/{y}.png` (`.jpg`, `.webp`) | a tile of an archive of pictures that was published |
//! | `/styles/{layer}/{style}.json` | a layer's style for MapLibre |
//!
//! Addresses stay the same when data changes: answers carry an ETag of the layers' generations and are
//! to be revalidated, which costs this server neither database nor encoding.

mod archives;
mod capabilities;
mod error;
mod handler;
mod request;
mod response;

use actix_web::web;

/// Adds this service's addresses.
pub fn routes(cfg: &mut web::ServiceConfig) {
    let get = |path: &str| web::resource(path.to_owned());
    cfg.service(
        get("/tiles/{layers}.json")
            .route(web::get().to(handler::tilejson))
            .route(web::head().to(handler::tilejson)),
    )
    .service(
        get("/tiles/{layers}/{z}/{x}/{y}.{extension}")
            .route(web::get().to(handler::tile))
            .route(web::head().to(handler::tile)),
    )
    .service(
        get("/styles/{layer}/{style}.json")
            .route(web::get().to(handler::style))
            .route(web::head().to(handler::style)),
    );
}
