//! Overviews of a layer: tables beside its own that stand for its features at small scales.

use serde::Deserialize;

/// The overviews of a layer's current version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overviews {
    /// Side of a block in units of the layer's system: edits mark the blocks they touch, and those are read from
    /// the layer's own table until they are made anew.
    pub block: f64,
    /// From the finest to the coarsest.
    pub bands: Vec<OverviewBand>,
}

/// An overview: a table of schema `overview` with `fid`, the layer's columns and `geom`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct OverviewBand {
    /// Name of its table.
    pub table: String,
    /// Side of a cell in units of the layer's system. Features smaller than that were merged or thinned by cell;
    /// positions of all others moved by at most a sixteenth of it along each axis.
    pub cell: f64,
    /// Whether every feature is there for itself, so that conditions on attributes may be asked of it.
    pub complete: bool,
}

impl Overviews {
    /// The coarsest band for a picture in which details of `cell` don't show; one with every feature where none may be
    /// merged.
    #[must_use]
    pub fn band(&self, cell: f64, merged: bool) -> Option<&OverviewBand> {
        self.bands.iter().rev().find(|band| band.cell <= cell && (merged || band.complete))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarsest_band_that_does_not_show_is_taken() {
        let band = |cell: f64, complete| OverviewBand { table: format!("o{cell}"), cell, complete };
        let bands = vec![band(10.0, true), band(20.0, true), band(40.0, false)];
        let overviews = Overviews { block: 1280.0, bands };
        let taken = |cell, merged| overviews.band(cell, merged).map(|b| b.cell);
        assert_eq!(taken(9.9, true), None);
        assert_eq!(
            (taken(10.0, true), taken(39.0, true), taken(1e9, true)),
            (Some(10.0), Some(20.0), Some(40.0))
        );
        assert_eq!(taken(1e9, false), Some(20.0));
    }
}
