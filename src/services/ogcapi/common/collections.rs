//! Collections (OGC 17-069r4 clauses 7.13 and 7.14, OGC 18-058r1 clause 6.2).

use super::html::{Crumb, render};
use super::landing::{home, link};
use super::negotiation::{Form, Parameters, check_scope, json, negotiated, write_html};
use super::problem::Problem;
use crate::access::Action;
use crate::formats::output;
use crate::geo::Crs;
use crate::geo::crs::CRS84_URI;
use crate::model::{Lang, Layer};
use crate::services::edge::Call;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::{Map, Value, json as js};
use std::sync::Arc;

/// Systems offered beside CRS84 and each collection's own.
pub const CRS_LIST_ORDER: [i32; 7] = [4326, 3857, 2154, 4258, 4171, 3035, 32631];

/// The systems that a collection can be had in, CRS84 first.
pub fn crs_uris(layer: &Layer) -> Vec<String> {
    let others = CRS_LIST_ORDER.into_iter().filter(|s| *s != layer.crs.srid);
    std::iter::once(CRS84_URI.to_owned())
        .chain(std::iter::once(layer.crs.uri()))
        .chain(others.filter_map(|s| Crs::from_epsg(s).ok()).map(|c| c.uri()))
        .collect()
}

/// A collection that the caller may read.
///
/// # Errors
/// 404 also when it may not be read: that it exists is not told.
pub fn find(call: &Call, id: &str) -> Result<Arc<Layer>, Problem> {
    check_scope(call)?;
    // What is not UTF-8 in an address comes with the replacement character, which no identifier has.
    if id.contains('\u{fffd}') {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "the address is not UTF-8 text"));
    }
    let snapshot = call.app.registry.snapshot();
    snapshot.layer(&call.caller, Action::Read, &call.scope, id).cloned().ok_or_else(|| {
        let named: String = id.chars().take(100).collect();
        Problem::not_found(format!("there is no collection '{named}'; /ogc/collections lists them"))
    })
}

/// The address of a licence.
fn licence_url(licence: &str) -> String {
    if licence.starts_with("http://") || licence.starts_with("https://") {
        licence.to_owned()
    } else {
        format!("https://spdx.org/licenses/{licence}.html")
    }
}

fn describe(call: &Call, layer: &Layer) -> Value {
    let base = format!("{}/{}", call.url("/ogc/collections"), layer.slug);
    let say = |fr, en| call.lang.pick(fr, en);
    let mut links = vec![
        link("self", &base, "application/json", &layer.title),
        link("alternate", &format!("{base}?f=html"), "text/html", &layer.title),
        link(
            "items",
            &format!("{base}/items?f=json"),
            "application/geo+json",
            say("Objets en GeoJSON", "Features as GeoJSON"),
        ),
        link(
            "items",
            &format!("{base}/items?f=html"),
            "text/html",
            say("Objets en pages HTML", "Features as pages"),
        ),
        link(
            "http://www.opengis.net/def/rel/ogc/1.0/queryables",
            &format!("{base}/queryables"),
            "application/schema+json",
            say("Propriétés interrogeables", "Queryables"),
        ),
        link(
            "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
            &format!("{base}/tiles?f=json"),
            "application/json",
            say("Tuiles vectorielles", "Vector tiles"),
        ),
        link(
            "http://www.opengis.net/def/rel/ogc/1.0/tilesets-map",
            &format!("{base}/map/tiles?f=json"),
            "application/json",
            say("Tuiles de cartes", "Map tiles"),
        ),
        link(
            "describedby",
            &format!(
                "{}?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&outputSchema=http://www.isotc211.org/2005/gmd&id={}",
                call.url("/csw"),
                layer.dataset.record
            ),
            "application/xml",
            say("Fiche de métadonnées ISO 19139", "Metadata record, ISO 19139"),
        ),
        link(
            "describedby",
            &format!(
                "{}?service=WFS&version=2.0.0&request=DescribeFeatureType&typeNames={}",
                call.url("/wfs"),
                layer.type_name()
            ),
            "application/gml+xml; version=3.2",
            say("Schéma XML des objets", "XML schema of the features"),
        ),
    ];
    // The whole collection as a file (recommendation of OGC 17-069r4 clause 7.14.2: `enclosure`).
    for format in output::ALL.into_iter().filter(|f| (f.suits)(layer)) {
        let (dataset, slug) = (&layer.dataset.slug, &layer.slug);
        let file = format!("{}/{dataset}/{slug}.{}", call.url("/download"), format.extension);
        links.push(link("enclosure", &file, format.media_type(), format.name));
    }
    if let Some(licence) = &layer.dataset.licence {
        links.push(link("license", &licence_url(licence), "text/html", licence));
    }
    let mut document = Map::new();
    document.insert("id".to_owned(), Value::from(layer.slug.as_str()));
    document.insert("title".to_owned(), Value::from(layer.title.as_str()));
    let text = if layer.description.is_empty() { &layer.dataset.description } else { &layer.description };
    if !text.is_empty() {
        document.insert("description".to_owned(), Value::from(text.as_str()));
    }
    if !layer.dataset.keywords.is_empty() {
        document.insert("keywords".to_owned(), js!(layer.dataset.keywords));
    }
    // A centimetre: shorter than what rounding between systems may take from an outermost point.
    if let Some(b) = layer.extent_lonlat.map(|b| b.outwards(7)) {
        document.insert(
            "extent".to_owned(),
            js!({"spatial": {"bbox": [[b.min_x, b.min_y, b.max_x, b.max_y]], "crs": CRS84_URI}}),
        );
    }
    document.insert("itemType".to_owned(), Value::from("feature"));
    document.insert("crs".to_owned(), js!(crs_uris(layer)));
    document.insert("storageCrs".to_owned(), Value::from(layer.crs.uri()));
    document.insert("links".to_owned(), Value::Array(links));
    Value::Object(document)
}

