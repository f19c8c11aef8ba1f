//! SQL text that grows beside its bound values.

use super::ast::{ArithmeticOp, CompareOp};
use super::check::{Checked, Node, Term};
use super::literal::Kind;
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
    fn to_sql(&self, sql: &mut SqlBuilder) {
        match self {
            Self::Constant(truth) => {
                sql.push(if *truth { "true" } else { "false" });
            }
            Self::And(all) => join(all, " and ", "true", sql),
            Self::Or(all) => join(all, " or ", "false", sql),
            Self::Not(inner) => {
                sql.push("(not ");
                inner.to_sql(sql);
                sql.push(")");
            }
            Self::Compare { op, left, right } => {
                // Letters are ordered by their code: the same answer on every server, whatever the
                // database's collation is.
                let ordered =
                    left.kind() == Kind::Text && !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
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
            Self::Like { term, pattern, match_case } => {
                sql.push(if *match_case { "(" } else { "(lower(" });
                term.to_sql(sql);
                sql.push(if *match_case { " like " } else { ") like lower(" });
                sql.bind(pattern.clone(), "text").push(if *match_case { ")" } else { "))" });
            }
            Self::IsNull(term) => {
                sql.push("(");
                term.to_sql(sql);
                sql.push(" is null)");
            }
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

impl Term {
    fn to_sql(&self, sql: &mut SqlBuilder) {
        match self {
            Self::Property { sql: property, .. } => {
                sql.push(property);
            }
            Self::Bound(bound) => bound.to_sql(sql),
            Self::Arithmetic { op, left, right, real } => {
                let number = if *real { "::float8" } else { "::numeric" };
                sql.push("(");
                left.to_sql(sql);
                sql.push(number);
                let divided = *op == ArithmeticOp::Div;
                sql.push(match op {
                    ArithmeticOp::Add => " + ",
                    ArithmeticOp::Sub => " - ",
                    ArithmeticOp::Mul => " * ",
                    // What is divided by zero has no value, and fails no query.
                    ArithmeticOp::Div | ArithmeticOp::IntDiv => " / nullif(",
                    ArithmeticOp::Mod => " % ",
                    ArithmeticOp::Pow => " ^ ",
                });
                right.to_sql(sql);
                sql.push(number).push(if divided { ", 0))" } else { ")" });
            }
            Self::Call { function, argument } => {
                sql.push(function.name()).push("(");
                argument.to_sql(sql);
                sql.push(")");
            }
            Self::Midnight(day) => {
                sql.push("((");
                day.to_sql(sql);
                sql.push(")::timestamp at time zone 'UTC')");
            }
            Self::AsText(term) => {
                sql.push("(");
                term.to_sql(sql);
                sql.push(")::text");
            }
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
