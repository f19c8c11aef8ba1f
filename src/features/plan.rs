//! From a [`Query`] to SQL: only stored tables and columns, quoted; every value bound.

use super::query::{FeatureError, Geometry, Query, Sort};
use crate::filter::{PropertyKind, Schema, SqlBuilder, check};
use crate::geo::{BBox, Transform};
use crate::model::{Column, Layer};
use crate::store::Ident;
use std::sync::Arc;

/// What the rows of a planned query hold, and what is still to be done to them.
#[derive(Debug)]
pub(super) struct Shape {
    /// Columns of the row after `fid` and, if any, the geometry.
    pub(super) columns: Vec<Column>,
    /// Whether the row has a geometry.
    pub(super) has_geometry: bool,
    /// How to move it.
    pub(super) transform: Option<Transform>,
}

impl Shape {
    /// Index of the first attribute in the row.
    pub(super) fn first_column(&self) -> usize {
        1 + usize::from(self.has_geometry)
    }
}

/// The statement that answers a query.
pub(super) fn select(query: &Query) -> Result<(SqlBuilder, Arc<Shape>), FeatureError> {
    let shape = shape(query)?;
    if query.page.after.is_some() && (query.unordered || !query.sort.is_empty()) {
        return Err(FeatureError::Paging);
    }
    let mut sql = SqlBuilder::new();
    sql.push("select fid");
    match &query.geometry {
        Geometry::Skip => {}
        Geometry::Simplified(tolerance) if query.layer.geometry.dimension() != Some(0) => {
            sql.push(", ST_Simplify(geom, ").bind(*tolerance, "float8").push(", true)");
        }
        Geometry::Native | Geometry::In(_) | Geometry::Simplified(_) => {
            sql.push(", geom");
        }
    }
    for column in &shape.columns {
        sql.push(", ").push(&Ident::new(&column.name).to_string());
    }
    conditions(query, &mut sql)?;
    if !query.unordered {
        order(query, &mut sql)?;
    }
    if let Some(limit) = query.page.limit {
        sql.push(" limit ").bind(i64::try_from(limit).unwrap_or(i64::MAX), "bigint");
    }
    if query.page.offset > 0 {
        sql.push(" offset ").bind(i64::try_from(query.page.offset).unwrap_or(i64::MAX), "bigint");
    }
    Ok((sql, Arc::new(shape)))
}

/// The statement that counts what a query finds, its page aside.
pub(super) fn count(query: &Query) -> Result<SqlBuilder, FeatureError> {
    let mut sql = SqlBuilder::new();
    sql.push("select count(*)");
    conditions(query, &mut sql)?;
    Ok(sql)
}

/// What the planner believes the same query finds.
pub(super) fn estimate(query: &Query) -> Result<SqlBuilder, FeatureError> {
    let mut sql = SqlBuilder::new();
    sql.push("explain (format json) select fid");
    conditions(query, &mut sql)?;
    Ok(sql)
}

fn conditions(query: &Query, sql: &mut SqlBuilder) -> Result<(), FeatureError> {
    sql.push(" from ").push(&Ident::data(&query.layer.table).to_string());
    let mut word = " where ";
    if let Some(window) = &query.window {
        if !window.is_valid() {
            return Err(FeatureError::Window);
        }
        sql.push(word);
        push_window(window, query.layer.crs.srid, sql);
        word = " and ";
    }
    if let Some(filter) = &query.filter {
        let checked = check(filter, &*query.layer)?;
        sql.push(word);
        checked.to_sql(sql);
        word = " and ";
    }
    if let Some(after) = query.page.after {
        sql.push(word).push("fid > ").bind(after, "bigint");
    }
    Ok(())
}

fn push_window(window: &BBox, srid: i32, sql: &mut SqlBuilder) {
    sql.push("geom && ST_MakeEnvelope(").bind(window.min_x, "float8");
    for edge in [window.min_y, window.max_x, window.max_y] {
        sql.push(", ").bind(edge, "float8");
    }
    sql.push(", ").bind(srid, "int4").push(")");
}

fn order(query: &Query, sql: &mut SqlBuilder) -> Result<(), FeatureError> {
    sql.push(" order by ");
    for Sort { column, descending } in &query.sort {
        let property = query.layer.property(column).filter(|p| matches!(p.kind, PropertyKind::Column(_)));
        let property = property.ok_or_else(|| unknown(&query.layer, column))?;
        sql.push(&property.sql).push(if *descending { " desc" } else { " asc" });
        // Features without a value come last either way.
        sql.push(" nulls last, ");
    }
    sql.push("fid");
    Ok(())
}

fn shape(query: &Query) -> Result<Shape, FeatureError> {
    let layer = &query.layer;
    let columns = match &query.columns {
        None => layer.columns.clone(),
        Some(names) => {
            let mut wanted = Vec::new();
            for name in names {
                let tail = name.rsplit(['/', ':']).next().unwrap_or(name);
                match layer.column(name).or_else(|| layer.column(tail)) {
                    Some(column) => wanted.push(column.clone()),
                    // Both are always there: `fid` as the identifier, `geom` as Query::geometry says.
                    None if matches!(tail, "geom" | "fid" | "@gml:id" | "id") => {}
                    None => return Err(unknown(layer, name)),
                }
            }
            wanted
        }
    };
    let transform = match &query.geometry {
        Geometry::In(crs) if crs.srid != layer.crs.srid => Some(Transform::new(&layer.crs, crs)?),
        _ => None,
    };
    Ok(Shape { columns, has_geometry: query.geometry != Geometry::Skip, transform })
}

fn unknown(layer: &Layer, property: &str) -> FeatureError {
    FeatureError::UnknownProperty {
        layer: layer.slug.clone(),
        property: property.chars().take(100).collect(),
        known: layer.names().join(", "),
    }
}
