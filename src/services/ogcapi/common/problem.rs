//! Errors as problem details (RFC 9457).

use crate::features::edit::{EditError, Which};
use crate::features::{ExportError, FeatureError};
use crate::filter::FilterError;
use crate::geo::CrsError;
use crate::services::edge::selection::ParameterError;
use crate::services::edge::{EditDenied, KvpError, export_message, export_status};
use crate::store::StoreError;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::{Map, Value};

/// What a client is told when its request can't be answered.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// What is wrong and what to do.
    pub detail: String,
    /// The parameter to blame.
    pub parameter: Option<String>,
    /// The member of the body to blame, as a JSON Pointer (RFC 6901).
    pub member: Option<String>,
    /// The feature of the body to blame, from 1.
    pub feature: Option<usize>,
    /// The value of `WWW-Authenticate`.
    pub challenge: Option<&'static str>,
}

impl Problem {
    /// A problem without a parameter.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), parameter: None, member: None, feature: None, challenge: None }
    }

    /// With the member of the body that is at fault.
    #[must_use]
    pub fn with_member(self, pointer: &str) -> Self {
        const LONGEST: usize = 200;
        let pointer: String = pointer.chars().take(LONGEST).collect();
        Self { member: (!pointer.is_empty()).then_some(pointer), ..self }
    }

    /// The problem of a feature as that of the collection which has it at an index.
    #[must_use]
    pub fn inside(self, index: usize) -> Self {
        let member = format!("/features/{index}{}", self.member.as_deref().unwrap_or_default());
        Self { member: Some(member), feature: Some(index.saturating_add(1)), ..self }
    }

    /// A parameter with a value that can't be used.
    pub fn invalid(parameter: &str, detail: impl Into<String>) -> Self {
        let parameter = parameter.chars().take(100).collect();
        Self { parameter: Some(parameter), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// Something that isn't there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// The answer with this problem.
    pub fn respond(&self) -> HttpResponse {
        let mut body = Map::new();
        body.insert("type".to_owned(), Value::from("about:blank"));
        body.insert("title".to_owned(), Value::from(self.status.canonical_reason().unwrap_or("Error")));
        body.insert("status".to_owned(), Value::from(self.status.as_u16()));
        body.insert("detail".to_owned(), Value::from(self.detail.as_str()));
        if let Some(parameter) = &self.parameter {
            body.insert("parameter".to_owned(), Value::from(parameter.as_str()));
        }
        if let Some(member) = &self.member {
            body.insert("member".to_owned(), Value::from(member.as_str()));
        }
        if let Some(feature) = self.feature {
            body.insert("feature".to_owned(), Value::from(feature));
        }
        let mut response = HttpResponse::build(self.status);
        if let Some(challenge) = self.challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, "10"));
        }
        response
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("application/problem+json")
            .body(Value::Object(body).to_string())
    }
}

/// The methods of a resource that is read.
pub const METHODS: &str = "GET, HEAD, OPTIONS";

/// 405 with the methods that there are (RFC 9110 section 15.5.6).
pub fn method_not_allowed(method: &str, allowed: &str) -> HttpResponse {
    let named: String = method.chars().take(20).collect();
    let detail = format!("method {named} is not offered here; there are: {allowed}");
    with_allow(Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).respond(), allowed)
}

/// The answer to `OPTIONS`.
pub fn options(allowed: &str) -> HttpResponse {
    with_allow(HttpResponse::NoContent().finish(), allowed)
}

fn with_allow(mut response: HttpResponse, allowed: &str) -> HttpResponse {
    if let Ok(value) = header::HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

impl From<KvpError> for Problem {
    fn from(error: KvpError) -> Self {
        let (KvpError::PercentEncoding(parameter) | KvpError::Utf8(parameter)) = &error;
        Self::invalid(parameter, error.to_string())
    }
}

impl From<ParameterError> for Problem {
    fn from(error: ParameterError) -> Self {
        Self::invalid(error.parameter, error.message)
    }
}

impl From<CrsError> for Problem {
    fn from(error: CrsError) -> Self {
        Self::invalid("crs", error.to_string())
    }
}

impl From<FilterError> for Problem {
    fn from(error: FilterError) -> Self {
        match error.locator() {
            Some(locator) => Self::invalid(locator, error.to_string()),
            None => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::Deadline | StoreError::Unavailable(_) | StoreError::Gone => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            StoreError::Data(_) => StatusCode::BAD_REQUEST,
            _ => {
                tracing::error!(error = ?error, "a feature request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::new(status, error.to_string())
    }
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        Self::new(export_status(&error), export_message(&error))
    }
}

impl From<FeatureError> for Problem {
    fn from(error: FeatureError) -> Self {
        match error {
            FeatureError::Store(error) => error.into(),
            FeatureError::Filter(error) => error.into(),
            FeatureError::Geometry { .. } => {
                tracing::error!(%error, "a stored geometry can't be read");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
            other => Self::new(StatusCode::BAD_REQUEST, other.to_string()),
        }
    }
}

impl From<EditDenied> for Problem {
    fn from(denied: EditDenied) -> Self {
        Self { challenge: denied.challenge(), ..Self::new(denied.status(), denied.to_string()) }
    }
}

/// The member of a feature that an error is about.
fn member_of(error: &EditError) -> Option<String> {
    match error {
        EditError::UnknownProperty { property, .. }
        | EditError::Property { property, .. }
        | EditError::Value { property, .. } => {
            Some(format!("/properties/{}", property.replace('~', "~0").replace('/', "~1")))
        }
        EditError::Geometry { .. } => Some("/geometry".to_owned()),
        _ => None,
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        let status = match &error {
            EditError::Store(_) | EditError::Feature(_) => {
                return match error {
                    EditError::Store(error) => error.into(),
                    EditError::Feature(error) => error.into(),
                    other => Self::new(StatusCode::INTERNAL_SERVER_ERROR, other.to_string()),
                };
            }
            EditError::NotFound { .. } => StatusCode::NOT_FOUND,
            EditError::Conflict { .. } => StatusCode::PRECONDITION_FAILED,
            EditError::Locked { .. } | EditError::CannotLock { .. } => StatusCode::LOCKED,
            EditError::Duplicate { .. } | EditError::Replaced(_) => StatusCode::CONFLICT,
            EditError::Limit(_) => StatusCode::PAYLOAD_TOO_LARGE,
            EditError::UnknownLock(_) | EditError::LockExpired(_) => StatusCode::BAD_REQUEST,
            // What the body says is understood and breaks a rule of the collection (RFC 9110 section 15.5.21).
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let feature = match error.place().and_then(|place| place.feature) {
            Some(Which::Position(number)) => Some(number),
            _ => None,
        };
        let problem = Self::new(status, error.to_string());
        Self { feature, ..problem.with_member(&member_of(&error).unwrap_or_default()) }
    }
}
