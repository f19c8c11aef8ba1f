//! FlatGeobuf 3 (flatgeobuf.org): one layer with a packed spatial index, so that a reader gets a box of it with
//! a few requests. Features lie in the order of a Hilbert curve; their identifier is the column `fid`.
//!
//! Features wait in a file beside the one that is built until the index is known; memory holds about a hundred
//! bytes a feature for the index. A geometry without position is stored as none, which readers agree on.

mod geometry;
mod writer;

use super::output::{DefaultCrs, Making, OutputFormat};

/// FlatGeobuf as files.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "FlatGeobuf",
    short: "fgb",
    extension: "fgb",
    media_types: &["application/flatgeobuf", "application/vnd.flatgeobuf"],
    aliases: &["flatgeobuf"],
    several_layers: false,
    default_crs: DefaultCrs::Native,
    counted: false,
    suits: |_| true,
    making: Making::Built(writer::create),
};
