//! EWKB, PostGIS's binary geometry: read as a stream of parts, written from coordinates.
//!
//! Engines walk the bytes with a [`Visitor`] instead of building geometry objects: a map of 20,000
//! polygons then costs its decoding about a quarter of its fetch. Layout: OGC 06-103r4 section 8.2 with
//! PostGIS's flags for Z (`0x8000_0000`), M (`0x4000_0000`) and SRID (`0x2000_0000`); ISO's thousands
//! for Z and M are read too. Curves and surfaces other than polygons are not part of a layer here.

mod shape;

pub use shape::{from_geo, to_geo};

use super::{BBox, Transform};
use serde::{Deserialize, Serialize};

/// PostGIS's mark of heights in a type's code.
pub const HAS_Z: u32 = 0x8000_0000;
/// PostGIS's mark of measures.
pub const HAS_M: u32 = 0x4000_0000;
/// PostGIS's mark of an SRID behind the code.
pub const HAS_SRID: u32 = 0x2000_0000;

/// Geometry types of simple features (OGC 06-103r4 section 6.1), with the codes of WKB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GeometryType {
    /// Any type: a mixed layer.
    Geometry,
    /// Point.
    Point,
    /// LineString.
    LineString,
    /// Polygon.
    Polygon,
    /// MultiPoint.
    MultiPoint,
    /// MultiLineString.
    MultiLineString,
    /// MultiPolygon.
    MultiPolygon,
    /// GeometryCollection.
    GeometryCollection,
}

impl GeometryType {
    /// The WKB code, 0 for [`GeometryType::Geometry`].
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Geometry => 0,
            Self::Point => 1,
            Self::LineString => 2,
            Self::Polygon => 3,
            Self::MultiPoint => 4,
            Self::MultiLineString => 5,
            Self::MultiPolygon => 6,
            Self::GeometryCollection => 7,
        }
    }

    /// The type of a WKB code without its flags.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Geometry,
            1 => Self::Point,
            2 => Self::LineString,
            3 => Self::Polygon,
            4 => Self::MultiPoint,
            5 => Self::MultiLineString,
            6 => Self::MultiPolygon,
            7 => Self::GeometryCollection,
            _ => return None,
        })
    }

    /// The name as PostGIS and the standards write it: `MultiPolygon`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Geometry => "Geometry",
            Self::Point => "Point",
            Self::LineString => "LineString",
            Self::Polygon => "Polygon",
            Self::MultiPoint => "MultiPoint",
            Self::MultiLineString => "MultiLineString",
            Self::MultiPolygon => "MultiPolygon",
            Self::GeometryCollection => "GeometryCollection",
        }
    }

    /// The type of a name, without regard to case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        (0..=7).filter_map(Self::from_code).find(|t| t.name().eq_ignore_ascii_case(name))
    }

    /// 0 for points, 1 for lines, 2 for polygons, `None` where it may be any.
    #[must_use]
    pub const fn dimension(self) -> Option<u8> {
        match self {
            Self::Point | Self::MultiPoint => Some(0),
            Self::LineString | Self::MultiLineString => Some(1),
            Self::Polygon | Self::MultiPolygon => Some(2),
            Self::Geometry | Self::GeometryCollection => None,
        }
    }

    /// The collection type that holds several of this one; itself when it already does.
    #[must_use]
    pub const fn multi(self) -> Self {
        match self {
            Self::Point => Self::MultiPoint,
            Self::LineString => Self::MultiLineString,
            Self::Polygon => Self::MultiPolygon,
            other => other,
        }
    }
}

/// Why bytes are not a geometry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WkbError {
    /// The bytes end inside a number or a list.
    #[error("the geometry ends in the middle")]
    Truncated,
    /// A type code that simple features don't have.
    #[error("geometry type {0} is not supported")]
    Type(u32),
    /// Collections inside collections beyond any sane depth.
    #[error("the geometry is nested too deeply")]
    Depth,
}

