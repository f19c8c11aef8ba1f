//! Where a dataset of the platform can be had: services, tiles, files and its page.

use super::QUERY;
use super::facts::{Facts, LayerFacts};
use crate::catalogue::iso::INSPIRE;
use crate::catalogue::record::{Format, Link, LinkKind, Term};
use percent_encoding::utf8_percent_encode;

/// Formats on offer: of features, and of the tiles that archives have.
pub(super) fn formats(facts: &Facts) -> Vec<Format> {
    let format = |name: &str, version: &str, media_type: &str| Format {
        name: name.to_owned(),
        version: Some(version.to_owned()),
        media_type: Some(media_type.to_owned()),
    };
    let tiles = || format("Mapbox Vector Tile", "2.1", "application/vnd.mapbox-vector-tile");
    let mut formats = Vec::new();
    if facts.layers.is_empty() || facts.layers.iter().any(|layer| layer.tiles.is_none()) {
        formats.extend([
            format("GeoJSON", "RFC 7946", "application/geo+json"),
            format("GML", "3.2", "application/gml+xml"),
            format("GeoPackage", "1.2", "application/geopackage+sqlite3"),
            tiles(),
        ]);
    }
    for name in facts.layers.iter().filter_map(|layer| layer.tiles.as_deref()) {
        let found = match name {
            "png" => format("PNG", "ISO/IEC 15948", "image/png"),
            "jpeg" => format("JPEG", "ISO/IEC 10918-1", "image/jpeg"),
            "webp" => format("WebP", "RFC 9649", "image/webp"),
            _ => tiles(),
        };
        if !formats.contains(&found) {
            formats.push(found);
        }
    }
    formats
}

/// All links, layer by layer, the page last.
pub(super) fn links(facts: &Facts, base: &str) -> Vec<Link> {
    let mut all = Vec::new();
    for layer in &facts.layers {
        of_layer(&mut all, facts, layer, base);
    }
    let page = format!("{base}/datasets/{}", facts.slug);
    all.push(link(LinkKind::Page, page, &facts.slug, &facts.title));
    all
}

fn of_layer(all: &mut Vec<Link>, facts: &Facts, layer: &LayerFacts, base: &str) {
    let slug = &layer.slug;
    let title = if facts.layers.len() > 1 { &layer.title } else { &facts.title };
    let mut add = |kind: LinkKind, name: &str, url: String| {
        all.push(Link { layer: Some(slug.clone()), ..link(kind, url, name, title) });
    };
    if layer.tiles.is_some() {
        add(LinkKind::TileJson, slug, format!("{base}/tiles/{slug}.json"));
        return;
    }
    let service = format!("{base}/dataset/{}", facts.slug);
    let type_name = utf8_percent_encode(&layer.type_name, QUERY);
    let get_feature = format!(
        "{base}/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES={type_name}&OUTPUTFORMAT="
    );
    add(LinkKind::Wms, slug, format!("{service}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"));
    let wfs = format!("{service}/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetCapabilities");
    add(LinkKind::Wfs, &layer.type_name, wfs);
    add(LinkKind::OgcApiFeatures, slug, format!("{base}/ogc/collections/{slug}"));
    add(LinkKind::TileJson, slug, format!("{base}/tiles/{slug}.json"));
    add(LinkKind::MapLibreStyle, slug, format!("{base}/styles/{slug}/default.json"));
    add(LinkKind::GeoJson, slug, format!("{get_feature}application%2Fjson"));
    add(LinkKind::Gml, slug, format!("{get_feature}application%2Fgml%2Bxml%3B+version%3D3.2"));
    add(LinkKind::GeoPackage, slug, format!("{base}/download/{}/{slug}.gpkg", facts.slug));
}

/// A link of the platform as catalogues write it.
pub(super) fn link(kind: LinkKind, url: String, name: &str, title: &str) -> Link {
    let service = kind.service();
    Link {
        kind: Some(kind),
        url,
        protocol: Some(Term {
            text: kind.protocol().to_owned(),
            uri: service.map(|(register, _)| register.to_owned()),
        }),
        profile: service.map(|(_, inspire)| {
            Term::with_uri(inspire, format!("{INSPIRE}/SpatialDataServiceType/{inspire}"))
        }),
        name: Some(name.to_owned()),
        description: Some(format!("{title} : {}", label(kind))),
        function: Some(kind.function().to_owned()),
        media_type: Some(kind.media_type().to_owned()),
        format: format_name(kind).map(str::to_owned),
        ..Link::default()
    }
}

const fn format_name(kind: LinkKind) -> Option<&'static str> {
    match kind {
        LinkKind::GeoJson | LinkKind::OgcApiFeatures => Some("GeoJSON"),
        LinkKind::Gml => Some("GML"),
        LinkKind::GeoPackage => Some("GeoPackage"),
        _ => None,
    }
}

const fn label(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Wms => "carte (WMS)",
        LinkKind::Wfs => "entités (WFS)",
        LinkKind::Csw => "catalogue (CSW)",
        LinkKind::OgcApiFeatures => "entités (OGC API Features)",
        LinkKind::TileJson => "tuiles vectorielles (TileJSON)",
        LinkKind::MapLibreStyle => "style MapLibre",
        LinkKind::GeoJson => "fichier GeoJSON",
        LinkKind::Gml => "fichier GML",
        LinkKind::GeoPackage => "fichier GeoPackage",
        LinkKind::Page => "page du jeu de données",
    }
}
