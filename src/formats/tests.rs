//! A layer for the tests of writers.

use crate::geo::Crs;
use crate::model::{Column, ColumnType, Dataset, GeometryType, Layer, Organisation, Visibility};
use chrono::DateTime;
use std::sync::Arc;

/// Points in EPSG:2154.
pub(super) fn layer(slug: &str, columns: &[(&str, ColumnType)]) -> Layer {
    let organisation = Organisation {
        id: 1,
        slug: "o".into(),
        title: "O".into(),
        prefix: "o".into(),
        namespace: "http://example.org/o".into(),
        email: None,
    };
    let dataset = Dataset {
        id: 1,
        slug: "d".into(),
        title: "D".into(),
        description: String::new(),
        organisation: Arc::new(organisation),
        licence: None,
        keywords: Vec::new(),
        visibility: Visibility::Public,
        version: 1,
        record: uuid::Uuid::nil(),
        created: DateTime::UNIX_EPOCH,
        updated: DateTime::UNIX_EPOCH,
    };
    let column = |(name, kind): &(&str, ColumnType)| Column {
        name: (*name).to_owned(),
        source_name: None,
        kind: *kind,
    };
    Layer {
        id: 1,
        slug: slug.to_owned(),
        title: "Même titre = \"été\"".into(),
        description: "Résumé".into(),
        dataset: Arc::new(dataset),
        table: slug.to_owned(),
        geometry: GeometryType::Point,
        has_z: false,
        has_m: false,
        crs: Crs::from_epsg(2154).expect("2154"),
        columns: columns.iter().map(column).collect(),
        extent: None,
        extent_lonlat: None,
        features: 0,
        generation: 1,
        gml: crate::model::GmlProfile::default(),
        styles: Vec::new(),
        updated: DateTime::UNIX_EPOCH,
    }
}
