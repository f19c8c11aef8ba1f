//! The `datetime` parameter (OGC 17-069r4 clause 7.15.4): an instant, a day or an interval.

use crate::filter::Filter;
use crate::filter::ast::{CompareOp, Expr, Literal};
use crate::model::{Column, ColumnType};
use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};

/// An interval; an end that is absent is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    start: Option<Moment>,
    end: Option<Moment>,
}

/// What a client wrote as one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Instant(DateTime<Utc>),
    Day(NaiveDate),
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        // A '+' of an offset that was not percent-encoded arrives as a space.
        let text = text.replace(' ', "+");
        if let Ok(day) = NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            && text.len() == 10
        {
            return Some(Self::Day(day));
        }
        let at = DateTime::parse_from_rfc3339(&text).ok()?;
        // PostgreSQL's timestamps and RFC 3339 have four digits of a year in common.
        ((1..=9999).contains(&chrono::Datelike::year(&at))).then(|| Self::Instant(at.with_timezone(&Utc)))
    }

    fn first(self) -> DateTime<Utc> {
        match self {
            Self::Instant(at) => at,
            Self::Day(day) => day.and_time(chrono::NaiveTime::MIN).and_utc(),
        }
    }

    fn day(self) -> NaiveDate {
        match self {
            Self::Instant(at) => at.date_naive(),
            Self::Day(day) => day,
        }
    }
}

/// Reads the parameter.
///
/// # Errors
/// A sentence that says how it is written.
pub fn parse(text: &str) -> Result<Interval, String> {
    let bad = || {
        let named: String = text.chars().take(80).collect();
        format!(
            "datetime '{named}' is not an instant such as 2024-01-10T00:00:00Z or 2024-01-10, nor an interval such as \
             2024-01-01/2024-12-31, ../2024-12-31 or 2024-01-01/.."
        )
    };
    let end = |part: &str| match part {
        "" | ".." => Ok(None),
        text => Moment::parse(text).map(Some).ok_or_else(bad),
    };
    let interval = match text.split_once('/') {
        None => {
            let at = Moment::parse(text).ok_or_else(bad)?;
            Interval { start: Some(at), end: Some(at) }
        }
        Some((start, stop)) => Interval { start: end(start)?, end: end(stop)? },
    };
    let reversed = match (interval.start, interval.end) {
        (Some(start), Some(Moment::Day(day))) => start.day() > day,
        (Some(start), Some(Moment::Instant(at))) => start.first() > at,
        _ => false,
    };
    if reversed {
        return Err("the interval of datetime ends before it begins".to_owned());
    }
    Ok(interval)
}

/// The condition on the first temporal column; none when there is no such column: a feature without
/// time matches every time.
pub fn condition(interval: Interval, columns: &[Column]) -> Option<Filter> {
    let column = columns.iter().find(|c| c.kind.is_temporal())?;
    let compare = |op, text: String| Filter::Compare {
        op,
        left: Expr::Property(column.name.clone()),
        right: Expr::Literal(Literal::Text(text)),
        match_case: true,
    };
    let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let days = column.kind == ColumnType::Date;
    let start = interval.start.map(|moment| {
        let text = if days { moment.day().to_string() } else { instant(moment.first()) };
        compare(CompareOp::GreaterOrEqual, text)
    });
    let end = interval.end.and_then(|moment| match moment {
        _ if days => Some(compare(CompareOp::LessOrEqual, moment.day().to_string())),
        Moment::Instant(at) => Some(compare(CompareOp::LessOrEqual, instant(at))),
        // A day lasts until the next one begins.
        Moment::Day(day) => {
            let next = day.checked_add_days(Days::new(1))?;
            Some(compare(CompareOp::Less, instant(Moment::Day(next).first())))
        }
    });
    match (start, end) {
        // Open on both sides: every feature that has a time or none.
        (None, None) => None,
        (start, end) => Filter::and(start, end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_days_and_open_intervals_are_read() {
        for good in [
            "2024-01-10T00:00:00Z",
            "2024-01-10T00:00:00+02:00",
            "2024-01-10T00:00:00 02:00",
            "2024-01-10",
            "2024-01-10/..",
            "../2024-01-10",
            "/2024-01-10",
            "2024-01-10T10:00:00Z/2024-01-10",
            "../..",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "yesterday", "2024", "2024-13-01", "2024-01-02/2024-01-01", "a/b", "2024-01-01/x", "1/2/3"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_condition_is_on_the_first_temporal_column() {
        let column = |name: &str, kind| Column { name: name.to_owned(), source_name: None, kind };
        let interval = parse("2024-01-10").expect("read");
        assert_eq!(condition(interval, &[column("a", ColumnType::Text)]), None);
        let found = condition(interval, &[column("a", ColumnType::Text), column("d", ColumnType::Timestamp)]);
        let text = format!("{found:?}");
        assert!(text.contains("2024-01-10T00:00:00Z") && text.contains("2024-01-11T00:00:00Z"), "{text}");
    }
}
