//! From what a request says along a dimension to the features that it means (OGC 06-042 annex C).

use super::MapLayer;
use crate::filter::ast::{CompareOp, Expr, Literal};
use crate::filter::{Filter, FilterError, LayerTime, kvp};
use crate::model::{DefaultPosition, Dimension, DimensionKind, DimensionValue, Layer, TIME};
use std::sync::Arc;

/// Values that one request may ask for along one dimension.
const MOST: usize = 1_000;

/// Why a value can't be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DimensionError {
    /// None is given, and there is no default.
    #[error(
        "layer '{layer}' is shown at one value of its dimension '{dimension}'; give {parameter}, one of {values}"
    )]
    Missing {
        /// The layer.
        layer: String,
        /// The dimension.
        dimension: String,
        /// The parameter that asks for it.
        parameter: String,
        /// What there is.
        values: String,
    },
    /// One that isn't there, or that is none.
    #[error("'{value}' is not a value of {parameter} for layer '{layer}': {expected}")]
    Invalid {
        /// The layer.
        layer: String,
        /// The parameter that asks for it.
        parameter: String,
        /// What was asked for.
        value: String,
        /// What there is.
        expected: String,
    },
}

impl DimensionError {
    /// The parameter that the request has to change.
    #[must_use]
    pub fn parameter(&self) -> &str {
        match self {
            Self::Missing { parameter, .. } | Self::Invalid { parameter, .. } => parameter,
        }
    }
}

/// What a request means along one dimension.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// The features; all of them when absent.
    pub filter: Option<Filter>,
    /// What the client is to be told: the default or the nearest value was used (OGC 06-042 section C.4.2).
    pub note: Option<String>,
}

/// The features that a layer shows along all its dimensions when nobody asks; those without default don't count.
#[must_use]
pub fn by_default(layer: &Arc<Layer>) -> Option<Filter> {
    let chosen = layer.dimensions.iter().filter_map(|dimension| choose(layer, dimension, None).ok());
    chosen.fold(None, |all, chosen| Filter::and(all, chosen.filter))
}

/// Narrows a layer of a map to what a request says along its dimensions; `asked` gives the value of a parameter, such as
/// `TIME`. A layer without a dimension is not asked for it. Answers what the client is to be told.
///
/// # Errors
/// [`DimensionError`].
pub fn narrow<'a>(
    shown: &mut MapLayer,
    asked: impl Fn(&str) -> Option<&'a str>,
) -> Result<Vec<String>, DimensionError> {
    let mut notes = Vec::new();
    let layer = Arc::clone(&shown.layer);
    for dimension in &layer.dimensions {
        let chosen = choose(&layer, dimension, asked(&dimension.info.parameter()))?;
        shown.filter = Filter::and(shown.filter.take(), chosen.filter);
        notes.extend(chosen.note);
    }
    Ok(notes)
}

/// The features of a layer at a `datetime` of OGC API (OGC 17-069r4 clause 7.15.4): along its dimension of time, where it
/// has one, else by the columns that are their time; all of them where nothing says when they are. A time at which
/// there is nothing has no features.
///
/// # Errors
/// [`FilterError`] for a text that is no instant and no interval.
pub fn at_time(layer: &Layer, text: &str) -> Result<Option<Filter>, FilterError> {
    // What can't be read is an error for every layer.
    let any = kvp::datetime("datetime", text, "")?;
    let Some(dimension) = layer.dimensions.iter().find(|d| d.info.name == TIME) else {
        return match LayerTime::of(layer) {
            Some(time) => time.meets("datetime", text),
            None => Ok(None),
        };
    };
    let ends = text.split_once('/').map(|(from, to)| [from.trim(), to.trim()]);
    let closed = match ends {
        None => text.to_owned(),
        Some(_) if any == Filter::Constant(true) => return Ok(None),
        Some([from, to]) => {
            let bound = |end: &str, other: Option<&DimensionValue>| match end {
                "" | ".." => other.map_or_else(String::new, |value| value.text.clone()),
                said => said.to_owned(),
            };
            let domain = &dimension.domain;
            format!("{}/{}", bound(from, domain.first()), bound(to, domain.last()))
        }
    };
    // Intervals are part of this parameter, whether the dimension takes them elsewhere or not.
    let mut dimension = dimension.clone();
    dimension.info.multiple = true;
    Ok(match choose(layer, &dimension, Some(&closed)) {
        Ok(chosen) => chosen.filter,
        Err(_) => Some(Filter::Constant(false)),
    })
}

