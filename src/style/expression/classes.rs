//! `Categorize`, `Interpolate` and `Recode` (OGC 05-077r4 clause 11.6.3).

use super::{Cell, Expression};
use crate::style::Color;

/// To which class a threshold itself belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThresholdsBelongTo {
    /// The one above.
    #[default]
    Succeeding,
    /// The one below.
    Preceding,
}

/// `Categorize`: classes of numbers between thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct Categorize {
    /// What is told apart.
    pub lookup: Expression,
    /// The value below the first threshold.
    pub first: Expression,
    /// Thresholds that grow, each with the value above it.
    pub classes: Vec<(Expression, Expression)>,
    /// Where thresholds belong.
    pub belong: ThresholdsBelongTo,
    /// The value where there is no number.
    pub fallback: Option<String>,
}

impl Categorize {
    pub(super) fn evaluate(&self, lookup: &dyn Fn(&str) -> Cell) -> Cell {
        let Some(number) = self.lookup.evaluate(lookup).number() else { return fallback(&self.fallback) };
        let mut value = &self.first;
        for (threshold, above) in &self.classes {
            let reached = threshold.evaluate(lookup).number().is_some_and(|threshold| match self.belong {
                ThresholdsBelongTo::Succeeding => number >= threshold,
                ThresholdsBelongTo::Preceding => number > threshold,
            });
            if !reached {
                break;
            }
            value = above;
        }
        value.evaluate(lookup)
    }

    pub(super) fn values(&self) -> Vec<&Expression> {
        std::iter::once(&self.first).chain(self.classes.iter().map(|(_, value)| value)).collect()
    }

    pub(super) fn parts(&self) -> Vec<&Expression> {
        let thresholds = self.classes.iter().map(|(threshold, _)| threshold);
        std::iter::once(&self.lookup).chain(thresholds).chain(self.values()).collect()
    }
}

/// How values run between two points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Straight.
    #[default]
    Linear,
    /// Along half a wave.
    Cosine,
    /// Smoothly through the neighbours, too.
    Cubic,
}

/// What values are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Numbers.
    #[default]
    Numeric,
    /// Colours.
    Color,
}

/// `Interpolate`: values between given points.
#[derive(Clone, Debug, PartialEq)]
pub struct Interpolate {
    /// What runs along the points.
    pub lookup: Expression,
    /// Points that grow, each with its value.
    pub points: Vec<(f64, Expression)>,
    /// How values run between them.
    pub mode: Mode,
    /// What they are.
    pub method: Method,
    /// The value where there is no number.
    pub fallback: Option<String>,
}

impl Interpolate {
    pub(super) fn evaluate(&self, lookup: &dyn Fn(&str) -> Cell) -> Cell {
        let Some(number) = self.lookup.evaluate(lookup).number() else { return fallback(&self.fallback) };
        // The first point above; before the first and after the last the value stays.
        let above = self.points.iter().position(|(at, _)| *at > number);
        let last = self.points.len().saturating_sub(1);
        let segment = match above {
            Some(0) => (0, 0),
            Some(above) => (above - 1, above),
            None => (last, last),
        };
        let value = |index: usize| self.points.get(index).map_or(Cell::Nothing, |(_, e)| e.evaluate(lookup));
        if segment.0 == segment.1 {
            return value(segment.0);
        }
        let place = |index: usize| self.points.get(index).map_or(0.0, |(at, _)| *at);
        let (from, to) = (place(segment.0), place(segment.1));
        let share = (number - from) / (to - from);
        let run = |of: &dyn Fn(&Cell) -> Option<f64>| {
            let number = |index: usize| of(&value(index));
            let (a, b) = (number(segment.0)?, number(segment.1)?);
            Some(match self.mode {
                Mode::Linear => a + (b - a) * share,
                Mode::Cosine => a + (b - a) * (1.0 - (share * std::f64::consts::PI).cos()) / 2.0,
                Mode::Cubic => {
                    let before = segment.0.checked_sub(1).and_then(number).unwrap_or(2.0 * a - b);
                    let after = number(segment.1 + 1).unwrap_or(2.0 * b - a);
                    cubic([before, a, b, after], share)
                }
            })
        };
        match self.method {
            Method::Numeric => run(&Cell::number).map_or(Cell::Nothing, Cell::of),
            Method::Color => {
                let channel = |pick: fn(Color) -> u8| run(&|cell| cell.color().map(|c| f64::from(pick(c))));
                let channels = [channel(|c| c.r), channel(|c| c.g), channel(|c| c.b)];
                match channels.map(|c| c.map(|c| c.round().clamp(0.0, 255.0) as u8)) {
                    [Some(r), Some(g), Some(b)] => Cell::Text(Color { r, g, b }.hex()),
                    _ => Cell::Nothing,
                }
            }
        }
    }

    pub(super) fn values(&self) -> Vec<&Expression> {
        self.points.iter().map(|(_, value)| value).collect()
    }

    pub(super) fn parts(&self) -> Vec<&Expression> {
        std::iter::once(&self.lookup).chain(self.values()).collect()
    }
}

/// Catmull and Rom's curve through the two in the middle.
fn cubic([before, a, b, after]: [f64; 4], t: f64) -> f64 {
    let (slope_a, slope_b) = ((b - before) / 2.0, (after - a) / 2.0);
    let (t2, t3) = (t * t, t * t * t);
    (2.0 * t3 - 3.0 * t2 + 1.0) * a
        + (t3 - 2.0 * t2 + t) * slope_a
        + (3.0 * t2 - 2.0 * t3) * b
        + (t3 - t2) * slope_b
}

/// `Recode`: a value for each value.
#[derive(Clone, Debug, PartialEq)]
pub struct Recode {
    /// What is looked for.
    pub lookup: Expression,
    /// What may be found, with what it becomes.
    pub items: Vec<(String, Expression)>,
    /// The value where nothing is found.
    pub fallback: Option<String>,
}

impl Recode {
    pub(super) fn evaluate(&self, lookup: &dyn Fn(&str) -> Cell) -> Cell {
        let value = self.lookup.evaluate(lookup);
        let (text, number) = (value.text(), value.number());
        let is = |data: &str| {
            text.as_deref() == Some(data)
                || number.is_some() && Cell::Text(data.to_owned()).number() == number
        };
        match self.items.iter().find(|(data, _)| is(data)) {
            Some((_, value)) => value.evaluate(lookup),
            None => fallback(&self.fallback),
        }
    }

    pub(super) fn values(&self) -> Vec<&Expression> {
        self.items.iter().map(|(_, value)| value).collect()
    }

    pub(super) fn parts(&self) -> Vec<&Expression> {
        std::iter::once(&self.lookup).chain(self.values()).collect()
    }
}

fn fallback(text: &Option<String>) -> Cell {
    text.clone().filter(|text| !text.is_empty()).map_or(Cell::Nothing, Cell::Text)
}
