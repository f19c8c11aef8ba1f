//! `/datasets/{dataset}`: what it is, a map, its columns and first rows, and how to use it.

use super::format;
use super::site::{Asked, Map, Policy, Site, encoded, map};
use crate::catalogue::{licence, schema_org};
use crate::formats::output::{self, OutputFormat};
use crate::model::{ArchiveLayer, Dataset, Lang, Layer, TileFormat};
use crate::publish::Snapshot;
use crate::services::edge::Call;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use futures_util::TryStreamExt;
use std::sync::Arc;
use uuid::Uuid;

/// Rows shown of a layer.
const ROWS: u64 = 10;
/// Layers whose rows are shown; the others have their own addresses.
const LAYERS: usize = 10;

#[derive(Template)]
#[template(path = "portal/dataset.html")]
struct Page {
    lang: Lang,
    site: Site,
    title: String,
    organisation: String,
    description: Vec<String>,
    keywords: Vec<Tag>,
    map: Option<Map>,
    facts: Vec<Fact>,
    services: Vec<Service>,
    layers: Vec<LayerView>,
    archives: Vec<ArchiveView>,
    record: String,
    canonical: String,
    /// Identifier of the record, by which its other forms are found.
    uuid: Uuid,
    /// What search engines read (schema.org), as it stands in the page.
    structured: Option<String>,
}

#[derive(Template)]
#[template(path = "portal/missing.html")]
struct Missing {
    lang: Lang,
    site: Site,
    q: String,
}

struct Tag {
    href: String,
    text: String,
}

struct Fact {
    name: &'static str,
    text: String,
    href: Option<String>,
}

struct Service {
    name: &'static str,
    how: &'static str,
    addresses: Vec<Address>,
}

struct Address {
    id: String,
    label: String,
    url: String,
}

struct LayerView {
    id: String,
    title: String,
    facts: String,
    description: String,
    /// Its own map, where the dataset's shows others as well.
    map: Option<Map>,
    /// Address of the page of its styles.
    styles: String,
    /// Address of the page of its tiles.
    tiles: String,
    files: Vec<Tag>,
    columns_heading: String,
    columns: Vec<ColumnView>,
    /// `None` when they could not be read.
    rows: Option<Vec<Row>>,
}

/// A layer that is an archive of tiles.
struct ArchiveView {
    id: String,
    title: String,
    facts: String,
    description: String,
    /// Names of the layers in its tiles.
    names: Vec<String>,
}

struct ColumnView {
    name: String,
    kind: &'static str,
}

struct Row {
    fid: i64,
    href: String,
    cells: Vec<Cell>,
}

struct Cell {
    text: String,
    number: bool,
}

/// A dataset's page. Its record's uuid leads to it, too: that is the resource's lasting address.
pub(super) async fn dataset(
    http: HttpRequest,
    call: Call,
    path: actix_web::web::Path<String>,
) -> HttpResponse {
    let asked = Asked::read(&http, &call);
    let snapshot = call.app.registry.snapshot();
    let name = path.into_inner();
    let mut visible = snapshot.visible_datasets(&call.caller, &call.scope);
    if let Ok(uuid) = Uuid::parse_str(&name) {
        if let Some(found) = visible.find(|d| d.record == uuid) {
            let root = call.app.config.public_path();
            let place = format!("{root}/datasets/{}{}", found.slug, asked.suffix());
            return HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish();
        }
    } else if let Some(found) = visible.find(|d| d.slug == name) {
        if let Some(known) = asked.known(&http, &call, &snapshot) {
            return known;
        }
        return page(&http, &call, &asked, &snapshot, found).await;
    }
    let missing = Missing {
        lang: asked.lang,
        site: asked.site(&http, &call),
        q: name.replace(['-', '_'], " ").chars().take(60).collect(),
    };
    asked.answer(&http, &call, &snapshot, StatusCode::NOT_FOUND, &missing, Policy::Passing)
}

