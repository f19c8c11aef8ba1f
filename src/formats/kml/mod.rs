//! KML 2.2 (OGC 07-147r2), written while features arrive: a `Document` with a typed `Schema`, a `Placemark` a
//! feature with its name and its attributes as `SchemaData`. Coordinates are longitude and latitude on
//! WGS 84, always (clause 6.2). Heights are kept as the third number; how a viewer uses them is left to its
//! default, which lays everything on the ground.

mod geometry;
mod writer;

use super::output::{DefaultCrs, Making, OutputFormat};

const MEDIA_TYPE: &str = "application/vnd.google-earth.kml+xml";

/// KML as files.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "KML",
    short: "kml",
    extension: "kml",
    media_types: &[MEDIA_TYPE],
    aliases: &["application/vnd.google-earth.kml"],
    several_layers: false,
    default_crs: DefaultCrs::Crs84Only,
    counted: false,
    suits: |_| true,
    making: Making::Streamed(writer::encoder),
};
