//! Images that lie askew on the ground: turned or mirrored ones, and those placed by ground control points.
//!
//! The server only ever opens images whose rows go east and whose columns go south. Others are warped once, while they are
//! read; what is new between their old corners and the new border is nodata or transparent.

use super::frame::Request;
use super::ogr;
use super::{Stop, plain, refuse};
use crate::geo::Crs;
use crate::ingest::{Finding, Level};
use gdal::Dataset;
use gdal::raster::{ColorInterpretation, GdalDataType};
use gdal::spatial_ref::SpatialRef;

/// An image that lies straight to the north.
pub(super) struct Upright {
    // Before its source: it reads from it until it is closed.
    straight: Option<Dataset>,
    source: Dataset,
}

impl Upright {
    /// The image as it is kept.
    pub(super) fn image(&self) -> &Dataset {
        self.straight.as_ref().unwrap_or(&self.source)
    }

    /// The image as it came.
    pub(super) const fn source(&self) -> &Dataset {
        &self.source
    }
}

/// How pixels come to their place.
enum Placement {
    Straight,
    /// The rows go north, or the columns west: the pixels are right, only their order is another.
    Mirrored,
    Turned,
    /// So many ground control points.
    Points(usize),
}

/// The system that the file says its image is in: of its pixels, or of its ground control points.
pub(super) fn system(dataset: &Dataset) -> Option<SpatialRef> {
    let own = dataset.spatial_ref().ok();
    own.or_else(|| dataset.gcp_spatial_ref())
}

/// The image, warped if it lies askew; a finding then tells what it became.
pub(super) fn upright(
    source: Dataset,
    crs: &Crs,
    request: &Request,
    findings: &mut Vec<Finding>,
) -> Result<Upright, Stop> {
    let name = &request.name;
    let Some(placement) = placement(&source) else {
        return refuse(
            "image-unplaced",
            format!("image {name} doesn't say where it lies; export it as a GeoTIFF with its position"),
        );
    };
    if matches!(placement, Placement::Straight) {
        return Ok(Upright { straight: None, source });
    }
    let options = options(&source, &placement, crs);
    let straight = ogr::warped(&source, &options);
    let said = ogr::take_messages();
    let (Some(straight), true) = (straight, said.failures.is_empty()) else {
        let why = said.failures.into_iter().next().unwrap_or_default();
        return refuse(
            "image-unplaced",
            format!(
                "image {name} can't be turned to the north: {}; check its position, for example its ground control points",
                plain(&why, request)
            ),
        );
    };
    let ((width, height), (columns, rows)) = (source.raster_size(), straight.raster_size());
    let message = match placement {
        Placement::Straight => String::new(),
        Placement::Mirrored => format!("the rows of image {name} were put in order from the north"),
        Placement::Turned => format!(
            "image {name} was turned to the north: of {width} x {height} pixels it now has {columns} x {rows}"
        ),
        Placement::Points(count) => format!(
            "image {name} was laid on the ground by its {count} control points: of {width} x {height} pixels it now has {columns} x {rows}"
        ),
    };
    findings.push(Finding::new(Level::Info, "image-turned", message));
    Ok(Upright { straight: Some(straight), source })
}

fn placement(dataset: &Dataset) -> Option<Placement> {
    let points = dataset.gcps().len();
    match dataset.geo_transform() {
        Ok([_, pixel_x, 0.0, _, 0.0, pixel_y]) if pixel_x != 0.0 && pixel_y != 0.0 => {
            Some(if pixel_x > 0.0 && pixel_y < 0.0 { Placement::Straight } else { Placement::Mirrored })
        }
        // Two edges of a pixel that go the same way span no pixel.
        Ok([_, a, b, _, c, d]) if (a * d - b * c).abs() > f64::MIN_POSITIVE => Some(Placement::Turned),
        _ => (points > 0).then_some(Placement::Points(points)),
    }
}

/// Arguments of GDAL's warper.
fn options(source: &Dataset, placement: &Placement, crs: &Crs) -> Vec<String> {
    let system = crs.code();
    let mut all: Vec<String> =
        ["-of", "VRT", "-s_srs", &system, "-t_srs", &system].map(str::to_owned).to_vec();
    let bands: Vec<_> = source.rasterbands().flatten().collect();
    let blends = bands.iter().all(|band| {
        let meaning = band.color_interpretation();
        let is_real = matches!(band.band_type(), GdalDataType::Float32 | GdalDataType::Float64);
        let is_light = matches!(
            meaning,
            ColorInterpretation::RedBand
                | ColorInterpretation::GreenBand
                | ColorInterpretation::BlueBand
                | ColorInterpretation::AlphaBand
        );
        is_real || is_light
    });
    // Whole numbers that are no light may be classes: between two of them lies none.
    let resampling = if blends && !matches!(placement, Placement::Mirrored) { "bilinear" } else { "near" };
    all.extend(["-r", resampling].map(str::to_owned));
    let has_nodata = bands.iter().any(|band| band.no_data_value().is_some());
    let has_alpha = bands.iter().any(|band| band.color_interpretation() == ColorInterpretation::AlphaBand);
    let is_real =
        bands.iter().all(|band| matches!(band.band_type(), GdalDataType::Float32 | GdalDataType::Float64));
    if has_nodata || has_alpha || matches!(placement, Placement::Mirrored) {
        return all;
    }
    let new = if is_real { &["-dstnodata", "nan"][..] } else { &["-dstalpha"] };
    all.extend(new.iter().map(|text| (*text).to_owned()));
    all
}
