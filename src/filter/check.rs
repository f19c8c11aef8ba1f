//! Holding a filter against a schema: names are found, literals take the type they are compared with.

use super::ast::{ArithmeticOp, CompareOp, Expr, Filter, Geometry, LikePart, Literal};
use super::error::{FilterError, FilterLimits, excerpt};
use super::literal::{self, Bound, Kind};
use super::schema::{Property, PropertyKind, Schema};
use super::spatial::{self, Relation};
use crate::model::ColumnType;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// A filter that fits its schema: every name is known and every literal has its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked(pub(super) Node);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Constant(bool),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Compare { op: CompareOp, left: Term, right: Term },
    Like { term: Term, pattern: String, match_case: bool },
    IsNull(Term),
    Spatial(Relation),
    IntegerIds { sql: String, ids: Vec<i64> },
    TextIds { sql: String, ids: Vec<String> },
}

/// A typed expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    /// A property's SQL. A geometry has no kind to compare by and is only tested for null.
    Property {
        sql: String,
        name: String,
        kind: Kind,
    },
    Bound(Bound),
    /// Computed in `numeric`, or in `float8` when one side is.
    Arithmetic {
        op: ArithmeticOp,
        left: Box<Term>,
        right: Box<Term>,
        real: bool,
    },
    Call {
        function: Function,
        argument: Box<Term>,
    },
    /// A day's first instant in UTC.
    Midnight(Box<Term>),
    /// Any value as text.
    AsText(Box<Term>),
}

/// Functions that filters may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Lower,
    Upper,
    Trim,
    Length,
    Abs,
    Ceil,
    Floor,
    Round,
}

impl Function {
    pub(super) const ALL: [Self; 8] =
        [Self::Lower, Self::Upper, Self::Trim, Self::Length, Self::Abs, Self::Ceil, Self::Floor, Self::Round];

    /// The name in filters and in SQL.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Trim => "trim",
            Self::Length => "length",
            Self::Abs => "abs",
            Self::Ceil => "ceil",
            Self::Floor => "floor",
            Self::Round => "round",
        }
    }

    pub(super) const fn takes_text(self) -> bool {
        matches!(self, Self::Lower | Self::Upper | Self::Trim | Self::Length)
    }

    pub(super) const fn gives_text(self) -> bool {
        self.takes_text() && !matches!(self, Self::Length)
    }
}

impl Term {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Property { kind, .. } => *kind,
            Self::Bound(bound) => bound.kind(),
            Self::Arithmetic { real, .. } => {
                if *real {
                    Kind::Real
                } else {
                    Kind::Decimal
                }
            }
            Self::Call { function: Function::Length, .. } => Kind::Integer,
            Self::Call { function, argument } => {
                if function.gives_text() {
                    Kind::Text
                } else {
                    argument.kind()
                }
            }
            Self::Midnight(_) => Kind::Timestamp,
            Self::AsText(_) => Kind::Text,
        }
    }

    /// For messages.
    fn describe(&self) -> String {
        match self {
            Self::Property { name, .. } => format!("property '{name}'"),
            Self::Call { function, .. } => format!("function '{}'", function.name()),
            Self::Arithmetic { .. } => "the computed value".to_owned(),
            Self::Bound(_) => "the literal".to_owned(),
            Self::Midnight(inner) | Self::AsText(inner) => inner.describe(),
        }
    }
}

/// A function that filters may call, with its one argument, as capabilities tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name, read in any case.
    pub name: &'static str,
    /// Whether the argument is text rather than a number.
    pub takes_text: bool,
    /// Whether the result is text rather than a number.
    pub gives_text: bool,
}

/// Every function that [`check`] knows.
pub fn functions() -> impl Iterator<Item = Signature> {
    Function::ALL.into_iter().map(|f| Signature {
        name: f.name(),
        takes_text: f.takes_text(),
        gives_text: f.gives_text(),
    })
}

/// Holds a filter against a schema.
///
/// # Errors
/// [`FilterError`], naming the property, function or literal at fault and what there is instead.
pub fn check(filter: &Filter, schema: &dyn Schema) -> Result<Checked, FilterError> {
    Checker { schema }.filter(filter, 0).map(Checked)
}

