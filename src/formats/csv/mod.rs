//! CSV (RFC 4180) in UTF-8 without byte order mark: a line of names, then a line a feature, written as they
//! arrive. The first column is the identifier `fid`.
//!
//! Two forms: with the geometry as well-known text in a last column `geom`, and for layers of points with a
//! column for each ordinate (`lon` and `lat`, or `x` and `y`). Nothing in a file says its system, so that it is
//! longitude and latitude unless another is asked for.
//!
//! Values are never changed: also what a spreadsheet would take for a formula stays as it is. A quote before it
//! would be wrong data for every program that isn't a spreadsheet; XLSX keeps texts texts.

mod writer;

use super::output::{DefaultCrs, Making, OutputFormat};
use crate::model::GeometryType;

/// CSV with well-known text.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "CSV",
    short: "csv",
    extension: "csv",
    media_types: &["text/csv", "application/csv"],
    aliases: &["csv-wkt"],
    several_layers: false,
    default_crs: DefaultCrs::Crs84,
    counted: false,
    suits: |_| true,
    making: Making::Streamed(writer::with_wkt),
};

/// CSV with a column for each ordinate.
pub(super) static OUTPUT_XY: OutputFormat = OutputFormat {
    name: "CSV (x, y)",
    short: "csv-xy",
    extension: "xy.csv",
    media_types: &["text/csv; geometry=xy"],
    aliases: &["csvxy", "csv-lonlat"],
    several_layers: false,
    default_crs: DefaultCrs::Crs84,
    counted: false,
    suits: |layer| layer.geometry == GeometryType::Point,
    making: Making::Streamed(writer::with_ordinates),
};
