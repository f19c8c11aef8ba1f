//! CQL2 JSON (OGC 21-065r2 annex C).

use super::Read;
use super::build::{self, Operand, Pattern};
use super::geojson;
use super::shape::Placement;
use crate::filter::ast::{ArithmeticOp, CompareOp, Expr, Filter, IntervalEnd, Literal};
use crate::filter::error::{FilterError, FilterLimits, Reading, excerpt};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// The language's name in messages.
const LANGUAGE: &str = "CQL2 JSON";

/// Reads a filter in CQL2 JSON.
///
/// # Errors
/// [`FilterError::Syntax`] for what is no JSON; [`FilterError::Unexpected`] and [`FilterError::Incomplete`]
/// naming the operator, the place and what may stand there; [`FilterError::TooDeep`] and
/// [`FilterError::TooLarge`] past the limits; [`FilterError::Geometry`] for a geometry that is none.
pub fn parse_json(text: &str, reading: &Reading) -> Result<Filter, FilterError> {
    if text.len() > reading.limits.bytes {
        return Err(FilterError::TooLarge(reading.limits.bytes));
    }
    let value = serde_json::from_str(text).map_err(|error| unreadable(&error, reading))?;
    from_json(&value, reading)
}

/// Reads a filter that is part of a larger JSON document.
///
/// # Errors
/// As [`parse_json`].
pub fn from_json(value: &Value, reading: &Reading) -> Result<Filter, FilterError> {
    let reader =
        Reader { placement: super::placement(reading)?, limits: reading.limits, nodes: Cell::new(0) };
    reader.condition(value, Place::ROOT).map(|filter| *filter).map_err(|error| *error)
}

fn unreadable(error: &serde_json::Error, reading: &Reading) -> FilterError {
    let said = error.to_string();
    // Each operator is an object and an array: JSON that is nested deeper than its reader goes is too deep here.
    if said.starts_with("recursion limit") {
        return FilterError::TooDeep(reading.limits.depth);
    }
    let said = said.split(" at line ").next().unwrap_or_default();
    FilterError::Syntax {
        language: LANGUAGE,
        line: u32::try_from(error.line()).unwrap_or(u32::MAX),
        column: u32::try_from(error.column()).unwrap_or(u32::MAX),
        found: if error.is_eof() { "the end" } else { "what stands there" }.to_owned(),
        expected: format!(
            "{said}; write JSON such as {{\"op\":\"=\",\"args\":[{{\"property\":\"name\"}},\"Arles\"]}}"
        ),
    }
}

/// A place among the arguments, for messages: `args[1].args[0]`.
#[derive(Clone, Copy)]
struct Place<'p> {
    around: Option<&'p Place<'p>>,
    index: usize,
    depth: usize,
}

impl<'p> Place<'p> {
    const ROOT: Self = Self { around: None, index: 0, depth: 0 };

    const fn argument(&'p self, index: usize) -> Self {
        Place { around: Some(self), index, depth: self.depth + 1 }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(around) = self.around else { return Ok(()) };
        if around.around.is_some() {
            write!(f, "{around}.")?;
        }
        write!(f, "args[{}]", self.index)
    }
}

struct Reader {
    placement: Placement,
    limits: FilterLimits,
    nodes: Cell<usize>,
}

impl Reader {
    fn enter(&self, place: Place<'_>) -> Read<()> {
        self.nodes.set(self.nodes.get() + 1);
        if place.depth >= self.limits.depth {
            return Err(FilterError::TooDeep(self.limits.depth).into());
        }
        if self.nodes.get() > self.limits.nodes {
            return Err(FilterError::TooLarge(self.limits.nodes).into());
        }
        Ok(())
    }

    fn condition(&self, value: &Value, place: Place<'_>) -> Read<Box<Filter>> {
        self.enter(place)?;
        match value {
            Value::Object(object) if object.contains_key("op") => {
                let (op, args) = operation(object, place)?;
                self.operation(op, &args, place)
            }
            _ => truth(value, place),
        }
    }

    /// A condition by its operator; anything unknown is a function that is true or false.
    fn operation(&self, op: &str, args: &[&Value], place: Place<'_>) -> Read<Box<Filter>> {
        let lower = op.to_ascii_lowercase();
        if is_value(&lower) {
            return Err(unexpected(op, "it yields a value, and a condition is needed", place));
        }
        match lower.as_str() {
            "and" | "or" => self.combination(op, args, place),
            "not" => {
                let [inner] = args else { return Err(counted(op, "one condition", args.len())) };
                let inner = self.condition(inner, place.argument(0))?;
                Ok(Box::new(Filter::Not(inner)))
            }
            "like" => self.like(op, args, place),
            "isnull" => {
                let [tested] = args else { return Err(counted(op, "one argument", args.len())) };
                let tested = self.value(tested, place.argument(0))?;
                Ok(Box::new(Filter::IsNull(*tested)))
            }
            "between" => self.between(op, args, place),
            "in" => self.in_list(op, args, place),
            _ if is_condition(&lower) => self.relation(op, &lower, args, place),
            _ => self.function(op, args, place).map(|function| Box::new(Filter::Truth(*function))),
        }
    }

