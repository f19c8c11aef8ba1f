//! When features are: which columns of a layer say so, and conditions on that time.

use super::ast::{Expr, Filter, IntervalEnd, TemporalOp};
use super::error::FilterError;
use super::kvp;
use crate::model::{Column, Layer, PrimaryTime};

/// The columns of a layer that are the time of its features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerTime<'a> {
    /// A date or a timestamp.
    At(&'a Column),
    /// From one column to another, both dates or timestamps; where one has no value the period is open.
    Period {
        /// Holds the begin.
        begin: &'a Column,
        /// Holds the end.
        end: &'a Column,
    },
}

impl<'a> LayerTime<'a> {
    /// The time of a layer's features, by the rule of [`PrimaryTime::of`].
    #[must_use]
    pub fn of(layer: &'a Layer) -> Option<Self> {
        let column = |at: usize| layer.columns.get(at);
        match PrimaryTime::of(&layer.columns)? {
            PrimaryTime::Instant(at) => column(at).map(Self::At),
            PrimaryTime::Interval { start, end } => {
                Some(Self::Period { begin: column(start)?, end: column(end)? })
            }
        }
    }

    /// The time as filters write it: a property, or an interval of two.
    #[must_use]
    pub fn expr(&self) -> Expr {
        let property = |column: &Column| Expr::Property(column.name.clone());
        match self {
            Self::At(column) => property(column),
            Self::Period { begin, end } => {
                let at = |column| Box::new(IntervalEnd::At(property(column)));
                Expr::Interval(at(begin), at(end))
            }
        }
    }

    /// Features whose time meets a `datetime` parameter (OGC 17-069r4 clause 7.15.4), and those that have no
    /// time (requirement `/req/core/fc-time-response` C); none when every time does.
    ///
    /// # Errors
    /// As [`kvp::datetime`].
    pub fn meets(&self, name: &'static str, value: &str) -> Result<Option<Filter>, FilterError> {
        let Some(asked) = kvp::time(name, value)? else { return Ok(None) };
        Ok(Some(match self {
            Self::At(column) => Filter::Or(vec![
                kvp::datetime(name, value, &column.name)?,
                Filter::IsNull(Expr::Property(column.name.clone())),
            ]),
            // Without begin and end a period is open on both sides, and so meets all.
            Self::Period { .. } => {
                Filter::Temporal { op: TemporalOp::Intersects, left: self.expr(), right: asked }
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SqlBuilder, check};
    use super::*;
    use crate::model::{ColumnType, GeometryType, sample};

    fn layer(columns: &[(&str, ColumnType)]) -> Layer {
        sample::layer("t", GeometryType::Point, 2154, columns)
    }

    fn period(names: &[&str]) -> Option<(String, String)> {
        let columns: Vec<_> = names.iter().map(|name| (*name, ColumnType::Date)).collect();
        match LayerTime::of(&layer(&columns))? {
            LayerTime::Period { begin, end } => Some((begin.name.clone(), end.name.clone())),
            LayerTime::At(_) => None,
        }
    }

    #[test]
    fn pairs_of_names_that_begin_and_end_are_a_period() {
        for (begin, end) in [
            ("debut", "fin"),
            ("Début", "Fin"),
            ("date_debut", "date_fin"),
            ("dateDebutTravaux", "date_fin_travaux"),
            ("date_deb", "date_fin"),
            ("start", "end"),
            ("begin", "end"),
            ("beginLifespanVersion", "endLifespanVersion"),
            ("valid_from", "valid_to"),
            ("date_du", "date_au"),
            ("restart_start", "restart_end"),
        ] {
            let expected = Some((begin.to_owned(), end.to_owned()));
            assert_eq!(period(&["maj", end, begin]), expected, "{begin}");
        }
        for names in [&["maj", "fin"][..], &["debut", "maj"], &["date_debut", "fin_travaux"], &["end", "to"]]
        {
            assert_eq!(period(names), None, "{names:?}");
        }
    }

    #[test]
    fn without_a_pair_the_first_date_is_the_time_and_texts_are_none() {
        let one =
            layer(&[("nom", ColumnType::Text), ("maj", ColumnType::Date), ("vu", ColumnType::Timestamp)]);
        assert!(matches!(LayerTime::of(&one), Some(LayerTime::At(column)) if column.name == "maj"));
        let texts = layer(&[("debut", ColumnType::Text), ("fin", ColumnType::Text), ("h", ColumnType::Time)]);
        assert_eq!(LayerTime::of(&texts), None);
    }

    #[test]
    fn a_parameter_becomes_a_condition_on_one_column_or_two() {
        let sql = |columns: &[(&str, ColumnType)], value: &str| {
            let layer = layer(columns);
            let filter = LayerTime::of(&layer).expect("time").meets("datetime", value).expect("read")?;
            let mut sql = SqlBuilder::new();
            check(&filter, &layer).expect("fits").to_sql(&mut sql);
            Some(sql.text().to_owned())
        };
        let one = [("maj", ColumnType::Date)];
        let two = [("debut", ColumnType::Timestamp), ("fin", ColumnType::Timestamp)];
        assert_eq!(sql(&one, "2021-08-02").as_deref(), Some("((\"maj\" = $1::date) or (\"maj\" is null))"));
        assert!(sql(&two, "2021-08-02").expect("a condition").contains("\"fin\""));
        assert!(sql(&two, "2021-08-02/..").expect("a condition").contains("\"debut\""));
        assert_eq!(sql(&one, "../.."), None);
        assert_eq!(sql(&two, "../.."), None);
        let layer = layer(&two);
        let time = LayerTime::of(&layer).expect("time");
        for wrong in ["2022-01-01/2021-01-01", "", "x"] {
            assert!(matches!(time.meets("datetime", wrong), Err(FilterError::Parameter { .. })), "{wrong}");
        }
    }
}
