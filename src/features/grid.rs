//! How many features lie where, so that those in a large box needn't be counted one by one.
//!
//! A grid has the number of features whose middle (of their own box) lies in each of its cells. Of a box that
//! features are to meet, the cells inside are added up; the features at its frame alone are asked of the
//! database, which tells what is still missing, and what was taken for met and isn't:
//!
//! ```text
//! features that meet the box = features with their middle in the cells inside
//!   + those at the frame that meet the box with their middle elsewhere
//!   - those at the frame with their middle in the cells inside that don't meet it
//! ```
//!
//! A feature that meets the box and has its middle elsewhere reaches into the frame, and so does one that has its
//! middle inside and doesn't meet the box: neither can hide from the second question. A grid belongs to one
//! generation of a layer, with which the second statement compares what it sees itself.

use crate::filter::{MeetsBox, SqlBuilder};
use crate::geo::BBox;
use crate::model::{GeometryType, Layer};
use crate::store::{Deadline, Ident, Session, Store, StoreError};
use moka::future::Cache;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Layers with fewer features are counted as fast as they are.
const LARGE: i64 = 20_000;

/// Bytes of all grids together: those of some 60 layers of a million features.
const KEPT: u64 = 64 << 20;

/// What making a grid may take of the database.
const PATIENCE: Duration = Duration::from_secs(60);

/// The grid of a layer that is edited all the time is made anew after this many times of what it took.
const REST: u32 = 20;

/// Grids of layers. Cloning shares them.
#[derive(Clone)]
pub(super) struct Grids {
    store: Store,
    known: Cache<(i64, String), Arc<Grid>>,
    /// One is made at a time.
    making: Arc<Semaphore>,
}

impl Grids {
    pub(super) fn new(store: Store) -> Self {
        let weight = |_: &(i64, String), grid: &Arc<Grid>| {
            u32::try_from(grid.sums.len().saturating_mul(4)).unwrap_or(u32::MAX)
        };
        let known = Cache::builder().weigher(weight).max_capacity(KEPT).build();
        Self { store, known, making: Arc::new(Semaphore::new(1)) }
    }

    /// The features of a layer of a generation that meet a box; `None` where nothing is known of them yet.
    pub(super) async fn count(
        &self,
        session: &mut Session,
        layer: &Layer,
        generation: i64,
        condition: &MeetsBox,
    ) -> Result<Option<u64>, StoreError> {
        let key = (layer.id, condition.property().to_owned());
        let Some(grid) = self.known.get(&key).await.filter(|grid| grid.generation == generation) else {
            return Ok(None);
        };
        let Some(inside) = grid.cells_inside(condition.inner()) else { return Ok(None) };
        let sql = grid.frame(layer, condition, inside);
        let row = session.query_one(sql.text(), &sql.params()).await?;
        let (difference, seen): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
        if seen != Some(generation) {
            return Ok(None);
        }
        let without = if condition.takes_null() { grid.without } else { 0 };
        let known = i64::try_from(grid.sum(inside) + without).unwrap_or(i64::MAX);
        Ok(u64::try_from(known + difference).ok())
    }

    /// Makes the grid of a layer in the background, where that is worth it.
    pub(super) async fn make(&self, layer: &Layer, condition: &MeetsBox) {
        let Some(extent) = layer.extent.filter(|_| layer.features >= LARGE) else { return };
        let key = (layer.id, condition.property().to_owned());
        let old = self.known.get(&key).await;
        if old.is_some_and(|grid| grid.made.elapsed() < grid.took.saturating_mul(REST)) {
            return;
        }
        let Ok(place) = Arc::clone(&self.making).try_acquire_owned() else { return };
        let (grids, layer) = (self.clone(), layer.clone());
        tokio::spawn(async move {
            let _place = place;
            match Grid::of(&grids.store, &layer, &key.1, extent).await {
                Ok(Some(grid)) => grids.known.insert(key, Arc::new(grid)).await,
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, layer = layer.slug, "the features are not counted by cells");
                }
            }
        });
    }
}

