//! EWKB as shapes of `geo_types`, for algorithms, and back.

use super::{Coords, GeometryType, Visitor, WkbError, walk};
use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};

/// The geometry as `geo_types`. Z and M are left out.
///
/// # Errors
/// [`WkbError`] when the bytes are no geometry, or none that `geo_types` can hold: an empty point, a member
/// of a type that its collection isn't for.
pub fn to_geo(ewkb: &[u8]) -> Result<Geometry<f64>, WkbError> {
    let mut builder = Builder::default();
    walk(ewkb, &mut builder)?;
    builder.finished.pop().flatten().ok_or(WkbError::Truncated)
}

/// EWKB of a `geo_types` geometry, with its SRID.
///
/// # Errors
/// [`WkbError::Truncated`] if the writer refuses the geometry.
pub fn from_geo(geometry: &Geometry<f64>, srid: i32) -> Result<Vec<u8>, WkbError> {
    use geozero::{CoordDimensions, ToWkb};
    geometry.to_ewkb(CoordDimensions::xy(), Some(srid)).map_err(|_| WkbError::Truncated)
}

/// Puts shapes together as their parts come. What bytes claim to follow is given no room before it does.
#[derive(Default)]
struct Builder {
    /// Geometries begun and not ended: how many were finished before, and lines of their own.
    open: Vec<(usize, Vec<LineString<f64>>)>,
    /// Geometries that have ended and belong to no other yet; `None` where `geo_types` has none for it.
    finished: Vec<Option<Geometry<f64>>>,
}

impl Builder {
    fn keep(&mut self, coords: Coords<'_>) {
        if let Some((_, lines)) = self.open.last_mut() {
            lines.push(coords.iter().map(|[x, y]| Coord { x, y }).collect());
        }
    }
}

impl Visitor for Builder {
    fn begin(&mut self, _: GeometryType, _: usize) {
        self.open.push((self.finished.len(), Vec::new()));
    }

    fn end(&mut self, kind: GeometryType) {
        let Some((before, lines)) = self.open.pop() else { return };
        let members = self.finished.split_off(before);
        self.finished.push(built(kind, lines, members));
    }

    fn point(&mut self, coords: Coords<'_>) {
        self.keep(coords);
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.keep(coords);
    }

    fn ring(&mut self, coords: Coords<'_>, _: bool) {
        self.keep(coords);
    }
}

fn built(
    kind: GeometryType,
    lines: Vec<LineString<f64>>,
    members: Vec<Option<Geometry<f64>>>,
) -> Option<Geometry<f64>> {
    let members = members.into_iter().collect::<Option<Vec<_>>>()?;
    let mut lines = lines.into_iter();
    Some(match kind {
        GeometryType::Point => Point(*lines.next()?.0.first()?).into(),
        GeometryType::LineString => lines.next()?.into(),
        GeometryType::Polygon => {
            let exterior = lines.next().unwrap_or_else(|| LineString(Vec::new()));
            Polygon::new(exterior, lines.collect()).into()
        }
        GeometryType::MultiPoint => MultiPoint(all(members)?).into(),
        GeometryType::MultiLineString => MultiLineString(all(members)?).into(),
        GeometryType::MultiPolygon => MultiPolygon(all(members)?).into(),
        GeometryType::GeometryCollection | GeometryType::Geometry => {
            Geometry::GeometryCollection(GeometryCollection(members))
        }
    })
}

/// Members that are all of one type.
fn all<T: TryFrom<Geometry<f64>>>(members: Vec<Geometry<f64>>) -> Option<Vec<T>> {
    members.into_iter().map(|member| T::try_from(member).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::header;
    use super::*;
    use geo_types::{line_string, point, polygon};

    #[test]
    fn every_type_comes_back_from_its_bytes() {
        let line = line_string![(x: 1.0, y: 2.0), (x: 3.0, y: 4.0)];
        let area = polygon!(
            exterior: [(x: 0.0, y: 0.0), (x: 9.0, y: 0.0), (x: 9.0, y: 9.0), (x: 0.0, y: 0.0)],
            interiors: [[(x: 5.0, y: 1.0), (x: 6.0, y: 1.0), (x: 6.0, y: 2.0), (x: 5.0, y: 1.0)]],
        );
        let place = point!(x: 1.0, y: 2.0);
        let collection = |members| Geometry::GeometryCollection(GeometryCollection(members));
        let shapes: [Geometry<f64>; 11] = [
            place.into(),
            line.clone().into(),
            area.clone().into(),
            MultiPoint(vec![place, place]).into(),
            MultiLineString(vec![line.clone(), line.clone()]).into(),
            MultiPolygon(vec![area.clone(), area.clone()]).into(),
            collection(vec![place.into(), collection(vec![line.into(), MultiPolygon(vec![area]).into()])]),
            LineString(Vec::new()).into(),
            Polygon::new(LineString(Vec::new()), Vec::new()).into(),
            MultiPolygon(Vec::new()).into(),
            collection(Vec::new()),
        ];
        for shape in shapes {
            assert_eq!(to_geo(&from_geo(&shape, 2154).expect("written")), Ok(shape));
        }
    }

    #[test]
    fn parts_that_bytes_only_claim_take_no_memory() {
        for claimed in [2, 3, 4, 5, 6, 7] {
            assert!(to_geo(&[1, claimed, 0, 0, 0, 255, 255, 255, 255]).is_err(), "{claimed}");
        }
        // Found by random input.
        assert!(to_geo(&[0xbc, 0x04, 0x0c, 0x0c, 0x00, 0x13, 0x00, 0x0c, 0x97]).is_err());
        let mut code_of_no_type = vec![0xf7, 0x11, 0xff, 0xff, 0x9e, 0xff];
        code_of_no_type.resize(66, 0xd6);
        assert!(header(&code_of_no_type).is_err() && to_geo(&code_of_no_type).is_err());
    }

    #[test]
    fn collections_hold_what_they_are_for() {
        let mut points = from_geo(&MultiPoint(vec![point!(x: 1.0, y: 2.0)]).into(), 2154).expect("written");
        assert!(to_geo(&points).is_ok());
        // The same member in a collection of polygons.
        points[1] = 6;
        assert!(to_geo(&points).is_err());
        let mut empty = from_geo(&point!(x: 1.0, y: 2.0).into(), 2154).expect("written");
        empty.truncate(9);
        empty.extend([f64::NAN, f64::NAN].iter().flat_map(|n| n.to_le_bytes()));
        assert!(to_geo(&empty).is_err(), "geo_types has no empty point");
    }
}