/// Coordinates of one point list. Iterating yields `[x, y]`; [`Coords::iter_z`] yields the rest.
#[derive(Clone, Copy)]
pub struct Coords<'a> {
    bytes: &'a [u8],
    dims: usize,
    big_endian: bool,
    has_z: bool,
}

impl<'a> Coords<'a> {
    /// Number of points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / (self.dims * 8)
    }

    /// Whether there is no point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The point at `index`, or `None` past the end.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<[f64; 2]> {
        let start = index.checked_mul(self.dims * 8)?;
        let chunk = self.bytes.get(start..start + 16)?;
        Some([self.number(chunk, 0), self.number(chunk, 8)])
    }

    /// All points as `[x, y]`.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = [f64; 2]> + 'a {
        let this = *self;
        self.bytes.chunks_exact(self.dims * 8).map(move |c| [this.number(c, 0), this.number(c, 8)])
    }

    /// All points with their third ordinate, where there is a Z.
    pub fn iter_z(&self) -> impl DoubleEndedIterator<Item = ([f64; 2], Option<f64>)> + 'a {
        let this = *self;
        self.bytes
            .chunks_exact(self.dims * 8)
            .map(move |c| ([this.number(c, 0), this.number(c, 8)], this.has_z.then(|| this.number(c, 16))))
    }

    /// Whether points carry a Z.
    #[must_use]
    pub fn has_z(&self) -> bool {
        self.has_z
    }

    fn number(&self, chunk: &[u8], at: usize) -> f64 {
        let mut raw = [0; 8];
        raw.copy_from_slice(&chunk[at..at + 8]);
        if self.big_endian { f64::from_be_bytes(raw) } else { f64::from_le_bytes(raw) }
    }
}

/// Receives the parts of a geometry in order. Every method but the three that carry coordinates has
/// an empty default.
pub trait Visitor {
    /// A geometry begins; `parts` is its number of points, rings or members. Members of collections
    /// begin and end in turn.
    fn begin(&mut self, _kind: GeometryType, _parts: usize) {}
    /// The geometry that began last ends.
    fn end(&mut self, _kind: GeometryType) {}
    /// The coordinate of a point; an empty point has no call.
    fn point(&mut self, coords: Coords<'_>);
    /// The coordinates of a line.
    fn line(&mut self, coords: Coords<'_>);
    /// A polygon's ring, closed; the first of a polygon is its exterior.
    fn ring(&mut self, coords: Coords<'_>, exterior: bool);
}

/// What stands before the coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type of the whole geometry.
    pub kind: GeometryType,
    /// SRID if the bytes carry one.
    pub srid: Option<i32>,
    /// Whether points have Z.
    pub has_z: bool,
    /// Whether points have M.
    pub has_m: bool,
}

/// Reads the header only.
///
/// # Errors
/// [`WkbError`] when the bytes are no geometry.
pub fn header(ewkb: &[u8]) -> Result<Header, WkbError> {
    Reader { bytes: ewkb, at: 0 }.header().map(|(h, _)| h)
}

/// Walks a geometry, calling `visitor` for each part.
///
/// # Errors
/// [`WkbError`] when the bytes are no geometry; parts before the fault have been visited.
pub fn walk(ewkb: &[u8], visitor: &mut impl Visitor) -> Result<Header, WkbError> {
    Reader { bytes: ewkb, at: 0 }.geometry(visitor, 0)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], WkbError> {
        let end = self.at.checked_add(count).ok_or(WkbError::Truncated)?;
        let taken = self.bytes.get(self.at..end).ok_or(WkbError::Truncated)?;
        self.at = end;
        Ok(taken)
    }

    fn u32(&mut self, big_endian: bool) -> Result<u32, WkbError> {
        let mut raw = [0; 4];
        raw.copy_from_slice(self.take(4)?);
        Ok(if big_endian { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) })
    }