    fn combination(&self, op: &str, args: &[&Value], place: Place<'_>) -> Read<Box<Filter>> {
        if args.is_empty() {
            return Err(incomplete(op, "conditions in 'args'"));
        }
        let mut all = Vec::with_capacity(args.len());
        for (at, arg) in args.iter().enumerate() {
            all.push(*self.condition(arg, place.argument(at))?);
        }
        Ok(Box::new(if op.eq_ignore_ascii_case("and") { Filter::And(all) } else { Filter::Or(all) }))
    }

    /// A relation of two operands.
    fn relation(&self, op: &str, lower: &str, args: &[&Value], place: Place<'_>) -> Read<Box<Filter>> {
        let [left, right] = args else { return Err(counted(op, "two arguments", args.len())) };
        let left = self.operand(left, place.argument(0))?;
        let right = self.operand(right, place.argument(1))?;
        if let Some(relation) = build::spatial_op(lower) {
            return Ok(Box::new(build::spatial(relation, left, right, &self.placement)?));
        }
        let left = left.into_expr(&self.placement)?;
        let right = right.into_expr(&self.placement)?;
        related(op, lower, left, right, place)
    }

    fn like(&self, op: &str, args: &[&Value], place: Place<'_>) -> Read<Box<Filter>> {
        let [tested, pattern] = args else {
            return Err(counted(op, "what is tested and a pattern", args.len()));
        };
        let tested = self.value(tested, place.argument(0))?;
        let pattern = pattern_of(pattern, place.argument(1))?;
        Ok(Box::new(build::like(*tested, pattern)))
    }

    fn between(&self, op: &str, args: &[&Value], place: Place<'_>) -> Read<Box<Filter>> {
        let needs = "what is tested, a lower and an upper end";
        let [tested, lower, upper] = match args {
            [tested, lower, upper] => [*tested, *lower, *upper],
            // A draft of the standard had the ends in an array.
            [tested, Value::Array(ends)] => match ends.as_slice() {
                [lower, upper] => [*tested, lower, upper],
                _ => return Err(counted(op, needs, ends.len() + 1)),
            },
            _ => return Err(counted(op, needs, args.len())),
        };
        let expr = *self.value(tested, place.argument(0))?;
        let lower = *self.value(lower, place.argument(1))?;
        let upper = *self.value(upper, place.argument(2))?;
        Ok(Box::new(Filter::Between { expr, lower, upper }))
    }

    fn in_list(&self, op: &str, args: &[&Value], place: Place<'_>) -> Read<Box<Filter>> {
        let Some((tested, others)) = args.split_first().filter(|(_, others)| !others.is_empty()) else {
            return Err(counted(op, "what is tested and an array of values", args.len()));
        };
        let expr = *self.value(tested, place.argument(0))?;
        let list = match others {
            [Value::Array(list)] => self.values(list.iter(), place)?,
            several => self.values(several.iter().copied(), place)?,
        };
        if list.is_empty() {
            return Err(incomplete(op, "at least one value in its array"));
        }
        Ok(Box::new(Filter::In { expr, list }))
    }

