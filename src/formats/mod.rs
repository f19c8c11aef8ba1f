//! Encodings of features, one folder a format. A new format is a new folder.
//!
//! Formats with a [`FeatureEncoder`] write features while they arrive into a buffer that the caller
//! drains: memory stays bounded by a feature, whatever the answer's size. Formats with a [`FileBuilder`] are
//! built on disk. [`output`] lists those that services offer as files.

pub mod archive;
mod bounded;
mod csv;
mod encoder;
mod flatgeobuf;
pub mod geojson;
mod geoparquet;
pub mod glyphs;
pub mod gml;
mod gpkg;
pub mod image;
pub mod jsonfg;
mod kml;
pub mod mbtiles;
pub mod mlt;
pub mod mvt;
mod names;
mod number;
pub mod output;
pub mod pmtiles;
mod shapefile;
mod system;
#[cfg(test)]
mod tests;
mod text;
mod wkb;
mod wkt;
mod xlsx;

pub use encoder::{EncodeError, FeatureEncoder};
pub use number::{decimals_for, push_date, push_fixed, push_integer, push_time, push_timestamp};
pub use output::{BuildError, BuildLimits, FileBuilder, Making, OutputFormat, Target};
