//! The tile engine: features in, encoded vector tiles out; and what the map engine draws for a tile.
//!
//! Tiles of any grid from layers in any system, with a buffer that is right in that system. A
//! tile is made once however many ask for it at the same moment, and kept, encoded, under the
//! generations of its layers: a change of data is a new key, nothing has to be found and thrown
//! away. May not know HTTP.
//!
//! | file | what |
//! |---|---|
//! | `plan.rs` | which features of a layer a tile needs, how they are placed and thinned |
//! | `engine.rs` | fetching and encoding, side by side |
//! | `budget.rs` | how layers share the size of a tile |
//! | `content.rs` | what of a layer a tile holds |
//! | `form.rs` | what tiles are written as |
//! | `geojson.rs` | a tile as GeoJSON, to look into it |
//! | `cache.rs` | encoded bodies and single flight |
//! | `limits.rs` | which tiles of a grid layers have something in |
//! | `picture.rs` | the map that fills a tile |

mod budget;
mod cache;
mod content;
mod engine;
mod form;
mod geojson;
mod limits;
mod picture;
mod plan;

pub use cache::{Body, Encoding};
pub use content::{TileContent, TileLayer};
pub use engine::{TileEngine, TileError};
pub use form::TileForm;
pub use limits::{extent_in, is_offered, tiles_of};
pub use picture::{TILE_FORMATS, map_of, part_of};
pub use plan::{MAX_USEFUL_ZOOM, THINNED_BELOW_ZOOM};
