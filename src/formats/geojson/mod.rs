//! GeoJSON (RFC 7946), written feature by feature.
//!
//! Rings follow the right-hand rule (section 3.1.6), numbers are never in scientific notation inside
//! coordinates, `numeric` stays exact. Coordinates are x, y as given: whoever asked for another system
//! than CRS84 gets it named in a `crs` member that the caller adds.

mod geometry;
mod writer;

pub(in crate::formats) use geometry::counter_clockwise;
pub use geometry::push_geometry;
pub use writer::{Writer, crs_member, push_value};
