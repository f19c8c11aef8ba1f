//! Images on the ground as the server keeps them: Cloud Optimized GeoTIFFs (OGC 21-026) that ingestion has written, one a
//! feature of a raster layer. Files of strangers are never opened here.

mod library;
mod window;

pub use library::{ImageError, ImageFacts, Library, file_of, folder_of};
pub use window::{Samples, Window};
