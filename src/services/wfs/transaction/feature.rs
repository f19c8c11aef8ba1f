//! Properties of features in GML: what an element says its value is.

use super::error::excerpt;
use super::model::Value;
use crate::filter::ast::Geometry;
use crate::filter::xml::{elements, text};
use crate::filter::{FilterError, Reading, gml};
use crate::geo::wkb;
use crate::model::{ColumnType, Layer};
use roxmltree::Node;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Why a property's element is no value.
#[derive(Clone, Debug)]
pub enum Reason {
    /// The value is wrong.
    Value(String),
    /// Its coordinate reference system is.
    Crs(String),
}

impl Reason {
    /// The reason for people.
    pub fn text(&self) -> &str {
        let (Self::Value(text) | Self::Crs(text)) = self;
        text
    }

    /// A property of one value that has several.
    pub fn twice() -> Self {
        Self::Value("it is given twice, and a property has one value".to_owned())
    }
}

/// `gml:id`, or `fid` of GML 2.
pub fn identifier(node: Node<'_, '_>) -> Option<String> {
    let of_gml = node.attributes().find(|a| a.name() == "id" && a.namespace().is_some());
    let id = of_gml.map(|a| a.value()).or_else(|| node.attribute("fid"));
    id.map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Whether an element says that it has no value.
fn is_nil(node: Node<'_, '_>) -> bool {
    matches!(node.attribute((XSI, "nil")), Some("true" | "1"))
}

/// The value of a column. An element without text is no value, or empty text where the column holds text.
///
/// # Errors
/// [`Reason`] when there is markup inside.
pub fn scalar(layer: &Layer, column: &str, node: Node<'_, '_>) -> Result<Value, Reason> {
    if is_nil(node) {
        return Ok(Value::Null);
    }
    if let Some(inside) = elements(node).next() {
        let found = excerpt(inside.tag_name().name());
        return Err(Reason::Value(format!("it holds a plain value, not an element '{found}'")));
    }
    let text = text(node);
    let is_text = layer.column(column).is_none_or(|c| c.kind == ColumnType::Text);
    if !is_text && text.trim().is_empty() {
        return Ok(Value::Null);
    }
    Ok(Value::Text(text))
}

/// The geometry in a property's element; none when it is empty.
///
/// # Errors
/// [`Reason`] when it is no geometry, or in no system that is known.
pub fn geometry(node: Node<'_, '_>, reading: &Reading) -> Result<Option<Geometry>, Reason> {
    let mut inside = elements(node);
    let (first, second) = (inside.next(), inside.next());
    let Some(element) = first else {
        let text = text(node);
        return match text.trim() {
            "" => Ok(None),
            other => Err(Reason::Value(format!("'{}' is not a geometry in GML", excerpt(other)))),
        };
    };
    if second.is_some() {
        return Err(Reason::twice());
    }
    if !super::names::is_gml(element.tag_name().namespace()) {
        let found = excerpt(element.tag_name().name());
        return Err(Reason::Value(format!("'{found}' is not a geometry in GML")));
    }
    let geometry = gml::parse_geometry(element, reading).map_err(|error| match error {
        FilterError::Crs(_) => Reason::Crs(error.to_string()),
        _ => Reason::Value(error.to_string()),
    })?;
    super::heights::add(element, geometry).map(Some).map_err(Reason::Value)
}

/// Whether a geometry has the type that its name is for, where an agreed schema has names for types.
///
/// # Errors
/// [`Reason`] when it has another.
pub fn check_name(layer: &Layer, name: &str, geometry: &Geometry) -> Result<(), Reason> {
    let Some(wanted) = layer.gml.geometry_called(name).and_then(|n| n.kind) else { return Ok(()) };
    let header = wkb::header(&geometry.ewkb).map_err(|e| Reason::Value(e.to_string()))?;
    if header.kind == wanted {
        return Ok(());
    }
    Err(Reason::Value(format!("it holds a {}, not a {}", wanted.name(), header.kind.name())))
}

/// The one geometry of a feature: of several properties, which only an agreed schema has, a collection.
///
/// # Errors
/// [`Reason`] when one is given twice, or in another system than the rest.
pub fn one(mut properties: Vec<(&str, Geometry)>) -> Result<Option<Geometry>, Reason> {
    if properties.len() < 2 {
        return Ok(properties.pop().map(|(_, geometry)| geometry));
    }
    let mut members = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let srid = properties.first().and_then(|(_, geometry)| geometry.srid);
    for (name, geometry) in &properties {
        if names.contains(name) {
            return Err(Reason::twice());
        }
        names.push(name);
        if geometry.srid != srid {
            return Err(Reason::Crs("the geometries of a feature must be in one system".to_owned()));
        }
        members.push(wkb::to_geo(&geometry.ewkb).map_err(|e| Reason::Value(e.to_string()))?);
    }
    let shape = geo_types::Geometry::GeometryCollection(geo_types::GeometryCollection(members));
    let ewkb = wkb::from_geo(&shape, srid.unwrap_or(0)).map_err(|e| Reason::Value(e.to_string()))?;
    Ok(Some(Geometry { ewkb, srid }))
}
