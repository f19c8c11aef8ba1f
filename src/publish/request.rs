//! What is asked of the publisher and what it answers.

use super::Snapshot;
use crate::catalogue::DescriptionForm;
use crate::geo::BBox;
use crate::ingest::Finding;
use crate::model::{ArchiveLayer, Dataset, DimensionInfo, GeometryName, GmlProfile, Layer, Slug};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use uuid::Uuid;

/// What to do when the dataset's name is already published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// Refuse: nothing is replaced by accident.
    #[default]
    Refuse,
    /// Put the new data in its place. The same files again, with nobody's edits since, change nothing.
    Replace,
    /// Replace only when the files differ from those that were loaded: edits made since stay.
    ReplaceChanged,
}

/// Files to publish as one dataset, in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files or folders; their layers make one dataset.
    pub files: Vec<PathBuf>,
    /// Publisher, by slug or by title; created when nobody has that name yet.
    pub organisation: Option<String>,
    /// Slug of the dataset; made from the title or the file's name when absent.
    pub dataset: Option<Slug>,
    /// Title of the dataset; made from the file's name when absent.
    pub title: Option<String>,
    /// Description for people.
    pub description: Option<String>,
    /// Keywords.
    pub keywords: Option<Vec<String>>,
    /// Licence, as an SPDX id or an address.
    pub licence: Option<String>,
    /// Of a source with several layers, the one to publish, as the source spells it; of a source with one
    /// layer, the name it gets.
    pub layer: Option<String>,
    /// Coordinate reference system, where the file doesn't say (or lies).
    pub crs: Option<String>,
    /// Encoding of the text, where the file doesn't say (or lies).
    pub encoding: Option<String>,
    /// Text of the default style: SLD 1.0 or SE 1.1, QML, or MapLibre's JSON.
    pub style: Option<String>,
    /// Names in GML that an agreed schema prescribes.
    pub gml: Option<GmlSchema>,
    /// Dimensions of the only layer's maps, in the place of those it has.
    pub dimensions: Option<Vec<DimensionInfo>>,
    /// What people say of the data; title, licence and the like that are given beside it win over it.
    pub about: Option<DescriptionForm>,
    /// When the name is taken.
    pub existing: Existing,
}

/// An agreed application schema, as far as it says how a layer and its publisher are called in GML.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GmlSchema {
    /// Prefix of the publisher's types, used when the publisher is new.
    pub prefix: Option<String>,
    /// Namespace of the publisher's types, used when the publisher is new.
    pub namespace: Option<String>,
    /// Local name of the feature type.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Names of the geometry property.
    pub geometry: Vec<GeometryName>,
    /// Columns that must have a value whenever somebody writes a feature.
    pub required: Vec<String>,
    /// Columns of text that hold the address of something else: in GML an `xlink:href`.
    pub references: Vec<String>,
}

impl GmlSchema {
    /// Reads a schema's file, in TOML.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// What is kept with the layer.
    #[must_use]
    pub fn profile(&self) -> GmlProfile {
        GmlProfile {
            type_name: self.type_name.clone(),
            geometry: self.geometry.clone(),
            required: self.required.clone(),
            references: self.references.clone(),
        }
    }
}

/// Whether something was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A first or a new version is published.
    Loaded,
    /// The files are those that are published already; nothing was loaded.
    Unchanged,
}

/// What is published now.
#[derive(Clone, Debug)]
pub struct Published {
    /// Whether something was loaded.
    pub outcome: Outcome,
    /// The dataset with its layers.
    pub dataset: DatasetSummary,
    /// Layers in the producer's order.
    pub layers: Vec<LayerSummary>,
    /// What was noticed on the way.
    pub report: Vec<Finding>,
}

/// A dataset in the JSON of the command line.
#[derive(Clone, Debug, Serialize)]
pub struct DatasetSummary {
    /// Slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Slug of the organisation.
    pub organisation: String,
    /// Counts from 1, one more at each replacement.
    pub version: i32,
    /// Identifier of the metadata record.
    pub record: Uuid,
}

/// A layer in the JSON of the command line.
#[derive(Clone, Debug, Serialize)]
pub struct LayerSummary {
    /// Slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Number of features, or of tiles of an archive.
    pub features: i64,
    /// Geometry type as the standards name it; `Tiles` for an archive of tiles.
    pub geometry: &'static str,
    /// `EPSG:2154`.
    pub crs: String,
    /// Box in longitude and latitude; `null` when there is no geometry.
    pub extent: Option<BBox>,
}

impl From<&Dataset> for DatasetSummary {
    fn from(dataset: &Dataset) -> Self {
        Self {
            slug: dataset.slug.clone(),
            title: dataset.title.clone(),
            organisation: dataset.organisation.slug.clone(),
            version: dataset.version,
            record: dataset.record,
        }
    }
}

impl From<&Layer> for LayerSummary {
    fn from(layer: &Layer) -> Self {
        Self {
            slug: layer.slug.clone(),
            title: layer.title.clone(),
            features: layer.features,
            geometry: layer.geometry.name(),
            crs: layer.crs.code(),
            extent: layer.extent_lonlat,
        }
    }
}

impl From<&ArchiveLayer> for LayerSummary {
    fn from(layer: &ArchiveLayer) -> Self {
        Self {
            slug: layer.slug.clone(),
            title: layer.title.clone(),
            features: i64::try_from(layer.facts.tiles).unwrap_or(i64::MAX),
            geometry: "Tiles",
            crs: "EPSG:3857".to_owned(),
            extent: layer.extent_lonlat,
        }
    }
}

impl Snapshot {
    /// A dataset and its layers as the command line shows them.
    #[must_use]
    pub fn summary(&self, dataset: &Dataset) -> (DatasetSummary, Vec<LayerSummary>) {
        let layers = self.layers_of(dataset).map(|l| LayerSummary::from(l.as_ref()));
        let archives = self.archives_of(dataset).map(|a| LayerSummary::from(a.as_ref()));
        (dataset.into(), layers.chain(archives).collect())
    }
}
