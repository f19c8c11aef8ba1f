//! SQL text that grows beside its bound values.

mod call;
mod term;

use super::ast::{ArrayOp, CompareOp};
use super::literal::{Bound, Kind};
use super::term::{Checked, Fold, Node, Subject, Term};
use bytes::BytesMut;
use postgres_types::{IsNull, ToSql, Type, to_sql_checked};
use std::error::Error;

/// A statement under construction: text with `$1`, `$2` … and the values they stand for.
#[derive(Debug, Default)]
pub struct SqlBuilder {
    text: String,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl SqlBuilder {
    /// An empty statement.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends SQL, which holds no value and only quoted identifiers.
    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.text.push_str(sql);
        self
    }

    /// Appends a placeholder for a value, with its SQL type: `$3::bigint`. The type is stated so that
    /// the plan never depends on what PostgreSQL would guess.
    pub fn bind(&mut self, value: impl ToSql + Sync + Send + 'static, sql_type: &str) -> &mut Self {
        use std::fmt::Write;
        self.values.push(Box::new(value));
        // Writing to a String can't fail.
        let _ = write!(self.text, "${}::{sql_type}", self.values.len());
        self
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values so far, as queries take them.
    #[must_use]
    pub fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|v| &**v as &(dyn ToSql + Sync)).collect()
    }
}

impl Checked {
    /// Appends the condition, in parentheses where it needs them.
    pub fn to_sql(&self, sql: &mut SqlBuilder) {
        self.0.to_sql(sql);
    }
}

impl Node {
    pub(super) fn to_sql(&self, sql: &mut SqlBuilder) {
        match self {
            Self::Constant(truth) => {
                sql.push(if *truth { "true" } else { "false" });
            }
            Self::Unknown => {
                sql.push("null::boolean");
            }
            Self::And(all) => join(all, " and ", "true", sql),
            Self::Or(all) => join(all, " or ", "false", sql),
            Self::Not(inner) => {
                sql.push("(not ");
                inner.to_sql(sql);
                sql.push(")");
            }
            Self::Compare { op, left, right } => compare(*op, left, right, sql),
            Self::In { term, list } => within(term, list, sql),
            Self::Like { term, pattern, folds } => {
                sql.push("(");
                term.to_sql(sql);
                sql.push(" like ");
                for fold in folds.iter().rev() {
                    sql.push(fold.function()).push("(");
                }
                sql.bind(pattern.clone(), "text").push(&")".repeat(folds.len())).push(")");
            }
            Self::IsNull(subject) => {
                sql.push("(");
                subject.to_sql(sql);
                sql.push(" is null)");
            }
            Self::Truth(term) => term.to_sql(sql),
            Self::Array { op, left, right } => array(*op, left, right, sql),
            Self::Spatial(relation) => relation.to_sql(sql),
            Self::IntegerIds { sql: id, ids } => {
                sql.push("(").push(id).push(" = any(").bind(ids.clone(), "bigint[]").push("))");
            }
            Self::TextIds { sql: id, ids } => {
                sql.push("(").push(id).push(" = any(").bind(ids.clone(), "text[]").push("))");
            }
        }
    }
}

fn join(all: &[Node], between: &str, empty: &str, sql: &mut SqlBuilder) {
    if all.is_empty() {
        sql.push(empty);
        return;
    }
    sql.push("(");
    for (at, node) in all.iter().enumerate() {
        if at > 0 {
            sql.push(between);
        }
        node.to_sql(sql);
    }
    sql.push(")");
}

fn compare(op: CompareOp, left: &Term, right: &Term, sql: &mut SqlBuilder) {
    // Letters are ordered by their code: the same answer on every server, whatever the database's
    // collation is.
    let ordered = left.kind() == Kind::Text && !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    sql.push("(");
    left.to_sql(sql);
    sql.push(match op {
        CompareOp::Equal => " = ",
        CompareOp::NotEqual => " <> ",
        CompareOp::Less => " < ",
        CompareOp::LessOrEqual => " <= ",
        CompareOp::Greater => " > ",
        CompareOp::GreaterOrEqual => " >= ",
    });
    right.to_sql(sql);
    sql.push(if ordered { " collate \"C\")" } else { ")" });
}

