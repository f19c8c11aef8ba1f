//! ECQL, the extended common query language that users of GeoServer write in `CQL_FILTER`.
//!
//! The grammar is that of CQL2 text with other predicates: `INTERSECTS(geom, …)`, `BBOX(geom, …)`,
//! `DWITHIN(geom, …, 10, kilometers)`, `date DURING t1/t2`, `IN ('layer.1')`, `INCLUDE`. Coordinates are x, y; a
//! geometry that names no system (`SRID=2154;POINT(…)`) is in [`Reading::default_crs`], or in the layer's own.

mod spatial;
mod temporal;
#[cfg(test)]
mod tests;
mod writer;

pub use writer::write;

use super::ast::{Expr, Filter};
use super::cql2::Read;
use super::cql2::build::{self, Pattern};
use super::cql2::shape::Placement;
use super::cql2::text::grammar::{Dialect, Item, Node, Parser};
use super::cql2::text::lexer::{Cursor, Spelling, Token};
use super::error::{FilterError, Reading};

/// Reads a filter in ECQL.
///
/// # Errors
/// [`FilterError::Syntax`] with the place, what stands there and what may; [`FilterError::TooDeep`] and
/// [`FilterError::TooLarge`] past the limits; [`FilterError::Geometry`] for a geometry that is none.
pub fn parse(text: &str, reading: &Reading) -> Result<Filter, FilterError> {
    Parser::<Ecql>::read(text, Placement::easting_first(reading.default_crs.clone(), reading), reading)
}

/// The filters of a list for several layers, which semicolons separate: not those in quotes, nor the one behind
/// `SRID=…`.
#[must_use]
pub fn split(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut quote = None;
    for (at, c) in list.char_indices() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (';', None) if !names_a_system(list.get(begin..at).unwrap_or_default()) => {
                parts.push(list.get(begin..at).unwrap_or_default().trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list.get(begin..).unwrap_or_default().trim());
    parts
}

/// Whether a text ends in `SRID=4326`.
fn names_a_system(text: &str) -> bool {
    let rest = text.trim_end().trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    rest.strip_suffix('=').is_some_and(|rest| {
        let rest = rest.trim_end();
        rest.len()
            .checked_sub(4)
            .and_then(|at| rest.get(at..))
            .is_some_and(|w| w.eq_ignore_ascii_case("SRID"))
    })
}

/// What is particular to ECQL.
struct Ecql;

impl Dialect for Ecql {
    const SPELLING: Spelling = Spelling { language: "ECQL", escapes: false, moments: true, brackets: true };

    fn call(parser: &mut Parser<'_, Self>, word: &str, at: usize, depth: usize) -> Read<Option<Item>> {
        spatial::call(parser, word, at, depth)
    }

    fn word(parser: &mut Parser<'_, Self>, word: &str, at: usize) -> Read<Option<Item>> {
        for (name, truth) in [("INCLUDE", true), ("EXCLUDE", false)] {
            if word.eq_ignore_ascii_case(name) {
                return parser.item(Node::condition(Filter::Constant(truth)), at, 1).map(Some);
            }
        }
        Ok(None)
    }

    /// `IN ('layer.1', 'layer.2')` with nothing before it means identifiers.
    fn prefix(parser: &mut Parser<'_, Self>, depth: usize) -> Read<Option<Item>> {
        if !parser.cursor.is_word("IN") {
            return Ok(None);
        }
        let at = parser.cursor.at();
        parser.cursor.advance()?;
        let opened = parser.cursor.at();
        let (list, _) = parser.list(depth)?;
        let ids = list.into_iter().map(identifier).collect::<Option<Vec<_>>>().filter(|ids| !ids.is_empty());
        let ids = ids.ok_or_else(|| {
            let expected =
                "write identifiers such as IN ('communes.12','communes.13'), or a property before IN";
            parser.cursor.refuse_from(opened, parser.cursor.at(), expected)
        })?;
        parser.item(Node::condition(Filter::Ids(ids)), at, 1).map(Some)
    }

    fn is_predicate(cursor: &Cursor<'_>) -> bool {
        match cursor.token() {
            Token::Word(word) => {
                ["ILIKE", "EXISTS", "DOES"].iter().any(|known| word.eq_ignore_ascii_case(known))
                    || temporal::is_operator(word)
            }
            _ => false,
        }
    }

    #[inline(never)]
    fn predicate(parser: &mut Parser<'_, Self>, left: Item, depth: usize) -> Read<Item> {
        if parser.cursor.take_word("ILIKE")? {
            return ilike(parser, left);
        }
        if parser.cursor.take_word("EXISTS")? {
            return exists(parser, left, true);
        }
        if parser.cursor.is_word("DOES") {
            let expected = "write DOES-NOT-EXIST";
            parser.cursor.advance()?;
            parser.cursor.expect('-', expected)?;
            parser.cursor.expect_word("NOT", expected)?;
            parser.cursor.expect('-', expected)?;
            parser.cursor.expect_word("EXIST", expected)?;
            return exists(parser, left, false);
        }
        temporal::predicate(parser, left, depth)
    }
}

/// An identifier: a text, or the number that it ends in.
fn identifier(expr: Expr) -> Option<String> {
    use super::ast::Literal;
    match expr {
        Expr::Literal(Literal::Text(id)) if !id.is_empty() => Some(id),
        Expr::Literal(Literal::Integer(id)) => Some(id.to_string()),
        _ => None,
    }
}

fn ilike(parser: &mut Parser<'_, Ecql>, left: Item) -> Read<Item> {
    let pattern = Pattern { casei: true, ..parser.pattern()? };
    let (at, height) = (left.at, left.height + 2);
    let expr = Expr::CaseI(parser.value(left)?);
    parser.item(Node::condition(build::like(expr, pattern)), at, height)
}

/// Every feature of a layer has the same properties, so this is the same for all; checking the filter refuses a
/// property that there isn't.
fn exists(parser: &mut Parser<'_, Ecql>, left: Item, truth: bool) -> Read<Item> {
    let (at, height) = (left.at, left.height + 3);
    let property = *parser.value(left)?;
    if !matches!(property, Expr::Property(_)) {
        return Err(parser.cursor.refuse_from(at, parser.cursor.at(), "write a property before EXISTS"));
    }
    let null = Filter::IsNull(property);
    let either = vec![null.clone(), Filter::Not(Box::new(null))];
    let filter = if truth { Filter::Or(either) } else { Filter::And(either) };
    parser.item(Node::condition(filter), at, height)
}
