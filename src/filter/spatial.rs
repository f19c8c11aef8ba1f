//! Spatial conditions: literals are moved into the layer's system once, here, so that the index of the
//! layer answers.

use super::ast::{Geometry, SpatialOp};
use super::error::FilterError;
use super::functions::Function;
use super::gml;
use super::inner;
use super::sql::{Ewkb, SqlBuilder};
use super::term::Term;
use super::valid;
use crate::geo::wkb;
use crate::geo::{BBox, Crs, Transform, TransformError};
use geo_types::{Coord, LineString, Point, Polygon};
use std::sync::Arc;

/// What yields a geometry.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// SQL of a geometry property.
    Property { sql: String, srid: i32 },
    /// A literal in the system it is compared in.
    Literal { ewkb: Vec<u8>, srid: i32 },
    /// What a function makes of another.
    Call { function: Function, of: Box<Place>, metres: Option<Box<Term>> },
    /// Another in this system.
    Moved { place: Box<Place>, srid: i32 },
}

impl Place {
    pub(super) fn srid(&self) -> i32 {
        match self {
            Self::Property { srid, .. } | Self::Literal { srid, .. } | Self::Moved { srid, .. } => *srid,
            Self::Call { of, .. } => of.srid(),
        }
    }

    /// In another system.
    pub(super) fn moved(self, srid: i32) -> Self {
        if self.srid() == srid { self } else { Self::Moved { place: Box::new(self), srid } }
    }

    /// Whether an index or a bound value gives its box at no cost.
    const fn is_stored(&self) -> bool {
        matches!(self, Self::Property { .. } | Self::Literal { .. })
    }

    pub(super) fn to_sql(&self, sql: &mut SqlBuilder) {
        match self {
            Self::Property { sql: property, .. } => {
                sql.push(property);
            }
            Self::Literal { ewkb, .. } => {
                sql.bind(Ewkb(ewkb.clone()), "geometry");
            }
            Self::Moved { place, srid } => {
                sql.push("ST_Transform(");
                place.to_sql(sql);
                sql.push(", ").bind(*srid, "int4").push(")");
            }
            Self::Call { function, of, metres } => call(*function, of, metres.as_deref(), sql),
        }
    }

    /// As `geography`, whose measures are metres on the ellipsoid.
    pub(super) fn to_geography(&self, sql: &mut SqlBuilder) {
        match self {
            Self::Literal { ewkb, .. } => {
                sql.bind(Ewkb(ewkb.clone()), "geography");
            }
            other => {
                sql.push("(");
                other.to_sql(sql);
                sql.push(")::geography");
            }
        }
    }
}

fn call(function: Function, of: &Place, metres: Option<&Term>, sql: &mut SqlBuilder) {
    let name = match function {
        Function::InteriorPoint => "ST_PointOnSurface",
        Function::Envelope => "ST_Envelope",
        Function::ConvexHull => "ST_ConvexHull",
        Function::Boundary => "ST_Boundary",
        Function::StartPoint => "ST_StartPoint",
        Function::EndPoint => "ST_EndPoint",
        Function::Buffer => "ST_Buffer",
        // What the check lets in besides is none of these.
        _ => "ST_Centroid",
    };
    let Some(metres) = metres else {
        sql.push(name).push("(");
        of.to_sql(sql);
        sql.push(")");
        return;
    };
    let measure = Measure::of(of.srid());
    sql.push(if measure.geographic { "(" } else { "" }).push(name).push("(");
    if measure.geographic {
        of.to_geography(sql);
    } else {
        of.to_sql(sql);
    }
    sql.push(", (");
    metres.to_sql(sql);
    sql.push(")::float8");
    if measure.metres_per_unit != 1.0 {
        sql.push(" / ").bind(measure.metres_per_unit, "float8");
    }
    sql.push(if measure.geographic { "))::geometry" } else { ")" });
}

/// How a system measures.
pub(super) struct Measure {
    pub(super) geographic: bool,
    pub(super) metres_per_unit: f64,
}

impl Measure {
    /// Of a system that the check has found to exist; one that doesn't measures in its own units.
    pub(super) fn of(srid: i32) -> Self {
        Crs::from_epsg(srid).map_or(Self { geographic: false, metres_per_unit: 1.0 }, |crs| Self {
            geographic: crs.geographic,
            metres_per_unit: crs.metres_per_unit,
        })
    }
}

