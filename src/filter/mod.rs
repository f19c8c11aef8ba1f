//! One filter tree for every protocol: FES XML and key-value filters in, SQL with bound values out.
//!
//! [`fes`] and [`kvp`] read a [`Filter`]; [`check()`] holds it against a [`Schema`], such as a layer, and
//! turns literals into the columns' types; [`Checked::to_sql`] writes the condition. Knows no connection
//! and does no I/O: the binary forms of values come from `postgres-types`, the part of the driver that
//! has no wire. A value never enters SQL as text; identifiers come quoted from the schema.

pub mod ast;
mod capabilities;
mod check;
pub mod cql2;
pub mod ecql;
mod error;
mod eval;
pub mod fes;
mod functions;
pub mod gml;
mod inner;
pub mod kvp;
mod literal;
mod meets;
mod schema;
mod spatial;
mod sql;
mod temporal;
mod term;
#[cfg(test)]
mod tests;
mod valid;
pub mod xml;

pub use ast::Filter;
pub use capabilities::{CQL2_CONFORMANCE, push_fes_operators, push_ogc10_filter, push_ogc11_filter};
pub use check::check;
pub use error::{FilterError, FilterLimits, Reading};
pub use eval::Lookup;
pub use functions::{Signature, ValueType, functions};
pub use meets::MeetsBox;
pub use schema::{Property, PropertyKind, Schema};
pub use sql::{Ewkb, SqlBuilder};
pub use temporal::LayerTime;
pub use term::Checked;
