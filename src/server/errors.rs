//! Errors that no service has put in its protocol's form.

use super::cors;
use crate::services::edge::{App, Explained, RETRY_SECONDS, problem};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};

/// No service has this address.
pub(super) async fn not_found(request: HttpRequest) -> HttpResponse {
    if request.method() == Method::OPTIONS {
        return cors::options();
    }
    let detail = format!(
        "there is nothing at {}; the services are /wms, /wmts, /wfs, /csw, /ogc, /tiles and /download, the start page is /",
        request.path().chars().take(200).collect::<String>()
    );
    problem(&request, StatusCode::NOT_FOUND, &detail)
}

/// Refuses addresses that are too long, and explains errors that come without a body: a method that an
/// address doesn't have, a body that is too large.
pub(super) async fn explain(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let longest = app.as_ref().map_or(usize::MAX, |app| app.config.limits.uri_bytes);
    if request.uri().path_and_query().is_some_and(|p| p.as_str().len() > longest) {
        let detail = format!("the address is longer than {longest} bytes; send the parameters with POST");
        let response = problem(request.request(), StatusCode::URI_TOO_LONG, &detail);
        return Ok(request.into_response(response));
    }
    let response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => return Err(error),
    };
    Ok(polish(response, app.as_ref().map_or(0, |app| app.config.limits.body_bytes)))
}

fn polish(mut response: ServiceResponse<BoxBody>, largest: usize) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().entry_retry_after();
    }
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let explained = response.response().extensions().contains::<Explained>();
    let empty = matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    let too_large = status == StatusCode::PAYLOAD_TOO_LARGE
        && response.response().error().is_some_and(|e| e.as_error::<PayloadError>().is_some());
    let head = response.request().method() == Method::HEAD;
    if explained || head || !(empty || too_large) {
        return response;
    }
    if response.request().method() == Method::OPTIONS
        && matches!(status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND)
    {
        let allow = response.headers().get(header::ALLOW).cloned();
        let mut answer = cors::options();
        if let Some(allow) = allow {
            answer.headers_mut().insert(header::ALLOW, allow);
        }
        return response.into_response(answer);
    }
    let detail = match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            format!("the body is larger than this server takes ({largest} bytes)")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            format!("this address has no method {}", response.request().method())
        }
        StatusCode::NOT_FOUND => "there is nothing at this address".to_owned(),
        _ => status.canonical_reason().unwrap_or("the request failed").to_lowercase(),
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut answer = problem(response.request(), status, &detail);
    if let Some(allow) = allow {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    response.into_response(answer)
}

trait RetryAfter {
    fn entry_retry_after(&mut self);
}

impl RetryAfter for header::HeaderMap {
    /// Tells when to come back, unless it is told already.
    fn entry_retry_after(&mut self) {
        if !self.contains_key(header::RETRY_AFTER) {
            self.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
        }
    }
}
