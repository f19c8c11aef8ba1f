//! Geometries as clients send them, held against a layer: type, rings, coordinates, system. What only
//! the database can judge, whether areas cross themselves, is asked there before anything is written.

use crate::filter::ast::Geometry;
use crate::geo::wkb::{self, Coords, GeometryType, Header, Visitor};
use crate::geo::{BBox, Crs, Transform};
use crate::model::Layer;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The EWKB of a geometry in the layer's system, x before y, or what is wrong with it: the end of the
/// sentence "the geometry …".
pub(super) fn fit(geometry: &Geometry, layer: &Layer) -> Result<Vec<u8>, String> {
    let unreadable = |cause: wkb::WkbError| format!("can't be read: {cause}");
    let mut survey = Survey::default();
    let header = wkb::walk(&geometry.ewkb, &mut survey).map_err(unreadable)?;
    check_kind(&header, survey.members, layer.geometry)?;
    survey.verdict()?;
    let mut ewkb = geometry.ewkb.clone();
    let srid = geometry.srid.or(header.srid).filter(|srid| *srid != 0).unwrap_or(layer.crs.srid);
    if srid != layer.crs.srid {
        let from = Crs::from_epsg(srid).map_err(|e| format!("has an unknown system: {e}"))?;
        let transform = Transform::new(&from, &layer.crs).map_err(|e| format!("can't be moved: {e}"))?;
        wkb::transform(&mut ewkb, &transform, layer.crs.srid).map_err(unreadable)?;
    }
    check_place(&ewkb, srid, layer)?;
    Ok(ewkb)
}

/// A single geometry fits a layer of several, and one of several with a single member a layer of singles.
fn check_kind(header: &Header, members: usize, wanted: GeometryType) -> Result<(), String> {
    let given = header.kind;
    let fits = match wanted {
        GeometryType::Geometry | GeometryType::GeometryCollection => true,
        wanted => given == wanted || given.multi() == wanted || (wanted.multi() == given && members == 1),
    };
    if fits {
        return Ok(());
    }
    if wanted.multi() == given {
        return Err(format!(
            "is a {} of {members}, but the layer takes a single {}",
            given.name(),
            wanted.name()
        ));
    }
    Err(format!("is a {}, but the layer takes {}", given.name(), wanted.name()))
}

/// Wrong axis order and wrong systems put things far from where the layer's system is meant for. As much
/// again on each side of its area is allowed.
fn check_place(ewkb: &[u8], from: i32, layer: &Layer) -> Result<(), String> {
    let crs = &layer.crs;
    let mut lost = false;
    let mut bbox = BBox::EMPTY;
    wkb::each_list(ewkb, |coords| {
        for [x, y] in coords.iter() {
            if x.is_finite() && y.is_finite() {
                bbox.add(x, y);
            } else {
                lost = true;
            }
        }
    })
    .map_err(|cause| format!("can't be read: {cause}"))?;
    if lost {
        return Err(format!("lies where {} is not defined; its coordinates are in EPSG:{from}", crs.code()));
    }
    let Some(area) = area(crs) else { return Ok(()) };
    if area.contains(bbox.min_x, bbox.min_y) && area.contains(bbox.max_x, bbox.max_y) {
        return Ok(());
    }
    Err(format!(
        "lies outside the area of {}: it goes from {:.3}, {:.3} to {:.3}, {:.3} (x, y); check its system and \
         the order of its axes",
        crs.code(),
        bbox.min_x,
        bbox.min_y,
        bbox.max_x,
        bbox.max_y
    ))
}

/// Where coordinates of a system may reasonably lie. Moving the edges of its area takes long, so it is done
/// once for each system that layers have.
fn area(crs: &Arc<Crs>) -> Option<BBox> {
    static AREAS: Mutex<BTreeMap<i32, Option<BBox>>> = Mutex::new(BTreeMap::new());
    let mut areas = AREAS.lock().unwrap_or_else(PoisonError::into_inner);
    *areas.entry(crs.srid).or_insert_with(|| measured_area(crs))
}

