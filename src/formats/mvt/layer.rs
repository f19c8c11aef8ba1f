//! A layer of a tile: features, and the keys and values that they share.

use super::frame::Frame;
use super::geometry::GeometryEncoder;
use super::rank::{self, Record};
use super::{EXTENT, proto};
use crate::geo::wkb::WkbError;
use crate::model::{Column, ColumnType, Value};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;
use xxhash_rust::xxh3::Xxh3Default;

/// Whether a column's values travel in tiles: all but binary ones.
#[must_use]
pub fn encodes(column: &Column) -> bool {
    column.kind != ColumnType::Binary
}

/// Writes one layer of one tile (MVT 2.1 section 4.1).
///
/// Values: text as string; integers as uint or sint; reals and decimals as double; booleans as bool;
/// days, times and instants (in UTC) as ISO 8601 strings; JSON as its text. Nulls are left out, as are
/// bytes. Feature ids are the `fid`s. The feature of a geometry collection is written once for each of
/// points, lines and polygons in it, under the same id.
pub struct LayerEncoder {
    name: String,
    frame: Frame,
    geometry: GeometryEncoder,
    body: Body,
}

/// What has been written so far.
#[derive(Default)]
struct Body {
    /// Name of each column, and its key once a feature has used it.
    columns: Vec<(String, Option<u32>)>,
    keys: Vec<u8>,
    key_count: u32,
    /// The values, each a whole field, and where each begins.
    values: Vec<u8>,
    value_ends: Vec<usize>,
    known: HashMap<Box<[u8]>, u32, BuildHasherDefault<Xxh3Default>>,
    records: Vec<Record>,
    all_tags: Vec<u32>,
    commands: Vec<u8>,
    /// Bytes that all features take.
    features: usize,
    /// The column that ranks, if any.
    rank: Option<usize>,
    /// Tags and rank of the feature at hand.
    tags: Range<usize>,
    ranked: Option<f64>,
    value: Vec<u8>,
}

impl LayerEncoder {
    /// An encoder of a layer named `name`, whose features come with values of `columns`. Polygons that
    /// cover less than `smallest_area` square units of the tile are drawn in a representative selection
    /// that covers as much; 0 draws each.
    #[must_use]
    pub fn new(name: &str, columns: &[Column], frame: Frame, smallest_area: f64) -> Self {
        Self {
            name: name.to_owned(),
            frame,
            geometry: GeometryEncoder::new(smallest_area),
            body: Body {
                columns: columns.iter().map(|c| (c.name.clone(), None)).collect(),
                ..Body::default()
            },
        }
    }

    /// The same with features ranked by the column at a place, the greatest first, where not all have room; otherwise
    /// they are ranked by their size on the map.
    #[must_use]
    pub fn ranked_by(mut self, column: Option<usize>) -> Self {
        self.body.rank = column;
        self
    }

    /// Adds a feature, if any of it lies in the tile's buffered square.
    ///
    /// # Errors
    /// [`WkbError`] when the bytes are no geometry.
    pub fn add(&mut self, fid: i64, ewkb: &[u8], values: &[Value<'_>]) -> Result<(), WkbError> {
        let Self { frame, geometry, body, .. } = self;
        let mut tagged = false;
        geometry.encode(ewkb, frame, |kind, commands| {
            // Values are looked up only once something is drawn.
            if !tagged {
                tagged = true;
                body.tag(values);
            }
            body.write(fid, kind as u64, commands);
        })
    }

    /// Number of features written so far.
    #[must_use]
    pub fn features(&self) -> u64 {
        self.body.records.len() as u64
    }

    /// Bytes that the layer takes with all its features.
    #[must_use]
    pub fn size(&self) -> usize {
        if self.body.records.is_empty() {
            return 0;
        }
        let length = self.frame_size() + self.body.features + self.body.values.len();
        1 + proto::varint_len(length as u64) + length
    }

    /// The layer as a field of a tile; nothing when no feature lies in it.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let all: Vec<usize> = (0..self.body.records.len()).collect();
        self.write(&all)
    }

