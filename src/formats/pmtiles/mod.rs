//! PMTiles, version 3 (protomaps, "PMTiles Version 3 Specification"): a pyramid of tiles in one file that is read by
//! offsets, also over HTTP.
//!
//! | file | what |
//! |---|---|
//! | `writer.rs` | the archive of finished tiles |
//! | `reader.rs` | reading by offsets, of a file that a stranger made |
//! | `directory.rs` | its directories |

mod directory;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::{Counted, PmTiles};
pub(super) use writer::{place, write};
