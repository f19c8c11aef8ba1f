//! The one map engine: layers, styles and a box become a picture.
//!
//! A map is planned layer by layer (`plan`: which rules are drawn at its scale, which attributes they
//! need, which box of the layer's own system it shows), read (`read`: features stream in, simplified to
//! the pixel, straight from EWKB into pixel shapes), drawn and encoded in the drawing pool, and kept under
//! the generations that its layers have in what it shows (`area`: an edit elsewhere leaves it as it is).

mod area;
mod decode;
mod dimension;
mod engine;
mod error;
mod extent;
mod fit;
mod images;
mod labels;
mod legend;
mod parts;
mod pixel;
mod pixels;
mod plan;
mod projector;
mod read;
mod request;
pub mod shelf;
mod styles;
mod variants;
mod warp;

pub use area::{area_of, is_within_use};
pub use dimension::{Chosen, DimensionError, at_time, choose, narrow, shown_at_time};
pub use engine::{MapEngine, MapImage};
pub use error::MapError;
pub use extent::extent_in;
pub use fit::check_fit;
pub use legend::{LayerLegend, LegendRequest, Met, ScaleRange, StyleFacts};
pub use parts::{Part, Place, Seeded};
pub use pixel::{PixelValues, feature_filter};
pub use request::{MapLayer, MapRequest, MapStyle};
