//! Where a map lies and how many pixels it has: `bbox`, `subset` or `center`; `width`, `height` and
//! `scale-denominator` (OGC 20-058 clauses 11 to 13).

use crate::config::Limits;
use crate::geo::{BBox, Crs, CrsRef, Transform};
use crate::maps::{MapLayer, extent_in};
use crate::model::Layer;
use crate::services::ogcapi::common::{Parameters, Problem};
use crate::services::ogcapi::features::named_crs;
use std::sync::Arc;

/// The longer side of a map of which nothing is said, in pixels.
const SIDE: f64 = 1024.0;

/// Where a map lies, and its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    /// In the map's system, x first.
    pub(super) bbox: BBox,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// What is said of the size.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    width: Option<u32>,
    height: Option<u32>,
    /// Units of the map's system for a pixel.
    pixel: Option<f64>,
}

/// Reads where a map lies. `pixel` is a pixel's side in millimetres.
pub(super) fn read(
    parameters: &Parameters,
    layers: &[MapLayer],
    crs: &CrsRef,
    pixel: f64,
    limits: &Limits,
) -> Result<Area, Problem> {
    let side = |name: &str| whole(parameters, name, limits.map_pixels_side.min(u32::from(u16::MAX)));
    let size = Size {
        width: side("width")?,
        height: side("height")?,
        pixel: denominator(parameters)?.map(|d| d * pixel / 1000.0 / crs.crs.metres_per_unit),
    };
    let bbox = bbox(parameters, crs)?;
    let subset = subset(parameters, layers, crs)?;
    let center = center(parameters, crs)?;
    if [bbox.is_some(), subset.is_some(), center.is_some()].iter().filter(|given| **given).count() > 1 {
        return Err(Problem::invalid("bbox", "give one of bbox, subset and center"));
    }
    let whole = || {
        // A layer without features is shown where its system is used.
        let found = extent(layers, &crs.crs).or_else(|| area_of_use(crs));
        found.map(with_some_size).ok_or_else(|| Problem::invalid("crs", "nothing is shown in this system"))
    };
    let area = match (bbox.or(subset), center) {
        (Some(bbox), _) => of_box(bbox, size)?,
        (None, Some(center)) => around(center, size, &whole()?),
        // A scale and both sides say all but the middle.
        (None, None) if size.pixel.is_some() && size.width.is_some() && size.height.is_some() => {
            let whole = whole()?;
            around(whole.centre(), size, &whole)
        }
        (None, None) => of_box(whole()?, size)?,
    };
    checked(area, limits)
}

/// A box whose width or height may still be open.
fn of_box(bbox: BBox, size: Size) -> Result<Area, Problem> {
    let pixels = |length: f64, of: f64, pixels: f64| (pixels * length / of).round().max(1.0);
    let (wide, high) = (bbox.width(), bbox.height());
    let (width, height) = match size {
        Size { width: Some(_), height: _, pixel: Some(_) } | Size { height: Some(_), pixel: Some(_), .. } => {
            let detail = "a box, a scale and a size contradict each other; leave out one of them";
            return Err(Problem::invalid("scale-denominator", detail));
        }
        Size { pixel: Some(pixel), .. } => ((wide / pixel).round().max(1.0), (high / pixel).round().max(1.0)),
        Size { width: Some(width), height: Some(height), .. } => (f64::from(width), f64::from(height)),
        Size { width: Some(width), .. } => (f64::from(width), pixels(high, wide, f64::from(width))),
        Size { height: Some(height), .. } => (pixels(wide, high, f64::from(height)), f64::from(height)),
        _ if wide >= high => (SIDE, pixels(high, wide, SIDE)),
        _ => (pixels(wide, high, SIDE), SIDE),
    };
    // A cast of more than there is saturates, and is then refused as too large.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(Area { bbox, width: width as u32, height: height as u32 })
}

/// A map around a point; without a scale in the one that shows all.
fn around([x, y]: [f64; 2], size: Size, whole: &BBox) -> Area {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let default = SIDE as u32;
    let width = size.width.or(size.height).unwrap_or(default);
    let height = size.height.unwrap_or(width);
    let fitting = (whole.width() / f64::from(width)).max(whole.height() / f64::from(height));
    let pixel = size.pixel.unwrap_or(fitting);
    let (across, up) = (f64::from(width) * pixel / 2.0, f64::from(height) * pixel / 2.0);
    Area { bbox: BBox::new(x - across, y - up, x + across, y + up), width, height }
}