/// Shows a layer of a map at a `datetime`, and at the defaults of its other dimensions.
///
/// # Errors
/// As [`at_time`].
pub fn shown_at_time(shown: &mut MapLayer, text: &str) -> Result<(), FilterError> {
    let others = shown.layer.dimensions.iter().filter(|d| d.info.name != TIME);
    let defaults = others.filter_map(|d| choose(&shown.layer, d, None).ok());
    let filter = defaults.fold(None, |all, chosen| Filter::and(all, chosen.filter));
    shown.filter = Filter::and(filter, at_time(&shown.layer, text)?);
    Ok(())
}

/// What the text of a request, or its absence, means along a dimension of a layer.
///
/// # Errors
/// [`DimensionError`].
pub fn choose(layer: &Layer, dimension: &Dimension, asked: Option<&str>) -> Result<Chosen, DimensionError> {
    let asked = asked.map(str::trim).filter(|text| !text.is_empty());
    let Some(text) = asked else { return default(layer, dimension) };
    let request = Request { layer, dimension };
    let (values, nearest) = request.values(text)?;
    let note = nearest.map(|texts| note("Nearest", dimension, &texts));
    Ok(Chosen { filter: Some(either(dimension, &values)), note })
}

fn default(layer: &Layer, dimension: &Dimension) -> Result<Chosen, DimensionError> {
    if dimension.info.default == DefaultPosition::None {
        return Err(DimensionError::Missing {
            layer: layer.slug.clone(),
            dimension: dimension.info.name.clone(),
            parameter: dimension.info.parameter(),
            values: there_is(dimension),
        });
    }
    // A layer without any value shows what it has.
    let Some(text) = dimension.default_text() else { return Ok(Chosen::default()) };
    let note = Some(note("Default", dimension, &text));
    if dimension.info.default == DefaultPosition::All {
        return Ok(Chosen { filter: None, note });
    }
    let (values, _) = Request { layer, dimension }.values(&text)?;
    Ok(Chosen { filter: Some(either(dimension, &values)), note })
}

fn note(which: &str, dimension: &Dimension, texts: &str) -> String {
    let units = dimension.info.units();
    let space = if units.is_empty() { "" } else { " " };
    format!("99 {which} value used: {}={texts}{space}{units}", dimension.info.name)
}

fn there_is(dimension: &Dimension) -> String {
    let text = dimension.extent_text().unwrap_or_default();
    if text.chars().count() <= 200 { text } else { text.chars().take(200).chain(['…']).collect() }
}

struct Request<'a> {
    layer: &'a Layer,
    dimension: &'a Dimension,
}

