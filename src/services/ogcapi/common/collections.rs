//! Collections (OGC 17-069r4 clauses 7.13 and 7.14, OGC 18-058r1 clause 6.2).

use super::archives;
use super::cached::cached;
use super::html::{Crumb, Frame, render};
use super::landing::{home, link};
use super::negotiation::{
    DOCUMENT, Form, Offer, check_scope, json, negotiated, page_query, tagged, write_html,
};
use super::parameters::Parameters;
use super::problem::Problem;
use super::xml;
use crate::access::Action;
use crate::formats::output;
use crate::geo::crs::CRS84_URI;
use crate::geo::{BBox, Crs, Transform};
use crate::model::{ArchiveLayer, Layer};
use crate::services::edge::Call;
use crate::services::ogcapi::features::item_forms;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::{Map, Value, json as js};
use std::sync::Arc;

/// Systems listed beside CRS84 and each collection's own.
const CRS_LIST_ORDER: [i32; 7] = [4326, 3857, 2154, 4258, 4171, 3035, 32631];

/// The systems that a collection lists, CRS84 first: those that people here use. Any other of the EPSG registry is taken
/// too; listing thousands would make every answer heavy.
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

/// The collections that the parameter `collections` chooses, in its order.
///
/// # Errors
/// 400 for one that is not there, named twice, or too many.
pub fn chosen_collections(call: &Call, names: &str) -> Result<Vec<Arc<Layer>>, Problem> {
    let snapshot = call.app.registry.snapshot();
    let limit = call.app.config.limits.layers_per_request;
    let mut layers: Vec<Arc<Layer>> = Vec::new();
    for name in names.split(',').map(str::trim) {
        let shown: String = name.chars().take(80).collect();
        let layer = snapshot.layer(&call.caller, Action::Read, &call.scope, name).ok_or_else(|| {
            let detail = if archives::find_archive(call, name).is_some() {
                format!("collection '{shown}' is an archive of tiles, which can't be joined with others; ask for it alone")
            } else {
                format!("there is no collection '{shown}'; /ogc/collections lists them")
            };
            Problem::invalid("collections", detail)
        })?;
        if layers.iter().any(|l| l.id == layer.id) {
            let detail = format!("collection '{shown}' is named twice; once is enough");
            return Err(Problem::invalid("collections", detail));
        }
        if layers.len() == limit {
            let detail = format!("at most {limit} collections can be chosen");
            return Err(Problem::invalid("collections", detail));
        }
        layers.push(Arc::clone(layer));
    }
    Ok(layers)
}

/// A value in an address; commas between names stay.
pub fn encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const RESERVED: AsciiSet =
        NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');
    utf8_percent_encode(text, &RESERVED).to_string()
}

/// The address of a licence.
pub(super) fn licence_url(licence: &str) -> String {
    if licence.starts_with("http://") || licence.starts_with("https://") {
        licence.to_owned()
    } else {
        format!("https://spdx.org/licenses/{licence}.html")
    }
}

/// What features in a form are called, in French and in English.
const fn items_in(form: Form) -> (&'static str, &'static str) {
    match form {
        Form::Html => ("Objets en pages HTML", "Features as pages"),
        Form::JsonFg => ("Objets en JSON-FG", "Features as JSON-FG"),
        Form::Gml(0) => ("Objets en GML, niveau 0", "Features as GML, level 0"),
        Form::Gml(_) => ("Objets en GML, niveau 2", "Features as GML, level 2"),
        _ => ("Objets en GeoJSON", "Features as GeoJSON"),
    }
}

