//! Drawing: canvas, lines, fills, marks, labels, legends, image encoders. Knows styles and pixels, no
//! database and no protocol.

mod pool;

pub use pool::{DrawingPool, PoolError};
