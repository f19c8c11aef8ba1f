//! Values as clients write them, held against the types of their properties before the database sees
//! them. What comes out is the text that PostgreSQL reads as the type.

use super::NewValue;
use crate::model::{Code, Column, ColumnType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde_json::Value as Json;
use std::borrow::Cow;

/// Longest number, in characters; `numeric` would take more than anybody means.
const LONGEST_NUMBER: usize = 400;

/// Why a value can't be taken: the value as it is shown, and what it should be.
#[derive(Debug, PartialEq)]
pub(super) struct Misfit {
    pub(super) value: String,
    pub(super) expected: Cow<'static, str>,
}

/// The text form of a value of a column; `None` is null.
pub(super) fn text_of(value: &NewValue, column: &Column) -> Result<Option<String>, Misfit> {
    let misfit = |value: &str, expected| Misfit { value: excerpt(value), expected };
    let of_another_type = |value: &str| misfit(value, expected(column.kind).into());
    let text = match value {
        NewValue::Null | NewValue::Json(Json::Null) => return Ok(None),
        NewValue::Geometry(_) => return Err(of_another_type("a geometry")),
        NewValue::Text(text) => lexical(text, column.kind).ok_or_else(|| of_another_type(text))?,
        NewValue::Json(json) => {
            from_json(json, column.kind).ok_or_else(|| of_another_type(&json.to_string()))?
        }
    };
    if column.codes.is_empty() || column.codes.iter().any(|code| code.value == text) {
        return Ok(Some(text));
    }
    Err(misfit(&text, one_of(&column.codes).into()))
}

/// The values of a code list, for people.
fn one_of(codes: &[Code]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<String> = codes.iter().take(SHOWN).map(|code| excerpt(&code.value)).collect();
    let more = if codes.len() > SHOWN { ", …" } else { "" };
    format!("it must be one of its code list: {}{more}", shown.join(", "))
}

/// What a value must be, for people.
pub(super) const fn expected(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "it must be text without NUL characters",
        ColumnType::Integer => "it must be a whole number from -2147483648 to 2147483647",
        ColumnType::BigInteger => {
            "it must be a whole number from -9223372036854775808 to 9223372036854775807"
        }
        ColumnType::Real => "it must be a finite number",
        ColumnType::Decimal => "it must be a decimal number of at most 400 digits",
        ColumnType::Boolean => "it must be true or false",
        ColumnType::Date => "it must be a date, such as 2024-12-31",
        ColumnType::Time => "it must be a time of day, such as 14:30:00",
        ColumnType::Timestamp => "it must be a date and time, such as 2024-12-31T14:30:00Z",
        ColumnType::Json => "it must be JSON without NUL characters",
        ColumnType::Binary => "it must be bytes in base64",
    }
}

/// XML Schema's lexical forms (part 2). Space around anything but text has no meaning.
fn lexical(text: &str, kind: ColumnType) -> Option<String> {
    let trimmed = text.trim();
    match kind {
        ColumnType::Text => plain(text),
        ColumnType::Integer => whole(trimmed)?.parse::<i32>().ok().map(|v| v.to_string()),
        ColumnType::BigInteger => whole(trimmed)?.parse::<i64>().ok().map(|v| v.to_string()),
        ColumnType::Real => real(decimal(trimmed)?),
        ColumnType::Decimal => decimal(trimmed).map(str::to_owned),
        ColumnType::Boolean => boolean(trimmed),
        ColumnType::Date => date(trimmed).map(|d| d.to_string()),
        ColumnType::Time => time(trimmed).map(|t| t.to_string()),
        ColumnType::Timestamp => timestamp(trimmed).map(|t| t.to_rfc3339()),
        ColumnType::Json => json_text(&serde_json::from_str(trimmed).ok()?),
        ColumnType::Binary => bytes(trimmed),
    }
}

/// JSON's own types: a number is no text and a text no number.
fn from_json(json: &Json, kind: ColumnType) -> Option<String> {
    match (kind, json) {
        (ColumnType::Json, any) => json_text(any),
        (ColumnType::Boolean, Json::Bool(truth)) => Some(truth.to_string()),
        (ColumnType::Integer, Json::Number(n)) => {
            whole_number(n).and_then(|v| i32::try_from(v).ok()).map(|v| v.to_string())
        }
        (ColumnType::BigInteger, Json::Number(n)) => whole_number(n).map(|v| v.to_string()),
        (ColumnType::Real, Json::Number(n)) => real(&n.to_string()),
        (ColumnType::Decimal, Json::Number(n)) => decimal(&n.to_string()).map(str::to_owned),
        // Decimals with more digits than JSON's numbers keep.
        (ColumnType::Decimal, Json::String(text)) => lexical(text, kind),
        (
            ColumnType::Text
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::Timestamp
            | ColumnType::Binary,
            Json::String(text),
        ) => lexical(text, kind),
        _ => None,
    }
}

