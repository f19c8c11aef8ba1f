//! GeoJSON (RFC 7946), written feature by feature.
//!
//! Rings follow the right-hand rule (section 3.1.6), numbers are never in scientific notation inside
//! coordinates, `numeric` stays exact. Coordinates are x, y as given: whoever asked for another system
//! than CRS84 gets it named in a `crs` member that the caller adds.

mod geometry;
mod writer;

use super::output::{DefaultCrs, Making, OutputFormat, Target};
use super::{FeatureEncoder, decimals_for};
use crate::geo::CrsRef;

pub(in crate::formats) use geometry::counter_clockwise;
pub use geometry::push_geometry;
pub(in crate::formats) use writer::{Collection, keys, push_member};
pub use writer::{Writer, crs_member, push_value};

/// GeoJSON as files.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "GeoJSON",
    short: "geojson",
    extension: "geojson",
    media_types: &["application/geo+json", "application/vnd.geo+json", "application/json"],
    aliases: &["json"],
    several_layers: false,
    default_crs: DefaultCrs::Crs84,
    counted: false,
    suits: |_| true,
    making: Making::Streamed(encoder),
};

/// A collection with numbers as identifiers; a system other than WGS84 is named.
fn encoder(target: &Target<'_>) -> Box<dyn FeatureEncoder> {
    let mut writer = Writer::new(target.columns, decimals_for(&target.crs.crs));
    writer.member("name", target.layer.slug.as_str().into());
    let plain = CrsRef::crs84().is_ok_and(|c| c.crs.srid == target.crs.crs.srid);
    if !plain {
        writer.member("crs", crs_member(target.crs));
    }
    Box::new(writer)
}
