//! Expressions that yield values.

use super::{Notes, bands, color};
use crate::filter::ast::ArithmeticOp;
use crate::style::{
    Categorize, Color, Expression, Interpolate, Method, Mode, Recode, Rounding, TextFunction,
    ThresholdsBelongTo,
};
use serde_json::{Value, json};

/// What can't be said here, in words that fit behind "it uses".
pub(super) type Untold = String;

type Valued = Result<Expression, Untold>;

/// Parts that a curve which isn't straight is drawn with, from stop to stop.
const PIECES: u32 = 6;

/// What an expression without zoom yields for a feature.
pub(super) fn value(json: &Value, notes: &mut Notes) -> Valued {
    match json {
        Value::Number(number) => Ok(Expression::Literal(number.to_string())),
        Value::String(text) => Ok(Expression::Literal(text.clone())),
        Value::Bool(truth) => Ok(Expression::Literal(truth.to_string())),
        Value::Array(all) => match all.first().and_then(Value::as_str) {
            Some(name) => operator(name, all.get(1..).unwrap_or_default(), notes),
            None => Err("a list where a value is needed".to_owned()),
        },
        Value::Object(object) => stops(object, notes),
        Value::Null => Err("null".to_owned()),
    }
}

fn literal(text: impl ToString) -> Expression {
    Expression::Literal(text.to_string())
}

fn arithmetic(op: ArithmeticOp, left: Expression, right: Expression) -> Expression {
    Expression::Arithmetic(op, Box::new(left), Box::new(right))
}

fn text(function: TextFunction) -> Expression {
    Expression::Text(Box::new(function))
}

fn operator(name: &str, rest: &[Value], notes: &mut Notes) -> Valued {
    match (name, rest) {
        ("literal", [inner]) => value(inner, notes),
        ("get", [Value::String(property)]) if !property.is_empty() => {
            Ok(Expression::Property(property.clone()))
        }
        ("id", []) => Ok(Expression::Property("fid".to_owned())),
        ("to-number" | "number" | "to-string" | "string" | "to-color", [one, others @ ..]) => {
            if !others.is_empty() {
                notes.add(&format!("only the first value of '{name}' is used"));
            }
            value(one, notes)
        }
        ("coalesce", [one, others @ ..]) => {
            if !others.is_empty() {
                notes.add("only the first value of 'coalesce' is used");
            }
            value(one, notes)
        }
        ("concat", parts) => {
            let parts = parts.iter().map(|part| value(part, notes)).collect::<Result<Vec<_>, _>>()?;
            Ok(text(TextFunction::Concatenate(parts)))
        }
        ("upcase" | "downcase", [one]) => {
            Ok(text(TextFunction::ChangeCase { value: value(one, notes)?, upper: name == "upcase" }))
        }
        ("length", [one]) => Ok(text(TextFunction::Length(value(one, notes)?))),
        ("slice", [one, Value::Number(from), rest @ ..]) => slice(one, from.as_i64(), rest, notes),
        ("number-format", [one, options]) => number_format(value(one, notes)?, options),
        ("+" | "*", [first, others @ ..]) => {
            let op = if name == "+" { ArithmeticOp::Add } else { ArithmeticOp::Mul };
            others
                .iter()
                .try_fold(value(first, notes)?, |sum, next| Ok(arithmetic(op, sum, value(next, notes)?)))
        }
        ("-", [one]) => match value(one, notes)? {
            Expression::Literal(number) if number.parse::<f64>().is_ok() => {
                Ok(literal(-number.parse::<f64>().unwrap_or_default()))
            }
            other => Ok(arithmetic(ArithmeticOp::Sub, literal(0), other)),
        },
        ("-", [a, b]) => Ok(arithmetic(ArithmeticOp::Sub, value(a, notes)?, value(b, notes)?)),
        ("/", [a, b]) => Ok(arithmetic(ArithmeticOp::Div, value(a, notes)?, value(b, notes)?)),
        ("^", [base, Value::Number(power)]) if power.as_f64() == Some(2.0) => {
            let base = value(base, notes)?;
            Ok(arithmetic(ArithmeticOp::Mul, base.clone(), base))
        }
        ("min" | "max", [_, ..]) => {
            let of = rest.iter().map(|one| value(one, notes)).collect::<Result<Vec<_>, _>>()?;
            Ok(Expression::Extreme { greatest: name == "max", of })
        }
        ("round" | "floor" | "ceil" | "abs" | "sqrt", [one]) => {
            let how = match name {
                "round" => Rounding::Round,
                "floor" => Rounding::Floor,
                "ceil" => Rounding::Ceil,
                "abs" => Rounding::Abs,
                _ => Rounding::Sqrt,
            };
            Ok(Expression::Rounded(how, Box::new(value(one, notes)?)))
        }
        ("match", [input, items @ .., otherwise]) => matched(input, items, otherwise, notes),
        ("case", [branches @ .., otherwise]) => case(branches, otherwise, notes),
        ("step", [input, first, stops @ ..]) => step(input, first, stops, notes),
        ("interpolate" | "interpolate-hcl" | "interpolate-lab", [how, input, stops @ ..]) => {
            if name != "interpolate" {
                notes.add(&format!("'{name}' is drawn as 'interpolate'"));
            }
            interpolate(how, input, stops, notes)
        }
        ("rgb" | "rgba" | "hsl" | "hsla", parts) => {
            let parts: Option<Vec<String>> =
                parts.iter().map(|p| p.as_f64().map(|n| n.to_string())).collect();
            let written = parts.map(|parts| match name {
                "hsl" | "hsla" => hsl(&parts),
                _ => format!("{name}({})", parts.join(",")),
            });
            match written.as_deref().and_then(color::parse) {
                Some((color, _)) => Ok(literal(color.hex())),
                None => Err("a colour whose parts are computed".to_owned()),
            }
        }
        // Pieces of text with their looks.
        ("format", pieces) => {
            let texts = pieces.iter().filter(|piece| !piece.is_object());
            if pieces.iter().any(|p| p.as_object().is_some_and(|looks| !looks.is_empty())) {
                notes.add("pieces of a text have no looks of their own ('format')");
            }
            let parts = texts.map(|piece| value(piece, notes)).collect::<Result<Vec<_>, _>>()?;
            Ok(text(TextFunction::Concatenate(parts)))
        }
        _ => Err(format!("the expression '{}'", super::short(name))),
    }
}

