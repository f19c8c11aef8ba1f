//! Reading an overview in the place of a layer's table, and the table itself where features changed since.
//!
//! Both are one statement, and so one moment of the database: a feature whose block is marked comes from the table, all
//! others from the overview, whatever edits and whoever makes overviews anew meanwhile.

use super::page::Page;
use super::plan::{self, Shape};
use super::query::{FeatureError, Geometry, Query};
use crate::filter::{Checked, SqlBuilder};
use crate::model::OverviewBand;
use crate::store::Ident;

/// Share of a block that its box is widened by when the index is asked for it: the sides are rounded numbers.
const ROUNDING: f64 = 1e-6;

/// For how many features a row of an overview stands.
const COUNTED: &str = "\"datasud:count\"";

/// The overview that answers a query as well as the table would, if there is one.
pub(super) fn choose<'a>(query: &'a Query, filter: Option<&Checked>) -> Option<&'a OverviewBand> {
    let coarse = query.coarse?;
    let is_whole = query.unordered && query.page == Page::default();
    // Places are not those of the features; what is computed in the database is left to the table, too.
    let is_plain = filter.is_none_or(Checked::is_plain);
    if !is_whole || !is_plain || matches!(query.geometry, Geometry::In(_)) {
        return None;
    }
    query.layer.overviews.band(coarse.cell, coarse.merged && filter.is_none())
}

/// Writes the statement.
pub(super) fn select(
    query: &Query,
    band: &OverviewBand,
    filter: Option<&Checked>,
    shape: &Shape,
    sql: &mut SqlBuilder,
) -> Result<(), FeatureError> {
    let layer = &query.layer;
    plan::outputs(query, shape, COUNTED, sql);
    sql.push(" from ").push(&Ident::overview(&band.table).to_string()).push(" band where not exists (");
    sql.push("select from datasud.overview_stale stale where stale.table_name = ");
    sql.bind(layer.table.clone(), "text");
    sql.push(" and stale.x = band.\"datasud:x\" and stale.y = band.\"datasud:y\")");
    plan::where_clause(query, filter, " and ", sql)?;

    sql.push(" union all ");
    plan::outputs(query, shape, plan::ONE, sql);
    sql.push(" from (select distinct x as \"datasud:x\", y as \"datasud:y\" from datasud.overview_stale");
    sql.push(" where table_name = ").bind(layer.table.clone(), "text").push(") block");
    // Held together by `offset 0`: block by block through the index, and not at all where none is marked.
    sql.push(" cross join lateral (select * from ").push(&Ident::data(&layer.table).to_string());
    sql.push(" where geom && ");
    push_block(layer.overviews.block, layer.crs.srid, sql);
    for (axis, column) in [("x", "\"datasud:x\""), ("y", "\"datasud:y\"")] {
        sql.push(&format!(" and datasud.overview_block(st_{axis}min(geom), st_{axis}max(geom), "));
        sql.bind(layer.overviews.block, "float8").push(") = block.").push(column);
    }
    plan::where_clause(query, filter, " and ", sql)?;
    sql.push(" offset 0) feature");
    Ok(())
}

/// The box of a block.
fn push_block(side: f64, srid: i32, sql: &mut SqlBuilder) {
    sql.push("ST_MakeEnvelope(");
    for (column, shift) in [("x", -ROUNDING), ("y", -ROUNDING), ("x", 1.0 + ROUNDING), ("y", 1.0 + ROUNDING)]
    {
        sql.push(&format!("(block.\"datasud:{column}\" + ")).bind(shift, "float8").push(") * ");
        sql.bind(side, "float8").push(", ");
    }
    sql.bind(srid, "int4").push(")");
}