fn describe(call: &Call, layer: &Layer) -> Value {
    let base = format!("{}/{}", call.url("/ogc/collections"), layer.slug);
    let say = |fr, en| call.lang.pick(fr, en);
    let mut links = vec![
        link("self", &base, "application/json", &layer.title),
        link("alternate", &format!("{base}?f=html"), "text/html", &layer.title),
        link("alternate", &format!("{base}?f=xml"), "application/xml", &layer.title),
    ];
    for offer in item_forms() {
        let href = format!("{base}/items?f={}", offer.name());
        links.push(link(
            "items",
            &href,
            offer.link_type(),
            say(items_in(offer.form).0, items_in(offer.form).1),
        ));
    }
    let schemas = [
        ("schema", "schema", "Schéma des objets", "Schema of the features"),
        ("queryables", "queryables", "Propriétés interrogeables", "Queryables"),
        ("sortables", "sortables", "Propriétés de tri", "Sortables"),
    ];
    for (rel, end, fr, en) in schemas {
        let rel = format!("http://www.opengis.net/def/rel/ogc/1.0/{rel}");
        links.push(link(&rel, &format!("{base}/{end}"), "application/schema+json", say(fr, en)));
    }
    for (f, media_type) in [("png", "image/png"), ("jpeg", "image/jpeg")] {
        let href = format!("{base}/map?f={f}");
        links.push(link(
            "http://www.opengis.net/def/rel/ogc/1.0/map",
            &href,
            media_type,
            say("Carte", "Map"),
        ));
    }
    // The default style's map is the one above.
    for style in layer.styles.iter().filter(|style| !style.is_default) {
        let href = format!("{base}/styles/{}/map?f=png", encoded(&style.name));
        links.push(link("http://www.opengis.net/def/rel/ogc/1.0/map", &href, "image/png", &style.title));
    }
    links.extend([
        link(
            "http://www.opengis.net/def/rel/ogc/1.0/styles",
            &format!("{base}/styles"),
            "application/json",
            say("Styles", "Styles"),
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
    ]);
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
    features: String,
}

#[derive(Template)]
#[template(path = "ogcapi/collections.html")]
struct CollectionsPage {
    frame: Frame,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "ogcapi/collection.html")]
struct CollectionPage {
    frame: Frame,
    layer: Arc<Layer>,
    base: String,
    extent: Option<String>,
    systems: Vec<String>,
    licence: Option<String>,
    map: Option<MapPicture>,
    /// Address of the page of its styles.
    styles: String,
}

/// A map of a whole collection.
struct MapPicture {
    src: String,
    width: u32,
    height: u32,
}

impl MapPicture {
    /// In Web Mercator, as wide as a page of features shows maps; `None` where there is nothing to show.
    fn of(call: &Call, layer: &Layer) -> Option<Self> {
        const WIDTH: f64 = 640.0;
        const HIGHEST: f64 = 560.0;
        // Web Mercator ends before the poles.
        let mercator = BBox::new(-180.0, -85.0, 180.0, 85.0);
        let shown = layer.extent_lonlat.filter(BBox::is_valid)?.intersection(&mercator)?;
        let (from, to) = (Crs::from_epsg(4326).ok()?, Crs::from_epsg(3857).ok()?);
        let metres = Transform::new(&from, &to).ok()?.bbox(&shown).ok()?;
        let framed = metres.expanded((metres.width().max(metres.height()) * 0.05).max(200.0));
        let scale = (WIDTH / framed.width()).min(HIGHEST / framed.height());
        let (width, height) =
            ((framed.width() * scale).round().max(60.0), (framed.height() * scale).round().max(60.0));
        // The box takes the picture's proportions.
        let [x, y] = framed.centre();
        let (across, up) = (width / scale / 2.0, height / scale / 2.0);
        let src = format!(
            "{}?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={}&STYLES=&CRS=EPSG:3857&BBOX={:.1},{:.1},{:.1},{:.1}\
             &WIDTH={width}&HEIGHT={height}&FORMAT=image/png",
            call.url("/wms"),
            layer.slug,
            x - across,
            y - up,
            x + across,
            y + up,
        );
        Some(Self { src, width: width as u32, height: height as u32 })
    }
}

/// `/ogc/collections`
pub async fn collections(call: Call, http: HttpRequest) -> HttpResponse {
    answer_collections(&call, &http).await.unwrap_or_else(|problem| problem.respond())
}

async fn answer_collections(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_scope(call)?;
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    match negotiated(http, parameters.get("f"), &DOCUMENT)? {
        Form::Html => list_page(call, http),
        Form::Xml => {
            let make = |call: &Call| Ok(xml::collections(&list_links(call), &describe_all(call)));
            cached(call, http, "collections.xml", Offer::XML.media_type(), make).await
        }
        _ => {
            let make = |call: &Call| {
                let mut document = list_links(call);
                document["collections"] = Value::Array(describe_all(call));
                Ok(document.to_string())
            };
            cached(call, http, "collections", "application/json", make).await
        }
    }
}

