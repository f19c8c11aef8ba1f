//! Conformance classes (OGC 17-069r4 clause 7.4).

use super::html::{Frame, render};
use super::landing::{home, link};
use super::negotiation::{DOCUMENT, Form, Offer, check_scope, json, negotiated, tagged, write_html};
use super::parameters::Parameters;
use super::problem::Problem;
use super::xml;
use crate::filter::CQL2_CONFORMANCE;
use crate::formats::jsonfg;
use crate::services::edge::Call;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::json as js;

/// Classes of OGC API - Common, Features, Maps and Tiles that are met whatever the configuration.
const ALWAYS: [&str; 55] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/gmlsf0",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/gmlsf2",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/core-roles-features",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/returnables-and-receivables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sorting",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/features-sorting",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/tilesets",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/background",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/collections-selection",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/scaling",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/display-resolution",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/spatial-subsetting",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/collection-map",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/dataset-map",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/styled-map",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/png",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/jpeg",
    "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/sld-10",
    "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/mapbox-style",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/png",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/jpeg",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixsetlimits",
    "http://www.opengis.net/spec/tms/2.0/conf/tilesetmetadata",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixsetlimits",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
];

/// Classes of OGC 20-002r1 and OGC 20-009, where editing is switched on.
const EDITING: [&str; 6] = [
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
    "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/manage-styles",
    "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/style-validation",
];

/// Those that are met.
pub fn classes(call: &Call) -> Vec<&'static str> {
    let editing = if call.editing() { &EDITING[..] } else { &[] };
    ALWAYS.iter().chain(&CQL2_CONFORMANCE).chain(&jsonfg::CONFORMS_TO).chain(editing).copied().collect()
}

#[derive(Template)]
#[template(path = "ogcapi/conformance.html")]
struct ConformancePage {
    frame: Frame,
    classes: Vec<&'static str>,
}

/// `/ogc/conformance`
pub async fn conformance(call: Call, http: HttpRequest) -> HttpResponse {
    answer(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let address = call.url("/ogc/conformance");
    let classes = classes(call);
    match negotiated(http, parameters.get("f"), &DOCUMENT)? {
        Form::Html => {
            let title = call.lang.pick("Classes de conformité", "Conformance classes").to_owned();
            let way = vec![home(call, http)];
            let frame = Frame::new(call, http, title, way, address + "?f=json");
            Ok(write_html(http, render(&ConformancePage { frame, classes })?))
        }
        Form::Xml => Ok(tagged(http, xml::conformance(classes.into_iter()), Offer::XML.media_type())),
        _ => {
            let document = js!({
                "conformsTo": classes,
                "links": [
                    link("self", &address, "application/json", call.lang.pick("Ce document", "This document")),
                    link("alternate", &(address.clone() + "?f=html"), "text/html", call.lang.pick("Ce document en page HTML", "This document as a page")),
                    link("alternate", &(address.clone() + "?f=xml"), "application/xml", call.lang.pick("Ce document en XML", "This document as XML")),
                ],
            });
            Ok(json(http, &document, "application/json"))
        }
    }
}
