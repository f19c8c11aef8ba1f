//! Records as DCAT: DCAT-AP 3.0.1, GeoDCAT-AP 3 and DCAT-AP HVD in one graph, written straight from the model.
//!
//! Every node has an address of its own (data.gouv.fr and CKAN know resources again by it), words have their language,
//! and the same party or concept is one node however often it is named. What portals read and how is in
//! `docs/dcat.md`.
//!
//! | file | what |
//! |---|---|
//! | `graph.rs` | nodes and what is said of them |
//! | `resource.rs` | dcat:Dataset, dcat:DatasetSeries, dcat:DataService, dcat:CatalogRecord |
//! | `distribution.rs` | dcat:Distribution and the services behind them |
//! | `party.rs` | foaf:Agent, vcard:Kind |
//! | `place.rs` | dct:Location, dct:PeriodOfTime, resolution, reference systems |
//! | `catalog.rs` | dcat:Catalog, a page of it |
//! | `read/` | records read from DCAT |
//! | `terms.rs` | authorities of the EU |
//! | `write.rs` | Turtle, RDF/XML, JSON-LD, N-Triples |

mod catalog;
mod distribution;
mod graph;
mod party;
mod place;
mod read;
mod resource;
mod terms;
#[cfg(test)]
mod tests;
mod write;

pub use catalog::{CatalogFacts, PageLinks, Stamped, element, page, single};
pub use graph::Graph;
pub use read::{ReadError, read, syntax_of};
pub use write::{Syntax, write};
