//! What goes back.

use super::request::Wanted;
use crate::services::edge::{etag_matches, not_modified, with_etag};
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use xxhash_rust::xxh3::xxh3_64;

/// Names the state of a file: its layers' generations, its format, its system and what it says of this
/// server's address.
pub(super) fn file_etag(wanted: &Wanted, schema_location: &str) -> String {
    let crs = wanted.crs.as_ref().map(crate::geo::CrsRef::canonical).unwrap_or_default();
    let mut text =
        format!("file {} {} {crs} {schema_location}", env!("CARGO_PKG_VERSION"), wanted.format.extension);
    for layer in &wanted.layers {
        text.push_str(&format!(" {}.{}", layer.id, layer.generation));
    }
    format!("\"{:016x}\"", xxh3_64(text.as_bytes()))
}

/// A file's answer with its ETag, to be revalidated at each use.
pub(super) fn dressed(mut answer: HttpResponse, etag: &str) -> HttpResponse {
    let headers = answer.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    answer
}

/// A JSON document with the ETag of its text.
pub(super) fn json(http: &HttpRequest, document: &serde_json::Value) -> HttpResponse {
    let text = document.to_string();
    let etag = format!("\"{:016x}\"", xxh3_64(text.as_bytes()));
    if etag_matches(http, &etag) {
        return not_modified(&etag);
    }
    with_etag(&mut HttpResponse::Ok(), &etag).content_type("application/json").body(text)
}
