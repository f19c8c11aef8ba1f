//! Mapbox Vector Tile 2.1, written here: EWKB goes in, the bytes of a tile layer come out.
//!
//! A [`LayerEncoder`] takes features one by one and keeps nothing but the growing answer: coordinates
//! are placed in the tile, clipped to its buffered square, snapped to the grid, cleaned, and written.
//! Polygons that are not valid after snapping are repaired on the integer grid; all others are not
//! touched. A tile of several layers is the concatenation of their bytes. [`read()`] reads such bytes back.
//!
//! | file | what |
//! |---|---|
//! | `frame.rs` | from the layer's system to tile coordinates |
//! | `collect.rs` | the points of a geometry, in parts |
//! | `clip.rs` | the buffered square |
//! | `ring.rs` | snapping, cleaning and judging rings |
//! | `geometry.rs` | from parts to MVT commands |
//! | `layer.rs` | features, keys and values |
//! | `write.rs` | the messages of features and values |
//! | `cluster.rs` | points gathered by cell, with their number |
//! | `read.rs` | a tile's bytes read back |
//! | `rank.rs` | which features stay where not all have room |
//! | `proto.rs` | the little of Protocol Buffers that this takes |

mod clip;
mod cluster;
mod collect;
mod frame;
mod geometry;
mod layer;
pub(super) mod proto;
mod rank;
mod read;
mod ring;
mod write;

pub use cluster::Cells;
pub use frame::{Frame, Resolution};
pub use layer::{CLUSTER, LayerEncoder, POINT_COUNT, encodes};
pub use read::{ReadFeature, ReadLayer, ReadValue, Shape, read};

/// Side of a tile in its own units, where nobody asks for another.
pub const EXTENT: u32 = 4096;
/// Margin around the tile, in 4096ths of its side, that features are kept in: outlines and symbols then meet
/// across tiles.
pub const BUFFER: u32 = 64;

#[cfg(test)]
#[path = "../../../tests/it/mvt.rs"]
mod decode;

#[cfg(test)]
mod tests;
