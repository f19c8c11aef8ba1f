//! Errors as problem documents (RFC 9457), or as a page for a browser.

use crate::catalogue::CatalogueError;
use crate::services::edge::{KvpError, problem};
use crate::store::StoreError;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

/// Why there is no graph.
#[derive(Debug, thiserror::Error)]
pub(super) enum DcatError {
    /// The address shows nothing, or no such record.
    #[error("{0}")]
    NotFound(String),
    /// A parameter has a value that can't be used.
    #[error("{0}")]
    Invalid(String),
    /// The catalogue can't answer.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The server is stopping.
    #[error("the server is stopping; try again in a moment")]
    Stopping,
}

impl DcatError {
    /// The answer with this error.
    pub(super) fn respond(&self, http: &HttpRequest) -> HttpResponse {
        let status = match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Catalogue(CatalogueError::Store(StoreError::Deadline | StoreError::Unavailable(_)))
            | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::Catalogue(error) => {
                tracing::warn!(?error, "records could not be read");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        problem(http, status, &self.to_string())
    }
}

impl From<KvpError> for DcatError {
    fn from(error: KvpError) -> Self {
        Self::Invalid(error.to_string())
    }
}