/// A spatial condition on geometries of one system.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Relation {
    /// A PostGIS predicate, after the cut by boxes.
    Predicate { function: &'static str, left: Place, right: Place, negated: bool },
    /// Meeting a box that is the literal `outline`. What has its own box inside of `inner` does so surely: most
    /// of what is found, without an exact look at it.
    Box { property: Place, outline: Vec<u8>, inner: Vec<u8> },
    /// Distance in units of the system.
    Units { left: Place, right: Place, distance: f64 },
    /// Distance in metres on the ellipsoid, for longitude and latitude; `around` is a first cut by the box
    /// around a literal.
    Metres { left: Place, right: Place, distance: f64, around: Option<Vec<u8>> },
}

impl Relation {
    pub(super) fn to_sql(&self, sql: &mut SqlBuilder) {
        match self {
            Self::Predicate { function, left, right, negated } => {
                sql.push(if *negated { "(not (" } else { "((" });
                // PostGIS finds an index for its functions by itself, but cuts by boxes only behind them.
                if left.is_stored() && right.is_stored() {
                    left.to_sql(sql);
                    sql.push(" && ");
                    right.to_sql(sql);
                    sql.push(" and ");
                }
                sql.push(function).push("(");
                left.to_sql(sql);
                sql.push(", ");
                right.to_sql(sql);
                sql.push(")))");
            }
            Self::Box { property, outline, inner } => {
                sql.push("(");
                property.to_sql(sql);
                sql.push(" && ").bind(Ewkb(outline.clone()), "geometry").push(" and case when ");
                property.to_sql(sql);
                // As a case, for the planner would look into the index once more for an alternative.
                sql.push(" @ ").bind(Ewkb(inner.clone()), "geometry").push(" then true else ST_Intersects(");
                property.to_sql(sql);
                sql.push(", ").bind(Ewkb(outline.clone()), "geometry").push(") end)");
            }
            Self::Units { left, right, distance } => {
                sql.push("ST_DWithin(");
                left.to_sql(sql);
                sql.push(", ");
                right.to_sql(sql);
                sql.push(", ").bind(*distance, "float8").push(")");
            }
            Self::Metres { left, right, distance, around } => {
                sql.push("(");
                if let Some(around) = around {
                    left.to_sql(sql);
                    sql.push(" && ").bind(Ewkb(around.clone()), "geometry").push(" and ");
                }
                sql.push("ST_DWithin(");
                left.to_geography(sql);
                sql.push(", ");
                right.to_geography(sql);
                sql.push(", ").bind(*distance, "float8").push("))");
            }
        }
    }
}

/// A relation of two geometries of the same system.
pub(super) fn relation(op: SpatialOp, left: Place, right: Place) -> Relation {
    let function = match op {
        SpatialOp::Equals => "ST_Equals",
        // What is disjoint doesn't intersect: the index finds the few that do.
        SpatialOp::Disjoint | SpatialOp::Intersects => "ST_Intersects",
        SpatialOp::Touches => "ST_Touches",
        SpatialOp::Crosses => "ST_Crosses",
        SpatialOp::Within => "ST_Within",
        SpatialOp::Contains => "ST_Contains",
        SpatialOp::Overlaps => "ST_Overlaps",
    };
    Relation::Predicate { function, left, right, negated: op == SpatialOp::Disjoint }
}

/// Within a distance in metres of each other, in the same system.
pub(super) fn within_distance(left: Place, right: Place, metres: f64) -> Result<Relation, FilterError> {
    if !metres.is_finite() || metres < 0.0 {
        return Err(FilterError::Incomplete {
            operator: "Distance".to_owned(),
            needs: "a finite distance of zero or more".to_owned(),
        });
    }
    let srid = left.srid();
    let crs = Crs::from_epsg(srid)?;
    if !crs.geographic {
        return Ok(Relation::Units { left, right, distance: metres / crs.metres_per_unit });
    }
    // Distance knows no order: the property goes first, where its index is asked.
    let (left, right) = match (&left, &right) {
        (Place::Literal { .. }, Place::Property { .. }) => (right, left),
        _ => (left, right),
    };
    let around = match (&left, &right) {
        (Place::Property { .. }, Place::Literal { ewkb, .. }) => {
            around(ewkb, metres).map(|b| polygon_of(&b, srid)).transpose()?
        }
        _ => None,
    };
    Ok(Relation::Metres { left, right, distance: metres, around })
}

