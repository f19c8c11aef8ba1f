//! MapLibre Tiles are read back and compared with the vector tiles that they are made of.

use super::tile;
use crate::formats::mvt::{self, Frame, LayerEncoder, ReadLayer, ReadValue, Shape};
use crate::geo::{BBox, Crs, LocalTransform, Transform};
use crate::model::{Column, ColumnType, Value};
use mlt_core::geo_types::{Coord, Geometry, LineString, Polygon};
use mlt_core::{Decoder, Parser, PropValue};

/// A tile of two layers whose shapes are of every kind and whose values of every type, some of them absent.
fn sample() -> Vec<u8> {
    let square = BBox::new(0.0, 0.0, 4096.0, 4096.0);
    let mercator = Crs::from_epsg(3857).expect("known");
    let transform = Transform::new(&mercator, &mercator).expect("a path");
    let frame = || Frame::new(LocalTransform::new(transform, &square, 0.01), &square, Default::default());
    let kinds = [ColumnType::Text, ColumnType::BigInteger, ColumnType::Real, ColumnType::Boolean];
    let columns: Vec<Column> =
        kinds.iter().zip(["nom", "nombre", "mesure", "vrai"]).map(|(k, n)| Column::new(n, *k)).collect();
    let wkt = |text: &str| geozero::wkt::Wkt(text.to_owned());
    let ewkb = |text: &str| {
        use geozero::{CoordDimensions, ToWkb};
        wkt(text).to_ewkb(CoordDimensions::xy(), Some(3857)).expect("written")
    };
    let mut first = LayerEncoder::new("formes", &columns, frame(), 0.0);
    let shapes = [
        "POINT(10 20)",
        "MULTIPOINT(10 20, 300 400)",
        "LINESTRING(10 20, 300 400, 500 20)",
        "MULTILINESTRING((10 20, 300 400), (500 20, 600 700, 20 20))",
        "POLYGON((100 100, 900 100, 900 900, 100 900, 100 100), (200 200, 200 300, 300 300, 300 200, 200 200))",
        "MULTIPOLYGON(((100 100, 200 100, 200 200, 100 100)), ((1000 1000, 2000 1000, 2000 2000, 1000 1000)))",
    ];
    for (fid, shape) in shapes.iter().enumerate() {
        let odd = fid % 2 == 1;
        let values = [
            if odd { Value::Null } else { Value::Text(format!("Évenos {fid}").into()) },
            Value::Integer(fid as i64 * 5_000_000_000 - 7_000_000_000),
            Value::Real(fid as f64 / 7.0),
            if odd { Value::Boolean(fid == 1) } else { Value::Null },
        ];
        first.add(fid as i64 * 3 + 7, &ewkb(shape), &values).expect("valid");
    }
    let mut second = LayerEncoder::new("vide de valeurs", &[], frame(), 0.0);
    second.add(1, &ewkb("POINT(4000 4000)"), &[]).expect("valid");
    [first.finish(), second.finish()].concat()
}

fn decoded(bytes: &[u8]) -> Vec<mlt_core::TileLayer> {
    let mut decoder = Decoder::default();
    let layers = Parser::default().parse_layers(bytes).expect("layers");
    layers
        .into_iter()
        .map(|l| l.into_layer01().expect("of features").into_tile(&mut decoder).expect("read"))
        .collect()
}

fn spots(line: &LineString<i32>, closed: bool) -> Vec<[i32; 2]> {
    let all: Vec<[i32; 2]> = line.0.iter().map(|Coord { x, y }| [*x, *y]).collect();
    if closed { all[..all.len() - 1].to_vec() } else { all }
}

fn shape(geometry: &Geometry<i32>) -> Shape {
    let polygon = |p: &Polygon<i32>| {
        std::iter::once(p.exterior()).chain(p.interiors()).map(|ring| spots(ring, true)).collect::<Vec<_>>()
    };
    match geometry {
        Geometry::Point(p) => Shape::Points(vec![[p.x(), p.y()]]),
        Geometry::MultiPoint(all) => Shape::Points(all.iter().map(|p| [p.x(), p.y()]).collect()),
        Geometry::LineString(line) => Shape::Lines(vec![spots(line, false)]),
        Geometry::MultiLineString(all) => Shape::Lines(all.iter().map(|line| spots(line, false)).collect()),
        Geometry::Polygon(p) => Shape::Polygons(vec![polygon(p)]),
        Geometry::MultiPolygon(all) => Shape::Polygons(all.iter().map(polygon).collect()),
        other => panic!("{other:?}"),
    }
}

fn value(value: &PropValue) -> Option<String> {
    match value {
        PropValue::Str(v) => v.clone(),
        PropValue::Bool(v) => v.map(|v| v.to_string()),
        PropValue::I32(v) => v.map(|v| v.to_string()),
        PropValue::U32(v) => v.map(|v| v.to_string()),
        PropValue::I64(v) => v.map(|v| v.to_string()),
        PropValue::U64(v) => v.map(|v| v.to_string()),
        PropValue::F32(v) => v.map(|v| v.to_string()),
        PropValue::F64(v) => v.map(|v| v.to_string()),
        other => panic!("{other:?}"),
    }
}

fn written(value: &ReadValue) -> String {
    match value {
        ReadValue::Text(v) => v.clone(),
        ReadValue::Real(v) => v.to_string(),
        ReadValue::Signed(v) => v.to_string(),
        ReadValue::Unsigned(v) => v.to_string(),
        ReadValue::Boolean(v) => v.to_string(),
    }
}

#[test]
fn a_maplibre_tile_has_what_the_vector_tile_has_in_the_same_order() {
    let source = sample();
    let expected: Vec<ReadLayer> = mvt::read(&source);
    assert_eq!(expected[0].features.len(), 6);
    let found = decoded(&tile(&source).expect("written"));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!((found.name(), found.extent().get()), (expected.name.as_str(), expected.extent));
        assert_eq!(found.features().len(), expected.features.len());
        for (feature, expected) in found.features().iter().zip(&expected.features) {
            assert_eq!(feature.id(), expected.id);
            assert_eq!(shape(feature.geometry()), expected.shape);
            let mut values: Vec<(String, String)> = found
                .property_names()
                .iter()
                .zip(feature.properties())
                .filter_map(|(name, v)| Some((name.clone(), value(v)?)))
                .collect();
            values.sort();
            let mut wanted: Vec<(String, String)> =
                expected.properties.iter().map(|(name, v)| (name.clone(), written(v))).collect();
            wanted.sort();
            assert_eq!(values, wanted);
        }
    }
}

#[test]
fn bytes_that_are_no_tile_are_an_error_and_none_are_an_empty_tile() {
    assert_eq!(tile(&[]).expect("empty"), Vec::<u8>::new());
    assert!(tile(b"\x1a\x05nothing").is_err());
}
