//! Grids that a platform defines itself, and the list of all that it has.

use super::known::{axes, standard};
use super::{Corner, PIXEL_METRES, TileMatrix, TileMatrixSet};
use crate::geo::{BBox, CrsError, CrsRef};
use std::sync::{Mutex, PoisonError};

/// Matrices that a grid may have.
pub(super) const MOST_MATRICES: usize = 40;

/// Grids that a platform may add.
const MOST_GRIDS: usize = 50;

/// Least and greatest side of a tile in cells.
pub(super) const TILE_SIDES: std::ops::RangeInclusive<u32> = 16..=4096;

/// A grid in words: what is needed to lay its matrices out.
#[derive(Clone, Debug, PartialEq)]
pub struct GridDefinition {
    /// Identifier: letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// The CRS, in any spelling.
    pub crs: String,
    /// Upper left corner, easting or longitude first whatever the CRS's order.
    pub origin: [f64; 2],
    /// Cells of the matrices, from the largest to the smallest.
    pub cells: Cells,
    /// Cells of a tile along a row and along a column.
    pub tile_size: [u32; 2],
    /// How many tiles there are.
    pub size: Size,
}

/// How large the cells of a grid are.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Sides in units of the CRS.
    Resolutions(Vec<f64>),
    /// Scale denominators with respect to the standardised pixel of 0.28 mm.
    ScaleDenominators(Vec<f64>),
}

/// How far the matrices of a grid reach.
#[derive(Clone, Debug, PartialEq)]
pub enum Size {
    /// As far as this box, easting or longitude first; it begins at the origin or right and below of it.
    Extent(BBox),
    /// Tiles along a row and along a column, for each matrix.
    Tiles(Vec<[u32; 2]>),
}

/// Why a definition makes no grid; says what would do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GridError {
    /// The identifier can't stand in an address.
    #[error("'{0}' is no identifier of a tile matrix set: it has 1 to 64 letters, digits, '-', '_' and '.'")]
    Identifier(String),
    /// Two grids of one name.
    #[error("there are two tile matrix sets '{0}'; give one of them another id")]
    Twice(String),
    /// More than are reasonable.
    #[error("there are {0} tile matrix sets of your own; {MOST_GRIDS} are the most")]
    TooMany(usize),
    /// The system isn't known.
    #[error("tile matrix set '{id}': {cause}")]
    Crs {
        /// The grid.
        id: String,
        /// Why.
        #[source]
        cause: CrsError,
    },
    /// A definition in JSON.
    #[error("the tile matrix set can't be read: {message}")]
    Document {
        /// Which member is wrong, and what would do.
        message: String,
    },
    /// A file that holds one.
    #[error("{file}: {cause}")]
    File {
        /// Its path.
        file: String,
        /// Why.
        cause: String,
    },
    /// Something else of the definition.
    #[error("tile matrix set '{id}': {message}")]
    Value {
        /// The grid.
        id: String,
        /// What is wrong, and what would do.
        message: String,
    },
}

impl GridError {
    /// What can stand in an address.
    pub(super) fn check_identifier(id: &str) -> Result<(), Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || id.len() > 64 || !id.chars().all(allowed) {
            return Err(Self::Identifier(id.chars().take(80).collect()));
        }
        Ok(())
    }
}

impl GridDefinition {
    /// Lays the matrices out, with the identifiers `0`, `1` and so on.
    ///
    /// # Errors
    /// [`GridError`], naming the grid, what is wrong with it and what would do.
    pub fn build(&self) -> Result<TileMatrixSet, GridError> {
        GridError::check_identifier(&self.id)?;
        let mut crs =
            CrsRef::parse(&self.crs).map_err(|cause| GridError::Crs { id: self.id.clone(), cause })?;
        if crs.spelling != crate::geo::crs::CrsSpelling::Crs84 {
            // The definition is written with the register's address, whose order of axes is the authority's.
            crs.spelling = crate::geo::crs::CrsSpelling::Uri;
        }
        if self.tile_size.iter().any(|side| !TILE_SIDES.contains(side)) {
            let (least, most) = (TILE_SIDES.start(), TILE_SIDES.end());
            return self.wrong(format!("tile-size is from {least} to {most} cells"));
        }
        if !self.origin.iter().all(|v| v.is_finite()) {
            return self.wrong("origin is two numbers: the upper left corner".to_owned());
        }
        let cells = self.cell_sizes(&crs)?;
        let matrices = cells.iter().enumerate().map(|(level, cell)| self.matrix(&crs, level, *cell));
        Ok(TileMatrixSet {
            id: self.id.clone(),
            title: if self.title.trim().is_empty() { self.id.clone() } else { self.title.clone() },
            uri: None,
            axes: axes(&crs),
            matrices: matrices.collect::<Result<_, _>>()?,
            crs,
            well_known_scale_set: None,
        })
    }

