//! The plain types of the domain: what an organisation, a dataset and a layer are.
//!
//! No I/O, no async. These are the stored facts that every service answers from; they are read
//! from the database by [`crate::publish`] and never computed while a request waits.

mod archive;
mod caller;
mod column;
mod coverage;
mod dataset;
mod dimension;
mod extents;
mod gml;
mod overview;
mod place;
#[cfg(test)]
pub(crate) mod sample;
mod slug;
mod time;
mod value;

pub use crate::geo::wkb::GeometryType;
pub use archive::{ArchiveFacts, ArchiveInfo, ArchiveKind, ArchiveLayer, TileFormat};
pub use caller::{Caller, Editor, Lang, Part, Scope};
pub use column::{Code, Column, ColumnType};
pub use coverage::{Band, BandMeaning, Coverage, SampleType};
pub use dataset::{Dataset, Layer, Organisation, StyleInfo, Visibility};
pub use dimension::{
    DefaultPosition, Dimension, DimensionInfo, DimensionKind, DimensionValue, Domain, ELEVATION, TIME,
};
pub use extents::Extents;
pub use gml::{GeometryName, GmlProfile};
pub use overview::{OverviewBand, Overviews};
pub use place::{Area, Edits, Occupancy};
pub use slug::{Slug, SlugError, slugify};
pub use time::{FRENCH_MONTHS, PrimaryTime};
pub use value::{FeatureRef, Value};
