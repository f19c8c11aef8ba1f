//! GML 3.2.1 (OGC 07-036), simple features level 0 (OGC 10-100r3), as WFS 2.0 sends it.
//!
//! [`Members`] writes a layer's features, [`Collection`] the `wfs:FeatureCollection` around them (OGC
//! 09-025r2 clause 11.3), [`schema()`] the application schema that DescribeFeatureType answers. [`gml2`]
//! has the older form for clients of WMS 1.1.1.

mod geometry;
pub mod gml2;
mod schema;
mod writer;

pub use geometry::{Spelling, push_geometry};
pub use schema::schema;
pub use writer::{Collection, Members, Writer, push_escaped, push_value};

/// Namespace of GML 3.2.
pub const NAMESPACE: &str = "http://www.opengis.net/gml/3.2";

/// Where GML's own schema is. The test suites compare this text: `http`, not `https`.
pub const SCHEMA_LOCATION: &str = "http://schemas.opengis.net/gml/3.2.1/gml.xsd";

/// Media type of GML 3.2 answers.
pub const CONTENT_TYPE: &str = "application/gml+xml; version=3.2";
