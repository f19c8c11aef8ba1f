//! Expressions as conditions on features.

use super::{Node, Operator, Untold, function, unknown_call};
use crate::filter::Filter;
use crate::filter::ast::{ArithmeticOp, CompareOp, Expr, LikePart, Literal};
use crate::style::logic::{GEOMETRY, not_true};

/// The features for which an expression is true.
///
/// # Errors
/// What of it can't be said.
pub(in crate::style::qml) fn condition(node: &Node) -> Result<Filter, Untold> {
    match node {
        Node::Truth(truth) => Ok(Filter::Constant(*truth)),
        // Nothing is never true.
        Node::Null => Ok(Filter::Constant(false)),
        Node::Number(number) => Ok(Filter::Constant(number.parse::<f64>().is_ok_and(|n| n != 0.0))),
        Node::Not(inner) => Ok(Filter::Not(Box::new(condition(inner)?))),
        Node::Binary(operator, left, right) => binary(*operator, left, right),
        Node::In(what, list) => {
            let list = list.iter().map(operand).collect::<Result<Vec<_>, _>>()?;
            Ok(Filter::In { expr: operand(what)?, list })
        }
        Node::Between(what, lower, upper) => {
            Ok(Filter::Between { expr: operand(what)?, lower: operand(lower)?, upper: operand(upper)? })
        }
        Node::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
            ("if", [test, then, otherwise]) => case(&[(test.clone(), then.clone())], Some(otherwise)),
            // Three values: what is unknown counts as the other.
            ("coalesce", [first, Node::Truth(false)]) => condition(first),
            _ => Ok(Filter::Truth(operand(node)?)),
        },
        Node::Case(branches, otherwise) => case(branches, otherwise.as_deref()),
        Node::Column(name) => Ok(Filter::Truth(Expr::Property(name.clone()))),
        Node::Text(_) | Node::Negative(_) => Err("a value where a condition is needed".to_owned()),
    }
}

fn binary(operator: Operator, left: &Node, right: &Node) -> Result<Filter, Untold> {
    let op = match operator {
        Operator::Or => return Ok(joined(true, condition(left)?, condition(right)?)),
        Operator::And => return Ok(joined(false, condition(left)?, condition(right)?)),
        Operator::Is => return is(left, right),
        Operator::Like | Operator::ILike => {
            let Node::Text(pattern) = right else { return Err("a pattern that is computed".to_owned()) };
            return Ok(Filter::Like {
                expr: operand(left)?,
                pattern: pattern_of(pattern),
                match_case: operator == Operator::Like,
            });
        }
        Operator::Equal => CompareOp::Equal,
        Operator::NotEqual => CompareOp::NotEqual,
        Operator::Less => CompareOp::Less,
        Operator::LessOrEqual => CompareOp::LessOrEqual,
        Operator::Greater => CompareOp::Greater,
        Operator::GreaterOrEqual => CompareOp::GreaterOrEqual,
        _ => return Err("a value where a condition is needed".to_owned()),
    };
    // A comparison with nothing is never true.
    if *left == Node::Null || *right == Node::Null {
        return Ok(Filter::Constant(false));
    }
    Ok(Filter::Compare { op, left: operand(left)?, right: operand(right)?, match_case: true })
}

/// Both conditions, or either: those of the same kind stay in one list, so that long chains are not deep.
fn joined(is_or: bool, left: Filter, right: Filter) -> Filter {
    let mut all = Vec::new();
    for side in [left, right] {
        match side {
            Filter::Or(inner) if is_or => all.extend(inner),
            Filter::And(inner) if !is_or => all.extend(inner),
            other => all.push(other),
        }
    }
    if is_or { Filter::Or(all) } else { Filter::And(all) }
}

/// `IS`: as `=`, but nothing is nothing.
fn is(left: &Node, right: &Node) -> Result<Filter, Untold> {
    match (left, right) {
        (Node::Null, Node::Null) => Ok(Filter::Constant(true)),
        (one, Node::Null) | (Node::Null, one) => Ok(Filter::IsNull(operand(one)?)),
        (one, Node::Truth(true)) => condition(one),
        _ => {
            let (left, right) = (operand(left)?, operand(right)?);
            Ok(Filter::Compare { op: CompareOp::Equal, left, right, match_case: true })
        }
    }
}

/// The first branch whose condition is true decides.
fn case(branches: &[(Node, Node)], otherwise: Option<&Node>) -> Result<Filter, Untold> {
    let mut any = Vec::new();
    let mut before: Vec<Filter> = Vec::new();
    for (test, then) in branches {
        let test = condition(test)?;
        let mut all = before.clone();
        all.push(test.clone());
        all.push(condition(then)?);
        any.push(Filter::And(all));
        before.push(not_true(&test));
    }
    if let Some(otherwise) = otherwise {
        before.push(condition(otherwise)?);
        any.push(Filter::And(before));
    }
    Ok(Filter::Or(any))
}

/// Functions that yield nothing for nothing.
const STRICT: [&str; 14] = [
    "round",
    "floor",
    "ceil",
    "abs",
    "sqrt",
    "to_string",
    "to_int",
    "to_real",
    "upper",
    "lower",
    "trim",
    "left",
    "substr",
    "format_number",
];

