//! The part of a layer that a picture or a tile hangs on, found without the database: rather too large than too small.

use crate::geo::{BBox, Crs, Transform};
use crate::model::{Area, Layer};
use std::sync::Arc;

/// Metres up to which a box is small: a few points of it say where it lies in another system, wherever it is.
const SMALL: f64 = 60_000.0;

/// Steps between the points that are placed along each side of a small box.
const FEW: u32 = 4;

/// Those of a box of the size of a country.
const SOME: u32 = 8;

/// Those of a box that goes around a good part of the world.
const MANY: u32 = 40;

/// Degrees from which on a layer is as wide as that.
const WIDE: f64 = 45.0;

/// Share of its size that a box is made larger by in another system: its edges bulge between the points that are placed, by a sixteenth of what they
/// bulge from end to end where there are four, and a sixty-fourth where there are eight.
const BULGE: f64 = 0.01;

/// Share of a coordinate that the boxes of the database's indexes, which are of single precision, may be rounded by.
const ROUNDING: f64 = 2.4e-7;

/// What a box of a system covers of a layer: features that are drawn there and have their boxes elsewhere there are none.
#[must_use]
pub fn area_of(layer: &Arc<Layer>, crs: &Arc<Crs>, seen: &BBox) -> Area {
    if layer.crs.srid == crs.srid {
        return Area::Within(rounded(seen));
    }
    let Ok(way) = Transform::new(crs, &layer.crs) else { return Area::Everywhere };
    if seen.width().max(seen.height()) * crs.metres_per_unit <= SMALL
        && let (moved, true) = moved(seen, &way, FEW)
    {
        return Area::Within(rounded(&bulged(&moved)));
    }
    large(layer, crs, seen, &way)
}

/// The box around points of a box in another system, and whether all of them could be placed.
fn moved(bbox: &BBox, way: &Transform, steps: u32) -> (BBox, bool) {
    let at = |step: u32, low: f64, size: f64| low + f64::from(step) / f64::from(steps) * size;
    let places = (0..=steps).flat_map(|row| (0..=steps).map(move |column| (column, row)));
    let mut points: Vec<[f64; 2]> = places
        .map(|(column, row)| [at(column, bbox.min_x, bbox.width()), at(row, bbox.min_y, bbox.height())])
        .collect();
    way.points(&mut points);
    let (mut moved, mut all) = (BBox::EMPTY, true);
    for [x, y] in points {
        if x.is_finite() && y.is_finite() {
            moved.add(x, y);
        } else {
            all = false;
        }
    }
    (moved, all)
}

/// A box that may reach to where a system isn't defined: only what the layer has of it is placed.
fn large(layer: &Arc<Layer>, crs: &Arc<Crs>, seen: &BBox, way: &Transform) -> Area {
    let Some(lonlat) = layer.extent_lonlat.filter(BBox::is_valid) else { return Area::Everywhere };
    let steps = if lonlat.width() > WIDE { MANY } else { SOME };
    let common = if is_within_use(&lonlat, crs) {
        let Some((lies, true)) = from_degrees(crs).map(|way| moved(&lonlat, &way, steps)) else {
            return Area::Everywhere;
        };
        let lies = bulged(&lies);
        let Some(common) = seen.intersection(&lies) else { return Area::Nowhere };
        if common == lies {
            return Area::Everywhere;
        }
        common
    } else {
        // Where the layer goes on beyond the system's area, that area is all that can be reckoned with.
        match area_of_use(crs) {
            Some(area) if area.union(seen) == area => *seen,
            _ => return Area::Everywhere,
        }
    };
    match moved(&common, way, steps) {
        (window, true) => Area::Within(rounded(&bulged(&window))),
        // A part of the box can't be placed: nobody can tell what is in it.
        (_, false) => Area::Everywhere,
    }
}

fn from_degrees(crs: &Arc<Crs>) -> Option<Transform> {
    Transform::new(&Crs::from_epsg(4326).ok()?, crs).ok()
}

fn bulged(bbox: &BBox) -> BBox {
    bbox.expanded(bbox.width().max(bbox.height()) * BULGE)
}

fn rounded(bbox: &BBox) -> BBox {
    let [a, b, c, d]: [f64; 4] = (*bbox).into();
    bbox.expanded([a, b, c, d].into_iter().map(f64::abs).fold(0.0, f64::max) * ROUNDING)
}

/// Where a system is used, in its own units, with something around it.
fn area_of_use(crs: &Arc<Crs>) -> Option<BBox> {
    let [west, south, east, north] = crs.area_of_use.filter(|[west, _, east, _]| west < east)?;
    let (area, _) = moved(&BBox::new(west, south, east, north), &from_degrees(crs)?, MANY);
    area.is_valid().then(|| bulged(&area))
}

