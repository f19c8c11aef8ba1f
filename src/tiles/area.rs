//! What of a layer a tile hangs on.

use super::TileLayer;
use super::plan::{Surroundings, surroundings};
use crate::config::OverviewConfig;
use crate::formats::mvt::EXTENT;
use crate::geo::grid::Tile;
use crate::maps::area_of;
use crate::model::Area;

/// 4096ths of a tile's side around what it shows in which what changes may be seen in it at low zooms: a feature of an overview stands for
/// others of its cell, which is at most ten of them wide, and may reach out of it by as much; and each overview is made from a finer one.
const JOINED: f64 = 48.0;

/// The part of a layer that a tile hangs on, in the layer's system: its buffered square or the cells around it and, where features are
/// joined, what is joined with some of it.
fn area(shown: &TileLayer, tile: Tile, overviews: &OverviewConfig) -> Area {
    let layer = &shown.layer;
    let Surroundings { buffered, cells, thinned } = surroundings(shown, tile, overviews);
    let joined = tile.bbox().width() / f64::from(EXTENT) * if thinned { JOINED } else { 0.0 };
    let area = area_of(layer, &tile.grid().crs.crs, &buffered.expanded(joined));
    match area {
        // A point is counted where its overview has it until an edit marks its block, and where it lies from then on: all
        // tiles of the block have to agree on that.
        Area::Within(bbox) if cells.is_some() => Area::Within(bbox.expanded(layer.overviews.block)),
        _ => area,
    }
}

/// The generation that a layer has in a tile: of the last edit that touched it, or of the last change of the whole layer.
pub(super) fn generation(shown: &TileLayer, tile: Tile, overviews: &OverviewConfig) -> i64 {
    let edits = &shown.layer.edits;
    if edits.is_uniform() { edits.whole } else { edits.generation_in(&area(shown, tile, overviews)) }
}

