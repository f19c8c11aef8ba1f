//! What is said of an expression behind it: comparisons, `LIKE`, `BETWEEN`, `IN`, `IS NULL`.

use super::super::lexer::Token;
use super::{Dialect, Item, Node, Parser, power};
use crate::filter::ast::Filter;
use crate::filter::cql2::Read;
use crate::filter::cql2::build::{self, Pattern};

impl<D: Dialect> Parser<'_, D> {
    #[inline(never)]
    pub(super) fn comparison(&mut self, left: Item, depth: usize) -> Read<Item> {
        if let Token::Sign(_) = self.cursor.token() {
            return self.binary(left, depth);
        }
        if self.cursor.is_word("IS") {
            return self.is_null(left);
        }
        let negated = self.cursor.take_word("NOT")?;
        let item = if self.cursor.is_word("LIKE") {
            self.like(left)?
        } else if self.cursor.is_word("BETWEEN") {
            self.between(left, depth)?
        } else if self.cursor.is_word("IN") {
            self.in_list(left, depth)?
        } else if D::is_predicate(&self.cursor) {
            D::predicate(self, left, depth)?
        } else {
            return Err(self.cursor.refuse("write LIKE, BETWEEN or IN behind NOT"));
        };
        if negated { self.not(item) } else { Ok(item) }
    }

    fn not(&mut self, item: Item) -> Read<Item> {
        let (at, height) = (item.at, item.height + 1);
        let inner = self.condition(item)?;
        self.item(Node::condition(Filter::Not(inner)), at, height)
    }

    fn binary(&mut self, left: Item, depth: usize) -> Read<Item> {
        let mut sign = String::new();
        // Blanks between the characters of an operator are the grammar's.
        while sign.len() < 2
            && let Token::Sign(c @ ('=' | '<' | '>' | '!')) = *self.cursor.token()
        {
            if sign == "=" || (sign == ">" && c != '=') {
                break;
            }
            sign.push(c);
            self.cursor.advance()?;
        }
        let op = build::comparison(&sign).ok_or_else(|| self.cursor.refuse("write =, <>, <, <=, > or >="))?;
        let right = self.expression(power::SUM, depth + 1)?;
        let (at, height) = (left.at, left.height.max(right.height) + 1);
        let (left, right) = (*self.value(left)?, *self.value(right)?);
        self.item(Node::condition(Filter::Compare { op, left, right, match_case: true }), at, height)
    }

    fn is_null(&mut self, left: Item) -> Read<Item> {
        self.cursor.advance()?;
        let negated = self.cursor.take_word("NOT")?;
        self.cursor.expect_word("NULL", "write IS NULL or IS NOT NULL")?;
        let (at, height) = (left.at, left.height + 1);
        let tested = *self.value(left)?;
        let item = self.item(Node::condition(Filter::IsNull(tested)), at, height)?;
        if negated { self.not(item) } else { Ok(item) }
    }

    fn like(&mut self, left: Item) -> Read<Item> {
        self.cursor.advance()?;
        let pattern = self.pattern()?;
        let (at, height) = (left.at, left.height + 1);
        let expr = *self.value(left)?;
        self.item(Node::condition(build::like(expr, pattern)), at, height)
    }

    /// A pattern, perhaps in CASEI and ACCENTI.
    pub(in crate::filter) fn pattern(&mut self) -> Read<Pattern> {
        let expected = "write the pattern as a text such as 'Mar%'";
        let mut pattern = Pattern::default();
        let mut open = 0_usize;
        loop {
            let folds = [self.cursor.is_word("CASEI"), self.cursor.is_word("ACCENTI")];
            if folds == [false, false] {
                break;
            }
            pattern.casei |= folds == [true, false];
            pattern.accenti |= folds == [false, true];
            self.cursor.advance()?;
            self.cursor.expect('(', expected)?;
            open += 1;
        }
        pattern.text = self.cursor.literal(expected)?;
        for _ in 0..open {
            self.cursor.expect(')', "close the parenthesis behind the pattern")?;
        }
        Ok(pattern)
    }

    fn between(&mut self, left: Item, depth: usize) -> Read<Item> {
        self.cursor.advance()?;
        let lower = self.expression(power::SUM, depth + 1)?;
        self.cursor.expect_word("AND", "write BETWEEN lower AND upper")?;
        let upper = self.expression(power::SUM, depth + 1)?;
        let (at, height) = (left.at, left.height.max(lower.height).max(upper.height) + 1);
        let expr = *self.value(left)?;
        let lower = *self.value(lower)?;
        let upper = *self.value(upper)?;
        self.item(Node::condition(Filter::Between { expr, lower, upper }), at, height)
    }

    fn in_list(&mut self, left: Item, depth: usize) -> Read<Item> {
        self.cursor.advance()?;
        let opened = self.cursor.at();
        let (list, height) = self.list(depth)?;
        if list.is_empty() {
            return Err(self.cursor.refuse_from(
                opened,
                self.cursor.at(),
                "write at least one value in the list",
            ));
        }
        let (at, height) = (left.at, left.height.max(height) + 1);
        let expr = *self.value(left)?;
        self.item(Node::condition(Filter::In { expr, list }), at, height)
    }
}
