//! Where layers have features, noted when they are published, and where those changed, noted by the triggers of their tables.

use super::PublishError;
use super::load::field;
use crate::geo::BBox;
use crate::model::{Edits, Occupancy};
use crate::store::{Ident, Row, Session};
use std::sync::Arc;

/// Cells of a grid for each feature: few enough that small layers have small grids.
const CELLS: i64 = 4;

/// The edits of a layer, from a row of its facts: of the same statement as its generation.
pub(super) fn edits(row: &Row) -> Result<Edits, PublishError> {
    let numbers = |name: &str| field::<Option<Vec<f64>>>(row, name).map(Option::unwrap_or_default);
    let generations: Vec<i64> = field::<Option<_>>(row, "place_generations")?.unwrap_or_default();
    let (min_x, min_y) = (numbers("place_min_x")?, numbers("place_min_y")?);
    let (max_x, max_y) = (numbers("place_max_x")?, numbers("place_max_y")?);
    let corners = min_x.into_iter().zip(min_y).zip(max_x.into_iter().zip(max_y));
    let boxes = corners.map(|((min_x, min_y), (max_x, max_y))| BBox::new(min_x, min_y, max_x, max_y));
    Ok(Edits::new(field(row, "whole_generation")?, generations.into_iter().zip(boxes).collect()))
}

/// The occupied cells of a layer, where they were noted.
pub(super) fn occupancy(row: &Row) -> Result<Option<Arc<Occupancy>>, PublishError> {
    let Some(cells) = field::<Option<Vec<u8>>>(row, "grid_cells")? else { return Ok(None) };
    let size = |name: &str| field::<i32>(row, name).map(|n| u32::try_from(n).unwrap_or(1).max(1));
    Ok(Some(Arc::new(Occupancy {
        corner: [field(row, "grid_min_x")?, field(row, "grid_min_y")?],
        side: [field(row, "grid_side_x")?, field(row, "grid_side_y")?],
        size: [size("grid_columns")?, size("grid_rows")?],
        cells: cells.into(),
    })))
}

/// Notes the cells that the features of a table are in, in the transaction that loaded it.
pub(super) async fn occupy(
    session: &mut Session,
    table: &str,
    extent: Option<BBox>,
    features: i64,
) -> Result<(), PublishError> {
    let Some(extent) = extent.filter(BBox::is_valid) else { return Ok(()) };
    let most = u32::try_from(features.saturating_mul(CELLS)).unwrap_or(u32::MAX);
    let grid = Occupancy::over(&extent, most);
    let [columns, rows] = grid.size.map(|n| i32::try_from(n).unwrap_or(i32::MAX));
    // Each range of cells once, then each cell of it: most features lie in one cell together with others.
    let sql = format!(
        "select distinct y * $5 + x as cell from (
             select distinct
                 least(greatest(floor((st_xmin(b) - $1) / $3), 0), $5 - 1)::int4 as west,
                 least(greatest(floor((st_ymin(b) - $2) / $4), 0), $6 - 1)::int4 as south,
                 least(greatest(floor((st_xmax(b) - $1) / $3), 0), $5 - 1)::int4 as east,
                 least(greatest(floor((st_ymax(b) - $2) / $4), 0), $6 - 1)::int4 as north
             from (select box3d(geom) as b from {} where geom is not null and not st_isempty(geom) offset 0) boxes
         ) ranges, generate_series(west, east) x, generate_series(south, north) y",
        Ident::data(table)
    );
    let [x, y] = grid.corner;
    let [side_x, side_y] = grid.side;
    let mut cells = grid.cells.to_vec();
    for row in session.query(&sql, &[&x, &y, &side_x, &side_y, &columns, &rows]).await? {
        let cell = usize::try_from(field::<i32>(&row, "cell")?).unwrap_or(usize::MAX);
        if let Some(byte) = cells.get_mut(cell / 8) {
            *byte |= 1 << (cell % 8);
        }
    }
    let note = "insert into datasud.occupancy (table_name, min_x, min_y, side_x, side_y, columns, rows, cells) \
                values ($1, $2, $3, $4, $5, $6, $7, $8)";
    session.execute(note, &[&table, &x, &y, &side_x, &side_y, &columns, &rows, &cells]).await?;
    Ok(())
}
