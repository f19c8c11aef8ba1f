//! Styles, parsed once and kept by their text.

use super::{MapError, MapStyle, StyleFacts};
use crate::model::{GeometryType, Layer};
use crate::style::{Style, sld};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Styles kept: far more than a platform has in use at once.
const KEPT: usize = 5_000;

/// Facts of styles kept: small, and asked for by every capabilities document, of all styles at once.
const FACTS_KEPT: usize = 100_000;

/// Hash of a style's text, and what it draws.
pub(super) type FactsKey = (u128, GeometryType);

/// Parsed styles by the hash of their text.
#[derive(Debug, Default)]
pub(super) struct Styles {
    known: Mutex<HashMap<u128, Arc<Style>>>,
    facts: Mutex<HashMap<FactsKey, StyleFacts>>,
}

impl Styles {
    /// What was found out about a style before.
    pub(super) fn facts(&self, key: FactsKey) -> Option<StyleFacts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied()
    }

    /// Keeps what was found out about a style.
    pub(super) fn keep_facts(&self, key: FactsKey, told: StyleFacts) {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        if facts.len() >= FACTS_KEPT {
            facts.clear();
        }
        facts.insert(key, told);
    }

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
