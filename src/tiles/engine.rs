//! Fetching and encoding, side by side.

use super::budget;
use super::cache::{self, Body, Encoding, Key};
use super::content::TileLayer;
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

    /// What names the state of a tile of these layers: changes when a layer does, and with the version
    /// of the program. Costs neither database nor cache. Weak, because the same tile may come in
    /// several encodings.
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
            hash.update(&shown.layer.generation.to_le_bytes());
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
        let mut parts = Vec::new();
        for shown in layers {
            let layer = &shown.layer;
            let planned = plan::plan(shown, tile, &self.overviews)
                .map_err(|cause| Arc::new(TileError::Plan { layer: layer.slug.clone(), cause }))?;
            parts.extend(planned.map(|plan| (Arc::clone(layer), plan)));
        }
        if parts.is_empty() {
            return Ok(Body::EMPTY);
        }
        let Some(cache) = &self.cache else {
            return self.shelved(layers, parts, tile, encoding, deadline).await.map_err(Arc::new);
        };
        let key = Key::new(layers, tile, encoding);
        // A tile kept in the other encoding is a hit, and so is one that somebody else is making.
        let missed = AtomicBool::new(false);
        let make = async {
            if let Some(body) = self.recoded(cache, &key, encoding).await {
                return Ok(body);
            }
            missed.store(true, Ordering::Relaxed);
            self.shelved(layers, parts, tile, encoding, deadline).await
        };
        let found = cache.try_get_with(key.clone(), make).await;
        let result = if missed.into_inner() { "miss" } else { "hit" };
        metrics::counter!("datasud_cache_requests_total", "cache" => "tiles", "result" => result)
            .increment(1);
        found
    }

    /// The tile re-encoded from the cached body of the other encoding.
    async fn recoded(&self, cache: &Cache<Key, Body>, key: &Key, encoding: Encoding) -> Option<Body> {
        let other = match encoding {
            Encoding::Identity => Encoding::Gzip,
            Encoding::Gzip => Encoding::Identity,
        };
        encoded_as(cache.get(&key.with(other)).await?, encoding).await
    }

    /// The tile that lies on disk, or else is made and put there. Those of which a client chose something are not kept: there
    /// are as many as requests.
    async fn shelved(
        &self,
        layers: &[TileLayer],
        parts: Vec<(Arc<Layer>, Plan)>,
        tile: Tile,
        encoding: Encoding,
        deadline: Deadline,
    ) -> Result<Body, TileError> {
        let is_plain = layers.iter().all(TileLayer::is_plain);
        let Some(shelf) = self.shelf.as_ref().filter(|_| is_plain) else {
            return self.make(parts, tile, encoding, deadline).await;
        };
        let address = self.address(layers, tile);
        if let Some(bytes) = shelf.get(&address).await
            && let Some(body) = encoded_as(Body::of_bytes(bytes), encoding).await
        {
            return Ok(body);
        }
        let made = self.make(parts, tile, encoding, deadline).await?;
        shelf.put(address, made.bytes.clone()).await;
        Ok(made)
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
        self.tile(layers, tile, Encoding::Gzip, deadline).await.map(|_| Seeded::Made)
    }

    async fn make(
        &self,
        parts: Vec<(Arc<Layer>, Plan)>,
        tile: Tile,
        encoding: Encoding,
        deadline: Deadline,
    ) -> Result<Body, TileError> {
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
        let plain: Bytes = match encoded.len() {
            1 => encoded.swap_remove(0).into(),
            _ => encoded.concat().into(),
        };
        match encoding {
            _ if plain.is_empty() => Ok(Body::EMPTY),
            Encoding::Identity => Ok(Body { bytes: plain, encoding }),
            Encoding::Gzip => off_thread(move || cache::compress(&plain)).await,
        }
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
        let layers = layers.iter().map(|shown| &*shown.layer);
        Address::new(layers, names, [tile.row(), tile.col()], "mvt", &key)
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
    off_thread(move || match encoding {
        Encoding::Gzip => Some(cache::compress(&body.bytes)),
        Encoding::Identity => match body.encoding {
            Encoding::Identity => Some(body),
            Encoding::Gzip => cache::expand(&body.bytes),
        },
    })
    .await
    .ok()
    .flatten()
}

pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TileError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| TileError::Worker)
}
