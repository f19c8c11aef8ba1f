//! When features are: the attributes that say it.

use super::Column;

/// Words that names of attributes have for a beginning and, in the same place, for an end.
const ENDS: [(&str, &str); 6] =
    [("debut", "fin"), ("deb", "fin"), ("start", "end"), ("begin", "end"), ("from", "to"), ("from", "until")];

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
    /// The first attribute of days or instants; with the one that its name makes its other end, such as
    /// `date_debut` and `date_fin`, where there is one of the same type.
    #[must_use]
    pub fn of(columns: &[Column]) -> Option<Self> {
        let first = columns.iter().position(|c| c.kind.is_temporal())?;
        let column = columns.get(first)?;
        let other = |names: Vec<String>| {
            columns.iter().position(|c| c.kind == column.kind && names.contains(&c.name.to_lowercase()))
        };
        let name = column.name.to_lowercase();
        let exchanged = |word: &str, by: &str| name.contains(word).then(|| name.replacen(word, by, 1));
        if let Some(end) = other(ENDS.iter().filter_map(|(start, end)| exchanged(start, end)).collect()) {
            return Some(Self::Interval { start: first, end });
        }
        if let Some(start) = other(ENDS.iter().filter_map(|(start, end)| exchanged(end, start)).collect()) {
            return Some(Self::Interval { start, end: first });
        }
        Some(Self::Instant(first))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ColumnType;

    fn of(columns: &[(&str, ColumnType)]) -> Option<PrimaryTime> {
        let column = |(name, kind): &(&str, ColumnType)| Column {
            name: (*name).to_owned(),
            source_name: None,
            kind: *kind,
        };
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
            (vec![("jour", Date), ("debut", Date), ("fin", Date)], Some(PrimaryTime::Instant(0))),
            (vec![("debut", Date), ("fin", Text)], Some(PrimaryTime::Instant(0))),
        ] {
            assert_eq!(of(&columns), time, "{columns:?}");
        }
    }
}
