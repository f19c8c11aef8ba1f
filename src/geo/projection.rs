//! Projections with a closed form, from and to longitude and latitude in radians.
//!
//! Points are moved in groups, in loops without branches that the compiler turns into vector code. Where a
//! form doesn't hold, far from the area that a system is made for, the result is NaN and
//! [`super::Transform`] asks PROJ.

mod conic;
mod series;
mod transverse;

use conic::Conic;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
use transverse::Transverse;

/// Of GRS80; that of WGS84 is the same, and its flattening differs in the ninth digit: a tenth of a
/// millimetre at the pole.
const SEMI_MAJOR: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_222_101;
/// Square root of `f (2 - f)`.
const ECCENTRICITY: f64 = 0.081_819_191_042_815_79;

/// A projection. Copied once a query, so that nothing is shared or looked up at each feature.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant)]
pub(super) enum Projection {
    Degrees,
    WebMercator,
    Conic(Conic),
    Transverse(Transverse),
}

/// Datums that are the same at PROJ's default accuracy if one of them is [`Datum::World`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Datum {
    /// WGS84.
    World,
    /// ETRS89 and RGF93.
    Europe,
    /// RGAF09.
    Antilles,
    /// RGFG95.
    Guiana,
    /// RGR92.
    Reunion,
    /// RGM04.
    Mayotte,
}

impl Projection {
    /// Both ends of a path that is computed here, `None` where PROJ has to be asked.
    pub(super) fn between(from: i32, to: i32) -> Option<(Self, Self)> {
        let ((a, start), (b, end)) = (Self::of(from)?, Self::of(to)?);
        (a == b || a == Datum::World || b == Datum::World).then_some((start, end))
    }

    fn of(srid: i32) -> Option<(Datum, Self)> {
        let utm = |zone: i32, south: bool| Self::Transverse(Transverse::utm(zone, south));
        Some(match srid {
            4326 => (Datum::World, Self::Degrees),
            3857 => (Datum::World, Self::WebMercator),
            32601..=32660 => (Datum::World, utm(srid - 32600, false)),
            32701..=32760 => (Datum::World, utm(srid - 32700, true)),
            4171 | 4258 => (Datum::Europe, Self::Degrees),
            25828..=25838 => (Datum::Europe, utm(srid - 25800, false)),
            2154 => {
                (Datum::Europe, Self::Conic(Conic::new(46.5, 3.0, [44.0, 49.0], [700_000.0, 6_600_000.0])))
            }
            // CC42 to CC50: parallels three quarters of a degree around the whole one.
            3942..=3950 => {
                let middle = f64::from(srid - 3900);
                let northing = f64::from(srid - 3941) * 1_000_000.0 + 200_000.0;
                let parallels = [middle - 0.75, middle + 0.75];
                (Datum::Europe, Self::Conic(Conic::new(middle, 3.0, parallels, [1_700_000.0, northing])))
            }
            5489 => (Datum::Antilles, Self::Degrees),
            5490 => (Datum::Antilles, utm(20, false)),
            4624 => (Datum::Guiana, Self::Degrees),
            2972 => (Datum::Guiana, utm(22, false)),
            4627 => (Datum::Reunion, Self::Degrees),
            2975 => (Datum::Reunion, utm(40, true)),
            4470 => (Datum::Mayotte, Self::Degrees),
            4471 => (Datum::Mayotte, utm(38, true)),
            _ => return None,
        })
    }

    /// Projected (or degrees) to radians, in place.
    pub(super) fn inverse(&self, points: &mut [[f64; 2]]) {
        match self {
            Self::Degrees => each(points, |[x, y]| [x.to_radians(), y.to_radians()]),
            Self::WebMercator => {
                each(points, |[x, y]| [x / SEMI_MAJOR, FRAC_PI_2 - 2.0 * (-y / SEMI_MAJOR).exp().atan()]);
            }
            Self::Conic(conic) => conic.inverse(points),
            Self::Transverse(transverse) => each(points, |point| transverse.inverse(point)),
        }
    }

    /// Radians to projected (or degrees), in place.
    pub(super) fn forward(&self, points: &mut [[f64; 2]]) {
        match self {
            Self::Degrees => each(points, |[x, y]| [x.to_degrees(), y.to_degrees()]),
            Self::WebMercator => each(points, |[longitude, latitude]| {
                // The pole is infinitely far: Antarctica stops a little before it.
                let limited = latitude.clamp(-1.562_069_680_534_925, 1.562_069_680_534_925);
                [SEMI_MAJOR * longitude, SEMI_MAJOR * (FRAC_PI_4 + limited / 2.0).tan().ln()]
            }),
            Self::Conic(conic) => conic.forward(points),
            Self::Transverse(transverse) => each(points, |point| transverse.forward(point)),
        }
    }
}

fn each(points: &mut [[f64; 2]], rule: impl Fn([f64; 2]) -> [f64; 2]) {
    for point in points {
        *point = rule(*point);
    }
}

/// A difference of longitudes, the short way round.
fn turned(delta: f64) -> f64 {
    if delta > PI {
        delta - 2.0 * PI
    } else if delta < -PI {
        delta + 2.0 * PI
    } else {
        delta
    }
}

/// Isometric latitude: what makes Mercator, the conic and the transverse Mercator conformal.
fn isometric(latitude: f64) -> f64 {
    let sine = latitude.sin();
    sine.atanh() - ECCENTRICITY * (ECCENTRICITY * sine).atanh()
}

/// Inverse of [`isometric`]: each step is some 150 times nearer.
fn latitude_of(isometric_latitude: f64) -> f64 {
    let mut sine = isometric_latitude.tanh();
    for _ in 0..7 {
        sine = (isometric_latitude + ECCENTRICITY * (ECCENTRICITY * sine).atanh()).tanh();
    }
    sine.asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isometric_latitudes_come_back() {
        for degrees in [-85.0_f64, -45.0, 0.0, 1e-9, 12.5, 46.5, 89.0] {
            let back = latitude_of(isometric(degrees.to_radians())).to_degrees();
            assert!((back - degrees).abs() < 1e-11, "{degrees}: {back}");
        }
        assert!((ECCENTRICITY - (FLATTENING * (2.0 - FLATTENING)).sqrt()).abs() < 1e-16);
    }

    #[test]
    fn datums_meet_through_wgs84_only() {
        assert!(Projection::between(2154, 3857).is_some());
        assert!(Projection::between(4326, 2975).is_some());
        assert!(Projection::between(2154, 2975).is_none());
        assert!(Projection::between(27572, 4326).is_none());
    }
}
