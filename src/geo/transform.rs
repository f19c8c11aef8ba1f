//! From one CRS to another: closed forms for what web maps of France ask, PROJ for all else.
//!
//! Lambert-93, the conformal conics CC42 to CC50, Web Mercator and longitude/latitude on RGF93, ETRS89
//! or WGS84 (one datum at PROJ's default accuracy) are computed here, some ten times faster than
//! through PROJ and within a millimetre of it (tested). PROJ objects are kept per thread: creating one
//! costs about 7 ms.

use super::{BBox, Crs};
use std::cell::RefCell;
use std::collections::HashMap;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
use std::sync::Arc;

/// Why no transform exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransformError {
    /// PROJ knows no operation between the two.
    #[error("no transformation from EPSG:{from} to EPSG:{to} is known to PROJ")]
    NoOperation {
        /// EPSG code that coordinates come in.
        from: i32,
        /// EPSG code that was asked for.
        to: i32,
    },
    /// No corner or edge of a box can be placed in the target system.
    #[error("the box lies outside the area where EPSG:{to} is defined")]
    OutsideArea {
        /// EPSG code that was asked for.
        to: i32,
    },
}

/// A path from one CRS to another, both in x, y order. Cheap to copy; usable from any thread.
#[derive(Clone, Copy, Debug)]
pub struct Transform {
    from: i32,
    to: i32,
    path: Path,
}

#[derive(Clone, Copy, Debug)]
enum Path {
    Identity,
    Closed(Projection, Projection),
    Proj,
}

impl Transform {
    /// The path between two systems.
    ///
    /// # Errors
    /// [`TransformError::NoOperation`] when PROJ has none.
    pub fn new(from: &Arc<Crs>, to: &Arc<Crs>) -> Result<Self, TransformError> {
        let (source, target) = (from.srid, to.srid);
        let path = if source == target {
            Path::Identity
        } else if let (Some(a), Some(b)) = (Projection::of(source), Projection::of(target)) {
            Path::Closed(a, b)
        } else {
            with_proj(source, target, |_| ())
                .ok_or(TransformError::NoOperation { from: source, to: target })?;
            Path::Proj
        };
        Ok(Self { from: source, to: target, path })
    }

    /// Whether nothing changes.
    #[must_use]
    pub const fn is_identity(&self) -> bool {
        matches!(self.path, Path::Identity)
    }

    /// EPSG code of the result.
    #[must_use]
    pub const fn target(&self) -> i32 {
        self.to
    }

    /// Moves all points; those that can't be placed become NaN.
    pub fn points(&self, points: &mut [[f64; 2]]) {
        match self.path {
            Path::Identity => {}
            Path::Closed(a, b) => {
                for point in points {
                    *point = b.forward(a.inverse(*point));
                }
            }
            Path::Proj => proj_points(self.from, self.to, points),
        }
    }

    /// Moves one point, `None` when it can't be placed.
    #[must_use]
    pub fn point(&self, x: f64, y: f64) -> Option<[f64; 2]> {
        let mut one = [[x, y]];
        self.points(&mut one);
        one[0].iter().all(|v| v.is_finite()).then_some(one[0])
    }

    /// The box that holds the transformed box: 21 points an edge and a grid inside, so that the bulge
    /// of a projection is not cut off.
    ///
    /// # Errors
    /// [`TransformError::OutsideArea`] when no point of it can be placed.
    pub fn bbox(&self, source: &BBox) -> Result<BBox, TransformError> {
        if self.is_identity() {
            return Ok(*source);
        }
        const STEPS: u32 = 20;
        let mut points = Vec::with_capacity(((STEPS + 1) * (STEPS + 1)) as usize);
        for row in 0..=STEPS {
            for column in 0..=STEPS {
                let (u, v) = (f64::from(column) / f64::from(STEPS), f64::from(row) / f64::from(STEPS));
                points.push([source.min_x + u * source.width(), source.min_y + v * source.height()]);
            }
        }
        self.points(&mut points);
        let mut moved = BBox::EMPTY;
        for [x, y] in points {
            if x.is_finite() && y.is_finite() {
                moved.add(x, y);
            }
        }
        if moved.is_valid() { Ok(moved) } else { Err(TransformError::OutsideArea { to: self.to }) }
    }
}

thread_local! {
    static PROJ: RefCell<HashMap<(i32, i32), Option<proj::Proj>>> = RefCell::new(HashMap::new());
}

