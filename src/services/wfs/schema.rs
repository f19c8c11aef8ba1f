//! DescribeFeatureType: layers as a GML application schema (OGC 09-025r2 clause 9 and OGC 04-094 clause 8;
//! OGC 07-036 annex E), and the namespaces of feature types.

use super::format::Format;
use super::version::Version;
use crate::formats::gml;
use crate::model::Layer;
use quick_xml::escape::escape;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Namespace prefixes of the organisations whose types a document names.
#[derive(Clone, Debug, Default)]
pub struct Prefixes(BTreeMap<String, String>);

impl Prefixes {
    /// Those of some layers.
    pub fn of<'a>(layers: impl IntoIterator<Item = &'a Arc<Layer>>) -> Self {
        let pair = |l: &'a Arc<Layer>| {
            let organisation = &l.dataset.organisation;
            (organisation.prefix.clone(), organisation.namespace.clone())
        };
        Self(layers.into_iter().map(pair).collect())
    }

    /// Prefix and URI of each.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(p, u)| (p.clone(), u.clone())).collect()
    }

    /// ` xmlns:a="…"` of each.
    pub fn declarations(&self) -> String {
        self.0.iter().fold(String::new(), |mut out, (prefix, uri)| {
            let _ = write!(out, " xmlns:{prefix}=\"{}\"", escape(uri));
            out
        })
    }
}

/// The schema of some types; of several namespaces one that imports a schema each, from `url` of the
/// service.
pub fn document(version: Version, layers: &[&Arc<Layer>], url: &str, format: Format) -> String {
    let mut spaces: BTreeMap<&str, Vec<&Arc<Layer>>> = BTreeMap::new();
    for layer in layers {
        spaces.entry(layer.dataset.organisation.namespace.as_str()).or_default().push(layer);
    }
    if spaces.len() <= 1 {
        let layers: Vec<&Layer> = layers.iter().map(|l| l.as_ref()).collect();
        return match format {
            Format::Gml2 => gml::gml2::schema(&layers),
            _ => gml::schema(version.gml(), &layers),
        };
    }
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <xsd:schema xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" elementFormDefault=\"qualified\">\n",
    );
    for (namespace, members) in &spaces {
        let names: Vec<String> = members.iter().map(|l| l.type_name()).collect();
        let _ = writeln!(
            out,
            "  <xsd:import namespace=\"{}\" schemaLocation=\"{}\"/>",
            escape(*namespace),
            escape(location(version, url, &names))
        );
    }
    out.push_str("</xsd:schema>\n");
    out
}

/// Address of the schema of some types.
pub fn location(version: Version, url: &str, type_names: &[String]) -> String {
    let (number, parameter, names) = (version.text(), version.types_parameter(), type_names.join(","));
    format!("{url}?service=WFS&version={number}&request=DescribeFeatureType&{parameter}={names}")
}