/// Cells of a layer's extent, as many along x as along y.
struct Grid {
    generation: i64,
    origin: [f64; 2],
    /// Width and height of a cell.
    cell: [f64; 2],
    side: usize,
    /// At `[row * (side + 1) + column]`: features in all cells before the row and before the column.
    sums: Vec<u32>,
    /// Features without geometry.
    without: u64,
    made: Instant,
    took: Duration,
}

/// Columns and rows, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cells {
    columns: [usize; 2],
    rows: [usize; 2],
}

impl Grid {
    fn empty(extent: BBox, features: i64) -> Self {
        // Some four features a cell; the last cells reach a little beyond the extent, whose edge is within.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let side = ((features as f64).sqrt() / 2.0).clamp(32.0, 1024.0) as usize;
        #[allow(clippy::cast_precision_loss)]
        let size = |length: f64| length.max(1e-6) * (1.0 + 1e-9) / side as f64;
        Self {
            generation: 0,
            origin: [extent.min_x, extent.min_y],
            cell: [size(extent.width()), size(extent.height())],
            side,
            sums: vec![0; (side + 1) * (side + 1)],
            without: 0,
            made: Instant::now(),
            took: Duration::ZERO,
        }
    }

    /// Counts a layer's features by cells; `None` for a layer that is gone. One statement sees the features and
    /// their generation at the same moment.
    async fn of(
        store: &Store,
        layer: &Layer,
        property: &str,
        extent: BBox,
    ) -> Result<Option<Self>, StoreError> {
        let mut grid = Self::empty(extent, layer.features);
        let mut sql = SqlBuilder::new();
        sql.push("select (select generation from datasud.layer where id = ").bind(layer.id, "bigint");
        sql.push(" and table_name = ").bind(layer.table.clone(), "text").push(")");
        // An array for each row of cells: a statement row for each of a million cells would take too much memory.
        sql.push(
            ", j, array_agg(i), array_agg(n) from (select j::int4, i::int4, count(*) as n from (select ",
        );
        grid.push_cell(0, layer, property, &mut sql);
        sql.push(" as i, ");
        grid.push_cell(1, layer, property, &mut sql);
        sql.push(" as j, ").push(property).push(" is null as no_place from ");
        sql.push(&Ident::data(&layer.table).to_string()).push(") placed where no_place");
        for axis in [" or i >= 0 and i < ", " and j >= 0 and j < "] {
            sql.push(axis).bind(i32::try_from(grid.side).unwrap_or(i32::MAX), "int4");
        }
        sql.push(" group by 1, 2) cells group by j");
        let mut transaction = store.session(Deadline::after(PATIENCE)).await?.begin().await?;
        // Nobody waits for this: the other cores are for those who do.
        transaction.session()?.batch("set local max_parallel_workers_per_gather = 0").await?;
        let rows = transaction.session()?.query(sql.text(), &sql.params()).await?;
        transaction.commit().await?;
        for row in rows {
            let Some(generation) = row.try_get(0)? else { return Ok(None) };
            grid.generation = generation;
            let row_of_cells: Option<i32> = row.try_get(1)?;
            let (columns, counts): (Vec<Option<i32>>, Vec<i64>) = (row.try_get(2)?, row.try_get(3)?);
            for (column, count) in columns.into_iter().zip(counts) {
                match (row_of_cells, column) {
                    (Some(j), Some(i)) => grid.put(i, j, count),
                    _ => grid.without += u64::try_from(count).unwrap_or(0),
                }
            }
        }
        grid.add_up();
        grid.took = grid.made.elapsed();
        Ok(Some(grid))
    }

    /// SQL of the column (axis 0) or the row of a feature's middle, a whole `float8`; null without a place.
    fn push_cell(&self, axis: usize, layer: &Layer, property: &str, sql: &mut SqlBuilder) {
        let [place, least, most] =
            [["ST_X(", "ST_XMin(", "ST_XMax("], ["ST_Y(", "ST_YMin(", "ST_YMax("]][axis];
        if layer.geometry == GeometryType::Point && property == "geom" {
            sql.push("floor((").push(place).push(property).push(") - ");
        } else {
            sql.push("floor(((").push(least).push(property).push(") + ").push(most).push(property);
            sql.push(")) / 2 - ");
        }
        sql.bind(self.origin[axis], "float8").push(") / ").bind(self.cell[axis], "float8").push(")");
    }