/// PostgreSQL can't hold NUL in text.
fn plain(text: &str) -> Option<String> {
    (!text.contains('\0')).then(|| text.to_owned())
}

/// Digits with a sign; `+` goes.
fn whole(text: &str) -> Option<&str> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.strip_prefix('+').unwrap_or(text))
}

/// A JSON number without a fraction, also as `3.0` or `1e3`.
fn whole_number(number: &serde_json::Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    // Beyond 2^53 a double is no exact number any more.
    let real = number.as_f64().filter(|v| v.fract() == 0.0 && v.abs() <= 9_007_199_254_740_992.0)?;
    #[allow(clippy::cast_possible_truncation, reason = "checked just before")]
    Some(real as i64)
}

/// A number in decimal or exponent notation, kept as it is written.
fn decimal(text: &str) -> Option<&str> {
    const LARGEST_EXPONENT: i32 = 400;
    if text.len() > LONGEST_NUMBER {
        return None;
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    let unsigned = plain.strip_prefix('-').unwrap_or(plain);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let well_formed = integer.len() + fraction.len() > 0
        && digits(integer)
        && digits(fraction)
        && !exponent_digits.is_empty()
        && digits(exponent_digits)
        && exponent.parse::<i32>().ok()?.abs() <= LARGEST_EXPONENT;
    well_formed.then_some(plain)
}

/// What is too small for a double becomes zero here; the database would refuse it.
fn real(text: &str) -> Option<String> {
    text.parse::<f64>().ok().filter(|v| v.is_finite()).map(|v| v.to_string())
}

fn boolean(text: &str) -> Option<String> {
    let truth = match text {
        "1" => true,
        "0" => false,
        _ if text.eq_ignore_ascii_case("true") => true,
        _ if text.eq_ignore_ascii_case("false") => false,
        _ => return None,
    };
    Some(truth.to_string())
}

/// `YYYY-MM-DD`; a zone behind it (xsd:date) is left out.
fn date(text: &str) -> Option<NaiveDate> {
    let (day, zone) = (text.get(..10)?, text.get(10..)?);
    let zoned = zone.is_empty() || zone == "Z" || is_offset(zone);
    // Years of four digits, so that every day fits the database and its text form.
    let shaped = day
        .bytes()
        .enumerate()
        .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !zoned || !shaped || day.starts_with("0000") {
        return None;
    }
    NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()
}

/// `+hh:mm`
fn is_offset(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 6
        && matches!(bytes.first(), Some(b'+' | b'-'))
        && bytes
            .iter()
            .enumerate()
            .skip(1)
            .all(|(at, b)| if at == 3 { *b == b':' } else { b.is_ascii_digit() })
}

/// xsd:dateTime and RFC 3339; without a zone it is UTC.
fn timestamp(text: &str) -> Option<DateTime<Utc>> {
    date(text.get(..10)?)?;
    let text = text.replacen(' ', "T", 1);
    let instant = DateTime::parse_from_rfc3339(&text).map(|t| t.with_timezone(&Utc)).ok().or_else(|| {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%MZ"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok())
            .map(|local| local.and_utc())
    })?;
    // A zone may move the first or last instants out of the years that have a text form.
    (1..=9999).contains(&instant.year()).then_some(instant)
}

/// `hh:mm:ss`, with fractions; a zone is left out only where it is UTC.
fn time(text: &str) -> Option<NaiveTime> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    NaiveTime::parse_from_str(text, "%H:%M:%S%.f").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M")).ok()
}

fn json_text(json: &Json) -> Option<String> {
    // jsonb can hold any text but NUL.
    (!holds_nul(json)).then(|| json.to_string())
}

