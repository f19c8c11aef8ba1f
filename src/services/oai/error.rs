//! Errors and exceptional conditions (section 3.6): part of an ordinary answer.

use super::response;
use crate::catalogue::CatalogueError;
use crate::services::edge::{Call, problem};
use crate::store::StoreError;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

/// The protocol's own error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub(super) struct OaiError {
    pub(super) code: &'static str,
    pub(super) text: String,
    /// The arguments to be told back; none where they are at fault themselves.
    pub(super) echo: Vec<(String, String)>,
}

impl OaiError {
    /// Arguments that are missing, unknown, given twice or badly written.
    pub(super) fn argument(text: impl Into<String>) -> Self {
        Self::new("badArgument", text)
    }

    /// A verb that is missing, unknown or given twice.
    pub(super) fn verb(text: impl Into<String>) -> Self {
        Self::new("badVerb", text)
    }

    /// A token that was not made here, is for another list, or is too old.
    pub(super) fn token(text: impl Into<String>) -> Self {
        Self::new("badResumptionToken", text)
    }

    /// A form that records are not written in.
    pub(super) fn format(prefix: &str) -> Self {
        let text = format!(
            "records are not written as '{}'; ListMetadataFormats names the forms there are",
            short(prefix)
        );
        Self::new("cannotDisseminateFormat", text)
    }

    /// An identifier that no record has, or ever had.
    pub(super) fn identifier(identifier: &str) -> Self {
        Self::new("idDoesNotExist", format!("there is no record '{}' here", short(identifier)))
    }

    /// A list without any record.
    pub(super) fn no_records() -> Self {
        Self::new("noRecordsMatch", "no record fits from, until and set")
    }

    fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), echo: Vec::new() }
    }

    /// The same with the arguments of the request, which it tells back (section 3.2).
    pub(super) fn echoing(mut self, arguments: &[(String, String)]) -> Self {
        if !matches!(self.code, "badVerb" | "badArgument") {
            self.echo = arguments.to_vec();
        }
        self
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The protocol has a word for it.
    #[error(transparent)]
    Protocol(#[from] OaiError),
    /// The address shows nothing.
    #[error("nothing is published under this address; see /oai for the whole catalogue")]
    NoScope,
    /// The catalogue can't answer.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

impl Refusal {
    /// As an answer.
    pub(super) fn response(&self, http: &HttpRequest, call: &Call) -> HttpResponse {
        let status = match self {
            Self::Protocol(error) => return response::error(call, error),
            Self::NoScope => StatusCode::NOT_FOUND,
            Self::Catalogue(CatalogueError::Store(StoreError::Deadline | StoreError::Unavailable(_))) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Catalogue(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if let Self::Catalogue(error) = self {
            tracing::warn!(?error, "the catalogue's changes could not be read");
        }
        problem(http, status, &self.to_string())
    }
}

/// What a client sent, cut so that an answer stays readable.
pub(super) fn short(text: &str) -> String {
    text.chars().take(120).collect()
}
