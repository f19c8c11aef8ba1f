//! Where classes of numbers begin and end.

/// How numbers are put into classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// All classes as wide as each other.
    Equal,
    /// As many features in each class.
    Quantile,
    /// Natural breaks: values of a class differ least (Fisher and Jenks).
    Jenks,
    /// Round numbers.
    Pretty,
    /// By standard deviations around the mean.
    StdDev,
}

/// Values that natural breaks are looked for among: the work grows with their square.
const COMPARED: usize = 1_000;

impl Method {
    /// All, with their names in addresses.
    pub const ALL: [(&'static str, Self); 5] = [
        ("equal", Self::Equal),
        ("quantile", Self::Quantile),
        ("jenks", Self::Jenks),
        ("pretty", Self::Pretty),
        ("stddev", Self::StdDev),
    ];

    /// The method of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, method)| method)
    }

    /// The ends of the classes, which grow: one more than there are classes. Nothing without values; fewer classes where
    /// values are too alike. `sorted` are finite numbers in order.
    #[must_use]
    pub fn edges(self, sorted: &[f64], classes: usize) -> Vec<f64> {
        let (Some(least), Some(most)) = (sorted.first().copied(), sorted.last().copied()) else {
            return Vec::new();
        };
        if least == most {
            return vec![least, most];
        }
        let classes = classes.max(1);
        let inner: Vec<f64> = match self {
            Self::Equal => (1..classes).map(|i| least + (most - least) * i as f64 / classes as f64).collect(),
            Self::Quantile => (1..classes).map(|i| quantile(sorted, i as f64 / classes as f64)).collect(),
            Self::Jenks => natural(sorted, classes),
            Self::Pretty => return pretty(least, most, classes),
            Self::StdDev => deviations(sorted, classes),
        };
        let unit = unit(least, most);
        let inner = inner.into_iter().map(|edge| rounded(edge, unit)).filter(|e| *e > least && *e < most);
        let mut edges: Vec<f64> = std::iter::once(least).chain(inner).chain(std::iter::once(most)).collect();
        edges.dedup();
        edges
    }
}

/// A thousandth of the range or less, as a power of ten: ends of classes need no more digits.
fn unit(least: f64, most: f64) -> f64 {
    10_f64.powf((most - least).log10().floor() - 3.0)
}

fn rounded(value: f64, unit: f64) -> f64 {
    let decimals = (-unit.log10()).round().clamp(0.0, 15.0) as usize;
    let rounded = (value / unit).round() * unit;
    // As it is written: without the digits that the product adds.
    format!("{rounded:.decimals$}").parse().unwrap_or(rounded)
}

/// The value below which a share of all lies, between two where it must be.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let at = |index: usize| sorted.get(index).or(sorted.last()).copied().unwrap_or_default();
    let below = place.floor() as usize;
    at(below) + (at(below + 1) - at(below)) * (place - place.floor())
}

/// Round numbers around all values.
fn pretty(least: f64, most: f64, classes: usize) -> Vec<f64> {
    let raw = (most - least) / classes as f64;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= raw * 0.999);
    let step = step.unwrap_or(raw);
    let first = (least / step).floor();
    let last = (most / step).ceil();
    let unit = 10_f64.powf(step.log10().floor() - 1.0);
    (0..=(last - first) as usize).map(|index| rounded((first + index as f64) * step, unit)).collect()
}

