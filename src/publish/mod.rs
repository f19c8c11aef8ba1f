//! The life of a dataset: loaded, published, replaced, removed; and the registry of what is published.

mod registry;

pub use registry::{Registry, Snapshot};
