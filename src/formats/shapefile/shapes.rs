//! The `.shp` of shapes and the `.shx` of where they are.

use crate::formats::geojson::counter_clockwise;
use crate::geo::wkb::{self, Coords, GeometryType, Visitor, WkbError};
use std::io::{Result, Seek, SeekFrom, Write};

/// What a set of files holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Point,
    MultiPoint,
    Line,
    Polygon,
}

impl Kind {
    /// The kind of a geometry; `None` for those of several.
    pub(super) const fn of(kind: GeometryType) -> Option<Self> {
        Some(match kind {
            GeometryType::Point => Self::Point,
            GeometryType::MultiPoint => Self::MultiPoint,
            GeometryType::LineString | GeometryType::MultiLineString => Self::Line,
            GeometryType::Polygon | GeometryType::MultiPolygon => Self::Polygon,
            GeometryType::Geometry | GeometryType::GeometryCollection => return None,
        })
    }

    /// What a set's name ends in, where a layer has several.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Point => "_point",
            Self::MultiPoint => "_multipoint",
            Self::Line => "_line",
            Self::Polygon => "_polygon",
        }
    }

    /// The shape type.
    const fn code(self, has_z: bool) -> i32 {
        let plain = match self {
            Self::Point => 1,
            Self::MultiPoint => 8,
            Self::Line => 3,
            Self::Polygon => 5,
        };
        if has_z { plain + 10 } else { plain }
    }
}

/// No measure (page 2: anything below -10^38).
const NO_MEASURE: f64 = -1e39;

/// The positions of one kind in a geometry.
#[derive(Default)]
pub(super) struct Positions {
    xy: Vec<[f64; 2]>,
    z: Vec<f64>,
    /// Where each line or ring begins.
    parts: Vec<i32>,
}

/// A geometry by kinds: points, lines and rings apart.
#[derive(Default)]
pub(super) struct Sorted {
    points: Positions,
    lines: Positions,
    rings: Positions,
    finite: bool,
}

impl Sorted {
    /// Reads a geometry; one with a coordinate that is no number holds nothing.
    ///
    /// # Errors
    /// [`WkbError`].
    pub(super) fn read(ewkb: &[u8]) -> std::result::Result<Self, WkbError> {
        let mut sorted = Self { finite: true, ..Self::default() };
        wkb::walk(ewkb, &mut sorted)?;
        Ok(if sorted.finite { sorted } else { Self::default() })
    }

    /// The positions of a kind; `None` when there are none.
    pub(super) fn of(&self, kind: Kind) -> Option<&Positions> {
        let positions = match kind {
            Kind::Point | Kind::MultiPoint => &self.points,
            Kind::Line => &self.lines,
            Kind::Polygon => &self.rings,
        };
        (!positions.xy.is_empty()).then_some(positions)
    }
}

impl Positions {
    fn add(&mut self, positions: impl Iterator<Item = ([f64; 2], Option<f64>)>) -> bool {
        self.parts.push(i32::try_from(self.xy.len()).unwrap_or(i32::MAX));
        let mut finite = true;
        for (xy, z) in positions {
            finite &= xy.iter().all(|o| o.is_finite());
            self.xy.push(xy);
            self.z.push(z.filter(|z| z.is_finite()).unwrap_or(0.0));
        }
        finite
    }
}

impl Visitor for Sorted {
    fn point(&mut self, coords: Coords<'_>) {
        self.finite &= self.points.add(coords.iter_z());
    }

    fn line(&mut self, coords: Coords<'_>) {
        if !coords.is_empty() {
            self.finite &= self.lines.add(coords.iter_z());
        }
    }

    fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
        if coords.is_empty() {
            return;
        }
        // Exteriors run clockwise here, holes the other way (page 8).
        self.finite &= if counter_clockwise(coords) == exterior {
            self.rings.add(coords.iter_z().rev())
        } else {
            self.rings.add(coords.iter_z())
        };
    }
}

/// Least and greatest x, y and z.
#[derive(Clone, Copy)]
struct Extent([f64; 3], [f64; 3]);

