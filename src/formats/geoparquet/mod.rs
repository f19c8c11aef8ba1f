//! GeoParquet 1.1 (geoparquet.org): columns with types, geometries as WKB in x, y order whatever their system,
//! which stands as PROJJSON in the file's `geo` metadata beside the types and the box of what is in it.
//!
//! Exact decimals are doubles: their columns don't say how many digits there are. JSON is text. The identifier is
//! the column `fid`. Rows are gathered in memory to groups of bounded size and written compressed (Snappy).

mod columns;
mod writer;

use super::output::{DefaultCrs, Making, OutputFormat};

/// GeoParquet as files.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "GeoParquet",
    short: "parquet",
    extension: "parquet",
    media_types: &["application/vnd.apache.parquet", "application/x-parquet"],
    aliases: &["geoparquet"],
    several_layers: false,
    default_crs: DefaultCrs::Native,
    counted: false,
    suits: |_| true,
    making: Making::Built(writer::create),
};
