//! Errors as OWS exception reports of the version asked for (OGC 06-121r3 and OGC 05-008, clause 8; OGC
//! 09-025r2 clause 7.5, OGC 04-094 clause 7.7).

use super::version::Version;
use crate::features::ExportError;
use crate::formats::EncodeError;
use crate::geo::CrsError;
use crate::services::edge::{KvpError, export_message, export_status, printable};
use crate::store::StoreError;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use quick_xml::escape::escape;

/// What a client is told when its request can't be answered.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct WfsError {
    /// Exception code of OWS 1.1 or WFS 2.0; earlier versions write what they have for it.
    pub code: &'static str,
    /// The parameter, or what else is to blame.
    pub locator: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
    /// HTTP status.
    pub status: StatusCode,
    /// `WWW-Authenticate`, where a token would help.
    pub challenge: Option<&'static str>,
}

impl WfsError {
    /// Any error that is not a 400 or has an unusual code.
    pub fn new(status: StatusCode, code: &'static str, locator: &str, message: impl Into<String>) -> Self {
        let locator = (!locator.is_empty()).then(|| locator.chars().take(200).collect());
        Self { code, locator, message: message.into(), status, challenge: None }
    }

    /// A parameter with a value that can't be used.
    pub fn invalid(parameter: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameterValue", parameter, message)
    }

    /// A parameter that must be there.
    pub fn missing(parameter: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MissingParameterValue", parameter, message)
    }

    /// A request that can't be read at all.
    pub fn parsing(locator: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "OperationParsingFailed", locator, message)
    }

    /// An operation that is not offered.
    pub fn not_supported(version: Version, operation: &str) -> Self {
        let named: String = operation.chars().take(60).collect();
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "OperationNotSupported",
            &named,
            format!(
                "operation '{named}' is not offered in version {}; offered are {}",
                version.text(),
                version.operations().join(", ")
            ),
        )
    }

    /// A version that is not spoken here.
    pub fn version(version: &str) -> Self {
        let named: String = version.chars().take(60).collect();
        Self::new(
            StatusCode::BAD_REQUEST,
            "VersionNegotiationFailed",
            "version",
            format!("version '{named}' is not offered; use version=2.0.0, version=1.1.0 or version=1.0.0"),
        )
    }

    /// The answer with this error.
    pub fn respond(&self, version: Version) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, "10"));
        }
        if let Some(challenge) = self.challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        response
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type(format!("{}; charset=utf-8", version.document_type()))
            .body(self.document(version))
    }

    /// The exception report in the form of a version.
    pub fn document(&self, version: Version) -> String {
        let locator = self
            .locator
            .as_ref()
            .map_or_else(String::new, |l| format!(" locator=\"{}\"", escape(printable(l))));
        let attributes = match version {
            Version::V200 => "version=\"2.0.0\" xml:lang=\"en\"",
            Version::V110 => "version=\"1.0.0\" language=\"en\"",
            Version::V100 => {
                // OGC 02-058 clause 7.7 has a report of its own, and no list of codes.
                return format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                     <ServiceExceptionReport version=\"1.2.0\" xmlns=\"http://www.opengis.net/ogc\" \
                     xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                     xsi:schemaLocation=\"http://www.opengis.net/ogc \
                     http://schemas.opengis.net/wfs/1.0.0/OGC-exception.xsd\">\n\
                     <ServiceException code=\"{}\"{locator}>{}</ServiceException>\n</ServiceExceptionReport>\n",
                    self.code,
                    escape(printable(&self.message)),
                );
            }
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ows:ExceptionReport xmlns:ows=\"{ows}\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:schemaLocation=\"{ows} \
             http://schemas.opengis.net/ows/{}/owsExceptionReport.xsd\" {attributes}>\n\
             <ows:Exception exceptionCode=\"{}\"{locator}>\n\
             <ows:ExceptionText>{}</ows:ExceptionText>\n</ows:Exception>\n</ows:ExceptionReport>\n",
            version.ows_version(),
            version.exception_code(self.code),
            escape(printable(&self.message)),
            ows = version.ows_namespace(),
        )
    }
}

impl From<KvpError> for WfsError {
    fn from(error: KvpError) -> Self {
        let (KvpError::PercentEncoding(parameter) | KvpError::Utf8(parameter)) = &error;
        Self::parsing(&parameter.clone(), error.to_string())
    }
}

impl From<EncodeError> for WfsError {
    fn from(error: EncodeError) -> Self {
        tracing::error!(%error, "a stored geometry can't be read");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "OperationProcessingFailed", "", error.to_string())
    }
}

impl From<ExportError> for WfsError {
    fn from(error: ExportError) -> Self {
        let status = export_status(&error);
        let (code, locator) = match status {
            StatusCode::UNPROCESSABLE_ENTITY => ("OperationProcessingFailed", "outputFormat"),
            StatusCode::BAD_REQUEST => ("OperationProcessingFailed", ""),
            _ => ("NoApplicableCode", ""),
        };
        Self::new(status, code, locator, export_message(&error))
    }
}

impl From<CrsError> for WfsError {
    fn from(error: CrsError) -> Self {
        Self::invalid("srsName", error.to_string())
    }
}

impl From<StoreError> for WfsError {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::Deadline
            | StoreError::Unavailable(_)
            | StoreError::Gone
            | StoreError::Busy
            | StoreError::Conflict => StatusCode::SERVICE_UNAVAILABLE,
            StoreError::Data(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = ?error, "a feature request failed");
        }
        let code =
            if status == StatusCode::BAD_REQUEST { "OperationProcessingFailed" } else { "NoApplicableCode" };
        Self::new(status, code, "", error.to_string())
    }
}
