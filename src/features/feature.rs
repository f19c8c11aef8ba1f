//! Features as they arrive.

use super::decode;
use super::page::PageKey;
use super::plan::Shape;
use super::query::FeatureError;
use crate::geo::wkb;
use crate::model::{Column, FeatureRef, Value};
use crate::store::{Row, RowStream, StoreError, Wire};
use futures_util::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A feature: a row of the database, read where it lies.
#[derive(Debug)]
pub struct Feature {
    fid: i64,
    row: Row,
    shape: Arc<Shape>,
    /// The geometry in another system; the row's own otherwise.
    moved: Option<Vec<u8>>,
}

impl Feature {
    fn new(row: Row, shape: Arc<Shape>, mover: &mut wkb::Mover) -> Result<Self, FeatureError> {
        let fid = row.try_get(0).map_err(StoreError::from)?;
        let mut feature = Self { fid, row, shape, moved: None };
        if let Some(transform) = &feature.shape.transform {
            let mut bytes = feature.geometry().map(<[u8]>::to_vec);
            if let Some(bytes) = &mut bytes {
                mover
                    .transform(bytes, transform, transform.target())
                    .map_err(|cause| FeatureError::Geometry { fid, cause })?;
            }
            feature.moved = bytes;
        }
        Ok(feature)
    }

    /// Identifier in its layer.
    #[must_use]
    pub const fn fid(&self) -> i64 {
        self.fid
    }

    /// EWKB in x, y order; `None` when it is null or was not asked for.
    #[must_use]
    pub fn geometry(&self) -> Option<&[u8]> {
        if let Some(moved) = &self.moved {
            return Some(moved);
        }
        if !self.shape.has_geometry {
            return None;
        }
        self.bytes(1)
    }

    /// Where this feature stands in the order of its query: what [`super::Page::after`] and
    /// [`super::Page::before`] of the same query take.
    #[must_use]
    pub fn key(&self) -> PageKey {
        let values = self.shape.keys.iter().map(|index| self.bytes(*index).map(<[u8]>::to_vec)).collect();
        PageKey { values, fid: self.fid }
    }

    fn bytes(&self, index: usize) -> Option<&[u8]> {
        self.row.try_get::<_, Option<Wire<&[u8]>>>(index).ok().flatten().map(|wire| wire.0)
    }

    /// The attributes of the query, in its order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.shape.columns
    }

    /// The value at a place in [`Feature::columns`]; null past the end.
    #[must_use]
    pub fn value(&self, index: usize) -> Value<'_> {
        match self.shape.kinds.get(index) {
            Some(Some(kind)) => self
                .bytes(self.shape.first_column() + index)
                .map_or(Value::Null, |raw| decode::value(raw, *kind)),
            _ => Value::Null,
        }
    }

    /// All values, as many as [`Feature::columns`].
    #[must_use]
    pub fn values(&self) -> Vec<Value<'_>> {
        (0..self.shape.columns.len()).map(|index| self.value(index)).collect()
    }

    /// The feature as encoders take it, with its [`Feature::values`].
    #[must_use]
    pub fn reference<'a>(&'a self, values: &'a [Value<'a>]) -> FeatureRef<'a> {
        FeatureRef { fid: self.fid, geometry: self.geometry(), columns: self.columns(), values }
    }
}

/// Features as they arrive, with bounded memory. Dropping it cancels the query.
pub struct FeatureStream {
    rows: Rows,
    shape: Arc<Shape>,
    /// Whether the columns' types have been looked at, which the first row tells.
    checked: bool,
    mover: wkb::Mover,
}

enum Rows {
    Arriving(Box<RowStream>),
    /// A page read backwards and turned round.
    Kept(std::vec::IntoIter<Row>),
}

impl FeatureStream {
    pub(super) fn new(rows: RowStream, shape: Arc<Shape>) -> Self {
        Self::of(Rows::Arriving(Box::new(rows)), shape)
    }

    fn of(rows: Rows, shape: Arc<Shape>) -> Self {
        Self { rows, shape, checked: false, mover: wkb::Mover::default() }
    }

    /// What doesn't have the type that the layer states (someone altered the table by hand) is null.
    fn check(&mut self, row: &Row) {
        self.checked = true;
        let first = self.shape.first_column();
        let is_readable = |(at, column): (usize, &Column)| {
            row.columns().get(first + at).is_some_and(|found| decode::reads(column.kind, found.type_()))
        };
        let kinds: Vec<_> = self
            .shape
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| is_readable((at, column)).then_some(column.kind))
            .collect();
        if kinds != self.shape.kinds {
            self.shape = Arc::new(Shape { kinds, ..Shape::clone(&self.shape) });
        }
    }

    /// A page that was read backwards, turned round. Its limit bounds what is held.
    pub(super) async fn turned(mut rows: RowStream, shape: Arc<Shape>) -> Result<Self, FeatureError> {
        let mut kept = Vec::new();
        while let Some(row) = rows.next().await {
            kept.push(row?);
        }
        kept.reverse();
        Ok(Self::of(Rows::Kept(kept.into_iter()), shape))
    }

    /// The attributes of each feature.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.shape.columns
    }
}

impl Stream for FeatureStream {
    type Item = Result<Feature, FeatureError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let next = match &mut this.rows {
            Rows::Arriving(rows) => match rows.poll_next_unpin(context) {
                Poll::Ready(next) => next,
                Poll::Pending => return Poll::Pending,
            },
            Rows::Kept(rows) => rows.next().map(Ok),
        };
        Poll::Ready(next.map(|row| {
            let row = row?;
            if !this.checked {
                this.check(&row);
            }
            Feature::new(row, Arc::clone(&this.shape), &mut this.mover)
        }))
    }
}
