//! Items as a file of a format that is not written here: `f=gpkg`, or its media type in `Accept`. A file holds
//! every feature that matches, not a page of them.

use super::request::Items;
use crate::features::ExportPart;
use crate::formats::output::{self, OutputFormat};
use crate::services::edge::{Call, FeatureFile};
use crate::services::ogcapi::common::Problem;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

/// More features than any layer has.
pub const MOST: u64 = i64::MAX as u64;

fn offered() -> impl Iterator<Item = &'static OutputFormat> {
    output::ALL.into_iter().filter(|f| f.extension != "geojson")
}

/// The format of a file that `f` names, or that comes first in the `Accept` header.
///
/// # Errors
/// 400 for an `f` that nothing here is called by.
pub fn wanted(http: &HttpRequest, f: Option<&str>) -> Result<Option<&'static OutputFormat>, Problem> {
    match f {
        Some("json" | "geojson" | "html") => Ok(None),
        Some(name) => {
            let found = OutputFormat::find(name).filter(|found| offered().any(|o| o == *found));
            found.map(Some).ok_or_else(|| {
                let named: String = name.chars().take(60).collect();
                let known: Vec<&str> = offered().map(|o| o.extension).collect();
                let detail = format!(
                    "form '{named}' is not offered; f is json, html or for a file {}",
                    known.join(", ")
                );
                Problem::invalid("f", detail)
            })
        }
        None => {
            let accept = http.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
            let first = accept.split(',').next().unwrap_or_default().split(';').next().unwrap_or_default();
            let named = |o: &&OutputFormat| {
                let bare =
                    |m: &&str| m.split(';').next().unwrap_or_default().eq_ignore_ascii_case(first.trim());
                // Plain XML is no wish for GML.
                o.media_types.iter().filter(|m| m.starts_with("application/")).any(bare)
            };
            Ok(offered().find(named))
        }
    }
}

/// The file of the items asked for.
///
/// # Errors
/// [`Problem`] when it can't be made.
pub async fn answer(
    call: &Call,
    items: Items,
    format: &'static OutputFormat,
) -> Result<HttpResponse, Problem> {
    let layer = &items.query.layer;
    let content_crs = format!("<{}>", items.crs.canonical());
    let file = FeatureFile {
        format,
        name: layer.slug.clone(),
        schema_location: format!(
            "{}?service=WFS&version=2.0.0&request=DescribeFeatureType&typeNames={}",
            call.url("/wfs"),
            layer.type_name()
        ),
        parts: vec![ExportPart { query: items.query, crs: items.crs }],
    };
    let mut response = file.answer(call).await?;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Requirement /req/crs/ogc-crs-header (OGC 18-058r1 clause 6.4).
    if let Ok(value) = HeaderValue::from_str(&content_crs) {
        headers.insert(HeaderName::from_static("content-crs"), value);
    }
    Ok(response)
}
