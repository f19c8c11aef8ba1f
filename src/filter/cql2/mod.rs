//! CQL2 (OGC 21-065r2): [`parse_text`] reads the text of its annex B, [`parse_json`] the JSON of its annex C.
//! Both give the same tree for the same condition.
//!
//! All conformance classes of the standard are read: basic, advanced comparison operators, case- and
//! accent-insensitive comparison, spatial, temporal and array functions, property-property comparisons,
//! functions and arithmetic. Coordinates are in `filter-crs`, which is [`Reading::default_crs`], in the axis
//! order of its spelling, and CRS84 when there is none.

pub(super) mod build;
mod geojson;
mod json;
pub(super) mod shape;
#[cfg(test)]
mod tests;
pub(super) mod text;

pub use json::{from_json, parse_json};
pub use text::parse_text;

use super::error::{FilterError, Reading};
use crate::geo::CrsRef;
use shape::Placement;

/// What readers that call themselves hand up: an error that is only a pointer keeps their frames small.
pub(super) type Read<T> = Result<T, Box<FilterError>>;

/// Where the geometries of a filter lie (OGC 19-079r2, requirement /req/filter/filter-crs-wgs84).
fn placement(reading: &Reading) -> Result<Placement, FilterError> {
    let crs = match &reading.default_crs {
        Some(crs) => crs.clone(),
        None => CrsRef::crs84()?,
    };
    Ok(Placement::new(Some(crs), reading))
}
