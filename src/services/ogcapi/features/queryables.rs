//! The properties that features can be chosen by, as JSON Schema (OGC 19-079r2 clause 6). The class is
//! not declared: filters beyond `name=value` are not offered here yet.

use super::request::is_filterable;
use crate::model::{Column, ColumnType, GeometryType, Layer};
use crate::services::edge::Call;
use crate::services::ogcapi::common::{Form, Parameters, Problem, find, json, negotiated};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json as js};

/// `/ogc/collections/{collection}/queryables`
pub async fn queryables(call: Call, http: HttpRequest) -> HttpResponse {
    answer(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    if parameters.get("f").is_some() && negotiated(http, parameters.get("f"))? == Form::Html {
        return Err(Problem::invalid("f", "queryables are offered as JSON Schema only; f is json"));
    }
    let id = format!("{}/{}/queryables", call.url("/ogc/collections"), layer.slug);
    Ok(json(http, &schema(&layer, &id), "application/schema+json"))
}

fn schema(layer: &Layer, id: &str) -> Value {
    let mut properties = Map::new();
    for column in layer.columns.iter().filter(|c| is_filterable(c.kind)) {
        properties.insert(column.name.clone(), kind(column));
    }
    properties.insert(
        "geom".to_owned(),
        js!({"format": geometry_format(layer.geometry), "x-ogc-role": "primary-geometry"}),
    );
    js!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id,
        "type": "object",
        "title": layer.title,
        "properties": properties,
        "additionalProperties": false,
    })
}

fn kind(column: &Column) -> Value {
    match column.kind {
        ColumnType::Integer | ColumnType::BigInteger => js!({"type": "integer"}),
        ColumnType::Real | ColumnType::Decimal => js!({"type": "number"}),
        ColumnType::Boolean => js!({"type": "boolean"}),
        ColumnType::Date => js!({"type": "string", "format": "date"}),
        ColumnType::Time => js!({"type": "string", "format": "time"}),
        ColumnType::Timestamp => js!({"type": "string", "format": "date-time"}),
        ColumnType::Text | ColumnType::Json | ColumnType::Binary => js!({"type": "string"}),
    }
}

/// The format names of OGC 23-058r2 for geometries.
const fn geometry_format(geometry: GeometryType) -> &'static str {
    match geometry {
        GeometryType::Geometry => "geometry-any",
        GeometryType::Point => "geometry-point",
        GeometryType::LineString => "geometry-linestring",
        GeometryType::Polygon => "geometry-polygon",
        GeometryType::MultiPoint => "geometry-multipoint",
        GeometryType::MultiLineString => "geometry-multilinestring",
        GeometryType::MultiPolygon => "geometry-multipolygon",
        GeometryType::GeometryCollection => "geometry-geometrycollection",
    }
}
