//! Transverse Mercator (EPSG method 9807) by the series of Krüger to the sixth order in the third flattening
//! (C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers", 2011).

use super::{FLATTENING, SEMI_MAJOR, isometric, latitude_of, turned};

/// Farthest from the central meridian, in radians: the series are good for more, zones for much less.
const FARTHEST: f64 = 0.6;

/// The projection, from and to radians.
#[derive(Clone, Copy, Debug)]
pub(in crate::geo) struct Transverse {
    central_meridian: f64,
    false_easting: f64,
    false_northing: f64,
    /// Scale on the central meridian times the radius of a circle as long as a meridian.
    radius: f64,
    /// From the sphere to the plane.
    ahead: [f64; 6],
    /// And back.
    back: [f64; 6],
}

impl Transverse {
    /// A zone of the Universal Transverse Mercator.
    pub(super) fn utm(zone: i32, south: bool) -> Self {
        let n = FLATTENING / (2.0 - FLATTENING);
        let (n2, n3) = (n * n, n * n * n);
        let (n4, n5, n6) = (n2 * n2, n2 * n3, n3 * n3);
        let rectifying = SEMI_MAJOR / (1.0 + n) * (1.0 + n2 / 4.0 + n4 / 64.0 + n6 / 256.0);
        Self {
            central_meridian: (f64::from(zone) * 6.0 - 183.0).to_radians(),
            false_easting: 500_000.0,
            false_northing: if south { 10_000_000.0 } else { 0.0 },
            radius: 0.9996 * rectifying,
            ahead: [
                n / 2.0 - 2.0 / 3.0 * n2 + 5.0 / 16.0 * n3 + 41.0 / 180.0 * n4 - 127.0 / 288.0 * n5
                    + 7891.0 / 37_800.0 * n6,
                13.0 / 48.0 * n2 - 3.0 / 5.0 * n3 + 557.0 / 1440.0 * n4 + 281.0 / 630.0 * n5
                    - 1_983_433.0 / 1_935_360.0 * n6,
                61.0 / 240.0 * n3 - 103.0 / 140.0 * n4
                    + 15_061.0 / 26_880.0 * n5
                    + 167_603.0 / 181_440.0 * n6,
                49_561.0 / 161_280.0 * n4 - 179.0 / 168.0 * n5 + 6_601_661.0 / 7_257_600.0 * n6,
                34_729.0 / 80_640.0 * n5 - 3_418_889.0 / 1_995_840.0 * n6,
                212_378_941.0 / 319_334_400.0 * n6,
            ],
            back: [
                n / 2.0 - 2.0 / 3.0 * n2 + 37.0 / 96.0 * n3 - 1.0 / 360.0 * n4 - 81.0 / 512.0 * n5
                    + 96_199.0 / 604_800.0 * n6,
                1.0 / 48.0 * n2 + 1.0 / 15.0 * n3 - 437.0 / 1440.0 * n4 + 46.0 / 105.0 * n5
                    - 1_118_711.0 / 3_870_720.0 * n6,
                17.0 / 480.0 * n3 - 37.0 / 840.0 * n4 - 209.0 / 4480.0 * n5 + 5569.0 / 90_720.0 * n6,
                4397.0 / 161_280.0 * n4 - 11.0 / 504.0 * n5 - 830_251.0 / 7_257_600.0 * n6,
                4583.0 / 161_280.0 * n5 - 108_847.0 / 3_991_680.0 * n6,
                20_648_693.0 / 638_668_800.0 * n6,
            ],
        }
    }

    /// NaN far from the central meridian.
    pub(super) fn forward(&self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        let delta = turned(longitude - self.central_meridian);
        if delta.is_nan() || delta.abs() > FARTHEST {
            return [f64::NAN, f64::NAN];
        }
        let conformal = isometric(latitude).sinh();
        let (sine, cosine) = delta.sin_cos();
        let xi = conformal.atan2(cosine);
        let eta = (sine / conformal.hypot(cosine)).asinh();
        let [more_xi, more_eta] = sum(&self.ahead, xi, eta);
        [
            self.false_easting + self.radius * (eta + more_eta),
            self.false_northing + self.radius * (xi + more_xi),
        ]
    }

    /// NaN far from the central meridian.
    pub(super) fn inverse(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (xi, eta) = ((y - self.false_northing) / self.radius, (x - self.false_easting) / self.radius);
        // Beyond the pole the plane shows the far side of the Earth.
        let is_near = eta.abs() <= FARTHEST && xi.abs() <= std::f64::consts::FRAC_PI_2;
        if !is_near {
            return [f64::NAN, f64::NAN];
        }
        let [more_xi, more_eta] = sum(&self.back, xi, eta);
        let (xi, eta) = (xi - more_xi, eta - more_eta);
        let (sine, cosine) = xi.sin_cos();
        let across = eta.sinh();
        let delta = across.atan2(cosine);
        if delta.is_nan() || delta.abs() > FARTHEST {
            return [f64::NAN, f64::NAN];
        }
        [self.central_meridian + delta, latitude_of((sine / across.hypot(cosine)).asinh())]
    }
}

/// Sum of the coefficients times the sines of the even multiples of `xi + i eta`, by Clenshaw's recurrence.
fn sum(coefficients: &[f64; 6], xi: f64, eta: f64) -> [f64; 2] {
    let (sine, cosine) = (2.0 * xi).sin_cos();
    let (hyperbolic_sine, hyperbolic_cosine) = ((2.0 * eta).sinh(), (2.0 * eta).cosh());
    let factor = [2.0 * cosine * hyperbolic_cosine, -2.0 * sine * hyperbolic_sine];
    let (mut now, mut before) = ([0.0, 0.0], [0.0, 0.0]);
    for coefficient in coefficients.iter().rev() {
        let next = [
            factor[0] * now[0] - factor[1] * now[1] - before[0] + coefficient,
            factor[0] * now[1] + factor[1] * now[0] - before[1],
        ];
        (before, now) = (now, next);
    }
    let first = [sine * hyperbolic_cosine, cosine * hyperbolic_sine];
    [first[0] * now[0] - first[1] * now[1], first[0] * now[1] + first[1] * now[0]]
}
