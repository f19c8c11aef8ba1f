//! TileJSON 3.0 from stored facts.

use super::request::Choice;
use crate::config::PointRule;
use crate::formats::mvt::POINT_COUNT;
use crate::model::Layer;
use crate::services::edge::Call;
use crate::tiles::{
    MAX_USEFUL_ZOOM, THINNED_BELOW_ZOOM, TileLayer, attribution, bounds, center, fields, is_clustered,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The document of a tile set of these layers, of which something may be chosen.
pub(super) fn build(call: &Call, layers: &[Arc<Layer>], choice: &Choice) -> Value {
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
    let address = call.url(&format!("/tiles/{}/{{z}}/{{x}}/{{y}}.mvt{}", slugs.join(","), choice.query));
    document.insert("tiles".into(), json!([address]));
    document.insert("minzoom".into(), json!(0));
    document.insert("maxzoom".into(), json!(MAX_USEFUL_ZOOM));
    if let Some(bounds) = bounds(layers) {
        document.insert("bounds".into(), json!(bounds));
        document.insert("center".into(), json!(center(&bounds, MAX_USEFUL_ZOOM)));
    }
    let described: Vec<Value> = choice.layers.iter().map(|shown| vector_layer(call, shown)).collect();
    document.insert("vector_layers".into(), json!(described));
    Value::Object(document)
}

/// What is left out of tiles, and by which rule.
fn generalised(call: &Call, layer: &Layer) -> Value {
    let rules = call.app.config.overviews.of(&layer.slug);
    let ranked = rules.rank.filter(|r| layer.column(r).is_some_and(|c| c.kind.is_numeric()));
    let has_overviews = !layer.overviews.bands.is_empty();
    let smaller = match layer.geometry.dimension() {
        Some(0) if rules.points == PointRule::All => "nothing",
        Some(0) if is_clustered(layer, &call.app.config.overviews) => {
            "points in an eighth of a tile's side become one that tells their number"
        }
        Some(0) if has_overviews => "one point stays of those in a pixel",
        Some(1) if has_overviews => "one line stays of those in a pixel that are shorter than it",
        Some(0 | 1) => "nothing",
        _ => "polygons smaller than a pixel are merged, or drawn in a selection that covers as much",
    };
    let mut told = json!({
        "completeFromZoom": THINNED_BELOW_ZOOM,
        "smaller": smaller,
        "kilobytes": call.app.config.limits.tile_kilobytes,
        "rank": ranked.unwrap_or_else(|| "size".to_owned()),
    });
    if is_clustered(layer, &call.app.config.overviews) {
        told["count"] = json!(POINT_COUNT);
    }
    if let Some(names) = call.app.config.overviews.attributes(&layer.slug) {
        told["attributes"] = json!(names);
    }
    told
}

fn vector_layer(call: &Call, shown: &TileLayer) -> Value {
    let layer = &shown.layer;
    let fields = fields(layer, &call.app.config.overviews, shown.content.columns.as_deref());
    json!({
        "id": layer.slug,
        "description": layer.title,
        "minzoom": 0,
        "maxzoom": MAX_USEFUL_ZOOM,
        "fields": fields,
        "datasud:generalised": generalised(call, layer),
    })
}
