//! Fetching and encoding, side by side.

use super::area::{generation, may_have};
use super::budget;
use super::cache::{self, Key};
use super::cold::Cold;
use super::content::TileLayer;
use super::encoding::{self, Body, Encoding};
use super::form::TileForm;
use super::plan::{self, Plan, PlanError};
use crate::config::{Limits, OverviewConfig};
use crate::features::{COUNT, Feature, FeatureEngine, FeatureError};
use crate::formats::mvt::LayerEncoder;
use crate::geo::grid::{Tile, web_mercator_quad};
use crate::maps::Seeded;
use crate::maps::shelf::{Address, Shelf};
use crate::model::{Column, Layer};
use crate::store::{Deadline, StoreError};
use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::{Stream, StreamExt};
use moka::future::Cache;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use xxhash_rust::xxh3::Xxh3Default;

/// Features that go to an encoding thread together: about a millisecond of work.
const BATCH: usize = 1024;

/// Why there is no tile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TileError {
    /// More features than one tile may be made of. Said, rather than a tile with some of them.
    #[error(
        "tile {tile} of layer '{layer}' would hold more than {limit} features; zoom in, or raise the limit map-features"
    )]
    TooManyFeatures {
        /// Layer slug.
        layer: String,
        /// The tile.
        tile: Tile,
        /// The limit.
        limit: usize,
    },
    /// The layer's system can't be brought to the grid's.
    #[error("layer '{layer}' can't be shown in tiles: {cause}")]
    Plan {
        /// Layer slug.
        layer: String,
        /// Why.
        #[source]
        cause: PlanError,
    },
    /// The features can't be read.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// What is in the tile has no place in the form asked for.
    #[error("the tile can't be written in this form: {0}")]
    Form(String),
    /// The encoding thread is gone, because the server stops or by a fault of ours.
    #[error("the tile could not be encoded")]
    Worker,
}

impl TileError {
    /// Whether what was asked for can't be computed, whoever asks and whenever: a filter that divides what can't be divided.
    #[must_use]
    pub fn is_of_request(&self) -> bool {
        matches!(self, Self::Features(FeatureError::Filter(_) | FeatureError::Store(StoreError::Data(_))))
    }

    /// Whether trying again soon may help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Features(FeatureError::Store(
                StoreError::Deadline | StoreError::Unavailable(_) | StoreError::Gone
            ))
        )
    }
}

/// Counts a question to the memory cache by its result.
fn count(result: &'static str) {
    metrics::counter!("datasud_cache_requests_total", "cache" => "tiles", "result" => result).increment(1);
}

/// Makes and keeps vector tiles. Shared by all requests of a server.
pub struct TileEngine {
    features: FeatureEngine,
    feature_limit: usize,
    /// Bytes of a tile at low zooms; `None` for no bound.
    bytes: Option<usize>,
    overviews: OverviewConfig,
    cache: Option<Cache<Key, Body>>,
    shelf: Option<Arc<Shelf>>,
    cold: Option<Cold>,
}

impl TileEngine {
    /// An engine with the limits' cache: `tile-cache-megabytes`, 0 for none.
    #[must_use]
    pub fn new(features: FeatureEngine, limits: &Limits) -> Self {
        Self {
            features,
            feature_limit: limits.map_features,
            bytes: Some(limits.tile_kilobytes.saturating_mul(1000)).filter(|bytes| *bytes > 0),
            overviews: OverviewConfig::default(),
            cache: cache::of_megabytes(limits.tile_cache_megabytes),
            shelf: None,
            cold: None,
        }
    }

    /// The same with what is configured of single layers.
    #[must_use]
    pub fn with_overviews(self, overviews: OverviewConfig) -> Self {
        Self { overviews, ..self }
    }

    /// The same with tiles kept on disk, too.
    #[must_use]
    pub fn with_shelf(self, shelf: Option<Arc<Shelf>>) -> Self {
        Self { shelf, ..self }
    }

