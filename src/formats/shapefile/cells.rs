//! Values as the text of dBASE fields.

use crate::formats::text::push_plain;
use crate::model::{ColumnType, Value};
use chrono::Datelike;

/// Bytes of a field at most.
pub(super) const WIDEST: usize = 254;

/// Digits of a whole number that every reader takes for one: with more, some make a double of it.
const DIGITS: usize = 18;

/// Characters of a number with decimals that readers have room for.
const NUMBER: usize = 24;

/// What a column's values have in common, learned while they pass.
#[derive(Clone, Debug)]
pub(super) struct Learned {
    kind: ColumnType,
    /// The longest text in bytes.
    width: usize,
    /// The most digits behind the point.
    decimals: usize,
    /// Whether a number stands in scientific notation.
    scientific: bool,
    /// Values that were longer than a field.
    pub(super) cut: u64,
    /// Values that have no form in the field's type and became null.
    pub(super) lost: u64,
}

/// How a field is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    /// dBASE's letter of its type.
    pub(super) letter: u8,
    /// Bytes.
    pub(super) width: u8,
    /// Digits behind the point.
    pub(super) decimals: u8,
    /// Whether values stand at the right end, as numbers do.
    pub(super) is_right: bool,
}

impl Learned {
    pub(super) const fn new(kind: ColumnType) -> Self {
        Self { kind, width: 1, decimals: 0, scientific: false, cut: 0, lost: 0 }
    }

    /// Appends the text of a value and says whether there is one; a text beyond the width of a field is whole
    /// all the same.
    pub(super) fn push(&mut self, value: &Value<'_>, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        match value {
            Value::Null => return false,
            Value::Boolean(truth) => out.push(if *truth { b'T' } else { b'F' }),
            Value::Date(day) if (0..=9999).contains(&day.year()) => {
                out.extend_from_slice(day.format("%Y%m%d").to_string().as_bytes());
            }
            Value::Date(_) => {
                self.lost += 1;
                return false;
            }
            Value::Real(number) if !number.is_finite() => {
                self.lost += 1;
                return false;
            }
            Value::Decimal(text) if !text.ends_with(|c: char| c.is_ascii_digit()) => {
                self.lost += 1;
                return false;
            }
            other => push_plain(other, out),
        }
        let text = out.get(start..).unwrap_or_default();
        self.width = self.width.max(text.len());
        if matches!(value, Value::Real(_) | Value::Decimal(_)) {
            self.scientific |= text.contains(&b'e');
            let decimals = text.iter().rev().position(|b| *b == b'.').unwrap_or(0);
            self.decimals = self.decimals.max(decimals);
        }
        true
    }

    /// The declaration that holds all values.
    pub(super) fn declared(&self) -> Declared {
        let width = u8::try_from(self.width.min(WIDEST)).unwrap_or(u8::MAX);
        let text = Declared { letter: b'C', width, decimals: 0, is_right: false };
        let number = Declared { letter: b'N', is_right: true, ..text };
        match self.kind {
            ColumnType::Boolean => Declared { letter: b'L', width: 1, ..text },
            ColumnType::Date => Declared { letter: b'D', width: 8, ..text },
            ColumnType::Integer | ColumnType::BigInteger if self.width <= DIGITS => number,
            ColumnType::Decimal if self.decimals == 0 && self.width <= DIGITS => number,
            ColumnType::Decimal if self.decimals > 0 && self.width <= NUMBER => {
                Declared { decimals: u8::try_from(self.decimals).unwrap_or(0), ..number }
            }
            ColumnType::Real => {
                // Without decimals readers would take it for a column of whole numbers.
                let decimals = u8::try_from(self.decimals.clamp(1, 15)).unwrap_or(15);
                let letter = if self.scientific { b'F' } else { b'N' };
                Declared { letter, decimals, width: width.max(decimals + 2), ..number }
            }
            _ => text,
        }
    }

    /// What became of the column, for people; empty when nothing did.
    pub(super) fn remarks(&self) -> String {
        let mut remarks = Vec::new();
        let declared = self.declared();
        let is_number = self.kind.is_numeric() && declared.letter == b'C';
        if is_number {
            remarks.push("numbers with more digits than a number field holds, as text".to_owned());
        }
        match self.kind {
            ColumnType::Timestamp => remarks.push("instants in UTC, as text".to_owned()),
            ColumnType::Time => remarks.push("times of day, as text".to_owned()),
            ColumnType::Json => remarks.push("JSON, as text".to_owned()),
            ColumnType::Binary => remarks.push("bytes in base64, as text".to_owned()),
            _ => {}
        }
        if self.cut > 0 {
            let longest = self.width;
            remarks.push(format!(
                "{} values longer than {WIDEST} bytes are cut (the longest has {longest}); they stand whole in the file of long texts",
                self.cut
            ));
        }
        if self.lost > 0 {
            remarks.push(format!("{} values that the field can't hold are empty", self.lost));
        }
        remarks.join("; ")
    }
}

