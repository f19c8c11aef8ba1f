//! Layers into tables of a GeoPackage.

use super::ogr::{self, Field, Listener, Row, Table};
use crate::formats::names::Names;
use crate::formats::output::{BuildError, BuildLimits, FileBuilder, Target};
use crate::geo::wkb;
use crate::model::{Code, Column, ColumnType, FeatureRef, Layer, Value};
use chrono::{Datelike, SecondsFormat, Timelike};
use gdal::raster::RasterCreationOptions;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::LayerOptions;
use gdal::vector::sql::Dialect;
use gdal::{Dataset, DriverManager};
use std::ffi::{CString, c_int};
use std::path::{Path, PathBuf};

/// Features between two looks at the file's size.
const LOOK_EVERY: u32 = 256;

/// Bytes of a page of SQLite.
const PAGE: u64 = 4096;

/// Makes an empty GeoPackage at a path where nothing is.
pub(super) fn create(path: &Path, limits: &BuildLimits) -> Result<Box<dyn FileBuilder>, BuildError> {
    let listener = Listener::new();
    let failed = |error: &dyn std::fmt::Display| BuildError::Library(error.to_string());
    let driver = DriverManager::get_driver_by_name("GPKG").map_err(|e| failed(&e))?;
    let mut options = RasterCreationOptions::new();
    options.set_name_value("VERSION", "1.2").map_err(|e| failed(&e))?;
    let dataset = driver
        .create_with_band_type_with_options::<u8, _>(path, 0, 0, 0, &options)
        .map_err(|e| failed(&e))?;
    let pages = (limits.bytes / PAGE).max(1);
    // The file is thrown away when anything fails, so that nothing needs to be safe from a crash; and
    // SQLite itself holds it to its bound, whatever GDAL adds at the end.
    for pragma in ["PRAGMA synchronous = OFF".to_owned(), format!("PRAGMA max_page_count = {pages}")] {
        dataset.execute_sql(pragma, None, Dialect::DEFAULT).map_err(|e| failed(&e))?;
    }
    Ok(Box::new(Writer {
        dataset: Some(dataset),
        current: None,
        path: path.to_owned(),
        limit: limits.bytes,
        tables: Names::default(),
        titles: Names::default(),
        since_look: 0,
        listener,
    }))
}

/// A GeoPackage that is being written. Fields are dropped in their order: GDAL is listened to until its file
/// is closed.
struct Writer {
    /// There until the file is finished.
    dataset: Option<Dataset>,
    current: Option<Current>,
    path: PathBuf,
    limit: u64,
    tables: Names,
    titles: Names,
    since_look: u32,
    listener: Listener,
}

/// The layer begun last.
struct Current {
    table: Table,
    fields: Vec<Field>,
    wkb: Vec<u8>,
}

impl FileBuilder for Writer {
    fn layer(&mut self, target: &Target<'_>) -> Result<(), BuildError> {
        self.end_layer()?;
        let layer = target.layer;
        // The day of the data's last change, not of this copy: the same data makes the same file.
        let changed = layer.updated.to_rfc3339_opts(SecondsFormat::Millis, true);
        ogr::set_today(&changed).map_err(|e| BuildError::Library(e.to_string()))?;
        let table = self.create_table(target)?;
        let mut columns = Names::with(&["fid", "geom"]);
        let mut fields = Vec::with_capacity(target.columns.len());
        for column in target.columns {
            let name = columns.unique(&column.name);
            let field = field(column.kind);
            let domain = self.add_codes(layer, column, field)?;
            if !table.add_column(&c_text(name)?, field, domain.as_deref()) {
                return Err(self.failure("a column"));
            }
            fields.push(field);
        }
        if !ogr::begin(self.dataset()?) {
            return Err(self.failure("a transaction"));
        }
        self.current = Some(Current { table, fields, wkb: Vec::new() });
        Ok(())
    }

