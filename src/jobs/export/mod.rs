//! Tiles of layers put in one file: PMTiles or MBTiles, by a command or in the background.
//!
//! Tiles are made in the order of the plan and kept in a file beside the archive ([`WorkFile`]); when all are there it becomes the
//! archive. An export that was interrupted goes on from there, as long as the data is what it was: tiles of two states of
//! it are never in one archive.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the export: plan, work, end |
//! | `blocks.rs` | which tiles: those of several layers, each once |
//! | `make.rs` | making a tile as it lies in the archive |
//! | `info.rs` | what the archive says of itself |
//! | `place.rs` | where the archives of servers lie |

mod blocks;
mod info;
mod make;
mod place;

pub(super) use place::check_name;
pub use place::{find, names, target};

use super::{Cover, JobError, Order};
use crate::config::Config;
use crate::features::FeatureEngine;
use crate::formats::archive::{ArchiveError, ArchiveInfo, ArchiveKind, Begun, Cell, WorkFile};
use crate::geo::grid::{TileMatrixSet, web_mercator_quad};
use crate::model::Layer;
use crate::publish::Snapshot;
use crate::render::DrawingPool;
use blocks::Block;
use futures_util::{StreamExt, TryStreamExt};
use make::Maker;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Tiles that are kept together: what an interruption costs at most.
const TOGETHER: usize = 64;

/// Places of the plan beside the area that are passed together.
const OUTSIDE_TOGETHER: u64 = 10_000;

/// The grid of archives: both formats have no other.
const GRID: &str = "WebMercatorQuad";

/// An export at work.
pub struct Export {
    maker: Maker,
    layers: Vec<Arc<Layer>>,
    cover: Option<Cover>,
    grid: &'static TileMatrixSet,
    work: Arc<Mutex<WorkFile>>,
    info: ArchiveInfo,
    rest: Box<dyn Iterator<Item = (usize, [u32; 2])> + Send>,
    stop: Arc<AtomicBool>,
    begun: Begun,
    /// Tiles of the plan.
    tiles: u64,
    passed: u64,
    outside: u64,
}

/// A finished archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Tiles in it.
    pub tiles: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// What an export works with: configuration, features, drawing.
pub type Tools<'a> = (&'a Config, &'a FeatureEngine, &'a DrawingPool);

impl Export {
    /// Begins an export that was checked ([`Order::check`]), or goes on with it. A `polite` one makes tiles only while nobody
    /// waits for a drawing.
    ///
    /// # Errors
    /// [`JobError`]: also when no tile of the layers lies in the area.
    pub async fn open(
        (config, features, pool): Tools<'_>,
        order: &Order,
        layers: Vec<Arc<Layer>>,
        (target, kind): (&Path, ArchiveKind),
        polite: bool,
    ) -> Result<Self, JobError> {
        let grid = grid()?;
        let zooms = order.all_zooms();
        let blocks = blocks::of(&layers, grid, zooms, order.area.as_ref())?;
        let tiles = blocks.iter().map(Block::count).sum();
        if tiles == 0 {
            return Err(nothing());
        }
        let cover = order.area.as_ref().map(|area| area.cover(&grid.crs.crs)).transpose()?.flatten();
        let maker = Maker::new((config, features, pool), order, &layers, polite)?;
        let plan = plan(config, order, &layers, &maker);
        let target = target.to_owned();
        let work = blocking(move || WorkFile::open(&target, kind, &plan)).await?;
        let (begun, passed) = (work.begun(), work.passed());
        let all = blocks.into_iter().flat_map(|block| {
            let level = block.level;
            block.tiles().map(move |at| (level, at))
        });
        let rest = Box::new(all.skip(usize::try_from(passed).unwrap_or(usize::MAX)));
        let info = info::of(&layers, order, maker.format(), &config.overviews);
        Ok(Self {
            maker,
            layers,
            cover,
            grid,
            work: Arc::new(Mutex::new(work)),
            info,
            rest,
            stop: Arc::default(),
            begun,
            tiles,
            passed,
            outside: 0,
        })
    }

    /// How the work of an earlier export was found.
    #[must_use]
    pub const fn begun(&self) -> Begun {
        self.begun
    }

    /// Tiles of the plan, with those of the box around the area that have nothing of it.
    #[must_use]
    pub const fn tiles(&self) -> u64 {
        self.tiles
    }

    /// Tiles that are behind it.
    #[must_use]
    pub const fn passed(&self) -> u64 {
        self.passed
    }

    /// Tiles outside the area that were passed since it was opened.
    #[must_use]
    pub const fn outside(&self) -> u64 {
        self.outside
    }

