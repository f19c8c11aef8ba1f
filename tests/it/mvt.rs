//! A small reader of vector tiles for tests: it knows the format only from its specification
//! (MVT 2.1), not from the writer.
#![allow(dead_code, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;

/// A value of a feature.
#[derive(Clone, Debug, PartialEq)]
pub enum MvtValue {
    Text(String),
    Float(f64),
    Int(i64),
    Bool(bool),
}

#[derive(Clone, Debug)]
pub struct MvtFeature {
    pub id: Option<u64>,
    pub kind: u64,
    pub properties: BTreeMap<String, MvtValue>,
    /// Point runs, lines or rings (open).
    pub paths: Vec<Vec<[i32; 2]>>,
}

#[derive(Clone, Debug)]
pub struct MvtLayer {
    pub name: String,
    pub version: u64,
    pub extent: u64,
    pub features: Vec<MvtFeature>,
}

impl MvtLayer {
    pub fn area(&self) -> f64 {
        self.features.iter().map(MvtFeature::area).sum()
    }

    pub fn feature(&self, id: u64) -> &MvtFeature {
        self.features.iter().find(|f| f.id == Some(id)).unwrap_or_else(|| panic!("no feature {id}"))
    }
}

impl MvtFeature {
    pub fn area(&self) -> f64 {
        self.paths.iter().map(|p| signed_area(p)).sum()
    }

    /// The polygon as WKT, y downwards.
    pub fn wkt(&self) -> String {
        let ring = |path: &Vec<[i32; 2]>| {
            let mut all: Vec<String> = path.iter().map(|p| format!("{} {}", p[0], p[1])).collect();
            all.push(all[0].clone());
            format!("({})", all.join(","))
        };
        let mut polygons: Vec<Vec<String>> = Vec::new();
        for path in &self.paths {
            if signed_area(path) > 0.0 {
                polygons.push(vec![ring(path)]);
            } else {
                polygons.last_mut().expect("a hole follows its exterior").push(ring(path));
            }
        }
        let all: Vec<String> = polygons.iter().map(|p| format!("({})", p.join(","))).collect();
        format!("MULTIPOLYGON({})", all.join(","))
    }
}

pub fn signed_area(ring: &[[i32; 2]]) -> f64 {
    let next = |i: usize| ring[(i + 1) % ring.len()];
    let sum: i64 = (0..ring.len())
        .map(|i| {
            i64::from(ring[i][0]) * i64::from(next(i)[1]) - i64::from(next(i)[0]) * i64::from(ring[i][1])
        })
        .sum();
    sum as f64 / 2.0
}

struct Reader<'a>(&'a [u8]);

enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Eight([u8; 8]),
    Four([u8; 4]),
}

impl<'a> Reader<'a> {
    fn varint(&mut self) -> u64 {
        let mut value = 0;
        for (at, byte) in self.0.iter().enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                self.0 = &self.0[at + 1..];
                return value;
            }
        }
        panic!("a varint ends early")
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        if self.0.is_empty() {
            return None;
        }
        let head = self.varint();
        let field = match head & 7 {
            0 => Field::Number(self.varint()),
            1 => Field::Eight(self.take(8).try_into().expect("eight")),
            2 => {
                let length = self.varint() as usize;
                Field::Bytes(self.take(length))
            }
            5 => Field::Four(self.take(4).try_into().expect("four")),
            other => panic!("wire type {other}"),
        };
        Some((head >> 3, field))
    }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn packed(bytes: &[u8]) -> Vec<u64> {
    let mut reader = Reader(bytes);
    let mut all = Vec::new();
    while !reader.0.is_empty() {
        all.push(reader.varint());
    }
    all
}

/// Reads a tile.
pub fn decode(tile: &[u8]) -> Vec<MvtLayer> {
    let mut reader = Reader(tile);
    let mut layers = Vec::new();
    while let Some((number, field)) = reader.field() {
        let (3, Field::Bytes(bytes)) = (number, field) else { panic!("only layers stand in a tile") };
        layers.push(layer(bytes));
    }
    layers
}

fn layer(bytes: &[u8]) -> MvtLayer {
    let mut reader = Reader(bytes);
    let (mut name, mut version, mut extent) = (String::new(), 1, 4096);
    let (mut raw, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
    while let Some((number, field)) = reader.field() {
        match (number, field) {
            (1, Field::Bytes(text)) => name = String::from_utf8(text.to_vec()).expect("UTF-8"),
            (2, Field::Bytes(feature)) => raw.push(feature),
            (3, Field::Bytes(text)) => keys.push(String::from_utf8(text.to_vec()).expect("UTF-8")),
            (4, Field::Bytes(message)) => values.push(value(message)),
            (5, Field::Number(number)) => extent = number,
            (15, Field::Number(number)) => version = number,
            (other, _) => panic!("field {other} in a layer"),
        }
    }
    let features = raw.into_iter().map(|f| feature(f, &keys, &values)).collect();
    MvtLayer { name, version, extent, features }
}

fn value(message: &[u8]) -> MvtValue {
    let mut reader = Reader(message);
    let value = match reader.field().expect("a value") {
        (1, Field::Bytes(text)) => MvtValue::Text(String::from_utf8(text.to_vec()).expect("UTF-8")),
        (2, Field::Four(raw)) => MvtValue::Float(f64::from(f32::from_le_bytes(raw))),
        (3, Field::Eight(raw)) => MvtValue::Float(f64::from_le_bytes(raw)),
        (4 | 5, Field::Number(number)) => MvtValue::Int(number as i64),
        (6, Field::Number(number)) => MvtValue::Int(zigzag(number)),
        (7, Field::Number(number)) => MvtValue::Bool(number != 0),
        (other, _) => panic!("value of kind {other}"),
    };
    assert!(reader.0.is_empty(), "a value has exactly one field");
    value
}

fn feature(bytes: &[u8], keys: &[String], values: &[MvtValue]) -> MvtFeature {
    let mut reader = Reader(bytes);
    let (mut id, mut kind, mut tags, mut geometry) = (None, 0, Vec::new(), Vec::new());
    while let Some((number, field)) = reader.field() {
        match (number, field) {
            (1, Field::Number(number)) => id = Some(number),
            (2, Field::Bytes(list)) => tags = packed(list),
            (3, Field::Number(number)) => kind = number,
            (4, Field::Bytes(list)) => geometry = packed(list),
            (other, _) => panic!("field {other} in a feature"),
        }
    }
    let properties = tags
        .chunks_exact(2)
        .map(|pair| (keys[pair[0] as usize].clone(), values[pair[1] as usize].clone()))
        .collect();
    MvtFeature { id, kind, properties, paths: paths(&geometry) }
}

fn paths(commands: &[u64]) -> Vec<Vec<[i32; 2]>> {
    assert!(!commands.is_empty(), "a feature has a geometry");
    let mut all: Vec<Vec<[i32; 2]>> = Vec::new();
    let mut pen = [0_i64; 2];
    let mut rest = commands.iter();
    while let Some(command) = rest.next() {
        let (id, count) = (command & 7, command >> 3);
        assert!(count > 0, "a command is repeated at least once");
        if id == 7 {
            continue;
        }
        for _ in 0..count {
            for axis in &mut pen {
                *axis += zigzag(*rest.next().expect("a parameter"));
            }
            let spot = [pen[0] as i32, pen[1] as i32];
            match id {
                1 => all.push(vec![spot]),
                2 => all.last_mut().expect("a move comes first").push(spot),
                other => panic!("command {other}"),
            }
        }
    }
    all
}