/// The beginning of a text that a field holds, not cut inside a character.
pub(super) fn fitting(text: &[u8]) -> &[u8] {
    if text.len() <= WIDEST {
        return text;
    }
    let is_inside = |at: &usize| text.get(*at).is_some_and(|b| b & 0b1100_0000 == 0b1000_0000);
    let end = (0..=WIDEST).rev().find(|at| !is_inside(at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDate, TimeZone, Utc};

    fn learned(kind: ColumnType, values: &[Value<'_>]) -> (Learned, Vec<String>) {
        let mut learned = Learned::new(kind);
        let texts = values
            .iter()
            .map(|value| {
                let mut out = Vec::new();
                if learned.push(value, &mut out) { String::from_utf8(out).expect("text") } else { "-".into() }
            })
            .collect();
        (learned, texts)
    }

    #[test]
    fn a_field_is_as_wide_as_its_values_and_no_wider() {
        let declared = |kind, values: &[Value<'_>]| {
            let Declared { letter, width, decimals, .. } = learned(kind, values).0.declared();
            (char::from(letter), width, decimals)
        };
        assert_eq!(declared(ColumnType::Text, &[Value::Text("été".into()), Value::Null]), ('C', 5, 0));
        assert_eq!(declared(ColumnType::Text, &[]), ('C', 1, 0));
        assert_eq!(declared(ColumnType::Integer, &[Value::Integer(-12)]), ('N', 3, 0));
        assert_eq!(declared(ColumnType::BigInteger, &[Value::Integer(i64::MIN)]), ('C', 20, 0));
        assert_eq!(declared(ColumnType::BigInteger, &[Value::Integer(10_i64.pow(17))]), ('N', 18, 0));
        assert_eq!(declared(ColumnType::Real, &[Value::Real(5.0)]), ('N', 3, 1));
        assert_eq!(declared(ColumnType::Real, &[Value::Real(0.125), Value::Real(-1.5)]), ('N', 5, 3));
        assert_eq!(declared(ColumnType::Real, &[Value::Real(1e300)]), ('F', 5, 1));
        assert_eq!(declared(ColumnType::Decimal, &[Value::Decimal("12.50".into())]), ('N', 5, 2));
        assert_eq!(declared(ColumnType::Decimal, &[Value::Decimal("1".repeat(40).into())]), ('C', 40, 0));
        assert_eq!(declared(ColumnType::Boolean, &[Value::Boolean(true)]), ('L', 1, 0));
        assert_eq!(declared(ColumnType::Date, &[]), ('D', 8, 0));
    }

    #[test]
    fn values_have_the_form_of_their_field() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).expect("a day");
        let (days, texts) =
            learned(ColumnType::Date, &[Value::Date(day(2024, 2, 29)), Value::Date(day(12_024, 1, 1))]);
        assert_eq!((texts, days.lost), (vec!["20240229".to_owned(), "-".to_owned()], 1));
        assert!(days.remarks().contains("1 values that the field can't hold"));
        let at = Utc.with_ymd_and_hms(2024, 2, 29, 12, 0, 0).single().expect("an instant");
        let (moments, texts) = learned(ColumnType::Timestamp, &[Value::Timestamp(at)]);
        assert_eq!(texts, ["2024-02-29T12:00:00Z"]);
        assert!(moments.remarks().contains("UTC"));
        let (numbers, texts) = learned(ColumnType::Real, &[Value::Real(f64::NAN), Value::Real(0.1)]);
        assert_eq!((texts, numbers.lost), (vec!["-".to_owned(), "0.1".to_owned()], 1));
        assert_eq!(learned(ColumnType::Decimal, &[Value::Decimal("NaN".into())]).1, ["-"]);
        assert_eq!(learned(ColumnType::Text, &[Value::Text("x".into())]).0.remarks(), "");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(fitting("é".repeat(127).as_bytes()).len(), 254);
        assert_eq!(fitting(format!("x{}", "é".repeat(127)).as_bytes()).len(), 253);
        assert_eq!(fitting("😀".repeat(100).as_bytes()).len(), 252);
        assert_eq!(fitting(b"short"), b"short");
    }
}
