//! Lines of code that put a layer's tiles on a map in a web page.

use crate::model::Layer;
use crate::services::edge::Call;

/// Code for one library.
pub(super) struct Snippet {
    /// The library.
    pub(super) name: &'static str,
    /// JavaScript.
    pub(super) code: String,
}

/// Code for the usual libraries.
pub(super) fn snippets(call: &Call, layer: &Layer) -> Vec<Snippet> {
    let slug = &layer.slug;
    let (style, tiles) = (
        call.url(&format!("/styles/{slug}/default.json")),
        call.url(&format!("/tiles/{slug}/{{z}}/{{x}}/{{y}}.mvt")),
    );
    let pictures =
        call.url(&format!("/ogc/collections/{slug}/map/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}?f=png"));
    let [longitude, latitude] = layer.extent_lonlat.map_or([0.0, 0.0], |extent| extent.centre());
    let (longitude, latitude) = (format!("{longitude:.4}"), format!("{latitude:.4}"));
    // Of images, vector tiles have the outlines alone.
    let source = if layer.coverage.is_some() {
        format!("ol.layer.Tile({{\n  source: new ol.source.XYZ({{ url: '{pictures}' }}),\n}})")
    } else {
        format!(
            "ol.layer.VectorTile({{\n  source: new ol.source.VectorTile({{\n    format: new ol.format.MVT({{ idProperty: 'fid' }}),\n    url: '{tiles}',\n    maxZoom: 16,\n  }}),\n}})"
        )
    };
    vec![
        Snippet {
            name: "MapLibre GL JS",
            code: format!(
                "const map = new maplibregl.Map({{\n  container: 'map',\n  style: '{style}',\n  center: [{longitude}, {latitude}],\n  zoom: 9,\n}})"
            ),
        },
        Snippet {
            name: "OpenLayers",
            code: format!(
                "const tiles = new {source}\nnew ol.Map({{\n  target: 'map',\n  layers: [tiles],\n  view: new ol.View({{ center: ol.proj.fromLonLat([{longitude}, {latitude}]), zoom: 10 }}),\n}})"
            ),
        },
        Snippet {
            name: "Leaflet",
            code: format!(
                "const map = L.map('map').setView([{latitude}, {longitude}], 10)\nL.tileLayer('{pictures}', {{ maxZoom: 19 }}).addTo(map)"
            ),
        },
    ]
}
