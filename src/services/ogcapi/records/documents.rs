//! Landing page, conformance, the catalogue's description, queryables and sortables.

use super::{CATALOGUE, check_catalogue, pages};
use crate::catalogue::offered;
use crate::filter::CQL2_CONFORMANCE;
use crate::services::edge::{Call, Operation};
use crate::services::ogcapi::common::{Form, Offer, Parameters, Problem, json, link, negotiated, write_html};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json as js};

/// Media type of the API definition.
pub(super) const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";

/// JSON and pages.
pub(super) const FORMS: [Offer; 2] = [Offer::JSON, Offer::HTML];

/// Classes that are met.
pub(super) fn classes() -> Vec<&'static str> {
    const OWN: [&str; 16] = [
        "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
        "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
        "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core",
        "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog",
        "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/json",
        "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/html",
        "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/oas30",
    ];
    OWN.iter().chain(&CQL2_CONFORMANCE).copied().collect()
}

fn answer(
    operation: &'static str,
    call: &Call,
    http: &HttpRequest,
    make: impl FnOnce() -> Result<HttpResponse, Problem>,
) -> HttpResponse {
    let answer = check_catalogue(call, http).and_then(|()| make());
    Operation("records", operation).on(answer.unwrap_or_else(|problem| problem.respond()))
}

/// A document as JSON, or as a page of its members.
fn document(call: &Call, http: &HttpRequest, title: &str, document: &Value) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    match negotiated(http, parameters.get("f"), &FORMS)? {
        Form::Html => Ok(write_html(http, pages::document(call, http, title, document)?)),
        _ => Ok(json(http, document, "application/json")),
    }
}

/// `/records`
pub(super) async fn landing(call: Call, http: HttpRequest) -> HttpResponse {
    answer("landing", &call, &http, || {
        let (title, say) = (pages::title(&call), |fr, en| call.lang.pick(fr, en));
        let at = |path: &str| call.url(&format!("/records{path}"));
        let description = say(
            "Catalogue de toutes les données publiées, par l'API OGC Records",
            "Catalogue of all published data, by OGC API Records",
        );
        let landing = js!({
            "title": title,
            "description": description,
            "links": [
                link("self", &at(""), "application/json", say("Ce document", "This document")),
                link("alternate", &at("?f=html"), "text/html", say("Ce document en page HTML", "This document as a page")),
                link("service-desc", &at("/api?f=json"), OPENAPI, say("Définition de l'API (OpenAPI 3.0)", "API definition (OpenAPI 3.0)")),
                link("service-doc", &at("/api?f=html"), "text/html", say("Documentation de l'API", "API documentation")),
                link("conformance", &at("/conformance"), "application/json", say("Classes de conformité", "Conformance classes")),
                link("data", &at("/collections"), "application/json", say("Catalogues", "Catalogues")),
                link("http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog", &at(&format!("/collections/{CATALOGUE}")), "application/json", say("Le catalogue", "The catalogue")),
            ],
        });
        document(&call, &http, &title, &landing)
    })
}

/// `/records/conformance`
pub(super) async fn conformance(call: Call, http: HttpRequest) -> HttpResponse {
    answer("conformance", &call, &http, || {
        let own = call.url("/records/conformance");
        let all = js!({
            "conformsTo": classes(),
            "links": [
                link("self", &own, "application/json", call.lang.pick("Ce document", "This document")),
                link("alternate", &format!("{own}?f=html"), "text/html", call.lang.pick("Ce document en page HTML", "This document as a page")),
            ],
        });
        document(&call, &http, call.lang.pick("Classes de conformité", "Conformance classes"), &all)
    })
}

/// `/records/collections`
pub(super) async fn collections(call: Call, http: HttpRequest) -> HttpResponse {
    answer("collections", &call, &http, || {
        let own = call.url("/records/collections");
        let all = js!({
            "links": [
                link("self", &own, "application/json", call.lang.pick("Ce document", "This document")),
                link("alternate", &format!("{own}?f=html"), "text/html", call.lang.pick("Ce document en page HTML", "This document as a page")),
            ],
            "collections": [described(&call)],
        });
        document(&call, &http, "Collections", &all)
    })
}

