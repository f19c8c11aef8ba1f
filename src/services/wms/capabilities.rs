//! What the service says of itself, from stored facts; written once a version, scope, language and generation, and sent
//! while it is written.

mod groups;
mod inspire;
mod service;
mod v111;
mod v130;

use super::error::WmsError;
use super::version::Version;
use crate::config::Limits;
use crate::geo::{BBox, Crs, Transform};
use crate::maps::ScaleRange;
use crate::model::{Dataset, Layer, Organisation, Scope, StyleInfo};
use crate::publish::Snapshot;
use crate::services::edge::{Call, written};
use actix_web::{HttpRequest, HttpResponse};
use groups::{Group, Node};
use quick_xml::escape::escape;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Systems offered for every layer, beside its own.
const EVERYWHERE: [i32; 4] = [4326, 3857, 2154, 4171];
/// The schema of ISO 19139 records, `http://www.isotc211.org/2005/gmd`, as a value of a query.
const GMD: &str = "http%3A%2F%2Fwww%2Eisotc211%2Eorg%2F2005%2Fgmd";
/// Longitude and latitude of the square of Web Mercator.
const MERCATOR: BBox = BBox::new(-180.0, -85.051_128_779_806, 180.0, 85.051_128_779_806);
/// Where nothing is known: the whole Earth.
const EARTH: BBox = BBox::new(-180.0, -90.0, 180.0, 90.0);

/// The document of this moment.
pub(super) async fn document(
    call: &Call,
    http: &HttpRequest,
    version: Version,
    snapshot: &Arc<Snapshot>,
) -> Result<HttpResponse, WmsError> {
    let (name, media_type) = match version {
        Version::V130 => ("wms 1.3.0", "text/xml; charset=utf-8"),
        Version::V111 => ("wms 1.1.1", "application/vnd.ogc.wms_xml"),
    };
    let answer = written(call, http, snapshot, (name, media_type), move |call, snapshot, out| {
        let facts = Facts::gather(call, snapshot);
        match version {
            Version::V130 => v130::write(out, &facts),
            Version::V111 => v111::write(out, &facts),
        }
    });
    answer.await.map_err(|error| WmsError::from(&error))
}

/// What both versions write.
struct Facts<'a> {
    call: &'a Call,
    title: String,
    summary: &'static str,
    /// The service's address, ready for parameters.
    address: String,
    /// Whom to ask.
    contact: Contact<'a>,
    sequence: i64,
    layer_limit: usize,
    side_limit: u32,
    /// The root layer, and in it all others.
    root: Group<'a>,
    /// INSPIRE's extended capabilities, where the data are of a theme of it.
    inspire: Option<inspire::Extended>,
    frame: Frame,
}

/// What is the same for all layers.
struct Frame {
    /// Longitude and latitude in the authority's order.
    world: Option<Arc<Crs>>,
    /// Web Mercator, and the way there.
    mercator: Option<(Arc<Crs>, Transform)>,
    /// Beginning of the address of a legend, up to the layer's name.
    legend: String,
}

impl Frame {
    fn new(call: &Call) -> Self {
        let (world, mercator) = (Crs::from_epsg(4326).ok(), Crs::from_epsg(3857).ok());
        let path = world.as_ref().zip(mercator.as_ref()).and_then(|(from, to)| Transform::new(from, to).ok());
        let legend = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&FORMAT=image/png&LAYER=";
        Self { world, mercator: mercator.zip(path), legend: format!("{}?{legend}", call.url("/wms")) }
    }
}

/// Whom to ask about the service: the organisation where it serves one alone, else the platform.
struct Contact<'a> {
    name: &'a str,
    email: Option<&'a str>,
    /// Address of the platform's pages.
    pages: String,
}

/// A layer in the tree. What is written of it is gathered when its turn comes, so that the facts of thousands of layers
/// are never held at once.
struct Leaf<'a> {
    layer: &'a Arc<Layer>,
    /// Longitude and latitude; `None` for a layer without features.
    lonlat: Option<BBox>,
    /// Whether no group around it has its own system.
    tells_system: bool,
}

impl<'a> Leaf<'a> {
    fn new(layer: &'a Arc<Layer>) -> Self {
        let lonlat = layer.extent_lonlat.filter(BBox::is_valid).map(|b| {
            let rounded = BBox::new(floor(b.min_x), floor(b.min_y), ceil(b.max_x), ceil(b.max_y));
            widened(&rounded, 1e-5)
        });
        Self { layer, lonlat, tells_system: false }
    }
}

/// What is written of a layer.
struct LayerFacts<'a> {
    layer: &'a Arc<Layer>,
    lonlat: Option<BBox>,
    /// Boxes in other systems, x first.
    boxes: Vec<(&'a Arc<Crs>, BBox)>,
    styles: Vec<StyleFacts<'a>>,
    /// Scale denominators at which any of its styles draws something.
    scales: ScaleRange,
    /// Its own system, where no group around it has it.
    own_system: Option<String>,
    /// Address of the metadata record.
    record: String,
}

