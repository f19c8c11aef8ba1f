//! HEAD is GET without the body (RFC 9110 section 9.3.2), for every address.

use crate::services::edge::HeadOnly;
use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Answers HEAD by whatever answers GET, keeping the length and dropping the body: a stream is not run.
pub(super) async fn answer_like_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.method() != Method::HEAD {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    request.head_mut().method = Method::GET;
    // Where even the head of an answer is costly, its handler wants to know.
    request.extensions_mut().insert(HeadOnly);
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| BoxBody::new(Bodiless(body.size()))))
}

/// A body that tells its length and sends nothing.
struct Bodiless(BodySize);

impl MessageBody for Bodiless {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<actix_web::web::Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}