    /// The same with the features of the highest ranks that have room in so many bytes, and the first of them in any case.
    #[must_use]
    pub fn finish_within(self, bytes: usize) -> Vec<u8> {
        if self.size() <= bytes {
            return self.finish();
        }
        let mut room = bytes.saturating_sub(self.frame_size() + 6);
        let mut has_value = vec![false; self.body.value_ends.len()];
        let mut chosen = Vec::new();
        for at in rank::order(&self.body.records, &self.body.commands, self.body.rank.is_some()) {
            let Some(record) = self.body.records.get(at) else { continue };
            let tags = self.body.all_tags.get(record.tags.clone()).unwrap_or_default();
            let mut cost = record_size(record, proto::packed_len(tags)).1;
            for value in tags.iter().skip(1).step_by(2) {
                if let Some(has @ false) = has_value.get_mut(*value as usize) {
                    *has = true;
                    cost += self.body.value(*value).len();
                }
            }
            if cost > room && !chosen.is_empty() {
                break;
            }
            room = room.saturating_sub(cost);
            chosen.push(at);
        }
        chosen.sort_unstable();
        self.write(&chosen)
    }

    /// Bytes of everything but features and values.
    fn frame_size(&self) -> usize {
        // Version, and extent.
        let fixed = 2 + 1 + proto::varint_len(u64::from(EXTENT));
        fixed + 1 + proto::varint_len(self.name.len() as u64) + self.name.len() + self.body.keys.len()
    }

    /// Writes chosen features, in the order in which they came, and the values that they have.
    fn write(self, chosen: &[usize]) -> Vec<u8> {
        if chosen.is_empty() {
            return Vec::new();
        }
        let body = &self.body;
        let is_all = chosen.len() == body.records.len();
        let mut numbers: Vec<Option<u32>> = vec![None; if is_all { 0 } else { body.value_ends.len() }];
        let mut values = Vec::new();
        let mut count = 0;
        let mut features = Vec::with_capacity(body.features);
        let mut own = Vec::new();
        for record in chosen.iter().filter_map(|at| body.records.get(*at)) {
            own.clear();
            own.extend_from_slice(body.all_tags.get(record.tags.clone()).unwrap_or_default());
            for tag in own.iter_mut().skip(1).step_by(2).take_while(|_| !is_all) {
                let Some(number) = numbers.get_mut(*tag as usize) else { continue };
                *tag = *number.get_or_insert_with(|| {
                    values.extend_from_slice(body.value(*tag));
                    count += 1;
                    count - 1
                });
            }
            write_record(
                &mut features,
                record,
                &own,
                body.commands.get(record.commands.clone()).unwrap_or_default(),
            );
        }
        let values = if is_all { &body.values } else { &values };
        let mut head = Vec::with_capacity(self.name.len() + 16);
        proto::number(&mut head, 15, 2);
        proto::bytes(&mut head, 1, self.name.as_bytes());
        let mut extent = Vec::new();
        proto::number(&mut extent, 5, u64::from(EXTENT));
        let length = head.len() + features.len() + body.keys.len() + values.len() + extent.len();
        let mut out = Vec::with_capacity(length + 11);
        proto::varint(&mut out, 3 << 3 | 2);
        proto::varint(&mut out, length as u64);
        for part in [&head, &features, &body.keys, values, &extent] {
            out.extend_from_slice(part);
        }
        out
    }
}

/// Bytes of a feature's message, and of the whole field.
fn record_size(record: &Record, tags: usize) -> (usize, usize) {
    let geometry = record.commands.len();
    let id = u64::try_from(record.fid).ok();
    let length = id.map_or(0, |id| 1 + proto::varint_len(id))
        + if tags == 0 { 0 } else { 1 + proto::varint_len(tags as u64) + tags }
        + 2
        + 1
        + proto::varint_len(geometry as u64)
        + geometry;
    (length, 1 + proto::varint_len(length as u64) + length)
}

