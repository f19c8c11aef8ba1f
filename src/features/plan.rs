//! From a [`Query`] to SQL: only stored tables and columns, quoted; every value bound.

use super::counts::Counting;
use super::overview;
use super::page::PageKey;
use super::query::{COUNT, FeatureError, Geometry, Query, Sort};
use super::rank::Mark;
use crate::filter::{Checked, Property, PropertyKind, Schema, SqlBuilder, check};
use crate::geo::{BBox, Transform};
use crate::model::{Column, ColumnType, Layer};
use crate::store::{Ident, Wire};
use std::sync::Arc;

/// What the rows of a planned query hold, and what is still to be done to them.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Columns of the row after `fid` and, if any, the geometry.
    pub(super) columns: Vec<Column>,
    /// What each of them holds, as far as it can be read.
    pub(super) kinds: Vec<Option<ColumnType>>,
    /// Where the row has the values that it is sorted by.
    pub(super) keys: Vec<usize>,
    /// Whether the last column is for how many features the row stands.
    pub(super) counted: bool,
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

/// The statement that answers a query, from a place near its page if one is known.
pub(super) fn select(query: &Query, mark: Option<&Mark>) -> Result<(SqlBuilder, Arc<Shape>), FeatureError> {
    let mut shape = shape(query)?;
    let order = order(query)?;
    check_page(query, &order)?;
    let filter = checked(query)?;
    let mut sql = SqlBuilder::new();
    if let Some(band) = overview::choose(query, filter.as_ref()) {
        overview::select(query, band, filter.as_ref(), &shape, &mut sql)?;
        return Ok((sql, Arc::new(shape)));
    }
    outputs(query, &shape, ONE, &mut sql);
    // What is sorted by is read too, for the features' keys.
    let mut next = shape.first_column() + shape.columns.len();
    for key in &order {
        let chosen = shape.columns.iter().position(|c| Ident::new(&c.name).to_string() == key.sql);
        shape.keys.push(chosen.map_or(next, |index| shape.first_column() + index));
        if chosen.is_none() {
            sql.push(", ").push(&key.sql);
            next += 1;
        }
    }
    let has_where = conditions(query, filter.as_ref(), &mut sql)?;
    let mut word = if has_where { " and " } else { " where " };
    for (key, later) in [(&query.page.after, true), (&query.page.before, false)] {
        if let Some(key) = key {
            sql.push(word);
            push_beyond(&order, key, later, &mut sql);
            word = " and ";
        }
    }
    if let Some(mark) = mark {
        sql.push(word).push("fid >= ");
        push_if_current(mark, mark.fid, i64::MIN, &mut sql);
    }
    if !query.unordered {
        push_order(&order, query.page.is_backwards(), &mut sql);
    }
    if let Some(limit) = query.page.limit {
        sql.push(" limit ").bind(i64::try_from(limit).unwrap_or(i64::MAX), "bigint");
    }
    let offset = |features: u64| i64::try_from(features).unwrap_or(i64::MAX);
    if let Some(mark) = mark {
        sql.push(" offset ");
        push_if_current(mark, offset(mark.rest), offset(query.page.offset), &mut sql);
    } else if query.page.offset > 0 {
        sql.push(" offset ").bind(offset(query.page.offset), "bigint");
    }
    Ok((sql, Arc::new(shape)))
}

/// For how many features a row of a layer's own table stands.
pub(super) const ONE: &str = "1::bigint";

/// Writes `select` with what a row holds; `count` is the SQL of the number of features that it stands for.
pub(super) fn outputs(query: &Query, shape: &Shape, count: &str, sql: &mut SqlBuilder) {
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
    let stored = shape.columns.len().saturating_sub(usize::from(shape.counted));
    for column in shape.columns.iter().take(stored) {
        sql.push(", ").push(&Ident::new(&column.name).to_string());
    }
    if shape.counted {
        sql.push(", ").push(count);
    }
}

/// What counts the features that a query finds, its page aside.
pub(super) fn count(query: &Query) -> Result<Counting, FeatureError> {
    let mut sql = SqlBuilder::new();
    sql.push("select count(*)");
    let filter = checked(query)?;
    conditions(query, filter.as_ref(), &mut sql)?;
    let meets = filter.filter(|_| query.window.is_none()).and_then(|filter| filter.as_meets_box());
    Ok(Counting { sql, meets })
}

/// What the planner believes the same query finds.
pub(super) fn estimate(query: &Query) -> Result<SqlBuilder, FeatureError> {
    let mut sql = SqlBuilder::new();
    sql.push("explain (format json) select fid");
    conditions(query, checked(query)?.as_ref(), &mut sql)?;
    Ok(sql)
}

/// The filter of a query, held against its layer.
fn checked(query: &Query) -> Result<Option<Checked>, FeatureError> {
    Ok(query.filter.as_ref().map(|filter| check(filter, &*query.layer)).transpose()?)
}

/// Writes the table and the conditions, and answers whether there are any.
fn conditions(query: &Query, filter: Option<&Checked>, sql: &mut SqlBuilder) -> Result<bool, FeatureError> {
    sql.push(" from ").push(&Ident::data(&query.layer.table).to_string());
    where_clause(query, filter, " where ", sql)
}