impl Extent {
    const EMPTY: Self = Self([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);

    fn add(&mut self, positions: &Positions) {
        for ([x, y], z) in positions.xy.iter().zip(&positions.z) {
            for ((least, greatest), ordinate) in self.0.iter_mut().zip(&mut self.1).zip([x, y, z]) {
                *least = least.min(*ordinate);
                *greatest = greatest.max(*ordinate);
            }
        }
    }

    /// The box as files have it; zeros when nothing is in it.
    fn flat(&self) -> ([f64; 4], [f64; 2]) {
        let Self([west, south, bottom], [east, north, top]) = *self;
        if west > east { ([0.0; 4], [0.0; 2]) } else { ([west, south, east, north], [bottom, top]) }
    }
}

/// Writes both files; what is written is counted.
pub(super) struct Shapes<W> {
    shp: W,
    shx: W,
    kind: Kind,
    has_z: bool,
    extent: Extent,
    records: i32,
    /// Bytes of the `.shp` so far.
    bytes: u64,
    record: Vec<u8>,
}

/// Bytes of a file's header.
const HEADER: u64 = 100;

impl<W: Write + Seek> Shapes<W> {
    pub(super) fn begin(shp: W, shx: W, kind: Kind, has_z: bool) -> Result<Self> {
        let mut shapes = Self {
            shp,
            shx,
            kind,
            has_z,
            extent: Extent::EMPTY,
            records: 0,
            bytes: HEADER,
            record: Vec::new(),
        };
        shapes.shp.write_all(&[0; HEADER as usize])?;
        shapes.shx.write_all(&[0; HEADER as usize])?;
        Ok(shapes)
    }

    /// Bytes of the `.shp` so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds a shape, or the mark of none.
    pub(super) fn add(&mut self, positions: Option<&Positions>) -> Result<()> {
        self.record.clear();
        match positions {
            None => self.record.extend_from_slice(&0_i32.to_le_bytes()),
            Some(positions) => {
                self.extent.add(positions);
                push_shape(positions, self.kind, self.has_z, &mut self.record);
            }
        }
        self.records += 1;
        let length = words(self.record.len() as u64);
        self.shx.write_all(&words(self.bytes).to_be_bytes())?;
        self.shx.write_all(&length.to_be_bytes())?;
        self.shp.write_all(&self.records.to_be_bytes())?;
        self.shp.write_all(&length.to_be_bytes())?;
        self.shp.write_all(&self.record)?;
        self.bytes += 8 + self.record.len() as u64;
        Ok(())
    }

    /// Completes both headers.
    pub(super) fn finish(mut self) -> Result<()> {
        let index = HEADER + 8 * u64::from(self.records.unsigned_abs());
        for (file, bytes) in [(&mut self.shp, self.bytes), (&mut self.shx, index)] {
            let mut header = Vec::with_capacity(HEADER as usize);
            header.extend_from_slice(&9994_i32.to_be_bytes());
            header.extend_from_slice(&[0; 20]);
            header.extend_from_slice(&words(bytes).to_be_bytes());
            header.extend_from_slice(&1000_i32.to_le_bytes());
            header.extend_from_slice(&self.kind.code(self.has_z).to_le_bytes());
            let (place, heights) = self.extent.flat();
            let heights = if self.has_z { heights } else { [0.0; 2] };
            push_numbers(place.into_iter().chain(heights).chain([0.0, 0.0]), &mut header);
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&header)?;
            file.flush()?;
        }
        Ok(())
    }
}

/// Lengths and places are counted in words of 16 bits.
fn words(bytes: u64) -> i32 {
    i32::try_from(bytes / 2).unwrap_or(i32::MAX)
}

fn push_numbers(numbers: impl IntoIterator<Item = f64>, out: &mut Vec<u8>) {
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

fn push_count(count: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&i32::try_from(count).unwrap_or(i32::MAX).to_le_bytes());
}