fn write_record(out: &mut Vec<u8>, record: &Record, tags: &[u32], commands: &[u8]) {
    let (length, _) = record_size(record, proto::packed_len(tags));
    proto::varint(out, 2 << 3 | 2);
    proto::varint(out, length as u64);
    // Ids are unsigned; a negative fid, which only foreign SQL can make, has none.
    if let Ok(id) = u64::try_from(record.fid) {
        proto::number(out, 1, id);
    }
    if !tags.is_empty() {
        proto::packed(out, 2, tags);
    }
    proto::number(out, 3, record.kind);
    proto::bytes(out, 4, commands);
}

impl Body {
    /// A value's field.
    fn value(&self, number: u32) -> &[u8] {
        let at = number as usize;
        let start = at.checked_sub(1).and_then(|before| self.value_ends.get(before)).copied().unwrap_or(0);
        let end = self.value_ends.get(at).copied().unwrap_or(start);
        self.values.get(start..end).unwrap_or_default()
    }

    fn tag(&mut self, values: &[Value<'_>]) {
        let start = self.all_tags.len();
        self.ranked = self.rank.and_then(|column| values.get(column)).and_then(number);
        for (column, value) in values.iter().enumerate() {
            self.value.clear();
            if !write_value(&mut self.value, value) {
                continue;
            }
            let Some(key) = self.key(column) else { continue };
            let index = match self.known.get(self.value.as_slice()) {
                Some(index) => *index,
                None => {
                    let index = self.known.len() as u32;
                    proto::bytes(&mut self.values, 4, &self.value);
                    self.value_ends.push(self.values.len());
                    self.known.insert(self.value.as_slice().into(), index);
                    index
                }
            };
            self.all_tags.extend([key, index]);
        }
        self.tags = start..self.all_tags.len();
    }

    fn key(&mut self, column: usize) -> Option<u32> {
        let (name, key) = self.columns.get_mut(column)?;
        Some(*key.get_or_insert_with(|| {
            proto::bytes(&mut self.keys, 3, name.as_bytes());
            self.key_count += 1;
            self.key_count - 1
        }))
    }

    fn write(&mut self, fid: i64, kind: u64, commands: &[u32]) {
        let start = self.commands.len();
        proto::varints_into(&mut self.commands, commands);
        let record = Record {
            fid,
            kind,
            rank: self.ranked,
            tags: self.tags.clone(),
            commands: start..self.commands.len(),
        };
        let tags = self.all_tags.get(record.tags.clone()).map_or(0, proto::packed_len);
        self.features += record_size(&record, tags).1;
        self.records.push(record);
    }
}

/// A value that can rank.
fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Real(number) => Some(*number),
        Value::Decimal(text) => text.parse().ok(),
        _ => None,
    }
}

/// Writes a `Value` message; false for what has no place in a tile.
fn write_value(out: &mut Vec<u8>, value: &Value<'_>) -> bool {
    const STRING: u64 = 1;
    match value {
        Value::Null | Value::Binary(_) => return false,
        Value::Text(text) | Value::Json(text) => proto::bytes(out, STRING, text.as_bytes()),
        Value::Integer(number) => match u64::try_from(*number) {
            Ok(unsigned) => proto::number(out, 5, unsigned),
            Err(_) => proto::number(out, 6, proto::zigzag64(*number)),
        },
        Value::Real(number) => double(out, *number),
        Value::Decimal(text) => match text.parse() {
            Ok(number) => double(out, number),
            Err(_) => return false,
        },
        Value::Boolean(truth) => proto::number(out, 7, u64::from(*truth)),
        Value::Date(day) => proto::bytes(out, STRING, day.to_string().as_bytes()),
        Value::Time(time) => proto::bytes(out, STRING, time.to_string().as_bytes()),
        Value::Timestamp(instant) => {
            let text = instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
            proto::bytes(out, STRING, text.as_bytes());
        }
    }
    true
}

/// `double_value`: field 3, eight bytes.
fn double(out: &mut Vec<u8>, number: f64) {
    proto::varint(out, 3 << 3 | 1);
    out.extend_from_slice(&number.to_le_bytes());
}
