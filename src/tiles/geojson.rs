//! A tile as GeoJSON (RFC 7946), to look into it: made of the tile's own bytes, so that it shows what viewers get,
//! clipped and snapped.

use super::engine::TileError;
use crate::formats::mvt::{ReadFeature, ReadLayer, ReadValue, Shape};
use crate::geo::grid::Tile;
use crate::geo::{Crs, Transform};
use serde_json::{Map, Value};
use std::io::Write;
use std::sync::Arc;

/// Moves units of a tile to degrees.
struct Placer {
    to_degrees: Transform,
    west: f64,
    north: f64,
    unit: [f64; 2],
    /// Powers of ten that positions are rounded to: a hundredth of a unit.
    precision: f64,
}

impl Placer {
    fn new(to_degrees: &Transform, tile: Tile, extent: u32) -> Self {
        let square = tile.bbox();
        let extent = f64::from(extent.max(1));
        let degrees = square.width() / extent * tile.grid().crs.crs.metres_per_unit / METRES_A_DEGREE;
        Self {
            to_degrees: *to_degrees,
            west: square.min_x,
            north: square.max_y,
            unit: [square.width() / extent, square.height() / extent],
            precision: 10_f64.powf((2.0 - degrees.log10()).ceil().clamp(6.0, 12.0)),
        }
    }

    /// Appends the positions of a run of points as an array.
    fn run(&self, spots: impl Iterator<Item = [i32; 2]>, out: &mut Vec<u8>) {
        let place = |[x, y]: [i32; 2]| {
            [self.west + f64::from(x) * self.unit[0], self.north - f64::from(y) * self.unit[1]]
        };
        let mut points: Vec<[f64; 2]> = spots.map(place).collect();
        self.to_degrees.points(&mut points);
        list(points.iter(), out, |point, out| self.position(point, out));
    }

    fn position(&self, point: &[f64; 2], out: &mut Vec<u8>) {
        let [x, y] =
            point.map(|v| if v.is_finite() { (v * self.precision).round() / self.precision } else { 0.0 });
        // Writing to a Vec can't fail.
        let _ = write!(out, "[{x},{y}]");
    }

    fn geometry(&self, shape: &Shape, out: &mut Vec<u8>) {
        let head = |kind: &str, out: &mut Vec<u8>| {
            let _ = write!(out, "{{\"type\":\"{kind}\",\"coordinates\":");
        };
        // A line and a ring are runs; rings run the other way round here, where y goes up, and end where they begin.
        let ring = |ring: &Vec<[i32; 2]>, out: &mut Vec<u8>| {
            let first = ring.first();
            self.run(first.into_iter().chain(ring.iter().skip(1).rev()).chain(first).copied(), out);
        };
        match shape {
            Shape::Points(spots) => match spots.as_slice() {
                [one] => {
                    head("Point", out);
                    let mut point = [[
                        self.west + f64::from(one[0]) * self.unit[0],
                        self.north - f64::from(one[1]) * self.unit[1],
                    ]];
                    self.to_degrees.points(&mut point);
                    let [point] = point;
                    self.position(&point, out);
                }
                _ => {
                    head("MultiPoint", out);
                    self.run(spots.iter().copied(), out);
                }
            },
            Shape::Lines(lines) => match lines.as_slice() {
                [one] => {
                    head("LineString", out);
                    self.run(one.iter().copied(), out);
                }
                _ => {
                    head("MultiLineString", out);
                    list(lines.iter(), out, |line, out| self.run(line.iter().copied(), out));
                }
            },
            Shape::Polygons(polygons) => match polygons.as_slice() {
                [one] => {
                    head("Polygon", out);
                    list(one.iter(), out, ring);
                }
                _ => {
                    head("MultiPolygon", out);
                    list(polygons.iter(), out, |polygon, out| list(polygon.iter(), out, ring));
                }
            },
        }
        out.push(b'}');
    }
}

/// Metres of a degree at the equator.
const METRES_A_DEGREE: f64 = 111_319.49;

fn list<T>(items: impl Iterator<Item = T>, out: &mut Vec<u8>, mut each: impl FnMut(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        each(item, out);
    }
    out.push(b']');
}

