//! Spatial predicates and geometries of ECQL.

use super::Ecql;
use crate::filter::ast::{Expr, Filter, SpatialOp};
use crate::filter::cql2::Read;
use crate::filter::cql2::build::{self, Operand};
use crate::filter::cql2::shape::{self, Placement};
use crate::filter::cql2::text::grammar::{Item, Node, Parser};
use crate::filter::cql2::text::lexer::Token;
use crate::filter::cql2::text::wkt;
use crate::filter::error::{FilterError, Reading};
use crate::geo::{BBox, CrsRef};

/// What a word before a parenthesis begins; `None` is a function.
#[inline(never)]
pub(super) fn call(parser: &mut Parser<'_, Ecql>, word: &str, at: usize, depth: usize) -> Read<Option<Item>> {
    let upper = word.to_ascii_uppercase();
    let op = match upper.as_str() {
        "EQUALS" => SpatialOp::Equals,
        "DISJOINT" => SpatialOp::Disjoint,
        "INTERSECTS" => SpatialOp::Intersects,
        "TOUCHES" => SpatialOp::Touches,
        "CROSSES" => SpatialOp::Crosses,
        "WITHIN" => SpatialOp::Within,
        "CONTAINS" => SpatialOp::Contains,
        "OVERLAPS" => SpatialOp::Overlaps,
        "BBOX" => return bbox(parser, at, depth).map(Some),
        "DWITHIN" | "BEYOND" => return distance(parser, upper == "BEYOND", at, depth).map(Some),
        "ENVELOPE" => return envelope(parser, at).map(Some),
        _ => return Ok(None),
    };
    parser.cursor.advance()?;
    let (left, first) = geometry(parser, depth)?;
    parser.cursor.expect(',', "write a comma and the second geometry")?;
    let (right, second) = geometry(parser, depth)?;
    parser.cursor.expect(')', "close the parenthesis: two geometries are needed")?;
    let filter = build::spatial(op, left, right, &parser.placement)?;
    parser.item(Node::condition(filter), at, first.max(second) + 1).map(Some)
}

/// A property, a geometry in well-known text, perhaps with `SRID=…;` before it, or a function; and its height.
fn geometry(parser: &mut Parser<'_, Ecql>, depth: usize) -> Read<(Operand, usize)> {
    if parser.cursor.is_word("SRID") {
        return Ok((Operand::Value(with_system(parser)?), 1));
    }
    let item = parser.expression(0, depth + 1)?;
    let height = item.height;
    Ok((parser.operand_of(item)?, height))
}

/// `SRID=2154;POINT(…)`, in x, y order whatever the system.
fn with_system(parser: &mut Parser<'_, Ecql>) -> Read<Expr> {
    let expected = "write a geometry with its system as SRID=2154;POINT(…)";
    parser.cursor.advance()?;
    parser.cursor.expect('=', expected)?;
    let Token::Number(code) = parser.cursor.token() else { return Err(parser.cursor.refuse(expected)) };
    let crs = system(&format!("EPSG:{code}"))?;
    parser.cursor.advance()?;
    parser.cursor.expect(';', expected)?;
    let kind = match parser.cursor.token() {
        Token::Word(word) => wkt::tag(word),
        _ => None,
    };
    let kind = kind.ok_or_else(|| parser.cursor.refuse(expected))?;
    parser.cursor.advance()?;
    let placement = parser.placement.moved(crs);
    let shape = wkt::read(&mut parser.cursor, kind, &placement)?;
    Ok(placement.literal(&shape)?)
}

fn system(name: &str) -> Read<CrsRef> {
    Ok(CrsRef::parse(name).map_err(FilterError::from)?)
}

