//! Literal geometries: GML 2, 3.1 and 3.2 (OGC 02-069, 03-105r1, 07-036) into EWKB in x, y order.
//!
//! The spelling of `srsName` decides the axis order of `pos`, `posList` and corners; `coordinates` are
//! x, y whatever the spelling, as the clients that still write GML 2 mean them. Z is read and left out:
//! predicates are planar. Only straight segments are understood.

use super::ast::Geometry;
use super::error::{FilterError, Reading, excerpt};
use super::xml::{child, elements, text};
use crate::geo::{BBox, CrsRef};
use geo_types::{
    Coord, Geometry as Shape, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};
use roxmltree::Node;

/// Collections in collections that a literal may have.
const DEEPEST: usize = 16;

/// Reads a geometry element.
///
/// # Errors
/// [`FilterError`], naming the element or the number.
pub fn parse_geometry(node: Node<'_, '_>, reading: &Reading) -> Result<Geometry, FilterError> {
    let crs = reference(node, reading)?;
    let reader = Reader::new(crs.as_ref(), reading);
    let srid = crs.map(|c| c.crs.srid);
    let shape = reader.shape(node, 0)?;
    Geometry::new(&shape, srid, reading.limits.positions)
}

/// Whether an element of this local name is a geometry that [`parse_geometry`] knows.
pub(super) fn is_geometry(name: &str) -> bool {
    matches!(
        name,
        "Point"
            | "LineString"
            | "Curve"
            | "CompositeCurve"
            | "LinearRing"
            | "Ring"
            | "Polygon"
            | "PolygonPatch"
            | "Rectangle"
            | "Triangle"
            | "Surface"
            | "PolyhedralSurface"
            | "CompositeSurface"
            | "MultiPolygon"
            | "MultiSurface"
            | "MultiPoint"
            | "MultiLineString"
            | "MultiCurve"
            | "MultiGeometry"
            | "Envelope"
            | "Box"
            | "BoundingBox"
    )
}

/// Reads a box: `gml:Envelope`, `gml:Box` or `ows:BoundingBox`. Answers the EPSG code of its system,
/// `None` when neither it nor the reading names one.
///
/// # Errors
/// [`FilterError`] when it is no box, or its corners are reversed.
pub fn parse_envelope(node: Node<'_, '_>, reading: &Reading) -> Result<(BBox, Option<i32>), FilterError> {
    let crs = reference(node, reading)?;
    let bbox = Reader::new(crs.as_ref(), reading).envelope(node)?;
    Ok((bbox, crs.map(|c| c.crs.srid)))
}

/// The system that a geometry names: on itself, above it or, failing that, on its first part that does.
fn reference(node: Node<'_, '_>, reading: &Reading) -> Result<Option<CrsRef>, FilterError> {
    let named = |n: Node<'_, '_>| n.attribute("srsName").or_else(|| n.attribute("crs")).map(str::to_owned);
    let spelled = node.ancestors().find_map(named).or_else(|| node.descendants().find_map(named));
    match spelled {
        Some(name) => Ok(Some(CrsRef::parse(&name)?)),
        None => Ok(reading.default_crs.clone()),
    }
}

struct Reader {
    swapped: bool,
    /// Positions that a geometry may have.
    positions: usize,
}

impl Reader {
    fn new(crs: Option<&CrsRef>, reading: &Reading) -> Self {
        Self {
            swapped: crs.is_some_and(|crs| crs.swapped(reading.short_means_authority)),
            positions: reading.limits.positions,
        }
    }

