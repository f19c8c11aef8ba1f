//! Geometries as ISO well-known binary (OGC 06-103r4 clause 8): little-endian, without SRID, heights marked
//! by a thousand. Measures are left out.

use crate::geo::wkb::{self, Coords, GeometryType, Visitor, WkbError};

/// Appends a geometry, and widens a range by its positions.
///
/// # Errors
/// [`WkbError`]; `out` then ends where it did before.
pub(super) fn push_iso(ewkb: &[u8], range: &mut Range, out: &mut Vec<u8>) -> Result<wkb::Header, WkbError> {
    let start = out.len();
    let has_z = wkb::header(ewkb)?.has_z;
    let mut writer = Binary { out, has_z, range };
    let outcome = wkb::walk(ewkb, &mut writer);
    if outcome.is_err() {
        out.truncate(start);
    }
    outcome
}

/// The least and the greatest x, y and z of positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) least: [f64; 3],
    pub(super) greatest: [f64; 3],
}

impl Range {
    /// Of no position.
    pub(super) const EMPTY: Self = Self { least: [f64::INFINITY; 3], greatest: [f64::NEG_INFINITY; 3] };

    /// Whether there is a position in it.
    pub(super) fn is_empty(&self) -> bool {
        self.least.iter().zip(&self.greatest).take(2).any(|(a, b)| a > b)
    }

    fn add(&mut self, position: [f64; 3]) {
        for ((least, greatest), ordinate) in self.least.iter_mut().zip(&mut self.greatest).zip(position) {
            // Ordinates that are no number don't count.
            *least = least.min(ordinate);
            *greatest = greatest.max(ordinate);
        }
    }
}

/// x and y, and the height where there is one.
pub(super) type Position = ([f64; 2], Option<f64>);

/// The position of a point, with its height where it has one; of an empty point, and of one whose coordinates
/// are no numbers, none.
///
/// # Errors
/// [`WkbError`].
pub(super) fn position(ewkb: &[u8]) -> Result<Option<Position>, WkbError> {
    struct First(Option<Position>);
    impl Visitor for First {
        fn point(&mut self, coords: Coords<'_>) {
            self.0 = self.0.or_else(|| coords.iter_z().next());
        }
        fn line(&mut self, _: Coords<'_>) {}
        fn ring(&mut self, _: Coords<'_>, _: bool) {}
    }
    let mut first = First(None);
    wkb::walk(ewkb, &mut first)?;
    let found = first.0.filter(|(xy, _)| xy.iter().all(|o| o.is_finite()));
    Ok(found.map(|(xy, z)| (xy, z.filter(|z| z.is_finite()))))
}

/// The code of a type in ISO's numbers.
pub(super) const fn iso_code(kind: GeometryType, has_z: bool) -> u32 {
    if has_z { kind.code() + 1000 } else { kind.code() }
}

struct Binary<'a> {
    out: &'a mut Vec<u8>,
    has_z: bool,
    range: &'a mut Range,
}

impl Binary<'_> {
    fn count(&mut self, count: usize) {
        // Read from a count of 32 bits, so it has room in one.
        self.out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn positions(&mut self, coords: Coords<'_>) {
        for ([x, y], z) in coords.iter_z() {
            self.range.add([x, y, z.unwrap_or(f64::NAN)]);
            self.out.extend_from_slice(&x.to_le_bytes());
            self.out.extend_from_slice(&y.to_le_bytes());
            if self.has_z {
                self.out.extend_from_slice(&z.unwrap_or(0.0).to_le_bytes());
            }
        }
    }
}

impl Visitor for Binary<'_> {
    fn begin(&mut self, kind: GeometryType, parts: usize) {
        self.out.push(1);
        self.out.extend_from_slice(&iso_code(kind, self.has_z).to_le_bytes());
        if kind != GeometryType::Point {
            self.count(parts);
        } else if parts == 0 {
            // An empty point has no numbers (OGC 12-128r15 clause 2.1.3.1.1 writes it so, too).
            for _ in 0..2 + usize::from(self.has_z) {
                self.out.extend_from_slice(&f64::NAN.to_le_bytes());
            }
        }
    }

    fn point(&mut self, coords: Coords<'_>) {
        self.positions(coords);
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.positions(coords);
    }

    fn ring(&mut self, coords: Coords<'_>, _: bool) {
        self.count(coords.len());
        self.positions(coords);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{MultiPolygon, Point, polygon};
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_the_same_geometry_without_system() {
        let square = polygon![(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 0.)];
        let ewkb = wkb::from_geo(&MultiPolygon(vec![square]).into(), 2154).expect("ewkb");
        let mut out = Vec::new();
        let mut range = Range::EMPTY;
        push_iso(&ewkb, &mut range, &mut out).expect("written");
        assert!(!range.is_empty());
        assert_eq!(
            (range.least[..2].to_vec(), range.greatest[..2].to_vec()),
            (vec![0.0, 0.0], vec![9.0, 9.0])
        );
        let header = wkb::header(&out).expect("read");
        assert_eq!((header.kind, header.srid), (GeometryType::MultiPolygon, None));
        assert_eq!(out.len() + 4, ewkb.len());
        assert_eq!(wkb::bbox(&out), wkb::bbox(&ewkb));
    }

    #[test]
    fn heights_are_kept_and_empty_points_have_no_position() {
        let mut raised = vec![1, 1, 0, 0, 0x80];
        for ordinate in [5.0_f64, 43.0, 120.5] {
            raised.extend_from_slice(&ordinate.to_le_bytes());
        }
        let mut out = Vec::new();
        let mut range = Range::EMPTY;
        push_iso(&raised, &mut range, &mut out).expect("written");
        assert_eq!(range.greatest, [5.0, 43.0, 120.5]);
        assert_eq!(out.get(1..5), Some(1001_u32.to_le_bytes().as_slice()));
        assert_eq!(out.get(5..), raised.get(5..));
        out.clear();
        let nowhere = wkb::from_geo(&Point::new(f64::NAN, f64::NAN).into(), 0).expect("ewkb");
        let mut range = Range::EMPTY;
        push_iso(&nowhere, &mut range, &mut out).expect("written");
        assert!(range.is_empty());
        assert_eq!(out.len(), 21);
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_geometry_or_an_error_and_nothing_else(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut out = b"x".to_vec();
            if push_iso(&bytes, &mut Range::EMPTY.clone(), &mut out).is_err() {
                prop_assert_eq!(out, b"x".to_vec());
            } else {
                prop_assert!(wkb::header(&out[1..]).is_ok());
            }
        }
    }
}
