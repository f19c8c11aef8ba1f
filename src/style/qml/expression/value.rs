//! Expressions as values that styles compute from features.

use super::{Node, Operator, Untold, unknown_call};
use crate::filter::ast::ArithmeticOp;
use crate::style::{
    Categorize, Color, Expression, Interpolate, Method, Mode, Recode, Rounding, TextFunction,
    ThresholdsBelongTo,
};

type Valued = Result<Expression, Untold>;

/// What an expression yields for a feature.
///
/// # Errors
/// What of it can't be said.
pub(in crate::style::qml) fn value(node: &Node) -> Valued {
    match node {
        Node::Column(name) => Ok(Expression::Property(name.clone())),
        Node::Text(text) => Ok(Expression::Literal(text.clone())),
        Node::Number(number) => Ok(Expression::Literal(number.clone())),
        Node::Truth(truth) => Ok(Expression::Literal(truth.to_string())),
        // Nothing, told as nothing to write.
        Node::Null => Ok(Expression::Literal(String::new())),
        Node::Negative(inner) => match &**inner {
            Node::Number(number) => Ok(Expression::Literal(format!("-{number}"))),
            other => Ok(arithmetic(ArithmeticOp::Sub, literal("0"), value(other)?)),
        },
        Node::Binary(Operator::Concat, ..) => {
            let mut parts = Vec::new();
            joined(node, &mut parts)?;
            Ok(text(TextFunction::Concatenate(parts)))
        }
        Node::Binary(Operator::Pow, base, exponent) => power(base, exponent),
        Node::Binary(operator, left, right) => {
            let op = match operator {
                Operator::Add => ArithmeticOp::Add,
                Operator::Sub => ArithmeticOp::Sub,
                Operator::Mul => ArithmeticOp::Mul,
                Operator::Div => ArithmeticOp::Div,
                Operator::Mod => return Err("the remainder '%'".to_owned()),
                Operator::IntDiv => return whole(arithmetic(ArithmeticOp::Div, value(left)?, value(right)?)),
                _ => return Err("a condition where a value is needed".to_owned()),
            };
            Ok(arithmetic(op, value(left)?, value(right)?))
        }
        Node::Call(name, arguments) => call(name, arguments),
        Node::Case(branches, otherwise) => case(branches, otherwise.as_deref()),
        Node::Not(_) | Node::In(..) | Node::Between(..) => {
            Err("a condition where a value is needed".to_owned())
        }
    }
}

fn whole(expression: Expression) -> Valued {
    Ok(Expression::Rounded(Rounding::Floor, Box::new(expression)))
}

fn literal(text: &str) -> Expression {
    Expression::Literal(text.to_owned())
}

fn text(function: TextFunction) -> Expression {
    Expression::Text(Box::new(function))
}

fn arithmetic(op: ArithmeticOp, left: Expression, right: Expression) -> Expression {
    Expression::Arithmetic(op, Box::new(left), Box::new(right))
}

fn joined(node: &Node, parts: &mut Vec<Expression>) -> Result<(), Untold> {
    match node {
        Node::Binary(Operator::Concat, left, right) => {
            joined(left, parts)?;
            joined(right, parts)
        }
        other => {
            parts.push(value(other)?);
            Ok(())
        }
    }
}

/// Small whole powers are products; a half is the square root.
fn power(base: &Node, exponent: &Node) -> Valued {
    let Node::Number(exponent) = exponent else { return Err("a power '^' that is computed".to_owned()) };
    let base = value(base)?;
    match exponent.parse::<f64>() {
        Ok(0.5) => Ok(Expression::Rounded(Rounding::Sqrt, Box::new(base))),
        Ok(1.0) => Ok(base),
        Ok(2.0) => Ok(arithmetic(ArithmeticOp::Mul, base.clone(), base)),
        Ok(3.0) => {
            let square = arithmetic(ArithmeticOp::Mul, base.clone(), base.clone());
            Ok(arithmetic(ArithmeticOp::Mul, square, base))
        }
        _ => Err(format!("the power '^ {exponent}'")),
    }
}

