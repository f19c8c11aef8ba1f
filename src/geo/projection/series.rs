//! Smooth functions as polynomials on an interval.

/// Coefficients; the last ones of our functions are below the precision of a double.
const TERMS: usize = 16;

/// A polynomial that stands for a function on an interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series {
    middle: f64,
    scale: f64,
    coefficients: [f64; TERMS],
}

impl Series {
    /// The polynomial through a function's values at the Chebyshev nodes of an interval: next to the best
    /// one of its degree.
    pub(super) fn of(middle: f64, half: f64, function: impl Fn(f64) -> f64) -> Self {
        let nodes = TERMS as f64;
        let angle = |node: usize| std::f64::consts::PI * (node as f64 + 0.5) / nodes;
        let mut values = [0.0; TERMS];
        for (node, value) in values.iter_mut().enumerate() {
            *value = function(middle + half * angle(node).cos());
        }
        // From Chebyshev's polynomials to powers, by their recurrence.
        let mut coefficients = [0.0; TERMS];
        let (mut before, mut polynomial) = ([0.0; TERMS], [0.0; TERMS]);
        polynomial[0] = 1.0;
        for degree in 0..TERMS {
            let product: f64 =
                values.iter().enumerate().map(|(node, v)| v * (degree as f64 * angle(node)).cos()).sum();
            let weight = product * if degree == 0 { 1.0 } else { 2.0 } / nodes;
            for (sum, power) in coefficients.iter_mut().zip(polynomial) {
                *sum += weight * power;
            }
            let mut next = [0.0; TERMS];
            for (power, (shifted, older)) in
                next.iter_mut().zip(std::iter::once(0.0).chain(polynomial).zip(before))
            {
                let factor = if degree == 0 { 1.0 } else { 2.0 };
                *power = factor * shifted - if degree == 0 { 0.0 } else { older };
            }
            (before, polynomial) = (polynomial, next);
        }
        Self { middle, scale: half.recip(), coefficients }
    }

    /// Values at several places at once; they hold where [`Series::holds`] says so.
    #[inline]
    pub(super) fn at<const LANES: usize>(&self, places: [f64; LANES]) -> [f64; LANES] {
        let u = places.map(|place| (place - self.middle) * self.scale);
        let mut sum = [0.0; LANES];
        for coefficient in self.coefficients.iter().rev() {
            for (sum, u) in sum.iter_mut().zip(u) {
                *sum = *sum * u + coefficient;
            }
        }
        sum
    }

    /// Whether a place is in the interval.
    #[inline]
    pub(super) fn holds(&self, place: f64) -> bool {
        ((place - self.middle) * self.scale).abs() <= 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_its_function_on_the_interval() {
        let series = Series::of(2.0, 0.25, |x| x.ln().sin());
        for step in 0..=100_u32 {
            let x = 1.75 + f64::from(step) * 0.005;
            let [value] = series.at([x]);
            assert!((value - x.ln().sin()).abs() < 1e-14, "{x}: {value}");
            assert!(series.holds(x.clamp(1.75, 2.25)));
        }
        assert!(!series.holds(1.7) && !series.holds(2.3) && !series.holds(f64::NAN));
    }
}
