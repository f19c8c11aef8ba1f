//! Which records a search may find, as a condition for the database.
//!
//! Records are seen in circles: those of an organisation's datasets of one visibility, and those that were imported for it.
//! `access` is asked about a circle once, so that a search binds a few keys, however many datasets there are; a record
//! changes its circle in the transaction that changes its dataset (`V19__record_paging.sql`).

use crate::filter::SqlBuilder;
use crate::model::{Dataset, Part, Visibility};

/// Records that are seen by the same callers: the key that the database computes as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Circle(i64);

impl Circle {
    /// Records that were imported for an organisation, by its key.
    #[must_use]
    pub const fn imported(organisation: i64) -> Self {
        Self(organisation * 4)
    }

    /// The circle of a dataset's record. Two datasets of a circle may be told apart by no rule of `access`.
    #[must_use]
    pub fn of(dataset: &Dataset) -> Self {
        let audience = match dataset.visibility {
            Visibility::Public => 1,
            Visibility::Draft => 2,
        };
        Self(dataset.organisation.id * 4 + audience)
    }
}

/// The records that a search may find: none but those of its circles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    circles: Vec<i64>,
    dataset: Option<i64>,
    part: Option<Part>,
}

impl Reach {
    /// The records of these circles.
    #[must_use]
    pub fn of(circles: impl IntoIterator<Item = Circle>) -> Self {
        let mut circles: Vec<i64> = circles.into_iter().map(|circle| circle.0).collect();
        circles.sort_unstable();
        circles.dedup();
        Self { circles, dataset: None, part: None }
    }

    /// Of these, the record of one dataset, by its key.
    #[must_use]
    pub const fn within_dataset(mut self, dataset: i64) -> Self {
        self.dataset = Some(dataset);
        self
    }

    /// Of these, the records of a part of the catalogue.
    #[must_use]
    pub fn within_part(mut self, part: Part) -> Self {
        self.part = Some(part);
        self
    }

    /// These records and those of another circle.
    #[must_use]
    pub fn and(&self, circle: Circle) -> Self {
        let circles = self.circles.iter().copied().map(Circle).chain([circle]);
        Self { dataset: self.dataset, part: self.part.clone(), ..Self::of(circles) }
    }

    /// Whether no record at all can be found.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.circles.is_empty()
    }

    /// Keys of the circles, as they are bound.
    pub(super) fn circles(&self) -> &[i64] {
        &self.circles
    }

    /// Appends the condition on `r`, a row of `datasud.record`: the one place that says which records are shown.
    pub(super) fn to_sql(&self, sql: &mut SqlBuilder) {
        sql.push("r.circle = any(").bind(self.circles.clone(), "bigint[]").push(")");
        if let Some(dataset) = self.dataset {
            sql.push(" and r.dataset_id = ").bind(dataset, "bigint");
        }
        match &self.part {
            None => {}
            Some(Part::Inspire) => {
                sql.push(" and r.inspire");
            }
            Some(Part::Hvd) => {
                sql.push(" and r.hvd");
            }
            Some(Part::Theme(theme)) => {
                sql.push(" and r.themes @> ").bind(vec![theme.to_lowercase()], "text[]");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    #[test]
    fn drafts_public_and_imported_records_are_in_circles_of_their_own() {
        let of = |visibility| Circle::of(&Dataset { visibility, ..sample::dataset() });
        let imported = Circle::imported(sample::dataset().organisation.id);
        let all = [of(Visibility::Draft), of(Visibility::Public), imported];
        assert_eq!(Reach::of(all).circles().len(), 3);
        assert_eq!(Reach::of([all[0], all[0]]).circles().len(), 1);
        assert!(Reach::default().is_empty());
    }
}
