//! Values that are computed: `ParameterValueType` of SE 1.1 (OGC 05-077r4 clause 11.6) and expressions of Filter
//! Encoding.

use super::StyleError;
use super::reader::{Reader, elements, quoted};
use crate::filter::ast::ArithmeticOp;
use crate::style::{
    Categorize, Cell, Computed, Expression, Interpolate, Method, Mode, Parameter, Recode, Rounding,
    TextFunction, ThresholdsBelongTo,
};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

/// Levels of functions in each other.
pub(super) const DEPTH: usize = 30;

/// The computed parameters of a symbolizer while it is read.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) computed: Vec<Computed>,
}

impl Parameters {
    /// The fixed text of a parameter; `None` when it is computed, and noted as such.
    fn fixed<'a, 'i>(
        &mut self,
        reader: &Reader<'a, 'i>,
        node: Node<'a, 'i>,
        parameter: Parameter,
    ) -> Parsed<Option<String>> {
        if elements(node).all(|c| c.tag_name().name() == "Literal") {
            return reader.text(node).map(Some);
        }
        let value = mixed(reader, node, DEPTH)?;
        let mut is_computed = false;
        value.properties(&mut |_| is_computed = true);
        if !is_computed {
            let text = value.evaluate(&|_| Cell::Nothing).text();
            return text.map(Some).ok_or_else(|| reader.error(node, "the expression yields nothing"));
        }
        self.computed.push(Computed { parameter, value });
        Ok(None)
    }

    /// A number within bounds into its place, fixed or computed.
    pub(super) fn single<'a, 'i>(
        &mut self,
        reader: &Reader<'a, 'i>,
        node: Node<'a, 'i>,
        parameter: Parameter,
        (least, most): (f64, f64),
        place: &mut f32,
    ) -> Parsed<()> {
        if let Some(text) = self.fixed(reader, node, parameter)? {
            *place = reader.number_in(node, &text, least, most)? as f32;
        }
        Ok(())
    }

    /// A colour into its place, fixed or computed.
    pub(super) fn color<'a, 'i>(
        &mut self,
        reader: &Reader<'a, 'i>,
        node: Node<'a, 'i>,
        parameter: Parameter,
        place: &mut crate::style::Color,
    ) -> Parsed<()> {
        if let Some(text) = self.fixed(reader, node, parameter)? {
            *place = reader.color_in(node, &text)?;
        }
        Ok(())
    }
}

/// The value of an element's content: text and expressions, one after the other.
pub(super) fn mixed<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>, depth: usize) -> Parsed<Expression> {
    let mut parts = Vec::new();
    for child in node.children() {
        if child.is_text() {
            let text = child.text().unwrap_or_default();
            let is_layout = text.trim().is_empty();
            if !is_layout {
                parts.push(Expression::Literal(text.trim().to_owned()));
            }
        } else if child.is_element() {
            parts.push(expression(reader, child, depth)?);
        }
    }
    match parts.pop() {
        None => Ok(Expression::Literal(String::new())),
        Some(only) if parts.is_empty() => Ok(only),
        Some(last) => {
            parts.push(last);
            Ok(Expression::Text(Box::new(TextFunction::Concatenate(parts))))
        }
    }
}

/// One expression.
pub(super) fn expression<'a, 'i>(
    reader: &Reader<'a, 'i>,
    node: Node<'a, 'i>,
    depth: usize,
) -> Parsed<Expression> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(reader.error(node, format!("functions stand in each other more than {DEPTH} deep")));
    };
    let name = node.tag_name().name();
    let parts = Parts { reader, node, depth };
    Ok(match name {
        "Literal" => Expression::Literal(node.text().unwrap_or_default().to_owned()),
        "PropertyName" | "ValueReference" => Expression::Property(property(reader, node)?),
        "Categorize" => Expression::Categorize(Box::new(parts.categorize()?)),
        "Interpolate" => Expression::Interpolate(Box::new(parts.interpolate()?)),
        "Recode" => Expression::Recode(Box::new(parts.recode()?)),
        "Function" => return super::functions::call(reader, node, depth),
        _ if let Some(op) = ArithmeticOp::of_element(name) => {
            let [left, right] = parts.operands()?;
            Expression::Arithmetic(op, Box::new(left), Box::new(right))
        }
        _ => match parts.text_function(name)? {
            Some(function) => Expression::Text(Box::new(function)),
            None => {
                let expected = "a literal, PropertyName, arithmetic, Categorize, Interpolate, Recode or a function of \
                                texts, numbers and dates";
                return Err(reader.unexpected(node, expected));
            }
        },
    })
}

