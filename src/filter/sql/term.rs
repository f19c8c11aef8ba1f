//! Values in SQL. What would have to be written twice stands in a subquery: nested expressions would
//! otherwise double at each level.

use super::{SqlBuilder, call};
use crate::filter::ast::ArithmeticOp;
use crate::filter::term::Term;

impl Term {
    pub(in crate::filter) fn to_sql(&self, sql: &mut SqlBuilder) {
        match self {
            Self::Property { sql: property, .. } => {
                sql.push(property);
            }
            Self::Bound(bound) => bound.to_sql(sql),
            Self::Null(kind) => {
                sql.push("null::").push(kind.sql());
            }
            Self::Arithmetic { op: ArithmeticOp::Pow, left, right, .. } => power(left, right, sql),
            Self::Arithmetic { op, left, right, real } => arithmetic(*op, left, right, *real, sql),
            Self::Call { function, args, .. } => call::call(*function, args, sql),
            Self::Fold { fold, term } => {
                sql.push(fold.function()).push("(");
                term.to_sql(sql);
                sql.push(")");
            }
            Self::Condition(node) => {
                sql.push("(");
                node.to_sql(sql);
                sql.push(")");
            }
            Self::Midnight(day) => {
                sql.push("((");
                day.to_sql(sql);
                sql.push(")::timestamp at time zone 'UTC')");
            }
            Self::DayEnd(day) => {
                sql.push("((");
                day.to_sql(sql);
                sql.push(" + 1)::timestamp at time zone 'UTC' - interval '1 microsecond')");
            }
            Self::Infinity { before, kind } => {
                sql.push(if *before { "'-infinity'::" } else { "'infinity'::" }).push(kind.sql());
            }
            Self::OrInfinity { term, before } => {
                sql.push("coalesce(");
                term.to_sql(sql);
                sql.push(if *before { ", '-infinity'::" } else { ", 'infinity'::" });
                sql.push(term.kind().sql()).push(")");
            }
            Self::AsText(term) => {
                sql.push("(");
                term.to_sql(sql);
                sql.push(")::text");
            }
            Self::Elements { sql: property, .. } => {
                sql.push("(case when jsonb_typeof(").push(property).push(") = 'array' then ");
                sql.push(property).push(" when ").push(property);
                sql.push(" is not null then jsonb_build_array(").push(property).push(") end)");
            }
            Self::Set(items) => {
                sql.push("jsonb_build_array(");
                for (at, item) in items.iter().enumerate() {
                    sql.push(if at > 0 { ", " } else { "" });
                    item.to_sql(sql);
                }
                sql.push(")");
            }
        }
    }
}

fn arithmetic(op: ArithmeticOp, left: &Term, right: &Term, real: bool, sql: &mut SqlBuilder) {
    // Remainders and whole quotients are defined on exact numbers.
    let exact = matches!(op, ArithmeticOp::Mod | ArithmeticOp::IntDiv);
    let number = if real && !exact { "::float8" } else { "::numeric" };
    let (before, between, after) = match op {
        ArithmeticOp::Add => ("(", " + ", ")"),
        ArithmeticOp::Sub => ("(", " - ", ")"),
        ArithmeticOp::Mul => ("(", " * ", ")"),
        // What is divided by zero has no value, and fails no query.
        ArithmeticOp::Div => ("(", " / nullif(", ", 0))"),
        ArithmeticOp::Mod => ("(", " % nullif(", ", 0))"),
        ArithmeticOp::IntDiv => ("div(", ", nullif(", ", 0))"),
        ArithmeticOp::Pow => ("power(", ", ", ")"),
    };
    sql.push(before);
    left.to_sql(sql);
    sql.push(number).push(between);
    right.to_sql(sql);
    sql.push(number).push(after);
}

/// A power in `float8`; none where there is no real number for it, or none that `float8` can hold.
fn power(base: &Term, exponent: &Term, sql: &mut SqlBuilder) {
    sql.push(
        "(select case when p.a = 0 and p.b < 0 then null when p.a < 0 and p.b <> trunc(p.b) then null \
         when abs(p.b * ln(nullif(abs(p.a), 0))) > 700 then null else power(p.a, p.b) end from (select (",
    );
    base.to_sql(sql);
    sql.push(")::float8 as a, (");
    exponent.to_sql(sql);
    sql.push(")::float8 as b offset 0) as p)");
}
