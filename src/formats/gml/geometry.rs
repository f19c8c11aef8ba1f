//! Geometries as GML 3.2 (OGC 07-036 clauses 10 and 11) and 3.1.1 (OGC 03-105r1, the same clauses).

use crate::formats::geojson::counter_clockwise;
use crate::formats::number::{push_fixed, push_integer, push_pair};
use crate::geo::wkb::{self, Coords, GeometryType, Visitor, WkbError};
use crate::geo::{Crs, CrsRef};

/// How coordinates are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// `srsName`, in the spelling whose axis order is written.
    pub srs_name: String,
    /// Whether y goes before x.
    pub swapped: bool,
    /// At most this many decimals.
    pub decimals: usize,
}

impl Spelling {
    /// The spelling of a reference, with the axis order that it means (see [`CrsRef::swapped`]).
    #[must_use]
    pub fn of(reference: &CrsRef, short_means_authority: bool) -> Self {
        Self {
            srs_name: reference.canonical(),
            swapped: reference.swapped(short_means_authority),
            decimals: crate::formats::decimals_for(&reference.crs),
        }
    }

    /// A system's URN and the authority's axis order: what WFS 2.0 answers by default.
    #[must_use]
    pub fn urn(crs: &std::sync::Arc<Crs>) -> Self {
        let reference =
            CrsRef { crs: std::sync::Arc::clone(crs), spelling: crate::geo::crs::CrsSpelling::Urn };
        Self::of(&reference, true)
    }
}

/// Appends a geometry element; `id` becomes its `gml:id`, and with a number behind it that of its
/// members. GML 3.2 demands one, GML 3.1.1 does without. Answers false, and writes nothing, for an empty geometry or one with coordinates that are not
/// finite: GML has no form for them.
///
/// # Errors
/// [`WkbError`]; `out` then ends where it did before.
pub fn push_geometry(
    ewkb: &[u8],
    id: Option<&str>,
    spelling: &Spelling,
    out: &mut Vec<u8>,
) -> Result<bool, WkbError> {
    let start = out.len();
    let has_z = wkb::header(ewkb)?.has_z;
    let mut writer =
        Geometry { out, spelling, id, has_z, members: 0, open: Vec::new(), finite: true, points: 0 };
    let outcome = wkb::walk(ewkb, &mut writer);
    let whole = writer.finite && writer.points > 0;
    if outcome.is_err() || !whole {
        out.truncate(start);
    }
    outcome.map(|_| whole)
}

struct Geometry<'a> {
    out: &'a mut Vec<u8>,
    spelling: &'a Spelling,
    id: Option<&'a str>,
    has_z: bool,
    members: i64,
    open: Vec<GeometryType>,
    finite: bool,
    points: usize,
}

impl Geometry<'_> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn element(&mut self, kind: GeometryType) {
        let outermost = self.open.is_empty();
        self.text("<gml:");
        self.text(element_name(kind));
        if let Some(id) = self.id {
            self.text(" gml:id=\"");
            self.text(id);
            if !outermost {
                self.members += 1;
                self.text(".");
                push_integer(self.members, self.out);
            }
            self.text("\"");
        }
        if outermost {
            self.text(" srsName=\"");
            super::push_escaped(&self.spelling.srs_name, self.out);
            self.text("\"");
            if self.has_z {
                self.text(" srsDimension=\"3\"");
            }
        }
        self.text(">");
    }

    fn positions(&mut self, positions: impl Iterator<Item = ([f64; 2], Option<f64>)>) {
        let Spelling { swapped, decimals, .. } = *self.spelling;
        for (at, ([x, y], z)) in positions.enumerate() {
            self.points += 1;
            self.finite &= x.is_finite() && y.is_finite();
            if at > 0 {
                self.out.push(b' ');
            }
            push_pair(if swapped { [y, x] } else { [x, y] }, decimals, b' ', self.out);
            if let Some(z) = z {
                self.out.push(b' ');
                push_fixed(z, 3, self.out);
            }
        }
    }

    fn list(&mut self, positions: impl Iterator<Item = ([f64; 2], Option<f64>)>) {
        // The dimension isn't inherited by readers that look at the list alone.
        self.text(if self.has_z { "<gml:posList srsDimension=\"3\">" } else { "<gml:posList>" });
        self.positions(positions);
        self.text("</gml:posList>");
    }
}

impl Visitor for Geometry<'_> {
    fn begin(&mut self, kind: GeometryType, _: usize) {
        if let Some(member) = self.open.last().and_then(|k| member_name(*k)) {
            self.text("<gml:");
            self.text(member);
            self.text(">");
        }
        self.element(kind);
        self.open.push(kind);
    }

    fn end(&mut self, kind: GeometryType) {
        self.open.pop();
        self.text("</gml:");
        self.text(element_name(kind));
        self.text(">");
        if let Some(member) = self.open.last().and_then(|k| member_name(*k)) {
            self.text("</gml:");
            self.text(member);
            self.text(">");
        }
    }

    fn point(&mut self, coords: Coords<'_>) {
        self.text("<gml:pos>");
        self.positions(coords.iter_z());
        self.text("</gml:pos>");
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.list(coords.iter_z());
    }

    fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
        let side = if exterior { "exterior" } else { "interior" };
        self.text("<gml:");
        self.text(side);
        self.text("><gml:LinearRing>");
        // Exterior rings turn left, interior ones right, seen from above (OGC 07-036 section 10.5.5; ISO
        // 19107 section 6.4.33).
        if counter_clockwise(coords) == exterior {
            self.list(coords.iter_z());
        } else {
            self.list(coords.iter_z().rev());
        }
        self.text("</gml:LinearRing></gml:");
        self.text(side);
        self.text(">");
    }
}