/// `/records/collections/catalogue`
pub(super) async fn collection(call: Call, http: HttpRequest) -> HttpResponse {
    answer("collection", &call, &http, || document(&call, &http, &pages::title(&call), &described(&call)))
}

/// The catalogue as a record collection.
fn described(call: &Call) -> Value {
    let own = call.url(&format!("/records/collections/{CATALOGUE}"));
    let say = |fr, en| call.lang.pick(fr, en);
    let snapshot = call.app.registry.snapshot();
    let boxes = snapshot.visible_layers(&call.caller, &call.scope).filter_map(|l| l.extent_lonlat);
    let extent = boxes.reduce(|a, b| a.union(&b));
    let mut collection = js!({
        "id": CATALOGUE,
        "type": "Collection",
        "itemType": "record",
        "title": pages::title(call),
        "description": say("Fiches de métadonnées de toutes les données publiées", "Metadata records of all published data"),
        "conformsTo": ["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog"],
        "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
        "links": [
            link("self", &own, "application/json", say("Ce document", "This document")),
            link("alternate", &format!("{own}?f=html"), "text/html", say("Ce document en page HTML", "This document as a page")),
            link("items", &format!("{own}/items?f=json"), "application/geo+json", say("Les fiches", "The records")),
            link("items", &format!("{own}/items?f=html"), "text/html", say("Les fiches en pages HTML", "The records as pages")),
            link("http://www.opengis.net/def/rel/ogc/1.0/queryables", &format!("{own}/queryables"), "application/schema+json", say("Propriétés de recherche", "Queryables")),
            link("http://www.opengis.net/def/rel/ogc/1.0/sortables", &format!("{own}/sortables"), "application/schema+json", say("Propriétés de tri", "Sortables")),
            link("http://www.opengis.net/def/rel/ogc/1.0/facets", &format!("{own}/facets"), "application/json", say("Facettes", "Facets")),
            link("alternate", &format!("{}?service=CSW&request=GetCapabilities", call.url("/csw")), "application/xml", say("Le même catalogue par CSW", "The same catalogue by CSW")),
            link("alternate", &call.url("/dcat.ttl"), "text/turtle", say("Le même catalogue en DCAT", "The same catalogue as DCAT")),
        ],
    });
    let mut proposals = link(
        "suggestions",
        &format!("{own}/suggestions?q={{searchTerms}}"),
        "application/x-suggestions+json",
        say("Propositions pendant la saisie", "Proposals while typing"),
    );
    proposals["templated"] = js!(true);
    if let Some(links) = collection["links"].as_array_mut() {
        links.push(proposals);
    }
    if let Some(b) = extent {
        collection["extent"] = js!({"spatial": {
            "bbox": [[b.min_x, b.min_y, b.max_x, b.max_y]],
            "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        }});
    }
    collection
}

/// `…/queryables`
pub(super) async fn queryables(call: Call, http: HttpRequest) -> HttpResponse {
    schema(&call, &http, "queryables", |_| true)
}

/// `…/sortables`
pub(super) async fn sortables(call: Call, http: HttpRequest) -> HttpResponse {
    schema(&call, &http, "sortables", |is_sortable| is_sortable)
}

fn schema(call: &Call, http: &HttpRequest, name: &'static str, wanted: fn(bool) -> bool) -> HttpResponse {
    answer(name, call, http, || {
        let parameters = Parameters::read(http, &["f"], |_| false)?;
        negotiated(http, parameters.get("f"), &[Offer::SCHEMA])?;
        let properties: Map<String, Value> = offered()
            .into_iter()
            .filter(|o| wanted(o.is_sortable))
            .map(|o| {
                let mut property = js!({"title": call.lang.pick(o.titles.0, o.titles.1)});
                match o.kind {
                    ("object", Some(format)) => property["format"] = js!(format),
                    (kind, format) => {
                        property["type"] = js!(kind);
                        if let Some(format) = format {
                            property["format"] = js!(format);
                        }
                    }
                }
                (o.name.to_owned(), property)
            })
            .collect();
        let schema = js!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": call.url(&format!("/records/collections/{CATALOGUE}/{name}")),
            "type": "object",
            "title": pages::title(call),
            "properties": properties,
            "additionalProperties": false,
        });
        Ok(json(http, &schema, "application/schema+json"))
    })
}
