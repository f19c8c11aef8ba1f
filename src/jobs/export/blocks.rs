//! Which tiles: where any of some layers has something, each once.

use super::super::plan::{self, Zooms, in_blocks};
use super::super::{Area, JobError, TOGETHER};
use crate::geo::grid::{TileMatrixSet, TileRange};
use crate::model::Layer;
use std::sync::Arc;

/// Tiles of a matrix that no other block has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Place of the matrix in its grid: the zoom.
    pub(super) level: usize,
    /// Rows and columns.
    pub(super) range: TileRange,
}

impl Block {
    /// How many tiles.
    pub(super) fn count(&self) -> u64 {
        plan::count(self.range)
    }

    /// Rows and columns, those that are drawn together one after the other.
    pub(super) fn tiles(&self) -> impl Iterator<Item = [u32; 2]> + Send + use<> {
        in_blocks(self.range, TOGETHER)
    }
}

/// The tiles of all layers together, the lowest zoom first.
pub(super) fn of(
    layers: &[Arc<Layer>],
    grid: &TileMatrixSet,
    zooms: Zooms,
    area: Option<&Area>,
) -> Result<Vec<Block>, JobError> {
    let parts = plan::parts(layers, grid, zooms, area)?;
    let mut blocks: Vec<Block> = Vec::new();
    for level in zooms.first..=zooms.last {
        let mut ranges: Vec<TileRange> = Vec::new();
        for part in parts.iter().filter(|part| part.level == level) {
            let mut rest = vec![part.range];
            for known in &ranges {
                rest = rest.into_iter().flat_map(|range| without(range, *known)).collect();
            }
            ranges.extend(rest);
        }
        blocks.extend(ranges.into_iter().map(|range| Block { level, range }));
    }
    Ok(blocks)
}

/// What is left of a range without another: four at most.
fn without(range: TileRange, other: TileRange) -> Vec<TileRange> {
    let TileRange { min_row, max_row, min_col, max_col } = range;
    let (top, bottom) = (min_row.max(other.min_row), max_row.min(other.max_row));
    let (left, right) = (min_col.max(other.min_col), max_col.min(other.max_col));
    if top > bottom || left > right {
        return vec![range];
    }
    let mut rest = Vec::new();
    if min_row < top {
        rest.push(TileRange { max_row: top - 1, ..range });
    }
    if bottom < max_row {
        rest.push(TileRange { min_row: bottom + 1, ..range });
    }
    if min_col < left {
        rest.push(TileRange { min_row: top, max_row: bottom, min_col, max_col: left - 1 });
    }
    if right < max_col {
        rest.push(TileRange { min_row: top, max_row: bottom, min_col: right + 1, max_col });
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::BBox;
    use crate::model::{GeometryType, sample};
    use std::collections::HashSet;

    fn layer(lonlat: BBox) -> Arc<Layer> {
        Arc::new(Layer {
            extent: Some(lonlat),
            extent_lonlat: Some(lonlat),
            ..sample::layer("l", GeometryType::Point, 4326, &[])
        })
    }

    #[test]
    fn a_range_without_another_has_every_other_tile_once() {
        let range = TileRange { min_row: 3, max_row: 9, min_col: 2, max_col: 8 };
        for top in 0..12 {
            for left in 0..11 {
                let other = TileRange { min_row: top, max_row: top + 3, min_col: left, max_col: left + 2 };
                let rest: Vec<_> = without(range, other).into_iter().flat_map(|r| in_blocks(r, 4)).collect();
                let unique: HashSet<_> = rest.iter().copied().collect();
                assert_eq!(unique.len(), rest.len());
                let of = |r: TileRange| in_blocks(r, 4).collect::<HashSet<_>>();
                assert_eq!(unique, of(range).difference(&of(other)).copied().collect());
            }
        }
    }

    #[test]
    fn tiles_of_layers_that_overlap_come_once() {
        let grid = crate::geo::grid::web_mercator_quad().expect("there");
        let (a, b) = (layer(BBox::new(5.0, 43.0, 6.0, 44.0)), layer(BBox::new(5.5, 43.5, 7.0, 45.0)));
        let zooms = Zooms { first: 0, last: 11 };
        let tiles = |layers: &[Arc<Layer>]| {
            let blocks = of(layers, grid, zooms, None).expect("planned");
            let all: Vec<_> =
                blocks.iter().flat_map(|b| b.tiles().map(|at| (b.level, at)).collect::<Vec<_>>()).collect();
            assert_eq!(all.len() as u64, blocks.iter().map(Block::count).sum::<u64>());
            let unique: HashSet<_> = all.iter().copied().collect();
            assert_eq!(unique.len(), all.len());
            unique
        };
        let both = tiles(&[Arc::clone(&a), Arc::clone(&b)]);
        assert_eq!(both, tiles(&[a]).union(&tiles(&[b])).copied().collect());
        assert!(both.contains(&(0, [0, 0])));
    }
}
