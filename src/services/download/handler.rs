//! The operations.

use super::error::DownloadError;
use super::request::{self, Wanted};
use super::{archives, capabilities, response};
use crate::features::{ExportPart, Geometry, Query};
use crate::services::edge::{Call, FeatureFile, Operation, etag_matches, not_modified};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;

/// `/download/{dataset}`
pub(super) async fn files(call: Call, http: HttpRequest) -> HttpResponse {
    let snapshot = call.app.registry.snapshot();
    let slug = http.match_info().get("dataset").unwrap_or_default();
    let answer = match request::dataset(&call, &snapshot, slug) {
        Ok((dataset, layers)) => {
            let archives = archives::listed(&call, dataset, &layers).await;
            response::json(&http, &capabilities::document(&call, dataset, &layers, archives))
        }
        Err(error) => error.respond(&http),
    };
    Operation("download", "ListFiles").on(answer)
}

/// `/download/{dataset}/{file}`
pub(super) async fn file(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_file(&call, &http).await.unwrap_or_else(|error| error.respond(&http));
    Operation("download", "GetFile").on(answer)
}

async fn answer_file(call: &Call, http: &HttpRequest) -> Result<HttpResponse, DownloadError> {
    let snapshot = call.app.registry.snapshot();
    let part = |name| http.match_info().get(name).unwrap_or_default();
    let names = [part("dataset"), part("file")];
    if let Some(answer) = archives::answer(call, http, &snapshot, names).await {
        return answer;
    }
    let wanted = request::wanted(call, &snapshot, part("dataset"), part("file"), http.query_string())?;
    let schema_location = schema_location(call, &wanted);
    let etag = response::file_etag(&wanted, &schema_location);
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let file =
        FeatureFile { format: wanted.format, parts: parts(&wanted)?, name: wanted.name, schema_location };
    Ok(response::dressed(file.answer(call).await?, &etag))
}

/// All features of each layer, in the system asked for.
fn parts(wanted: &Wanted) -> Result<Vec<ExportPart>, DownloadError> {
    let part = |layer: &Arc<_>| {
        let crs = match &wanted.crs {
            Some(crs) => crs.clone(),
            None => wanted.format.default_crs(layer).map_err(|e| DownloadError::Invalid(e.to_string()))?,
        };
        let mut query = Query::all(Arc::clone(layer));
        if crs.crs.srid != layer.crs.srid {
            query.geometry = Geometry::In(Arc::clone(&crs.crs));
        }
        Ok(ExportPart { query, crs })
    };
    wanted.layers.iter().map(part).collect()
}

/// Where the WFS describes the types, for formats that say so.
fn schema_location(call: &Call, wanted: &Wanted) -> String {
    let types: Vec<String> = wanted.layers.iter().map(|l| l.type_name()).collect();
    format!(
        "{}?service=WFS&version=2.0.0&request=DescribeFeatureType&typeNames={}",
        call.url("/wfs"),
        types.join(",")
    )
}
