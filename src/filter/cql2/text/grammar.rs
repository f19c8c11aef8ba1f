//! The grammar that CQL2 text and ECQL share: conditions, comparisons and computations by precedence.
//!
//! OR binds weakest, then AND, NOT, comparisons, `+ -`, `* / % div`, `^`, signs. One function calls itself; its
//! depth, the height of what it builds and the number of nodes are counted, so that no text uses up the stack,
//! here or later.

mod predicates;

use super::lexer::{Cursor, Spelling, Token};
use super::wkt;
use crate::filter::ast::{Expr, Filter, Literal};
use crate::filter::cql2::Read;
use crate::filter::cql2::build::{self, Operand};
use crate::filter::cql2::shape::Placement;
use crate::filter::error::{FilterError, FilterLimits, Reading};
use crate::geo::BBox;
use std::marker::PhantomData;

/// What one of the languages adds to the grammar.
pub(in crate::filter) trait Dialect: Sized {
    /// How it looks.
    const SPELLING: Spelling;

    /// What a word before a parenthesis begins, the parenthesis being the token; `None` is a function.
    fn call(parser: &mut Parser<'_, Self>, word: &str, at: usize, depth: usize) -> Read<Option<Item>>;

    /// What a word that is taken begins otherwise; `None` is a property.
    fn word(_: &mut Parser<'_, Self>, _: &str, _: usize) -> Read<Option<Item>> {
        Ok(None)
    }

    /// A keyword that begins a condition, before it is taken.
    fn prefix(_: &mut Parser<'_, Self>, _: usize) -> Read<Option<Item>> {
        Ok(None)
    }

    /// Whether the token is a predicate's word of this language alone.
    fn is_predicate(_: &Cursor<'_>) -> bool {
        false
    }

    /// Reads that predicate on what stands before it.
    fn predicate(parser: &mut Parser<'_, Self>, _: Item, _: usize) -> Read<Item> {
        Err(parser.cursor.refuse("write a comparison"))
    }
}

/// Something read, before its place decides what it is used as.
#[derive(Debug)]
pub(in crate::filter) struct Item {
    pub(in crate::filter) node: Node,
    /// Levels of the tree below and with it.
    pub(in crate::filter) height: usize,
    /// Where it begins.
    pub(in crate::filter) at: usize,
}

#[derive(Debug)]
pub(in crate::filter) enum Node {
    Condition(Box<Filter>),
    Value(Box<Expr>),
    List(Vec<Expr>),
    Boxes(Vec<BBox>),
}

/// How tightly operators bind.
mod power {
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const COMPARISON: u8 = 4;
    pub(super) const SUM: u8 = 5;
    pub(super) const PRODUCT: u8 = 6;
    pub(super) const POWER: u8 = 7;
    pub(super) const SIGN: u8 = 8;
}

/// Words that can't be properties without quotes.
const RESERVED: [&str; 9] = ["AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "DIV"];

const OPERAND: &str = "write a property, a literal or a function";

/// Reads one text.
pub(in crate::filter) struct Parser<'a, D> {
    pub(in crate::filter) cursor: Cursor<'a>,
    pub(in crate::filter) placement: Placement,
    limits: FilterLimits,
    nodes: usize,
    dialect: PhantomData<D>,
}

impl Node {
    pub(in crate::filter) fn condition(filter: Filter) -> Self {
        Self::Condition(Box::new(filter))
    }

    pub(in crate::filter) fn value(expr: Expr) -> Self {
        Self::Value(Box::new(expr))
    }
}

impl<'a, D: Dialect> Parser<'a, D> {
    /// Reads a whole text as one condition.
    pub(in crate::filter) fn read(
        text: &'a str,
        placement: Placement,
        reading: &Reading,
    ) -> Result<Filter, FilterError> {
        Self::read_boxed(text, placement, reading).map(|filter| *filter).map_err(|error| *error)
    }

    fn read_boxed(text: &'a str, placement: Placement, reading: &Reading) -> Read<Box<Filter>> {
        let limits = reading.limits;
        if text.len() > limits.bytes {
            return Err(FilterError::TooLarge(limits.bytes).into());
        }
        let cursor = Cursor::new(text, D::SPELLING)?;
        let mut parser = Self { cursor, placement, limits, nodes: 0, dialect: PhantomData };
        if *parser.cursor.token() == Token::End {
            return Err(parser.cursor.refuse("write a condition such as population > 1000"));
        }
        let item = parser.expression(0, 0)?;
        if *parser.cursor.token() != Token::End {
            return Err(parser.cursor.refuse("write AND or OR between conditions, or nothing more"));
        }
        parser.condition(item)
    }

