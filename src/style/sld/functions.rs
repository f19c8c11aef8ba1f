//! `ogc:Function` by name: SE's own functions as GeoServer writes them in SLD 1.0, and those for numbers and texts that
//! styles use most.

use super::StyleError;
use super::expression::{expression, rounded};
use super::reader::{Reader, elements, quoted};
use crate::style::{
    Categorize, Expression, Interpolate, Method, Mode, Recode, Rounding, TextFunction, ThresholdsBelongTo,
};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

const KNOWN: &str = "Categorize, Interpolate, Recode, Concatenate, strConcat, strToUpperCase, strToLowerCase, strTrim, \
                     strLength, strSubstringStart, strSubstring, numberFormat, dateFormat, min, max, round, floor, ceil, \
                     abs, sqrt";

/// A function by its name and arguments.
pub(super) fn call<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>, depth: usize) -> Parsed<Expression> {
    let name = node.attribute("name").unwrap_or_default();
    let arguments: Vec<Expression> =
        elements(node).map(|child| expression(reader, child, depth)).collect::<Parsed<_>>()?;
    let count = arguments.len();
    let wrong = || {
        let message = format!("function '{}' does not take {count} such arguments", quoted(name));
        reader.error(node, message)
    };
    let text = |function: TextFunction| Expression::Text(Box::new(function));
    let one = |arguments: Vec<Expression>| <[Expression; 1]>::try_from(arguments).map_err(|_| wrong());
    Ok(match name.to_ascii_lowercase().as_str() {
        "categorize" => Expression::Categorize(Box::new(categorize(arguments).ok_or_else(wrong)?)),
        "interpolate" => Expression::Interpolate(Box::new(interpolate(arguments).ok_or_else(wrong)?)),
        "recode" => Expression::Recode(Box::new(recode(arguments).ok_or_else(wrong)?)),
        "concatenate" | "strconcat" | "concat" => text(TextFunction::Concatenate(arguments)),
        "strtouppercase" | "upper" => {
            let [value] = one(arguments)?;
            text(TextFunction::ChangeCase { value, upper: true })
        }
        "strtolowercase" | "lower" => {
            let [value] = one(arguments)?;
            text(TextFunction::ChangeCase { value, upper: false })
        }
        "strtrim" | "trim" => {
            let [value] = one(arguments)?;
            text(TextFunction::Trim { value, leading: true, trailing: true, letter: ' ' })
        }
        "strlength" | "length" => text(TextFunction::Length(one(arguments).map(|[value]| value)?)),
        "strsubstringstart" | "strsubstring" => substring(arguments).map(text).ok_or_else(wrong)?,
        "numberformat" => {
            let [pattern, value] = <[Expression; 2]>::try_from(arguments).map_err(|_| wrong())?;
            text(TextFunction::FormatNumber {
                value,
                pattern: literal(&pattern).ok_or_else(wrong)?,
                decimal_point: ".".to_owned(),
                grouping: ",".to_owned(),
            })
        }
        "dateformat" => {
            let [pattern, value] = <[Expression; 2]>::try_from(arguments).map_err(|_| wrong())?;
            text(TextFunction::FormatDate { value, pattern: literal(&pattern).ok_or_else(wrong)? })
        }
        "min" | "max" if count > 0 => {
            Expression::Extreme { greatest: name.eq_ignore_ascii_case("max"), of: arguments }
        }
        "round" | "rint" => rounded(Rounding::Round, one(arguments)?),
        "floor" => rounded(Rounding::Floor, one(arguments)?),
        "ceil" => rounded(Rounding::Ceil, one(arguments)?),
        "abs" => rounded(Rounding::Abs, one(arguments)?),
        "sqrt" => rounded(Rounding::Sqrt, one(arguments)?),
        _ => {
            let message = format!("function '{}' is not known in styles; known are {KNOWN}", quoted(name));
            return Err(reader.error(node, message));
        }
    })
}

fn literal(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Literal(text) => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// What is told apart, a value, then thresholds and values in turn; at last where thresholds belong.
fn categorize(mut arguments: Vec<Expression>) -> Option<Categorize> {
    let belong = match arguments.last().and_then(literal).as_deref() {
        Some("preceding") => Some(ThresholdsBelongTo::Preceding),
        Some("succeeding") => Some(ThresholdsBelongTo::Succeeding),
        _ => None,
    };
    if belong.is_some() {
        arguments.pop();
    }
    let mut arguments = arguments.into_iter();
    let (lookup, first) = (arguments.next()?, arguments.next()?);
    let mut classes = Vec::new();
    while let Some(threshold) = arguments.next() {
        classes.push((threshold, arguments.next()?));
    }
    Some(Categorize { lookup, first, classes, belong: belong.unwrap_or_default(), fallback: None })
}

/// What runs along the points, the points and their values in turn; at last method and mode in any order.
fn interpolate(mut arguments: Vec<Expression>) -> Option<Interpolate> {
    let (mut mode, mut method) = (Mode::default(), Method::default());
    while let Some(word) = arguments.last().and_then(literal) {
        match word.to_ascii_lowercase().as_str() {
            "linear" => mode = Mode::Linear,
            "cosine" => mode = Mode::Cosine,
            "cubic" => mode = Mode::Cubic,
            "numeric" => method = Method::Numeric,
            "color" => method = Method::Color,
            _ => break,
        }
        arguments.pop();
    }
    let mut arguments = arguments.into_iter();
    let lookup = arguments.next()?;
    let mut points = Vec::new();
    while let Some(data) = arguments.next() {
        points.push((literal(&data)?.parse::<f64>().ok().filter(|v| v.is_finite())?, arguments.next()?));
    }
    let grows = points.windows(2).all(|pair| matches!(pair, [a, b] if a.0 < b.0));
    (grows && !points.is_empty()).then_some(Interpolate { lookup, points, mode, method, fallback: None })
}

/// What is looked for, then values and what they become in turn.
fn recode(arguments: Vec<Expression>) -> Option<Recode> {
    let mut arguments = arguments.into_iter();
    let lookup = arguments.next()?;
    let mut items = Vec::new();
    while let Some(data) = arguments.next() {
        items.push((literal(&data)?, arguments.next()?));
    }
    Some(Recode { lookup, items, fallback: None })
}

/// A text, its first letter counted from 0, and for the longer function the letter behind its last.
fn substring(arguments: Vec<Expression>) -> Option<TextFunction> {
    use crate::filter::ast::ArithmeticOp;
    let add = |e: Expression| {
        let one = Box::new(Expression::Literal("1".to_owned()));
        Expression::Arithmetic(ArithmeticOp::Add, Box::new(e), one)
    };
    let mut arguments = arguments.into_iter();
    let (value, begin) = (arguments.next()?, arguments.next()?);
    let length = arguments
        .next()
        .map(|end| Expression::Arithmetic(ArithmeticOp::Sub, Box::new(end), Box::new(begin.clone())));
    arguments.next().is_none().then(|| TextFunction::Substring { value, position: Some(add(begin)), length })
}
