//! What features consist of, as JSON Schema (OGC 23-058r1): returnables and receivables, queryables (OGC
//! 19-079r2 clause 6), sortables; and the application schema of the GML form.

use super::codelists::{code_value, codelist_url};
use super::links::collection_url;
use super::request::sortable;
use crate::formats::gml::{self, Dialect};
use crate::model::{Column, ColumnType, GeometryType, Layer, PrimaryTime};
use crate::services::edge::Call;
use crate::services::ogcapi::common::{Form, Offer, Parameters, Problem, find, json, negotiated, tagged};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json as js};

/// A kind of schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What features have and take.
    Schema,
    /// What filters may name.
    Queryables,
    /// What answers may be ordered by.
    Sortables,
}

/// `/ogc/collections/{collection}/schema`
pub async fn schema(call: Call, http: HttpRequest) -> HttpResponse {
    answer_schema(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_schema(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f", "type"], |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    let form = negotiated(http, parameters.get("f"), &[Offer::SCHEMA, Offer::XML])?;
    let document = match (form, parameters.get("type")) {
        (Form::Xml, None) => return Ok(tagged(http, application_schema(&layer), Offer::XML.media_type())),
        (_, None | Some("returnables-and-receivables")) => document(call, &layer, Kind::Schema),
        // OGC 20-002r1, requirement /req/features/representation-geojson-replace.
        (Form::Json, Some("create" | "replace")) => geojson(call, &layer, true),
        (Form::Json, Some("update")) => geojson(call, &layer, false),
        _ => {
            let detail =
                "type is create, replace or update, for what such requests are to hold, and as JSON only";
            return Err(Problem::invalid("type", detail));
        }
    };
    Ok(json(http, &document, Offer::SCHEMA.media_type()))
}

/// `/ogc/collections/{collection}/queryables`
pub async fn queryables(call: Call, http: HttpRequest) -> HttpResponse {
    answer(&call, &http, Kind::Queryables).unwrap_or_else(|problem| problem.respond())
}

/// `/ogc/collections/{collection}/sortables`
pub async fn sortables(call: Call, http: HttpRequest) -> HttpResponse {
    answer(&call, &http, Kind::Sortables).unwrap_or_else(|problem| problem.respond())
}

fn answer(call: &Call, http: &HttpRequest, kind: Kind) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    negotiated(http, parameters.get("f"), &[Offer::SCHEMA])?;
    Ok(json(http, &document(call, &layer, kind), Offer::SCHEMA.media_type()))
}

fn document(call: &Call, layer: &Layer, kind: Kind) -> Value {
    let end = match kind {
        Kind::Schema => "schema",
        Kind::Queryables => "queryables",
        Kind::Sortables => "sortables",
    };
    let has = |column: &&Column| match kind {
        Kind::Schema => true,
        Kind::Queryables => is_queryable(column.kind),
        Kind::Sortables => sortable(column.kind),
    };
    let mut properties = Map::new();
    let mut sequence = 0;
    let mut add = |name: &str, mut property: Value| {
        sequence += 1;
        if kind == Kind::Schema {
            property["x-ogc-propertySeq"] = Value::from(sequence);
        }
        properties.insert(name.to_owned(), property);
    };
    let title = call.lang.pick("Identifiant", "Identifier");
    let mut id = js!({"title": title, "type": "integer", "format": "int64", "x-ogc-role": "id"});
    if kind == Kind::Schema {
        id["readOnly"] = Value::from(true);
    }
    add("fid", id);
    let time = PrimaryTime::of(&layer.columns);
    for (index, column) in layer.columns.iter().enumerate().filter(|(_, column)| has(column)) {
        let mut property = property(column);
        if !column.codes.is_empty() {
            property["x-ogc-codelistUri"] = Value::from(codelist_url(call, layer, column));
        }
        if let Some(role) = time.and_then(|time| time.role(index)) {
            property["x-ogc-role"] = Value::from(role);
        }
        add(&column.name, property);
    }
    if kind != Kind::Sortables {
        let title = call.lang.pick("Géométrie", "Geometry");
        let format = geometry_format(layer.geometry);
        add("geom", js!({"title": title, "format": format, "x-ogc-role": "primary-geometry"}));
    }
    let mut document = js!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{}/{end}", collection_url(call, layer)),
        "type": "object",
        "title": layer.title,
        "properties": properties,
        "additionalProperties": false,
    });
    let text = if layer.description.is_empty() { &layer.dataset.description } else { &layer.description };
    if !text.is_empty() {
        document["description"] = Value::from(text.as_str());
    }
    if kind == Kind::Sortables {
        document["defaultSortOrder"] = js!(["fid"]);
    }
    document
}

