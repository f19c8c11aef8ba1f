//! The messages of features and values (MVT 2.1 sections 4.2 and 4.4).

use super::proto;
use super::rank::Record;
use crate::model::Value;

/// Bytes of a feature's message, and of the whole field.
pub(super) fn record_size(record: &Record, tags: usize) -> (usize, usize) {
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

/// Writes a feature.
pub(super) fn write_record(out: &mut Vec<u8>, record: &Record, tags: &[u32], commands: &[u8]) {
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

/// A value that can rank.
pub(super) fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Real(number) => Some(*number),
        Value::Decimal(text) => text.parse().ok(),
        _ => None,
    }
}

/// Writes a `Value` message; false for what has no place in a tile.
pub(super) fn write_value(out: &mut Vec<u8>, value: &Value<'_>) -> bool {
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
