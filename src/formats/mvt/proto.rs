//! The little of Protocol Buffers' wire format that a vector tile takes.

/// A length-delimited field.
const DELIMITED: u64 = 2;

/// Appends a base-128 varint.
pub(in crate::formats) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that [`varint`] takes.
pub(super) const fn varint_len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// Zigzag: small negative numbers stay small.
pub(in crate::formats) const fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)).cast_unsigned()
}

/// Zigzag of 64 bits.
pub(super) const fn zigzag64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// The number of [`zigzag`].
pub(super) const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// The varints of a list of them, up to where it is cut off.
pub(super) fn varints(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let mut rest = bytes.iter();
    std::iter::from_fn(move || {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = u64::from(*rest.next()?);
            value |= (byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    })
}

/// A field's content.
pub(super) enum Field<'a> {
    Number(u64),
    Eight([u8; 8]),
    Bytes(&'a [u8]),
    Four([u8; 4]),
}

/// The fields of a message with their numbers, up to where it can't be read.
pub(super) fn fields(mut message: &[u8]) -> impl Iterator<Item = (u64, Field<'_>)> {
    std::iter::from_fn(move || {
        let head = take_varint(&mut message)?;
        let field = match head & 7 {
            0 => Field::Number(take_varint(&mut message)?),
            1 => Field::Eight(take(&mut message, 8)?.try_into().ok()?),
            DELIMITED => {
                let length = usize::try_from(take_varint(&mut message)?).ok()?;
                Field::Bytes(take(&mut message, length)?)
            }
            5 => Field::Four(take(&mut message, 4)?.try_into().ok()?),
            _ => return None,
        };
        Some((head >> 3, field))
    })
}

fn take_varint(message: &mut &[u8]) -> Option<u64> {
    let length = message.iter().position(|byte| *byte < 0x80)? + 1;
    varints(take(message, length)?).next()
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(taken)
}

/// Appends a varint field.
pub(in crate::formats) fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

/// Appends a field of bytes.
pub(in crate::formats) fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | DELIMITED);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Appends a field of packed varints.
pub(super) fn packed(out: &mut Vec<u8>, field: u64, values: &[u32]) {
    varint(out, field << 3 | DELIMITED);
    varint(out, packed_len(values) as u64);
    varints_into(out, values);
}

/// Appends varints.
pub(super) fn varints_into(out: &mut Vec<u8>, values: &[u32]) {
    for value in values {
        varint(out, u64::from(*value));
    }
}

/// Bytes of packed varints, without the field's head.
pub(super) fn packed_len(values: &[u32]) -> usize {
    values.iter().map(|v| varint_len(u64::from(*v))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_agree_with_what_is_written() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            varint(&mut out, value);
            assert_eq!(out.len(), varint_len(value), "{value}");
            assert_eq!(varints(&out).collect::<Vec<_>>(), [value]);
        }
    }

    #[test]
    fn zigzag_interleaves_signs() {
        assert_eq!([0, -1, 1, -2, i32::MIN].map(zigzag), [0, 1, 2, 3, u32::MAX]);
        assert_eq!(zigzag64(i64::MIN), u64::MAX);
        for value in [0, -1, 1, i32::MIN, i32::MAX] {
            assert_eq!(unzigzag(u64::from(zigzag(value))), i64::from(value));
        }
    }
}