    fn values<'v>(&self, list: impl Iterator<Item = &'v Value>, place: Place<'_>) -> Read<Vec<Expr>> {
        let mut values = Vec::new();
        for (at, value) in list.enumerate() {
            values.push(*self.value(value, place.argument(at))?);
        }
        Ok(values)
    }

    fn value(&self, value: &Value, place: Place<'_>) -> Read<Box<Expr>> {
        let operand = self.operand(value, place)?;
        Ok(Box::new(operand.into_expr(&self.placement)?))
    }

    fn operand(&self, value: &Value, place: Place<'_>) -> Read<Operand> {
        self.enter(place)?;
        match value {
            Value::Array(list) => Ok(Operand::Value(Expr::Array(self.values(list.iter(), place)?))),
            Value::Object(object) if object.contains_key("op") => {
                let (op, args) = operation(object, place)?;
                Ok(Operand::Value(*self.computed(op, &args, place)?))
            }
            Value::Object(object) => self.object(object, place),
            _ => Ok(Operand::Value(Expr::Literal(scalar(value, place)?))),
        }
    }

    #[inline(never)]
    fn object(&self, object: &Map<String, Value>, place: Place<'_>) -> Read<Operand> {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let expr = if let Some(name) = object.get("property") {
            match name {
                Value::String(name) if !name.is_empty() => Expr::Property(name.clone()),
                other => return Err(unexpected(&other.to_string(), "write {\"property\":\"name\"}", place)),
            }
        } else if object.contains_key("date") {
            let day = text("date").and_then(build::date);
            Expr::Literal(day.ok_or_else(|| {
                unexpected(&shown(object), "write a day such as {\"date\":\"2021-08-02\"}", place)
            })?)
        } else if object.contains_key("timestamp") {
            let instant = text("timestamp").and_then(build::timestamp);
            Expr::Literal(instant.ok_or_else(|| {
                unexpected(
                    &shown(object),
                    "write an instant such as {\"timestamp\":\"2021-08-02T12:00:00Z\"}",
                    place,
                )
            })?)
        } else if let Some(ends) = object.get("interval") {
            self.interval(ends, place)?
        } else if object.contains_key("type") {
            let shape = geojson::shape(object, &self.placement)?;
            self.placement.literal(&shape)?
        } else if let Some(bbox) = object.get("bbox") {
            return Ok(Operand::Boxes(self.placement.boxes(&geojson::numbers(bbox)?)?));
        } else {
            return Err(unexpected(
                &shown(object),
                "write an operation (op, args), a property, a date, a timestamp, an interval, a bbox or a GeoJSON geometry",
                place,
            ));
        };
        Ok(Operand::Value(expr))
    }

    /// What an operation yields.
    fn computed(&self, op: &str, args: &[&Value], place: Place<'_>) -> Read<Box<Expr>> {
        let lower = op.to_ascii_lowercase();
        if matches!(lower.as_str(), "casei" | "accenti") {
            let [inner] = args else { return Err(counted(op, "one text", args.len())) };
            let inner = self.value(inner, place.argument(0))?;
            return Ok(Box::new(if lower == "casei" { Expr::CaseI(inner) } else { Expr::AccentI(inner) }));
        }
        if let Some(arithmetic) = build::arithmetic(&lower) {
            return self.arithmetic(arithmetic, op, args, place);
        }
        if is_condition(&lower) {
            let filter = self.operation(op, args, place)?;
            return Ok(Box::new(match *filter {
                Filter::Constant(truth) => Expr::Literal(Literal::Boolean(truth)),
                _ => Expr::Condition(filter),
            }));
        }
        self.function(op, args, place)
    }

    fn arithmetic(
        &self,
        arithmetic: ArithmeticOp,
        op: &str,
        args: &[&Value],
        place: Place<'_>,
    ) -> Read<Box<Expr>> {
        if let ("-", [inner]) = (op, args) {
            let inner = self.value(inner, place.argument(0))?;
            return Ok(Box::new(build::negative(*inner)));
        }
        let [left, right] = args else { return Err(counted(op, "two numbers", args.len())) };
        let left = self.value(left, place.argument(0))?;
        let right = self.value(right, place.argument(1))?;
        Ok(Box::new(Expr::Arithmetic { op: arithmetic, left, right }))
    }

    fn function(&self, name: &str, args: &[&Value], place: Place<'_>) -> Read<Box<Expr>> {
        let args = self.values(args.iter().copied(), place)?;
        Ok(Box::new(Expr::Function { name: name.to_owned(), args }))
    }

    fn interval(&self, ends: &Value, place: Place<'_>) -> Read<Expr> {
        let expected = "an interval has two ends, each a day, an instant, \"..\" or a property: {\"interval\":[\"2021-08-02\",\"..\"]}";
        let end = |value: &Value| match value {
            Value::String(text) => build::interval_end(text).ok_or_else(|| unexpected(text, expected, place)),
            Value::Null => Ok(IntervalEnd::Open),
            other => Ok(IntervalEnd::At(*self.value(other, place.argument(0))?)),
        };
        match ends.as_array().map(Vec::as_slice) {
            Some([begin, finish]) => Ok(build::interval(end(begin)?, end(finish)?)?),
            _ => Err(unexpected(&ends.to_string(), expected, place)),
        }
    }
}

/// What is true or false by itself.
fn truth(value: &Value, place: Place<'_>) -> Read<Box<Filter>> {
    let expected = "write a condition: {\"op\":…,\"args\":[…]}, true or false";
    match (value, value.get("property")) {
        (Value::Bool(truth), _) => Ok(Box::new(Filter::Constant(*truth))),
        (_, Some(Value::String(name))) => Ok(Box::new(Filter::Truth(Expr::Property(name.clone())))),
        _ => Err(unexpected(&value.to_string(), expected, place)),
    }
}

