//! Which tiles of the store are to be deleted.

use super::area::Cover;
use super::plan::{self, Zooms};
use super::{JobError, Order, TOGETHER};
use crate::geo::grid::{Grids, TileRange};
use crate::maps::shelf::Found;
use crate::publish::Snapshot;
use std::collections::{HashMap, HashSet};

/// The tiles that an order is about, as they are found in the store.
pub struct Chosen {
    /// Identifiers of layers; all when absent.
    ids: Option<HashSet<String>>,
    grid: Option<String>,
    zooms: Option<Zooms>,
    boxes: Option<HashMap<(String, String), TileRange>>,
    /// The area in each grid; a grid that it can't be placed in has none of it.
    covers: HashMap<String, Cover>,
    grids: Grids,
}

impl Chosen {
    /// The tiles of an order.
    ///
    /// # Errors
    /// [`JobError::Wrong`]: no such layer or grid.
    pub fn of(order: &Order, snapshot: &Snapshot, grids: &Grids) -> Result<Self, JobError> {
        if let Some(name) = &order.grid {
            plan::grid(grids, name)?;
        }
        let layers = plan::layers(snapshot, &order.layers)?;
        let ids = (!layers.is_empty()).then(|| layers.iter().map(|layer| layer.id.to_string()).collect());
        let (mut boxes, mut covers) = (None, HashMap::new());
        if let Some(area) = &order.area {
            let mut ranges = HashMap::new();
            for grid in grids.iter() {
                match area.cover(&grid.crs.crs) {
                    Ok(cover) => covers.extend(cover.map(|cover| (grid.id.clone(), cover))),
                    Err(JobError::Wrong(_)) if order.grid.as_deref() != Some(&grid.id) => continue,
                    Err(error) => return Err(error),
                }
                for matrix in &grid.matrices {
                    if let Some(range) = plan::tiles_in(grid, matrix, &area.bbox())? {
                        ranges.insert((grid.id.clone(), matrix.id.clone()), range);
                    }
                }
            }
            boxes = Some(ranges);
        }
        let grids = grids.clone();
        Ok(Self { ids, grid: order.grid.clone(), zooms: order.zooms, boxes, covers, grids })
    }

    /// Whether a tile is one of them.
    #[must_use]
    pub fn has(&self, found: &Found) -> bool {
        // A folder of many layers doesn't name them: it goes with any.
        let of_layer = self.ids.as_ref().is_none_or(|ids| {
            found.layers.starts_with("many-") || found.layers.split('+').any(|id| ids.contains(id))
        });
        let level = || self.grids.find(&found.grid)?.matrix_index(&found.matrix);
        of_layer
            && self.grid.as_ref().is_none_or(|grid| *grid == found.grid)
            && self.zooms.is_none_or(|zooms| level().is_some_and(|level| zooms.has(level)))
            && self.boxes.as_ref().is_none_or(|boxes| touches(boxes, found))
            && self.covers.get(&found.grid).is_none_or(|cover| self.in_cover(cover, found))
    }

    fn in_cover(&self, cover: &Cover, found: &Found) -> bool {
        let Some(grid) = self.grids.find(&found.grid) else { return false };
        let Some(level) = grid.matrix_index(&found.matrix) else { return false };
        let side = side(found);
        (0..side).any(|down| {
            (0..side).any(|right| {
                let (row, col) = (found.row.saturating_add(down), found.col.saturating_add(right));
                grid.tile(level, row, col).is_some_and(|tile| cover.touches(&tile.bbox()))
            })
        })
    }
}

/// One file may hold a block of tiles, named by its first.
fn side(found: &Found) -> u32 {
    if found.path.extension().is_some_and(|end| end == "parts") { TOGETHER } else { 1 }
}

fn touches(boxes: &HashMap<(String, String), TileRange>, found: &Found) -> bool {
    boxes.get(&(found.grid.clone(), found.matrix.clone())).is_some_and(|range| {
        let side = side(found);
        let meets = |at: u32, first: u32, last: u32| at <= last && at.saturating_add(side - 1) >= first;
        meets(found.row, range.min_row, range.max_row) && meets(found.col, range.min_col, range.max_col)
    })
}