struct StyleFacts<'a> {
    info: &'a StyleInfo,
    legend: String,
    size: Option<(u32, u32)>,
}

impl<'a> Facts<'a> {
    fn gather(call: &'a Call, snapshot: &'a Snapshot) -> Self {
        let config = &call.app.config;
        let layers = by_dataset(snapshot.visible_layers(&call.caller, &call.scope));
        let datasets: Vec<&Arc<Dataset>> = layers.iter().filter_map(|l| Some(&l.first()?.dataset)).collect();
        let first = datasets.first();
        let organisation = match call.scope {
            Scope::Everything | Scope::Part(_) => None,
            _ => first.map(|dataset| &dataset.organisation),
        };
        let platform = config.contact_email.as_deref();
        let contact = Contact {
            name: organisation.map_or(&config.title, |o| &o.title),
            email: organisation.and_then(|o| o.email.as_deref()).or(platform),
            pages: format!("{}/", config.public_url()),
        };
        let title = match (&call.scope, first) {
            (Scope::Organisation(_), Some(first)) => first.organisation.title.clone(),
            (Scope::Dataset(_), Some(first)) => first.title.clone(),
            _ => config.title.clone(),
        };
        let inspire = inspire::extended(call, &datasets, &contact);
        Self {
            call,
            frame: Frame::new(call),
            summary: call.lang.pick(
                "Cartes des données publiées sur cette plateforme, toujours à jour.",
                "Maps of the data published on this platform, always up to date.",
            ),
            address: format!("{}?", call.url("/wms")),
            contact,
            sequence: snapshot.generation,
            layer_limit: config.limits.layers_per_request,
            side_limit: side_limit(&config.limits),
            root: Group::root(call, title.clone(), layers),
            inspire,
            title,
        }
    }
}

/// Layers dataset by dataset, the datasets by their slugs, the layers of each in the producer's order.
fn by_dataset<'a>(layers: impl Iterator<Item = &'a Arc<Layer>>) -> Vec<Vec<&'a Arc<Layer>>> {
    let mut found: BTreeMap<&str, Vec<&Arc<Layer>>> = BTreeMap::new();
    for layer in layers {
        found.entry(&layer.dataset.slug).or_default().push(layer);
    }
    // Ids are given in the producer's order when a dataset is first published.
    found.values_mut().for_each(|layers| layers.sort_by_key(|layer| layer.id));
    found.into_values().collect()
}

/// What width and height may be both at once. One alone may be greater, for which WMS has no words.
fn side_limit(limits: &Limits) -> u32 {
    let side = u32::try_from(limits.map_pixels.isqrt()).unwrap_or(u32::MAX);
    side.min(limits.map_pixels_side).min(u32::from(u16::MAX))
}

impl<'a> LayerFacts<'a> {
    fn gather(facts: &'a Facts<'a>, leaf: &Leaf<'a>) -> Self {
        let Leaf { layer, lonlat, tells_system } = *leaf;
        let mut boxes = Vec::with_capacity(2);
        if let Some(lonlat) = lonlat {
            if let Some((mercator, path)) = &facts.frame.mercator
                && let Some(lonlat) = lonlat.intersection(&MERCATOR)
                // Meridians and parallels are straight and upright there: the corners are enough.
                && let Some([min_x, min_y]) = path.point(lonlat.min_x, lonlat.min_y)
                && let Some([max_x, max_y]) = path.point(lonlat.max_x, lonlat.max_y)
            {
                boxes.push((mercator, BBox::new(min_x, min_y, max_x, max_y)));
            }
            let known = layer.crs.srid == 3857 || layer.crs.srid == 4326;
            if let Some(own) = layer.extent.filter(|b| b.is_valid() && !known) {
                let little = 1.0 / layer.crs.metres_per_unit.max(1.0);
                boxes.push((&layer.crs, widened(&own, little)));
            }
        }
        let mut scales: Option<ScaleRange> = None;
        let mut styles = Vec::with_capacity(layer.styles.len());
        for info in &layer.styles {
            // A style that can't be read any more has no legend; drawing it says why.
            let told = facts.call.app.maps.style_facts(layer, info).ok();
            if let Some(told) = told {
                scales = Some(scales.map_or(told.scales, |so_far| so_far.widened(told.scales)));
            }
            let (of, style) = (encoded(&layer.slug), encoded(&info.name));
            let legend = format!("{}{of}&STYLE={style}", facts.frame.legend);
            styles.push(StyleFacts { info, legend, size: told.map(|told| told.legend) });
        }
        Self {
            layer,
            lonlat,
            boxes,
            styles,
            scales: scales.unwrap_or_default(),
            own_system: tells_system.then(|| layer.crs.code()),
            record: record(facts.call, &layer.dataset),
        }
    }