fn hsl(parts: &[String]) -> String {
    match parts {
        [h, s, l, ..] => format!("hsl({h},{s}%,{l}%)"),
        _ => String::new(),
    }
}

/// Letters counted from 0 become letters counted from 1.
fn slice(one: &Value, from: Option<i64>, rest: &[Value], notes: &mut Notes) -> Valued {
    let to = rest.first().map(|to| to.as_i64().ok_or(()));
    match (from, to) {
        (Some(from), None) if from >= 0 => {
            let position = Some(literal(from + 1));
            Ok(text(TextFunction::Substring { value: value(one, notes)?, position, length: None }))
        }
        (Some(from), Some(Ok(to))) if from >= 0 && to >= from => {
            let (position, length) = (Some(literal(from + 1)), Some(literal(to - from)));
            Ok(text(TextFunction::Substring { value: value(one, notes)?, position, length }))
        }
        _ => Err("a 'slice' that is counted from the end or computed".to_owned()),
    }
}

fn number_format(value: Expression, options: &Value) -> Valued {
    let digits = |name: &str| options.get(name).and_then(Value::as_u64).map(|n| n.min(15) as usize);
    let least = digits("min-fraction-digits").unwrap_or(0);
    let most = digits("max-fraction-digits").unwrap_or(3).max(least);
    let decimals = match most {
        0 => String::new(),
        _ => format!(".{}{}", "0".repeat(least), "#".repeat(most - least)),
    };
    let is_french = options.get("locale").and_then(Value::as_str).is_some_and(|l| l.starts_with("fr"));
    let (point, grouping) = if is_french { (",", "\u{202f}") } else { (".", ",") };
    Ok(text(TextFunction::FormatNumber {
        value,
        pattern: format!("#,##0{decimals}"),
        decimal_point: point.to_owned(),
        grouping: grouping.to_owned(),
    }))
}

