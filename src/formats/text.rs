//! Values as plain text, for formats whose cells are text: ISO 8601, no thousands, a point for decimals.

use super::number::push_integer;
use crate::model::{Column, ColumnType, Value};
use base64::Engine;
use chrono::SecondsFormat;
use std::io::Write;

/// Appends a value: truth values as `true` and `false`, days as `2024-02-29`, instants in UTC as
/// `2024-02-29T12:00:00Z`, JSON as it is, bytes as base64; nothing for null.
pub(super) fn push_plain(value: &Value<'_>, out: &mut Vec<u8>) {
    // Writing to a Vec can't fail.
    match value {
        Value::Null => {}
        Value::Text(text) | Value::Json(text) | Value::Decimal(text) => {
            out.extend_from_slice(text.as_bytes());
        }
        Value::Integer(number) => push_integer(*number, out),
        Value::Real(number) => push_real(*number, out),
        Value::Boolean(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Date(day) => {
            let _ = write!(out, "{day}");
        }
        Value::Time(time) => {
            let _ = write!(out, "{time}");
        }
        Value::Timestamp(at) => {
            out.extend_from_slice(at.to_rfc3339_opts(SecondsFormat::AutoSi, true).as_bytes());
        }
        Value::Binary(bytes) => {
            out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(bytes).as_bytes());
        }
    }
}

/// The shortest text that reads back as the same double.
fn push_real(number: f64, out: &mut Vec<u8>) {
    let size = number.abs();
    let _ = if number == 0.0 || !number.is_finite() || (1e-6..1e17).contains(&size) {
        write!(out, "{number}")
    } else {
        write!(out, "{number:e}")
    };
}

/// The same as a text of its own.
pub(super) fn plain(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    push_plain(value, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// The column that names a feature to people: one called so, else the first of text.
pub(super) fn naming_column(columns: &[Column]) -> Option<usize> {
    const NAMES: [&str; 14] = [
        "nom",
        "name",
        "libelle",
        "libellé",
        "titre",
        "title",
        "label",
        "intitule",
        "intitulé",
        "designation",
        "désignation",
        "denomination",
        "dénomination",
        "toponyme",
    ];
    const BEGINNINGS: [&str; 4] = ["nom_", "name_", "lib_", "libelle_"];
    let texts = || columns.iter().enumerate().filter(|(_, c)| c.kind == ColumnType::Text);
    let lower = |c: &Column| c.name.to_lowercase();
    let called = NAMES.iter().find_map(|n| texts().find(|(_, c)| lower(c) == *n));
    let begins = || BEGINNINGS.iter().find_map(|n| texts().find(|(_, c)| lower(c).starts_with(n)));
    called.or_else(begins).or_else(|| texts().next()).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_feature_is_named_by_its_name() {
        let columns = |names: &[(&str, ColumnType)]| -> Vec<Column> {
            names.iter().map(|(n, k)| Column::new(*n, *k)).collect()
        };
        let text = ColumnType::Text;
        let named = |names: &[(&str, ColumnType)]| naming_column(&columns(names));
        assert_eq!(named(&[("code", text), ("NOM", text)]), Some(1));
        assert_eq!(named(&[("code", text), ("nom_com", text), ("label", text)]), Some(2));
        assert_eq!(named(&[("code", text), ("nom_com", text)]), Some(1));
        assert_eq!(named(&[("nom", ColumnType::Integer), ("insee", text)]), Some(1));
        assert_eq!(named(&[("population", ColumnType::Integer)]), None);
    }

    proptest! {
        #[test]
        fn doubles_read_back_as_they_were(number in any::<f64>()) {
            let text = plain(&Value::Real(number));
            let back: f64 = text.parse().expect("a number");
            prop_assert!(back.to_bits() == number.to_bits() || number.is_nan() && back.is_nan(), "{text}");
            prop_assert!(text.len() < 30, "{text}");
        }
    }
}
