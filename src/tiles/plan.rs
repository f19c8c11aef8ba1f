//! Which features of a layer a tile needs, and how they are placed and thinned.

use super::TileLayer;
use crate::config::{OverviewConfig, PointRule};
use crate::features::{Coarse, Geometry, Query};
use crate::formats::mvt::{Cells, EXTENT, Frame, encodes};
use crate::geo::grid::Tile;
use crate::geo::{BBox, Crs, LocalTransform, Transform, TransformError};
use crate::maps::{extent_in, is_within_use};
use crate::model::Layer;
use std::sync::Arc;

/// Deepest zoom that clients are told of: a unit is there about 15 centimetres; they overzoom from it.
pub const MAX_USEFUL_ZOOM: u8 = 16;

/// Below this zoom of `WebMercatorQuad`, and the scale of other grids that goes with it, polygons that would cover less than `SMALLEST_AREA` are drawn in a selection that
/// covers as much, and details of less than half a unit are left out. Points and lines are all kept.
pub const THINNED_BELOW_ZOOM: u8 = 12;

/// Scale denominator of that zoom, with something for rounding.
const THINNED_ABOVE_SCALE: f64 = 559_082_264.03 / (1_u32 << THINNED_BELOW_ZOOM) as f64 * 1.001;

/// Square units of a tile of 4096 below which a polygon counts as too small to see: one pixel of a map that
/// shows tiles at 512 pixels. Finer tiles have smaller ones.
const SMALLEST_AREA: f64 = 64.0;

/// The same from this zoom down, where towns are a few pixels: a quarter of one.
const SMALLEST_AREA_FAR: f64 = 16.0;

/// Scale denominator above which that holds: zooms up to 8.
const FAR_ABOVE_SCALE: f64 = 559_082_264.03 / 512.0 * 1.001;

/// How much larger than a pixel the cells of an overview may be: they are measured at the middle of the layer, and a
/// unit of a tile is not everywhere the same.
const SLACK: f64 = 1.25;

/// The same for polygons at zooms up to 8, where cells of two pixels are fine enough: of finer ones, nine of ten rows are read only to be
/// found too small to be drawn.
const SLACK_FAR: f64 = 2.5;

/// How exact points are placed, in units of the tile.
const PLACEMENT_TOLERANCE: f64 = 1.0 / 64.0;

/// A layer's part in a tile.
pub(super) struct Plan {
    pub(super) query: Query,
    pub(super) frame: Frame,
    pub(super) smallest_area: f64,
    /// Names of the attributes that are written; the query has more where something else needs them.
    pub(super) shown: Vec<String>,
    /// The cells that points are gathered in, where they are.
    pub(super) cells: Option<Cells>,
    /// Whether not every feature is promised.
    pub(super) thinned: bool,
}

/// Why a layer can't be put in tiles.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// No way from the layer's system to the grid's.
    #[error(transparent)]
    Transform(#[from] TransformError),
}

/// What a tile shows of a layer beyond its own square.
pub(super) struct Surroundings {
    /// The square with its margin, or with the cells around it, in the grid's system.
    pub(super) buffered: BBox,
    /// The cells that points are gathered in, where they are.
    pub(super) cells: Option<Cells>,
    /// Whether not every feature is promised.
    pub(super) thinned: bool,
}

pub(super) fn surroundings(shown: &TileLayer, tile: Tile, overviews: &OverviewConfig) -> Surroundings {
    let square = tile.bbox();
    let resolution = shown.content.resolution;
    let thinned = tile.matrix().scale_denominator > THINNED_ABOVE_SCALE;
    let is_gathered = thinned
        && shown.layer.geometry.dimension() == Some(0)
        && overviews.of(&shown.layer.slug).points == PointRule::Cluster;
    let cells = is_gathered.then(|| Cells::of(tile));
    let margin = square.width() / f64::from(resolution.extent()) * f64::from(resolution.buffer());
    let reach = cells.as_ref().map_or(margin, |cells| cells.reach().max(margin));
    Surroundings { buffered: square.expanded(reach), cells, thinned }
}

