//! Plain conditions held against values in memory, with SQL's three truth values: rules of a style are
//! told apart in one pass over the features instead of one query each.

use super::ast::CompareOp;
use super::literal::{Bound, Kind};
use super::term::{Checked, Node, Subject, Term};
use crate::model::Value;
use std::cmp::Ordering;

/// Reads a property's value by its name in the filter.
pub type Lookup<'a, 'v> = &'a dyn Fn(&str) -> Value<'v>;

impl Checked {
    /// Whether the condition only compares properties with literals or each other, so that
    /// [`Checked::holds`] answers as the database would. Others are left to SQL.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.is_plain()
    }

    /// Names of the properties, as written; some may come twice.
    #[must_use]
    pub fn properties(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.0.properties(&mut names);
        names
    }

    /// Whether a plain condition is true; `None` is SQL's unknown.
    #[must_use]
    pub fn holds(&self, value: Lookup<'_, '_>) -> Option<bool> {
        self.0.holds(value)
    }
}

impl Node {
    fn is_plain(&self) -> bool {
        match self {
            Self::Constant(_) | Self::Unknown => true,
            Self::And(all) | Self::Or(all) => all.iter().all(Self::is_plain),
            Self::Not(inner) => inner.is_plain(),
            Self::Compare { left, right, .. } => left.is_plain() && right.is_plain(),
            Self::In { term, list } => term.is_plain() && list.iter().all(Term::is_plain),
            Self::Like { term, .. } | Self::IsNull(Subject::Term(term)) | Self::Truth(term) => {
                term.is_plain()
            }
            Self::IsNull(Subject::Place(_))
            | Self::Array { .. }
            | Self::Spatial(_)
            | Self::IntegerIds { .. }
            | Self::TextIds { .. } => false,
        }
    }

    fn properties<'a>(&'a self, names: &mut Vec<&'a str>) {
        let mut add = |term: &'a Term| {
            if let Term::Property { name, .. } = term {
                names.push(name);
            }
        };
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|n| n.properties(names)),
            Self::Not(inner) => inner.properties(names),
            Self::Compare { left, right, .. } => {
                add(left);
                add(right);
            }
            Self::In { term, list } => {
                add(term);
                list.iter().for_each(add);
            }
            Self::Like { term, .. } | Self::IsNull(Subject::Term(term)) | Self::Truth(term) => add(term),
            Self::Constant(_)
            | Self::Unknown
            | Self::IsNull(Subject::Place(_))
            | Self::Array { .. }
            | Self::Spatial(_)
            | Self::IntegerIds { .. }
            | Self::TextIds { .. } => {}
        }
    }

    fn holds(&self, value: Lookup<'_, '_>) -> Option<bool> {
        match self {
            Self::Constant(truth) => Some(*truth),
            Self::And(all) => every(all, value, false),
            Self::Or(all) => every(all, value, true),
            Self::Not(inner) => inner.holds(value).map(|truth| !truth),
            Self::Unknown => None,
            Self::In { term, list } => {
                let tested = term.read(value);
                let mut outcome = Some(false);
                for item in list {
                    match compare(&tested, &item.read(value)) {
                        Some(Ordering::Equal) => return Some(true),
                        Some(_) => {}
                        None => outcome = None,
                    }
                }
                outcome
            }
            Self::Truth(term) => match term.read(value) {
                Value::Boolean(truth) => Some(truth),
                _ => None,
            },
            Self::Compare { op, left, right } => {
                let order = compare(&left.read(value), &right.read(value))?;
                Some(match op {
                    CompareOp::Equal => order == Ordering::Equal,
                    CompareOp::NotEqual => order != Ordering::Equal,
                    CompareOp::Less => order == Ordering::Less,
                    CompareOp::LessOrEqual => order != Ordering::Greater,
                    CompareOp::Greater => order == Ordering::Greater,
                    CompareOp::GreaterOrEqual => order != Ordering::Less,
                })
            }
            Self::Like { term, pattern, .. } => match term.read(value) {
                Value::Text(text) => {
                    let text: Vec<char> = text.chars().collect();
                    Some(like(&text, &pieces(pattern)))
                }
                _ => None,
            },
            Self::IsNull(Subject::Term(term)) => Some(term.read(value) == Value::Null),
            Self::IsNull(Subject::Place(_))
            | Self::Array { .. }
            | Self::Spatial(_)
            | Self::IntegerIds { .. }
            | Self::TextIds { .. } => None,
        }
    }
}

/// And (`decisive` false) and Or (`decisive` true) of SQL.
fn every(all: &[Node], value: Lookup<'_, '_>, decisive: bool) -> Option<bool> {
    let mut outcome = Some(!decisive);
    for node in all {
        match node.holds(value) {
            Some(truth) if truth == decisive => return Some(decisive),
            Some(_) => {}
            None => outcome = None,
        }
    }
    outcome
}

impl Term {
    fn is_plain(&self) -> bool {
        match self {
            Self::Property { kind, .. } => *kind != Kind::Binary,
            Self::Bound(bound) => bound.kind() != Kind::Set,
            // Folding case is the database's business: it follows its collation. So are numbers that are
            // computed: it knows more digits.
            _ => false,
        }
    }