/// Whether a box in longitude and latitude lies where a system is used.
#[must_use]
pub fn is_within_use(lonlat: &BBox, crs: &Crs) -> bool {
    crs.area_of_use.is_none_or(|[west, south, east, north]| {
        west < east
            && [[lonlat.min_x, lonlat.min_y], [lonlat.max_x, lonlat.max_y]]
                .iter()
                .all(|[x, y]| (west..=east).contains(x) && (south..=north).contains(y))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryType, sample};

    fn crs(srid: i32) -> Arc<Crs> {
        Crs::from_epsg(srid).expect("known")
    }

    fn layer(srid: i32, lonlat: BBox) -> Arc<Layer> {
        let own = Transform::new(&crs(4326), &crs(srid)).expect("path").bbox(&lonlat).expect("inside");
        let plain = sample::layer("l", GeometryType::MultiPolygon, srid, &[]);
        Arc::new(Layer { extent: Some(own), extent_lonlat: Some(lonlat), ..plain })
    }

    const MARSEILLE: BBox = BBox::new(5.2, 43.2, 5.5, 43.4);
    const FRANCE: BBox = BBox::new(-4.8, 42.3, 8.2, 51.1);
    const REUNION: BBox = BBox::new(55.2, -21.4, 55.9, -20.8);
    const EUROPE: BBox = BBox::new(-31.0, 30.0, 45.0, 72.0);

    /// Points of a layer that lie in a box of a system have to be in its area.
    fn check(layer: &Arc<Layer>, map: &Arc<Crs>, seen: &BBox, lonlat: &BBox) -> usize {
        let area = area_of(layer, map, seen);
        let world = crs(4326);
        let to_map = Transform::new(&world, map).expect("path");
        let to_layer = Transform::new(&world, &layer.crs).expect("path");
        let mut met = 0;
        for k in 0..=20 {
            for l in 0..=20 {
                let longitude = lonlat.min_x + f64::from(k) / 20.0 * lonlat.width();
                let latitude = lonlat.min_y + f64::from(l) / 20.0 * lonlat.height();
                let (Some([mx, my]), Some([x, y])) =
                    (to_map.point(longitude, latitude), to_layer.point(longitude, latitude))
                else {
                    continue;
                };
                if seen.contains(mx, my) {
                    met += 1;
                    let point = BBox::new(x, y, x, y);
                    let inside = match area {
                        Area::Everywhere => true,
                        Area::Nowhere => false,
                        Area::Within(bbox) => bbox.intersects(&point),
                    };
                    assert!(
                        inside,
                        "{} in {}: {longitude} {latitude} of {seen:?} not in {area:?}",
                        layer.crs.srid, map.srid
                    );
                }
            }
        }
        met
    }

    #[test]
    fn whatever_is_drawn_in_a_box_is_in_its_area_in_any_two_systems_and_at_any_scale() {
        for (srid, lonlat) in [
            (2154, MARSEILLE),
            (2154, FRANCE),
            (4326, MARSEILLE),
            (4326, FRANCE),
            (4326, EUROPE),
            (3857, FRANCE),
            (3857, EUROPE),
            (3943, MARSEILLE),
            (32631, MARSEILLE),
            (27572, FRANCE),
            (2975, REUNION),
            (3035, EUROPE),
        ] {
            let layer = layer(srid, lonlat);
            let maps: &[i32] =
                if lonlat == REUNION { &[3857, 4326, 2975] } else { &[3857, 4326, 2154, 3395, 3035] };
            for map in maps {
                let map = crs(*map);
                let [longitude, latitude] = lonlat.centre();
                let centre = Transform::new(&crs(4326), &map).expect("path").point(longitude, latitude);
                let Some([x, y]) = centre else { continue };
                let mut met = 0;
                for step in (0..24).step_by(2) {
                    // From a world to some hundred metres, with the middle of the layer near one of its corners.
                    let side = 40_000_000.0 / f64::from(1 << step) / map.metres_per_unit;
                    for share in [0.1, 0.9] {
                        let low = [x - side * share, y - side * share];
                        let seen = BBox::new(low[0], low[1], low[0] + side, low[1] + side);
                        met += check(&layer, &map, &seen, &lonlat);
                    }
                }
                assert!(met > 100, "{srid} {}: {met}", map.srid);
            }
        }
    }

    #[test]
    fn areas_are_hardly_larger_than_what_is_seen() {
        let layer = layer(2154, FRANCE);
        let map = crs(3857);
        let [x, y] = Transform::new(&crs(4326), &map).expect("path").point(5.4, 43.3).expect("placed");
        for (side, most) in [(600.0, 1.1), (9_000.0, 1.1), (150_000.0, 1.2)] {
            let seen = BBox::new(x, y, x + side, y + side);
            let Area::Within(area) = area_of(&layer, &map, &seen) else { panic!("not told") };
            let ground = side * 43.3_f64.to_radians().cos();
            assert!(area.width().max(area.height()) < ground * most + 5.0, "{side}: {area:?}");
        }
        let far = BBox::new(-1.2e7, -5e6, -1.0e7, -3e6);
        assert_eq!(area_of(&layer, &map, &far), Area::Nowhere);
        assert_eq!(area_of(&layer, &map, &BBox::new(-2e7, -2e7, 2e7, 2e7)), Area::Everywhere);
    }
}
