//! What goes back.

use crate::services::edge::with_etag;
use crate::tiles::{Body, Encoding};
use actix_web::HttpResponse;
use actix_web::http::header;

/// A tile, encoded as it was kept; 204 when no feature lies in it.
pub(super) fn tile(body: Body, etag: &str) -> HttpResponse {
    if body.bytes.is_empty() {
        return with_etag(&mut HttpResponse::NoContent(), etag)
            .insert_header((header::VARY, "Accept-Encoding"))
            .finish();
    }
    let mut response = HttpResponse::Ok();
    if body.encoding != Encoding::Identity {
        response.insert_header((header::CONTENT_ENCODING, body.encoding.name()));
    }
    with_etag(&mut response, etag)
        .insert_header((header::VARY, "Accept-Encoding"))
        .content_type("application/vnd.mapbox-vector-tile")
        .body(body.bytes)
}

/// A JSON document.
pub(super) fn json(document: &serde_json::Value, etag: &str) -> HttpResponse {
    with_etag(&mut HttpResponse::Ok(), etag).content_type("application/json").body(document.to_string())
}
