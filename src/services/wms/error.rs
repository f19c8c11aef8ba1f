//! Errors, and the reports they become.

use super::request::Exceptions;
use super::version::Version;
use crate::maps::MapError;
use crate::render::{self, ImageFormat, Sheet};
use crate::services::edge::feature_info::InfoError;
use crate::services::edge::{Call, EditDenied, KvpError, printable};
use crate::style::{Color, Fill};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use quick_xml::escape::escape;

/// Codes of OGC 06-042 table E.1 and OGC 01-068r3 table A.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// No code fits; the text says it.
    None,
    InvalidFormat,
    /// `InvalidCRS`, `InvalidSRS` in 1.1.1.
    InvalidCrs,
    LayerNotDefined,
    StyleNotDefined,
    InvalidPoint,
    MissingDimensionValue,
    InvalidDimensionValue,
    CurrentUpdateSequence,
    InvalidUpdateSequence,
    OperationNotSupported,
    /// Not in the table, yet what clients know from OWS Common.
    MissingParameterValue,
    InvalidParameterValue,
}

impl Code {
    fn text(self, version: Version) -> Option<&'static str> {
        Some(match self {
            Self::None => return None,
            Self::InvalidFormat => "InvalidFormat",
            Self::InvalidCrs => match version {
                Version::V130 => "InvalidCRS",
                Version::V111 => "InvalidSRS",
            },
            Self::LayerNotDefined => "LayerNotDefined",
            Self::StyleNotDefined => "StyleNotDefined",
            Self::InvalidPoint => "InvalidPoint",
            Self::MissingDimensionValue => "MissingDimensionValue",
            Self::InvalidDimensionValue => "InvalidDimensionValue",
            Self::CurrentUpdateSequence => "CurrentUpdateSequence",
            Self::InvalidUpdateSequence => "InvalidUpdateSequence",
            Self::OperationNotSupported => "OperationNotSupported",
            Self::MissingParameterValue => "MissingParameterValue",
            Self::InvalidParameterValue => "InvalidParameterValue",
        })
    }
}

/// A refused or failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WmsError {
    pub(super) code: Code,
    pub(super) locator: &'static str,
    pub(super) message: String,
    pub(super) status: StatusCode,
    /// What a 401 asks for (RFC 9110 section 11.6.1).
    pub(super) challenge: Option<&'static str>,
}

impl WmsError {
    pub(super) fn new(code: Code, locator: &'static str, message: impl Into<String>) -> Self {
        Self { code, locator, message: message.into(), status: StatusCode::BAD_REQUEST, challenge: None }
    }

    pub(super) fn missing(parameter: &'static str, example: &str) -> Self {
        Self::new(
            Code::MissingParameterValue,
            parameter,
            format!("parameter {parameter} is missing; write for example {parameter}={example}"),
        )
    }

    pub(super) fn invalid(parameter: &'static str, value: &str, expected: &str) -> Self {
        Self::new(
            Code::InvalidParameterValue,
            parameter,
            format!("'{}' is not a value of {parameter}; expected {expected}", excerpt(value)),
        )
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::new(Code::None, "", message) }
    }
}

/// The start of what a client sent.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(100).collect()
}

impl From<EditDenied> for WmsError {
    fn from(denied: EditDenied) -> Self {
        let told = Self::new(Code::OperationNotSupported, "REQUEST", denied.to_string());
        Self { status: denied.status(), challenge: denied.challenge(), ..told }
    }
}

impl From<KvpError> for WmsError {
    fn from(error: KvpError) -> Self {
        Self::new(Code::InvalidParameterValue, "", error.to_string())
    }
}

impl From<&MapError> for WmsError {
    fn from(error: &MapError) -> Self {
        let status = match error {
            // Who edits the style or the data must hear of it, yet the server is well: another style draws.
            MapError::Style { .. } | MapError::Unfit { .. } => {
                tracing::warn!(error = error as &dyn std::error::Error, "a style can't be used");
                return Self::new(Code::StyleNotDefined, "STYLES", error.to_string());
            }
            MapError::TooManyFeatures { .. } | MapError::TooDetailed | MapError::LegendTooLarge { .. } => {
                StatusCode::BAD_REQUEST
            }
            MapError::Busy | MapError::Deadline => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = error as &dyn std::error::Error, "a map could not be drawn");
        }
        Self { status, ..Self::new(Code::None, "", error.to_string()) }
    }
}