fn measured_area(crs: &Arc<Crs>) -> Option<BBox> {
    if crs.geographic {
        // Data across the antimeridian goes on beyond 180°.
        return Some(BBox { min_x: -540.0, min_y: -90.0, max_x: 540.0, max_y: 90.0 });
    }
    let [west, south, east, north] = crs.area_of_use?;
    if west >= east {
        return None;
    }
    let lonlat = Crs::from_epsg(4326).ok()?;
    let transform = Transform::new(&lonlat, crs).ok()?;
    let native = transform.bbox(&BBox { min_x: west, min_y: south, max_x: east, max_y: north }).ok()?;
    Some(native.expanded(native.width().max(native.height())))
}

/// What the parts of a geometry are like.
#[derive(Default)]
struct Survey {
    /// Members of the outermost geometry.
    members: usize,
    depth: usize,
    positions: usize,
    wrong: Option<String>,
}

impl Survey {
    fn verdict(&self) -> Result<(), String> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        if self.positions == 0 {
            return Err("is empty; leave it out for a feature without geometry".to_owned());
        }
        Ok(())
    }

    fn fault(&mut self, text: impl FnOnce() -> String) {
        if self.wrong.is_none() {
            self.wrong = Some(text());
        }
    }

    fn list(&mut self, coords: Coords<'_>) {
        self.positions += coords.len();
        let odd = coords
            .iter_z()
            .position(|([x, y], z)| !x.is_finite() || !y.is_finite() || z.is_some_and(|z| !z.is_finite()));
        if let Some(at) = odd {
            self.fault(|| format!("has a coordinate that is no finite number, at position {}", at + 1));
        }
    }
}

impl Visitor for Survey {
    fn begin(&mut self, _: GeometryType, parts: usize) {
        if self.depth == 0 {
            self.members = parts;
        }
        self.depth += 1;
    }

    fn end(&mut self, _: GeometryType) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn point(&mut self, coords: Coords<'_>) {
        self.list(coords);
    }

    fn line(&mut self, coords: Coords<'_>) {
        self.list(coords);
        if coords.len() == 1 {
            self.fault(|| "has a line of a single position; a line has at least two".to_owned());
        }
    }

    fn ring(&mut self, coords: Coords<'_>, exterior: bool) {
        self.list(coords);
        if coords.is_empty() {
            return;
        }
        let name = if exterior { "an exterior ring" } else { "an interior ring" };
        let ends = coords.get(0).zip(coords.get(coords.len().saturating_sub(1)));
        if let Some((first, last)) = ends
            && first != last
        {
            self.fault(|| {
                format!(
                    "has {name} that is not closed: it begins at {}, {} and ends at {}, {} (x, y)",
                    first[0], first[1], last[0], last[1]
                )
            });
        }
        if coords.len() < 4 {
            self.fault(|| format!("has {name} of {} positions; a ring has at least four", coords.len()));
        }
    }
}

