//! From the style model to a MapLibre style document (MapLibre Style Specification, version 8).
//!
//! What MapLibre can't do is not passed over in silence: a rule whose condition can't be written as an
//! expression is left out and named, a mark that is drawn as something else is named, both in the
//! document's `metadata` under `datasud:left-out` and `datasud:approximated`.

mod computed;
mod expression;
mod fields;
mod icons;
mod layers;
mod reader;

use super::Style;
use crate::model::Layer;
pub use icons::{Icon, IconContent};
pub use reader::parse;
use serde_json::{Value, json};

/// Scale denominator of zoom 0: tiles of 512 pixels of 0.28 millimetres around the equator of
/// EPSG:3857. Denominators of maps in that system are reckoned the same way.
const DENOMINATOR_AT_ZOOM_0: f64 = 279_541_132.014_358_76;

/// Absolute addresses that a document names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Addresses<'a> {
    /// TileJSON of the layer.
    pub tilejson: &'a str,
    /// Template of letters, with `{fontstack}` and `{range}`; without it viewers draw labels with fonts of their own.
    pub glyphs: Option<&'a str>,
    /// The style's sprite, without its ending; without it marks are circles and patterns are colours.
    pub sprite: Option<&'a str>,
}

/// What the sprite of a style has: each mark, picture and pattern that its document draws from there.
#[must_use]
pub fn icons(style: &Style, layer: &Layer) -> Vec<Icon> {
    layers::write(style, layer, true, true).icons
}

/// The document that draws a layer as `style` says.
#[must_use]
pub fn write(style: &Style, layer: &Layer, title: &str, addresses: Addresses<'_>) -> Value {
    let Addresses { tilejson, glyphs, sprite } = addresses;
    let drawn = layers::write(style, layer, sprite.is_some(), glyphs.is_some());
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
    let mut document = json!({ "version": 8, "name": title, "metadata": metadata });
    if let Some(sprite) = sprite.filter(|_| !drawn.icons.is_empty()) {
        document["sprite"] = json!(sprite);
    }
    if let Some(glyphs) = glyphs {
        document["glyphs"] = json!(glyphs);
    }
    document["sources"] = json!(sources);
    document["layers"] = json!(drawn.layers);
    document
}

/// The zoom of a scale denominator.
fn zoom(denominator: f64) -> f64 {
    let zoom = (DENOMINATOR_AT_ZOOM_0 / denominator).log2().clamp(0.0, 24.0);
    // Digits beyond this are noise.
    (zoom * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests;
