//! GML 2.1.2 (OGC 02-069): what clients of WMS 1.1.1 expect behind `application/vnd.ogc.gml`.
//!
//! Coordinates are x, y in every system: GML 2 came before the registries' axis order was heeded, and
//! its readers take `http://www.opengis.net/gml/srs/epsg.xml#4326` for longitude first.

use super::schema::{Element, elements};
use super::writer::{attribute, is_writable};
use super::{named, push_escaped, push_value, writer::push_reference};
use crate::formats::encoder::EncodeError;
use crate::formats::number::push_pair;
use crate::formats::{decimals_for, push_fixed};
use crate::geo::wkb::{self, Coords, GeometryType, Visitor, WkbError};
use crate::geo::{BBox, Crs};
use crate::model::{Column, FeatureRef, Layer};
use std::io::Write;

/// Namespace of GML 2 and 3.1.
pub const NAMESPACE: &str = "http://www.opengis.net/gml";

const WFS_NAMESPACE: &str = "http://www.opengis.net/wfs";
/// Where the schema of WFS 1.0's answers is.
pub const WFS_SCHEMA: &str = "http://schemas.opengis.net/wfs/1.0.0/WFS-basic.xsd";
/// Where the schema of GML 2 is.
pub const GML_SCHEMA: &str = "http://schemas.opengis.net/gml/2.1.2/feature.xsd";

/// Appends the XML declaration, the start tag of a collection of features that are only now being read, in
/// systems of their own, and a box that says so; `schema_locations` names every schema.
pub fn head(namespaces: &[(String, String)], schema_locations: &[(String, String)], out: &mut Vec<u8>) {
    start_tag(namespaces, schema_locations, out);
    out.extend_from_slice(b"<gml:boundedBy><gml:null>unknown</gml:null></gml:boundedBy>\n");
}

fn start_tag(namespaces: &[(String, String)], schema_locations: &[(String, String)], out: &mut Vec<u8>) {
    out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfs:FeatureCollection");
    attribute("xmlns:wfs", WFS_NAMESPACE, out);
    attribute("xmlns:gml", NAMESPACE, out);
    attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance", out);
    for (prefix, uri) in namespaces {
        attribute(&format!("xmlns:{prefix}"), uri, out);
    }
    let pairs: Vec<String> = schema_locations.iter().map(|(uri, at)| format!("{uri} {at}")).collect();
    attribute("xsi:schemaLocation", &pairs.join(" "), out);
    out.extend_from_slice(b">\n");
}

/// A `wfs:FeatureCollection` of WFS 1.0 with features of any layers.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Prefix and URI of the feature types' namespaces.
    pub namespaces: Vec<(String, String)>,
    /// Namespace and address of each feature type's schema.
    pub schema_locations: Vec<(String, String)>,
    srs_name: String,
    decimals: usize,
}

impl Collection {
    /// A collection whose coordinates are in a system.
    #[must_use]
    pub fn new(crs: &Crs) -> Self {
        Self {
            namespaces: Vec::new(),
            schema_locations: Vec::new(),
            srs_name: format!("http://www.opengis.net/gml/srs/epsg.xml#{}", crs.srid),
            decimals: decimals_for(crs),
        }
    }

    /// Appends the XML declaration, the start tag and the box of the features to come, x first; an empty
    /// box says that it isn't known.
    pub fn head(&self, bbox: &BBox, out: &mut Vec<u8>) {
        let mut locations = vec![(WFS_NAMESPACE.to_owned(), WFS_SCHEMA.to_owned())];
        locations.extend_from_slice(&self.schema_locations);
        start_tag(&self.namespaces, &locations, out);
        out.extend_from_slice(b"<gml:boundedBy>");
        if bbox.is_valid() {
            out.extend_from_slice(b"<gml:Box");
            attribute("srsName", &self.srs_name, out);
            out.extend_from_slice(b"><gml:coordinates>");
            let corners = [[bbox.min_x, bbox.min_y], [bbox.max_x, bbox.max_y]];
            push_positions(corners.into_iter().map(|p| (p, None)), self.decimals, out);
            out.extend_from_slice(b"</gml:coordinates></gml:Box>");
        } else {
            out.extend_from_slice(b"<gml:null>unknown</gml:null>");
        }
        out.extend_from_slice(b"</gml:boundedBy>\n");
    }