    fn put(&mut self, column: i32, row: i32, count: i64) {
        let (Ok(column), Ok(row)) = (usize::try_from(column), usize::try_from(row)) else { return };
        if let Some(sum) = self.sums.get_mut((row + 1) * (self.side + 1) + column + 1) {
            *sum = u32::try_from(count).unwrap_or(u32::MAX);
        }
    }

    fn add_up(&mut self) {
        let width = self.side + 1;
        for at in width..self.sums.len() {
            let of = |at: Option<usize>| at.and_then(|at| self.sums.get(at)).copied().unwrap_or(0);
            let before = if at % width == 0 { 0 } else { of(at.checked_sub(1)) };
            let (above, both) = (of(at.checked_sub(width)), of(at.checked_sub(width + 1)));
            let both = if at % width == 0 { 0 } else { both };
            let sum = (before + above).saturating_sub(both).saturating_add(of(Some(at)));
            if let Some(place) = self.sums.get_mut(at) {
                *place = sum;
            }
        }
    }

    /// Features with their middle in cells.
    fn sum(&self, cells: Cells) -> u64 {
        let at = |row: usize, column: usize| {
            u64::from(self.sums.get(row * (self.side + 1) + column).copied().unwrap_or(0))
        };
        let ([left, right], [low, high]) = (cells.columns, cells.rows);
        at(high + 1, right + 1) + at(low, left) - at(low, right + 1) - at(high + 1, left)
    }

    /// The cells that lie wholly inside of a box.
    fn cells_inside(&self, bbox: BBox) -> Option<Cells> {
        // Further in than sums of roundings reach.
        const MARGIN: f64 = 1e-6;
        let last = self.side - 1;
        let along = |axis: usize, least: f64, most: f64| {
            let place = |value: f64| (value - self.origin[axis]) / self.cell[axis];
            let first = (place(least) + MARGIN).ceil().max(0.0);
            #[allow(clippy::cast_precision_loss)]
            let end = (place(most) - MARGIN).floor().min(self.side as f64);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            (first < end).then(|| [first as usize, (end as usize - 1).min(last)])
        };
        Some(Cells { columns: along(0, bbox.min_x, bbox.max_x)?, rows: along(1, bbox.min_y, bbox.max_y)? })
    }

    /// The edges of cells.
    #[allow(clippy::cast_precision_loss)]
    fn bbox(&self, cells: Cells) -> BBox {
        let edge = |axis: usize, number: usize| self.origin[axis] + number as f64 * self.cell[axis];
        let ([left, right], [low, high]) = (cells.columns, cells.rows);
        BBox::new(edge(0, left), edge(1, low), edge(0, right + 1), edge(1, high + 1))
    }

    /// The statement that looks at the features between the cells inside and the outer edge of a box.
    fn frame(&self, layer: &Layer, condition: &MeetsBox, inside: Cells) -> SqlBuilder {
        let property = condition.property();
        let mut sql = SqlBuilder::new();
        sql.push("select count(*) filter (where meets and not inside) - count(*) filter (where inside and not meets)");
        sql.push(", (select generation from datasud.layer where id = ").bind(layer.id, "bigint");
        sql.push(" and table_name = ").bind(layer.table.clone(), "text").push(") from (select ");
        condition.to_sql(&mut sql);
        sql.push(" as meets");
        for (axis, [first, last]) in [inside.columns, inside.rows].into_iter().enumerate() {
            sql.push(if axis == 0 { ", (" } else { " and " });
            self.push_cell(axis, layer, property, &mut sql);
            for (word, number) in [(" between ", first), (" and ", last)] {
                sql.push(word).bind(i32::try_from(number).unwrap_or(i32::MAX), "int4");
            }
        }
        sql.push(") as inside from ").push(&Ident::data(&layer.table).to_string());
        for (at, side) in frame(condition.outer(), self.bbox(inside), self.cell).iter().enumerate() {
            sql.push(if at == 0 { " where " } else { " or " }).push(property);
            sql.push(" && ST_MakeEnvelope(").bind(side.min_x, "float8");
            for edge in [side.min_y, side.max_x, side.max_y] {
                sql.push(", ").bind(edge, "float8");
            }
            sql.push(", ").bind(layer.crs.srid, "int4").push(")");
        }
        sql.push(") at_frame");
        sql
    }
}

