//! Tiles read back with a reader that knows only the specification.

use super::decode::{MvtFeature, MvtLayer, MvtValue, decode, signed_area};
use super::*;
use crate::geo::wkb::from_geo;
use crate::geo::{BBox, Crs, LocalTransform, Transform};
use crate::model::{Column, ColumnType, Value};
use geo_types::{Geometry, GeometryCollection, MultiPoint, MultiPolygon, line_string, point, polygon};

/// A tile whose units are metres: x to the east, y to the north as in maps.
fn frame() -> Frame {
    let crs = Crs::from_epsg(3857).expect("3857");
    let square = BBox::new(0.0, 0.0, 4096.0, 4096.0);
    let exact = Transform::new(&crs, &crs).expect("identity");
    Frame::new(LocalTransform::new(exact, &square, 0.1), &square, Resolution::default())
}

fn tile(geometries: &[Geometry<f64>], smallest: f64) -> Vec<MvtLayer> {
    let mut encoder = LayerEncoder::new("essai", &[], frame(), smallest);
    for (fid, geometry) in geometries.iter().enumerate() {
        encoder.add(fid as i64 + 1, &from_geo(geometry, 3857).expect("written"), &[]).expect("encoded");
    }
    decode(&encoder.finish())
}

fn one(geometry: Geometry<f64>) -> MvtFeature {
    let layers = tile(&[geometry], 0.0);
    assert_eq!(layers[0].features.len(), 1);
    layers[0].features[0].clone()
}

#[test]
fn a_polygon_is_oriented_for_the_tile_whichever_way_it_came() {
    for reversed in [false, true] {
        let mut ring = vec![(100., 100.), (900., 100.), (900., 900.), (100., 900.), (100., 100.)];
        let mut hole = vec![(200., 200.), (300., 200.), (300., 300.), (200., 300.), (200., 200.)];
        if reversed {
            ring.reverse();
            hole.reverse();
        }
        let polygon = geo_types::Polygon::new(ring.into(), vec![hole.into()]);
        let feature = one(Geometry::Polygon(polygon));
        assert_eq!(feature.kind, 3);
        let areas: Vec<f64> = feature.paths.iter().map(|p| signed_area(p)).collect();
        assert_eq!(areas, [640_000.0, -10_000.0]);
        // Row 0 is in the north.
        assert!(feature.paths[0].contains(&[100, 3996]));
    }
}

#[test]
fn every_type_of_value_comes_back_and_nulls_do_not() {
    use ColumnType as T;
    let kinds = [
        T::Text,
        T::Integer,
        T::BigInteger,
        T::Real,
        T::Decimal,
        T::Boolean,
        T::Date,
        T::Time,
        T::Timestamp,
        T::Json,
        T::Binary,
        T::Text,
    ];
    let columns: Vec<Column> =
        kinds.iter().enumerate().map(|(i, kind)| Column::new(format!("c{i}"), *kind)).collect();
    let day = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).expect("a day");
    let instant = day.and_hms_opt(13, 5, 6).expect("a time").and_utc();
    let values = [
        Value::Text("l'Étang".into()),
        Value::Integer(-7),
        Value::Integer(9_007_199_254_740_993),
        Value::Real(0.5),
        Value::Decimal("12.25".into()),
        Value::Boolean(true),
        Value::Date(day),
        Value::Time(instant.time()),
        Value::Timestamp(instant),
        Value::Json("{\"a\":1}".into()),
        Value::Binary(vec![1, 2].into()),
        Value::Null,
    ];
    let mut encoder = LayerEncoder::new("essai", &columns, frame(), 0.0);
    let here = from_geo(&Geometry::Point(point!(x: 10., y: 10.)), 3857).expect("written");
    encoder.add(42, &here, &values).expect("encoded");
    encoder.add(43, &here, &values).expect("encoded");
    let layers = decode(&encoder.finish());
    assert_eq!((layers[0].name.as_str(), layers[0].version, layers[0].extent), ("essai", 2, 4096));
    let feature = layers[0].feature(42);
    let text = |t: &str| MvtValue::Text(t.to_owned());
    let expected = [
        ("c0", text("l'Étang")),
        ("c1", MvtValue::Int(-7)),
        ("c2", MvtValue::Int(9_007_199_254_740_993)),
        ("c3", MvtValue::Float(0.5)),
        ("c4", MvtValue::Float(12.25)),
        ("c5", MvtValue::Bool(true)),
        ("c6", text("2024-02-29")),
        ("c7", text("13:05:06")),
        ("c8", text("2024-02-29T13:05:06Z")),
        ("c9", text("{\"a\":1}")),
    ];
    let expected = expected.map(|(k, v)| (k.to_owned(), v)).into_iter().collect();
    assert_eq!(feature.properties, expected);
    assert_eq!(layers[0].feature(43).properties, feature.properties);
}