    /// Appends a feature of a layer; `feature` has the layer's columns and is in the collection's system.
    ///
    /// # Errors
    /// [`EncodeError`]; `out` then ends where it did before.
    pub fn member(
        &self,
        layer: &Layer,
        feature: FeatureRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let start = out.len();
        let (name, prefix) = (layer.type_name(), &layer.dataset.organisation.prefix);
        // Writing to a Vec can't fail.
        let is_first = !layer.gml.geometry.is_empty();
        let _ = write!(out, "<gml:featureMember><{name} fid=\"{}.{}\">", layer.slug, feature.fid);
        // GML's own properties stand first; that of 3.2 is unknown here (OGC 02-069 section 4.5).
        for name in Column::GML.into_iter().filter(|name| *name != "gml:identifier") {
            let found = feature.columns.iter().position(|c| c.name == name);
            let value = found.and_then(|at| feature.values.get(at)).filter(|v| is_writable(v));
            if let Some(value) = value {
                let _ = write!(out, "<{name}>");
                push_value(value, out);
                let _ = write!(out, "</{name}>");
            }
        }
        if is_first {
            self.geometry(layer, feature, out).inspect_err(|_| out.truncate(start))?;
        }
        let own =
            feature.columns.iter().zip(feature.values).filter(|(c, v)| c.gml().is_none() && is_writable(v));
        for (column, value) in own {
            if layer.gml.references.contains(&column.name) {
                push_reference(&format!("{prefix}:{}", column.name), value, out);
                continue;
            }
            let _ = write!(out, "<{prefix}:{}>", column.name);
            push_value(value, out);
            let _ = write!(out, "</{prefix}:{}>", column.name);
        }
        if !is_first {
            self.geometry(layer, feature, out).inspect_err(|_| out.truncate(start))?;
        }
        let _ = writeln!(out, "</{name}></gml:featureMember>");
        Ok(())
    }

    /// Appends the geometry's property, or properties where a schema has several.
    fn geometry(&self, layer: &Layer, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let Some(ewkb) = feature.geometry else { return Ok(()) };
        let failed = |cause| EncodeError::Geometry { fid: feature.fid, cause };
        let prefix = &layer.dataset.organisation.prefix;
        let parts = if layer.gml.geometry.is_empty() {
            vec![("geom", std::borrow::Cow::Borrowed(ewkb))]
        } else {
            let named = named::properties(&layer.gml, ewkb).map_err(failed)?;
            named.into_iter().map(|(name, part)| (name.name.as_str(), part)).collect()
        };
        for (name, part) in parts {
            let before = out.len();
            let _ = write!(out, "<{prefix}:{name}>");
            if self.push_geometry(&part, out).map_err(failed)? {
                let _ = write!(out, "</{prefix}:{name}>");
            } else {
                out.truncate(before);
            }
        }
        Ok(())
    }

    /// Appends the end tag.
    pub fn end_tag(out: &mut Vec<u8>) {
        out.extend_from_slice(b"</wfs:FeatureCollection>\n");
    }

    /// Answers false for what GML has no form for: empty geometries, and coordinates that aren't finite.
    fn push_geometry(&self, ewkb: &[u8], out: &mut Vec<u8>) -> Result<bool, WkbError> {
        let start = out.len();
        let mut writer = Geometry { collection: self, out, open: Vec::new(), finite: true, points: 0 };
        let outcome = wkb::walk(ewkb, &mut writer);
        let whole = writer.finite && writer.points > 0;
        if outcome.is_err() || !whole {
            out.truncate(start);
        }
        outcome.map(|_| whole)
    }
}

/// Writes a geometry as it is walked (OGC 02-069 section 4.3).
struct Geometry<'a> {
    collection: &'a Collection,
    out: &'a mut Vec<u8>,
    open: Vec<GeometryType>,
    finite: bool,
    points: usize,
}

