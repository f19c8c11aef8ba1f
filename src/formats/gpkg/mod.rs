//! GeoPackage 1.2 (OGC 12-128r15), written through GDAL's driver: one table a layer, with a spatial index,
//! titles and abstracts in `gpkg_contents`, and the definition of every system used.
//!
//! What has no type in a GeoPackage (clause 1.1.1.1.3, table 1) is stored as what is nearest: `numeric` as a
//! double, times of day and JSON as text; instants in UTC, exact to the millisecond.

mod ogr;
mod writer;

use super::output::{DefaultCrs, Making, OutputFormat};

/// GeoPackage as files.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "GeoPackage",
    short: "gpkg",
    extension: "gpkg",
    // As GDAL, QGIS and GeoServer write it; the second is the one that IANA registered.
    media_types: &["application/geopackage+sqlite3", "application/vnd.opengeospatial.geopackage+sqlite3"],
    aliases: &["geopackage"],
    several_layers: true,
    default_crs: DefaultCrs::Native,
    counted: false,
    suits: |_| true,
    making: Making::Built(writer::create),
};