#[test]
fn what_lies_outside_the_buffered_square_leaves_no_feature() {
    let far = Geometry::Polygon(polygon![(x: 5000., y: 0.), (x: 6000., y: 0.), (x: 6000., y: 900.)]);
    let near = Geometry::Point(point!(x: 4150., y: 10.));
    let beyond = Geometry::Point(point!(x: 4170., y: 10.));
    let speck = Geometry::Polygon(polygon![(x: 10., y: 10.), (x: 10.1, y: 10.), (x: 10.1, y: 10.1)]);
    let layers = tile(&[far, near, beyond, speck], 0.0);
    assert_eq!(layers[0].features.iter().map(|f| f.id).collect::<Vec<_>>(), [Some(2)]);
    assert!(tile(&[Geometry::Point(point!(x: -500., y: 0.))], 0.0).is_empty());
}

#[test]
fn a_comb_cut_by_the_border_becomes_separate_teeth() {
    // Two teeth reach into the tile from a spine outside of it.
    let comb = polygon![
        (x: -500., y: 0.), (x: 1000., y: 0.), (x: 1000., y: 100.), (x: -300., y: 100.),
        (x: -300., y: 200.), (x: 1000., y: 200.), (x: 1000., y: 300.), (x: -500., y: 300.)
    ];
    let feature = one(Geometry::Polygon(comb));
    assert_eq!(feature.paths.len(), 2);
    assert_eq!(feature.area(), 2.0 * 1064.0 * 100.0);
}

#[test]
fn dirty_polygons_are_repaired_and_none_is_written_twice() {
    let bow_tie = polygon![(x: 0., y: 0.), (x: 1000., y: 1000.), (x: 1000., y: 0.), (x: 0., y: 1000.)];
    let feature = one(Geometry::Polygon(bow_tie));
    assert_eq!((feature.paths.len(), feature.area()), (2, 500_000.0));
    let spike = polygon![(x: 0., y: 0.), (x: 100., y: 0.), (x: 900., y: 0.), (x: 100., y: 0.), (x: 100., y: 100.), (x: 0., y: 100.)];
    assert_eq!(one(Geometry::Polygon(spike)).paths[0].len(), 4);
    let square =
        |x: f64| polygon![(x: x, y: 0.), (x: x + 100., y: 0.), (x: x + 100., y: 100.), (x: x, y: 100.)];
    let overlap = MultiPolygon::new(vec![square(0.), square(50.)]);
    let feature = one(Geometry::MultiPolygon(overlap));
    assert_eq!((feature.paths.len(), feature.area()), (1, 15_000.0));
}

#[test]
fn lines_and_points_keep_their_parts() {
    let line = one(Geometry::LineString(
        line_string![(x: -500., y: 10.), (x: 500., y: 10.), (x: 500., y: 10.2), (x: 500., y: 90.)],
    ));
    assert_eq!((line.kind, line.paths), (2, vec![vec![[-64, 4086], [500, 4086], [500, 4006]]]));
    let points = one(Geometry::MultiPoint(MultiPoint::from(vec![(1., 1.), (2., 2.), (9999., 0.)])));
    assert_eq!((points.kind, points.paths.len()), (1, 2));
}

#[test]
fn a_collection_is_written_once_a_type_under_one_id() {
    let mixed = GeometryCollection::from(vec![
        Geometry::Point(point!(x: 1., y: 1.)),
        Geometry::LineString(line_string![(x: 0., y: 0.), (x: 9., y: 9.)]),
        Geometry::Polygon(polygon![(x: 0., y: 0.), (x: 50., y: 0.), (x: 50., y: 50.)]),
    ]);
    let layers = tile(&[Geometry::GeometryCollection(mixed)], 0.0);
    assert_eq!(
        layers[0].features.iter().map(|f| (f.id, f.kind)).collect::<Vec<_>>(),
        [(Some(1), 1), (Some(1), 2), (Some(1), 3)]
    );
}

#[test]
fn many_tiny_polygons_cover_about_as_much_as_before() {
    let tiny: Vec<Geometry<f64>> = (0..10_000)
        .map(|k| {
            let (x, y) = (f64::from(k % 100) * 40.0, f64::from(k / 100) * 40.0);
            Geometry::Polygon(
                polygon![(x: x, y: y), (x: x + 1.5, y: y), (x: x + 1.5, y: y + 1.5), (x: x, y: y + 1.5)],
            )
        })
        .collect();
    let layers = tile(&tiny, 16.0);
    let drawn = layers[0].features.len();
    assert!((1_300..=1_500).contains(&drawn), "{drawn}");
    let area = layers[0].area();
    assert!((area / 22_500.0 - 1.0).abs() < 0.05, "{area}");
}

#[test]
fn bytes_that_are_no_geometry_are_an_error_and_write_nothing() {
    let mut encoder = LayerEncoder::new("essai", &[], frame(), 0.0);
    assert!(encoder.add(1, &[1, 2, 3], &[]).is_err());
    assert!(encoder.finish().is_empty());
}
