//! Configuration: command line over environment over TOML file over defaults.
//!
//! Every limit of the platform is here, with a default that is safe on a small machine.

mod error;
mod load;
mod overviews;
mod tile_matrix_set;
mod tiles;

pub use error::ConfigError;
pub use load::Overrides;
pub use overviews::{LayerOverviewConfig, OverviewConfig, OverviewRules, PointRule};
pub use tile_matrix_set::TileMatrixSetConfig;
pub use tiles::TilesConfig;

use crate::geo::grid::{GridError, Grids};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that can be configured. The TOML file has the same names, with dashes; unknown keys are
/// refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Data directory: embedded cluster, uploads, caches.
    pub data: PathBuf,
    /// `postgres://…` of an existing server; the embedded cluster when absent.
    pub database_url: Option<String>,
    /// Address and port to listen on.
    pub listen: String,
    /// What clients see: written into capabilities and links, without a slash at the end.
    /// `http://` + listen when absent.
    pub public_url: Option<String>,
    /// Who may edit: `off`, `token` or `open`.
    pub editing: Editing,
    /// Name of the platform in capabilities and pages.
    pub title: String,
    /// Contact address in capabilities and records.
    pub contact_email: Option<String>,
    /// What WMS capabilities say for INSPIRE of data under one of its themes.
    pub inspire_view: InspireView,
    /// Tile grids beside the standard ones: `[[tile-matrix-set]]`.
    #[serde(rename = "tile-matrix-set")]
    pub tile_matrix_sets: Vec<TileMatrixSetConfig>,
    /// Tiles: `[tiles]`.
    pub tiles: TilesConfig,
    /// How layers are made light for small scales: `[overviews]`.
    pub overviews: OverviewConfig,
    /// Limits.
    pub limits: Limits,
}

/// What the capabilities of a view service say for INSPIRE (Technical Guidance for View Services 3.11, clause 4.2.3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InspireView {
    /// Where the metadata of the service is, and its languages (scenario 1).
    #[default]
    MetadataUrl,
    /// The metadata themselves, and the languages (scenario 2).
    Inline,
    /// Nothing.
    Off,
}

/// Who may edit features (WFS-T, OGC API Features Part 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Editing {
    /// Nobody.
    #[default]
    Off,
    /// Holders of a token.
    Token,
    /// Everyone: closed networks and conformance runs.
    Open,
}

