//! Which tiles: layers by name, a grid, scales, an area.

use super::{Area, JobError};
use crate::geo::grid::{Grids, TileMatrix, TileMatrixSet, TileRange};
use crate::geo::{BBox, Crs, Transform};
use crate::model::{Caller, Layer, Scope};
use crate::publish::Snapshot;
use crate::tiles::{extent_in, tiles_of};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// First and last matrix, both included, by their place in the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[usize; 2]", into = "[usize; 2]")]
pub struct Zooms {
    /// The first.
    pub first: usize,
    /// The last, not before the first.
    pub last: usize,
}

impl TryFrom<[usize; 2]> for Zooms {
    type Error = &'static str;

    fn try_from([first, last]: [usize; 2]) -> Result<Self, &'static str> {
        if first <= last { Ok(Self { first, last }) } else { Err("the first zoom is after the last") }
    }
}

impl From<Zooms> for [usize; 2] {
    fn from(zooms: Zooms) -> Self {
        [zooms.first, zooms.last]
    }
}

impl Zooms {
    /// `12` or `5-12`.
    ///
    /// # Errors
    /// A sentence for who wrote something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<usize>().ok()).flatten()
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (number(first.trim()), number(last.trim())) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err("write a zoom, such as 12, or the first and the last, such as 5-12".to_owned()),
        }
    }

    /// Whether a place in the grid is among them.
    #[must_use]
    pub const fn has(self, level: usize) -> bool {
        self.first <= level && level <= self.last
    }
}

/// A box in longitude and latitude: `west,south,east,north`.
///
/// # Errors
/// A sentence for who wrote something else.
pub fn parse_box(text: &str) -> Result<BBox, String> {
    let numbers: Option<Vec<f64>> =
        text.split(',').map(|n| n.trim().parse::<f64>().ok().filter(|v| v.is_finite())).collect();
    match numbers.as_deref() {
        Some(&[west, south, east, north])
            if west < east
                && south < north
                && west >= -180.0
                && east <= 180.0
                && south >= -90.0
                && north <= 90.0 =>
        {
            Ok(BBox::new(west, south, east, north))
        }
        _ => Err("write the box as west,south,east,north in degrees, such as 5.2,43.2,5.6,43.5".to_owned()),
    }
}

/// The layers of some names, in their order.
///
/// # Errors
/// [`JobError::Wrong`] for a name that no layer has.
pub fn layers(snapshot: &Snapshot, names: &[String]) -> Result<Vec<Arc<Layer>>, JobError> {
    let mut found: Vec<Arc<Layer>> = Vec::new();
    for name in names {
        let all = &mut snapshot.visible_layers(&Caller::System, &Scope::Everything);
        let layer = all.find(|layer| layer.slug == *name);
        let layer = layer.ok_or_else(|| {
            if snapshot.archives.contains_key(name) {
                return JobError::wrong(format!(
                    "layer '{name}' is an archive of tiles: they are all there, and in one file already"
                ));
            }
            JobError::wrong(format!("there is no layer '{name}'; 'datasud list' shows those that there are"))
        })?;
        if !found.iter().any(|known| known.id == layer.id) {
            found.push(Arc::clone(layer));
        }
    }
    Ok(found)
}

/// The grid of a name.
///
/// # Errors
/// [`JobError::Wrong`] for a name that no grid has.
pub fn grid(grids: &Grids, name: &str) -> Result<&'static TileMatrixSet, JobError> {
    grids.find(name).ok_or_else(|| {
        let known: Vec<&str> = grids.iter().map(|g| g.id.as_str()).collect();
        JobError::wrong(format!("there is no grid '{name}'; there are: {}", known.join(", ")))
    })
}

/// The tiles of a matrix that a box in longitude and latitude touches; `None` for none.
///
/// # Errors
/// [`JobError`] when the grid's system is not known.
pub fn tiles_in(
    grid: &TileMatrixSet,
    matrix: &TileMatrix,
    bbox: &BBox,
) -> Result<Option<TileRange>, JobError> {
    let world = Crs::from_epsg(4326)?;
    let placed = Transform::new(&world, &grid.crs.crs)?.bbox(bbox);
    Ok(placed.ok().and_then(|bbox| matrix.tiles_of(&bbox)))
}

/// A part of a seeding: the tiles of a layer in a matrix.
#[derive(Clone, Debug)]
pub struct Part {
    /// The layer.
    pub layer: Arc<Layer>,
    /// Place of the matrix in its grid.
    pub level: usize,
    /// Rows and columns.
    pub range: TileRange,
}

impl Part {
    /// How many tiles.
    #[must_use]
    pub fn count(&self) -> u64 {
        count(self.range)
    }

    /// Rows and columns, those that are drawn together one after the other.
    pub fn tiles(&self, together: u32) -> impl Iterator<Item = [u32; 2]> + use<> {
        in_blocks(self.range, together)
    }
}

/// How many tiles a range has.
pub(super) fn count(range: TileRange) -> u64 {
    let TileRange { min_row, max_row, min_col, max_col } = range;
    u64::from(max_row - min_row + 1) * u64::from(max_col - min_col + 1)
}