    fn header(&mut self) -> Result<(Header, bool), WkbError> {
        let big_endian = self.take(1)?[0] == 0;
        let raw = self.u32(big_endian)?;
        let plain = raw & !(HAS_Z | HAS_M | HAS_SRID);
        let (iso, code) = (plain / 1000, plain % 1000);
        if iso > 3 {
            return Err(WkbError::Type(plain));
        }
        let has_z = raw & HAS_Z != 0 || iso == 1 || iso == 3;
        let has_m = raw & HAS_M != 0 || iso == 2 || iso == 3;
        let srid = if raw & HAS_SRID != 0 { Some(self.u32(big_endian)?.cast_signed()) } else { None };
        let kind = GeometryType::from_code(code).filter(|k| *k != GeometryType::Geometry);
        let kind = kind.ok_or(WkbError::Type(code))?;
        Ok((Header { kind, srid, has_z, has_m }, big_endian))
    }

    fn coords(&mut self, header: Header, big_endian: bool, count: usize) -> Result<Coords<'a>, WkbError> {
        let dims = 2 + usize::from(header.has_z) + usize::from(header.has_m);
        let bytes = self.take(count.checked_mul(dims * 8).ok_or(WkbError::Truncated)?)?;
        Ok(Coords { bytes, dims, big_endian, has_z: header.has_z })
    }

    fn geometry(&mut self, visitor: &mut impl Visitor, depth: u8) -> Result<Header, WkbError> {
        if depth > 16 {
            return Err(WkbError::Depth);
        }
        let (header, big_endian) = self.header()?;
        match header.kind {
            GeometryType::Point => {
                let coords = self.coords(header, big_endian, 1)?;
                let empty = coords.get(0).is_none_or(|[x, y]| x.is_nan() && y.is_nan());
                visitor.begin(header.kind, usize::from(!empty));
                if !empty {
                    visitor.point(coords);
                }
            }
            GeometryType::LineString => {
                let count = self.u32(big_endian)? as usize;
                let coords = self.coords(header, big_endian, count)?;
                visitor.begin(header.kind, count);
                visitor.line(coords);
            }
            GeometryType::Polygon => {
                let rings = self.u32(big_endian)? as usize;
                visitor.begin(header.kind, rings);
                for ring in 0..rings {
                    let count = self.u32(big_endian)? as usize;
                    let coords = self.coords(header, big_endian, count)?;
                    visitor.ring(coords, ring == 0);
                }
            }
            _ => {
                let members = self.u32(big_endian)? as usize;
                visitor.begin(header.kind, members);
                for _ in 0..members {
                    self.geometry(visitor, depth + 1)?;
                }
            }
        }
        visitor.end(header.kind);
        Ok(header)
    }
}

/// The box of a geometry, [`BBox::EMPTY`] for an empty one.
///
/// # Errors
/// [`WkbError`] when the bytes are no geometry.
pub fn bbox(ewkb: &[u8]) -> Result<BBox, WkbError> {
    let mut bbox = BBox::EMPTY;
    each_list(ewkb, |coords| coords.iter().for_each(|[x, y]| bbox.add(x, y)))?;
    Ok(bbox)
}

