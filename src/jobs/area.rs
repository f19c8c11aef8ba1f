//! Where tiles are made or deleted.

use super::JobError;
use crate::features::{FeatureEngine, Geometry, Query};
use crate::filter::{FilterLimits, Reading, check, cql2};
use crate::geo::{BBox, Crs, Transform};
use crate::model::Layer;
use crate::store::Deadline;
use futures_util::StreamExt;
use geo::{BoundingRect, Intersects};
use geo_types::{Coord, Geometry as Shape, LineString, MultiPolygon, Polygon, Rect};
use geozero::ToGeo;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Degrees after which a line of an area gets another point on its way into a grid, so that it stays where it is.
const STEP: f64 = 0.25;

/// Features that an area may have.
const FEATURES: usize = 10_000;

/// A part of the Earth, in longitude and latitude.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// West, south, east, north.
    Bbox([f64; 4]),
    /// Rings of polygons, the outer one first.
    Polygons(Vec<Vec<Vec<[f64; 2]>>>),
}

impl From<BBox> for Area {
    fn from(b: BBox) -> Self {
        Self::Bbox([b.min_x, b.min_y, b.max_x, b.max_y])
    }
}

impl Area {
    /// The polygons of a GeoJSON text (RFC 7946): a geometry, a feature or a collection of them, of at most `positions`
    /// positions.
    ///
    /// # Errors
    /// [`JobError::Wrong`].
    pub fn from_geojson(text: &str, positions: usize) -> Result<Self, JobError> {
        let shape = geozero::geojson::GeoJson(text).to_geo().map_err(|error| {
            JobError::wrong(format!("the area is no GeoJSON geometry, feature or collection: {error}"))
        })?;
        let mut polygons = Vec::new();
        add_polygons(&shape, &mut polygons)?;
        Self::of(polygons, positions)
    }

    fn of(polygons: Vec<Polygon<f64>>, positions: usize) -> Result<Self, JobError> {
        if polygons.is_empty() {
            return Err(JobError::wrong("the area has no polygon"));
        }
        let ring = |ring: &LineString<f64>| -> Vec<[f64; 2]> { ring.coords().map(|c| [c.x, c.y]).collect() };
        let area: Vec<Vec<Vec<[f64; 2]>>> = polygons
            .iter()
            .map(|p| std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect())
            .collect();
        let all = || area.iter().flatten().flatten();
        if all().count() > positions {
            return Err(JobError::wrong(format!(
                "the area has {} positions; {positions} are the most (filter-positions): simplify it",
                all().count()
            )));
        }
        if !all().all(|[x, y]| (-180.0..=180.0).contains(x) && (-90.0..=90.0).contains(y)) {
            return Err(JobError::wrong("the area is not in longitude and latitude, as GeoJSON is"));
        }
        Ok(Self::Polygons(area))
    }

    /// The box around it, in longitude and latitude.
    #[must_use]
    pub fn bbox(&self) -> BBox {
        match self {
            Self::Bbox(numbers) => BBox::from(*numbers),
            Self::Polygons(polygons) => {
                let mut bbox = BBox::EMPTY;
                polygons.iter().flatten().flatten().for_each(|[x, y]| bbox.add(*x, *y));
                bbox
            }
        }
    }

