//! Errors as problem documents (RFC 9457), or as a page for a browser: people follow links to files.

use crate::features::ExportError;
use crate::services::edge::{KvpError, export_message, export_status, problem};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(super) enum DownloadError {
    /// There is no such dataset, layer or format here.
    #[error("{0}")]
    NotFound(String),
    /// A parameter has a value that can't be used.
    #[error("{0}")]
    Invalid(String),
    /// A file that is there can't be read.
    #[error("the file can't be read; the log of the server says why")]
    Unreadable,
    /// It can't be made.
    #[error(transparent)]
    Export(#[from] ExportError),
}

impl DownloadError {
    /// The answer with this error.
    pub(super) fn respond(&self, http: &HttpRequest) -> HttpResponse {
        match self {
            Self::NotFound(detail) => problem(http, StatusCode::NOT_FOUND, detail),
            Self::Invalid(detail) => problem(http, StatusCode::BAD_REQUEST, detail),
            Self::Unreadable => problem(http, StatusCode::INTERNAL_SERVER_ERROR, &self.to_string()),
            Self::Export(error) => problem(http, export_status(error), &export_message(error)),
        }
    }
}

impl From<KvpError> for DownloadError {
    fn from(error: KvpError) -> Self {
        Self::Invalid(error.to_string())
    }
}
