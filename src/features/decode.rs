//! PostgreSQL's binary values, read without copying where they allow it.

use crate::model::{ColumnType, Value};
use crate::store::{FromSql, Type};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::borrow::Cow;

/// Whether a column of the database has the type that the layer states, so that [`value`] can read it.
pub(super) fn reads(kind: ColumnType, found: &Type) -> bool {
    match kind {
        // Also types that text was altered to by hand, such as `varchar`.
        ColumnType::Text => <&str as FromSql>::accepts(found),
        ColumnType::Integer => *found == Type::INT4,
        ColumnType::BigInteger => *found == Type::INT8,
        ColumnType::Real => *found == Type::FLOAT8,
        ColumnType::Decimal => *found == Type::NUMERIC,
        ColumnType::Boolean => *found == Type::BOOL,
        ColumnType::Date => *found == Type::DATE,
        ColumnType::Time => *found == Type::TIME,
        ColumnType::Timestamp => *found == Type::TIMESTAMPTZ,
        ColumnType::Json => *found == Type::JSONB,
        ColumnType::Binary => *found == Type::BYTEA,
    }
}

/// The value of a column's bytes. What chrono can't hold, such as the infinite days of PostgreSQL, is null.
pub(super) fn value(raw: &[u8], kind: ColumnType) -> Value<'_> {
    let found = match kind {
        ColumnType::Text => std::str::from_utf8(raw).ok().map(|v| Value::Text(Cow::Borrowed(v))),
        ColumnType::Integer => number(raw).map(|v| Value::Integer(i64::from(i32::from_be_bytes(v)))),
        ColumnType::BigInteger => number(raw).map(|v| Value::Integer(i64::from_be_bytes(v))),
        ColumnType::Real => number(raw).map(|v| Value::Real(f64::from_be_bytes(v))),
        ColumnType::Decimal => numeric(raw).map(|v| Value::Decimal(Cow::Owned(v))),
        ColumnType::Boolean => raw.first().map(|v| Value::Boolean(*v != 0)),
        ColumnType::Date => number(raw).and_then(|v| day(i32::from_be_bytes(v))).map(Value::Date),
        ColumnType::Time => number(raw).and_then(|v| time(i64::from_be_bytes(v))).map(Value::Time),
        ColumnType::Timestamp => {
            number(raw).and_then(|v| instant(i64::from_be_bytes(v))).map(Value::Timestamp)
        }
        // A version byte, then the text.
        ColumnType::Json => raw
            .split_first()
            .and_then(|(_, text)| std::str::from_utf8(text).ok())
            .map(|v| Value::Json(Cow::Borrowed(v))),
        ColumnType::Binary => Some(Value::Binary(Cow::Borrowed(raw))),
    };
    found.unwrap_or(Value::Null)
}

fn number<const BYTES: usize>(raw: &[u8]) -> Option<[u8; BYTES]> {
    raw.try_into().ok()
}

/// PostgreSQL counts days and microseconds from 2000-01-01.
fn day(days: i32) -> Option<NaiveDate> {
    const FIRST: i32 = 730_120;
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(FIRST)?)
}

/// `24:00` is midnight.
fn time(microseconds: i64) -> Option<NaiveTime> {
    let within = microseconds.rem_euclid(86_400_000_000);
    let seconds = u32::try_from(within / 1_000_000).ok()?;
    let nanoseconds = u32::try_from(within % 1_000_000 * 1000).ok()?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanoseconds)
}

fn instant(microseconds: i64) -> Option<DateTime<Utc>> {
    const FIRST: i64 = 946_684_800_000_000;
    DateTime::from_timestamp_micros(microseconds.checked_add(FIRST)?)
}

/// Whether bytes are the binary form of some value of a type, so that PostgreSQL takes them as one.
pub(super) fn is_value(raw: &[u8], kind: ColumnType) -> bool {
    match kind {
        ColumnType::Text => !raw.contains(&0) && std::str::from_utf8(raw).is_ok(),
        ColumnType::Boolean => raw.len() == 1,
        ColumnType::Integer | ColumnType::Date => raw.len() == 4,
        ColumnType::BigInteger | ColumnType::Real | ColumnType::Time | ColumnType::Timestamp => {
            raw.len() == 8
        }
        ColumnType::Decimal => numeric(raw).is_some(),
        ColumnType::Json => {
            matches!(raw, [1, json @ ..] if serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok())
        }
        ColumnType::Binary => true,
    }
}

