//! Tile grids: OGC Two Dimensional Tile Matrix Set and Tile Set Metadata 2.0 (OGC 17-083r4).
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the type, its matrices and tiles; where a tile lies, which tiles a box needs |
//! | `known.rs` | the grids that every platform has |
//! | `own.rs` | those that a platform defines itself, and the list of all |
//! | `json.rs` | the definition in JSON |

mod json;
mod known;
mod own;

pub use known::{MERCATOR_EDGE, standard, web_mercator_quad};
pub use own::{Cells, GridDefinition, GridError, Grids, Size};

use super::{BBox, CrsRef};
use std::fmt;
use std::hash::{Hash, Hasher};

/// Metres of the standardised rendering pixel (OGC 17-083r4 clause 6.1).
pub const PIXEL_METRES: f64 = 0.000_28;

/// Which corner of a matrix row 0, column 0 is at (OGC 17-083r4 clause 6.2, `cornerOfOrigin`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corner {
    /// Rows go down: the usual.
    TopLeft,
    /// Rows go up, as TMS numbers them.
    BottomLeft,
}

/// A tile matrix: the tiles of one scale.
#[derive(Clone, Debug, PartialEq)]
pub struct TileMatrix {
    /// Identifier within the set, such as `12`.
    pub id: String,
    /// Scale with respect to the standardised pixel of 0.28 mm.
    pub scale_denominator: f64,
    /// Side of a cell (pixel) in units of the set's CRS.
    pub cell_size: f64,
    /// The corner that rows and columns are counted from, **x first** whatever the CRS's definition says.
    pub origin: [f64; 2],
    /// Which corner that is.
    pub corner: Corner,
    /// Cells of a tile along a row.
    pub tile_width: u32,
    /// Cells of a tile along a column.
    pub tile_height: u32,
    /// Tiles along a row.
    pub matrix_width: u32,
    /// Tiles along a column.
    pub matrix_height: u32,
}

impl TileMatrix {
    /// Width and height of a tile in units of the set's CRS.
    #[must_use]
    pub fn span(&self) -> [f64; 2] {
        [self.cell_size * f64::from(self.tile_width), self.cell_size * f64::from(self.tile_height)]
    }

    /// What the whole matrix covers.
    #[must_use]
    pub fn bbox(&self) -> BBox {
        let [width, height] = self.span();
        let (width, height) = (width * f64::from(self.matrix_width), height * f64::from(self.matrix_height));
        let [x, y] = self.origin;
        match self.corner {
            Corner::TopLeft => BBox::new(x, y - height, x + width, y),
            Corner::BottomLeft => BBox::new(x, y, x + width, y + height),
        }
    }

    /// The tiles that a box touches; `None` when it lies outside of the matrix. A box that ends on the
    /// border of a tile doesn't need the next one.
    #[must_use]
    pub fn tiles_of(&self, bbox: &BBox) -> Option<TileRange> {
        if !bbox.is_valid() || !self.bbox().intersects(bbox) {
            return None;
        }
        let [width, height] = self.span();
        let [x, y] = self.origin;
        let (near, far) = match self.corner {
            Corner::TopLeft => (y - bbox.max_y, y - bbox.min_y),
            Corner::BottomLeft => (bbox.min_y - y, bbox.max_y - y),
        };
        let (min_col, max_col) = indices(bbox.min_x - x, bbox.max_x - x, width, self.matrix_width);
        let (min_row, max_row) = indices(near, far, height, self.matrix_height);
        Some(TileRange { min_row, max_row, min_col, max_col })
    }
}

/// First and last of `count` intervals of `size` that the stretch from `near` to `far` touches.
fn indices(near: f64, far: f64, size: f64, count: u32) -> (u32, u32) {
    let last = f64::from(count.saturating_sub(1));
    let first = (near / size).floor().clamp(0.0, last);
    let end = ((far / size).ceil() - 1.0).clamp(first, last);
    (first as u32, end as u32)
}

/// Tiles of a matrix that are worth asking for (OGC 17-083r4 clause 6.4, `TileMatrixLimits`), all four
/// included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileRange {
    /// First row.
    pub min_row: u32,
    /// Last row.
    pub max_row: u32,
    /// First column.
    pub min_col: u32,
    /// Last column.
    pub max_col: u32,
}

/// A tile matrix set: a grid at several scales in one CRS (OGC 17-083r4 clause 6.2).
#[derive(Clone, Debug, PartialEq)]
pub struct TileMatrixSet {
    /// Identifier, such as `WebMercatorQuad`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Address of the definition in the OGC's register, for one that is registered.
    pub uri: Option<String>,
    /// The CRS as the definition spells it: the spelling tells the order of the axes in the definition.
    pub crs: CrsRef,
    /// Names of the axes in the definition's order.
    pub axes: [&'static str; 2],
    /// Well-known scale set that the matrices follow (OGC 17-083r4 annex C), as an address.
    pub well_known_scale_set: Option<String>,
    /// From the smallest scale to the largest.
    pub matrices: Vec<TileMatrix>,
}

impl TileMatrixSet {
    /// Place of a matrix in [`TileMatrixSet::matrices`].
    #[must_use]
    pub fn matrix_index(&self, id: &str) -> Option<usize> {
        self.matrices.iter().position(|m| m.id == id)
    }