    fn wrong<T>(&self, message: String) -> Result<T, GridError> {
        Err(GridError::Value { id: self.id.clone(), message })
    }

    fn cell_sizes(&self, crs: &CrsRef) -> Result<Vec<f64>, GridError> {
        let (key, cells) = match &self.cells {
            Cells::Resolutions(sizes) => ("resolutions", sizes.clone()),
            Cells::ScaleDenominators(scales) => {
                let side = |scale: &f64| scale * PIXEL_METRES / crs.crs.metres_per_unit;
                ("scale-denominators", scales.iter().map(side).collect())
            }
        };
        if cells.is_empty() || cells.len() > MOST_MATRICES {
            return self.wrong(format!("{key} has 1 to {MOST_MATRICES} numbers"));
        }
        if cells.iter().any(|cell| !cell.is_finite() || *cell <= 0.0) {
            return self.wrong(format!("{key} are numbers greater than 0"));
        }
        if cells.iter().zip(cells.iter().skip(1)).any(|(larger, smaller)| larger <= smaller) {
            return self.wrong(format!(
                "{key} go down: from the smallest scale (the largest number) to the largest"
            ));
        }
        Ok(cells)
    }

    fn matrix(&self, crs: &CrsRef, level: usize, cell_size: f64) -> Result<TileMatrix, GridError> {
        let [matrix_width, matrix_height] = self.tiles(level, cell_size)?;
        Ok(TileMatrix {
            id: level.to_string(),
            scale_denominator: cell_size * crs.crs.metres_per_unit / PIXEL_METRES,
            cell_size,
            origin: self.origin,
            corner: Corner::TopLeft,
            tile_width: self.tile_size[0],
            tile_height: self.tile_size[1],
            matrix_width,
            matrix_height,
        })
    }

    /// Tiles of a matrix along a row and along a column.
    fn tiles(&self, level: usize, cell_size: f64) -> Result<[u32; 2], GridError> {
        let [x, y] = self.origin;
        match &self.size {
            Size::Tiles(sizes) => match sizes.get(level) {
                Some(&[width, height]) if width > 0 && height > 0 => Ok([width, height]),
                Some(_) => self.wrong("matrix-sizes are at least [1, 1]".to_owned()),
                None => self.wrong("matrix-sizes has a pair of numbers for each matrix".to_owned()),
            },
            Size::Extent(extent) => {
                if !extent.is_valid() || extent.max_x <= x || extent.min_y >= y {
                    return self.wrong(
                        "extent is [least x, least y, greatest x, greatest y], to the right of and below the origin"
                            .to_owned(),
                    );
                }
                let count = |length: f64, side: u32| {
                    // A box that ends on the border of a tile needs no other one, whatever rounding says.
                    let tiles = (length / (cell_size * f64::from(side)) - 1e-9).ceil().max(1.0);
                    (tiles <= f64::from(i32::MAX)).then_some(tiles as u32)
                };
                let counts = count(extent.max_x - x, self.tile_size[0])
                    .zip(count(y - extent.min_y, self.tile_size[1]));
                match counts {
                    Some((width, height)) => Ok([width, height]),
                    None => self.wrong("extent has too many tiles of so small cells".to_owned()),
                }
            }
        }
    }
}

/// The grids of a platform: the standard ones, and its own after them.
#[derive(Clone, Debug)]
pub struct Grids {
    all: Vec<&'static TileMatrixSet>,
}

impl Default for Grids {
    /// The standard ones.
    fn default() -> Self {
        Self { all: standard().iter().collect() }
    }
}

impl Grids {
    /// The standard grids and those that are defined.
    ///
    /// # Errors
    /// [`GridError`] of the first definition that makes no grid.
    pub fn with(definitions: &[GridDefinition]) -> Result<Self, GridError> {
        if definitions.len() > MOST_GRIDS {
            return Err(GridError::TooMany(definitions.len()));
        }
        let mut grids = Self::default();
        for definition in definitions {
            grids.add(definition.build()?)?;
        }
        Ok(grids)
    }

    /// Puts a grid behind the others.
    ///
    /// # Errors
    /// [`GridError`] when there is one of that identifier, or there are too many.
    pub fn add(&mut self, grid: TileMatrixSet) -> Result<(), GridError> {
        // Addresses and identifiers that differ by case alone would be taken for each other.
        if self.all.iter().any(|known| known.id.eq_ignore_ascii_case(&grid.id)) {
            return Err(GridError::Twice(grid.id));
        }
        let own = self.all.len() - standard().len() + 1;
        if own > MOST_GRIDS {
            return Err(GridError::TooMany(own));
        }
        self.all.push(kept(grid));
        Ok(())
    }

    /// All grids, the preferred one first.
    pub fn iter(&self) -> impl Iterator<Item = &'static TileMatrixSet> + '_ {
        self.all.iter().copied()
    }

    /// The grid of an identifier, which is compared exactly.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&'static TileMatrixSet> {
        self.iter().find(|g| g.id == id)
    }
}

