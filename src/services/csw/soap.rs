//! SOAP 1.1 and 1.2 around requests and answers (OGC 07-045 section 8.2.3): what is within is an XML request like any other.

use super::error::CswError;
use crate::services::edge::soap::{Envelope, TAIL, undeclared};
use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::header::{self, HeaderValue};
use roxmltree::Document;

/// The envelope that a body is, if it is one: requests in it are answered in it, errors too.
pub(super) fn envelope(body: &str) -> Option<Envelope> {
    if !Envelope::may_be(body) {
        return None;
    }
    let body = body.trim_start_matches('\u{feff}').trim();
    let document = Document::parse(body).ok()?;
    Envelope::open(&document).map(|(envelope, _)| envelope)
}

/// An answer in its envelope: as it is, or as the detail of a fault.
pub(super) fn around(envelope: Envelope, response: HttpResponse) -> HttpResponse {
    let (response, body) = response.into_parts();
    // Answers of this service are whole.
    let Ok(body) = body.try_into_bytes() else {
        return CswError::unreadable("the answer can't be put into a SOAP envelope")
            .response(super::version::Version::V202);
    };
    let text = String::from_utf8_lossy(&body);
    if !response.status().is_success() {
        return envelope.fault(&response.map_body(|_, ()| actix_web::body::BoxBody::new(())), &text);
    }
    let mut whole = envelope.head();
    whole.push_str(undeclared(&text));
    whole.push_str(TAIL);
    let mut response = response.set_body(actix_web::body::BoxBody::new(whole));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(envelope.media_type()));
    response.headers_mut().remove(header::ETAG);
    response
}