/// The left, the right, the lower and the upper side of what lies around a box in another. They reach a little
/// into it, further than its edges may be rounded.
fn frame(outer: BBox, inside: BBox, cell: [f64; 2]) -> [BBox; 4] {
    const INTO: f64 = 1e-3;
    let (x, y) = (cell[0] * INTO, cell[1] * INTO);
    [
        BBox::new(outer.min_x, outer.min_y, inside.min_x + x, outer.max_y),
        BBox::new(inside.max_x - x, outer.min_y, outer.max_x, outer.max_y),
        BBox::new(inside.min_x, outer.min_y, inside.max_x, inside.min_y + y),
        BBox::new(inside.min_x, inside.max_y - y, inside.max_x, outer.max_y),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four by four cells of ten units, each with as many features as the digits of its row and column say.
    fn grid() -> Grid {
        let mut grid = Grid::empty(BBox::new(100.0, 200.0, 140.0, 240.0), 0);
        (grid.side, grid.cell, grid.sums) = (4, [10.0, 10.0], vec![0; 25]);
        for row in 0..4 {
            for column in 0..4 {
                grid.put(column, row, i64::from(10 * row + column));
            }
        }
        grid.add_up();
        grid
    }

    #[test]
    fn cells_are_added_up_whichever_they_are() {
        let grid = grid();
        for (left, right, low, high) in
            [(0, 3, 0, 3), (0, 0, 0, 0), (3, 3, 3, 3), (1, 2, 1, 3), (0, 3, 2, 2), (2, 3, 0, 1)]
        {
            let cells = Cells { columns: [left, right], rows: [low, high] };
            let expected: usize =
                (low..=high).flat_map(|row| (left..=right).map(move |c| 10 * row + c)).sum();
            assert_eq!(grid.sum(cells), expected as u64, "{cells:?}");
        }
    }

    #[test]
    fn only_cells_that_are_wholly_inside_count() {
        let grid = grid();
        let inside = |a, b, c, d| grid.cells_inside(BBox::new(a, b, c, d));
        let cells = |columns, rows| Some(Cells { columns, rows });
        assert_eq!(inside(0.0, 0.0, 999.0, 999.0), cells([0, 3], [0, 3]));
        assert_eq!(inside(101.0, 201.0, 139.0, 239.0), cells([1, 2], [1, 2]));
        assert_eq!(inside(109.0, 219.0, 131.0, 999.0), cells([1, 2], [2, 3]));
        assert_eq!(inside(110.0, 210.0, 130.0, 230.0), None, "edges on edges are not surely inside");
        assert_eq!(inside(111.0, 0.0, 129.0, 999.0), None, "no whole column");
        assert_eq!(inside(300.0, 0.0, 400.0, 999.0), None, "elsewhere");
        assert_eq!(inside(0.0, 0.0, 99.0, 999.0), None, "elsewhere on the other side");
    }

    #[test]
    fn the_frame_covers_all_between_two_boxes() {
        let (outer, inside) = (BBox::new(0.0, 0.0, 10.0, 10.0), BBox::new(3.0, 2.0, 8.0, 9.0));
        let sides = frame(outer, inside, [1.0, 1.0]);
        for x in 0..=100 {
            for y in 0..=100 {
                let (x, y) = (f64::from(x) / 10.0, f64::from(y) / 10.0);
                let in_frame = !(x > 3.0 && x < 8.0 && y > 2.0 && y < 9.0);
                let point = BBox::new(x, y, x, y);
                let found = sides.iter().any(|side| side.intersects(&point));
                assert!(found || !in_frame, "{x} {y}");
                assert!(!found || in_frame || [3.0, 8.0].iter().any(|e| (x - e).abs() < 0.01), "{x} {y}");
            }
        }
    }
}
