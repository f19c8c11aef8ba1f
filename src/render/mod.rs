//! Drawing: canvas, lines, fills, marks, labels, legends, image encoders. Knows styles and pixels, no
//! database and no protocol.
//!
//! Pixel coordinates run right and down from the upper left corner; the middle of the first pixel is
//! (0.5, 0.5). Drawing is CPU work: callers run it in the [`DrawingPool`], never on async workers.

mod anchors;
mod borders;
mod canvas;
mod encode;
mod fonts;
mod graphics;
mod image;
mod label_image;
mod label_lines;
mod labels;
mod legend;
mod legend_colors;
mod marks;
mod offset;
mod outlines;
mod paint;
mod picture;
mod pool;
mod sdf;
mod shapes;
mod sprite;
mod text;
mod vello;

pub use canvas::{Canvas, Path};
pub use encode::{GroundPlace, ImageFormat, Sheet};
pub use fonts::{FontStack, font_names};
pub use image::{ShownBands, colored, is_smooth};
pub use label_image::write;
pub use labels::{Label, Labels};
pub use legend::{Legend, LegendLook, LegendSection};
pub use paint::{Setting, paint, portion};
pub use picture::Picture;
pub use pool::{DrawingPool, PoolError};
pub use shapes::{Shapes, Tracer};
pub use sprite::Sprite;
pub use vello::draw;

/// Why a picture can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The drawing code failed; the worker goes on with the next picture.
    #[error("the picture can't be drawn; this is a fault of the server")]
    Crashed,
    /// Width or height is 0 or more than the drawing library can address.
    #[error("a picture of {0} x {1} pixels can't be drawn; ask for 1 to 65535 pixels a side")]
    Size(u32, u32),
    /// Too many shapes for a drawing.
    #[error(
        "the map has too many shapes for {0}; ask for a smaller part, or for a picture such as image/png"
    )]
    TooLarge(&'static str),
    /// The encoder refused.
    #[error("the picture can't be written as {0}")]
    Encoding(&'static str),
}
