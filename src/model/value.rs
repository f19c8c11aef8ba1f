//! Values of attributes, on their way from a row to an encoder.

use super::Column;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::borrow::Cow;

/// A value, borrowed from the row where it can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// Whole number of 32 or 64 bits.
    Integer(i64),
    /// Double.
    Real(f64),
    /// Exact decimal, in its decimal notation without exponent (`NaN` excepted).
    Decimal(Cow<'a, str>),
    /// Truth value.
    Boolean(bool),
    /// Day.
    Date(NaiveDate),
    /// Time of day.
    Time(NaiveTime),
    /// Instant.
    Timestamp(DateTime<Utc>),
    /// JSON text.
    Json(Cow<'a, str>),
    /// Bytes.
    Binary(Cow<'a, [u8]>),
}

/// A feature on its way to an encoder.
#[derive(Clone, Copy, Debug)]
pub struct FeatureRef<'a> {
    /// Identifier in its layer.
    pub fid: i64,
    /// EWKB in x, y order; `None` when the geometry is null or was not asked for.
    pub geometry: Option<&'a [u8]>,
    /// The attributes that were asked for.
    pub columns: &'a [Column],
    /// Their values, as many as `columns`.
    pub values: &'a [Value<'a>],
}
