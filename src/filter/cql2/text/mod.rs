//! CQL2 text (OGC 21-065r2 annex B).

pub(in crate::filter) mod grammar;
pub(in crate::filter) mod lexer;
pub(in crate::filter) mod wkt;

use super::Read;
use super::build::{self, Operand};
use crate::filter::ast::{ArrayOp, Expr, Filter, IntervalEnd, Literal, SpatialOp, TemporalOp};
use crate::filter::error::{FilterError, Reading};
use grammar::{Dialect, Item, Node, Parser};
use lexer::{Spelling, Token};

/// Reads a filter in CQL2 text.
///
/// # Errors
/// [`FilterError::Syntax`] with the place, what stands there and what may; [`FilterError::TooDeep`] and
/// [`FilterError::TooLarge`] past the limits; [`FilterError::Geometry`] for a geometry that is none.
pub fn parse_text(text: &str, reading: &Reading) -> Result<Filter, FilterError> {
    Parser::<Cql2>::read(text, super::placement(reading)?, reading)
}

/// What is particular to CQL2.
struct Cql2;

impl Dialect for Cql2 {
    const SPELLING: Spelling =
        Spelling { language: "CQL2 text", escapes: true, moments: false, brackets: false };

    #[inline(never)]
    fn call(parser: &mut Parser<'_, Self>, word: &str, at: usize, depth: usize) -> Read<Option<Item>> {
        if let Some(op) = build::spatial_op(word) {
            return spatial(parser, op, at, depth).map(Some);
        }
        if let Some(op) = build::temporal_op(word) {
            return temporal(parser, op, at, depth).map(Some);
        }
        if let Some(op) = build::array_op(word) {
            return array(parser, op, at, depth).map(Some);
        }
        let expr = match word.to_ascii_uppercase().as_str() {
            "CASEI" | "ACCENTI" => return folded(parser, word, at, depth).map(Some),
            "INTERVAL" => return interval(parser, at, depth).map(Some),
            "DATE" => instant(parser, build::date, "write a day such as DATE('2021-08-02')")?,
            "TIMESTAMP" => {
                let expected = "write an instant such as TIMESTAMP('2021-08-02T12:00:00Z')";
                instant(parser, build::timestamp, expected)?
            }
            "BBOX" => {
                let numbers = parser.numbers()?;
                let boxes = parser.placement.boxes(&numbers)?;
                return parser.item(Node::Boxes(boxes), at, 1).map(Some);
            }
            _ => return Ok(None),
        };
        parser.item(Node::value(expr), at, 1).map(Some)
    }
}

fn spatial(parser: &mut Parser<'_, Cql2>, op: SpatialOp, at: usize, depth: usize) -> Read<Item> {
    let (left, right, height) = parser.two_operands(depth, Parser::operand_of)?;
    let filter = build::spatial(op, left, right, &parser.placement)?;
    parser.item(Node::condition(filter), at, height)
}

fn temporal(parser: &mut Parser<'_, Cql2>, op: TemporalOp, at: usize, depth: usize) -> Read<Item> {
    let (left, right, height) = parser.two_operands(depth, Parser::value)?;
    parser.item(Node::condition(Filter::Temporal { op, left: *left, right: *right }), at, height)
}

fn array(parser: &mut Parser<'_, Cql2>, op: ArrayOp, at: usize, depth: usize) -> Read<Item> {
    parser.cursor.advance()?;
    let (left, first) = set(parser, depth)?;
    parser.cursor.expect(',', "write a comma and the second array")?;
    let (right, second) = set(parser, depth)?;
    parser.cursor.expect(')', "close the parenthesis")?;
    parser.item(Node::condition(Filter::Array { op, left, right }), at, first.max(second) + 1)
}

/// An array operand. Here, and only here, a value in parentheses is an array of one.
fn set(parser: &mut Parser<'_, Cql2>, depth: usize) -> Read<(Expr, usize)> {
    if parser.cursor.is_sign('(') {
        let (list, height) = parser.list(depth)?;
        return Ok((Expr::Array(list), height + 1));
    }
    let item = parser.expression(0, depth + 1)?;
    let (at, height) = (item.at, item.height);
    match *parser.value(item)? {
        set @ (Expr::Property(_) | Expr::Function { .. }) => Ok((set, height)),
        _ => Err(parser.cursor.refuse_from(
            at,
            parser.cursor.at(),
            "write an array such as ('a','b') or a property",
        )),
    }
}