    /// Reads as far as operators bind at least as tightly as `floor`.
    pub(in crate::filter) fn expression(&mut self, floor: u8, depth: usize) -> Read<Item> {
        if depth >= self.limits.depth {
            return Err(FilterError::TooDeep(self.limits.depth).into());
        }
        let mut left = self.prefix(floor, depth)?;
        let mut compared = false;
        while let Some(power) = self.operator() {
            if power < floor {
                break;
            }
            if power == power::COMPARISON && std::mem::replace(&mut compared, true) {
                return Err(self
                    .cursor
                    .refuse("write AND or OR, or put the first comparison in parentheses"));
            }
            left = match power {
                power::OR | power::AND => self.combination(power, left, depth)?,
                power::COMPARISON => self.comparison(left, depth)?,
                _ => self.computation(power, left, depth)?,
            };
        }
        Ok(left)
    }

    /// How tightly the operator at hand binds, if it is one.
    fn operator(&self) -> Option<u8> {
        match self.cursor.token() {
            Token::Sign('=' | '<' | '>' | '!') => Some(power::COMPARISON),
            Token::Sign('+' | '-') => Some(power::SUM),
            Token::Sign('*' | '/' | '%') => Some(power::PRODUCT),
            Token::Sign('^') => Some(power::POWER),
            Token::Word(word) => match word.to_ascii_uppercase().as_str() {
                "OR" => Some(power::OR),
                "AND" => Some(power::AND),
                "DIV" => Some(power::PRODUCT),
                "NOT" | "LIKE" | "BETWEEN" | "IN" | "IS" => Some(power::COMPARISON),
                _ => D::is_predicate(&self.cursor).then_some(power::COMPARISON),
            },
            _ => None,
        }
    }

    pub(in crate::filter) const fn limits(&self) -> FilterLimits {
        self.limits
    }

