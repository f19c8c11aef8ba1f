//! The query engine over a real PostGIS.

// Helpers outside of #[test] functions may fail a test too.
#![allow(clippy::expect_used, clippy::panic)]

mod counting;
mod differential;
mod engine;
mod paging;
mod places;

use datasud::features::{FeatureEngine, FeatureError, Query};
use datasud::geo::Crs;
use datasud::model::{Column, ColumnType, Dataset, Extents, GeometryType, Layer, Organisation, Visibility};
use datasud::store::Deadline;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;

/// A layer over a table of schema `data` that the test makes itself.
pub(super) fn layer(
    table: &str,
    geometry: GeometryType,
    srid: i32,
    columns: &[(&str, ColumnType)],
    features: i64,
) -> Arc<Layer> {
    let now = chrono::Utc::now();
    let organisation = Organisation {
        id: 1,
        slug: "crige".into(),
        title: "CRIGE".into(),
        prefix: "crige".into(),
        namespace: "http://crige.example/ns".into(),
        email: None,
    };
    let dataset = Dataset {
        id: 1,
        slug: table.to_owned(),
        title: table.to_owned(),
        description: String::new(),
        organisation: Arc::new(organisation),
        licence: None,
        keywords: Vec::new(),
        visibility: Visibility::Public,
        version: 1,
        record: uuid::Uuid::nil(),
        created: now,
        updated: now,
    };
    let column = |(name, kind): &(&str, ColumnType)| Column::new(*name, *kind);
    Arc::new(Layer {
        extents: Extents::default(),
        id: 1,
        slug: table.to_owned(),
        title: table.to_owned(),
        description: String::new(),
        dataset: Arc::new(dataset),
        table: table.to_owned(),
        geometry,
        has_z: false,
        has_m: false,
        crs: Crs::from_epsg(srid).expect("known system"),
        columns: columns.iter().map(column).collect(),
        extent: None,
        extent_lonlat: None,
        features,
        generation: 1,
        gml: datasud::model::GmlProfile::default(),
        coverage: None,
        dimensions: Vec::new(),
        overviews: datasud::model::Overviews::default(),
        styles: Vec::new(),
        updated: now,
    })
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(120))
}

/// Identifiers in the order they come.
pub(super) async fn fids(engine: &FeatureEngine, query: &Query) -> Result<Vec<i64>, FeatureError> {
    let mut stream = engine.stream(query, soon()).await?;
    let mut fids = Vec::new();
    while let Some(feature) = stream.next().await {
        fids.push(feature?.fid());
    }
    Ok(fids)
}
