//! Downloads: whole layers and datasets as files, in every format of [`crate::formats::output`] and in any
//! system of the EPSG registry.
//!
//! | address | what |
//! |---|---|
//! | `/download/{dataset}` | the files there are, as JSON |
//! | `/download/{dataset}/{layer}.{ending}` | a layer |
//! | `/download/{dataset}/{layer}.pmtiles` (or `.mbtiles`) | its tiles, where such an archive was made; in parts, too |
//! | `/download/{dataset}/{dataset}.{ending}` | all layers of the dataset, in formats that hold several |
//!
//! `?crs=EPSG:…` asks for another system than the format's default. Addresses stay the same when data
//! changes; the ETag hangs on the layers' generations.

mod archives;
mod capabilities;
mod error;
mod handler;
mod request;
mod response;

use actix_web::web;

/// Adds this service's addresses.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/download/{dataset}").route(web::get().to(handler::files)))
        .service(web::resource("/download/{dataset}/{file}").route(web::get().to(handler::file)));
}
