//! Expressions: SE's own elements, and in SLD 1.0 the functions that GeoServer's users write for them.

use super::{Version, Written, Xml, unsayable};
use crate::filter::ast::ArithmeticOp;
use crate::style::{
    Categorize, Expression, Interpolate, Method, Mode, Recode, TextFunction, ThresholdsBelongTo,
};

impl Xml {
    pub(super) fn expression(&mut self, expression: &Expression) -> Written {
        match expression {
            Expression::Literal(text) => self.literal(text),
            Expression::Property(name) => self.leaf("ogc:PropertyName", &[], name),
            Expression::Arithmetic(op, left, right) => {
                let unsayable = || unsayable("remainders, whole divisions and powers have no element");
                let name = format!("ogc:{}", op.element().ok_or_else(unsayable)?);
                self.element(&name, &[], |xml| {
                    xml.expression(left)?;
                    xml.expression(right)
                })
            }
            Expression::Extreme { greatest, of } => {
                self.call(if *greatest { "max" } else { "min" }, &of.iter().collect::<Vec<_>>())
            }
            Expression::Rounded(how, inner) => self.call(how.name(), &[inner]),
            Expression::Categorize(classes) => match self.version {
                Version::V100 => self.categorize_call(classes),
                Version::V110 => self.categorize(classes),
            },
            Expression::Interpolate(curve) => match self.version {
                Version::V100 => self.interpolate_call(curve),
                Version::V110 => self.interpolate(curve),
            },
            Expression::Recode(map) => match self.version {
                Version::V100 => self.recode_call(map),
                Version::V110 => self.recode(map),
            },
            Expression::Text(function) => match self.version {
                Version::V100 => self.text_call(function),
                Version::V110 => self.text_function(function),
            },
        }
    }

    fn literal(&mut self, text: &str) -> Written {
        self.leaf("ogc:Literal", &[], text)
    }

    /// `ogc:Function` by name.
    fn call(&mut self, name: &str, arguments: &[&Expression]) -> Written {
        self.element("ogc:Function", &[("name", name)], |xml| {
            arguments.iter().try_for_each(|argument| xml.expression(argument))
        })
    }

    fn categorize_call(&mut self, classes: &Categorize) -> Written {
        self.element("ogc:Function", &[("name", "Categorize")], |xml| {
            xml.expression(&classes.lookup)?;
            xml.expression(&classes.first)?;
            for (threshold, value) in &classes.classes {
                xml.expression(threshold)?;
                xml.expression(value)?;
            }
            xml.literal(belong(classes.belong))
        })
    }

    fn interpolate_call(&mut self, curve: &Interpolate) -> Written {
        self.element("ogc:Function", &[("name", "Interpolate")], |xml| {
            xml.expression(&curve.lookup)?;
            for (data, value) in &curve.points {
                xml.literal(&data.to_string())?;
                xml.expression(value)?;
            }
            xml.literal(method(curve.method))?;
            xml.literal(mode(curve.mode))
        })
    }

    fn recode_call(&mut self, map: &Recode) -> Written {
        self.element("ogc:Function", &[("name", "Recode")], |xml| {
            xml.expression(&map.lookup)?;
            map.items.iter().try_for_each(|(data, value)| {
                xml.literal(data)?;
                xml.expression(value)
            })
        })
    }

    fn text_call(&mut self, function: &TextFunction) -> Written {
        match function {
            TextFunction::Concatenate(parts) => self.call("Concatenate", &parts.iter().collect::<Vec<_>>()),
            TextFunction::ChangeCase { value, upper } => {
                self.call(if *upper { "strToUpperCase" } else { "strToLowerCase" }, &[value])
            }
            TextFunction::Trim { value, leading: true, trailing: true, letter: ' ' } => {
                self.call("strTrim", &[value])
            }
            TextFunction::Length(value) => self.call("strLength", &[value]),
            TextFunction::Substring { value, position, length } => {
                let one = || Box::new(Expression::Literal("1".to_owned()));
                let first = position.clone().unwrap_or(Expression::Literal("1".to_owned()));
                // Functions count from 0, SE from 1.
                let begin = Expression::Arithmetic(ArithmeticOp::Sub, Box::new(first), one());
                match length {
                    None => self.call("strSubstringStart", &[value, &begin]),
                    Some(length) => {
                        let (from, by) = (Box::new(begin.clone()), Box::new(length.clone()));
                        let end = Expression::Arithmetic(ArithmeticOp::Add, from, by);
                        self.call("strSubstring", &[value, &begin, &end])
                    }
                }
            }
            TextFunction::FormatNumber { value, pattern, decimal_point, grouping }
                if decimal_point == "." && grouping == "," =>
            {
                self.call("numberFormat", &[&Expression::Literal(pattern.clone()), value])
            }
            TextFunction::FormatDate { value, pattern } => {
                self.call("dateFormat", &[&Expression::Literal(pattern.clone()), value])
            }
            TextFunction::Trim { .. } => Err(unsayable("SLD 1.0 trims blanks at both ends only")),
            TextFunction::Position { .. } => Err(unsayable("SLD 1.0 has no StringPosition")),
            TextFunction::FormatNumber { .. } => {
                Err(unsayable("SLD 1.0 formats numbers with a decimal point and commas only"))
            }
        }
    }

