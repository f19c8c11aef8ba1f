//! An image: checked, measured and rewritten as a Cloud Optimized GeoTIFF (OGC 21-026), which is all that the server
//! ever opens.

use super::frame::{self, Image, Request, Tag};
use super::names::Names;
use super::upright::{self, Upright};
use super::{Stop, crs, layer, ogr, open_with, plain, refuse};
use crate::geo::{BBox, Crs, Transform};
use crate::ingest::{Finding, Level};
use crate::model::{Band, BandMeaning, Coverage, SampleType};
use chrono::NaiveDate;
use gdal::raster::{ColorInterpretation, GdalDataType, RasterBand, RasterCreationOptions};
use gdal::{Dataset, DriverManager, Metadata};
use std::io::Write;
use std::path::Path;

/// The formats of images that are read.
pub(super) const DRIVERS: [&str; 3] = ["GTiff", "JP2OpenJPEG", "AAIGrid"];
/// Pixels that are all looked at to find the least and the greatest value; of larger images some are.
const LOOKED_AT: usize = 40_000_000;
/// Steps of a histogram.
const STEPS: usize = 256;
/// Edge of the blocks that are read at once, in pixels.
const BLOCK: &str = "256";

/// Reads an image and writes its frame; the rewritten file is at `output`.
pub(super) fn read(request: &Request, target: &Path, output: &mut impl Write) -> Result<(), Stop> {
    let dataset = open_with(&request.path, &DRIVERS, &[], request)?;
    let mut findings = Vec::new();
    let name = &request.name;
    let crs = layer::decide_crs(upright::system(&dataset).as_ref(), name, request, &mut findings)?;
    let upright = upright::upright(dataset, &crs, request, &mut findings)?;
    let dataset = upright.image();
    let [left, pixel_x, _, top, _, pixel_y] = dataset.geo_transform().unwrap_or_default();
    let (width, height) = dataset.raster_size();
    let extent = BBox::new(left, top + pixel_y * height as f64, left + pixel_x * width as f64, top);
    if crs::bounds(&crs).is_some_and(|bounds| !bounds.intersects(&extent)) {
        let hint =
            crs::suggestion(&extent, &crs).map_or_else(String::new, |s| format!("; it looks like {s}"));
        return refuse(
            "outside-crs",
            format!(
                "image {name} lies outside of the area of {} ({}){hint}; name the right system with --crs",
                crs.code(),
                crs.name
            ),
        );
    }
    let coverage =
        Coverage { bands: bands(dataset, request)?, pixel: [pixel_x, -pixel_y], palette: palette(dataset) };
    rewrite(&upright, &coverage, request, target)?;
    let image = Image {
        name: name.clone(),
        date: date(upright.source(), name),
        srid: crs.srid,
        width: width as u64,
        height: height as u64,
        extent,
        extent_lonlat: lonlat(&extent, &crs),
        coverage,
        findings,
    };
    frame::write_json(output, Tag::Image, &image)?;
    Ok(())
}

fn lonlat(extent: &BBox, crs: &std::sync::Arc<Crs>) -> Option<BBox> {
    let world = Crs::from_epsg(4326).ok()?;
    let around = Transform::new(crs, &world).ok()?.bbox(extent).ok()?;
    around.intersection(&BBox::new(-180.0, -90.0, 180.0, 90.0))
}

fn bands(dataset: &Dataset, request: &Request) -> Result<Vec<Band>, Stop> {
    let mut names = Names::default();
    // What each image is told of has these names.
    for column in crate::ingest::IMAGE_COLUMNS {
        let _ = names.make(column.0);
    }
    let mut bands = Vec::new();
    for found in dataset.rasterbands() {
        let Ok(band) = found else {
            return refuse("file-unreadable", format!("{} can't be read", request.name));
        };
        let number = bands.len() + 1;
        if number > request.columns {
            return refuse(
                "too-many-bands",
                format!("image {} has more than {} bands", request.name, request.columns),
            );
        }
        let kind = match band.band_type() {
            GdalDataType::UInt8 => SampleType::UInt8,
            GdalDataType::UInt16 => SampleType::UInt16,
            GdalDataType::Int16 => SampleType::Int16,
            GdalDataType::UInt32 => SampleType::UInt32,
            GdalDataType::Int32 => SampleType::Int32,
            GdalDataType::Float32 => SampleType::Float32,
            GdalDataType::Float64 => SampleType::Float64,
            other => {
                let message = format!(
                    "band {number} of image {} has values of type {}, which are not read; use whole numbers of up to 32 \
                     bits or floating ones",
                    request.name,
                    other.name()
                );
                return refuse("image-values", message);
            }
        };
        let named = band.description().unwrap_or_default();
        let name = if named.trim().is_empty() { format!("band_{number}") } else { named };
        let (min, max, histogram) = measure(&band);
        bands.push(Band {
            name: names.make(&name),
            kind,
            meaning: meaning(&band),
            unit: Some(band.unit()).filter(|unit| !unit.is_empty()),
            nodata: band.no_data_value().filter(|value| value.is_finite()),
            min,
            max,
            histogram,
        });
    }
    if bands.is_empty() {
        return refuse("no-layer", format!("{} holds no image with bands", request.name));
    }
    // What can't be read shows when the whole is rewritten.
    let _ = ogr::take_messages();
    Ok(bands)
}

fn meaning(band: &RasterBand<'_>) -> BandMeaning {
    match band.color_interpretation() {
        ColorInterpretation::GrayIndex => BandMeaning::Gray,
        ColorInterpretation::PaletteIndex => BandMeaning::Palette,
        ColorInterpretation::RedBand => BandMeaning::Red,
        ColorInterpretation::GreenBand => BandMeaning::Green,
        ColorInterpretation::BlueBand => BandMeaning::Blue,
        ColorInterpretation::AlphaBand => BandMeaning::Alpha,
        _ => BandMeaning::Undefined,
    }
}