async fn page(
    http: &HttpRequest,
    call: &Call,
    asked: &Asked,
    snapshot: &Snapshot,
    dataset: &Arc<Dataset>,
) -> HttpResponse {
    let lang = asked.lang;
    let layers: Vec<&Arc<Layer>> = snapshot.layers_of(dataset).collect();
    let archives: Vec<&Arc<ArchiveLayer>> = snapshot.archives_of(dataset).collect();
    let (base, root) = (call.app.config.public_url(), call.app.config.public_path());
    let mut views = Vec::new();
    for layer in layers.iter().take(LAYERS) {
        views.push(layer_view(call, layer, &base, lang).await);
    }
    if layers.len() > 1 {
        for (view, layer) in views.iter_mut().zip(&layers) {
            view.map = map(&root, &[layer], &layer.title, 480.0, 320.0, lang);
        }
    }
    let canonical = format!("{base}/datasets/{}", dataset.slug);
    let structured = structured(call, snapshot, dataset, &canonical).await;
    let complete = structured.is_some() && views.iter().all(|v| v.rows.is_some());
    let record = format!(
        "{root}/csw?SERVICE=CSW&VERSION=2.0.2&REQUEST=GetRecordById&ID={}&ELEMENTSETNAME=full&OUTPUTSCHEMA=http://www.isotc211.org/2005/gmd",
        dataset.record
    );
    let page = Page {
        lang,
        site: asked.site(http, call),
        title: dataset.title.clone(),
        organisation: dataset.organisation.title.clone(),
        description: dataset
            .description
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .map(str::to_owned)
            .collect(),
        keywords: keywords(&root, dataset, asked),
        map: map(&root, &layers, &dataset.title, 900.0, 560.0, lang),
        facts: facts(dataset, (&layers, &archives), &root, &record, lang),
        services: services(dataset, (&layers, &archives), &base, lang),
        layers: views,
        archives: archives.iter().map(|archive| archive_view(archive, lang)).collect(),
        record,
        canonical,
        uuid: dataset.record,
        structured,
    };
    let policy = if complete { Policy::Still } else { Policy::Passing };
    asked.answer(http, call, snapshot, StatusCode::OK, &page, policy)
}

/// The record in words of schema.org; none when it could not be read. Nothing in it can end the element that it stands in.
async fn structured(call: &Call, snapshot: &Snapshot, dataset: &Dataset, page: &str) -> Option<String> {
    let reach = snapshot.reach(&call.caller, &call.scope);
    let found = call.app.catalogue.model(&dataset.record.to_string(), &reach, call.deadline()).await;
    let stamped = found.inspect_err(|error| tracing::warn!(%error, "a record could not be read")).ok()??;
    Some(schema_org(&stamped.record, page).to_string().replace('<', "\\u003c"))
}

fn keywords(root: &str, dataset: &Dataset, asked: &Asked) -> Vec<Tag> {
    let lang = if asked.explicit { format!("&lang={}", asked.lang.code()) } else { String::new() };
    dataset
        .keywords
        .iter()
        .filter(|k| !k.trim().is_empty())
        .map(|k| Tag { href: format!("{root}/?q={}{lang}", encoded(k)), text: k.clone() })
        .collect()
}

fn archive_view(archive: &ArchiveLayer, lang: Lang) -> ArchiveView {
    let info = &archive.facts.info;
    let [first, last] = info.zooms;
    let text = archive.text();
    ArchiveView {
        id: format!("layer-{}", archive.slug),
        title: archive.title.clone(),
        facts: format!(
            "{} · {} · {} ({}) · zooms {first}–{last}",
            archive.slug,
            format::tiles(archive.facts.tiles, lang),
            format::kind_of_archive(archive, lang),
            info.format.name()
        ),
        description: if text == archive.dataset.description { String::new() } else { text.to_owned() },
        names: info
            .vector_layers
            .iter()
            .filter_map(|layer| Some(layer.get("id")?.as_str()?.to_owned()))
            .collect(),
    }
}

fn facts(
    dataset: &Dataset,
    (layers, archives): (&[&Arc<Layer>], &[&Arc<ArchiveLayer>]),
    root: &str,
    record: &str,
    lang: Lang,
) -> Vec<Fact> {
    let mut all = Vec::new();
    let mut add =
        |name: &'static str, text: String, href: Option<String>| all.push(Fact { name, text, href });
    add(lang.pick("Producteur", "Publisher"), dataset.organisation.title.clone(), None);
    if let Some(email) = &dataset.organisation.email {
        add("Contact", email.clone(), Some(format!("mailto:{email}")));
    }
    match dataset.licence.as_deref().filter(|l| !l.trim().is_empty()) {
        Some(text) => {
            let known = licence(text);
            add(lang.pick("Licence", "Licence"), known.title, known.uri);
        }
        None => {
            add(lang.pick("Licence", "Licence"), lang.pick("non précisée", "not stated").to_owned(), None)
        }
    }
    add(lang.pick("Publié le", "Published"), format::day(dataset.created, lang), None);
    add(lang.pick("Mis à jour le", "Updated"), format::day(dataset.updated, lang), None);
    let contents = format::all_contents(layers.iter().map(AsRef::as_ref), archives, lang);
    add(lang.pick("Contenu", "Content"), contents, None);
    let mut systems: Vec<String> =
        layers.iter().map(|l| format!("{} ({})", l.crs.name, l.crs.code())).collect();
    if !archives.is_empty() {
        systems.push("Web Mercator (EPSG:3857)".to_owned());
    }
    systems.sort();
    systems.dedup();
    add(lang.pick("Système de coordonnées", "Coordinate system"), systems.join(", "), None);
    let extents = layers.iter().filter_map(|l| l.extent_lonlat);
    if let Some(b) = extents.chain(archives.iter().filter_map(|a| a.extent_lonlat)).reduce(|a, b| a.union(&b))
    {
        let text = format!("{:.3}, {:.3} → {:.3}, {:.3}", b.min_x, b.min_y, b.max_x, b.max_y);
        add(lang.pick("Emprise (longitude, latitude)", "Extent (longitude, latitude)"), text, None);
    }
    if layers.len() > 1 {
        for format in output::ALL.iter().filter(|f| f.several_layers) {
            let file = format!("{root}/download/{0}/{0}.{1}", dataset.slug, format.extension);
            add(lang.pick("Toutes les couches", "All layers"), format.name.to_owned(), Some(file));
        }
    }
    add(
        lang.pick("Fiche de métadonnées", "Metadata record"),
        "ISO 19139 (XML)".to_owned(),
        Some(record.to_owned()),
    );
    all
}

