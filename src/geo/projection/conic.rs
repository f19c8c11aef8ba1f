//! Lambert conformal conic with two standard parallels (EPSG method 9802).

use super::series::Series;
use super::{ECCENTRICITY, SEMI_MAJOR, isometric, latitude_of, turned};

/// Points that are computed at once.
const LANES: usize = 8;

/// Around the middle, in metres and in degrees: the area that the polynomials are for.
const HALF_RADIUS: f64 = 1_000_000.0;
const HALF_DEGREES: f64 = 9.0;

/// Largest angle at the cone's tip that the short series of sine, cosine and arc tangent are for.
const LARGEST_ANGLE: f64 = 0.2;

/// The projection, from and to radians.
#[derive(Clone, Copy, Debug)]
pub(in crate::geo) struct Conic {
    exponent: f64,
    scale: f64,
    origin_radius: f64,
    central_meridian: f64,
    false_easting: f64,
    false_northing: f64,
    /// Latitude by the distance from the cone's tip.
    latitudes: Series,
    /// The other way round.
    radii: Series,
}

impl Conic {
    /// Angles in degrees; `[easting, northing]` of the origin.
    pub(super) fn new(lat0: f64, lon0: f64, [lat1, lat2]: [f64; 2], [easting, northing]: [f64; 2]) -> Self {
        let parallel = |degrees: f64| {
            let sine = degrees.to_radians().sin();
            degrees.to_radians().cos() / (1.0 - (ECCENTRICITY * sine).powi(2)).sqrt()
        };
        let (iso0, iso1, iso2) =
            (isometric(lat0.to_radians()), isometric(lat1.to_radians()), isometric(lat2.to_radians()));
        let exponent = (parallel(lat1).ln() - parallel(lat2).ln()) / (iso2 - iso1);
        let scale = SEMI_MAJOR * parallel(lat1) * (exponent * iso1).exp() / exponent;
        let origin_radius = scale * (-exponent * iso0).exp();
        Self {
            exponent,
            scale,
            origin_radius,
            central_meridian: lon0.to_radians(),
            false_easting: easting,
            false_northing: northing,
            latitudes: Series::of(origin_radius, HALF_RADIUS, |radius| latitude_at(radius, scale, exponent)),
            radii: Series::of(lat0.to_radians(), HALF_DEGREES.to_radians(), |latitude| {
                radius_at(latitude, scale, exponent)
            }),
        }
    }

    pub(super) fn forward(&self, points: &mut [[f64; 2]]) {
        in_groups(points, |group| self.forward_near(group), |point| self.forward_far(point));
    }

    pub(super) fn inverse(&self, points: &mut [[f64; 2]]) {
        in_groups(points, |group| self.inverse_near(group), |point| self.inverse_far(point));
    }

    fn forward_far(&self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        let radius = radius_at(latitude, self.scale, self.exponent);
        let (sine, cosine) = (self.exponent * turned(longitude - self.central_meridian)).sin_cos();
        [self.false_easting + radius * sine, self.false_northing + self.origin_radius - radius * cosine]
    }

    fn inverse_far(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (dx, dy) = (x - self.false_easting, self.origin_radius - (y - self.false_northing));
        let longitude = dx.atan2(dy) / self.exponent + self.central_meridian;
        [longitude, latitude_at(dx.hypot(dy), self.scale, self.exponent)]
    }

    /// `None` when a point is too far.
    #[inline]
    fn forward_near(&self, points: [[f64; 2]; LANES]) -> Option<[[f64; 2]; LANES]> {
        let angle = points.map(|[longitude, _]| self.exponent * (longitude - self.central_meridian));
        let is_near = points.iter().zip(angle).fold(true, |all, ([_, latitude], angle)| {
            all & (angle.abs() <= LARGEST_ANGLE) & self.radii.holds(*latitude)
        });
        if !is_near {
            return None;
        }
        let radius = self.radii.at(points.map(|[_, latitude]| latitude));
        let square = angle.map(|a| a * a);
        // One and minus one over the factorials.
        let sine = horner(
            square,
            [-1.0 / 39_916_800.0, 1.0 / 362_880.0, -1.0 / 5040.0, 1.0 / 120.0, -1.0 / 6.0, 1.0],
        );
        let cosine = horner(
            square,
            [1.0 / 479_001_600.0, -1.0 / 3_628_800.0, 1.0 / 40_320.0, -1.0 / 720.0, 1.0 / 24.0, -0.5, 1.0],
        );
        let mut moved = [[0.0; 2]; LANES];
        for (((point, radius), (sine, cosine)), angle) in
            moved.iter_mut().zip(radius).zip(sine.into_iter().zip(cosine)).zip(angle)
        {
            *point = [
                self.false_easting + radius * (sine * angle),
                self.false_northing + self.origin_radius - radius * cosine,
            ];
        }
        Some(moved)
    }

