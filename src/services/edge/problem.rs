//! Errors outside any protocol: problem details (RFC 9457), or a page for a browser.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};

/// Whether the client would rather have a page for people: `text/html` comes before JSON in `Accept`.
#[must_use]
pub fn accepts_html(accept: Option<&str>) -> bool {
    for part in accept.unwrap_or_default().split(',') {
        match part.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/html" | "application/xhtml+xml" => return true,
            "application/json" | "application/problem+json" | "application/geo+json" => return false,
            _ => {}
        }
    }
    false
}

/// An error as problem details, or as a small page when the client is a browser. `detail` says what was
/// wrong and what to do.
#[must_use]
pub fn problem(request: &HttpRequest, status: StatusCode, detail: &str) -> HttpResponse {
    let accept = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok());
    problem_for(accept, status, detail)
}

/// [`problem`] where the request is gone and only its `Accept` header is left.
#[must_use]
pub fn problem_for(accept: Option<&str>, status: StatusCode, detail: &str) -> HttpResponse {
    let title = status.canonical_reason().unwrap_or("Error");
    let mut response = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, RETRY_SECONDS));
    }
    let mut response = if accepts_html(accept) {
        let detail = quick_xml::escape::escape(detail);
        response.content_type("text/html; charset=utf-8").body(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width\"></head>\n\
             <body><main><h1>{title}</h1><p>{detail}</p><p><a href=\"/\">DataSud</a></p></main></body>\n</html>\n"
        ))
    } else {
        let body = serde_json::json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail,
        });
        response.content_type("application/problem+json").body(body.to_string())
    };
    response.extensions_mut().insert(Explained);
    response
}

/// Seconds after which a client may try again what was refused with 503.
pub const RETRY_SECONDS: u32 = 2;

/// Marks a response whose body already explains the error.
#[derive(Clone, Copy, Debug)]
pub struct Explained;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_pages_and_programs_get_problem_details() {
        assert!(accepts_html(Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")));
        assert!(!accepts_html(Some("application/json, text/html;q=0.1")));
        assert!(!accepts_html(Some("*/*")));
        assert!(!accepts_html(None));
    }

    #[actix_web::test]
    async fn what_a_client_sent_cannot_become_markup() {
        let request = actix_web::test::TestRequest::get()
            .insert_header((header::ACCEPT, "text/html"))
            .to_http_request();
        let answer = problem(&request, StatusCode::NOT_FOUND, "no <script>alert(1)</script>");
        let body = actix_web::body::to_bytes(answer.into_body()).await.expect("body");
        assert!(!String::from_utf8_lossy(&body).contains("<script>"));
    }
}