fn services(
    dataset: &Dataset,
    (layers, archives): (&[&Arc<Layer>], &[&Arc<ArchiveLayer>]),
    base: &str,
    lang: Lang,
) -> Vec<Service> {
    let own = format!("{base}/dataset/{}", dataset.slug);
    let one =
        |id: &str, label: &str, url: String| Address { id: id.to_owned(), label: label.to_owned(), url };
    let each = |id: &str, path: &dyn Fn(&Layer) -> String| -> Vec<Address> {
        layers
            .iter()
            .take(LAYERS)
            .map(|l| one(&format!("{id}-{}", l.slug), &l.title, format!("{base}{}", path(l))))
            .collect()
    };
    let mut all = vec![
        Service {
            name: lang.pick("Carte dans QGIS (WMS)", "Map in QGIS (WMS)"),
            how: lang.pick(
                "QGIS : Couche › Ajouter une couche › WMS/WMTS › Nouveau, puis collez cette adresse.",
                "QGIS: Layer › Add Layer › WMS/WMTS › New, then paste this address.",
            ),
            addresses: vec![one("wms", lang.pick("Adresse WMS", "WMS address"), format!("{own}/wms"))],
        },
        Service {
            name: lang.pick("Données dans QGIS (WFS)", "Data in QGIS (WFS)"),
            how: lang.pick(
                "QGIS : Couche › Ajouter une couche › WFS / OGC API › Nouveau, puis collez l'une de ces adresses.",
                "QGIS: Layer › Add Layer › WFS / OGC API › New, then paste one of these addresses.",
            ),
            addresses: vec![
                one("wfs", lang.pick("Adresse WFS", "WFS address"), format!("{own}/wfs")),
                one("ogc", lang.pick("Adresse OGC API", "OGC API address"), format!("{own}/ogc")),
            ],
        },
        Service {
            name: lang.pick("Tuiles vectorielles", "Vector tiles"),
            how: lang.pick(
                "Pour MapLibre, OpenLayers, ou QGIS : Couche › Ajouter une couche › Tuiles vectorielles.",
                "For MapLibre, OpenLayers, or QGIS: Layer › Add Layer › Vector Tile Layer.",
            ),
            addresses: each("tiles", &|l| format!("/tiles/{}.json", l.slug)),
        },
        Service {
            name: lang.pick("Style pour une carte web", "Style for a web map"),
            how: lang.pick(
                "MapLibre : donnez cette adresse comme « style » de la carte.",
                "MapLibre: give this address as the map's “style”.",
            ),
            addresses: each("style", &|l| format!("/styles/{}/default.json", l.slug)),
        },
        Service {
            name: lang.pick("Données pour un programme", "Data for a program"),
            how: lang.pick(
                "Entités en GeoJSON, page par page, avec filtres (OGC API Features).",
                "Features as GeoJSON, page by page, with filters (OGC API Features).",
            ),
            addresses: each("items", &|l| format!("/ogc/collections/{}/items", l.slug)),
        },
        Service {
            name: lang.pick("Catalogue (CSW)", "Catalogue (CSW)"),
            how: lang.pick(
                "Pour moissonner les fiches ou les chercher dans QGIS : Internet › MetaSearch.",
                "To harvest records or search them in QGIS: Web › MetaSearch.",
            ),
            addresses: vec![
                one("csw", lang.pick("Toute la plateforme", "The whole platform"), format!("{base}/csw")),
                one(
                    "csw-org",
                    lang.pick("Cette organisation", "This organisation"),
                    format!("{base}/org/{}/csw", dataset.organisation.slug),
                ),
            ],
        },
    ];
    // The catalogue comes last. Archives have no maps, features or styles here.
    let last = all.len().saturating_sub(1);
    if layers.is_empty() {
        all.drain(..last);
    }
    let before = all.len().saturating_sub(1);
    all.splice(before..before, archive_services(archives, base, lang));
    all
}

