//! Values of a style that are computed from each feature: properties, arithmetic, and the functions of SE 1.1
//! (OGC 05-077r4 clauses 10.1 and 11.6).

mod classes;
mod text;

use super::Color;
use crate::filter::ast::ArithmeticOp;
use crate::model::Value;

pub use classes::{Categorize, Interpolate, Method, Mode, Recode, ThresholdsBelongTo};
pub use text::TextFunction;

/// What yields a value for a feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number or a text, as written.
    Literal(String),
    /// A property.
    Property(String),
    /// `+ - * /`
    Arithmetic(ArithmeticOp, Box<Expression>, Box<Expression>),
    /// Classes of numbers (SE `Categorize`).
    Categorize(Box<Categorize>),
    /// Between given points (SE `Interpolate`).
    Interpolate(Box<Interpolate>),
    /// Value by value (SE `Recode`).
    Recode(Box<Recode>),
    /// Texts made of texts, numbers and dates.
    Text(Box<TextFunction>),
    /// The least or the greatest of some numbers (`min`, `max`).
    Extreme {
        /// The greatest rather than the least.
        greatest: bool,
        /// The numbers.
        of: Vec<Expression>,
    },
    /// A number changed by itself.
    Rounded(Rounding, Box<Expression>),
}

/// What is done to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest whole number.
    Round,
    /// Down.
    Floor,
    /// Up.
    Ceil,
    /// Without its sign.
    Abs,
    /// Its square root.
    Sqrt,
}

impl Rounding {
    /// Its function, as GeoServer's users and MapLibre call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Round => "round",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Abs => "abs",
            Self::Sqrt => "sqrt",
        }
    }
}

/// What an expression yields.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing: a null, a division by zero, a text where a number is needed.
    Nothing,
    /// A finite number.
    Number(f64),
    /// A text.
    Text(String),
}

impl Cell {
    /// As a number; texts that are numbers count.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Nothing => None,
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse::<f64>().ok().filter(|v| v.is_finite()),
        }
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.clone()),
        }
    }

    /// As a colour.
    #[must_use]
    pub fn color(&self) -> Option<Color> {
        match self {
            Self::Text(text) => Color::parse(text),
            _ => None,
        }
    }

    fn of(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Nothing }
    }
}

impl From<Value<'_>> for Cell {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null | Value::Binary(_) => Self::Nothing,
            Value::Text(text) | Value::Json(text) => Self::Text(text.into_owned()),
            Value::Decimal(text) => text.parse::<f64>().map_or(Self::Nothing, Self::of),
            // Beyond 2^53 a whole number would lose digits.
            Value::Integer(number) if number.unsigned_abs() < 1 << 53 => Self::Number(number as f64),
            Value::Integer(number) => Self::Text(number.to_string()),
            Value::Real(number) => Self::of(number),
            Value::Boolean(truth) => Self::Text(truth.to_string()),
            Value::Date(day) => Self::Text(day.to_string()),
            Value::Time(time) => Self::Text(time.to_string()),
            Value::Timestamp(instant) => {
                Self::Text(instant.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
            }
        }
    }
}

impl Expression {
    /// The value for a feature, whose properties `lookup` gives.
    pub fn evaluate(&self, lookup: &dyn Fn(&str) -> Cell) -> Cell {
        match self {
            Self::Literal(text) => Cell::Text(text.clone()),
            Self::Property(name) => lookup(name),
            Self::Arithmetic(op, left, right) => {
                let (left, right) = (left.evaluate(lookup).number(), right.evaluate(lookup).number());
                let Some((left, right)) = left.zip(right) else { return Cell::Nothing };
                Cell::of(match op {
                    ArithmeticOp::Add => left + right,
                    ArithmeticOp::Sub => left - right,
                    ArithmeticOp::Mul => left * right,
                    ArithmeticOp::Div => left / right,
                    ArithmeticOp::Mod => left % right,
                    ArithmeticOp::IntDiv => (left / right).trunc(),
                    ArithmeticOp::Pow => left.powf(right),
                })
            }
            Self::Categorize(classes) => classes.evaluate(lookup),
            Self::Interpolate(curve) => curve.evaluate(lookup),
            Self::Recode(map) => map.evaluate(lookup),
            Self::Text(function) => function.evaluate(lookup),
            Self::Extreme { greatest, of } => {
                let numbers = of.iter().map(|e| e.evaluate(lookup).number());
                let Some(numbers) = numbers.collect::<Option<Vec<f64>>>() else { return Cell::Nothing };
                let pick = if *greatest { f64::max } else { f64::min };
                numbers.into_iter().reduce(pick).map_or(Cell::Nothing, Cell::of)
            }
            Self::Rounded(how, inner) => {
                let Some(number) = inner.evaluate(lookup).number() else { return Cell::Nothing };
                Cell::of(match how {
                    Rounding::Round => number.round(),
                    Rounding::Floor => number.floor(),
                    Rounding::Ceil => number.ceil(),
                    Rounding::Abs => number.abs(),
                    Rounding::Sqrt => number.sqrt(),
                })
            }
        }
    }

    /// Calls back for each property that the value comes from.
    pub fn properties<'a>(&'a self, found: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Property(name) => found(name),
            _ => self.parts(&mut |part| part.properties(found)),
        }
    }

    /// The greatest number that it yields, where that can be told from its words alone.
    #[must_use]
    pub fn greatest(&self) -> Option<f64> {
        let most = |all: &[&Self]| {
            let numbers: Option<Vec<f64>> = all.iter().map(|e| e.greatest()).collect();
            numbers?.into_iter().reduce(f64::max)
        };
        match self {
            Self::Literal(text) => Cell::Text(text.clone()).number(),
            Self::Categorize(classes) => most(&classes.values()),
            Self::Interpolate(curve) if curve.mode != Mode::Cubic => most(&curve.values()),
            Self::Recode(map) => most(&map.values()),
            // The least of some is no more than any of them.
            Self::Extreme { greatest: false, of } => of.iter().filter_map(Self::greatest).reduce(f64::min),
            Self::Extreme { greatest: true, of } => most(&of.iter().collect::<Vec<_>>()),
            _ => None,
        }
    }

    fn parts<'a>(&'a self, found: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::Literal(_) | Self::Property(_) => {}
            Self::Arithmetic(_, left, right) => {
                found(left);
                found(right);
            }
            Self::Categorize(classes) => classes.parts().into_iter().for_each(found),
            Self::Interpolate(curve) => curve.parts().into_iter().for_each(found),
            Self::Recode(map) => map.parts().into_iter().for_each(found),
            Self::Text(function) => function.parts().into_iter().for_each(found),
            Self::Extreme { of, .. } => of.iter().for_each(found),
            Self::Rounded(_, inner) => found(inner),
        }
    }
}

#[cfg(test)]
mod tests;
