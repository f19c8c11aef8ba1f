//! Styles that QGIS saves in a GeoPackage beside the data: the table `layer_styles`.

use super::ogr;
use gdal::vector::{Feature, Layer, LayerAccess};
use std::collections::HashMap;

/// The table.
pub(super) const TABLE: &str = "layer_styles";
/// Longest style that is taken, in bytes: far beyond any that was made by hand.
const LONGEST: usize = 4 << 20;
/// Styles that are looked at.
const MOST: usize = 1_000;

/// The style of each table of the file: the one that is marked as default, else the first.
pub(super) fn read(layer: &mut Layer<'_>) -> HashMap<String, String> {
    let mut found: HashMap<String, (bool, String)> = HashMap::new();
    for feature in layer.features().take(MOST) {
        let filled = |name: &str| text(&feature, name).filter(|t| !t.trim().is_empty() && t.len() <= LONGEST);
        let Some(table) = filled("f_table_name") else { continue };
        let Some(style) = filled("styleQML").or_else(|| filled("styleSLD")) else { continue };
        let is_default = text(&feature, "useAsDefault").is_some_and(|v| matches!(v.as_str(), "1" | "true"));
        match found.get(&table) {
            Some((known_default, _)) if *known_default || !is_default => {}
            _ => {
                found.insert(table, (is_default, style));
            }
        }
    }
    // What GDAL says of this table is no word on the data.
    ogr::take_messages();
    found.into_iter().map(|(table, (_, style))| (table, style)).collect()
}

fn text(feature: &Feature<'_>, name: &str) -> Option<String> {
    let index = feature.field_index(name).ok()?;
    feature.field_as_string(index).ok().flatten()
}