fn push_shape(positions: &Positions, kind: Kind, has_z: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(&kind.code(has_z).to_le_bytes());
    if kind == Kind::Point {
        push_numbers(positions.xy.first().copied().unwrap_or_default(), out);
        if has_z {
            push_numbers([positions.z.first().copied().unwrap_or(0.0), NO_MEASURE], out);
        }
        return;
    }
    let mut extent = Extent::EMPTY;
    extent.add(positions);
    let (place, heights) = extent.flat();
    push_numbers(place, out);
    if kind != Kind::MultiPoint {
        push_count(positions.parts.len(), out);
    }
    push_count(positions.xy.len(), out);
    if kind != Kind::MultiPoint {
        for part in &positions.parts {
            out.extend_from_slice(&part.to_le_bytes());
        }
    }
    push_numbers(positions.xy.iter().flatten().copied(), out);
    if has_z {
        push_numbers(heights, out);
        push_numbers(positions.z.iter().copied(), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Geometry as G, GeometryCollection, LineString, Point, polygon};
    use proptest::prelude::*;
    use std::io::Cursor;

    fn read(geometry: impl Into<G<f64>>) -> Sorted {
        Sorted::read(&wkb::from_geo(&geometry.into(), 2154).expect("ewkb")).expect("read")
    }

    #[test]
    fn exteriors_run_clockwise_and_holes_the_other_way() {
        let sorted = read(polygon!(
            exterior: [(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 0.)],
            interiors: [[(x: 3., y: 1.), (x: 4., y: 2.), (x: 4., y: 1.), (x: 3., y: 1.)]],
        ));
        let rings = sorted.of(Kind::Polygon).expect("rings");
        assert_eq!(rings.parts, [0, 4]);
        assert_eq!(rings.xy[..3], [[0., 0.], [9., 9.], [9., 0.]]);
        assert_eq!(rings.xy[4..7], [[3., 1.], [4., 1.], [4., 2.]]);
    }

    #[test]
    fn a_collection_is_sorted_by_kinds_and_what_is_no_number_is_nothing() {
        let line = LineString::from(vec![(0.0, 0.0), (1.0, 1.0)]);
        let sorted = read(G::GeometryCollection(GeometryCollection(vec![
            Point::new(1.0, 2.0).into(),
            line.into(),
            Point::new(3.0, 4.0).into(),
        ])));
        assert_eq!(sorted.of(Kind::MultiPoint).expect("points").xy, [[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(sorted.of(Kind::Line).expect("a line").xy.len(), 2);
        assert!(sorted.of(Kind::Polygon).is_none());
        assert!(read(Point::new(f64::NAN, f64::NAN)).of(Kind::Point).is_none());
        assert!(read(LineString::from(vec![(0.0, 0.0), (f64::INFINITY, 1.0)])).of(Kind::Line).is_none());
    }

    #[test]
    fn both_files_say_how_long_they_are_and_what_is_in_them() {
        let (mut shp, mut shx) = (Cursor::new(Vec::new()), Cursor::new(Vec::new()));
        let mut shapes = Shapes::begin(&mut shp, &mut shx, Kind::Point, false).expect("begun");
        shapes.add(read(Point::new(5.0, 6.0)).of(Kind::Point)).expect("added");
        shapes.add(None).expect("added");
        assert_eq!(shapes.bytes(), 100 + 28 + 12);
        shapes.finish().expect("finished");
        let (shp, shx) = (shp.into_inner(), shx.into_inner());
        assert_eq!((shp.len(), shx.len()), (140, 116));
        assert_eq!(
            (&shp[24..28], &shx[24..28]),
            (70_i32.to_be_bytes().as_slice(), 58_i32.to_be_bytes().as_slice())
        );
        assert_eq!(shp[36..44], 5.0_f64.to_le_bytes());
        assert_eq!(shx[108..112], 64_i32.to_be_bytes(), "the second begins after 128 bytes");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(sorted) = Sorted::read(&bytes) {
                for kind in [Kind::Point, Kind::MultiPoint, Kind::Line, Kind::Polygon] {
                    let mut out = Vec::new();
                    if let Some(positions) = sorted.of(kind) {
                        push_shape(positions, kind, true, &mut out);
                        prop_assert!(out.len() >= 36);
                    }
                }
            }
        }
    }
}
