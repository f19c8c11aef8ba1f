//! Organisations, datasets and their layers.

use super::{Column, Coverage, Dimension, Extents, GeometryType, GmlProfile, Overviews};
use crate::geo::{BBox, Crs};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use uuid::Uuid;

/// Who publishes: a commune, an agency, a department.
#[derive(Clone, Debug, PartialEq)]
pub struct Organisation {
    /// Key in the database.
    pub id: i64,
    /// Address part, unique.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// XML namespace prefix of its feature types, an NCName.
    pub prefix: String,
    /// XML namespace URI of its feature types.
    pub namespace: String,
    /// Address for questions, where given.
    pub email: Option<String>,
}

/// Who may see a dataset. More levels come with accounts; [`crate::access`] alone reads this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Being prepared: only its makers.
    Draft,
    /// Everyone.
    Public,
}

/// What a producer publishes as one thing: one or several layers with one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Key in the database.
    pub id: i64,
    /// Address part, unique on the platform, kept when the data is replaced.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What it is, for people; may be empty.
    pub description: String,
    /// Publisher.
    pub organisation: Arc<Organisation>,
    /// SPDX id or address of the licence, such as `etalab-2.0`.
    pub licence: Option<String>,
    /// Free keywords.
    pub keywords: Vec<String>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Counts from 1, one more at each replacement.
    pub version: i32,
    /// Identifier of its metadata record; never changes.
    pub record: Uuid,
    /// First publication.
    pub created: DateTime<Utc>,
    /// Last change of data or description.
    pub updated: DateTime<Utc>,
}

/// A style's name for people and protocols; the style itself is read when it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StyleInfo {
    /// Key in the database.
    pub id: i64,
    /// Name in every service, unique in the layer.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// SLD 1.0 or SE 1.1 text.
    pub sld: Arc<str>,
    /// Whether it is drawn when none is asked for; exactly one of a layer's styles.
    pub is_default: bool,
}

/// One table of features: the same thing as a WMS layer, a feature type, a collection and a tile layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Key in the database.
    pub id: i64,
    /// Name in every service; unique on the platform, kept when the data is replaced.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What it is, for people; may be empty.
    pub description: String,
    /// The dataset it belongs to.
    pub dataset: Arc<Dataset>,
    /// Name of the current version's table in schema `data`. It has `fid bigint primary key`,
    /// the [`Layer::columns`] and `geom`.
    pub table: String,
    /// Type of `geom`.
    pub geometry: GeometryType,
    /// Whether points have Z.
    pub has_z: bool,
    /// Whether points have M.
    pub has_m: bool,
    /// The data's own system.
    pub crs: Arc<Crs>,
    /// Attributes, in the source's order.
    pub columns: Vec<Column>,
    /// Box of all features in [`Layer::crs`], x first; `None` when there is none.
    pub extent: Option<BBox>,
    /// The same in longitude and latitude; west may not exceed east.
    pub extent_lonlat: Option<BBox>,
    /// The same in other systems, as far as somebody asked: see [`Layer::extent_in`].
    pub extents: Extents,
    /// Number of features.
    pub features: i64,
    /// Raised by every change of data, style or description, platform-wide unique: what caches and ETags
    /// hang on.
    pub generation: i64,
    /// Names in GML, where an agreed schema prescribes them.
    pub gml: GmlProfile,
    /// The pixels, where its features are images.
    pub coverage: Option<Arc<Coverage>>,
    /// Dimensions of its maps, such as time.
    pub dimensions: Vec<Dimension>,
    /// What stands for its features at small scales; no bands where it is small.
    pub overviews: Overviews,
    /// Styles, the default among them.
    pub styles: Vec<StyleInfo>,
    /// Last change of the data.
    pub updated: DateTime<Utc>,
}

impl Layer {
    /// `prefix:slug`, the qualified name of the feature type.
    #[must_use]
    pub fn type_name(&self) -> String {
        format!("{}:{}", self.dataset.organisation.prefix, self.local_type_name())
    }

    /// The name of the feature type in its namespace: the slug, or what a schema prescribes.
    #[must_use]
    pub fn local_type_name(&self) -> &str {
        self.gml.type_name.as_deref().unwrap_or(&self.slug)
    }

    /// Whether features have a geometry property of this name: `geom`, or what a schema prescribes.
    #[must_use]
    pub fn is_geometry(&self, name: &str) -> bool {
        name == "geom" || self.gml.geometry_called(name).is_some()
    }

    /// The attribute of a name, exactly as spelled.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The style of a name; the default for an empty one.
    #[must_use]
    pub fn style(&self, name: &str) -> Option<&StyleInfo> {
        if name.is_empty() || name.eq_ignore_ascii_case("default") {
            return self.styles.iter().find(|s| s.is_default);
        }
        self.styles.iter().find(|s| s.name == name)
    }
}