    fn categorize(&mut self, classes: &Categorize) -> Written {
        let attributes =
            [("fallbackValue", fallback(&classes.fallback)), ("thresholdsBelongTo", belong(classes.belong))];
        self.element("se:Categorize", &attributes, |xml| {
            xml.holding("se:LookupValue", &classes.lookup)?;
            xml.holding("se:Value", &classes.first)?;
            classes.classes.iter().try_for_each(|(threshold, value)| {
                xml.holding("se:Threshold", threshold)?;
                xml.holding("se:Value", value)
            })
        })
    }

    fn interpolate(&mut self, curve: &Interpolate) -> Written {
        let attributes = [
            ("fallbackValue", fallback(&curve.fallback)),
            ("mode", mode(curve.mode)),
            ("method", method(curve.method)),
        ];
        self.element("se:Interpolate", &attributes, |xml| {
            xml.holding("se:LookupValue", &curve.lookup)?;
            curve.points.iter().try_for_each(|(data, value)| {
                xml.element("se:InterpolationPoint", &[], |xml| {
                    xml.leaf("se:Data", &[], &data.to_string())?;
                    xml.holding("se:Value", value)
                })
            })
        })
    }

    fn recode(&mut self, map: &Recode) -> Written {
        self.element("se:Recode", &[("fallbackValue", fallback(&map.fallback))], |xml| {
            xml.holding("se:LookupValue", &map.lookup)?;
            map.items.iter().try_for_each(|(data, value)| {
                xml.element("se:MapItem", &[], |xml| {
                    xml.leaf("se:Data", &[], data)?;
                    xml.holding("se:Value", value)
                })
            })
        })
    }

    /// An element around a value; a literal stands as its text, where blanks at its ends are not lost with it.
    fn holding(&mut self, name: &str, value: &Expression) -> Written {
        match value {
            Expression::Literal(text) if text.trim() == text && !text.is_empty() => {
                self.leaf(name, &[], text)
            }
            other => self.element(name, &[], |xml| xml.expression(other)),
        }
    }

    fn text_function(&mut self, function: &TextFunction) -> Written {
        let plain = [("fallbackValue", "")];
        match function {
            TextFunction::Concatenate(parts) => self.element("se:Concatenate", &plain, |xml| {
                parts.iter().try_for_each(|part| xml.holding("se:StringValue", part))
            }),
            TextFunction::Substring { value, position, length } => {
                self.element("se:Substring", &plain, |xml| {
                    xml.holding("se:StringValue", value)?;
                    for (name, number) in [("se:Position", position), ("se:Length", length)] {
                        if let Some(number) = number {
                            xml.holding(name, number)?;
                        }
                    }
                    Ok(())
                })
            }
            TextFunction::ChangeCase { value, upper } => {
                let direction = if *upper { "toUpper" } else { "toLower" };
                let attributes = [("fallbackValue", ""), ("direction", direction)];
                self.element("se:ChangeCase", &attributes, |xml| xml.holding("se:StringValue", value))
            }
            TextFunction::Trim { value, leading, trailing, letter } => {
                let position = match (leading, trailing) {
                    (true, false) => "leading",
                    (false, true) => "trailing",
                    _ => "both",
                };
                let letter = letter.to_string();
                let attributes =
                    [("fallbackValue", ""), ("stripOffPosition", position), ("stripOffChar", &letter)];
                self.element("se:Trim", &attributes, |xml| xml.holding("se:StringValue", value))
            }
            TextFunction::Position { value, sought, backwards } => {
                let direction = if *backwards { "backToFront" } else { "frontToBack" };
                let attributes = [("fallbackValue", ""), ("searchDirection", direction)];
                self.element("se:StringPosition", &attributes, |xml| {
                    xml.holding("se:LookupString", sought)?;
                    xml.holding("se:StringValue", value)
                })
            }
            TextFunction::Length(value) => {
                self.element("se:StringLength", &plain, |xml| xml.holding("se:StringValue", value))
            }
            TextFunction::FormatNumber { value, pattern, decimal_point, grouping } => {
                let attributes = [
                    ("fallbackValue", ""),
                    ("decimalPoint", decimal_point.as_str()),
                    ("groupingSeparator", grouping),
                ];
                self.element("se:FormatNumber", &attributes, |xml| {
                    xml.holding("se:NumericValue", value)?;
                    let (positive, negative) = match pattern.split_once(';') {
                        Some((positive, negative)) => (positive, Some(negative)),
                        None => (pattern.as_str(), None),
                    };
                    xml.leaf("se:Pattern", &[], positive)?;
                    negative.map_or(Ok(()), |negative| xml.leaf("se:NegativePattern", &[], negative))
                })
            }
            TextFunction::FormatDate { value, pattern } => self.element("se:FormatDate", &plain, |xml| {
                xml.holding("se:DateValue", value)?;
                xml.leaf("se:Pattern", &[], pattern)
            }),
        }
    }
}

fn fallback(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

const fn belong(belong: ThresholdsBelongTo) -> &'static str {
    match belong {
        ThresholdsBelongTo::Succeeding => "succeeding",
        ThresholdsBelongTo::Preceding => "preceding",
    }
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Linear => "linear",
        Mode::Cosine => "cosine",
        Mode::Cubic => "cubic",
    }
}

const fn method(method: Method) -> &'static str {
    match method {
        Method::Numeric => "numeric",
        Method::Color => "color",
    }
}
