//! Dates and times of ISO 8601, also those that name a whole year, month, day or hour (OGC 06-042 annex D).

use chrono::{DateTime, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};

/// A stretch of time that a text names, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// Its last, a microsecond before the next one begins.
    pub to: DateTime<Utc>,
}

/// The finest step of timestamps in PostgreSQL.
const STEP: Duration = Duration::microseconds(1);

impl Moment {
    /// Reads `2024`, `2024-05`, `2024-05-01`, `2024-05-01T10Z`, `2024-05-01T10:30Z`, `2024-05-01T10:30:15.5+02:00`; a
    /// time without zone is UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.split_once(['T', ' ']) {
            None => Self::of_date(text),
            Some((date, time)) => Self::of_time(date, time),
        }
    }

    fn of_date(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let digits =
            |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        match parts.as_slice() {
            [year] if digits(year, 4) => Self::year(year.parse().ok()?),
            [year, month] if digits(year, 4) && digits(month, 2) => {
                let first = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
                Self::between(first, first.checked_add_months(Months::new(1))?)
            }
            [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2) => Self::day(
                NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?,
            ),
            _ => None,
        }
    }

    fn of_time(date: &str, time: &str) -> Option<Self> {
        let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
        // A plus sign that nobody encoded arrives as a space.
        let zone = time.find(['Z', 'z', '+', '-', ' ']);
        let (clock, zone) = zone.map_or((time, ""), |at| time.split_at(at));
        let offset = match zone {
            "" | "Z" | "z" => 0,
            zone => zone_minutes(zone)?,
        };
        let (clock, length) = match clock.len() {
            2 => (NaiveTime::from_hms_opt(clock.parse().ok()?, 0, 0)?, Duration::hours(1)),
            5 => (NaiveTime::parse_from_str(clock, "%H:%M").ok()?, Duration::minutes(1)),
            _ => (NaiveTime::parse_from_str(clock, "%H:%M:%S%.f").ok()?, STEP),
        };
        let from = NaiveDateTime::new(date, clock).and_utc().checked_sub_signed(Duration::minutes(offset))?;
        Some(Self { from, to: from.checked_add_signed(length)?.checked_sub_signed(STEP)? })
    }

    /// A year.
    #[must_use]
    pub fn year(year: i32) -> Option<Self> {
        Self::between(
            NaiveDate::from_ymd_opt(year, 1, 1)?,
            NaiveDate::from_ymd_opt(year.checked_add(1)?, 1, 1)?,
        )
    }

    /// A day.
    #[must_use]
    pub fn day(day: NaiveDate) -> Option<Self> {
        Self::between(day, day.succ_opt()?)
    }

    fn between(from: NaiveDate, next: NaiveDate) -> Option<Self> {
        let to = next.and_time(NaiveTime::MIN).and_utc().checked_sub_signed(STEP)?;
        Some(Self { from: from.and_time(NaiveTime::MIN).and_utc(), to })
    }
}

/// `+02:00`, `-0330`, `+2` as minutes.
fn zone_minutes(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("-", rest) => (-1, rest),
        ("+" | " ", rest) => (1, rest),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) =
        if digits.len() <= 2 { (digits.as_str(), "0") } else { digits.split_at(digits.len() - 2) };
    Some(sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?))
}

/// An instant as it is advertised: to the second, or as fine as it is.
pub(super) fn instant_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A step of time: `P1D`, `PT5S`, `P1Y6M` (ISO 8601 duration).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Period {
    months: u32,
    rest: Duration,
}

impl Period {
    /// Reads a duration that is longer than nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.trim().strip_prefix('P')?.split_once('T') {
            Some((date, time)) => (date, time),
            None => (text.trim().strip_prefix('P')?, ""),
        };
        let mut period = Self::default();
        for (count, unit) in counts(date)? {
            match unit {
                'Y' => period.months = period.months.checked_add(whole(count)?.checked_mul(12)?)?,
                'M' => period.months = period.months.checked_add(whole(count)?)?,
                'W' => period.add(count, 604_800)?,
                'D' => period.add(count, 86_400)?,
                _ => return None,
            }
        }
        for (count, unit) in counts(time)? {
            match unit {
                'H' => period.add(count, 3_600)?,
                'M' => period.add(count, 60)?,
                'S' => period.add(count, 1)?,
                _ => return None,
            }
        }
        (period.months > 0 || period.rest >= Duration::milliseconds(1)).then_some(period)
    }

    fn add(&mut self, count: f64, seconds: u32) -> Option<()> {
        let millis = count * f64::from(seconds) * 1000.0;
        // Some thousands of years.
        if !(0.0..1e15).contains(&millis) {
            return None;
        }
        self.rest = self.rest.checked_add(&Duration::try_milliseconds(millis.round() as i64)?)?;
        Some(())
    }

    /// So many steps after an instant.
    pub(super) fn after(self, from: DateTime<Utc>, steps: u32) -> Option<DateTime<Utc>> {
        let months = Months::new(self.months.checked_mul(steps)?);
        let rest = self.rest.checked_mul(i32::try_from(steps).ok()?)?;
        from.checked_add_months(months)?.checked_add_signed(rest)
    }
}

fn whole(count: f64) -> Option<u32> {
    (count.fract() == 0.0 && (0.0..1e6).contains(&count)).then_some(count as u32)
}

/// `1Y6M` as counts and units.
fn counts(text: &str) -> Option<Vec<(f64, char)>> {
    let mut found = Vec::new();
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() || c == '.' {
            number.push(c);
        } else {
            found.push((number.parse().ok()?, c));
            number.clear();
        }
    }
    number.is_empty().then_some(found)
}