/// Whether only the database can tell if such a geometry is valid.
pub(super) fn may_be_invalid(ewkb: &[u8]) -> bool {
    wkb::header(ewkb).is_ok_and(|h| h.kind.dimension() != Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{
        Geometry as Shape, LineString, MultiPolygon, Point, Polygon, line_string, point, polygon,
    };

    fn layer(kind: GeometryType, srid: i32) -> Layer {
        crate::features::edit::tests::layer(kind, srid, &[])
    }

    fn sent(shape: impl Into<Shape<f64>>, srid: i32) -> Geometry {
        Geometry { ewkb: wkb::from_geo(&shape.into(), srid).expect("ewkb"), srid: Some(srid) }
    }

    fn raw(words: &[u8]) -> Geometry {
        Geometry { ewkb: words.to_vec(), srid: None }
    }

    #[test]
    fn a_geometry_is_moved_into_the_layers_system() {
        let marseille = fit(&sent(point!(x: 5.37, y: 43.30), 4326), &layer(GeometryType::Point, 2154));
        let bbox = wkb::bbox(&marseille.expect("fits")).expect("box");
        assert!(
            (bbox.min_x - 892_000.0).abs() < 2000.0 && (bbox.min_y - 6_247_000.0).abs() < 3000.0,
            "{bbox:?}"
        );
    }

    #[test]
    fn singles_fit_layers_of_several_and_several_of_one_fit_singles() {
        let square = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0), (x: 0.0, y: 0.0)];
        assert!(fit(&sent(square.clone(), 4326), &layer(GeometryType::MultiPolygon, 4326)).is_ok());
        let one = MultiPolygon(vec![square.clone()]);
        assert!(fit(&sent(one, 4326), &layer(GeometryType::Polygon, 4326)).is_ok());
        let two = MultiPolygon(vec![square.clone(), square.clone()]);
        let error = fit(&sent(two, 4326), &layer(GeometryType::Polygon, 4326)).expect_err("two");
        assert_eq!(error, "is a MultiPolygon of 2, but the layer takes a single Polygon");
        let error = fit(&sent(square, 4326), &layer(GeometryType::MultiPoint, 4326)).expect_err("area");
        assert_eq!(error, "is a Polygon, but the layer takes MultiPoint");
        assert!(fit(&sent(point!(x: 1.0, y: 1.0), 4326), &layer(GeometryType::Geometry, 4326)).is_ok());
    }

    #[test]
    fn exchanged_axes_and_wrong_systems_are_noticed() {
        for (shape, srid, layer_srid) in [
            (point!(x: 43.3, y: 205.4), 4326, 4326),
            (point!(x: 5.4, y: 43.3), 2154, 2154),
            (point!(x: 6_247_000.0, y: 892_000.0), 2154, 2154),
        ] {
            let error = fit(&sent(shape, srid), &layer(GeometryType::Point, layer_srid)).expect_err("far");
            assert!(error.contains("outside the area") && error.contains("axes"), "{error}");
        }
        let error = fit(&sent(point!(x: 1.0, y: 1.0), 999_999), &layer(GeometryType::Point, 4326));
        assert!(error.expect_err("unknown").contains("EPSG:999999"));
    }

    #[test]
    fn broken_rings_lines_and_numbers_are_told_with_their_place() {
        let areas = layer(GeometryType::Polygon, 4326);
        let open = {
            // A closed ring whose last position is then moved.
            let mut sent = sent(
                Polygon::new(LineString::from(vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)]), vec![]),
                4326,
            );
            let at = sent.ewkb.len() - 16;
            sent.ewkb[at..at + 8].copy_from_slice(&0.5_f64.to_le_bytes());
            sent
        };
        let error = fit(&open, &areas).expect_err("open");
        assert!(error.contains("not closed: it begins at 0, 0 and ends at 0.5, 0"), "{error}");
        let short =
            sent(Polygon::new(LineString::from(vec![(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)]), vec![]), 4326);
        assert!(fit(&short, &areas).expect_err("short").contains("of 3 positions"));
        let line = sent(line_string![(x: 0.0, y: 0.0)], 4326);
        let error = fit(&line, &layer(GeometryType::LineString, 4326)).expect_err("one position");
        assert!(error.contains("single position"), "{error}");
        let odd = sent(line_string![(x: 0.0, y: 0.0), (x: f64::INFINITY, y: 1.0)], 4326);
        let error = fit(&odd, &layer(GeometryType::LineString, 4326)).expect_err("infinite");
        assert!(error.contains("no finite number, at position 2"), "{error}");
    }

    #[test]
    fn empty_and_cut_geometries_are_refused() {
        let any = layer(GeometryType::Geometry, 4326);
        let empty = sent(LineString::<f64>::new(vec![]), 4326);
        assert!(fit(&empty, &any).expect_err("empty").contains("is empty"));
        let whole = sent(Point::new(1.0, 2.0), 4326).ewkb;
        for cut in 0..whole.len() {
            assert!(fit(&raw(&whole[..cut]), &any).is_err(), "cut at {cut}");
        }
        assert!(fit(&raw(&[0xff; 64]), &any).is_err());
    }
}
