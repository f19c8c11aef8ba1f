//! Protocols, one folder each with the same file names:
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | routes and dispatch of operations |
//! | `request.rs` | from key-value pairs, XML or path to a typed request |
//! | `handler.rs` | the operations: asks `access`, calls the engines |
//! | `response.rs` | what goes back, in the protocol's form |
//! | `capabilities.rs` | what the service says of itself, from stored facts |
//! | `error.rs` | errors in the protocol's form |
//!
//! A folder may be bigger where a protocol is. No service calls another; [`edge`] is what all of them
//! share at the border to HTTP.

pub mod csw;
pub mod dcat;
pub mod download;
pub mod edge;
pub mod oai;
pub mod ogcapi;
pub mod tiles;
pub mod wfs;
pub mod wms;
pub mod wmts;
