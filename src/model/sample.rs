//! Organisation, dataset and layer for tests of the rooms above: what a test is about it sets itself, by struct
//! update.

use super::{Column, ColumnType, Dataset, GeometryType, GmlProfile, Layer, Organisation, Visibility};
use crate::geo::Crs;
use chrono::DateTime;
use std::sync::Arc;

/// Dataset `d` of organisation `o`, public.
pub(crate) fn dataset() -> Dataset {
    let organisation = Organisation {
        id: 1,
        slug: "o".into(),
        title: "O".into(),
        prefix: "o".into(),
        namespace: "http://example.org/o".into(),
        email: None,
    };
    Dataset {
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
    }
}

/// A layer without features; its table is called like itself.
pub(crate) fn layer(slug: &str, geometry: GeometryType, srid: i32, columns: &[(&str, ColumnType)]) -> Layer {
    let column = |(name, kind): &(&str, ColumnType)| Column::new(*name, *kind);
    Layer {
        id: 1,
        slug: slug.to_owned(),
        title: slug.to_owned(),
        description: String::new(),
        dataset: Arc::new(dataset()),
        table: slug.to_owned(),
        geometry,
        has_z: false,
        has_m: false,
        crs: Crs::from_epsg(srid).expect("a system"),
        columns: columns.iter().map(column).collect(),
        extent: None,
        extent_lonlat: None,
        extents: super::Extents::default(),
        features: 0,
        generation: 1,
        gml: GmlProfile::default(),
        coverage: None,
        dimensions: Vec::new(),
        overviews: super::Overviews::default(),
        styles: Vec::new(),
        updated: DateTime::UNIX_EPOCH,
    }
}
