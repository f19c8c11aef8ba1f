//! Functions on texts, numbers and dates (OGC 05-077r4 clause 11.6.2).

use super::{Cell, Expression};
use crate::model::FRENCH_MONTHS;
use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Letters of a text at most: nobody reads a longer label.
const LETTERS: usize = 10_000;

/// What makes a text.
#[derive(Clone, Debug, PartialEq)]
pub enum TextFunction {
    /// One after the other (`Concatenate`).
    Concatenate(Vec<Expression>),
    /// A part, counted from 1 (`Substring`).
    Substring {
        /// Of what.
        value: Expression,
        /// First letter.
        position: Option<Expression>,
        /// Number of letters; to the end when absent.
        length: Option<Expression>,
    },
    /// All capitals, or all small (`ChangeCase`).
    ChangeCase {
        /// Of what.
        value: Expression,
        /// Capitals.
        upper: bool,
    },
    /// Without a letter that repeats at its ends (`Trim`).
    Trim {
        /// Of what.
        value: Expression,
        /// At the beginning.
        leading: bool,
        /// At the end.
        trailing: bool,
        /// The letter.
        letter: char,
    },
    /// Where another begins in it, counted from 1; 0 where it isn't (`StringPosition`).
    Position {
        /// Where it is looked for.
        value: Expression,
        /// What is looked for.
        sought: Expression,
        /// From the end.
        backwards: bool,
    },
    /// Number of letters (`StringLength`).
    Length(Expression),
    /// A number in a pattern such as `#,##0.00` (`FormatNumber`).
    FormatNumber {
        /// The number.
        value: Expression,
        /// The pattern; for negative numbers after a semicolon, or else with a minus sign.
        pattern: String,
        /// What stands before decimals.
        decimal_point: String,
        /// What stands between thousands.
        grouping: String,
    },
    /// A date in a pattern such as `DD/MM/YYYY` (`FormatDate`).
    FormatDate {
        /// The date, or date and time.
        value: Expression,
        /// The pattern.
        pattern: String,
    },
}

impl TextFunction {
    pub(super) fn evaluate(&self, lookup: &dyn Fn(&str) -> Cell) -> Cell {
        let text = |e: &Expression| e.evaluate(lookup).text();
        let whole = |e: &Expression| e.evaluate(lookup).number().map(|v| v as i64);
        let made = match self {
            Self::Concatenate(all) => {
                let mut out = String::new();
                for part in all {
                    out.push_str(&text(part).unwrap_or_default());
                    if out.len() > LETTERS {
                        break;
                    }
                }
                Some(out)
            }
            Self::Substring { value, position, length } => text(value).map(|value| {
                let first = position.as_ref().and_then(whole).unwrap_or(1).max(1) - 1;
                let length = length.as_ref().and_then(whole).unwrap_or(i64::MAX).max(0);
                let (first, length) = (first.unsigned_abs() as usize, length.unsigned_abs() as usize);
                value.chars().skip(first).take(length).collect()
            }),
            Self::ChangeCase { value, upper } => {
                text(value).map(|value| if *upper { value.to_uppercase() } else { value.to_lowercase() })
            }
            Self::Trim { value, leading, trailing, letter } => text(value).map(|value| {
                let value = if *leading { value.trim_start_matches(*letter) } else { &value };
                let value = if *trailing { value.trim_end_matches(*letter) } else { value };
                value.to_owned()
            }),
            Self::Position { value, sought, backwards } => {
                let Some((value, sought)) = text(value).zip(text(sought)) else { return Cell::Nothing };
                let at = if *backwards { value.rfind(&sought) } else { value.find(&sought) };
                let before = at.and_then(|at| value.get(..at)).map_or(0, |before| before.chars().count() + 1);
                return Cell::Number(before as f64);
            }
            Self::Length(value) => {
                return text(value).map_or(Cell::Nothing, |v| Cell::Number(v.chars().count() as f64));
            }
            Self::FormatNumber { value, pattern, decimal_point, grouping } => {
                let number = value.evaluate(lookup).number();
                number.map(|number| format_number(number, pattern, decimal_point, grouping))
            }
            Self::FormatDate { value, pattern } => text(value).and_then(|value| format_date(&value, pattern)),
        };
        made.map_or(Cell::Nothing, Cell::Text)
    }

    pub(super) fn parts(&self) -> Vec<&Expression> {
        match self {
            Self::Concatenate(all) => all.iter().collect(),
            Self::Substring { value, position, length } => {
                std::iter::once(value).chain(position).chain(length).collect()
            }
            Self::Position { value, sought, .. } => vec![value, sought],
            Self::ChangeCase { value, .. }
            | Self::Trim { value, .. }
            | Self::Length(value)
            | Self::FormatNumber { value, .. }
            | Self::FormatDate { value, .. } => vec![value],
        }
    }
}