/// The fixed value that stands where nothing is found.
fn fallback(json: &Value, notes: &mut Notes) -> Result<Option<String>, Untold> {
    match value(json, notes)? {
        Expression::Literal(text) => Ok(Some(text).filter(|t| !t.is_empty())),
        _ => Err("a computed value where nothing else fits".to_owned()),
    }
}

fn label(json: &Value) -> Option<String> {
    match json {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn matched(input: &Value, items: &[Value], otherwise: &Value, notes: &mut Notes) -> Valued {
    let mut all = Vec::new();
    for pair in items.chunks(2) {
        let [labels, becomes] = pair else { return Err("a 'match' without its last value".to_owned()) };
        let becomes = value(becomes, notes)?;
        let labels = labels.as_array().map_or_else(|| std::slice::from_ref(labels), Vec::as_slice);
        for one in labels {
            let data = label(one).ok_or("a 'match' of something else than texts and numbers")?;
            all.push((data, becomes.clone()));
        }
    }
    if all.is_empty() {
        return Err("a 'match' without values".to_owned());
    }
    let fallback = fallback(otherwise, notes)?;
    Ok(Expression::Recode(Box::new(Recode { lookup: value(input, notes)?, items: all, fallback })))
}

/// `case`, where its conditions are values of one thing.
fn case(branches: &[Value], otherwise: &Value, notes: &mut Notes) -> Valued {
    let mut input = None;
    let mut items = Vec::new();
    for pair in branches.chunks(2) {
        let [test, becomes] = pair else { return Err("a 'case' without its last value".to_owned()) };
        let parts = test.as_array().map(Vec::as_slice).unwrap_or_default();
        let found = match parts {
            [Value::String(op), of, is] if op == "==" => label(is).map(|data| (of, data)),
            // Where there is a value at all, and otherwise nothing.
            [Value::String(op), Value::String(name)] if op == "has" => {
                let got = json!(["get", name]);
                if becomes_of(becomes, &got)
                    && branches.len() == 2
                    && label(otherwise).is_some_and(|t| t.is_empty())
                {
                    return value(becomes, notes);
                }
                None
            }
            _ => None,
        };
        let Some((of, data)) = found else {
            return Err("a 'case' whose conditions are not values of one property".to_owned());
        };
        if *input.get_or_insert(of) != of {
            return Err("a 'case' whose conditions are not values of one property".to_owned());
        }
        items.push((data, value(becomes, notes)?));
    }
    let Some(input) = input else { return Err("a 'case' without conditions".to_owned()) };
    let fallback = fallback(otherwise, notes)?;
    Ok(Expression::Recode(Box::new(Recode { lookup: value(input, notes)?, items, fallback })))
}

fn becomes_of(value: &Value, got: &Value) -> bool {
    value == got || value.as_array().is_some_and(|all| all.iter().any(|inner| becomes_of(inner, got)))
}

fn step(input: &Value, first: &Value, stops: &[Value], notes: &mut Notes) -> Valued {
    let mut classes = Vec::new();
    for pair in stops.chunks(2) {
        match pair {
            [Value::Number(at), becomes] => classes.push((literal(at), value(becomes, notes)?)),
            _ => return Err("a 'step' whose stops are no numbers".to_owned()),
        }
    }
    Ok(Expression::Categorize(Box::new(Categorize {
        lookup: value(input, notes)?,
        first: value(first, notes)?,
        classes,
        belong: ThresholdsBelongTo::Succeeding,
        fallback: None,
    })))
}

fn interpolate(how: &Value, input: &Value, stops: &[Value], notes: &mut Notes) -> Valued {
    let base = match how.as_array().map(Vec::as_slice) {
        Some([Value::String(kind)]) if kind == "linear" => 1.0,
        Some([Value::String(kind), base]) if kind == "exponential" => base.as_f64().unwrap_or(1.0),
        _ => {
            notes.add("a 'cubic-bezier' is drawn straight");
            1.0
        }
    };
    let mut points: Vec<(f64, Expression)> = Vec::new();
    for pair in stops.chunks(2) {
        let [at, becomes] = pair else { return Err("an 'interpolate' without its last value".to_owned()) };
        let at = at.as_f64().ok_or("an 'interpolate' whose stops are no numbers")?;
        let becomes = plain_color(value(becomes, notes)?);
        if let (false, Some((before, from))) = ((base - 1.0).abs() < 1e-9, points.last().cloned()) {
            for piece in 1..PIECES {
                let place = before + (at - before) * f64::from(piece) / f64::from(PIECES);
                let between = between(&from, &becomes, bands::share(base, place, before, at));
                points.extend(between.map(|value| (place, value)));
            }
        }
        points.push((at, becomes));
    }
    let grows = points.iter().zip(points.iter().skip(1)).all(|(a, b)| a.0 < b.0);
    if points.is_empty() || !grows {
        return Err("an 'interpolate' whose stops don't grow".to_owned());
    }
    let is_color = |e: &Expression| matches!(e, Expression::Literal(text) if Color::parse(text).is_some());
    let colored = points.first().is_some_and(|(_, e)| is_color(e));
    Ok(Expression::Interpolate(Box::new(Interpolate {
        lookup: value(input, notes)?,
        points,
        mode: Mode::Linear,
        method: if colored { Method::Color } else { Method::Numeric },
        fallback: None,
    })))
}

fn between(a: &Expression, b: &Expression, share: f64) -> Option<Expression> {
    let (Expression::Literal(a), Expression::Literal(b)) = (a, b) else { return None };
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => Some(literal(a + (b - a) * share)),
        _ => color::mixed(a, b, share).map(Expression::Literal),
    }
}

/// A colour by name or in another notation as `#rrggbb`; other values as they are.
pub(super) fn plain_color(value: Expression) -> Expression {
    match value {
        Expression::Literal(text) if text.parse::<f64>().is_err() => {
            Expression::Literal(color::parse(&text).map_or(text, |(color, _)| color.hex()))
        }
        Expression::Recode(mut map) => {
            map.items = map.items.into_iter().map(|(data, v)| (data, plain_color(v))).collect();
            map.fallback = map.fallback.map(plain_text);
            Expression::Recode(map)
        }
        Expression::Categorize(mut classes) => {
            classes.first = plain_color(classes.first);
            classes.classes = classes.classes.into_iter().map(|(at, v)| (at, plain_color(v))).collect();
            Expression::Categorize(classes)
        }
        other => other,
    }
}

fn plain_text(text: String) -> String {
    color::parse(&text).map_or(text, |(color, _)| color.hex())
}

/// A function of a property, of early versions.
fn stops(object: &serde_json::Map<String, Value>, notes: &mut Notes) -> Valued {
    let Some(Value::String(property)) = object.get("property") else {
        return Err("an object where a value is needed".to_owned());
    };
    let got = json!(["get", property]);
    let list = object.get("stops").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let kind = object.get("type").and_then(Value::as_str).unwrap_or("exponential");
    let mut flat = Vec::new();
    for stop in list {
        let (Some(at), Some(becomes)) = (stop.get(0), stop.get(1)) else {
            return Err("'stops' that are no pairs".to_owned());
        };
        if at.is_object() {
            return Err("a function of zoom and property at once".to_owned());
        }
        flat.extend([at.clone(), becomes.clone()]);
    }
    match kind {
        "identity" => value(&got, notes),
        "categorical" => {
            let otherwise = object.get("default").cloned().unwrap_or_else(|| json!(""));
            matched(&got, &flat, &otherwise, notes)
        }
        "interval" => match flat.split_first() {
            Some((_, rest)) => {
                let (first, rest) = rest.split_first().ok_or("'stops' that are no pairs")?;
                step(&got, first, rest, notes)
            }
            None => Err("a function without 'stops'".to_owned()),
        },
        _ => {
            let base = object.get("base").and_then(Value::as_f64).unwrap_or(1.0);
            interpolate(&json!(["exponential", base]), &got, &flat, notes)
        }
    }
}
