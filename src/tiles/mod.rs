//! The tile engine: features in, encoded vector tiles out.
//!
//! Tiles of `WebMercatorQuad` from layers in any system, with a buffer that is right in that system. A
//! tile is made once however many ask for it at the same moment, and kept, encoded, under the
//! generations of its layers: a change of data is a new key, nothing has to be found and thrown
//! away. May not know HTTP.
//!
//! | file | what |
//! |---|---|
//! | `plan.rs` | which features of a layer a tile needs, how they are placed and thinned |
//! | `engine.rs` | fetching and encoding, side by side |
//! | `cache.rs` | encoded bodies and single flight |

mod cache;
mod engine;
mod plan;

pub use cache::{Body, Encoding};
pub use engine::{TileEngine, TileError};
pub use plan::{MAX_USEFUL_ZOOM, THINNED_BELOW_ZOOM};
