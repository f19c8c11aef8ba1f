//! Geometry on the wire and on the Earth: CRS and axis order, boxes, transforms, EWKB, tile grids.
//!
//! Lowest floor of the house: knows no layer, no database, no protocol and does no I/O of its own
//! (PROJ reads its own `proj.db`). Coordinates inside the house are always **x, y** (easting/longitude
//! first), whatever the authority says; a protocol that speaks the authority's order swaps at its
//! edge by asking [`crs::CrsRef::swapped`].

pub mod bbox;
pub mod crs;
pub mod grid;
pub mod local;
mod projection;
pub mod transform;
pub mod wkb;

pub use bbox::BBox;
pub use crs::{AxisOrder, Crs, CrsError, CrsRef};
pub use local::LocalTransform;
pub use transform::{Transform, TransformError};
