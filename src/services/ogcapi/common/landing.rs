//! Landing page (OGC 17-069r4 clause 7.2).

use super::html::{Crumb, Frame, render};
use super::negotiation::{
    DOCUMENT, Form, Offer, check_scope, json, negotiated, page_query, tagged, write_html,
};
use super::parameters::Parameters;
use super::problem::Problem;
use super::xml;
use crate::model::{Layer, Scope};
use crate::services::edge::Call;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::{Value, json as js};

/// Media type of the API definition: the exact text that test suites and clients look for.
pub const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";

/// A link of an OGC API document.
pub fn link(rel: &str, href: &str, media_type: &str, title: &str) -> Value {
    js!({"rel": rel, "href": href, "type": media_type, "title": title})
}

#[derive(Template)]
#[template(path = "ogcapi/landing.html")]
struct LandingPage {
    frame: Frame,
    description: String,
    base: String,
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
        "Données géographiques en accès direct, par les API OGC Features, Maps et Tiles",
        "Geographic data for direct access, by OGC API Features, Maps and Tiles",
    );
    (title, if text.is_empty() { general.to_owned() } else { text })
}

/// The first crumb of every page.
pub fn home(call: &Call, http: &HttpRequest) -> Crumb {
    Crumb { title: titles(call).0, href: format!("{}?{}", call.url("/ogc"), page_query(http, call.lang)) }
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
    let form = negotiated(http, parameters.get("f"), &DOCUMENT)?;
    if form == Form::Html {
        let frame = Frame::new(call, http, title, Vec::new(), base.clone() + "?f=json");
        return Ok(write_html(http, render(&LandingPage { frame, description, base })?));
    }
    let document = document(call, &base, &title, &description);
    Ok(match form {
        Form::Xml => tagged(http, xml::landing(&document), Offer::XML.media_type()),
        _ => json(http, &document, "application/json"),
    })
}

fn document(call: &Call, base: &str, title: &str, description: &str) -> Value {
    let at = |path: &str| format!("{base}{path}");
    let say = |fr, en| call.lang.pick(fr, en);
    js!({
        "title": title,
        "description": description,
        "links": [
            link("self", base, "application/json", say("Ce document", "This document")),
            link("alternate", &at("?f=html"), "text/html", say("Ce document en page HTML", "This document as a page")),
            link("alternate", &at("?f=xml"), "application/xml", say("Ce document en XML", "This document as XML")),
            link("service-desc", &at("/api?f=json"), OPENAPI, say("Définition de l'API (OpenAPI 3.0)", "API definition (OpenAPI 3.0)")),
            link("service-doc", &at("/api?f=html"), "text/html", say("Documentation de l'API", "API documentation")),
            link("conformance", &at("/conformance"), "application/json", say("Classes de conformité", "Conformance classes")),
            link("data", &at("/collections"), "application/json", say("Collections", "Collections")),
            link("http://www.opengis.net/def/rel/ogc/1.0/conformance", &at("/conformance"), "application/json", say("Classes de conformité", "Conformance classes")),
            link("http://www.opengis.net/def/rel/ogc/1.0/data", &at("/collections"), "application/json", say("Collections", "Collections")),
            link("http://www.opengis.net/def/rel/ogc/1.0/map", &at("/map?f=png"), "image/png", say("Carte", "Map")),
            link("http://www.opengis.net/def/rel/ogc/1.0/map", &at("/map?f=jpeg"), "image/jpeg", say("Carte", "Map")),
            link("http://www.opengis.net/def/rel/ogc/1.0/styles", &at("/styles"), "application/json", say("Styles", "Styles")),
            link("http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", &at("/tiles?f=json"), "application/json", say("Tuiles vectorielles", "Vector tiles")),
            link("http://www.opengis.net/def/rel/ogc/1.0/tilesets-map", &at("/map/tiles?f=json"), "application/json", say("Tuiles de cartes", "Map tiles")),
            link("http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", &at("/tileMatrixSets"), "application/json", say("Grilles de tuiles", "Tile matrix sets")),
        ],
    })
}

/// The way to a page below a collection: home, collections, the collection and perhaps its items.
pub fn crumbs(call: &Call, http: &HttpRequest, layer: Option<&Layer>, items: bool) -> Vec<Crumb> {
    let list = call.url("/ogc/collections");
    let query = page_query(http, call.lang);
    let mut way =
        vec![home(call, http), Crumb { title: "Collections".to_owned(), href: format!("{list}?{query}") }];
    if let Some(layer) = layer {
        let base = format!("{list}/{}", layer.slug);
        way.push(Crumb { title: layer.title.clone(), href: format!("{base}?{query}") });
        if items {
            let title = call.lang.pick("Objets", "Features").to_owned();
            way.push(Crumb { title, href: format!("{base}/items?{query}") });
        }
    }
    way
}
