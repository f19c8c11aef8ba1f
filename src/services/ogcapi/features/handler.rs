//! Items and single features.

use super::request::{self, Items};
use super::response::{self, Feature};
use super::{files, pages};
use crate::features::Count;
use crate::services::edge::{Call, Operation};
use crate::services::ogcapi::common::{Form, Parameters, Problem, find, negotiated};
use actix_web::{HttpRequest, HttpResponse};

/// `/ogc/collections/{collection}/items`
pub async fn items(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_items(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "items").on(answer)
}

async fn answer_items(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    let items: Items = request::items(call, http, &layer)?;
    if let Some(format) = items.file {
        return files::answer(call, items, format).await;
    }
    let engine = &call.app.features;
    let matched = match engine.count(&items.query, call.deadline()).await? {
        Count::Exact(n) => Some(n),
        // Better no number than a wrong one (permission /per/core/fc-numberMatched).
        Count::Estimated(_) => None,
    };
    match items.form {
        Form::Json => response::stream(call, items, matched).await,
        Form::Html => pages::items(call, items, matched).await,
    }
}

/// `/ogc/collections/{collection}/items/{feature}`
pub async fn item(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_item(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "item").on(answer)
}

async fn answer_item(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["crs", "f"], |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    let form = negotiated(http, parameters.get("f"))?;
    let crs = request::output_crs(&layer, parameters.get("crs"))?;
    let id = http.match_info().get("feature").unwrap_or_default();
    let missing = || {
        let named: String = id.chars().take(60).collect();
        Problem::not_found(format!("there is no feature '{named}' in collection '{}'", layer.slug))
    };
    let fid = id.parse::<i64>().map_err(|_| missing())?;
    let geometry = request::geometry(&layer, &crs);
    let found = call.app.features.get(&layer, fid, geometry, call.deadline()).await?;
    let feature = Feature { layer: &layer, crs: &crs, row: found.ok_or_else(missing)? };
    match form {
        Form::Json => response::one(call, &feature),
        Form::Html => pages::item(call, &feature),
    }
}
