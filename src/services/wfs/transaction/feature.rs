//! Properties of features in GML: what an element says its value is.

use super::error::excerpt;
use super::model::Value;
use crate::filter::ast::Geometry;
use crate::filter::xml::{elements, text};
use crate::filter::{FilterError, Reading, gml};
use crate::geo::wkb::{self, GeometryType, HAS_SRID, HAS_Z, WkbError};
use crate::model::{ColumnType, Layer};
use roxmltree::Node;

const XLINK: &str = "http://www.w3.org/1999/xlink";

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
    if layer.gml.references.iter().any(|name| name == column) {
        return reference(node);
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

/// The address in a property that refers to something else (OGC 07-036 clause 7.2.3.3).
fn reference(node: Node<'_, '_>) -> Result<Value, Reason> {
    if let Some(inside) = elements(node).next() {
        let found = excerpt(inside.tag_name().name());
        return Err(Reason::Value(format!(
            "it refers to something by xlink:href, and can't hold a '{found}'"
        )));
    }
    let address = node.attribute((XLINK, "href")).map(str::trim).filter(|address| !address.is_empty());
    Ok(address.map_or(Value::Null, |address| Value::Text(address.to_owned())))
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

/// A geometry in the type that its name is for, where an agreed schema has names for types. What is read as
/// one part where several may be becomes the only part.
///
/// # Errors
/// [`Reason`] when it has another.
pub fn fit_name(layer: &Layer, name: &str, geometry: Geometry) -> Result<Geometry, Reason> {
    let Some(wanted) = layer.gml.geometry_called(name).and_then(|n| n.kind) else { return Ok(geometry) };
    let header = wkb::header(&geometry.ewkb).map_err(|e| Reason::Value(e.to_string()))?;
    if header.kind == wanted {
        return Ok(geometry);
    }
    if header.kind.multi() == wanted {
        return gather(wanted, &[geometry]);
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
    let (names, geometries): (Vec<&str>, Vec<Geometry>) = properties.into_iter().unzip();
    let is_repeated = |(at, name): (usize, &&str)| names.iter().take(at).any(|before| before == name);
    if names.iter().enumerate().any(is_repeated) {
        return Err(Reason::twice());
    }
    gather(GeometryType::GeometryCollection, &geometries).map(Some)
}

/// A geometry of several parts, heights and all.
fn gather(kind: GeometryType, members: &[Geometry]) -> Result<Geometry, Reason> {
    let srid = members.first().and_then(|member| member.srid);
    if members.iter().any(|member| member.srid != srid) {
        return Err(Reason::Crs("the geometries of a feature must be in one system".to_owned()));
    }
    let unreadable = |e: WkbError| Reason::Value(e.to_string());
    let mut parts = Vec::new();
    let mut has_z = None;
    for member in members {
        let header = wkb::header(&member.ewkb).map_err(unreadable)?;
        if has_z.replace(header.has_z).is_some_and(|before| before != header.has_z) {
            let message = "all geometries of a feature have heights, or none of them";
            return Err(Reason::Value(message.to_owned()));
        }
        parts.push(1);
        parts.extend_from_slice(&(header.kind.code() | flag(HAS_Z, header.has_z)).to_le_bytes());
        let start = if header.srid.is_some() { 9 } else { 5 };
        parts.extend_from_slice(member.ewkb.get(start..).unwrap_or_default());
    }
    let word = kind.code() | flag(HAS_Z, has_z == Some(true)) | flag(HAS_SRID, srid.is_some());
    let mut ewkb = vec![1];
    ewkb.extend_from_slice(&word.to_le_bytes());
    if let Some(srid) = srid {
        ewkb.extend_from_slice(&srid.to_le_bytes());
    }
    ewkb.extend_from_slice(&u32::try_from(members.len()).unwrap_or(u32::MAX).to_le_bytes());
    ewkb.append(&mut parts);
    Ok(Geometry { ewkb, srid })
}

const fn flag(flag: u32, is_set: bool) -> u32 {
    if is_set { flag } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f64, z: Option<f64>) -> Geometry {
        let mut ewkb = vec![1];
        ewkb.extend_from_slice(&(1 | HAS_SRID | flag(HAS_Z, z.is_some())).to_le_bytes());
        ewkb.extend_from_slice(&4326_i32.to_le_bytes());
        for number in [Some(x), Some(2.0), z].into_iter().flatten() {
            ewkb.extend_from_slice(&number.to_le_bytes());
        }
        Geometry { ewkb, srid: Some(4326) }
    }

    #[test]
    fn several_geometries_are_gathered_with_their_heights() {
        let gathered = one(vec![("a", point(1.0, Some(7.0))), ("b", point(3.0, Some(8.0)))]);
        let gathered = gathered.ok().flatten().expect("one geometry");
        let header = wkb::header(&gathered.ewkb).expect("EWKB");
        assert_eq!(
            (header.kind, header.srid, header.has_z),
            (GeometryType::GeometryCollection, Some(4326), true)
        );
        assert_eq!(
            wkb::to_geo(&gathered.ewkb).expect("whole"),
            geo_types::Geometry::GeometryCollection(geo_types::GeometryCollection(vec![
                geo_types::point!(x: 1.0, y: 2.0).into(),
                geo_types::point!(x: 3.0, y: 2.0).into(),
            ]))
        );
        assert_eq!(one(vec![("a", point(1.0, None))]).ok().flatten(), Some(point(1.0, None)));
    }

    #[test]
    fn one_name_twice_other_systems_and_other_dimensions_are_refused() {
        assert!(one(vec![("a", point(1.0, None)), ("a", point(2.0, None))]).is_err());
        assert!(one(vec![("a", point(1.0, None)), ("b", point(2.0, Some(1.0)))]).is_err());
        let elsewhere = Geometry { srid: Some(2154), ..point(2.0, None) };
        assert!(one(vec![("a", point(1.0, None)), ("b", elsewhere)]).is_err());
    }
}
