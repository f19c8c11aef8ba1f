//! Which features of a layer stay where not all have room.

use super::proto;
use std::cmp::Ordering;
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64;

/// A feature as it lies in the buffers of its layer.
pub(super) struct Record {
    /// The identifier, negative ones included.
    pub(super) fid: i64,
    /// Number of its type in the format.
    pub(super) kind: u64,
    /// What it is ranked by, where that is an attribute.
    pub(super) rank: Option<f64>,
    /// Its tags: keys and values.
    pub(super) tags: Range<usize>,
    /// Its commands, as packed varints without the field's head.
    pub(super) commands: Range<usize>,
}

/// The place of features in the order of who goes first: the greatest attribute, or the largest on the map. Equals are
/// shuffled, always in the same way, so that no part of the map loses before another.
pub(super) fn order(records: &[Record], commands: &[u8], by_attribute: bool) -> Vec<usize> {
    let mut keys: Vec<(f64, u64, usize)> = records
        .iter()
        .enumerate()
        .map(|(at, record)| {
            let own = commands.get(record.commands.clone()).unwrap_or_default();
            let rank = if by_attribute {
                record.rank.filter(|r| !r.is_nan()).unwrap_or(f64::NEG_INFINITY)
            } else {
                extent(record.kind, own)
            };
            (rank, xxh3_64(&record.fid.to_le_bytes()), at)
        })
        .collect();
    keys.sort_unstable_by(|a, b| {
        b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2))
    });
    keys.into_iter().map(|(_, _, at)| at).collect()
}

/// Square units of a polygon, units of a line, nothing for points.
fn extent(kind: u64, commands: &[u8]) -> f64 {
    let (mut length, mut area) = (0.0, 0.0);
    let (mut pen, mut before) = ([0_i64; 2], [0_i64; 2]);
    let mut start = pen;
    let mut numbers = proto::varints(commands);
    while let Some(command) = numbers.next() {
        match (command & 7, command >> 3) {
            (7, _) => area += cross(before, start),
            (id, count) => {
                for _ in 0..count {
                    let (Some(x), Some(y)) = (numbers.next(), numbers.next()) else { return 0.0 };
                    pen = [pen[0] + proto::unzigzag(x), pen[1] + proto::unzigzag(y)];
                    if id == 1 {
                        start = pen;
                    } else {
                        length += ((pen[0] - before[0]) as f64).hypot((pen[1] - before[1]) as f64);
                        area += cross(before, pen);
                    }
                    before = pen;
                }
            }
        }
    }
    match kind {
        3 => area.abs() / 2.0,
        2 => length,
        _ => 0.0,
    }
}

fn cross(a: [i64; 2], b: [i64; 2]) -> f64 {
    (a[0] * b[1] - b[0] * a[1]) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(commands: &[u32]) -> Vec<u8> {
        let mut out = Vec::new();
        commands.iter().for_each(|c| proto::varint(&mut out, u64::from(*c)));
        out
    }

    fn square(side: i32, hole: i32) -> Vec<u8> {
        let z = proto::zigzag;
        let mut commands = vec![9, z(5), z(5), 26, z(side), 0, 0, z(side), z(-side), 0, 15];
        if hole > 0 {
            // The pen stands at the last corner of the exterior; the hole runs the other way.
            commands.extend([9, z(1), z(-1), 26, z(hole), 0, 0, z(-hole), z(-hole), 0, 15]);
        }
        packed(&commands)
    }

    #[test]
    fn polygons_are_ranked_by_area_without_their_holes_and_lines_by_length() {
        assert_eq!(extent(3, &square(10, 0)), 100.0);
        assert_eq!(extent(3, &square(10, 4)), 84.0);
        let z = proto::zigzag;
        assert_eq!(extent(2, &packed(&[9, z(0), z(0), 18, z(3), z(4), z(-3), z(-4)])), 10.0);
        assert_eq!(extent(1, &packed(&[9, z(7), z(7)])), 0.0);
        assert_eq!(extent(3, &[9]), 0.0);
    }

    #[test]
    fn the_largest_go_first_and_equals_always_in_the_same_mixed_order() {
        let mut commands = Vec::new();
        let mut records = Vec::new();
        for fid in 0..50_i64 {
            let start = commands.len();
            commands.extend(square(if fid == 30 { 9 } else { 3 }, 0));
            records.push(Record {
                fid,
                kind: 3,
                rank: Some(-fid as f64),
                tags: 0..0,
                commands: start..commands.len(),
            });
        }
        let by_size = order(&records, &commands, false);
        assert_eq!(by_size[0], 30);
        assert!(!by_size[1..].is_sorted() && by_size == order(&records, &commands, false));
        assert!(order(&records, &commands, true).is_sorted());
    }
}
