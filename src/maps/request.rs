//! What a map shows.

use super::dimension::by_default;
use crate::filter::Filter;
use crate::geo::{BBox, Crs};
use crate::model::{Layer, StyleInfo};
use crate::render::{GroundPlace, ImageFormat, Sheet};
use crate::style::{Color, Style};
use std::fmt::Write;
use std::sync::Arc;

/// Metres of the standardised pixel (OGC 06-042 section 7.2.4.6.9).
const PIXEL_METRES: f64 = 0.000_28;

/// A layer of a map.
#[derive(Clone, Debug)]
pub struct MapLayer {
    /// The layer.
    pub layer: Arc<Layer>,
    /// The style it is drawn in.
    pub style: MapStyle,
    /// Only features that fulfil it.
    pub filter: Option<Filter>,
}

impl MapLayer {
    /// A layer as it is shown when nobody asks for more: at the default values of its dimensions.
    #[must_use]
    pub fn new(layer: Arc<Layer>, style: impl Into<MapStyle>) -> Self {
        let filter = by_default(&layer);
        Self { layer, style: style.into(), filter }
    }
}

/// The style of a layer in a map.
#[derive(Clone, Debug)]
pub enum MapStyle {
    /// One of the layer's.
    Stored(StyleInfo),
    /// One that the request brings.
    Given {
        /// The style, which fits the layer.
        style: Arc<Style>,
        /// Hash of all that the style was read from: the same for the same style and no other.
        hash: u128,
    },
}

impl MapStyle {
    /// What errors call it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Stored(info) => &info.name,
            Self::Given { style, .. } => style.name.as_deref().unwrap_or("of the request"),
        }
    }

    /// What tells its pictures from those of other styles.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Stored(info) => info.id.to_string(),
            Self::Given { hash, .. } => format!("={hash:x}"),
        }
    }
}

impl From<StyleInfo> for MapStyle {
    fn from(info: StyleInfo) -> Self {
        Self::Stored(info)
    }
}

/// A map to be drawn.
#[derive(Clone, Debug)]
pub struct MapRequest {
    /// From the bottom to the top.
    pub layers: Vec<MapLayer>,
    /// System of the box and of the picture.
    pub crs: Arc<Crs>,
    /// What the picture shows, x first; width and height greater than zero.
    pub bbox: BBox,
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// No background where the format allows it.
    pub transparent: bool,
    /// Colour below everything.
    pub background: Color,
    /// What every length of a style is multiplied with: 1 for screens, more for print.
    pub scale: f32,
    /// Format of the answer.
    pub format: ImageFormat,
}

impl MapRequest {
    /// The scale denominator that rules are held against: metres on the ground for a metre of picture of
    /// standardised pixels, along x.
    #[must_use]
    pub fn denominator(&self) -> f64 {
        let ground = self.bbox.width() * self.crs.metres_per_unit / f64::from(self.width.max(1));
        ground / PIXEL_METRES * f64::from(self.scale)
    }

    /// Units of the map's system for one pixel along x and y.
    #[must_use]
    pub fn pixel(&self) -> [f64; 2] {
        [self.bbox.width() / f64::from(self.width), self.bbox.height() / f64::from(self.height)]
    }

    /// What it is drawn on.
    pub(super) fn sheet(&self) -> Sheet {
        Sheet {
            width: self.width,
            height: self.height,
            background: (!self.transparent).then_some(self.background),
            format: self.format,
            matte: self.background,
            place: Some(GroundPlace {
                srid: self.crs.srid,
                geographic: self.crs.geographic,
                corner: [self.bbox.min_x, self.bbox.max_y],
                pixel: self.pixel(),
            }),
            scale: self.scale,
        }
    }

    /// Where the origin of the map's system lies, in pixels from its upper left corner.
    pub(super) fn origin(&self) -> [f64; 2] {
        let [x, y] = self.pixel();
        [-self.bbox.min_x / x, self.bbox.max_y / y]
    }

    /// A text that is the same for the same picture and no other: parameters and generations.
    pub(super) fn key(&self) -> String {
        let mut key = String::new();
        for MapLayer { layer, style, filter } in &self.layers {
            let _ = write!(key, "{}@{}/{}", layer.id, layer.generation, style.key());
            if let Some(filter) = filter {
                let _ = write!(key, "?{filter:?}");
            }
            key.push(';');
        }
        let BBox { min_x, min_y, max_x, max_y } = self.bbox;
        let _ = write!(
            key,
            "{}|{:x},{:x},{:x},{:x}|{}x{}|{}|{}|{}|{:?}",
            self.crs.srid,
            min_x.to_bits(),
            min_y.to_bits(),
            max_x.to_bits(),
            max_y.to_bits(),
            self.width,
            self.height,
            self.transparent,
            self.background.hex(),
            self.scale.to_bits(),
            self.format
        );
        key
    }
}
