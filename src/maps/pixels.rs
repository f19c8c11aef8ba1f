//! Conditions on the values of pixels: what a filter says of the bands of a raster layer is no question to its images.

use crate::filter::Filter;
use crate::filter::ast::{CompareOp, Expr, Literal};
use crate::model::Coverage;

/// Which pixels are shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PixelCondition {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    /// Both ends included.
    Between {
        band: usize,
        least: f32,
        greatest: f32,
    },
    Compare {
        band: usize,
        op: CompareOp,
        value: f32,
    },
    Constant(bool),
}

/// What a filter says of images, and what it says of their pixels. What mixes both in one comparison stays with the
/// images, where it names a property that isn't there.
pub(super) fn split(filter: Filter, coverage: &Coverage) -> (Option<Filter>, Option<PixelCondition>) {
    let parts = match filter {
        Filter::And(parts) => parts,
        other => vec![other],
    };
    let (mut images, mut pixels) = (None, Vec::new());
    for part in parts {
        match PixelCondition::of(&part, coverage) {
            Some(condition) => pixels.push(condition),
            None => images = Filter::and(images, Some(part)),
        }
    }
    (images, (!pixels.is_empty()).then_some(PixelCondition::And(pixels)))
}

impl PixelCondition {
    fn of(filter: &Filter, coverage: &Coverage) -> Option<Self> {
        let band = |expr: &Expr| match expr {
            Expr::Property(name) => coverage.bands.iter().position(|b| b.name == *name),
            _ => None,
        };
        let all = |parts: &[Filter]| parts.iter().map(|p| Self::of(p, coverage)).collect::<Option<Vec<_>>>();
        Some(match filter {
            Filter::And(parts) => Self::And(all(parts)?),
            Filter::Or(parts) => Self::Or(all(parts)?),
            Filter::Not(inner) => Self::Not(Box::new(Self::of(inner, coverage)?)),
            Filter::Between { expr, lower, upper } => {
                Self::Between { band: band(expr)?, least: number(lower)?, greatest: number(upper)? }
            }
            Filter::Compare { op, left, right, .. } => {
                Self::Compare { band: band(left)?, op: *op, value: number(right)? }
            }
            Filter::In { expr, list } => {
                let band = band(expr)?;
                let one = |value| Some(Self::Compare { band, op: CompareOp::Equal, value: number(value)? });
                Self::Or(list.iter().map(one).collect::<Option<Vec<_>>>()?)
            }
            Filter::Constant(holds) => Self::Constant(*holds),
            _ => return None,
        })
    }

    /// Calls back for each band that is looked at.
    pub(super) fn bands(&self, found: &mut dyn FnMut(usize)) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.bands(found)),
            Self::Not(inner) => inner.bands(found),
            Self::Between { band, .. } | Self::Compare { band, .. } => found(*band),
            Self::Constant(_) => {}
        }
    }

    /// Whether it holds for a pixel whose bands `value` gives; a band without value holds nothing.
    pub(super) fn holds(&self, value: &dyn Fn(usize) -> Option<f32>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(value)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(value)),
            Self::Not(inner) => !inner.holds(value),
            Self::Between { band, least, greatest } => {
                value(*band).is_some_and(|value| (*least..=*greatest).contains(&value))
            }
            Self::Compare { band, op, value: with } => value(*band).is_some_and(|value| match op {
                CompareOp::Equal => value == *with,
                CompareOp::NotEqual => value != *with,
                CompareOp::Less => value < *with,
                CompareOp::LessOrEqual => value <= *with,
                CompareOp::Greater => value > *with,
                CompareOp::GreaterOrEqual => value >= *with,
            }),
            Self::Constant(holds) => *holds,
        }
    }
}

fn number(expr: &Expr) -> Option<f32> {
    match expr {
        Expr::Literal(Literal::Text(text)) => text.trim().parse::<f32>().ok(),
        Expr::Literal(Literal::Number(number)) => Some(*number as f32),
        Expr::Literal(Literal::Integer(number)) => Some(*number as f32),
        _ => None,
    }
    .filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Band, BandMeaning, SampleType};

    fn coverage() -> Coverage {
        let band = Band {
            name: "altitude".to_owned(),
            kind: SampleType::Int16,
            meaning: BandMeaning::Gray,
            unit: None,
            nodata: None,
            min: 0.0,
            max: 4000.0,
            histogram: Vec::new(),
        };
        Coverage { bands: vec![band], pixel: [1.0, 1.0], palette: Vec::new() }
    }

    fn between(name: &str, lower: &str, upper: &str) -> Filter {
        let text = |text: &str| Expr::Literal(Literal::Text(text.to_owned()));
        Filter::Between { expr: Expr::Property(name.to_owned()), lower: text(lower), upper: text(upper) }
    }

    #[test]
    fn what_is_said_of_bands_is_held_against_pixels_and_the_rest_is_left() {
        let year = between("date", "2020-01-01", "2021-01-01");
        let low = between("altitude", "0", "200");
        let (images, pixels) = split(Filter::And(vec![year.clone(), low.clone()]), &coverage());
        assert_eq!(images, Some(year.clone()));
        let condition = pixels.expect("a condition");
        let holds = |value: Option<f32>| condition.holds(&|_| value);
        assert!(holds(Some(0.0)) && holds(Some(200.0)) && !holds(Some(200.5)) && !holds(None));
        let mut bands = Vec::new();
        condition.bands(&mut |band| bands.push(band));
        assert_eq!(bands, [0]);
        let (images, pixels) = split(year.clone(), &coverage());
        assert_eq!((images, pixels), (Some(year.clone()), None));
        // A choice between images and pixels can't be split.
        let mixed = Filter::Or(vec![year, low]);
        assert_eq!(split(mixed.clone(), &coverage()), (Some(mixed), None));
    }
}
