//! QGIS expressions, as far as our conditions and values can say the same.
//!
//! [`parse`] reads the text into a [`Node`]; [`condition()`] and [`value()`] turn it into the house's own trees. What has
//! no counterpart is an error that names it: the caller says which part of the style goes without.

mod condition;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;
mod value;

pub(super) use condition::{condition, operand, present};
pub(super) use parser::parse;
pub(super) use value::{formatted, value};

/// What of an expression can't be said here, in words that fit behind "it uses".
pub(super) type Untold = String;

/// An expression as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// `NULL`
    Null,
    /// A number, as written.
    Number(String),
    /// `'text'`
    Text(String),
    /// `TRUE`, `FALSE`
    Truth(bool),
    /// A column, quoted or not.
    Column(String),
    /// `NOT`
    Not(Box<Node>),
    /// A sign.
    Negative(Box<Node>),
    /// Two sides.
    Binary(Operator, Box<Node>, Box<Node>),
    /// `IN (…)`
    In(Box<Node>, Vec<Node>),
    /// `BETWEEN … AND …`
    Between(Box<Node>, Box<Node>, Box<Node>),
    /// A function, by its name in small letters.
    Call(String, Vec<Node>),
    /// `CASE WHEN … THEN … ELSE … END`
    Case(Vec<(Node, Node)>, Option<Box<Node>>),
}

/// Operators between two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    ILike,
    Is,
    Add,
    Sub,
    Mul,
    Div,
    IntDiv,
    Mod,
    Pow,
    Concat,
}

/// The counterpart of a QGIS function among those of filters, with arguments in the same order.
fn function(name: &str) -> Option<&'static str> {
    const SAME: [(&str, &str); 16] = [
        ("lower", "lower"),
        ("upper", "upper"),
        ("trim", "trim"),
        ("length", "length"),
        ("concat", "concat"),
        ("abs", "abs"),
        ("ceil", "ceil"),
        ("floor", "floor"),
        ("sqrt", "sqrt"),
        ("min", "min"),
        ("max", "max"),
        ("year", "year"),
        ("month", "month"),
        ("day", "day"),
        ("hour", "hour"),
        ("unaccent", "accenti"),
    ];
    SAME.into_iter().find(|(own, _)| *own == name).map(|(_, ours)| ours)
}

/// A call of a function that has no counterpart.
fn unknown_call(name: &str) -> Untold {
    format!("the function '{name}'")
}
