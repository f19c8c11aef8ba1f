//! Data-defined properties: what QGIS computes from each feature.

use super::color;
use super::expression::{self, Node as Syntax};
use super::reader::{Reader, child, elements, member, number, quoted};
use crate::filter::ast::ArithmeticOp;
use crate::style::{Computed, Expression, Interpolate, Method, Mode, Parameter};
use roxmltree::Node;

/// What a property becomes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Becomes {
    /// A colour.
    Color(Parameter),
    /// A number, multiplied with this.
    Number(Parameter, f64),
}

/// A property that is computed.
pub(super) struct Defined<'a, 'i> {
    /// Its name, as `fillColor`.
    pub(super) name: &'a str,
    /// What it is computed with.
    pub(super) node: Node<'a, 'i>,
}

/// The active properties of a symbol, a symbol layer or a label.
pub(super) fn active<'a, 'i>(owner: Node<'a, 'i>) -> Vec<Defined<'a, 'i>> {
    let held = child(owner, "data_defined_properties").or_else(|| child(owner, "dd_properties"));
    let map = held.and_then(|held| child(held, "Option")).and_then(|map| member(map, "properties"));
    let Some(map) = map else { return Vec::new() };
    elements(map)
        .filter(|o| scalar(*o, "active") == Some("true"))
        .filter_map(|o| Some(Defined { name: o.attribute("name")?, node: o }))
        .collect()
}

fn scalar<'a>(map: Node<'a, '_>, name: &str) -> Option<&'a str> {
    member(map, name)?.attribute("value")
}

impl<'a, 'i> Defined<'a, 'i> {
    /// The expression as written.
    pub(super) fn syntax(&self) -> Result<Syntax, String> {
        match scalar(self.node, "type") {
            Some("1") => Ok(Syntax::Text(scalar(self.node, "val").unwrap_or_default().to_owned())),
            Some("2") => match scalar(self.node, "field").filter(|name| !name.is_empty()) {
                Some(name) => Ok(Syntax::Column(name.to_owned())),
                None => Err("it names no column".to_owned()),
            },
            _ => expression::parse(scalar(self.node, "expression").unwrap_or_default()),
        }
    }

    /// What it yields.
    pub(super) fn value(&self) -> Result<Expression, String> {
        let value = expression::value(&self.syntax()?).map_err(|untold| format!("it uses {untold}"))?;
        match member(self.node, "transformer") {
            None => Ok(value),
            Some(transformer) => transformed(value, transformer),
        }
    }
}

/// The assistant's sizes: from the least to the greatest value, straight or along a power.
fn transformed(value: Expression, transformer: Node<'_, '_>) -> Result<Expression, String> {
    const STEPS: u32 = 8;
    let kind = scalar(transformer, "t").unwrap_or_default();
    let known = member(transformer, "d").filter(|_| matches!(kind, "0" | "1"));
    let Some(d) = known else { return Err("it uses a colour ramp or a curve".to_owned()) };
    let read = |name: &str| member(d, name).and_then(|o| number(o, "value"));
    let (Some(from), Some(to)) = (read("minValue"), read("maxValue")) else {
        return Err("its values have no limits".to_owned());
    };
    let least = read("minSize").or_else(|| read("minOutput")).unwrap_or(1.0);
    let most = read("maxSize").or_else(|| read("maxOutput")).unwrap_or(10.0);
    if to <= from {
        return Err("its values have no limits".to_owned());
    }
    let is_linear = kind == "1" && scalar(d, "scaleType") == Some("0");
    let exponent = if is_linear { 1.0 } else { read("exponent").unwrap_or(1.0) };
    let steps = if exponent == 1.0 { 1 } else { STEPS };
    let points = (0..=steps).map(|step| {
        let share = f64::from(step) / f64::from(steps);
        let size = least + (most - least) * share.powf(exponent);
        (from + (to - from) * share, Expression::Literal(((size * 1e4).round() / 1e4).to_string()))
    });
    Ok(Expression::Interpolate(Box::new(Interpolate {
        lookup: value,
        points: points.collect(),
        mode: Mode::Linear,
        method: Method::Numeric,
        fallback: None,
    })))
}

/// Reads the properties that have a place here; the others are noted by name.
pub(super) fn computed<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    owner: Node<'a, 'i>,
    known: &[(&str, Becomes)],
) -> Vec<Computed> {
    computed_beside(reader, owner, known, &[])
}

/// The same, but for some that are read elsewhere.
pub(super) fn computed_beside<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    owner: Node<'a, 'i>,
    known: &[(&str, Becomes)],
    aside: &[&str],
) -> Vec<Computed> {
    let mut found: Vec<Computed> = Vec::new();
    for defined in active(owner).into_iter().filter(|d| !aside.contains(&d.name)) {
        let name = quoted(defined.name);
        let Some((_, becomes)) = known.iter().find(|(known, _)| *known == defined.name) else {
            reader.note(defined.node, &format!("the data-defined property '{name}' is not computed"));
            continue;
        };
        let value = match defined.value() {
            Ok(value) => value,
            Err(reason) => {
                reader.note(
                    defined.node,
                    &format!("the data-defined property '{name}' is not computed: {reason}"),
                );
                continue;
            }
        };
        let (parameter, value) = match *becomes {
            Becomes::Color(parameter) => (parameter, hex(value)),
            Becomes::Number(parameter, 1.0) => (parameter, value),
            Becomes::Number(parameter, factor) => (parameter, scaled(value, factor)),
        };
        if found.iter().all(|computed| computed.parameter != parameter) {
            found.push(Computed { parameter, value });
        }
    }
    found
}

/// Colours that an expression yields as SLD writes them.
fn hex(value: Expression) -> Expression {
    each_result(value, &|result| match result {
        Expression::Literal(text) => {
            Expression::Literal(color::parse(&text).map_or(text, |(color, _)| color.hex()))
        }
        other => other,
    })
}

/// A number in another unit.
fn scaled(value: Expression, factor: f64) -> Expression {
    each_result(value, &|result| {
        let written = |number: f64| ((number * factor * 1e4).round() / 1e4).to_string();
        match result {
            Expression::Literal(text) => match text.trim().parse::<f64>() {
                Ok(number) => Expression::Literal(written(number)),
                Err(_) => Expression::Literal(text),
            },
            other => {
                let factor = Expression::Literal(((factor * 1e6).round() / 1e6).to_string());
                Expression::Arithmetic(ArithmeticOp::Mul, Box::new(other), Box::new(factor))
            }
        }
    })
}

/// Changes what an expression yields, in each of its branches.
fn each_result(value: Expression, change: &dyn Fn(Expression) -> Expression) -> Expression {
    let fallback = |text: Option<String>| match change(Expression::Literal(text?)) {
        Expression::Literal(text) => Some(text),
        _ => None,
    };
    match value {
        Expression::Recode(mut map) => {
            map.items = map.items.into_iter().map(|(data, v)| (data, each_result(v, change))).collect();
            map.fallback = fallback(map.fallback);
            Expression::Recode(map)
        }
        Expression::Categorize(mut classes) => {
            classes.first = each_result(classes.first, change);
            classes.classes =
                classes.classes.into_iter().map(|(limit, v)| (limit, each_result(v, change))).collect();
            classes.fallback = fallback(classes.fallback);
            Expression::Categorize(classes)
        }
        Expression::Interpolate(mut curve) => {
            curve.points = curve.points.into_iter().map(|(at, v)| (at, each_result(v, change))).collect();
            curve.fallback = fallback(curve.fallback);
            Expression::Interpolate(curve)
        }
        other => change(other),
    }
}