/// The name of a property, without what stands before the last prefix or step.
fn property<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<String> {
    let path = node.text().unwrap_or_default().trim();
    let name = path.rsplit([':', '/']).next().unwrap_or(path);
    if name.is_empty() {
        return Err(reader.error(node, "an empty PropertyName; expected a property"));
    }
    Ok(name.to_owned())
}

/// A function's element and what stands in it.
struct Parts<'r, 'a, 'i> {
    reader: &'r Reader<'a, 'i>,
    node: Node<'a, 'i>,
    depth: usize,
}

impl<'a, 'i> Parts<'_, 'a, 'i> {
    fn missing(&self, what: &str) -> StyleError {
        self.reader.error(self.node, format!("'{}' has no {what}", self.node.tag_name().name()))
    }

    fn operands(&self) -> Parsed<[Expression; 2]> {
        let operands: Vec<Node<'a, 'i>> = elements(self.node).collect();
        let [left, right] = operands.as_slice() else { return Err(self.missing("two operands")) };
        Ok([expression(self.reader, *left, self.depth)?, expression(self.reader, *right, self.depth)?])
    }

    /// The value of a child by name.
    fn child(&self, name: &str) -> Parsed<Option<Expression>> {
        let child = elements(self.node).find(|c| c.tag_name().name() == name);
        child.map(|child| mixed(self.reader, child, self.depth)).transpose()
    }

    fn needed(&self, name: &str) -> Parsed<Expression> {
        self.child(name)?.ok_or_else(|| self.missing(name))
    }

    fn fallback(&self) -> Option<String> {
        // The attribute must be there; an empty one says nothing.
        self.node.attribute("fallbackValue").filter(|v| !v.is_empty()).map(str::to_owned)
    }

    fn categorize(&self) -> Parsed<Categorize> {
        let belong = ["thresholdsBelongTo", "threshholdsBelongTo"];
        let belong = match belong.iter().find_map(|name| self.node.attribute(*name)) {
            Some("preceding") => ThresholdsBelongTo::Preceding,
            None | Some("succeeding") => ThresholdsBelongTo::Succeeding,
            Some(other) => {
                let message = format!("'{}' is neither preceding nor succeeding", quoted(other));
                return Err(self.reader.error(self.node, message));
            }
        };
        let (mut first, mut threshold, mut classes) = (None, None, Vec::new());
        for child in elements(self.node) {
            match child.tag_name().name() {
                "LookupValue" => {}
                "Threshold" => threshold = Some(mixed(self.reader, child, self.depth)?),
                "Value" => {
                    let value = mixed(self.reader, child, self.depth)?;
                    match (threshold.take(), &first) {
                        (Some(threshold), Some(_)) => classes.push((threshold, value)),
                        (None, None) => first = Some(value),
                        _ => return Err(self.reader.error(child, "Value and Threshold stand in turn")),
                    }
                }
                _ => return Err(self.reader.unexpected(child, "LookupValue, Value or Threshold")),
            }
        }
        Ok(Categorize {
            lookup: self.needed("LookupValue")?,
            first: first.ok_or_else(|| self.missing("Value"))?,
            classes,
            belong,
            fallback: self.fallback(),
        })
    }

    fn interpolate(&self) -> Parsed<Interpolate> {
        let mode = match self.node.attribute("mode").unwrap_or("linear") {
            "linear" => Mode::Linear,
            "cosine" => Mode::Cosine,
            "cubic" => Mode::Cubic,
            other => {
                let message = format!("mode '{}' is none of linear, cosine and cubic", quoted(other));
                return Err(self.reader.error(self.node, message));
            }
        };
        let method = match self.node.attribute("method").unwrap_or("numeric") {
            "numeric" => Method::Numeric,
            "color" | "colour" => Method::Color,
            other => {
                let message = format!("method '{}' is neither numeric nor color", quoted(other));
                return Err(self.reader.error(self.node, message));
            }
        };
        let mut points: Vec<(f64, Expression)> = Vec::new();
        for child in elements(self.node) {
            match child.tag_name().name() {
                "LookupValue" => {}
                "InterpolationPoint" => {
                    let inner = Parts { node: child, ..*self };
                    let data = elements(child).find(|c| c.tag_name().name() == "Data");
                    let data = data.ok_or_else(|| inner.missing("Data"))?;
                    points.push((self.reader.number(data, f64::MIN, f64::MAX)?, inner.needed("Value")?));
                }
                _ => return Err(self.reader.unexpected(child, "LookupValue or InterpolationPoint")),
            }
        }
        if points.is_empty() || points.windows(2).any(|pair| matches!(pair, [a, b] if a.0 >= b.0)) {
            let message = "the points of Interpolate have Data that grow from one to the next";
            return Err(self.reader.error(self.node, message));
        }
        let fallback = self.fallback();
        Ok(Interpolate { lookup: self.needed("LookupValue")?, points, mode, method, fallback })
    }

    fn recode(&self) -> Parsed<Recode> {
        let mut items = Vec::new();
        for child in elements(self.node) {
            match child.tag_name().name() {
                "LookupValue" => {}
                "MapItem" => {
                    let inner = Parts { node: child, ..*self };
                    let data = elements(child).find(|c| c.tag_name().name() == "Data");
                    let data = data.ok_or_else(|| inner.missing("Data"))?;
                    items.push((self.reader.text(data)?, inner.needed("Value")?));
                }
                _ => return Err(self.reader.unexpected(child, "LookupValue or MapItem")),
            }
        }
        Ok(Recode { lookup: self.needed("LookupValue")?, items, fallback: self.fallback() })
    }

    /// SE's functions of texts, numbers and dates; `None` for what is none of them.
    fn text_function(&self, name: &str) -> Parsed<Option<TextFunction>> {
        let attribute = |name: &str| self.node.attribute(name);
        let pattern = |name: &str| {
            let pattern = elements(self.node).find(|c| c.tag_name().name() == name);
            pattern.map(|pattern| self.reader.text(pattern)).transpose()
        };
        Ok(Some(match name {
            "Concatenate" => {
                let parts = elements(self.node).map(|part| mixed(self.reader, part, self.depth));
                TextFunction::Concatenate(parts.collect::<Parsed<_>>()?)
            }
            "Substring" => TextFunction::Substring {
                value: self.needed("StringValue")?,
                position: self.child("Position")?,
                length: self.child("Length")?,
            },
            "ChangeCase" => TextFunction::ChangeCase {
                value: self.needed("StringValue")?,
                upper: attribute("direction").is_none_or(|d| d == "toUpper"),
            },
            "Trim" => TextFunction::Trim {
                value: self.needed("StringValue")?,
                leading: attribute("stripOffPosition").is_none_or(|p| p != "trailing"),
                trailing: attribute("stripOffPosition").is_none_or(|p| p != "leading"),
                letter: attribute("stripOffChar").and_then(|c| c.chars().next()).unwrap_or(' '),
            },
            "StringPosition" => TextFunction::Position {
                value: self.needed("StringValue")?,
                sought: self.needed("LookupString")?,
                backwards: attribute("searchDirection") == Some("backToFront"),
            },
            "StringLength" => TextFunction::Length(self.needed("StringValue")?),
            "FormatNumber" => {
                let mut written = pattern("Pattern")?.ok_or_else(|| self.missing("Pattern"))?;
                if let Some(negative) = pattern("NegativePattern")? {
                    written = format!("{written};{negative}");
                }
                TextFunction::FormatNumber {
                    value: self.needed("NumericValue")?,
                    pattern: written,
                    decimal_point: attribute("decimalPoint").unwrap_or(".").to_owned(),
                    grouping: attribute("groupingSeparator").unwrap_or(",").to_owned(),
                }
            }
            "FormatDate" => TextFunction::FormatDate {
                value: self.needed("DateValue")?,
                pattern: pattern("Pattern")?.ok_or_else(|| self.missing("Pattern"))?,
            },
            _ => return Ok(None),
        }))
    }
}

/// A number changed by a function of one argument.
pub(super) fn rounded(how: Rounding, [inner]: [Expression; 1]) -> Expression {
    Expression::Rounded(how, Box::new(inner))
}
