//! A layer's extent in other systems, each worked out once.

use super::Layer;
use crate::geo::{BBox, Crs, Transform};
use smallvec::SmallVec;
use std::sync::{Arc, PoisonError, RwLock};

/// Systems that are remembered of a layer: those of the grids, and of maps that are often asked for.
const REMEMBERED: usize = 32;

/// EPSG code and what the layer covers there.
type Known = (i32, Option<BBox>);

/// What has been worked out. A copy of a layer begins anew: its extent may become another one.
#[derive(Debug, Default)]
pub struct Extents(RwLock<SmallVec<[Known; 4]>>);

impl Clone for Extents {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Extents {
    /// What is known says nothing of what a layer is.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Layer {
    /// What the layer covers of a system, x first; `None` where it has no features there.
    #[must_use]
    pub fn extent_in(&self, crs: &Arc<Crs>) -> Option<BBox> {
        let found = |known: &[Known]| known.iter().find(|(srid, _)| *srid == crs.srid).map(|k| k.1);
        let known = self.extents.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(extent) = found(&known) {
            return extent;
        }
        drop(known);
        let extent = self.worked_out(crs);
        let mut known = self.extents.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < REMEMBERED && found(&known).is_none() {
            known.push((crs.srid, extent));
        }
        extent
    }

    fn worked_out(&self, crs: &Arc<Crs>) -> Option<BBox> {
        let known = match crs.area_of_use {
            // West beyond east is an area over the antimeridian.
            Some([west, south, east, north]) if west < east => BBox::new(west, south, east, north),
            _ => BBox::new(-180.0, -90.0, 180.0, 90.0),
        };
        let lonlat = self.extent_lonlat.filter(BBox::is_valid)?.intersection(&known)?;
        let world = Crs::from_epsg(4326).ok()?;
        Transform::new(&world, crs).ok()?.bbox(&lonlat).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryType, sample};

    #[test]
    fn an_extent_is_the_same_when_it_is_asked_for_again_and_another_one_after_a_change() {
        let lambert = Crs::from_epsg(2154).expect("known");
        let mut layer = Layer {
            extent_lonlat: Some(BBox::new(5.0, 43.0, 6.0, 44.0)),
            ..sample::layer("l", GeometryType::Point, 4326, &[])
        };
        let first = layer.extent_in(&lambert).expect("inside");
        assert_eq!(layer.extent_in(&lambert), Some(first));
        assert!(first.contains(880_000.0, 6_250_000.0), "{first:?}");
        let polar = Crs::from_epsg(3413).expect("known");
        assert_eq!(layer.extent_in(&polar), layer.extent_in(&polar));
        let moved = Layer { extent_lonlat: Some(BBox::new(2.0, 48.0, 3.0, 49.0)), ..layer.clone() };
        assert!(moved.extent_in(&lambert).expect("inside").min_y > first.max_y);
        layer.extent_lonlat = None;
        assert_eq!(layer.clone().extent_in(&lambert), None);
        let all: Vec<Option<BBox>> =
            (32601..=32660).map(|srid| moved.extent_in(&Crs::from_epsg(srid).expect("known"))).collect();
        assert!(all.iter().filter(|extent| extent.is_some()).count() < 4, "{all:?}");
        assert_eq!(moved.extents.0.read().expect("whole").len(), REMEMBERED);
    }
}
