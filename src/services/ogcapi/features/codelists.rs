//! Code lists: what the values of an attribute mean, for the `x-ogc-codelistUri` of schemas (OGC 23-058r1).

use super::links::collection_url;
use crate::model::{Code, Column, ColumnType, Layer};
use crate::services::edge::Call;
use crate::services::ogcapi::common::{Offer, Parameters, Problem, find, json, link, negotiated};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json as js};

/// A value of a code list as JSON.
pub(super) fn code_value(code: &Code, kind: ColumnType) -> Value {
    match code.value.parse::<i64>() {
        Ok(number) if kind.is_numeric() => Value::from(number),
        _ => Value::from(code.value.as_str()),
    }
}

/// Where the code list of an attribute is found.
pub(super) fn codelist_url(call: &Call, layer: &Layer, column: &Column) -> String {
    format!("{}/codelists/{}", collection_url(call, layer), column.name)
}

/// `/ogc/collections/{collection}/codelists/{property}`: what the values of an attribute mean.
pub async fn codelist(call: Call, http: HttpRequest) -> HttpResponse {
    answer_codelist(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_codelist(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    negotiated(http, parameters.get("f"), &[Offer::JSON])?;
    let name = http.match_info().get("property").unwrap_or_default();
    let Some(column) = layer.column(name).filter(|column| !column.codes.is_empty()) else {
        let with: Vec<&str> =
            layer.columns.iter().filter(|c| !c.codes.is_empty()).map(|c| c.name.as_str()).collect();
        let there_are = if with.is_empty() { "none".to_owned() } else { with.join(", ") };
        return Err(Problem::not_found(format!(
            "'{}' is no property of collection '{}' with a code list; those with one: {there_are}",
            name.chars().take(100).collect::<String>(),
            layer.slug
        )));
    };
    let code = |code: &Code| {
        let mut object = js!({"value": code_value(code, column.kind)});
        if let Some(title) = &code.title {
            object["title"] = Value::from(title.as_str());
        }
        object
    };
    let address = codelist_url(call, &layer, column);
    let schema = format!("{}/schema", collection_url(call, &layer));
    let document = js!({
        "id": address,
        "title": column.source_name.as_deref().unwrap_or(&column.name),
        "codes": column.codes.iter().map(code).collect::<Vec<_>>(),
        "links": [
            link("self", &address, "application/json", call.lang.pick("Cette liste", "This list")),
            link("describedby", &schema, Offer::SCHEMA.media_type(), &layer.title),
        ],
    });
    Ok(json(http, &document, "application/json"))
}