    /// One more node of the tree, of this height.
    pub(in crate::filter) fn item(&mut self, node: Node, at: usize, height: usize) -> Read<Item> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(FilterError::TooLarge(self.limits.nodes).into());
        }
        if height > self.limits.depth {
            return Err(FilterError::TooDeep(self.limits.depth).into());
        }
        Ok(Item { node, height, at })
    }

    fn prefix(&mut self, floor: u8, depth: usize) -> Read<Item> {
        let at = self.cursor.at();
        match self.cursor.token() {
            Token::Sign('(') => self.group(')', at, depth),
            // ECQL's other parentheses around conditions.
            Token::Sign('[') if D::SPELLING.brackets => self.group(']', at, depth),
            Token::Sign('-' | '+') => self.signed(at, depth),
            Token::Word(word) if word.eq_ignore_ascii_case("NOT") && floor <= power::NOT => {
                self.negation(at, depth)
            }
            _ => self.operand(at, depth),
        }
    }

    fn negation(&mut self, at: usize, depth: usize) -> Read<Item> {
        self.cursor.advance()?;
        let inner = self.expression(power::NOT, depth + 1)?;
        let height = inner.height + 1;
        let inner = self.condition(inner)?;
        self.item(Node::condition(Filter::Not(inner)), at, height)
    }

    fn signed(&mut self, at: usize, depth: usize) -> Read<Item> {
        let negative = self.cursor.is_sign('-');
        self.cursor.advance()?;
        if let Token::Number(digits) = self.cursor.token() {
            let written = if negative { format!("-{digits}") } else { (*digits).to_owned() };
            return self.literal_number(&written, at);
        }
        let inner = self.expression(power::SIGN, depth + 1)?;
        let height = inner.height + 1;
        let inner = self.number_like(inner)?;
        self.item(Node::value(if negative { build::negative(*inner) } else { *inner }), at, height)
    }

    fn literal_number(&mut self, written: &str, at: usize) -> Read<Item> {
        let literal = build::number(written)
            .ok_or_else(|| self.cursor.refuse("write a number that is not beyond all measure"))?;
        self.cursor.advance()?;
        self.item(Node::value(Expr::Literal(literal)), at, 1)
    }

    /// What stands in parentheses, or an array.
    fn group(&mut self, close: char, at: usize, depth: usize) -> Read<Item> {
        self.cursor.advance()?;
        if close == ')' && self.cursor.take(')')? {
            return self.item(Node::List(Vec::new()), at, 1);
        }
        let first = self.expression(0, depth + 1)?;
        if close == ')' && self.cursor.is_sign(',') {
            let (list, height) = self.rest_of_list(first, depth)?;
            return self.item(Node::List(list), at, height + 1);
        }
        self.cursor.expect(close, "write an operator, or close what was opened")?;
        // In parentheses a comparison is a value that may be compared again.
        Ok(Item { at, ..first })
    }

    /// The values of a list behind its first, up to the closing parenthesis; and the height of the highest.
    fn rest_of_list(&mut self, first: Item, depth: usize) -> Read<(Vec<Expr>, usize)> {
        let mut height = first.height;
        let mut list = vec![*self.value(first)?];
        while self.cursor.take(',')? {
            let next = self.expression(0, depth + 1)?;
            height = height.max(next.height);
            list.push(*self.value(next)?);
        }
        self.cursor.expect(')', "write a comma, or close the parenthesis")?;
        Ok((list, height))
    }

    /// The values in parentheses, the opening one being the token; there may be none.
    pub(in crate::filter) fn list(&mut self, depth: usize) -> Read<(Vec<Expr>, usize)> {
        self.cursor.expect('(', "write values in parentheses")?;
        if self.cursor.take(')')? {
            return Ok((Vec::new(), 0));
        }
        let first = self.expression(0, depth + 1)?;
        self.rest_of_list(first, depth)
    }

    /// A literal, a property, a function or a predicate that looks like one.
    #[inline(never)]
    fn operand(&mut self, at: usize, depth: usize) -> Read<Item> {
        if let Some(item) = D::prefix(self, depth)? {
            return Ok(item);
        }
        match self.cursor.token() {
            Token::Number(digits) => {
                let digits: &'a str = digits;
                self.literal_number(digits, at)
            }
            Token::Text(_) => {
                let text = self.cursor.literal(OPERAND)?;
                self.item(Node::value(Expr::Literal(Literal::Text(text))), at, 1)
            }
            Token::Moment(moment) => {
                let literal = build::moment(moment).ok_or_else(|| {
                    self.cursor.refuse("write a day that exists, such as 2021-08-02, or an instant, such as 2021-08-02T12:00:00Z")
                })?;
                self.cursor.advance()?;
                self.item(Node::value(Expr::Literal(literal)), at, 1)
            }
            Token::Name(name) => {
                let name = name.clone();
                self.cursor.advance()?;
                if name.is_empty() {
                    return Err(self.cursor.refuse_from(
                        at,
                        at + 2,
                        "write the name of a property between the quotes",
                    ));
                }
                // The name of a function is an identifier, which may stand in quotes too.
                if self.cursor.is_sign('(') {
                    return self.function(&name, at, depth);
                }
                self.item(Node::value(Expr::Property(name)), at, 1)
            }
            Token::Word(word) => {
                let word: &'a str = word;
                self.word(word, at, depth)
            }
            Token::Sign(_) | Token::End => Err(self.cursor.refuse(OPERAND)),
        }
    }

    fn word(&mut self, word: &str, at: usize, depth: usize) -> Read<Item> {
        if RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved)) {
            let expected = if word.eq_ignore_ascii_case("NULL") {
                "compare with IS NULL or IS NOT NULL"
            } else {
                "write a property, a literal or a function; a property of this name goes in double quotes"
            };
            return Err(self.cursor.refuse(expected));
        }
        self.cursor.advance()?;
        for (name, truth) in [("TRUE", true), ("FALSE", false)] {
            if word.eq_ignore_ascii_case(name) {
                return self.item(Node::value(Expr::Literal(Literal::Boolean(truth))), at, 1);
            }
        }
        if let Some(kind) = wkt::tag(word)
            && wkt::begins(&self.cursor)
        {
            let shape = wkt::read(&mut self.cursor, kind, &self.placement)?;
            let literal = self.placement.literal(&shape)?;
            return self.item(Node::value(literal), at, 1);
        }
        if self.cursor.is_sign('(') {
            return match D::call(self, word, at, depth)? {
                Some(item) => Ok(item),
                None => self.function(word, at, depth),
            };
        }
        match D::word(self, word, at)? {
            Some(item) => Ok(item),
            None => self.item(Node::value(Expr::Property(word.to_owned())), at, 1),
        }
    }

    fn function(&mut self, name: &str, at: usize, depth: usize) -> Read<Item> {
        let (args, height) = self.list(depth)?;
        self.item(Node::value(Expr::Function { name: name.to_owned(), args }), at, height + 1)
    }

    /// AND or OR, as many as follow each other.
    fn combination(&mut self, power: u8, first: Item, depth: usize) -> Read<Item> {
        let (at, mut height) = (first.at, first.height);
        let mut all = vec![*self.condition(first)?];
        let word = if power == power::AND { "AND" } else { "OR" };
        while self.cursor.take_word(word)? {
            let next = self.expression(power + 1, depth + 1)?;
            height = height.max(next.height);
            all.push(*self.condition(next)?);
        }
        let filter = if power == power::AND { Filter::And(all) } else { Filter::Or(all) };
        self.item(Node::condition(filter), at, height + 1)
    }

    fn computation(&mut self, power: u8, left: Item, depth: usize) -> Read<Item> {
        let sign = match self.cursor.advance()? {
            Token::Sign(sign) => sign.to_string(),
            _ => "div".to_owned(),
        };
        let right = self.expression(power + 1, depth + 1)?;
        if power == power::POWER && self.cursor.is_sign('^') {
            return Err(self.cursor.refuse("say with parentheses which power comes first"));
        }
        let (at, height) = (left.at, left.height.max(right.height) + 1);
        let op = build::arithmetic(&sign).ok_or_else(|| self.cursor.refuse("write an operator"))?;
        let left = self.number_like(left)?;
        let right = self.number_like(right)?;
        self.item(Node::value(Expr::Arithmetic { op, left, right }), at, height)
    }

    /// An item as a condition.
    #[inline(never)]
    pub(in crate::filter) fn condition(&self, item: Item) -> Read<Box<Filter>> {
        match item.node {
            Node::Condition(filter) => Ok(filter),
            Node::Value(expr) => match *expr {
                Expr::Literal(Literal::Boolean(truth)) => Ok(Box::new(Filter::Constant(truth))),
                Expr::Condition(filter) => Ok(filter),
                expr @ (Expr::Property(_) | Expr::Function { .. }) => Ok(Box::new(Filter::Truth(expr))),
                _ => Err(self.no_condition(item.at)),
            },
            Node::List(_) | Node::Boxes(_) => Err(self.no_condition(item.at)),
        }
    }

    fn no_condition(&self, at: usize) -> Box<FilterError> {
        self.cursor.refuse_from(at, self.cursor.at(), "write a condition, such as a comparison")
    }

    /// An item as a value.
    #[inline(never)]
    pub(in crate::filter) fn value(&self, item: Item) -> Read<Box<Expr>> {
        Ok(match item.node {
            Node::Value(expr) => expr,
            Node::List(list) => Box::new(Expr::Array(list)),
            Node::Boxes(boxes) => Box::new(Operand::Boxes(boxes).into_expr(&self.placement)?),
            Node::Condition(filter) => Box::new(match *filter {
                Filter::Constant(truth) => Expr::Literal(Literal::Boolean(truth)),
                _ => Expr::Condition(filter),
            }),
        })
    }

    /// An item as a number, as far as that can be told without knowing the properties.
    #[inline(never)]
    fn number_like(&self, item: Item) -> Read<Box<Expr>> {
        let at = item.at;
        let expr = match item.node {
            Node::Value(expr) => Some(expr),
            _ => None,
        };
        let number = expr.filter(|expr| {
            matches!(
                **expr,
                Expr::Property(_)
                    | Expr::Function { .. }
                    | Expr::Arithmetic { .. }
                    | Expr::Literal(Literal::Integer(_) | Literal::Number(_) | Literal::Text(_))
            )
        });
        number
            .ok_or_else(|| self.cursor.refuse_from(at, self.cursor.at(), "only numbers can be computed with"))
    }
}
