//! CQL2 JSON (OGC 21-065r2 annex C).

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
    reader.condition(value, Place::ROOT)
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
    fn enter(&self, place: Place<'_>) -> Result<(), FilterError> {
        self.nodes.set(self.nodes.get() + 1);
        if place.depth >= self.limits.depth {
            return Err(FilterError::TooDeep(self.limits.depth));
        }
        if self.nodes.get() > self.limits.nodes {
            return Err(FilterError::TooLarge(self.limits.nodes));
        }
        Ok(())
    }

    fn condition(&self, value: &Value, place: Place<'_>) -> Result<Filter, FilterError> {
        self.enter(place)?;
        let expected = "write a condition: {\"op\":…,\"args\":[…]}, true or false";
        match value {
            Value::Bool(truth) => Ok(Filter::Constant(*truth)),
            Value::Object(object) if object.contains_key("op") => {
                let (op, args) = operation(object, place)?;
                if is_value(op) {
                    return Err(unexpected(op, "it yields a value, and a condition is needed", place));
                }
                self.operation(op, &args, place)
            }
            Value::Object(object) => match object.get("property") {
                Some(Value::String(name)) => Ok(Filter::Truth(Expr::Property(name.clone()))),
                _ => Err(unexpected(&value.to_string(), expected, place)),
            },
            _ => Err(unexpected(&value.to_string(), expected, place)),
        }
    }

    /// A condition by its operator; anything unknown is a function that is true or false.
    fn operation(&self, op: &str, args: &[&Value], place: Place<'_>) -> Result<Filter, FilterError> {
        let lower = op.to_ascii_lowercase();
        match lower.as_str() {
            "and" | "or" => {
                if args.is_empty() {
                    return Err(incomplete(op, "conditions in 'args'"));
                }
                let all = args.iter().enumerate().map(|(at, arg)| self.condition(arg, place.argument(at)));
                let all = all.collect::<Result<Vec<_>, _>>()?;
                return Ok(if lower == "and" { Filter::And(all) } else { Filter::Or(all) });
            }
            "not" => {
                let [inner] = args else { return Err(counted(op, "one condition", args.len())) };
                return Ok(Filter::Not(Box::new(self.condition(inner, place.argument(0))?)));
            }
            _ => {}
        }
        self.predicate(op, &lower, args, place)
    }

    #[inline(never)]
    fn predicate(
        &self,
        op: &str,
        lower: &str,
        args: &[&Value],
        place: Place<'_>,
    ) -> Result<Filter, FilterError> {
        let comparison = match lower {
            "eq" => Some(CompareOp::Equal),
            _ => build::comparison(lower),
        };
        if let Some(comparison) = comparison {
            let [left, right] = self.two(op, args, place)?;
            return Ok(Filter::Compare {
                op: comparison,
                left: left.into_expr(&self.placement)?,
                right: right.into_expr(&self.placement)?,
                match_case: true,
            });
        }
        if let Some(relation) = build::spatial_op(lower) {
            let [left, right] = self.two(op, args, place)?;
            return build::spatial(relation, left, right, &self.placement);
        }
        if let Some(relation) = build::temporal_op(lower) {
            let [left, right] = self.two(op, args, place)?;
            let (left, right) = (left.into_expr(&self.placement)?, right.into_expr(&self.placement)?);
            return Ok(Filter::Temporal { op: relation, left, right });
        }
        if let Some(relation) = build::array_op(lower) {
            let [left, right] = self.two(op, args, place)?;
            let (left, right) = (left.into_expr(&self.placement)?, right.into_expr(&self.placement)?);
            return Ok(Filter::Array { op: relation, left, right });
        }
        match (lower, args) {
            ("like", [tested, pattern]) => Ok(build::like(
                self.value(tested, place.argument(0))?,
                pattern_of(pattern, place.argument(1))?,
            )),
            ("like", _) => Err(counted(op, "what is tested and a pattern", args.len())),
            ("isnull", [tested]) => Ok(Filter::IsNull(self.value(tested, place.argument(0))?)),
            ("isnull", _) => Err(counted(op, "one argument", args.len())),
            // A draft of the standard had the ends in an array.
            ("between", [tested, Value::Array(ends)]) => match ends.as_slice() {
                [lower, upper] => self.between([tested, lower, upper], place),
                _ => Err(counted(op, "what is tested, a lower and an upper end", ends.len() + 1)),
            },
            ("between", [tested, lower, upper]) => self.between([tested, lower, upper], place),
            ("between", _) => Err(counted(op, "what is tested, a lower and an upper end", args.len())),
            ("in", [tested, Value::Array(list)]) => self.in_list(tested, list.iter(), place),
            ("in", [tested, first, others @ ..]) => {
                self.in_list(tested, [*first].into_iter().chain(others.iter().copied()), place)
            }
            ("in", _) => Err(counted(op, "what is tested and an array of values", args.len())),
            _ => Ok(Filter::Truth(self.function(op, args, place)?)),
        }
    }

    fn between(&self, [tested, lower, upper]: [&Value; 3], place: Place<'_>) -> Result<Filter, FilterError> {
        Ok(Filter::Between {
            expr: self.value(tested, place.argument(0))?,
            lower: self.value(lower, place.argument(1))?,
            upper: self.value(upper, place.argument(2))?,
        })
    }

    fn in_list<'v>(
        &self,
        tested: &Value,
        list: impl Iterator<Item = &'v Value>,
        place: Place<'_>,
    ) -> Result<Filter, FilterError> {
        let expr = self.value(tested, place.argument(0))?;
        let list = list.map(|value| self.value(value, place.argument(1))).collect::<Result<Vec<_>, _>>()?;
        if list.is_empty() {
            return Err(incomplete("in", "at least one value in its array"));
        }
        Ok(Filter::In { expr, list })
    }

    fn two(&self, op: &str, args: &[&Value], place: Place<'_>) -> Result<[Operand; 2], FilterError> {
        let [left, right] = args else { return Err(counted(op, "two arguments", args.len())) };
        Ok([self.operand(left, place.argument(0))?, self.operand(right, place.argument(1))?])
    }

    fn value(&self, value: &Value, place: Place<'_>) -> Result<Expr, FilterError> {
        self.operand(value, place)?.into_expr(&self.placement)
    }

    fn operand(&self, value: &Value, place: Place<'_>) -> Result<Operand, FilterError> {
        self.enter(place)?;
        let expr = match value {
            Value::String(text) => Expr::Literal(Literal::Text(text.clone())),
            Value::Bool(truth) => Expr::Literal(Literal::Boolean(*truth)),
            Value::Number(number) => Expr::Literal(match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Literal::Integer(whole),
                (None, Some(number)) if number.is_finite() => Literal::Number(number),
                _ => {
                    return Err(unexpected(
                        &number.to_string(),
                        "write a number that is not beyond all measure",
                        place,
                    ));
                }
            }),
            Value::Array(list) => {
                let list = list.iter().enumerate().map(|(at, item)| self.value(item, place.argument(at)));
                Expr::Array(list.collect::<Result<_, _>>()?)
            }
            Value::Object(object) => return self.object(object, place),
            Value::Null => {
                return Err(unexpected("null", "test with {\"op\":\"isNull\",\"args\":[…]} instead", place));
            }
        };
        Ok(Operand::Value(expr))
    }

    #[inline(never)]
    fn object(&self, object: &Map<String, Value>, place: Place<'_>) -> Result<Operand, FilterError> {
        if object.contains_key("op") {
            let (op, args) = operation(object, place)?;
            return self.computed(op, &args, place).map(Operand::Value);
        }
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
    fn computed(&self, op: &str, args: &[&Value], place: Place<'_>) -> Result<Expr, FilterError> {
        let lower = op.to_ascii_lowercase();
        match (lower.as_str(), args) {
            ("casei", [inner]) => return Ok(Expr::CaseI(Box::new(self.value(inner, place.argument(0))?))),
            ("accenti", [inner]) => {
                return Ok(Expr::AccentI(Box::new(self.value(inner, place.argument(0))?)));
            }
            ("casei" | "accenti", _) => return Err(counted(op, "one text", args.len())),
            ("-", [inner]) => return Ok(build::negative(self.value(inner, place.argument(0))?)),
            _ => {}
        }
        if let Some(arithmetic) = build::arithmetic(&lower) {
            return self.arithmetic(arithmetic, op, args, place);
        }
        if is_condition(&lower) {
            return Ok(match self.operation(op, args, place)? {
                Filter::Constant(truth) => Expr::Literal(Literal::Boolean(truth)),
                filter => Expr::Condition(Box::new(filter)),
            });
        }
        self.function(op, args, place)
    }

    fn arithmetic(
        &self,
        arithmetic: ArithmeticOp,
        op: &str,
        args: &[&Value],
        place: Place<'_>,
    ) -> Result<Expr, FilterError> {
        let [left, right] = args else { return Err(counted(op, "two numbers", args.len())) };
        Ok(Expr::Arithmetic {
            op: arithmetic,
            left: Box::new(self.value(left, place.argument(0))?),
            right: Box::new(self.value(right, place.argument(1))?),
        })
    }

    fn function(&self, name: &str, args: &[&Value], place: Place<'_>) -> Result<Expr, FilterError> {
        let args = args.iter().enumerate().map(|(at, arg)| self.value(arg, place.argument(at)));
        Ok(Expr::Function { name: name.to_owned(), args: args.collect::<Result<_, _>>()? })
    }

    fn interval(&self, ends: &Value, place: Place<'_>) -> Result<Expr, FilterError> {
        let expected = "an interval has two ends, each a day, an instant, \"..\" or a property: {\"interval\":[\"2021-08-02\",\"..\"]}";
        let end = |value: &Value| match value {
            Value::String(text) => build::interval_end(text).ok_or_else(|| unexpected(text, expected, place)),
            Value::Null => Ok(IntervalEnd::Open),
            other => self.value(other, place.argument(0)).map(IntervalEnd::At),
        };
        match ends.as_array().map(Vec::as_slice) {
            Some([begin, finish]) => build::interval(end(begin)?, end(finish)?),
            _ => Err(unexpected(&ends.to_string(), expected, place)),
        }
    }
}

/// The operator and its arguments; one argument may stand without array, as older clients wrote it.
fn operation<'v>(
    object: &'v Map<String, Value>,
    place: Place<'_>,
) -> Result<(&'v str, Vec<&'v Value>), FilterError> {
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
fn pattern_of(mut value: &Value, place: Place<'_>) -> Result<Pattern, FilterError> {
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

fn unexpected(found: &str, expected: &str, place: Place<'_>) -> FilterError {
    let expected = match place.around {
        Some(_) => format!("{expected} (at {place})"),
        None => expected.to_owned(),
    };
    FilterError::Unexpected { found: excerpt(found), expected }
}

fn incomplete(op: &str, needs: &str) -> FilterError {
    FilterError::Incomplete { operator: excerpt(op), needs: needs.to_owned() }
}

fn counted(op: &str, needs: &str, given: usize) -> FilterError {
    incomplete(op, &format!("{needs}; {given} given"))
}
