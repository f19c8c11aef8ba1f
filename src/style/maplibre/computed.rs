//! Computed parameters as MapLibre expressions.

use crate::filter::ast::ArithmeticOp;
use crate::style::{Cell, Computed, Expression, Method, Mode, Parameter, TextFunction, ThresholdsBelongTo};
use serde_json::{Value, json};

/// Puts a computed parameter in the place of the fixed one, in those layers that have it; false where it can't be said.
pub(super) fn put(computed: &Computed, layers: &mut [Value]) -> bool {
    let is_color = matches!(computed.parameter, Parameter::Fill | Parameter::Stroke | Parameter::HaloFill);
    let value = if is_color { text(&computed.value) } else { number(&computed.value) };
    let Some(value) = value else { return false };
    let value = match computed.parameter {
        // A circle has a radius, and lines lie to the right.
        Parameter::Size => json!(["/", value, 2]),
        Parameter::PerpendicularOffset => json!(["*", value, -1]),
        _ => value,
    };
    let mut done = false;
    for layer in layers {
        for (group, name) in names(computed.parameter) {
            // Only what the layer has already: a fill has no width.
            if let Some(place) = layer.get_mut(group).and_then(|g| g.get_mut(name)) {
                *place = value.clone();
                done = true;
            }
        }
    }
    done
}

/// What a parameter is called in layers of each type.
const fn names(parameter: Parameter) -> &'static [(&'static str, &'static str)] {
    match parameter {
        Parameter::Fill => &[("paint", "fill-color"), ("paint", "circle-color"), ("paint", "text-color")],
        Parameter::FillOpacity => {
            &[("paint", "fill-opacity"), ("paint", "circle-opacity"), ("paint", "text-opacity")]
        }
        Parameter::Stroke => &[("paint", "line-color"), ("paint", "circle-stroke-color")],
        Parameter::StrokeOpacity => &[("paint", "line-opacity"), ("paint", "circle-stroke-opacity")],
        Parameter::StrokeWidth => &[("paint", "line-width"), ("paint", "circle-stroke-width")],
        Parameter::PerpendicularOffset => &[("paint", "line-offset")],
        Parameter::Size => &[("paint", "circle-radius")],
        Parameter::Rotation => &[("layout", "text-rotate")],
        Parameter::Opacity => &[("paint", "circle-opacity"), ("paint", "circle-stroke-opacity")],
        Parameter::FontSize => &[("layout", "text-size")],
        Parameter::HaloFill => &[("paint", "text-halo-color")],
        Parameter::HaloOpacity => &[],
        Parameter::HaloRadius => &[("paint", "text-halo-width")],
    }
}

/// An expression that yields a number.
pub(super) fn number(expression: &Expression) -> Option<Value> {
    Some(match expression {
        Expression::Literal(text) => json!(Cell::Text(text.clone()).number()?),
        Expression::Property(name) => json!(["to-number", ["get", name]]),
        Expression::Arithmetic(op, left, right) => {
            let op = match op {
                ArithmeticOp::Add => "+",
                ArithmeticOp::Sub => "-",
                ArithmeticOp::Mul => "*",
                ArithmeticOp::Div => "/",
                ArithmeticOp::Mod => "%",
                ArithmeticOp::Pow => "^",
                ArithmeticOp::IntDiv => return None,
            };
            json!([op, number(left)?, number(right)?])
        }
        Expression::Extreme { greatest, of } => {
            let mut all = vec![json!(if *greatest { "max" } else { "min" })];
            for one in of {
                all.push(number(one)?);
            }
            Value::Array(all)
        }
        Expression::Rounded(how, inner) => {
            json!([how.name(), number(inner)?])
        }
        Expression::Text(_) => return None,
        _ => classes(expression, &number)?,
    })
}

/// An expression that yields a text, or a colour.
pub(super) fn text(expression: &Expression) -> Option<Value> {
    Some(match expression {
        Expression::Literal(text) => json!(text),
        Expression::Property(name) => json!(["to-string", ["get", name]]),
        Expression::Text(function) => match &**function {
            TextFunction::Concatenate(parts) => {
                let mut all = vec![json!("concat")];
                for part in parts {
                    all.push(text(part)?);
                }
                Value::Array(all)
            }
            TextFunction::ChangeCase { value, upper } => {
                json!([if *upper { "upcase" } else { "downcase" }, text(value)?])
            }
            _ => return None,
        },
        Expression::Arithmetic(..) | Expression::Extreme { .. } | Expression::Rounded(..) => {
            json!(["to-string", number(expression)?])
        }
        _ => classes(expression, &text)?,
    })
}

/// Classes, curves and lists; `value` writes what they yield.
fn classes(expression: &Expression, value: &dyn Fn(&Expression) -> Option<Value>) -> Option<Value> {
    let fixed = |e: &Expression| match e {
        Expression::Literal(text) => Cell::Text(text.clone()).number(),
        _ => None,
    };
    match expression {
        Expression::Categorize(classes) if classes.belong == ThresholdsBelongTo::Succeeding => {
            let mut step = vec![json!("step"), number(&classes.lookup)?, value(&classes.first)?];
            for (threshold, above) in &classes.classes {
                step.push(json!(fixed(threshold)?));
                step.push(value(above)?);
            }
            // A step without thresholds is none.
            if step.len() == 3 { step.pop() } else { Some(Value::Array(step)) }
        }
        Expression::Interpolate(curve) if curve.mode == Mode::Linear => {
            let mut run = vec![json!("interpolate"), json!(["linear"]), number(&curve.lookup)?];
            for (at, point) in &curve.points {
                run.push(json!(at));
                run.push(match curve.method {
                    Method::Numeric => number(point)?,
                    Method::Color => text(point)?,
                });
            }
            Some(Value::Array(run))
        }
        Expression::Recode(map) => {
            let mut found = vec![json!("match"), text(&map.lookup)?];
            for (data, becomes) in &map.items {
                found.push(json!(data));
                found.push(value(becomes)?);
            }
            let fallback = Expression::Literal(map.fallback.clone().unwrap_or_default());
            found.push(value(&fallback)?);
            Some(Value::Array(found))
        }
        _ => None,
    }
}
