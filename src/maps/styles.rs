//! Styles, parsed once and kept by their text.

use super::{MapError, MapStyle};
use crate::model::Layer;
use crate::style::{Style, sld};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Styles kept: far more than a platform has in use at once.
const KEPT: usize = 5_000;

/// Parsed styles by the hash of their text.
#[derive(Debug, Default)]
pub(super) struct Styles {
    known: Mutex<HashMap<u128, Arc<Style>>>,
}

impl Styles {
    /// The style of a layer.
    pub(super) fn get(&self, layer: &Layer, style: &MapStyle) -> Result<Arc<Style>, MapError> {
        let info = match style {
            MapStyle::Stored(info) => info,
            MapStyle::Given { style, .. } => return Ok(Arc::clone(style)),
        };
        let key = xxhash_rust::xxh3::xxh3_128(info.sld.as_bytes());
        if let Some(style) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(style));
        }
        let style = Arc::new(sld::parse(&info.sld).map_err(|cause| MapError::Style {
            layer: layer.slug.clone(),
            style: info.name.clone(),
            cause,
        })?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(key, Arc::clone(&style));
        Ok(style)
    }
}