/// `BBOX(geom, x1, y1, x2, y2 [, 'EPSG:4326'])`; the spelling of the system decides the order of the axes, short
/// ones being x, y.
fn bbox(parser: &mut Parser<'_, Ecql>, at: usize, depth: usize) -> Read<Item> {
    let expected = "write BBOX(geometry, x1, y1, x2, y2), perhaps with the system behind it as 'EPSG:4326'";
    parser.cursor.advance()?;
    let item = parser.expression(0, depth + 1)?;
    let height = item.height + 1;
    let tested = *parser.value(item)?;
    let mut corners = Vec::new();
    let mut named = None;
    while parser.cursor.take(',')? {
        if matches!(parser.cursor.token(), Token::Text(_)) {
            named = Some(system(&parser.cursor.literal(expected)?)?);
            break;
        }
        corners.push(parser.cursor.number()?);
        if corners.len() > 6 {
            return Err(parser.cursor.refuse(expected));
        }
    }
    parser.cursor.expect(')', expected)?;
    let placement = match named {
        Some(crs) => Placement::new(
            Some(crs),
            &Reading { limits: parser.limits(), short_means_authority: false, default_crs: None },
        ),
        None => parser.placement.clone(),
    };
    let boxes = placement.boxes(&corners)?;
    let filter =
        build::spatial(SpatialOp::Intersects, Operand::Value(tested), Operand::Boxes(boxes), &placement)?;
    parser.item(Node::condition(filter), at, height)
}

/// `DWITHIN(geom, POINT(1 2), 10, kilometers)`.
fn distance(parser: &mut Parser<'_, Ecql>, beyond: bool, at: usize, depth: usize) -> Read<Item> {
    parser.cursor.advance()?;
    let (left, first) = geometry(parser, depth)?;
    parser.cursor.expect(',', "write a comma and the second geometry")?;
    let (right, second) = geometry(parser, depth)?;
    parser.cursor.expect(',', "write a comma and a distance")?;
    let distance = parser.cursor.number()?;
    parser.cursor.expect(',', UNITS)?;
    let metres = distance * unit(parser)?;
    parser.cursor.expect(')', "close the parenthesis")?;
    if metres < 0.0 || !metres.is_finite() {
        return Err(FilterError::Incomplete {
            operator: if beyond { "BEYOND" } else { "DWITHIN" }.to_owned(),
            needs: "a finite distance of zero or more".to_owned(),
        }
        .into());
    }
    let (left, right) = (left.into_expr(&parser.placement)?, right.into_expr(&parser.placement)?);
    let filter = Filter::Distance { beyond, left, right, metres };
    parser.item(Node::condition(filter), at, first.max(second) + 1)
}

const UNITS: &str =
    "write the unit of the distance: meters, kilometers, feet, statute miles or nautical miles";

/// Metres in a unit.
fn unit(parser: &mut Parser<'_, Ecql>) -> Read<f64> {
    let word = match parser.cursor.token() {
        Token::Word(word) => word.to_ascii_lowercase(),
        _ => String::new(),
    };
    let metres = match word.as_str() {
        "meter" | "meters" | "metre" | "metres" | "m" => 1.0,
        "kilometer" | "kilometers" | "kilometre" | "kilometres" | "km" => 1_000.0,
        "foot" | "feet" => 0.3048,
        "statute" => 1_609.344,
        "nautical" => 1_852.0,
        _ => return Err(parser.cursor.refuse(UNITS)),
    };
    parser.cursor.advance()?;
    if matches!(word.as_str(), "statute" | "nautical") && !parser.cursor.take_word("miles")? {
        return Err(parser.cursor.refuse(UNITS));
    }
    Ok(metres)
}

/// `ENVELOPE(west, east, north, south)`, the order of the original CQL; the latter two in either order, as both
/// are found.
fn envelope(parser: &mut Parser<'_, Ecql>, at: usize) -> Read<Item> {
    let numbers = parser.numbers()?;
    let [west, east, north, south] = numbers.as_slice() else {
        return Err(shape::refused("an ENVELOPE has four numbers: west, east, north, south").into());
    };
    let corners = [*west, north.min(*south), *east, north.max(*south)];
    let boxes: Vec<BBox> = parser.placement.boxes(&corners)?;
    parser.item(Node::Boxes(boxes), at, 1)
}