    fn shape(&self, node: Node<'_, '_>, depth: usize) -> Result<Shape<f64>, FilterError> {
        if depth > DEEPEST {
            return Err(FilterError::TooDeep(DEEPEST));
        }
        let name = node.tag_name().name();
        Ok(match name {
            "Point" => {
                let coords = self.coords(node)?;
                match coords.as_slice() {
                    [one] => Point(*one).into(),
                    _ => return Err(geometry("a Point needs exactly one position")),
                }
            }
            "LineString" | "Curve" | "CompositeCurve" | "LinearRing" | "Ring" => {
                self.line(node, depth)?.into()
            }
            "Polygon" | "PolygonPatch" | "Rectangle" | "Triangle" => self.polygon(node, depth)?.into(),
            "Surface" | "PolyhedralSurface" | "CompositeSurface" | "MultiPolygon" | "MultiSurface" => {
                let mut polygons = self.polygons(node, depth)?;
                match polygons.pop() {
                    Some(one) if polygons.is_empty() => one.into(),
                    Some(last) => {
                        polygons.push(last);
                        MultiPolygon(polygons).into()
                    }
                    None => return Err(geometry(&format!("{name} has no polygon"))),
                }
            }
            "MultiPoint" => {
                let points = self.members(node, depth)?.into_iter().map(|member| match member {
                    Shape::Point(point) => Ok(point),
                    _ => Err(geometry("a MultiPoint holds points")),
                });
                MultiPoint(points.collect::<Result<_, _>>()?).into()
            }
            "MultiLineString" | "MultiCurve" => {
                let lines = self.members(node, depth)?.into_iter().map(|member| match member {
                    Shape::LineString(line) => Ok(line),
                    _ => Err(geometry("a MultiCurve holds lines")),
                });
                MultiLineString(lines.collect::<Result<_, _>>()?).into()
            }
            "MultiGeometry" => Shape::GeometryCollection(GeometryCollection(self.members(node, depth)?)),
            "Envelope" | "Box" | "BoundingBox" => box_shape(&self.envelope(node)?),
            _ => {
                return Err(FilterError::Unexpected {
                    found: excerpt(name),
                    expected: "use a GML Point, LineString, Polygon, their Multi… forms, a Curve or Surface of straight parts, or an Envelope".to_owned(),
                });
            }
        })
    }

    /// Geometries inside `…Member` and `…Members`.
    fn members(&self, node: Node<'_, '_>, depth: usize) -> Result<Vec<Shape<f64>>, FilterError> {
        let members = elements(node).filter(|n| {
            let name = n.tag_name().name();
            name.ends_with("Member") || name.ends_with("Members")
        });
        let shapes: Vec<_> = members
            .flat_map(|member| elements(member))
            .map(|n| self.shape(n, depth + 1))
            .collect::<Result<_, _>>()?;
        if shapes.is_empty() {
            return Err(geometry(&format!("{} has no members", node.tag_name().name())));
        }
        Ok(shapes)
    }

