//! Errors as problem documents (RFC 9457).

use crate::render::{PoolError, RenderError};
use crate::services::edge::selection::ParameterError;
use crate::services::edge::{KvpError, archive_status};
use crate::tiles::{ArchiveTileError, TileError};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use std::sync::Arc;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum TilesError {
    /// A part of the address can't be read.
    #[error("{0}")]
    Malformed(String),
    /// A parameter can't be used.
    #[error("{parameter}: {message}", parameter = .0.parameter, message = .0.message)]
    Parameter(#[from] ParameterError),
    /// There is no such thing here.
    #[error("{0}")]
    NotFound(String),
    /// The engine can't make it.
    #[error(transparent)]
    Tile(#[from] Arc<TileError>),
    /// The archive can't give it.
    #[error(transparent)]
    Archive(#[from] ArchiveTileError),
    /// No worker could draw it.
    #[error(transparent)]
    Pool(#[from] Arc<PoolError>),
    /// A sprite can't be drawn.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Why an answer that several asked for at the same moment isn't there.
    #[error(transparent)]
    Shared(#[from] Arc<Self>),
    /// A stored style can't be read.
    #[error("the style '{style}' of layer '{layer}' can't be read: {reason}")]
    Style {
        /// Layer slug.
        layer: String,
        /// Name of the style.
        style: String,
        /// Why.
        reason: String,
    },
}

impl TilesError {
    /// Whether trying again soon may help.
    fn is_passing(&self) -> bool {
        match self {
            Self::Tile(error) => error.is_passing(),
            Self::Archive(error) => matches!(error, ArchiveTileError::Busy),
            Self::Shared(error) => error.is_passing(),
            Self::Pool(error) => !matches!(error.as_ref(), PoolError::Panicked),
            _ => false,
        }
    }
}

impl From<KvpError> for TilesError {
    fn from(error: KvpError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl ResponseError for TilesError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Shared(error) => error.status_code(),
            Self::Malformed(_) | Self::Parameter(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Archive(error) => archive_status(error),
            Self::Tile(error) if error.is_of_request() => StatusCode::BAD_REQUEST,
            Self::Tile(_) | Self::Pool(_) if self.is_passing() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Tile(error) if matches!(error.as_ref(), TileError::TooManyFeatures { .. }) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Tile(_) | Self::Pool(_) | Self::Render(_) | Self::Style { .. } => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        if status.is_server_error() {
            tracing::warn!(error = %self, cause = ?std::error::Error::source(self), "no tile");
        }
        let mut response = HttpResponse::build(status);
        if self.is_passing() {
            response.insert_header((header::RETRY_AFTER, "2"));
        }
        let problem = serde_json::json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": self.to_string(),
        });
        response
            .content_type("application/problem+json")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(problem.to_string())
    }
}
