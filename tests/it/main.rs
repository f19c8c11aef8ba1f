//! Tests against a real PostGIS and the real server, one module an area. One binary: each would link
//! GDAL again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod ats;
mod bad_input;
mod catalogue;
mod cli;
mod clients;
mod cql2;
mod crawl;
mod crowd;
mod csw;
mod csw3;
mod dimensions;
mod download;
mod drafts;
mod edges;
mod edit;
mod expected;
mod feature_info;
mod features;
mod formats;
mod gallery;
mod graphics;
mod grids;
mod hostile;
mod ingest;
mod labels;
mod languages;
mod map_formats;
mod mvt;
mod ogcapi;
mod overviews;
mod picture;
mod portal;
mod publish;
mod rasters;
mod records;
mod same_point;
mod schemas;
mod se;
mod server;
mod sld_body;
mod store;
mod style_page;
mod support;
mod tiles;
mod webmap;
mod wfs;
mod wfs10;
mod wfs_full;
mod wfs_t;
mod wms;
mod wms_groups;
mod wms_legend;
mod wms_styles;