    /// The same with the archives below a data directory that servers made of layers (see [`super::archive_folder`]).
    #[must_use]
    pub fn with_archives(self, data: &Path) -> Self {
        let kilobytes = self.bytes.unwrap_or_default() / 1000;
        Self { cold: Some(Cold::new(data, kilobytes)), ..self }
    }

    /// What names the state of a tile of these layers: changes when a layer does in what the tile shows, and with the
    /// version of the program. Costs neither database nor cache. Weak, because the same tile may come in several encodings.
    #[must_use]
    pub fn etag(&self, layers: &[TileLayer], tile: Tile) -> String {
        let mut hash = Xxh3Default::new();
        hash.update(env!("CARGO_PKG_VERSION").as_bytes());
        if web_mercator_quad().is_none_or(|grid| !std::ptr::eq(grid, tile.grid())) {
            hash.update(tile.grid().id.as_bytes());
        }
        hash.update(&[u8::try_from(tile.level()).unwrap_or(u8::MAX)]);
        hash.update(&tile.col().to_le_bytes());
        hash.update(&tile.row().to_le_bytes());
        for shown in layers {
            hash.update(&shown.layer.id.to_le_bytes());
            hash.update(&generation(shown, tile, &self.overviews).to_le_bytes());
            hash.update(self.overviews.own_text(&shown.layer.slug).as_bytes());
            if !shown.is_plain() {
                hash.update(format!("{:?}{:?}", shown.filter, shown.content).as_bytes());
            }
        }
        format!("W/\"{:016x}\"", hash.digest())
    }

    /// The tile of these layers, in their order; empty bytes when no feature lies in it. However many
    /// ask for the same tile at the same moment, it is made once.
    ///
    /// # Errors
    /// [`TileError`], shared with all who waited for the same tile.
    pub async fn tile(
        &self,
        layers: &[TileLayer],
        tile: Tile,
        encoding: Encoding,
        deadline: Deadline,
    ) -> Result<Body, Arc<TileError>> {
        let kept = self.cached(TileForm::Mvt, layers, tile, encoding);
        if let Some((cache, key)) = &kept
            && let Some(body) = cache.get(key).await
        {
            count("hit");
            return Ok(body);
        }
        if !layers.iter().any(|shown| may_have(shown, tile, &self.overviews)) {
            metrics::counter!("datasud_tiles_known_empty_total").increment(1);
            return Ok(Body::EMPTY);
        }
        let Some((cache, key)) = kept else {
            return self.shelved(layers, tile, encoding, deadline).await.map_err(Arc::new);
        };
        // A tile kept in another encoding is a hit, and so is one that somebody else is making.
        let missed = AtomicBool::new(false);
        let make = async {
            if let Some(body) = self.recoded(cache, &key, encoding).await {
                return Ok(body);
            }
            missed.store(true, Ordering::Relaxed);
            self.shelved(layers, tile, encoding, deadline).await
        };
        let found = cache.try_get_with(key.clone(), make).await;
        count(if missed.into_inner() { "miss" } else { "hit" });
        found
    }

    /// Where a tile in a form is kept, if tiles are.
    pub(super) fn cached(
        &self,
        form: TileForm,
        layers: &[TileLayer],
        tile: Tile,
        encoding: Encoding,
    ) -> Option<(&Cache<Key, Body>, Key)> {
        let cache = self.cache.as_ref()?;
        Some((cache, Key::new(layers, &self.generations(layers, tile), tile, encoding).written(form)))
    }

    /// The tile re-encoded from the cached body of another encoding.
    async fn recoded(&self, cache: &Cache<Key, Body>, key: &Key, encoding: Encoding) -> Option<Body> {
        for other in Encoding::ALL.into_iter().filter(|other| *other != encoding) {
            if let Some(body) = cache.get(&key.with(other)).await {
                return encoded_as(body, encoding).await;
            }
        }
        None
    }