/// A collection in a list.
struct Row {
    title: String,
    description: String,
    href: String,
    features: i64,
}

#[derive(Template)]
#[template(path = "ogcapi/collections.html")]
struct CollectionsPage {
    lang: Lang,
    title: String,
    crumbs: Vec<Crumb>,
    json: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "ogcapi/collection.html")]
struct CollectionPage {
    lang: Lang,
    title: String,
    crumbs: Vec<Crumb>,
    json: String,
    layer: Arc<Layer>,
    base: String,
    extent: Option<String>,
    systems: Vec<String>,
    licence: Option<String>,
}

/// `/ogc/collections`
pub async fn collections(call: Call, http: HttpRequest) -> HttpResponse {
    answer_collections(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_collections(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let address = call.url("/ogc/collections");
    let snapshot = call.app.registry.snapshot();
    let layers = snapshot.visible_layers(&call.caller, &call.scope);
    match negotiated(http, parameters.get("f"))? {
        Form::Json => {
            let document = js!({
                "links": [
                    link("self", &address, "application/json", call.lang.pick("Ce document", "This document")),
                    link("alternate", &(address.clone() + "?f=html"), "text/html", call.lang.pick("Ce document en page HTML", "This document as a page")),
                ],
                "collections": layers.map(|layer| describe(call, layer)).collect::<Vec<_>>(),
            });
            Ok(json(http, &document, "application/json"))
        }
        Form::Html => {
            let rows = layers
                .map(|l| Row {
                    title: l.title.clone(),
                    description: if l.description.is_empty() {
                        l.dataset.description.clone()
                    } else {
                        l.description.clone()
                    },
                    href: format!("{address}/{}?f=html", l.slug),
                    features: l.features,
                })
                .collect();
            let page = CollectionsPage {
                lang: call.lang,
                title: call.lang.pick("Collections", "Collections").to_owned(),
                crumbs: vec![home(call)],
                json: address.clone() + "?f=json",
                rows,
            };
            Ok(write_html(http, render(&page)?))
        }
    }
}

/// `/ogc/collections/{collection}`
pub async fn collection(call: Call, http: HttpRequest) -> HttpResponse {
    answer_collection(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_collection(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    match negotiated(http, parameters.get("f"))? {
        Form::Json => Ok(json(http, &describe(call, &layer), "application/json")),
        Form::Html => {
            let list = call.url("/ogc/collections");
            let base = format!("{list}/{}", layer.slug);
            let page = CollectionPage {
                lang: call.lang,
                title: layer.title.clone(),
                crumbs: vec![home(call), Crumb { title: "Collections".to_owned(), href: list + "?f=html" }],
                json: format!("{base}?f=json"),
                extent: layer
                    .extent_lonlat
                    .map(|b| format!("{:.5}, {:.5}, {:.5}, {:.5}", b.min_x, b.min_y, b.max_x, b.max_y)),
                systems: crs_uris(&layer),
                licence: layer.dataset.licence.as_deref().map(licence_url),
                base,
                layer,
            };
            Ok(write_html(http, render(&page)?))
        }
    }
}
