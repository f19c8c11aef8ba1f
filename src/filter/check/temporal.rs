//! Temporal relations: instants and intervals become comparisons of their ends.
//!
//! An interval includes its ends. A day beside instants is all of it, from its first to its last microsecond
//! in UTC; among days alone it is one point. An end without value is open.

use super::compare::{compare_terms, midnight};
use super::{Checker, Side};
use crate::filter::ast::{CompareOp, Expr, IntervalEnd, Literal, TemporalOp};
use crate::filter::error::{FilterError, excerpt};
use crate::filter::literal::{self, Bound, Kind};
use crate::filter::term::{Node, Term};
use chrono::{Days, TimeDelta};

/// One side of a temporal relation.
enum Time {
    Instant(Side),
    Interval(Option<Term>, Option<Term>),
}

/// First and last of a time, on one scale.
struct Span {
    begin: Term,
    end: Term,
    instant: bool,
}

impl Checker<'_> {
    #[inline(never)]
    pub(super) fn temporal(
        &self,
        op: TemporalOp,
        left: &Expr,
        right: &Expr,
        depth: usize,
    ) -> Result<Node, FilterError> {
        match (self.time(left, depth)?, self.time(right, depth)?) {
            (Time::Instant(Side::Literal(Literal::Null)), _)
            | (_, Time::Instant(Side::Literal(Literal::Null))) => Ok(Node::Unknown),
            (Time::Instant(left), Time::Instant(right)) => {
                let op = of_instants(op).ok_or_else(|| needs_period(op))?;
                self.compare(op, left, right, true)
            }
            (left, right) => {
                let scale =
                    if has_instants(&left) || has_instants(&right) { Kind::Timestamp } else { Kind::Date };
                related(op, &span(left, scale)?, &span(right, scale)?)
            }
        }
    }

    fn time(&self, expr: &Expr, depth: usize) -> Result<Time, FilterError> {
        super::deeper(depth)?;
        let Expr::Interval(begin, end) = expr else {
            return match self.side(expr, depth)? {
                Side::Literal(Literal::Null) => Ok(Time::Instant(Side::Literal(Literal::Null))),
                Side::Literal(literal) => {
                    let bound = literal::bind(&literal, Kind::Timestamp, "a temporal operator")?;
                    Ok(Time::Instant(Side::Literal(typed(&bound))))
                }
                Side::Term(term) => temporal(term).map(|term| Time::Instant(Side::Term(term))),
            };
        };
        let (begin, end) = (self.end(begin, depth + 1)?, self.end(end, depth + 1)?);
        if let (Some(Term::Bound(first)), Some(Term::Bound(last))) = (&begin, &end)
            && instants(first).0 > instants(last).1
        {
            return Err(FilterError::Incomplete {
                operator: "an interval".to_owned(),
                needs: format!(
                    "a begin before its end; {} lies after {}",
                    excerpt(&literal::text_of(&typed(first))),
                    excerpt(&literal::text_of(&typed(last)))
                ),
            });
        }
        Ok(Time::Interval(begin, end))
    }

    fn end(&self, end: &IntervalEnd, depth: usize) -> Result<Option<Term>, FilterError> {
        let IntervalEnd::At(expr) = end else { return Ok(None) };
        match self.side(expr, depth)? {
            Side::Literal(Literal::Null) => Ok(None),
            Side::Literal(literal) => {
                literal::bind(&literal, Kind::Timestamp, "an interval").map(|bound| Some(Term::Bound(bound)))
            }
            Side::Term(term) => temporal(term).map(Some),
        }
    }
}

fn typed(bound: &Bound) -> Literal {
    match bound {
        Bound::Date(day) => Literal::Date(*day),
        Bound::Timestamp(instant) => Literal::Timestamp(*instant),
        // `bind` gives nothing else for a time.
        _ => Literal::Null,
    }
}

/// First and last instant of a literal.
fn instants(bound: &Bound) -> (Option<chrono::DateTime<chrono::Utc>>, Option<chrono::DateTime<chrono::Utc>>) {
    match bound {
        Bound::Date(day) => {
            let next = day.checked_add_days(Days::new(1)).map(midnight);
            (Some(midnight(*day)), next.and_then(|next| next.checked_sub_signed(TimeDelta::microseconds(1))))
        }
        Bound::Timestamp(instant) => (Some(*instant), Some(*instant)),
        _ => (None, None),
    }
}

fn temporal(term: Term) -> Result<Term, FilterError> {
    if term.kind().is_temporal() {
        return Ok(term);
    }
    Err(FilterError::Types {
        left: term.describe(),
        left_type: term.kind().name(),
        right: "the other side".to_owned(),
        right_type: Kind::Timestamp.name(),
        done: "compared by a temporal operator",
    })
}

/// What the relation of two instants comes to; none for relations that periods alone can have.
const fn of_instants(op: TemporalOp) -> Option<CompareOp> {
    Some(match op {
        TemporalOp::After => CompareOp::Greater,
        TemporalOp::Before => CompareOp::Less,
        TemporalOp::Equals | TemporalOp::Intersects => CompareOp::Equal,
        TemporalOp::Disjoint => CompareOp::NotEqual,
        _ => return None,
    })
}

