//! The application schema of layers: what DescribeFeatureType answers (OGC 09-025r2 clause 9, OGC 04-094
//! clause 8).

use super::{Dialect, push_escaped};
use crate::model::{GeometryType, Layer};

/// The XML Schema of layers that share an organisation's namespace. Elements stand in the order in which
/// features are written: the columns, then `geom`.
#[must_use]
pub fn schema(dialect: Dialect, layers: &[&Layer]) -> String {
    let (namespace, location) = (dialect.namespace(), dialect.schema_location());
    let mut xsd = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xsd += "<xsd:schema xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" ";
    xsd += &format!("xmlns:gml=\"{namespace}\" ");
    if let Some(first) = layers.first() {
        let organisation = &first.dataset.organisation;
        let uri = escaped(&organisation.namespace);
        xsd += &format!("xmlns:{}=\"{uri}\" targetNamespace=\"{uri}\" ", organisation.prefix);
    }
    xsd += "elementFormDefault=\"qualified\" version=\"1.0\">\n";
    xsd += &format!("  <xsd:import namespace=\"{namespace}\" schemaLocation=\"{location}\"/>\n");
    for layer in layers {
        push_type(dialect, layer, &mut xsd);
    }
    xsd += "</xsd:schema>\n";
    xsd
}

fn push_type(dialect: Dialect, layer: &Layer, xsd: &mut String) {
    let (name, prefix) = (layer.local_type_name(), &layer.dataset.organisation.prefix);
    *xsd += &format!("  <xsd:complexType name=\"{name}Type\">\n    <xsd:complexContent>\n");
    *xsd += "      <xsd:extension base=\"gml:AbstractFeatureType\">\n        <xsd:sequence>\n";
    // GML's own properties come with the type that every feature type extends.
    for Element { name, kind, required } in elements(layer, "ReferenceType", property_type) {
        let name = escaped(name);
        let may_lack = if required { "" } else { " minOccurs=\"0\" nillable=\"true\"" };
        *xsd += &format!("          <xsd:element name=\"{name}\" type=\"{kind}\"{may_lack}/>\n");
    }
    *xsd +=
        "        </xsd:sequence>\n      </xsd:extension>\n    </xsd:complexContent>\n  </xsd:complexType>\n";
    *xsd += &format!(
        "  <xsd:element name=\"{name}\" type=\"{prefix}:{name}Type\" substitutionGroup=\"gml:{}\"/>\n",
        dialect.abstract_feature()
    );
}

/// A property in a schema.
pub(super) struct Element<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its type, with prefix.
    pub(super) kind: String,
    /// Whether an agreed schema demands a value.
    pub(super) required: bool,
}

/// The properties of a layer's features in the order in which they are written: the columns, then the
/// geometry, which goes first under the names that a schema prescribes. GML's own properties come with the
/// type that every feature type extends. `reference` is the type of those that refer to something else.
pub(super) fn elements<'a>(
    layer: &'a Layer,
    reference: &str,
    geometry_type: impl Fn(GeometryType) -> &'static str,
) -> Vec<Element<'a>> {
    let geometry =
        |name, kind| Element { name, kind: format!("gml:{}", geometry_type(kind)), required: false };
    let own = layer.columns.iter().filter(|c| c.gml().is_none()).map(|c| Element {
        name: &c.name,
        kind: if layer.gml.references.contains(&c.name) {
            format!("gml:{reference}")
        } else {
            format!("xsd:{}", c.kind.xsd())
        },
        required: layer.gml.required.contains(&c.name),
    });
    let named = layer.gml.geometry.iter().map(|g| geometry(&g.name, g.kind.unwrap_or(layer.geometry)));
    let mut all: Vec<Element<'a>> = named.chain(own).collect();
    if layer.gml.geometry.is_empty() {
        all.push(geometry("geom", layer.geometry));
    }
    all
}

/// The property type that holds a layer's geometries (OGC 07-036 tables D.2 and D.3); both dialects name
/// them alike.
const fn property_type(kind: GeometryType) -> &'static str {
    match kind {
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

fn escaped(text: &str) -> String {
    let mut out = Vec::new();
    push_escaped(text, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{ColumnType, Dataset, Organisation, sample};
    use std::sync::Arc;

    pub(in super::super) fn layer(geometry: GeometryType) -> Layer {
        let columns =
            [("nom", ColumnType::Text), ("surface", ColumnType::Decimal), ("maj", ColumnType::Date)];
        let organisation = Organisation {
            prefix: "crige".into(),
            namespace: "http://crige.example/ns".into(),
            ..Organisation::clone(&sample::dataset().organisation)
        };
        let dataset = Dataset { organisation: Arc::new(organisation), ..sample::dataset() };
        Layer { dataset: Arc::new(dataset), ..sample::layer("communes", geometry, 2154, &columns) }
    }

    #[test]
    fn a_schema_declares_plain_types_in_the_order_of_the_features() {
        let xsd = schema(Dialect::Gml32, &[&layer(GeometryType::MultiPolygon)]);
        let document = roxmltree::Document::parse(&xsd).expect("well-formed");
        let elements: Vec<_> = document
            .descendants()
            .filter(|n| n.has_tag_name("element"))
            .map(|n| (n.attribute("name").unwrap_or(""), n.attribute("type").unwrap_or("")))
            .collect();
        assert_eq!(
            elements,
            [
                ("nom", "xsd:string"),
                ("surface", "xsd:decimal"),
                ("maj", "xsd:date"),
                ("geom", "gml:MultiSurfacePropertyType"),
                ("communes", "crige:communesType"),
            ]
        );
        assert_eq!(document.root_element().attribute("targetNamespace"), Some("http://crige.example/ns"));
    }
}
