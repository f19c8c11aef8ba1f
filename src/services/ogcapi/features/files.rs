//! Items as a file of a format that is not written here. A file holds every feature that matches, not a page of
//! them.

use super::request::Items;
use crate::features::ExportPart;
use crate::formats::output::OutputFormat;
use crate::services::edge::{Call, FeatureFile};
use crate::services::ogcapi::common::Problem;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderName, HeaderValue};

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
