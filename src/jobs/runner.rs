//! The task of a server that takes jobs and does them.

mod export;

use super::maker::Maker;
use super::order::{Order, Work};
use super::plan::{self, Part};
use super::queue::{Job, Progress, Queue, State};
use super::{Chosen, JobError, TOGETHER};
use crate::config::Config;
use crate::features::FeatureEngine;
use crate::formats::archive::ArchiveError;
use crate::geo::grid::Grids;
use crate::maps::Seeded;
use crate::maps::shelf::{Shelf, WhenFull};
use crate::publish::{Registry, Snapshot};
use crate::render::DrawingPool;
use crate::store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A server is heard of once in so long, or its job is another's.
const LEASE: Duration = Duration::from_secs(30);

/// Pause before the database is asked for a job again.
const PAUSE: Duration = Duration::from_secs(1);

/// Pause before it is looked again whether drawing is idle.
const POLITE: Duration = Duration::from_millis(20);

/// Messages kept of a job.
const TOLD: usize = 5;

/// Does jobs, one after the other.
struct Runner {
    node: Uuid,
    config: Arc<Config>,
    registry: Registry,
    features: FeatureEngine,
    pool: DrawingPool,
    grids: Grids,
    queue: Queue,
}

/// The task of a server that does jobs, at work.
///
/// It has a thread of its own, which waits most of the time; dropping this ends it, too.
pub struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
    queue: Queue,
    node: Uuid,
}

impl Running {
    /// Ends the work and gives the job that was under way back to all servers.
    pub async fn stop(self) {
        drop(self.stop);
        // It has ended, well or not.
        let _ = self.thread.await;
        if let Err(error) = self.queue.release(self.node).await {
            tracing::warn!(%error, "the job under way could not be given back; it is free when its lease runs out");
        }
    }
}

/// Begins to take jobs of tiles; where no tiles are kept on disk those alone that put them in files. Must run inside the
/// tokio runtime of the store.
#[must_use]
pub fn start(
    config: &Arc<Config>,
    store: &Store,
    registry: &Registry,
    features: &FeatureEngine,
    (pool, grids): (&DrawingPool, &Grids),
) -> Running {
    let runner = Runner {
        node: Uuid::new_v4(),
        config: Arc::clone(config),
        registry: registry.clone(),
        features: features.clone(),
        pool: pool.clone(),
        grids: grids.clone(),
        queue: Queue::new(store.clone(), LEASE),
    };
    let (queue, node, runtime) = (runner.queue.clone(), runner.node, Handle::current());
    let (stop, stopped) = oneshot::channel();
    let thread = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                () = runner.run() => {}
                _ = stopped => {}
            }
        });
    });
    Running { stop, thread, queue, node }
}

impl Runner {
    /// Takes jobs for ever.
    async fn run(self) {
        let keeps_tiles = self.config.limits.tile_store_megabytes > 0;
        loop {
            match self.queue.take(self.node, keeps_tiles).await {
                Ok(Some(job)) => self.one(job).await,
                Ok(None) => tokio::time::sleep(PAUSE).await,
                Err(error) => {
                    tracing::warn!(%error, "jobs of tiles can't be read; it is tried again");
                    tokio::time::sleep(PAUSE * 5).await;
                }
            }
        }
    }

    /// A job from where it stands to its end.
    async fn one(&self, mut job: Job) {
        let id = job.id;
        tracing::info!(id, from = job.progress.passed, "a job of tiles is taken");
        let ended = match self.work(&mut job).await {
            Ok(state) => state,
            Err(JobError::Lost) => {
                tracing::warn!(id, "a job of tiles is another server's by now");
                return;
            }
            // Nobody is wrong; whoever takes it next goes on from what was written down last.
            Err(JobError::Store(error)) => {
                tracing::warn!(id, %error, "a job of tiles was interrupted");
                tokio::time::sleep(PAUSE * 5).await;
                return;
            }
            Err(JobError::Archive(ArchiveError::Busy(path))) => {
                tracing::info!(id, path = %path.display(), "another server still has the archive");
                tokio::time::sleep(PAUSE * 5).await;
                return;
            }
            Err(error) => {
                tell(&mut job.progress, error.to_string());
                State::Failed
            }
        };
        match self.queue.finish(self.node, &job, ended).await {
            Ok(()) => tracing::info!(id, state = ended.name(), "a job of tiles has ended"),
            Err(error) => tracing::warn!(id, %error, "the end of a job of tiles could not be written down"),
        }
    }

