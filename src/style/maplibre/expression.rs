//! Conditions as MapLibre expressions.
//!
//! A comparison with a missing value is false here, as a null comparison is no match in SQL: each
//! comparison asks first whether the properties are there. Tiles leave nulls out.

use crate::filter::ast::{ArithmeticOp, CompareOp, Expr, Filter, LikePart, Literal};
use crate::model::{ColumnType, Layer};
use serde_json::{Value, json};

/// What can't be said in an expression, for people.
pub(super) type Unsayable = String;

/// The expression that is true for the features that `filter` takes.
pub(super) fn condition(filter: &Filter, layer: &Layer) -> Result<Value, Unsayable> {
    Writer { layer }.condition(filter)
}

struct Writer<'a> {
    layer: &'a Layer,
}

impl Writer<'_> {
    fn condition(&self, filter: &Filter) -> Result<Value, Unsayable> {
        match filter {
            Filter::And(all) => self.several("all", all),
            Filter::Or(any) => self.several("any", any),
            Filter::Not(inner) => {
                // SQL's `not null` is null: the negated comparison still wants its properties.
                let mut names = Vec::new();
                present_in(inner, &mut names);
                let inner = self.condition(inner)?;
                Ok(guarded(&names, json!(["!", inner])))
            }
            Filter::Compare { op, left, right, match_case } => self.compare(*op, left, right, *match_case),
            Filter::Between { expr, lower, upper } => {
                let least = self.compare(CompareOp::GreaterOrEqual, expr, lower, true)?;
                let most = self.compare(CompareOp::LessOrEqual, expr, upper, true)?;
                Ok(json!(["all", least, most]))
            }
            Filter::Like { expr, pattern, match_case } => self.like(expr, pattern, *match_case),
            Filter::IsNull(Expr::Property(name)) => {
                self.kind(name)?;
                Ok(json!(["!", ["has", name]]))
            }
            Filter::IsNull(_) => Err("a test for null of something computed".into()),
            Filter::Ids(ids) => {
                let prefix = format!("{}.", self.layer.slug);
                let own: Vec<i64> =
                    ids.iter().filter_map(|id| id.strip_prefix(&prefix).unwrap_or(id).parse().ok()).collect();
                Ok(json!(["in", ["id"], ["literal", own]]))
            }
            Filter::Truth(Expr::Property(name)) if self.kind(name)? == ColumnType::Boolean => {
                Ok(guarded(&[name.as_str()], json!(["get", name])))
            }
            Filter::Truth(_) => Err("a computed truth value".into()),
            Filter::In { .. } => Err("a list of values".into()),
            Filter::ResourceIds(_) => Err("a version of a feature".into()),
            Filter::Temporal { .. } => Err("a temporal condition".into()),
            Filter::Array { .. } => Err("a condition on sets of values".into()),
            Filter::Constant(truth) => Ok(json!(["literal", truth])),
            Filter::Spatial { .. } | Filter::Distance { .. } | Filter::BBox { .. } => {
                Err("a spatial condition".into())
            }
        }
    }

    fn several(&self, operator: &str, members: &[Filter]) -> Result<Value, Unsayable> {
        let mut all = vec![json!(operator)];
        for member in members {
            all.push(self.condition(member)?);
        }
        Ok(Value::Array(all))
    }

    fn compare(
        &self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        match_case: bool,
    ) -> Result<Value, Unsayable> {
        let kind = self.expr_kind(left)?.or(self.expr_kind(right)?);
        let fold = |value: Value| {
            if match_case || kind != Some(ColumnType::Text) { value } else { json!(["downcase", value]) }
        };
        let (a, b) = (fold(self.value(left, kind)?), fold(self.value(right, kind)?));
        let sign = match op {
            CompareOp::Equal => "==",
            CompareOp::NotEqual => "!=",
            CompareOp::Less => "<",
            CompareOp::LessOrEqual => "<=",
            CompareOp::Greater => ">",
            CompareOp::GreaterOrEqual => ">=",
        };
        let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        if ordered && kind == Some(ColumnType::Boolean) {
            return Err("an order of truth values".into());
        }
        let mut names = Vec::new();
        properties(left, &mut names);
        properties(right, &mut names);
        Ok(guarded(&names, json!([sign, a, b])))
    }

    fn like(&self, expr: &Expr, pattern: &[LikePart], match_case: bool) -> Result<Value, Unsayable> {
        let Expr::Property(name) = expr else { return Err("a pattern on something computed".into()) };
        self.kind(name)?;
        let text = if match_case {
            json!(["to-string", ["get", name]])
        } else {
            json!(["downcase", ["to-string", ["get", name]]])
        };
        let fold = |s: &str| if match_case { s.to_owned() } else { s.to_lowercase() };
        let units = |s: &str| s.encode_utf16().count();
        let test = match pattern {
            [] => json!(["==", text, ""]),
            [LikePart::Any] => json!(["literal", true]),
            [LikePart::Text(all)] => json!(["==", text, fold(all)]),
            [LikePart::Text(start), LikePart::Any] => {
                let start = fold(start);
                json!(["==", ["slice", text, 0, units(&start)], start])
            }
            [LikePart::Any, LikePart::Text(end)] => {
                let end = fold(end);
                json!(["==", ["slice", text, -(units(&end) as i64)], end])
            }
            [LikePart::Any, LikePart::Text(part), LikePart::Any] => json!(["in", fold(part), text]),
            _ => return Err("a pattern with wildcards inside".into()),
        };
        Ok(guarded(&[name.as_str()], test))
    }

    fn value(&self, expr: &Expr, kind: Option<ColumnType>) -> Result<Value, Unsayable> {
        match expr {
            Expr::Property(name) => {
                self.kind(name)?;
                Ok(json!(["get", name]))
            }
            Expr::Literal(literal) => literal_of(literal, kind),
            Expr::Arithmetic { op, left, right } => {
                let sign = match op {
                    ArithmeticOp::Add => "+",
                    ArithmeticOp::Sub => "-",
                    ArithmeticOp::Mul => "*",
                    ArithmeticOp::Div => "/",
                    ArithmeticOp::Mod => "%",
                    ArithmeticOp::Pow => "^",
                    ArithmeticOp::IntDiv => return Err("a division of whole numbers".into()),
                };
                let number = |side: &Expr| self.value(side, Some(ColumnType::Real));
                Ok(json!([sign, number(left)?, number(right)?]))
            }
            Expr::Function { name, .. } => Err(format!("the function '{name}'")),
            _ => Err("a computed value".into()),
        }
    }

    fn kind(&self, name: &str) -> Result<ColumnType, Unsayable> {
        let column = self.layer.column(name).ok_or_else(|| format!("the unknown property '{name}'"))?;
        if column.kind == ColumnType::Binary {
            return Err(format!("the property '{name}', which tiles don't carry"));
        }
        Ok(column.kind)
    }

    fn expr_kind(&self, expr: &Expr) -> Result<Option<ColumnType>, Unsayable> {
        match expr {
            Expr::Property(name) => self.kind(name).map(Some),
            Expr::Arithmetic { .. } => Ok(Some(ColumnType::Real)),
            _ => Ok(None),
        }
    }
}

