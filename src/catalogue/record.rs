//! The one model of a record; every form it is written in comes straight from here.

use super::RecordContext;
use super::vocabulary::{self, Licence};
use crate::geo::{BBox, Crs};
use crate::model::FRENCH_MONTHS;
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;
use uuid::Uuid;

/// Characters that stay as they are in a query value.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b':').remove(b',');

/// What a record describes (ISO 19115 MD_ScopeCode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Data with a place.
    Dataset,
    /// A table without geometries.
    NonGeographic,
}

impl Kind {
    /// The code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::NonGeographic => "nonGeographicDataset",
        }
    }
}

/// Who answers for the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// Name.
    pub organisation: String,
    /// Address for questions.
    pub email: Option<String>,
}

/// A format the data can be had in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Name.
    pub name: &'static str,
    /// Version of the format.
    pub version: &'static str,
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Capabilities of the dataset's WMS.
    Wms,
    /// Capabilities of the dataset's WFS.
    Wfs,
    /// A collection of the OGC API.
    OgcApiFeatures,
    /// Vector tiles.
    TileJson,
    /// A style with its tiles for web maps.
    MapLibreStyle,
    /// All features as GeoJSON.
    GeoJson,
    /// All features as GML 3.2.
    Gml,
    /// All features as a GeoPackage.
    GeoPackage,
    /// The page for people.
    Page,
}

impl LinkKind {
    /// Protocol as catalogues write it.
    #[must_use]
    pub const fn protocol(self) -> &'static str {
        match self {
            Self::Wms => "OGC:WMS",
            Self::Wfs => "OGC:WFS",
            Self::OgcApiFeatures => "OGC API - Features",
            Self::TileJson => "TileJSON",
            Self::MapLibreStyle => "MapLibre Style",
            Self::GeoJson | Self::Gml | Self::GeoPackage => "WWW:DOWNLOAD-1.0-http--download",
            Self::Page => "WWW:LINK-1.0-http--link",
        }
    }

    /// For services: the protocol's address in the OGC register and the INSPIRE type of service, which
    /// link the data with its services (INSPIRE TG metadata 2.0, class 8.1).
    #[must_use]
    pub const fn service(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Wms => Some(("http://www.opengis.net/def/serviceType/ogc/wms", "view")),
            Self::Wfs => Some(("http://www.opengis.net/def/serviceType/ogc/wfs", "download")),
            _ => None,
        }
    }

    /// CI_OnLineFunctionCode: harvesters make a resource of `download` and a mere page of the rest.
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::Page => "information",
            _ => "download",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Wms => "carte (WMS)",
            Self::Wfs => "entités (WFS)",
            Self::OgcApiFeatures => "entités (OGC API Features)",
            Self::TileJson => "tuiles vectorielles (TileJSON)",
            Self::MapLibreStyle => "style MapLibre",
            Self::GeoJson => "fichier GeoJSON",
            Self::Gml => "fichier GML",
            Self::GeoPackage => "fichier GeoPackage",
            Self::Page => "page du jeu de données",
        }
    }
}

/// Where the data can be had.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// What it leads to.
    pub kind: LinkKind,
    /// Absolute address.
    pub url: String,
    /// Name of the layer in that service.
    pub name: String,
    /// For people.
    pub title: String,
}

/// A layer as its record sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerFacts {
    /// Name in every service.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// Name of the feature type with its prefix.
    pub type_name: String,
    /// System of the data.
    pub srid: i32,
    /// West, south, east, north.
    pub extent: Option<BBox>,
    /// Whether it is made of images.
    pub is_raster: bool,
    /// What its tiles are, where it is an archive of them: `mvt`, `png`, `jpeg`, `webp`.
    pub tiles: Option<String>,
}

impl LayerFacts {
    /// Whether it is pictures.
    fn is_grid(&self) -> bool {
        self.is_raster || self.tiles.as_deref().is_some_and(|format| format != "mvt")
    }
}

/// What was loaded last.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFacts {
    /// End of the run.
    pub finished: DateTime<Utc>,
    /// Names of the files.
    pub files: Vec<String>,
    /// Features loaded.
    pub features: i64,
}

/// A dataset's stored facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Key of the dataset.
    pub dataset: i64,
    /// Key of the organisation.
    pub organisation_id: i64,
    /// Identifier of the record.
    pub uuid: Uuid,
    /// Address part.
    pub slug: String,
    /// Name.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Licence as stored.
    pub licence: Option<String>,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Counts replacements.
    pub version: i32,
    /// First publication.
    pub created: DateTime<Utc>,
    /// Last change.
    pub updated: DateTime<Utc>,
    /// Name of the organisation.
    pub organisation: String,
    /// Its address for questions.
    pub email: Option<String>,
    /// Layers in the producer's order.
    pub layers: Vec<LayerFacts>,
    /// Last run, where known.
    pub run: Option<RunFacts>,
}

