//! Tile grids of one's own: `[[tile-matrix-set]]`.

use crate::geo::BBox;
use crate::geo::grid::{Cells, GridDefinition, GridError, Size};
use serde::Deserialize;

/// A grid (OGC 17-083r4 clause 6.2) as the configuration writes it. Points are easting or longitude first, whatever
/// the order of the CRS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TileMatrixSetConfig {
    /// Identifier, as addresses have it.
    pub id: String,
    /// Name for people; the identifier unless said.
    #[serde(default)]
    pub title: String,
    /// The CRS, such as `EPSG:3943`.
    pub crs: String,
    /// Upper left corner of all matrices.
    pub origin: [f64; 2],
    /// Sides of the cells in units of the CRS, from the largest to the smallest.
    #[serde(default)]
    pub resolutions: Option<Vec<f64>>,
    /// Scale denominators instead, from the largest to the smallest number.
    #[serde(default)]
    pub scale_denominators: Option<Vec<f64>>,
    /// Cells of a tile along a row and along a column; 256 unless said.
    #[serde(default = "usual_tile")]
    pub tile_size: [u32; 2],
    /// How far matrices reach: least x, least y, greatest x, greatest y.
    #[serde(default)]
    pub extent: Option<[f64; 4]>,
    /// Tiles of each matrix along a row and along a column instead.
    #[serde(default)]
    pub matrix_sizes: Option<Vec<[u32; 2]>>,
}

const fn usual_tile() -> [u32; 2] {
    [256, 256]
}

impl TileMatrixSetConfig {
    /// The definition that is meant.
    ///
    /// # Errors
    /// [`GridError::Value`] when cells or sizes are given twice or not at all.
    pub fn definition(&self) -> Result<GridDefinition, GridError> {
        let wrong = |message: &str| GridError::Value { id: self.id.clone(), message: message.to_owned() };
        let cells = match (&self.resolutions, &self.scale_denominators) {
            (Some(sizes), None) => Cells::Resolutions(sizes.clone()),
            (None, Some(scales)) => Cells::ScaleDenominators(scales.clone()),
            _ => return Err(wrong("give either resolutions or scale-denominators")),
        };
        let size = match (self.extent, &self.matrix_sizes) {
            (Some([min_x, min_y, max_x, max_y]), None) => Size::Extent(BBox::new(min_x, min_y, max_x, max_y)),
            (None, Some(sizes)) => Size::Tiles(sizes.clone()),
            _ => return Err(wrong("give either extent or matrix-sizes")),
        };
        Ok(GridDefinition {
            id: self.id.clone(),
            title: self.title.clone(),
            crs: self.crs.clone(),
            origin: self.origin,
            cells,
            tile_size: self.tile_size,
            size,
        })
    }
}
