//! Landing page and conformance (OGC 17-069r4 clauses 7.2 and 7.4).

use super::html::{Crumb, render};
use super::negotiation::{Form, Parameters, check_scope, json, negotiated, write_html};
use super::problem::Problem;
use crate::model::{Lang, Layer, Scope};
use crate::services::edge::Call;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::{Value, json as js};

/// Media type of the API definition: the exact text that test suites and clients look for.
pub const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";

/// The conformance classes that are met.
const CLASSES: [&str; 24] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/png",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/jpeg",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixsetlimits",
    "http://www.opengis.net/spec/tms/2.0/conf/tilesetmetadata",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixsetlimits",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
];

/// A link of an OGC API document.
pub fn link(rel: &str, href: &str, media_type: &str, title: &str) -> Value {
    js!({"rel": rel, "href": href, "type": media_type, "title": title})
}

#[derive(Template)]
#[template(path = "ogcapi/landing.html")]
struct LandingPage {
    lang: Lang,
    title: String,
    description: String,
    crumbs: Vec<Crumb>,
    json: String,
    base: String,
}

#[derive(Template)]
#[template(path = "ogcapi/conformance.html")]
struct ConformancePage {
    lang: Lang,
    title: String,
    crumbs: Vec<Crumb>,
    json: String,
    classes: &'static [&'static str],
}

/// Name and description of the part of the platform that the address shows.
pub fn titles(call: &Call) -> (String, String) {
    let snapshot = call.app.registry.snapshot();
    let platform = call.app.config.title.clone();
    let first = snapshot.visible_datasets(&call.caller, &call.scope).next().cloned();
    let (title, text) = match (&call.scope, first) {
        (Scope::Organisation(_), Some(dataset)) => (dataset.organisation.title.clone(), String::new()),
        (Scope::Dataset(_), Some(dataset)) => (dataset.title.clone(), dataset.description.clone()),
        _ => (platform, String::new()),
    };
    let general = call.lang.pick(
        "Données géographiques en accès direct, par les API OGC Features et Tiles",
        "Geographic data for direct access, by OGC API Features and Tiles",
    );
    (title, if text.is_empty() { general.to_owned() } else { text })
}

/// The first crumb of every page.
pub fn home(call: &Call) -> Crumb {
    Crumb { title: titles(call).0, href: call.url("/ogc") + "?f=html" }
}

/// `/ogc`
pub async fn landing(call: Call, http: HttpRequest) -> HttpResponse {
    answer_landing(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_landing(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let (title, description) = titles(call);
    let base = call.url("/ogc");
    match negotiated(http, parameters.get("f"))? {
        Form::Json => {
            let at = |path: &str| format!("{base}{path}");
            let say = |fr, en| call.lang.pick(fr, en);
            let document = js!({
                "title": title,
                "description": description,
                "links": [
                    link("self", &base, "application/json", say("Ce document", "This document")),
                    link("alternate", &at("?f=html"), "text/html", say("Ce document en page HTML", "This document as a page")),
                    link("service-desc", &at("/api?f=json"), OPENAPI, say("Définition de l'API (OpenAPI 3.0)", "API definition (OpenAPI 3.0)")),
                    link("service-doc", &at("/api?f=html"), "text/html", say("Documentation de l'API", "API documentation")),
                    link("conformance", &at("/conformance"), "application/json", say("Classes de conformité", "Conformance classes")),
                    link("data", &at("/collections"), "application/json", say("Collections", "Collections")),
                    link("http://www.opengis.net/def/rel/ogc/1.0/conformance", &at("/conformance"), "application/json", say("Classes de conformité", "Conformance classes")),
                    link("http://www.opengis.net/def/rel/ogc/1.0/data", &at("/collections"), "application/json", say("Collections", "Collections")),
                    link("http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", &at("/tiles?f=json"), "application/json", say("Tuiles vectorielles", "Vector tiles")),
                    link("http://www.opengis.net/def/rel/ogc/1.0/tilesets-map", &at("/map/tiles?f=json"), "application/json", say("Tuiles de cartes", "Map tiles")),
                    link("http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", &at("/tileMatrixSets"), "application/json", say("Grilles de tuiles", "Tile matrix sets")),
                ],
            });
            Ok(json(http, &document, "application/json"))
        }
        Form::Html => {
            let page = LandingPage {
                lang: call.lang,
                title,
                description,
                crumbs: Vec::new(),
                json: base.clone() + "?f=json",
                base,
            };
            Ok(write_html(http, render(&page)?))
        }
    }
}

/// `/ogc/conformance`
pub async fn conformance(call: Call, http: HttpRequest) -> HttpResponse {
    answer_conformance(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_conformance(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let address = call.url("/ogc/conformance");
    match negotiated(http, parameters.get("f"))? {
        Form::Json => {
            let document = js!({
                "conformsTo": CLASSES,
                "links": [
                    link("self", &address, "application/json", call.lang.pick("Ce document", "This document")),
                    link("alternate", &(address.clone() + "?f=html"), "text/html", call.lang.pick("Ce document en page HTML", "This document as a page")),
                ],
            });
            Ok(json(http, &document, "application/json"))
        }
        Form::Html => {
            let page = ConformancePage {
                lang: call.lang,
                title: call.lang.pick("Classes de conformité", "Conformance classes").to_owned(),
                crumbs: vec![home(call)],
                json: address + "?f=json",
                classes: &CLASSES,
            };
            Ok(write_html(http, render(&page)?))
        }
    }
}

/// The way to a page below a collection: home, collections, the collection and perhaps its items.
pub fn crumbs(call: &Call, layer: Option<&Layer>, items: bool) -> Vec<Crumb> {
    let list = call.url("/ogc/collections");
    let mut way = vec![home(call), Crumb { title: "Collections".to_owned(), href: format!("{list}?f=html") }];
    if let Some(layer) = layer {
        let base = format!("{list}/{}", layer.slug);
        way.push(Crumb { title: layer.title.clone(), href: format!("{base}?f=html") });
        if items {
            let title = call.lang.pick("Objets", "Features").to_owned();
            way.push(Crumb { title, href: format!("{base}/items?f=html") });
        }
    }
    way
}
