//! Rewriting of ISO WKB in little endian, the form in which GDAL hands geometries over here.

use crate::geo::wkb::{GeometryType, HAS_SRID};

/// What a rewritten geometry shall be.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub has_z: bool,
    pub has_m: bool,
    /// Keep only members of this dimension (0 points, 1 lines, 2 polygons) of a collection.
    pub only: Option<u8>,
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn header(&mut self) -> Option<(GeometryType, bool, bool)> {
        self.take(1)?;
        let code = self.u32()?;
        let dims = code / 1000;
        Some((GeometryType::from_code(code % 1000)?, dims == 1 || dims == 3, dims >= 2))
    }
}

/// The ISO WKB code of a type.
pub(super) const fn iso_code(kind: GeometryType, has_z: bool, has_m: bool) -> u32 {
    kind.code() + if has_z { 1000 } else { 0 } + if has_m { 2000 } else { 0 }
}

/// Writes `wkb` with the ordinates of `shape`: a missing or non-finite Z or M becomes 0, a surplus one is
/// left out. Parts that PostGIS refuses (rings of fewer than four points, lines of fewer than two, empty
/// members) are left out too. `None` when nothing remains.
pub(super) fn conform(wkb: &[u8], shape: Shape) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(wkb.len() + wkb.len() / 2);
    copy(&mut Reader { bytes: wkb }, &mut out, shape, 0)?.then_some(out)
}

/// The members of one dimension of a collection, as one multi geometry. `None` when there are none.
pub(super) fn extract(wkb: &[u8], dimension: u8, has_z: bool) -> Option<Vec<u8>> {
    let (kind, ..) = Reader { bytes: wkb }.header()?;
    let shape = Shape { has_z, has_m: false, only: Some(dimension) };
    let flat = conform(wkb, shape)?;
    if kind != GeometryType::GeometryCollection {
        return (kind.dimension() == Some(dimension)).then_some(flat);
    }
    // A collection of plain and multi members becomes one list of plain ones.
    let (mut members, mut count) = (Vec::new(), 0);
    flatten(&mut Reader { bytes: &flat }, &mut members, &mut count, 0)?;
    let single = GeometryType::from_code(u32::from(dimension) + 1)?;
    let mut out = vec![1];
    out.extend_from_slice(&iso_code(single.multi(), has_z, false).to_le_bytes());
    out.extend_from_slice(&u32::to_le_bytes(count));
    out.extend_from_slice(&members);
    (count > 0).then_some(out)
}

/// Answers whether anything was written; `None` when the bytes are no geometry.
fn copy(reader: &mut Reader<'_>, out: &mut Vec<u8>, shape: Shape, depth: u8) -> Option<bool> {
    (depth <= 16).then_some(())?;
    let start = out.len();
    let (kind, has_z, has_m) = reader.header()?;
    out.push(1);
    out.extend_from_slice(&iso_code(kind, shape.has_z, shape.has_m).to_le_bytes());
    let from = (has_z, has_m);
    let wrote = match kind {
        GeometryType::Point => {
            points(reader, out, 1, from, shape)?;
            let x = out.get(start + 5..start + 13).and_then(|b| b.try_into().ok()).map(f64::from_le_bytes);
            x.is_some_and(|x| !x.is_nan())
        }
        GeometryType::LineString => {
            let count = reader.u32()?;
            out.extend_from_slice(&count.to_le_bytes());
            points(reader, out, count, from, shape)?;
            count >= 2
        }
        GeometryType::Polygon => {
            let at = out.len();
            out.extend_from_slice(&[0; 4]);
            let (mut kept, mut shell) = (0_u32, true);
            for ring in 0..reader.u32()? {
                let ring_at = out.len();
                let count = reader.u32()?;
                out.extend_from_slice(&count.to_le_bytes());
                points(reader, out, count, from, shape)?;
                shell &= ring > 0 || count >= 4;
                if count >= 4 {
                    kept += 1;
                } else {
                    out.truncate(ring_at);
                }
            }
            patch(out, at, kept);
            shell && kept > 0
        }
        _ => {
            let at = out.len();
            out.extend_from_slice(&[0; 4]);
            let mut kept = 0_u32;
            for _ in 0..reader.u32()? {
                let (member, ..) = Reader { bytes: reader.bytes }.header()?;
                let member_at = out.len();
                let wrote = copy(reader, out, shape, depth + 1)?;
                if wrote && shape.only.is_none_or(|d| member.dimension().is_none_or(|m| m == d)) {
                    kept += 1;
                } else {
                    out.truncate(member_at);
                }
            }
            patch(out, at, kept);
            kept > 0
        }
    };
    if !wrote {
        out.truncate(start);
    }
    Some(wrote)
}