fn call(name: &str, arguments: &[Node]) -> Valued {
    let rounded = |how, one: &Node| Ok(Expression::Rounded(how, Box::new(value(one)?)));
    match (name, arguments) {
        ("to_string" | "to_real" | "try" | "to_date" | "to_datetime", [one]) => value(one),
        ("to_int" | "round", [one]) => rounded(Rounding::Round, one),
        ("round", [one, Node::Number(digits)]) => round_to(value(one)?, digits),
        ("floor", [one]) => rounded(Rounding::Floor, one),
        ("ceil", [one]) => rounded(Rounding::Ceil, one),
        ("abs", [one]) => rounded(Rounding::Abs, one),
        ("sqrt", [one]) => rounded(Rounding::Sqrt, one),
        ("min" | "max", [_, ..]) => {
            let of = arguments.iter().map(value).collect::<Result<Vec<_>, _>>()?;
            Ok(Expression::Extreme { greatest: name == "max", of })
        }
        ("upper" | "lower", [one]) => {
            Ok(text(TextFunction::ChangeCase { value: value(one)?, upper: name == "upper" }))
        }
        ("trim", [one]) => {
            let (leading, trailing, letter) = (true, true, ' ');
            Ok(text(TextFunction::Trim { value: value(one)?, leading, trailing, letter }))
        }
        ("length" | "char_length", [one]) => Ok(text(TextFunction::Length(value(one)?))),
        ("concat", [_, ..]) => {
            Ok(text(TextFunction::Concatenate(arguments.iter().map(value).collect::<Result<_, _>>()?)))
        }
        ("left", [one, length]) => substring(one, None, Some(length)),
        ("substr", [one, position]) => substring(one, Some(position), None),
        ("substr", [one, position, length]) => substring(one, Some(position), Some(length)),
        ("strpos", [within, sought]) => Ok(text(TextFunction::Position {
            value: value(within)?,
            sought: value(sought)?,
            backwards: false,
        })),
        ("year" | "month" | "day", [one]) => {
            let pattern = match name {
                "year" => "YYYY",
                "month" => "M",
                _ => "D",
            };
            Ok(text(TextFunction::FormatDate { value: value(one)?, pattern: pattern.to_owned() }))
        }
        ("format_date", [one, Node::Text(pattern), ..]) => {
            Ok(text(TextFunction::FormatDate { value: value(one)?, pattern: date_pattern(pattern) }))
        }
        ("format_number", [one]) => Ok(formatted(value(one)?, 0)),
        ("format_number", [one, Node::Number(digits), ..]) => {
            Ok(formatted(value(one)?, digits.parse().unwrap_or(0)))
        }
        ("scale_linear", [one, rest @ ..]) => scale_linear(one, rest),
        ("color_rgb" | "color_rgba", parts) => color(parts),
        ("if", [test, then, otherwise]) => case(&[(test.clone(), then.clone())], Some(otherwise)),
        // Nothing is written as nothing anyway.
        ("coalesce", [one, Node::Text(other)]) if other.is_empty() => value(one),
        ("coalesce" | "try", [_, _, ..]) => Err(format!("the second choice of '{name}'")),
        _ => Err(unknown_call(name)),
    }
}

/// To so many digits behind the point.
fn round_to(expression: Expression, digits: &str) -> Valued {
    let digits: i32 = digits.parse().unwrap_or(0);
    let factor = 10_f64.powi(digits.clamp(0, 9)).to_string();
    let scaled = arithmetic(ArithmeticOp::Mul, expression, literal(&factor));
    let rounded = Expression::Rounded(Rounding::Round, Box::new(scaled));
    Ok(arithmetic(ArithmeticOp::Div, rounded, literal(&factor)))
}

/// A number as labels show it: with a point and commas, as QGIS does where no other language is chosen.
pub(in crate::style::qml) fn formatted(value: Expression, digits: usize) -> Expression {
    let decimals = if digits == 0 { String::new() } else { format!(".{}", "0".repeat(digits.min(15))) };
    text(TextFunction::FormatNumber {
        value,
        pattern: format!("#,##0{decimals}"),
        decimal_point: ".".to_owned(),
        grouping: ",".to_owned(),
    })
}

/// Qt's letters (`dd/MM/yyyy`) as those of SE: day, month and year are capitals there.
fn date_pattern(pattern: &str) -> String {
    pattern
        .chars()
        .map(|letter| match letter {
            'd' => 'D',
            'y' => 'Y',
            'H' => 'h',
            other => other,
        })
        .collect()
}

fn substring(one: &Node, position: Option<&Node>, length: Option<&Node>) -> Valued {
    if [position, length].into_iter().flatten().any(|n| matches!(n, Node::Negative(_))) {
        return Err("a part of a text that is counted from its end".to_owned());
    }
    let (position, length) = (position.map(value).transpose()?, length.map(value).transpose()?);
    Ok(text(TextFunction::Substring { value: value(one)?, position, length }))
}

fn scale_linear(one: &Node, rest: &[Node]) -> Valued {
    let numbers: Option<Vec<f64>> = rest.iter().map(number).collect();
    match numbers.as_deref() {
        Some([from, to, least, most]) if from < to => Ok(Expression::Interpolate(Box::new(Interpolate {
            lookup: value(one)?,
            points: vec![(*from, literal(&least.to_string())), (*to, literal(&most.to_string()))],
            mode: Mode::Linear,
            method: Method::Numeric,
            fallback: None,
        }))),
        _ => Err("a 'scale_linear' whose limits are computed".to_owned()),
    }
}

