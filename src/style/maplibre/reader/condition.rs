//! Filters, in both notations. MapLibre knows two values of truth: where a comparison can't be made it is false.

use super::value::Untold;
use crate::filter::Filter;
use crate::filter::ast::{ArithmeticOp, CompareOp, Expr, LikePart, Literal};
use crate::style::logic::{GEOMETRY, not_true};
use serde_json::Value;

type Asked = Result<Filter, Untold>;

/// The features that a filter without zoom takes.
pub(super) fn condition(json: &Value) -> Asked {
    match json {
        Value::Bool(truth) => Ok(Filter::Constant(*truth)),
        Value::Array(all) => match all.first().and_then(Value::as_str) {
            Some(name) => operator(name, all.get(1..).unwrap_or_default()),
            None => Err("a list that is no filter".to_owned()),
        },
        _ => Err("something that is no filter".to_owned()),
    }
}

fn operator(name: &str, rest: &[Value]) -> Asked {
    let several = |rest: &[Value]| rest.iter().map(condition).collect::<Result<Vec<_>, _>>();
    match (name, rest) {
        ("literal" | "boolean" | "to-boolean", [inner]) => condition(inner),
        ("all", []) => Ok(Filter::Constant(true)),
        ("any", []) => Ok(Filter::Constant(false)),
        ("all", [only]) | ("any", [only]) => condition(only),
        ("all", _) => several(rest).map(Filter::And),
        ("any", _) => several(rest).map(Filter::Or),
        ("none", _) => Ok(Filter::And(several(rest)?.iter().map(not_true).collect())),
        ("!", [inner]) => {
            let inner = condition(inner)?;
            Ok(not_true(&inner))
        }
        ("has", [Value::String(name)]) => Ok(Filter::Not(Box::new(is_null(name)?))),
        ("!has", [Value::String(name)]) => is_null(name),
        ("==" | "!=" | "<" | "<=" | ">" | ">=", [left, right]) => compare(name, left, right),
        ("in" | "!in", [Value::String(key), values @ ..]) if !is_text_search(values) => {
            let list = values.iter().map(operand).collect::<Result<Vec<_>, _>>()?;
            let found = one_of(property(key)?, list);
            Ok(if name == "in" { found } else { not_true(&found) })
        }
        ("in", [needle, within]) => is_in(needle, within),
        ("match", [input, items @ .., otherwise]) => matched(input, items, otherwise),
        ("case", [branches @ .., otherwise]) => case(branches, otherwise),
        ("get", [Value::String(name)]) => property(name).map(Filter::Truth),
        _ => Err(format!("the expression '{}'", super::short(name))),
    }
}

/// Whether the second argument of `in` is the text that is searched, or a list of values.
fn is_text_search(values: &[Value]) -> bool {
    matches!(values, [Value::Array(_)])
}

/// A property by the name of early versions; `$id` is the feature's number.
fn property(name: &str) -> Result<Expr, Untold> {
    match name {
        "" => Err("a property without a name".to_owned()),
        "$id" => Ok(Expr::Property("fid".to_owned())),
        _ => Ok(Expr::Property(name.to_owned())),
    }
}

fn is_null(name: &str) -> Asked {
    property(name).map(Filter::IsNull)
}

fn one_of(expr: Expr, list: Vec<Expr>) -> Filter {
    match list.len() {
        0 => Filter::Constant(false),
        _ => Filter::In { expr, list },
    }
}

fn compare(name: &str, left: &Value, right: &Value) -> Asked {
    let op = match name {
        "==" => CompareOp::Equal,
        "!=" => CompareOp::NotEqual,
        "<" => CompareOp::Less,
        "<=" => CompareOp::LessOrEqual,
        ">" => CompareOp::Greater,
        _ => CompareOp::GreaterOrEqual,
    };
    if let Some(kind) = geometry_test(left, right) {
        let test = kind?;
        return Ok(if op == CompareOp::NotEqual { Filter::Not(Box::new(test)) } else { test });
    }
    if let Some(like) = part_of_text(left, right).filter(|_| op == CompareOp::Equal) {
        return Ok(like);
    }
    if right.is_null() {
        let nothing = Filter::IsNull(side(left)?);
        return Ok(if op == CompareOp::NotEqual { Filter::Not(Box::new(nothing)) } else { nothing });
    }
    let (left, right) = (side(left)?, operand(right)?);
    let test = Filter::Compare { op, left: left.clone(), right, match_case: true };
    match (op, left) {
        // What isn't there is different.
        (CompareOp::NotEqual, Expr::Property(name)) => Ok(Filter::Or(vec![test, is_null(&name)?])),
        _ => Ok(test),
    }
}

