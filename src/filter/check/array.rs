//! Sets of values: JSON arrays of properties and literals.

use super::{Checker, Side};
use crate::filter::ast::{ArrayOp, Expr, Literal};
use crate::filter::error::FilterError;
use crate::filter::literal::{self, Bound, Kind};
use crate::filter::schema::{Property, PropertyKind};
use crate::filter::term::{Node, Term};
use crate::model::ColumnType;
use serde_json::{Value, json};

impl Checker<'_> {
    pub(super) fn array(
        &self,
        op: ArrayOp,
        left: &Expr,
        right: &Expr,
        depth: usize,
    ) -> Result<Node, FilterError> {
        let (left, right) = (self.set(left, depth)?, self.set(right, depth)?);
        Ok(Node::Array { op, left, right })
    }

    fn set(&self, expr: &Expr, depth: usize) -> Result<Term, FilterError> {
        super::deeper(depth)?;
        match expr {
            Expr::Array(items) => {
                if let Some(all) = literals(items, depth)? {
                    return Ok(Term::Bound(Bound::Set(all)));
                }
                let item = |item: &Expr| match item {
                    Expr::Array(_) => self.set(item, depth + 1),
                    other => self.element(other, depth + 1),
                };
                items.iter().map(item).collect::<Result<_, _>>().map(Term::Set)
            }
            Expr::Property(name) => match self.find(name)? {
                Property { sql, kind: PropertyKind::Column(ColumnType::Json) } => {
                    Ok(Term::Elements { sql, name: name.clone() })
                }
                Property { kind: PropertyKind::Geometry { .. }, .. } => {
                    Err(FilterError::IsGeometry(super::excerpt(name)))
                }
                Property { .. } => Err(not_a_set(&self.property(name)?)),
            },
            Expr::Literal(Literal::Null) => Ok(Term::Null(Kind::Set)),
            other => Err(not_a_set(&self.term(other, depth)?)),
        }
    }

    fn element(&self, expr: &Expr, depth: usize) -> Result<Term, FilterError> {
        match self.side(expr, depth)? {
            Side::Term(term) if term.kind() == Kind::Binary => Err(not_a_set(&term)),
            Side::Term(term) => Ok(term),
            Side::Literal(literal) => Ok(Term::Bound(Bound::Set(value(&literal)?))),
        }
    }
}

/// The array, if its elements are literals.
fn literals(items: &[Expr], depth: usize) -> Result<Option<Value>, FilterError> {
    super::deeper(depth)?;
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Expr::Literal(literal) => all.push(value(literal)?),
            Expr::Array(inner) => match literals(inner, depth + 1)? {
                Some(inner) => all.push(inner),
                None => return Ok(None),
            },
            _ => return Ok(None),
        }
    }
    Ok(Some(Value::Array(all)))
}

fn value(literal: &Literal) -> Result<Value, FilterError> {
    Ok(match literal {
        Literal::Null => Value::Null,
        Literal::Integer(number) => json!(number),
        Literal::Number(number) if number.is_finite() => json!(number),
        Literal::Boolean(truth) => json!(truth),
        Literal::Geometry(_) | Literal::Number(_) => {
            return Err(FilterError::Literal {
                value: literal::text_of(literal),
                expected: "text, finite number, truth value or time",
                what: "an array".to_owned(),
            });
        }
        text => Value::String(literal::plain_text(literal::text_of(text))?),
    })
}

fn not_a_set(term: &Term) -> FilterError {
    FilterError::Types {
        left: term.describe(),
        left_type: term.kind().name(),
        right: "the other side".to_owned(),
        right_type: Kind::Set.name(),
        done: "compared; array operators take JSON properties and arrays",
    }
}
