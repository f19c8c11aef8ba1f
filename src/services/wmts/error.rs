//! Exceptions in the form of OWS Common 1.1 (OGC 06-121r3 clause 8).

use crate::maps::{DimensionError, MapError};
use crate::services::edge::feature_info::InfoError;
use crate::services::edge::{KvpError, printable};
use crate::tiles::TileError;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use quick_xml::escape::escape;

/// Codes of OGC 06-121r3 table 27 and OGC 07-057r7 tables 24 and 29.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names)]
pub(super) enum Code {
    MissingParameterValue,
    InvalidParameterValue,
    VersionNegotiationFailed,
    InvalidUpdateSequence,
    TileOutOfRange,
    PointIJOutOfRange,
    NoApplicableCode,
}

impl Code {
    const fn text(self) -> &'static str {
        match self {
            Self::MissingParameterValue => "MissingParameterValue",
            Self::InvalidParameterValue => "InvalidParameterValue",
            Self::VersionNegotiationFailed => "VersionNegotiationFailed",
            Self::InvalidUpdateSequence => "InvalidUpdateSequence",
            Self::TileOutOfRange => "TileOutOfRange",
            Self::PointIJOutOfRange => "PointIJOutOfRange",
            Self::NoApplicableCode => "NoApplicableCode",
        }
    }
}

/// A report with one exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WmtsError {
    pub(super) code: Code,
    /// Name of the parameter; empty for none.
    pub(super) locator: &'static str,
    pub(super) message: String,
    pub(super) status: StatusCode,
}

impl WmtsError {
    pub(super) fn new(code: Code, locator: &'static str, message: impl Into<String>) -> Self {
        Self { code, locator, message: message.into(), status: StatusCode::BAD_REQUEST }
    }

    pub(super) fn missing(parameter: &'static str, example: &str) -> Self {
        let message = format!("parameter {parameter} is missing; write for example {parameter}={example}");
        Self::new(Code::MissingParameterValue, parameter, message)
    }

    pub(super) fn invalid(parameter: &'static str, value: &str, expected: &str) -> Self {
        let message = format!("'{}' is not a value of {parameter}; expected {expected}", excerpt(value));
        Self::new(Code::InvalidParameterValue, parameter, message)
    }

    /// An organisation or dataset in the address that doesn't exist.
    pub(super) fn no_scope() -> Self {
        let message = "there is no such organisation or dataset on this server";
        Self { status: StatusCode::NOT_FOUND, ..Self::new(Code::NoApplicableCode, "", message) }
    }

    /// An address of which there is nothing.
    pub(super) fn no_resource(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::new(Code::NoApplicableCode, "", message) }
    }

    /// The same error where the parameters are parts of the address: what it names isn't there
    /// (OGC 07-057r7 section 10.2).
    pub(super) fn of_resource(self) -> Self {
        let gone =
            matches!(self.code, Code::InvalidParameterValue | Code::TileOutOfRange | Code::PointIJOutOfRange);
        Self { status: if gone { StatusCode::NOT_FOUND } else { self.status }, ..self }
    }

    /// The report as a document.
    pub(super) fn document(&self) -> String {
        let locator = match self.locator {
            "" => String::new(),
            name => format!(" locator=\"{name}\""),
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ows:ExceptionReport \
             xmlns:ows=\"http://www.opengis.net/ows/1.1\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:schemaLocation=\"http://www.opengis.net/ows/1.1 \
             http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd\" version=\"1.0.0\" \
             xml:lang=\"en\">\n<ows:Exception exceptionCode=\"{}\"{locator}><ows:ExceptionText>{}\
             </ows:ExceptionText></ows:Exception>\n</ows:ExceptionReport>\n",
            self.code.text(),
            escape(printable(&self.message).as_str())
        )
    }

    /// The report as an answer.
    pub(super) fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, "2"));
        }
        response
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("application/xml; charset=utf-8")
            .body(self.document())
    }
}

/// The start of what a client sent.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(100).collect()
}

impl From<KvpError> for WmtsError {
    fn from(error: KvpError) -> Self {
        Self::new(Code::InvalidParameterValue, "", error.to_string())
    }
}

impl From<DimensionError> for WmtsError {
    fn from(error: DimensionError) -> Self {
        let code = match error {
            DimensionError::Missing { .. } => Code::MissingParameterValue,
            DimensionError::Invalid { .. } => Code::InvalidParameterValue,
        };
        let locator = match error.parameter() {
            "TIME" => "TIME",
            "ELEVATION" => "ELEVATION",
            _ => "DIM",
        };
        Self::new(code, locator, error.to_string())
    }
}

impl From<&MapError> for WmtsError {
    fn from(error: &MapError) -> Self {
        let status = match error {
            // Who edits the style or the data must hear of it, yet the server is well: another style draws.
            MapError::Style { .. } | MapError::Unfit { .. } => {
                tracing::warn!(error = error as &dyn std::error::Error, "a style can't be used");
                return Self::new(Code::InvalidParameterValue, "Style", error.to_string());
            }
            MapError::TooManyFeatures { .. } | MapError::TooDetailed => StatusCode::BAD_REQUEST,
            MapError::Busy | MapError::Deadline => StatusCode::SERVICE_UNAVAILABLE,
            _ => {
                tracing::error!(error = error as &dyn std::error::Error, "a tile could not be drawn");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self { status, ..Self::new(Code::NoApplicableCode, "", error.to_string()) }
    }
}

impl From<&TileError> for WmtsError {
    fn from(error: &TileError) -> Self {
        let status = match error {
            TileError::TooManyFeatures { .. } => StatusCode::BAD_REQUEST,
            error if error.is_of_request() => StatusCode::BAD_REQUEST,
            error if error.is_passing() => StatusCode::SERVICE_UNAVAILABLE,
            _ => {
                tracing::error!(error = error as &dyn std::error::Error, "a tile could not be made");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self { status, ..Self::new(Code::NoApplicableCode, "", error.to_string()) }
    }
}

impl From<InfoError> for WmtsError {
    fn from(error: InfoError) -> Self {
        match error {
            InfoError::Map(error) => Self::from(&error),
            InfoError::Encoding(message) => Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                ..Self::new(Code::NoApplicableCode, "", message)
            },
        }
    }
}
