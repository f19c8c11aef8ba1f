//! The one map engine: layers, styles and a box become a picture.
