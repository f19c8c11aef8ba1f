//! Encodings of features, one folder a format. A new format is a new folder.
//!
//! Formats with a [`FeatureEncoder`] write features while they arrive into a buffer that the caller
//! drains: memory stays bounded by a feature, whatever the answer's size.

mod encoder;
pub mod geojson;
pub mod gml;
pub mod mvt;
mod number;

pub use encoder::{EncodeError, FeatureEncoder};
pub use number::{decimals_for, push_fixed, push_integer};