/// Bounds on what one request or one file may cost. Past one: a clear error, never a short answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Largest request body in bytes.
    pub body_bytes: usize,
    /// Longest address of a request in bytes, its query included.
    pub uri_bytes: usize,
    /// Seconds an interactive request may take.
    pub request_seconds: u64,
    /// Seconds given to running requests when the server stops.
    pub shutdown_seconds: u64,
    /// Seconds a streamed answer of features may take.
    pub export_seconds: u64,
    /// Bytes of a file that is built on disk before it is sent (GeoPackage).
    pub export_bytes: u64,
    /// Files built on disk at once; as much space as this many of the largest must be free.
    pub exports: usize,
    /// Milliseconds given to an exact count before it is estimated.
    pub count_milliseconds: u64,
    /// Widest and highest map in pixels.
    pub map_pixels_side: u32,
    /// Pixels of a map: width times height.
    pub map_pixels: u64,
    /// Features drawn in one map.
    pub map_features: usize,
    /// Layers in one map or one tile.
    pub layers_per_request: usize,
    /// Features in a page when the client asks for none in particular.
    pub default_page: usize,
    /// Features in a page at most (OGC API); WFS answers are streamed without it.
    pub max_page: usize,
    /// Records in a page of a harvest by OAI-PMH or DCAT when the harvester asks for no number.
    pub harvest_page: usize,
    /// Depth of nested filters.
    pub filter_depth: usize,
    /// Conditions in one filter.
    pub filter_nodes: usize,
    /// Positions of a literal geometry.
    pub filter_positions: usize,
    /// Transactions of edits, and likewise of locks, made at once; more wait.
    pub edits: usize,
    /// Features that one transaction may insert, change, delete or lock.
    pub transaction_features: usize,
    /// Seconds that a lock of features may last without being renewed.
    pub lock_seconds: u64,
    /// Kilobytes of a vector tile below zoom 12, before compression: what ranks least is left out beyond it; 0 for no bound.
    pub tile_kilobytes: usize,
    /// Megabytes of encoded tiles kept in memory.
    pub tile_cache_megabytes: u64,
    /// Megabytes of tiles kept on disk, in the data folder; 0 keeps none.
    pub tile_store_megabytes: u64,
    /// Megabytes of encoded maps kept in memory.
    pub map_cache_megabytes: u64,
    /// Maps and tiles drawn at once; 0 means the number of cores.
    pub drawing_workers: usize,
    /// Requests waiting for a drawing worker before 503.
    pub drawing_queue: usize,
    /// Database connections of the server.
    pub database_connections: usize,
    /// Bytes that an archive may unpack to.
    pub archive_bytes: u64,
    /// Files in an archive.
    pub archive_entries: usize,
    /// Megabytes of address space of the process that reads a file.
    pub reader_megabytes: u64,
    /// Seconds that reading a file may take.
    pub reader_seconds: u64,
    /// Columns of a layer.
    pub columns: usize,
    /// Findings of one kind listed one by one in a report.
    pub report_examples: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("./datasud-data"),
            database_url: None,
            listen: "127.0.0.1:8080".to_owned(),
            public_url: None,
            editing: Editing::Off,
            title: "DataSud".to_owned(),
            contact_email: None,
            inspire_view: InspireView::MetadataUrl,
            tile_matrix_sets: Vec::new(),
            tiles: TilesConfig::default(),
            overviews: OverviewConfig::default(),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            uri_bytes: 32 << 10,
            request_seconds: 30,
            shutdown_seconds: 10,
            export_seconds: 3600,
            export_bytes: 4 << 30,
            exports: 4,
            count_milliseconds: 500,
            map_pixels_side: 8192,
            map_pixels: 50_000_000,
            map_features: 1_000_000,
            layers_per_request: 50,
            default_page: 10,
            max_page: 10_000,
            harvest_page: 100,
            filter_depth: 100,
            filter_nodes: 10_000,
            filter_positions: 20_000,
            edits: 4,
            transaction_features: 100_000,
            lock_seconds: 86_400,
            tile_kilobytes: 500,
            tile_cache_megabytes: 64,
            tile_store_megabytes: 0,
            map_cache_megabytes: 32,
            drawing_workers: 0,
            drawing_queue: 64,
            database_connections: 16,
            archive_bytes: 20 << 30,
            archive_entries: 10_000,
            reader_megabytes: 4096,
            reader_seconds: 3600,
            columns: 1000,
            report_examples: 20,
        }
    }
}

impl Config {
    /// The tile grids: the standard ones and those of this configuration.
    ///
    /// # Errors
    /// [`GridError`] of the first one that can't be used.
    pub fn grids(&self) -> Result<Grids, GridError> {
        let own = self.tile_matrix_sets.iter().map(TileMatrixSetConfig::definition);
        let mut grids = Grids::with(&own.collect::<Result<Vec<_>, _>>()?)?;
        for grid in self.tiles.read()? {
            grids.add(grid)?;
        }
        Ok(grids)
    }

    /// The address that clients see, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// The path of that address: nothing, or `/geo` for `https://host/geo`.
    #[must_use]
    pub fn public_path(&self) -> String {
        let url = self.public_url();
        let host = url.find("://").map_or(0, |at| at + 3);
        let path = url.get(host..).and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)));
        path.unwrap_or_default().to_owned()
    }
}

impl Limits {
    /// Time for an interactive request.
    #[must_use]
    pub const fn request(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }

    /// Time for a streamed answer.
    #[must_use]
    pub const fn export(&self) -> Duration {
        Duration::from_secs(self.export_seconds)
    }
}
