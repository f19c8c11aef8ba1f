//! Columns of a layer: their names and types, and their values as PostgreSQL's binary COPY wants them.

use super::codes::Codes;
use super::encoding::{self, Decoder};
use super::geometry::{Tally, Whence};
use super::names::Names;
use super::ogr::{self, Field, Moment, Row};
use super::shapefile::DbfField;
use crate::ingest::{Finding, Level};
use crate::model::{Column, ColumnType};
use chrono::{NaiveDate, NaiveTime};
use gdal::vector::LayerAccess;
use gdal_sys::{OGRFieldSubType as Sub, OGRFieldType as Kind};
use std::borrow::Cow;
use std::ffi::c_int;

/// How a value is read; the type it is stored in follows from it.
#[derive(Clone, Copy)]
enum How {
    Text,
    Integer,
    BigInteger,
    Real,
    Decimal,
    Boolean,
    /// A DBF's logical field, which GDAL answers as text.
    Logical,
    Date,
    Time,
    Timestamp,
    Json,
    List(Kind::Type),
    Binary,
}

impl How {
    fn of(field: &Field, dbf: Option<&DbfField>) -> Self {
        match field.kind {
            _ if dbf.is_some_and(|d| d.kind == b'L') => Self::Logical,
            Kind::OFTInteger if field.subtype == Sub::OFSTBoolean => Self::Boolean,
            Kind::OFTInteger => Self::Integer,
            Kind::OFTInteger64 => Self::BigInteger,
            Kind::OFTReal => match dbf {
                // Software writes doubles as N(24,15), N(23,15), F(19,11) or F(13,11): these are no decimals.
                Some(d) if d.kind == b'N' && (1..=8).contains(&d.decimals) && d.width <= 18 => Self::Decimal,
                None if field.width > 0 && field.precision > 0 => Self::Decimal,
                _ => Self::Real,
            },
            Kind::OFTDate => Self::Date,
            Kind::OFTTime => Self::Time,
            Kind::OFTDateTime => Self::Timestamp,
            Kind::OFTBinary => Self::Binary,
            Kind::OFTIntegerList | Kind::OFTInteger64List | Kind::OFTRealList | Kind::OFTStringList => {
                Self::List(field.kind)
            }
            _ if field.subtype == Sub::OFSTJSON => Self::Json,
            _ => Self::Text,
        }
    }

    const fn column_type(self) -> ColumnType {
        match self {
            Self::Text => ColumnType::Text,
            Self::Integer => ColumnType::Integer,
            Self::BigInteger => ColumnType::BigInteger,
            Self::Real => ColumnType::Real,
            Self::Decimal => ColumnType::Decimal,
            Self::Boolean | Self::Logical => ColumnType::Boolean,
            Self::Date => ColumnType::Date,
            Self::Time => ColumnType::Time,
            Self::Timestamp => ColumnType::Timestamp,
            Self::Json | Self::List(_) => ColumnType::Json,
            Self::Binary => ColumnType::Binary,
        }
    }
}

/// The columns of a layer and what went wrong with their values.
pub(super) struct Columns {
    pub columns: Vec<Column>,
    how: Vec<How>,
    /// Absent for formats whose texts are UTF-8.
    decoder: Option<Decoder>,
    misread: Tally,
    refused: Vec<Tally>,
    /// One a column.
    codes: Vec<Codes>,
    zoneless: u64,
    examples: usize,
}

impl Columns {
    /// Names and types the fields.
    pub(super) fn new(
        fields: &[Field],
        dbf: Option<&[DbfField]>,
        decoder: Option<Decoder>,
        examples: usize,
    ) -> Self {
        let mut names = Names::default();
        let (mut columns, mut how, mut codes) = (Vec::new(), Vec::new(), Vec::new());
        for (index, field) in fields.iter().enumerate() {
            let source = match &decoder {
                Some(decoder) => decoder.decode(&field.name).0,
                None => encoding::decode_utf_8(&field.name).0,
            };
            let name = names.make(&source);
            let read = How::of(field, dbf.and_then(|d| d.get(index)));
            let source_name = (name != source).then(|| source.chars().take(300).collect());
            let column = Column { source_name, ..Column::new(name, read.column_type()) };
            codes.push(Codes::new(&field.codes, column.kind));
            columns.push(column);
            how.push(read);
        }
        let refused = columns.iter().map(|_| Tally::default()).collect();
        Self { columns, how, decoder, misread: Tally::default(), refused, codes, zoneless: 0, examples }
    }