/// Meeting a box. The box of another system is bent into the layer's; `None` when it lies where the
/// layer's system can't have anything.
pub(super) fn bbox(property: Place, bbox: &BBox, box_srid: i32) -> Result<Option<Relation>, FilterError> {
    let srid = property.srid();
    if !bbox.is_valid() {
        return Err(FilterError::Geometry(
            "a box needs finite numbers, each lower corner below its upper".to_owned(),
        ));
    }
    let (outline, inner) = if box_srid == srid {
        (polygon_of(bbox, srid)?, inner::rounded(bbox))
    } else {
        let (from, to) = (Crs::from_epsg(box_srid)?, Crs::from_epsg(srid)?);
        match inside_area(&with_slack(bbox, &from), &from, &to)? {
            Some(inside) => bent(&inside, &from, &to)?,
            None => return Ok(None),
        }
    };
    Ok(Some(match inner.filter(|_| property.is_stored()) {
        Some(inner) => Relation::Box { property, outline, inner: polygon_of(&inner, srid)? },
        None => relation(SpatialOp::Intersects, property, Place::Literal { ewkb: outline, srid }),
    }))
}

/// A box with a millimetre around it. The numbers of a box in another system than the layer's were computed
/// and rounded by whoever made it: without the slack, the box of a layer's own extent loses the features that
/// lie on its edge.
fn with_slack(bbox: &BBox, crs: &Crs) -> BBox {
    let slack = 0.001 / crs.metres_per_unit;
    // A box without width or height is meant as a line or a point.
    if bbox.width() == 0.0 || bbox.height() == 0.0 || !slack.is_finite() {
        return *bbox;
    }
    BBox::new(bbox.min_x - slack, bbox.min_y - slack, bbox.max_x + slack, bbox.max_y + slack)
}

/// The part of a box where the target system is meant to be used, with ten degrees around it: projections
/// run to infinity elsewhere, and clients do ask for the whole world.
fn inside_area(bbox: &BBox, from: &Arc<Crs>, to: &Arc<Crs>) -> Result<Option<BBox>, FilterError> {
    const AROUND: f64 = 10.0;
    let Some([west, south, east, north]) = to.area_of_use.filter(|area| area[0] <= area[2]) else {
        return Ok(Some(*bbox));
    };
    let area = BBox::new(
        (west - AROUND).max(-180.0),
        (south - AROUND).max(-90.0),
        (east + AROUND).min(180.0),
        (north + AROUND).min(90.0),
    );
    if from.geographic {
        return Ok(bbox.intersection(&area));
    }
    let degrees = Crs::from_epsg(4326)?;
    match Transform::new(&degrees, from)?.bbox(&area) {
        Ok(area) => Ok(bbox.intersection(&area)),
        Err(_) => Ok(Some(*bbox)),
    }
}

/// A box as a polygon of another system, its edges in steps small enough to bend, and a box inside of it.
fn bent(bbox: &BBox, from: &Arc<Crs>, to: &Arc<Crs>) -> Result<(Vec<u8>, Option<BBox>), FilterError> {
    const STEPS: u32 = 100;
    let corners = [
        [bbox.min_x, bbox.min_y],
        [bbox.max_x, bbox.min_y],
        [bbox.max_x, bbox.max_y],
        [bbox.min_x, bbox.max_y],
    ];
    let mut points = Vec::with_capacity(4 * STEPS as usize);
    for (corner, next) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        for step in 0..STEPS {
            let part = f64::from(step) / f64::from(STEPS);
            points.push([corner[0] + (next[0] - corner[0]) * part, corner[1] + (next[1] - corner[1]) * part]);
        }
    }
    Transform::new(from, to)?.points(&mut points);
    let inner = inner::of_ring(&points);
    points.retain(|p| p.iter().all(|v| v.is_finite()));
    points.dedup();
    let coords: Vec<Coord> = points.iter().map(|&[x, y]| Coord { x, y }).collect();
    let geometry = match coords.as_slice() {
        [] => return Err(TransformError::OutsideArea { to: to.srid }.into()),
        [one] => Point(*one).into(),
        _ if bbox.width() == 0.0 || bbox.height() == 0.0 => LineString(coords).into(),
        _ => Polygon::new(LineString(coords), Vec::new()).into(),
    };
    let outline = wkb::from_geo(&geometry, to.srid).map_err(|e| FilterError::Geometry(e.to_string()))?;
    Ok((outline, inner))
}

/// A box as the geometry it covers: a point or a line when it has no height or width.
fn polygon_of(bbox: &BBox, srid: i32) -> Result<Vec<u8>, FilterError> {
    let geometry = gml::box_shape(bbox);
    wkb::from_geo(&geometry, srid).map_err(|e| FilterError::Geometry(e.to_string()))
}

