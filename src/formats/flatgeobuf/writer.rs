//! A header, an index and the features in its order.

use super::geometry::{Part, kind_of};
use crate::formats::bounded::{Bounded, failed};
use crate::formats::names::Names;
use crate::formats::output::{BuildError, BuildLimits, FileBuilder, Target};
use crate::formats::system::Notations;
use crate::formats::text::push_plain;
use crate::geo::Crs as System;
use crate::model::{ColumnType, FeatureRef, GeometryType, Value};
use flatbuffers::{FlatBufferBuilder, WIPOffset};
use flatgeobuf::packed_r_tree::{NodeItem, PackedRTree, calc_extent, hilbert_sort};
use flatgeobuf::{
    Column, ColumnArgs, ColumnType as Kind, Crs, CrsArgs, Feature, FeatureArgs, Geometry, Header, HeaderArgs,
};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `fgb` twice, with the version between and a zero behind.
const MAGIC: [u8; 8] = *b"fgb\x03fgb\x00";

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
    about: About,
    buffer: FlatBufferBuilder<'static>,
    properties: Vec<u8>,
    /// Features as they came, until their order is known.
    waiting: BufWriter<Bounded<File>>,
    waiting_at: PathBuf,
    /// Boxes of the features; each one's `offset` is its number as it came.
    boxes: Vec<NodeItem>,
    /// Where each waiting feature begins, and last where they end.
    starts: Vec<u64>,
}

/// What the header says.
struct About {
    slug: String,
    title: String,
    description: String,
    columns: Vec<(String, Kind)>,
    geometry: GeometryType,
    has_z: bool,
    system: Arc<System>,
    wkt: String,
}

/// The nearest of FlatGeobuf's types. Days and instants are ISO 8601 text of type `DateTime`.
const fn kind(kind: ColumnType) -> Kind {
    match kind {
        ColumnType::Text | ColumnType::Time => Kind::String,
        ColumnType::Json => Kind::Json,
        ColumnType::Integer => Kind::Int,
        ColumnType::BigInteger => Kind::Long,
        ColumnType::Real | ColumnType::Decimal => Kind::Double,
        ColumnType::Boolean => Kind::Bool,
        ColumnType::Date | ColumnType::Timestamp => Kind::DateTime,
        ColumnType::Binary => Kind::Binary,
    }
}

impl FileBuilder for Writer {
    fn layer(&mut self, target: &Target<'_>) -> Result<(), BuildError> {
        if self.current.is_some() {
            return Err(BuildError::Library("a FlatGeobuf holds one layer".to_owned()));
        }
        let layer = target.layer;
        let mut names = Names::default();
        let mut columns = vec![(names.unique("fid"), Kind::Long)];
        columns.extend(target.columns.iter().map(|c| (names.unique(&c.name), kind(c.kind))));
        let about = About {
            slug: layer.slug.clone(),
            title: layer.title.clone(),
            description: layer.description.clone(),
            columns,
            geometry: layer.geometry,
            has_z: layer.has_z,
            system: Arc::clone(&target.crs.crs),
            wkt: Notations::of(&target.crs.crs)?.wkt()?,
        };
        let waiting_at = self.path.with_extension("features");
        let file = File::options().read(true).write(true).create_new(true).open(&waiting_at);
        let file = file.map_err(|e| failed(&e, self.limit))?;
        self.current = Some(Current {
            about,
            buffer: FlatBufferBuilder::new(),
            properties: Vec::new(),
            waiting: BufWriter::new(Bounded::new(file, self.limit)),
            waiting_at,
            boxes: Vec::new(),
            starts: vec![0],
        });
        Ok(())
    }

    fn feature(&mut self, feature: FeatureRef<'_>) -> Result<(), BuildError> {
        let limit = self.limit;
        let Some(current) = &mut self.current else {
            return Err(BuildError::Library("a feature before the first layer".to_owned()));
        };
        current.add(feature, limit)
    }

    fn finish(mut self: Box<Self>) -> Result<(), BuildError> {
        let Some(current) = self.current.take() else {
            return Err(BuildError::Library("a FlatGeobuf without layer".to_owned()));
        };
        let file = File::create_new(&self.path).map_err(|e| failed(&e, self.limit))?;
        current.write(BufWriter::new(Bounded::new(file, self.limit)), self.limit)
    }
}

impl Current {
    fn add(&mut self, feature: FeatureRef<'_>, limit: u64) -> Result<(), BuildError> {
        let refused = |reason: String| BuildError::Feature { fid: feature.fid, reason };
        let read = feature.geometry.map(Part::read).transpose().map_err(|e| refused(e.to_string()))?;
        self.buffer.reset();
        let mut bbox = NodeItem::create(0);
        let mut geometry: Option<WIPOffset<Geometry<'static>>> = None;
        if let Some((part, extent)) = read.flatten() {
            // A layer of mixed types says each one's.
            geometry = Some(part.write(self.about.geometry == GeometryType::Geometry, &mut self.buffer));
            bbox = extent;
        }
        self.properties.clear();
        push_property(0, &Value::Integer(feature.fid), Kind::Long, &mut self.properties);
        for ((index, (_, kind)), value) in (1..).zip(self.about.columns.iter().skip(1)).zip(feature.values) {
            push_property(index, value, *kind, &mut self.properties);
        }
        let properties = Some(self.buffer.create_vector(&self.properties));
        let arguments = FeatureArgs { geometry, properties, columns: None };
        let table = Feature::create(&mut self.buffer, &arguments);
        self.buffer.finish_size_prefixed(table, None);
        let bytes = self.buffer.finished_data();
        self.waiting.write_all(bytes).map_err(|e| failed(&e, limit))?;
        bbox.offset = self.boxes.len() as u64;
        self.boxes.push(bbox);
        self.starts.push(self.starts.last().copied().unwrap_or(0) + bytes.len() as u64);
        Ok(())
    }