impl Geometry<'_> {
    fn tag(&mut self, slash: &str, name: &str) {
        // Writing to a Vec can't fail.
        let _ = write!(self.out, "<{slash}gml:{name}>");
    }

    fn coordinates(&mut self, coords: Coords<'_>) {
        self.points += coords.len();
        self.finite &= coords.iter().all(|[x, y]| x.is_finite() && y.is_finite());
        self.tag("", "coordinates");
        push_positions(coords.iter_z(), self.collection.decimals, self.out);
        self.tag("/", "coordinates");
    }
}

impl Visitor for Geometry<'_> {
    fn begin(&mut self, kind: GeometryType, _: usize) {
        match self.open.last().and_then(|k| member_name(*k)) {
            Some(member) => {
                self.tag("", member);
                self.tag("", element_name(kind));
            }
            None => {
                let _ = write!(self.out, "<gml:{}", element_name(kind));
                attribute("srsName", &self.collection.srs_name, self.out);
                self.out.push(b'>');
            }
        }
        self.open.push(kind);
    }

    fn end(&mut self, kind: GeometryType) {
        self.open.pop();
        self.tag("/", element_name(kind));
        if let Some(member) = self.open.last().and_then(|k| member_name(*k)) {
            self.tag("/", member);
        }
    }

    fn point(&mut self, coords: Coords<'_>) {
        self.coordinates(coords);
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.coordinates(coords);
    }

    fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
        let side = if exterior { "outerBoundaryIs" } else { "innerBoundaryIs" };
        self.tag("", side);
        self.tag("", "LinearRing");
        self.coordinates(coords);
        self.tag("/", "LinearRing");
        self.tag("/", side);
    }
}

/// Tuples with a comma inside and a space between them: the defaults of `gml:coordinates`.
fn push_positions(
    positions: impl Iterator<Item = ([f64; 2], Option<f64>)>,
    decimals: usize,
    out: &mut Vec<u8>,
) {
    for (at, ([x, y], z)) in positions.enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        push_pair([x, y], decimals, b',', out);
        if let Some(z) = z {
            out.push(b',');
            push_fixed(z, 3, out);
        }
    }
}

const fn element_name(kind: GeometryType) -> &'static str {
    match kind {
        GeometryType::Point => "Point",
        GeometryType::LineString => "LineString",
        GeometryType::Polygon => "Polygon",
        GeometryType::MultiPoint => "MultiPoint",
        GeometryType::MultiLineString => "MultiLineString",
        GeometryType::MultiPolygon => "MultiPolygon",
        GeometryType::Geometry | GeometryType::GeometryCollection => "MultiGeometry",
    }
}

const fn member_name(collection: GeometryType) -> Option<&'static str> {
    match collection {
        GeometryType::MultiPoint => Some("pointMember"),
        GeometryType::MultiLineString => Some("lineStringMember"),
        GeometryType::MultiPolygon => Some("polygonMember"),
        GeometryType::GeometryCollection => Some("geometryMember"),
        _ => None,
    }
}

/// The GML 2 application schema of layers that share an organisation's namespace, for what
/// [`Collection::member`] writes.
#[must_use]
pub fn schema(layers: &[&Layer]) -> String {
    let mut xsd = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xsd:schema xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" ",
    );
    xsd += &format!("xmlns:gml=\"{NAMESPACE}\" ");
    if let Some(first) = layers.first() {
        let organisation = &first.dataset.organisation;
        let uri = escaped(&organisation.namespace);
        xsd += &format!("xmlns:{}=\"{uri}\" targetNamespace=\"{uri}\" ", organisation.prefix);
    }
    xsd += "elementFormDefault=\"qualified\" version=\"1.0\">\n";
    xsd += &format!("  <xsd:import namespace=\"{NAMESPACE}\" schemaLocation=\"{GML_SCHEMA}\"/>\n");
    for layer in layers {
        let (type_name, prefix) = (layer.local_type_name(), &layer.dataset.organisation.prefix);
        xsd += &format!(
            "  <xsd:complexType name=\"{type_name}Type\"><xsd:complexContent>\
             <xsd:extension base=\"gml:AbstractFeatureType\"><xsd:sequence>\n"
        );
        for Element { name, kind, required } in elements(layer, "FeatureAssociationType", property) {
            let name = escaped(name);
            let may_lack = if required { "" } else { " minOccurs=\"0\"" };
            xsd += &format!("    <xsd:element name=\"{name}\" type=\"{kind}\"{may_lack}/>\n");
        }
        xsd += "  </xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>\n";
        xsd += &format!(
            "  <xsd:element name=\"{type_name}\" type=\"{prefix}:{type_name}Type\" substitutionGroup=\"gml:_Feature\"/>\n"
        );
    }
    xsd += "</xsd:schema>\n";
    xsd
}

