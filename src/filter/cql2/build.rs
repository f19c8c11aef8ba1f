//! What the text and the JSON of CQL2, and ECQL, put together in the same way, so that the same condition
//! becomes the same tree.

use super::shape::{self, Placement};
use crate::filter::ast::{
    ArithmeticOp, ArrayOp, CompareOp, Expr, Filter, IntervalEnd, LikePart, Literal, SpatialOp, TemporalOp,
};
use crate::filter::error::FilterError;
use crate::filter::{fes, literal};
use crate::geo::BBox;
use chrono::{DateTime, NaiveTime, Utc};

/// A value, or boxes whose use decides what becomes of them.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::filter) enum Operand {
    Value(Expr),
    Boxes(Vec<BBox>),
}

impl Operand {
    /// The value; boxes become their area.
    pub(in crate::filter) fn into_expr(self, placement: &Placement) -> Result<Expr, FilterError> {
        match self {
            Self::Value(expr) => Ok(expr),
            Self::Boxes(boxes) => placement.literal(&shape::of_boxes(&boxes)),
        }
    }
}

/// A spatial relation. Meeting a box is a condition of its own, whose edges are straight in its own system.
pub(in crate::filter) fn spatial(
    op: SpatialOp,
    left: Operand,
    right: Operand,
    placement: &Placement,
) -> Result<Filter, FilterError> {
    if op == SpatialOp::Intersects
        && let (Operand::Value(expr), Operand::Boxes(boxes)) | (Operand::Boxes(boxes), Operand::Value(expr)) =
            (&left, &right)
        && let Some(property) = named(expr)
    {
        return Ok(meeting(property, boxes, placement.srid()));
    }
    Ok(Filter::Spatial { op, left: left.into_expr(placement)?, right: right.into_expr(placement)? })
}

/// The name of the geometry property that an expression is, if it is one.
fn named(expr: &Expr) -> Option<Option<String>> {
    match expr {
        Expr::Property(name) => Some(Some(name.clone())),
        Expr::DefaultGeometry => Some(None),
        _ => None,
    }
}

/// Meeting one of these boxes.
pub(in crate::filter) fn meeting(property: Option<String>, boxes: &[BBox], srid: Option<i32>) -> Filter {
    let mut parts: Vec<Filter> =
        boxes.iter().map(|bbox| Filter::BBox { property: property.clone(), bbox: *bbox, srid }).collect();
    match parts.pop() {
        Some(one) if parts.is_empty() => one,
        Some(last) => {
            parts.push(last);
            Filter::Or(parts)
        }
        None => Filter::Constant(false),
    }
}

/// The pattern of a LIKE, and what it was put in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::filter) struct Pattern {
    pub(in crate::filter) text: String,
    pub(in crate::filter) casei: bool,
    pub(in crate::filter) accenti: bool,
}

/// `expr LIKE pattern` with CQL2's characters: `%` for any run, `_` for one, `\` before either for itself.
pub(in crate::filter) fn like(expr: Expr, pattern: Pattern) -> Filter {
    let (bare, casei, accenti) = unfolded(expr);
    let mut parts = fes::like_parts(&pattern.text, '%', '_', '\\');
    if pattern.casei && !casei {
        // One sided: only what is in small letters can match.
        for part in &mut parts {
            if let LikePart::Text(text) = part {
                *text = text.chars().flat_map(char::to_lowercase).collect();
            }
        }
    }
    // The pattern loses its accents with what it is compared with.
    let expr = if accenti || pattern.accenti { Expr::AccentI(Box::new(bare)) } else { bare };
    let both = casei && pattern.casei;
    let expr = if casei && !both { Expr::CaseI(Box::new(expr)) } else { expr };
    Filter::Like { expr, pattern: parts, match_case: !both }
}

/// What is in CASEI and ACCENTI, in either order, and in which of them.
fn unfolded(mut expr: Expr) -> (Expr, bool, bool) {
    let (mut casei, mut accenti) = (false, false);
    loop {
        expr = match expr {
            Expr::CaseI(inner) => {
                casei = true;
                *inner
            }
            Expr::AccentI(inner) => {
                accenti = true;
                *inner
            }
            bare => return (bare, casei, accenti),
        };
    }
}

/// The negative of an expression, as the standard's own examples write it in JSON.
pub(in crate::filter) fn negative(expr: Expr) -> Expr {
    match expr {
        Expr::Literal(Literal::Integer(number)) if number != i64::MIN => {
            Expr::Literal(Literal::Integer(-number))
        }
        Expr::Literal(Literal::Number(number)) => Expr::Literal(Literal::Number(-number)),
        other => Expr::Arithmetic {
            op: ArithmeticOp::Mul,
            left: Box::new(Expr::Literal(Literal::Integer(-1))),
            right: Box::new(other),
        },
    }
}

/// A number as written: whole when it was written whole.
pub(in crate::filter) fn number(text: &str) -> Option<Literal> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Literal::Integer(whole));
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Literal::Number)
}

/// `YYYY-MM-DD`.
pub(in crate::filter) fn date(text: &str) -> Option<Literal> {
    literal::date(text.trim()).map(Literal::Date)
}

