//! What goes back.

use crate::services::edge::with_etag;
use crate::tiles::{Body, Encoding, TileForm};
use actix_web::HttpResponse;
use actix_web::http::header;

/// A tile, encoded as it was kept; 204 when no feature lies in it and its form has no way to say so.
pub(super) fn tile(body: Body, form: TileForm, etag: &str) -> HttpResponse {
    if body.bytes.is_empty() {
        return with_etag(&mut HttpResponse::NoContent(), etag)
            .insert_header((header::VARY, "Accept-Encoding"))
            .finish();
    }
    let mut response = HttpResponse::Ok();
    if body.encoding == Encoding::Gzip {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    with_etag(&mut response, etag)
        .insert_header((header::VARY, "Accept-Encoding"))
        .content_type(form.media_type())
        .body(body.bytes)
}

/// A JSON document.
pub(super) fn json(document: &serde_json::Value, etag: &str) -> HttpResponse {
    with_etag(&mut HttpResponse::Ok(), etag).content_type("application/json").body(document.to_string())
}
