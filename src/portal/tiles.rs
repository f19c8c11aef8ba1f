//! `/tiles` and `/tiles/{layer}`: which layers there are as tiles, and a page to look at those of one, with the addresses and
//! the lines of code that a web map takes. Programs get the list as JSON, and TileJSON for a layer.

use super::assets::MAP_FOLDER;
use super::format;
use super::site::{Asked, Map, Policy, Site, map, varying};
use super::snippets::{Snippet, snippets};
use crate::access::Action;
use crate::formats::mvt;
use crate::model::{Lang, Layer};
use crate::publish::Snapshot;
use crate::services::edge::{Call, etag_matches, not_modified, with_etag};
use crate::tiles::is_offered;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "portal/tiles.html")]
struct List {
    lang: Lang,
    site: Site,
    layers: Vec<Entry>,
}

struct Entry {
    href: String,
    title: String,
    facts: String,
    tilejson: String,
}

#[derive(Template)]
#[template(path = "portal/tiles_layer.html")]
struct Page {
    lang: Lang,
    site: Site,
    title: String,
    list: String,
    dataset: [String; 2],
    /// A picture for browsers without JavaScript.
    picture: Option<Map>,
    /// Beginning of the absolute addresses in styles, and what stands for it on this page.
    public: String,
    /// West, south, east, north; empty where the layer has no place.
    bounds: String,
    styles: Vec<Style>,
    columns: Vec<Column>,
    addresses: Vec<Address>,
    grids: Vec<Grid>,
    snippets: Vec<Snippet>,
    /// Texts of the map, in the words of its library.
    words: String,
    map_folder: &'static str,
}

#[derive(Template)]
#[template(path = "portal/no_layer.html")]
struct Missing {
    lang: Lang,
    site: Site,
}

struct Style {
    title: String,
    address: String,
    is_default: bool,
}

struct Column {
    name: String,
    kind: &'static str,
}

struct Address {
    id: String,
    label: String,
    url: String,
}

struct Grid {
    id: String,
    title: String,
    crs: String,
    template: String,
    tilejson: String,
}

/// Layers of the scope, in the order of their titles.
fn visible(call: &Call, snapshot: &Snapshot) -> Vec<Arc<Layer>> {
    let mut layers: Vec<Arc<Layer>> = snapshot.visible_layers(&call.caller, &call.scope).cloned().collect();
    layers.sort_by(|a, b| a.title.cmp(&b.title).then_with(|| a.slug.cmp(&b.slug)));
    layers
}

/// `/tiles`
pub(super) async fn list(http: HttpRequest, call: Call) -> HttpResponse {
    let asked = Asked::read(&http, &call);
    let snapshot = call.app.registry.snapshot();
    if !snapshot.has_scope(&call.caller, &call.scope) {
        return missing(&http, &call, &asked, &snapshot);
    }
    if !asked.wants_page(&http) {
        return varying(document(&http, &call, &snapshot));
    }
    if let Some(known) = asked.known(&http, &call, &snapshot) {
        return varying(known);
    }
    let prefix = call.scope.prefix();
    let entry = |layer: Arc<Layer>| Entry {
        href: format!("{}{prefix}/tiles/{}{}", call.app.config.public_path(), layer.slug, asked.suffix()),
        title: layer.title.clone(),
        facts: format!(
            "{} · {} · {}",
            layer.slug,
            format::contents(std::iter::once(&*layer), asked.lang),
            format::kind(&layer, asked.lang)
        ),
        tilejson: call.url(&format!("/tiles/{}.json", layer.slug)),
    };
    let page = List {
        lang: asked.lang,
        site: asked.site(&http, &call),
        layers: visible(&call, &snapshot).into_iter().map(entry).collect(),
    };
    varying(asked.answer(&http, &call, &snapshot, StatusCode::OK, &page, Policy::Still))
}

/// The list for programs.
fn document(http: &HttpRequest, call: &Call, snapshot: &Snapshot) -> HttpResponse {
    let about = format!("{} {}", call.url("/tiles"), env!("CARGO_PKG_VERSION"));
    let hash = xxhash_rust::xxh3::xxh3_64(about.as_bytes());
    let etag = format!("\"tiles-{}-{hash:x}\"", snapshot.generation);
    if etag_matches(http, &etag) {
        return not_modified(&etag);
    }
    let entry = |layer: Arc<Layer>| {
        json!({
            "id": layer.slug,
            "title": layer.title,
            "tilejson": call.url(&format!("/tiles/{}.json", layer.slug)),
            "style": call.url(&format!("/styles/{}/default.json", layer.slug)),
            "page": call.url(&format!("/tiles/{}", layer.slug)),
        })
    };
    let layers: Vec<_> = visible(call, snapshot).into_iter().map(entry).collect();
    with_etag(&mut HttpResponse::Ok(), &etag)
        .content_type("application/json")
        .body(json!({ "layers": layers, "fonts": call.url("/fonts.json") }).to_string())
}

fn missing(http: &HttpRequest, call: &Call, asked: &Asked, snapshot: &Snapshot) -> HttpResponse {
    if !asked.wants_page(http) {
        let detail = format!("there is no such layer here; {} lists them", call.url("/tiles"));
        return crate::services::edge::problem(http, StatusCode::NOT_FOUND, &detail);
    }
    let page = Missing { lang: asked.lang, site: asked.site(http, call) };
    asked.answer(http, call, snapshot, StatusCode::NOT_FOUND, &page, Policy::Still)
}

