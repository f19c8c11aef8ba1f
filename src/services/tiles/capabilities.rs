//! TileJSON 3.0 from stored facts.

use super::request::Choice;
use crate::config::PointRule;
use crate::formats::mvt::{self, CLUSTER, POINT_COUNT};
use crate::geo::BBox;
use crate::model::{ColumnType, Layer};
use crate::services::edge::Call;
use crate::tiles::{MAX_USEFUL_ZOOM, THINNED_BELOW_ZOOM, TileLayer};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// North and south end of Web Mercator's square.
const MERCATOR_LATITUDE: f64 = 85.051_128_779_806_59;

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
    let extent = layers.iter().filter_map(|l| l.extent_lonlat).reduce(|a, b| a.union(&b));
    if let Some(extent) = extent {
        let bounds = BBox::new(
            extent.min_x.max(-180.0),
            extent.min_y.clamp(-MERCATOR_LATITUDE, MERCATOR_LATITUDE),
            extent.max_x.min(180.0),
            extent.max_y.clamp(-MERCATOR_LATITUDE, MERCATOR_LATITUDE),
        );
        document.insert("bounds".into(), json!(bounds));
        document.insert("center".into(), json!(center(&bounds)));
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
        Some(0) if is_clustered(call, layer) => {
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
    if is_clustered(call, layer) {
        told["count"] = json!(POINT_COUNT);
    }
    if let Some(names) = call.app.config.overviews.attributes(&layer.slug) {
        told["attributes"] = json!(names);
    }
    told
}

/// Whether the layer's points are counted where not all are shown.
fn is_clustered(call: &Call, layer: &Layer) -> bool {
    layer.geometry.dimension() == Some(0)
        && call.app.config.overviews.of(&layer.slug).points == PointRule::Cluster
}

fn vector_layer(call: &Call, shown: &TileLayer) -> Value {
    let layer = &shown.layer;
    let is_chosen = |name: &String| shown.content.columns.as_ref().is_none_or(|all| all.contains(name));
    let mut fields: Map<String, Value> = layer
        .columns
        .iter()
        .filter(|c| mvt::encodes(c) && is_chosen(&c.name))
        .map(|c| (c.name.clone(), json!(field_type(c.kind))))
        .collect();
    if is_clustered(call, layer) {
        fields.insert(CLUSTER.into(), json!("Boolean"));
        fields.insert(POINT_COUNT.into(), json!("Number"));
    }
    json!({
        "id": layer.slug,
        "description": layer.title,
        "minzoom": 0,
        "maxzoom": MAX_USEFUL_ZOOM,
        "fields": fields,
        "datasud:generalised": generalised(call, layer),
    })
}

const fn field_type(kind: ColumnType) -> &'static str {
    if kind.is_numeric() {
        "Number"
    } else if matches!(kind, ColumnType::Boolean) {
        "Boolean"
    } else {
        "String"
    }
}

/// Who to name on the map. Viewers take it for HTML, so that nothing in it may be markup.
fn attribution(layers: &[Arc<Layer>]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for layer in layers {
        let owner = &layer.dataset.organisation.title;
        let text = match &layer.dataset.licence {
            Some(licence) => format!("© {owner}, {licence}"),
            None => format!("© {owner}"),
        };
        let safe = quick_xml::escape::escape(&text).into_owned();
        if !parts.contains(&safe) {
            parts.push(safe);
        }
    }
    parts.join(" | ")
}

/// The middle and the zoom at which the box fills about one tile of 512 pixels.
fn center(bounds: &BBox) -> [f64; 3] {
    let [longitude, latitude] = bounds.centre();
    let span = bounds.width().max(bounds.height() * 1.4).max(1e-6);
    let zoom = (360.0 / span).log2().floor().clamp(0.0, f64::from(MAX_USEFUL_ZOOM));
    [longitude, latitude, zoom]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_center_shows_the_whole_box() {
        assert_eq!(center(&BBox::new(-180.0, -85.0, 180.0, 85.0)), [0.0, 0.0, 0.0]);
        assert_eq!(center(&BBox::new(4.0, 43.0, 7.0, 45.0))[2], 6.0);
        assert_eq!(center(&BBox::new(5.0, 43.0, 5.0, 43.0))[2], f64::from(MAX_USEFUL_ZOOM));
    }

    #[test]
    fn every_column_type_has_a_field_type() {
        assert_eq!(field_type(ColumnType::Decimal), "Number");
        assert_eq!(field_type(ColumnType::Boolean), "Boolean");
        assert_eq!(field_type(ColumnType::Timestamp), "String");
    }
}
