//! The box of a layer in longitude and latitude: the true one, not the box of a projected box, which can be
//! a tenth of a degree too big on each side.

use crate::geo::{BBox, Crs, Transform, wkb};
use std::sync::Arc;

/// Grows feature by feature. Only a feature that may reach beyond the box so far is looked at point by
/// point; for all others the outline of its own box is enough to see that it can't.
pub(super) struct LonLat {
    transform: Option<Transform>,
    extent: BBox,
    points: Vec<[f64; 2]>,
}

impl LonLat {
    pub(super) fn from(crs: &Arc<Crs>) -> Self {
        let transform = Crs::from_epsg(4326).ok().and_then(|degrees| Transform::new(crs, &degrees).ok());
        Self { transform, extent: BBox::EMPTY, points: Vec::new() }
    }

    /// Takes a geometry and its box, both in the layer's system.
    pub(super) fn add(&mut self, geometry: &[u8], native: &BBox) {
        let Some(transform) = &self.transform else { return };
        if transform.is_identity() {
            self.extent = self.extent.union(native);
        } else if self.may_grow(*transform, native) {
            self.points.clear();
            // What can be walked so far has been checked; a fault here leaves the points before it.
            let _ = wkb::each_list(geometry, |coords| self.points.extend(coords.iter()));
            transform.points(&mut self.points);
            for [x, y] in &self.points {
                if x.is_finite() && y.is_finite() {
                    self.extent.add(*x, *y);
                }
            }
        }
    }

    fn may_grow(&self, transform: Transform, native: &BBox) -> bool {
        let [x, y] = native.centre();
        let mut outline = [
            [native.min_x, native.min_y],
            [native.max_x, native.max_y],
            [native.min_x, native.max_y],
            [native.max_x, native.min_y],
            [x, native.min_y],
            [x, native.max_y],
            [native.min_x, y],
            [native.max_x, y],
        ];
        transform.points(&mut outline);
        let mut moved = BBox::EMPTY;
        for [x, y] in outline {
            if !x.is_finite() || !y.is_finite() {
                return true;
            }
            moved.add(x, y);
        }
        // Between the eight points an edge bulges by far less than a tenth of the box.
        let reach = moved.expanded(0.1 * moved.width().max(moved.height()));
        self.extent.intersection(&reach) != Some(reach)
    }

    /// The box within the world, if there was any point.
    pub(super) fn extent(&self) -> Option<BBox> {
        Some(self.extent).filter(BBox::is_valid)?.intersection(&BBox::new(-180.0, -90.0, 180.0, 90.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Geometry, polygon};

    #[test]
    fn the_box_is_that_of_the_points_and_not_of_the_projected_box() {
        let lambert = Crs::from_epsg(2154).expect("known");
        let mut all = LonLat::from(&lambert);
        // A diamond: the corners of its box hold nothing.
        let shape = Geometry::Polygon(polygon![
            (x: 900_000.0, y: 6_200_000.0), (x: 1_000_000.0, y: 6_300_000.0),
            (x: 900_000.0, y: 6_400_000.0), (x: 800_000.0, y: 6_300_000.0),
        ]);
        let bytes = wkb::from_geo(&shape, 2154).expect("written");
        let native = wkb::bbox(&bytes).expect("box");
        all.add(&bytes, &native);
        let degrees = Crs::from_epsg(4326).expect("known");
        let transform = Transform::new(&lambert, &degrees).expect("path");
        let west = transform.point(800_000.0, 6_300_000.0).expect("placed")[0];
        let rough = transform.bbox(&native).expect("placed");
        let exact = all.extent().expect("some");
        assert!((exact.min_x - west).abs() < 1e-9, "{exact:?}");
        assert!(rough.min_x < west - 0.01, "{rough:?}");
        // A feature inside changes nothing, one outside is taken in.
        all.add(&bytes, &native);
        assert_eq!(all.extent(), Some(exact));
    }

    #[test]
    fn a_layer_without_points_has_no_box() {
        assert_eq!(LonLat::from(&Crs::from_epsg(2154).expect("known")).extent(), None);
    }
}
