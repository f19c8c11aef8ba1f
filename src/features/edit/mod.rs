//! The edit engine: one [`Transaction`] of inserts, updates, replacements and deletions becomes one
//! transaction of the database, whole or not at all.
//!
//! Protocols (WFS Transaction, OGC API Features Part 4) read their own forms into [`Change`]s and map
//! [`Outcome`] and [`EditError`] back. They ask [`crate::access`] before: nothing here knows who calls.
//! Names, values and geometries are checked before SQL, and what is wrong is said with the feature, the
//! property and the rule; locks and expected versions are checked in the same transaction as the writing.

mod change;
mod engine;
mod error;
mod gate;
mod geometry;
mod prepare;
#[cfg(test)]
mod tests;
mod values;
pub(super) mod write;

pub use change::{
    Change, Changed, Effect, Expected, NewFeature, NewValue, Outcome, Release, Transaction, Written,
};
pub use engine::{EditEngine, Witness, wait_until_seen};
pub use error::{EditError, Place, Which};

pub(super) use gate::Gate;
pub(super) use prepare::Target;
