//! Making one tile.

use super::plan::Part;
use super::{JobError, Order, plan};
use crate::config::Config;
use crate::features::FeatureEngine;
use crate::formats::image::Library;
use crate::geo::grid::{Grids, Tile, TileMatrixSet};
use crate::maps::shelf::Shelf;
use crate::maps::{MapEngine, MapLayer, Seeded};
use crate::model::Layer;
use crate::render::{DrawingPool, ImageFormat};
use crate::store::Deadline;
use crate::tiles::{TileEngine, TileLayer, map_of, part_of};
use std::sync::Arc;
use std::time::Duration;

/// What makes the tiles of an order.
pub struct Maker {
    maps: MapEngine,
    tiles: TileEngine,
    grid: &'static TileMatrixSet,
    /// `None` for vector tiles.
    format: Option<ImageFormat>,
    style: String,
    time: Duration,
}

impl Maker {
    /// Puts the tiles of an order on a shelf.
    ///
    /// # Errors
    /// [`JobError::Wrong`] when there is no such grid.
    pub fn new(
        config: &Config,
        features: FeatureEngine,
        pool: DrawingPool,
        shelf: &Arc<Shelf>,
        (order, grids): (&Order, &Grids),
    ) -> Result<Self, JobError> {
        let shelf = Some(Arc::clone(shelf));
        let library = Library::new(&config.data);
        let maps = MapEngine::new(features.clone(), library, pool, &config.limits).with_shelf(shelf.clone());
        Ok(Self {
            maps,
            tiles: TileEngine::new(features, &config.limits)
                .with_overviews(config.overviews.clone())
                .with_shelf(shelf),
            grid: plan::grid(grids, order.grid_name())?,
            format: order.picture(),
            style: order.style.clone().unwrap_or_default(),
            time: config.limits.export(),
        })
    }

    /// The grid.
    #[must_use]
    pub const fn grid(&self) -> &'static TileMatrixSet {
        self.grid
    }

    /// Sees to it that a tile is on the shelf.
    ///
    /// # Errors
    /// A sentence that names the tile.
    pub async fn one(&self, part: &Part, row: u32, col: u32) -> Result<Seeded, String> {
        let Some(tile) = self.grid.tile(part.level, row, col) else { return Ok(Seeded::There) };
        let made = match self.format {
            None => {
                let layers = [TileLayer::from(Arc::clone(&part.layer))];
                let made = self.tiles.seed(&layers, tile, Deadline::after(self.time)).await;
                made.map_err(|error| error.to_string())
            }
            Some(format) => self.picture(&part.layer, tile, format).await,
        };
        made.map_err(|error| format!("layer '{}', tile {tile}: {error}", part.layer.slug))
    }

    async fn picture(&self, layer: &Arc<Layer>, tile: Tile, format: ImageFormat) -> Result<Seeded, String> {
        let Some(style) = layer.style(&self.style) else { return Err("the style is gone".to_owned()) };
        let map = map_of(tile, vec![MapLayer::new(Arc::clone(layer), style.clone())], format);
        let part = part_of(tile, &map);
        let made = self.maps.seed(map, part, Deadline::after(self.time)).await;
        made.map_err(|error| error.to_string())
    }
}
