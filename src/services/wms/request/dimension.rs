//! `TIME`, `ELEVATION` and `DIM_…`: which values of their dimensions the layers of a map show (OGC 06-042 annex C).

use super::Parsed;
use crate::maps::{DimensionError, MapLayer, narrow};
use crate::services::edge::Kvp;
use crate::services::wms::error::{Code, WmsError};

/// Adds to each layer what a request says along its dimensions. A layer without a dimension is not asked for it.
/// Answers what the client is to be told in `Warning`.
pub(super) fn add(kvp: &Kvp, layers: &mut [MapLayer]) -> Parsed<Vec<String>> {
    let mut notes: Vec<String> = Vec::new();
    for shown in layers {
        let told = narrow(shown, |parameter| kvp.filled(parameter)).map_err(|error| {
            let code = match error {
                DimensionError::Missing { .. } => Code::MissingDimensionValue,
                DimensionError::Invalid { .. } => Code::InvalidDimensionValue,
            };
            let locator = match error.parameter() {
                "TIME" => "TIME",
                "ELEVATION" => "ELEVATION",
                _ => "DIM",
            };
            WmsError::new(code, locator, error.to_string())
        })?;
        for note in told.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>() {
            notes.push(note);
        }
    }
    Ok(notes)
}