fn scalar(value: &Value, place: Place<'_>) -> Read<Literal> {
    match value {
        Value::String(text) => Ok(Literal::Text(text.clone())),
        Value::Bool(truth) => Ok(Literal::Boolean(*truth)),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(Literal::Integer(whole)),
            (None, Some(number)) if number.is_finite() => Ok(Literal::Number(number)),
            _ => Err(unexpected(&number.to_string(), "write a number that is not beyond all measure", place)),
        },
        _ => Err(unexpected("null", "test with {\"op\":\"isNull\",\"args\":[…]} instead", place)),
    }
}

/// A comparison, or a temporal or array relation.
fn related(op: &str, lower: &str, left: Expr, right: Expr, place: Place<'_>) -> Read<Box<Filter>> {
    if let Some(relation) = build::temporal_op(lower) {
        return Ok(Box::new(Filter::Temporal { op: relation, left, right }));
    }
    if let Some(relation) = build::array_op(lower) {
        for (at, side) in [&left, &right].into_iter().enumerate() {
            if !matches!(side, Expr::Array(_) | Expr::Property(_) | Expr::Function { .. }) {
                return Err(unexpected(op, "it takes arrays and properties", place.argument(at)));
            }
        }
        return Ok(Box::new(Filter::Array { op: relation, left, right }));
    }
    let comparison = if lower == "eq" { Some(CompareOp::Equal) } else { build::comparison(lower) };
    match comparison {
        Some(op) => Ok(Box::new(Filter::Compare { op, left, right, match_case: true })),
        None => Err(unexpected(op, "write an operator of CQL2", place)),
    }
}

/// The operator and its arguments; one argument may stand without array, as older clients wrote it.
fn operation<'v>(object: &'v Map<String, Value>, place: Place<'_>) -> Read<(&'v str, Vec<&'v Value>)> {
    let Some(Value::String(op)) = object.get("op") else {
        return Err(unexpected(&shown(object), "'op' must be the name of an operator or function", place));
    };
    let args = match object.get("args") {
        Some(Value::Array(args)) => args.iter().collect(),
        Some(one) => vec![one],
        None => return Err(incomplete(op, "its arguments in 'args'")),
    };
    Ok((op, args))
}

/// The text of a LIKE, perhaps in CASEI and ACCENTI.
fn pattern_of(mut value: &Value, place: Place<'_>) -> Read<Pattern> {
    let expected = "the pattern must be a text such as \"Mar%\"";
    let mut pattern = Pattern::default();
    loop {
        match value {
            Value::String(text) => {
                pattern.text.clone_from(text);
                return Ok(pattern);
            }
            Value::Object(object) => {
                let (op, args) = operation(object, place)?;
                let casei = op.eq_ignore_ascii_case("casei");
                let [inner] = args.as_slice() else { return Err(counted(op, "one text", args.len())) };
                if !casei && !op.eq_ignore_ascii_case("accenti") {
                    return Err(unexpected(op, expected, place));
                }
                pattern.casei |= casei;
                pattern.accenti |= !casei;
                value = inner;
            }
            other => return Err(unexpected(&other.to_string(), expected, place)),
        }
    }
}

/// Whether an operator yields a value that is no truth value.
fn is_value(op: &str) -> bool {
    build::arithmetic(op).is_some() || op.eq_ignore_ascii_case("casei") || op.eq_ignore_ascii_case("accenti")
}

/// Whether an operator, in small letters, is one of the standard's conditions.
fn is_condition(lower: &str) -> bool {
    matches!(lower, "and" | "or" | "not" | "like" | "between" | "in" | "isnull" | "eq")
        || build::comparison(lower).is_some()
        || build::spatial_op(lower).is_some()
        || build::temporal_op(lower).is_some()
        || build::array_op(lower).is_some()
}

fn shown(object: &Map<String, Value>) -> String {
    let names: Vec<&str> = object.keys().map(String::as_str).collect();
    format!("{{{}}}", names.join(", "))
}

fn unexpected(found: &str, expected: &str, place: Place<'_>) -> Box<FilterError> {
    let expected = match place.around {
        Some(_) => format!("{expected} (at {place})"),
        None => expected.to_owned(),
    };
    Box::new(FilterError::Unexpected { found: excerpt(found), expected })
}

fn incomplete(op: &str, needs: &str) -> Box<FilterError> {
    Box::new(FilterError::Incomplete { operator: excerpt(op), needs: needs.to_owned() })
}

fn counted(op: &str, needs: &str, given: usize) -> Box<FilterError> {
    incomplete(op, &format!("{needs}; {given} given"))
}
