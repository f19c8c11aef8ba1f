//! Addresses that a MapLibre style names: those of its layer's tiles, of its icons and of letters.

use super::Call;
use crate::model::Layer;
use crate::style::maplibre::Addresses;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What a name of a style may have that a path can't; slugs have none of it.
const RESERVED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'%').add(b'/').add(b'?').add(b'#').add(b'"').add(b'<').add(b'>').add(b'@');

/// Absolute addresses in the scope of a call.
#[derive(Clone, Debug)]
pub struct StyleAddresses {
    tilejson: String,
    glyphs: String,
    sprite: Option<String>,
}

impl StyleAddresses {
    /// Those of a layer's style; one that isn't stored has no name, and no sprite.
    #[must_use]
    pub fn of(call: &Call, layer: &Layer, style: Option<&str>) -> Self {
        let sprite = style.map(|name| {
            call.url(&format!("/styles/{}/{}/sprite", layer.slug, utf8_percent_encode(name, RESERVED)))
        });
        Self {
            tilejson: call.url(&format!("/tiles/{}.json", layer.slug)),
            glyphs: call.url("/fonts/{fontstack}/{range}.pbf"),
            sprite,
        }
    }

    /// As the writer of styles takes them.
    #[must_use]
    pub fn borrowed(&self) -> Addresses<'_> {
        Addresses { tilejson: &self.tilejson, glyphs: Some(&self.glyphs), sprite: self.sprite.as_deref() }
    }
}
