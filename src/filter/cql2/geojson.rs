//! Geometries of CQL2 JSON: those of GeoJSON (RFC 7946 section 3.1), in the filter's system.

use super::shape::{self, DEEPEST, Placement, refused};
use crate::filter::error::{FilterError, excerpt};
use geo_types::{
    Coord, Geometry as Shape, GeometryCollection, MultiLineString, MultiPoint, MultiPolygon, Point,
};
use serde_json::{Map, Value};

/// Reads a geometry object.
pub(super) fn shape(object: &Map<String, Value>, placement: &Placement) -> Result<Shape<f64>, FilterError> {
    Reader { placement, positions: 0 }.shape(object, 0)
}

/// An array of numbers.
pub(super) fn numbers(value: &Value) -> Result<Vec<f64>, FilterError> {
    let number = |value: &Value| {
        let number = value.as_f64().filter(|v| v.is_finite());
        number.ok_or_else(|| refused(&format!("'{}' is not a number", excerpt(&value.to_string()))))
    };
    array(value)?.iter().map(number).collect()
}

fn array(value: &Value) -> Result<&[Value], FilterError> {
    match value {
        Value::Array(list) => Ok(list),
        other => Err(refused(&format!("'{}' is not an array of numbers", excerpt(&other.to_string())))),
    }
}

struct Reader<'p> {
    placement: &'p Placement,
    positions: usize,
}

impl Reader<'_> {
    fn shape(&mut self, object: &Map<String, Value>, depth: usize) -> Result<Shape<f64>, FilterError> {
        if depth > DEEPEST {
            return Err(FilterError::TooDeep(DEEPEST));
        }
        let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "GeometryCollection" {
            let Some(Value::Array(members)) = object.get("geometries") else {
                return Err(refused("a GeometryCollection needs an array 'geometries'"));
            };
            let members = members.iter().map(|member| match member {
                Value::Object(member) => self.shape(member, depth + 1),
                _ => Err(refused("'geometries' holds geometries")),
            });
            return not_empty(kind, members.collect::<Result<Vec<_>, _>>()?)
                .map(|members| Shape::GeometryCollection(GeometryCollection(members)));
        }
        let known = ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"];
        if !known.contains(&kind) {
            return Err(refused(&format!(
                "'{}' is no geometry type; use {} or GeometryCollection",
                excerpt(kind),
                known.join(", ")
            )));
        }
        let coordinates =
            object.get("coordinates").ok_or_else(|| refused(&format!("a {kind} needs 'coordinates'")))?;
        Ok(match kind {
            "Point" => Point(self.position(coordinates)?).into(),
            "LineString" => shape::line(self.positions(coordinates)?)?.into(),
            "Polygon" => shape::polygon(self.rings(coordinates)?)?.into(),
            "MultiPoint" => {
                let points = not_empty(kind, self.positions(coordinates)?)?;
                MultiPoint(points.into_iter().map(Point).collect()).into()
            }
            "MultiLineString" => {
                let lines = not_empty(kind, self.rings(coordinates)?)?;
                MultiLineString(lines.into_iter().map(shape::line).collect::<Result<_, _>>()?).into()
            }
            _ => {
                let polygons = array(coordinates)?.iter().map(|polygon| self.rings(polygon));
                let polygons = not_empty(kind, polygons.collect::<Result<Vec<_>, _>>()?)?;
                MultiPolygon(polygons.into_iter().map(shape::polygon).collect::<Result<_, _>>()?).into()
            }
        })
    }

    fn rings(&mut self, value: &Value) -> Result<Vec<Vec<Coord>>, FilterError> {
        array(value)?.iter().map(|ring| self.positions(ring)).collect()
    }

    fn positions(&mut self, value: &Value) -> Result<Vec<Coord>, FilterError> {
        array(value)?.iter().map(|position| self.position(position)).collect()
    }

    fn position(&mut self, value: &Value) -> Result<Coord, FilterError> {
        let numbers = numbers(value)?;
        self.placement.position(&numbers, &mut self.positions)
    }
}

fn not_empty<T>(kind: &str, parts: Vec<T>) -> Result<Vec<T>, FilterError> {
    if parts.is_empty() {
        return Err(refused(&format!("a {kind} needs at least one part")));
    }
    Ok(parts)
}