fn folded(parser: &mut Parser<'_, Cql2>, word: &str, at: usize, depth: usize) -> Read<Item> {
    parser.cursor.advance()?;
    let item = parser.expression(0, depth + 1)?;
    let height = item.height + 1;
    let inner = parser.value(item)?;
    parser.cursor.expect(')', "close the parenthesis")?;
    let expr = if word.eq_ignore_ascii_case("CASEI") { Expr::CaseI(inner) } else { Expr::AccentI(inner) };
    parser.item(Node::value(expr), at, height)
}

fn instant(
    parser: &mut Parser<'_, Cql2>,
    read: impl Fn(&str) -> Option<Literal>,
    expected: &str,
) -> Read<Expr> {
    parser.cursor.advance()?;
    let literal = match parser.cursor.token() {
        Token::Text(text) => read(text),
        _ => None,
    };
    let literal = literal.ok_or_else(|| parser.cursor.refuse(expected))?;
    parser.cursor.advance()?;
    parser.cursor.expect(')', "close the parenthesis")?;
    Ok(Expr::Literal(literal))
}

fn interval(parser: &mut Parser<'_, Cql2>, at: usize, depth: usize) -> Read<Item> {
    parser.cursor.advance()?;
    let (begin, first) = interval_end(parser, depth)?;
    parser.cursor.expect(',', "write a comma and the end of the interval")?;
    let (end, second) = interval_end(parser, depth)?;
    parser.cursor.expect(')', "close the parenthesis: an interval has two ends")?;
    let interval = build::interval(begin, end)?;
    parser.item(Node::value(interval), at, first.max(second) + 1)
}

fn interval_end(parser: &mut Parser<'_, Cql2>, depth: usize) -> Read<(IntervalEnd, usize)> {
    let expected = "write a day ('2021-08-02'), an instant ('2021-08-02T12:00:00Z'), '..' or a property";
    if let Token::Text(text) = parser.cursor.token() {
        let end = build::interval_end(text).ok_or_else(|| parser.cursor.refuse(expected))?;
        parser.cursor.advance()?;
        return Ok((end, 1));
    }
    let item = parser.expression(0, depth + 1)?;
    let height = item.height;
    Ok((IntervalEnd::At(*parser.value(item)?), height))
}

impl<D: Dialect> Parser<'_, D> {
    /// Two operands in parentheses, each made of what was read by `take`; and the height of the higher.
    pub(in crate::filter) fn two_operands<T>(
        &mut self,
        depth: usize,
        take: impl Fn(&Self, Item) -> Read<T>,
    ) -> Read<(T, T, usize)> {
        self.cursor.advance()?;
        let left = self.expression(0, depth + 1)?;
        let first = left.height;
        let left = take(self, left)?;
        self.cursor.expect(',', "write a comma and the second operand")?;
        let right = self.expression(0, depth + 1)?;
        let height = first.max(right.height) + 1;
        let right = take(self, right)?;
        self.cursor.expect(')', "close the parenthesis: two operands are needed")?;
        Ok((left, right, height))
    }

    /// A geometry: boxes stay boxes.
    pub(in crate::filter) fn operand_of(&self, item: Item) -> Read<Operand> {
        match item.node {
            Node::Boxes(boxes) => Ok(Operand::Boxes(boxes)),
            _ => Ok(Operand::Value(*self.value(item)?)),
        }
    }

    /// Numbers in parentheses.
    pub(in crate::filter) fn numbers(&mut self) -> Read<Vec<f64>> {
        /// No box has more.
        const MOST: usize = 6;
        self.cursor.advance()?;
        let mut numbers = vec![self.cursor.number()?];
        while numbers.len() < MOST && self.cursor.take(',')? {
            numbers.push(self.cursor.number()?);
        }
        self.cursor.expect(')', "close the parenthesis: a box has four numbers, or six with heights")?;
        Ok(numbers)
    }
}
