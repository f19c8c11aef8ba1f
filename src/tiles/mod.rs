//! The tile engine: features in, encoded vector tiles out; and what the map engine draws for a tile.
//!
//! Tiles of any grid from layers in any system, with a buffer that is right in that system. A
//! tile is made once however many ask for it at the same moment, and kept, encoded, under the
//! generations that its layers have in it: a change of data is a new key of the tiles that it touches, nothing has to be found and
//! thrown away. A tile in which nothing can be is empty without asking the database. May not know HTTP.
//!
//! | file | what |
//! |---|---|
//! | `plan.rs` | which features of a layer a tile needs, how they are placed and thinned |
//! | `engine.rs` | fetching and encoding, side by side |
//! | `area.rs` | what of a layer a tile hangs on |
//! | `budget.rs` | how layers share the size of a tile |
//! | `description.rs` | what is said of a set of tiles |
//! | `content.rs` | what of a layer a tile holds |
//! | `form.rs` | what tiles are written as |
//! | `geojson.rs` | a tile as GeoJSON, to look into it |
//! | `cache.rs` | bodies in memory and single flight |
//! | `encoding.rs` | how bodies are encoded for the way |
//! | `archive.rs` | tiles of published archives |
//! | `cold.rs` | tiles of archives that the server has made |
//! | `limits.rs` | which tiles of a grid layers have something in |
//! | `picture.rs` | the map that fills a tile |

mod archive;
mod area;
mod budget;
mod cache;
mod cold;
mod content;
mod description;
mod encoding;
mod engine;
mod form;
mod geojson;
mod limits;
mod picture;
mod plan;

pub use archive::{ArchiveEngine, ArchiveTileError, tiles_of_archive};
pub use cold::archive_folder;
pub use content::{TileContent, TileLayer};
pub use description::{attribution, bounds, center, credit, fields, is_clustered};
pub use encoding::{Body, Encoding};
pub use engine::{TileEngine, TileError};
pub use form::TileForm;
pub use limits::{extent_in, is_offered, tiles_of};
pub use picture::{TILE_FORMATS, map_of, part_of};
pub use plan::{MAX_USEFUL_ZOOM, THINNED_BELOW_ZOOM};
