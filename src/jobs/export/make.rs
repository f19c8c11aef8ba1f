//! Making a tile as it lies in the archive.

use super::super::{JobError, Order};
use super::Tools;
use crate::features::FeatureEngine;
use crate::formats::archive::{Cell, TileFormat, gzip};
use crate::formats::image::Library;
use crate::geo::grid::Tile;
use crate::maps::{MapEngine, MapLayer};
use crate::model::{Layer, StyleInfo};
use crate::render::{DrawingPool, ImageFormat};
use crate::store::Deadline;
use crate::tiles::{Encoding, TileEngine, TileLayer, map_of, part_of};
use std::sync::Arc;
use std::time::Duration;

/// Pause before a tile that could not be made is tried once more.
const PAUSE: Duration = Duration::from_secs(1);

/// Pause before it is looked again whether drawing is idle.
const POLITE: Duration = Duration::from_millis(20);

/// What makes the tiles of an export: all layers in one tile.
pub(super) struct Maker {
    maps: MapEngine,
    tiles: TileEngine,
    pool: DrawingPool,
    layers: Vec<Arc<Layer>>,
    /// The format of pictures and the style of each layer; `None` for vector tiles.
    picture: Option<(ImageFormat, Vec<StyleInfo>)>,
    time: Duration,
    polite: bool,
}

impl Maker {
    pub(super) fn new(
        (config, features, pool): Tools<'_>,
        order: &Order,
        layers: &[Arc<Layer>],
        polite: bool,
    ) -> Result<Self, JobError> {
        let picture = match order.picture() {
            None => None,
            Some(format) => {
                let name = order.style.as_deref().unwrap_or_default();
                let styles: Option<Vec<_>> = layers.iter().map(|layer| layer.style(name).cloned()).collect();
                Some((format, styles.ok_or_else(|| JobError::wrong("the style is gone"))?))
            }
        };
        let features: FeatureEngine = features.clone();
        let library = Library::new(&config.data);
        Ok(Self {
            maps: MapEngine::new(features.clone(), library, pool.clone(), &config.limits),
            tiles: TileEngine::new(features, &config.limits).with_overviews(config.overviews.clone()),
            pool: pool.clone(),
            layers: layers.to_vec(),
            picture,
            time: config.limits.export(),
            polite,
        })
    }

    /// What the tiles are.
    pub(super) const fn format(&self) -> TileFormat {
        match &self.picture {
            None => TileFormat::Mvt,
            Some((ImageFormat::Jpeg, _)) => TileFormat::Jpeg,
            Some((ImageFormat::WebP, _)) => TileFormat::WebP,
            Some(_) => TileFormat::Png,
        }
    }

    /// Keys of the layers' styles, in their order; none for vector tiles.
    pub(super) fn styles(&self) -> Vec<Option<i64>> {
        match &self.picture {
            None => vec![None; self.layers.len()],
            Some((_, styles)) => styles.iter().map(|style| Some(style.id)).collect(),
        }
    }

    /// A tile; `None` when nothing is in it. One that can't be made is tried once more a little later.
    pub(super) async fn one(&self, tile: Tile) -> Result<Option<(Cell, Vec<u8>)>, JobError> {
        let cell = Cell { z: u8::try_from(tile.level()).unwrap_or(u8::MAX), x: tile.col(), y: tile.row() };
        self.idle().await;
        let made = match self.make(tile).await {
            Ok(made) => Ok(made),
            Err(_) => {
                tokio::time::sleep(PAUSE).await;
                self.idle().await;
                self.make(tile).await
            }
        };
        let names = || self.layers.iter().map(|l| l.slug.as_str()).collect::<Vec<_>>().join(", ");
        let made = made.map_err(|error| JobError::wrong(format!("{}, tile {tile}: {error}", names())))?;
        Ok((!made.is_empty()).then_some((cell, made)))
    }

    async fn make(&self, tile: Tile) -> Result<Vec<u8>, String> {
        let deadline = Deadline::after(self.time);
        match &self.picture {
            None => {
                let layers: Vec<TileLayer> = self.layers.iter().cloned().map(TileLayer::from).collect();
                let made = self.tiles.tile(&layers, tile, Encoding::Identity, deadline).await;
                let body = made.map_err(|error| error.to_string())?;
                let packed = tokio::task::spawn_blocking(move || gzip(&body.bytes)).await;
                packed.map_err(|_| "it could not be compressed".to_owned())
            }
            Some((format, styles)) => {
                let layers = self.layers.iter().zip(styles);
                let layers = layers.map(|(layer, style)| MapLayer::new(Arc::clone(layer), style.clone()));
                let map = map_of(tile, layers.collect(), *format);
                let part = part_of(tile, &map);
                let made = self.maps.part(map, part, deadline).await;
                Ok(made.map_err(|error| error.to_string())?.bytes.to_vec())
            }
        }
    }

    /// Waits until nobody waits for a drawing.
    async fn idle(&self) {
        while self.polite && !self.pool.is_idle() {
            tokio::time::sleep(POLITE).await;
        }
    }
}
