//! A layer of a tile: features, and the keys and values that they share.

use super::cluster::{Cells, Cluster, Gathering};
use super::frame::Frame;
use super::geometry::{GeometryEncoder, single};
use super::proto;
use super::rank::{self, Record};
use super::write::{number, record_size, write_record, write_value};
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

/// Attribute of clusters that says that they are some: true.
pub const CLUSTER: &str = "cluster";

/// Attribute of clusters: how many points it stands for.
pub const POINT_COUNT: &str = "point_count";

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
    clusters: Option<Clusters>,
    body: Body,
}

/// Points on their way into clusters, and the column that tells how many each stands for.
struct Clusters {
    gathering: Gathering,
    count: Option<usize>,
}

/// A column.
struct Key {
    name: String,
    /// Its number once a feature has used it.
    number: Option<u32>,
    /// Whether its values are written; others only rank or count.
    shown: bool,
}

/// What has been written so far.
#[derive(Default)]
struct Body {
    columns: Vec<Key>,
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
    /// Whether features have a rank; otherwise their size is it.
    ranks: bool,
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
        let key = |column: &Column| Key { name: column.name.clone(), number: None, shown: true };
        Self {
            name: name.to_owned(),
            geometry: GeometryEncoder::new(smallest_area, frame.resolution().clip()),
            frame,
            clusters: None,
            body: Body { columns: columns.iter().map(key).collect(), ..Body::default() },
        }
    }

    /// The same with the values of some columns only; the others may still rank.
    #[must_use]
    pub fn showing(mut self, is_shown: impl Fn(&str) -> bool) -> Self {
        for key in &mut self.body.columns {
            key.shown &= is_shown(&key.name);
        }
        self
    }

    /// The same with points gathered in cells; the column at a place tells for how many each stands, one without it.
    /// Where a cell has several, one stands for them at their mean, with the identifier and the values of the one that
    /// ranks highest (of equals, that of the lowest identifier), [`CLUSTER`] and [`POINT_COUNT`]. Columns that have
    /// these names are not written.
    #[must_use]
    pub fn clustered(mut self, cells: Cells, count: Option<usize>) -> Self {
        for key in self.body.columns.iter_mut().enumerate().filter_map(|(at, key)| {
            (Some(at) == count || [CLUSTER, POINT_COUNT].contains(&key.name.as_str())).then_some(key)
        }) {
            key.shown = false;
        }
        for name in [CLUSTER, POINT_COUNT] {
            self.body.columns.push(Key { name: name.to_owned(), number: None, shown: true });
        }
        self.clusters = Some(Clusters { gathering: Gathering::new(cells), count });
        self
    }

    /// The same with features ranked by the column at a place, the greatest first, where not all have room; otherwise
    /// they are ranked by their size on the map.
    #[must_use]
    pub fn ranked_by(mut self, column: Option<usize>) -> Self {
        self.body.rank = column;
        self.body.ranks = column.is_some();
        self
    }

    /// Adds a feature, if any of it lies in the tile's buffered square.
    ///
    /// # Errors
    /// [`WkbError`] when the bytes are no geometry.
    pub fn add(&mut self, fid: i64, ewkb: &[u8], values: &[Value<'_>]) -> Result<(), WkbError> {
        let Self { frame, geometry, body, clusters, .. } = self;
        if let Some(Clusters { gathering, count }) = clusters {
            let count = count.and_then(|at| values.get(at)).and_then(number).map_or(1, |n| n as u64);
            return gathering.add((fid, body.rank_of(values), count), ewkb, values, frame);
        }
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

    /// Writes the clusters of the points that were added. Until then they are no features.
    pub fn settle(&mut self) {
        let Some(Clusters { gathering, .. }) = self.clusters.take() else { return };
        // They rank by their number, which the rank of none of their points can tell.
        self.body.ranks = true;
        for Cluster { count, spot, fid, mut values } in gathering.clusters(&self.frame) {
            if count > 1 {
                values.extend([Value::Boolean(true), Value::Integer(count.cast_signed())]);
            }
            self.body.tag(&values);
            self.body.ranked = Some(count as f64);
            self.body.write(fid, 1, &single(spot));
        }
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
        for at in rank::order(&self.body.records, &self.body.commands, self.body.ranks) {
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
        let fixed = 2 + 1 + proto::varint_len(u64::from(self.frame.resolution().extent()));
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
        proto::number(&mut extent, 5, u64::from(self.frame.resolution().extent()));
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

impl Body {
    /// A value's field.
    fn value(&self, number: u32) -> &[u8] {
        let at = number as usize;
        let start = at.checked_sub(1).and_then(|before| self.value_ends.get(before)).copied().unwrap_or(0);
        let end = self.value_ends.get(at).copied().unwrap_or(start);
        self.values.get(start..end).unwrap_or_default()
    }

    fn rank_of(&self, values: &[Value<'_>]) -> Option<f64> {
        self.rank.and_then(|column| values.get(column)).and_then(number)
    }

    fn tag(&mut self, values: &[Value<'_>]) {
        let start = self.all_tags.len();
        self.ranked = self.rank_of(values);
        for (column, value) in values.iter().enumerate() {
            self.value.clear();
            let shown = self.columns.get(column).is_some_and(|key| key.shown);
            if !shown || !write_value(&mut self.value, value) {
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
        let Key { name, number, .. } = self.columns.get_mut(column)?;
        Some(*number.get_or_insert_with(|| {
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
