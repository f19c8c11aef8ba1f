//! From an address to layers and a tile.

use super::error::TilesError;
use crate::access::Action;
use crate::filter::FilterLimits;
use crate::geo::grid::Tile;
use crate::model::Layer;
use crate::publish::Snapshot;
use crate::services::edge::selection::{TILE_PARAMETERS, tile_layers};
use crate::services::edge::{Call, Kvp};
use crate::tiles::{TileForm, TileLayer};
use actix_web::HttpRequest;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
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

/// What a tile is written as: the end of its address says it.
pub(super) fn form(extension: &str) -> Result<TileForm, TilesError> {
    TileForm::named(extension)
        .ok_or_else(|| TilesError::NotFound("tiles end in .mvt, .pbf or .geojson".to_owned()))
}

/// What of the layers is asked for.
pub(super) struct Choice {
    /// The layers with what was chosen.
    pub(super) layers: Vec<TileLayer>,
    /// The parameters that chose, as a query with its question mark; empty without any.
    pub(super) query: String,
}

/// What stands for itself in a query.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',');

impl Choice {
    /// Reads the parameters. Others are left to those who put them there, such as keys of proxies.
    pub(super) fn read(call: &Call, http: &HttpRequest, layers: &[Arc<Layer>]) -> Result<Self, TilesError> {
        let kvp = Kvp::parse(http.query_string())?;
        let limits = FilterLimits::from(&call.app.config.limits);
        let layers = tile_layers(layers, limits, |name| kvp.get(name))?;
        let given = TILE_PARAMETERS.iter().filter_map(|name| Some((name, kvp.get(name)?)));
        let pairs: Vec<String> =
            given.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, VALUE))).collect();
        let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
        Ok(Self { layers, query })
    }
}

/// The layers of a comma-joined list that the caller may read, in the list's order.
pub(super) fn layers(call: &Call, snapshot: &Snapshot, names: &str) -> Result<Vec<Arc<Layer>>, TilesError> {
    let mut found: Vec<Arc<Layer>> = Vec::new();
    let limit = call.app.config.limits.layers_per_request;
    if names.split(',').count() > limit {
        let message = format!("a tile may have at most {limit} layers (layers-per-request)");
        return Err(TilesError::Malformed(message));
    }
    for name in names.split(',') {
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
