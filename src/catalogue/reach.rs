//! Which records a search may find, as a condition for the database.

use crate::filter::SqlBuilder;

/// The records that a search may find: none but those of these datasets, and those imported for these organisations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    datasets: Vec<i64>,
    imported: Vec<i64>,
}

impl Reach {
    /// The records of these datasets and the imported ones of these organisations.
    #[must_use]
    pub const fn of(datasets: Vec<i64>, imported: Vec<i64>) -> Self {
        Self { datasets, imported }
    }

    /// Appends the condition on `r`, a row of `datasud.record`: the one place that says which records are shown.
    pub(super) fn to_sql(&self, sql: &mut SqlBuilder) {
        sql.push("not r.held and (r.dataset_id = any(").bind(self.datasets.clone(), "bigint[]");
        sql.push(") or r.dataset_id is null and r.organisation_id = any(");
        sql.bind(self.imported.clone(), "bigint[]").push("))");
    }
}