const fn property(kind: GeometryType) -> &'static str {
    match kind {
        GeometryType::Geometry => "GeometryPropertyType",
        GeometryType::Point => "PointPropertyType",
        GeometryType::LineString => "LineStringPropertyType",
        GeometryType::Polygon => "PolygonPropertyType",
        GeometryType::MultiPoint => "MultiPointPropertyType",
        GeometryType::MultiLineString => "MultiLineStringPropertyType",
        GeometryType::MultiPolygon => "MultiPolygonPropertyType",
        GeometryType::GeometryCollection => "MultiGeometryPropertyType",
    }
}

fn escaped(text: &str) -> String {
    let mut out = Vec::new();
    push_escaped(text, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::schema::tests::layer;
    use super::*;
    use crate::model::Value;
    use geo_types::{Geometry as G, LineString, MultiPolygon, Point, polygon};

    fn member(geometry: &G<f64>) -> String {
        let layer = layer(GeometryType::Geometry);
        let ewkb = wkb::from_geo(geometry, 4326).expect("ewkb");
        let world = Crs::from_epsg(4326).expect("known");
        let values = [Value::Text("a < b".into()), Value::Null, Value::Null];
        let columns = layer.columns.clone();
        let feature = FeatureRef { fid: 7, geometry: Some(&ewkb), columns: &columns, values: &values };
        let mut out = Vec::new();
        Collection::new(&world).member(&layer, feature, &mut out).expect("written");
        String::from_utf8(out).expect("utf-8")
    }

    #[test]
    fn positions_are_x_and_y_even_where_the_authority_says_otherwise() {
        assert_eq!(
            member(&Point::new(5.4, 43.6).into()),
            "<gml:featureMember><crige:communes fid=\"communes.7\"><crige:nom>a &lt; b</crige:nom><crige:geom>\
             <gml:Point srsName=\"http://www.opengis.net/gml/srs/epsg.xml#4326\"><gml:coordinates>5.4,43.6\
             </gml:coordinates></gml:Point></crige:geom></crige:communes></gml:featureMember>\n"
        );
    }

    #[test]
    fn members_and_rings_have_their_names_of_gml_2() {
        let polygon = polygon!(
            exterior: [(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 0.)],
            interiors: [[(x: 4., y: 1.), (x: 5., y: 1.), (x: 5., y: 2.), (x: 4., y: 1.)]],
        );
        let text = member(&MultiPolygon(vec![polygon]).into());
        assert!(text.contains(
            "<gml:polygonMember><gml:Polygon><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>0,0 9,0 9,9 0,0\
             </gml:coordinates></gml:LinearRing></gml:outerBoundaryIs><gml:innerBoundaryIs><gml:LinearRing>"
        ), "{text}");
    }

    #[test]
    fn what_gml_cannot_say_is_left_out() {
        for nothing in
            [LineString::<f64>::new(Vec::new()), LineString::from(vec![(0.0, f64::NAN), (1.0, 1.0)])]
        {
            let text = member(&nothing.into());
            assert!(text.contains("<crige:nom>") && !text.contains("geom"), "{text}");
        }
    }

    #[test]
    fn a_collection_without_features_says_that_its_box_is_unknown() {
        let collection = Collection::new(&Crs::from_epsg(2154).expect("known"));
        let text = |bbox: &BBox| {
            let mut out = Vec::new();
            collection.head(bbox, &mut out);
            Collection::end_tag(&mut out);
            String::from_utf8(out).expect("utf-8")
        };
        assert!(text(&BBox::EMPTY).contains("<gml:null>unknown</gml:null>"));
        let filled = text(&BBox::new(1.0, 2.0, 3.0, 4.0));
        assert!(filled.contains("<gml:coordinates>1,2 3,4</gml:coordinates>"), "{filled}");
        assert!(roxmltree::Document::parse(&filled).is_ok());
    }
}