    /// The tile that lies on disk, or else is made and put there. Those of which a client chose something are not kept: there
    /// are as many as requests.
    async fn shelved(
        &self,
        layers: &[TileLayer],
        tile: Tile,
        encoding: Encoding,
        deadline: Deadline,
    ) -> Result<Body, TileError> {
        let is_plain = layers.iter().all(TileLayer::is_plain);
        let shelf = self.shelf.as_ref().filter(|_| is_plain).map(|shelf| (shelf, self.address(layers, tile)));
        if let Some((shelf, address)) = &shelf
            && let Some(bytes) = shelf.get(address).await
            && let Some(body) = encoded_as(Body::of_bytes(bytes), encoding).await
        {
            return Ok(body);
        }
        if let (Some(cold), [shown], true) = (&self.cold, layers, is_plain)
            && let generation = generation(shown, tile, &self.overviews)
            && let Some(body) = cold.tile(&shown.layer, generation, tile, &self.overviews).await
            && let Some(body) = encoded_as(body, encoding).await
        {
            return Ok(body);
        }
        let Some(made) = self.planned(layers, tile, deadline).await? else { return Ok(Body::EMPTY) };
        let Some((shelf, address)) = shelf else {
            return off_thread(move || encoding::compress(made, encoding)).await;
        };
        let kept = off_thread(move || encoding::compress(made, Encoding::KEPT)).await?;
        shelf.put(address, kept.bytes.clone()).await;
        // What was just packed can be unpacked.
        encoded_as(kept, encoding).await.ok_or(TileError::Worker)
    }

    /// The bytes of a tile of the layers that may have something in it, from the database; `None` where none may.
    async fn planned(
        &self,
        layers: &[TileLayer],
        tile: Tile,
        deadline: Deadline,
    ) -> Result<Option<Bytes>, TileError> {
        let mut parts = Vec::new();
        for shown in layers.iter().filter(|shown| may_have(shown, tile, &self.overviews)) {
            let layer = &shown.layer;
            let planned = plan::plan(shown, tile, &self.overviews)
                .map_err(|cause| TileError::Plan { layer: layer.slug.clone(), cause })?;
            parts.extend(planned.map(|plan| (Arc::clone(layer), plan)));
        }
        if parts.is_empty() { Ok(None) } else { self.make(parts, tile, deadline).await.map(Some) }
    }

    /// Sees to it that a tile is on disk. One in which no layer can have anything needs no file.
    ///
    /// # Errors
    /// [`TileError`].
    pub async fn seed(
        &self,
        layers: &[TileLayer],
        tile: Tile,
        deadline: Deadline,
    ) -> Result<Seeded, Arc<TileError>> {
        if let Some(shelf) = &self.shelf
            && shelf.has(&self.address(layers, tile)).await
        {
            return Ok(Seeded::There);
        }
        self.tile(layers, tile, Encoding::KEPT, deadline).await.map(|_| Seeded::Made)
    }

    /// The bytes of a tile as they are; none when no feature lies in it.
    async fn make(
        &self,
        parts: Vec<(Arc<Layer>, Plan)>,
        tile: Tile,
        deadline: Deadline,
    ) -> Result<Bytes, TileError> {
        // From the zoom on where every feature is promised nothing is left out for size.
        let room = self.bytes.filter(|_| parts.iter().all(|(_, plan)| plan.thinned)).unwrap_or(usize::MAX);
        let started = parts.into_iter().map(|(layer, plan)| self.encode_layer(layer, plan, tile, deadline));
        let encoders = try_join_all(started).await?;
        let mut encoded: Vec<Vec<u8>> = off_thread(move || {
            let mut encoders = encoders;
            encoders.iter_mut().for_each(LayerEncoder::settle);
            let sizes: Vec<usize> = encoders.iter().map(LayerEncoder::size).collect();
            let share = budget::share(&sizes, room);
            encoders.into_iter().map(|encoder| encoder.finish_within(share)).collect()
        })
        .await?;
        Ok(match encoded.len() {
            1 => encoded.swap_remove(0).into(),
            _ => encoded.concat().into(),
        })
    }