    /// Makes and keeps the next tiles, some `side_by_side`; false when none is left. May be dropped at any moment: what was
    /// not kept is made again.
    ///
    /// # Errors
    /// [`JobError::Wrong`] for a tile that can't be made, with what to do; the tiles before it stay kept.
    pub async fn advance(&mut self, side_by_side: usize) -> Result<bool, JobError> {
        let (mut cells, mut passed, mut outside) = (Vec::new(), 0, 0);
        while cells.len() < TOGETHER && outside < OUTSIDE_TOGETHER {
            let Some((level, [row, col])) = self.rest.next() else { break };
            let Some(tile) = self.grid.tile(level, row, col) else { continue };
            passed += 1;
            if self.cover.as_ref().is_some_and(|cover| !cover.touches(&tile.bbox())) {
                outside += 1;
            } else {
                cells.push(tile);
            }
        }
        if passed == 0 {
            return Ok(false);
        }
        let made: Vec<(Cell, Vec<u8>)> = futures_util::stream::iter(cells)
            .map(|tile| self.maker.one(tile))
            .buffered(side_by_side.max(1))
            .try_filter_map(|made| async move { Ok(made) })
            .try_collect()
            .await?;
        let work = Arc::clone(&self.work);
        blocking(move || held(&work).keep(&made, passed)).await?;
        self.passed += passed;
        self.outside += outside;
        Ok(true)
    }

    /// The layers whose data is another by now: the archive must be made anew.
    #[must_use]
    pub fn changed(&self, now: &Snapshot) -> Vec<String> {
        let same = |layer: &&Arc<Layer>| {
            now.layers.get(&layer.slug).is_some_and(|current| current.generation == layer.generation)
        };
        self.layers.iter().filter(|layer| !same(layer)).map(|layer| layer.slug.clone()).collect()
    }

    /// Makes the archive of the tiles. Dropping this stops it, and leaves the tiles where they are.
    ///
    /// # Errors
    /// [`JobError`]: also when all tiles are empty.
    pub async fn finish(self) -> Result<Exported, JobError> {
        let Self { work, info, stop, .. } = self;
        let _stop = StopWhenDropped(Arc::clone(&stop));
        blocking(move || {
            // Nobody else has it any more: what was kept last has been waited for.
            let work =
                Arc::into_inner(work).map(|work| work.into_inner().unwrap_or_else(PoisonError::into_inner));
            let Some(work) = work else { return Ok(None) };
            let tiles = work.count()?;
            if tiles == 0 {
                work.discard();
                return Ok(None);
            }
            work.finish(&info, &stop).map(|bytes| Some(Exported { tiles, bytes }))
        })
        .await?
        .ok_or_else(nothing)
    }

    /// Throws away what was kept.
    pub async fn discard(self) {
        if let Some(work) = Arc::into_inner(self.work) {
            // What can't be deleted is found again by the next export to the same file.
            let _ = tokio::task::spawn_blocking(move || {
                work.into_inner().unwrap_or_else(PoisonError::into_inner).discard();
            })
            .await;
        }
    }
}

struct StopWhenDropped(Arc<AtomicBool>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whether an order can be done with these layers; see [`Order::check`].
///
/// # Errors
/// [`JobError::Wrong`].
pub(super) fn check(order: &Order, layers: &[Arc<Layer>]) -> Result<(), JobError> {
    if order.grid.as_deref().is_some_and(|name| name != GRID) {
        return Err(JobError::wrong(format!("archives have the grid {GRID} and no other")));
    }
    if order.style.is_some() && order.picture().is_none() {
        let message = "vector tiles have no style; choose a format of pictures, such as --format png";
        return Err(JobError::wrong(message));
    }
    let grid = grid()?;
    blocks::of(layers, grid, order.all_zooms(), order.area.as_ref())?;
    if let Some(area) = &order.area {
        area.cover(&grid.crs.crs)?;
    }
    Ok(())
}

fn grid() -> Result<&'static TileMatrixSet, JobError> {
    web_mercator_quad().ok_or_else(|| JobError::wrong(format!("there is no grid {GRID}")))
}

fn nothing() -> JobError {
    JobError::wrong(
        "nothing of these layers is there, so that there is no tile to put in a file; look at the area and the zooms",
    )
}

/// Names the tiles and the state of all that they are made of.
fn plan(config: &Config, order: &Order, layers: &[Arc<Layer>], maker: &Maker) -> String {
    let zooms = order.all_zooms();
    let mut text = format!(
        "{} {:?} {}-{} {:?} {:?} {}",
        env!("CARGO_PKG_VERSION"),
        maker.format(),
        zooms.first,
        zooms.last,
        order.area,
        config.overviews,
        config.limits.tile_kilobytes
    );
    for (layer, style) in layers.iter().zip(maker.styles()) {
        text.push_str(&format!(" {}.{}.{style:?}", layer.id, layer.generation));
    }
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

fn held(work: &Mutex<WorkFile>) -> std::sync::MutexGuard<'_, WorkFile> {
    work.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Work on the files, off the threads that wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, JobError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| JobError::wrong("the export ended by an internal error; the log has it"))??)
}