    /// A tile, or `None` when the grid has no such one.
    #[must_use]
    pub fn tile(&'static self, matrix: usize, row: u32, col: u32) -> Option<Tile> {
        let found = self.matrices.get(matrix)?;
        (row < found.matrix_height && col < found.matrix_width).then_some(Tile {
            grid: self,
            matrix: found,
            index: matrix,
            row,
            col,
        })
    }

    /// What all matrices cover together, x first.
    #[must_use]
    pub fn bbox(&self) -> BBox {
        self.matrices.iter().map(TileMatrix::bbox).fold(BBox::EMPTY, |all, one| all.union(&one))
    }

    /// Whether the definition writes coordinates with the house's x, y exchanged.
    #[must_use]
    pub fn swapped(&self) -> bool {
        self.crs.swapped(true)
    }
}

/// Matrices whose cells halve from one to the next, with identifiers `0`, `1` and so on.
///
/// `origin` is the upper left corner, x first; `cell_size` and `tiles` (along a row, along a column) are
/// those of the first matrix; tiles are 256 cells wide and high.
#[must_use]
pub fn halving(
    crs: &CrsRef,
    origin: [f64; 2],
    cell_size: f64,
    tiles: [u32; 2],
    count: u8,
) -> Vec<TileMatrix> {
    (0..count)
        .map_while(|level| {
            let power = 1_u32.checked_shl(u32::from(level))?;
            let cell_size = cell_size / f64::from(power);
            Some(TileMatrix {
                id: level.to_string(),
                scale_denominator: cell_size * crs.crs.metres_per_unit / PIXEL_METRES,
                cell_size,
                origin,
                corner: Corner::TopLeft,
                tile_width: 256,
                tile_height: 256,
                matrix_width: tiles[0].checked_mul(power)?,
                matrix_height: tiles[1].checked_mul(power)?,
            })
        })
        .collect()
}

/// A tile that exists in its grid. Grids live as long as the process, so that a tile is small and copied.
#[derive(Clone, Copy)]
pub struct Tile {
    grid: &'static TileMatrixSet,
    matrix: &'static TileMatrix,
    index: usize,
    row: u32,
    col: u32,
}

impl Tile {
    /// A tile of `WebMercatorQuad` by zoom, column and row, as web maps number them; `None` when there is no
    /// such one.
    #[must_use]
    pub fn web_mercator(z: u8, x: u32, y: u32) -> Option<Self> {
        web_mercator_quad()?.tile(usize::from(z), y, x)
    }

    /// Its grid.
    #[must_use]
    pub const fn grid(&self) -> &'static TileMatrixSet {
        self.grid
    }

    /// Its matrix.
    #[must_use]
    pub const fn matrix(&self) -> &'static TileMatrix {
        self.matrix
    }

    /// Place of its matrix in the grid: the zoom, where the first matrix is 0.
    #[must_use]
    pub const fn level(&self) -> usize {
        self.index
    }

    /// Its row.
    #[must_use]
    pub const fn row(&self) -> u32 {
        self.row
    }

    /// Its column.
    #[must_use]
    pub const fn col(&self) -> u32 {
        self.col
    }

    /// What it covers, in the grid's CRS, x first.
    #[must_use]
    pub fn bbox(&self) -> BBox {
        let [width, height] = self.matrix.span();
        let [x, y] = self.matrix.origin;
        let min_x = x + f64::from(self.col) * width;
        match self.matrix.corner {
            Corner::TopLeft => {
                let max_y = y - f64::from(self.row) * height;
                BBox::new(min_x, max_y - height, min_x + width, max_y)
            }
            Corner::BottomLeft => {
                let min_y = y + f64::from(self.row) * height;
                BBox::new(min_x, min_y, min_x + width, min_y + height)
            }
        }
    }
}

impl PartialEq for Tile {
    fn eq(&self, other: &Self) -> bool {
        (self.index, self.row, self.col) == (other.index, other.row, other.col)
            && (std::ptr::eq(self.grid, other.grid) || self.grid.id == other.grid.id)
    }
}

impl Eq for Tile {}

impl Hash for Tile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.grid.id.hash(state);
        (self.index, self.row, self.col).hash(state);
    }
}

/// Matrix, column and row: `12/2105/1497`, as web maps write it.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.matrix.id, self.col, self.row)
    }
}

impl fmt::Debug for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{self}", self.grid.id)
    }
}

#[cfg(test)]
mod tests;