/// An expression before its literals know their type.
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

    /// What holds no further filter. Apart, so that the function that calls itself has a small frame.
    #[inline(never)]
    fn condition(&self, filter: &Filter, depth: usize) -> Result<Node, FilterError> {
        Ok(match filter {
            // Combinations are for the caller.
            Filter::Constant(_) | Filter::And(_) | Filter::Or(_) | Filter::Not(_) => {
                return self.filter(filter, depth);
            }
            Filter::Compare { op, left, right, match_case } => {
                self.compare(*op, self.side(left, depth)?, self.side(right, depth)?, *match_case)?
            }
            Filter::Between { expr, lower, upper } => Node::And(vec![
                self.compare(
                    CompareOp::GreaterOrEqual,
                    self.side(expr, depth)?,
                    self.side(lower, depth)?,
                    true,
                )?,
                self.compare(
                    CompareOp::LessOrEqual,
                    self.side(expr, depth)?,
                    self.side(upper, depth)?,
                    true,
                )?,
            ]),
            Filter::Like { expr, pattern, match_case } => Node::Like {
                term: as_text(self.term(expr, depth)?)?,
                pattern: like_pattern(pattern)?,
                match_case: *match_case,
            },
            Filter::IsNull(Expr::Property(name)) => Node::IsNull(self.any_property(name)?),
            Filter::IsNull(expr) => Node::IsNull(self.term(expr, depth)?),
            Filter::Spatial { op, left, right } => {
                let (property, geometry) = property_and_literal(left, right)?;
                let (sql, srid) = self.geometry(property)?;
                Node::Spatial(spatial::relation(*op, sql, geometry, srid)?)
            }
            Filter::Distance { beyond, left, right, metres } => {
                let (property, geometry) = property_and_literal(left, right)?;
                let (sql, srid) = self.geometry(property)?;
                let near = Node::Spatial(spatial::within_distance(sql, geometry, *metres, srid)?);
                if *beyond { Node::Not(Box::new(near)) } else { near }
            }
            Filter::BBox { property, bbox, srid: of_box } => {
                let (sql, srid) = self.geometry(property.as_deref())?;
                match spatial::bbox(sql, bbox, of_box.unwrap_or(srid), srid)? {
                    Some(relation) => Node::Spatial(relation),
                    None => Node::Constant(false),
                }
            }
            Filter::Ids(ids) => self.ids(ids),
            Filter::ResourceIds(ids) => self.ids(&ids.iter().map(|id| id.rid.clone()).collect::<Vec<_>>()),
            Filter::In { .. } | Filter::Truth(_) | Filter::Temporal { .. } | Filter::Array { .. } => {
                return Err(not_yet());
            }
        })
    }

    fn all(&self, filters: &[Filter], depth: usize) -> Result<Vec<Node>, FilterError> {
        filters.iter().map(|f| self.filter(f, depth + 1)).collect()
    }

    fn ids(&self, ids: &[String]) -> Node {
        let Property { sql, kind } = self.schema.identifier();
        let values = ids.iter().filter_map(|id| self.schema.identifier_value(id));
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

    /// A geometry property's SQL and SRID.
    fn geometry(&self, name: Option<&str>) -> Result<(String, i32), FilterError> {
        let property = match name {
            Some(name) => self.find(name)?,
            None => self.schema.geometry().ok_or(FilterError::NoGeometry)?,
        };
        match property.kind {
            PropertyKind::Geometry { srid } => Ok((property.sql, srid)),
            PropertyKind::Column(_) => Err(FilterError::NotGeometry(excerpt(name.unwrap_or_default()))),
        }
    }

    fn any_property(&self, name: &str) -> Result<Term, FilterError> {
        let Property { sql, kind } = self.find(name)?;
        let kind = match kind {
            PropertyKind::Column(column) => Kind::of(column),
            PropertyKind::Geometry { .. } => Kind::Binary,
        };
        Ok(Term::Property { sql, name: name.to_owned(), kind })
    }

    fn property(&self, name: &str) -> Result<Term, FilterError> {
        let property = self.find(name)?;
        match property.kind {
            PropertyKind::Geometry { .. } => Err(FilterError::IsGeometry(excerpt(name))),
            PropertyKind::Column(ColumnType::Json) => Ok(Term::AsText(Box::new(self.any_property(name)?))),
            PropertyKind::Column(_) => self.any_property(name),
        }
    }

    fn side(&self, expr: &Expr, depth: usize) -> Result<Side, FilterError> {
        deeper(depth)?;
        Ok(match expr {
            Expr::Literal(literal) => Side::Literal(literal.clone()),
            Expr::Property(name) => Side::Term(self.property(name)?),
            Expr::Arithmetic { op, left, right } => {
                let sides = (self.side(left, depth + 1)?, self.side(right, depth + 1)?);
                Side::Term(arithmetic(*op, sides.0, sides.1)?)
            }
            Expr::Function { name, args } => Side::Term(self.call(name, args, depth)?),
            _ => return Err(not_yet()),
        })
    }

    /// An expression whose literals are text.
    fn term(&self, expr: &Expr, depth: usize) -> Result<Term, FilterError> {
        match self.side(expr, depth)? {
            Side::Term(term) => Ok(term),
            Side::Literal(literal) => Ok(Term::Bound(literal::bind(&literal, Kind::Text, "the condition")?)),
        }
    }

    fn call(&self, name: &str, args: &[Expr], depth: usize) -> Result<Term, FilterError> {
        let function = Function::ALL.into_iter().find(|f| f.name().eq_ignore_ascii_case(name));
        let function = function.ok_or_else(|| FilterError::UnknownFunction {
            name: excerpt(name),
            known: Function::ALL.map(Function::name).join(", "),
        })?;
        let takes = if function.takes_text() { "one text" } else { "one number" };
        let refused = || FilterError::Arguments { name: function.name().to_owned(), takes };
        let [arg] = args else { return Err(refused()) };
        let wanted = if function.takes_text() { Kind::Text } else { Kind::Decimal };
        let what = format!("function '{}'", function.name());
        let argument = match self.side(arg, depth + 1)? {
            Side::Literal(literal) => Term::Bound(literal::bind(&literal, wanted, &what)?),
            Side::Term(term) => term,
        };
        let fits =
            if function.takes_text() { argument.kind() == Kind::Text } else { argument.kind().is_number() };
        if !fits {
            return Err(refused());
        }
        Ok(Term::Call { function, argument: Box::new(argument) })
    }

    fn compare(&self, op: CompareOp, left: Side, right: Side, match_case: bool) -> Result<Node, FilterError> {
        let (left, right) = match (left, right) {
            (Side::Term(left), Side::Term(right)) => return compare_terms(op, left, right, match_case),
            (Side::Term(left), Side::Literal(right)) => (left, right),
            (Side::Literal(left), Side::Term(right)) => {
                return self.compare(flipped(op), Side::Term(right), Side::Literal(left), match_case);
            }
            (Side::Literal(left), Side::Literal(right)) => {
                let kind = match [&left, &right].map(|l| literal::number(literal::text_of(l).trim())) {
                    [Some(_), Some(_)] => Kind::Decimal,
                    _ => Kind::Text,
                };
                (Term::Bound(literal::bind(&left, kind, "the comparison")?), right)
            }
        };
        let bound = literal::bind(&right, left.kind(), &left.describe())?;
        match (left.kind(), bound) {
            (Kind::Timestamp, Bound::Date(day)) => Ok(compare_with_day(op, left, day)),
            // The other way round too, days are compared: that of the instant, in UTC.
            (Kind::Date, Bound::Timestamp(instant)) => {
                compare_terms(op, left, Term::Bound(Bound::Date(instant.date_naive())), match_case)
            }
            (_, bound) => compare_terms(op, left, Term::Bound(bound), match_case),
        }
    }
}

