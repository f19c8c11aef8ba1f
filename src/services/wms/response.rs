//! What goes back when all went well.

use crate::maps::MapImage;
use crate::render::ImageFormat;
use crate::services::edge::{Document, with_etag};
use actix_web::HttpResponse;

/// A picture.
pub(super) fn image(image: MapImage, format: ImageFormat) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    with_etag(&mut response, &image.etag).content_type(format.media_type()).body(image.bytes)
}

/// A document.
pub(super) fn document(document: Document, media_type: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    with_etag(&mut response, &document.etag).content_type(media_type).body(document.bytes)
}

/// A document in JSON.
pub(super) fn json(document: &serde_json::Value, etag: &str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    with_etag(&mut response, etag).content_type("application/json").body(document.to_string())
}
