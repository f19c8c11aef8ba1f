//! ETag and 304 (RFC 9110 sections 8.8.3 and 13.1.2).

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

/// Whether `If-None-Match` of the request holds `etag` (written with its quotes), weakly compared.
#[must_use]
pub fn etag_matches(request: &HttpRequest, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|tag| tag.trim() == "*" || bare(tag) == bare(etag))
}

/// The 304 of an ETag.
#[must_use]
pub fn not_modified(etag: &str) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .finish()
}

/// Adds an ETag, to be revalidated at each use: answers change the moment data does.
pub fn with_etag<'a>(response: &'a mut HttpResponseBuilder, etag: &str) -> &'a mut HttpResponseBuilder {
    response.insert_header((header::ETAG, etag)).insert_header((header::CACHE_CONTROL, "no-cache"))
}
