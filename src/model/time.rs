//! When features are: the attributes that say it.

use super::{Column, slugify};

/// French names of the months, for texts that people read.
pub const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// Words that name the begin and the end of a period, in names that are alike but for them; written in small
/// letters without accents. The longer ones go first where one holds another.
const ENDS: [(&str, &str); 12] = [
    ("beginning", "ending"),
    ("beginning", "end"),
    ("begin", "end"),
    ("start", "end"),
    ("start", "stop"),
    ("from", "to"),
    ("from", "until"),
    ("since", "until"),
    ("debut", "fin"),
    ("deb", "fin"),
    ("ouverture", "fermeture"),
    ("du", "au"),
];

/// The attributes that say when a feature is, by their place among the columns (`primary-instant`,
/// `primary-interval-start` and `primary-interval-end` of OGC 23-058r1 clause 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrimaryTime {
    /// One attribute: a day or an instant.
    Instant(usize),
    /// Two, of one type: it lasts from the one to the other, without end where one is null.
    Interval {
        /// Its first day or instant.
        start: usize,
        /// Its last.
        end: usize,
    },
}

impl PrimaryTime {
    /// The time of features: the first two attributes of one type whose names say that they begin and end a period
    /// (`date_debut` and `date_fin`, `validFrom` and `validTo`; case, accents and separators don't matter), or else
    /// the first attribute of days or instants.
    #[must_use]
    pub fn of(columns: &[Column]) -> Option<Self> {
        let times: Vec<(String, usize, &Column)> = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.kind.is_temporal())
            .map(|(at, column)| (plain(&column.name), at, column))
            .collect();
        let end_of = |begin: &str, of: &Column| {
            ENDS.iter().find_map(|(first, last)| {
                let named = |at: usize| {
                    let (before, after) = (begin.get(..at)?, begin.get(at + first.len()..)?);
                    let name = format!("{before}{last}{after}");
                    times
                        .iter()
                        .find(|(own, _, column)| *own == name && column.kind == of.kind)
                        .map(|found| found.1)
                };
                begin.match_indices(first).find_map(|(at, _)| named(at))
            })
        };
        let interval = times.iter().find_map(|(name, start, column)| {
            Some(Self::Interval { start: *start, end: end_of(name, column)? })
        });
        interval.or_else(|| times.first().map(|(_, at, _)| Self::Instant(*at)))
    }

    /// The role of a column in it, as schemas name it.
    #[must_use]
    pub const fn role(self, index: usize) -> Option<&'static str> {
        match self {
            Self::Instant(at) if at == index => Some("primary-instant"),
            Self::Interval { start, .. } if start == index => Some("primary-interval-start"),
            Self::Interval { end, .. } if end == index => Some("primary-interval-end"),
            _ => None,
        }
    }
}

/// A name without case, accents and separators.
fn plain(name: &str) -> String {
    slugify(name).as_str().chars().filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ColumnType;

    fn of(columns: &[(&str, ColumnType)]) -> Option<PrimaryTime> {
        let column = |(name, kind): &(&str, ColumnType)| Column::new(*name, *kind);
        PrimaryTime::of(&columns.iter().map(column).collect::<Vec<_>>())
    }

    #[test]
    fn two_ends_of_one_type_are_an_interval_and_all_else_an_instant() {
        use ColumnType::{Date, Text, Timestamp};
        let interval = |start, end| Some(PrimaryTime::Interval { start, end });
        for (columns, time) in [
            (vec![("nom", Text)], None),
            (vec![("nom", Text), ("jour", Date)], Some(PrimaryTime::Instant(1))),
            (vec![("date_debut", Date), ("date_fin", Date)], interval(0, 1)),
            (vec![("FIN", Date), ("nom", Text), ("Debut", Date)], interval(2, 0)),
            (vec![("datdeb", Date), ("datfin", Date)], interval(0, 1)),
            (vec![("valid_from", Timestamp), ("valid_to", Timestamp)], interval(0, 1)),
            (vec![("valid_from", Timestamp), ("valid_until", Timestamp)], interval(0, 1)),
            (vec![("start", Timestamp), ("end", Timestamp)], interval(0, 1)),
            (vec![("start", Timestamp), ("end", Date)], Some(PrimaryTime::Instant(0))),
            (vec![("start", Timestamp), ("weekend", Timestamp)], Some(PrimaryTime::Instant(0))),
            (vec![("jour", Date), ("debut", Date), ("fin", Date)], interval(1, 2)),
            (vec![("debut", Date), ("fin", Text)], Some(PrimaryTime::Instant(0))),
        ] {
            assert_eq!(of(&columns), time, "{columns:?}");
        }
    }
}
