//! Literals as clients write them, turned into values of the type they are compared with.

use super::ast::Literal;
use super::error::{FilterError, excerpt};
use super::sql::SqlBuilder;
use crate::model::ColumnType;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};

/// What can be compared with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `integer` and `bigint`.
    Integer,
    /// `numeric`.
    Decimal,
    /// `double precision`.
    Real,
    /// `text`, and JSON as text.
    Text,
    Boolean,
    Date,
    Time,
    Timestamp,
    Binary,
    /// A set of values: a JSON array.
    Set,
}

impl Kind {
    pub(super) const fn of(column: ColumnType) -> Self {
        match column {
            ColumnType::Integer | ColumnType::BigInteger => Self::Integer,
            ColumnType::Decimal => Self::Decimal,
            ColumnType::Real => Self::Real,
            ColumnType::Text | ColumnType::Json => Self::Text,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Date => Self::Date,
            ColumnType::Time => Self::Time,
            ColumnType::Timestamp => Self::Timestamp,
            ColumnType::Binary => Self::Binary,
        }
    }

    pub(super) const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal | Self::Real)
    }

    pub(super) const fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }

    /// The type in SQL.
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::Integer => "bigint",
            Self::Decimal => "numeric",
            Self::Real => "float8",
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamptz",
            Self::Binary => "bytea",
            Self::Set => "jsonb",
        }
    }

    /// For messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Integer | Self::Decimal | Self::Real => "number",
            Self::Text => "text",
            Self::Boolean => "truth value (true or false)",
            Self::Date => "date (YYYY-MM-DD)",
            Self::Time => "time (hh:mm:ss)",
            Self::Timestamp => "date and time (YYYY-MM-DDThh:mm:ssZ)",
            Self::Binary => "binary value",
            Self::Set => "set of values",
        }
    }
}

/// A literal's value, ready to be bound.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    Integer(i64),
    /// Decimal notation, checked.
    Decimal(String),
    Real(f64),
    Text(String),
    Boolean(bool),
    Date(NaiveDate),
    Time(NaiveTime),
    Timestamp(DateTime<Utc>),
    /// A JSON array.
    Set(serde_json::Value),
}

impl Bound {
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Integer(_) => Kind::Integer,
            Self::Decimal(_) => Kind::Decimal,
            Self::Real(_) => Kind::Real,
            Self::Text(_) => Kind::Text,
            Self::Boolean(_) => Kind::Boolean,
            Self::Date(_) => Kind::Date,
            Self::Time(_) => Kind::Time,
            Self::Timestamp(_) => Kind::Timestamp,
            Self::Set(_) => Kind::Set,
        }
    }

    pub(super) fn to_sql(&self, sql: &mut SqlBuilder) {
        match self {
            Self::Integer(v) => sql.bind(*v, "bigint"),
            // `numeric` has no binary form here; its text is cast by the server, still bound.
            Self::Decimal(v) => sql.bind(v.clone(), "text").push("::numeric"),
            Self::Real(v) => sql.bind(*v, "float8"),
            Self::Text(v) => sql.bind(v.clone(), "text"),
            Self::Boolean(v) => sql.bind(*v, "boolean"),
            Self::Date(v) => sql.bind(*v, "date"),
            Self::Time(v) => sql.bind(*v, "time"),
            Self::Timestamp(v) => sql.bind(*v, "timestamptz"),
            // As text, which the server reads: JSON has no other form that is bound without its own type.
            Self::Set(v) => sql.bind(v.to_string(), "text").push("::jsonb"),
        };
    }
}

/// The literal as a value of a type. Text takes any type that it can be read as; what a language has types
/// for keeps to them. A date literal beside a timestamp, or a timestamp literal beside a date, keeps its own
/// type: the caller knows what a day and an instant have to do with each other.
pub(super) fn bind(literal: &Literal, kind: Kind, what: &str) -> Result<Bound, FilterError> {
    let bound = match literal {
        Literal::Text(text) => return bind_text(text, kind, what),
        Literal::Integer(number) => match kind {
            Kind::Integer | Kind::Decimal => Some(Bound::Integer(*number)),
            #[allow(clippy::cast_precision_loss)]
            Kind::Real => Some(Bound::Real(*number as f64)),
            _ => None,
        },
        Literal::Number(number) if number.is_finite() => match kind {
            Kind::Integer | Kind::Decimal => super::literal::number(&number.to_string()),
            Kind::Real => Some(Bound::Real(*number)),
            _ => None,
        },
        Literal::Boolean(truth) => (kind == Kind::Boolean).then_some(Bound::Boolean(*truth)),
        Literal::Date(day) => kind.is_temporal().then_some(Bound::Date(*day)),
        Literal::Timestamp(instant) => kind.is_temporal().then_some(Bound::Timestamp(*instant)),
        Literal::Number(_) | Literal::Geometry(_) | Literal::Null => None,
    };
    bound.ok_or_else(|| unfit(&text_of(literal), kind, what))
}

fn unfit(text: &str, kind: Kind, what: &str) -> FilterError {
    FilterError::Literal { value: excerpt(text), expected: kind.name(), what: what.to_owned() }
}