    fn feature(&mut self, feature: FeatureRef<'_>) -> Result<(), BuildError> {
        let Some(current) = &mut self.current else {
            return Err(BuildError::Library("a feature before the first layer".to_owned()));
        };
        let refused = |reason: &str| BuildError::Feature { fid: feature.fid, reason: reason.to_owned() };
        if feature.fid == -1 {
            // GDAL's mark of a feature without identifier.
            return Err(refused("a GeoPackage can't be given the identifier -1"));
        }
        let mut row = current.table.row(feature.fid);
        for ((index, field), value) in (0..).zip(&current.fields).zip(feature.values) {
            set(&mut row, index, *field, value);
        }
        if let Some(ewkb) = feature.geometry {
            plain_wkb(ewkb, &mut current.wkb)
                .map_err(|cause| BuildError::Feature { fid: feature.fid, reason: cause.to_string() })?;
            if !row.set_geometry(&current.wkb) {
                return Err(refused("its geometry can't be read"));
            }
        }
        if !current.table.insert(&row) {
            return Err(self.failure("a feature"));
        }
        self.since_look += 1;
        if self.since_look >= LOOK_EVERY {
            self.since_look = 0;
            if self.size() > self.limit {
                return Err(BuildError::TooLarge { limit: self.limit });
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), BuildError> {
        self.end_layer()?;
        // Spatial indexes and extents are written now; before version 3.7 GDAL tells failures in words only.
        let closed = self.dataset.take().map_or(Ok(()), Dataset::close);
        match (closed, self.listener.failure()) {
            (Ok(()), None) if self.size() > self.limit => Err(BuildError::TooLarge { limit: self.limit }),
            (Ok(()), None) => Ok(()),
            (Err(error), None) => Err(BuildError::Library(error.to_string())),
            (_, Some(said)) => Err(self.explained(said)),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let (Some(dataset), Some(_)) = (&self.dataset, &self.current) {
            // Nobody wants this file any more: closing it must not index what was written so far.
            ogr::roll_back(dataset);
        }
    }
}

impl Writer {
    /// The domain of a column's code list, if it has one (OGC 12-128r19 annex F.9).
    fn add_codes(&self, layer: &Layer, column: &Column, field: Field) -> Result<Option<CString>, BuildError> {
        if column.codes.is_empty() {
            return Ok(None);
        }
        let name = c_text(format!("{}.{}", layer.slug, column.name))?;
        let entry = |code: &Code| {
            let title = code.title.as_deref().map(c_text).transpose()?;
            Ok((c_text(code.value.as_str())?, title))
        };
        let codes = column.codes.iter().map(entry).collect::<Result<Vec<_>, BuildError>>()?;
        if !ogr::add_codes(self.dataset()?, &name, field, &codes) {
            return Err(self.failure("a code list"));
        }
        Ok(Some(name))
    }

    fn create_table(&mut self, target: &Target<'_>) -> Result<Table, BuildError> {
        let library = |e: gdal::errors::GdalError| BuildError::Library(e.to_string());
        let layer = target.layer;
        let name = self.tables.unique(&table(&layer.slug));
        let title = if layer.title.trim().is_empty() { &layer.slug } else { &layer.title };
        let plain = |text: &str| text.replace('\0', "");
        let identifier = format!("IDENTIFIER={}", plain(&self.titles.unique(title)));
        let description = format!("DESCRIPTION={}", plain(&layer.description));
        let options =
            ["FID=fid", "GEOMETRY_NAME=geom", "SPATIAL_INDEX=YES", identifier.as_str(), description.as_str()];
        let srid = u32::try_from(target.crs.crs.srid).unwrap_or(0);
        let mut system = SpatialRef::from_epsg(srid).map_err(library)?;
        // A GeoPackage's coordinates are x, y whatever the authority says (OGC 12-128r15 clause 2.1.3.1.1).
        system.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        let kind = if target.has_geometry {
            ogr::geometry_type(layer.geometry.code(), layer.has_z, layer.has_m)
        } else {
            gdal_sys::OGRwkbGeometryType::wkbNone
        };
        let dataset = self.dataset.as_mut().ok_or_else(closed)?;
        let created = dataset.create_layer(LayerOptions {
            name: &name,
            srs: target.has_geometry.then_some(&system),
            ty: kind,
            options: Some(&options),
        });
        match created.as_ref().map(Table::of) {
            Ok(table) => Ok(table),
            Err(error) => {
                let error = error.to_string();
                Err(self.listener.failure().map_or(BuildError::Library(error), |said| self.explained(said)))
            }
        }
    }

    fn end_layer(&mut self) -> Result<(), BuildError> {
        if self.current.is_some() {
            if !ogr::commit(self.dataset()?) {
                return Err(self.failure("the end of a layer"));
            }
            self.current = None;
        }
        Ok(())
    }

    fn dataset(&self) -> Result<&Dataset, BuildError> {
        self.dataset.as_ref().ok_or_else(closed)
    }

    fn size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |m| m.len())
    }

    /// What GDAL said when it refused something.
    fn failure(&self, what: &str) -> BuildError {
        let said = self.listener.failure();
        self.explained(said.unwrap_or_else(|| format!("GDAL refused {what} and said nothing")))
    }

    fn explained(&self, said: String) -> BuildError {
        explain(said, self.size(), self.limit)
    }
}

fn closed() -> BuildError {
    BuildError::Library("the file is closed".to_owned())
}

/// A failure in our words. SQLite says the same of a full disk and of a file at its bound.
fn explain(said: String, size: u64, limit: u64) -> BuildError {
    if !said.contains("database or disk is full") {
        return BuildError::Library(said);
    }
    // A transaction that ran into the bound may have been rolled back, and pages may still be in memory.
    let cache = 8 << 20;
    if size + cache >= limit { BuildError::TooLarge { limit } } else { BuildError::DiskFull }
}

/// A table's name: the slug, unless it begins with what GeoPackage or SQLite keep for themselves.
fn table(slug: &str) -> String {
    let lower = slug.to_lowercase();
    let reserved = ["gpkg", "sqlite_", "rtree_"].iter().any(|prefix| lower.starts_with(prefix));
    if reserved { format!("layer_{slug}") } else { slug.to_owned() }
}

fn c_text(text: impl Into<Vec<u8>>) -> Result<CString, BuildError> {
    CString::new(text).map_err(|e| BuildError::Library(e.to_string()))
}

/// The nearest type that a GeoPackage has (OGC 12-128r15 table 1).
const fn field(kind: ColumnType) -> Field {
    match kind {
        ColumnType::Text | ColumnType::Time => Field::Text,
        ColumnType::Json => Field::Json,
        ColumnType::Integer => Field::Integer,
        ColumnType::BigInteger => Field::BigInteger,
        ColumnType::Real | ColumnType::Decimal => Field::Real,
        ColumnType::Boolean => Field::Boolean,
        ColumnType::Date => Field::Date,
        ColumnType::Timestamp => Field::Instant,
        ColumnType::Binary => Field::Binary,
    }
}

/// Puts a value into its column; what the column's type can't hold is left without value.
fn set(row: &mut Row, index: c_int, field: Field, value: &Value<'_>) {
    match value {
        Value::Null => {}
        Value::Text(text) | Value::Json(text) => row.set_text(index, text),
        Value::Integer(number) => row.set_integer(index, *number),
        Value::Real(number) => row.set_real(index, *number),
        Value::Decimal(text) => match text.parse::<f64>() {
            Ok(number) if field == Field::Real => row.set_real(index, number),
            _ => {}
        },
        Value::Boolean(truth) => row.set_integer(index, i64::from(*truth)),
        Value::Date(day) => {
            if let Some(day) = four_digit_day(day) {
                row.set_moment(index, day, None);
            }
        }
        Value::Time(time) => row.set_text(index, &time.to_string()),
        Value::Timestamp(at) => {
            if let Some(day) = four_digit_day(at) {
                row.set_moment(index, day, Some(([number(at.hour()), number(at.minute())], seconds(at))));
            }
        }
        Value::Binary(bytes) => row.set_binary(index, bytes),
    }
}

/// Year, month and day; `None` for a year that ISO 8601 has no four digits for.
fn four_digit_day(day: &impl Datelike) -> Option<[c_int; 3]> {
    (0..=9999).contains(&day.year()).then(|| [day.year(), number(day.month()), number(day.day())])
}

fn number(value: u32) -> c_int {
    c_int::try_from(value).unwrap_or(0)
}

/// Seconds to the millisecond below, so that rounding never makes sixty of them.
#[expect(clippy::cast_precision_loss, reason = "60 000 milliseconds are exact in an f32")]
fn seconds(at: &impl Timelike) -> f32 {
    let milliseconds = at.second() * 1000 + (at.nanosecond() / 1_000_000).min(999);
    milliseconds as f32 / 1000.0
}

/// The WKB of an EWKB: without its SRID, which GDAL doesn't read; marks of Z and M are the same.
fn plain_wkb(ewkb: &[u8], out: &mut Vec<u8>) -> Result<(), wkb::WkbError> {
    // Walking it tells whether it is whole.
    let header = wkb::header(ewkb)?;
    out.clear();
    let (Some(order), Some(kind)) = (ewkb.first(), ewkb.get(1..5).and_then(|k| <[u8; 4]>::try_from(k).ok()))
    else {
        return Err(wkb::WkbError::Truncated);
    };
    if header.srid.is_none() {
        out.extend_from_slice(ewkb);
        return Ok(());
    }
    let little = *order == 1;
    let code = if little { u32::from_le_bytes(kind) } else { u32::from_be_bytes(kind) } & !wkb::HAS_SRID;
    out.push(*order);
    out.extend_from_slice(&if little { code.to_le_bytes() } else { code.to_be_bytes() });
    out.extend_from_slice(ewkb.get(9..).unwrap_or_default());
    Ok(())
}

#[cfg(test)]
mod tests;
