//! Pictures: their formats, and why there is none.

use super::problem::Problem;
use crate::maps::MapError;
use crate::render::ImageFormat;
use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};

/// The format that `f` names, else the first that `Accept` knows, else PNG.
///
/// # Errors
/// 400 for another `f`.
pub fn picture_format(http: &HttpRequest, f: Option<&str>) -> Result<ImageFormat, Problem> {
    match f {
        Some(name) => ImageFormat::named(name).ok_or_else(|| {
            let names = ImageFormat::ALL.map(ImageFormat::name).join(", ");
            Problem::invalid("f", format!("maps are offered as {names}; f is one of them"))
        }),
        None => {
            let header = http.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
            // Browsers name WebP and others before PNG, which is quicker to write: those are for who asks by `f`, or
            // for nothing else.
            let named = || header.split(',').filter_map(ImageFormat::from_media_type);
            let quick = named().find(|f| matches!(f, ImageFormat::Png | ImageFormat::Jpeg));
            let any = header.contains("image/*") || header.contains("*/*");
            Ok(quick.or_else(|| named().next().filter(|_| !any)).unwrap_or(ImageFormat::Png))
        }
    }
}

/// Why there is no map.
pub fn of_map(error: &MapError) -> Problem {
    let status = match error {
        MapError::TooManyFeatures { .. } | MapError::TooDetailed => StatusCode::UNPROCESSABLE_ENTITY,
        MapError::Busy | MapError::Deadline => StatusCode::SERVICE_UNAVAILABLE,
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "a map could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    Problem::new(status, error.to_string())
}
