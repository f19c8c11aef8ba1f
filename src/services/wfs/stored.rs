//! The stored query that every WFS has, as ListStoredQueries and DescribeStoredQueries tell of it
//! (OGC 09-025r2 clauses 14.3 and 14.4).

use super::request::GET_FEATURE_BY_ID;
use super::schema::Prefixes;
use crate::model::Layer;
use std::fmt::Write as _;
use std::sync::Arc;

fn root(out: &mut String, name: &str, layers: &[&Arc<Layer>]) {
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <wfs:{name} xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:gml=\"http://www.opengis.net/gml/3.2\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"{} \
         xsi:schemaLocation=\"http://www.opengis.net/wfs/2.0 http://schemas.opengis.net/wfs/2.0/wfs.xsd\">\n",
        Prefixes::of(layers.iter().copied()).declarations()
    );
}

/// Names of all types; any feature where there is none yet.
fn types(layers: &[&Arc<Layer>]) -> Vec<String> {
    if layers.is_empty() {
        return vec!["gml:AbstractFeature".to_owned()];
    }
    layers.iter().map(|l| l.type_name()).collect()
}

/// The answer of ListStoredQueries.
pub fn list(layers: &[&Arc<Layer>]) -> String {
    let mut out = String::new();
    root(&mut out, "ListStoredQueriesResponse", layers);
    let _ = write!(
        out,
        "<wfs:StoredQuery id=\"{GET_FEATURE_BY_ID}\">\n<wfs:Title xml:lang=\"en\">Get feature by identifier</wfs:Title>\n\
         <wfs:Title xml:lang=\"fr\">Objet par son identifiant</wfs:Title>\n"
    );
    for name in types(layers) {
        let _ = writeln!(out, "<wfs:ReturnFeatureType>{name}</wfs:ReturnFeatureType>");
    }
    out.push_str("</wfs:StoredQuery>\n</wfs:ListStoredQueriesResponse>\n");
    out
}

/// The answer of DescribeStoredQueries.
pub fn describe(layers: &[&Arc<Layer>]) -> String {
    let mut out = String::new();
    root(&mut out, "DescribeStoredQueriesResponse", layers);
    let _ = write!(
        out,
        "<wfs:StoredQueryDescription id=\"{GET_FEATURE_BY_ID}\">\n\
         <wfs:Title xml:lang=\"en\">Get feature by identifier</wfs:Title>\n\
         <wfs:Abstract xml:lang=\"en\">The one feature whose gml:id is given.</wfs:Abstract>\n\
         <wfs:Parameter name=\"id\" type=\"xs:string\"/>\n\
         <wfs:QueryExpressionText returnFeatureTypes=\"{}\" \
         language=\"urn:ogc:def:queryLanguage:OGC-WFS::WFSQueryExpression\" isPrivate=\"true\"/>\n\
         </wfs:StoredQueryDescription>\n</wfs:DescribeStoredQueriesResponse>\n",
        types(layers).join(" ")
    );
    out
}