fn not_yet() -> FilterError {
    FilterError::Unexpected {
        found: "this operator".to_owned(),
        expected: "use comparisons and spatial operators".to_owned(),
    }
}

fn property_and_literal<'a>(
    left: &'a Expr,
    right: &'a Expr,
) -> Result<(Option<&'a str>, &'a Geometry), FilterError> {
    match (left, right) {
        (Expr::DefaultGeometry, Expr::Literal(Literal::Geometry(geometry))) => Ok((None, geometry)),
        (Expr::Property(name), Expr::Literal(Literal::Geometry(geometry))) => Ok((Some(name), geometry)),
        _ => Err(not_yet()),
    }
}

fn deeper(depth: usize) -> Result<(), FilterError> {
    // Parsers refuse earlier; this keeps filters that code builds from using up the stack.
    if depth > FilterLimits::DEEPEST { Err(FilterError::TooDeep(FilterLimits::DEEPEST)) } else { Ok(()) }
}

const fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessOrEqual => CompareOp::GreaterOrEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterOrEqual => CompareOp::LessOrEqual,
        same => same,
    }
}

fn compare_terms(op: CompareOp, left: Term, right: Term, match_case: bool) -> Result<Node, FilterError> {
    let (a, b) = (left.kind(), right.kind());
    let (left, right) = match (a, b) {
        (Kind::Binary, _) | (_, Kind::Binary) => return Err(incompatible(&left, &right, "compared")),
        _ if a == b || (a.is_number() && b.is_number()) => (left, right),
        (Kind::Date, Kind::Timestamp) => (Term::Midnight(Box::new(left)), right),
        (Kind::Timestamp, Kind::Date) => (left, Term::Midnight(Box::new(right))),
        _ => return Err(incompatible(&left, &right, "compared")),
    };
    if a == Kind::Text && !match_case {
        let lower = |term| Term::Call { function: Function::Lower, argument: Box::new(term) };
        return Ok(Node::Compare { op, left: lower(left), right: lower(right) });
    }
    Ok(Node::Compare { op, left, right })
}