/// `YYYY-MM-DDThh:mm:ssZ`.
pub(in crate::filter) fn timestamp(text: &str) -> Option<Literal> {
    literal::timestamp(text.trim()).map(Literal::Timestamp)
}

/// A day or an instant.
pub(in crate::filter) fn moment(text: &str) -> Option<Literal> {
    date(text).or_else(|| timestamp(text))
}

/// What an end of an interval is written as, when it is written as text.
pub(in crate::filter) fn interval_end(text: &str) -> Option<IntervalEnd> {
    match text.trim() {
        ".." | "" => Some(IntervalEnd::Open),
        text => moment(text).map(|literal| IntervalEnd::At(Expr::Literal(literal))),
    }
}

/// An interval that doesn't end before it begins.
pub(in crate::filter) fn interval(begin: IntervalEnd, end: IntervalEnd) -> Result<Expr, FilterError> {
    if let (Some(from), Some(to)) = (first_instant(&begin), first_instant(&end))
        && from > to
        && !same_day(&begin, &end)
    {
        return Err(FilterError::Unexpected {
            found: "an interval whose begin lies after its end".to_owned(),
            expected: "write the earlier end first".to_owned(),
        });
    }
    Ok(Expr::Interval(Box::new(begin), Box::new(end)))
}

fn first_instant(end: &IntervalEnd) -> Option<DateTime<Utc>> {
    match end {
        IntervalEnd::At(Expr::Literal(Literal::Date(day))) => Some(day.and_time(NaiveTime::MIN).and_utc()),
        IntervalEnd::At(Expr::Literal(Literal::Timestamp(instant))) => Some(*instant),
        _ => None,
    }
}

/// Whether the end is a whole day in which the begin lies.
fn same_day(begin: &IntervalEnd, end: &IntervalEnd) -> bool {
    match (first_instant(begin), end) {
        (Some(from), IntervalEnd::At(Expr::Literal(Literal::Date(day)))) => from.date_naive() == *day,
        _ => false,
    }
}

/// The comparison of an operator as both encodings write it.
pub(in crate::filter) fn comparison(op: &str) -> Option<CompareOp> {
    Some(match op {
        "=" => CompareOp::Equal,
        "<>" | "!=" => CompareOp::NotEqual,
        "<" => CompareOp::Less,
        "<=" => CompareOp::LessOrEqual,
        ">" => CompareOp::Greater,
        ">=" => CompareOp::GreaterOrEqual,
        _ => return None,
    })
}

/// The relation of a function of CQL2, in any case.
pub(in crate::filter) fn spatial_op(name: &str) -> Option<SpatialOp> {
    Some(match name.to_ascii_lowercase().as_str() {
        "s_equals" => SpatialOp::Equals,
        "s_disjoint" => SpatialOp::Disjoint,
        "s_intersects" => SpatialOp::Intersects,
        "s_touches" => SpatialOp::Touches,
        "s_crosses" => SpatialOp::Crosses,
        "s_within" => SpatialOp::Within,
        "s_contains" => SpatialOp::Contains,
        "s_overlaps" => SpatialOp::Overlaps,
        _ => return None,
    })
}

/// The relation of a function of CQL2, in any case.
pub(in crate::filter) fn temporal_op(name: &str) -> Option<TemporalOp> {
    Some(match name.to_ascii_lowercase().as_str() {
        "t_after" => TemporalOp::After,
        "t_before" => TemporalOp::Before,
        "t_contains" => TemporalOp::Contains,
        "t_disjoint" => TemporalOp::Disjoint,
        "t_during" => TemporalOp::During,
        "t_equals" => TemporalOp::Equals,
        "t_finishedby" => TemporalOp::FinishedBy,
        "t_finishes" => TemporalOp::Finishes,
        "t_intersects" => TemporalOp::Intersects,
        "t_meets" => TemporalOp::Meets,
        "t_metby" => TemporalOp::MetBy,
        "t_overlappedby" => TemporalOp::OverlappedBy,
        "t_overlaps" => TemporalOp::Overlaps,
        "t_startedby" => TemporalOp::StartedBy,
        "t_starts" => TemporalOp::Starts,
        _ => return None,
    })
}

/// The relation of a function of CQL2, in any case.
pub(in crate::filter) fn array_op(name: &str) -> Option<ArrayOp> {
    Some(match name.to_ascii_lowercase().as_str() {
        "a_equals" => ArrayOp::Equals,
        "a_contains" => ArrayOp::Contains,
        "a_containedby" => ArrayOp::ContainedBy,
        "a_overlaps" => ArrayOp::Overlaps,
        _ => return None,
    })
}

/// The computation of an operator as both encodings write it.
pub(in crate::filter) fn arithmetic(op: &str) -> Option<ArithmeticOp> {
    Some(match op {
        "+" => ArithmeticOp::Add,
        "-" => ArithmeticOp::Sub,
        "*" => ArithmeticOp::Mul,
        "/" => ArithmeticOp::Div,
        "%" => ArithmeticOp::Mod,
        "^" => ArithmeticOp::Pow,
        _ if op.eq_ignore_ascii_case("div") => ArithmeticOp::IntDiv,
        _ => return None,
    })
}
