//! What the archive says of itself: the same as the TileJSON of its layers.

use super::super::Order;
use crate::config::OverviewConfig;
use crate::formats::archive::{ArchiveInfo, TileFormat};
use crate::geo::BBox;
use crate::model::Layer;
use crate::tiles::{attribution, bounds, center, fields};
use serde_json::json;
use std::sync::Arc;

/// What is said of an archive of these layers.
pub(super) fn of(
    layers: &[Arc<Layer>],
    order: &Order,
    format: TileFormat,
    overviews: &OverviewConfig,
) -> ArchiveInfo {
    let zoom = |level: usize| u8::try_from(level).unwrap_or(u8::MAX);
    let zooms = order.all_zooms();
    let [first, last] = [zoom(zooms.first), zoom(zooms.last)];
    let all = bounds(layers).unwrap_or(BBox::new(-180.0, -85.0, 180.0, 85.0));
    let bounds = order.area.as_ref().and_then(|area| all.intersection(&area.bbox())).unwrap_or(all);
    let [longitude, latitude, at] = center(&bounds, last);
    let (description, version) = match layers {
        [layer] => (layer.description.clone(), layer.dataset.version),
        _ => (String::new(), layers.iter().map(|l| l.dataset.version).max().unwrap_or(1)),
    };
    let titles: Vec<&str> = layers.iter().map(|l| l.title.as_str()).collect();
    let vector_layers = layers.iter().map(|layer| {
        json!({
            "id": layer.slug,
            "description": layer.title,
            "minzoom": first,
            "maxzoom": last,
            "fields": fields(layer, overviews, None),
        })
    });
    ArchiveInfo {
        name: titles.join(", "),
        description,
        attribution: attribution(layers),
        version: format!("{version}.0.0"),
        format,
        zooms: [first, last],
        bounds: bounds.into(),
        center: [longitude, latitude, at.max(f64::from(first))],
        vector_layers: if format == TileFormat::Mvt { vector_layers.collect() } else { Vec::new() },
    }
}