fn checked(area: Area, limits: &Limits) -> Result<Area, Problem> {
    let (side, all) = (limits.map_pixels_side, limits.map_pixels);
    let Area { bbox, width, height } = area;
    if width > side || height > side || u64::from(width) * u64::from(height) > all {
        let detail = format!(
            "a map of {width} by {height} pixels is too large here; at most {side} a side and {all} in all"
        );
        return Err(Problem::invalid("width", detail));
    }
    let is_box = bbox.is_valid() && bbox.width() > 0.0 && bbox.height() > 0.0;
    let is_finite = bbox.width().is_finite() && bbox.height().is_finite();
    if !is_box || !is_finite {
        return Err(Problem::invalid("bbox", "the map has no width or no height"));
    }
    Ok(area)
}

/// The extent of layers in a system; `None` where they have no feature there.
fn extent(layers: &[MapLayer], crs: &Arc<Crs>) -> Option<BBox> {
    let layers: Vec<Arc<Layer>> = layers.iter().map(|shown| Arc::clone(&shown.layer)).collect();
    extent_in(&layers, crs)
}

/// The box of a single point has no size; its map shows a little around it.
fn with_some_size(bbox: BBox) -> BBox {
    let least = 1e-4 * (bbox.width() + bbox.height()).max(1.0);
    let (x, y) = (((least - bbox.width()) / 2.0).max(0.0), ((least - bbox.height()) / 2.0).max(0.0));
    BBox::new(bbox.min_x - x, bbox.min_y - y, bbox.max_x + x, bbox.max_y + y)
}

fn area_of_use(crs: &CrsRef) -> Option<BBox> {
    let [west, south, east, north] = crs.crs.area_of_use.filter(|area| area[0] < area[2])?;
    let degrees = CrsRef::crs84().ok()?.crs;
    Transform::new(&degrees, &crs.crs).ok()?.bbox(&BBox::new(west, south, east, north)).ok()
}

fn whole(parameters: &Parameters, name: &str, most: u32) -> Result<Option<u32>, Problem> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    let read = text.parse::<u32>().ok().filter(|pixels| (1..=most).contains(pixels));
    let detail = || format!("{name} is a whole number of pixels from 1 to {most}");
    read.map(Some).ok_or_else(|| Problem::invalid(name, detail()))
}

fn denominator(parameters: &Parameters) -> Result<Option<f64>, Problem> {
    let Some(text) = parameters.get("scale-denominator") else { return Ok(None) };
    let read = text.parse::<f64>().ok().filter(|d| d.is_finite() && *d > 0.0);
    read.map(Some).ok_or_else(|| {
        Problem::invalid("scale-denominator", "scale-denominator is a number above 0, such as 25000")
    })
}

fn bbox(parameters: &Parameters, crs: &CrsRef) -> Result<Option<BBox>, Problem> {
    let system = place("bbox-crs", parameters)?;
    let Some(text) = parameters.get("bbox") else { return Ok(None) };
    let wrong = "bbox is minimum and maximum of both axes, four numbers between commas, in the order of bbox-crs; \
                 for example 5.2,43.2,5.6,43.4";
    let numbers: Option<Vec<f64>> = text.split(',').map(number).collect();
    let written = match numbers.as_deref() {
        Some([a, b, c, d]) => BBox::new(*a, *b, *c, *d),
        // Heights are nothing that a map shows.
        Some([a, b, _, c, d, _]) => BBox::new(*a, *b, *c, *d),
        _ => return Err(Problem::invalid("bbox", wrong)),
    };
    moved("bbox", if system.swapped(true) { written.swapped() } else { written }, &system, crs).map(Some)
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|v| v.is_finite())
}

fn place(parameter: &'static str, parameters: &Parameters) -> Result<CrsRef, Problem> {
    match parameters.get(parameter) {
        None => Ok(CrsRef::crs84()?),
        Some(text) => named_crs(parameter, text),
    }
}

/// A box of one system in that of the map.
fn moved(parameter: &str, bbox: BBox, from: &CrsRef, to: &CrsRef) -> Result<BBox, Problem> {
    if !(bbox.min_x < bbox.max_x && bbox.min_y < bbox.max_y) {
        let detail =
            "each minimum must be below its maximum; a box over the antimeridian is asked for in two maps";
        return Err(Problem::invalid(parameter, detail));
    }
    if from.crs.srid == to.crs.srid {
        return Ok(bbox);
    }
    let outside = |error: &dyn std::fmt::Display| {
        Problem::invalid(parameter, format!("the box has no place in {}: {error}", to.crs.code()))
    };
    let way = Transform::new(&from.crs, &to.crs).map_err(|error| outside(&error))?;
    way.bbox(&bbox).map_err(|error| outside(&error))
}

