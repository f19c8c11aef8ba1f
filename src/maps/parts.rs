//! Maps in parts: neighbouring tiles drawn as one, so that labels run on from one to the next and none is cut.

use super::engine::{MapEngine, MapImage, etag, key, paint};
use super::shelf::Address;
use super::{MapError, MapRequest};
use crate::store::Deadline;
use crate::style::Symbolizer;
use bytes::Bytes;
use std::sync::Arc;

/// A part of a larger map that is drawn with its neighbours.
#[derive(Clone, Debug)]
pub struct Part {
    /// The larger map: all parts beside and below each other.
    pub whole: MapRequest,
    /// Parts beside each other.
    pub columns: u32,
    /// Parts below each other.
    pub rows: u32,
    /// Place of this one, from the left.
    pub column: u32,
    /// Place of this one, from above.
    pub row: u32,
    /// Where the larger map lies in its grid.
    pub place: Place,
}

/// Where a part, or its larger map, lies in a grid of tiles.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Identifiers of the grid and of the matrix.
    pub names: [&'static str; 2],
    /// Row and column of the first part.
    pub first: [u32; 2],
}

/// What seeding found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeded {
    /// The tile was on disk already.
    There,
    /// It was drawn.
    Made,
}

/// Bytes of an offset in what is kept of a whole.
const OFFSET: usize = 4;

impl MapEngine {
    /// The picture of a part, from the cache or drawn: with its neighbours where there are labels, else alone.
    ///
    /// # Errors
    /// [`MapError`].
    pub async fn part(
        &self,
        own: MapRequest,
        part: Part,
        deadline: Deadline,
    ) -> Result<MapImage, Arc<MapError>> {
        if self.is_alone(&own, &part)? {
            return self.alone(own, &part, deadline).await;
        }
        let generations = self.generations(&part.whole);
        let etag = etag(key(&own.key(), &generations));
        let (columns, rows) = (part.columns, part.rows);
        let key = key(&whole_key(&part), &generations);
        let at = (part.row * columns + part.column) as usize;
        let make = async {
            let address = self.shelf.is_some().then(|| of_whole(&part, &generations));
            self.shelved(address, self.make_parts(part.whole.clone(), columns, rows, deadline)).await
        };
        match self.kept_or(key, make).await {
            Ok(whole) => Ok(MapImage { bytes: taken(&whole.bytes, at), etag }),
            // What is too much for all of them together may do for one.
            Err(error) if matches!(*error, MapError::TooManyFeatures { .. } | MapError::TooDetailed) => {
                let image = self.alone(own, &part, deadline).await?;
                Ok(MapImage { etag, ..image })
            }
            Err(error) => Err(error),
        }
    }

    /// The ETag of a part, known before it is drawn and without the database. One that is drawn with its neighbours hangs
    /// on what all of them show.
    #[must_use]
    pub fn part_etag(&self, own: &MapRequest, part: &Part) -> String {
        // A style that can't be read is told when the part is drawn.
        let is_alone = self.is_alone(own, part).unwrap_or(true);
        etag(key(&own.key(), &self.generations(if is_alone { own } else { &part.whole })))
    }

    /// Sees to it that a part is on disk.
    ///
    /// # Errors
    /// [`MapError`].
    pub async fn seed(
        &self,
        own: MapRequest,
        part: Part,
        deadline: Deadline,
    ) -> Result<Seeded, Arc<MapError>> {
        let address = if self.is_alone(&own, &part)? {
            of_own(&own, &part, &self.generations(&own))
        } else {
            of_whole(&part, &self.generations(&part.whole))
        };
        if let Some(shelf) = &self.shelf
            && shelf.has(&address).await
        {
            return Ok(Seeded::There);
        }
        self.part(own, part, deadline).await.map(|_| Seeded::Made)
    }

    fn is_alone(&self, own: &MapRequest, part: &Part) -> Result<bool, MapError> {
        Ok(part.columns * part.rows <= 1 || !self.has_labels(own)?)
    }

