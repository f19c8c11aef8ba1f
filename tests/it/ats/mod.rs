//! Our own replay of the official suites: one module a suite, its test functions named
//! `<suite>_<class>_…`, with data of our own making. They guard conformance on machines where the suites
//! themselves can't be had.

mod cat30;
mod csw20;
mod features10;
mod gml32;
mod gpkg12;
mod lake;
mod maps10;
pub mod oapif_parts;
mod shelf;
mod styles10;
mod tiles10;
mod valley;
mod wfs11;
mod wfs20;
mod wms11;
mod wms13;
pub(crate) mod wmts10;