/// A tile's layers as a `FeatureCollection` in longitude and latitude. Each feature has its `id`, its `properties` and, as
/// a member of its own, the `layer` that it is of.
pub(super) fn collection(layers: &[ReadLayer], tile: Tile) -> Result<Vec<u8>, TileError> {
    let degrees = Crs::from_epsg(4326).map_err(|cause| TileError::Form(cause.to_string()))?;
    let to_degrees =
        Transform::new(&tile.grid().crs.crs, &degrees).map_err(|cause| TileError::Form(cause.to_string()))?;
    let mut out = b"{\"type\":\"FeatureCollection\",\"features\":".to_vec();
    let features = layers.iter().flat_map(|layer| {
        let placer = Placer::new(&to_degrees, tile, layer.extent);
        let placer = Arc::new(placer);
        layer.features.iter().map(move |feature| (layer, feature, Arc::clone(&placer)))
    });
    list(features, &mut out, |(layer, feature, placer), out| write_feature(layer, feature, &placer, out));
    out.push(b'}');
    Ok(out)
}

fn write_feature(layer: &ReadLayer, feature: &ReadFeature, placer: &Placer, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"Feature\",");
    if let Some(id) = feature.id {
        let _ = write!(out, "\"id\":{id},");
    }
    let properties: Map<String, Value> =
        feature.properties.iter().map(|(name, value)| (name.clone(), json(value))).collect();
    let name = Value::from(layer.name.as_str());
    let _ = write!(out, "\"layer\":{name},\"properties\":{},\"geometry\":", Value::Object(properties));
    placer.geometry(&feature.shape, out);
    out.push(b'}');
}

fn json(value: &ReadValue) -> Value {
    match value {
        ReadValue::Text(text) => Value::from(text.as_str()),
        // What is no number in JSON has no value there.
        ReadValue::Real(number) => Value::from(*number),
        ReadValue::Signed(number) => Value::from(*number),
        ReadValue::Unsigned(number) => Value::from(*number),
        ReadValue::Boolean(truth) => Value::from(*truth),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::mvt::Resolution;

    #[test]
    fn shapes_are_closed_turn_to_the_left_and_lie_where_the_tile_has_them() {
        let tile = Tile::web_mercator(0, 0, 0).expect("there");
        let extent = Resolution::default().extent();
        let square = vec![[0, 0], [4096, 0], [4096, 4096], [0, 4096]];
        let hole = vec![[1024, 1024], [1024, 2048], [2048, 2048], [2048, 1024]];
        let feature = |shape| ReadFeature {
            id: Some(7),
            properties: vec![
                ("nom".into(), ReadValue::Text("l'\"Étang\"".into())),
                ("x".into(), ReadValue::Real(f64::NAN)),
            ],
            shape,
        };
        let features = vec![
            feature(Shape::Polygons(vec![vec![square, hole]])),
            feature(Shape::Points(vec![[2048, 2048]])),
            feature(Shape::Lines(vec![vec![[0, 2048], [4096, 2048]], vec![[2048, 0], [2048, 2048]]])),
        ];
        let layer = ReadLayer { name: "l".into(), extent, features };
        let bytes = collection(&[layer], tile).expect("written");
        let json: Value = serde_json::from_slice(&bytes).expect("JSON");
        let first = &json["features"][0];
        assert_eq!((&first["id"], &first["layer"]), (&Value::from(7), &Value::from("l")));
        assert_eq!(first["properties"], serde_json::json!({"nom": "l'\"Étang\"", "x": null}));
        let rings = first["geometry"]["coordinates"].as_array().expect("rings");
        let area = |ring: &Value| {
            let points: Vec<[f64; 2]> = serde_json::from_value(ring.clone()).expect("positions");
            assert_eq!(points.first(), points.last());
            points.windows(2).map(|p| p[0][0] * p[1][1] - p[1][0] * p[0][1]).sum::<f64>()
        };
        assert!(area(&rings[0]) > 0.0 && area(&rings[1]) < 0.0, "{rings:?}");
        let position =
            |value: &Value| -> [f64; 2] { serde_json::from_value(value.clone()).expect("a position") };
        assert_eq!(position(&rings[0][0]), [-180.0, 85.051_129]);
        let point = &json["features"][1]["geometry"];
        assert_eq!((&point["type"], position(&point["coordinates"])), (&Value::from("Point"), [0.0, 0.0]));
        assert_eq!(json["features"][2]["geometry"]["type"], "MultiLineString");
    }
}
