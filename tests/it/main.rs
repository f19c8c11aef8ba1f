//! Tests against a real PostGIS and the real server, one module an area. One binary: each would link
//! GDAL again.

mod bad_input;
mod catalogue;
mod cli;
mod clients;
mod csw;
mod expected;
mod features;
mod ingest;
mod mvt;
mod ogcapi;
mod portal;
mod publish;
mod same_point;
mod schemas;
mod server;
mod store;
mod support;
mod tiles;
mod wfs;
mod wms;