    /// Appends the fields of a COPY tuple up to the geometry: the count, `fid`, the columns.
    pub(super) fn encode(&mut self, row: &Row, whence: Whence, out: &mut Vec<u8>) {
        let count = u16::try_from(self.how.len() + 2).unwrap_or(u16::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        put(out, &whence.fid.to_be_bytes());
        for place in 0..self.how.len() {
            let Some(how) = self.how.get(place).copied() else { continue };
            let Ok(field) = c_int::try_from(place) else { continue };
            if row.is_null(field) {
                out.extend_from_slice(&NULL);
                continue;
            }
            let start = out.len();
            if let Err(reason) = self.value(row, field, how, whence, out) {
                out.truncate(start);
                out.extend_from_slice(&NULL);
                if let (Some(reason), Some(tally)) = (reason, self.refused.get_mut(place)) {
                    tally.add(self.examples, whence, None, &reason);
                }
            } else if let (Some(codes), Some(value)) = (self.codes.get_mut(place), out.get(start + 4..)) {
                codes.look_at(value, self.examples, whence);
            }
        }
    }

    /// `Err(None)` is an ordinary null.
    fn value(
        &mut self,
        row: &Row,
        field: c_int,
        how: How,
        whence: Whence,
        out: &mut Vec<u8>,
    ) -> Result<(), Option<String>> {
        match how {
            How::Text => {
                let (text, is_clean) = decode(self.decoder, row.text(field));
                put(out, text.as_bytes());
                if !is_clean {
                    let shown: String = text.chars().take(60).collect();
                    self.misread.add(self.examples, whence, None, &shown);
                }
            }
            How::Integer => {
                let value = i32::try_from(row.integer(field)).map_err(|_| Some("too large".to_owned()))?;
                put(out, &value.to_be_bytes());
            }
            How::BigInteger => put(out, &row.integer(field).to_be_bytes()),
            How::Real => put(out, &row.real(field).to_be_bytes()),
            How::Decimal => {
                let text = String::from_utf8_lossy(row.text(field));
                if !put_numeric(out, text.trim()) {
                    return Err(Some(format!("'{}' is not a decimal number", text.trim())));
                }
            }
            How::Boolean => put(out, &[u8::from(row.integer(field) != 0)]),
            How::Logical => match row.text(field).first() {
                Some(b'T' | b't' | b'Y' | b'y' | b'1' | b'O' | b'o') => put(out, &[1]),
                Some(b'F' | b'f' | b'N' | b'n' | b'0') => put(out, &[0]),
                _ => return Err(None),
            },
            How::Date => {
                let moment = row.moment(field);
                let days = moment.and_then(|m| days(&m)).ok_or_else(|| not_a_moment(moment))?;
                put(out, &days.to_be_bytes());
            }
            How::Time => {
                let moment = row.moment(field);
                let time = moment.and_then(|m| micros(&m)).ok_or_else(|| not_a_moment(moment))?;
                put(out, &time.to_be_bytes());
            }
            How::Timestamp => {
                let moment = row.moment(field);
                let whole = moment.and_then(|m| {
                    let zone = i64::from(m.zone.unwrap_or(0)) * 60_000_000;
                    Some(i64::from(days(&m)?) * 86_400_000_000 + micros(&m)? - zone)
                });
                put(out, &whole.ok_or_else(|| not_a_moment(moment))?.to_be_bytes());
                self.zoneless += u64::from(moment.is_some_and(|m| m.zone.is_none()));
            }
            How::Json => {
                let (text, _) = decode(self.decoder, row.text(field));
                // jsonb has no place for NUL; what is no JSON is kept as a JSON string.
                let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
                if is_json && !text.contains("\\u0000") {
                    put_json(out, text.as_bytes());
                } else {
                    put_json(
                        out,
                        serde_json::Value::from(text.replace("\\u0000", "")).to_string().as_bytes(),
                    );
                }
            }
            How::List(kind) => put_json(out, row.list(field, kind).to_string().as_bytes()),
            How::Binary => put(out, row.binary(field)),
        }
        Ok(())
    }

    /// The columns as they are published, when all rows have been read.
    pub(super) fn described(&self) -> Vec<Column> {
        let both = self.columns.iter().zip(&self.codes);
        both.map(|(column, codes)| Column { codes: codes.kept(), ..column.clone() }).collect()
    }

    /// What there is to say about names and values.
    pub(super) fn findings(self, fid: impl Fn(Whence) -> i64) -> Vec<Finding> {
        let mut all = Vec::new();
        let renamed: Vec<String> = self
            .columns
            .iter()
            .filter_map(|c| Some(format!("'{}' is now {}", c.source_name.as_ref()?, c.name)))
            .collect();
        if !renamed.is_empty() {
            let shown = renamed.iter().take(self.examples).cloned().collect::<Vec<_>>().join(", ");
            let more = if renamed.len() > self.examples { ", …" } else { "" };
            let message = format!("column names were made safe for every service: {shown}{more}");
            all.push(Finding::new(Level::Info, "column-renamed", message).times(renamed.len() as u64));
        }
        all.extend(self.misread.finding(Level::Warning, "text-misread", &fid, |n| {
            format!(
                "{n} texts do not fit the encoding of the file; check the accents, and load again with --encoding if they are wrong"
            )
        }));
        for (column, tally) in self.columns.iter().zip(self.refused) {
            all.extend(tally.finding(Level::Warning, "value-dropped", &fid, |n| {
                format!(
                    "{n} values of column {} are no {}; they were left empty; correct them in the source",
                    column.name,
                    column.kind.sql()
                )
            }));
        }
        for (column, codes) in self.columns.iter().zip(self.codes) {
            all.extend(codes.finding(&column.name, &fid));
        }
        if self.zoneless > 0 {
            let message = "times without a zone were taken as UTC".to_owned();
            all.push(Finding::new(Level::Info, "time-without-zone", message).times(self.zoneless));
        }
        all
    }
}

/// Makes text of the JSON columns that hold more than objects and lists: GDAL calls JSON what is a number
/// here and a text there, such as the codes of départements. Costs a pass over the layer, when there are any.
pub(super) fn settle_json(layer: &mut impl LayerAccess, fields: &mut [Field]) {
    let json = |f: &Field| f.kind == Kind::OFTString && f.subtype == Sub::OFSTJSON;
    if !fields.iter().any(json) {
        return;
    }
    while let Some(row) = ogr::next(layer) {
        for (index, field) in fields.iter_mut().enumerate().filter(|(_, f)| json(f)) {
            let Ok(index) = c_int::try_from(index) else { continue };
            if !row.is_null(index) && !matches!(row.text(index).first(), Some(b'{' | b'[')) {
                field.subtype = Sub::OFSTNone;
            }
        }
    }
    layer.reset_feature_reading();
}

/// The length -1 of a null field.
pub(super) const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// Appends a field: its length, its bytes. One of more than 2 GB can't come from GDAL.
pub(super) fn put(out: &mut Vec<u8>, value: &[u8]) {
    match i32::try_from(value.len()) {
        Ok(length) => {
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(value);
        }
        Err(_) => out.extend_from_slice(&NULL),
    }
}

fn put_json(out: &mut Vec<u8>, text: &[u8]) {
    // The version of jsonb's binary form comes first.
    let mut value = Vec::with_capacity(text.len() + 1);
    value.push(1);
    value.extend_from_slice(text);
    put(out, &value);
}

fn decode(decoder: Option<Decoder>, bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match decoder {
        None => encoding::decode_utf_8(bytes),
        // A character cut in two by the width of a DBF field is left out.
        Some(decoder) if decoder == Decoder::utf_8() => match std::str::from_utf8(bytes) {
            Err(error) if error.error_len().is_none() => {
                decoder.decode(bytes.get(..error.valid_up_to()).unwrap_or(bytes))
            }
            _ => decoder.decode(bytes),
        },
        Some(decoder) => decoder.decode(bytes),
    }
}

fn not_a_moment(moment: Option<Moment>) -> Option<String> {
    let m = moment?;
    // Zeros are how a DBF writes no date.
    (m.year != 0 || m.month != 0 || m.day != 0).then(|| {
        format!("{:04}-{:02}-{:02} {:02}:{:02}:{}", m.year, m.month, m.day, m.hour, m.minute, m.second)
    })
}

/// Days since 2000-01-01, the epoch of PostgreSQL.
fn days(moment: &Moment) -> Option<i32> {
    let epoch = NaiveDate::from_ymd_opt(2000, 1, 1)?;
    let day = NaiveDate::from_ymd_opt(moment.year, moment.month, moment.day)?;
    i32::try_from(day.signed_duration_since(epoch).num_days()).ok()
}

/// Microseconds since midnight. GDAL keeps milliseconds in a float, so they are rounded.
fn micros(moment: &Moment) -> Option<i64> {
    let milliseconds = (f64::from(moment.second) * 1000.0).round() as i64;
    NaiveTime::from_hms_opt(moment.hour, moment.minute, 0)?;
    (0..61_000).contains(&milliseconds).then(|| {
        (i64::from(moment.hour) * 3600 + i64::from(moment.minute) * 60) * 1_000_000 + milliseconds * 1000
    })
}

/// Appends a decimal notation as `numeric`: groups of four digits around the point. `false` when the text
/// is no plain decimal.
fn put_numeric(out: &mut Vec<u8>, text: &str) -> bool {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) || digits.len() > 1000 {
        return false;
    }
    let whole = whole.trim_start_matches('0');
    let lead = (4 - whole.len() % 4) % 4;
    let mut padded = "0".repeat(lead);
    padded.push_str(whole);
    let groups_before = padded.len() / 4;
    padded.push_str(fraction);
    padded.push_str(&"0".repeat((4 - padded.len() % 4) % 4));
    let mut groups: Vec<u16> = padded
        .as_bytes()
        .chunks(4)
        .map(|four| four.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
        .collect();
    let mut weight = groups_before as i64 - 1;
    while groups.last() == Some(&0) {
        groups.pop();
    }
    let zeros = groups.iter().take_while(|g| **g == 0).count();
    groups.drain(..zeros);
    weight -= zeros as i64;
    if groups.is_empty() {
        weight = 0;
    }
    let mut value = Vec::with_capacity(8 + groups.len() * 2);
    value.extend_from_slice(&(groups.len() as u16).to_be_bytes());
    value.extend_from_slice(&(weight as i16).to_be_bytes());
    let sign: u16 = if negative && !groups.is_empty() { 0x4000 } else { 0 };
    value.extend_from_slice(&sign.to_be_bytes());
    value.extend_from_slice(&(fraction.len() as u16).to_be_bytes());
    for group in groups {
        value.extend_from_slice(&group.to_be_bytes());
    }
    put(out, &value);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(text: &str) -> Option<Vec<i16>> {
        let mut out = Vec::new();
        put_numeric(&mut out, text)
            .then(|| out[4..].chunks(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect())
    }

    #[test]
    fn decimals_become_groups_of_four_digits() {
        assert_eq!(numeric("12.50"), Some(vec![2, 0, 0, 2, 12, 5000]));
        assert_eq!(numeric("-123456.7"), Some(vec![3, 1, 0x4000, 1, 12, 3456, 7000]));
        assert_eq!(numeric("0.00012"), Some(vec![2, -1, 0, 5, 1, 2000]));
        assert_eq!(numeric("0.00"), Some(vec![0, 0, 0, 2]));
        assert_eq!(numeric("10000"), Some(vec![1, 1, 0, 0, 1]));
        for bad in ["", ".", "1e5", "nan", "1,5", "--1", "*****"] {
            assert_eq!(numeric(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_before_1970_and_leap_days_count_right() {
        let day = |year, month, day| Moment { year, month, day, hour: 0, minute: 0, second: 0.0, zone: None };
        assert_eq!(days(&day(2000, 1, 1)), Some(0));
        assert_eq!(days(&day(1899, 12, 31)), Some(-36_525));
        assert_eq!(days(&day(2023, 2, 29)), None);
    }
}
