//! Truth in languages that know two values of it, told in one that knows three.

use crate::filter::Filter;
use crate::filter::ast::Expr;

/// The name by which every layer knows its geometry.
pub(super) const GEOMETRY: &str = "geom";

/// The features for which a condition is false or unknown: what ELSE means, and what NOT means where
/// there are two values of truth only.
pub(super) fn not_true(filter: &Filter) -> Filter {
    match filter {
        Filter::And(all) => Filter::Or(all.iter().map(not_true).collect()),
        Filter::Or(any) => Filter::And(any.iter().map(not_true).collect()),
        Filter::Not(inner) => not_false(inner),
        Filter::Constant(truth) => Filter::Constant(!truth),
        Filter::IsNull(_) => Filter::Not(Box::new(filter.clone())),
        other => or_unknown(Filter::Not(Box::new(other.clone())), other),
    }
}

/// The features for which a condition is true or unknown.
fn not_false(filter: &Filter) -> Filter {
    match filter {
        Filter::And(all) => Filter::And(all.iter().map(not_false).collect()),
        Filter::Or(any) => Filter::Or(any.iter().map(not_false).collect()),
        Filter::Not(inner) => not_true(inner),
        Filter::Constant(_) | Filter::IsNull(_) => filter.clone(),
        other => or_unknown(other.clone(), other),
    }
}

/// A condition, or that a property of another has no value.
fn or_unknown(test: Filter, of: &Filter) -> Filter {
    let mut names = Vec::new();
    match of {
        Filter::Compare { left, right, .. } => {
            properties(left, &mut names);
            properties(right, &mut names);
        }
        Filter::Between { expr, .. }
        | Filter::Like { expr, .. }
        | Filter::In { expr, .. }
        | Filter::Truth(expr) => {
            properties(expr, &mut names);
        }
        _ => {}
    }
    if names.is_empty() {
        return test;
    }
    let nothing = names.into_iter().map(|name| Filter::IsNull(Expr::Property(name)));
    Filter::Or(std::iter::once(test).chain(nothing).collect())
}

fn properties(expr: &Expr, names: &mut Vec<String>) {
    match expr {
        Expr::Property(name) if !names.contains(name) => names.push(name.clone()),
        Expr::Arithmetic { left, right, .. } => {
            properties(left, names);
            properties(right, names);
        }
        Expr::Function { args, .. } => args.iter().for_each(|arg| properties(arg, names)),
        _ => {}
    }
}
