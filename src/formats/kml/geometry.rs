//! Geometries as KML (OGC 07-147r2 clause 10).

use crate::formats::geojson::counter_clockwise;
use crate::formats::number::{push_fixed, push_pair};
use crate::geo::wkb::{self, Coords, GeometryType, Visitor, WkbError};

/// Decimals of degrees: a centimetre.
const DECIMALS: usize = 7;

/// Appends a geometry. What holds no position, or one that is no number, is written as nothing: KML has no
/// empty geometries.
///
/// # Errors
/// [`WkbError`]; `out` then ends where it did before.
pub(super) fn push_geometry(ewkb: &[u8], out: &mut Vec<u8>) -> Result<(), WkbError> {
    let start = out.len();
    let mut writer = Markup { out, polygons: Vec::new(), finite: true, positions: 0 };
    let outcome = wkb::walk(ewkb, &mut writer);
    let whole = writer.finite && writer.positions > 0;
    if outcome.is_err() || !whole {
        out.truncate(start);
    }
    outcome.map(|_| ())
}

struct Markup<'a> {
    out: &'a mut Vec<u8>,
    /// Where each open geometry began, and how many positions there were before.
    polygons: Vec<(usize, usize)>,
    finite: bool,
    positions: usize,
}

impl Markup<'_> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn coordinates(&mut self, positions: impl Iterator<Item = ([f64; 2], Option<f64>)>) {
        self.text("<coordinates>");
        for (at, ([x, y], z)) in positions.enumerate() {
            self.finite &= x.is_finite() && y.is_finite();
            self.positions += 1;
            if at > 0 {
                self.out.push(b' ');
            }
            push_pair([x, y], DECIMALS, b',', self.out);
            if let Some(z) = z.filter(|z| z.is_finite()) {
                self.out.push(b',');
                push_fixed(z, 3, self.out);
            }
        }
        self.text("</coordinates>");
    }
}

/// The element of a type.
const fn element(kind: GeometryType) -> &'static str {
    match kind {
        GeometryType::Point => "Point",
        GeometryType::LineString => "LineString",
        GeometryType::Polygon => "Polygon",
        _ => "MultiGeometry",
    }
}

impl Visitor for Markup<'_> {
    fn begin(&mut self, kind: GeometryType, _: usize) {
        self.polygons.push((self.out.len(), self.positions));
        self.out.push(b'<');
        self.text(element(kind));
        self.out.push(b'>');
    }

    fn end(&mut self, kind: GeometryType) {
        let Some((start, before)) = self.polygons.pop() else { return };
        if self.positions == before {
            // An empty member.
            self.out.truncate(start);
            return;
        }
        self.text("</");
        self.text(element(kind));
        self.out.push(b'>');
    }

    fn point(&mut self, coords: Coords<'_>) {
        self.coordinates(coords.iter_z());
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.coordinates(coords.iter_z());
    }

    fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
        if coords.is_empty() {
            return;
        }
        let place = if exterior { "outerBoundaryIs" } else { "innerBoundaryIs" };
        self.out.push(b'<');
        self.text(place);
        self.text("><LinearRing>");
        // Exteriors turn left, also where a viewer gives them sides (clause 10.8.3.4).
        if counter_clockwise(coords) == exterior {
            self.coordinates(coords.iter_z());
        } else {
            self.coordinates(coords.iter_z().rev());
        }
        self.text("</LinearRing></");
        self.text(place);
        self.out.push(b'>');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Geometry as G, LineString, MultiPoint, MultiPolygon, Point, polygon};
    use proptest::prelude::*;

    fn written(geometry: impl Into<G<f64>>) -> String {
        let mut out = Vec::new();
        push_geometry(&wkb::from_geo(&geometry.into(), 4326).expect("ewkb"), &mut out).expect("written");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn every_type_has_its_element() {
        assert_eq!(written(Point::new(5.5, 43.25)), "<Point><coordinates>5.5,43.25</coordinates></Point>");
        let line = "<LineString><coordinates>0,0 1,1.5</coordinates></LineString>";
        assert_eq!(written(LineString::from(vec![(0.0, 0.0), (1.0, 1.5)])), line);
        let wrong = polygon!(
            exterior: [(x: 0., y: 0.), (x: 0., y: 9.), (x: 9., y: 9.), (x: 0., y: 0.)],
            interiors: [[(x: 1., y: 3.), (x: 2., y: 3.), (x: 2., y: 4.), (x: 1., y: 3.)]],
        );
        assert_eq!(
            written(MultiPolygon(vec![wrong])),
            "<MultiGeometry><Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 9,9 0,9 0,0</coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>1,3 2,4 2,3 1,3</coordinates></LinearRing></innerBoundaryIs></Polygon></MultiGeometry>"
        );
    }

    #[test]
    fn what_has_no_place_is_no_element() {
        let nowhere = Point::new(f64::NAN, f64::NAN);
        assert_eq!(written(nowhere), "");
        assert_eq!(written(MultiPoint(vec![nowhere])), "");
        assert_eq!(written(LineString::from(vec![(0.0, 0.0), (f64::INFINITY, 1.0)])), "");
        let one = "<MultiGeometry><Point><coordinates>1,2</coordinates></Point></MultiGeometry>";
        assert_eq!(written(MultiPoint(vec![nowhere, Point::new(1.0, 2.0)])), one);
    }

    proptest! {
        #[test]
        fn any_bytes_give_xml_or_an_error_and_nothing_else(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut out = b"<x>".to_vec();
            if push_geometry(&bytes, &mut out).is_err() {
                prop_assert_eq!(out, b"<x>".to_vec());
            } else {
                out.extend_from_slice(b"</x>");
                let text = String::from_utf8(out).expect("text");
                prop_assert!(roxmltree::Document::parse(&text).is_ok(), "{text}");
            }
        }
    }
}
