//! Points gathered by cell, with their number: what low zooms show of many points.

use super::collect::Collected;
use super::frame::Frame;
use super::ring::Spot;
use crate::geo::grid::{Corner, Tile};
use crate::geo::wkb::{self, WkbError};
use crate::model::Value;
use std::collections::BTreeMap;

/// Cells along a tile's side: 64 pixels, where tiles are shown at 512.
const CELLS: u32 = 8;

/// The cells of a tile and of those around it. They are counted through the whole grid from its origin, x to the east
/// and y to the north, by the position in the grid's system alone: whichever tile looks at a point finds it in the same
/// cell, and each cell lies in one tile.
#[derive(Clone, Debug)]
pub struct Cells {
    origin: [f64; 2],
    side: [f64; 2],
    /// The tile's own cell in its south-west.
    first: [i64; 2],
}

impl Cells {
    /// The cells of a tile.
    #[must_use]
    pub fn of(tile: Tile) -> Self {
        let matrix = tile.matrix();
        let cells = i64::from(CELLS);
        let row = i64::from(tile.row());
        Self {
            origin: matrix.origin,
            side: matrix.span().map(|span| span / f64::from(CELLS)),
            first: [
                i64::from(tile.col()) * cells,
                match matrix.corner {
                    Corner::TopLeft => -(row + 1) * cells,
                    Corner::BottomLeft => row * cells,
                },
            ],
        }
    }

    /// How far beyond the tile cells matter, in the grid's system: the ring of cells around it, whose clusters may lie
    /// in the margin.
    #[must_use]
    pub fn reach(&self) -> f64 {
        self.side[0].max(self.side[1])
    }

    /// The cell of a point; `None` beyond the ring.
    fn at(&self, point: [f64; 2]) -> Option<[i64; 2]> {
        let along = |axis: usize| -> Option<i64> {
            let cell = ((point.get(axis)? - self.origin.get(axis)?) / self.side.get(axis)?).floor();
            let first = *self.first.get(axis)?;
            let near = cell >= (first - 1) as f64 && cell <= (first + i64::from(CELLS)) as f64;
            near.then_some(cell as i64)
        };
        Some([along(0)?, along(1)?])
    }

    /// On which side of the tile a cell lies along an axis: -1, 0 for inside, 1.
    fn side_of(&self, cell: [i64; 2]) -> [i64; 2] {
        let [x, y] = [cell[0] - self.first[0], cell[1] - self.first[1]];
        [x, y].map(|offset| match offset {
            ..0 => -1,
            _ if offset >= i64::from(CELLS) => 1,
            _ => 0,
        })
    }
}

/// What stands for the points of a cell.
pub(super) struct Cluster {
    /// Number of points.
    pub(super) count: u64,
    /// Their mean, in the tile's units.
    pub(super) spot: Spot,
    /// The point of the highest rank: its identifier and values.
    pub(super) fid: i64,
    pub(super) values: Vec<Value<'static>>,
}

/// Points on their way into clusters. What it holds is bounded by the cells.
pub(super) struct Gathering {
    cells: Cells,
    collected: Collected,
    found: BTreeMap<[i64; 2], Gathered>,
}

struct Gathered {
    count: u64,
    /// Sums of positions in the tile's units, each as often as it counts.
    sum: [f64; 2],
    rank: f64,
    fid: i64,
    values: Vec<Value<'static>>,
}

impl Gathering {
    pub(super) fn new(cells: Cells) -> Self {
        Self { cells, collected: Collected::default(), found: BTreeMap::new() }
    }

