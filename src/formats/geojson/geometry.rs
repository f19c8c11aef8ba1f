//! Geometries as GeoJSON (RFC 7946 section 3.1).

use crate::formats::number::{push_fixed, push_pair};
use crate::geo::wkb::{self, Coords, GeometryType, Visitor, WkbError};

/// Appends a geometry object with at most `decimals` places. A geometry with a coordinate that is not
/// finite, which JSON can't hold, is `null`.
///
/// # Errors
/// [`WkbError`]; `out` then ends where it did before.
pub fn push_geometry(ewkb: &[u8], decimals: usize, out: &mut Vec<u8>) -> Result<(), WkbError> {
    let start = out.len();
    let mut writer = Geometry { out, decimals, open: Vec::new(), finite: true };
    let outcome = wkb::walk(ewkb, &mut writer);
    let finite = writer.finite;
    if outcome.is_err() || !finite {
        out.truncate(start);
    }
    outcome?;
    if !finite {
        out.extend_from_slice(b"null");
    }
    Ok(())
}

struct Geometry<'a> {
    out: &'a mut Vec<u8>,
    decimals: usize,
    /// What is open, outermost first, with the number of members written.
    open: Vec<(GeometryType, usize)>,
    finite: bool,
}

impl Geometry<'_> {
    /// A comma before all but the first member of what is open.
    fn separate(&mut self) {
        if let Some((_, members)) = self.open.last_mut() {
            if *members > 0 {
                self.out.push(b',');
            }
            *members += 1;
        }
    }

    fn position(&mut self, [x, y]: [f64; 2], z: Option<f64>) {
        self.finite &= x.is_finite() && y.is_finite();
        self.out.push(b'[');
        push_pair([x, y], self.decimals, b',', self.out);
        if let Some(z) = z.filter(|z| z.is_finite()) {
            self.out.push(b',');
            push_fixed(z, 3, self.out);
        }
        self.out.push(b']');
    }

    fn positions(&mut self, positions: impl Iterator<Item = ([f64; 2], Option<f64>)>) {
        let start = self.out.len();
        for (xy, z) in positions {
            self.position(xy, z);
            self.out.push(b',');
        }
        if self.out.len() > start {
            self.out.pop();
        }
    }
}

impl Visitor for Geometry<'_> {
    fn begin(&mut self, kind: GeometryType, parts: usize) {
        self.separate();
        let in_multi = self.open.last().is_some_and(|(k, _)| *k != GeometryType::GeometryCollection);
        if !in_multi {
            self.out.extend_from_slice(b"{\"type\":\"");
            self.out.extend_from_slice(kind.name().as_bytes());
            self.out.extend_from_slice(match kind {
                GeometryType::GeometryCollection => b"\",\"geometries\":".as_slice(),
                _ => b"\",\"coordinates\":".as_slice(),
            });
        }
        // A point's array is its position's own; an empty one has no position and gets an empty array.
        if kind != GeometryType::Point {
            self.out.push(b'[');
        } else if parts == 0 {
            self.out.extend_from_slice(b"[]");
        }
        self.open.push((kind, 0));
    }

    fn end(&mut self, kind: GeometryType) {
        self.open.pop();
        if kind != GeometryType::Point {
            self.out.push(b']');
        }
        let in_multi = self.open.last().is_some_and(|(k, _)| *k != GeometryType::GeometryCollection);
        if !in_multi {
            self.out.push(b'}');
        }
    }

    fn point(&mut self, coords: Coords<'_>) {
        if let Some((xy, z)) = coords.iter_z().next() {
            self.position(xy, z);
        }
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.positions(coords.iter_z());
    }

    fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
        self.separate();
        self.out.push(b'[');
        if counter_clockwise(coords) == exterior {
            self.positions(coords.iter_z());
        } else {
            self.positions(coords.iter_z().rev());
        }
        self.out.push(b']');
    }
}

/// Whether a ring turns left. Coordinates are taken relative to the first, so that large ones don't
/// drown a small ring.
pub(in crate::formats) fn counter_clockwise(coords: Coords<'_>) -> bool {
    let Some([x0, y0]) = coords.get(0) else { return true };
    let mut twice_area = 0.0;
    let (mut px, mut py) = (0.0, 0.0);
    for [x, y] in coords.iter().skip(1) {
        let (x, y) = (x - x0, y - y0);
        twice_area += px * y - x * py;
        (px, py) = (x, y);
    }
    twice_area >= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Geometry as G, GeometryCollection, LineString, MultiPoint, Point, Polygon, polygon};
    use proptest::prelude::*;

    fn written(geometry: &G<f64>) -> String {
        let mut out = Vec::new();
        push_geometry(&wkb::from_geo(geometry, 4326).expect("ewkb"), 7, &mut out).expect("written");
        String::from_utf8(out).expect("utf-8")
    }

    #[test]
    fn every_type_has_its_shape() {
        let point = Point::new(5.5, 43.25);
        assert_eq!(written(&point.into()), r#"{"type":"Point","coordinates":[5.5,43.25]}"#);
        assert_eq!(
            written(&MultiPoint(vec![point, Point::new(1.0, 2.0)]).into()),
            r#"{"type":"MultiPoint","coordinates":[[5.5,43.25],[1,2]]}"#
        );
        assert_eq!(
            written(&LineString::from(vec![(0.0, 0.0), (1.0, 1.5)]).into()),
            r#"{"type":"LineString","coordinates":[[0,0],[1,1.5]]}"#
        );
        assert_eq!(
            written(&G::GeometryCollection(GeometryCollection(vec![point.into(), point.into()]))),
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[5.5,43.25]},{"type":"Point","coordinates":[5.5,43.25]}]}"#
        );
    }

    #[test]
    fn rings_follow_the_right_hand_rule() {
        // Both the wrong way round: the exterior clockwise, the hole counter-clockwise.
        let wrong: Polygon<f64> = polygon!(
            exterior: [(x: 0., y: 0.), (x: 0., y: 9.), (x: 9., y: 9.), (x: 0., y: 0.)],
            interiors: [[(x: 1., y: 3.), (x: 2., y: 3.), (x: 2., y: 4.), (x: 1., y: 3.)]],
        );
        assert_eq!(
            written(&geo_types::MultiPolygon(vec![wrong]).into()),
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[9,9],[0,9],[0,0]],[[1,3],[2,4],[2,3],[1,3]]]]}"#
        );
    }

    #[test]
    fn heights_are_kept_and_what_json_cannot_hold_is_null() {
        let mut raised = vec![1, 1, 0, 0, 0x80];
        for ordinate in [5.0_f64, 43.0, 120.5] {
            raised.extend_from_slice(&ordinate.to_le_bytes());
        }
        let mut out = Vec::new();
        push_geometry(&raised, 7, &mut out).expect("written");
        assert_eq!(out, br#"{"type":"Point","coordinates":[5,43,120.5]}"#);
        assert_eq!(written(&LineString::from(vec![(0.0, 0.0), (f64::INFINITY, 1.0)]).into()), "null");
        assert_eq!(written(&Point::new(f64::NAN, f64::NAN).into()), r#"{"type":"Point","coordinates":[]}"#);
    }

    proptest! {
        #[test]
        fn any_bytes_give_json_or_an_error_and_nothing_else(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut out = b"x".to_vec();
            match push_geometry(&bytes, 7, &mut out) {
                Ok(()) => prop_assert!(serde_json::from_slice::<serde_json::Value>(&out[1..]).is_ok()),
                Err(_) => prop_assert_eq!(out, b"x".to_vec()),
            }
        }
    }
}