    fn read<'a, 'v: 'a>(&'a self, value: Lookup<'_, 'v>) -> Value<'a> {
        match self {
            Self::Property { name, .. } => value(name),
            Self::Bound(bound) => match bound {
                Bound::Integer(v) => Value::Integer(*v),
                Bound::Decimal(v) => Value::Decimal(v.as_str().into()),
                Bound::Real(v) => Value::Real(*v),
                Bound::Text(v) => Value::Text(v.as_str().into()),
                Bound::Boolean(v) => Value::Boolean(*v),
                Bound::Date(v) => Value::Date(*v),
                Bound::Time(v) => Value::Time(*v),
                Bound::Timestamp(v) => Value::Timestamp(*v),
                Bound::Set(_) => Value::Null,
            },
            _ => Value::Null,
        }
    }
}

fn compare(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Text(a), Value::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        // PostgreSQL holds NaN equal to itself and greater than every other number.
        _ => {
            let (a, b) = (number(left)?, number(right)?);
            Some(match (a.is_nan(), b.is_nan()) {
                (false, false) => a.partial_cmp(&b)?,
                (a, b) => a.cmp(&b),
            })
        }
    }
}

fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Integer(v) => Some(*v as f64),
        Value::Real(v) => Some(*v),
        Value::Decimal(v) => v.parse().ok(),
        _ => None,
    }
}

enum Piece {
    Any,
    One,
    Char(char),
}

/// SQL's pattern taken apart again; `\` makes the next character stand for itself.
fn pieces(pattern: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => out.push(Piece::Any),
            '_' => out.push(Piece::One),
            '\\' => out.extend(chars.next().map(Piece::Char)),
            other => out.push(Piece::Char(other)),
        }
    }
    out
}

/// Greedy matching with one point to return to: no pattern takes more than text times pattern steps.
fn like(text: &[char], pattern: &[Piece]) -> bool {
    let (mut at, mut piece) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        let fits = match pattern.get(piece) {
            Some(Piece::Any) => {
                retry = Some((at, piece + 1));
                piece += 1;
                continue;
            }
            Some(Piece::One) => true,
            Some(Piece::Char(c)) => text.get(at) == Some(c),
            None => false,
        };
        if fits {
            at += 1;
            piece += 1;
        } else if let Some((from, after)) = retry {
            retry = Some((from + 1, after));
            (at, piece) = (from + 1, after);
        } else {
            return false;
        }
    }
    pattern.iter().skip(piece).all(|p| matches!(p, Piece::Any))
}

#[cfg(test)]
mod tests {
    use super::super::ast::{Expr, Filter, LikePart, Literal};
    use super::super::{Property, PropertyKind, Schema, check};
    use super::*;
    use crate::model::ColumnType;

    struct Town;

    impl Schema for Town {
        fn property(&self, name: &str) -> Option<Property> {
            let kind = match name {
                "nom" => ColumnType::Text,
                "pop" => ColumnType::Integer,
                "part" => ColumnType::Decimal,
                _ => return None,
            };
            Some(Property { sql: name.to_owned(), kind: PropertyKind::Column(kind) })
        }
        fn geometry(&self) -> Option<Property> {
            None
        }
        fn names(&self) -> Vec<String> {
            Vec::new()
        }
        fn identifier(&self) -> Property {
            Property { sql: "fid".into(), kind: PropertyKind::Column(ColumnType::BigInteger) }
        }
        fn identifier_value(&self, _: &str) -> Option<String> {
            None
        }
    }

    fn compared(name: &str, op: CompareOp, literal: &str) -> Filter {
        Filter::Compare {
            op,
            left: Expr::Property(name.into()),
            right: Expr::Literal(Literal::Text(literal.into())),
            match_case: true,
        }
    }

    fn holds(filter: &Filter) -> Option<bool> {
        let checked = check(filter, &Town).expect("fits");
        assert!(checked.is_plain());
        checked.holds(&|name| match name {
            "nom" => Value::Text("L'Étang".into()),
            "pop" => Value::Integer(10),
            _ => Value::Null,
        })
    }

    #[test]
    fn comparisons_follow_the_types_of_the_columns() {
        assert_eq!(holds(&compared("pop", CompareOp::Greater, "9")), Some(true));
        assert_eq!(holds(&compared("pop", CompareOp::Less, "9.5")), Some(false));
        assert_eq!(holds(&compared("nom", CompareOp::Equal, "L'Étang")), Some(true));
    }

    #[test]
    fn nulls_are_unknown_as_in_sql() {
        let unknown = compared("part", CompareOp::Equal, "1");
        let yes = compared("pop", CompareOp::Equal, "10");
        assert_eq!(holds(&unknown), None);
        assert_eq!(holds(&Filter::Not(Box::new(unknown.clone()))), None);
        assert_eq!(holds(&Filter::Or(vec![unknown.clone(), yes.clone()])), Some(true));
        assert_eq!(holds(&Filter::And(vec![unknown.clone(), yes])), None);
        assert_eq!(holds(&Filter::And(vec![unknown, Filter::Constant(false)])), Some(false));
        assert_eq!(holds(&Filter::IsNull(Expr::Property("part".into()))), Some(true));
    }

    #[test]
    fn patterns_match_whole_values() {
        let like = |pattern: Vec<LikePart>| {
            holds(&Filter::Like { expr: Expr::Property("nom".into()), pattern, match_case: true })
        };
        let text = |t: &str| LikePart::Text(t.into());
        assert_eq!(like(vec![text("L"), LikePart::One, text("Ét"), LikePart::Any]), Some(true));
        assert_eq!(like(vec![LikePart::Any, text("ang"), LikePart::Any]), Some(true));
        assert_eq!(like(vec![text("Étang")]), Some(false));
        assert_eq!(like(vec![LikePart::Any, text("%")]), Some(false));
        assert_eq!(like(vec![LikePart::Any, text("ta"), LikePart::Any, text("g")]), Some(true));
    }
}
