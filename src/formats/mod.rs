//! Encodings of features, one folder a format. A new format is a new folder.

pub mod geojson;
pub mod gml;
pub mod mvt;
