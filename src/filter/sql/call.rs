//! Functions in SQL.

use super::SqlBuilder;
use crate::filter::functions::Function;
use crate::filter::literal::Kind;
use crate::filter::spatial::{Measure, Place};
use crate::filter::term::Subject;

/// A position or length in a text, kept where `int` can hold it.
const POSITION: [&str; 2] = ["least(greatest((", ")::numeric, 0), 1000000000)::int"];

pub(super) fn call(function: Function, args: &[Subject], sql: &mut SqlBuilder) {
    match function {
        Function::Lower | Function::CaseI => plain("lower", args, sql),
        Function::AccentI => plain("public.unaccent", args, sql),
        Function::Upper => plain("upper", args, sql),
        Function::Trim => plain("trim", args, sql),
        Function::Length => plain("length", args, sql),
        Function::StartsWith => plain("starts_with", args, sql),
        Function::Abs => plain("abs", args, sql),
        Function::Ceil => plain("ceil", args, sql),
        Function::Floor => plain("floor", args, sql),
        Function::Round => plain("round", args, sql),
        Function::Min => plain("least", args, sql),
        Function::Max => plain("greatest", args, sql),
        Function::Concat => joined("(", " || ", ")", args, sql),
        Function::Substring => cut(args, sql),
        Function::SubstringStart => {
            sql.push("substr(");
            one(args, 0, sql);
            sql.push(", 1 + ").push(POSITION[0]);
            one(args, 1, sql);
            sql.push(POSITION[1]).push(")");
        }
        Function::IndexOf => {
            sql.push("(strpos(");
            joined("", ", ", ") - 1)", args, sql);
        }
        Function::EndsWith => {
            sql.push("starts_with(reverse(");
            joined("", "), reverse(", "))", args, sql);
        }
        Function::EqualsIgnoreCase => joined("(lower(", ") = lower(", "))", args, sql),
        Function::Year => part("year", args, sql),
        Function::Month => part("month", args, sql),
        Function::Day => part("day", args, sql),
        Function::Hour => part("hour", args, sql),
        Function::IsNull => joined("(", "", " is null)", args, sql),
        Function::NumPoints => plain("ST_NPoints", args, sql),
        Function::NumGeometries => plain("ST_NumGeometries", args, sql),
        Function::Dimension => plain("ST_Dimension", args, sql),
        Function::GeometryType => joined("substr(ST_GeometryType(", "", "), 4)", args, sql),
        Function::GetX => ordinate("ST_X", args, sql),
        Function::GetY => ordinate("ST_Y", args, sql),
        Function::IsEmpty => plain("ST_IsEmpty", args, sql),
        Function::IsValid => plain("ST_IsValid", args, sql),
        Function::IsSimple => plain("ST_IsSimple", args, sql),
        Function::IsClosed => plain("ST_IsClosed", args, sql),
        Function::Relate => plain("ST_Relate", args, sql),
        Function::Area => measured("ST_Area(p.g)", 2, args, sql),
        Function::GeomLength => measured("(ST_Length(p.g) + ST_Perimeter(p.g))", 1, args, sql),
        Function::Distance => distance(args, sql),
        // The check has turned these into other terms and places.
        Function::DateParse
        | Function::Sqrt
        | Function::Centroid
        | Function::InteriorPoint
        | Function::Envelope
        | Function::ConvexHull
        | Function::Boundary
        | Function::StartPoint
        | Function::EndPoint
        | Function::Buffer => {
            sql.push("null");
        }
    }
}

fn one(args: &[Subject], at: usize, sql: &mut SqlBuilder) {
    match args.get(at) {
        Some(arg) => arg.to_sql(sql),
        None => {
            sql.push("null");
        }
    }
}

fn joined(before: &str, between: &str, after: &str, args: &[Subject], sql: &mut SqlBuilder) {
    sql.push(before);
    for (at, arg) in args.iter().enumerate() {
        sql.push(if at > 0 { between } else { "" });
        arg.to_sql(sql);
    }
    sql.push(after);
}

fn plain(name: &str, args: &[Subject], sql: &mut SqlBuilder) {
    sql.push(name);
    joined("(", ", ", ")", args, sql);
}

/// Characters from one place to another, places counted from 0.
fn cut(args: &[Subject], sql: &mut SqlBuilder) {
    sql.push("substr(left(");
    one(args, 0, sql);
    sql.push(", ").push(POSITION[0]);
    one(args, 2, sql);
    sql.push(POSITION[1]).push("), 1 + ").push(POSITION[0]);
    one(args, 1, sql);
    sql.push(POSITION[1]).push(")");
}

fn part(field: &str, args: &[Subject], sql: &mut SqlBuilder) {
    let instant = matches!(args.first(), Some(Subject::Term(term)) if term.kind() == Kind::Timestamp);
    sql.push("extract(").push(field).push(" from (");
    one(args, 0, sql);
    sql.push(if instant { ") at time zone 'UTC')::bigint" } else { ")::timestamp)::bigint" });
}

/// A coordinate of a point; other geometries have none.
fn ordinate(name: &str, args: &[Subject], sql: &mut SqlBuilder) {
    sql.push("(select case when GeometryType(p.g) = 'POINT' then ").push(name);
    sql.push("(p.g) end from (select ");
    one(args, 0, sql);
    sql.push(" as g offset 0) as p)");
}

/// A measure in metres, to a power.
fn measured(formula: &str, power: i32, args: &[Subject], sql: &mut SqlBuilder) {
    let Some(Subject::Place(place)) = args.first() else {
        sql.push("null::float8");
        return;
    };
    let measure = Measure::of(place.srid());
    sql.push("(select ").push(formula);
    if !measure.geographic && measure.metres_per_unit != 1.0 {
        sql.push(" * ").bind(measure.metres_per_unit.powi(power), "float8");
    }
    sql.push(" from (select ");
    measurable(place, &measure, sql);
    sql.push(" as g offset 0) as p)");
}

fn measurable(place: &Place, measure: &Measure, sql: &mut SqlBuilder) {
    if measure.geographic {
        place.to_geography(sql);
    } else {
        place.to_sql(sql);
    }
}

fn distance(args: &[Subject], sql: &mut SqlBuilder) {
    let [Subject::Place(left), Subject::Place(right)] = args else {
        sql.push("null::float8");
        return;
    };
    let measure = Measure::of(left.srid());
    sql.push("(ST_Distance(");
    measurable(left, &measure, sql);
    sql.push(", ");
    measurable(right, &measure, sql);
    sql.push(")");
    if !measure.geographic && measure.metres_per_unit != 1.0 {
        sql.push(" * ").bind(measure.metres_per_unit, "float8");
    }
    sql.push(")");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::term::Term;

    #[test]
    fn a_call_without_its_arguments_is_no_value() {
        let mut sql = SqlBuilder::new();
        measured("ST_Area(p.g)", 2, &[Subject::Term(Term::Null(Kind::Text))], &mut sql);
        assert_eq!(sql.text(), "null::float8");
    }
}
