//! The life of a dataset: loaded, published, replaced, removed; and the registry of what is published.
//!
//! A change is one transaction that ends with a `NOTIFY`; every node hears it and reads the stored facts
//! again ([`follow()`]). Services answer from the [`Snapshot`] they took when the request came in.

mod checksum;
mod describe;
mod dimensions;
mod discard;
mod error;
mod fit;
mod follow;
mod gml;
mod load;
mod namer;
mod names;
mod overviews;
mod places;
mod plan;
mod publisher;
mod records;
mod registry;
mod request;
mod restore;
mod restyle;
mod write;

pub use describe::DescribedDataset;
pub use dimensions::dimensions_of;
pub use error::PublishError;
pub use follow::follow;
pub use load::load;
pub use overviews::keep as keep_overviews;
pub use publisher::{Progress, Publisher};
pub use records::{ImportedRecords, RecordAction, RecordChange, RecordChangeError, Touched};
pub use registry::{Registry, Snapshot};
pub use request::{DatasetSummary, Existing, GmlSchema, LayerSummary, Outcome, Published, Request};
pub use restyle::{NewStyle, RestyleError, Restyled, delete_style, put_styles};