impl From<InfoError> for WmsError {
    fn from(error: InfoError) -> Self {
        match error {
            InfoError::Map(error) => Self::from(&error),
            InfoError::Encoding(message) => Self::internal(message),
        }
    }
}

/// What the answer to a failed GetMap looks like.
#[derive(Clone, Copy, Debug)]
pub(super) struct ErrorForm {
    pub(super) version: Version,
    pub(super) exceptions: Exceptions,
    /// Size, format and background of the picture, when they could be read.
    pub(super) picture: Option<(u32, u32, ImageFormat, Color, bool)>,
}

impl ErrorForm {
    /// XML of a version.
    pub(super) const fn xml(version: Version) -> Self {
        Self { version, exceptions: Exceptions::Xml, picture: None }
    }

    /// The report in XML.
    pub(super) fn report(&self, error: &WmsError) -> HttpResponse {
        let mut response = HttpResponse::build(error.status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if error.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, "2"));
        }
        if let Some(challenge) = error.challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        report(&mut response, self.version, error)
    }

    /// The answer in the form that the client asked for.
    pub(super) async fn response(self, error: WmsError, call: &Call) -> HttpResponse {
        let (Exceptions::InImage | Exceptions::Blank, Some(size)) = (self.exceptions, self.picture) else {
            return self.report(&error);
        };
        let told = error.clone();
        let drawn = call.app.pool.run(call.deadline(), move || picture(&told, self.exceptions, size)).await;
        match drawn {
            Ok(Some(bytes)) => HttpResponse::Ok()
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .content_type(size.2.media_type())
                .body(bytes),
            _ => self.report(&error),
        }
    }
}

fn report(response: &mut HttpResponseBuilder, version: Version, error: &WmsError) -> HttpResponse {
    let code = error.code.text(version).map_or_else(String::new, |c| format!(" code=\"{c}\""));
    let locator = match (version, error.locator) {
        (Version::V130, locator) if !locator.is_empty() => format!(" locator=\"{locator}\""),
        _ => String::new(),
    };
    let message = printable(&error.message);
    let message = escape(message.as_str());
    let (media, head) = match version {
        Version::V130 => (
            "text/xml; charset=utf-8",
            "<ServiceExceptionReport version=\"1.3.0\" xmlns=\"http://www.opengis.net/ogc\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:schemaLocation=\"http://www.opengis.net/ogc \
             http://schemas.opengis.net/wms/1.3.0/exceptions_1_3_0.xsd\">",
        ),
        Version::V111 => (
            "application/vnd.ogc.se_xml",
            "<!DOCTYPE ServiceExceptionReport SYSTEM \
             \"http://schemas.opengis.net/wms/1.1.1/exception_1_1_1.dtd\">\n\
             <ServiceExceptionReport version=\"1.1.1\">",
        ),
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{head}\n  <ServiceException{code}{locator}>{message}\
         </ServiceException>\n</ServiceExceptionReport>\n"
    );
    response.content_type(media).body(body)
}

/// The message in the map's place, or nothing at all.
fn picture(
    error: &WmsError,
    exceptions: Exceptions,
    (width, height, format, background, transparent): (u32, u32, ImageFormat, Color, bool),
) -> Option<Vec<u8>> {
    let sheet = Sheet {
        width,
        height,
        background: (!transparent || !format.has_transparency()).then_some(background),
        format,
        matte: background,
        place: None,
        scale: 1.0,
    };
    let drawn = sheet.draw(|canvas| {
        if exceptions == Exceptions::Blank {
            return;
        }
        let red = Fill { color: Color { r: 0xb0, g: 0, b: 0 }, opacity: 1.0 };
        // Some seven pixels a letter.
        let columns = (width as usize / 7).max(8);
        for (row, line) in wrapped(&error.message, columns).iter().enumerate() {
            render::write(canvas, line, [4.0, row as f32 * 16.0 + 4.0], 12.0, red);
        }
    });
    drawn.ok()
}

fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace().take(200) {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.chars().count() + word.chars().count() < columns => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
