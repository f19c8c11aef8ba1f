//! What goes back: a graph in a syntax.

use crate::catalogue::dcat::Syntax;
use crate::services::edge::{etag_matches, not_modified, with_etag};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use xxhash_rust::xxh3::xxh3_64;

/// A written graph with its ETag, or 304 for a client that has it.
pub(super) fn graph(http: &HttpRequest, body: Vec<u8>, syntax: Syntax) -> HttpResponse {
    let etag = format!("\"{:016x}\"", xxh3_64(&body));
    if etag_matches(http, &etag) {
        return not_modified(&etag);
    }
    let media = match syntax {
        // RDF/XML says its encoding itself, JSON has only one.
        Syntax::Turtle | Syntax::NTriples => format!("{}; charset=utf-8", syntax.media_type()),
        Syntax::RdfXml | Syntax::JsonLd => syntax.media_type().to_owned(),
    };
    with_etag(&mut HttpResponse::Ok(), &etag)
        .insert_header((header::VARY, "Accept"))
        .content_type(media)
        .body(body)
}
