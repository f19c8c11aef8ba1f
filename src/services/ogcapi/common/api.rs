//! The API definition as OpenAPI 3.0.3 (OGC 17-069r4 clauses 7.3 and 9): complete in itself, without a
//! reference to another document, so that clients and validators need nothing else.

mod tiles;

use super::collections::crs_uris;
use super::html::{Crumb, render};
use super::landing::{OPENAPI, home, titles};
use super::negotiation::{Form, Parameters, check_scope, json, negotiated, write_html};
use super::problem::Problem;
use crate::formats::output::{self, OutputFormat};
use crate::model::{Column, ColumnType, Lang, Layer};
use crate::services::edge::Call;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::{Map, Value, json as js};
use std::sync::Arc;

/// Collections that get paths of their own; beyond, one path with `{collectionId}` stands for all, so
/// that the document stays small: QGIS reads it for every layer it adds.
const OWN_PATHS: usize = 50;

/// A row of the page.
struct Row {
    path: String,
    summary: String,
    parameters: String,
}

#[derive(Template)]
#[template(path = "ogcapi/api.html")]
struct ApiPage {
    lang: Lang,
    title: String,
    crumbs: Vec<Crumb>,
    json: String,
    rows: Vec<Row>,
}

/// `/ogc/api`
pub async fn api(call: Call, http: HttpRequest) -> HttpResponse {
    answer(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let definition = definition(call);
    match negotiated(http, parameters.get("f"))? {
        Form::Json => Ok(json(http, &definition, OPENAPI)),
        Form::Html => {
            let page = ApiPage {
                lang: call.lang,
                title: call.lang.pick("Documentation de l'API", "API documentation").to_owned(),
                crumbs: vec![home(call)],
                json: call.url("/ogc/api") + "?f=json",
                rows: rows(&definition),
            };
            Ok(write_html(http, render(&page)?))
        }
    }
}

fn rows(definition: &Value) -> Vec<Row> {
    let Some(paths) = definition["paths"].as_object() else { return Vec::new() };
    let name = |p: &Value| {
        let reference = p["$ref"].as_str().and_then(|r| r.rsplit('/').next());
        reference.or_else(|| p["name"].as_str()).unwrap_or_default().to_owned()
    };
    paths
        .iter()
        .map(|(path, item)| {
            let get = &item["get"];
            let names: Vec<String> = get["parameters"].as_array().into_iter().flatten().map(name).collect();
            Row {
                path: path.clone(),
                summary: get["summary"].as_str().unwrap_or_default().to_owned(),
                parameters: names.join(", "),
            }
        })
        .collect()
}

/// The whole document.
fn definition(call: &Call) -> Value {
    let (title, description) = titles(call);
    let snapshot = call.app.registry.snapshot();
    let layers: Vec<&Arc<Layer>> = snapshot.visible_layers(&call.caller, &call.scope).collect();
    let mut info = js!({"title": title, "description": description, "version": env!("CARGO_PKG_VERSION")});
    if let Some(email) = call.app.config.contact_email.as_deref().filter(|e| !e.is_empty()) {
        info["contact"] = js!({"email": email});
    }
    js!({
        "openapi": "3.0.3",
        "info": info,
        "servers": [{"url": call.url("/ogc")}],
        "tags": [
            {"name": "Capabilities", "description": "What the API offers"},
            {"name": "Data", "description": "Access to features"},
            {"name": "Tiles", "description": "Vector tiles and map tiles"},
        ],
        "paths": paths(&layers),
        "components": components(call),
    })
}

fn parameter(name: &str) -> Value {
    js!({"$ref": format!("#/components/parameters/{name}")})
}

/// The responses of a path: what it answers, and the problems that every path may have.
fn responses(success: Value, not_found: bool) -> Value {
    let mut all = Map::new();
    all.insert("200".to_owned(), success);
    all.insert("304".to_owned(), js!({"description": "Not modified"}));
    all.insert("400".to_owned(), js!({"$ref": "#/components/responses/InvalidParameter"}));
    if not_found {
        all.insert("404".to_owned(), js!({"$ref": "#/components/responses/NotFound"}));
    }
    all.insert("500".to_owned(), js!({"$ref": "#/components/responses/ServerError"}));
    all.insert("503".to_owned(), js!({"$ref": "#/components/responses/Unavailable"}));
    Value::Object(all)
}

fn success(description: &str, media_type: &str, schema: &str, headers: bool) -> Value {
    let mut response = js!({
        "description": description,
        "content": {
            media_type: {"schema": {"$ref": format!("#/components/schemas/{schema}")}},
            "text/html": {"schema": {"type": "string"}},
        },
    });
    if headers {
        response["headers"] = js!({
            "Content-Crs": {"description": "The system of the coordinates", "schema": {"type": "string"}},
        });
    }
    response
}

fn get(id: &str, tag: &str, summary: &str, parameters: Vec<Value>, responses: Value) -> Value {
    js!({"get": {
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "parameters": parameters,
        "responses": responses,
    }})
}

fn paths(layers: &[&Arc<Layer>]) -> Value {
    let mut paths = Map::new();
    let f = || vec![parameter("f")];
    let json = "application/json";
    paths.insert(
        "/".to_owned(),
        get(
            "getLandingPage",
            "Capabilities",
            "Landing page",
            f(),
            responses(success("Links to all of the API", json, "LandingPage", false), false),
        ),
    );
    paths.insert(
        "/conformance".to_owned(),
        get(
            "getConformance",
            "Capabilities",
            "Conformance classes",
            f(),
            responses(success("The classes that are met", json, "Conformance", false), false),
        ),
    );
    paths.insert(
        "/api".to_owned(),
        get(
            "getApi",
            "Capabilities",
            "This definition",
            f(),
            responses(success("OpenAPI 3.0", OPENAPI, "Api", false), false),
        ),
    );
    paths.insert(
        "/collections".to_owned(),
        get(
            "getCollections",
            "Capabilities",
            "Collections of features",
            f(),
            responses(success("The collections", json, "Collections", false), false),
        ),
    );
    if layers.len() > OWN_PATHS || layers.is_empty() {
        collection_paths(&mut paths, None);
    } else {
        for layer in layers {
            collection_paths(&mut paths, Some(layer));
        }
    }
    tiles::add(&mut paths);
    Value::Object(paths)
}

/// The three paths of one collection, or of any.
fn collection_paths(paths: &mut Map<String, Value>, layer: Option<&Layer>) {
    let (base, id, title) = match layer {
        Some(layer) => {
            let mut name = String::new();
            for part in layer.slug.split('-') {
                let mut letters = part.chars();
                name.extend(letters.next().map(|c| c.to_ascii_uppercase()));
                name.push_str(letters.as_str());
            }
            (format!("/collections/{}", layer.slug), name, layer.title.clone())
        }
        None => ("/collections/{collectionId}".to_owned(), "Any".to_owned(), "a collection".to_owned()),
    };
    let with = |names: &[&str]| -> Vec<Value> {
        let any = layer.is_none().then(|| parameter("collectionId"));
        any.into_iter().chain(names.iter().map(|n| parameter(n))).collect()
    };
    let describe = format!("Description of {title}");
    paths.insert(
        base.clone(),
        get(
            &format!("describe{id}"),
            "Capabilities",
            &describe,
            with(&["f"]),
            responses(success("The collection", "application/json", "Collection", false), true),
        ),
    );
    paths.insert(
        format!("{base}/queryables"),
        get(
            &format!("get{id}Queryables"),
            "Capabilities",
            &format!("Properties that features of {title} can be chosen by"),
            with(&[]),
            responses(queryables(), true),
        ),
    );
    let mut parameters = with(&["limit", "offset", "cursor", "bbox", "datetime", "itemsForm"]);
    parameters.extend(crs_parameters(layer));
    match layer {
        Some(layer) => parameters.extend(layer.columns.iter().filter_map(property)),
        None => parameters.push(js!({
            "name": "properties", "in": "query", "required": false, "style": "form", "explode": true,
            "description": "Any property of the collection with the value that it must have",
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        })),
    }
    let mut page = success("A page of features", "application/geo+json", "FeatureCollection", true);
    for format in file_formats() {
        page["content"][format.media_type()] = js!({"schema": {"type": "string", "format": "binary"}});
    }
    paths.insert(
        format!("{base}/items"),
        get(
            &format!("get{id}Items"),
            "Data",
            &format!("Features of {title}"),
            parameters,
            responses(page, true),
        ),
    );
    let mut parameters = with(&["featureId", "f"]);
    parameters.extend(crs_parameters(layer).into_iter().take(1));
    paths.insert(
        format!("{base}/items/{{featureId}}"),
        get(
            &format!("get{id}Item"),
            "Data",
            &format!("A feature of {title}"),
            parameters,
            responses(success("The feature", "application/geo+json", "Feature", true), true),
        ),
    );
}

/// The formats that items come in as a file.
fn file_formats() -> impl Iterator<Item = &'static OutputFormat> {
    output::ALL.into_iter().filter(|f| f.extension != "geojson")
}