/// Calls `take` with each list of coordinates, whatever part of the geometry it is.
///
/// # Errors
/// [`WkbError`] when the bytes are no geometry; lists before the fault have been taken.
pub fn each_list(ewkb: &[u8], take: impl FnMut(Coords<'_>)) -> Result<Header, WkbError> {
    struct Each<F>(F);
    impl<F: FnMut(Coords<'_>)> Visitor for Each<F> {
        fn point(&mut self, coords: Coords<'_>) {
            (self.0)(coords);
        }
        fn line(&mut self, coords: Coords<'_>) {
            (self.0)(coords);
        }
        fn ring(&mut self, coords: Coords<'_>, _: bool) {
            (self.0)(coords);
        }
    }
    walk(ewkb, &mut Each(take))
}

/// Rewrites geometries through a transform, and keeps the memory that this takes from one to the next.
#[derive(Default)]
pub struct Mover {
    places: Vec<Place>,
    srid_at: Vec<(usize, bool)>,
    points: Vec<[f64; 2]>,
}

impl Mover {
    /// Rewrites every coordinate, in place and in one batch; Z and M stay. An SRID in the bytes becomes
    /// `srid`. A point that the transform can't place becomes NaN.
    ///
    /// # Errors
    /// [`WkbError`] when the bytes are no geometry; they are then unchanged.
    pub fn transform(&mut self, ewkb: &mut [u8], transform: &Transform, srid: i32) -> Result<(), WkbError> {
        self.places.clear();
        self.srid_at.clear();
        self.points.clear();
        locate(&mut Reader { bytes: ewkb, at: 0 }, 0, &mut self.places, &mut self.srid_at)?;
        for place in &self.places {
            self.points.extend(place.bytes(ewkb).chunks_exact(place.stride).map(|point| {
                let (x, rest) = point.split_at(8);
                [read_f64(x, 0, place.big_endian), read_f64(rest, 0, place.big_endian)]
            }));
        }
        transform.points(&mut self.points);
        let mut moved = self.points.iter();
        for place in &self.places {
            let bytes = ewkb.get_mut(place.at..place.end()).unwrap_or_default();
            for (point, [x, y]) in bytes.chunks_exact_mut(place.stride).zip(moved.by_ref()) {
                write_f64(point, 0, *x, place.big_endian);
                write_f64(point, 8, *y, place.big_endian);
            }
        }
        for (at, big_endian) in &self.srid_at {
            let raw = if *big_endian { srid.to_be_bytes() } else { srid.to_le_bytes() };
            ewkb[*at..*at + 4].copy_from_slice(&raw);
        }
        Ok(())
    }
}

/// [`Mover::transform`] of a single geometry.
///
/// # Errors
/// [`WkbError`] when the bytes are no geometry; they are then unchanged.
pub fn transform(ewkb: &mut [u8], transform: &Transform, srid: i32) -> Result<(), WkbError> {
    Mover::default().transform(ewkb, transform, srid)
}

/// Exchanges x and y of every point, in place: for encodings that write an authority's axis order and
/// know nothing of it. Such bytes never go back into the house.
///
/// # Errors
/// [`WkbError`] when the bytes are no geometry; they are then unchanged.
pub fn swap_axes(ewkb: &mut [u8]) -> Result<(), WkbError> {
    let mut places = Vec::new();
    locate(&mut Reader { bytes: ewkb, at: 0 }, 0, &mut places, &mut Vec::new())?;
    for place in &places {
        for index in 0..place.count {
            let at = place.at + index * place.stride;
            let (x, y) = (read_f64(ewkb, at, place.big_endian), read_f64(ewkb, at + 8, place.big_endian));
            write_f64(ewkb, at, y, place.big_endian);
            write_f64(ewkb, at + 8, x, place.big_endian);
        }
    }
    Ok(())
}

/// A list of points.
struct Place {
    at: usize,
    count: usize,
    stride: usize,
    big_endian: bool,
}

impl Place {
    const fn end(&self) -> usize {
        self.at + self.count * self.stride
    }

    fn bytes<'a>(&self, ewkb: &'a [u8]) -> &'a [u8] {
        ewkb.get(self.at..self.end()).unwrap_or_default()
    }
}

fn locate(
    reader: &mut Reader<'_>,
    depth: u8,
    places: &mut Vec<Place>,
    srid_at: &mut Vec<(usize, bool)>,
) -> Result<(), WkbError> {
    if depth > 16 {
        return Err(WkbError::Depth);
    }
    let start = reader.at;
    let (header, big_endian) = reader.header()?;
    if header.srid.is_some() {
        srid_at.push((start + 5, big_endian));
    }
    let stride = 8 * (2 + usize::from(header.has_z) + usize::from(header.has_m));
    let mut list = |reader: &mut Reader<'_>, count: usize| {
        let at = reader.at;
        reader.coords(header, big_endian, count)?;
        places.push(Place { at, count, stride, big_endian });
        Ok(())
    };
    match header.kind {
        GeometryType::Point => list(reader, 1),
        GeometryType::LineString => {
            let count = reader.u32(big_endian)? as usize;
            list(reader, count)
        }
        GeometryType::Polygon => {
            for _ in 0..reader.u32(big_endian)? {
                let count = reader.u32(big_endian)? as usize;
                list(reader, count)?;
            }
            Ok(())
        }
        _ => {
            for _ in 0..reader.u32(big_endian)? {
                locate(reader, depth + 1, places, srid_at)?;
            }
            Ok(())
        }
    }
}