/// Plans a layer's part in a tile; `None` when none of its features can be in it.
pub(super) fn plan(
    shown: &TileLayer,
    tile: Tile,
    overviews: &OverviewConfig,
) -> Result<Option<Plan>, PlanError> {
    let layer = &shown.layer;
    let Some(extent) = layer.extent else { return Ok(None) };
    let crs = &tile.grid().crs.crs;
    let square = tile.bbox();
    let resolution = shown.content.resolution;
    let unit = square.width() / f64::from(resolution.extent());
    let Surroundings { buffered, cells, thinned } = surroundings(shown, tile, overviews);
    let is_gathered = cells.is_some();
    let rules = overviews.of(&layer.slug);
    let Some(Covered { window, part }) = covered(layer, &extent, &buffered, crs)? else { return Ok(None) };

    let forward = Transform::new(&layer.crs, crs)?;
    let near = window.unwrap_or(extent);
    // Features reach out of the window by some of their size: give them the fast path as well. Points that are counted
    // lie for each tile where they lie for its neighbours.
    let fast = match &cells {
        None => near.expanded(near.width().max(near.height()) / 2.0),
        Some(_) => BBox::EMPTY,
    };
    let transform = LocalTransform::new(forward, &fast, unit * PLACEMENT_TOLERANCE);

    let written = written(shown, thinned, overviews);
    // What ranks is read even where it is not written.
    let rank = rules.rank.filter(|rank| layer.column(rank).is_some() && !written.contains(rank));
    let columns: Vec<String> = written.iter().cloned().chain(rank).collect();
    let mut native = in_layer(layer, crs, unit, &near, &part);
    // Tiles that count read the same overview as their neighbours.
    if is_gathered && let Some(lies) = extent_in(std::slice::from_ref(layer), crs) {
        native = in_layer(layer, crs, unit, &extent, &lies);
    }
    let is_far = tile.matrix().scale_denominator > FAR_ABOVE_SCALE;
    let slack = if is_far && layer.geometry.dimension() == Some(2) { SLACK_FAR } else { SLACK };
    // A tile of more units than usual shows finer details; one of fewer has pixels of several of them.
    let fine = f64::from(resolution.extent()) / f64::from(resolution.extent().max(EXTENT));
    let pixel = native * fine * SMALLEST_AREA.sqrt();
    let query = Query {
        columns: Some(columns),
        geometry: match layer.geometry.dimension() {
            Some(0) => Geometry::Native,
            _ if !thinned => Geometry::Native,
            // Without the details that a low zoom can't show.
            _ => Geometry::Simplified(native / 2.0),
        },
        coarse: thinned.then_some(Coarse { cell: pixel * slack, merged: true, counted: is_gathered }),
        window,
        filter: shown.filter.clone(),
        unordered: true,
        ..Query::all(Arc::clone(layer))
    };
    Ok(Some(Plan {
        query,
        frame: Frame::new(transform, &square, resolution),
        // What covers less than a unit can't be drawn at all.
        smallest_area: match thinned {
            true if is_far => (SMALLEST_AREA_FAR * fine * fine).max(1.0),
            true => (SMALLEST_AREA * fine * fine).max(1.0),
            false => 0.0,
        },
        shown: written,
        cells,
        thinned,
    }))
}

/// Names of the attributes that a tile has of a layer, in the layer's order: those that were asked for, those that are
/// configured for where not everything is shown, or all.
fn written(shown: &TileLayer, thinned: bool, overviews: &OverviewConfig) -> Vec<String> {
    let layer = &shown.layer;
    let configured = || overviews.attributes(&layer.slug).filter(|_| thinned);
    let chosen = shown.content.columns.as_deref().or_else(configured);
    let is_chosen = |name: &String| chosen.is_none_or(|chosen| chosen.contains(name));
    layer.columns.iter().filter(|c| encodes(c)).map(|c| c.name.clone()).filter(is_chosen).collect()
}

/// Share of a layer's size that its box in another system may miss, because edges bulge between the points that
/// are placed.
const BULGE: f64 = 0.01;

