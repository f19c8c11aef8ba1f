//! Holding a filter against a schema: names are found, literals take the type they are compared with.

mod array;
mod call;
mod compare;
mod place;
mod temporal;

use super::ast::{ArithmeticOp, Expr, Filter, LikePart, Literal};
use super::error::{FilterError, FilterLimits, excerpt};
use super::literal::{self, Kind};
use super::schema::{Property, PropertyKind, Schema};
use super::spatial;
use super::term::{Checked, Fold, Node, Subject, Term};
use crate::model::ColumnType;
use compare::incompatible;

/// Holds a filter against a schema.
///
/// # Errors
/// [`FilterError`], naming the property, function or literal at fault and what there is instead.
pub fn check(filter: &Filter, schema: &dyn Schema) -> Result<Checked, FilterError> {
    Checker { schema }.filter(filter, 0).map(Checked)
}

/// An expression before its literals know their type.
#[derive(Clone)]
enum Side {
    Literal(Literal),
    Term(Term),
}

struct Checker<'a> {
    schema: &'a dyn Schema,
}

impl Checker<'_> {
    fn filter(&self, filter: &Filter, depth: usize) -> Result<Node, FilterError> {
        deeper(depth)?;
        Ok(match filter {
            Filter::Constant(truth) => Node::Constant(*truth),
            Filter::And(all) => Node::And(self.all(all, depth)?),
            Filter::Or(all) => Node::Or(self.all(all, depth)?),
            Filter::Not(inner) => Node::Not(Box::new(self.filter(inner, depth + 1)?)),
            condition => return self.condition(condition, depth),
        })
    }

    fn all(&self, filters: &[Filter], depth: usize) -> Result<Vec<Node>, FilterError> {
        filters.iter().map(|f| self.filter(f, depth + 1)).collect()
    }

    /// What holds no further filter, but perhaps in an expression. Apart, so that the function that calls
    /// itself has a small frame.
    #[inline(never)]
    fn condition(&self, filter: &Filter, depth: usize) -> Result<Node, FilterError> {
        match filter {
            // Combinations are for the caller.
            Filter::Constant(_) | Filter::And(_) | Filter::Or(_) | Filter::Not(_) => {
                self.filter(filter, depth)
            }
            Filter::Compare { op, left, right, match_case } => {
                self.compare(*op, self.side(left, depth)?, self.side(right, depth)?, *match_case)
            }
            Filter::Between { expr, lower, upper } => self.between(expr, lower, upper, depth),
            Filter::In { expr, list } => self.within_list(expr, list, depth),
            Filter::Like { expr, pattern, match_case } => self.like(expr, pattern, *match_case, depth),
            Filter::IsNull(expr) => Ok(Node::IsNull(self.subject(expr, depth)?)),
            Filter::Truth(expr) => self.truth(expr, depth),
            Filter::Spatial { op, left, right } => {
                let (left, right) = self.places(left, right, depth)?;
                Ok(Node::Spatial(spatial::relation(*op, left, right)))
            }
            Filter::Distance { beyond, left, right, metres } => {
                let (left, right) = self.places(left, right, depth)?;
                let near = Node::Spatial(spatial::within_distance(left, right, *metres)?);
                Ok(if *beyond { Node::Not(Box::new(near)) } else { near })
            }
            Filter::BBox { property, bbox, srid } => {
                let property = self.geometry(property.as_deref())?;
                let srid = srid.unwrap_or(property.srid());
                let relation = spatial::bbox(property, bbox, srid)?;
                Ok(relation.map_or(Node::Constant(false), Node::Spatial))
            }
            Filter::Temporal { op, left, right } => self.temporal(*op, left, right, depth),
            Filter::Array { op, left, right } => self.array(*op, left, right, depth),
            Filter::Ids(ids) => Ok(self.ids(ids.iter().map(String::as_str))),
            Filter::ResourceIds(ids) => Ok(self.ids(ids.iter().map(|id| id.rid.as_str()))),
        }
    }

    fn like(
        &self,
        expr: &Expr,
        pattern: &[LikePart],
        match_case: bool,
        depth: usize,
    ) -> Result<Node, FilterError> {
        let mut term = as_text(self.term(expr, depth)?)?;
        if !match_case {
            term = term.lower();
        }
        let mut folds = Vec::new();
        let mut inner = &term;
        while let Term::Fold { fold, term } = inner {
            folds.insert(0, *fold);
            inner = term;
        }
        Ok(Node::Like { pattern: like_pattern(pattern)?, folds, term })
    }

    /// A truth value as a condition.
    fn truth(&self, expr: &Expr, depth: usize) -> Result<Node, FilterError> {
        match self.side(expr, depth)? {
            Side::Literal(Literal::Null) => Ok(Node::Unknown),
            Side::Literal(literal) => match literal::bind(&literal, Kind::Boolean, "a condition")? {
                literal::Bound::Boolean(truth) => Ok(Node::Constant(truth)),
                other => Ok(Node::Truth(Term::Bound(other))),
            },
            Side::Term(Term::Condition(node)) => Ok(*node),
            Side::Term(term) if term.kind() == Kind::Boolean => Ok(Node::Truth(term)),
            Side::Term(term) => Err(FilterError::Types {
                left: term.describe(),
                left_type: term.kind().name(),
                right: "a condition".to_owned(),
                right_type: Kind::Boolean.name(),
                done: "taken for each other; compare it with something",
            }),
        }
    }

    fn ids<'i>(&self, ids: impl Iterator<Item = &'i str>) -> Node {
        let Property { sql, kind } = self.schema.identifier();
        let values = ids.filter_map(|id| self.schema.identifier_value(id));
        match kind {
            PropertyKind::Column(ColumnType::Integer | ColumnType::BigInteger) => {
                Node::IntegerIds { sql, ids: values.filter_map(|v| v.parse().ok()).collect() }
            }
            _ => Node::TextIds { sql, ids: values.filter(|v| !v.contains('\0')).collect() },
        }
    }

    fn find(&self, name: &str) -> Result<Property, FilterError> {
        self.schema.property(name).ok_or_else(|| FilterError::UnknownProperty {
            property: excerpt(name),
            known: self.schema.names().join(", "),
        })
    }

    fn property(&self, name: &str) -> Result<Term, FilterError> {
        let Property { sql, kind } = self.find(name)?;
        let PropertyKind::Column(column) = kind else {
            return Err(FilterError::IsGeometry(excerpt(name)));
        };
        let term = Term::Property { sql, name: name.to_owned(), kind: Kind::of(column) };
        Ok(if column == ColumnType::Json { Term::AsText(Box::new(term)) } else { term })
    }

    /// What may be null: a value or a geometry.
    fn subject(&self, expr: &Expr, depth: usize) -> Result<Subject, FilterError> {
        if self.is_geometric(expr) {
            return self.place(expr, depth).map(Subject::Place);
        }
        if let Expr::Property(name) = expr {
            // No text is made of JSON only to see whether it is there.
            let Property { sql, kind } = self.find(name)?;
            if let PropertyKind::Column(column) = kind {
                let kind = Kind::of(column);
                return Ok(Subject::Term(Term::Property { sql, name: name.clone(), kind }));
            }
        }
        self.term(expr, depth).map(Subject::Term)
    }

    fn side(&self, expr: &Expr, depth: usize) -> Result<Side, FilterError> {
        deeper(depth)?;
        match expr {
            Expr::Literal(Literal::Geometry(_)) => Err(FilterError::IsGeometry("a literal".to_owned())),
            Expr::Literal(literal) => Ok(Side::Literal(literal.clone())),
            Expr::Property(name) => self.property(name).map(Side::Term),
            Expr::Arithmetic { op, left, right } => {
                let sides = (self.side(left, depth + 1)?, self.side(right, depth + 1)?);
                arithmetic(*op, sides.0, sides.1).map(Side::Term)
            }
            Expr::Function { name, args } => self.call(name, args, depth),
            Expr::CaseI(inner) => self.folded(Fold::Case, inner, depth).map(Side::Term),
            Expr::AccentI(inner) => self.folded(Fold::Accent, inner, depth).map(Side::Term),
            Expr::Condition(filter) => {
                Ok(Side::Term(Term::Condition(Box::new(self.filter(filter, depth + 1)?))))
            }
            Expr::DefaultGeometry | Expr::Interval(..) | Expr::Array(_) => Err(out_of_place(expr)),
        }
    }

    fn folded(&self, fold: Fold, inner: &Expr, depth: usize) -> Result<Term, FilterError> {
        let term = self.term(inner, depth + 1)?;
        if term.kind() != Kind::Text {
            let name = if fold == Fold::Case { "casei" } else { "accenti" };
            return Err(FilterError::Arguments { name: name.to_owned(), takes: "one text".to_owned() });
        }
        Ok(Term::Fold { fold, term: Box::new(term) })
    }

    /// An expression whose literals are text.
    fn term(&self, expr: &Expr, depth: usize) -> Result<Term, FilterError> {
        match self.side(expr, depth)? {
            Side::Term(term) => Ok(term),
            Side::Literal(literal) => text_term(&literal),
        }
    }
}

