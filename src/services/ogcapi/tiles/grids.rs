//! Tile matrix sets (OGC 20-057 clause 8.4, OGC 17-083r4 clause 9).

use super::documents::json_only;
use super::request;
use crate::services::edge::{Call, Operation};
use crate::services::ogcapi::common::{Parameters, Problem, check_scope, json, link};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json as js};

/// `/ogc/tileMatrixSets`
pub(super) async fn list(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_list(&call, &http).unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "tileMatrixSets").on(answer)
}

fn answer_list(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    json_only(&Parameters::read(http, &["f"], |_| false)?)?;
    let base = call.url("/ogc/tileMatrixSets");
    let sets: Vec<Value> = call
        .app
        .grids
        .iter()
        .map(|grid| {
            let mut item = js!({"id": grid.id, "title": grid.title});
            if let Some(uri) = &grid.uri {
                item["uri"] = js!(uri);
            }
            item["crs"] = js!(grid.crs.canonical());
            item["links"] =
                js!([link("self", &format!("{base}/{}", grid.id), "application/json", &grid.title)]);
            item
        })
        .collect();
    let document = js!({
        "tileMatrixSets": sets,
        "links": [link("self", &base, "application/json", call.lang.pick("Ce document", "This document"))],
    });
    Ok(json(http, &document, "application/json"))
}

/// `/ogc/tileMatrixSets/{grid}`
pub(super) async fn one(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_one(&call, &http).unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "tileMatrixSet").on(answer)
}

fn answer_one(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    json_only(&Parameters::read(http, &["f"], |_| false)?)?;
    Ok(json(http, &request::grid(call, http)?.to_json(), "application/json"))
}