/// A metadata record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Identifier; never changes.
    pub uuid: Uuid,
    /// Address of the resource, ending in the uuid: harvesters know the dataset by it.
    pub resource: String,
    /// What is described.
    pub kind: Kind,
    /// Title.
    pub title: String,
    /// What it is; never empty.
    pub summary: String,
    /// Keywords.
    pub keywords: Vec<String>,
    /// MD_TopicCategoryCode.
    pub topic: &'static str,
    /// Licence.
    pub licence: Option<Licence>,
    /// Who answers for it.
    pub contact: Contact,
    /// First publication.
    pub published: DateTime<Utc>,
    /// Last change of the data or its description.
    pub revised: DateTime<Utc>,
    /// MD_SpatialRepresentationTypeCode.
    pub representation: &'static str,
    /// Box of all layers in longitude and latitude.
    pub extent: Option<BBox>,
    /// Systems of the layers, each once.
    pub crs: Vec<Arc<Crs>>,
    /// Formats on offer.
    pub formats: Vec<Format>,
    /// Where to get it.
    pub links: Vec<Link>,
    /// How the data came to be.
    pub lineage: String,
    /// A drawn map of it.
    pub preview: Option<String>,
}

impl Record {
    /// The record that these facts make.
    #[must_use]
    pub fn of(facts: &Facts, context: &RecordContext) -> Self {
        let base = &context.public_url;
        let mut crs: Vec<Arc<Crs>> = Vec::new();
        for layer in &facts.layers {
            if let Ok(found) = Crs::from_epsg(layer.srid)
                && !crs.iter().any(|known| known.srid == found.srid)
            {
                crs.push(found);
            }
        }
        let extent = facts.layers.iter().filter_map(|l| l.extent).reduce(|a, b| a.union(&b));
        let title = if facts.title.trim().is_empty() { facts.slug.clone() } else { facts.title.clone() };
        let summary = if facts.description.trim().is_empty() {
            // An abstract is mandatory, and an honest one says what is known.
            format!("{title}. Jeu de données publié par {}.", facts.organisation)
        } else {
            facts.description.clone()
        };
        let representation = match (facts.layers.is_empty(), facts.layers.iter().all(LayerFacts::is_grid)) {
            (true, _) => "textTable",
            (false, true) => "grid",
            (false, false) => "vector",
        };
        let email = facts.email.clone().or_else(|| context.contact_email.clone());
        Self {
            representation,
            uuid: facts.uuid,
            resource: format!("{base}/datasets/{}", facts.uuid),
            kind: if facts.layers.is_empty() { Kind::NonGeographic } else { Kind::Dataset },
            summary,
            keywords: facts.keywords.iter().filter(|k| !k.trim().is_empty()).cloned().collect(),
            topic: vocabulary::topic_category(&facts.keywords, &title),
            title,
            licence: facts.licence.as_deref().filter(|text| !text.trim().is_empty()).map(vocabulary::licence),
            contact: Contact {
                organisation: facts.organisation.clone(),
                email: email.filter(|text| !text.trim().is_empty()),
            },
            published: facts.created,
            revised: facts.updated,
            extent,
            crs,
            formats: formats(facts),
            links: links(facts, base),
            lineage: lineage(facts),
            preview: preview(facts, base, extent),
        }
    }
}

fn formats(facts: &Facts) -> Vec<Format> {
    let mut formats = Vec::new();
    if facts.layers.is_empty() || facts.layers.iter().any(|layer| layer.tiles.is_none()) {
        formats.extend([
            Format { name: "GeoJSON", version: "RFC 7946" },
            Format { name: "GML", version: "3.2" },
            Format { name: "GeoPackage", version: "1.2" },
            Format { name: "Mapbox Vector Tile", version: "2.1" },
        ]);
    }
    for tiles in facts.layers.iter().filter_map(|layer| layer.tiles.as_deref()) {
        let format = match tiles {
            "png" => Format { name: "PNG", version: "ISO/IEC 15948" },
            "jpeg" => Format { name: "JPEG", version: "ISO/IEC 10918-1" },
            "webp" => Format { name: "WebP", version: "RFC 9649" },
            _ => Format { name: "Mapbox Vector Tile", version: "2.1" },
        };
        if formats.iter().all(|known| known.name != format.name) {
            formats.push(format);
        }
    }
    formats
}