/// `/tiles/{layer}`
pub(super) async fn layer(http: HttpRequest, call: Call, path: web::Path<LayerPath>) -> HttpResponse {
    let asked = Asked::read(&http, &call);
    let snapshot = call.app.registry.snapshot();
    let Some(layer) = snapshot.layer(&call.caller, Action::Read, &call.scope, &path.layer).cloned() else {
        return varying(missing(&http, &call, &asked, &snapshot));
    };
    if !asked.wants_page(&http) {
        let place = call.url(&format!("/tiles/{}.json", layer.slug));
        return varying(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish());
    }
    if let Some(known) = asked.known(&http, &call, &snapshot) {
        return varying(known);
    }
    let page = page(&http, &call, &asked, &layer);
    varying(asked.answer(&http, &call, &snapshot, StatusCode::OK, &page, Policy::Live))
}

/// Parts of a page's address.
#[derive(serde::Deserialize)]
pub(super) struct LayerPath {
    layer: String,
}

fn page(http: &HttpRequest, call: &Call, asked: &Asked, layer: &Arc<Layer>) -> Page {
    let (root, lang) = (call.app.config.public_path(), asked.lang);
    let scoped = format!("{root}{}", call.scope.prefix());
    let slug = &layer.slug;
    let style = |style: &crate::model::StyleInfo| Style {
        title: if style.title.is_empty() { style.name.clone() } else { style.title.clone() },
        address: format!("{scoped}/styles/{slug}/{}.json", super::site::encoded(&style.name)),
        is_default: style.is_default,
    };
    let mut styles: Vec<Style> = layer.styles.iter().map(style).collect();
    styles.sort_by_key(|style| !style.is_default);
    let bounds = layer.extent_lonlat.filter(crate::geo::BBox::is_valid).map(|b| {
        // Web Mercator ends before the poles.
        format!("{},{},{},{}", b.min_x.max(-180.0), b.min_y.max(-85.0), b.max_x.min(180.0), b.max_y.min(85.0))
    });
    Page {
        lang,
        site: asked.site(http, call),
        title: layer.title.clone(),
        list: format!("{scoped}/tiles{}", asked.suffix()),
        dataset: [
            format!("{root}/datasets/{}{}", layer.dataset.slug, asked.suffix()),
            layer.dataset.title.clone(),
        ],
        picture: map(&root, &[layer], &layer.title, 720.0, 480.0, lang),
        public: call.app.config.public_url(),
        bounds: bounds.unwrap_or_default(),
        styles,
        columns: layer
            .columns
            .iter()
            .filter(|column| mvt::encodes(column))
            .map(|column| Column { name: column.name.clone(), kind: format::column(column.kind, lang) })
            .collect(),
        addresses: addresses(call, layer, lang),
        grids: grids(call, layer),
        snippets: snippets(call, layer),
        words: words(lang),
        map_folder: MAP_FOLDER,
    }
}

fn addresses(call: &Call, layer: &Layer, lang: Lang) -> Vec<Address> {
    let slug = &layer.slug;
    [
        ("tilejson", "TileJSON", format!("/tiles/{slug}.json")),
        (
            "xyz",
            lang.pick("Tuiles vectorielles (XYZ)", "Vector tiles (XYZ)"),
            format!("/tiles/{slug}/{{z}}/{{x}}/{{y}}.mvt"),
        ),
        (
            "pictures",
            lang.pick("Images (XYZ)", "Pictures (XYZ)"),
            format!("/ogc/collections/{slug}/map/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}?f=png"),
        ),
        ("style", lang.pick("Style MapLibre", "MapLibre style"), format!("/styles/{slug}/default.json")),
        ("wmts", "WMTS", "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities".to_owned()),
        ("ogc", "OGC API Tiles", format!("/ogc/collections/{slug}/tiles")),
    ]
    .into_iter()
    .map(|(id, label, path)| Address {
        id: format!("to-{id}"),
        label: label.to_owned(),
        url: call.url(&path),
    })
    .collect()
}

/// The grids in which the layer lies.
fn grids(call: &Call, layer: &Arc<Layer>) -> Vec<Grid> {
    let layers = std::slice::from_ref(layer);
    let slug = &layer.slug;
    call.app
        .grids
        .iter()
        .filter(|grid| is_offered(layers, grid))
        .map(|grid| Grid {
            id: grid.id.clone(),
            title: grid.title.clone(),
            crs: grid.crs.crs.code(),
            template: call.url(&format!("/tiles/{slug}/{}/{{z}}/{{x}}/{{y}}.mvt", grid.id)),
            tilejson: call.url(&format!("/tiles/{slug}.json?tileMatrixSet={}", grid.id)),
        })
        .collect()
}

/// What the map's buttons are called.
fn words(lang: Lang) -> String {
    json!({
        "AttributionControl.ToggleAttribution": lang.pick("Afficher ou masquer les sources", "Toggle attribution"),
        "FullscreenControl.Enter": lang.pick("Plein écran", "Enter fullscreen"),
        "FullscreenControl.Exit": lang.pick("Quitter le plein écran", "Exit fullscreen"),
        "Map.Title": lang.pick("Carte", "Map"),
        "NavigationControl.ResetBearing": lang.pick("Remettre le nord en haut", "Reset bearing to north"),
        "NavigationControl.ZoomIn": lang.pick("Zoomer", "Zoom in"),
        "NavigationControl.ZoomOut": lang.pick("Dézoomer", "Zoom out"),
        "zoom": lang.pick("Zoom", "Zoom"),
        "broken": lang.pick("La carte ne peut pas être affichée", "The map can't be shown"),
        "none": lang.pick("Aucun objet à cet endroit.", "No feature at this place."),
        "missing": lang.pick("Votre navigateur ne permet pas d'afficher la carte (WebGL).", "Your browser can't show the map (WebGL)."),
    })
    .to_string()
}
