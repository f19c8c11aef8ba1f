//! Temporal operators (OGC 09-026r2 clause 7.9) and the times of GML 3.1 and 3.2 (OGC 07-036 clause 14.2).

use super::incomplete;
use crate::filter::ast::{Expr, IntervalEnd, Literal, TemporalOp};
use crate::filter::error::FilterError;
use crate::filter::literal;
use crate::filter::xml::text;
use chrono::{Datelike, NaiveDate, Utc};
use roxmltree::Node;

/// The operators of FES 2.0 and what they are called elsewhere.
pub(in crate::filter) const OPERATORS: [(&str, TemporalOp); 14] = [
    ("After", TemporalOp::After),
    ("Before", TemporalOp::Before),
    ("Begins", TemporalOp::Starts),
    ("BegunBy", TemporalOp::StartedBy),
    ("TContains", TemporalOp::Contains),
    ("During", TemporalOp::During),
    ("EndedBy", TemporalOp::FinishedBy),
    ("Ends", TemporalOp::Finishes),
    ("TEquals", TemporalOp::Equals),
    ("Meets", TemporalOp::Meets),
    ("MetBy", TemporalOp::MetBy),
    ("TOverlaps", TemporalOp::Overlaps),
    ("OverlappedBy", TemporalOp::OverlappedBy),
    ("AnyInteracts", TemporalOp::Intersects),
];

pub(super) fn operator(name: &str) -> Option<TemporalOp> {
    OPERATORS.iter().find(|(own, _)| *own == name).map(|(_, op)| *op)
}

/// Reads a `gml:TimeInstant` or `gml:TimePeriod`.
pub(super) fn time(node: Node<'_, '_>) -> Result<Expr, FilterError> {
    let name = node.tag_name().name();
    if name == "TimeInstant" {
        let holder = named(node, &["timePosition"])
            .ok_or_else(|| incomplete(name, "a timePosition such as 2021-08-02T12:00:00Z"))?;
        return match indeterminate(holder) {
            Some("now") => Ok(Expr::Literal(Literal::Timestamp(Utc::now()))),
            Some(_) => {
                Err(incomplete(name, "a determinate timePosition; open times are those of a TimePeriod"))
            }
            None => position(&text(holder), name),
        };
    }
    let end = |names: &[&str], begins| -> Result<IntervalEnd, FilterError> {
        let holder = named(node, names)
            .ok_or_else(|| incomplete(name, "a beginPosition and an endPosition, or begin and end"))?;
        // An end of a period is a position, or an element around an instant that has one.
        let holder = named(holder, &["timePosition"]).unwrap_or(holder);
        period_end(holder, begins, name)
    };
    let begin = end(&["beginPosition", "begin"], true)?;
    Ok(Expr::Interval(Box::new(begin), Box::new(end(&["endPosition", "end"], false)?)))
}

fn named<'a, 'i>(node: Node<'a, 'i>, names: &[&str]) -> Option<Node<'a, 'i>> {
    node.descendants().filter(|n| *n != node).find(|n| names.contains(&n.tag_name().name()))
}

fn indeterminate<'a>(holder: Node<'a, '_>) -> Option<&'a str> {
    holder.attribute("indeterminatePosition").map(str::trim).filter(|p| !p.is_empty())
}

fn period_end(holder: Node<'_, '_>, begins: bool, operator: &str) -> Result<IntervalEnd, FilterError> {
    let written = text(holder);
    match (indeterminate(holder), written.trim().is_empty()) {
        (Some("now"), _) => Ok(IntervalEnd::At(Expr::Literal(Literal::Timestamp(Utc::now())))),
        (Some("unknown"), _) | (Some(_), true) => Ok(IntervalEnd::Open),
        // Before its begin or after its end a period has no bound that is known.
        (Some("before"), false) if begins => Ok(IntervalEnd::Open),
        (Some("after"), false) if !begins => Ok(IntervalEnd::Open),
        _ => match position(&written, operator)? {
            Expr::Interval(begin, end) => Ok(if begins { *begin } else { *end }),
            instant => Ok(IntervalEnd::At(instant)),
        },
    }
}

/// A position: an instant, a day, or a month or year as the period of its days.
pub(super) fn position(written: &str, operator: &str) -> Result<Expr, FilterError> {
    let written = written.trim();
    if literal::date(written).is_some() || literal::timestamp(written).is_some() {
        return Ok(Expr::Literal(Literal::Text(written.to_owned())));
    }
    let (first, last) = calendar(written).ok_or_else(|| {
        incomplete(
            operator,
            "a gml:TimeInstant or gml:TimePeriod with positions such as 2021-08-02 or 2021-08-02T12:00:00Z",
        )
    })?;
    let at = |day| Box::new(IntervalEnd::At(Expr::Literal(Literal::Date(day))));
    Ok(Expr::Interval(at(first), at(last)))
}

/// First and last day of `YYYY` or `YYYY-MM`.
fn calendar(written: &str) -> Option<(NaiveDate, NaiveDate)> {
    let (year, month) = match written.split_once('-') {
        None => (written, None),
        Some((year, month)) => (year, Some(month)),
    };
    let digits = |text: &str, n| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(year, 4) || year == "0000" {
        return None;
    }
    let year = year.parse().ok()?;
    let Some(month) = month else {
        return NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31));
    };
    if !digits(month, 2) {
        return None;
    }
    let first = NaiveDate::from_ymd_opt(year, month.parse().ok()?, 1)?;
    let last = (28..=31).rev().find_map(|day| first.with_day(day))?;
    Some((first, last))
}