fn links(facts: &Facts, base: &str) -> Vec<Link> {
    let mut all = Vec::new();
    let several = facts.layers.len() > 1;
    for layer in &facts.layers {
        let of = if several { &layer.title } else { &facts.title };
        let mut add = |kind: LinkKind, name: &str, url: String| {
            all.push(Link { kind, url, name: name.to_owned(), title: format!("{of} : {}", kind.label()) });
        };
        let service = format!("{base}/dataset/{}", facts.slug);
        if layer.tiles.is_some() {
            add(LinkKind::TileJson, &layer.slug, format!("{base}/tiles/{}.json", layer.slug));
            continue;
        }
        let type_name = utf8_percent_encode(&layer.type_name, QUERY);
        let get_feature = format!(
            "{base}/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES={type_name}&OUTPUTFORMAT="
        );
        add(
            LinkKind::Wms,
            &layer.slug,
            format!("{service}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"),
        );
        add(
            LinkKind::Wfs,
            &layer.type_name,
            format!("{service}/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetCapabilities"),
        );
        add(LinkKind::OgcApiFeatures, &layer.slug, format!("{base}/ogc/collections/{}", layer.slug));
        add(LinkKind::TileJson, &layer.slug, format!("{base}/tiles/{}.json", layer.slug));
        add(LinkKind::MapLibreStyle, &layer.slug, format!("{base}/styles/{}/default.json", layer.slug));
        add(LinkKind::GeoJson, &layer.slug, format!("{get_feature}application%2Fjson"));
        add(LinkKind::Gml, &layer.slug, format!("{get_feature}application%2Fgml%2Bxml%3B+version%3D3.2"));
        add(LinkKind::GeoPackage, &layer.slug, format!("{base}/download/{}/{}.gpkg", facts.slug, layer.slug));
    }
    all.push(Link {
        kind: LinkKind::Page,
        url: format!("{base}/datasets/{}", facts.slug),
        name: facts.slug.clone(),
        title: format!("{} : {}", facts.title, LinkKind::Page.label()),
    });
    all
}

fn lineage(facts: &Facts) -> String {
    let Some(run) = &facts.run else {
        return format!("Données fournies par {} et publiées telles quelles.", facts.organisation);
    };
    let day = french_day(run.finished);
    let files =
        if run.files.is_empty() { String::new() } else { format!(" depuis {}", run.files.join(", ")) };
    let of_tiles = !facts.layers.is_empty() && facts.layers.iter().all(|layer| layer.tiles.is_some());
    let objects = match (of_tiles, run.features > 1) {
        (true, true) => "tuiles",
        (true, false) => "tuile",
        (false, true) => "objets",
        (false, false) => "objet",
    };
    format!(
        "Données fournies par {}, chargées le {day}{files} ({} {objects}), contrôlées puis publiées ; version {}.",
        facts.organisation, run.features, facts.version
    )
}

fn french_day(instant: DateTime<Utc>) -> String {
    use chrono::Datelike;
    let month = FRENCH_MONTHS.get(instant.month0() as usize).copied().unwrap_or_default();
    let day = if instant.day() == 1 { "1er".to_owned() } else { instant.day().to_string() };
    format!("{day} {month} {}", instant.year())
}

/// A GetMap of all layers, some 600 pixels wide or high, with a margin so that points aren't cut.
fn preview(facts: &Facts, base: &str, extent: Option<BBox>) -> Option<String> {
    let extent = extent.filter(BBox::is_valid)?;
    let margin = (extent.width().max(extent.height()) * 0.05).max(0.005);
    let shown = extent.expanded(margin);
    // A degree of longitude is shorter than one of latitude.
    let shrink = shown.centre()[1].to_radians().cos().max(0.1);
    let (across, up) = (shown.width() * shrink, shown.height());
    let scale = 600.0 / across.max(up);
    let pixels = |length: f64| (length * scale).round().clamp(60.0, 600.0);
    let drawn = facts.layers.iter().filter(|layer| layer.tiles.is_none());
    let layers = drawn.map(|l| l.slug.as_str()).collect::<Vec<_>>().join(",");
    if layers.is_empty() {
        return None;
    }
    Some(format!(
        "{base}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={}&STYLES=&CRS=CRS:84&BBOX={:.5},{:.5},{:.5},{:.5}&WIDTH={}&HEIGHT={}&FORMAT=image%2Fpng",
        utf8_percent_encode(&layers, QUERY),
        shown.min_x,
        shown.min_y,
        shown.max_x,
        shown.max_y,
        pixels(across),
        pixels(up),
    ))
}
