//! Values along a dimension: read, written, compared.

use super::DimensionKind;
use super::moment::{Moment, Period, instant_text};
use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use std::cmp::Ordering;

/// Values that a list has at most: more are advertised as a range, and more steps can't be asked for.
const MOST: usize = 1_000;

/// A place on a dimension.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// A finite number.
    Number(f64),
    /// An instant.
    Instant(DateTime<Utc>),
    /// A word.
    Text(String),
}

impl Position {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Instant(a), Self::Instant(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            // One dimension has positions of one kind.
            _ => Ordering::Less,
        }
    }

    /// How far it is from another, in a unit of the dimension's own; infinitely far for words.
    fn distance(&self, other: &Self) -> f64 {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => (a - b).abs(),
            (Self::Instant(a), Self::Instant(b)) => (*a - *b).abs().as_seconds_f64(),
            _ => f64::INFINITY,
        }
    }
}

/// A value: a place, or for dates of less precision the stretch that they name.
#[derive(Clone, Debug, PartialEq)]
pub struct DimensionValue {
    /// As it is written.
    pub text: String,
    /// Where it begins.
    pub from: Position,
    /// Where it ends, included.
    pub to: Position,
}

impl DimensionValue {
    /// Reads one value; `None` for what is none of its kind.
    #[must_use]
    pub fn parse(text: &str, kind: DimensionKind) -> Option<Self> {
        let text = text.trim();
        let (from, to) = match kind {
            DimensionKind::Number => {
                let number = text.parse::<f64>().ok().filter(|v| v.is_finite())?;
                (Position::Number(number), Position::Number(number))
            }
            DimensionKind::Text if text.is_empty() => return None,
            DimensionKind::Text => (Position::Text(text.to_owned()), Position::Text(text.to_owned())),
            _ => {
                let moment = Moment::parse(text)?;
                (Position::Instant(moment.from), Position::Instant(moment.to))
            }
        };
        Some(Self { text: text.to_owned(), from, to })
    }

    /// From the beginning of one value to the end of another; `None` when it ends before it begins.
    #[must_use]
    pub fn span(first: &Self, last: &Self) -> Option<Self> {
        if first.from.order(&last.to) == Ordering::Greater {
            return None;
        }
        Some(Self {
            text: format!("{}/{}", first.text, last.text),
            from: first.from.clone(),
            to: last.to.clone(),
        })
    }

    /// The values of `least/greatest/step`, at most some more than a thousand; `Some(None)` where there is no step, or
    /// where it gives too many.
    #[must_use]
    pub fn steps(text: &str, kind: DimensionKind) -> Option<Option<Vec<Self>>> {
        match stepped(text, kind)? {
            Stepped::Values(values) => Some(Some(values)),
            Stepped::Range(..) => Some(None),
        }
    }

    /// A value of the data, from the text that PostgreSQL makes of it: written as it is advertised.
    #[must_use]
    pub fn stored(text: &str, kind: DimensionKind) -> Option<Self> {
        let value = match kind {
            DimensionKind::Year => Self::parse(&format!("{:0>4}", text.trim()), kind)?,
            _ => Self::parse(text, kind)?,
        };
        let text = match (&value.from, kind) {
            (Position::Instant(instant), DimensionKind::Timestamp) => instant_text(*instant),
            (Position::Number(number), _) => number.to_string(),
            (_, DimensionKind::Written) => text.to_owned(),
            _ => value.text,
        };
        Some(Self { text, ..value })
    }

    /// Whether both have a place in common.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.from.order(&other.to) != Ordering::Greater && other.from.order(&self.to) != Ordering::Greater
    }

    /// A bound as a literal that compares with a column of a kind.
    #[must_use]
    pub fn literal(position: &Position, kind: DimensionKind) -> String {
        match (position, kind) {
            (Position::Number(number), _) => number.to_string(),
            (Position::Text(text), _) => text.clone(),
            (Position::Instant(instant), DimensionKind::Year) => instant.year().to_string(),
            (Position::Instant(instant), DimensionKind::Date) => instant.format("%Y-%m-%d").to_string(),
            (Position::Instant(instant), _) => instant.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        }
    }
}

/// What may be asked for along a dimension.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Domain {
    /// Nothing: the layer has no value.
    #[default]
    Empty,
    /// One of these, from the least to the greatest.
    List(Vec<DimensionValue>),
    /// Anything between the two.
    Range(DimensionValue, DimensionValue),
}

impl Domain {
    /// The domain of some values; a range where they are too many.
    #[must_use]
    pub fn of(mut values: Vec<DimensionValue>) -> Self {
        values.sort_by(|a, b| a.from.order(&b.from));
        values.dedup_by(|a, b| a.from == b.from && a.to == b.to);
        if values.len() > MOST {
            return match (values.first(), values.last()) {
                (Some(first), Some(last)) => Self::Range(first.clone(), last.clone()),
                _ => Self::Empty,
            };
        }
        if values.is_empty() { Self::Empty } else { Self::List(values) }
    }