    /// The area in the system of a grid; `None` for a box, whose tiles are a range of rows and columns.
    ///
    /// # Errors
    /// [`JobError::Wrong`] where it reaches beyond the system.
    pub fn cover(&self, crs: &Arc<Crs>) -> Result<Option<Cover>, JobError> {
        let Self::Polygons(polygons) = self else { return Ok(None) };
        let path = Transform::new(&Crs::from_epsg(4326)?, crs)?;
        let ring = |ring: &Vec<[f64; 2]>| -> Result<LineString<f64>, JobError> {
            let moved = denser(ring).into_iter().map(|[x, y]| path.point(x, y).map(|[x, y]| Coord { x, y }));
            moved.collect::<Option<Vec<_>>>().map(LineString).ok_or_else(|| {
                JobError::wrong(format!("the area reaches beyond {}, the system of the grid", crs.code()))
            })
        };
        let polygon = |rings: &Vec<Vec<[f64; 2]>>| -> Result<Polygon<f64>, JobError> {
            let mut rings = rings.iter().map(ring).collect::<Result<Vec<_>, _>>()?.into_iter();
            let outer = rings.next().unwrap_or_else(|| LineString(Vec::new()));
            Ok(Polygon::new(outer, rings.collect()))
        };
        let placed = polygons.iter().map(polygon).collect::<Result<Vec<_>, _>>()?;
        let boxed = |p: Polygon<f64>| p.bounding_rect().map(|around| (around, p));
        Ok(Some(Cover(placed.into_iter().filter_map(boxed).collect())))
    }
}

/// Polygons in the system of a grid, with the boxes around them.
#[derive(Clone, Debug)]
pub struct Cover(Vec<(Rect<f64>, Polygon<f64>)>);

impl Cover {
    /// Whether a tile has something of the area.
    #[must_use]
    pub fn touches(&self, tile: &BBox) -> bool {
        let tile = Rect::new(Coord { x: tile.min_x, y: tile.min_y }, Coord { x: tile.max_x, y: tile.max_y });
        self.0.iter().any(|(around, polygon)| around.intersects(&tile) && polygon.intersects(&tile))
    }
}

fn denser(ring: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut points = Vec::with_capacity(ring.len());
    for pair in ring.windows(2) {
        let &[from, to] = pair else { continue };
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let steps = (dx.abs().max(dy.abs()) / STEP).ceil().clamp(1.0, 64.0);
        let mut at = 0.0;
        while at < steps {
            points.push([from[0] + dx * at / steps, from[1] + dy * at / steps]);
            at += 1.0;
        }
    }
    points.extend(ring.last().copied());
    points
}

fn add_polygons(shape: &Shape<f64>, found: &mut Vec<Polygon<f64>>) -> Result<(), JobError> {
    match shape {
        Shape::Polygon(polygon) => found.push(polygon.clone()),
        Shape::MultiPolygon(MultiPolygon(polygons)) => found.extend(polygons.iter().cloned()),
        Shape::GeometryCollection(members) => {
            for member in members {
                add_polygons(member, found)?;
            }
        }
        _ => return Err(JobError::wrong("an area is made of polygons; it has points or lines")),
    }
    Ok(())
}

