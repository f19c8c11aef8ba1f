//! The API definition as OpenAPI 3.0.3 (OGC 17-069r4 clauses 7.3 and 9): complete in itself, without a
//! reference to another document, so that clients and validators need nothing else.

mod components;
mod features;
mod maps;
mod schemas;
mod styles;
mod tiles;

use super::cached::cached;
use super::html::{Frame, render};
use super::landing::{OPENAPI, home, titles};
use super::negotiation::{Form, Offer, check_scope, negotiated, write_html};
use super::parameters::Parameters;
use super::problem::Problem;
use crate::config::Editing;
use crate::model::Layer;
use crate::services::edge::Call;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::{Map, Value, json as js};
use std::sync::Arc;

/// Collections that get paths of their own; beyond, one path with `{collectionId}` stands for all, so
/// that the document stays small: QGIS reads it for every layer it adds.
const OWN_PATHS: usize = 50;

/// What the definition is offered in.
const OFFERS: [Offer; 2] = [
    Offer {
        form: Form::Json,
        names: &["json", "openapi"],
        media_types: &[OPENAPI, "application/openapi+json;version=3.0", "application/json"],
    },
    Offer::HTML,
];

/// An operation in the table of the page.
struct Row {
    method: String,
    path: String,
    summary: String,
    parameters: String,
}

#[derive(Template)]
#[template(path = "ogcapi/api.html")]
struct ApiPage {
    frame: Frame,
    rows: Vec<Row>,
}

/// `/ogc/api`
pub async fn api(call: Call, http: HttpRequest) -> HttpResponse {
    answer(&call, &http).await.unwrap_or_else(|problem| problem.respond())
}

async fn answer(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    if negotiated(http, parameters.get("f"), &OFFERS)? == Form::Json {
        return cached(call, http, "api", OPENAPI, |call| Ok(definition(call).to_string())).await;
    }
    let title = call.lang.pick("Documentation de l'API", "API documentation").to_owned();
    let page = ApiPage {
        frame: Frame::new(call, http, title, vec![home(call, http)], call.url("/ogc/api") + "?f=json"),
        rows: rows(&definition(call)),
    };
    Ok(write_html(http, render(&page)?))
}

fn rows(definition: &Value) -> Vec<Row> {
    let Some(paths) = definition["paths"].as_object() else { return Vec::new() };
    let name = |p: &Value| {
        let reference = p["$ref"].as_str().and_then(|r| definition.pointer(r.strip_prefix('#')?));
        reference.unwrap_or(p)["name"].as_str().unwrap_or_default().to_owned()
    };
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    });
    operations
        .map(|(path, method, operation)| {
            let names: Vec<String> =
                operation["parameters"].as_array().into_iter().flatten().map(name).collect();
            Row {
                method: method.to_uppercase(),
                path: path.clone(),
                summary: operation["summary"].as_str().unwrap_or_default().to_owned(),
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
    let editing = call.app.config.editing;
    let mut tags = vec![
        js!({"name": "Capabilities", "description": "What the API offers"}),
        js!({"name": "Data", "description": "Access to features"}),
        js!({"name": "Maps", "description": "Maps of any box and size"}),
        js!({"name": "Styles", "description": "How collections are drawn"}),
        js!({"name": "Tiles", "description": "Vector tiles and map tiles"}),
    ];
    if editing != Editing::Off {
        tags.push(js!({"name": "Editing", "description": "Changing features"}));
    }
    js!({
        "openapi": "3.0.3",
        "info": info,
        "servers": [{"url": call.url("/ogc")}],
        "tags": tags,
        "paths": paths(&layers, editing),
        "components": components::all(call, &layers),
    })
}

fn parameter(name: &str) -> Value {
    js!({"$ref": format!("#/components/parameters/{name}")})
}

fn response(name: &str) -> Value {
    js!({"$ref": format!("#/components/responses/{name}")})
}

/// The responses of a path that is read: what it answers, and the problems that every path may have.
fn responses(success: Value, not_found: bool) -> Value {
    let mut all = Map::new();
    all.insert("200".to_owned(), success);
    all.insert("304".to_owned(), js!({"description": "Not modified"}));
    all.insert("400".to_owned(), response("InvalidParameter"));
    if not_found {
        all.insert("404".to_owned(), response("NotFound"));
    }
    all.insert("406".to_owned(), response("NotAcceptable"));
    all.insert("414".to_owned(), response("AddressTooLong"));
    all.insert("500".to_owned(), response("ServerError"));
    all.insert("503".to_owned(), response("Unavailable"));
    Value::Object(all)
}

/// The success of a path, in the forms it is offered in; JSON has the schema.
fn success(description: &str, offers: &[Offer], schema: &str) -> Value {
    let mut content = Map::new();
    for offer in offers {
        let schema = match offer.form {
            Form::Json => js!({"$ref": format!("#/components/schemas/{schema}")}),
            Form::JsonFg => js!({"type": "object"}),
            Form::Html | Form::Xml | Form::OtherXml | Form::Gml(_) => js!({"type": "string"}),
            Form::File(_) => js!({"type": "string", "format": "binary"}),
        };
        content.insert(offer.link_type().to_owned(), js!({"schema": schema}));
    }
    js!({"description": description, "content": content})
}

/// A path with the one operation that reads it.
fn get(id: &str, tag: &str, summary: &str, parameters: Vec<Value>, responses: Value) -> Value {
    js!({"get": {
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "parameters": parameters,
        "responses": responses,
    }})
}

fn paths(layers: &[&Arc<Layer>], editing: Editing) -> Value {
    let mut paths = Map::new();
    let common = |f: &str| vec![parameter(f), parameter("lang")];
    let documents = [
        ("/", "getLandingPage", "Landing page", "Links to all of the API", "LandingPage"),
        ("/conformance", "getConformance", "Conformance classes", "The classes that are met", "Conformance"),
        ("/collections", "getCollections", "Collections of features", "The collections", "Collections"),
    ];
    for (path, id, summary, answer, schema) in documents {
        let answers = responses(success(answer, &super::negotiation::DOCUMENT, schema), false);
        paths.insert(path.to_owned(), get(id, "Capabilities", summary, common("f"), answers));
    }
    let answers = responses(success("OpenAPI 3.0", &OFFERS, "Api"), false);
    paths
        .insert("/api".to_owned(), get("getApi", "Capabilities", "This definition", common("fApi"), answers));
    let answers = responses(success("The functions", &[Offer::JSON], "Functions"), false);
    paths.insert(
        "/functions".to_owned(),
        get("getFunctions", "Capabilities", "Functions that filters may call", common("fJson"), answers),
    );
    if layers.len() > OWN_PATHS || layers.is_empty() {
        features::add(&mut paths, None, editing);
    } else {
        for layer in layers {
            features::add(&mut paths, Some(layer), editing);
        }
    }
    maps::add(&mut paths);
    styles::add(&mut paths, editing);
    tiles::add(&mut paths);
    Value::Object(paths)
}
