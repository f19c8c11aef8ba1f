//! What the service says of itself, from stored facts; made once a version, scope, language and generation.

mod v111;
mod v130;

use super::error::WmsError;
use super::version::Version;
use crate::config::Limits;
use crate::geo::{BBox, Crs, Transform};
use crate::maps::LegendRequest;
use crate::model::{Dataset, Layer};
use crate::publish::Snapshot;
use crate::services::edge::{Call, Document};
use quick_xml::escape::escape;
use std::sync::Arc;

/// Systems offered for every layer, beside its own.
const EVERYWHERE: [i32; 4] = [4326, 3857, 2154, 4171];
/// Where nothing is known: the whole Earth.
const EARTH: BBox = BBox::new(-180.0, -90.0, 180.0, 90.0);

/// The document of this moment.
pub(super) async fn document(
    call: &Call,
    version: Version,
    snapshot: &Arc<Snapshot>,
) -> Result<Document, WmsError> {
    let key = format!(
        "wms|{}|{:?}|{:?}|{}|{}",
        version.text(),
        call.scope,
        call.caller,
        call.lang.code(),
        snapshot.edition
    );
    let make = async {
        let (job, facts) = (call.clone(), Arc::clone(snapshot));
        let written = call.app.pool.run(call.deadline(), move || {
            let facts = Facts::gather(&job, &facts);
            match version {
                Version::V130 => v130::write(&job, &facts),
                Version::V111 => v111::write(&job, &facts),
            }
        });
        written.await.map(String::into_bytes).map_err(crate::maps::MapError::from)
    };
    call.app.documents.get(key, make).await.map_err(|e| WmsError::from(&*e))
}

/// What both versions write.
struct Facts<'a> {
    title: String,
    summary: &'static str,
    /// The service's address, ready for parameters.
    address: String,
    /// Whom to ask.
    contact: Contact<'a>,
    sequence: i64,
    layer_limit: usize,
    side_limit: u32,
    bbox: BBox,
    /// Systems that all layers share: they stand on the root layer (OGC 06-042 section 7.2.4.6.7).
    systems: Vec<String>,
    groups: Vec<Group<'a>>,
}

impl Facts<'_> {
    /// The layer's own system, where the root doesn't have it.
    fn own_system(&self, layer: &Layer) -> Option<String> {
        Some(layer.crs.code()).filter(|code| !self.systems.contains(code))
    }
}

/// Whom to ask about the service: the organisation where it serves one alone, else the platform.
struct Contact<'a> {
    name: &'a str,
    email: Option<&'a str>,
    /// Address of the platform's pages.
    pages: String,
}

/// A dataset with its layers.
struct Group<'a> {
    dataset: &'a Dataset,
    layers: Vec<LayerFacts<'a>>,
}

struct LayerFacts<'a> {
    layer: &'a Arc<Layer>,
    /// Longitude and latitude; `None` for a layer without features.
    lonlat: Option<BBox>,
    /// Boxes in other systems, x first.
    boxes: Vec<(Arc<Crs>, BBox)>,
    styles: Vec<StyleFacts>,
    /// Address of the metadata record.
    record: String,
}

struct StyleFacts {
    name: String,
    title: String,
    legend: String,
    size: Option<(u32, u32)>,
}