/// Grids live as long as the process; equal ones are one.
fn kept(grid: TileMatrixSet) -> &'static TileMatrixSet {
    static KEPT: Mutex<Vec<&'static TileMatrixSet>> = Mutex::new(Vec::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = kept.iter().find(|known| ***known == grid) {
        return same;
    }
    let grid: &'static TileMatrixSet = Box::leak(Box::new(grid));
    kept.push(grid);
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> GridDefinition {
        GridDefinition {
            id: "commune".into(),
            title: "Plan communal".into(),
            crs: "EPSG:3943".into(),
            origin: [1_200_000.0, 2_400_000.0],
            cells: Cells::Resolutions(vec![100.0, 50.0, 20.0]),
            tile_size: [512, 256],
            size: Size::Extent(BBox::new(1_200_000.0, 2_100_000.0, 1_302_400.0, 2_400_000.0)),
        }
    }

    #[test]
    fn a_grid_of_ones_own_reaches_as_far_as_its_extent() {
        let grid = definition().build().expect("good");
        let sizes: Vec<_> = grid.matrices.iter().map(|m| [m.matrix_width, m.matrix_height]).collect();
        assert_eq!(sizes, [[2, 12], [4, 24], [10, 59]]);
        assert_eq!(grid.crs.canonical(), "http://www.opengis.net/def/crs/EPSG/0/3943");
        assert!((grid.matrices[0].scale_denominator - 100.0 / 0.000_28).abs() < 1e-6);
    }

    #[test]
    fn scales_and_counts_of_tiles_define_a_grid_as_well() {
        let grid = GridDefinition {
            crs: "EPSG:4258".into(),
            origin: [-10.0, 60.0],
            cells: Cells::ScaleDenominators(vec![1e6, 5e5]),
            size: Size::Tiles(vec![[3, 2], [6, 4]]),
            ..definition()
        };
        let grid = grid.build().expect("good");
        assert!((grid.matrices[1].scale_denominator - 5e5).abs() < 1e-3);
        assert_eq!((grid.matrices[1].matrix_width, grid.matrices[1].matrix_height), (6, 4));
        // Latitude comes first in this system, and so in the definition.
        assert_eq!(grid.axes, ["Lat", "Lon"]);
        assert_eq!(grid.to_json()["tileMatrices"][0]["pointOfOrigin"], serde_json::json!([60.0, -10.0]));
    }

    #[test]
    fn bad_grids_are_refused_with_a_sentence() {
        let extent = |a, b, c, d| Size::Extent(BBox::new(a, b, c, d));
        let cases: [(GridDefinition, &str); 11] = [
            (GridDefinition { id: "a b".into(), ..definition() }, "no identifier"),
            (GridDefinition { id: String::new(), ..definition() }, "no identifier"),
            (GridDefinition { crs: "EPSG:1".into(), ..definition() }, "EPSG:1 is not a horizontal"),
            (GridDefinition { crs: "Lambert".into(), ..definition() }, "'Lambert' is not"),
            (GridDefinition { cells: Cells::Resolutions(vec![]), ..definition() }, "1 to 40"),
            (GridDefinition { cells: Cells::Resolutions(vec![1.0, 2.0]), ..definition() }, "go down"),
            (GridDefinition { cells: Cells::ScaleDenominators(vec![0.0]), ..definition() }, "greater than 0"),
            (GridDefinition { tile_size: [0, 256], ..definition() }, "tile-size"),
            (GridDefinition { size: extent(0.0, 0.0, 10.0, 10.0), ..definition() }, "right of and below"),
            (GridDefinition { size: Size::Tiles(vec![[1, 1]]), ..definition() }, "for each matrix"),
            (GridDefinition { origin: [f64::NAN, 0.0], ..definition() }, "origin"),
        ];
        for (bad, said) in cases {
            let error = bad.build().expect_err(said).to_string();
            assert!(error.contains(said), "{error}");
        }
        let tiny = GridDefinition { cells: Cells::Resolutions(vec![1e-9]), ..definition() };
        assert!(tiny.build().is_err_and(|e| e.to_string().contains("too many tiles")));
        let twice = Grids::with(&[definition(), definition()]).expect_err("twice");
        assert_eq!(twice, GridError::Twice("commune".into()));
        let taken = GridDefinition { id: "webmercatorquad".into(), ..definition() };
        assert!(Grids::with(&[taken]).is_err());
    }

    #[test]
    fn own_grids_come_after_the_standard_ones_and_are_kept_once() {
        let [a, b] = [(), ()].map(|()| Grids::with(&[definition()]).expect("good"));
        assert_eq!(a.iter().next().map(|g| g.id.as_str()), Some("WebMercatorQuad"));
        let [a, b] = [a, b].map(|grids| grids.find("commune").expect("there"));
        assert!(std::ptr::eq(a, b));
        assert!(Grids::default().find("commune").is_none());
    }
}