fn queryables() -> Value {
    js!({
        "description": "JSON Schema of the properties",
        "content": {"application/schema+json": {"schema": {"type": "object"}}},
    })
}

/// `crs` and `bbox-crs`, with the systems of the collection.
fn crs_parameters(layer: Option<&Layer>) -> Vec<Value> {
    let one = |name: &str, description: &str| {
        let mut schema = js!({"type": "string", "format": "uri", "default": crate::geo::crs::CRS84_URI});
        if let Some(layer) = layer {
            schema["enum"] = js!(crs_uris(layer));
        }
        js!({"name": name, "in": "query", "required": false, "description": description, "schema": schema})
    };
    vec![
        one("crs", "System of the coordinates in the answer"),
        one("bbox-crs", "System of the coordinates of bbox"),
    ]
}

/// An attribute as a parameter.
fn property(column: &Column) -> Option<Value> {
    let reserved = ["limit", "offset", "cursor", "bbox", "datetime", "f", "crs", "bbox-crs"];
    if reserved.contains(&column.name.as_str())
        || matches!(column.kind, ColumnType::Json | ColumnType::Binary)
    {
        return None;
    }
    let schema = match column.kind {
        ColumnType::Integer => {
            js!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX})
        }
        ColumnType::BigInteger => js!({"type": "integer", "format": "int64"}),
        ColumnType::Real | ColumnType::Decimal => js!({"type": "number"}),
        ColumnType::Boolean => js!({"type": "boolean"}),
        ColumnType::Date => js!({"type": "string", "format": "date"}),
        ColumnType::Timestamp => js!({"type": "string", "format": "date-time"}),
        _ => js!({"type": "string"}),
    };
    Some(js!({
        "name": column.name, "in": "query", "required": false,
        "description": format!("Only features whose {} is this", column.name),
        "schema": schema, "style": "form", "explode": false,
    }))
}

