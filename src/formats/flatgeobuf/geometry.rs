//! Geometries as FlatGeobuf's tables: flat lists of numbers, with the ends of the parts.

use crate::geo::wkb::{self, Coords, GeometryType, Visitor, WkbError};
use flatbuffers::{FlatBufferBuilder, WIPOffset};
use flatgeobuf::packed_r_tree::NodeItem;
use flatgeobuf::{Geometry, GeometryArgs, GeometryType as Kind};

/// FlatGeobuf's code of a type: that of WKB.
pub(super) const fn kind_of(kind: GeometryType) -> Kind {
    Kind(kind.code() as u8)
}

/// A geometry, or a part of one that stands for itself.
pub(super) struct Part {
    kind: GeometryType,
    xy: Vec<f64>,
    z: Vec<f64>,
    /// Where each ring or line ends, counted in positions.
    ends: Vec<u32>,
    parts: Vec<Part>,
}

impl Part {
    /// Reads a geometry; what is empty in it is left out, so that one without any position is `None`.
    ///
    /// # Errors
    /// [`WkbError`].
    pub(super) fn read(ewkb: &[u8]) -> Result<Option<(Self, NodeItem)>, WkbError> {
        let mut reader = Reader {
            open: Vec::new(),
            whole: None,
            has_z: wkb::header(ewkb)?.has_z,
            bbox: NodeItem::create(0),
        };
        wkb::walk(ewkb, &mut reader)?;
        Ok(reader.whole.map(|part| (part, reader.bbox)))
    }

    const fn new(kind: GeometryType) -> Self {
        Self { kind, xy: Vec::new(), z: Vec::new(), ends: Vec::new(), parts: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.xy.is_empty() && self.parts.is_empty()
    }

    /// Writes the table; `typed` where nothing else says its type.
    pub(super) fn write<'a>(&self, typed: bool, to: &mut FlatBufferBuilder<'a>) -> WIPOffset<Geometry<'a>> {
        let in_collection = self.kind == GeometryType::GeometryCollection;
        let parts: Vec<_> = self.parts.iter().map(|part| part.write(in_collection, to)).collect();
        let arguments = GeometryArgs {
            type_: if typed { kind_of(self.kind) } else { Kind::Unknown },
            xy: (!self.xy.is_empty()).then(|| to.create_vector(&self.xy)),
            z: (!self.z.is_empty()).then(|| to.create_vector(&self.z)),
            // One part ends where all end.
            ends: (self.ends.len() > 1).then(|| to.create_vector(&self.ends)),
            parts: (!parts.is_empty()).then(|| to.create_vector(&parts)),
            ..GeometryArgs::default()
        };
        Geometry::create(to, &arguments)
    }
}

struct Reader {
    open: Vec<Part>,
    whole: Option<Part>,
    has_z: bool,
    bbox: NodeItem,
}

impl Reader {
    fn positions(&mut self, coords: Coords<'_>, is_part: bool) {
        let Some(part) = self.open.last_mut() else { return };
        for ([x, y], z) in coords.iter_z() {
            part.xy.extend([x, y]);
            if self.has_z {
                part.z.push(z.unwrap_or(0.0));
            }
            self.bbox.expand_xy(x, y);
        }
        if is_part && !coords.is_empty() {
            part.ends.push(u32::try_from(part.xy.len() / 2).unwrap_or(u32::MAX));
        }
    }
}

impl Visitor for Reader {
    fn begin(&mut self, kind: GeometryType, _: usize) {
        self.open.push(Part::new(kind));
    }

    fn end(&mut self, kind: GeometryType) {
        let Some(done) = self.open.pop().filter(|part| !part.is_empty()) else { return };
        let Some(parent) = self.open.last_mut() else {
            self.whole = Some(done);
            return;
        };
        match (parent.kind, kind) {
            (GeometryType::MultiPoint, _) | (GeometryType::MultiLineString, _) => {
                parent.xy.extend(&done.xy);
                parent.z.extend(&done.z);
                if parent.kind == GeometryType::MultiLineString {
                    parent.ends.push(u32::try_from(parent.xy.len() / 2).unwrap_or(u32::MAX));
                }
            }
            _ => parent.parts.push(done),
        }
    }

    fn point(&mut self, coords: Coords<'_>) {
        self.positions(coords, false);
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.positions(coords, false);
    }

    fn ring(&mut self, coords: Coords<'_>, _: bool) {
        self.positions(coords, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Geometry as G, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, polygon};
    use proptest::prelude::*;

    fn read(geometry: impl Into<G<f64>>) -> Option<Part> {
        let ewkb = wkb::from_geo(&geometry.into(), 2154).expect("ewkb");
        Part::read(&ewkb).expect("read").map(|(part, _)| part)
    }

    #[test]
    fn parts_end_where_the_next_begins() {
        let holed = polygon!(
            exterior: [(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 0.)],
            interiors: [[(x: 3., y: 1.), (x: 4., y: 2.), (x: 4., y: 1.), (x: 3., y: 1.)]],
        );
        let part = read(holed.clone()).expect("a geometry");
        assert_eq!((part.xy.len(), part.ends.as_slice()), (16, [4, 8].as_slice()));
        let several = read(MultiPolygon(vec![holed.clone(), holed])).expect("a geometry");
        assert_eq!((several.xy.len(), several.parts.len()), (0, 2));
        let line = LineString::from(vec![(0.0, 0.0), (1.0, 1.0)]);
        let empty = LineString::<f64>(Vec::new());
        let lines = read(MultiLineString(vec![line.clone(), empty, line])).expect("a geometry");
        assert_eq!((lines.xy.len(), lines.ends.as_slice()), (8, [2, 4].as_slice()));
    }

    #[test]
    fn what_has_no_position_is_no_geometry() {
        let nowhere = Point::new(f64::NAN, f64::NAN);
        assert!(read(nowhere).is_none() && read(MultiPolygon::<f64>(Vec::new())).is_none());
        assert!(read(MultiPoint(vec![nowhere])).is_none());
        assert_eq!(read(MultiPoint(vec![nowhere, Point::new(1.0, 2.0)])).expect("a geometry").xy, [1.0, 2.0]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(Some((part, _))) = Part::read(&bytes) {
                let mut to = FlatBufferBuilder::new();
                part.write(true, &mut to);
                prop_assert!(!part.is_empty());
            }
        }
    }
}
