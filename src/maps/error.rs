//! Why a map can't be drawn.

use crate::features::FeatureError;
use crate::formats::image::ImageError;
use crate::render::{PoolError, RenderError};
use crate::store::StoreError;
use crate::style::StyleError;

/// A failure of the map engine. A map is whole or not at all. Messages may be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// More features in the box than one map may show.
    #[error(
        "the map shows more than {limit} features, the limit of this server; zoom in or ask for fewer layers"
    )]
    TooManyFeatures {
        /// The limit.
        limit: usize,
    },
    /// More points than memory allows for one map.
    #[error("the map's features have too many points to be drawn at once; zoom in or ask for fewer layers")]
    TooDetailed,
    /// More pixels than memory allows for one legend.
    #[error(
        "the legend would have {width} x {height} pixels; ask for fewer layers, smaller symbols or a lower resolution"
    )]
    LegendTooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Time is over.
    #[error("the map could not be drawn within the time given to a request; zoom in or ask for fewer layers")]
    Deadline,
    /// The server is busy; to be tried again.
    #[error("the server is drawing as much as it can; try again in a moment")]
    Busy,
    /// A stored style can't be read any more.
    #[error("style '{style}' of layer '{layer}' can't be used: {cause}")]
    Style {
        /// Layer.
        layer: String,
        /// Style.
        style: String,
        /// What is wrong.
        cause: StyleError,
    },
    /// A style that doesn't fit its layer, such as one naming a column that the data no longer has.
    #[error("style '{style}' doesn't fit layer '{layer}': {message}")]
    Unfit {
        /// Layer.
        layer: String,
        /// Style.
        style: String,
        /// What is wrong.
        message: String,
    },
    /// An image of a raster layer.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Reading features.
    #[error(transparent)]
    Features(FeatureError),
    /// Drawing.
    #[error(transparent)]
    Render(#[from] RenderError),
}

impl From<FeatureError> for MapError {
    fn from(error: FeatureError) -> Self {
        match error {
            FeatureError::Store(StoreError::Deadline) => Self::Deadline,
            other => Self::Features(other),
        }
    }
}

impl From<PoolError> for MapError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Busy => Self::Busy,
            PoolError::Deadline => Self::Deadline,
            PoolError::Panicked => Self::Render(RenderError::Crashed),
        }
    }
}
