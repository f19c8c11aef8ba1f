//! Zipped shapefiles (ESRI Shapefile Technical Description, July 1998; dBASE III tables), built on disk.
//!
//! What the format can't hold is said in the archive, in `names.csv`: which field is which column, what became
//! text, what was cut. Texts beyond 254 bytes stand whole in a `.long-texts.csv` beside the table. A layer of
//! mixed geometries is a set of files for each kind: points, multipoints, lines, polygons; a collection goes in
//! its parts to the sets of their kinds, under one identifier. Measures are left out.

mod cells;
mod shapes;
mod table;
mod writer;

use super::output::{DefaultCrs, Making, OutputFormat};

/// Zipped shapefiles as files.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "Shapefile",
    short: "shape-zip",
    extension: "shp.zip",
    // As GeoServer answers it; the second is its name where archives of other things are offered, too.
    media_types: &["application/zip", "application/x-shapefile"],
    aliases: &["shapezip", "shapefile", "shp"],
    several_layers: true,
    default_crs: DefaultCrs::Native,
    counted: false,
    suits: |_| true,
    making: Making::Built(writer::create),
};

/// Bytes of a `.shp` or `.dbf` at most: readers count them in 31 bits.
const LARGEST: u64 = (1 << 31) - 1;