    /// Adds a point that stands for `count`; one of several points lies at their mean.
    pub(super) fn add(
        &mut self,
        (fid, rank, count): (i64, Option<f64>, u64),
        ewkb: &[u8],
        values: &[Value<'_>],
        frame: &Frame,
    ) -> Result<(), WkbError> {
        self.collected.clear();
        wkb::walk(ewkb, &mut self.collected)?;
        let Some(middle) = mean(&self.collected.points) else { return Ok(()) };
        let mut place = [middle];
        frame.to_grid(&mut place);
        let [place] = place;
        let Some(cell) = self.cells.at(place) else { return Ok(()) };
        let units = frame.to_units(place);
        // NaN would be first.
        let rank = rank.filter(|r| !r.is_nan()).unwrap_or(f64::NEG_INFINITY);
        let own = || values.iter().map(owned).collect();
        let gathered = self.found.entry(cell).or_insert_with(|| Gathered {
            count: 0,
            sum: [0.0; 2],
            rank,
            fid,
            values: own(),
        });
        let weight = count as f64;
        gathered.count += count;
        gathered.sum = [gathered.sum[0] + units[0] * weight, gathered.sum[1] + units[1] * weight];
        if rank > gathered.rank || (rank == gathered.rank && fid < gathered.fid) {
            *gathered = Gathered { rank, fid, values: own(), ..*gathered };
        }
        Ok(())
    }

    /// The clusters of the tile and of its margin. Those of its own cells lie in the tile and no others do, whatever
    /// rounding says: so that the numbers of all tiles add up.
    pub(super) fn clusters(self, frame: &Frame) -> Vec<Cluster> {
        let resolution = frame.resolution();
        let (side, clip) = (resolution.extent() as i32, resolution.clip());
        let cells = self.cells;
        let placed = |(cell, gathered): ([i64; 2], Gathered)| {
            let weight = gathered.count.max(1) as f64;
            let [x, y] = gathered.sum.map(|sum| sum / weight);
            let [east, north] = cells.side_of(cell);
            // Units go down where cells go up.
            let spot = [beside(x, east, side), beside(y, -north, side)];
            clip.contains(f64::from(spot[0]), f64::from(spot[1])).then_some(Cluster {
                count: gathered.count,
                spot,
                fid: gathered.fid,
                values: gathered.values,
            })
        };
        self.found.into_iter().filter_map(placed).collect()
    }
}

/// A position along an axis as a whole number that is on its side of the tile.
fn beside(position: f64, which: i64, side: i32) -> i32 {
    let rounded = position.round() as i32;
    match which {
        ..0 => rounded.min(-1),
        0 => rounded.clamp(0, side - 1),
        _ => rounded.max(side),
    }
}

fn mean(points: &[[f64; 2]]) -> Option<[f64; 2]> {
    let placed = || points.iter().filter(|p| p[0].is_finite() && p[1].is_finite());
    let count = placed().count();
    let sum = placed().fold([0.0, 0.0], |sum, p| [sum[0] + p[0], sum[1] + p[1]]);
    (count > 0).then(|| sum.map(|s| s / count as f64))
}

fn owned(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Text(text) => Value::Text(text.clone().into_owned().into()),
        Value::Integer(number) => Value::Integer(*number),
        Value::Real(number) => Value::Real(*number),
        Value::Decimal(text) => Value::Decimal(text.clone().into_owned().into()),
        Value::Boolean(truth) => Value::Boolean(*truth),
        Value::Date(day) => Value::Date(*day),
        Value::Time(time) => Value::Time(*time),
        Value::Timestamp(instant) => Value::Timestamp(*instant),
        Value::Json(text) => Value::Json(text.clone().into_owned().into()),
        Value::Binary(bytes) => Value::Binary(bytes.clone().into_owned().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_point_of_the_grid_belongs_to_exactly_one_tile_borders_included() {
        let side = Tile::web_mercator(3, 0, 0).expect("there").bbox().width();
        let west = -20_037_508.342_789_244;
        for k in 0..=16 {
            for j in 1..=16 {
                let point = [west + f64::from(k) * side / 4.0, -west - f64::from(j) * side / 4.0];
                let owners = (0..8).flat_map(|x| (0..8).map(move |y| (x, y))).filter(|(x, y)| {
                    let cells = Cells::of(Tile::web_mercator(3, *x, *y).expect("there"));
                    cells.at(point).is_some_and(|cell| cells.side_of(cell) == [0, 0])
                });
                assert_eq!(owners.count(), 1, "{point:?}");
            }
        }
    }

    #[test]
    fn a_position_never_leaves_its_side_of_the_tile_by_rounding() {
        assert_eq!(
            [beside(4095.7, 0, 4096), beside(-0.2, -1, 4096), beside(4095.9, 1, 4096)],
            [4095, -1, 4096]
        );
        assert_eq!([beside(0.2, 0, 4096), beside(-30.0, -1, 4096), beside(4100.4, 1, 4096)], [0, -30, 4100]);
    }
}
