//! The functions that filters may call (OGC 19-079r2, requirements /req/filter/get-functions-operation and
//! /req/filter/get-functions-response-json).

use crate::filter::{Signature, ValueType};
use crate::services::edge::Call;
use crate::services::ogcapi::common::{Offer, Parameters, Problem, check_scope, json, negotiated};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json as js};

/// `/ogc/functions`
pub async fn functions(call: Call, http: HttpRequest) -> HttpResponse {
    answer(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    negotiated(http, parameters.get("f"), &[Offer::JSON])?;
    let all: Vec<Value> = crate::filter::functions().map(describe).collect();
    Ok(json(http, &js!({"functions": all}), Offer::JSON.media_type()))
}

fn describe(function: Signature) -> Value {
    let arguments: Vec<Value> =
        function.args.iter().map(|(name, kind)| js!({"title": name, "type": words(*kind)})).collect();
    let more = if function.variadic { "; the last argument may be there several times" } else { "" };
    js!({
        "name": function.name,
        "description": format!("{}{more}", function.about),
        "arguments": arguments,
        "returns": words(function.returns),
    })
}

/// The standard's words for a type.
const fn words(kind: ValueType) -> &'static [&'static str] {
    match kind {
        ValueType::Text => &["string"],
        ValueType::Number => &["number"],
        ValueType::Integer => &["integer"],
        ValueType::Boolean => &["boolean"],
        ValueType::Time => &["datetime"],
        ValueType::Geometry => &["geometry"],
        ValueType::Any => &["string", "number", "integer", "boolean", "datetime"],
    }
}
