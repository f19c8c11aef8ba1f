//! Tiles made ahead of time, put in files, and deleted: by a command while one looks on, or in the background by any server.
//!
//! A job in the background is a row of `datasud.tile_job`. A server that keeps tiles takes the oldest one that nobody has,
//! holds it by a lease that it renews while it works, and writes down how far it is; when it ends without a word, the
//! lease runs out and another server, or the same one after its start, goes on from there. A server has one job
//! at a time, makes one tile at a time, and only while drawing is idle: people who look at maps come first.
//!
//! | file | what |
//! |---|---|
//! | `area.rs` | where: a box, polygons, the features of a layer |
//! | `order.rs` | what is wanted, checked |
//! | `plan.rs` | which tiles that are: layers, a grid, scales |
//! | `export/` | tiles put in one file |
//! | `maker.rs` | making one tile |
//! | `chosen.rs` | which tiles of the store are to be deleted |
//! | `queue.rs` | the jobs in the database |
//! | `runner.rs` | the task of a server that takes and does them |

mod area;
mod chosen;
pub mod export;
mod maker;
mod order;
mod plan;
mod queue;
mod runner;

pub use area::{Area, Cover, features_area};
pub use chosen::Chosen;
pub use export::{Export, Exported};
pub use maker::Maker;
pub use order::{Order, Work};
pub use plan::{Part, Zooms, grid, layers, parse_box, parts, tiles_in};
pub use queue::{Job, Progress, Queue, State};
pub use runner::{Running, start};

use crate::features::FeatureError;
use crate::filter::FilterError;
use crate::formats::archive::ArchiveError;
use crate::geo::{CrsError, TransformError};
use crate::publish::PublishError;
use crate::store::StoreError;

/// Tiles a side that labelled pictures are drawn and kept together by; see `tiles::part_of`.
pub const TOGETHER: u32 = 4;

/// Why tiles can't be made or deleted as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// What is asked for can't be; the sentence says what and what to do.
    #[error("{0}")]
    Wrong(String),
    /// The job is another server's by now, or is to end.
    #[error("the job was taken away")]
    Lost,
    /// An archive can't be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A condition on the features of an area.
    #[error("the condition on the area's features: {0}")]
    Filter(#[from] FilterError),
    /// The features of an area can't be read.
    #[error("the features of the area can't be read: {0}")]
    Features(#[from] FeatureError),
    /// What is published can't be read.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A system of coordinates.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// The way to one.
    #[error(transparent)]
    Transform(#[from] TransformError),
}

impl JobError {
    fn wrong(message: impl Into<String>) -> Self {
        Self::Wrong(message.into())
    }
}
