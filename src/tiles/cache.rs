//! Tiles in memory, encoded, and one maker at a time for each.

use super::{Body, Encoding, TileForm, TileLayer};
use crate::geo::grid::Tile;
use moka::future::Cache;
use smallvec::SmallVec;

/// A tile's identity: a layer that changed in it has another generation there, and with it another key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    layers: SmallVec<[(i64, i64); 2]>,
    /// What was chosen of the layers of which something was: conditions and content.
    chosen: String,
    tile: Tile,
    form: TileForm,
    encoding: Encoding,
}

impl Key {
    /// The key of a tile in which the layers have these generations, in their order.
    pub(super) fn new(layers: &[TileLayer], generations: &[i64], tile: Tile, encoding: Encoding) -> Self {
        let chosen = layers.iter().enumerate().filter(|(_, shown)| !shown.is_plain());
        Self {
            layers: layers.iter().map(|shown| shown.layer.id).zip(generations.iter().copied()).collect(),
            chosen: chosen.map(|(at, l)| format!("{at}?{:?}{:?};", l.filter, l.content)).collect(),
            tile,
            form: TileForm::Mvt,
            encoding,
        }
    }

    /// The same tile in another form.
    pub(super) fn written(self, form: TileForm) -> Self {
        Self { form, ..self }
    }

    /// The same tile for another way.
    pub(super) fn with(&self, encoding: Encoding) -> Self {
        Self { encoding, ..self.clone() }
    }
}

/// Bytes that an entry takes beside its body.
const OVERHEAD: u32 = 160;

/// A cache of at most that many megabytes; `None` for 0, which switches it off together with the
/// single flight.
pub(super) fn of_megabytes(megabytes: u64) -> Option<Cache<Key, Body>> {
    (megabytes > 0).then(|| {
        Cache::builder()
            .max_capacity(megabytes << 20)
            .weigher(|_, body: &Body| {
                u32::try_from(body.bytes.len()).unwrap_or(u32::MAX).saturating_add(OVERHEAD)
            })
            .build()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_megabytes_is_no_cache_at_all() {
        assert!(of_megabytes(0).is_none());
        assert!(of_megabytes(1).is_some());
    }
}