    async fn work(&self, job: &mut Job) -> Result<State, JobError> {
        let order: Order = serde_json::from_value(job.wanted.clone())
            .map_err(|error| JobError::wrong(format!("the order can't be read: {error}")))?;
        let snapshot = self.registry.snapshot();
        order.check(&snapshot, &self.grids)?;
        match order.work {
            Work::Seed => self.seed(job, &order, &snapshot).await,
            Work::Truncate => self.truncate(job, &order, &snapshot).await,
            Work::Export => self.export(job, &order).await,
        }
    }

    async fn seed(&self, job: &mut Job, order: &Order, snapshot: &Snapshot) -> Result<State, JobError> {
        let shelf = Shelf::of(&self.config, WhenFull::Refuse)
            .ok_or_else(|| JobError::wrong("no tiles are kept on disk (tile-store-megabytes)"))?;
        let maker =
            Maker::new(&self.config, self.features.clone(), self.pool.clone(), &shelf, (order, &self.grids))?;
        let layers = plan::layers(snapshot, &order.layers)?;
        let parts = plan::parts(&layers, maker.grid(), order.all_zooms(), order.area.as_ref())?;
        let cover = order.area.as_ref().map(|area| area.cover(&maker.grid().crs.crs)).transpose()?.flatten();
        begin(job, &parts);
        let bytes_before = job.progress.bytes;
        let all = parts.iter().flat_map(|part| part.tiles(TOGETHER).map(move |at| (part, at)));
        let mut beat = self.beat();
        for (part, [row, col]) in all.skip(usize::try_from(job.progress.passed).unwrap_or(usize::MAX)) {
            let inside = cover.as_ref().is_none_or(|cover| {
                let tile = maker.grid().tile(part.level, row, col);
                tile.is_some_and(|tile| cover.touches(&tile.bbox()))
            });
            if inside {
                let making = self.politely(&maker, part, [row, col]);
                let mut making = std::pin::pin!(making);
                let made = loop {
                    tokio::select! {
                        made = &mut making => break made,
                        _ = beat.tick() => if self.queue.keep(self.node, job).await? {
                            return Ok(State::Cancelled);
                        },
                    }
                };
                note(&mut job.progress, made);
            } else {
                job.progress.outside += 1;
                // Thousands of them are no more than one tile, but others want to work as well.
                tokio::task::coop::consume_budget().await;
            }
            job.progress.passed += 1;
            job.progress.bytes = bytes_before + i64::try_from(shelf.put_bytes()).unwrap_or(i64::MAX);
            if shelf.is_full() {
                let remedy = "the store is full; raise tile-store-megabytes, or make room by truncating";
                tell(&mut job.progress, remedy.to_owned());
                return Ok(State::Full);
            }
            if futures_util::poll!(std::pin::pin!(beat.tick())).is_ready()
                && self.queue.keep(self.node, job).await?
            {
                return Ok(State::Cancelled);
            }
        }
        let now = self.registry.snapshot();
        for layer in layers.iter().filter(|layer| {
            now.layers.get(&layer.slug).is_none_or(|current| current.generation != layer.generation)
        }) {
            let message = format!("layer '{}' was changed meanwhile; seed it once more", layer.slug);
            tell(&mut job.progress, message);
        }
        Ok(if job.progress.failed > 0 { State::Failed } else { State::Done })
    }

