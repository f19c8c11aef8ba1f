//! Maps in parts: neighbouring tiles drawn as one, so that labels run on from one to the next and none is cut.

use super::engine::{MapEngine, MapImage, key, paint};
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
        let alone = part.columns * part.rows <= 1;
        if alone || !self.has_labels(&own)? {
            return self.image(own, deadline).await;
        }
        let etag = Self::etag(&own);
        let (columns, rows) = (part.columns, part.rows);
        let key = key(&format!("{columns}x{rows}|{}", part.whole.key()));
        let at = (part.row * columns + part.column) as usize;
        match self.kept_or(key, self.make_parts(part.whole, columns, rows, deadline)).await {
            Ok(whole) => Ok(MapImage { bytes: taken(&whole.bytes, at), etag }),
            // What is too much for all of them together may do for one.
            Err(error) if matches!(*error, MapError::TooManyFeatures { .. } | MapError::TooDetailed) => {
                self.image(own, deadline).await
            }
            Err(error) => Err(error),
        }
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
