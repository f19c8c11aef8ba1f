//! Exceptions in the form of OWS Common 1.0 (OGC 05-008c1 clause 8), which CSW 2.0.2 speaks, and of OWS Common
//! 2.0 (OGC 06-121r9 clause 8), which CSW 3.0 speaks.

use super::version::Version;
use crate::catalogue::CatalogueError;
use crate::services::edge::{KvpError, printable};
use crate::store::StoreError;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use quick_xml::escape::escape;

const OPERATIONS: &str = "there are: GetCapabilities, DescribeRecord (2.0.2 only), GetDomain, GetRecords, GetRecordById, Transaction (POST)";

/// An exception report with one exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CswError {
    status: StatusCode,
    code: &'static str,
    locator: Option<String>,
    text: String,
    challenge: Option<&'static str>,
}

impl CswError {
    /// A parameter whose value can't be used.
    pub(super) fn invalid(locator: &str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameterValue", Some(locator), text)
    }

    /// A parameter that is needed.
    pub(super) fn missing(locator: &str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MissingParameterValue", Some(locator), text)
    }

    /// An operation that doesn't exist.
    pub(super) fn operation(name: &str) -> Self {
        let text = format!("there is no operation '{}'; {OPERATIONS}", short(name));
        Self::new(StatusCode::BAD_REQUEST, "OperationNotSupported", Some(&short(name)), text)
    }

    /// An operation's name in the wrong case, which CSW 3.0 doesn't allow (OGC 12-176r7 clause 6.5.4).
    pub(super) fn operation_case(name: &str) -> Self {
        Self::invalid(
            "request",
            format!("'{}' is not written so; names of operations have a case: {OPERATIONS}", short(name)),
        )
    }

    /// Something that the standard knows and this server doesn't do.
    pub(super) fn option(locator: &str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "OptionNotSupported", Some(locator), text)
    }

    /// Parameters that exclude each other (OGC 12-176r7 clause 7.3.4.8).
    pub(super) fn contradiction(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "NoApplicableCode", None, text)
    }

    /// A record that doesn't exist (OGC 12-176r7 clause 7.4.4.2).
    pub(super) fn no_record(locator: &str, id: &str) -> Self {
        let text = format!("there is no record '{}'", short(id));
        Self::new(StatusCode::NOT_FOUND, "InvalidParameterValue", Some(locator), text)
    }

    /// No version in common.
    pub(super) fn version(asked: &str) -> Self {
        let text = format!("version {} is not spoken here; use 2.0.2 or 3.0.0", short(asked));
        Self::new(StatusCode::BAD_REQUEST, "VersionNegotiationFailed", Some("acceptVersions"), text)
    }

    /// A transaction that can't be made; nothing has changed (OGC 07-006r1 section 10.11.4, OGC 12-176r7 clause 7.7.5).
    pub(super) fn transaction(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "TransactionFailed", Some("Transaction"), text)
    }

    /// Something that this caller may not do.
    pub(super) fn forbidden(text: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "NoApplicableCode", Some("Transaction"), text)
    }

    /// A change without the right to it; `challenge` says which right would help (RFC 9110 section 11.6.1).
    pub(super) fn denied(status: StatusCode, challenge: Option<&'static str>, text: String) -> Self {
        Self { challenge, ..Self::new(status, "NoApplicableCode", Some("Transaction"), text) }
    }

    /// A body that can't be read at all.
    pub(super) fn unreadable(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "NoApplicableCode", None, text)
    }

    /// A body larger than allowed.
    pub(super) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "NoApplicableCode",
            None,
            "the request's body is larger than this server reads",
        )
    }

    /// An organisation or dataset in the address that doesn't exist.
    pub(super) fn no_scope() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NoApplicableCode",
            None,
            "nothing is published under this address; see /csw for the whole catalogue",
        )
    }

    /// An update sequence from the future (OGC 05-008c1 section 7.3.4).
    pub(super) fn update_sequence(asked: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidUpdateSequence",
            Some("updateSequence"),
            format!("'{}' is greater than the current update sequence", short(asked)),
        )
    }

    fn new(status: StatusCode, code: &'static str, locator: Option<&str>, text: impl Into<String>) -> Self {
        Self { status, code, locator: locator.map(str::to_owned), text: text.into(), challenge: None }
    }

    /// The report as an answer, in the form of a version.
    pub(super) fn response(&self, version: Version) -> HttpResponse {
        let locator = self
            .locator
            .as_deref()
            .map(|l| format!(" locator=\"{}\"", escape(printable(l).as_str())))
            .unwrap_or_default();
        let language = match version {
            Version::V202 => "language",
            Version::V300 => "xml:lang",
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ows:ExceptionReport xmlns:ows=\"{}\" version=\"{}\" \
             {language}=\"en\"><ows:Exception exceptionCode=\"{}\"{locator}><ows:ExceptionText>{}\
             </ows:ExceptionText></ows:Exception></ows:ExceptionReport>\n",
            version.ows(),
            version.of_reports(),
            self.code,
            escape(printable(&self.text).as_str())
        );
        let mut response = HttpResponseBuilder::new(self.status);
        if let Some(challenge) = self.challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, "5"));
        }
        response
            .insert_header((header::CONTENT_TYPE, "application/xml; charset=utf-8"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(body)
    }
}

/// What a client sent, cut so that an answer stays readable.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

impl From<KvpError> for CswError {
    fn from(error: KvpError) -> Self {
        let (KvpError::PercentEncoding(name) | KvpError::Utf8(name)) = &error;
        Self::invalid(name, error.to_string())
    }
}

impl From<CatalogueError> for CswError {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Store(error) => error.into(),
            other => Self::invalid("Constraint", other.to_string()),
        }
    }
}

impl From<StoreError> for CswError {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::Deadline | StoreError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            StoreError::Data(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status != StatusCode::BAD_REQUEST {
            tracing::warn!(error = ?error, "the catalogue's search failed");
        }
        Self::new(status, "NoApplicableCode", None, error.to_string())
    }
}
