//! How large cells are: one pixel of a zoom of Web Mercator, tiles being shown at 512 pixels.

use crate::geo::{BBox, Crs};

/// Zooms that have an overview, from the finest. From the next zoom on tiles hold every feature.
const ZOOMS: [i32; 8] = [11, 10, 9, 8, 7, 6, 5, 4];

/// Metres around the equator of Web Mercator.
const EQUATOR: f64 = 40_075_016.685_578_49;

/// Pixels of a tile.
const PIXELS: f64 = 512.0;

/// Share of a cell that vertices are moved to: half a unit of a tile of 4096 at the cell's zoom.
pub(super) const GRID: f64 = 1.0 / 16.0;

/// Beyond this latitude Web Mercator's metres grow too fast to matter.
const LATITUDE: f64 = 75.0;

/// Sides of cells for a layer in a system, in its units, from the finest; each is a whole part of the next.
pub(super) fn cells(crs: &Crs, lonlat: Option<&BBox>) -> [f64; 8] {
    let latitude = lonlat.map_or(0.0, |b| b.centre()[1]);
    let latitude = if latitude.is_finite() { latitude.clamp(-LATITUDE, LATITUDE) } else { 0.0 };
    let metres = EQUATOR * latitude.to_radians().cos() / PIXELS;
    let side = metres / crs.metres_per_unit;
    // Powers of two are exact, so that cells of one zoom never lie across those of another.
    ZOOMS.map(|zoom| side / 2_f64.powi(zoom))
}

/// The cells of a layer whose blocks have a side.
pub(super) fn of_block(block: f64) -> [f64; 8] {
    let coarsest = ZOOMS.iter().copied().min().unwrap_or_default();
    ZOOMS.map(|zoom| block / 2_f64.powi(zoom - coarsest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_double_and_are_a_pixel_of_their_zoom_on_the_ground() {
        let crs = Crs::from_epsg(2154).expect("known");
        let cells = cells(&crs, Some(&BBox::new(4.0, 43.0, 7.0, 45.0)));
        for pair in cells.windows(2) {
            assert_eq!(pair[0] * 2.0, pair[1]);
        }
        assert_eq!(of_block(cells[7]), cells);
        // 78271.5 m at zoom 0 and the equator, 0.7193 of it at 44 degrees.
        assert!((cells[0] - 78_271.517 * 0.719_34 / 2048.0).abs() < 0.01, "{cells:?}");
    }

    #[test]
    fn cells_of_a_system_in_degrees_are_degrees() {
        let crs = Crs::from_epsg(4326).expect("known");
        let cells = cells(&crs, None);
        assert!((cells[7] - 360.0 / 512.0 / 16.0).abs() < 1e-4, "{cells:?}");
    }
}
