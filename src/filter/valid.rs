//! Whether a literal geometry is valid (OGC 06-103r4 clause 6.1.11), as far as a wrong answer hangs on it:
//! lines and rings that are more than a point, and areas whose borders don't cross.

use super::error::FilterError;
use geo::line_intersection::{LineIntersection, line_intersection};
use geo_types::{Coord, Geometry as Shape, Line, LineString, Polygon};

/// Pairs of segments whose boxes are compared at most: what isn't found by then is left to the database.
const PAIRS: usize = 4_000_000;

/// Refuses what no predicate answers rightly for.
pub(super) fn valid(shape: &Shape<f64>) -> Result<(), FilterError> {
    match shape {
        Shape::LineString(line) => long_enough(line),
        Shape::MultiLineString(lines) => lines.iter().try_for_each(long_enough),
        Shape::Polygon(polygon) => area(std::slice::from_ref(polygon)),
        Shape::MultiPolygon(polygons) => area(&polygons.0),
        Shape::GeometryCollection(members) => members.iter().try_for_each(valid),
        _ => Ok(()),
    }
}

fn long_enough(line: &LineString<f64>) -> Result<(), FilterError> {
    match line.0.as_slice() {
        [first, rest @ ..] if rest.iter().all(|c| c == first) => {
            Err(invalid("a line needs two different positions", *first))
        }
        _ => Ok(()),
    }
}

fn area(polygons: &[Polygon<f64>]) -> Result<(), FilterError> {
    let rings = || polygons.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    for ring in rings() {
        enclosing(ring)?;
    }
    let mut segments: Vec<Line<f64>> = rings().flat_map(LineString::lines).collect();
    match crossing(&mut segments) {
        Some(place) => Err(invalid("borders of its area cross each other", place)),
        None => Ok(()),
    }
}

/// A ring encloses something when three of its positions are not in line.
fn enclosing(ring: &LineString<f64>) -> Result<(), FilterError> {
    let Some((first, rest)) = ring.0.split_first() else { return Ok(()) };
    let Some(second) = rest.iter().find(|c| *c != first) else {
        return Err(invalid("a ring needs three different positions", *first));
    };
    let aside =
        |c: &Coord| (second.x - first.x) * (c.y - first.y) - (second.y - first.y) * (c.x - first.x) != 0.0;
    if rest.iter().any(aside) { Ok(()) } else { Err(invalid("a ring encloses no area", *first)) }
}

/// Where two segments cross between their ends. The segments are swept from west to east.
fn crossing(segments: &mut [Line<f64>]) -> Option<Coord<f64>> {
    let west = |line: &Line<f64>| line.start.x.min(line.end.x);
    let east = |line: &Line<f64>| line.start.x.max(line.end.x);
    segments.sort_unstable_by(|a, b| west(a).total_cmp(&west(b)));
    let mut open: Vec<Line<f64>> = Vec::new();
    let mut pairs = 0;
    for segment in segments.iter() {
        open.retain(|other| east(other) >= west(segment));
        pairs += open.len();
        if pairs > PAIRS {
            return None;
        }
        let (low, high) = (segment.start.y.min(segment.end.y), segment.start.y.max(segment.end.y));
        for other in &open {
            if other.start.y.max(other.end.y) < low || other.start.y.min(other.end.y) > high {
                continue;
            }
            if let Some(LineIntersection::SinglePoint { intersection, is_proper: true }) =
                line_intersection(*segment, *other)
            {
                return Some(intersection);
            }
        }
        open.push(*segment);
    }
    None
}

fn invalid(what: &str, place: Coord<f64>) -> FilterError {
    FilterError::Geometry(format!("it is not valid: {what} at {} {}", place.x, place.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(wkt: &str) -> Result<(), String> {
        use geozero::ToGeo;
        valid(&geozero::wkt::Wkt(wkt).to_geo().expect("wkt")).map_err(|e| e.to_string())
    }

    #[test]
    fn borders_that_cross_are_found_with_their_place() {
        let bow = judged("POLYGON((0 0,2 2,2 0,0 2,0 0))").expect_err("crossing");
        assert!(bow.contains("cross each other at 1 1"), "{bow}");
        for wkt in [
            "MULTIPOLYGON(((0 0,2 0,2 2,0 2,0 0)),((1 1,3 1,3 3,1 3,1 1)))",
            "POLYGON((0 0,4 0,4 4,0 4,0 0),(3 3,5 3,5 3.5,3 3.5,3 3))",
            "GEOMETRYCOLLECTION(POINT(0 0),POLYGON((0 0,2 2,2 0,0 2,0 0)))",
            "POLYGON((0 0,1 1,2 2,0 0))",
            "POLYGON((1 1,1 1,1 1,1 1))",
            "LINESTRING(1 1,1 1)",
        ] {
            assert!(judged(wkt).is_err(), "{wkt}");
        }
    }

    #[test]
    fn valid_shapes_pass() {
        for wkt in [
            "POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1))",
            // A hole that touches the border.
            "POLYGON((0 0,4 0,4 4,0 4,0 0),(0 2,2 1,2 3,0 2))",
            "MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((1 0,2 0,2 1,1 1,1 0)))",
            // Lines may cross themselves.
            "LINESTRING(0 0,2 2,2 0,0 2)",
            "POINT(1 1)",
            "MULTIPOINT((1 1),(2 2))",
        ] {
            assert_eq!(judged(wkt), Ok(()), "{wkt}");
        }
    }

    #[test]
    fn a_border_made_to_be_slow_is_given_up_on() {
        // Long segments, all of whose boxes meet, of which no two cross.
        let n = 10_000;
        let mut coords: Vec<Coord<f64>> =
            (0..n).map(|i| Coord { x: if i % 2 == 0 { 0.0 } else { 1e6 }, y: f64::from(i) }).collect();
        coords.push(Coord { x: -1.0, y: f64::from(n) });
        coords.push(Coord { x: -1.0, y: 0.0 });
        coords.push(Coord { x: 0.0, y: 0.0 });
        assert_eq!(valid(&Polygon::new(LineString(coords), Vec::new()).into()), Ok(()));
    }
}
