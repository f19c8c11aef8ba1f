//! What a web map needs beside tiles: letters, sprites, a page, grids.

mod glyphs;
mod grids;
mod page;
mod sprites;
