//! Groups of rows and the metadata behind them.

use super::columns::{Gathered, field, types};
use crate::formats::bounded::{Bounded, failed};
use crate::formats::names::Names;
use crate::formats::output::{BuildError, BuildLimits, FileBuilder, Target};
use crate::formats::system::Notations;
use crate::formats::wkb::{Range, iso_code, push_iso};
use crate::geo::crs::CrsSpelling;
use crate::model::{ColumnType, FeatureRef, Value};
use parquet::basic::{Compression, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a group at most.
const ROWS: usize = 50_000;

/// Bytes that a group's values may take in memory.
const BYTES: usize = 24 << 20;

/// Begins a file at a path where nothing is.
pub(super) fn create(path: &Path, limits: &BuildLimits) -> Result<Box<dyn FileBuilder>, BuildError> {
    Ok(Box::new(Writer { path: path.to_owned(), limit: limits.bytes, current: None }))
}

struct Writer {
    path: PathBuf,
    limit: u64,
    current: Option<Current>,
}

/// The layer on its way.
struct Current {
    file: SerializedFileWriter<Bounded<File>>,
    /// The identifier, then the attributes.
    columns: Vec<Gathered>,
    place: Option<Place>,
    rows: usize,
    bytes: usize,
}

/// The column of geometries.
struct Place {
    name: String,
    /// PROJJSON; none for longitude and latitude, which is what no system means.
    system: Option<Json>,
    gathered: Gathered,
    range: Range,
    /// Types there are, by their ISO code.
    kinds: BTreeMap<u32, String>,
}

impl FileBuilder for Writer {
    fn layer(&mut self, target: &Target<'_>) -> Result<(), BuildError> {
        if self.current.is_some() {
            return Err(BuildError::Library("a GeoParquet file holds one layer".to_owned()));
        }
        let file = File::create_new(&self.path).map_err(|e| failed(&e, self.limit))?;
        let current = Current::new(target, Bounded::new(file, self.limit));
        self.current = Some(current.map_err(|e| self.failure(&e))?);
        if let Some(place) = self.current.as_mut().and_then(|c| c.place.as_mut())
            && target.crs.spelling != CrsSpelling::Crs84
        {
            place.system = Some(Notations::of(&target.crs.crs)?.projjson()?);
        }
        Ok(())
    }

    fn feature(&mut self, feature: FeatureRef<'_>) -> Result<(), BuildError> {
        let Some(current) = &mut self.current else {
            return Err(BuildError::Library("a feature before the first layer".to_owned()));
        };
        current.add(feature)?;
        if current.rows < ROWS && current.bytes < BYTES {
            return Ok(());
        }
        let written = current.write_group();
        written.map_err(|e| self.failure(&e))
    }

    fn finish(mut self: Box<Self>) -> Result<(), BuildError> {
        let Some(mut current) = self.current.take() else {
            return Err(BuildError::Library("a GeoParquet file without layer".to_owned()));
        };
        let mut whole = || {
            if current.rows > 0 {
                current.write_group()?;
            }
            if let Some(place) = &current.place {
                current
                    .file
                    .append_key_value_metadata(KeyValue::new("geo".to_owned(), place.metadata().to_string()));
            }
            current.file.finish().map(|_| ())
        };
        whole().map_err(|e| self.failure(&e))
    }
}

impl Writer {
    fn failure(&self, error: &ParquetError) -> BuildError {
        match error {
            ParquetError::External(cause) => match cause.downcast_ref::<std::io::Error>() {
                Some(io) => failed(io, self.limit),
                None => BuildError::Library(error.to_string()),
            },
            _ => BuildError::Library(error.to_string()),
        }
    }
}

impl Current {
    fn new(target: &Target<'_>, file: Bounded<File>) -> Result<Self, ParquetError> {
        let mut names = Names::default();
        let mut fields = vec![field(&names.unique("fid"), types(ColumnType::BigInteger))?];
        let mut columns = vec![Gathered::new(Physical::INT64)];
        for column in target.columns {
            let stored = types(column.kind);
            columns.push(Gathered::new(stored.0));
            fields.push(field(&names.unique(&column.name), stored)?);
        }
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("DataSud ", env!("CARGO_PKG_VERSION")).to_owned());
        let mut place = None;
        if target.has_geometry {
            let name = names.unique("geometry");
            fields.push(field(&name, (Physical::BYTE_ARRAY, None))?);
            let path = ColumnPath::from(name.as_str());
            // No two geometries are the same, and none is less than another.
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_statistics_enabled(path, EnabledStatistics::None);
            let gathered = Gathered::new(Physical::BYTE_ARRAY);
            place = Some(Place { name, system: None, gathered, range: Range::EMPTY, kinds: BTreeMap::new() });
        }
        let fields = fields.into_iter().map(Arc::new).collect();
        let schema = Type::group_type_builder(&target.layer.slug).with_fields(fields).build()?;
        let file = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build()))?;
        Ok(Self { file, columns, place, rows: 0, bytes: 0 })
    }

    fn add(&mut self, feature: FeatureRef<'_>) -> Result<(), BuildError> {
        let fid = Value::Integer(feature.fid);
        for (column, value) in self.columns.iter_mut().zip(std::iter::once(&fid).chain(feature.values)) {
            self.bytes += column.push(value);
        }
        if let Some(place) = &mut self.place {
            self.bytes += place
                .push(feature.geometry)
                .map_err(|cause| BuildError::Feature { fid: feature.fid, reason: cause.to_string() })?;
        }
        self.rows += 1;
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        let place = self.place.as_mut().map(|place| &mut place.gathered);
        for column in self.columns.iter_mut().chain(place) {
            let Some(mut writer) = group.next_column()? else { break };
            column.write(&mut writer)?;
            writer.close()?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl Place {
    fn push(&mut self, geometry: Option<&[u8]>) -> Result<usize, crate::geo::wkb::WkbError> {
        let Some(ewkb) = geometry else { return Ok(self.gathered.push(&Value::Null)) };
        let mut bytes = Vec::with_capacity(ewkb.len());
        let header = push_iso(ewkb, &mut self.range, &mut bytes)?;
        let name = || format!("{}{}", header.kind.name(), if header.has_z { " Z" } else { "" });
        self.kinds.entry(iso_code(header.kind, header.has_z)).or_insert_with(name);
        Ok(self.gathered.push_bytes(bytes))
    }

    /// The `geo` metadata of GeoParquet 1.1.
    fn metadata(&self) -> Json {
        let mut column = json!({
            "encoding": "WKB",
            "geometry_types": self.kinds.values().collect::<Vec<_>>(),
        });
        if let Some(system) = &self.system {
            column["crs"] = system.clone();
        }
        if !self.range.is_empty() {
            let Range { least: [west, south, bottom], greatest: [east, north, top] } = self.range;
            let has_heights = bottom <= top && self.kinds.values().any(|kind| kind.ends_with(" Z"));
            column["bbox"] = if has_heights {
                json!([west, south, bottom, east, north, top])
            } else {
                json!([west, south, east, north])
            };
        }
        json!({"version": "1.1.0", "primary_column": self.name, "columns": {(self.name.as_str()): column}})
    }
}
