//! Temporal predicates of ECQL, which stand between what they compare, and periods.

use super::Ecql;
use crate::filter::ast::{Expr, Filter, IntervalEnd, Literal, TemporalOp};
use crate::filter::cql2::Read;
use crate::filter::cql2::build;
use crate::filter::cql2::text::grammar::{Item, Node, Parser};
use crate::filter::cql2::text::lexer::Token;
use chrono::{DateTime, Months, NaiveTime, TimeDelta, Utc};

const EXPECTED: &str =
    "write an instant such as 2021-08-02T12:00:00Z, or a period such as 2021-08-02T00:00:00Z/P1D";

/// Whether a word is a temporal predicate.
pub(super) fn is_operator(word: &str) -> bool {
    operator(word).is_some()
}

fn operator(word: &str) -> Option<TemporalOp> {
    Some(match word.to_ascii_uppercase().as_str() {
        "BEFORE" => TemporalOp::Before,
        "AFTER" => TemporalOp::After,
        "DURING" => TemporalOp::During,
        "TEQUALS" => TemporalOp::Equals,
        "TCONTAINS" => TemporalOp::Contains,
        "TOVERLAPS" => TemporalOp::Overlaps,
        "OVERLAPPEDBY" => TemporalOp::OverlappedBy,
        "MEETS" => TemporalOp::Meets,
        "METBY" => TemporalOp::MetBy,
        "BEGINS" => TemporalOp::Starts,
        "BEGUNBY" => TemporalOp::StartedBy,
        "ENDS" => TemporalOp::Finishes,
        "ENDEDBY" => TemporalOp::FinishedBy,
        "ANYINTERACTS" => TemporalOp::Intersects,
        _ => return None,
    })
}

/// Reads a predicate behind what it is said of.
pub(super) fn predicate(parser: &mut Parser<'_, Ecql>, left: Item, depth: usize) -> Read<Item> {
    let op = match parser.cursor.token() {
        Token::Word(word) => operator(word),
        _ => None,
    };
    let op = op.ok_or_else(|| parser.cursor.refuse("write BEFORE, AFTER, DURING or TEQUALS"))?;
    parser.cursor.advance()?;
    let also = also(parser, op)?;
    let (at, below) = (left.at, left.height);
    let left = *parser.value(left)?;
    let (right, height) = time(parser, depth)?;
    let height = below.max(height) + 1;
    let one = |op| Filter::Temporal { op, left: left.clone(), right: right.clone() };
    // Up to, or from, a period with the period itself, its ends included.
    let (filter, height) = match also {
        Some(outside) => (Filter::Or(vec![one(outside), one(TemporalOp::Intersects)]), height + 1),
        None => (one(op), height),
    };
    parser.item(Node::condition(filter), at, height)
}

/// `BEFORE OR DURING` and `DURING OR AFTER`: the relation beside being in the period.
fn also(parser: &mut Parser<'_, Ecql>, op: TemporalOp) -> Read<Option<TemporalOp>> {
    let (second, outside) = match op {
        TemporalOp::Before => ("DURING", TemporalOp::Before),
        TemporalOp::During => ("AFTER", TemporalOp::After),
        _ => return Ok(None),
    };
    if !parser.cursor.take_word("OR")? {
        return Ok(None);
    }
    parser.cursor.expect_word(second, "write BEFORE OR DURING, or DURING OR AFTER, and a period")?;
    Ok(Some(outside))
}

/// One end of a period as written.
enum End {
    At(DateTime<Utc>, Literal),
    Length { months: u32, time: TimeDelta },
}