fn components(call: &Call) -> Value {
    let limits = &call.app.config.limits;
    let problem = |description: &str| {
        js!({
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        })
    };
    let item_forms: Vec<&str> =
        ["json", "html"].into_iter().chain(file_formats().map(|f| f.extension)).collect();
    let mut components = js!({
        "parameters": {
            "f": {"name": "f", "in": "query", "required": false, "description": "Form of the answer; the Accept header counts without it", "schema": {"type": "string", "enum": ["json", "html"]}, "style": "form", "explode": false},
            "itemsForm": {"name": "f", "in": "query", "required": false, "description": "Form of the answer; the Accept header counts without it. A file holds all features that match, unless limit is given", "schema": {"type": "string", "enum": item_forms}, "style": "form", "explode": false},
            "collectionId": {"name": "collectionId", "in": "path", "required": true, "description": "Identifier of a collection", "schema": {"type": "string"}},
            "featureId": {"name": "featureId", "in": "path", "required": true, "description": "Identifier of a feature", "schema": {"type": "string"}},
            "limit": {"name": "limit", "in": "query", "required": false, "description": "Features in a page at most", "schema": {"type": "integer", "minimum": 1, "maximum": limits.max_page, "default": limits.default_page}, "style": "form", "explode": false},
            "offset": {"name": "offset", "in": "query", "required": false, "description": "Features to leave out first; next links page faster", "schema": {"type": "integer", "minimum": 0, "default": 0}, "style": "form", "explode": false},
            "cursor": {"name": "cursor", "in": "query", "required": false, "description": "Where a page begins, as next links have it", "schema": {"type": "string"}, "style": "form", "explode": false},
            "bbox": {
                "name": "bbox", "in": "query", "required": false,
                "description": "Only features that meet this box: west, south, east, north in longitude and latitude, or in bbox-crs; heights are not looked at",
                "schema": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
                "style": "form", "explode": false,
            },
            "datetime": {"name": "datetime", "in": "query", "required": false, "description": "An instant, a day or an interval (2024-01-01/2024-12-31, ../2024-12-31) that the features' time must meet", "schema": {"type": "string"}, "style": "form", "explode": false},
        },
        "responses": {
            "InvalidParameter": problem("A parameter has a value that can't be used"),
            "NotFound": problem("There is no such thing"),
            "ServerError": problem("The server failed"),
            "Unavailable": problem("The server is too busy or the database can't be reached; try again"),
        },
        "schemas": schemas(),
    });
    tiles::add_parameters(&mut components["parameters"]);
    tiles::add_schemas(&mut components["schemas"]);
    components
}