fn list_links(call: &Call) -> Value {
    let address = call.url("/ogc/collections");
    let at = |query: &str| format!("{address}{query}");
    let say = |fr, en| call.lang.pick(fr, en);
    js!({
        "links": [
            link("self", &address, "application/json", say("Ce document", "This document")),
            link("alternate", &at("?f=html"), "text/html", say("Ce document en page HTML", "This document as a page")),
            link("alternate", &at("?f=xml"), "application/xml", say("Ce document en XML", "This document as XML")),
        ],
    })
}

fn describe_all(call: &Call) -> Vec<Value> {
    let snapshot = call.app.registry.snapshot();
    let layers = snapshot.visible_layers(&call.caller, &call.scope).map(|layer| describe(call, layer));
    layers.chain(archives::describe_all(call)).collect()
}

fn list_page(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let address = call.url("/ogc/collections");
    let snapshot = call.app.registry.snapshot();
    let query = page_query(http, call.lang);
    let row = |l: &Arc<Layer>| Row {
        title: l.title.clone(),
        description: if l.description.is_empty() {
            l.dataset.description.clone()
        } else {
            l.description.clone()
        },
        href: format!("{address}/{}?{query}", l.slug),
        features: l.features.to_string(),
    };
    let tiles = call.lang.pick("tuiles", "tiles");
    let archived = |a: &Arc<ArchiveLayer>| Row {
        title: a.title.clone(),
        description: a.text().to_owned(),
        href: archives::page(call, a),
        features: format!("{} {tiles}", a.facts.tiles),
    };
    let rows = snapshot.visible_layers(&call.caller, &call.scope).map(row);
    let rows = rows.chain(snapshot.visible_archives(&call.caller, &call.scope).map(archived)).collect();
    let way = vec![home(call, http)];
    let frame = Frame::new(call, http, "Collections".to_owned(), way, address + "?f=json");
    Ok(write_html(http, render(&CollectionsPage { frame, rows })?))
}

/// `/ogc/collections/{collection}`
pub async fn collection(call: Call, http: HttpRequest) -> HttpResponse {
    answer_collection(&call, &http).unwrap_or_else(|problem| problem.respond())
}

fn answer_collection(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["f"], |_| false)?;
    let id = http.match_info().get("collection").unwrap_or_default();
    check_scope(call)?;
    if let Some(archive) = archives::find_archive(call, id) {
        return answer_archive(call, http, &archive, parameters.get("f"));
    }
    let layer = find(call, id)?;
    match negotiated(http, parameters.get("f"), &DOCUMENT)? {
        Form::Html => page(call, http, layer),
        Form::Xml => {
            let text = xml::collections(&Value::Null, &[describe(call, &layer)]);
            Ok(tagged(http, text, Offer::XML.media_type()))
        }
        _ => Ok(json(http, &describe(call, &layer), "application/json")),
    }
}

/// An archive as a collection; its page is that of the dataset.
fn answer_archive(
    call: &Call,
    http: &HttpRequest,
    archive: &ArchiveLayer,
    asked: Option<&str>,
) -> Result<HttpResponse, Problem> {
    match negotiated(http, asked, &DOCUMENT)? {
        Form::Html => {
            let place = (header::LOCATION, archives::page(call, archive));
            Ok(HttpResponse::SeeOther().insert_header(place).finish())
        }
        Form::Xml => {
            let text = xml::collections(&Value::Null, &[archives::describe(call, archive)]);
            Ok(tagged(http, text, Offer::XML.media_type()))
        }
        _ => Ok(json(http, &archives::describe(call, archive), "application/json")),
    }
}

fn page(call: &Call, http: &HttpRequest, layer: Arc<Layer>) -> Result<HttpResponse, Problem> {
    let list = call.url("/ogc/collections");
    let base = format!("{list}/{}", layer.slug);
    let listed =
        Crumb { title: "Collections".to_owned(), href: format!("{list}?{}", page_query(http, call.lang)) };
    let way = vec![home(call, http), listed];
    let corners = |b: BBox| format!("{:.5}, {:.5}, {:.5}, {:.5}", b.min_x, b.min_y, b.max_x, b.max_y);
    let page = CollectionPage {
        frame: Frame::new(call, http, layer.title.clone(), way, format!("{base}?f=json")),
        extent: layer.extent_lonlat.map(corners),
        systems: crs_uris(&layer),
        licence: layer.dataset.licence.as_deref().map(licence_url),
        map: MapPicture::of(call, &layer),
        styles: format!("{}/styles/{}", call.app.config.public_url(), layer.slug),
        base,
        layer,
    };
    Ok(write_html(http, render(&page)?))
}