/// The exact decimal notation of a binary `numeric`: groups of four digits, the weight of the first, a
/// sign and the number of decimals to show.
pub(super) fn numeric(raw: &[u8]) -> Option<String> {
    let word = |at: usize| -> Option<i16> {
        let bytes = raw.get(at * 2..at * 2 + 2)?;
        Some(i16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))
    };
    let groups = i32::from(word(0)?);
    let weight = i32::from(word(1)?);
    let decimals = usize::from(word(3)?.cast_unsigned());
    let mut text = String::new();
    match word(2)?.cast_unsigned() {
        0x0000 => {}
        0x4000 => text.push('-'),
        0xC000 => return Some("NaN".to_owned()),
        0xD000 => return Some("Infinity".to_owned()),
        0xF000 => return Some("-Infinity".to_owned()),
        _ => return None,
    }
    let group = |place: i32| -> Option<i16> {
        if (0..groups).contains(&place) { word(4 + usize::try_from(place).ok()?) } else { Some(0) }
    };
    if weight < 0 {
        text.push('0');
    }
    for place in 0..=weight {
        let digits = group(place)?;
        if place == 0 { text += &digits.to_string() } else { text += &format!("{digits:04}") }
    }
    if decimals > 0 {
        text.push('.');
        let end = text.len() + decimals;
        let mut place = weight + 1;
        while text.len() < end {
            text += &format!("{:04}", group(place)?);
            place += 1;
        }
        text.truncate(end);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(words: &[i16]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_be_bytes()).collect()
    }

    #[test]
    fn decimals_keep_every_digit() {
        // Groups, weight, sign, decimals, then the groups.
        assert_eq!(numeric(&binary(&[2, 0, 0, 3, 238, 4680])).as_deref(), Some("238.468"));
        assert_eq!(numeric(&binary(&[1, -1, 0x4000, 2, 500])).as_deref(), Some("-0.05"));
        assert_eq!(numeric(&binary(&[1, -2, 0, 8, 1])).as_deref(), Some("0.00000001"));
        assert_eq!(numeric(&binary(&[1, 2, 0, 0, 12])).as_deref(), Some("1200000000"));
        assert_eq!(numeric(&binary(&[0, 0, 0, 2])).as_deref(), Some("0.00"));
        assert_eq!(numeric(&binary(&[0, 0, -0x4000, 0])).as_deref(), Some("NaN"));
    }

    #[test]
    fn days_and_times_are_counted_from_the_year_2000() {
        assert_eq!(day(0).map(|d| d.to_string()).as_deref(), Some("2000-01-01"));
        assert_eq!(day(-1).map(|d| d.to_string()).as_deref(), Some("1999-12-31"));
        assert_eq!((day(i32::MAX), day(i32::MIN)), (None, None));
        assert_eq!(time(86_399_999_999).map(|t| t.to_string()).as_deref(), Some("23:59:59.999999"));
        assert_eq!(time(86_400_000_000).map(|t| t.to_string()).as_deref(), Some("00:00:00"));
        assert_eq!(instant(-1).map(|t| t.to_rfc3339()).as_deref(), Some("1999-12-31T23:59:59.999999+00:00"));
        assert_eq!((instant(i64::MAX), instant(i64::MIN)), (None, None));
    }

    #[test]
    fn bytes_of_another_length_are_no_value() {
        for kind in [ColumnType::Integer, ColumnType::Real, ColumnType::Date, ColumnType::Timestamp] {
            assert_eq!(value(&[1, 2, 3], kind), Value::Null);
            assert_eq!(value(&[], kind), Value::Null);
        }
        assert_eq!(value(&[0xff], ColumnType::Text), Value::Null);
    }

    #[test]
    fn a_decimal_cut_short_is_no_value() {
        let whole = binary(&[2, 0, 0, 3, 238, 4680]);
        for cut in 0..whole.len() {
            assert_eq!(numeric(&whole[..cut]), None, "cut at {cut}");
        }
    }
}
