//! Where: options that `seed` and `truncate` share.

use crate::config::Config;
use crate::features::FeatureEngine;
use crate::geo::BBox;
use crate::jobs::{self, Area, features_area};
use crate::publish::Snapshot;
use crate::store::Store;
use std::error::Error;
use std::path::PathBuf;

/// Where tiles are made or deleted; everywhere without any of these.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct AreaArgs {
    /// Only this box in degrees: west,south,east,north
    #[arg(long, value_name = "BOX", value_parser = jobs::parse_box, allow_hyphen_values = true)]
    bbox: Option<BBox>,
    /// Only the polygons of this GeoJSON file
    #[arg(long, value_name = "FILE", conflicts_with = "bbox")]
    area: Option<PathBuf>,
    /// Only where this layer of polygons has features
    #[arg(long = "in", value_name = "LAYER", conflicts_with_all = ["bbox", "area"])]
    inside: Option<String>,
    /// Only those of them that meet a condition in CQL2, such as "code_insee = '13055'"
    #[arg(long = "where", value_name = "CONDITION", requires = "inside")]
    condition: Option<String>,
}

impl AreaArgs {
    /// The area; reads its file, or the features of its layer.
    pub(super) async fn area(
        &self,
        config: &Config,
        store: &Store,
        snapshot: &Snapshot,
    ) -> Result<Option<Area>, Box<dyn Error>> {
        if let Some(bbox) = self.bbox {
            return Ok(Some(bbox.into()));
        }
        if let Some(path) = &self.area {
            let name = path.display();
            let size = std::fs::metadata(path).map_err(|error| format!("{name}: {error}"))?.len();
            let most = config.limits.body_bytes;
            if size > most as u64 {
                return Err(format!("{name} has {size} bytes; {most} are the most (body-bytes)").into());
            }
            let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
            let area = Area::from_geojson(&text, config.limits.filter_positions);
            return Ok(Some(area.map_err(|error| format!("{name}: {error}"))?));
        }
        let Some(name) = &self.inside else { return Ok(None) };
        let layers = jobs::layers(snapshot, std::slice::from_ref(name))?;
        let Some(layer) = layers.first() else { return Ok(None) };
        let engine = FeatureEngine::new(store.clone(), &config.limits);
        Ok(Some(features_area(&engine, layer, self.condition.as_deref(), &config.limits).await?))
    }
}
