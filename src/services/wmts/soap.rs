//! Answers in SOAP envelopes (OGC 07-057r7 clause 9, schemas wmtsPayload_response and wmtsGetFeatureInfo_response).

use super::error::{Code, WmtsError};
use crate::services::edge::soap::{Envelope, TAIL, undeclared};
use actix_web::HttpResponse;
use actix_web::body::to_bytes;
use actix_web::http::{StatusCode, header};
use base64::Engine;
use quick_xml::escape::escape;
use std::io::Read;

const NAMESPACE: &str = "http://www.opengis.net/wmts/1.0";

/// The answer of an operation in the envelope that its request came in; an error as a fault.
pub(super) async fn around(
    envelope: Envelope,
    operation: &str,
    outcome: Result<HttpResponse, WmtsError>,
) -> HttpResponse {
    let answer = match outcome {
        Ok(response) => payload(operation, response).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok((payload, notes)) => {
            let mut response = HttpResponse::Ok();
            for note in notes {
                response.append_header((header::WARNING, note));
            }
            response
                .insert_header((header::CACHE_CONTROL, "no-cache"))
                .content_type(envelope.media_type())
                .body(format!("{}{payload}{TAIL}", envelope.head()))
        }
        Err(error) => envelope.fault(&error.response(), &error.document()),
    }
}

/// What stands in the body for an answer: capabilities as they are, a picture as Base64, features as XML or text.
async fn payload(
    operation: &str,
    response: HttpResponse,
) -> Result<(String, Vec<header::HeaderValue>), WmtsError> {
    let notes: Vec<_> = response.headers().get_all(header::WARNING).cloned().collect();
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_owned();
    let broken = |_: Box<dyn std::error::Error>| WmtsError {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        ..WmtsError::new(Code::NoApplicableCode, "", "the answer could not be put in its envelope")
    };
    let is_packed = response.headers().get(header::CONTENT_ENCODING).is_some_and(|value| value == "gzip");
    let mut bytes = to_bytes(response.into_body()).await.map_err(broken)?;
    if is_packed {
        // The envelope is packed as a whole, where the client takes that.
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).map_err(|e| broken(e.into()))?;
        bytes = text.into();
    }
    let format = escape(media_type.as_str());
    let written = match operation {
        "GetCapabilities" => undeclared(&String::from_utf8_lossy(&bytes)).to_owned(),
        "GetFeatureInfo" => {
            let text = String::from_utf8_lossy(&bytes);
            let inner = if media_type.contains("xml") {
                format!("<AnyContent>{}</AnyContent>", undeclared(&text))
            } else {
                format!(
                    "<TextPayload><Format>{format}</Format><TextContent>{}</TextContent></TextPayload>",
                    escape(&*text)
                )
            };
            format!("<FeatureInfoResponse xmlns=\"{NAMESPACE}\">{inner}</FeatureInfoResponse>\n")
        }
        _ => format!(
            "<BinaryPayload xmlns=\"{NAMESPACE}\"><Format>{format}</Format><BinaryContent>{}</BinaryContent>\
             </BinaryPayload>\n",
            base64::engine::general_purpose::STANDARD.encode(&bytes)
        ),
    };
    Ok((written, notes))
}
