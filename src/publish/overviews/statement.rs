//! What the database is asked to do. Names are quoted by [`Ident`], numbers are bound.

use super::make::Subject;
use super::scale::GRID;
use crate::config::PointRule;
use crate::filter::SqlBuilder;
use crate::model::Column;
use crate::store::Ident;

/// Greatest number that a double holds exactly, as `fid`s beside ranks have to be held; other features are not merged.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Where the rows of an overview come from.
#[derive(Clone)]
pub(super) enum Source {
    /// The layer's own table.
    Layer,
    /// A finer overview.
    Band(String),
}

/// An overview to be filled.
pub(super) struct Fill<'a> {
    pub(super) subject: &'a Subject,
    pub(super) band: &'a str,
    pub(super) source: &'a Source,
    pub(super) cell: f64,
    pub(super) block: f64,
    /// Whether tiny features are merged; otherwise each stays.
    pub(super) merges: bool,
    /// Only these blocks.
    pub(super) blocks: Option<(&'a [i64], &'a [i64])>,
}

/// The table of an overview.
pub(super) fn create(subject: &Subject, band: &str) -> String {
    let columns: String = subject
        .columns
        .iter()
        .map(|column| format!(", {} {}", Ident::new(&column.name), column.kind.sql()))
        .collect();
    format!(
        "create table {} (fid bigint not null, \"datasud:x\" bigint not null, \"datasud:y\" bigint not null, \
         \"datasud:size\" float8 not null, \"datasud:rank\" float8 not null, \"datasud:count\" bigint not null\
         {columns}, geom geometry(Geometry, {}))",
        Ident::overview(band),
        subject.crs.srid
    )
}

/// Its indexes, and what the planner wants to know.
pub(super) fn index(band: &str) -> String {
    let band = Ident::overview(band);
    format!(
        "create index on {band} using gist (geom); create index on {band} (\"datasud:x\", \"datasud:y\"); \
         analyze {band}"
    )
}

