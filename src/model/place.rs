//! Where features of a layer are, and where they changed: what tells which pictures and tiles an edit touches.

use crate::geo::BBox;
use std::sync::Arc;

/// What a picture or a tile shows of a layer, in the layer's own system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Area {
    /// Nothing.
    Nowhere,
    /// What meets a box, x first, in units of the layer's system.
    Within(BBox),
    /// All of it, or what can't be told.
    Everywhere,
}

impl Area {
    fn meets(&self, bbox: &BBox) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Within(own) => own.intersects(bbox),
            Self::Everywhere => true,
        }
    }
}

/// When a layer changed, and where: read in one statement with its generation, so that no place of an edit is missing that the
/// generation counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edits {
    /// The generation since which all of it counts as changed at once: published, replaced, restyled.
    pub whole: i64,
    /// Boxes of what was taken away and put there since the data was loaded, the last first, each with the generation of its last edit.
    places: Arc<[(i64, BBox)]>,
}

impl Edits {
    /// Edits at places, in any order.
    #[must_use]
    pub fn new(whole: i64, mut places: Vec<(i64, BBox)>) -> Self {
        places.sort_unstable_by_key(|(generation, _)| std::cmp::Reverse(*generation));
        Self { whole, places: places.into() }
    }

    /// A layer that nobody edited.
    #[must_use]
    pub fn none_since(whole: i64) -> Self {
        Self { whole, places: Arc::default() }
    }

    /// Whether no place changed for itself since all did: then all areas have the same generation.
    #[must_use]
    pub fn is_uniform(&self) -> bool {
        self.places.first().is_none_or(|(generation, _)| *generation <= self.whole)
    }

    /// The last change of an area: two states of it that have the same number are the same.
    #[must_use]
    pub fn generation_in(&self, area: &Area) -> i64 {
        let later = self.places.iter().take_while(|(generation, _)| *generation > self.whole);
        let mut met = later.filter(|(_, bbox)| area.meets(bbox));
        met.next().map_or(self.whole, |(generation, _)| *generation)
    }

    /// Whether any edit since the data was loaded touched an area.
    fn touched(&self, area: &Area) -> bool {
        self.places.iter().any(|(_, bbox)| area.meets(bbox))
    }
}

/// The cells of a grid that features of a layer were in when its data was loaded. Edits only add to it, see [`Edits`].
#[derive(Clone, Debug, PartialEq)]
pub struct Occupancy {
    /// South-western corner of the grid, in the layer's system.
    pub corner: [f64; 2],
    /// Width and height of a cell.
    pub side: [f64; 2],
    /// Cells along x and y.
    pub size: [u32; 2],
    /// A bit a cell, row by row from the south, in each byte the lowest first.
    pub cells: Arc<[u8]>,
}

impl Occupancy {
    /// A grid with at most so many cells over an extent, none of them wider than high beyond need; all empty.
    #[must_use]
    pub fn over(extent: &BBox, most: u32) -> Self {
        let (width, height) = (extent.width().max(1e-9), extent.height().max(1e-9));
        let most = f64::from(most.clamp(1, Self::SIDE * Self::SIDE));
        let along = |share: f64| (most * share).sqrt().round().clamp(1.0, f64::from(Self::SIDE));
        let (columns, rows) = (along(width / height), along(height / width));
        let rows = rows.min((most / columns).floor().max(1.0));
        let columns = columns.min((most / rows).floor().max(1.0));
        let bits = (columns * rows) as usize;
        Self {
            corner: [extent.min_x, extent.min_y],
            side: [width / columns, height / rows],
            size: [columns as u32, rows as u32],
            cells: vec![0; bits.div_ceil(8)].into(),
        }
    }

    /// Cells along the longer side at most: 8 kB in all.
    pub const SIDE: u32 = 256;

    /// Whether a feature whose box meets a box may be there.
    #[must_use]
    pub fn meets(&self, bbox: &BBox) -> bool {
        // Cells are counted as they were when features were put in them, so that rounding is the same.
        let cell = |at: f64, axis: usize| ((at - self.corner[axis]) / self.side[axis]).floor();
        let range = |low: f64, high: f64, axis: usize| {
            let last = f64::from(self.size[axis]) - 1.0;
            let (first, end) = (cell(low, axis), cell(high, axis));
            // What lies on the far border of the grid is in its last cell.
            let misses = end < 0.0 || first > last + 1.0;
            (!misses).then(|| (first.clamp(0.0, last) as usize, end.clamp(0.0, last) as usize))
        };
        let (Some((west, east)), Some((south, north))) =
            (range(bbox.min_x, bbox.max_x, 0), range(bbox.min_y, bbox.max_y, 1))
        else {
            return false;
        };
        let columns = self.size[0] as usize;
        (south..=north).any(|row| (west..=east).any(|column| self.has(row * columns + column)))
    }

    fn has(&self, cell: usize) -> bool {
        // A cell that isn't stored is one of which nothing is known.
        self.cells.get(cell / 8).is_none_or(|byte| byte & (1 << (cell % 8)) != 0)
    }
}