impl Request<'_> {
    fn invalid(&self, value: &str, expected: String) -> DimensionError {
        DimensionError::Invalid {
            layer: self.layer.slug.clone(),
            parameter: self.dimension.info.parameter(),
            value: value.chars().take(100).collect(),
            expected,
        }
    }

    /// The values of a text, and those that were taken for others that aren't there.
    fn values(&self, text: &str) -> Result<(Vec<DimensionValue>, Option<String>), DimensionError> {
        let items: Vec<&str> = text.split(',').map(str::trim).collect();
        let is_interval = self.dimension.kind != DimensionKind::Text && text.contains('/');
        // What is advertised as the default may always be asked for.
        let is_default = || self.dimension.default_text().as_deref() == Some(text);
        if !self.dimension.info.multiple && (items.len() > 1 || is_interval) && !is_default() {
            return Err(self.invalid(text, "it takes one value, no list and no interval".to_owned()));
        }
        let mut values = Vec::new();
        let mut nearest = Vec::new();
        for item in items {
            self.item(item, &mut values, &mut nearest)?;
            if values.len() > MOST {
                return Err(
                    self.invalid(text, format!("it takes at most {MOST} values; ask for an interval"))
                );
            }
        }
        Ok((values, (!nearest.is_empty()).then(|| nearest.join(","))))
    }

    fn item(
        &self,
        item: &str,
        values: &mut Vec<DimensionValue>,
        nearest: &mut Vec<String>,
    ) -> Result<(), DimensionError> {
        let domain = &self.dimension.domain;
        let unreadable = || self.invalid(item, format!("expected {}", there_is(self.dimension)));
        let missing = || self.invalid(item, format!("there is {}", there_is(self.dimension)));
        let named = self.current(item);
        let parts: Vec<&str> = match self.dimension.kind {
            DimensionKind::Text => vec![named.as_str()],
            _ => named.split('/').map(str::trim).collect(),
        };
        match parts.as_slice() {
            [one] => {
                let value = DimensionValue::parse(one, self.dimension.kind).ok_or_else(unreadable)?;
                if domain.has(&value) {
                    values.push(value);
                } else {
                    let other = domain.nearest(&value).filter(|_| self.dimension.info.nearest);
                    let other = other.ok_or_else(missing)?;
                    nearest.push(other.text.clone());
                    values.push(other.clone());
                }
            }
            [first, last, step @ ..] if step.len() <= 1 => {
                let value = |text: &str| DimensionValue::parse(text, self.dimension.kind);
                let interval = value(first).zip(value(last)).and_then(|(a, b)| DimensionValue::span(&a, &b));
                let interval = interval.ok_or_else(unreadable)?;
                if !domain.reaches(&interval) {
                    return Err(missing());
                }
                match DimensionValue::steps(&named, self.dimension.kind).ok_or_else(unreadable)? {
                    Some(steps) => values.extend(steps.into_iter().filter(|step| domain.has(step))),
                    None => values.push(interval),
                }
                if values.is_empty() {
                    return Err(missing());
                }
            }
            _ => return Err(unreadable()),
        }
        Ok(())
    }

    /// An item with `current`, the greatest value, spelled out (OGC 06-042 section D.4).
    fn current(&self, item: &str) -> String {
        let last = self.dimension.domain.last().filter(|_| self.dimension.kind != DimensionKind::Text);
        match last {
            Some(last) if item.eq_ignore_ascii_case("current") => last.text.clone(),
            Some(last) => match item.split_once('/') {
                Some((first, end)) if end.eq_ignore_ascii_case("current") => format!("{first}/{}", last.text),
                _ => item.to_owned(),
            },
            None => item.to_owned(),
        }
    }
}

/// The features at one of some values.
fn either(dimension: &Dimension, values: &[DimensionValue]) -> Filter {
    let mut conditions: Vec<Filter> = values.iter().map(|value| at(dimension, value)).collect();
    match conditions.pop() {
        Some(only) if conditions.is_empty() => only,
        Some(last) => {
            conditions.push(last);
            Filter::Or(conditions)
        }
        None => Filter::Constant(false),
    }
}

/// The features at a value.
fn at(dimension: &Dimension, value: &DimensionValue) -> Filter {
    let column = || Expr::Property(dimension.info.column.clone());
    let text = |text: String| Expr::Literal(Literal::Text(text));
    if dimension.kind == DimensionKind::Written {
        let meant = dimension.written.iter().filter(|written| written.meets(value));
        let list: Vec<Expr> = meant.map(|written| text(written.text.clone())).collect();
        return if list.is_empty() { Filter::Constant(false) } else { Filter::In { expr: column(), list } };
    }
    let compare = |op: CompareOp, left: Expr, bound: &str| Filter::Compare {
        op,
        left,
        right: text(bound.to_owned()),
        match_case: true,
    };
    let [from, to] = [&value.from, &value.to].map(|p| DimensionValue::literal(p, dimension.kind));
    if let Some(end) = &dimension.info.end {
        let end = || Expr::Property(end.clone());
        let lasts = Filter::Or(vec![Filter::IsNull(end()), compare(CompareOp::GreaterOrEqual, end(), &from)]);
        return Filter::And(vec![compare(CompareOp::LessOrEqual, column(), &to), lasts]);
    }
    if from == to {
        return compare(CompareOp::Equal, column(), &from);
    }
    Filter::Between { expr: column(), lower: text(from), upper: text(to) }
}