impl Fill<'_> {
    /// Features that are seen for themselves, their vertices on the grid.
    pub(super) fn kept(&self) -> SqlBuilder {
        let mut sql = self.insert();
        sql.push(&format!("select fid, \"datasud:x\", \"datasud:y\", \"datasud:size\", \"datasud:rank\", \"datasud:count\"{}", self.columns("")));
        // Of a shape that would vanish from the grid the shape itself stays.
        sql.push(", case when snapped is null or ST_IsEmpty(snapped) then geom else snapped end from ");
        self.source(true, &mut sql);
        sql.push(" cross join lateral (select ST_SnapToGrid(s.geom, ").bind(self.cell * GRID, "float8");
        sql.push(") as snapped offset 0) n where not tiny");
        sql
    }

    /// Tiny features, one for each cell.
    pub(super) fn merged(&self) -> SqlBuilder {
        let mut sql = self.insert();
        let cell = self.cell;
        sql.push("select t.fid, g.x, g.y, g.size, g.rank, g.members");
        sql.push(&self.columns("t."));
        if self.is_area() {
            // As much ground as all of them, at most the cell.
            sql.push(", case when g.parts = 1 then ST_Force2D(t.geom) else ST_Expand(ST_SetSRID(ST_MakePoint(g.cx, g.cy), ");
            sql.bind(self.subject.crs.srid, "int4").push("), sqrt(least(greatest(g.size, ");
            sql.bind((cell * GRID).powi(2), "float8")
                .push("), ")
                .bind(cell * cell, "float8")
                .push(")) / 2) end");
        } else if self.subject.is_counted() {
            sql.push(
                ", case when g.parts = 1 then ST_Force2D(t.geom) else ST_SetSRID(ST_MakePoint(g.cx, g.cy), ",
            );
            sql.bind(self.subject.crs.srid, "int4").push(") end");
        } else {
            sql.push(", ST_Force2D(t.geom)");
        }
        // The middle of areas is that of their ground, that of points the mean of all that each stands for.
        let weight = if self.subject.is_counted() { "\"datasud:count\"" } else { "\"datasud:size\"" };
        sql.push(
            " from (select \"datasud:x\" as x, \"datasud:y\" as y, count(*) as parts, \
             sum(\"datasud:count\")::bigint as members, sum(\"datasud:size\") as size, max(\"datasud:rank\") as rank, ",
        );
        for axis in ["cx", "cy"] {
            sql.push(&format!(
                "coalesce(sum({axis} * {weight}) / nullif(sum({weight}), 0), avg({axis})) as {axis}, "
            ));
        }
        sql.push("-((max(array[\"datasud:rank\", -fid::float8]))[2])::bigint as fid from ");
        self.source(false, &mut sql);
        sql.push(" where tiny group by 1, 2, floor(cx / ").bind(cell, "float8");
        sql.push(")::bigint, floor(cy / ").bind(cell, "float8").push(")::bigint) g join ");
        sql.push(&self.table()).push(" t on t.fid = g.fid");
        if matches!(self.source, Source::Band(_)) {
            sql.push(" and t.\"datasud:x\" = g.x and t.\"datasud:y\" = g.y");
        }
        sql.push(" order by g.x, g.y");
        sql
    }

    fn insert(&self) -> SqlBuilder {
        let mut sql = SqlBuilder::new();
        sql.push("insert into ").push(&Ident::overview(self.band).to_string());
        sql.push(
            " (fid, \"datasud:x\", \"datasud:y\", \"datasud:size\", \"datasud:rank\", \"datasud:count\"",
        );
        sql.push(&self.columns("")).push(", geom) ");
        sql
    }

    fn columns(&self, table: &str) -> String {
        let name = |column: &Column| format!(", {table}{}", Ident::new(&column.name));
        self.subject.columns.iter().map(name).collect()
    }

    fn table(&self) -> String {
        match self.source {
            Source::Layer => Ident::data(&self.subject.table).to_string(),
            Source::Band(band) => Ident::overview(band).to_string(),
        }
    }

    fn is_area(&self) -> bool {
        self.subject.geometry.dimension() == Some(2)
    }

    /// The rows of the source with their block, size, rank and middle, and whether they are tiny.
    fn source(&self, whole: bool, sql: &mut SqlBuilder) {
        let block = self.block;
        sql.push("(select s.*, ");
        self.tiny(sql);
        sql.push(" as tiny from (select t.fid");
        let middle = "(ST_XMin(t.geom) + ST_XMax(t.geom)) / 2 as cx, (ST_YMin(t.geom) + ST_YMax(t.geom)) / 2 as cy, \
                      (ST_XMax(t.geom) - ST_XMin(t.geom)) * (ST_YMax(t.geom) - ST_YMin(t.geom)) as box";
        match self.source {
            Source::Layer => {
                for (axis, name) in [("X", "x"), ("Y", "y")] {
                    sql.push(&format!(
                        ", datasud.overview_block(ST_{axis}Min(t.geom), ST_{axis}Max(t.geom), "
                    ));
                    sql.bind(block, "float8").push(&format!(") as \"datasud:{name}\""));
                }
                let size = match self.subject.geometry.dimension() {
                    Some(2) => "coalesce(ST_Area(t.geom), 0)",
                    Some(1) => "coalesce(ST_Length(t.geom), 0)",
                    _ => "0::float8",
                };
                sql.push(", ").push(size).push(" as \"datasud:size\", ");
                match self.subject.rank_column() {
                    // NaN would be first.
                    Some(column) => {
                        let name = Ident::new(&column.name);
                        sql.push(&format!("coalesce(nullif(t.{name}::float8, 'NaN'), '-infinity'::float8)"));
                    }
                    None => {
                        sql.push(size);
                    }
                }
                sql.push(" as \"datasud:rank\", 1::bigint as \"datasud:count\"");
            }
            Source::Band(_) => {
                sql.push(
                    ", t.\"datasud:x\", t.\"datasud:y\", t.\"datasud:size\", t.\"datasud:rank\", t.\"datasud:count\"",
                );
            }
        }
        if whole {
            sql.push(&self.columns("t.")).push(", ST_Force2D(t.geom) as geom");
        }
        sql.push(", ").push(middle).push(" from ").push(&self.table()).push(" t");
        if let Some((x, y)) = self.blocks {
            sql.push(" join unnest(").bind(x.to_vec(), "bigint[]").push(", ").bind(y.to_vec(), "bigint[]");
            sql.push(") as chosen(bx, by) on ");
            match self.source {
                Source::Layer => {
                    sql.push("t.geom && ST_MakeEnvelope((bx - 1e-6) * ").bind(block, "float8");
                    sql.push(", (by - 1e-6) * ").bind(block, "float8");
                    sql.push(", (bx + 1 + 1e-6) * ").bind(block, "float8");
                    sql.push(", (by + 1 + 1e-6) * ").bind(block, "float8");
                    sql.push(", ").bind(self.subject.crs.srid, "int4").push(")");
                    for (axis, name) in [("X", "bx"), ("Y", "by")] {
                        sql.push(&format!(
                            " and datasud.overview_block(ST_{axis}Min(t.geom), ST_{axis}Max(t.geom), "
                        ));
                        sql.bind(block, "float8").push(&format!(") = {name}"));
                    }
                }
                Source::Band(_) => {
                    sql.push("t.\"datasud:x\" = bx and t.\"datasud:y\" = by");
                }
            }
        }
        sql.push(") s where s.\"datasud:x\" is not null and s.\"datasud:y\" is not null) s");
    }

    /// The condition that a feature is too small to be seen for itself.
    fn tiny(&self, sql: &mut SqlBuilder) {
        if !self.merges {
            sql.push("false");
            return;
        }
        let ground = self.cell * self.cell;
        match self.subject.geometry.dimension() {
            // Long or winding shapes cover little but are seen.
            Some(2) => {
                sql.push("(s.\"datasud:size\" < ").bind(ground, "float8").push(" and s.box <= ");
                sql.bind(16.0 * ground, "float8").push(")");
            }
            Some(1) => {
                sql.push("(s.\"datasud:size\" < ").bind(self.cell, "float8").push(")");
            }
            _ => {
                sql.push(if self.subject.rules.points == PointRule::All { "false" } else { "true" });
            }
        }
        sql.push(" and abs(s.fid::float8) < ").bind(EXACT, "float8");
    }
}
