//! Rows and cells (ECMA-376 part 1 clause 18.3).

use super::package::style;
use crate::formats::gml::push_escaped;
use crate::formats::number::push_integer;
use crate::formats::text::{plain, push_plain};
use crate::model::Value;
use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc};
use std::io::Write;

/// Rows of a sheet.
pub(super) const ROWS: u32 = 1_048_576;

/// Columns of a sheet.
pub(super) const COLUMNS: usize = 16_384;

/// Characters of a cell, as UTF-16 counts them.
pub(super) const CHARACTERS: usize = 32_767;

/// What stands before the rows. The first row stays in sight.
pub(super) const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
<sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>\
<sheetFormatPr defaultRowHeight=\"15\"/><sheetData>";

/// What stands behind the rows.
pub(super) const TAIL: &str = "</sheetData></worksheet>";

/// The letters of a column, which counts from 0: `A` to `XFD`.
pub(super) fn letters(column: usize) -> String {
    let mut letters = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.insert(0, char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    letters
}

/// A row that is being written.
pub(super) struct Row<'a> {
    out: &'a mut Vec<u8>,
    number: u32,
}

impl<'a> Row<'a> {
    /// Begins a row; rows count from 1.
    pub(super) fn begin(number: u32, out: &'a mut Vec<u8>) -> Self {
        let _ = write!(out, "<row r=\"{number}\">");
        Self { out, number }
    }

    /// Ends it.
    pub(super) fn end(self) {
        self.out.extend_from_slice(b"</row>");
    }

    fn open(&mut self, column: &str, attributes: &str) {
        let _ = write!(self.out, "<c r=\"{column}{}\"{attributes}>", self.number);
    }

    /// A text, which must not be longer than a cell.
    pub(super) fn text(&mut self, column: &str, text: &str) {
        self.open(column, " t=\"inlineStr\"");
        self.inline(text);
    }

    /// A name of a column.
    pub(super) fn name(&mut self, column: &str, text: &str) {
        self.open(column, &format!(" s=\"{}\" t=\"inlineStr\"", style::NAME));
        self.inline(text);
    }

    fn inline(&mut self, text: &str) {
        let is_bare = !text.contains(['\n', '\t']) && text.trim().len() == text.len();
        self.out.extend_from_slice(if is_bare { b"<is><t>" } else { b"<is><t xml:space=\"preserve\">" });
        push_text(text, self.out);
        self.out.extend_from_slice(b"</t></is></c>");
    }

    /// A number that a spreadsheet holds exactly.
    pub(super) fn number(&mut self, column: &str, number: f64) {
        self.styled(column, number, 0);
    }

    fn styled(&mut self, column: &str, number: f64, style: u32) {
        if style == 0 {
            self.open(column, "");
        } else {
            self.open(column, &format!(" s=\"{style}\""));
        }
        self.out.extend_from_slice(b"<v>");
        push_plain(&Value::Real(number), self.out);
        self.out.extend_from_slice(b"</v></c>");
    }

    /// A value in its type; false when it is a text longer than a cell, of which the beginning was written.
    pub(super) fn value(&mut self, column: &str, value: &Value<'_>) -> bool {
        match value {
            Value::Null => {}
            Value::Integer(number) if number.unsigned_abs() < 1_000_000_000_000_000 => {
                self.open(column, "");
                self.out.extend_from_slice(b"<v>");
                push_integer(*number, self.out);
                self.out.extend_from_slice(b"</v></c>");
            }
            Value::Real(number) if number.is_finite() => self.styled(column, *number, 0),
            Value::Decimal(text) if is_exact(text) => {
                self.open(column, "");
                self.out.extend_from_slice(b"<v>");
                self.out.extend_from_slice(text.as_bytes());
                self.out.extend_from_slice(b"</v></c>");
            }
            Value::Boolean(truth) => {
                self.open(column, " t=\"b\"");
                self.out.extend_from_slice(if *truth { b"<v>1</v></c>" } else { b"<v>0</v></c>" });
            }
            Value::Date(day) => match days(*day) {
                Some(days) => self.styled(column, days, style::DATE),
                None => self.text(column, &plain(value)),
            },
            Value::Time(time) => self.styled(column, fraction(*time), style::TIME),
            Value::Timestamp(at) => match moment(*at) {
                Some(moment) => self.styled(column, moment, style::TIMESTAMP),
                None => self.text(column, &plain(value)),
            },
            other => {
                let text = plain(other);
                let (kept, is_whole) = fitting(&text);
                if !kept.is_empty() {
                    self.text(column, kept);
                }
                return is_whole;
            }
        }
        true
    }
}

/// The beginning of a text that a cell holds, and whether that is all of it.
pub(super) fn fitting(text: &str) -> (&str, bool) {
    // No text has more UTF-16 units than bytes.
    if text.len() <= CHARACTERS {
        return (text, true);
    }
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > CHARACTERS {
            return (text.get(..at).unwrap_or_default(), false);
        }
    }
    (text, true)
}