/// The left side: in early versions a bare text is a property.
fn side(json: &Value) -> Result<Expr, Untold> {
    match json {
        Value::String(name) => property(name),
        other => operand(other),
    }
}

/// A test of the type of geometry: its dimension here.
fn geometry_test(left: &Value, right: &Value) -> Option<Asked> {
    let is_type = left.as_str() == Some("$type")
        || left
            .as_array()
            .is_some_and(|all| all.len() == 1 && all.first().is_some_and(|v| v == "geometry-type"));
    if !is_type {
        return None;
    }
    let dimension = match right.as_str().map(|name| name.trim_start_matches("Multi")) {
        Some("Point") => 0,
        Some("LineString") => 1,
        Some("Polygon") => 2,
        _ => return Some(Err("an unknown type of geometry".to_owned())),
    };
    let left =
        Expr::Function { name: "dimension".to_owned(), args: vec![Expr::Property(GEOMETRY.to_owned())] };
    let right = Expr::Literal(Literal::Integer(dimension));
    Some(Ok(Filter::Compare { op: CompareOp::Equal, left, right, match_case: true }))
}

/// The text of a property, and whether its letters' case counts.
fn searched(json: &Value) -> Option<(Expr, bool)> {
    let all = json.as_array()?;
    match (all.first()?.as_str()?, all.get(1)?) {
        ("get", Value::String(name)) => Some((property(name).ok()?, true)),
        ("to-string" | "string", inner) => searched(inner),
        ("downcase", inner) => searched(inner).map(|(expr, _)| (expr, false)),
        _ => None,
    }
}

/// `["==", ["slice", text, 0, 3], "abc"]`: how a text begins or ends.
fn part_of_text(left: &Value, right: &Value) -> Option<Filter> {
    let all = left.as_array().filter(|all| all.first().is_some_and(|v| v == "slice"))?;
    let (expr, match_case) = searched(all.get(1)?)?;
    let text = right.as_str()?;
    let length = i64::try_from(text.encode_utf16().count()).ok()?;
    let part = LikePart::Text(text.to_owned());
    let pattern = match (all.get(2)?.as_i64()?, all.get(3).and_then(Value::as_i64)) {
        (0, Some(to)) if to == length => vec![part, LikePart::Any],
        (from, None) if from == -length => vec![LikePart::Any, part],
        _ => return None,
    };
    Some(Filter::Like { expr, pattern, match_case })
}

fn is_in(needle: &Value, within: &Value) -> Asked {
    let inner = within.as_array().map(Vec::as_slice).unwrap_or_default();
    match inner {
        [Value::String(literal), Value::Array(values)] if literal == "literal" => {
            let is_id = needle.as_array().is_some_and(|all| all.first().is_some_and(|v| v == "id"));
            if is_id {
                let ids =
                    values.iter().map(|v| v.as_i64().map(|n| n.to_string())).collect::<Option<Vec<_>>>();
                return ids.map(Filter::Ids).ok_or_else(|| "identifiers that are no numbers".to_owned());
            }
            let list = values.iter().map(operand).collect::<Result<Vec<_>, _>>()?;
            Ok(one_of(operand(needle)?, list))
        }
        _ => match (needle.as_str(), searched(within)) {
            (Some(text), Some((expr, match_case))) => {
                let pattern = vec![LikePart::Any, LikePart::Text(text.to_owned()), LikePart::Any];
                Ok(Filter::Like { expr, pattern, match_case })
            }
            _ => Err("an 'in' of something computed".to_owned()),
        },
    }
}