fn needs_period(op: TemporalOp) -> FilterError {
    FilterError::Incomplete {
        operator: format!("{op:?}"),
        needs: "an interval on at least one side, such as a gml:TimePeriod or INTERVAL('2021-01-01', '..')"
            .to_owned(),
    }
}

fn has_instants(time: &Time) -> bool {
    let is = |term: &Option<Term>| term.as_ref().is_some_and(|t| t.kind() == Kind::Timestamp);
    match time {
        Time::Instant(Side::Literal(literal)) => matches!(literal, Literal::Timestamp(_)),
        Time::Instant(Side::Term(term)) => term.kind() == Kind::Timestamp,
        Time::Interval(begin, end) => is(begin) || is(end),
    }
}

fn span(time: Time, scale: Kind) -> Result<Span, FilterError> {
    Ok(match time {
        Time::Instant(side) => {
            let term = match side {
                Side::Term(term) => term,
                Side::Literal(literal) => {
                    Term::Bound(literal::bind(&literal, Kind::Timestamp, "the period")?)
                }
            };
            Span { begin: first(term.clone(), scale), end: last(term, scale), instant: true }
        }
        Time::Interval(begin, end) => Span {
            begin: open(begin.map(|term| first(term, scale)), true, scale),
            end: open(end.map(|term| last(term, scale)), false, scale),
            instant: false,
        },
    })
}

/// The first moment of a term on a scale.
fn first(term: Term, scale: Kind) -> Term {
    match (term, scale) {
        (Term::Bound(Bound::Date(day)), Kind::Timestamp) => Term::Bound(Bound::Timestamp(midnight(day))),
        (term, Kind::Timestamp) if term.kind() == Kind::Date => Term::Midnight(Box::new(term)),
        (term, _) => term,
    }
}

/// The last moment of a term on a scale.
fn last(term: Term, scale: Kind) -> Term {
    match (term, scale) {
        (Term::Bound(bound @ Bound::Date(_)), Kind::Timestamp) => match instants(&bound).1 {
            Some(instant) => Term::Bound(Bound::Timestamp(instant)),
            None => Term::Infinity { before: false, kind: scale },
        },
        (term, Kind::Timestamp) if term.kind() == Kind::Date => Term::DayEnd(Box::new(term)),
        (term, _) => term,
    }
}

fn open(end: Option<Term>, before: bool, kind: Kind) -> Term {
    match end {
        None => Term::Infinity { before, kind },
        Some(literal @ Term::Bound(_)) => literal,
        Some(term) => Term::OrInfinity { term: Box::new(term), before },
    }
}

/// The relation in terms of begins and ends (CQL2 clause 7.8, tables of the temporal functions).
fn related(op: TemporalOp, a: &Span, b: &Span) -> Result<Node, FilterError> {
    use CompareOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let compare = |left: &Term, op, right: &Term| compare_terms(op, left.clone(), right.clone(), true);
    let both = |first, second| -> Result<Node, FilterError> { Ok(Node::And(vec![first?, second?])) };
    match op {
        TemporalOp::After => compare(&a.begin, Greater, &b.end),
        TemporalOp::Before => compare(&a.end, Less, &b.begin),
        TemporalOp::Disjoint => {
            Ok(Node::Or(vec![compare(&a.end, Less, &b.begin)?, compare(&a.begin, Greater, &b.end)?]))
        }
        TemporalOp::Intersects => {
            both(compare(&a.begin, LessOrEqual, &b.end), compare(&a.end, GreaterOrEqual, &b.begin))
        }
        TemporalOp::Equals => both(compare(&a.begin, Equal, &b.begin), compare(&a.end, Equal, &b.end)),
        TemporalOp::Contains => both(compare(&a.begin, Less, &b.begin), compare(&a.end, Greater, &b.end)),
        TemporalOp::During => both(compare(&a.begin, Greater, &b.begin), compare(&a.end, Less, &b.end)),
        TemporalOp::Starts => both(compare(&a.begin, Equal, &b.begin), compare(&a.end, Less, &b.end)),
        TemporalOp::StartedBy => both(compare(&a.begin, Equal, &b.begin), compare(&a.end, Greater, &b.end)),
        TemporalOp::Finishes => both(compare(&a.begin, Greater, &b.begin), compare(&a.end, Equal, &b.end)),
        TemporalOp::FinishedBy => both(compare(&a.begin, Less, &b.begin), compare(&a.end, Equal, &b.end)),
        TemporalOp::Meets | TemporalOp::MetBy | TemporalOp::Overlaps | TemporalOp::OverlappedBy
            if a.instant || b.instant =>
        {
            // Of an instant and a period these hold never; without the instant it is unknown.
            let instant = if a.instant { a } else { b };
            compare(&instant.begin, Less, &instant.begin)
        }
        TemporalOp::Meets => compare(&a.end, Equal, &b.begin),
        TemporalOp::MetBy => compare(&a.begin, Equal, &b.end),
        TemporalOp::Overlaps => Ok(Node::And(vec![
            compare(&a.begin, Less, &b.begin)?,
            compare(&a.end, Greater, &b.begin)?,
            compare(&a.end, Less, &b.end)?,
        ])),
        TemporalOp::OverlappedBy => Ok(Node::And(vec![
            compare(&a.begin, Greater, &b.begin)?,
            compare(&a.begin, Less, &b.end)?,
            compare(&a.end, Greater, &b.end)?,
        ])),
    }
}
