//! Joins: the features of several layers that go together, as a condition says (OGC 09-025r2 clause 7.9.2.5.3).
//! One statement over all tables; tuples stream as features do.

use super::decode;
use super::engine::FeatureEngine;
use super::plan::{self, Shape};
use super::query::{FeatureError, Query};
use crate::filter::{Filter, Property, PropertyKind, Schema, SqlBuilder, check};
use crate::geo::wkb;
use crate::model::{Column, ColumnType, FeatureRef, Layer, Value};
use crate::store::{Deadline, Ident, Row, RowStream, StoreError, Wire};
use futures_util::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A layer in a join.
#[derive(Clone, Debug)]
pub struct Side {
    /// The name that properties have before their own: an alias, or the layer's slug.
    pub name: String,
    /// Layer, columns and geometry; a join heeds nothing else of it.
    pub query: Query,
}

/// A column to sort tuples by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinSort {
    /// Name of the property, with that of its side before a slash.
    pub property: String,
    /// Largest first.
    pub descending: bool,
}

/// A question to several layers at once.
#[derive(Clone, Debug)]
pub struct Join {
    /// The layers, whose names differ.
    pub sides: Vec<Side>,
    /// What goes together.
    pub filter: Filter,
    /// Order; the features' identifiers are its last keys.
    pub sort: Vec<JoinSort>,
    /// At most this many tuples.
    pub limit: Option<u64>,
    /// Leave out this many first.
    pub offset: u64,
}

/// The properties of all sides. Geometries are compared in the first side's system.
struct Joined<'a>(&'a [Side]);

impl Joined<'_> {
    fn srid(&self) -> i32 {
        self.0.first().map_or(0, |side| side.query.layer.crs.srid)
    }

    fn column(&self, side: usize, property: Property) -> Property {
        let srid = self.srid();
        let read = format!("t{side}.{}", property.sql);
        match property.kind {
            PropertyKind::Geometry { srid: own } if own != srid => Property {
                sql: format!("ST_Transform({read}, {srid})"),
                kind: PropertyKind::Geometry { srid },
            },
            kind => Property { sql: read, kind },
        }
    }
}

/// The side that a name's path begins with, and the rest of it; of a name without a path the only side that has
/// such a property.
#[must_use]
pub fn side_of<'n>(sides: &[Side], name: &'n str) -> Option<(usize, &'n str)> {
    let name = name.trim().trim_start_matches('/');
    if let Some((first, rest)) = name.split_once('/') {
        let local = first.rsplit(':').next().unwrap_or(first);
        let by_name = sides.iter().position(|s| s.name == first || s.name == local);
        // Where a layer is joined once, its slug means it, whatever its alias.
        let mut of_slug = sides.iter().enumerate().filter(|(_, s)| s.query.layer.slug == local);
        let by_slug = of_slug.next().map(|(at, _)| at).filter(|_| of_slug.next().is_none());
        if let Some(side) = by_name.or(by_slug) {
            return Some((side, rest));
        }
    }
    let mut having = sides.iter().enumerate().filter(|(_, s)| own(&s.query.layer, name).is_some());
    match (having.next(), having.next()) {
        (Some((side, _)), None) => Some((side, name)),
        _ => None,
    }
}

/// A property that a table has.
fn own(layer: &Layer, name: &str) -> Option<Property> {
    // What GML knows of every feature and no table has is no column.
    layer.property(name).filter(|p| !p.sql.starts_with("null"))
}

impl Schema for Joined<'_> {
    fn property(&self, name: &str) -> Option<Property> {
        let (side, rest) = side_of(self.0, name)?;
        own(&self.0.get(side)?.query.layer, rest).map(|property| self.column(side, property))
    }

    fn geometry(&self) -> Option<Property> {
        None
    }

    fn names(&self) -> Vec<String> {
        let of = |side: &Side| -> Vec<String> {
            side.query.layer.names().iter().map(|name| format!("{}/{name}", side.name)).collect()
        };
        self.0.iter().flat_map(of).collect()
    }

    fn identifier(&self) -> Property {
        Property { sql: "t0.fid".to_owned(), kind: PropertyKind::Column(ColumnType::BigInteger) }
    }

    fn identifier_value(&self, _: &str) -> Option<String> {
        None
    }
}

/// The statement's selection and the shapes of the sides in its rows.
fn select(join: &Join) -> Result<(SqlBuilder, Arc<Vec<Shape>>), FeatureError> {
    let mut sql = SqlBuilder::new();
    let mut shapes = Vec::with_capacity(join.sides.len());
    sql.push("select ");
    for (at, side) in join.sides.iter().enumerate() {
        let shape = plan::shape(&side.query)?;
        sql.push(if at == 0 { "" } else { ", " }).push(&format!("t{at}.fid"));
        if shape.has_geometry {
            sql.push(&format!(", t{at}.geom"));
        }
        for column in &shape.columns {
            sql.push(&format!(", t{at}.{}", Ident::new(&column.name)));
        }
        shapes.push(shape);
    }
    conditions(join, &mut sql)?;
    sql.push(" order by ");
    let schema = Joined(&join.sides);
    for JoinSort { property, descending } in &join.sort {
        match schema.property(property) {
            Some(Property { sql: column, kind: PropertyKind::Column(_) }) => {
                sql.push(&column).push(if *descending { " desc nulls last, " } else { " asc nulls last, " });
            }
            _ => return Err(unknown(&schema, property)),
        }
    }
    let keys: Vec<String> = (0..join.sides.len()).map(|at| format!("t{at}.fid")).collect();
    sql.push(&keys.join(", "));
    page(join, &mut sql);
    Ok((sql, Arc::new(shapes)))
}