fn with_proj<T>(from: i32, to: i32, run: impl FnOnce(&proj::Proj) -> T) -> Option<T> {
    PROJ.with_borrow_mut(|cache| {
        if cache.len() > 256 {
            cache.clear();
        }
        cache
            .entry((from, to))
            .or_insert_with(|| {
                proj::Proj::new_known_crs(&format!("EPSG:{from}"), &format!("EPSG:{to}"), None).ok()
            })
            .as_ref()
            .map(run)
    })
}

fn proj_points(from: i32, to: i32, points: &mut [[f64; 2]]) {
    const NOWHERE: [f64; 2] = [f64::NAN, f64::NAN];
    let done = with_proj(from, to, |proj| {
        let mut pairs: Vec<(f64, f64)> = points.iter().map(|&[x, y]| (x, y)).collect();
        if proj.convert_array(&mut pairs).is_ok() {
            for (point, (x, y)) in points.iter_mut().zip(pairs) {
                *point = if x.is_finite() && y.is_finite() { [x, y] } else { NOWHERE };
            }
            return;
        }
        // One bad point fails the whole batch: place the good ones singly.
        for point in points.iter_mut() {
            *point = match proj.convert((point[0], point[1])) {
                Ok((x, y)) if x.is_finite() && y.is_finite() => [x, y],
                _ => NOWHERE,
            };
        }
    });
    if done.is_none() {
        points.fill(NOWHERE);
    }
}

const SEMI_MAJOR: f64 = 6_378_137.0;
/// Eccentricity of GRS80; WGS84 differs from it in the eleventh digit.
const ECCENTRICITY: f64 = 0.081_819_191_042_815_79;

/// A projection with a closed form, from and to longitude/latitude in radians.
#[derive(Clone, Copy, Debug)]
enum Projection {
    Degrees,
    WebMercator,
    Conic(Conic),
}

/// Lambert conformal conic with two standard parallels (EPSG method 9802).
#[derive(Clone, Copy, Debug)]
struct Conic {
    exponent: f64,
    scale: f64,
    origin_radius: f64,
    central_meridian: f64,
    false_easting: f64,
    false_northing: f64,
}

impl Projection {
    fn of(srid: i32) -> Option<Self> {
        Some(match srid {
            4326 | 4171 | 4258 => Self::Degrees,
            3857 => Self::WebMercator,
            2154 => Self::Conic(Conic::new(46.5, 3.0, 44.0, 49.0, 700_000.0, 6_600_000.0)),
            // CC42 to CC50: parallels three quarters of a degree around the whole one.
            3942..=3950 => {
                let zone = f64::from(srid - 3900);
                let northing = f64::from(srid - 3941) * 1_000_000.0 + 200_000.0;
                Self::Conic(Conic::new(zone, 3.0, zone - 0.75, zone + 0.75, 1_700_000.0, northing))
            }
            _ => return None,
        })
    }

    /// Projected (or degrees) to radians.
    fn inverse(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Degrees => [x.to_radians(), y.to_radians()],
            Self::WebMercator => [x / SEMI_MAJOR, FRAC_PI_2 - 2.0 * (-y / SEMI_MAJOR).exp().atan()],
            Self::Conic(conic) => conic.inverse(x, y),
        }
    }

    /// Radians to projected (or degrees).
    fn forward(&self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Degrees => [longitude.to_degrees(), latitude.to_degrees()],
            Self::WebMercator => {
                // The pole is infinitely far: Antarctica stops a little before it.
                let limited = latitude.clamp(-1.562_069_680_534_925, 1.562_069_680_534_925);
                [SEMI_MAJOR * longitude, SEMI_MAJOR * (FRAC_PI_4 + limited / 2.0).tan().ln()]
            }
            Self::Conic(conic) => conic.forward(longitude, latitude),
        }
    }
}

impl Conic {
    fn new(lat0: f64, lon0: f64, lat1: f64, lat2: f64, easting: f64, northing: f64) -> Self {
        let parallel = |degrees: f64| {
            let sine = degrees.to_radians().sin();
            degrees.to_radians().cos() / (1.0 - (ECCENTRICITY * sine).powi(2)).sqrt()
        };
        let (iso0, iso1, iso2) =
            (isometric(lat0.to_radians()), isometric(lat1.to_radians()), isometric(lat2.to_radians()));
        let exponent = (parallel(lat1).ln() - parallel(lat2).ln()) / (iso2 - iso1);
        let scale = SEMI_MAJOR * parallel(lat1) * (exponent * iso1).exp() / exponent;
        Self {
            exponent,
            scale,
            origin_radius: scale * (-exponent * iso0).exp(),
            central_meridian: lon0.to_radians(),
            false_easting: easting,
            false_northing: northing,
        }
    }

