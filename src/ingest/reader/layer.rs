//! One layer: read whole, then written in order.

use super::columns::{self, Columns};
use super::edit::{self, Shape};
use super::geometry::{Geometries, Whence};
use super::sort::Runs;
use super::{Opened, Stop, crs, ogr, plain, refuse};
use crate::geo::Crs;
use crate::ingest::frame::{self, Format, LayerHeader, LayerTrailer, Progress, ROWS_PAYLOAD, Request, Tag};
use crate::ingest::{Finding, Level};
use crate::model::GeometryType;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Layer, LayerAccess};
use std::io::Write;
use std::sync::Arc;

/// Rows between two reports of progress.
const REPORT_EVERY: u64 = 20_000;

/// Reads a layer and writes its frames.
pub(super) fn read(
    mut layer: Layer<'_>,
    name: &str,
    style: Option<String>,
    request: &Request,
    opened: &Opened,
    output: &mut impl Write,
) -> Result<(), Stop> {
    let mut findings = Vec::new();
    let crs = decide_crs(layer.spatial_ref().as_ref(), name, request, &mut findings)?;
    let mut fields = ogr::fields(&layer, &opened.dataset);
    if fields.len() > request.columns {
        return refuse(
            "too-many-columns",
            format!(
                "layer {name} has {} columns, {} are allowed; leave some out",
                fields.len(),
                request.columns
            ),
        );
    }
    columns::settle_json(&mut layer, &mut fields);
    let mut columns = Columns::new(&fields, opened.dbf.as_deref(), opened.decoder, request.examples);
    let mut geometries = Geometries::new(&crs, crs::bounds(&crs), request.examples);
    let limit = usize::try_from(request.megabytes << 20).unwrap_or(usize::MAX) / 12;
    let mut runs = Runs::new(limit, request.folder.clone());
    let mut ids = Ids::new(request.format);
    let total = layer.try_feature_count();
    let (mut attributes, mut wkb) = (Vec::new(), Vec::new());
    while let Some(mut row) = ogr::next(&layer) {
        let whence = Whence { sequence: runs.len(), fid: row.fid() };
        ids.add(whence);
        attributes.clear();
        wkb.clear();
        columns.encode(&row, whence, &mut attributes);
        let centre = if row.geometry(&mut wkb) {
            geometries.take(&mut wkb, whence)
        } else {
            geometries.skip();
            None
        };
        runs.push(&attributes, &wkb, centre, &geometries.extent)?;
        if runs.len().is_multiple_of(REPORT_EVERY) {
            let progress = Progress { layer: name.to_owned(), rows: runs.len(), total };
            frame::write_json(output, Tag::Progress, &progress)?;
            output.flush()?;
        }
    }
    judge_messages(name, request, &mut findings)?;
    if request.format != Format::GeoJson && total.is_some_and(|t| t != runs.len()) {
        return refuse(
            "file-damaged",
            format!(
                "layer {name} announces {} features but only {} could be read; the file is damaged, export it again",
                total.unwrap_or(0),
                runs.len()
            ),
        );
    }
    if geometries.is_elsewhere() {
        let hint = crs::suggestion(&geometries.extent, &crs)
            .map_or_else(String::new, |s| format!("; these look like {s}"));
        return refuse(
            "outside-crs",
            format!(
                "no coordinate of layer {name} lies in the area of {} ({}){hint}; name the right system with --crs",
                crs.code(),
                crs.name
            ),
        );
    }
    let features = runs.len();
    if features == 0 {
        let message = format!("layer {name} has no feature; it is published empty");
        findings.push(Finding::new(Level::Warning, "layer-empty", message));
    }
    let declared = ogr::geometry_code(&layer).and_then(GeometryType::from_code);
    let kind = geometries.kind(declared.unwrap_or(GeometryType::Geometry));
    let (has_z, has_m) = (geometries.has_z(), geometries.has_m());
    let uneven = geometries.is_uneven();
    let extent = Some(geometries.extent).filter(|e| e.is_valid());
    let extent_lonlat = geometries.lonlat.extent();
    let renumber = ids.must_renumber();
    let fid = |w: Whence| if renumber { w.sequence.cast_signed() + 1 } else { w.fid };
    let sorting = geometries.extent;
    let columns_of_layer = columns.described();
    findings.extend(geometries.findings(kind, &crs.code(), fid));
    findings.extend(columns.findings(fid));
    for finding in &mut findings {
        finding.layer = Some(name.to_owned());
    }
    let header = LayerHeader {
        name: name.to_owned(),
        title: title(&layer, name),
        geometry: kind,
        has_z,
        has_m,
        srid: crs.srid,
        columns: columns_of_layer,
        extent,
        extent_lonlat,
        features,
        style,
        findings,
    };
    frame::write_json(output, Tag::Header, &header)?;
    let promote = kind.multi() == kind && kind.dimension().is_some();
    let mut out = Vec::with_capacity(ROWS_PAYLOAD + (ROWS_PAYLOAD >> 1));
    let mut ewkb = Vec::new();
    runs.finish(&sorting, |row| {
        let start = out.len();
        out.extend_from_slice(row.attributes);
        if renumber && let Some(place) = out.get_mut(start + 6..start + 14) {
            place.copy_from_slice(&(row.sequence + 1).to_be_bytes());
        }
        ewkb.clear();
        if uneven && !row.geometry.is_empty() {
            let even = edit::conform(row.geometry, Shape { has_z, has_m, only: None });
            edit::write_ewkb(even.as_deref().unwrap_or_default(), crs.srid, promote, &mut ewkb);
        } else {
            edit::write_ewkb(row.geometry, crs.srid, promote, &mut ewkb);
        }
        if ewkb.is_empty() {
            out.extend_from_slice(&columns::NULL);
        } else {
            columns::put(&mut out, &ewkb);
        }
        if out.len() >= ROWS_PAYLOAD {
            frame::write(output, Tag::Rows, &out)?;
            out.clear();
        }
        Ok(())
    })?;
    if !out.is_empty() {
        frame::write(output, Tag::Rows, &out)?;
    }
    frame::write_json(output, Tag::Trailer, &LayerTrailer { rows: features })?;
    Ok(())
}

