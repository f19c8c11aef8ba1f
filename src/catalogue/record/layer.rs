//! Layers of a dataset that is published here.

use crate::geo::BBox;
use serde::{Deserialize, Serialize};

/// A layer as its record tells of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordLayer {
    /// Name in every service.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// Name of the feature type with its prefix.
    pub type_name: String,
    /// Geometry type as the standards name it; `Tiles` for an archive of tiles.
    pub geometry: String,
    /// System of the data, `EPSG:2154`.
    pub crs: String,
    /// West, south, east, north in degrees.
    pub extent: Option<BBox>,
    /// Number of features, or of images.
    pub features: i64,
    /// Whether it is made of images.
    pub is_raster: bool,
    /// What its tiles are, where it is an archive of them: `mvt`, `png`, `jpeg`, `webp`.
    pub tiles: Option<String>,
    /// Attributes in their order.
    pub columns: Vec<LayerColumn>,
}

/// An attribute of a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayerColumn {
    /// Name.
    pub name: String,
    /// Type as XML Schema names it: `string`, `int`, `dateTime`.
    pub datatype: String,
}
