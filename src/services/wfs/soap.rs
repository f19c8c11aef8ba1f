//! SOAP 1.1 and 1.2 envelopes around requests and answers (OGC 09-025r2 clause 6.2.5.5 and annex D.4). What is
//! within is an XML request like any other.

use super::error::WfsError;
use super::markup::standalone;
use super::version::Version;
use super::xml;
use crate::services::edge::soap::{Envelope, TAIL};
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use base64::Engine;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An answer in its envelope. What is no XML document of the service, and a schema, which would be part of
/// the envelope's own, stands in it as Base64 text (annex D.4.5).
pub fn around(envelope: Envelope, response: HttpResponse, operation: &str) -> HttpResponse {
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let is_xml = media_type.is_some_and(|t| t.contains("xml") && !t.contains("kml"));
    let as_text = operation == "DescribeFeatureType" || !is_xml;
    let (mut head, mut tail) = (envelope.head(), TAIL.to_owned());
    if as_text {
        let namespace = Version::V200.namespace();
        head.push_str(&format!("<wfs:{operation}Response xmlns:wfs=\"{namespace}\">"));
        tail.insert_str(0, &format!("</wfs:{operation}Response>"));
    }
    let mut response = response.map_body(|_, body| {
        BoxBody::new(Enclosed {
            head: Some(head.into_bytes()),
            tail: Some(tail.into_bytes()),
            body,
            as_text,
            carry: BytesMut::new(),
            begun: false,
        })
    });
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(envelope.media_type()));
    for name in [header::CONTENT_DISPOSITION, header::ETAG, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
    response
}

/// The request in an envelope; `None` when the text is no envelope.
///
/// # Errors
/// `OperationParsingFailed` when it can't be read or has no request in its body.
pub fn open(text: &str, depth: usize) -> Result<Option<(Envelope, String)>, WfsError> {
    if !Envelope::may_be(text) {
        return Ok(None);
    }
    let document = xml::document(text, depth.saturating_add(2), "request")?;
    let Some((envelope, request)) = Envelope::open(&document) else { return Ok(None) };
    let request = request
        .ok_or_else(|| WfsError::parsing("request", "the SOAP envelope has no request in its Body"))?;
    Ok(Some((envelope, standalone(request))))
}

/// A body between the parts of an envelope, sent on as it comes.
struct Enclosed {
    head: Option<Vec<u8>>,
    tail: Option<Vec<u8>>,
    body: BoxBody,
    as_text: bool,
    /// Bytes that wait for the rest of their Base64 group.
    carry: BytesMut,
    begun: bool,
}

impl Enclosed {
    /// A piece of the body as it stands in the envelope: without an XML declaration, or in Base64.
    fn enclosed(&mut self, piece: Bytes) -> Bytes {
        if self.as_text {
            self.carry.extend_from_slice(&piece);
            let whole = self.carry.len() - self.carry.len() % 3;
            let groups = self.carry.split_to(whole);
            return base64::engine::general_purpose::STANDARD.encode(&groups).into();
        }
        if std::mem::replace(&mut self.begun, true) || !piece.starts_with(b"<?xml") {
            return piece;
        }
        match piece.windows(2).position(|w| w == b"?>") {
            Some(at) => piece.slice(at + 2..),
            None => piece,
        }
    }
}

impl MessageBody for Enclosed {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(head.into())));
        }
        if self.tail.is_none() {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.body).poll_next(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(piece))) => Poll::Ready(Some(Ok(self.enclosed(piece)))),
            // The envelope stays open: nobody takes the answer for a whole one.
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(None) => {
                let mut end = base64::engine::general_purpose::STANDARD.encode(&self.carry).into_bytes();
                self.carry.clear();
                end.extend(self.tail.take().unwrap_or_default());
                Poll::Ready(Some(Ok(end.into())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_in_an_envelope_stands_alone_with_the_namespaces_around_it() {
        let text = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:w='http://www.opengis.net/wfs/2.0'>\
                    <s:Header/><s:Body><w:ListStoredQueries service='WFS'/></s:Body></s:Envelope>";
        let (envelope, request) = open(text, 50).expect("read").expect("an envelope");
        assert_eq!(envelope, Envelope::V11);
        let document = roxmltree::Document::parse(&request).expect("well-formed");
        assert_eq!(document.root_element().tag_name().namespace(), Some("http://www.opengis.net/wfs/2.0"));
        assert_eq!(open("<a xmlns='http://www.opengis.net/wfs'/>", 50).expect("read"), None);
        let empty = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body/></s:Envelope>";
        assert!(open(empty, 50).is_err());
    }
}