    fn abstract_text(&self) -> &'a str {
        let layer: &'a Layer = self.layer;
        [&layer.description, &layer.dataset.description, &layer.title]
            .into_iter()
            .find(|t| !t.trim().is_empty())
            .map_or("", |t| t.trim())
    }
}

/// A dataset's keywords, else its title.
fn keywords(dataset: &Dataset) -> Vec<&str> {
    let mut words: Vec<&str> = dataset.keywords.iter().map(String::as_str).collect();
    if words.is_empty() {
        words.push(&dataset.title);
    }
    words
}

/// Address of a dataset's metadata record.
fn record(call: &Call, dataset: &Dataset) -> String {
    format!(
        "{}?service=CSW&version=2.0.2&request=GetRecordById&id={}&elementSetName=full&outputSchema={}",
        call.url("/csw"),
        dataset.record,
        GMD
    )
}

/// A box with area: a single point's has none, and clients zoom to it in vain.
fn widened(bbox: &BBox, least: f64) -> BBox {
    let grow = |min: f64, max: f64| if max - min < least { (min - least, max + least) } else { (min, max) };
    let (min_x, max_x) = grow(bbox.min_x, bbox.max_x);
    let (min_y, max_y) = grow(bbox.min_y, bbox.max_y);
    BBox::new(min_x, min_y, max_x, max_y)
}

/// A millionth of a degree, a tenth of a metre, is enough; boxes are rounded outwards.
fn floor(v: f64) -> f64 {
    (v * 1e6).floor() / 1e6
}

fn ceil(v: f64) -> f64 {
    (v * 1e6).ceil() / 1e6
}

/// A coordinate: as many digits as say something.
fn number(v: f64) -> String {
    let rounded = (v * 1e6).round() / 1e6;
    // No `-0`.
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// An element with text.
fn element(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    out.push_str(&escape(text));
    out.push_str("</");
    out.push_str(name);
    out.push_str(">\n");
}

/// `OnlineResource` as both versions write it.
fn online(out: &mut String, address: &str) {
    out.push_str(
        "<OnlineResource xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:type=\"simple\" xlink:href=\"",
    );
    out.push_str(&escape(address));
    out.push_str("\"/>\n");
}

/// What a layer is called and described by.
fn description(out: &mut String, facts: &LayerFacts<'_>) {
    element(out, "Name", &facts.layer.slug);
    element(out, "Title", &facts.layer.title);
    element(out, "Abstract", facts.abstract_text());
    keyword_list(out, &keywords(&facts.layer.dataset));
}

fn keyword_list(out: &mut String, words: &[&str]) {
    out.push_str("<KeywordList>\n");
    for word in words {
        element(out, "Keyword", word);
    }
    out.push_str("</KeywordList>\n");
}

/// Who the data of a group are from: `Attribution` and `AuthorityURL`, which all layers in it inherit (OGC 06-042
/// table 7).
fn source(out: &mut String, organisation: &Organisation, pages: &str) {
    out.push_str("<Attribution>\n");
    element(out, "Title", &organisation.title);
    online(out, pages);
    out.push_str("</Attribution>\n");
    out.push_str(&format!("<AuthorityURL name=\"{}\">", escape(organisation.prefix.as_str())));
    online(out, &organisation.namespace);
    out.push_str("</AuthorityURL>\n");
}

/// The identifier of a dataset: that of its record.
fn identifier(out: &mut String, dataset: &Dataset) {
    let prefix = dataset.organisation.prefix.as_str();
    out.push_str(&format!("<Identifier authority=\"{}\">{}</Identifier>\n", escape(prefix), dataset.record));
}

/// Where the metadata of a layer are.
fn metadata_url(out: &mut String, record: &str, metadata_type: &str) {
    out.push_str(&format!("<MetadataURL type=\"{metadata_type}\">\n"));
    element(out, "Format", "application/xml");
    online(out, record);
    out.push_str("</MetadataURL>\n");
}

/// Styles with their legends, the default first.
fn styles(out: &mut String, facts: &LayerFacts<'_>) {
    let mut ordered: Vec<&StyleFacts<'_>> = facts.styles.iter().collect();
    ordered.sort_by_key(|style| !style.info.is_default);
    for style in ordered {
        let StyleInfo { name, title, .. } = style.info;
        out.push_str("<Style>\n");
        element(out, "Name", name);
        element(out, "Title", if title.is_empty() { name } else { title });
        if let Some((width, height)) = style.size {
            out.push_str(&format!("<LegendURL width=\"{width}\" height=\"{height}\">\n"));
            element(out, "Format", "image/png");
            online(out, &style.legend);
            out.push_str("</LegendURL>\n");
        }
        out.push_str("</Style>\n");
    }
}