/// Rows and columns of a range, those of a block of `together` a side one after the other.
pub(super) fn in_blocks(range: TileRange, together: u32) -> impl Iterator<Item = [u32; 2]> + use<> {
    let TileRange { min_row, max_row, min_col, max_col } = range;
    let blocks = move |first: u32, last: u32| {
        (first / together..=last / together).map(move |block| {
            let (from, to) = (block * together, block * together + (together - 1));
            (from.max(first), to.min(last))
        })
    };
    blocks(min_row, max_row).flat_map(move |(top, bottom)| {
        blocks(min_col, max_col).flat_map(move |(left, right)| {
            (top..=bottom).flat_map(move |row| (left..=right).map(move |col| [row, col]))
        })
    })
}

/// All parts: where the layers have something, in the box of the area and at the scales that are asked for.
///
/// # Errors
/// [`JobError::Wrong`] when the grid has no such scales.
pub fn parts(
    layers: &[Arc<Layer>],
    grid: &TileMatrixSet,
    zooms: Zooms,
    area: Option<&Area>,
) -> Result<Vec<Part>, JobError> {
    if zooms.last >= grid.matrices.len() {
        let last = grid.matrices.len().saturating_sub(1);
        let message = format!("grid {} has the zooms 0 to {last}, not {}", grid.id, zooms.last);
        return Err(JobError::wrong(message));
    }
    let mut parts = Vec::new();
    for layer in layers {
        let Some(extent) = extent_in(std::slice::from_ref(layer), grid) else { continue };
        for (level, matrix) in grid.matrices.iter().enumerate().filter(|(level, _)| zooms.has(*level)) {
            let Some(own) = tiles_of(matrix, &extent) else { continue };
            let range = match area {
                None => Some(own),
                Some(area) => tiles_in(grid, matrix, &area.bbox())?.and_then(|asked| common(own, asked)),
            };
            parts.extend(range.map(|range| Part { layer: Arc::clone(layer), level, range }));
        }
    }
    Ok(parts)
}

fn common(a: TileRange, b: TileRange) -> Option<TileRange> {
    let both = TileRange {
        min_row: a.min_row.max(b.min_row),
        max_row: a.max_row.min(b.max_row),
        min_col: a.min_col.max(b.min_col),
        max_col: a.max_col.min(b.max_col),
    };
    (both.min_row <= both.max_row && both.min_col <= both.max_col).then_some(both)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryType, sample};

    #[test]
    fn zooms_and_boxes_are_read_and_nonsense_is_refused() {
        assert_eq!(Zooms::parse("12"), Ok(Zooms { first: 12, last: 12 }));
        assert_eq!(Zooms::parse("5-12"), Ok(Zooms { first: 5, last: 12 }));
        for text in ["", "-", "12-5", "a", "5-", "-5", "1.5", "99999"] {
            assert!(Zooms::parse(text).is_err(), "{text}");
        }
        assert_eq!(parse_box("5.2, 43.2,5.6,43.5"), Ok(BBox::new(5.2, 43.2, 5.6, 43.5)));
        for text in ["", "1,2,3", "5,43,4,44", "5,91,6,92", "a,b,c,d", "NaN,0,1,1", "1,2,3,4,5"] {
            assert!(parse_box(text).is_err(), "{text}");
        }
    }

    #[test]
    fn each_tile_of_a_range_comes_once_and_neighbours_come_together() {
        let layer = Arc::new(sample::layer("l", GeometryType::Point, 2154, &[]));
        let range = TileRange { min_row: 2, max_row: 9, min_col: 3, max_col: 5 };
        let part = Part { layer, level: 3, range };
        let tiles: Vec<_> = part.tiles(4).collect();
        assert_eq!(tiles.len() as u64, part.count());
        let unique: std::collections::HashSet<_> = tiles.iter().collect();
        assert_eq!(unique.len(), 24);
        assert_eq!(tiles[..2], [[2, 3], [3, 3]]);
    }

    #[test]
    fn a_seeding_is_where_data_and_box_meet() {
        let lonlat = BBox::new(5.0, 43.0, 6.0, 44.0);
        let layer = Arc::new(Layer {
            extent: Some(lonlat),
            extent_lonlat: Some(lonlat),
            ..sample::layer("l", GeometryType::Point, 4326, &[])
        });
        let grid = crate::geo::grid::web_mercator_quad().expect("there");
        let of = |bbox: Option<BBox>| {
            let zooms = Zooms { first: 8, last: 12 };
            let area = bbox.map(Area::from);
            let parts = parts(std::slice::from_ref(&layer), grid, zooms, area.as_ref()).expect("planned");
            parts.iter().map(Part::count).sum::<u64>()
        };
        let (all, some) = (of(None), of(Some(BBox::new(5.4, 43.4, 5.5, 43.5))));
        assert!(some > 0 && some < all / 10, "{some} of {all}");
        assert_eq!(of(Some(BBox::new(0.0, 50.0, 1.0, 51.0))), 0);
        let far = Zooms { first: 0, last: 25 };
        assert!(parts(&[layer], grid, far, None).is_err_and(|e| e.to_string().contains("0 to 24")));
    }
}
