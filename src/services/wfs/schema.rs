//! DescribeFeatureType: layers as a GML 3.2 application schema (OGC 09-025r2 clause 9, OGC 07-036 annex
//! E), and the namespaces of feature types.

use crate::model::{GeometryType, Layer};
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

    /// ` xmlns:a="…"` of each.
    pub fn declarations(&self) -> String {
        self.0.iter().fold(String::new(), |mut out, (prefix, uri)| {
            let _ = write!(out, " xmlns:{prefix}=\"{}\"", escape(uri));
            out
        })
    }
}

/// The schema of some types. Types of one namespace are written; of several namespaces a schema that
/// imports one schema each, from `url` of the service.
pub fn document(layers: &[&Arc<Layer>], url: &str) -> String {
    let mut spaces: BTreeMap<&str, Vec<&Arc<Layer>>> = BTreeMap::new();
    for layer in layers {
        spaces.entry(layer.dataset.organisation.namespace.as_str()).or_default().push(layer);
    }
    let several = spaces.len() > 1;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"");
    if !several {
        out.push_str(" xmlns:gml=\"http://www.opengis.net/gml/3.2\"");
        out.push_str(&Prefixes::of(layers.iter().copied()).declarations());
    }
    match spaces.first_key_value() {
        Some((namespace, _)) if !several => {
            let _ = write!(out, " targetNamespace=\"{}\"", escape(*namespace));
        }
        _ => {}
    }
    out.push_str(" elementFormDefault=\"qualified\">\n");
    if several {
        for (namespace, members) in &spaces {
            let names: Vec<String> = members.iter().map(|l| l.type_name()).collect();
            let _ = writeln!(
                out,
                "<xs:import namespace=\"{}\" schemaLocation=\"{}\"/>",
                escape(*namespace),
                escape(location(url, &names))
            );
        }
    } else {
        out.push_str(
            "<xs:import namespace=\"http://www.opengis.net/gml/3.2\" \
             schemaLocation=\"http://schemas.opengis.net/gml/3.2.1/gml.xsd\"/>\n",
        );
        for layer in layers {
            feature_type(&mut out, layer);
        }
    }
    out.push_str("</xs:schema>\n");
    out
}

/// Address of the schema of some types.
pub fn location(url: &str, type_names: &[String]) -> String {
    format!(
        "{url}?service=WFS&version=2.0.0&request=DescribeFeatureType&typeNames={}",
        type_names.join(",")
    )
}

fn feature_type(out: &mut String, layer: &Layer) {
    let (slug, prefix) = (&layer.slug, &layer.dataset.organisation.prefix);
    let _ = write!(
        out,
        "<xs:element name=\"{slug}\" type=\"{prefix}:{slug}Type\" substitutionGroup=\"gml:AbstractFeature\"/>\n\
         <xs:complexType name=\"{slug}Type\">\n<xs:complexContent>\n<xs:extension base=\"gml:AbstractFeatureType\">\n\
         <xs:sequence>\n"
    );
    for column in &layer.columns {
        let _ = writeln!(
            out,
            "<xs:element name=\"{}\" type=\"xs:{}\" minOccurs=\"0\" nillable=\"true\"/>",
            escape(&column.name),
            column.kind.xsd()
        );
    }
    let _ = write!(
        out,
        "<xs:element name=\"geom\" type=\"gml:{}\" minOccurs=\"0\" nillable=\"true\"/>\n\
         </xs:sequence>\n</xs:extension>\n</xs:complexContent>\n</xs:complexType>\n",
        property_type(layer.geometry)
    );
}

/// The GML 3.2 property type that holds a layer's geometries (OGC 07-036 clause 10 and 11).
const fn property_type(geometry: GeometryType) -> &'static str {
    match geometry {
        GeometryType::Geometry => "GeometryPropertyType",
        GeometryType::Point => "PointPropertyType",
        GeometryType::LineString => "CurvePropertyType",
        GeometryType::Polygon => "SurfacePropertyType",
        GeometryType::MultiPoint => "MultiPointPropertyType",
        GeometryType::MultiLineString => "MultiCurvePropertyType",
        GeometryType::MultiPolygon => "MultiSurfacePropertyType",
        GeometryType::GeometryCollection => "MultiGeometryPropertyType",
    }
}
