//! The language of what people read: the parameter `lang` goes before the header `Accept-Language`.

use crate::model::Lang;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;

/// The language that a query string asks for; what is no language here is refused with the other parameters.
pub(super) fn asked(query: &str) -> Option<Lang> {
    query.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(read)
}

/// The language of a code.
pub(super) fn read(code: &str) -> Option<Lang> {
    match code {
        "fr" => Some(Lang::Fr),
        "en" => Some(Lang::En),
        _ => None,
    }
}

/// Lets `lang` stand in for the header, and says in `Content-Language` what language an answer is in.
pub async fn speak(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(lang) = asked(request.query_string()) {
        request.headers_mut().insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(lang.code()));
    }
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    let lang = Lang::from_accept_language(accepted);
    let mut response = next.call(request).await?;
    let has_text = response.status().is_success()
        && response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|kind| {
            // Texts with titles; features and tiles are in no language of ours.
            [
                "text/html",
                "application/json",
                "application/schema+json",
                "application/vnd.oai",
                "application/xml",
            ]
            .iter()
            .any(|start| kind.starts_with(start))
        });
    if has_text {
        response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.code()));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_languages_that_are_spoken_here_are_taken_from_the_address() {
        assert_eq!(asked("f=html&lang=en"), Some(Lang::En));
        assert_eq!(asked("lang=fr&x"), Some(Lang::Fr));
        for other in ["", "lang=", "lang=de", "xlang=en", "lang=EN'"] {
            assert_eq!(asked(other), None, "{other}");
        }
    }
}
