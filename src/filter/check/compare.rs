//! Comparisons: both sides take one type.

use super::{Checker, Side, deeper};
use crate::filter::ast::{CompareOp, Expr, Literal};
use crate::filter::error::FilterError;
use crate::filter::literal::{self, Bound, Kind};
use crate::filter::term::{Node, Term};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

impl Checker<'_> {
    pub(super) fn compare(
        &self,
        op: CompareOp,
        left: Side,
        right: Side,
        match_case: bool,
    ) -> Result<Node, FilterError> {
        let (left, right) = match (left, right) {
            // Nothing compares with no value: not even no value.
            (Side::Literal(Literal::Null), _) | (_, Side::Literal(Literal::Null)) => {
                return Ok(Node::Unknown);
            }
            (Side::Term(left), Side::Term(right)) => return compare_terms(op, left, right, match_case),
            (Side::Term(left), Side::Literal(right)) => (left, right),
            (Side::Literal(left), Side::Term(right)) => {
                return self.compare(flipped(op), Side::Term(right), Side::Literal(left), match_case);
            }
            (Side::Literal(left), Side::Literal(right)) => {
                let kind = kind_of_two(&left, &right);
                (Term::Bound(literal::bind(&left, kind, "the comparison")?), right)
            }
        };
        let bound = literal::bind(&right, left.kind(), &left.describe())?;
        match (&left, bound) {
            // A literal beside another has no property to be a day of.
            (Term::Bound(Bound::Date(_)), bound @ Bound::Timestamp(_)) => {
                compare_terms(op, left, Term::Bound(bound), match_case)
            }
            (_, Bound::Date(day)) if left.kind() == Kind::Timestamp => Ok(compare_with_day(op, left, day)),
            // The other way round too, days are compared: that of the instant, in UTC.
            (_, Bound::Timestamp(instant)) if left.kind() == Kind::Date => {
                compare_terms(op, left, Term::Bound(Bound::Date(instant.date_naive())), match_case)
            }
            (_, bound) => compare_terms(op, left, Term::Bound(bound), match_case),
        }
    }

    pub(super) fn between(
        &self,
        expr: &Expr,
        lower: &Expr,
        upper: &Expr,
        depth: usize,
    ) -> Result<Node, FilterError> {
        let sides = [self.side(expr, depth)?, self.side(lower, depth)?, self.side(upper, depth)?];
        // The tested expression is written twice: conditions in conditions would double at each level.
        if sides.iter().any(|side| matches!(side, Side::Term(term) if term.kind() == Kind::Boolean)) {
            return Err(FilterError::Unexpected {
                found: "a truth value".to_owned(),
                expected: "it has no order; a range takes numbers, texts or times".to_owned(),
            });
        }
        let [tested, lower, upper] = sides;
        Ok(Node::And(vec![
            self.compare(CompareOp::GreaterOrEqual, tested.clone(), lower, true)?,
            self.compare(CompareOp::LessOrEqual, tested, upper, true)?,
        ]))
    }

    /// One of a list. Terms of one type are one comparison with an array; a day beside instants is the whole
    /// day, so each is a comparison of its own.
    pub(super) fn within_list(&self, expr: &Expr, list: &[Expr], depth: usize) -> Result<Node, FilterError> {
        deeper(depth)?;
        let mut plain = Vec::new();
        let mut apart = Vec::new();
        let mut tested = None;
        let side = self.side(expr, depth)?;
        for item in list {
            match self.compare(CompareOp::Equal, side.clone(), self.side(item, depth)?, true)? {
                Node::Compare { op: CompareOp::Equal, left, right }
                    if tested.as_ref().is_none_or(|t| *t == left) =>
                {
                    tested = Some(left);
                    plain.push(right);
                }
                other => apart.push(other),
            }
        }
        if let Some(term) = tested {
            apart.insert(0, Node::In { term, list: plain });
        }
        Ok(match apart.pop() {
            Some(one) if apart.is_empty() => one,
            Some(last) => {
                apart.push(last);
                Node::Or(apart)
            }
            None => Node::Constant(false),
        })
    }
}

/// The type that two literals are compared as.
fn kind_of_two(left: &Literal, right: &Literal) -> Kind {
    let typed = [left, right].into_iter().find_map(|literal| match literal {
        Literal::Integer(_) | Literal::Number(_) => Some(Kind::Decimal),
        Literal::Boolean(_) => Some(Kind::Boolean),
        Literal::Date(_) => Some(Kind::Date),
        Literal::Timestamp(_) => Some(Kind::Timestamp),
        Literal::Text(_) | Literal::Geometry(_) | Literal::Null => None,
    });
    typed.unwrap_or_else(|| match [left, right].map(|l| literal::number(literal::text_of(l).trim())) {
        [Some(_), Some(_)] => Kind::Decimal,
        _ => Kind::Text,
    })
}

const fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessOrEqual => CompareOp::GreaterOrEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterOrEqual => CompareOp::LessOrEqual,
        same => same,
    }
}

pub(super) fn compare_terms(
    op: CompareOp,
    left: Term,
    right: Term,
    match_case: bool,
) -> Result<Node, FilterError> {
    let (a, b) = (left.kind(), right.kind());
    let (left, right) = match (a, b) {
        (Kind::Binary | Kind::Set, _) | (_, Kind::Binary | Kind::Set) => {
            return Err(incompatible(&left, &right, "compared"));
        }
        _ if a == b || (a.is_number() && b.is_number()) => (left, right),
        (Kind::Date, Kind::Timestamp) => (Term::Midnight(Box::new(left)), right),
        (Kind::Timestamp, Kind::Date) => (left, Term::Midnight(Box::new(right))),
        _ => return Err(incompatible(&left, &right, "compared")),
    };
    if a == Kind::Text && !match_case {
        return Ok(Node::Compare { op, left: left.lower(), right: right.lower() });
    }
    Ok(Node::Compare { op, left, right })
}

/// An instant beside a day: equal means within that day (UTC), less means before it begins, greater
/// after it has ended.
fn compare_with_day(op: CompareOp, instant: Term, day: NaiveDate) -> Node {
    let begin = midnight(day);
    let end = day.checked_add_days(Days::new(1)).map_or(begin, midnight);
    let beside = |op, at: DateTime<Utc>| Node::Compare {
        op,
        left: instant.clone(),
        right: Term::Bound(Bound::Timestamp(at)),
    };
    match op {
        CompareOp::Equal => {
            Node::And(vec![beside(CompareOp::GreaterOrEqual, begin), beside(CompareOp::Less, end)])
        }
        CompareOp::NotEqual => {
            Node::Or(vec![beside(CompareOp::Less, begin), beside(CompareOp::GreaterOrEqual, end)])
        }
        CompareOp::Less => beside(CompareOp::Less, begin),
        CompareOp::LessOrEqual => beside(CompareOp::Less, end),
        CompareOp::Greater => beside(CompareOp::GreaterOrEqual, end),
        CompareOp::GreaterOrEqual => beside(CompareOp::GreaterOrEqual, begin),
    }
}

pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

pub(super) fn incompatible(left: &Term, right: &Term, done: &'static str) -> FilterError {
    FilterError::Types {
        left: left.describe(),
        left_type: left.kind().name(),
        right: right.describe(),
        right_type: right.kind().name(),
        done,
    }
}