/// Text as `ST_Xstring` (clause 22.9.2.19): what looks like an escape is escaped; characters that XML can't hold
/// are left out.
fn push_text(text: &str, out: &mut Vec<u8>) {
    let is_escape = |rest: &str| {
        let mut bytes = rest.bytes();
        bytes.next() == Some(b'x')
            && bytes.by_ref().take(4).filter(u8::is_ascii_hexdigit).count() == 4
            && bytes.next() == Some(b'_')
    };
    if text.contains("_x") {
        let mut from = 0;
        for (at, _) in text.match_indices('_') {
            let rest = text.get(at + 1..).unwrap_or_default();
            if is_escape(rest) {
                push_escaped(text.get(from..at).unwrap_or_default(), out);
                out.extend_from_slice(b"_x005F_");
                from = at + 1;
            }
        }
        push_escaped(text.get(from..).unwrap_or_default(), out);
    } else {
        push_escaped(text, out);
    }
}

/// Whether a spreadsheet's fifteen digits hold a decimal.
fn is_exact(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits <= 15 && text.ends_with(|c: char| c.is_ascii_digit())
}

/// Days since the end of 1899, as spreadsheets count them; `None` where they count wrongly (1900 had no
/// 29 February) or not at all.
fn days(day: NaiveDate) -> Option<f64> {
    let zero = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    let days = day.signed_duration_since(zero).num_days();
    // 1 March 1900 to 31 December 9999.
    (61..=2_958_465).contains(&days).then(|| i32::try_from(days).map_or(0.0, f64::from))
}

/// The part of a day that has passed.
fn fraction(time: NaiveTime) -> f64 {
    let seconds = f64::from(time.num_seconds_from_midnight());
    (seconds + f64::from(time.nanosecond().min(999_999_999)) / 1e9) / 86_400.0
}

fn moment(at: DateTime<Utc>) -> Option<f64> {
    days(at.date_naive()).map(|days| days + fraction(at.time()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn cell(value: &Value<'_>) -> (String, bool) {
        let mut out = Vec::new();
        let mut row = Row { out: &mut out, number: 7 };
        let is_whole = row.value("B", value);
        (String::from_utf8(out).expect("text"), is_whole)
    }

    #[test]
    fn columns_have_letters() {
        for (column, wanted) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
        {
            assert_eq!(letters(column), wanted);
        }
    }

    #[test]
    fn cells_have_the_type_of_their_value() {
        let day = |y, m, d| Value::Date(NaiveDate::from_ymd_opt(y, m, d).expect("a day"));
        let at = Utc.with_ymd_and_hms(2024, 2, 29, 12, 0, 0).single().expect("an instant");
        let inline = |text: &str| format!("<c r=\"B7\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
        for (value, wanted) in [
            (Value::Null, String::new()),
            (Value::Text("".into()), String::new()),
            (Value::Text("=1+1 & <b>".into()), inline("=1+1 &amp; &lt;b&gt;")),
            (Value::Text("a\u{1}b_x0041_".into()), inline("ab_x005F_x0041_")),
            (Value::Text("_x00".into()), inline("_x00")),
            (Value::Integer(-12), "<c r=\"B7\"><v>-12</v></c>".into()),
            (Value::Integer(1_234_567_890_123_456), inline("1234567890123456")),
            (Value::Real(0.1), "<c r=\"B7\"><v>0.1</v></c>".into()),
            (Value::Real(f64::NAN), inline("NaN")),
            (Value::Decimal("12.50".into()), "<c r=\"B7\"><v>12.50</v></c>".into()),
            (Value::Decimal("1234567890.123456789".into()), inline("1234567890.123456789")),
            (Value::Boolean(true), "<c r=\"B7\" t=\"b\"><v>1</v></c>".into()),
            (day(1900, 3, 1), "<c r=\"B7\" s=\"2\"><v>61</v></c>".into()),
            (day(1900, 2, 28), inline("1900-02-28")),
            (day(2024, 2, 29), "<c r=\"B7\" s=\"2\"><v>45351</v></c>".into()),
            (Value::Timestamp(at), "<c r=\"B7\" s=\"3\"><v>45351.5</v></c>".into()),
            (
                Value::Time(NaiveTime::from_hms_opt(6, 0, 0).expect("a time")),
                "<c r=\"B7\" s=\"4\"><v>0.25</v></c>".into(),
            ),
        ] {
            assert_eq!(cell(&value), (wanted, true));
        }
        assert!(cell(&Value::Text(" a\nb".into())).0.contains("xml:space=\"preserve\""));
    }

    #[test]
    fn a_text_longer_than_a_cell_is_cut_and_said() {
        let (written, is_whole) = cell(&Value::Text("é".repeat(CHARACTERS).into()));
        assert!(is_whole && written.matches('é').count() == CHARACTERS);
        let (written, is_whole) = cell(&Value::Text("é".repeat(CHARACTERS + 1).into()));
        assert!(!is_whole && written.matches('é').count() == CHARACTERS);
        // Each of these takes two units.
        let (written, is_whole) = cell(&Value::Text("😀".repeat(CHARACTERS).into()));
        assert!(!is_whole && written.matches('😀').count() == CHARACTERS / 2);
    }
}
