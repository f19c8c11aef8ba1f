//! Positions of a literal geometry put in x, y order and joined to shapes, for WKT and GeoJSON alike.

use crate::filter::ast::{Expr, Geometry, Literal};
use crate::filter::error::{FilterError, Reading};
use crate::filter::kvp;
use crate::geo::{BBox, CrsRef};
use geo_types::{Coord, Geometry as Shape, LineString, MultiLineString, MultiPolygon, Point, Polygon};

/// Collections in collections that a literal may have.
pub(in crate::filter) const DEEPEST: usize = 16;

/// Where the numbers of a filter's geometries lie.
#[derive(Clone, Debug)]
pub(in crate::filter) struct Placement {
    crs: Option<CrsRef>,
    swapped: bool,
    /// Positions that one geometry may have.
    most: usize,
}

impl Placement {
    /// In a system, with the axis order of its spelling; `None` is the layer's own in x, y order.
    pub(in crate::filter) fn new(crs: Option<CrsRef>, reading: &Reading) -> Self {
        let swapped = crs.as_ref().is_some_and(|crs| crs.swapped(reading.short_means_authority));
        Self { crs, swapped, most: reading.limits.positions }
    }

    /// In a system, in x, y order however it was spelled.
    pub(in crate::filter) fn easting_first(crs: Option<CrsRef>, reading: &Reading) -> Self {
        Self { crs, swapped: false, most: reading.limits.positions }
    }

    /// The same in another system, in x, y order.
    pub(in crate::filter) fn moved(&self, crs: CrsRef) -> Self {
        Self { crs: Some(crs), swapped: false, most: self.most }
    }

    pub(in crate::filter) fn srid(&self) -> Option<i32> {
        self.crs.as_ref().map(|crs| crs.crs.srid)
    }

    /// A position of two numbers, or more of which the first two count: predicates are planar. `read` is
    /// how many there were before.
    pub(in crate::filter) fn position(
        &self,
        numbers: &[f64],
        read: &mut usize,
    ) -> Result<Coord, FilterError> {
        *read += 1;
        if *read > self.most {
            return Err(FilterError::too_many_positions(self.most));
        }
        let [first, second] = match numbers {
            [a, b] | [a, b, _] | [a, b, _, _] => [*a, *b],
            _ => return Err(refused("a position needs two numbers, or three with a height")),
        };
        let coord = if self.swapped { Coord { x: second, y: first } } else { Coord { x: first, y: second } };
        self.check(coord)?;
        Ok(coord)
    }

    /// Longitudes go round, and maps that do send them; a latitude beyond the pole is a mistake in the order
    /// of the axes.
    fn check(&self, coord: Coord) -> Result<(), FilterError> {
        let geographic = self.crs.as_ref().is_some_and(|crs| crs.crs.geographic);
        if !coord.x.is_finite() || !coord.y.is_finite() {
            return Err(refused("a coordinate must be a finite number"));
        }
        if geographic && coord.y.abs() > 90.0 {
            return Err(refused(&format!(
                "latitude {} lies beyond the pole; check the order of the axes and the coordinate reference system",
                coord.y
            )));
        }
        if geographic && coord.x.abs() > 360.0 {
            return Err(refused(&format!(
                "longitude {} is out of range; check the coordinate reference system",
                coord.x
            )));
        }
        Ok(())
    }

    /// A box of four numbers, or six with heights; two boxes across the antimeridian.
    pub(in crate::filter) fn boxes(&self, numbers: &[f64]) -> Result<Vec<BBox>, FilterError> {
        let boxes = kvp::place(numbers, self.crs.as_ref(), self.swapped).map_err(FilterError::Geometry)?;
        for bbox in &boxes {
            self.check(Coord { x: bbox.min_x, y: bbox.min_y })?;
            self.check(Coord { x: bbox.max_x, y: bbox.max_y })?;
        }
        Ok(boxes)
    }

    /// The literal of a shape whose positions came from here.
    pub(in crate::filter) fn literal(&self, shape: &Shape<f64>) -> Result<Expr, FilterError> {
        let geometry = Geometry::new(shape, self.srid(), self.most)?;
        Ok(Expr::Literal(Literal::Geometry(geometry)))
    }
}

pub(in crate::filter) fn refused(message: &str) -> FilterError {
    FilterError::Geometry(message.to_owned())
}

pub(in crate::filter) fn line(coords: Vec<Coord>) -> Result<LineString<f64>, FilterError> {
    if coords.len() < 2 {
        return Err(refused("a LineString needs two positions"));
    }
    Ok(LineString(coords))
}

/// A polygon of its rings, the outer one first.
pub(in crate::filter) fn polygon(rings: Vec<Vec<Coord>>) -> Result<Polygon<f64>, FilterError> {
    let mut rings = rings.into_iter().map(|ring| {
        if ring.len() < 4 || ring.first() != ring.last() {
            return Err(refused("a ring needs four positions, the last the same as the first"));
        }
        Ok(LineString(ring))
    });
    let exterior = rings.next().ok_or_else(|| refused("a Polygon needs an exterior ring"))??;
    Ok(Polygon::new(exterior, rings.collect::<Result<_, _>>()?))
}

/// The area of boxes, or what is left of it when they have no width or height.
pub(in crate::filter) fn of_boxes(boxes: &[BBox]) -> Shape<f64> {
    let corner = |x, y| Coord { x, y };
    let flat = |b: &BBox| b.width() == 0.0 || b.height() == 0.0;
    let diagonal = |b: &BBox| LineString(vec![corner(b.min_x, b.min_y), corner(b.max_x, b.max_y)]);
    let filled = |b: &BBox| {
        Polygon::new(
            LineString(vec![
                corner(b.min_x, b.min_y),
                corner(b.max_x, b.min_y),
                corner(b.max_x, b.max_y),
                corner(b.min_x, b.max_y),
                corner(b.min_x, b.min_y),
            ]),
            Vec::new(),
        )
    };
    match boxes {
        [one] if one.width() == 0.0 && one.height() == 0.0 => Point::new(one.min_x, one.min_y).into(),
        [one] if flat(one) => diagonal(one).into(),
        [one] => filled(one).into(),
        several if several.iter().any(flat) => MultiLineString(several.iter().map(diagonal).collect()).into(),
        several => MultiPolygon(several.iter().map(filled).collect()).into(),
    }
}
