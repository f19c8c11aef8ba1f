//! What goes back when all went well.

use crate::maps::MapImage;
use crate::render::ImageFormat;
use crate::services::edge::with_etag;
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