/// A number in a pattern of `#`, `0`, `,` and `.` with letters around it; a half is rounded away from zero.
fn format_number(number: f64, pattern: &str, decimal_point: &str, grouping: &str) -> String {
    let (positive, negative) = match pattern.split_once(';') {
        Some((positive, negative)) => (positive, Some(negative)),
        None => (pattern, None),
    };
    let used = if number < 0.0 { negative.unwrap_or(positive) } else { positive };
    let is_place = |c: char| matches!(c, '#' | '0' | ',' | '.');
    let begin = used.find(is_place).unwrap_or(used.len());
    let end = used.rfind(is_place).map_or(begin, |at| at + 1);
    let (before, body, after) = (
        used.get(..begin).unwrap_or_default(),
        used.get(begin..end).unwrap_or_default(),
        used.get(end..).unwrap_or_default(),
    );
    let (whole, decimals) = body.split_once('.').unwrap_or((body, ""));
    let places = |text: &str, wanted: &[char]| text.chars().filter(|c| wanted.contains(c)).count();
    let most = places(decimals, &['0', '#']).min(17);
    let least = places(decimals, &['0']).min(most);
    let percent = if after.trim_start().starts_with('%') { 100.0 } else { 1.0 };
    let scale = 10_f64.powi(i32::try_from(most).unwrap_or(0));
    let rounded = (number.abs() * percent * scale).round() / scale;
    let digits = format!("{rounded:.most$}");
    let (mut integer, mut fraction) = match digits.split_once('.') {
        Some((integer, fraction)) => (integer.to_owned(), fraction.to_owned()),
        None => (digits, String::new()),
    };
    while fraction.len() > least && fraction.ends_with('0') {
        fraction.pop();
    }
    let wanted = places(whole, &['0']);
    if integer == "0" && wanted == 0 && !fraction.is_empty() {
        integer.clear();
    }
    while integer.len() < wanted.min(30) {
        integer.insert(0, '0');
    }
    if let Some(at) = whole.rfind(',') {
        integer = grouped(&integer, whole.len() - at - 1, grouping);
    }
    let mut out = String::new();
    if number < 0.0 && rounded > 0.0 && negative.is_none() {
        out.push('-');
    }
    out.push_str(before);
    out.push_str(&integer);
    if !fraction.is_empty() {
        out.push_str(decimal_point);
        out.push_str(&fraction);
    }
    out.push_str(after);
    out
}

fn grouped(digits: &str, size: usize, separator: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if size > 0 && index > 0 && (digits.len() - index).is_multiple_of(size) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    out
}

/// A date in a pattern of `YYYY`, `YY`, `MMMM`, `MMM`, `MM`, `DD`, `hh`, `mm`, `ss`; other letters stay, and so does what
/// is quoted.
fn format_date(value: &str, pattern: &str) -> Option<String> {
    use chrono::{Datelike, Timelike};
    let value = value.trim();
    let instant = DateTime::parse_from_rfc3339(value)
        .map(|instant| instant.naive_utc())
        .or_else(|_| NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M:%S%.f"))
        .or_else(|_| {
            NaiveDate::parse_from_str(value, "%Y-%m-%d").map(|day| day.and_time(chrono::NaiveTime::MIN))
        })
        .ok()?;
    let month = || FRENCH_MONTHS.get(instant.month0() as usize).copied().unwrap_or_default();
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if let Some((quoted, after)) = rest.strip_prefix('\'').and_then(|r| r.split_once('\'')) {
            out.push_str(quoted);
            rest = after;
            continue;
        }
        let run = rest.len() - rest.trim_start_matches(first).len();
        let (token, after) = rest.split_at(run);
        match (first, run) {
            ('Y' | 'y', 2) => out.push_str(&format!("{:02}", instant.year().rem_euclid(100))),
            ('Y' | 'y', _) => out.push_str(&format!("{:04}", instant.year())),
            ('M', 1) => out.push_str(&instant.month().to_string()),
            ('M', 2) => out.push_str(&format!("{:02}", instant.month())),
            ('M', 3) => out.extend(month().chars().take(4)),
            ('M', _) => out.push_str(month()),
            ('D' | 'd', 1) => out.push_str(&instant.day().to_string()),
            ('D' | 'd', 2) => out.push_str(&format!("{:02}", instant.day())),
            ('h' | 'H', _) => out.push_str(&format!("{:02}", instant.hour())),
            ('m', _) => out.push_str(&format!("{:02}", instant.minute())),
            ('s', _) => out.push_str(&format!("{:02}", instant.second())),
            _ => out.push_str(token),
        }
        rest = after;
    }
    Some(out)
}