/// Whether filters may name an attribute: lists in JSON can be compared with lists.
pub const fn is_queryable(kind: ColumnType) -> bool {
    !matches!(kind, ColumnType::Binary)
}

/// An attribute as JSON Schema.
pub fn property(column: &Column) -> Value {
    let title = column.source_name.as_deref().unwrap_or(&column.name);
    let mut property = match column.kind {
        ColumnType::Integer => {
            js!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX})
        }
        ColumnType::BigInteger => js!({"type": "integer", "format": "int64"}),
        ColumnType::Real => js!({"type": "number", "format": "double"}),
        ColumnType::Decimal => js!({"type": "number"}),
        ColumnType::Boolean => js!({"type": "boolean"}),
        ColumnType::Date => js!({"type": "string", "format": "date"}),
        ColumnType::Time => js!({"type": "string", "format": "time"}),
        ColumnType::Timestamp => js!({"type": "string", "format": "date-time"}),
        ColumnType::Text => js!({"type": "string"}),
        // Lists and objects of any kind.
        ColumnType::Json => js!({"type": ["array", "object", "string", "number", "boolean"]}),
        ColumnType::Binary => js!({"type": "string", "contentEncoding": "base64"}),
    };
    property["title"] = Value::from(title);
    if !column.codes.is_empty() {
        property["enum"] = column.codes.iter().map(|code| code_value(code, column.kind)).collect();
    }
    property
}

/// The format names of OGC 23-058r1 clause 7 for geometries.
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

/// What the GeoJSON of a feature that is sent must look like: whole, or as a merge patch.
fn geojson(call: &Call, layer: &Layer, whole: bool) -> Value {
    let nullable = |column: &Column| {
        let mut property = property(column);
        let kinds = match property["type"].take() {
            Value::Array(kinds) => kinds,
            one => vec![one],
        };
        property["type"] = kinds.into_iter().chain(["null".into()]).collect();
        if let Some(codes) = property["enum"].as_array_mut() {
            codes.push(Value::Null);
        }
        (column.name.clone(), property)
    };
    let properties: Map<String, Value> = layer.columns.iter().map(nullable).collect();
    let end = if whole { "replace" } else { "update" };
    js!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{}/schema?type={end}", collection_url(call, layer)),
        "title": layer.title,
        "type": "object",
        "required": if whole { js!(["type", "geometry", "properties"]) } else { js!([]) },
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": ["integer", "string"]},
            "geometry": {"type": ["object", "null"], "properties": {
                "type": {"enum": geometry_names(layer.geometry)},
                "coordinates": {"type": "array"},
                "geometries": {"type": "array"},
            }},
            "properties": {
                "type": ["object", "null"], "properties": properties, "additionalProperties": false,
            },
        },
    })
}

/// The types that a layer's geometries may be sent in: a part alone stands for the whole of it.
fn geometry_names(geometry: GeometryType) -> Vec<&'static str> {
    match geometry {
        GeometryType::Geometry => vec![
            "Point",
            "MultiPoint",
            "LineString",
            "MultiLineString",
            "Polygon",
            "MultiPolygon",
            "GeometryCollection",
        ],
        GeometryType::MultiPoint => vec!["MultiPoint", "Point"],
        GeometryType::MultiLineString => vec!["MultiLineString", "LineString"],
        GeometryType::MultiPolygon => vec!["MultiPolygon", "Polygon"],
        other => vec![other.name()],
    }
}

/// The XML Schema of the GML form, which says that it is of level 0 (OGC 10-100r3 clause 7.4).
fn application_schema(layer: &Layer) -> String {
    let level = "  <xsd:annotation>\n    <xsd:appinfo source=\"http://schemas.opengis.net/gmlsfProfile/2.0/gmlsfLevels.xsd\">\n      \
                 <gmlsf:ComplianceLevel xmlns:gmlsf=\"http://www.opengis.net/gmlsf/2.0\">0</gmlsf:ComplianceLevel>\n    \
                 </xsd:appinfo>\n  </xsd:annotation>\n";
    let schema = gml::schema(Dialect::Gml32, &[layer]);
    match schema.find("  <xsd:import") {
        Some(at) => {
            let (head, tail) = schema.split_at(at);
            format!("{head}{level}{tail}")
        }
        None => schema,
    }
}