    /// A tile, when nobody draws who waits for it. One that can't be made is tried once more a little later.
    async fn politely(&self, maker: &Maker, part: &Part, [row, col]: [u32; 2]) -> Result<Seeded, String> {
        self.idle().await;
        match maker.one(part, row, col).await {
            Ok(made) => Ok(made),
            Err(_) => {
                tokio::time::sleep(PAUSE).await;
                self.idle().await;
                maker.one(part, row, col).await
            }
        }
    }

    async fn idle(&self) {
        while !self.pool.is_idle() {
            tokio::time::sleep(POLITE).await;
        }
    }

    async fn truncate(&self, job: &mut Job, order: &Order, snapshot: &Snapshot) -> Result<State, JobError> {
        let chosen = Chosen::of(order, snapshot, &self.grids)?;
        // What an earlier server deleted is gone and stays counted.
        let counts = Arc::new(Counts {
            deleted: AtomicI64::new(job.progress.deleted),
            bytes: AtomicI64::new(job.progress.bytes),
            stop: AtomicBool::new(false),
        });
        // Also when this is dropped, as at the end of the server.
        let _stop = StopWhenDropped(Arc::clone(&counts));
        let (root, counting) = (Shelf::folder(&self.config), Arc::clone(&counts));
        let mut deleting = tokio::task::spawn_blocking(move || {
            let condition = |found: &crate::maps::shelf::Found| {
                let goes = !counting.stop.load(Ordering::Relaxed) && chosen.has(found);
                if goes {
                    counting.deleted.fetch_add(1, Ordering::Relaxed);
                    counting.bytes.fetch_add(i64::try_from(found.size).unwrap_or(0), Ordering::Relaxed);
                }
                goes
            };
            let _ = Shelf::remove(&root, &condition);
        });
        let mut beat = self.beat();
        let ended = loop {
            tokio::select! {
                ended = &mut deleting => break ended,
                _ = beat.tick() => {
                    counts.tell(&mut job.progress);
                    if self.queue.keep(self.node, job).await? {
                        counts.stop.store(true, Ordering::Relaxed);
                    }
                }
            }
        };
        counts.tell(&mut job.progress);
        ended.map_err(|_| JobError::wrong("deleting ended by an internal error; the log has it"))?;
        Ok(if counts.stop.load(Ordering::Relaxed) { State::Cancelled } else { State::Done })
    }

    fn beat(&self) -> tokio::time::Interval {
        let every = self.queue.beat();
        let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        beat
    }
}

/// What a deletion has done so far.
struct Counts {
    deleted: AtomicI64,
    bytes: AtomicI64,
    stop: AtomicBool,
}

impl Counts {
    fn tell(&self, progress: &mut Progress) {
        progress.deleted = self.deleted.load(Ordering::Relaxed);
        progress.bytes = self.bytes.load(Ordering::Relaxed);
    }
}

struct StopWhenDropped(Arc<Counts>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

/// Begins anew where the tiles are others than those that were planned before: the data has changed since.
fn begin(job: &mut Job, parts: &[Part]) {
    let text: String = parts
        .iter()
        .map(|part| format!("{}@{}/{}/{:?};", part.layer.id, part.layer.generation, part.level, part.range))
        .collect();
    let plan = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()));
    if job.plan != plan {
        job.plan = plan;
        job.progress = Progress::default();
    }
    job.progress.tiles = i64::try_from(parts.iter().map(Part::count).sum::<u64>()).unwrap_or(i64::MAX);
}

fn note(progress: &mut Progress, made: Result<Seeded, String>) {
    match made {
        Ok(Seeded::There) => progress.there += 1,
        Ok(Seeded::Made) => progress.made += 1,
        Err(message) => {
            progress.failed += 1;
            tell(progress, message);
        }
    }
}

fn tell(progress: &mut Progress, message: String) {
    if progress.messages.len() < TOLD {
        progress.messages.push(message);
    }
}
