//! TileJSON 3.0 from stored facts.

use crate::model::Layer;
use crate::services::edge::Call;
use crate::tiles::{MAX_USEFUL_ZOOM, THINNED_BELOW_ZOOM, attribution, bounds, center, fields};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The document of a tile set of these layers.
pub(super) fn build(call: &Call, layers: &[Arc<Layer>]) -> Value {
    let slugs: Vec<&str> = layers.iter().map(|l| l.slug.as_str()).collect();
    let titles: Vec<&str> = layers.iter().map(|l| l.title.as_str()).collect();
    let mut document = Map::new();
    document.insert("tilejson".into(), json!("3.0.0"));
    document.insert("name".into(), json!(titles.join(", ")));
    if let [layer] = layers {
        if !layer.description.is_empty() {
            document.insert("description".into(), json!(layer.description));
        }
        document.insert("version".into(), json!(format!("{}.0.0", layer.dataset.version)));
    }
    document.insert("attribution".into(), json!(attribution(layers)));
    document.insert("scheme".into(), json!("xyz"));
    let address = call.url(&format!("/tiles/{}/{{z}}/{{x}}/{{y}}.mvt", slugs.join(",")));
    document.insert("tiles".into(), json!([address]));
    document.insert("minzoom".into(), json!(0));
    document.insert("maxzoom".into(), json!(MAX_USEFUL_ZOOM));
    if let Some(bounds) = bounds(layers) {
        document.insert("bounds".into(), json!(bounds));
        document.insert("center".into(), json!(center(&bounds, MAX_USEFUL_ZOOM)));
    }
    let described: Vec<Value> = layers.iter().map(|l| vector_layer(call, l)).collect();
    document.insert("vector_layers".into(), json!(described));
    Value::Object(document)
}

/// What is left out of tiles, and by which rule.
fn generalised(call: &Call, layer: &Layer) -> Value {
    let rules = call.app.config.overviews.of(&layer.slug);
    let ranked = rules.rank.filter(|r| layer.column(r).is_some_and(|c| c.kind.is_numeric()));
    let has_overviews = !layer.overviews.bands.is_empty();
    let smaller = match layer.geometry.dimension() {
        Some(0) if has_overviews => "one point stays of those in a pixel",
        Some(1) if has_overviews => "one line stays of those in a pixel that are shorter than it",
        Some(0 | 1) => "nothing",
        _ => "polygons smaller than a pixel are merged, or drawn in a selection that covers as much",
    };
    json!({
        "completeFromZoom": THINNED_BELOW_ZOOM,
        "smaller": smaller,
        "kilobytes": call.app.config.limits.tile_kilobytes,
        "rank": ranked.unwrap_or_else(|| "size".to_owned()),
    })
}

fn vector_layer(call: &Call, layer: &Layer) -> Value {
    json!({
        "id": layer.slug,
        "description": layer.title,
        "minzoom": 0,
        "maxzoom": MAX_USEFUL_ZOOM,
        "fields": fields(layer),
        "datasud:generalised": generalised(call, layer),
    })
}
