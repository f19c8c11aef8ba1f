//! MBTiles 1.3 (Mapbox, "MBTiles Specification"): a pyramid of tiles in a database of SQLite.
//!
//! | file | what |
//! |---|---|
//! | `writer.rs` | a work file made an archive |
//! | `reader.rs` | reading of a database that a stranger made |

mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::MbTiles;
pub(super) use writer::{complete, row};
