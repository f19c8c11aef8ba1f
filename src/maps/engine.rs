//! The engine: plans, reads, draws, keeps.

use super::area::area_of;
use super::labels::wanted;
use super::plan::plan;
use super::read::{Budget, LayerDrawing, RuleDrawing, read, symbolizers};
use super::shelf::Shelf;
use super::styles::Styles;
use super::{MapError, MapLayer, MapRequest};
use crate::config::Limits;
use crate::features::FeatureEngine;
use crate::formats::image::Library;
use crate::geo::BBox;
use crate::model::Area;
use crate::render::{self, Canvas, DrawingPool, Labels, Setting};
use crate::store::Deadline;
use crate::style::Symbolizer;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use moka::future::Cache;
use std::sync::Arc;

/// Layers of one map read at once: the database answers several at a time, and no map takes all
/// connections.
const SIDE_BY_SIDE: usize = 3;

/// Pixels around a picture in which what changes may be seen in it: where an overview stands for the layer, one symbol may stand for what
/// lies in a cell or two beside it.
const AROUND: f64 = 6.0;

/// An encoded picture.
#[derive(Clone, Debug)]
pub struct MapImage {
    /// The bytes.
    pub bytes: Bytes,
    /// Strong ETag, with its quotes.
    pub etag: String,
}

/// The map engine. Cloning shares its caches.
#[derive(Clone)]
pub struct MapEngine {
    pub(super) features: FeatureEngine,
    pub(super) library: Library,
    pub(super) pool: DrawingPool,
    pub(super) styles: Arc<Styles>,
    kept: Cache<u128, Bytes>,
    pub(super) shelf: Option<Arc<Shelf>>,
    pub(super) limit: usize,
}

impl MapEngine {
    /// An engine over the feature engine, the images and the drawing pool; `limits` bounds its cache and its maps.
    #[must_use]
    pub fn new(features: FeatureEngine, library: Library, pool: DrawingPool, limits: &Limits) -> Self {
        let kept = Cache::builder()
            .max_capacity(limits.map_cache_megabytes << 20)
            // What an entry costs beside its bytes.
            .weigher(|_, bytes: &Bytes| u32::try_from(bytes.len() + 200).unwrap_or(u32::MAX))
            .build();
        Self {
            features,
            library,
            pool,
            styles: Arc::default(),
            kept,
            shelf: None,
            limit: limits.map_features,
        }
    }

    /// The same with tiles kept on disk, too.
    #[must_use]
    pub fn with_shelf(self, shelf: Option<Arc<Shelf>>) -> Self {
        Self { shelf, ..self }
    }

    /// The ETag of a map, known before it is drawn and without the database.
    #[must_use]
    pub fn etag(&self, request: &MapRequest) -> String {
        etag(key(&request.key(), &self.generations(request)))
    }

    /// The generations that the layers of a map have in what it shows.
    pub(super) fn generations(&self, request: &MapRequest) -> Vec<i64> {
        let of = |shown: &MapLayer| {
            let edits = &shown.layer.edits;
            if edits.is_uniform() { edits.whole } else { edits.generation_in(&self.area(request, shown)) }
        };
        request.layers.iter().map(of).collect()
    }

    /// What a map shows of a layer: as far as symbols reach into it. Labels are of features that lie in the map.
    fn area(&self, request: &MapRequest, shown: &MapLayer) -> Area {
        // A style that can't be read is told when the map is drawn.
        let Ok(reach) = self.reach(request, shown) else { return Area::Everywhere };
        let [x, y] = request.pixel();
        let (x, y) = (x * (f64::from(reach) + AROUND), y * (f64::from(reach) + AROUND));
        let BBox { min_x, min_y, max_x, max_y } = request.bbox;
        area_of(&shown.layer, &request.crs, &BBox::new(min_x - x, min_y - y, max_x + x, max_y + y))
    }

    /// The picture, from the cache or drawn; equal requests at the same time are drawn once.
    ///
    /// # Errors
    /// [`MapError`].
    pub async fn image(&self, request: MapRequest, deadline: Deadline) -> Result<MapImage, Arc<MapError>> {
        let key = key(&request.key(), &self.generations(&request));
        self.kept_or(key, self.make(request, deadline)).await
    }