/// `["match", input, labels, truth, …, otherwise]`.
fn matched(input: &Value, items: &[Value], otherwise: &Value) -> Asked {
    let input = operand(input)?;
    let mut any = Vec::new();
    let mut before: Vec<Filter> = Vec::new();
    for pair in items.chunks(2) {
        let [labels, becomes] = pair else { return Err("a 'match' without its last value".to_owned()) };
        let labels = labels.as_array().map_or_else(|| std::slice::from_ref(labels), Vec::as_slice);
        let list = labels.iter().map(operand).collect::<Result<Vec<_>, _>>()?;
        branch(one_of(input.clone(), list), &condition(becomes)?, &mut before, &mut any);
    }
    branch(Filter::Constant(true), &condition(otherwise)?, &mut before, &mut any);
    Ok(any_of(any))
}

fn case(branches: &[Value], otherwise: &Value) -> Asked {
    let mut any = Vec::new();
    let mut before = Vec::new();
    for pair in branches.chunks(2) {
        let [test, becomes] = pair else { return Err("a 'case' without its last value".to_owned()) };
        branch(condition(test)?, &condition(becomes)?, &mut before, &mut any);
    }
    branch(Filter::Constant(true), &condition(otherwise)?, &mut before, &mut any);
    Ok(any_of(any))
}

/// One branch: what the earlier ones left, when its test holds.
fn branch(test: Filter, becomes: &Filter, before: &mut Vec<Filter>, any: &mut Vec<Filter>) {
    let rest = not_true(&test);
    if *becomes != Filter::Constant(false) {
        let mut all = before.clone();
        for part in [test, becomes.clone()] {
            if part != Filter::Constant(true) {
                all.push(part);
            }
        }
        any.push(match all.len() {
            0 => Filter::Constant(true),
            1 => all.swap_remove(0),
            _ => Filter::And(all),
        });
    }
    before.push(rest);
}

fn any_of(mut any: Vec<Filter>) -> Filter {
    match any.len() {
        0 => Filter::Constant(false),
        1 => any.swap_remove(0),
        _ => Filter::Or(any),
    }
}

fn operand(json: &Value) -> Result<Expr, Untold> {
    match json {
        Value::String(text) => Ok(Expr::Literal(Literal::Text(text.clone()))),
        Value::Bool(truth) => Ok(Expr::Literal(Literal::Boolean(*truth))),
        Value::Number(number) => Ok(Expr::Literal(match number.as_i64() {
            Some(whole) => Literal::Integer(whole),
            None => Literal::Number(number.as_f64().unwrap_or_default()),
        })),
        Value::Array(all) => {
            let name = all.first().and_then(Value::as_str).ok_or("a list where a value is needed")?;
            computed(name, all.get(1..).unwrap_or_default())
        }
        Value::Object(_) | Value::Null => Err("an object or null where a value is needed".to_owned()),
    }
}

fn computed(name: &str, rest: &[Value]) -> Result<Expr, Untold> {
    let call = |name: &str, rest: &[Value]| {
        let args = rest.iter().map(operand).collect::<Result<Vec<_>, _>>()?;
        Ok(Expr::Function { name: name.to_owned(), args })
    };
    match (name, rest) {
        ("get", [Value::String(name)]) => property(name),
        ("id", []) => property("$id"),
        ("literal" | "to-number" | "number" | "to-string" | "string", [one]) => operand(one),
        ("downcase", [_]) => call("lower", rest),
        ("upcase", [_]) => call("upper", rest),
        ("length", [_]) => call("length", rest),
        ("concat", [_, _, ..]) => call("concat", rest),
        ("abs" | "ceil" | "floor" | "round" | "sqrt", [_]) => call(name, rest),
        ("min" | "max", [_, _, ..]) => call(name, rest),
        ("+" | "-" | "*" | "/", [first, others @ ..]) if !others.is_empty() => {
            let op = match name {
                "+" => ArithmeticOp::Add,
                "-" => ArithmeticOp::Sub,
                "*" => ArithmeticOp::Mul,
                _ => ArithmeticOp::Div,
            };
            others.iter().try_fold(operand(first)?, |left, right| {
                Ok(Expr::Arithmetic { op, left: Box::new(left), right: Box::new(operand(right)?) })
            })
        }
        _ => Err(format!("the expression '{}'", super::short(name))),
    }
}