fn schemas() -> Value {
    let links = js!({"type": "array", "items": {"$ref": "#/components/schemas/Link"}});
    js!({
        "Problem": {
            "type": "object", "required": ["title", "status"],
            "properties": {
                "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                "detail": {"type": "string"}, "parameter": {"type": "string"},
            },
        },
        "Link": {
            "type": "object", "required": ["href", "rel"],
            "properties": {
                "href": {"type": "string"}, "rel": {"type": "string"}, "type": {"type": "string"}, "title": {"type": "string"},
            },
        },
        "LandingPage": {
            "type": "object", "required": ["links"],
            "properties": {"title": {"type": "string"}, "description": {"type": "string"}, "links": links},
        },
        "Conformance": {
            "type": "object", "required": ["conformsTo"],
            "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}, "links": links},
        },
        "Api": {"type": "object"},
        "Collections": {
            "type": "object", "required": ["links", "collections"],
            "properties": {"links": links, "collections": {"type": "array", "items": {"$ref": "#/components/schemas/Collection"}}},
        },
        "Collection": {
            "type": "object", "required": ["id", "links"],
            "properties": {
                "id": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
                "keywords": {"type": "array", "items": {"type": "string"}},
                "extent": {"type": "object", "properties": {"spatial": {
                    "type": "object",
                    "properties": {
                        "bbox": {"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}},
                        "crs": {"type": "string"},
                    },
                }}},
                "itemType": {"type": "string"},
                "crs": {"type": "array", "items": {"type": "string"}},
                "storageCrs": {"type": "string"},
                "links": links,
            },
        },
        "Geometry": {
            "type": "object", "nullable": true, "required": ["type"],
            "properties": {
                "type": {"type": "string", "enum": ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"]},
                "coordinates": {"type": "array", "items": {}},
                "geometries": {"type": "array", "items": {"type": "object"}},
            },
        },
        "Feature": {
            "type": "object", "required": ["type", "geometry", "properties"],
            "properties": {
                "type": {"type": "string", "enum": ["Feature"]},
                "id": {"type": "integer", "format": "int64"},
                "geometry": {"$ref": "#/components/schemas/Geometry"},
                "properties": {"type": "object", "nullable": true},
                "links": links,
            },
        },
        "FeatureCollection": {
            "type": "object", "required": ["type", "features"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
                "links": links,
                "timeStamp": {"type": "string", "format": "date-time"},
                "numberMatched": {"type": "integer", "minimum": 0},
                "numberReturned": {"type": "integer", "minimum": 0},
            },
        },
    })
}
