//! Our own replay of the official suites: one module a suite, its test functions named
//! `<suite>_<class>_…`, with data of our own making. They guard conformance on machines where the suites
//! themselves can't be had.

mod tiles10;
mod wms11;
mod wms13;
mod wmts10;