/// A literal as text, whatever its type.
fn text_term(literal: &Literal) -> Result<Term, FilterError> {
    if *literal == Literal::Null {
        return Ok(Term::Null(Kind::Text));
    }
    literal::plain_text(literal::text_of(literal)).map(|text| Term::Bound(literal::Bound::Text(text)))
}

fn out_of_place(expr: &Expr) -> FilterError {
    let (found, expected) = match expr {
        Expr::Interval(..) => ("an interval", "compare intervals with a temporal operator such as T_DURING"),
        Expr::Array(_) => ("an array", "compare arrays with an array operator such as A_CONTAINS"),
        _ => ("the geometry", "compare geometries with a spatial operator"),
    };
    FilterError::Unexpected { found: found.to_owned(), expected: expected.to_owned() }
}

fn deeper(depth: usize) -> Result<(), FilterError> {
    // Parsers refuse earlier; this keeps filters that code builds from using up the stack.
    if depth > FilterLimits::DEEPEST { Err(FilterError::TooDeep(FilterLimits::DEEPEST)) } else { Ok(()) }
}

fn arithmetic(op: ArithmeticOp, left: Side, right: Side) -> Result<Term, FilterError> {
    // A literal beside a `float8` is one itself, so that what `float8` can't hold is refused here.
    let kind = |side: &Side| match side {
        Side::Term(term) if term.kind() == Kind::Real => Kind::Real,
        _ => Kind::Decimal,
    };
    let wanted = if [&left, &right].iter().any(|side| kind(side) == Kind::Real) || op == ArithmeticOp::Pow {
        Kind::Real
    } else {
        Kind::Decimal
    };
    let number = |side| match side {
        Side::Literal(Literal::Null) => Ok(Term::Null(wanted)),
        Side::Literal(literal) => literal::bind(&literal, wanted, "the computation").map(Term::Bound),
        Side::Term(term) => Ok(term),
    };
    let (left, right) = (number(left)?, number(right)?);
    if !left.kind().is_number() || !right.kind().is_number() {
        return Err(incompatible(&left, &right, "computed"));
    }
    Ok(Term::Arithmetic { op, left: Box::new(left), right: Box::new(right), real: wanted == Kind::Real })
}

fn as_text(term: Term) -> Result<Term, FilterError> {
    match term.kind() {
        Kind::Text => Ok(term),
        Kind::Binary => Err(FilterError::Types {
            left: term.describe(),
            left_type: Kind::Binary.name(),
            right: "the pattern".to_owned(),
            right_type: Kind::Text.name(),
            done: "compared",
        }),
        _ => Ok(Term::AsText(Box::new(term))),
    }
}

/// The pattern in SQL's own characters, those of the text escaped.
fn like_pattern(parts: &[LikePart]) -> Result<String, FilterError> {
    let mut pattern = String::new();
    for part in parts {
        match part {
            LikePart::Any => pattern.push('%'),
            LikePart::One => pattern.push('_'),
            LikePart::Text(text) => {
                for c in literal::plain_text(text.clone())?.chars() {
                    if matches!(c, '%' | '_' | '\\') {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
            }
        }
    }
    Ok(pattern)
}
