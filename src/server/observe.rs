//! What is seen of every request: an id, one line in the log, metrics; and a panic becomes a clean 500.

use super::{cors, metrics};
use crate::services::edge::{Operation, problem};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is taken over from a client.
const LONGEST_ID: usize = 64;

/// Runs a request under observation. It counts as finished when its last byte is sent or its client has
/// gone.
pub(super) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request_id(request.headers().get(REQUEST_ID));
    let mut seen = Seen::begin(&request, id.clone());
    let http = request.request().clone();
    let span = tracing::info_span!("request", id = %id);
    let (kept, answered) = if cors::is_preflight(&request) {
        (http, Some(Ok(cors::preflight())))
    } else {
        // The last reference to the request must be gone before the next one of the connection.
        let running = AssertUnwindSafe(next.call(request)).catch_unwind().instrument(span.clone());
        match running.await {
            Ok(Ok(response)) => {
                let (http, response) = response.into_parts();
                (http, Some(Ok(response.map_into_boxed_body())))
            }
            Ok(Err(error)) => (http, Some(Ok(error.error_response()))),
            Err(panic) => {
                let message = panic_text(panic.as_ref());
                span.in_scope(|| tracing::error!(panic = message, "a handler panicked"));
                (http, None)
            }
        }
    };
    let detail = "the server made an internal error; the log has it under this request's id (X-Request-Id)";
    let mut response: HttpResponse = match answered {
        Some(Ok(response)) => response,
        Some(Err(never)) => never,
        None => problem(&kept, StatusCode::INTERNAL_SERVER_ERROR, detail),
    };
    cors::open(response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    seen.status = response.status();
    seen.operation = response.extensions().get::<Operation>().copied();
    let response = response.map_body(|_, inner| BoxBody::new(WatchedBody { inner, seen }));
    Ok(ServiceResponse::new(kept, response))
}

/// The client's id when it is sane, so that a request can be followed through proxies; else a new one.
fn request_id(sent: Option<&HeaderValue>) -> String {
    let sane = |id: &str| {
        !id.is_empty()
            && id.len() <= LONGEST_ID
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    match sent.and_then(|v| v.to_str().ok()).filter(|id| sane(id)) {
        Some(id) => id.to_owned(),
        None => uuid::Uuid::new_v4().simple().to_string(),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

/// A request until its end, which is told when this is dropped.
struct Seen {
    id: String,
    method: String,
    path: String,
    begun: Instant,
    status: StatusCode,
    operation: Option<Operation>,
    bytes: u64,
    complete: bool,
}

impl Seen {
    fn begin(request: &ServiceRequest, id: String) -> Self {
        metrics::in_flight().increment(1.0);
        Self {
            id,
            method: request.method().to_string(),
            path: request.path().to_owned(),
            begun: Instant::now(),
            // What proxies log for clients that went away before the answer.
            status: StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
            operation: None,
            bytes: 0,
            complete: false,
        }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        let Operation(service, operation) = self.operation.unwrap_or(Operation("other", "other"));
        let took = self.begun.elapsed();
        metrics::in_flight().decrement(1.0);
        metrics::request(service, operation, self.status.as_u16(), took);
        tracing::info!(
            id = %self.id,
            method = %self.method,
            path = %self.path,
            service,
            operation,
            status = self.status.as_u16(),
            ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            bytes = self.bytes,
            complete = self.complete,
            "answered"
        );
    }
}

/// A body that counts what is sent.
struct WatchedBody {
    inner: BoxBody,
    seen: Seen,
}

impl MessageBody for WatchedBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_next(context);
        match &polled {
            Poll::Ready(Some(Ok(bytes))) => {
                self.seen.bytes += bytes.len() as u64;
                if let BodySize::Sized(all) = self.inner.size() {
                    self.seen.complete = self.seen.bytes >= all;
                }
            }
            Poll::Ready(None) => self.seen.complete = true,
            Poll::Ready(Some(Err(error))) => {
                tracing::warn!(id = %self.seen.id, %error, "an answer was broken off");
            }
            Poll::Pending => {}
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_id_is_kept_and_any_other_replaced() {
        let id = |text: &'static str| request_id(Some(&HeaderValue::from_static(text)));
        assert_eq!(id("abc-1.2_3"), "abc-1.2_3");
        for odd in ["", "a b", "<script>", "a;b", &"x".repeat(65)] {
            let sent = HeaderValue::from_str(odd).expect("header");
            assert_ne!(request_id(Some(&sent)), odd);
        }
        assert_eq!(request_id(None).len(), 32);
    }
}
