//! GML 3.2.1 (OGC 07-036), simple features level 0 (OGC 10-100r3), as WFS 2.0 sends it, and its elder
//! [`Dialect`] for WFS 1.1.
//!
//! [`Members`] writes a layer's features, [`Collection`] the `wfs:FeatureCollection` around them (OGC
//! 09-025r2 clause 11.3), [`gml31::Collection`] that of WFS 1.1, [`schema()`] the application schema that
//! DescribeFeatureType answers. [`gml2`] has the oldest form for clients of WMS 1.1.1.

mod dialect;
mod geometry;
pub mod gml2;
pub mod gml31;
mod named;
mod schema;
mod writer;

use super::FeatureEncoder;
use super::output::{DefaultCrs, Making, OutputFormat, Target};
use crate::geo::CrsRef;
use crate::geo::crs::CrsSpelling;
use chrono::SecondsFormat;
use std::sync::Arc;

pub use dialect::Dialect;
pub use geometry::{Spelling, push_geometry};
pub use schema::schema;
pub use writer::{Collection, Members, Writer, push_escaped, push_value};

/// Namespace of GML 3.2.
pub const NAMESPACE: &str = "http://www.opengis.net/gml/3.2";

/// Where GML's own schema is. The test suites compare this text: `http`, not `https`.
pub const SCHEMA_LOCATION: &str = "http://schemas.opengis.net/gml/3.2.1/gml.xsd";

/// Media type of GML 3.2 answers.
pub const CONTENT_TYPE: &str = "application/gml+xml; version=3.2";

/// GML as files.
pub(super) static OUTPUT: OutputFormat = OutputFormat {
    name: "GML",
    short: "gml",
    extension: "gml",
    media_types: &[CONTENT_TYPE, "text/xml; subtype=gml/3.2"],
    aliases: &["gml32", "gml3"],
    several_layers: false,
    default_crs: DefaultCrs::Native,
    counted: true,
    suits: |_| true,
    making: Making::Streamed(encoder),
};

/// A `wfs:FeatureCollection` as GetFeature answers it; systems are URNs, and axes the authority's.
fn encoder(target: &Target<'_>) -> Box<dyn FeatureEncoder> {
    let layer = target.layer;
    let organisation = &layer.dataset.organisation;
    let place = |namespace: &str, at: &str| (namespace.to_owned(), at.to_owned());
    let collection = Collection {
        namespaces: vec![(organisation.prefix.clone(), organisation.namespace.clone())],
        schema_locations: vec![
            place("http://www.opengis.net/wfs/2.0", "http://schemas.opengis.net/wfs/2.0/wfs.xsd"),
            place(NAMESPACE, SCHEMA_LOCATION),
            place(&organisation.namespace, target.schema_location),
        ],
        // The data's moment, not this copy's: the same data makes the same file.
        time_stamp: layer.updated.to_rfc3339_opts(SecondsFormat::Secs, true),
        number_matched: target.features,
        number_returned: target.features.unwrap_or(0),
        next: None,
        previous: None,
    };
    let system = CrsRef { crs: Arc::clone(&target.crs.crs), spelling: CrsSpelling::Urn };
    Box::new(Writer::new(collection, Members::new(layer, target.columns, Spelling::of(&system, false))))
}
