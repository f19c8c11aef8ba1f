//! XLSX (ECMA-376 part 1, SpreadsheetML): a sheet a layer, written straight into the archive with nothing of it
//! in memory. Cells have types: numbers are numbers, days and instants are dates in UTC, truth values are truth
//! values, and text is text, also where it looks like a formula.
//!
//! A spreadsheet's numbers have fifteen digits, its days begin in March 1900, its cells hold 32,767 characters
//! and its sheets 1,048,576 rows. What has more digits or an earlier day is text; what is longer than a cell is
//! cut, or for geometries left out, and each such cell is named on a last sheet `notes`; more rows are refused.
//!
//! Points have a column for each ordinate, other geometries stand as well-known text in `geom`. Nothing says
//! their system, so that it is longitude and latitude unless another is asked for.

mod package;
mod sheet;
mod writer;

use super::output::{DefaultCrs, Making, OutputFormat};

/// XLSX as files.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "XLSX",
    short: "xlsx",
    extension: "xlsx",
    media_types: &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
    aliases: &["excel2007", "excel"],
    several_layers: true,
    default_crs: DefaultCrs::Crs84,
    counted: false,
    suits: |_| true,
    making: Making::Built(writer::create),
};