    /// Reads a list of values and of `least/greatest` or `least/greatest/step`.
    ///
    /// # Errors
    /// The item that can't be read.
    pub fn parse(text: &str, kind: DimensionKind) -> Result<Self, String> {
        let mut values = Vec::new();
        let mut ranges: Vec<(DimensionValue, DimensionValue)> = Vec::new();
        for item in text.split(',').map(str::trim) {
            let wrong = || item.chars().take(80).collect::<String>();
            match stepped(item, kind).ok_or_else(wrong)? {
                Stepped::Values(mut all) => values.append(&mut all),
                Stepped::Range(first, last) => ranges.push((first, last)),
            }
        }
        if ranges.is_empty() {
            return Ok(Self::of(values));
        }
        // A range beside values: anything from the least to the greatest.
        let ends = ranges.into_iter().flat_map(|(first, last)| [first, last]).chain(values);
        let mut ends: Vec<DimensionValue> = ends.collect();
        ends.sort_by(|a, b| a.from.order(&b.from));
        match (ends.first(), ends.last()) {
            (Some(first), Some(last)) => Ok(Self::Range(first.clone(), last.clone())),
            _ => Ok(Self::Empty),
        }
    }

    /// The least value.
    #[must_use]
    pub fn first(&self) -> Option<&DimensionValue> {
        match self {
            Self::Empty => None,
            Self::List(values) => values.first(),
            Self::Range(first, _) => Some(first),
        }
    }

    /// The greatest value.
    #[must_use]
    pub fn last(&self) -> Option<&DimensionValue> {
        match self {
            Self::Empty => None,
            Self::List(values) => values.last(),
            Self::Range(_, last) => Some(last),
        }
    }

    /// Whether a value is one of these.
    #[must_use]
    pub fn has(&self, value: &DimensionValue) -> bool {
        match self {
            Self::Empty => false,
            Self::List(values) => values.iter().any(|v| v.meets(value)),
            Self::Range(first, last) => DimensionValue::span(first, last).is_some_and(|all| all.meets(value)),
        }
    }

    /// Whether an interval has a place in common with the stretch from the least to the greatest value.
    #[must_use]
    pub fn reaches(&self, interval: &DimensionValue) -> bool {
        match (self.first(), self.last()) {
            (Some(first), Some(last)) => {
                DimensionValue::span(first, last).is_some_and(|all| all.meets(interval))
            }
            _ => false,
        }
    }

    /// The value that is nearest to one that isn't there; the lesser of two that are as near.
    #[must_use]
    pub fn nearest(&self, value: &DimensionValue) -> Option<&DimensionValue> {
        let ends: Vec<&DimensionValue> = match self {
            Self::Empty => return None,
            Self::List(values) => values.iter().collect(),
            Self::Range(first, last) => vec![first, last],
        };
        let far = |v: &DimensionValue| v.from.distance(&value.from).min(v.to.distance(&value.from));
        let nearest = ends.into_iter().min_by(|a, b| far(a).total_cmp(&far(b)))?;
        far(nearest).is_finite().then_some(nearest)
    }

    /// The values as OGC 06-042 table C.2 writes them; a step of 0 for a range, which has any fineness.
    #[must_use]
    pub fn extent(&self) -> Option<String> {
        match self {
            Self::Empty => None,
            Self::List(values) => {
                let texts: Vec<&str> = values.iter().map(|v| v.text.as_str()).collect();
                Some(texts.join(","))
            }
            Self::Range(first, last) => Some(format!("{}/{}/0", first.text, last.text)),
        }
    }
}

/// What an item of a list stands for.
pub(super) enum Stepped {
    Values(Vec<DimensionValue>),
    Range(DimensionValue, DimensionValue),
}

/// Reads `value`, `least/greatest` or `least/greatest/step`; a step that gives too many values makes a range.
pub(super) fn stepped(item: &str, kind: DimensionKind) -> Option<Stepped> {
    let parts: Vec<&str> = item.split('/').map(str::trim).collect();
    let value = |text: &str| DimensionValue::parse(text, kind);
    match (parts.as_slice(), kind) {
        // A word may have a slash.
        (_, DimensionKind::Text) | ([_], _) => Some(Stepped::Values(vec![value(item)?])),
        ([least, greatest, rest @ ..], _) => {
            let (first, last) = (value(least)?, value(greatest)?);
            DimensionValue::span(&first, &last)?;
            match rest {
                [] | ["0"] => Some(Stepped::Range(first, last)),
                [step] => steps(&first, &last, step, kind),
                _ => None,
            }
        }
        _ => None,
    }
}

fn steps(first: &DimensionValue, last: &DimensionValue, step: &str, kind: DimensionKind) -> Option<Stepped> {
    let range = || Some(Stepped::Range(first.clone(), last.clone()));
    let mut values = Vec::new();
    match (&first.from, &last.from) {
        (Position::Number(least), Position::Number(greatest)) => {
            let step = step.parse::<f64>().ok().filter(|s| s.is_finite() && *s > 0.0)?;
            let count = (greatest - least) / step;
            if count >= MOST as f64 {
                return range();
            }
            // Room for what division loses.
            for turn in 0..=(count + 1e-9).floor() as u32 {
                let text = (least + f64::from(turn) * step).to_string();
                values.push(DimensionValue::parse(&text, kind)?);
            }
        }
        (Position::Instant(least), Position::Instant(greatest)) => {
            let step = Period::parse(step)?;
            for turn in 0.. {
                if values.len() > MOST {
                    return range();
                }
                let Some(instant) = step.after(*least, turn).filter(|i| i <= greatest) else { break };
                let text = match kind {
                    DimensionKind::Year => format!("{:04}", instant.year()),
                    DimensionKind::Date => instant.format("%Y-%m-%d").to_string(),
                    _ => instant_text(instant),
                };
                values.push(DimensionValue::parse(&text, kind)?);
            }
        }
        _ => return None,
    }
    Some(Stepped::Values(values))
}
