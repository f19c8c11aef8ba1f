//! Cross-origin requests (Fetch standard, section 3.2): the data is public, so every page may read it,
//! errors included.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const REQUEST_HEADERS: &str = "Accept, Accept-Language, Authorization, Content-Crs, Content-Type, If-Match, \
    If-None-Match, If-Range, Prefer, Range, X-Request-Id";
const EXPOSED: &str = "Accept-Ranges, Content-Bbox, Content-Crs, Content-Disposition, Content-Language, Content-Range, ETag, Link, Location, \
    OGC-NumberMatched, OGC-NumberReturned, Preference-Applied, Retry-After, X-Request-Id";

/// Whether a browser asks what it may do.
pub(super) fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to that.
pub(super) fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"))
        .finish()
}

/// The answer to `OPTIONS` where no service has its own.
pub(super) fn options() -> HttpResponse {
    HttpResponse::build(StatusCode::NO_CONTENT)
        .insert_header((header::ALLOW, "GET, HEAD, POST, OPTIONS"))
        .finish()
}

/// Opens a response to every page.
pub(super) fn open(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    // Images and tiles may be used by pages that isolate themselves.
    set(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
}