/// What the buffered square covers of a layer.
struct Covered {
    /// Box in the layer's system; `None` for everything.
    window: Option<BBox>,
    /// The same place in the grid's system.
    part: BBox,
}

/// The part of the layer that the buffered square covers; `None` when it covers nothing.
fn covered(
    layer: &Arc<Layer>,
    extent: &BBox,
    buffered: &BBox,
    crs: &Arc<Crs>,
) -> Result<Option<Covered>, PlanError> {
    let mut part = *buffered;
    // Low tiles reach beyond where the grid's system is defined: only what the layer has of them is placed.
    if let Some(lonlat) = layer.extent_lonlat {
        let Some(lies) = extent_in(std::slice::from_ref(layer), crs) else { return Ok(None) };
        let lies = lies.expanded(lies.width().max(lies.height()) * BULGE);
        let Some(common) = buffered.intersection(&lies) else { return Ok(None) };
        if common == lies && is_within_use(&lonlat, crs) {
            return Ok(Some(Covered { window: None, part: common }));
        }
        part = common;
    }
    match Transform::new(crs, &layer.crs)?.bbox(&part) {
        Ok(exact) => {
            let bulge = if part == *buffered { 0.0 } else { BULGE };
            let window = exact.expanded(exact.width().max(exact.height()) * bulge);
            Ok(window.intersects(extent).then_some(Covered { window: Some(window), part }))
        }
        Err(TransformError::OutsideArea { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A unit of the tile in the layer's own.
fn in_layer(layer: &Layer, crs: &Crs, unit: f64, near: &BBox, part: &BBox) -> f64 {
    // The ratio of the two boxes is the local scale, and for
    // a layer smaller than the tile the metres of both units are near enough.
    let ratio = (near.width() / part.width()).min(near.height() / part.height());
    let per_unit = crs.metres_per_unit / layer.crs.metres_per_unit;
    unit * if ratio > 0.0 { ratio.min(per_unit) } else { per_unit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::mvt::Resolution;
    use crate::model::{GeometryType, sample};
    use crate::tiles::TileContent;

    fn layer(srid: i32, extent_lonlat: BBox) -> Arc<Layer> {
        let crs = Crs::from_epsg(srid).expect("known");
        let degrees = Crs::from_epsg(4326).expect("known");
        let extent = Transform::new(&degrees, &crs).expect("path").bbox(&extent_lonlat).expect("inside");
        Arc::new(Layer {
            extent: Some(extent),
            extent_lonlat: Some(extent_lonlat),
            features: 1,
            ..sample::layer("l", GeometryType::MultiPolygon, srid, &[])
        })
    }

    fn planned(shown: &TileLayer, tile: Tile) -> Result<Option<Plan>, PlanError> {
        plan(shown, tile, &OverviewConfig::default())
    }

    const MARSEILLE: BBox = BBox::new(5.2, 43.2, 5.5, 43.4);

    fn tile_at(z: u8, longitude: f64, latitude: f64) -> Tile {
        let side = f64::from(1_u32 << z);
        let x = (longitude + 180.0) / 360.0 * side;
        let y = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
        Tile::web_mercator(z, x as u32, y as u32).expect("in the grid")
    }

    #[test]
    fn the_window_holds_every_point_of_the_buffered_tile_in_any_system() {
        for srid in [2154, 4326, 3857, 3943, 2975] {
            let extent = if srid == 2975 { BBox::new(55.2, -21.4, 55.9, -20.8) } else { MARSEILLE };
            let layer = layer(srid, extent);
            let [longitude, latitude] = extent.centre();
            for z in [10, 12, 14, 18] {
                let tile = tile_at(z, longitude, latitude);
                for (extent, buffer) in [(4096, 64), (256, 64), (16_384, 256), (512, 0)] {
                    let resolution = Resolution::new(extent, buffer).expect("in bounds");
                    let content = TileContent { resolution, ..TileContent::default() };
                    let shown = TileLayer { content, ..layer.clone().into() };
                    let plan = planned(&shown, tile).expect("planned").expect("inside");
                    let window = plan.query.window.unwrap_or(extent_of(&layer));
                    let unit = tile.bbox().width() / f64::from(EXTENT);
                    let square = tile.bbox().expanded(unit * (f64::from(buffer) - 0.1));
                    let back =
                        Transform::new(&Crs::from_epsg(3857).expect("3857"), &layer.crs).expect("path");
                    for k in 0..=40 {
                        let t = f64::from(k) / 40.0;
                        for (x, y) in [
                            (square.min_x, square.min_y + t * square.height()),
                            (square.max_x, square.min_y + t * square.height()),
                            (square.min_x + t * square.width(), square.min_y),
                            (square.min_x + t * square.width(), square.max_y),
                        ] {
                            let [x, y] = back.point(x, y).expect("placed");
                            let inside = window.contains(x, y) || !extent_of(&layer).contains(x, y);
                            assert!(inside, "{srid} z{z}: {x} {y} outside {window:?}");
                        }
                    }
                }
            }
        }
    }

    fn extent_of(layer: &Layer) -> BBox {
        layer.extent.expect("there is one")
    }

    #[test]
    fn tiles_away_from_the_layer_need_no_database() {
        let layer = layer(2154, MARSEILLE);
        assert!(planned(&layer.clone().into(), tile_at(14, 2.35, 48.85)).expect("planned").is_none());
        assert!(planned(&layer.clone().into(), tile_at(3, -100.0, -40.0)).expect("planned").is_none());
    }

    #[test]
    fn tiles_of_national_grids_reach_beyond_where_their_systems_are_defined() {
        let grid = crate::geo::grid::standard().iter().find(|g| g.id == "LAMB93_10cm").expect("there");
        for srid in [2154, 4326, 3857] {
            let layer = layer(srid, MARSEILLE);
            for level in 0..22 {
                let extent = extent_in(std::slice::from_ref(&layer), &grid.crs.crs).expect("inside");
                let [x, y] = extent.centre();
                let range = grid.matrices[level].tiles_of(&BBox::new(x, y, x, y)).expect("inside");
                let tile = grid.tile(level, range.min_row, range.min_col).expect("exists");
                assert!(planned(&layer.clone().into(), tile).expect("planned").is_some(), "{srid} {level}");
            }
            let far = grid.tile(8, 0, 0).expect("exists");
            assert!(planned(&layer.clone().into(), far).expect("planned").is_none());
        }
        let reunion = layer(2975, BBox::new(55.2, -21.4, 55.9, -20.8));
        let top = grid.tile(0, 0, 0).expect("exists");
        assert!(planned(&reunion.into(), top).expect("planned").is_none());
    }

    #[test]
    fn a_low_tile_that_holds_the_whole_layer_needs_no_window() {
        let layer = layer(2154, MARSEILLE);
        for z in 0..6 {
            let plan =
                planned(&layer.clone().into(), tile_at(z, 5.3, 43.3)).expect("planned").expect("inside");
            assert_eq!(plan.query.window, None);
        }
    }

    #[test]
    fn details_are_left_out_at_low_zooms_by_less_than_a_unit() {
        for (srid, metres) in [(2154, 1.0), (4326, 111_319.5)] {
            let layer = layer(srid, MARSEILLE);
            let tile = tile_at(10, 5.3, 43.3);
            let plan = planned(&layer.clone().into(), tile).expect("planned").expect("inside");
            let Geometry::Simplified(tolerance) = plan.query.geometry else { panic!("not simplified") };
            let unit = tile.bbox().width() / f64::from(EXTENT);
            assert!(
                tolerance * metres <= unit * 0.51 && tolerance * metres > unit * 0.2,
                "{srid}: {tolerance}"
            );
        }
        let plan = planned(&layer(2154, MARSEILLE).into(), tile_at(12, 5.3, 43.3))
            .expect("planned")
            .expect("inside");
        assert_eq!((plan.query.geometry, plan.smallest_area), (Geometry::Native, 0.0));
    }
}
