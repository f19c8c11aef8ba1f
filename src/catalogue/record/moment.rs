//! Dates as far as they are known: a year, a month, a day or an instant.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How exact a date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    /// `2024`
    Year,
    /// `2024-03`
    Month,
    /// `2024-03-02`
    Day,
    /// `2024-03-02T10:30:00Z`
    Instant,
}

/// A date with its precision; written and stored as text of ISO 8601 (W3C date and time formats).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment {
    /// Its beginning, UTC.
    pub start: DateTime<Utc>,
    /// How much of it is known.
    pub precision: Precision,
}

/// A text that is no date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no date; write it as 2024, 2024-03, 2024-03-02 or 2024-03-02T10:30:00Z")]
pub struct MomentError(pub String);

impl Moment {
    /// An instant, whole seconds.
    #[must_use]
    pub fn instant(at: DateTime<Utc>) -> Self {
        use chrono::SubsecRound;
        Self { start: at.trunc_subsecs(0), precision: Precision::Instant }
    }

    /// The day of an instant, UTC.
    #[must_use]
    pub fn day(at: DateTime<Utc>) -> Self {
        let start = at.date_naive().and_hms_opt(0, 0, 0).map_or(at, |midnight| midnight.and_utc());
        Self { start, precision: Precision::Day }
    }

    /// The same with a precision of a day at least: what `xs:date` can hold.
    #[must_use]
    pub fn as_day(&self) -> String {
        self.start.format("%Y-%m-%d").to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.precision {
            Precision::Year => write!(f, "{}", self.start.format("%Y")),
            Precision::Month => write!(f, "{}", self.start.format("%Y-%m")),
            Precision::Day => write!(f, "{}", self.start.format("%Y-%m-%d")),
            Precision::Instant => f.write_str(&self.start.to_rfc3339_opts(SecondsFormat::Secs, true)),
        }
    }
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        let text = text.trim();
        let bad = || MomentError(text.chars().take(60).collect());
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::instant(time.with_timezone(&Utc)));
        }
        let bare = text.trim_end_matches('Z');
        if let Ok(time) = NaiveDateTime::parse_from_str(bare, "%Y-%m-%dT%H:%M:%S%.f") {
            return Ok(Self::instant(time.and_utc()));
        }
        // A day may carry a zone (`xs:date`), which says nothing that a reader of records needs.
        let (day, precision) = match bare.len() {
            4 => (format!("{bare}-01-01"), Precision::Year),
            7 => (format!("{bare}-01"), Precision::Month),
            _ => (bare.to_owned(), Precision::Day),
        };
        let date = NaiveDate::parse_from_str(&day, "%Y-%m-%d").map_err(|_| bad())?;
        let start = date.and_hms_opt(0, 0, 0).ok_or_else(bad)?.and_utc();
        Ok(Self { start, precision })
    }
}

impl TryFrom<String> for Moment {
    type Error = MomentError;

    fn try_from(text: String) -> Result<Self, MomentError> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

/// A time that content is about; an end that is missing is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// Begin; open when missing.
    pub begin: Option<Moment>,
    /// End; open when missing.
    pub end: Option<Moment>,
}

impl FromStr for Period {
    type Err = MomentError;

    /// `2019/2024`, `2019-01-01/..`, `../2024` (ISO 8601-2 open ends), or one date.
    fn from_str(text: &str) -> Result<Self, MomentError> {
        let bad = || MomentError(text.chars().take(60).collect());
        let side = |text: &str| -> Result<Option<Moment>, MomentError> {
            match text.trim() {
                "" | ".." => Ok(None),
                date => date.parse().map(Some),
            }
        };
        let (begin, end) = match text.split_once('/') {
            Some((begin, end)) => (side(begin)?, side(end)?),
            None => (side(text)?, side(text)?),
        };
        let backwards = begin.zip(end).is_some_and(|(b, e)| b.start > e.start);
        if backwards || begin.is_none() && end.is_none() { Err(bad()) } else { Ok(Self { begin, end }) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |moment: Option<Moment>| moment.map_or_else(|| "..".to_owned(), |m| m.to_string());
        write!(f, "{}/{}", side(self.begin), side(self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_far_as_they_go_and_written_no_further() {
        for (text, start, written) in [
            ("2006", "2006-01-01T00:00:00Z", "2006"),
            ("2006-03", "2006-03-01T00:00:00Z", "2006-03"),
            ("2006-03-26", "2006-03-26T00:00:00Z", "2006-03-26"),
            ("2006-03-26Z", "2006-03-26T00:00:00Z", "2006-03-26"),
            ("2006-03-26T10:30:00+02:00", "2006-03-26T08:30:00Z", "2006-03-26T08:30:00Z"),
            ("2006-03-26T10:30:00", "2006-03-26T10:30:00Z", "2006-03-26T10:30:00Z"),
        ] {
            let read: Moment = text.parse().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(read.start.to_rfc3339_opts(SecondsFormat::Secs, true), start, "{text}");
            assert_eq!(read.to_string(), written, "{text}");
            let json = serde_json::to_string(&read).expect("JSON");
            assert_eq!(serde_json::from_str::<Moment>(&json).expect("back"), read);
        }
        for text in ["", "hier", "2006-13-01", "26/03/2006", "20060326"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn periods_may_be_open_on_one_side_and_never_run_backwards() {
        for (text, written) in [
            ("2019/2024-03", "2019/2024-03"),
            ("2019/..", "2019/.."),
            ("/2024", "../2024"),
            ("2024", "2024/2024"),
        ] {
            assert_eq!(text.parse::<Period>().map(|p| p.to_string()).as_deref(), Ok(written));
        }
        for text in ["", "/", "../..", "2024/2019", "2019/bald"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