fn holds_nul(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Array(all) => all.iter().any(holds_nul),
        Json::Object(all) => all.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// From base64, in lines or not, to `\x…`.
fn bytes(text: &str) -> Option<String> {
    use std::fmt::Write;
    let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(packed).ok()?;
    let mut hex = String::with_capacity(2 + bytes.len() * 2);
    hex.push_str("\\x");
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Some(hex)
}

/// At most this many characters of what a client sent are repeated; none that a terminal obeys.
pub(super) fn excerpt(text: &str) -> String {
    const KEPT: usize = 100;
    let mut short: String =
        text.chars().take(KEPT).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(KEPT).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn column(kind: ColumnType) -> Column {
        Column::new("p", kind)
    }

    fn read(text: &str, kind: ColumnType) -> Option<String> {
        text_of(&NewValue::Text(text.into()), &column(kind)).ok().flatten()
    }

    fn read_json(json: Json, kind: ColumnType) -> Option<String> {
        text_of(&NewValue::Json(json), &column(kind)).ok().flatten()
    }

    #[test]
    fn lexical_forms_become_what_the_database_reads() {
        for (kind, text, read_as) in [
            (ColumnType::Text, " l'été \n", " l'été \n"),
            (ColumnType::Integer, " +7\n", "7"),
            (ColumnType::Integer, "-2147483648", "-2147483648"),
            (ColumnType::BigInteger, "9223372036854775807", "9223372036854775807"),
            (ColumnType::Real, "1e3", "1000"),
            (ColumnType::Real, "1e-400", "0"),
            (ColumnType::Decimal, "12345678901234567890.000100", "12345678901234567890.000100"),
            (ColumnType::Boolean, "1", "true"),
            (ColumnType::Boolean, "FALSE", "false"),
            (ColumnType::Date, "2021-08-02Z", "2021-08-02"),
            (ColumnType::Date, "2021-08-02+02:00", "2021-08-02"),
            (ColumnType::Time, "08:05:01.5", "08:05:01.500"),
            (ColumnType::Timestamp, "2021-08-02T14:00:00+02:00", "2021-08-02T12:00:00+00:00"),
            (ColumnType::Timestamp, "2021-08-02T14:00:00", "2021-08-02T14:00:00+00:00"),
            (ColumnType::Json, " {\"k\": [1, \"é\"]} ", "{\"k\":[1,\"é\"]}"),
            (ColumnType::Json, "\"\\\\u0000\"", "\"\\\\u0000\""),
            (ColumnType::Binary, "AP8=", "\\x00ff"),
            (ColumnType::Binary, "", "\\x"),
        ] {
            assert_eq!(read(text, kind).as_deref(), Some(read_as), "{text} as {kind:?}");
        }
    }

    #[test]
    fn texts_that_are_no_value_of_the_type_are_refused() {
        for (kind, texts) in [
            (ColumnType::Text, &["a\0b"][..]),
            (ColumnType::Integer, &["", "2147483648", "1.5", "1e3", "0x1", "douze", "--1", "1;drop", "١"]),
            (ColumnType::BigInteger, &["9223372036854775808", "", " ", "1_000"]),
            (ColumnType::Real, &["NaN", "INF", "-INF", "inf", "1e999", "1,5", "", "."]),
            (ColumnType::Decimal, &["NaN", "Infinity", "1e9999", "", "-", "1.2.3", "e5"]),
            (ColumnType::Boolean, &["", "2", "vrai", "t"]),
            (ColumnType::Date, &["2021-02-30", "0000-01-01", "12021-01-01", "2021-08-02T10:00", "hier", ""]),
            (ColumnType::Time, &["25:00:00", "10", "10:00:00+02:00", ""]),
            (
                ColumnType::Timestamp,
                &["2021-08-02", "2021-08-02T25:00:00Z", "0001-01-01T00:00:00+02:00", "x"],
            ),
            (ColumnType::Json, &["{", "", "\"\\u0000\"", "{\"\\u0000\":1}", "nul"]),
            (ColumnType::Binary, &["?", "AP8", "é"]),
        ] {
            for text in texts {
                assert_eq!(read(text, kind), None, "{text} as {kind:?}");
            }
        }
        assert_eq!(read(&"9".repeat(401), ColumnType::Decimal), None);
    }

    #[test]
    fn the_type_of_a_json_value_counts() {
        assert_eq!(read_json(json!(3.0), ColumnType::Integer).as_deref(), Some("3"));
        assert_eq!(read_json(json!("3.10"), ColumnType::Decimal).as_deref(), Some("3.10"));
        assert_eq!(read_json(json!("2021-08-02"), ColumnType::Date).as_deref(), Some("2021-08-02"));
        assert_eq!(read_json(json!([1]), ColumnType::Json).as_deref(), Some("[1]"));
        for (json, kind) in [
            (json!(3), ColumnType::Text),
            (json!("3"), ColumnType::Integer),
            (json!(3.5), ColumnType::Integer),
            (json!(1e300), ColumnType::BigInteger),
            (json!(9_007_199_254_740_993_u64 as f64 * 2.0), ColumnType::BigInteger),
            (json!("true"), ColumnType::Boolean),
            (json!(1), ColumnType::Boolean),
            (json!({"a": 1}), ColumnType::Text),
            (json!("\0"), ColumnType::Json),
            (json!(20210802), ColumnType::Date),
        ] {
            assert_eq!(read_json(json.clone(), kind), None, "{json} as {kind:?}");
        }
    }

    #[test]
    fn null_is_a_value_of_every_type_and_empty_text_is_not_null() {
        for value in [NewValue::Null, NewValue::Json(Json::Null)] {
            assert_eq!(text_of(&value, &column(ColumnType::Date)), Ok(None));
        }
        assert_eq!(read("", ColumnType::Text).as_deref(), Some(""));
    }

    #[test]
    fn what_is_refused_is_repeated_only_in_part() {
        let misfit = text_of(&NewValue::Text("x\u{1b}".repeat(5000)), &column(ColumnType::Integer));
        let value = misfit.expect_err("no number").value;
        assert!(value.chars().count() == 101 && !value.contains('\u{1b}'), "{value}");
    }
}
