//! What is said of a set of vector tiles, wherever it is said: TileJSON, archives.

use crate::config::{OverviewConfig, PointRule};
use crate::formats::mvt::{self, CLUSTER, POINT_COUNT};
use crate::geo::BBox;
use crate::model::{ColumnType, Dataset, Layer};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// North and south end of Web Mercator's square, in degrees.
const MERCATOR_LATITUDE: f64 = 85.051_128_779_806_59;

/// The box around layers in longitude and latitude, no further than Web Mercator reaches; `None` for layers without features.
#[must_use]
pub fn bounds(layers: &[Arc<Layer>]) -> Option<BBox> {
    let extent = layers.iter().filter_map(|l| l.extent_lonlat).reduce(|a, b| a.union(&b))?;
    Some(BBox::new(
        extent.min_x.max(-180.0),
        extent.min_y.clamp(-MERCATOR_LATITUDE, MERCATOR_LATITUDE),
        extent.max_x.min(180.0),
        extent.max_y.clamp(-MERCATOR_LATITUDE, MERCATOR_LATITUDE),
    ))
}

/// Longitude, latitude and the zoom, `last` at most, at which a box fills about one tile of 512 pixels.
#[must_use]
pub fn center(bounds: &BBox, last: u8) -> [f64; 3] {
    let [longitude, latitude] = bounds.centre();
    let span = bounds.width().max(bounds.height() * 1.4).max(1e-6);
    let zoom = (360.0 / span).log2().floor().clamp(0.0, f64::from(last));
    [longitude, latitude, zoom]
}

/// Whether the points of a layer are counted where not all are shown.
#[must_use]
pub fn is_clustered(layer: &Layer, overviews: &OverviewConfig) -> bool {
    layer.geometry.dimension() == Some(0) && overviews.of(&layer.slug).points == PointRule::Cluster
}

/// The attributes of a layer's tiles with their types, as TileJSON 3.0 (section 3.3.2) names them: all, or those of `chosen`.
#[must_use]
pub fn fields(layer: &Layer, overviews: &OverviewConfig, chosen: Option<&[String]>) -> Map<String, Value> {
    let is_chosen = |name: &String| chosen.is_none_or(|all| all.contains(name));
    let columns = layer.columns.iter().filter(|c| mvt::encodes(c) && is_chosen(&c.name));
    let mut fields: Map<String, Value> =
        columns.map(|c| (c.name.clone(), json!(field_type(c.kind)))).collect();
    if is_clustered(layer, overviews) {
        fields.insert(CLUSTER.into(), json!("Boolean"));
        fields.insert(POINT_COUNT.into(), json!("Number"));
    }
    fields
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
#[must_use]
pub fn attribution(layers: &[Arc<Layer>]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for layer in layers {
        let safe = credit(&layer.dataset);
        if !parts.contains(&safe) {
            parts.push(safe);
        }
    }
    parts.join(" | ")
}

/// Who to name for a dataset, as [`attribution`] does.
#[must_use]
pub fn credit(dataset: &Dataset) -> String {
    let owner = &dataset.organisation.title;
    let text = match &dataset.licence {
        Some(licence) => format!("© {owner}, {licence}"),
        None => format!("© {owner}"),
    };
    quick_xml::escape::escape(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiles::MAX_USEFUL_ZOOM;

    #[test]
    fn the_center_shows_the_whole_box() {
        let of = |bbox| center(&bbox, MAX_USEFUL_ZOOM);
        assert_eq!(of(BBox::new(-180.0, -85.0, 180.0, 85.0)), [0.0, 0.0, 0.0]);
        assert_eq!(of(BBox::new(4.0, 43.0, 7.0, 45.0))[2], 6.0);
        assert_eq!(of(BBox::new(5.0, 43.0, 5.0, 43.0))[2], f64::from(MAX_USEFUL_ZOOM));
        assert_eq!(center(&BBox::new(4.0, 43.0, 7.0, 45.0), 3)[2], 3.0);
    }

    #[test]
    fn every_column_type_has_a_field_type() {
        assert_eq!(field_type(ColumnType::Decimal), "Number");
        assert_eq!(field_type(ColumnType::Boolean), "Boolean");
        assert_eq!(field_type(ColumnType::Timestamp), "String");
    }
}