fn deviations(sorted: &[f64], classes: usize) -> Vec<f64> {
    let count = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / count;
    let deviation = (sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt();
    (1..classes).map(|i| mean + (i as f64 - classes as f64 / 2.0) * deviation).collect()
}

/// Fisher's exact classes of the least squares within them, which Jenks brought to maps. Among many values, those at
/// even places stand for all.
fn natural(sorted: &[f64], classes: usize) -> Vec<f64> {
    let step = sorted.len().div_ceil(COMPARED).max(1);
    let mut values: Vec<f64> = sorted.iter().step_by(step).copied().collect();
    values.extend(sorted.last().filter(|last| values.last() != Some(last)));
    let count = values.len();
    let classes = classes.min(count);
    // Sums before each place give the squares of any run in one step.
    let shift = values.iter().sum::<f64>() / count as f64;
    let mut sums = vec![(0.0, 0.0)];
    for value in &values {
        let (sum, squares) = sums.last().copied().unwrap_or_default();
        let value = value - shift;
        sums.push((sum + value, squares + value * value));
    }
    let spread = |from: usize, to: usize| {
        let at = |index: usize| sums.get(index).copied().unwrap_or_default();
        let ((a, a2), (b, b2)) = (at(from), at(to));
        let length = (to - from) as f64;
        if length <= 0.0 { 0.0 } else { (b2 - a2) - (b - a) * (b - a) / length }
    };
    // The least spread of the first values in so many classes, and where the last of these begins.
    let mut best: Vec<f64> = (0..=count).map(|to| spread(0, to)).collect();
    let mut begins: Vec<Vec<usize>> = Vec::new();
    for class in 2..=classes {
        let mut next = vec![f64::INFINITY; count + 1];
        let mut begin = vec![0; count + 1];
        for to in class..=count {
            for from in class - 1..to {
                let total = best.get(from).copied().unwrap_or(f64::INFINITY) + spread(from, to);
                if let (Some(place), Some(start)) = (next.get_mut(to), begin.get_mut(to))
                    && total < *place
                {
                    (*place, *start) = (total, from);
                }
            }
        }
        best = next;
        begins.push(begin);
    }
    let mut edges = Vec::new();
    let mut to = count;
    for begin in begins.iter().rev() {
        to = begin.get(to).copied().unwrap_or(0);
        edges.extend(values.get(to).copied());
    }
    edges.reverse();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 9] = [1.0, 2.0, 3.0, 20.0, 21.0, 22.0, 100.0, 101.0, 103.0];

    #[test]
    fn natural_breaks_stand_before_the_groups() {
        assert_eq!(Method::Jenks.edges(&VALUES, 3), [1.0, 20.0, 100.0, 103.0]);
        // Many values are told by some of them.
        let many: Vec<f64> =
            (0..30_000).map(|i| f64::from(i % 10 + if i < 15_000 { 0 } else { 1000 })).collect();
        let mut many = many;
        many.sort_by(f64::total_cmp);
        let edges = Method::Jenks.edges(&many, 2);
        assert_eq!(edges, [0.0, 1000.0, 1009.0]);
    }

    #[test]
    fn classes_are_as_wide_or_as_full_as_each_other() {
        assert_eq!(Method::Equal.edges(&VALUES, 3), [1.0, 35.0, 69.0, 103.0]);
        let even: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(Method::Quantile.edges(&even, 4), [0.0, 25.0, 50.0, 75.0, 100.0]);
        // Where half of all are the same, there is one class less.
        assert_eq!(Method::Quantile.edges(&[0.0, 0.0, 0.0, 0.0, 1.0, 2.0], 4), [0.0, 0.75, 2.0]);
    }

    #[test]
    fn round_numbers_hold_all_values() {
        assert_eq!(Method::Pretty.edges(&[0.3, 9.7], 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(Method::Pretty.edges(&[-0.07, 0.06], 3), [-0.1, -0.05, 0.0, 0.05, 0.1]);
        assert_eq!(
            Method::Pretty.edges(&[1200.0, 947_000.0], 5),
            [0.0, 200_000.0, 400_000.0, 600_000.0, 800_000.0, 1_000_000.0]
        );
    }

    #[test]
    fn deviations_lie_around_the_mean() {
        let edges = Method::StdDev.edges(&[0.0, 10.0, 10.0, 20.0], 4);
        assert_eq!(edges, [0.0, 2.93, 10.0, 17.07, 20.0]);
    }

    #[test]
    fn few_values_make_few_classes() {
        for (_, method) in Method::ALL {
            assert_eq!(method.edges(&[], 5), Vec::<f64>::new());
            assert_eq!(method.edges(&[3.0, 3.0], 5), [3.0, 3.0]);
            let edges = method.edges(&VALUES, 20);
            assert!(edges.windows(2).all(|pair| pair[0] < pair[1]), "{method:?} {edges:?}");
            assert!(
                edges.len() >= 2 && edges[0] <= 1.0 && edges[edges.len() - 1] >= 103.0,
                "{method:?} {edges:?}"
            );
        }
    }
}