    fn polygons(&self, node: Node<'_, '_>, depth: usize) -> Result<Vec<Polygon<f64>>, FilterError> {
        let mut polygons = Vec::new();
        for part in elements(node) {
            match part.tag_name().name() {
                "patches" | "polygonPatches" | "polygonMember" | "surfaceMember" | "surfaceMembers" => {
                    for inner in elements(part) {
                        match self.shape(inner, depth + 1)? {
                            Shape::Polygon(one) => polygons.push(one),
                            Shape::MultiPolygon(several) => polygons.extend(several),
                            _ => return Err(geometry("a surface holds polygons")),
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(polygons)
    }

    fn polygon(&self, node: Node<'_, '_>, depth: usize) -> Result<Polygon<f64>, FilterError> {
        let mut exterior = None;
        let mut interiors = Vec::new();
        for side in elements(node) {
            let name = side.tag_name().name();
            let outer = matches!(name, "exterior" | "outerBoundaryIs");
            if !outer && !matches!(name, "interior" | "innerBoundaryIs") {
                continue;
            }
            let ring = elements(side).next().ok_or_else(|| geometry("a polygon's side has no ring"))?;
            let ring = self.line(ring, depth + 1)?;
            if ring.0.len() < 4 || ring.0.first() != ring.0.last() {
                return Err(geometry("a ring needs four positions, the last the same as the first"));
            }
            if outer { exterior = Some(ring) } else { interiors.push(ring) }
        }
        let exterior = exterior.ok_or_else(|| geometry("a polygon needs an exterior ring"))?;
        Ok(Polygon::new(exterior, interiors))
    }

    /// A line, or the parts of a curve joined.
    fn line(&self, node: Node<'_, '_>, depth: usize) -> Result<LineString<f64>, FilterError> {
        if depth > DEEPEST {
            return Err(FilterError::TooDeep(DEEPEST));
        }
        let name = node.tag_name().name();
        let coords = match name {
            "LineString" | "LinearRing" | "LineStringSegment" | "GeodesicString" => self.coords(node)?,
            "Curve" | "CompositeCurve" | "Ring" => {
                let mut joined: Vec<Coord> = Vec::new();
                let parts = elements(node)
                    .filter(|n| matches!(n.tag_name().name(), "segments" | "curveMember"))
                    .flat_map(|n| elements(n));
                for part in parts {
                    let next = self.line(part, depth + 1)?.0;
                    let shared = usize::from(joined.last().is_some() && joined.last() == next.first());
                    joined.extend(next.into_iter().skip(shared));
                }
                joined
            }
            _ => {
                return Err(FilterError::Unexpected {
                    found: excerpt(name),
                    expected: "only straight lines are supported: LineString, LinearRing, LineStringSegment"
                        .to_owned(),
                });
            }
        };
        if coords.len() < 2 {
            return Err(geometry(&format!("{name} needs two positions")));
        }
        Ok(LineString(coords))
    }

    /// The positions directly in an element, in any of the notations.
    fn coords(&self, node: Node<'_, '_>) -> Result<Vec<Coord>, FilterError> {
        let mut coords = Vec::new();
        for part in elements(node) {
            match part.tag_name().name() {
                "pos" | "lowerCorner" | "upperCorner" | "LowerCorner" | "UpperCorner" => {
                    let numbers = numbers(&text(part))?;
                    match numbers.as_slice() {
                        [a, b] | [a, b, _] | [a, b, _, _] => coords.push(self.coord(*a, *b)),
                        _ => return Err(geometry("a position needs two numbers")),
                    }
                }
                "posList" => {
                    let numbers = numbers(&text(part))?;
                    let size = dimension(part);
                    if numbers.len() % size != 0 {
                        return Err(geometry(&format!(
                            "a posList has {} numbers, which is no multiple of {size}",
                            numbers.len()
                        )));
                    }
                    for position in numbers.chunks_exact(size) {
                        if let [a, b, ..] = position {
                            coords.push(self.coord(*a, *b));
                        }
                    }
                }
                "coordinates" => coords.extend(coordinates(part)?),
                "coord" => {
                    let ordinate = |name| {
                        let number = child(part, name).and_then(|n| text(n).trim().parse::<f64>().ok());
                        number.filter(|v| v.is_finite()).ok_or_else(|| geometry("a coord needs X and Y"))
                    };
                    coords.push(Coord { x: ordinate("X")?, y: ordinate("Y")? });
                }
                "pointProperty" | "pointRep" => {
                    if let Some(point) = elements(part).next() {
                        coords.extend(self.coords(point)?);
                    }
                }
                _ => {}
            }
            if coords.len() > self.positions {
                return Err(FilterError::too_many_positions(self.positions));
            }
        }
        Ok(coords)
    }

    fn coord(&self, first: f64, second: f64) -> Coord {
        if self.swapped { Coord { x: second, y: first } } else { Coord { x: first, y: second } }
    }

    fn envelope(&self, node: Node<'_, '_>) -> Result<BBox, FilterError> {
        let name = node.tag_name().name();
        if !matches!(name, "Envelope" | "EnvelopeWithTimePeriod" | "Box" | "BoundingBox" | "WGS84BoundingBox")
        {
            return Err(FilterError::Unexpected {
                found: excerpt(name),
                expected: "BBOX takes a gml:Envelope or a gml:Box".to_owned(),
            });
        }
        let coords = self.coords(node)?;
        let [low, high] = coords.as_slice() else {
            return Err(geometry(&format!("{name} needs a lower and an upper corner")));
        };
        let bbox = BBox::new(low.x, low.y, high.x, high.y);
        if !bbox.is_valid() {
            return Err(geometry(&format!(
                "{name} is reversed: its lower corner must not exceed its upper corner; check the order of the axes for its srsName"
            )));
        }
        Ok(bbox)
    }
}

fn geometry(message: &str) -> FilterError {
    FilterError::Geometry(message.to_owned())
}

/// A box as what it covers: a point or a line when it has no width or height.
pub(super) fn box_shape(bbox: &BBox) -> Shape<f64> {
    let (low, high) = (Coord { x: bbox.min_x, y: bbox.min_y }, Coord { x: bbox.max_x, y: bbox.max_y });
    if low == high {
        Point(low).into()
    } else if low.x == high.x || low.y == high.y {
        LineString(vec![low, high]).into()
    } else {
        geo_types::Rect::new(low, high).to_polygon().into()
    }
}

fn numbers(list: &str) -> Result<Vec<f64>, FilterError> {
    list.split_ascii_whitespace().map(number).collect()
}

fn number(text: &str) -> Result<f64, FilterError> {
    text.parse::<f64>()
        .ok()
        .filter(|v| v.is_finite())
        .ok_or_else(|| geometry(&format!("'{}' is not a coordinate", excerpt(text))))
}

/// Numbers in a position: stated on the list or above it, else two.
fn dimension(list: Node<'_, '_>) -> usize {
    list.ancestors()
        .find_map(|n| n.attribute("srsDimension").or_else(|| n.attribute("dimension")))
        .and_then(|d| d.parse::<usize>().ok())
        .filter(|d| (2..=4).contains(d))
        .unwrap_or(2)
}

/// GML 2's `coordinates`, with the separators it states.
fn coordinates(node: Node<'_, '_>) -> Result<Vec<Coord>, FilterError> {
    let separator = |name: &str, default: &str| {
        node.attribute(name).filter(|s| !s.is_empty()).unwrap_or(default).to_owned()
    };
    let (decimal, between, tuple) = (separator("decimal", "."), separator("cs", ","), separator("ts", " "));
    let list = text(node);
    let tuples: Vec<&str> = if tuple == " " {
        list.split_ascii_whitespace().collect()
    } else {
        list.split(tuple.as_str()).map(str::trim).filter(|t| !t.is_empty()).collect()
    };
    tuples
        .into_iter()
        .map(|tuple| {
            let mut ordinates =
                tuple.split(between.as_str()).map(|n| number(&n.trim().replace(&decimal, ".")));
            match (ordinates.next(), ordinates.next()) {
                (Some(x), Some(y)) => Ok(Coord { x: x?, y: y? }),
                _ => Err(geometry(&format!("'{}' is not a position", excerpt(tuple)))),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::FilterLimits;
    use crate::filter::xml::parse_document;
    use proptest::prelude::*;

    fn read(xml: &str) -> Result<(Shape<f64>, Option<i32>), FilterError> {
        let limits = FilterLimits::default();
        let wrapped = format!("<f xmlns:gml=\"http://www.opengis.net/gml/3.2\" xmlns:ows=\"o\">{xml}</f>");
        let document = parse_document(&wrapped, &limits)?;
        let node = elements(document.root_element()).next().ok_or(FilterError::NoGeometry)?;
        let geometry = parse_geometry(node, &Reading::default())?;
        Ok((crate::geo::wkb::to_geo(&geometry.ewkb).expect("ewkb"), geometry.srid))
    }

    #[test]
    fn the_spelling_of_the_system_decides_the_axis_order() {
        let place: Shape<f64> = Point::new(5.4, 43.6).into();
        for xml in [
            r#"<gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>43.6 5.4</gml:pos></gml:Point>"#,
            r#"<gml:Point srsName="http://www.opengis.net/def/crs/EPSG/0/4326"><gml:pos>43.6 5.4</gml:pos></gml:Point>"#,
            r#"<gml:Point srsName="EPSG:4326"><gml:pos>5.4 43.6</gml:pos></gml:Point>"#,
            r#"<gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:coordinates>5.4,43.6</gml:coordinates></gml:Point>"#,
            r#"<gml:Point><gml:pos srsName="urn:ogc:def:crs:EPSG::4326">43.6 5.4 12</gml:pos></gml:Point>"#,
            r#"<gml:Point srsName="EPSG:4326"><gml:coord><gml:X>5.4</gml:X><gml:Y>43.6</gml:Y></gml:coord></gml:Point>"#,
        ] {
            assert_eq!(read(xml), Ok((place.clone(), Some(4326))), "{xml}");
        }
        assert_eq!(read("<gml:Point><gml:pos>5.4 43.6</gml:pos></gml:Point>"), Ok((place, None)));
    }

    #[test]
    fn a_geometry_that_would_keep_the_database_busy_is_refused() {
        let line = |positions: usize| {
            read(&format!(
                "<gml:LineString><gml:posList>{}</gml:posList></gml:LineString>",
                "1 2 ".repeat(positions)
            ))
        };
        let most = FilterLimits::default().positions;
        assert!(line(most).is_ok());
        let error = line(most + 1).expect_err("refused").to_string();
        assert!(error.contains("20000 positions"), "{error}");
    }

    #[test]
    fn all_notations_of_a_square_are_the_same_square() {
        let ring = "<gml:LinearRing><gml:posList>0 0 2 0 2 2 0 2 0 0</gml:posList></gml:LinearRing>";
        let square = |shape| match shape {
            Shape::Polygon(p) => p,
            other => panic!("{other:?}"),
        };
        let expected = square(box_shape(&BBox::new(0.0, 0.0, 2.0, 2.0)));
        for xml in [
            format!("<gml:Polygon><gml:exterior>{ring}</gml:exterior></gml:Polygon>"),
            format!("<gml:Surface><gml:patches><gml:PolygonPatch><gml:exterior>{ring}</gml:exterior></gml:PolygonPatch></gml:patches></gml:Surface>"),
            format!("<gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:exterior>{ring}</gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface>"),
            "<gml:Polygon><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>0,0 2,0 2,2 0,2 0,0</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs></gml:Polygon>".to_owned(),
            "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList srsDimension=\"3\">0 0 9 2 0 9 2 2 9 0 2 9 0 0 9</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>".to_owned(),
            "<gml:Envelope><gml:lowerCorner>0 0</gml:lowerCorner><gml:upperCorner>2 2</gml:upperCorner></gml:Envelope>".to_owned(),
            "<gml:Box><gml:coordinates>0,0 2,2</gml:coordinates></gml:Box>".to_owned(),
            "<ows:BoundingBox><ows:LowerCorner>0 0</ows:LowerCorner><ows:UpperCorner>2 2</ows:UpperCorner></ows:BoundingBox>".to_owned(),
        ] {
            use geo::Area;
            let found = square(read(&xml).expect(&xml).0);
            assert!((found.unsigned_area() - expected.unsigned_area()).abs() < 1e-12, "{xml}");
        }
    }

    #[test]
    fn curves_of_straight_segments_are_joined_and_others_refused() {
        let segments = "<gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>0 0 1 1</gml:posList></gml:LineStringSegment><gml:LineStringSegment><gml:posList>1 1 2 0</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>";
        let line: Shape<f64> = LineString::from(vec![(0., 0.), (1., 1.), (2., 0.)]).into();
        assert_eq!(read(segments), Ok((line, None)));
        let arc = "<gml:Curve><gml:segments><gml:Arc><gml:posList>0 0 1 1 2 0</gml:posList></gml:Arc></gml:segments></gml:Curve>";
        assert!(matches!(read(arc), Err(FilterError::Unexpected { .. })));
    }

    #[test]
    fn wrong_geometries_say_what_is_wrong() {
        for (xml, said) in [
            ("<gml:Point><gml:pos>5</gml:pos></gml:Point>", "two numbers"),
            ("<gml:Point><gml:pos>a b</gml:pos></gml:Point>", "'a' is not a coordinate"),
            ("<gml:Point><gml:pos>NaN 1</gml:pos></gml:Point>", "'NaN' is not a coordinate"),
            ("<gml:Point/>", "exactly one position"),
            ("<gml:LineString><gml:posList>0 0 1</gml:posList></gml:LineString>", "no multiple of 2"),
            ("<gml:LineString><gml:posList>0 0</gml:posList></gml:LineString>", "two positions"),
            ("<gml:Polygon/>", "exterior ring"),
            (
                "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0 0 1 0 1 1 5 5</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>",
                "last the same as the first",
            ),
            (
                "<gml:Envelope><gml:lowerCorner>5 5</gml:lowerCorner><gml:upperCorner>0 9</gml:upperCorner></gml:Envelope>",
                "reversed",
            ),
            ("<gml:Tin/>", "'Tin' is not supported"),
            (
                "<gml:Point srsName=\"EPSG:x\"><gml:pos>1 1</gml:pos></gml:Point>",
                "not a coordinate reference system",
            ),
            ("<gml:MultiPoint/>", "no members"),
        ] {
            let error = read(xml).expect_err(xml).to_string();
            assert!(error.contains(said), "{xml}: {error}");
        }
    }

    #[test]
    fn collections_nested_without_end_are_refused() {
        let deep = format!(
            "{}<gml:Point><gml:pos>1 1</gml:pos></gml:Point>{}",
            "<gml:MultiGeometry><gml:geometryMember>".repeat(40),
            "</gml:geometryMember></gml:MultiGeometry>".repeat(40)
        );
        assert_eq!(read(&deep), Err(FilterError::TooDeep(DEEPEST)));
    }

    proptest! {
        #[test]
        fn no_coordinates_make_reading_panic(list in "[-0-9., eNa]{0,40}") {
            for name in ["pos", "posList", "coordinates"] {
                let _ = read(&format!("<gml:LineString><gml:{name}>{list}</gml:{name}></gml:LineString>"));
            }
        }
    }
}