    /// The picture that is kept under a key, or else made, once for all who ask at the same time.
    pub(super) async fn kept_or(
        &self,
        key: u128,
        make: impl Future<Output = Result<Bytes, MapError>>,
    ) -> Result<MapImage, Arc<MapError>> {
        let found = self.kept.entry(key).or_try_insert_with(make).await;
        let result = if found.as_ref().is_ok_and(|e| !e.is_fresh()) { "hit" } else { "miss" };
        metrics::counter!("datasud_cache_requests_total", "cache" => "maps", "result" => result).increment(1);
        Ok(MapImage { bytes: found?.into_value(), etag: etag(key) })
    }

    /// How far a layer's symbols reach beyond their geometry in a map, in its pixels.
    ///
    /// # Errors
    /// [`MapError::Style`].
    pub fn reach(&self, request: &MapRequest, layer: &MapLayer) -> Result<f32, MapError> {
        let style = self.styles.get(&layer.layer, &layer.style)?;
        Ok(style.reach(request.denominator()) * request.scale)
    }

    pub(super) async fn make(&self, request: MapRequest, deadline: Deadline) -> Result<Bytes, MapError> {
        let layers = self.read(&request, deadline).await?;
        self.pool.run(deadline, move || draw(&request, &layers, deadline).map(Bytes::from)).await?
    }

    /// Reads all layers of a map.
    pub(super) async fn read(
        &self,
        request: &MapRequest,
        deadline: Deadline,
    ) -> Result<Vec<LayerDrawing>, MapError> {
        let budget = Budget::new(self.limit);
        let layers: Vec<Option<LayerDrawing>> = futures_util::stream::iter(&request.layers)
            .map(|layer| {
                let budget = &budget;
                async move {
                    let style = self.styles.get(&layer.layer, &layer.style)?;
                    match plan(request, layer, &style)? {
                        Some(plan) if layer.layer.may_have(&self.area(request, layer)) => {
                            read(&self.features, &self.library, plan, budget, deadline).await.map(Some)
                        }
                        _ => Ok(None),
                    }
                }
            })
            .buffered(SIDE_BY_SIDE)
            .try_collect()
            .await?;
        Ok(layers.into_iter().flatten().collect())
    }
}

/// Draws and writes a map.
fn draw(request: &MapRequest, layers: &[LayerDrawing], deadline: Deadline) -> Result<Vec<u8>, MapError> {
    let mut painted = Ok(());
    let drawn = request.sheet().draw(|canvas| painted = paint(request, layers, deadline, canvas))?;
    painted.map(|()| drawn)
}

/// Draws all layers, then all labels.
pub(super) fn paint(
    request: &MapRequest,
    layers: &[LayerDrawing],
    deadline: Deadline,
    canvas: &mut dyn Canvas,
) -> Result<(), MapError> {
    for layer in layers {
        let setting = Setting { scale: layer.scale, strict: layer.strict, origin: request.origin() };
        for rule in &layer.rules {
            for (symbolizer, features) in drawn(layer, rule) {
                if let (Symbolizer::Raster(raster), Some(images)) = (symbolizer, &layer.images) {
                    images.paint(canvas, request, features, raster, deadline)?;
                }
                let scale = layer.scale * symbolizer.unit().pixels(layer.denominator);
                for features in features.chunks(render::portion(symbolizer, scale)) {
                    if deadline.left().is_zero() {
                        return Err(MapError::Deadline);
                    }
                    render::paint(canvas, &layer.shapes, features, symbolizer, Setting { scale, ..setting });
                }
            }
        }
    }
    let mut labels = Labels::new(request.width, request.height);
    for label in &wanted(layers) {
        // One label may look for room along all lines of a group.
        if deadline.left().is_zero() {
            return Err(MapError::Deadline);
        }
        labels.add(label);
    }
    labels.draw(canvas);
    Ok(())
}

/// What a rule draws, one after the other: its symbolizers with all its features, or for a computed one each look with the
/// features that have it.
fn drawn<'a>(
    layer: &'a LayerDrawing,
    rule: &'a RuleDrawing,
) -> impl Iterator<Item = (&'a Symbolizer, &'a [u32])> {
    symbolizers(&layer.style, rule.place).iter().enumerate().flat_map(|(index, symbolizer)| {
        let variants = rule.variants.iter().find(|v| v.symbolizer == index);
        let whole = variants.is_none().then_some((symbolizer, rule.features.as_slice()));
        let looks = variants.into_iter().flat_map(|v| &v.looks);
        whole.into_iter().chain(looks.map(|(look, features)| (look, features.as_slice())))
    })
}

/// A number of a picture in a state of its layers.
pub(super) fn key(text: &str, generations: &[i64]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(format!("{text}@{generations:?}").as_bytes())
}

pub(super) fn etag(key: u128) -> String {
    format!("\"{key:032x}\"")
}
