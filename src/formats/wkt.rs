//! Geometries as well-known text (OGC 06-103r4 clause 7).

use super::number::{push_fixed, push_pair};
use crate::geo::wkb::{self, Coords, GeometryType, Visitor, WkbError};

/// Appends a geometry with at most `decimals` places; heights, marked by ` Z`, have three. Measures are left
/// out. A geometry with a coordinate that is no number is written as nothing, as a missing one is.
///
/// # Errors
/// [`WkbError`]; `out` then ends where it did before.
pub(super) fn push_wkt(ewkb: &[u8], decimals: usize, out: &mut Vec<u8>) -> Result<(), WkbError> {
    let start = out.len();
    let has_z = wkb::header(ewkb)?.has_z;
    let mut writer = Text { out, decimals, has_z, open: Vec::new(), finite: true };
    let outcome = wkb::walk(ewkb, &mut writer);
    if outcome.is_err() || !writer.finite {
        out.truncate(start);
    }
    outcome.map(|_| ())
}

struct Text<'a> {
    out: &'a mut Vec<u8>,
    decimals: usize,
    has_z: bool,
    /// What is open, outermost first, with the number of members written and whether it has any.
    open: Vec<(GeometryType, usize, bool)>,
    finite: bool,
}

impl Text<'_> {
    /// A comma before all but the first member of what is open.
    fn separate(&mut self) {
        if let Some((_, members, _)) = self.open.last_mut() {
            if *members > 0 {
                self.out.push(b',');
            }
            *members += 1;
        }
    }

    fn position(&mut self, [x, y]: [f64; 2], z: Option<f64>) {
        self.finite &= x.is_finite() && y.is_finite();
        push_pair([x, y], self.decimals, b' ', self.out);
        if self.has_z {
            self.out.push(b' ');
            push_fixed(z.unwrap_or(0.0), 3, self.out);
        }
    }

    fn positions(&mut self, coords: Coords<'_>) {
        for (at, (xy, z)) in coords.iter_z().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.position(xy, z);
        }
    }
}

impl Visitor for Text<'_> {
    fn begin(&mut self, kind: GeometryType, parts: usize) {
        self.separate();
        let in_multi = self.open.last().is_some_and(|(k, ..)| *k != GeometryType::GeometryCollection);
        if !in_multi {
            self.out.extend(kind.name().bytes().map(|b| b.to_ascii_uppercase()));
            self.out.extend_from_slice(if self.has_z { b" Z " } else { b" " });
        }
        self.out.extend_from_slice(if parts == 0 { b"EMPTY" } else { b"(" });
        self.open.push((kind, 0, parts > 0));
    }

    fn end(&mut self, _: GeometryType) {
        if let Some((_, _, true)) = self.open.pop() {
            self.out.push(b')');
        }
    }

    fn point(&mut self, coords: Coords<'_>) {
        if let Some((xy, z)) = coords.iter_z().next() {
            self.position(xy, z);
        }
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.positions(coords);
    }

    fn ring(&mut self, coords: Coords<'_>, _: bool) {
        self.separate();
        if coords.is_empty() {
            self.out.extend_from_slice(b"EMPTY");
            return;
        }
        self.out.push(b'(');
        self.positions(coords);
        self.out.push(b')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Geometry as G, GeometryCollection, LineString, MultiPoint, Point, Polygon, polygon};
    use proptest::prelude::*;

    fn text(ewkb: &[u8]) -> String {
        let mut out = Vec::new();
        push_wkt(ewkb, 7, &mut out).expect("written");
        String::from_utf8(out).expect("text")
    }

    fn written(geometry: impl Into<G<f64>>) -> String {
        text(&wkb::from_geo(&geometry.into(), 4326).expect("ewkb"))
    }

    #[test]
    fn every_type_has_its_shape() {
        let holed: Polygon<f64> = polygon!(
            exterior: [(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 0.)],
            interiors: [[(x: 3., y: 1.), (x: 4., y: 2.), (x: 4., y: 1.), (x: 3., y: 1.)]],
        );
        let point = Point::new(5.5, 43.25);
        assert_eq!(written(point), "POINT (5.5 43.25)");
        assert_eq!(written(MultiPoint(vec![point, point])), "MULTIPOINT ((5.5 43.25),(5.5 43.25))");
        assert_eq!(written(LineString::from(vec![(0.0, 0.0), (1.0, 1.5)])), "LINESTRING (0 0,1 1.5)");
        let ring = "((0 0,9 0,9 9,0 0),(3 1,4 2,4 1,3 1))";
        assert_eq!(written(holed.clone()), format!("POLYGON {ring}"));
        assert_eq!(written(geo_types::MultiPolygon(vec![holed])), format!("MULTIPOLYGON ({ring})"));
        assert_eq!(
            written(G::GeometryCollection(GeometryCollection(vec![
                point.into(),
                LineString::from(vec![(0.0, 0.0), (1.0, 1.0)]).into()
            ]))),
            "GEOMETRYCOLLECTION (POINT (5.5 43.25),LINESTRING (0 0,1 1))"
        );
    }

    #[test]
    fn empty_raised_and_impossible_geometries_have_their_forms() {
        assert_eq!(written(Point::new(f64::NAN, f64::NAN)), "POINT EMPTY");
        assert_eq!(written(MultiPoint::<f64>(Vec::new())), "MULTIPOINT EMPTY");
        assert_eq!(written(LineString::<f64>(Vec::new())), "LINESTRING EMPTY");
        assert_eq!(written(LineString::from(vec![(0.0, 0.0), (f64::INFINITY, 1.0)])), "");
        let mut raised = vec![1, 1, 0, 0, 0x80];
        for ordinate in [5.0_f64, 43.0, 120.5] {
            raised.extend_from_slice(&ordinate.to_le_bytes());
        }
        assert_eq!(text(&raised), "POINT Z (5 43 120.5)");
    }

    proptest! {
        #[test]
        fn any_bytes_give_text_or_an_error_and_nothing_else(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut out = b"x".to_vec();
            if push_wkt(&bytes, 7, &mut out).is_err() {
                prop_assert_eq!(out, b"x".to_vec());
            } else {
                let written = String::from_utf8(out).expect("text");
                prop_assert_eq!(written.matches('(').count(), written.matches(')').count());
            }
        }
    }
}
