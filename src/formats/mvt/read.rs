//! A tile's bytes read back, for what is made of tiles: another form of the same content.

use super::proto::{self, Field};
use super::ring::{Spot, doubled_area};

/// A layer of a tile (MVT 2.1 section 4.1).
#[derive(Clone, Debug, PartialEq)]
pub struct ReadLayer {
    /// Its name.
    pub name: String,
    /// Units of the tile's side.
    pub extent: u32,
    /// Its features.
    pub features: Vec<ReadFeature>,
}

/// A feature (MVT 2.1 section 4.2).
#[derive(Clone, Debug, PartialEq)]
pub struct ReadFeature {
    /// Its identifier.
    pub id: Option<u64>,
    /// Attributes in their order.
    pub properties: Vec<(String, ReadValue)>,
    /// Its shape in units of the tile, x to the east, y to the south.
    pub shape: Shape,
}

/// A value (MVT 2.1 section 4.4).
#[derive(Clone, Debug, PartialEq)]
pub enum ReadValue {
    /// `string_value`
    Text(String),
    /// `float_value`, `double_value`
    Real(f64),
    /// `int_value`, `sint_value`
    Signed(i64),
    /// `uint_value`
    Unsigned(u64),
    /// `bool_value`
    Boolean(bool),
}

/// A shape (MVT 2.1 section 4.3.4).
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Points.
    Points(Vec<Spot>),
    /// Lines.
    Lines(Vec<Vec<Spot>>),
    /// Polygons: each an exterior and its holes, open rings.
    Polygons(Vec<Vec<Vec<Spot>>>),
}

/// The layers of a tile. What follows a place that can't be read is left out.
#[must_use]
pub fn read(tile: &[u8]) -> Vec<ReadLayer> {
    proto::fields(tile)
        .filter_map(|(number, field)| match (number, field) {
            (3, Field::Bytes(bytes)) => Some(layer(bytes)),
            _ => None,
        })
        .collect()
}

fn layer(bytes: &[u8]) -> ReadLayer {
    let (mut name, mut extent) = (String::new(), super::EXTENT);
    let (mut raw, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (number, field) in proto::fields(bytes) {
        match (number, field) {
            (1, Field::Bytes(text)) => name = String::from_utf8_lossy(text).into_owned(),
            (2, Field::Bytes(feature)) => raw.push(feature),
            (3, Field::Bytes(text)) => keys.push(String::from_utf8_lossy(text).into_owned()),
            (4, Field::Bytes(message)) => values.push(value(message)),
            (5, Field::Number(number)) => extent = u32::try_from(number).unwrap_or(extent),
            _ => {}
        }
    }
    let features = raw.into_iter().filter_map(|bytes| feature(bytes, &keys, &values)).collect();
    ReadLayer { name, extent, features }
}

fn value(message: &[u8]) -> Option<ReadValue> {
    proto::fields(message).find_map(|(number, field)| {
        Some(match (number, field) {
            (1, Field::Bytes(text)) => ReadValue::Text(String::from_utf8_lossy(text).into_owned()),
            (2, Field::Four(raw)) => ReadValue::Real(f64::from(f32::from_le_bytes(raw))),
            (3, Field::Eight(raw)) => ReadValue::Real(f64::from_le_bytes(raw)),
            (4, Field::Number(number)) => ReadValue::Signed(number.cast_signed()),
            (5, Field::Number(number)) => ReadValue::Unsigned(number),
            (6, Field::Number(number)) => ReadValue::Signed(proto::unzigzag(number)),
            (7, Field::Number(number)) => ReadValue::Boolean(number != 0),
            _ => return None,
        })
    })
}

fn feature(bytes: &[u8], keys: &[String], values: &[Option<ReadValue>]) -> Option<ReadFeature> {
    let (mut id, mut kind, mut properties, mut paths) = (None, 0, Vec::new(), Vec::new());
    for (number, field) in proto::fields(bytes) {
        match (number, field) {
            (1, Field::Number(number)) => id = Some(number),
            (2, Field::Bytes(tags)) => properties = attributes(tags, keys, values),
            (3, Field::Number(number)) => kind = number,
            (4, Field::Bytes(commands)) => paths = decoded(commands),
            _ => {}
        }
    }
    let shape = match kind {
        1 => Shape::Points(paths.into_iter().flatten().collect()),
        2 => Shape::Lines(paths),
        3 => Shape::Polygons(polygons(paths)),
        _ => return None,
    };
    Some(ReadFeature { id, properties, shape })
}

fn attributes(tags: &[u8], keys: &[String], values: &[Option<ReadValue>]) -> Vec<(String, ReadValue)> {
    let mut numbers = proto::varints(tags);
    let mut found = Vec::new();
    while let (Some(key), Some(number)) = (numbers.next(), numbers.next()) {
        let at = |number: u64| usize::try_from(number).ok();
        let key = at(key).and_then(|at| keys.get(at));
        let value = at(number).and_then(|at| values.get(at)).cloned().flatten();
        found.extend(key.cloned().zip(value));
    }
    found
}

/// The paths of commands (MVT 2.1 section 4.3.1).
fn decoded(commands: &[u8]) -> Vec<Vec<Spot>> {
    let mut paths: Vec<Vec<Spot>> = Vec::new();
    let mut pen = [0_i64; 2];
    let mut numbers = proto::varints(commands);
    while let Some(command) = numbers.next() {
        let (id, count) = (command & 7, command >> 3);
        if id == 7 {
            continue;
        }
        for _ in 0..count {
            let (Some(x), Some(y)) = (numbers.next(), numbers.next()) else { return paths };
            pen = [pen[0].saturating_add(proto::unzigzag(x)), pen[1].saturating_add(proto::unzigzag(y))];
            let spot = pen.map(|v| i32::try_from(v).unwrap_or_default());
            match paths.last_mut() {
                Some(path) if id == 2 => path.push(spot),
                _ => paths.push(vec![spot]),
            }
        }
    }
    paths
}

/// Rings by polygon: an exterior has a positive area, its holes a negative one (MVT 2.1 section 4.3.4.4).
fn polygons(rings: Vec<Vec<Spot>>) -> Vec<Vec<Vec<Spot>>> {
    let mut polygons: Vec<Vec<Vec<Spot>>> = Vec::new();
    for ring in rings {
        match polygons.last_mut() {
            Some(polygon) if doubled_area(&ring) < 0 => polygon.push(ring),
            _ => polygons.push(vec![ring]),
        }
    }
    polygons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_tile_are_read_as_far_as_they_go_and_no_further() {
        for bytes in [&[][..], &[0xff; 40], &[0x1a, 0x05, 1], &[0x1a, 0x02, 0x12, 0x7f], &[0x1a, 0x00]] {
            assert!(read(bytes).iter().all(|layer| layer.features.is_empty()), "{bytes:?}");
        }
    }
}