fn read_f64(bytes: &[u8], at: usize, big_endian: bool) -> f64 {
    let mut raw = [0; 8];
    raw.copy_from_slice(&bytes[at..at + 8]);
    if big_endian { f64::from_be_bytes(raw) } else { f64::from_le_bytes(raw) }
}

fn write_f64(bytes: &mut [u8], at: usize, value: f64, big_endian: bool) {
    let raw = if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    bytes[at..at + 8].copy_from_slice(&raw);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanged_axes_come_back_when_exchanged_again() {
        let line = geo_types::LineString::from(vec![(1.0, 2.0), (3.0, 4.0)]);
        let ewkb = from_geo(&line.into(), 4326).expect("ewkb");
        let mut swapped = ewkb.clone();
        swap_axes(&mut swapped).expect("a geometry");
        assert_eq!(bbox(&swapped), Ok(BBox::new(2.0, 1.0, 4.0, 3.0)));
        swap_axes(&mut swapped).expect("a geometry");
        assert_eq!(swapped, ewkb);
        assert!(swap_axes(&mut [1, 2]).is_err());
    }
    use crate::geo::Crs;
    use geo_types::{Geometry, line_string, point, polygon};

    #[derive(Default)]
    struct Log(Vec<String>);
    impl Visitor for Log {
        fn begin(&mut self, kind: GeometryType, parts: usize) {
            self.0.push(format!("{} {parts}", kind.name()));
        }
        fn point(&mut self, coords: Coords<'_>) {
            self.0.push(format!("p{:?}", coords.get(0)));
        }
        fn line(&mut self, coords: Coords<'_>) {
            self.0.push(format!("l{}", coords.len()));
        }
        fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
            self.0.push(format!("r{}{}", coords.len(), if exterior { "e" } else { "i" }));
        }
    }

    #[test]
    fn a_polygon_with_a_hole_is_walked_ring_by_ring() {
        let geometry = Geometry::Polygon(polygon!(
            exterior: [(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 0.)],
            interiors: [[(x: 1., y: 1.), (x: 2., y: 1.), (x: 2., y: 2.), (x: 1., y: 1.)]],
        ));
        let bytes = from_geo(&geometry, 2154).expect("written");
        let mut log = Log::default();
        let head = walk(&bytes, &mut log).expect("walked");
        assert_eq!(head.srid, Some(2154));
        assert_eq!(log.0, ["Polygon 2", "r4e", "r4i"]);
        assert_eq!(to_geo(&bytes), Ok(geometry));
    }

    #[test]
    fn bytes_that_end_early_are_refused_whatever_the_place() {
        let bytes = from_geo(&Geometry::LineString(line_string![(x: 0., y: 0.), (x: 1., y: 1.)]), 4326)
            .expect("written");
        for cut in 0..bytes.len() {
            assert!(walk(&bytes[..cut], &mut Log::default()).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_transform_moves_points_and_renames_the_srid() {
        let (from, to) = (Crs::from_epsg(4326).expect("4326"), Crs::from_epsg(3857).expect("3857"));
        let mut bytes = from_geo(&Geometry::Point(point!(x: 180.0, y: 0.0)), 4326).expect("written");
        transform(&mut bytes, &Transform::new(&from, &to).expect("path"), 3857).expect("moved");
        assert_eq!(header(&bytes).expect("header").srid, Some(3857));
        let place = bbox(&bytes).expect("box");
        assert!((place.min_x - 20_037_508.342_789).abs() < 1e-3 && place.min_y.abs() < 1e-6);
    }
}