/// The system of a layer or an image: what its file says, unless the request knows better.
pub(super) fn decide_crs(
    system: Option<&SpatialRef>,
    name: &str,
    request: &Request,
    findings: &mut Vec<Finding>,
) -> Result<Arc<Crs>, Stop> {
    let found = system.and_then(crs::recognise);
    // Looking for matches may leave complaints about the definition.
    let _ = ogr::take_messages();
    let Some(srid) = request.srid else {
        return match (found, system) {
            (Some(crs), _) => Ok(crs),
            (None, Some(system)) => refuse(
                "crs-unknown",
                format!(
                    "the coordinate reference system of layer {name} ('{}') is not recognised; name it with --crs, for example --crs EPSG:2154",
                    system.name().unwrap_or_default().chars().take(80).collect::<String>()
                ),
            ),
            (None, None) => refuse(
                "crs-unknown",
                format!(
                    "layer {name} does not say its coordinate reference system (no .prj?); name it with --crs, for example --crs EPSG:2154"
                ),
            ),
        };
    };
    let Ok(given) = Crs::from_epsg(srid) else {
        return refuse("crs-unknown", format!("EPSG:{srid} is not a coordinate reference system known here"));
    };
    match found {
        Some(found) if found.srid != given.srid => {
            let message = format!(
                "the file says {} ({}); it was read as {} ({}) because --crs says so",
                found.code(),
                found.name,
                given.code(),
                given.name
            );
            findings.push(Finding::new(Level::Warning, "crs-overridden", message));
        }
        _ => {}
    }
    Ok(given)
}

/// Anything that GDAL failed to read refuses the layer: a short list must never look complete.
fn judge_messages(name: &str, request: &Request, findings: &mut Vec<Finding>) -> Result<(), Stop> {
    let said = ogr::take_messages();
    if let Some(first) = said.failures.first() {
        return refuse(
            "file-damaged",
            format!(
                "layer {name} could not be read to its end: {}; correct the file or export it again",
                plain(first, request)
            ),
        );
    }
    if let Some(first) = said.warnings.first() {
        let message = format!("the reader of this format says: {}", plain(first, request));
        let count = said.warnings.len() as u64;
        findings.push(Finding::new(Level::Info, "reader-warning", message).times(count));
    }
    Ok(())
}

/// The layer's own title, or its name made readable.
fn title(layer: &Layer<'_>, name: &str) -> String {
    use gdal::Metadata;
    let own = layer
        .metadata_item("IDENTIFIER", "")
        .or_else(|| layer.metadata_item("DESCRIPTION", ""))
        .filter(|t| !t.trim().is_empty() && t.chars().count() <= 200 && t != name);
    own.unwrap_or_else(|| name.replace('_', " ").trim().to_owned())
}

/// Whether the source's ids can be kept.
struct Ids {
    /// The format has ids of its own.
    are_real: bool,
    /// Ids seen; only where the format does not promise that they differ.
    seen: Option<std::collections::HashSet<i64>>,
    in_order: bool,
}

impl Ids {
    fn new(format: Format) -> Self {
        Self {
            are_real: format != Format::Shapefile,
            seen: (format == Format::GeoJson).then(Default::default),
            in_order: true,
        }
    }

    fn add(&mut self, whence: Whence) {
        self.in_order &= u64::try_from(whence.fid) == Ok(whence.sequence);
        self.are_real &= whence.fid >= 0;
        if let Some(seen) = &mut self.seen {
            self.are_real &= seen.insert(whence.fid);
        }
    }

    /// Numbers that only count from 0 are GDAL's own, not the file's.
    const fn must_renumber(&self) -> bool {
        !self.are_real || (self.in_order && self.seen.is_some())
    }
}