/// An instant, a period, or any expression; and its height.
fn time(parser: &mut Parser<'_, Ecql>, depth: usize) -> Read<(Expr, usize)> {
    let at = parser.cursor.at();
    let Some(first) = end(parser)? else {
        let item = parser.expression(BEHIND_COMPARISONS, depth + 1)?;
        let height = item.height;
        return Ok((*parser.value(item)?, height));
    };
    if !parser.cursor.take('/')? {
        return match first {
            End::At(_, literal) => Ok((Expr::Literal(literal), 1)),
            End::Length { .. } => Err(parser.cursor.refuse_from(at, parser.cursor.at(), EXPECTED)),
        };
    }
    let second = end(parser)?.ok_or_else(|| parser.cursor.refuse(EXPECTED))?;
    let beyond =
        || parser.cursor.refuse_from(at, parser.cursor.at(), "write a period within years of four digits");
    let (begin, finish) = match (first, second) {
        (End::At(_, begin), End::At(_, finish)) => (begin, finish),
        (End::At(from, begin), End::Length { months, time }) => {
            let to = from.checked_add_months(Months::new(months)).and_then(|t| t.checked_add_signed(time));
            (begin, to.filter(is_sane).map(Literal::Timestamp).ok_or_else(beyond)?)
        }
        (End::Length { months, time }, End::At(to, finish)) => {
            let from = to.checked_sub_months(Months::new(months)).and_then(|t| t.checked_sub_signed(time));
            (from.filter(is_sane).map(Literal::Timestamp).ok_or_else(beyond)?, finish)
        }
        (End::Length { .. }, End::Length { .. }) => {
            return Err(parser.cursor.refuse_from(at, parser.cursor.at(), EXPECTED));
        }
    };
    let end = |literal| IntervalEnd::At(Expr::Literal(literal));
    Ok((build::interval(end(begin), end(finish))?, 2))
}

/// Operators from here on are the predicate's operand.
const BEHIND_COMPARISONS: u8 = 5;

fn is_sane(instant: &DateTime<Utc>) -> bool {
    use chrono::Datelike;
    (1..=9999).contains(&instant.year())
}

/// An instant or a duration, if one stands here.
fn end(parser: &mut Parser<'_, Ecql>) -> Read<Option<End>> {
    let found = match parser.cursor.token() {
        Token::Moment(moment) => {
            Some(build::moment(moment).ok_or_else(|| parser.cursor.refuse(EXPECTED))?).and_then(at)
        }
        Token::Text(text) => build::moment(text).and_then(at),
        Token::Word(word) => duration(word),
        _ => None,
    };
    if found.is_some() {
        parser.cursor.advance()?;
    }
    Ok(found)
}

fn at(literal: Literal) -> Option<End> {
    let instant = match &literal {
        Literal::Date(day) => day.and_time(NaiveTime::MIN).and_utc(),
        Literal::Timestamp(instant) => *instant,
        _ => return None,
    };
    Some(End::At(instant, literal))
}

/// `P1Y2M10DT2H30M15S` (ISO 8601), of whole numbers.
fn duration(word: &str) -> Option<End> {
    let mut rest = word.strip_prefix(['P', 'p'])?;
    let (mut months, mut time) = (0_u32, TimeDelta::zero());
    let (mut in_time, mut any) = (false, false);
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(['T', 't']).filter(|_| !in_time) {
            in_time = true;
            rest = behind;
            continue;
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number = rest.get(..digits)?.parse::<u32>().ok()?;
        let unit = rest.get(digits..digits + 1)?.to_ascii_uppercase();
        rest = rest.get(digits + 1..)?;
        let seconds = match (unit.as_str(), in_time) {
            ("Y", false) => {
                months = months.checked_add(number.checked_mul(12)?)?;
                0
            }
            ("M", false) => {
                months = months.checked_add(number)?;
                0
            }
            ("W", false) => 604_800,
            ("D", false) => 86_400,
            ("H", true) => 3_600,
            ("M", true) => 60,
            ("S", true) => 1,
            _ => return None,
        };
        time = time.checked_add(&TimeDelta::try_seconds(i64::from(number) * seconds)?)?;
        any = true;
    }
    any.then_some(End::Length { months, time })
}