    /// `None` when a point is too far.
    #[inline]
    fn inverse_near(&self, points: [[f64; 2]; LANES]) -> Option<[[f64; 2]; LANES]> {
        let dx = points.map(|[x, _]| x - self.false_easting);
        let dy = points.map(|[_, y]| self.origin_radius - (y - self.false_northing));
        let mut radius = [0.0; LANES];
        let mut tangent = [0.0; LANES];
        let mut is_near = true;
        for ((radius, tangent), (dx, dy)) in radius.iter_mut().zip(&mut tangent).zip(dx.into_iter().zip(dy)) {
            *radius = (dx * dx + dy * dy).sqrt();
            *tangent = dx / dy;
            is_near &= (tangent.abs() <= LARGEST_ANGLE) & (dy > 0.0) & self.latitudes.holds(*radius);
        }
        if !is_near {
            return None;
        }
        let latitude = self.latitudes.at(radius);
        let square = tangent.map(|t| t * t);
        // One and minus one over the odd numbers.
        let arc = horner(
            square,
            [
                1.0 / 21.0,
                -1.0 / 19.0,
                1.0 / 17.0,
                -1.0 / 15.0,
                1.0 / 13.0,
                -1.0 / 11.0,
                1.0 / 9.0,
                -1.0 / 7.0,
                0.2,
                -1.0 / 3.0,
                1.0,
            ],
        );
        let over = self.exponent.recip();
        let mut moved = [[0.0; 2]; LANES];
        for (((point, latitude), arc), tangent) in moved.iter_mut().zip(latitude).zip(arc).zip(tangent) {
            *point = [arc * tangent * over + self.central_meridian, latitude];
        }
        Some(moved)
    }
}

fn latitude_at(radius: f64, scale: f64, exponent: f64) -> f64 {
    latitude_of(-(radius / scale).ln() / exponent)
}

fn radius_at(latitude: f64, scale: f64, exponent: f64) -> f64 {
    scale * (-exponent * isometric(latitude)).exp()
}

/// A polynomial at several places, the highest coefficient first.
#[inline]
fn horner<const TERMS: usize>(places: [f64; LANES], coefficients: [f64; TERMS]) -> [f64; LANES] {
    let mut sum = [0.0; LANES];
    for coefficient in coefficients {
        for (sum, place) in sum.iter_mut().zip(places) {
            *sum = *sum * place + coefficient;
        }
    }
    sum
}

/// Moves whole groups by the fast rule, and point by point those where it doesn't hold.
#[inline]
fn in_groups(
    points: &mut [[f64; 2]],
    near: impl Fn([[f64; 2]; LANES]) -> Option<[[f64; 2]; LANES]>,
    far: impl Fn([f64; 2]) -> [f64; 2],
) {
    for chunk in points.chunks_mut(LANES) {
        // A short last group is filled up with its first point.
        let mut group = [chunk.first().copied().unwrap_or_default(); LANES];
        group.iter_mut().zip(chunk.iter()).for_each(|(kept, point)| *kept = *point);
        match near(group) {
            Some(moved) => chunk.iter_mut().zip(moved).for_each(|(point, moved)| *point = moved),
            None => chunk.iter_mut().for_each(|point| *point = far(*point)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_rules_are_the_exact_ones() {
        let lambert = Conic::new(46.5, 3.0, [44.0, 49.0], [700_000.0, 6_600_000.0]);
        let mut tried = 0;
        for row in 0..=40_u32 {
            for column in 0..=40_u32 {
                let place = [
                    (3.0 + (f64::from(column) - 20.0) * 0.7_f64).to_radians(),
                    (46.5 + (f64::from(row) - 20.0) * 0.42_f64).to_radians(),
                ];
                let there = lambert.forward_near([place; LANES]).expect("near")[0];
                let exact = lambert.forward_far(place);
                assert!(
                    (there[0] - exact[0]).abs() < 1e-7 && (there[1] - exact[1]).abs() < 1e-7,
                    "{place:?}"
                );
                let Some(back) = lambert.inverse_near([exact; LANES]) else { continue };
                assert!(
                    (back[0][0] - place[0]).abs() < 1e-13 && (back[0][1] - place[1]).abs() < 1e-13,
                    "{place:?}"
                );
                tried += 1;
            }
        }
        assert!(tried > 1400, "{tried}");
    }

    #[test]
    fn groups_with_a_point_far_away_are_computed_the_long_way() {
        let conic = Conic::new(46.5, 3.0, [44.0, 49.0], [700_000.0, 6_600_000.0]);
        let mut points: Vec<[f64; 2]> =
            (0..11).map(|i| [700_000.0 + f64::from(i) * 1000.0, 6_600_000.0]).collect();
        points[4] = [-9_000_000.0, 12_000_000.0];
        points[9] = [f64::NAN, 6_600_000.0];
        let expected: Vec<_> = points.iter().map(|point| conic.inverse_far(*point)).collect();
        conic.inverse(&mut points);
        for (moved, exact) in points.iter().zip(expected) {
            assert!(moved[0].is_nan() == exact[0].is_nan());
            assert!(moved[0].is_nan() || (moved[0] - exact[0]).abs() + (moved[1] - exact[1]).abs() < 1e-14);
        }
    }
}
