//! From an address to layers and a tile.

use super::error::TilesError;
use crate::access::Action;
use crate::geo::grid::Tile;
use crate::model::Layer;
use crate::publish::Snapshot;
use crate::services::edge::Call;
use serde::Deserialize;
use std::sync::Arc;

/// Parts of a TileJSON's address.
#[derive(Deserialize)]
pub(super) struct LayersPath {
    /// Layer slugs, joined by commas.
    pub(super) layers: String,
}

/// Parts of a tile's address, as written.
#[derive(Deserialize)]
pub(super) struct TilePath {
    pub(super) layers: String,
    pub(super) z: String,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) extension: String,
}

/// Parts of a style's address.
#[derive(Deserialize)]
pub(super) struct StylePath {
    pub(super) layer: String,
    pub(super) style: String,
}

/// The layers of a comma-joined list that the caller may read, in the list's order.
pub(super) fn layers(call: &Call, snapshot: &Snapshot, names: &str) -> Result<Vec<Arc<Layer>>, TilesError> {
    let mut found: Vec<Arc<Layer>> = Vec::new();
    let limit = call.app.config.limits.layers_per_request;
    for name in names.split(',') {
        if found.len() == limit {
            return Err(TilesError::Malformed(format!("a tile may have at most {limit} layers")));
        }
        let layer = snapshot.layer(&call.caller, Action::Read, &call.scope, name).ok_or_else(|| {
            let shown: String = name.chars().take(80).collect();
            TilesError::NotFound(format!("there is no layer '{shown}' here"))
        })?;
        if found.iter().any(|f| f.id == layer.id) {
            return Err(TilesError::Malformed(format!("layer '{name}' is named twice; once is enough")));
        }
        found.push(Arc::clone(layer));
    }
    Ok(found)
}

/// The tile of three path segments: malformed when they are no whole numbers, not found when the matrix
/// ends before.
pub(super) fn tile(z: &str, x: &str, y: &str) -> Result<Tile, TilesError> {
    let number = |name: &str, text: &str| -> Result<u64, TilesError> {
        let digits = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            TilesError::Malformed(format!("{name} of a tile is a whole number from 0 on, not '{shown}'"))
        })
    };
    let (zoom, column, row) = (number("z", z)?, number("x", x)?, number("y", y)?);
    let narrow = || {
        Tile::web_mercator(u8::try_from(zoom).ok()?, u32::try_from(column).ok()?, u32::try_from(row).ok()?)
    };
    narrow().ok_or_else(|| {
        TilesError::NotFound(format!(
            "there is no tile {zoom}/{column}/{row}: zooms go from 0 to 24, columns and rows from 0 to 2^z - 1"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_beyond_the_matrix_are_not_found_and_nonsense_is_malformed() {
        assert_eq!(tile("12", "2105", "1497").ok(), Tile::web_mercator(12, 2105, 1497));
        for (z, x, y) in
            [("25", "0", "0"), ("1", "2", "0"), ("1", "0", "2"), ("300", "0", "0"), ("9", "99999999999", "0")]
        {
            assert!(matches!(tile(z, x, y), Err(TilesError::NotFound(_))), "{z}/{x}/{y}");
        }
        for (z, x, y) in
            [("a", "0", "0"), ("1", "-1", "0"), ("1", "0", ""), ("1.5", "0", "0"), ("+1", "0", "0")]
        {
            assert!(matches!(tile(z, x, y), Err(TilesError::Malformed(_))), "{z}/{x}/{y}");
        }
        let huge = "9".repeat(400);
        assert!(matches!(tile("1", &huge, "0"), Err(TilesError::Malformed(_))));
    }
}
