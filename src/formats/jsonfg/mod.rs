//! JSON-FG 1.0 (OGC 21-045r1), written feature by feature: GeoJSON with what GIS programs miss in it. Every
//! document is valid GeoJSON, too.
//!
//! - `place` holds the geometry in the system asked for, which `coordRefSys` names, with axes in that system's
//!   own order; `geometry` holds it in longitude and latitude beside it (the form that fills both). In longitude
//!   and latitude `place` is null: `geometry` says it.
//! - `time` is the first attribute that is a day or an instant, or the interval from it to its other end.
//! - `featureType` and `featureSchema` say what the features are, for the whole collection.

mod writer;

use super::FeatureEncoder;
use super::output::{DefaultCrs, Making, OutputFormat, Target};

pub use writer::Writer;

/// Media type of JSON-FG.
pub const MEDIA_TYPE: &str = "application/vnd.ogc.fg+json";

/// The conformance classes that documents meet.
pub const CONFORMS_TO: [&str; 2] = [
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/types-schemas",
];

/// JSON-FG as files.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "JSON-FG",
    short: "jsonfg",
    extension: "fg.json",
    media_types: &[MEDIA_TYPE],
    aliases: &["json-fg", "fgjson", "fg+json"],
    several_layers: false,
    default_crs: DefaultCrs::Native,
    counted: false,
    suits: |_| true,
    making: Making::Streamed(encoder),
};

fn encoder(target: &Target<'_>) -> Box<dyn FeatureEncoder> {
    let mut writer = Writer::new(target.layer, target.columns, target.crs);
    if !target.json_schema.is_empty() {
        writer.schema(target.json_schema);
    }
    Box::new(writer)
}
