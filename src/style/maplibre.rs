//! From the style model to a MapLibre style document (MapLibre Style Specification, version 8).
//!
//! What MapLibre can't do is not passed over in silence: a rule whose condition can't be written as an
//! expression is left out and named, a mark that is drawn as something else is named, both in the
//! document's `metadata` under `datasud:left-out` and `datasud:approximated`.

mod computed;
mod expression;
mod layers;
mod reader;

use super::Style;
use crate::model::Layer;
pub use reader::parse;
use serde_json::{Value, json};

/// Scale denominator of zoom 0: tiles of 512 pixels of 0.28 millimetres around the equator of
/// EPSG:3857. Denominators of maps in that system are reckoned the same way.
const DENOMINATOR_AT_ZOOM_0: f64 = 279_541_132.014_358_76;

/// The document that draws a layer as `style` says, from the TileJSON at `tilejson`.
#[must_use]
pub fn write(style: &Style, layer: &Layer, title: &str, tilejson: &str) -> Value {
    let drawn = layers::write(style, layer);
    let mut metadata = serde_json::Map::new();
    for (key, notes) in [
        ("datasud:left-out", &drawn.left_out),
        ("datasud:approximated", &drawn.approximated),
        ("datasud:notes", &style.notes),
    ] {
        if !notes.is_empty() {
            metadata.insert(key.to_owned(), json!(notes));
        }
    }
    let mut sources = serde_json::Map::new();
    sources.insert(layer.slug.clone(), json!({ "type": "vector", "url": tilejson }));
    if let (Some(_), Some(server)) =
        (&layer.coverage, tilejson.strip_suffix(&format!("/tiles/{}.json", layer.slug)))
    {
        let tiles = format!(
            "{server}/ogc/collections/{}/map/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}?f=png",
            layer.slug
        );
        sources.insert(
            layers::image_source(&layer.slug),
            json!({ "type": "raster", "tiles": [tiles], "tileSize": 256 }),
        );
    }
    json!({
        "version": 8,
        "name": title,
        "metadata": metadata,
        "sources": sources,
        "layers": drawn.layers,
    })
}

/// The zoom of a scale denominator.
fn zoom(denominator: f64) -> f64 {
    let zoom = (DENOMINATOR_AT_ZOOM_0 / denominator).log2().clamp(0.0, 24.0);
    // Digits beyond this are noise.
    (zoom * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests;
