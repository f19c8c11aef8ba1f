//! The style model, and the languages it is read from and written to: SLD 1.0, SE 1.1, MapLibre JSON; QML is read.
//! Does no I/O and draws nothing.

mod computed;
mod default;
mod expression;
mod fallback;
mod font_name;
pub mod generate;
mod graphic;
mod layout;
mod logic;
pub mod maplibre;
mod model;
mod picture;
pub mod qml;
mod raster;
mod read;
pub mod sld;

pub use computed::{Computed, LARGEST_COMPUTED, Parameter};
pub use default::{RASTER_SLD, default_sld};
pub use expression::{
    Categorize, Cell, Expression, Interpolate, Method, Mode, Recode, Rounding, TextFunction,
    ThresholdsBelongTo,
};
pub use font_name::FontName;
pub use graphic::{
    ExternalGraphic, Graphic, GraphicFill, GraphicStroke, Mark, MarkShape, PictureContent, Symbol,
};
pub use layout::{LabelLayout, Repeat};
pub use model::{
    Color, FeatureTypeStyle, Fill, Font, FontStyle, Halo, LabelPart, LineCap, LineJoin, LineSymbolizer,
    Placement, Places, PointSymbolizer, PolygonSymbolizer, Rule, Stroke, Style, Symbolizer, TextSymbolizer,
    Unit,
};
pub use raster::{
    Channel, Channels, ColorMap, ColorMapEntry, ColorMapKind, Contrast, Overlap, RasterSymbolizer,
    Resampling, ShadedRelief, Stretch,
};
pub use read::{Language, Reading, Target, read};
pub use sld::StyleError;