fn bind_text(text: &str, kind: Kind, what: &str) -> Result<Bound, FilterError> {
    let trimmed = text.trim();
    let bound = match kind {
        Kind::Integer | Kind::Decimal => number(trimmed),
        Kind::Real => number(trimmed)
            .and_then(|_| trimmed.parse::<f64>().ok())
            .filter(|v| v.is_finite())
            .map(Bound::Real),
        Kind::Text => return plain_text(text.to_owned()).map(Bound::Text),
        Kind::Boolean => boolean(trimmed).map(Bound::Boolean),
        Kind::Date | Kind::Timestamp => {
            date(trimmed).map(Bound::Date).or_else(|| timestamp(trimmed).map(Bound::Timestamp))
        }
        Kind::Time => time(trimmed).map(Bound::Time),
        Kind::Binary | Kind::Set => None,
    };
    bound.ok_or_else(|| unfit(text, kind, what))
}

/// The literal as text.
pub(super) fn text_of(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => number.to_string(),
        Literal::Integer(number) => number.to_string(),
        Literal::Boolean(truth) => truth.to_string(),
        Literal::Date(day) => day.to_string(),
        Literal::Timestamp(instant) => instant.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        Literal::Geometry(_) => "a geometry".to_owned(),
        Literal::Null => "null".to_owned(),
    }
}

/// Text that PostgreSQL can hold.
pub(super) fn plain_text(text: String) -> Result<String, FilterError> {
    if text.contains('\0') {
        return Err(FilterError::Literal {
            value: excerpt(&text.replace('\0', "\u{fffd}")),
            expected: "text without NUL characters",
            what: "the comparison".to_owned(),
        });
    }
    Ok(text)
}

/// A number in XML Schema's decimal or double notation, kept exact.
pub(super) fn number(text: &str) -> Option<Bound> {
    const LONGEST: usize = 400;
    const LARGEST_EXPONENT: i32 = 400;
    if text.len() > LONGEST {
        return None;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + decimals.len() == 0 || !digits(whole) || !digits(decimals) {
        return None;
    }
    if exponent.is_empty() || !digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)) {
        return None;
    }
    if exponent.parse::<i32>().ok()?.abs() > LARGEST_EXPONENT {
        return None;
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    Some(plain.parse::<i64>().map_or_else(|_| Bound::Decimal(plain.to_owned()), Bound::Integer))
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// `YYYY-MM-DD`, a zone behind it (xsd:date) left out.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let day = text.get(..10)?;
    let zone = text.get(10..)?;
    let zoned = zone.is_empty()
        || zone == "Z"
        || (zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes().get(3) == Some(&b':'));
    // Years of four digits, so that every day fits the database.
    let plain = day
        .bytes()
        .enumerate()
        .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !zoned || !plain || day.starts_with("0000") {
        return None;
    }
    NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()
}

/// RFC 3339 and xsd:dateTime; without a zone it is UTC.
pub(super) fn timestamp(text: &str) -> Option<DateTime<Utc>> {
    date(text.get(..10)?)?;
    let text = text.replacen(' ', "T", 1);
    if let Ok(instant) = DateTime::parse_from_rfc3339(&text) {
        return Some(instant.with_timezone(&Utc));
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%MZ"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok())
        .map(|local| local.and_utc())
}

fn time(text: &str) -> Option<NaiveTime> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    NaiveTime::parse_from_str(text, "%H:%M:%S%.f").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_exact_and_nonsense_is_none() {
        assert_eq!(number("12"), Some(Bound::Integer(12)));
        assert_eq!(number("+7"), Some(Bound::Integer(7)));
        assert_eq!(number("12.50"), Some(Bound::Decimal("12.50".into())));
        assert_eq!(number("99999999999999999999"), Some(Bound::Decimal("99999999999999999999".into())));
        assert_eq!(number("-1.5e3"), Some(Bound::Decimal("-1.5e3".into())));
        for bad in ["", ".", "-", "1e", "e5", "0x10", "1,5", "NaN", "inf", "1e9999", "1 2", "--1", "1;drop"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_and_instants_are_told_apart() {
        let day = NaiveDate::from_ymd_opt(2021, 8, 2).expect("day");
        assert_eq!(date("2021-08-02"), Some(day));
        assert_eq!(date("2021-08-02Z"), Some(day));
        assert_eq!(date("2021-08-02T10:00:00Z"), None);
        for bad in ["2021-13-01", "2021-02-30", "21-1-1", "2021-08-0é", "0000-01-01", "", "2021/08/02"] {
            assert_eq!(date(bad), None, "{bad}");
        }
        let noon = day.and_hms_opt(12, 0, 0).expect("noon").and_utc();
        for text in
            ["2021-08-02T12:00:00Z", "2021-08-02T14:00:00+02:00", "2021-08-02 12:00:00", "2021-08-02T12:00"]
        {
            assert_eq!(timestamp(text), Some(noon), "{text}");
        }
        assert_eq!(timestamp("2021-08-02T25:00:00Z"), None);
    }

    #[test]
    fn a_literal_of_another_type_is_named() {
        let error =
            bind(&Literal::Text("douze".into()), Kind::Integer, "property 'pop'").expect_err("refused");
        assert_eq!(error.to_string(), "'douze' is not a number, which property 'pop' needs");
        assert!(bind(&Literal::Text("a\0b".into()), Kind::Text, "x").is_err());
        assert_eq!(bind(&Literal::Text(" 1 ".into()), Kind::Boolean, "x"), Ok(Bound::Boolean(true)));
    }
}