fn number(node: &Node) -> Option<f64> {
    match node {
        Node::Number(number) => number.parse().ok(),
        Node::Negative(inner) => number(inner).map(|n| -n),
        _ => None,
    }
}

fn color(parts: &[Node]) -> Valued {
    let channels: Option<Vec<f64>> = parts.iter().map(number).collect();
    let channel = |value: f64| value.clamp(0.0, 255.0) as u8;
    match channels.as_deref() {
        Some([r, g, b, ..]) => {
            Ok(Expression::Literal(Color { r: channel(*r), g: channel(*g), b: channel(*b) }.hex()))
        }
        _ => Err("a colour whose channels are computed".to_owned()),
    }
}

/// `CASE`, where its conditions are values of one thing or its classes.
fn case(branches: &[(Node, Node)], otherwise: Option<&Node>) -> Valued {
    let fallback = match otherwise {
        None | Some(Node::Null) => None,
        Some(other) => Some(value(other)?),
    };
    if let Some(recode) = values_of_one(branches, fallback.as_ref())? {
        return Ok(recode);
    }
    if let Some(classes) = classes_of_one(branches, fallback)? {
        return Ok(classes);
    }
    Err("a CASE whose conditions are neither values nor classes of one column".to_owned())
}

/// `WHEN x = 'a' THEN … WHEN x IN ('b', 'c') THEN …`
fn values_of_one(
    branches: &[(Node, Node)],
    fallback: Option<&Expression>,
) -> Result<Option<Expression>, Untold> {
    let fallback = match fallback {
        None => None,
        Some(Expression::Literal(text)) => Some(text.clone()),
        Some(_) => return Ok(None),
    };
    let mut lookup = None;
    let mut items = Vec::new();
    for (test, then) in branches {
        let (of, values) = match test {
            Node::Binary(Operator::Equal | Operator::Is, of, is) => (&**of, vec![&**is]),
            Node::In(of, list) => (&**of, list.iter().collect()),
            _ => return Ok(None),
        };
        if **lookup.get_or_insert(of) != *of {
            return Ok(None);
        }
        for is in values {
            let Ok(Expression::Literal(data)) = value(is) else { return Ok(None) };
            items.push((data, value(then)?));
        }
    }
    let Some(lookup) = lookup else { return Ok(None) };
    Ok(Some(Expression::Recode(Box::new(Recode { lookup: value(lookup)?, items, fallback }))))
}

/// `WHEN x < 10 THEN … WHEN x < 20 THEN … ELSE …`, or from the greatest down with `>`.
fn classes_of_one(
    branches: &[(Node, Node)],
    fallback: Option<Expression>,
) -> Result<Option<Expression>, Untold> {
    let Some(last) = fallback else { return Ok(None) };
    let mut lookup = None;
    let mut kind = None;
    let mut steps = Vec::new();
    for (test, then) in branches {
        let Node::Binary(operator, of, limit) = test else { return Ok(None) };
        let Some(limit) = number(limit) else { return Ok(None) };
        let same = *lookup.get_or_insert(of) == of && *kind.get_or_insert(*operator) == *operator;
        if !same {
            return Ok(None);
        }
        steps.push((limit, value(then)?));
    }
    let (Some(lookup), Some(kind)) = (lookup, kind) else { return Ok(None) };
    let rises = matches!(kind, Operator::Less | Operator::LessOrEqual);
    let falls = matches!(kind, Operator::Greater | Operator::GreaterOrEqual);
    let in_order = |a: f64, b: f64| if rises { a < b } else { a > b };
    let sorted = steps.iter().zip(steps.iter().skip(1)).all(|(a, b)| in_order(a.0, b.0));
    if !(rises || falls) || !sorted {
        return Ok(None);
    }
    // A threshold belongs to the class above where a class ends below it (<) or begins with it (>=).
    let belong = match kind {
        Operator::Less | Operator::GreaterOrEqual => ThresholdsBelongTo::Succeeding,
        _ => ThresholdsBelongTo::Preceding,
    };
    let without = match &last {
        Expression::Literal(text) => Some(text.clone()),
        _ => None,
    };
    let (limits, mut values): (Vec<f64>, Vec<Expression>) = steps.into_iter().unzip();
    values.push(last);
    let mut limits = limits;
    if falls {
        limits.reverse();
        values.reverse();
    }
    let mut values = values.into_iter();
    let Some(first) = values.next() else { return Ok(None) };
    let classes = limits.iter().map(|l| literal(&l.to_string())).zip(values).collect();
    Ok(Some(Expression::Categorize(Box::new(Categorize {
        lookup: value(lookup)?,
        first,
        classes,
        belong,
        fallback: without,
    }))))
}