    fn forward(&self, longitude: f64, latitude: f64) -> [f64; 2] {
        let radius = self.scale * (-self.exponent * isometric(latitude)).exp();
        let mut delta = longitude - self.central_meridian;
        if delta > PI {
            delta -= 2.0 * PI;
        } else if delta < -PI {
            delta += 2.0 * PI;
        }
        let (sine, cosine) = (self.exponent * delta).sin_cos();
        [self.false_easting + radius * sine, self.false_northing + self.origin_radius - radius * cosine]
    }

    fn inverse(&self, x: f64, y: f64) -> [f64; 2] {
        let (dx, dy) = (x - self.false_easting, self.origin_radius - (y - self.false_northing));
        let radius = dx.hypot(dy);
        let longitude = dx.atan2(dy) / self.exponent + self.central_meridian;
        let isometric_latitude = -(radius / self.scale).ln() / self.exponent;
        [longitude, latitude_of(isometric_latitude)]
    }
}

/// Isometric latitude: what makes Mercator and the conic conformal.
fn isometric(latitude: f64) -> f64 {
    let sine = latitude.sin();
    sine.atanh() - ECCENTRICITY * (ECCENTRICITY * sine).atanh()
}

/// Inverse of [`isometric`]: the series of Snyder 3-5 in the conformal latitude, good to 1e-11 rad.
fn latitude_of(isometric_latitude: f64) -> f64 {
    let conformal = isometric_latitude.sinh().atan();
    let e2 = ECCENTRICITY * ECCENTRICITY;
    let (e4, e6) = (e2 * e2, e2 * e2 * e2);
    let e8 = e4 * e4;
    let (sin2, cos2) = (2.0 * conformal).sin_cos();
    let sin4 = 2.0 * sin2 * cos2;
    let cos4 = cos2 * cos2 - sin2 * sin2;
    let sin6 = sin4 * cos2 + cos4 * sin2;
    let sin8 = 2.0 * sin4 * cos4;
    conformal
        + (e2 / 2.0 + 5.0 * e4 / 24.0 + e6 / 12.0 + 13.0 * e8 / 360.0) * sin2
        + (7.0 * e4 / 48.0 + 29.0 * e6 / 240.0 + 811.0 * e8 / 11_520.0) * sin4
        + (7.0 * e6 / 120.0 + 81.0 * e8 / 1_120.0) * sin6
        + (4_279.0 * e8 / 161_280.0) * sin8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crs(srid: i32) -> Arc<Crs> {
        Crs::from_epsg(srid).expect("known")
    }

    #[test]
    fn closed_forms_agree_with_proj_to_a_millimetre() {
        let closed = [4326, 4171, 3857, 2154, 3942, 3944, 3950];
        for source in closed {
            for target in closed {
                if source == target {
                    continue;
                }
                for (longitude, latitude) in
                    [(-4.7, 48.4), (7.5, 43.7), (3.0, 46.5), (9.4, 41.4), (5.37, 43.3)]
                {
                    let start = Transform::new(&crs(4326), &crs(source))
                        .expect("path")
                        .point(longitude, latitude)
                        .expect("in");
                    let ours =
                        Transform::new(&crs(source), &crs(target)).expect("path").point(start[0], start[1]);
                    let mut theirs = [start];
                    proj_points(source, target, &mut theirs);
                    let ours = ours.expect("placed");
                    let tolerance = if crs(target).geographic { 1e-8 } else { 1e-3 };
                    assert!(
                        (ours[0] - theirs[0][0]).abs() < tolerance
                            && (ours[1] - theirs[0][1]).abs() < tolerance,
                        "{source} -> {target} at {longitude}, {latitude}: {ours:?} {theirs:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_projected_box_keeps_its_bulge() {
        let moved = Transform::new(&crs(4326), &crs(2154))
            .expect("path")
            .bbox(&BBox::new(-5.0, 46.0, 11.0, 46.0))
            .expect("inside");
        // A parallel is an arc in Lambert-93: its ends lie far north of its middle.
        assert!(moved.height() > 30_000.0, "{moved:?}");
    }

    #[test]
    fn a_point_that_cannot_be_placed_is_nowhere_and_spares_the_others() {
        let path = Transform::new(&crs(4326), &crs(2975)).expect("path");
        let mut points = [[55.5, -21.1], [f64::NAN, 0.0]];
        path.points(&mut points);
        assert!(points[0][0].is_finite() && points[1][0].is_nan());
    }
}