/// A literal in the form that tiles give values of the column's type.
fn literal_of(literal: &Literal, kind: Option<ColumnType>) -> Result<Value, Unsayable> {
    let text = match literal {
        Literal::Number(number) if kind.is_none_or(ColumnType::is_numeric) => return Ok(json!(number)),
        Literal::Integer(number) if kind.is_none_or(ColumnType::is_numeric) => return Ok(json!(number)),
        Literal::Boolean(truth) if kind.is_none_or(|k| k == ColumnType::Boolean) => return Ok(json!(truth)),
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => number.to_string(),
        Literal::Integer(number) => number.to_string(),
        Literal::Boolean(truth) => truth.to_string(),
        Literal::Date(day) => day.to_string(),
        Literal::Timestamp(instant) => instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        Literal::Geometry(_) => return Err("a geometry".into()),
        Literal::Null => return Err("a literal without value".into()),
    };
    let unfit = || format!("the value '{text}', which doesn't fit its property");
    let trimmed = text.trim();
    match kind {
        Some(kind) if kind.is_numeric() => {
            trimmed.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| json!(n)).ok_or_else(unfit)
        }
        Some(ColumnType::Boolean) => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(json!(true)),
            "false" | "0" => Ok(json!(false)),
            _ => Err(unfit()),
        },
        Some(ColumnType::Date) => {
            trimmed.parse::<chrono::NaiveDate>().map(|d| json!(d.to_string())).map_err(|_| unfit())
        }
        Some(ColumnType::Timestamp) => chrono::DateTime::parse_from_rfc3339(trimmed)
            .map(|t| json!(t.to_utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)))
            .map_err(|_| unfit()),
        _ => Ok(json!(text)),
    }
}

/// `test`, and before it that the properties are there.
fn guarded(names: &[&str], test: Value) -> Value {
    if names.is_empty() {
        return test;
    }
    let mut all = vec![json!("all")];
    all.extend(names.iter().map(|name| json!(["has", name])));
    all.push(test);
    Value::Array(all)
}

fn properties<'a>(expr: &'a Expr, names: &mut Vec<&'a str>) {
    match expr {
        Expr::Property(name) if !names.contains(&name.as_str()) => names.push(name),
        Expr::Arithmetic { left, right, .. } => {
            properties(left, names);
            properties(right, names);
        }
        _ => {}
    }
}

/// Properties that must be there for a single comparison to be anything but null.
fn present_in<'a>(filter: &'a Filter, names: &mut Vec<&'a str>) {
    match filter {
        Filter::Compare { left, right, .. } => {
            properties(left, names);
            properties(right, names);
        }
        Filter::Between { expr, .. } | Filter::Like { expr, .. } => properties(expr, names),
        Filter::Not(inner) => present_in(inner, names),
        // Of several, any may decide alone: three-valued logic is not followed further than this.
        _ => {}
    }
}
