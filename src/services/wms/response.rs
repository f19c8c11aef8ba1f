//! What goes back when all went well.

use crate::maps::MapImage;
use crate::render::ImageFormat;
use crate::services::edge::with_etag;
use actix_web::HttpResponse;

/// A picture.
pub(super) fn image(image: MapImage, format: ImageFormat) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    with_etag(&mut response, &image.etag).content_type(format.media_type()).body(image.bytes)
}

/// A document in JSON.
pub(super) fn json(document: &serde_json::Value, etag: &str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    with_etag(&mut response, etag).content_type("application/json").body(document.to_string())
}
