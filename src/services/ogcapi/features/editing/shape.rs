//! Geometries of features that are sent (RFC 7946 section 3.1), as EWKB with their heights. Whether a shape
//! suits the layer, and whether it is valid, is for the edit engine to say.

use crate::filter::ast::Geometry;
use crate::geo::CrsRef;
use crate::geo::wkb::{GeometryType, HAS_Z};
use serde_json::{Map, Value};

/// Collections in collections that a geometry may have.
const DEEPEST: usize = 16;

/// The geometry of a GeoJSON object whose positions lie in a system, in the order of its authority.
///
/// # Errors
/// What is wrong with it, as a sentence without its subject: "needs coordinates".
pub fn read(object: &Map<String, Value>, crs: &CrsRef) -> Result<Geometry, String> {
    let has_z = numbers_in_position(object, 0).unwrap_or(2) > 2;
    let mut writer = Writer { out: Vec::new(), has_z, swapped: crs.swapped(true) };
    writer.geometry(object, 0)?;
    Ok(Geometry { ewkb: writer.out, srid: Some(crs.crs.srid) })
}

/// How many numbers the first position has.
fn numbers_in_position(object: &Map<String, Value>, depth: usize) -> Option<usize> {
    if let Some(members) = object.get("geometries").and_then(Value::as_array) {
        let first = members.first().filter(|_| depth < DEEPEST)?;
        return numbers_in_position(first.as_object()?, depth + 1);
    }
    let mut inner = object.get("coordinates")?;
    loop {
        let list = inner.as_array()?;
        match list.first()? {
            Value::Number(_) => return Some(list.len()),
            next => inner = next,
        }
    }
}

/// Writes little-endian EWKB without SRID.
struct Writer {
    out: Vec<u8>,
    has_z: bool,
    swapped: bool,
}

impl Writer {
    fn geometry(&mut self, object: &Map<String, Value>, depth: usize) -> Result<(), String> {
        let named = object.get("type").and_then(Value::as_str).unwrap_or_default();
        let kind = (1..=7).filter_map(GeometryType::from_code).find(|kind| kind.name() == named);
        let Some(kind) = kind else {
            let named: String = named.chars().take(60).collect();
            return Err(format!(
                "has the type '{named}'; the types are Point, LineString, Polygon, MultiPoint, MultiLineString, \
                 MultiPolygon and GeometryCollection"
            ));
        };
        if kind == GeometryType::GeometryCollection {
            if depth == DEEPEST {
                return Err("is nested too deeply".to_owned());
            }
            let members = object.get("geometries").and_then(Value::as_array);
            let members = members.ok_or("is a GeometryCollection and needs an array 'geometries'")?;
            self.begin(kind);
            self.count(members.len())?;
            for member in members {
                let member =
                    member.as_object().ok_or("holds something in 'geometries' that is no geometry")?;
                self.geometry(member, depth + 1)?;
            }
            return Ok(());
        }
        let coordinates = object.get("coordinates").ok_or("needs 'coordinates'")?;
        self.begin(kind);
        self.body(kind, coordinates)
    }

    fn body(&mut self, kind: GeometryType, coordinates: &Value) -> Result<(), String> {
        match kind {
            GeometryType::Point => self.position(coordinates),
            GeometryType::LineString => self.list(coordinates, Self::position),
            GeometryType::Polygon => self.list(coordinates, |this, ring| this.list(ring, Self::position)),
            several => {
                let one = match several {
                    GeometryType::MultiPoint => GeometryType::Point,
                    GeometryType::MultiLineString => GeometryType::LineString,
                    _ => GeometryType::Polygon,
                };
                self.list(coordinates, |this, member| {
                    this.begin(one);
                    this.body(one, member)
                })
            }
        }
    }

    fn begin(&mut self, kind: GeometryType) {
        self.out.push(1);
        let code = kind.code() | if self.has_z { HAS_Z } else { 0 };
        self.out.extend_from_slice(&code.to_le_bytes());
    }

    fn count(&mut self, count: usize) -> Result<(), String> {
        let count = u32::try_from(count).map_err(|_| "has too many parts")?;
        self.out.extend_from_slice(&count.to_le_bytes());
        Ok(())
    }

    fn list(
        &mut self,
        value: &Value,
        each: impl Fn(&mut Self, &Value) -> Result<(), String>,
    ) -> Result<(), String> {
        let list =
            value.as_array().ok_or_else(|| format!("has {} where an array belongs", excerpt(value)))?;
        self.count(list.len())?;
        list.iter().try_for_each(|part| each(self, part))
    }

    fn position(&mut self, value: &Value) -> Result<(), String> {
        let numbers: Option<Vec<f64>> =
            value.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
        let refused = || format!("has {} where a position of two or three numbers belongs", excerpt(value));
        let numbers = numbers.ok_or_else(refused)?;
        // A fourth number is a measure, which GeoJSON leaves out of its meaning.
        let (first, second, height) = match *numbers.as_slice() {
            [first, second] => (first, second, None),
            [first, second, height] | [first, second, height, _] => (first, second, Some(height)),
            _ => return Err(refused()),
        };
        if height.is_some() != self.has_z {
            return Err("has heights at some of its positions only; give all or none".to_owned());
        }
        let [x, y] = if self.swapped { [second, first] } else { [first, second] };
        for number in [x, y].into_iter().chain(height) {
            self.out.extend_from_slice(&number.to_le_bytes());
        }
        Ok(())
    }
}