    /// One layer's part: while a batch is encoded on its thread, the next one is fetched.
    async fn encode_layer(
        &self,
        layer: Arc<Layer>,
        plan: Plan,
        tile: Tile,
        deadline: Deadline,
    ) -> Result<LayerEncoder, TileError> {
        let mut stream = self.features.stream(&plan.query, deadline).await?;
        let columns = stream.columns();
        let mut encoder = LayerEncoder::new(&layer.slug, columns, plan.frame, plan.smallest_area)
            .ranked_by(self.rank_of(&layer, columns))
            .showing(|name| plan.shown.iter().any(|shown| shown == name));
        if let Some(cells) = plan.cells {
            encoder = encoder.clustered(cells, columns.iter().position(|c| c.name == COUNT));
        }
        let mut seen = 0;
        let mut batch = next_batch(&mut stream).await?;
        while !batch.is_empty() {
            seen += batch.len();
            if seen > self.feature_limit {
                let (layer, limit) = (layer.slug.clone(), self.feature_limit);
                return Err(TileError::TooManyFeatures { layer, tile, limit });
            }
            let is_last = batch.len() < BATCH;
            let encoded = off_thread(move || add_all(encoder, batch));
            let (done, next) = if is_last {
                (encoded.await, Ok(Vec::new()))
            } else {
                tokio::join!(encoded, next_batch(&mut stream))
            };
            (encoder, batch) = (done?, next?);
        }
        Ok(encoder)
    }

    /// The column that features of a layer are ranked by, if it was configured.
    fn rank_of(&self, layer: &Layer, columns: &[Column]) -> Option<usize> {
        let name = self.overviews.of(&layer.slug).rank?;
        columns.iter().position(|c| c.name == name && c.kind.is_numeric())
    }

    /// Where a tile lies on disk.
    fn address(&self, layers: &[TileLayer], tile: Tile) -> Address {
        let bbox: [f64; 4] = tile.bbox().into();
        // Other rules make other tiles.
        let rules: String = layers.iter().map(|shown| self.overviews.own_text(&shown.layer.slug)).collect();
        let key = format!("{}|{:?}{rules}", tile.grid().crs.crs.srid, bbox.map(f64::to_bits));
        let names = [tile.grid().id.as_str(), tile.matrix().id.as_str()];
        let generations = self.generations(layers, tile);
        let layers = layers.iter().map(|shown| &*shown.layer);
        Address::new(layers, names, [tile.row(), tile.col()], "mvt", &key, &generations)
    }

    /// The generations that layers have in a tile.
    fn generations(&self, layers: &[TileLayer], tile: Tile) -> Vec<i64> {
        layers.iter().map(|shown| generation(shown, tile, &self.overviews)).collect()
    }
}

/// Up to [`BATCH`] features; fewer only at the end of the stream, which is then read to its end so that
/// the connection goes back to the pool.
async fn next_batch(
    stream: &mut (impl Stream<Item = Result<Feature, FeatureError>> + Unpin),
) -> Result<Vec<Feature>, FeatureError> {
    let mut batch = Vec::with_capacity(BATCH);
    while batch.len() < BATCH {
        match stream.next().await {
            Some(feature) => batch.push(feature?),
            None => break,
        }
    }
    Ok(batch)
}

fn add_all(mut encoder: LayerEncoder, batch: Vec<Feature>) -> LayerEncoder {
    for feature in &batch {
        let Some(geometry) = feature.geometry() else { continue };
        if let Err(error) = encoder.add(feature.fid(), geometry, &feature.values()) {
            // A type that layers don't have, such as a curve put in by other hands.
            tracing::warn!(fid = feature.fid(), %error, "a geometry can't be put in a tile");
        }
    }
    encoder
}

/// A body in an encoding; `None` when it can't be read.
async fn encoded_as(body: Body, encoding: Encoding) -> Option<Body> {
    if body.encoding == encoding || body.bytes.is_empty() {
        return Some(body);
    }
    off_thread(move || encoding::recode(body, encoding)).await.ok().flatten()
}

pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TileError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| TileError::Worker)
}
