//! DataSud: one server, one database, one truth for a region's geodata.
//!
//! A file goes in at the top; a map, features, tiles and a metadata record come out. The house is built
//! in floors, and a room imports only from rooms below it (`tests/house.rs` holds that):
//!
//! | floor | room | what it is for |
//! |---|---|---|
//! | 6 | [`cli`] | one file a command: serve, demo, ingest, describe, list, remove, records, tiles, token, doctor |
//! | 5 | [`server`] | the HTTP server: routes, middleware, limits, metrics |
//! | 4 | [`services`] | protocols and downloads: WMS, WMTS, WFS, OGC API, vector tiles, CSW; same file names in each |
//! | 4 | [`portal`] | pages for people |
//! | 3 | [`jobs`] | tiles made ahead of time and deleted, also in the background by any server |
//! | 3 | [`publish`] | life of a dataset: published, replaced, removed; the registry |
//! | 3 | [`ingest`] | file → checked table |
//! | 3 | [`catalogue`] | metadata records: built, stored as bytes, searched |
//! | 3 | [`maps`] · [`tiles`] | the map engine; the tile engine |
//! | 3 | [`features`] | the query engine: plan → stream of features; the edit engine, locks, history |
//! | 3 | [`access`] | who may do what, the one place that answers it; tokens |
//! | 2 | [`formats`] | encoders and file builders, one folder a format; the list of file formats |
//! | 2 | [`render`] · [`style`] | drawing; the style model and its languages |
//! | 2 | [`filter`] | one filter tree → SQL with bound values |
//! | 2 | [`store`] | PostgreSQL: embedded cluster, pool, migrations, change feed |
//! | 1 | [`model`] · [`config`] · [`geo`] | plain types; configuration; CRS, boxes, EWKB, grids |
//!
//! Where to begin reading: an upload goes [`cli`] → [`ingest`] → [`publish`]; a GetMap goes
//! [`services::wms`] → [`maps`] → [`features`], [`style`], [`render`]; a harvest goes [`services::csw`] →
//! [`catalogue`]. `ARCHITECTURE.md` walks all three, and an edit.

pub mod access;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod features;
pub mod filter;
pub mod formats;
pub mod geo;
pub mod ingest;
pub mod jobs;
pub mod maps;
pub mod model;
pub mod portal;
pub mod publish;
pub mod render;
pub mod server;
pub mod services;
pub mod store;
pub mod style;
pub mod tiles;
