//! What goes back when all went well.

use crate::maps::MapImage;
use crate::render::ImageFormat;
use crate::services::edge::{Document, with_etag};
use actix_web::HttpResponse;
use actix_web::http::header;

/// A tile. `notes` tell which values of its dimensions were taken where the request left that open.
pub(super) fn tile(image: MapImage, format: ImageFormat, notes: &[String]) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    for note in notes {
        response.append_header((header::WARNING, note.as_str()));
    }
    with_etag(&mut response, &image.etag).content_type(format.media_type()).body(image.bytes)
}

/// Capabilities.
pub(super) fn document(document: Document, media_type: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    with_etag(&mut response, &document.etag).content_type(media_type).body(document.bytes)
}