    /// Writes the file in its order.
    fn write(mut self, mut out: BufWriter<Bounded<File>>, limit: u64) -> Result<(), BuildError> {
        let io = |e: std::io::Error| failed(&e, limit);
        self.waiting.flush().map_err(io)?;
        let extent = calc_extent(&self.boxes);
        let is_placed = extent.min_x <= extent.max_x && extent.min_y <= extent.max_y;
        out.write_all(&MAGIC).map_err(io)?;
        out.write_all(self.about.header(self.boxes.len(), is_placed.then_some(&extent)).as_slice())
            .map_err(io)?;
        let mut order: Vec<u64> = (0..self.boxes.len() as u64).collect();
        if is_placed {
            hilbert_sort(&mut self.boxes, &extent);
            order = self.boxes.iter().map(|b| b.offset).collect();
            let mut at = 0;
            for item in &mut self.boxes {
                let size = size_of(&self.starts, item.offset);
                item.offset = at;
                at += size;
            }
            let tree = PackedRTree::build(&self.boxes, &extent, PackedRTree::DEFAULT_NODE_SIZE);
            let tree = tree.map_err(|e| BuildError::Library(e.to_string()))?;
            self.boxes = Vec::new();
            tree.stream_write(&mut out).map_err(io)?;
        }
        let waiting = File::open(&self.waiting_at).map_err(io)?;
        let mut bytes = Vec::new();
        for number in order {
            let start = usize::try_from(number).ok().and_then(|n| self.starts.get(n)).copied().unwrap_or(0);
            bytes.resize(usize::try_from(size_of(&self.starts, number)).unwrap_or(0), 0);
            waiting.read_exact_at(&mut bytes, start).map_err(io)?;
            out.write_all(&bytes).map_err(io)?;
        }
        out.flush().map_err(io)
    }
}

/// Bytes of a waiting feature.
fn size_of(starts: &[u64], number: u64) -> u64 {
    let Ok(number) = usize::try_from(number) else { return 0 };
    match starts.get(number..number + 2) {
        Some([start, end]) => end - start,
        _ => 0,
    }
}

impl About {
    /// The header's bytes, with their length before them.
    fn header(&self, features: usize, extent: Option<&NodeItem>) -> Vec<u8> {
        let mut to = FlatBufferBuilder::new();
        let named = |text: &str, to: &mut FlatBufferBuilder<'static>| Some(to.create_string(text));
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|(name, kind)| {
                let name = named(name, &mut to);
                Column::create(&mut to, &ColumnArgs { name, type_: *kind, ..ColumnArgs::default() })
            })
            .collect();
        let columns = Some(to.create_vector(&columns));
        let system = CrsArgs {
            org: named("EPSG", &mut to),
            code: self.system.srid,
            name: named(&self.system.name, &mut to),
            wkt: named(&self.wkt, &mut to),
            ..CrsArgs::default()
        };
        let crs = Some(Crs::create(&mut to, &system));
        let arguments = HeaderArgs {
            name: named(&self.slug, &mut to),
            title: named(&self.title, &mut to),
            description: named(&self.description, &mut to),
            envelope: extent.map(|e| to.create_vector(&[e.min_x, e.min_y, e.max_x, e.max_y])),
            geometry_type: kind_of(self.geometry),
            has_z: self.has_z,
            columns,
            features_count: features as u64,
            // Without places there is no index.
            index_node_size: if extent.is_some() { PackedRTree::DEFAULT_NODE_SIZE } else { 0 },
            crs,
            ..HeaderArgs::default()
        };
        let table = Header::create(&mut to, &arguments);
        to.finish_size_prefixed(table, None);
        to.finished_data().to_vec()
    }
}

/// Appends a property: the number of its column, then the value in the column's type. What is null, and a
/// decimal that is no number, is left out.
fn push_property(index: u16, value: &Value<'_>, kind: Kind, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&index.to_le_bytes());
    match (value, kind) {
        (Value::Integer(number), Kind::Long) => out.extend_from_slice(&number.to_le_bytes()),
        (Value::Integer(number), _) => {
            out.extend_from_slice(&i32::try_from(*number).unwrap_or(i32::MAX).to_le_bytes());
        }
        (Value::Real(number), _) => out.extend_from_slice(&number.to_le_bytes()),
        (Value::Decimal(text), _) => match text.parse::<f64>() {
            Ok(number) => out.extend_from_slice(&number.to_le_bytes()),
            Err(_) => out.truncate(start),
        },
        (Value::Boolean(truth), _) => out.push(u8::from(*truth)),
        (Value::Binary(bytes), _) => push_sized(out, |out| out.extend_from_slice(bytes)),
        (Value::Null, _) => out.truncate(start),
        (other, _) => push_sized(out, |out| push_plain(other, out)),
    }
}

/// Appends what `write` writes, with its length before it.
fn push_sized(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = u32::try_from(out.len() - at - 4).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}