/// `subset=Lat(43:44),Lon(5:6)`; an axis that isn't named is whole.
fn subset(parameters: &Parameters, layers: &[MapLayer], crs: &CrsRef) -> Result<Option<BBox>, Problem> {
    let system = place("subset-crs", parameters)?;
    let Some(text) = parameters.get("subset") else { return Ok(None) };
    let wrong = |why: &str| {
        let detail =
            format!("{why}; subset is for example Lat(43.2:43.4),Lon(5.2:5.6), or E(…),N(…) with subset-crs");
        Problem::invalid("subset", detail)
    };
    let (mut x, mut y) = (None, None);
    for part in text.split(',') {
        let (axis, range) = part.trim().split_once('(').ok_or_else(|| wrong("an axis has no range"))?;
        let range = range.strip_suffix(')').ok_or_else(|| wrong("a range doesn't end"))?;
        let ends = range.split_once(':').and_then(|(low, high)| Some([number(low)?, number(high)?]));
        let ends = ends.ok_or_else(|| wrong("a range needs two numbers"))?;
        let taken = match axis.to_ascii_lowercase().as_str() {
            "lon" | "long" | "longitude" | "e" | "x" | "easting" => x.replace(ends),
            "lat" | "latitude" | "n" | "y" | "northing" => y.replace(ends),
            _ => return Err(wrong("an axis is not known")),
        };
        if taken.is_some() {
            return Err(wrong("an axis is named twice"));
        }
    }
    let whole = || extent(layers, &system.crs).or_else(|| area_of_use(&system)).map(with_some_size);
    let (x, y) = match (x, y) {
        (Some(x), Some(y)) => (x, y),
        (x, y) => {
            let all = whole().ok_or_else(|| wrong("the other axis has no range of its own"))?;
            (x.unwrap_or([all.min_x, all.max_x]), y.unwrap_or([all.min_y, all.max_y]))
        }
    };
    moved("subset", BBox::new(x[0], y[0], x[1], y[1]), &system, crs).map(Some)
}

/// `center`, in the map's system.
fn center(parameters: &Parameters, crs: &CrsRef) -> Result<Option<[f64; 2]>, Problem> {
    let system = place("center-crs", parameters)?;
    let Some(text) = parameters.get("center") else { return Ok(None) };
    let numbers: Option<Vec<f64>> = text.split(',').map(number).collect();
    let Some([a, b]) = numbers.as_deref() else {
        let detail =
            "center is two numbers between a comma, in the order of center-crs; for example 5.4,43.3";
        return Err(Problem::invalid("center", detail));
    };
    let [x, y] = if system.swapped(true) { [*b, *a] } else { [*a, *b] };
    if system.crs.srid == crs.crs.srid {
        return Ok(Some([x, y]));
    }
    let outside = || Problem::invalid("center", format!("the point has no place in {}", crs.crs.code()));
    let way = Transform::new(&system.crs, &crs.crs).map_err(|_| outside())?;
    way.point(x, y).map(Some).ok_or_else(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: BBox = BBox::new(0.0, 0.0, 2000.0, 1000.0);

    fn size(width: Option<u32>, height: Option<u32>, pixel: Option<f64>) -> Size {
        Size { width, height, pixel }
    }

    #[test]
    fn what_is_not_said_of_a_size_follows_from_the_box() {
        let pixels = |size| of_box(BOX, size).ok().map(|area| (area.width, area.height));
        assert_eq!(pixels(size(None, None, None)), Some((1024, 512)));
        assert_eq!(pixels(size(Some(500), None, None)), Some((500, 250)));
        assert_eq!(pixels(size(None, Some(100), None)), Some((200, 100)));
        assert_eq!(pixels(size(Some(30), Some(70), None)), Some((30, 70)));
        assert_eq!(pixels(size(None, None, Some(4.0))), Some((500, 250)));
        assert_eq!(pixels(size(None, None, Some(1e9))), Some((1, 1)));
        assert_eq!(pixels(size(None, None, Some(1e-300))), Some((u32::MAX, u32::MAX)));
        assert_eq!(pixels(size(Some(500), None, Some(4.0))), None);
        assert_eq!(pixels(size(Some(500), Some(250), Some(4.0))), None);
    }

    #[test]
    fn a_map_around_a_point_has_its_scale_or_the_one_that_shows_all() {
        let area = around([100.0, 50.0], size(Some(40), Some(20), Some(2.5)), &BOX);
        assert_eq!(area, Area { bbox: BBox::new(50.0, 25.0, 150.0, 75.0), width: 40, height: 20 });
        let area = around([1000.0, 500.0], size(None, None, None), &BOX);
        assert_eq!((area.width, area.height), (1024, 1024));
        assert_eq!((area.bbox.min_x, area.bbox.max_x), (0.0, 2000.0));
    }

    #[test]
    fn the_box_of_a_point_gets_some_size() {
        let point = with_some_size(BBox::new(5.0, 43.0, 5.0, 43.0));
        assert!(point.width() > 0.0 && point.height() > 0.0 && point.centre() == [5.0, 43.0]);
        assert_eq!(with_some_size(BOX), BOX);
    }
}