const fn element_name(kind: GeometryType) -> &'static str {
    match kind {
        GeometryType::Point => "Point",
        GeometryType::LineString => "LineString",
        GeometryType::Polygon => "Polygon",
        GeometryType::MultiPoint => "MultiPoint",
        GeometryType::MultiLineString => "MultiCurve",
        GeometryType::MultiPolygon => "MultiSurface",
        GeometryType::Geometry | GeometryType::GeometryCollection => "MultiGeometry",
    }
}

const fn member_name(collection: GeometryType) -> Option<&'static str> {
    match collection {
        GeometryType::MultiPoint => Some("pointMember"),
        GeometryType::MultiLineString => Some("curveMember"),
        GeometryType::MultiPolygon => Some("surfaceMember"),
        GeometryType::GeometryCollection => Some("geometryMember"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Geometry as G, LineString, MultiPoint, Point, polygon};
    use proptest::prelude::*;

    fn spelling(srs_name: &str) -> Spelling {
        Spelling::of(&CrsRef::parse(srs_name).expect("crs"), false)
    }

    fn written(geometry: &G<f64>, srs_name: &str) -> String {
        let mut out = Vec::new();
        let ewkb = wkb::from_geo(geometry, 4326).expect("ewkb");
        push_geometry(&ewkb, Some("l.1.geom"), &spelling(srs_name), &mut out).expect("written");
        String::from_utf8(out).expect("utf-8")
    }

    #[test]
    fn the_spelling_decides_the_axis_order() {
        let point = Point::new(5.4, 43.6).into();
        assert_eq!(
            written(&point, "urn:ogc:def:crs:EPSG::4326"),
            r#"<gml:Point gml:id="l.1.geom" srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>43.6 5.4</gml:pos></gml:Point>"#
        );
        assert_eq!(
            written(&point, "EPSG:4326"),
            r#"<gml:Point gml:id="l.1.geom" srsName="EPSG:4326"><gml:pos>5.4 43.6</gml:pos></gml:Point>"#
        );
    }

    #[test]
    fn members_and_rings_are_written_with_identifiers_of_their_own() {
        let polygon = polygon!(
            exterior: [(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 0.)],
            interiors: [[(x: 4., y: 1.), (x: 5., y: 1.), (x: 5., y: 2.), (x: 4., y: 1.)]],
        );
        assert_eq!(
            written(&geo_types::MultiPolygon(vec![polygon.clone(), polygon]).into(), "EPSG:2154")
                .matches("<gml:Polygon gml:id=\"l.1.geom.2\"><gml:exterior><gml:LinearRing><gml:posList>0 0 9 0 9 9 0 0</gml:posList></gml:LinearRing></gml:exterior><gml:interior>")
                .count(),
            1
        );
        let points = written(&MultiPoint(vec![Point::new(1.0, 2.0)]).into(), "EPSG:2154");
        assert_eq!(
            points,
            r#"<gml:MultiPoint gml:id="l.1.geom" srsName="EPSG:2154"><gml:pointMember><gml:Point gml:id="l.1.geom.1"><gml:pos>1 2</gml:pos></gml:Point></gml:pointMember></gml:MultiPoint>"#
        );
    }

    #[test]
    fn without_an_identifier_members_have_none_either() {
        let mut out = Vec::new();
        let ewkb = wkb::from_geo(&MultiPoint(vec![Point::new(1.0, 2.0)]).into(), 2154).expect("ewkb");
        push_geometry(&ewkb, None, &spelling("EPSG:2154"), &mut out).expect("written");
        assert_eq!(
            String::from_utf8(out).expect("utf-8"),
            r#"<gml:MultiPoint srsName="EPSG:2154"><gml:pointMember><gml:Point><gml:pos>1 2</gml:pos></gml:Point></gml:pointMember></gml:MultiPoint>"#
        );
    }

    #[test]
    fn what_gml_cannot_say_is_not_written() {
        assert_eq!(written(&LineString::<f64>::new(Vec::new()).into(), "EPSG:2154"), "");
        assert_eq!(written(&LineString::from(vec![(0.0, f64::NAN), (1.0, 1.0)]).into(), "EPSG:2154"), "");
    }

    proptest! {
        #[test]
        fn any_bytes_give_xml_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut out = Vec::new();
            let done = push_geometry(&bytes, Some("g"), &spelling("EPSG:2154"), &mut out);
            if done == Ok(true) {
                let text = format!("<x xmlns:gml=\"g\">{}</x>", String::from_utf8(out).expect("utf-8"));
                prop_assert!(roxmltree::Document::parse(&text).is_ok());
            } else {
                prop_assert!(out.is_empty());
            }
        }
    }
}