fn patch(out: &mut [u8], at: usize, count: u32) {
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&count.to_le_bytes());
    }
}

fn points(
    reader: &mut Reader<'_>,
    out: &mut Vec<u8>,
    count: u32,
    (from_z, from_m): (bool, bool),
    shape: Shape,
) -> Option<()> {
    let stride = 8 * (2 + usize::from(from_z) + usize::from(from_m));
    let all = reader.take(stride.checked_mul(count as usize)?)?;
    let finite = |raw: &[u8]| {
        let value = <[u8; 8]>::try_from(raw).map_or(0.0, f64::from_le_bytes);
        if value.is_finite() { value } else { 0.0 }.to_le_bytes()
    };
    for point in all.chunks_exact(stride) {
        let (place, rest) = point.split_at(16);
        let (z, m) = rest.split_at(if from_z { 8 } else { 0 });
        out.extend_from_slice(place);
        if shape.has_z {
            out.extend_from_slice(&finite(z));
        }
        if shape.has_m {
            out.extend_from_slice(&finite(m));
        }
    }
    Some(())
}

fn flatten(reader: &mut Reader<'_>, out: &mut Vec<u8>, count: &mut u32, depth: u8) -> Option<()> {
    (depth <= 16).then_some(())?;
    let before = reader.bytes;
    let (kind, has_z, has_m) = reader.header()?;
    if matches!(kind, GeometryType::Point | GeometryType::LineString | GeometryType::Polygon) {
        let mut skipped = Vec::new();
        let mut again = Reader { bytes: before };
        copy(&mut again, &mut skipped, Shape { has_z, has_m, only: None }, depth)?;
        out.extend_from_slice(&skipped);
        *count += 1;
        reader.bytes = again.bytes;
        return Some(());
    }
    for _ in 0..reader.u32()? {
        flatten(reader, out, count, depth + 1)?;
    }
    Some(())
}

/// Appends EWKB with `srid`: the geometry itself, or a multi geometry with it as only member.
pub(super) fn write_ewkb(wkb: &[u8], srid: i32, promote: bool, out: &mut Vec<u8>) {
    let Some((code, rest)) = wkb.get(1..).and_then(<[u8]>::split_first_chunk::<4>) else { return };
    let code = u32::from_le_bytes(*code);
    out.push(1);
    let single = promote && matches!(code % 1000, 1..=3);
    if single {
        out.extend_from_slice(&((code + 3) | HAS_SRID).to_le_bytes());
        out.extend_from_slice(&srid.to_le_bytes());
        out.extend_from_slice(&1_u32.to_le_bytes());
        out.extend_from_slice(wkb);
    } else {
        out.extend_from_slice(&(code | HAS_SRID).to_le_bytes());
        out.extend_from_slice(&srid.to_le_bytes());
        out.extend_from_slice(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::wkb::header;

    fn line(points: &[[f64; 3]], has_z: bool) -> Vec<u8> {
        let mut out = vec![1];
        out.extend_from_slice(&iso_code(GeometryType::LineString, has_z, false).to_le_bytes());
        out.extend_from_slice(&(points.len() as u32).to_le_bytes());
        for point in points {
            for ordinate in point.iter().take(if has_z { 3 } else { 2 }) {
                out.extend_from_slice(&ordinate.to_le_bytes());
            }
        }
        out
    }

    #[test]
    fn a_flat_line_gets_a_height_of_zero_and_loses_it_again() {
        let flat = line(&[[1., 2., 0.], [3., 4., 0.]], false);
        let high =
            conform(&flat, Shape { has_z: true, has_m: false, only: None }).expect("something remains");
        assert_eq!(high, line(&[[1., 2., 0.], [3., 4., 0.]], true));
        let back = conform(&high, Shape { has_z: false, has_m: false, only: None });
        assert_eq!(back, Some(flat));
    }

    #[test]
    fn a_line_of_one_point_is_nothing() {
        let short = line(&[[1., 2., 0.]], false);
        assert_eq!(conform(&short, Shape { has_z: false, has_m: false, only: None }), None);
    }

    #[test]
    fn promotion_wraps_a_single_geometry_and_leaves_a_multi_one() {
        let mut out = Vec::new();
        write_ewkb(&line(&[[1., 2., 3.], [3., 4., 5.]], true), 2154, true, &mut out);
        let head = header(&out).expect("geometry");
        assert_eq!((head.kind, head.srid, head.has_z), (GeometryType::MultiLineString, Some(2154), true));
        let mut plain = Vec::new();
        write_ewkb(&line(&[[1., 2., 3.], [3., 4., 5.]], false), 4326, false, &mut plain);
        assert_eq!(header(&plain).expect("geometry").kind, GeometryType::LineString);
    }
}
