//! What is seen of every request: an id, one line in the log, metrics; and a panic becomes a clean 500.

use super::{cors, metrics};
use crate::model::Editor;
use crate::services::edge::{Operation, problem_for};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;
use tracing::Instrument;
use xxhash_rust::xxh3::xxh3_128_with_seed;

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
    if cors::is_preflight(&request) {
        return Ok(seen.close(request.into_response(cors::preflight())));
    }
    let accept = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let span = tracing::info_span!("request", id = %id);
    // Nothing here may hold on to the request: actix changes it in place, and panics when it is shared.
    let running = AssertUnwindSafe(next.call(request)).catch_unwind().instrument(span.clone());
    let error = match running.await {
        Ok(Ok(response)) => return Ok(seen.close(response.map_into_boxed_body())),
        Ok(Err(error)) => Broken { id, accept, status: error.as_response_error().status_code() },
        Err(panic) => {
            let message = panic_text(panic.as_ref());
            span.in_scope(|| tracing::error!(panic = message, "a handler panicked"));
            Broken { id, accept, status: StatusCode::INTERNAL_SERVER_ERROR }
        }
    };
    seen.status = error.status;
    Err(error.into())
}

/// A request that ended without a response.
#[derive(Debug, thiserror::Error)]
#[error("the request ended without a response")]
struct Broken {
    id: String,
    accept: Option<String>,
    status: StatusCode,
}

impl ResponseError for Broken {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let detail = if self.status == StatusCode::INTERNAL_SERVER_ERROR {
            format!("the server made an internal error; its log has the cause under request id {}", self.id)
        } else {
            self.status.canonical_reason().unwrap_or("the request failed").to_lowercase()
        };
        let mut response = problem_for(self.accept.as_deref(), self.status, &detail);
        dress(response.headers_mut(), &self.id);
        response
    }
}

/// Headers of every response.
fn dress(headers: &mut HeaderMap, id: &str) {
    cors::open(headers);
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
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
        None => new_id(),
    }
}

/// An id that no other request has. Not a secret, so that the system's random numbers are asked once a process.
fn new_id() -> String {
    static SEED: LazyLock<u64> = LazyLock::new(|| uuid::Uuid::new_v4().as_u64_pair().0);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:032x}", xxh3_128_with_seed(&count.to_le_bytes(), *SEED))
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
    /// Name of the token that came with it.
    editor: Option<String>,
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
            editor: None,
            bytes: 0,
            complete: false,
        }
    }
}

impl Seen {
    /// Ties the end of the observation to the end of the response.
    fn close(mut self, mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        dress(response.headers_mut(), &self.id);
        // QGIS 3.22 looks for `Content-Type` in just this spelling when it reads GetFeatureInfo.
        response.response_mut().head_mut().set_camel_case_headers(true);
        self.status = response.status();
        self.operation = response.response().extensions().get::<Operation>().copied();
        let editor = response.request().extensions().get::<Editor>().and_then(|e| e.name.clone());
        self.editor = editor;
        response.map_body(|_, inner| BoxBody::new(WatchedBody { inner, seen: self }))
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
            editor = self.editor,
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

    #[actix_web::test]
    async fn a_panic_becomes_a_clean_error_that_the_log_can_be_searched_for() {
        async fn panics() -> HttpResponse {
            panic!("secret detail")
        }
        let app = actix_web::App::new()
            .wrap(actix_web::middleware::from_fn(observe))
            .route("/", web::get().to(panics));
        let app = actix_web::test::init_service(app).await;
        let request = actix_web::test::TestRequest::get().insert_header((REQUEST_ID, "r-1")).to_request();
        let error = actix_web::test::try_call_service(&app, request).await.expect_err("no response");
        let response = error.error_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers().get(REQUEST_ID).map(HeaderValue::as_bytes), Some(&b"r-1"[..]));
        assert!(response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        let body = actix_web::body::to_bytes(response.into_body()).await.expect("body");
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains("r-1") && !text.contains("secret"), "{text}");
    }

    #[test]
    fn a_sane_id_is_kept_and_any_other_replaced() {
        let id = |text: &'static str| request_id(Some(&HeaderValue::from_static(text)));
        assert_eq!(id("abc-1.2_3"), "abc-1.2_3");
        for odd in ["", "a b", "<script>", "a;b", &"x".repeat(65)] {
            let sent = HeaderValue::from_str(odd).expect("header");
            assert_ne!(request_id(Some(&sent)), odd);
        }
        let made = [request_id(None), request_id(None)];
        assert!(made.iter().all(|id| id.len() == 32 && id != &"0".repeat(32)), "{made:?}");
        assert_ne!(made[0], made[1]);
    }
}
