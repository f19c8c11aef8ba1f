//! PostgreSQL's binary values, read without copying where they allow it.

use crate::model::{ColumnType, Value};
use crate::store::{FromSql, Row, Wire};
use std::borrow::Cow;

/// The value of a column. What doesn't have the type that the layer states (someone altered the table by
/// hand) is null.
pub(super) fn value(row: &Row, index: usize, kind: ColumnType) -> Value<'_> {
    fn get<'a, T: FromSql<'a>>(row: &'a Row, index: usize) -> Option<T> {
        row.try_get::<_, Option<T>>(index).ok().flatten()
    }
    let found = match kind {
        ColumnType::Text => get(row, index).map(|v: &str| Value::Text(Cow::Borrowed(v))),
        ColumnType::Integer => get(row, index).map(|v: i32| Value::Integer(i64::from(v))),
        ColumnType::BigInteger => get(row, index).map(Value::Integer),
        ColumnType::Real => get(row, index).map(Value::Real),
        ColumnType::Decimal => {
            get(row, index).and_then(|v: Wire<&[u8]>| numeric(v.0)).map(|v| Value::Decimal(Cow::Owned(v)))
        }
        ColumnType::Boolean => get(row, index).map(Value::Boolean),
        ColumnType::Date => get(row, index).map(Value::Date),
        ColumnType::Time => get(row, index).map(Value::Time),
        ColumnType::Timestamp => get(row, index).map(Value::Timestamp),
        ColumnType::Json => {
            // A version byte, then the text.
            get(row, index)
                .and_then(|v: Wire<&[u8]>| std::str::from_utf8(v.0.get(1..)?).ok())
                .map(|v| Value::Json(Cow::Borrowed(v)))
        }
        ColumnType::Binary => get(row, index).map(|v: &[u8]| Value::Binary(Cow::Borrowed(v))),
    };
    found.unwrap_or(Value::Null)
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
    fn a_decimal_cut_short_is_no_value() {
        let whole = binary(&[2, 0, 0, 3, 238, 4680]);
        for cut in 0..whole.len() {
            assert_eq!(numeric(&whole[..cut]), None, "cut at {cut}");
        }
    }
}
