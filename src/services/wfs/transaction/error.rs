//! Why a transaction is refused, in the words of each version (OGC 09-025r2 table 3 and clause 7.5; OGC 05-008
//! table 20 for WFS 1.1, which has fewer codes).

use crate::features::edit::EditError;
use crate::services::edge::EditDenied;
use crate::services::wfs::error::WfsError;
use crate::services::wfs::plan;
use crate::services::wfs::version::Version;
use actix_web::http::StatusCode;

/// Errors that several parts of this folder make.
pub struct Problem;

impl Problem {
    /// Something that a transaction must have.
    pub fn missing(locator: &str, message: &str) -> WfsError {
        WfsError::missing(locator, message)
    }

    /// A value, a type or a property that is not what it should be.
    pub fn value(version: Version, locator: &str, message: impl Into<String>) -> WfsError {
        let code = match version {
            Version::V200 => "InvalidValue",
            Version::V110 | Version::V100 => "InvalidParameterValue",
        };
        WfsError::new(StatusCode::BAD_REQUEST, code, locator, message)
    }

    /// A lock that is not what it should be.
    fn lock(version: Version, message: String) -> WfsError {
        let code = match version {
            Version::V200 => "InvalidLockId",
            Version::V110 | Version::V100 => "InvalidParameterValue",
        };
        WfsError::new(StatusCode::BAD_REQUEST, code, "lockId", message)
    }
}

/// At most this many characters of what a client sent are repeated in a message.
pub fn excerpt(text: &str) -> String {
    const KEPT: usize = 100;
    let mut short: String = text.chars().take(KEPT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Why the engine refused a transaction or a lock.
pub fn of_edit(version: Version, error: EditError) -> WfsError {
    let message = error.to_string();
    let at = |fallback: &str| {
        error.place().map_or(fallback, |place| place.handle.as_deref().unwrap_or(place.action)).to_owned()
    };
    let failed =
        |status, locator: &str, message| WfsError::new(status, "OperationProcessingFailed", locator, message);
    match error {
        EditError::UnknownProperty { .. }
        | EditError::Property { .. }
        | EditError::Value { .. }
        | EditError::Geometry { .. } => Problem::value(version, &at("Transaction"), message),
        EditError::Duplicate { .. } => WfsError::invalid(&at("Insert"), message),
        EditError::Filter { ref cause, .. } => {
            let mut wrong = plan::filter_error(cause.clone(), &at("Filter"));
            wrong.message = message;
            wrong
        }
        EditError::Locked { had_lock: false, .. } => WfsError::missing("lockId", message),
        EditError::Locked { .. } | EditError::UnknownLock(_) => Problem::lock(version, message),
        EditError::LockExpired(_) => {
            WfsError::new(StatusCode::FORBIDDEN, "LockHasExpired", "lockId", message)
        }
        EditError::CannotLock { .. } => {
            WfsError::new(StatusCode::BAD_REQUEST, "CannotLockAllFeatures", "lockAction", message)
        }
        EditError::Replaced(_) | EditError::Conflict { .. } => {
            failed(StatusCode::CONFLICT, "Transaction", message)
        }
        EditError::Store(error) => error.into(),
        EditError::Feature(error) => error.into(),
        _ => failed(StatusCode::BAD_REQUEST, "Transaction", message),
    }
}

/// Why the caller may not edit.
pub fn of_denied(denied: &EditDenied, locator: &str) -> WfsError {
    let code = match denied {
        EditDenied::Off => "OperationNotSupported",
        _ => "NoApplicableCode",
    };
    let mut error = WfsError::new(denied.status(), code, locator, denied.to_string());
    error.challenge = denied.challenge();
    error
}