/// An instant beside a day: equal means within that day (UTC), less means before it begins, greater
/// after it has ended.
fn compare_with_day(op: CompareOp, instant: Term, day: NaiveDate) -> Node {
    let begin = midnight(day);
    let end = day.checked_add_days(Days::new(1)).map_or(begin, midnight);
    let beside = |op, at: DateTime<Utc>| Node::Compare {
        op,
        left: instant.clone(),
        right: Term::Bound(Bound::Timestamp(at)),
    };
    match op {
        CompareOp::Equal => {
            Node::And(vec![beside(CompareOp::GreaterOrEqual, begin), beside(CompareOp::Less, end)])
        }
        CompareOp::NotEqual => {
            Node::Or(vec![beside(CompareOp::Less, begin), beside(CompareOp::GreaterOrEqual, end)])
        }
        CompareOp::Less => beside(CompareOp::Less, begin),
        CompareOp::LessOrEqual => beside(CompareOp::Less, end),
        CompareOp::Greater => beside(CompareOp::GreaterOrEqual, end),
        CompareOp::GreaterOrEqual => beside(CompareOp::GreaterOrEqual, begin),
    }
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn arithmetic(op: ArithmeticOp, left: Side, right: Side) -> Result<Term, FilterError> {
    let number = |side| match side {
        Side::Literal(literal) => literal::bind(&literal, Kind::Decimal, "the computation").map(Term::Bound),
        Side::Term(term) => Ok(term),
    };
    let (left, right) = (number(left)?, number(right)?);
    if !left.kind().is_number() || !right.kind().is_number() {
        return Err(incompatible(&left, &right, "computed"));
    }
    let real = left.kind() == Kind::Real || right.kind() == Kind::Real;
    Ok(Term::Arithmetic { op, left: Box::new(left), right: Box::new(right), real })
}

fn incompatible(left: &Term, right: &Term, done: &'static str) -> FilterError {
    FilterError::Types {
        left: left.describe(),
        left_type: left.kind().name(),
        right: right.describe(),
        right_type: right.kind().name(),
        done,
    }
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
