//! The checked tree: every name is SQL, every literal has its type.

use super::ast::{ArithmeticOp, ArrayOp, CompareOp};
use super::functions::Function;
use super::literal::{Bound, Kind};
use super::spatial::{Place, Relation};

/// A filter that fits its schema: every name is known and every literal has its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked(pub(super) Node);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Constant(bool),
    /// Neither true nor false: a comparison with no value.
    Unknown,
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Compare {
        op: CompareOp,
        left: Term,
        right: Term,
    },
    In {
        term: Term,
        list: Vec<Term>,
    },
    /// The pattern is folded as the term is: `folds`, the innermost first.
    Like {
        term: Term,
        pattern: String,
        folds: Vec<Fold>,
    },
    IsNull(Subject),
    Truth(Term),
    Array {
        op: ArrayOp,
        left: Term,
        right: Term,
    },
    Spatial(Relation),
    IntegerIds {
        sql: String,
        ids: Vec<i64>,
    },
    TextIds {
        sql: String,
        ids: Vec<String>,
    },
}

/// What is taken from a text before it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// Difference of case.
    Case,
    /// Accents.
    Accent,
}

/// A value or a geometry.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    Term(Term),
    Place(Place),
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
    /// No value, of this type.
    Null(Kind),
    /// Computed in `numeric`, or in `float8` when one side is.
    Arithmetic {
        op: ArithmeticOp,
        left: Box<Term>,
        right: Box<Term>,
        real: bool,
    },
    Call {
        function: Function,
        args: Vec<Subject>,
        kind: Kind,
    },
    Fold {
        fold: Fold,
        term: Box<Term>,
    },
    Condition(Box<Node>),
    /// A day's first instant in UTC.
    Midnight(Box<Term>),
    /// A day's last instant in UTC, to the microsecond that the database knows.
    DayEnd(Box<Term>),
    /// Before all days and instants, or after them.
    Infinity {
        before: bool,
        kind: Kind,
    },
    /// An end of an interval, without end where there is no value.
    OrInfinity {
        term: Box<Term>,
        before: bool,
    },
    /// Any value as text.
    AsText(Box<Term>),
    /// The values of a JSON property: an array as it is, another value as a set of one.
    Elements {
        sql: String,
        name: String,
    },
    /// A set of values that are not all literals.
    Set(Vec<Term>),
}

impl Term {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Property { kind, .. }
            | Self::Null(kind)
            | Self::Call { kind, .. }
            | Self::Infinity { kind, .. } => *kind,
            Self::Bound(bound) => bound.kind(),
            Self::Arithmetic { real, .. } => {
                if *real {
                    Kind::Real
                } else {
                    Kind::Decimal
                }
            }
            Self::Fold { .. } | Self::AsText(_) => Kind::Text,
            Self::Condition(_) => Kind::Boolean,
            Self::Midnight(_) | Self::DayEnd(_) => Kind::Timestamp,
            Self::OrInfinity { term, .. } => term.kind(),
            Self::Elements { .. } | Self::Set(_) => Kind::Set,
        }
    }

    /// For messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Property { name, .. } | Self::Elements { name, .. } => {
                format!("property '{}'", super::error::excerpt(name))
            }
            Self::Call { function, .. } => format!("function '{}'", function.name()),
            Self::Arithmetic { .. } => "the computed value".to_owned(),
            Self::Bound(_) | Self::Null(_) | Self::Infinity { .. } => "the literal".to_owned(),
            Self::Condition(_) => "the condition".to_owned(),
            Self::Set(_) => "the array".to_owned(),
            Self::Midnight(inner)
            | Self::DayEnd(inner)
            | Self::AsText(inner)
            | Self::Fold { term: inner, .. }
            | Self::OrInfinity { term: inner, .. } => inner.describe(),
        }
    }

    /// The same text without difference of case.
    pub(super) fn lower(self) -> Self {
        Self::Fold { fold: Fold::Case, term: Box::new(self) }
    }
}