impl<'a> Facts<'a> {
    fn gather(call: &'a Call, snapshot: &'a Snapshot) -> Self {
        let config = &call.app.config;
        let mut bbox = BBox::EMPTY;
        let mut groups = Vec::new();
        for dataset in snapshot.visible_datasets(&call.caller, &call.scope) {
            let layers: Vec<LayerFacts<'a>> =
                snapshot.layers_of(dataset).map(|layer| LayerFacts::gather(call, layer)).collect();
            for lonlat in layers.iter().filter_map(|l| l.lonlat) {
                bbox = bbox.union(&lonlat);
            }
            if !layers.is_empty() {
                groups.push(Group { dataset, layers });
            }
        }
        let organisation = match (&call.scope, groups.first()) {
            (crate::model::Scope::Everything, _) | (_, None) => None,
            (_, Some(first)) => Some(&first.dataset.organisation),
        };
        let platform = config.contact_email.as_deref();
        let contact = Contact {
            name: organisation.map_or(&config.title, |o| &o.title),
            email: organisation.and_then(|o| o.email.as_deref()).or(platform),
            pages: format!("{}/", config.public_url()),
        };
        let title = match (&call.scope, groups.first()) {
            (crate::model::Scope::Organisation(_), Some(first)) => first.dataset.organisation.title.clone(),
            (crate::model::Scope::Dataset(_), Some(first)) => first.dataset.title.clone(),
            _ => config.title.clone(),
        };
        Self {
            title,
            summary: call.lang.pick(
                "Cartes des données publiées sur cette plateforme, toujours à jour.",
                "Maps of the data published on this platform, always up to date.",
            ),
            address: format!("{}?", call.url("/wms")),
            contact,
            sequence: snapshot.generation,
            layer_limit: config.limits.layers_per_request,
            side_limit: side_limit(&config.limits),
            bbox: if bbox.is_valid() { bbox } else { EARTH },
            systems: systems(&groups),
            groups,
        }
    }
}

fn systems(groups: &[Group<'_>]) -> Vec<String> {
    let mut systems: Vec<String> = EVERYWHERE.iter().map(|srid| format!("EPSG:{srid}")).collect();
    let mut own = groups.iter().flat_map(|g| &g.layers).map(|l| l.layer.crs.code());
    if let Some(first) = own.next()
        && !systems.contains(&first)
        && own.all(|other| other == first)
    {
        systems.push(first);
    }
    systems
}

/// What width and height may be both at once. One alone may be greater, for which WMS has no words.
fn side_limit(limits: &Limits) -> u32 {
    let side = u32::try_from(limits.map_pixels.isqrt()).unwrap_or(u32::MAX);
    side.min(limits.map_pixels_side).min(u32::from(u16::MAX))
}

impl<'a> LayerFacts<'a> {
    fn gather(call: &Call, layer: &'a Arc<Layer>) -> Self {
        let lonlat = layer.extent_lonlat.filter(BBox::is_valid).map(|b| {
            let rounded = BBox::new(floor(b.min_x), floor(b.min_y), ceil(b.max_x), ceil(b.max_y));
            widened(&rounded, 1e-5)
        });
        let mut boxes = Vec::new();
        if let Some(lonlat) = lonlat {
            let world = Crs::from_epsg(4326);
            if let (Ok(world), Ok(mercator)) = (&world, Crs::from_epsg(3857))
                && let Ok(path) = Transform::new(world, &mercator)
                && let Ok(moved) = path.bbox(&lonlat)
            {
                boxes.push((mercator, moved));
            }
            let known = layer.crs.srid == 3857 || layer.crs.srid == 4326;
            if let Some(own) = layer.extent.filter(|b| b.is_valid() && !known) {
                let little = 1.0 / layer.crs.metres_per_unit.max(1.0);
                boxes.push((Arc::clone(&layer.crs), widened(&own, little)));
            }
        }
        let styles = layer.styles.iter().map(|style| {
            let request = LegendRequest::new(Arc::clone(layer), style.clone().into());
            // A style that can't be read any more has no legend; drawing it says why.
            let size = call.app.maps.legend_size(&request).ok();
            let legend = format!(
                "{}?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&FORMAT=image/png&LAYER={}&STYLE={}",
                call.url("/wms"),
                encoded(&layer.slug),
                encoded(&style.name)
            );
            StyleFacts { name: style.name.clone(), title: style.title.clone(), legend, size }
        });
        let record = format!(
            "{}?service=CSW&version=2.0.2&request=GetRecordById&id={}&elementSetName=full&outputSchema={}",
            call.url("/csw"),
            layer.dataset.record,
            encoded("http://www.isotc211.org/2005/gmd")
        );
        Self { layer, lonlat, boxes, styles: styles.collect(), record }
    }

    fn abstract_text(&self) -> &'a str {
        let layer: &'a Layer = self.layer;
        [&layer.description, &layer.dataset.description, &layer.title]
            .into_iter()
            .find(|t| !t.trim().is_empty())
            .map_or("", |t| t.trim())
    }

    fn keywords(&self) -> Vec<&'a str> {
        let dataset: &'a Dataset = &self.layer.dataset;
        let mut words: Vec<&str> = dataset.keywords.iter().map(String::as_str).collect();
        if words.is_empty() {
            words.push(&dataset.title);
        }
        words
    }
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