/// The addresses of archives of tiles: TileJSON, and WMTS where they are pictures.
fn archive_services(archives: &[&Arc<ArchiveLayer>], base: &str, lang: Lang) -> Vec<Service> {
    let address = |archive: &ArchiveLayer| Address {
        id: format!("archive-{}", archive.slug),
        label: archive.title.clone(),
        url: format!("{base}/tiles/{}.json", archive.slug),
    };
    let of = |vector: bool| {
        let shown = archives.iter().filter(|a| (a.facts.info.format == TileFormat::Mvt) == vector);
        shown.take(LAYERS).map(|archive| address(archive)).collect::<Vec<_>>()
    };
    let vector = Service {
        name: lang.pick("Tuiles vectorielles prêtes (TileJSON)", "Finished vector tiles (TileJSON)"),
        how: lang.pick(
            "Pour MapLibre, OpenLayers, ou QGIS : Couche › Ajouter une couche › Tuiles vectorielles.",
            "For MapLibre, OpenLayers, or QGIS: Layer › Add Layer › Vector Tile Layer.",
        ),
        addresses: of(true),
    };
    let pictures = Service {
        name: lang.pick("Images en tuiles (TileJSON)", "Tiled pictures (TileJSON)"),
        how: lang.pick(
            "Pour MapLibre ou OpenLayers. Dans QGIS : Couche › Ajouter une couche › WMS/WMTS, avec l'adresse de la plateforme suivie de /wmts.",
            "For MapLibre or OpenLayers. In QGIS: Layer › Add Layer › WMS/WMTS, with the address of the platform followed by /wmts.",
        ),
        addresses: of(false),
    };
    [vector, pictures].into_iter().filter(|service| !service.addresses.is_empty()).collect()
}

async fn layer_view(call: &Call, layer: &Arc<Layer>, base: &str, lang: Lang) -> LayerView {
    let root = call.app.config.public_path();
    let file = |format: &&OutputFormat| Tag {
        href: format!("{root}/download/{}/{}.{}", layer.dataset.slug, layer.slug, format.extension),
        text: format.name.to_owned(),
    };
    LayerView {
        id: format!("layer-{}", layer.slug),
        title: layer.title.clone(),
        facts: format!(
            "{} · {} · {} · {}",
            layer.slug,
            format::contents(std::iter::once(&**layer), lang),
            format::kind(layer, lang),
            layer.crs.code()
        ),
        description: if layer.description == layer.dataset.description {
            String::new()
        } else {
            layer.description.clone()
        },
        map: None,
        styles: format!("{root}/styles/{}", layer.slug),
        tiles: format!("{root}/tiles/{}", layer.slug),
        files: output::ALL.iter().filter(|f| (f.suits)(layer)).map(file).collect(),
        columns_heading: format!(
            "{} {}",
            format::number(i64::try_from(layer.columns.len()).unwrap_or(i64::MAX), lang),
            if layer.columns.len() > 1 {
                lang.pick("colonnes", "columns")
            } else {
                lang.pick("colonne", "column")
            }
        ),
        columns: layer
            .columns
            .iter()
            .map(|c| ColumnView { name: c.name.clone(), kind: format::column(c.kind, lang) })
            .collect(),
        rows: rows(call, layer, base, lang).await,
    }
}

/// The first rows; `None` when the database can't give them now.
async fn rows(call: &Call, layer: &Arc<Layer>, base: &str, lang: Lang) -> Option<Vec<Row>> {
    let read = async {
        let stream = call.app.features.sample(layer, ROWS, call.deadline()).await?;
        stream.try_collect::<Vec<_>>().await
    };
    match read.await {
        Ok(features) => Some(
            features
                .iter()
                .map(|feature| Row {
                    fid: feature.fid(),
                    href: format!("{base}/ogc/collections/{}/items/{}", layer.slug, feature.fid()),
                    cells: feature
                        .values()
                        .iter()
                        .zip(&layer.columns)
                        .map(|(value, column)| Cell {
                            text: format::value(value, lang),
                            number: column.kind.is_numeric(),
                        })
                        .collect(),
                })
                .collect(),
        ),
        Err(error) => {
            tracing::warn!(%error, layer = %layer.slug, "the first rows could not be read");
            None
        }
    }
}