/// Whether a layer may have features in a tile, as far as is known without the database.
pub(super) fn may_have(shown: &TileLayer, tile: Tile, overviews: &OverviewConfig) -> bool {
    shown.layer.extent.is_some() && shown.layer.may_have(&area(shown, tile, overviews))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LayerOverviewConfig, PointRule};
    use crate::formats::mvt::Resolution;
    use crate::geo::{BBox, Crs, Transform};
    use crate::model::{Edits, GeometryType, Layer, Occupancy, Overviews, sample};
    use crate::tiles::TileContent;
    use std::sync::Arc;

    fn generation(shown: &TileLayer, tile: Tile) -> i64 {
        super::generation(shown, tile, &OverviewConfig::default())
    }

    fn may_have(shown: &TileLayer, tile: Tile) -> bool {
        super::may_have(shown, tile, &OverviewConfig::default())
    }

    const MARSEILLE: BBox = BBox::new(5.2, 43.2, 5.5, 43.4);

    /// A layer around Marseille that was edited at one point.
    fn edited(srid: i32, longitude: f64, latitude: f64) -> TileLayer {
        let (own, world) = (Crs::from_epsg(srid).expect("known"), Crs::from_epsg(4326).expect("known"));
        let way = Transform::new(&world, &own).expect("path");
        let [x, y] = way.point(longitude, latitude).expect("placed");
        let extent = way.bbox(&MARSEILLE).expect("placed");
        TileLayer::from(Arc::new(Layer {
            extent: Some(extent),
            extent_lonlat: Some(MARSEILLE),
            edits: Edits::new(5, vec![(9, BBox::new(x, y, x, y))]),
            occupancy: Some(Arc::new(Occupancy::over(&extent, 400))),
            ..sample::layer("l", GeometryType::Point, srid, &[])
        }))
    }

    fn tile_at(z: u8, longitude: f64, latitude: f64) -> Tile {
        let side = f64::from(1_u32 << z);
        let x = (longitude + 180.0) / 360.0 * side;
        let y = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
        Tile::web_mercator(z, x as u32, y as u32).expect("in the grid")
    }

    #[test]
    fn an_edit_is_in_the_tiles_that_it_touches_in_any_system_at_all_zooms_and_in_no_other() {
        for srid in [2154, 4326, 3857, 3943, 32631] {
            let layer = edited(srid, 5.37, 43.3);
            for z in 0..=24 {
                let tile = tile_at(z, 5.37, 43.3);
                assert_eq!(generation(&layer, tile), 9, "{srid} {z}");
                assert!(may_have(&layer, tile), "{srid} {z}");
                if z > 1 {
                    let [column, row] = [tile.col(), tile.row()];
                    let far =
                        |by: u32| Tile::web_mercator(z, (column + by) % (1 << z), (row + by) % (1 << z));
                    let far = far(2).expect("in the grid");
                    assert_eq!(generation(&layer, far), 5, "{srid} {z}");
                    assert!(!may_have(&layer, far), "{srid} {z}");
                }
            }
        }
    }

    /// A tile of a zoom and a layer that was edited so many 4096ths of the tile's side to the west of it.
    fn edited_beside(srid: i32, z: u8, units: f64) -> (TileLayer, Tile) {
        let tile = tile_at(z, 5.37, 43.3);
        let square = tile.bbox();
        let unit = square.width() / 4096.0;
        let world = Crs::from_epsg(4326).expect("known");
        let way = Transform::new(&tile.grid().crs.crs, &world).expect("path");
        let [longitude, latitude] =
            way.point(square.min_x - units * unit, square.centre()[1]).expect("placed");
        (edited(srid, longitude, latitude), tile)
    }

    #[test]
    fn the_buffer_belongs_to_the_tile_and_at_low_zooms_a_little_more() {
        let at = |srid: i32, z: u8, units: f64| {
            let (layer, tile) = edited_beside(srid, z, units);
            generation(&layer, tile)
        };
        assert_eq!((at(3857, 14, 60.0), at(3857, 14, 63.9), at(3857, 14, 70.0)), (9, 9, 5));
        assert_eq!((at(3857, 11, 63.9), at(3857, 11, 110.0), at(3857, 11, 118.0)), (9, 9, 5));
        // The square is turned in other systems, and the box around it a little larger.
        assert_eq!((at(2154, 14, 60.0), at(2154, 14, 63.9), at(2154, 14, 250.0)), (9, 9, 5));
    }

    #[test]
    fn another_buffer_and_the_cells_of_clusters_belong_to_the_tile() {
        let at = |z: u8, units: f64, content: &TileContent, overviews: &OverviewConfig, block: f64| {
            let (TileLayer { layer, filter, .. }, tile) = edited_beside(3857, z, units);
            let layer = Layer { overviews: Overviews { block, ..Overviews::default() }, ..(*layer).clone() };
            let shown = TileLayer { layer: Arc::new(layer), filter, content: content.clone() };
            super::generation(&shown, tile, overviews)
        };
        let (plain, usual) = (TileContent::default(), OverviewConfig::default());
        let cut = |extent, buffer| TileContent {
            resolution: Resolution::new(extent, buffer).expect("in bounds"),
            ..TileContent::default()
        };
        assert_eq!((at(14, 200.0, &cut(512, 256), &usual, 0.0), at(14, 200.0, &plain, &usual, 0.0)), (9, 5));
        assert_eq!(
            (at(14, 20.0, &cut(4096, 0), &usual, 0.0), at(14, 0.0, &cut(4096, 0), &usual, 0.0)),
            (5, 9)
        );

        let own = LayerOverviewConfig {
            layer: "l".into(),
            rank: None,
            points: PointRule::Cluster,
            attributes: None,
            off: false,
        };
        let clusters = OverviewConfig { layers: vec![own], ..OverviewConfig::default() };
        // A cell is an eighth of the tile.
        assert_eq!((at(11, 512.0, &plain, &clusters, 0.0), at(11, 570.0, &plain, &clusters, 0.0)), (9, 5));
        // A tile of zoom 11 is 19 568 metres wide, a block of 3 000 metres 628 units.
        assert_eq!(
            (at(11, 1150.0, &plain, &clusters, 3000.0), at(11, 1200.0, &plain, &clusters, 3000.0)),
            (9, 5)
        );
        // From there on each point is there for itself.
        assert_eq!(at(12, 70.0, &plain, &clusters, 3000.0), 5);
        assert_eq!(at(11, 570.0, &plain, &usual, 3000.0), 5);
    }

    #[test]
    fn tiles_of_national_grids_are_told_apart_as_well() {
        let grid = crate::geo::grid::standard().iter().find(|g| g.id == "LAMB93_10cm").expect("there");
        let layer = edited(4326, 5.37, 43.3);
        let way = Transform::new(&layer.layer.crs, &grid.crs.crs).expect("path");
        let [x, y] = way.point(5.37, 43.3).expect("placed");
        for (level, matrix) in grid.matrices.iter().enumerate() {
            let range = matrix.tiles_of(&BBox::new(x, y, x, y)).expect("inside");
            let tile = grid.tile(level, range.min_row, range.min_col).expect("exists");
            assert_eq!(generation(&layer, tile), 9, "{level}");
            if let Some(far) = grid.tile(level, range.min_row + 2, range.min_col + 2) {
                assert_eq!(generation(&layer, far), 5, "{level}");
            }
        }
    }

    #[test]
    fn a_layer_that_nobody_edited_has_one_generation_everywhere() {
        let mut layer = (*edited(2154, 5.37, 43.3).layer).clone();
        layer.edits = Edits::none_since(5);
        let layer = TileLayer::from(Arc::new(layer));
        assert_eq!(generation(&layer, tile_at(14, 5.37, 43.3)), 5);
        assert!(!may_have(&layer, tile_at(14, 5.37, 43.3)), "its grid is empty");
    }
}