/// An operation with its formats, reached by GET.
fn operation(out: &mut String, name: &str, formats: &[&str], address: &str) {
    out.push_str(&format!("<{name}>\n"));
    for format in formats {
        element(out, "Format", format);
    }
    out.push_str("<DCPType><HTTP><Get>");
    online(out, address);
    out.push_str(&format!("</Get></HTTP></DCPType>\n</{name}>\n"));
}

/// `Service`, whose content both versions share up to the limits.
fn service(out: &mut String, facts: &Facts<'_>, name: &str) {
    out.push_str("<Service>\n");
    element(out, "Name", name);
    element(out, "Title", &facts.title);
    element(out, "Abstract", facts.summary);
    out.push_str("<KeywordList>\n");
    element(out, "Keyword", "infoMapAccessService");
    out.push_str("</KeywordList>\n");
    online(out, &facts.address);
    contact(out, &facts.contact);
    element(out, "Fees", "none");
    element(out, "AccessConstraints", "none");
}

/// `ContactInformation`. The address that is known for certain is the one on the web; both versions want
/// the parts of a postal address beside it, empty where there is none.
fn contact(out: &mut String, contact: &Contact<'_>) {
    out.push_str("<ContactInformation>\n<ContactPersonPrimary>\n");
    element(out, "ContactPerson", contact.name);
    element(out, "ContactOrganization", contact.name);
    out.push_str("</ContactPersonPrimary>\n<ContactAddress>\n");
    element(out, "AddressType", "web");
    element(out, "Address", &contact.pages);
    for unknown in ["City", "StateOrProvince", "PostCode", "Country"] {
        element(out, unknown, "");
    }
    out.push_str("</ContactAddress>\n");
    if let Some(email) = contact.email {
        element(out, "ContactElectronicMailAddress", email);
    }
    out.push_str("</ContactInformation>\n");
}

/// What a layer is called and described by.
fn description(out: &mut String, facts: &LayerFacts<'_>) {
    element(out, "Name", &facts.layer.slug);
    element(out, "Title", &facts.layer.title);
    element(out, "Abstract", facts.abstract_text());
    out.push_str("<KeywordList>\n");
    for word in facts.keywords() {
        element(out, "Keyword", word);
    }
    out.push_str("</KeywordList>\n");
}

/// Who names the layer and where its record is.
fn references(out: &mut String, facts: &LayerFacts<'_>, metadata_type: &str) {
    let organisation = &facts.layer.dataset.organisation;
    out.push_str(&format!("<AuthorityURL name=\"{}\">", escape(organisation.prefix.as_str())));
    online(out, &organisation.namespace);
    out.push_str("</AuthorityURL>\n");
    out.push_str(&format!("<Identifier authority=\"{}\">", escape(organisation.prefix.as_str())));
    out.push_str(&facts.layer.dataset.record.to_string());
    out.push_str("</Identifier>\n");
    out.push_str(&format!("<MetadataURL type=\"{metadata_type}\">\n"));
    element(out, "Format", "application/xml");
    online(out, &facts.record);
    out.push_str("</MetadataURL>\n");
}

/// Styles with their legends, the default first.
fn styles(out: &mut String, facts: &LayerFacts<'_>) {
    let default = facts.layer.style("").map(|s| s.name.as_str());
    let mut ordered: Vec<&StyleFacts> = facts.styles.iter().collect();
    ordered.sort_by_key(|s| Some(s.name.as_str()) != default);
    for style in ordered {
        out.push_str("<Style>\n");
        element(out, "Name", &style.name);
        element(out, "Title", if style.title.is_empty() { &style.name } else { &style.title });
        if let Some((width, height)) = style.size {
            out.push_str(&format!("<LegendURL width=\"{width}\" height=\"{height}\">\n"));
            element(out, "Format", "image/png");
            online(out, &style.legend);
            out.push_str("</LegendURL>\n");
        }
        out.push_str("</Style>\n");
    }
}