/// The box in degrees that surely holds all within `metres`; `None` near the poles and the antimeridian,
/// where no box does.
fn around(ewkb: &[u8], metres: f64) -> Option<BBox> {
    /// A degree of latitude is nowhere shorter on the ellipsoid.
    const DEGREE: f64 = 110_000.0;
    let bbox = wkb::bbox(ewkb).ok()?;
    let tall = metres / DEGREE;
    let farthest = (bbox.min_y - tall).abs().max((bbox.max_y + tall).abs());
    if farthest > 85.0 {
        return None;
    }
    let wide = metres / (DEGREE * farthest.to_radians().cos());
    let grown = BBox::new(bbox.min_x - wide, bbox.min_y - tall, bbox.max_x + wide, bbox.max_y + tall);
    (grown.min_x >= -180.0 && grown.max_x <= 180.0).then_some(grown)
}

/// A literal in a system, carrying its SRID.
///
/// # Errors
/// [`FilterError`] when it can't be read, is not valid or has no place in the system.
pub(super) fn placed(literal: &Geometry, srid: i32) -> Result<Place, FilterError> {
    let unreadable = |e: wkb::WkbError| FilterError::Geometry(e.to_string());
    valid::valid(&wkb::to_geo(&literal.ewkb).map_err(unreadable)?)?;
    let from = Crs::from_epsg(literal.srid.unwrap_or(srid))?;
    let to = Crs::from_epsg(srid)?;
    let mut ewkb = literal.ewkb.clone();
    wkb::transform(&mut ewkb, &Transform::new(&from, &to)?, srid).map_err(unreadable)?;
    let (mut points, mut finite) = (0, true);
    let header = wkb::each_list(&ewkb, |coords| {
        points += coords.len();
        finite &= coords.iter().flatten().all(f64::is_finite);
    })
    .map_err(unreadable)?;
    if points == 0 {
        return Err(FilterError::Geometry("it has no coordinates".to_owned()));
    }
    if !finite {
        return Err(TransformError::OutsideArea { to: srid }.into());
    }
    let ewkb = if header.srid.is_some() { ewkb } else { with_srid(&ewkb, srid) };
    Ok(Place::Literal { ewkb, srid })
}

/// Puts an SRID into EWKB that has none.
fn with_srid(ewkb: &[u8], srid: i32) -> Vec<u8> {
    const HAS_SRID: u8 = 0x20;
    let mut out = Vec::with_capacity(ewkb.len() + 4);
    let (head, rest) = ewkb.split_at(ewkb.len().min(5));
    out.extend_from_slice(head);
    let big_endian = head.first() == Some(&0);
    if let Some(flags) = out.get_mut(if big_endian { 1 } else { 4 }) {
        *flags |= HAS_SRID;
    }
    out.extend_from_slice(&if big_endian { srid.to_be_bytes() } else { srid.to_le_bytes() });
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Contains, Intersects};

    #[test]
    fn a_box_in_another_system_keeps_what_lies_on_its_rounded_edge() {
        let (west, south, east, north) = (3.2159, 43.3442, 5.9436, 44.1956);
        for srid in [3857, 2154, 32631, 3035] {
            let (degrees, other) =
                (Crs::from_epsg(4326).expect("known"), Crs::from_epsg(srid).expect("known"));
            let moved = Transform::new(&degrees, &other).expect("known");
            let (low, high) =
                (moved.point(west, south).expect("placed"), moved.point(east, north).expect("placed"));
            // Rounded inwards, as half of all roundings are.
            let up = |v: f64| (v * 1e4).ceil() / 1e4;
            let down = |v: f64| (v * 1e4).floor() / 1e4;
            let rounded = BBox::new(up(low[0]), up(low[1]), down(high[0]), down(high[1]));
            let property = Place::Property { sql: "geom".into(), srid: 4326 };
            let relation = bbox(property, &rounded, srid).expect("placed").expect("there");
            let Relation::Box { outline, inner, .. } = relation else { panic!("a box") };
            let polygon = wkb::to_geo(&outline).expect("a polygon");
            assert!(polygon.contains(&wkb::to_geo(&inner).expect("a box")), "{srid}");
            for (x, y) in [(west, south), (east, north)] {
                assert!(polygon.intersects(&Point::new(x, y)), "{srid}: {x} {y}");
            }
        }
    }
}