/// The area of a layer's features that meet a condition in CQL2 (OGC 21-065r2); of all where there is none.
///
/// # Errors
/// [`JobError`]: the condition can't be read, no feature meets it, the features are no polygons or too many.
pub async fn features_area(
    engine: &FeatureEngine,
    layer: &Arc<Layer>,
    condition: Option<&str>,
    limits: &crate::config::Limits,
) -> Result<Area, JobError> {
    let mut query = Query { columns: Some(Vec::new()), ..Query::all(Arc::clone(layer)) };
    query.geometry = Geometry::In(Crs::from_epsg(4326)?);
    if let Some(text) = condition {
        let reading = Reading { limits: FilterLimits::from(limits), ..Reading::default() };
        let filter = cql2::parse_text(text, &reading)?;
        check(&filter, &**layer)?;
        query.filter = Some(filter);
    }
    let mut features = engine.stream(&query, Deadline::after(limits.export())).await?;
    let (mut polygons, mut count) = (Vec::new(), 0);
    while let Some(feature) = features.next().await {
        let feature = feature?;
        count += 1;
        if count > FEATURES {
            let message = "the area has more than {} features; choose fewer with a condition";
            return Err(JobError::wrong(message.replace("{}", &FEATURES.to_string())));
        }
        let Some(bytes) = feature.geometry() else { continue };
        let shape = geozero::wkb::Ewkb(bytes.to_vec()).to_geo().map_err(|error| {
            JobError::wrong(format!("feature {} of layer '{}': {error}", feature.fid(), layer.slug))
        })?;
        add_polygons(&shape, &mut polygons)?;
    }
    if count == 0 {
        return Err(JobError::wrong(format!("no feature of layer '{}' meets the condition", layer.slug)));
    }
    Area::of(polygons, limits.filter_positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIANGLE: &str = r#"{"type":"Polygon","coordinates":[[[5,43],[6,43],[5,44],[5,43]]]}"#;

    #[test]
    fn geometries_features_and_collections_are_areas() {
        let one = Area::from_geojson(TRIANGLE, 100).expect("an area");
        let feature = format!(r#"{{"type":"Feature","properties":{{"a":1}},"geometry":{TRIANGLE}}}"#);
        let collection = format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#);
        assert_eq!(Area::from_geojson(&feature, 100).expect("an area"), one);
        assert_eq!(Area::from_geojson(&collection, 100).expect("an area"), one);
        assert_eq!(one.bbox(), BBox::new(5.0, 43.0, 6.0, 44.0));
        let text = serde_json::to_string(&one).expect("written");
        assert_eq!(serde_json::from_str::<Area>(&text).expect("read"), one);
    }

    #[test]
    fn what_is_no_area_is_refused_with_a_reason() {
        let collection = |members: &str| format!(r#"{{"type":"FeatureCollection","features":[{members}]}}"#);
        for (text, said) in [
            ("", "no GeoJSON"),
            ("[]", "no GeoJSON"),
            (r#"{"type":"Polygon"}"#, "no GeoJSON"),
            (r#"{"type":"Point","coordinates":[5,43]}"#, "points or lines"),
            (&collection(""), "no GeoJSON"),
            (&TRIANGLE.replace("[5,44]", "[900000,6200000]"), "longitude and latitude"),
            (&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), "no GeoJSON"),
        ] {
            let error = Area::from_geojson(text, 100).expect_err("refused").to_string();
            assert!(error.contains(said), "{error}");
        }
        let error = Area::from_geojson(TRIANGLE, 3).expect_err("refused").to_string();
        assert!(error.contains("4 positions") && error.contains("3 are the most"), "{error}");
    }

    #[test]
    fn tiles_beside_the_slope_are_not_of_the_area() {
        let area = Area::from_geojson(TRIANGLE, 100).expect("an area");
        let lambert = Crs::from_epsg(2154).expect("known");
        let cover = area.cover(&lambert).expect("placed").expect("polygons");
        let path = Transform::new(&Crs::from_epsg(4326).expect("known"), &lambert).expect("a way");
        let around = |x, y| {
            let [x, y] = path.point(x, y).expect("a place");
            BBox::new(x - 500.0, y - 500.0, x + 500.0, y + 500.0)
        };
        assert!(cover.touches(&around(5.2, 43.2)), "inside");
        assert!(cover.touches(&around(5.5, 43.5)), "on the slope");
        assert!(!cover.touches(&around(5.9, 43.9)), "in the box, beyond the slope");
        assert!(!cover.touches(&around(7.0, 43.0)));
        // Half a parallel of latitude bends in Lambert-93: its middle is further north than its ends say.
        let wide = r#"{"type":"Polygon","coordinates":[[[0,46],[6,46],[6,46.5],[0,46.5],[0,46]]]}"#;
        let wide =
            Area::from_geojson(wide, 100).expect("an area").cover(&lambert).expect("placed").expect("it");
        assert!(!wide.touches(&around(3.0, 45.98)) && wide.touches(&around(3.0, 46.01)));
        assert!(!wide.touches(&around(1.5, 45.98)) && wide.touches(&around(1.5, 46.01)));
        assert!(Area::Bbox([5.0, 43.0, 6.0, 44.0]).cover(&lambert).expect("placed").is_none());
    }
}