fn excerpt(value: &Value) -> String {
    const SHOWN: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::wkb;
    use proptest::prelude::*;
    use serde_json::json;

    fn geometry(value: &Value, system: &str) -> Result<Geometry, String> {
        read(value.as_object().expect("an object"), &CrsRef::parse(system).expect("a system"))
    }

    fn positions(geometry: &Geometry) -> Vec<([f64; 2], Option<f64>)> {
        let mut all = Vec::new();
        wkb::each_list(&geometry.ewkb, |coords| all.extend(coords.iter_z())).expect("read");
        all
    }

    const URI: &str = "http://www.opengis.net/def/crs/EPSG/0/4326";

    #[test]
    fn every_type_is_read_with_its_heights_and_in_the_order_of_its_system() {
        for (value, count) in [
            (json!({"type": "Point", "coordinates": [5.5, 43.25]}), 1),
            (json!({"type": "LineString", "coordinates": [[5.5, 43.25], [6, 44]]}), 2),
            (json!({"type": "Polygon", "coordinates": [[[5.5, 43.25], [6, 44], [7, 43], [5.5, 43.25]]]}), 4),
            (json!({"type": "MultiPoint", "coordinates": [[5.5, 43.25], [6, 44]]}), 2),
            (
                json!({"type": "MultiLineString", "coordinates": [[[5.5, 43.25], [6, 44]], [[1, 2], [3, 4]]]}),
                4,
            ),
            (
                json!({"type": "MultiPolygon", "coordinates": [[[[5.5, 43.25], [6, 44], [7, 43], [5.5, 43.25]]]]}),
                4,
            ),
            (
                json!({"type": "GeometryCollection", "geometries": [
                    {"type": "Point", "coordinates": [5.5, 43.25]},
                    {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
                ]}),
                3,
            ),
        ] {
            let read = geometry(&value, "CRS84").expect("read");
            assert_eq!(read.srid, Some(4326));
            let found = positions(&read);
            assert_eq!((found.len(), found.first()), (count, Some(&([5.5, 43.25], None))), "{value}");
            let kind = wkb::header(&read.ewkb).expect("a header").kind;
            assert_eq!(value["type"], kind.name());
        }
        let high =
            geometry(&json!({"type": "Point", "coordinates": [43.25, 5.5, 120.5]}), URI).expect("read");
        assert_eq!(positions(&high), [([5.5, 43.25], Some(120.5))]);
    }

    #[test]
    fn what_is_no_geometry_is_told() {
        for (value, said) in [
            (json!({}), "has the type ''"),
            (json!({"type": "point", "coordinates": [1, 2]}), "has the type 'point'"),
            (json!({"type": "Geometry", "coordinates": [1, 2]}), "has the type 'Geometry'"),
            (json!({"type": "Point"}), "needs 'coordinates'"),
            (json!({"type": "Point", "coordinates": []}), "has [] where"),
            (json!({"type": "Point", "coordinates": [1]}), "has [1] where"),
            (json!({"type": "Point", "coordinates": ["1", "2"]}), "where a position"),
            (json!({"type": "Point", "coordinates": [1, 2, 3, 4, 5]}), "where a position"),
            (json!({"type": "LineString", "coordinates": [[1, 2], [3, 4, 5]]}), "heights at some"),
            (json!({"type": "Polygon", "coordinates": [[1, 2], [3, 4]]}), "has 1 where a position"),
            (json!({"type": "MultiPolygon", "coordinates": {}}), "has {} where an array"),
            (json!({"type": "GeometryCollection", "geometries": [1]}), "no geometry"),
            (json!({"type": "GeometryCollection"}), "needs an array"),
        ] {
            let error = geometry(&value, "CRS84").expect_err("refused");
            assert!(error.contains(said), "{value}: {error}");
        }
        let mut nested = json!({"type": "Point", "coordinates": [1, 2]});
        for _ in 0..40 {
            nested = json!({"type": "GeometryCollection", "geometries": [nested]});
        }
        assert_eq!(geometry(&nested, "CRS84").expect_err("refused"), "is nested too deeply");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<f64>().prop_map(|n| json!(n)),
            any::<i64>().prop_map(|n| json!(n)),
            "[a-z]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                (0..9_u32, inner.clone()).prop_map(|(code, inner)| {
                    let kind = GeometryType::from_code(code).map_or("x", GeometryType::name);
                    json!({"type": kind, "coordinates": inner, "geometries": [inner]})
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_a_geometry(value in any_json(), code in 0..9_u32) {
            let kind = GeometryType::from_code(code).map_or("x", GeometryType::name);
            let value = json!({"type": kind, "coordinates": value, "geometries": [value]});
            if let Ok(read) = geometry(&value, URI) {
                prop_assert!(wkb::bbox(&read.ewkb).is_ok());
            }
        }
    }
}