fn conditions(join: &Join, sql: &mut SqlBuilder) -> Result<(), FeatureError> {
    for (at, side) in join.sides.iter().enumerate() {
        sql.push(if at == 0 { " from " } else { ", " });
        sql.push(&format!("{} t{at}", Ident::data(&side.query.layer.table)));
    }
    sql.push(" where ");
    check(&join.filter, &Joined(&join.sides))?.to_sql(sql);
    Ok(())
}

fn page(join: &Join, sql: &mut SqlBuilder) {
    if let Some(limit) = join.limit {
        sql.push(" limit ").bind(i64::try_from(limit).unwrap_or(i64::MAX), "bigint");
    }
    if join.offset > 0 {
        sql.push(" offset ").bind(i64::try_from(join.offset).unwrap_or(i64::MAX), "bigint");
    }
}

fn unknown(schema: &Joined<'_>, property: &str) -> FeatureError {
    let layers: Vec<&str> = schema.0.iter().map(|side| side.name.as_str()).collect();
    FeatureError::UnknownProperty {
        layer: layers.join(", "),
        property: property.chars().take(100).collect(),
        known: schema.names().join(", "),
    }
}

impl FeatureEngine {
    /// The tuples that a join finds, as they arrive. Dropping the stream cancels the query.
    ///
    /// # Errors
    /// [`FeatureError`] when a name or the condition doesn't fit the layers.
    pub async fn join(&self, join: &Join, deadline: Deadline) -> Result<TupleStream, FeatureError> {
        let (sql, shapes) = select(join)?;
        let session = self.store().session(deadline).await?;
        let rows = session.stream(sql.text(), &sql.params()).await?;
        Ok(TupleStream { rows, shapes })
    }

    /// How many tuples a join finds, its page aside.
    ///
    /// # Errors
    /// As [`FeatureEngine::join`]; [`StoreError::Deadline`] when the time is over.
    pub async fn count_join(&self, join: &Join, deadline: Deadline) -> Result<u64, FeatureError> {
        let mut sql = SqlBuilder::new();
        sql.push("select count(*)");
        conditions(join, &mut sql)?;
        let mut session = self.store().session(deadline).await?;
        let row = session.query_one(sql.text(), &sql.params()).await?;
        let count: i64 = row.try_get(0).map_err(StoreError::from)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

/// Features that go together: one of each side.
#[derive(Debug)]
pub struct Tuple {
    row: Row,
    shapes: Arc<Vec<Shape>>,
    /// Geometries that are in another system than the row's.
    moved: Vec<Option<Vec<u8>>>,
}

impl Tuple {
    fn new(row: Row, shapes: Arc<Vec<Shape>>) -> Result<Self, FeatureError> {
        let mut moved = Vec::with_capacity(shapes.len());
        let mut start = 0;
        for shape in shapes.iter() {
            moved.push(match &shape.transform {
                None => None,
                Some(transform) => {
                    let fid = row.try_get(start).map_err(StoreError::from)?;
                    let mut bytes = geometry(&row, start).map(<[u8]>::to_vec);
                    if let Some(bytes) = &mut bytes {
                        wkb::transform(bytes, transform, transform.target())
                            .map_err(|cause| FeatureError::Geometry { fid, cause })?;
                    }
                    bytes
                }
            });
            start += shape.first_column() + shape.columns.len();
        }
        Ok(Self { row, shapes, moved })
    }

    /// Its features, in the order of the sides. `write` is given each with the place of its side.
    ///
    /// # Errors
    /// What `write` answers, and a row that isn't what was asked for.
    pub fn each<E: From<FeatureError>>(
        &self,
        mut write: impl FnMut(usize, FeatureRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut start = 0;
        for (at, (shape, moved)) in self.shapes.iter().zip(&self.moved).enumerate() {
            let fid = self.row.try_get(start).map_err(|e| FeatureError::from(StoreError::from(e)))?;
            let first = start + shape.first_column();
            let column = |(index, column): (usize, &Column)| -> Value<'_> {
                // What doesn't have the type that the layer states is null.
                let at = first + index;
                let readable =
                    self.row.columns().get(at).is_some_and(|found| decode::reads(column.kind, found.type_()));
                bytes(&self.row, at)
                    .filter(|_| readable)
                    .map_or(Value::Null, |raw| decode::value(raw, column.kind))
            };
            let values: Vec<Value<'_>> = shape.columns.iter().enumerate().map(column).collect();
            let geometry = match moved {
                Some(moved) => Some(moved.as_slice()),
                None if shape.has_geometry => geometry(&self.row, start),
                None => None,
            };
            write(at, FeatureRef { fid, geometry, columns: &shape.columns, values: &values })?;
            start = first + shape.columns.len();
        }
        Ok(())
    }
}

/// The geometry beside the identifier at a place of a row.
fn geometry(row: &Row, start: usize) -> Option<&[u8]> {
    bytes(row, start + 1)
}

fn bytes(row: &Row, at: usize) -> Option<&[u8]> {
    row.try_get::<_, Option<Wire<&[u8]>>>(at).ok().flatten().map(|wire| wire.0)
}

/// Tuples as they arrive, with bounded memory. Dropping it cancels the query.
pub struct TupleStream {
    rows: RowStream,
    shapes: Arc<Vec<Shape>>,
}

impl TupleStream {
    /// The attributes of each side's features.
    pub fn columns(&self) -> impl Iterator<Item = &[Column]> {
        self.shapes.iter().map(|shape| shape.columns.as_slice())
    }
}

impl Stream for TupleStream {
    type Item = Result<Tuple, FeatureError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let shapes = Arc::clone(&self.shapes);
        self.rows
            .poll_next_unpin(context)
            .map(|next| next.map(|row| Tuple::new(row.map_err(FeatureError::from)?, shapes)))
    }
}