/// Writes the conditions, the first behind `word`, and answers whether there are any.
pub(super) fn where_clause(
    query: &Query,
    filter: Option<&Checked>,
    first: &str,
    sql: &mut SqlBuilder,
) -> Result<bool, FeatureError> {
    let mut word = first;
    if let Some(window) = &query.window {
        if !window.is_valid() {
            return Err(FeatureError::Window);
        }
        sql.push(word);
        push_window(window, query.layer.crs.srid, sql);
        word = " and ";
    }
    if let Some(filter) = filter {
        sql.push(word);
        filter.to_sql(sql);
        return Ok(true);
    }
    Ok(query.window.is_some())
}

fn push_window(window: &BBox, srid: i32, sql: &mut SqlBuilder) {
    sql.push("geom && ST_MakeEnvelope(").bind(window.min_x, "float8");
    for edge in [window.min_y, window.max_x, window.max_y] {
        sql.push(", ").bind(edge, "float8");
    }
    sql.push(", ").bind(srid, "int4").push(")");
}

/// A number as long as the layer is of the mark's generation, seen by the same statement; another otherwise.
fn push_if_current(mark: &Mark, then: i64, otherwise: i64, sql: &mut SqlBuilder) {
    sql.push("coalesce((select ").bind(then, "bigint").push(" from datasud.layer where id = ");
    sql.bind(mark.layer, "bigint").push(" and generation = ").bind(mark.generation, "bigint");
    sql.push("), ").bind(otherwise, "bigint").push(")");
}

/// A column that rows are sorted by, before `fid`.
struct Key {
    /// SQL of the value.
    sql: String,
    kind: ColumnType,
    descending: bool,
}

fn order(query: &Query) -> Result<Vec<Key>, FeatureError> {
    if query.unordered {
        return Ok(Vec::new());
    }
    let key = |sort: &Sort| match query.layer.property(&sort.column) {
        Some(Property { sql, kind: PropertyKind::Column(kind) }) => {
            Ok(Key { sql, kind, descending: sort.descending })
        }
        _ => Err(unknown(&query.layer, &sort.column)),
    };
    query.sort.iter().map(key).collect()
}

fn check_page(query: &Query, order: &[Key]) -> Result<(), FeatureError> {
    let kinds: Vec<ColumnType> = order.iter().map(|key| key.kind).collect();
    let mut keys = query.page.after.iter().chain(&query.page.before).peekable();
    if (query.unordered && keys.peek().is_some()) || !keys.all(|key| key.fits(&kinds)) {
        return Err(FeatureError::Paging);
    }
    Ok(())
}

fn push_order(order: &[Key], backwards: bool, sql: &mut SqlBuilder) {
    sql.push(" order by ");
    for key in order {
        sql.push(&key.sql).push(if key.descending == backwards { " asc" } else { " desc" });
        // Features without a value come last either way.
        sql.push(if backwards { " nulls first, " } else { " nulls last, " });
    }
    sql.push(if backwards { "fid desc" } else { "fid" });
}

/// The condition for rows that come later in the order than a place, or earlier. It compares as the
/// order does: by the column's own collation, and with nulls last.
fn push_beyond(order: &[Key], place: &PageKey, later: bool, sql: &mut SqlBuilder) {
    let sign = |descending: bool| if descending == later { " < " } else { " > " };
    let keys: Vec<_> = order.iter().zip(&place.values).collect();
    sql.push("(");
    // Of the columns before, all are the same; then this one decides.
    for decides in 0..=keys.len() {
        sql.push(if decides == 0 { "(" } else { " or (" });
        for (key, value) in keys.iter().take(decides) {
            sql.push(&key.sql);
            match value {
                None => sql.push(" is null and "),
                Some(value) => sql.push(" = ").bind(Wire(value.clone()), key.kind.sql()).push(" and "),
            };
        }
        match keys.get(decides) {
            None => sql.push("fid").push(sign(false)).bind(place.fid, "bigint"),
            Some((_, None)) if later => sql.push("false"),
            Some((key, None)) => sql.push(&key.sql).push(" is not null"),
            Some((key, Some(value))) => {
                sql.push("(").push(&key.sql).push(sign(key.descending));
                sql.bind(Wire(value.clone()), key.kind.sql());
                if later {
                    sql.push(" or ").push(&key.sql).push(" is null");
                }
                sql.push(")")
            }
        };
        sql.push(")");
    }
    sql.push(")");
}

/// What rows of a query hold.
pub(super) fn shape(query: &Query) -> Result<Shape, FeatureError> {
    let layer = &query.layer;
    let mut columns = match &query.columns {
        None => layer.columns.clone(),
        Some(names) => {
            let mut wanted = Vec::new();
            for name in names {
                let tail = name.rsplit(['/', ':']).next().unwrap_or(name);
                match layer.column(name).or_else(|| layer.column(tail)) {
                    Some(column) => wanted.push(column.clone()),
                    // Both are always there: `fid` as the identifier, `geom` as Query::geometry says.
                    None if layer.is_geometry(tail) || matches!(tail, "fid" | "@gml:id" | "id") => {}
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
    let counted = query.coarse.is_some_and(|coarse| coarse.counted);
    if counted {
        columns.push(Column::new(COUNT, ColumnType::BigInteger));
    }
    let kinds = columns.iter().map(|column| Some(column.kind)).collect();
    Ok(Shape {
        columns,
        kinds,
        keys: Vec::new(),
        counted,
        has_geometry: query.geometry != Geometry::Skip,
        transform,
    })
}

fn unknown(layer: &Layer, property: &str) -> FeatureError {
    FeatureError::UnknownProperty {
        layer: layer.slug.clone(),
        property: property.chars().take(100).collect(),
        known: layer.names().join(", "),
    }
}