    /// The picture of a part that is drawn without its neighbours.
    async fn alone(
        &self,
        own: MapRequest,
        part: &Part,
        deadline: Deadline,
    ) -> Result<MapImage, Arc<MapError>> {
        let generations = self.generations(&own);
        let key = key(&own.key(), &generations);
        let make = async {
            let address = self.shelf.is_some().then(|| of_own(&own, part, &generations));
            self.shelved(address, self.make(own.clone(), deadline)).await
        };
        self.kept_or(key, make).await
    }

    /// What lies on disk, or else is made and put there.
    async fn shelved(
        &self,
        address: Option<Address>,
        make: impl Future<Output = Result<Bytes, MapError>>,
    ) -> Result<Bytes, MapError> {
        let Some((shelf, address)) = self.shelf.as_ref().zip(address) else { return make.await };
        if let Some(found) = shelf.get(&address).await {
            return Ok(found);
        }
        let made = make.await?;
        shelf.put(address, made.clone()).await;
        Ok(made)
    }

    /// Whether labels are drawn at the scale of a map.
    fn has_labels(&self, request: &MapRequest) -> Result<bool, MapError> {
        let denominator = request.denominator();
        for layer in &request.layers {
            let style = self.styles.get(&layer.layer, &layer.style)?;
            if style.drawn_at(denominator).any(|s| matches!(s, Symbolizer::Text(_))) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All parts in one: where the first begins and where each ends, then each.
    async fn make_parts(
        &self,
        whole: MapRequest,
        columns: u32,
        rows: u32,
        deadline: Deadline,
    ) -> Result<Bytes, MapError> {
        let layers = self.read(&whole, deadline).await?;
        let parts = self.pool.run(deadline, move || {
            let mut painted = Ok(());
            let parts = whole
                .sheet()
                .draw_parts(columns, rows, |canvas| painted = paint(&whole, &layers, deadline, canvas))?;
            painted.map(|()| parts)
        });
        let parts = parts.await??;
        let mut end = (parts.len() + 1) * OFFSET;
        let mut out = Vec::with_capacity(end + parts.iter().map(Vec::len).sum::<usize>());
        for size in std::iter::once(0).chain(parts.iter().map(Vec::len)) {
            end += size;
            out.extend_from_slice(&u32::try_from(end).map_err(|_| MapError::TooDetailed)?.to_le_bytes());
        }
        parts.iter().for_each(|part| out.extend_from_slice(part));
        Ok(out.into())
    }
}

/// Where a part that is drawn alone lies on disk.
fn of_own(own: &MapRequest, part: &Part, generations: &[i64]) -> Address {
    let [row, column] = part.place.first;
    let at = [row + part.row, column + part.column];
    address(own, part, at, own.format.name(), &own.key(), generations)
}

/// Where parts that are drawn together lie on disk.
fn of_whole(part: &Part, generations: &[i64]) -> Address {
    address(&part.whole, part, part.place.first, "parts", &whole_key(part), generations)
}

fn whole_key(part: &Part) -> String {
    format!("{}x{}|{}", part.columns, part.rows, part.whole.key())
}

fn address(
    map: &MapRequest,
    part: &Part,
    at: [u32; 2],
    kind: &'static str,
    key: &str,
    generations: &[i64],
) -> Address {
    let layers = map.layers.iter().map(|shown| &*shown.layer);
    Address::new(layers, part.place.names, at, kind, key, generations)
}

/// One of the parts that are kept together.
fn taken(kept: &Bytes, at: usize) -> Bytes {
    let offset = |at: usize| {
        let bytes = kept.get(at * OFFSET..(at + 1) * OFFSET)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    match (offset(at), offset(at + 1)) {
        (Some(begin), Some(end)) if begin <= end && end <= kept.len() => kept.slice(begin..end),
        _ => Bytes::new(),
    }
}
