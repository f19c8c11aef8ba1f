//! Overviews: what stands for a large layer at small scales, made without anyone asking.
//!
//! An overview is a table of schema `overview` with the layer's columns. Polygons and lines that are seen at its scale
//! are in it one by one, their vertices moved to a grid: the same vertex moves the same way in all features, so
//! neighbours that met still meet. What is smaller than a cell (a pixel of the scale) is merged by cell: tiny polygons
//! into a square that covers as much ground, short lines and points into one of them; the first by rank gives its `fid`
//! and attributes. Each overview is made from the next finer one, by the database: rows never leave it, its memory
//! is bounded by its own settings.
//!
//! Space is cut into blocks, as large as a cell of the coarsest scale. Features belong to the block of the middle of
//! their box, so that blocks can be made anew one by one. Edits by anybody mark the blocks they touch
//! (`datasud.overview_mark`); marked blocks are read from the layer's table ([`crate::features`]) until [`keep()`] has
//! made them anew.
//!
//! | file | what |
//! |---|---|
//! | `scale.rs` | sides of cells and blocks |
//! | `statement.rs` | what the database is asked to do |
//! | `make.rs` | all overviews of a table, in a transaction of their own or in that which publishes it |
//! | `keep.rs` | the task of a server that makes stale blocks anew, and what is missing |

mod keep;
mod make;
mod scale;
mod statement;

pub use keep::keep;
pub(super) use make::{Subject, make};
