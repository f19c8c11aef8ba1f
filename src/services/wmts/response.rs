//! What goes back when all went well.

use super::request::MVT;
use crate::maps::MapImage;
use crate::render::ImageFormat;
use crate::services::edge::with_etag;
use crate::tiles::{Body, Encoding};
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

/// A vector tile, encoded as it was kept; no bytes where no feature lies in it. `notes` as above.
pub(super) fn vector_tile(body: Body, etag: &str, notes: &[String]) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    for note in notes {
        response.append_header((header::WARNING, note.as_str()));
    }
    if body.encoding == Encoding::Gzip {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    with_etag(&mut response, etag)
        .insert_header((header::VARY, "Accept-Encoding"))
        .content_type(MVT)
        .body(body.bytes)
}