/// What must hold for a text joined by `||` to be one: a piece without a value leaves nothing of the whole. `None` where
/// there is no `||`, or where no piece can be without a value.
pub(in crate::style::qml) fn present(node: &Node) -> Option<Filter> {
    let mut names = Vec::new();
    if matches!(node, Node::Binary(Operator::Concat, ..)) {
        needed(node, &mut names);
    }
    let present = names.into_iter().filter_map(|name| operand(&Node::Column(name.clone())).ok());
    present
        .map(|column| Filter::Not(Box::new(Filter::IsNull(column))))
        .fold(None, |all, one| Filter::and(all, Some(one)))
}

/// The columns without which an expression has no value, as far as its form tells.
fn needed<'a>(node: &'a Node, names: &mut Vec<&'a String>) {
    match node {
        Node::Column(name) if !names.contains(&name) => names.push(name),
        Node::Negative(inner) => needed(inner, names),
        Node::Binary(
            Operator::Concat | Operator::Add | Operator::Sub | Operator::Mul | Operator::Div,
            left,
            right,
        ) => {
            needed(left, names);
            needed(right, names);
        }
        // Others, such as `coalesce` and `concat`, have a value all the same.
        Node::Call(name, arguments) if STRICT.contains(&name.as_str()) => {
            arguments.first().into_iter().for_each(|first| needed(first, names))
        }
        _ => {}
    }
}

/// A side of a comparison.
///
/// # Errors
/// What of it can't be said.
pub(in crate::style::qml) fn operand(node: &Node) -> Result<Expr, Untold> {
    match node {
        Node::Column(name) => Ok(Expr::Property(name.clone())),
        Node::Text(text) => Ok(Expr::Literal(Literal::Text(text.clone()))),
        Node::Truth(truth) => Ok(Expr::Literal(Literal::Boolean(*truth))),
        Node::Number(text) => Ok(Expr::Literal(number(text))),
        Node::Negative(inner) => match &**inner {
            Node::Number(text) => Ok(Expr::Literal(number(&format!("-{text}")))),
            other => Ok(arithmetic(ArithmeticOp::Sub, Expr::Literal(Literal::Integer(0)), operand(other)?)),
        },
        Node::Binary(operator, left, right) => {
            let op = match operator {
                Operator::Add => ArithmeticOp::Add,
                Operator::Sub => ArithmeticOp::Sub,
                Operator::Mul => ArithmeticOp::Mul,
                Operator::Div => ArithmeticOp::Div,
                Operator::Concat => {
                    let args = vec![operand(left)?, operand(right)?];
                    return Ok(Expr::Function { name: "concat".to_owned(), args });
                }
                // OGC filters, in which styles are kept, have no words for these.
                Operator::Mod => return Err("the remainder '%' in a condition".to_owned()),
                Operator::IntDiv => return Err("the whole division '//' in a condition".to_owned()),
                Operator::Pow => return Err("the power '^' in a condition".to_owned()),
                _ => return Err("a condition where a value is needed".to_owned()),
            };
            Ok(arithmetic(op, operand(left)?, operand(right)?))
        }
        Node::Call(name, arguments) => call(name, arguments),
        Node::Null => Err("NULL in a comparison".to_owned()),
        Node::Case(..) => Err("CASE in a comparison".to_owned()),
        Node::Not(_) | Node::In(..) | Node::Between(..) => {
            Err("a condition where a value is needed".to_owned())
        }
    }
}

fn call(name: &str, arguments: &[Node]) -> Result<Expr, Untold> {
    let ours = match (name, arguments) {
        // The types of columns decide: a text of digits is compared as a number with a number.
        ("to_string" | "to_int" | "to_real" | "to_date" | "to_datetime", [one]) => return operand(one),
        ("round", [one]) => {
            return Ok(Expr::Function { name: "round".to_owned(), args: vec![operand(one)?] });
        }
        ("$area", []) => return Ok(of_geometry("area")),
        ("$length" | "$perimeter", []) => return Ok(of_geometry("geomLength")),
        _ => function(name).ok_or_else(|| unknown_call(name))?,
    };
    let args = arguments.iter().map(operand).collect::<Result<Vec<_>, _>>()?;
    if args.is_empty() {
        return Err(unknown_call(name));
    }
    Ok(Expr::Function { name: ours.to_owned(), args })
}

fn of_geometry(name: &str) -> Expr {
    Expr::Function { name: name.to_owned(), args: vec![Expr::Property(GEOMETRY.to_owned())] }
}

fn arithmetic(op: ArithmeticOp, left: Expr, right: Expr) -> Expr {
    Expr::Arithmetic { op, left: Box::new(left), right: Box::new(right) }
}

fn number(text: &str) -> Literal {
    match text.parse::<i64>() {
        Ok(whole) => Literal::Integer(whole),
        Err(_) => Literal::Number(text.parse().unwrap_or_default()),
    }
}

/// `%` and `_`, which a backslash makes plain letters.
fn pattern_of(text: &str) -> Vec<LikePart> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let wild = match letter {
            '%' => Some(LikePart::Any),
            '_' => Some(LikePart::One),
            '\\' => {
                plain.extend(letters.next());
                None
            }
            other => {
                plain.push(other);
                None
            }
        };
        if let Some(wild) = wild {
            if !plain.is_empty() {
                parts.push(LikePart::Text(std::mem::take(&mut plain)));
            }
            parts.push(wild);
        }
    }
    if !plain.is_empty() {
        parts.push(LikePart::Text(plain));
    }
    parts
}
