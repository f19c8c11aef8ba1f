//! The life of a dataset: loaded, published, replaced, removed; and the registry of what is published.
//!
//! A change is one transaction that ends with a `NOTIFY`; every node hears it and reads the stored facts
//! again ([`follow`]). Services answer from the [`Snapshot`] they took when the request came in.

mod error;
mod load;
mod registry;

pub use error::PublishError;
pub use load::load;
pub use registry::{Registry, Snapshot};