/// The least and the greatest value, and how many pixels lie in each step between them.
fn measure(band: &RasterBand<'_>) -> (f64, f64, Vec<u64>) {
    let (width, height) = band.size();
    let some = width.saturating_mul(height) > LOOKED_AT;
    let found = band.compute_raster_min_max(some).ok();
    let found = found.filter(|m| m.min.is_finite() && m.max.is_finite() && m.min <= m.max);
    let Some((min, max)) = found.map(|m| (m.min, m.max)) else { return (0.0, 0.0, Vec::new()) };
    // The last step holds the greatest value, too.
    let end = max + (max - min).max(1e-9) * 1e-9;
    let histogram = band.histogram(min, end, STEPS, true, true);
    (min, max, histogram.map(|h| h.counts().to_vec()).unwrap_or_default())
}

fn palette(dataset: &Dataset) -> Vec<[u8; 4]> {
    let Ok(band) = dataset.rasterband(1) else { return Vec::new() };
    let Some(table) = band.color_table() else { return Vec::new() };
    let part = |value: i16| u8::try_from(value.clamp(0, 255)).unwrap_or(0);
    (0..table.entry_count().min(65_536))
        .map(|at| table.entry_as_rgb(at).map_or([0; 4], |c| [c.r, c.g, c.b, c.a].map(part)))
        .collect()
}

/// The day that an image shows: its own, else the first in its name, as `2024-05-31`, `20240531` or `2024`.
fn date(dataset: &Dataset, name: &str) -> Option<NaiveDate> {
    let own = dataset.metadata_item("TIFFTAG_DATETIME", "");
    let own = own.and_then(|text| NaiveDate::parse_from_str(text.get(..10)?, "%Y:%m:%d").ok());
    own.or_else(|| date_in(name))
}

fn date_in(name: &str) -> Option<NaiveDate> {
    let mut numbers: Vec<&str> = name.split(|c: char| !c.is_ascii_digit()).collect();
    numbers.retain(|n| !n.is_empty());
    let day = |year: &str, month: &str, day: &str| {
        let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
        (1850..2100).contains(&chrono::Datelike::year(&date)).then_some(date)
    };
    let whole = numbers.windows(3).find_map(|w| match w {
        [year, month, of] if year.len() == 4 && month.len() == 2 && of.len() == 2 => day(year, month, of),
        _ => None,
    });
    let compact =
        || numbers.iter().filter(|n| n.len() == 8).find_map(|n| day(n.get(..4)?, n.get(4..6)?, n.get(6..)?));
    let year = || numbers.iter().filter(|n| n.len() == 4).find_map(|n| day(n, "1", "1"));
    whole.or_else(compact).or_else(year)
}

/// Writes the image anew: in blocks, with overviews, nothing of the values lost that was not lost before.
fn rewrite(upright: &Upright, coverage: &Coverage, request: &Request, target: &Path) -> Result<(), Stop> {
    let dataset = upright.image();
    let is_lossy = upright
        .source()
        .metadata_item("COMPRESSION", "IMAGE_STRUCTURE")
        .is_some_and(|c| c.contains("JPEG") && !c.contains("2000") || c == "WEBP");
    let photo = is_lossy
        && matches!(coverage.bands.len(), 1 | 3)
        && coverage.bands.iter().all(|b| b.kind == SampleType::UInt8 && b.nodata.is_none())
        && coverage.palette.is_empty();
    let overviews = if coverage.palette.is_empty() { "AVERAGE" } else { "NEAREST" };
    let mut options = RasterCreationOptions::new();
    let compression: &[(&str, &str)] = if photo {
        &[("COMPRESS", "JPEG"), ("QUALITY", "92")]
    } else {
        &[("COMPRESS", "DEFLATE"), ("PREDICTOR", "YES"), ("LEVEL", "6")]
    };
    let fixed = [
        ("BLOCKSIZE", BLOCK),
        ("BIGTIFF", "IF_SAFER"),
        ("OVERVIEWS", "IGNORE_EXISTING"),
        ("RESAMPLING", overviews),
    ];
    for (key, value) in fixed.iter().chain(compression) {
        let _ = options.set_name_value(key, value);
    }
    let written = DriverManager::get_driver_by_name("COG")
        .and_then(|driver| dataset.create_copy(&driver, target, &options))
        .and_then(|mut copy| copy.flush_cache());
    let said = ogr::take_messages();
    if written.is_ok() && said.failures.is_empty() {
        return Ok(());
    }
    let why = said.failures.into_iter().next().or_else(|| written.err().map(|e| e.to_string()));
    let why = plain(&why.unwrap_or_default(), request);
    if why.contains("No space left") {
        return refuse("disk-full", "the disk is full; free some space and load the file again");
    }
    Err(Stop::Refused(vec![Finding::new(
        Level::Error,
        "file-damaged",
        format!(
            "image {} could not be read to its end: {why}; correct the file or export it again",
            request.name
        ),
    )]))
}

#[cfg(test)]
mod tests {
    use super::date_in;

    #[test]
    fn the_day_of_an_image_is_in_its_name() {
        let day = |name: &str| date_in(name).map(|d| d.to_string());
        for (name, expected) in [
            ("ortho_2024-05-31_toulon", Some("2024-05-31")),
            ("S2A_20230714_T31TGJ", Some("2023-07-14")),
            ("BDORTHO_83_2020", Some("2020-01-01")),
            ("MNT_1234_9876_99999999", None),
            ("tuile_0925_6305", None),
            ("terrain", None),
        ] {
            assert_eq!(day(name).as_deref(), expected, "{name}");
        }
    }
}
