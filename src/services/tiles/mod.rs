//! Vector tiles for web maps: TileJSON 3.0, Mapbox Vector Tiles 2.1, MapLibre styles.
//!
//! | address | what |
//! |---|---|
//! | `/tiles/{layers}.json` | TileJSON of one layer, or of several joined by commas |
//! | `/tiles/{layers}/{z}/{x}/{y}.mvt` (or `.pbf`) | a tile |
//! | `/tiles/{layer}/{z}/{x}/{y}.png` (`.jpg`, `.webp`) | a tile of an archive of pictures that was published |
//! | `/tiles/{layers}/{tileMatrixSet}/{z}/{x}/{y}.mvt` | a tile in another grid |
//! | `/styles/{layer}/{style}.json` | a layer's style for MapLibre |
//! | `/styles/{layer}/{style}/sprite.json`, `.png`, `@2x` | its icons |
//! | `/fonts/{fontstack}/{range}.pbf`, `/fonts.json` | letters for its labels; the fonts that there are |
//!
//! Addresses stay the same when data changes: answers carry an ETag of the layers' generations and are
//! to be revalidated, which costs this server neither database nor encoding.

mod archives;
mod capabilities;
mod error;
mod fonts;
mod grids;
mod handler;
mod request;
mod response;
mod sprites;

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
        get("/tiles/{layers}/{grid}/{z}/{x}/{y}.{extension}")
            .route(web::get().to(grids::tile))
            .route(web::head().to(grids::tile)),
    )
    .service(
        get("/styles/{layer}/{style}.json")
            .route(web::get().to(handler::style))
            .route(web::head().to(handler::style)),
    )
    .service(
        get("/styles/{layer}/{style}/{file}")
            .route(web::get().to(sprites::sprite))
            .route(web::head().to(sprites::sprite)),
    )
    .service(get("/fonts.json").route(web::get().to(fonts::list)).route(web::head().to(fonts::list)))
    .service(
        get("/fonts/{fontstack}/{range}.pbf")
            .route(web::get().to(fonts::range))
            .route(web::head().to(fonts::range)),
    );
}
