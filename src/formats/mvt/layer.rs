//! A layer of a tile: features, and the keys and values that they share.

use super::frame::Frame;
use super::geometry::GeometryEncoder;
use super::{EXTENT, proto};
use crate::geo::wkb::WkbError;
use crate::model::{Column, ColumnType, Value};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
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
    values: Vec<u8>,
    known: HashMap<Box<[u8]>, u32, BuildHasherDefault<Xxh3Default>>,
    features: Vec<u8>,
    feature_count: u64,
    tags: Vec<u32>,
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
    pub const fn features(&self) -> u64 {
        self.body.feature_count
    }

    /// The layer as a field of a tile; nothing when no feature lies in it.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let Body { features, keys, values, feature_count, .. } = self.body;
        if feature_count == 0 {
            return Vec::new();
        }
        let mut head = Vec::with_capacity(self.name.len() + 16);
        proto::number(&mut head, 15, 2);
        proto::bytes(&mut head, 1, self.name.as_bytes());
        let mut tail = keys;
        tail.extend_from_slice(&values);
        proto::number(&mut tail, 5, u64::from(EXTENT));
        let length = head.len() + features.len() + tail.len();
        let mut out = Vec::with_capacity(length + 11);
        proto::varint(&mut out, 3 << 3 | 2);
        proto::varint(&mut out, length as u64);
        out.extend_from_slice(&head);
        out.extend_from_slice(&features);
        out.extend_from_slice(&tail);
        out
    }
}

impl Body {
    fn tag(&mut self, values: &[Value<'_>]) {
        self.tags.clear();
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
                    self.known.insert(self.value.as_slice().into(), index);
                    index
                }
            };
            self.tags.extend([key, index]);
        }
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
        let tags = proto::packed_len(&self.tags);
        let geometry = proto::packed_len(commands);
        // Ids are unsigned; a negative fid, which only foreign SQL can make, has none.
        let id = u64::try_from(fid).ok();
        let length = id.map_or(0, |id| 1 + proto::varint_len(id))
            + if tags == 0 { 0 } else { 1 + proto::varint_len(tags as u64) + tags }
            + 2
            + 1
            + proto::varint_len(geometry as u64)
            + geometry;
        proto::varint(&mut self.features, 2 << 3 | 2);
        proto::varint(&mut self.features, length as u64);
        if let Some(id) = id {
            proto::number(&mut self.features, 1, id);
        }
        if tags > 0 {
            proto::packed(&mut self.features, 2, &self.tags);
        }
        proto::number(&mut self.features, 3, kind);
        proto::packed(&mut self.features, 4, commands);
        self.feature_count += 1;
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
