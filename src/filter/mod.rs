//! One filter tree for every protocol: FES XML and key-value filters in, SQL with bound values out.
//!
//! Knows no connection and does no I/O. [`ast`] is what parsers make.

pub mod ast;

pub use ast::Filter;
