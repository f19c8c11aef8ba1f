//! A layer for the tests of writers.

use crate::model::{ColumnType, GeometryType, Layer, sample};

/// Points in EPSG:2154.
pub(super) fn layer(slug: &str, columns: &[(&str, ColumnType)]) -> Layer {
    Layer {
        title: "Même titre = \"été\"".into(),
        description: "Résumé".into(),
        ..sample::layer(slug, GeometryType::Point, 2154, columns)
    }
}