/// Whether a layer may have features in an area, as far as is known without asking the database.
pub(super) fn may_have(occupancy: Option<&Occupancy>, edits: &Edits, area: &Area) -> bool {
    match (occupancy, area) {
        (_, Area::Nowhere) => false,
        (None, _) | (_, Area::Everywhere) => true,
        (Some(occupancy), Area::Within(bbox)) => occupancy.meets(bbox) || edits.touched(area),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn around(x: f64, y: f64) -> BBox {
        BBox::new(x - 1.0, y - 1.0, x + 1.0, y + 1.0)
    }

    #[test]
    fn an_area_has_the_last_generation_of_what_touches_it_and_otherwise_that_of_the_whole() {
        let edits =
            Edits::new(10, vec![(12, around(0.0, 0.0)), (15, around(5.0, 5.0)), (7, around(9.0, 9.0))]);
        let at = |bbox| edits.generation_in(&Area::Within(bbox));
        assert_eq!(at(around(0.5, 0.5)), 12);
        assert_eq!(at(BBox::new(-1.0, -1.0, 6.0, 6.0)), 15);
        assert_eq!(at(around(7.0, 5.0)), 15, "boxes that only touch");
        assert_eq!(at(around(9.0, 9.0)), 10, "edited before all changed");
        assert_eq!(at(around(-5.0, 0.0)), 10);
        assert_eq!(edits.generation_in(&Area::Everywhere), 15);
        assert_eq!(edits.generation_in(&Area::Nowhere), 10);
        assert!(!edits.is_uniform());
        assert!(
            Edits::new(20, vec![(12, around(0.0, 0.0))]).is_uniform() && Edits::none_since(3).is_uniform()
        );
    }

    fn put(grid: &mut Occupancy, bbox: &BBox) {
        let mut cells = grid.cells.to_vec();
        let cell = |at: f64, axis: usize| {
            let last = f64::from(grid.size[axis]) - 1.0;
            ((at - grid.corner[axis]) / grid.side[axis]).floor().clamp(0.0, last) as usize
        };
        for row in cell(bbox.min_y, 1)..=cell(bbox.max_y, 1) {
            for column in cell(bbox.min_x, 0)..=cell(bbox.max_x, 0) {
                let at = row * grid.size[0] as usize + column;
                cells[at / 8] |= 1 << (at % 8);
            }
        }
        grid.cells = cells.into();
    }

    #[test]
    fn grids_have_square_cells_and_never_more_than_they_may() {
        for (extent, most) in [
            (BBox::new(0.0, 0.0, 4.0, 1.0), 64),
            (BBox::new(0.0, 0.0, 0.0, 0.0), 64),
            (BBox::new(0.0, 0.0, 1e6, 0.0), 1000),
            (BBox::new(-5.0, -5.0, 5.0, 5.0), u32::MAX),
            (BBox::new(0.0, 0.0, 3.0, 7.0), 1),
        ] {
            let grid = Occupancy::over(&extent, most);
            let cells = grid.size[0] * grid.size[1];
            assert!(cells >= 1 && cells <= most.min(65536), "{grid:?}");
            assert!(grid.size.iter().all(|n| (1..=256).contains(n)), "{grid:?}");
        }
        assert_eq!(Occupancy::over(&BBox::new(0.0, 0.0, 4.0, 1.0), 64).size, [16, 4]);
    }

    #[test]
    fn an_edit_fills_what_was_empty() {
        let grid = Occupancy::over(&BBox::new(0.0, 0.0, 100.0, 100.0), 100);
        let edits = Edits::new(1, vec![(2, around(50.0, 50.0))]);
        let may = |edits: &Edits, area| may_have(Some(&grid), edits, &area);
        assert!(!may(&Edits::none_since(1), Area::Within(around(50.0, 50.0))));
        assert!(may(&edits, Area::Within(around(50.0, 51.0))));
        assert!(!may(&edits, Area::Within(around(70.0, 50.0))));
        assert!(may(&edits, Area::Everywhere) && !may(&edits, Area::Nowhere));
        assert!(may_have(None, &Edits::none_since(1), &Area::Within(around(70.0, 50.0))));
        // Also what was edited before all was restyled is still there.
        assert!(may(&Edits { whole: 5, ..edits }, Area::Within(around(50.0, 50.0))));
    }

    proptest! {
        #[test]
        fn where_a_feature_is_no_grid_says_that_nothing_is(
            corner in (-1e6..1e6_f64, -1e6..1e6_f64), size in (0.0..1e6_f64, 0.0..1e6_f64), most in 1..5000_u32,
            feature in (0.0..=1.0_f64, 0.0..=1.0_f64, 0.0..=1.0_f64, 0.0..=1.0_f64),
            seen in (0.0..=1.0_f64, 0.0..=1.0_f64, 0.0..1.0_f64),
        ) {
            let extent = BBox::new(corner.0, corner.1, corner.0 + size.0, corner.1 + size.1);
            let at = |share: f64, low: f64, high: f64| (low + share * (high - low)).clamp(low, high);
            let x = |share| at(share, extent.min_x, extent.max_x);
            let y = |share| at(share, extent.min_y, extent.max_y);
            let feature = BBox::new(
                x(feature.0.min(feature.2)), y(feature.1.min(feature.3)),
                x(feature.0.max(feature.2)), y(feature.1.max(feature.3)));
            let mut grid = Occupancy::over(&extent, most);
            put(&mut grid, &feature);
            let seen = BBox::new(x(seen.0), y(seen.1), x(seen.0) + seen.2 * 1e5, y(seen.1) + seen.2 * 1e5);
            if seen.intersects(&feature) {
                prop_assert!(grid.meets(&seen));
            }
        }
    }
}
