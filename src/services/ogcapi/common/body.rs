//! Bodies of requests.

use super::problem::Problem;
use crate::services::edge::Call;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Payload};

/// The whole body of a request, as far as the configuration allows.
///
/// # Errors
/// 413 when it is larger, 400 when it can't be read to its end.
pub async fn read_body(call: &Call, payload: Payload) -> Result<Bytes, Problem> {
    let most = call.app.config.limits.body_bytes;
    match payload.to_bytes_limited(most).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, "the body could not be read to its end")),
        Err(_) => {
            let detail = format!("the body is larger than this server takes ({most} bytes)");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail))
        }
    }
}