/// The tested term is written once, however long the list is.
fn within(term: &Term, list: &[Term], sql: &mut SqlBuilder) {
    let texts: Option<Vec<String>> = list
        .iter()
        .map(|item| match item {
            Term::Bound(Bound::Text(text)) => Some(text.clone()),
            _ => None,
        })
        .collect();
    let numbers: Option<Vec<i64>> = list
        .iter()
        .map(|item| match item {
            Term::Bound(Bound::Integer(number)) => Some(*number),
            _ => None,
        })
        .collect();
    sql.push("(");
    term.to_sql(sql);
    sql.push(" = any(");
    match (texts, numbers, term.kind()) {
        (Some(texts), _, _) => {
            sql.bind(texts, "text[]");
        }
        (None, Some(numbers), Kind::Integer) => {
            sql.bind(numbers, "bigint[]");
        }
        _ => {
            let kinds = || list.iter().map(Term::kind);
            let kind = match term.kind() {
                kind if !kind.is_number() || kinds().all(|other| other == kind) => kind,
                kind if kind == Kind::Real || kinds().any(|other| other == Kind::Real) => Kind::Real,
                _ => Kind::Decimal,
            };
            sql.push("array[");
            for (at, item) in list.iter().enumerate() {
                sql.push(if at > 0 { ", " } else { "" });
                item.to_sql(sql);
            }
            sql.push("]::").push(kind.sql()).push("[]");
        }
    }
    sql.push("))");
}

/// Sets are arrays of JSON: `@>` asks for each element of the one among those of the other. Each side is
/// written once, behind an `offset` that keeps the planner from copying it.
fn array(op: ArrayOp, left: &Term, right: &Term, sql: &mut SqlBuilder) {
    let direct = match op {
        ArrayOp::Contains => Some(" @> "),
        ArrayOp::ContainedBy => Some(" <@ "),
        ArrayOp::Equals | ArrayOp::Overlaps => None,
    };
    if let Some(operator) = direct {
        sql.push("(");
        left.to_sql(sql);
        sql.push(operator);
        right.to_sql(sql);
        sql.push(")");
        return;
    }
    sql.push(if op == ArrayOp::Equals {
        "(select p.l @> p.r and p.l <@ p.r from (select "
    } else {
        "(select case when p.l is not null and p.r is not null then exists (select 1 from \
         jsonb_array_elements(p.l) as e(v) where p.r @> jsonb_build_array(e.v)) end from (select "
    });
    left.to_sql(sql);
    sql.push(" as l, ");
    right.to_sql(sql);
    sql.push(" as r offset 0) as p)");
}

impl Fold {
    const fn function(self) -> &'static str {
        match self {
            Self::Case => "lower",
            Self::Accent => "public.unaccent",
        }
    }
}

impl Subject {
    pub(super) fn to_sql(&self, sql: &mut SqlBuilder) {
        match self {
            Self::Term(term) => term.to_sql(sql),
            Self::Place(place) => place.to_sql(sql),
        }
    }
}

/// A geometry as a bound value: EWKB with its SRID, sent as PostGIS's own binary form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ewkb(pub Vec<u8>);

impl ToSql for Ewkb {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(ty.name(), "geometry" | "geography")
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_count_up_and_name_their_type() {
        let mut sql = SqlBuilder::new();
        sql.push("a = ").bind(1_i64, "bigint").push(" and b = ").bind("x".to_owned(), "text");
        assert_eq!(sql.text(), "a = $1::bigint and b = $2::text");
        assert_eq!(sql.params().len(), 2);
    }
}
