//! Numbers as text, without allocation and never in scientific notation.

use crate::geo::Crs;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, Timelike, Utc};
use std::io::Write;

/// Decimals that keep a coordinate's millimetre: 3 for metres, 8 for degrees would be more than any
/// survey of a region holds, so 7 (a centimetre).
#[must_use]
pub const fn decimals_for(crs: &Crs) -> usize {
    if crs.geographic { 7 } else { 3 }
}

/// Appends an integer.
pub fn push_integer(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let magnitude = value.unsigned_abs();
    match u32::try_from(magnitude) {
        Ok(small @ ..100_000_000) => {
            let zeros = leading_zeros(small);
            let end = out.len() + 8 - zeros as usize;
            out.extend_from_slice(&(eight_digits(small) >> (8 * zeros) | ZEROS).to_le_bytes());
            out.truncate(end);
        }
        _ => push_digits(magnitude, 1, out),
    }
}

/// Appends a day as `YYYY-MM-DD` (ISO 8601; years outside of four digits with a sign).
pub fn push_date(day: NaiveDate, out: &mut Vec<u8>) {
    match u32::try_from(day.year()) {
        Ok(year @ ..10_000) => {
            // Month and day go into the digits that a year of four leaves free.
            let digits = (eight_digits(year * 10_000 + day.month() * 100 + day.day()) | ZEROS).to_le_bytes();
            let [a, b, c, d, e, f, g, h] = digits;
            out.extend_from_slice(&[a, b, c, d, b'-', e, f, b'-', g, h]);
        }
        // Writing to a Vec can't fail.
        _ => drop(write!(out, "{day}")),
    }
}

/// Appends a time of day as `HH:MM:SS`, with as many decimals as it has.
pub fn push_time(time: NaiveTime, out: &mut Vec<u8>) {
    if time.nanosecond() > 0 {
        let _ = write!(out, "{time}");
        return;
    }
    let [_, _, a, b, c, d, e, f] =
        (eight_digits(time.hour() * 10_000 + time.minute() * 100 + time.second()) | ZEROS).to_le_bytes();
    out.extend_from_slice(&[a, b, b':', c, d, b':', e, f]);
}

/// Appends an instant in UTC as RFC 3339 has it, with as many decimals as it has.
pub fn push_timestamp(at: DateTime<Utc>, out: &mut Vec<u8>) {
    let plain = at.naive_utc();
    if plain.nanosecond() > 0 || !(0..10_000).contains(&plain.year()) {
        out.extend_from_slice(at.to_rfc3339_opts(SecondsFormat::AutoSi, true).as_bytes());
        return;
    }
    push_date(plain.date(), out);
    out.push(b'T');
    push_time(plain.time(), out);
    out.push(b'Z');
}

/// Appends a number rounded to `decimals` places (at most 15), zeros at its end left out. What is not
/// finite is written as `0`; callers look for it before.
pub fn push_fixed(value: f64, decimals: usize, out: &mut Vec<u8>) {
    match decimals {
        // Degrees and metres, which answers are full of.
        7 => push_short::<7>(value, out),
        3 => push_short::<3>(value, out),
        _ => push_any(value, decimals, out),
    }
}

/// Appends two numbers as [`push_fixed`] does, with a byte between them: a position's ordinates.
pub fn push_pair(pair: [f64; 2], decimals: usize, between: u8, out: &mut Vec<u8>) {
    let start = out.len();
    let written = match decimals {
        7 => push_short_pair::<7>(pair, between, out),
        3 => push_short_pair::<3>(pair, between, out),
        _ => None,
    };
    match written {
        Some(length) => out.truncate(start + length),
        None => {
            out.truncate(start);
            let [first, second] = pair;
            push_fixed(first, decimals, out);
            out.push(between);
            push_fixed(second, decimals, out);
        }
    }
}

/// Writes two short numbers into room of their own, of which the length used is answered.
fn push_short_pair<const DECIMALS: u32>(
    [first, second]: [f64; 2],
    between: u8,
    out: &mut Vec<u8>,
) -> Option<usize> {
    let start = out.len();
    out.resize(start + 2 * ROOM + 1, 0);
    let room = out.get_mut(start..)?;
    let length = write_short::<DECIMALS>(first, room.first_chunk_mut()?)?;
    let (mark, rest) = room.get_mut(length..)?.split_first_mut()?;
    *mark = between;
    Some(length + 1 + write_short::<DECIMALS>(second, rest.first_chunk_mut()?)?)
}

/// [`push_fixed`] with a number of decimals below 8, fast for numbers below a hundred million.
fn push_short<const DECIMALS: u32>(value: f64, out: &mut Vec<u8>) {
    let start = out.len();
    // Written where it stays, as a whole, and then cut: cheaper than pieces of unknown length.
    out.resize(start + ROOM, 0);
    let text = out.get_mut(start..).and_then(|room| room.first_chunk_mut::<ROOM>());
    match text.and_then(|text| write_short::<DECIMALS>(value, text)) {
        Some(length) => out.truncate(start + length),
        None => {
            out.truncate(start);
            push_any(value, DECIMALS as usize, out);
        }
    }
}

/// Bytes that a short number is written into: a sign and twice eight digits around a point, with some to spare.
const ROOM: usize = 24;

/// Writes a number and answers its length; nothing for one that is too large.
fn write_short<const DECIMALS: u32>(value: f64, text: &mut [u8; ROOM]) -> Option<usize> {
    let power = const { 10_u32.pow(DECIMALS) };
    let magnitude = value.abs() * f64::from(power);
    if magnitude.is_nan() || magnitude >= 1e8 * f64::from(power) {
        return None;
    }
    // Below 10^15: a signed number takes it, which machines turn faster than an unsigned one. The half rounds; to
    // look at what is left instead would be a branch that nobody can foresee.
    #[allow(clippy::cast_possible_truncation)]
    let scaled = ((magnitude + 0.5) as i64).cast_unsigned();
    // Below 10^8, but for what was rounded up to it.
    #[allow(clippy::cast_possible_truncation)]
    let (whole, fraction) = ((scaled / u64::from(power)) as u32, (scaled % u64::from(power)) as u32);
    if whole >= 100_000_000 {
        return None;
    }
    text[0] = b'-';
    let mut length = usize::from(value < 0.0 && scaled > 0);
    if let Some([a, b, c, digits]) = SMALL.get(whole as usize) {
        // Degrees.
        text[length..length + 3].copy_from_slice(&[*a, *b, *c]);
        length += usize::from(*digits);
    } else {
        let zeros = leading_zeros(whole);
        let digits = eight_digits(whole) >> (8 * zeros);
        text[length..length + 8].copy_from_slice(&(digits | ZEROS).to_le_bytes());
        length += 8 - zeros as usize;
    }
    if fraction > 0 {
        let digits = eight_digits(fraction * const { 10_u32.pow(8 - DECIMALS) });
        text[length] = b'.';
        text[length + 1..length + 9].copy_from_slice(&(digits | ZEROS).to_le_bytes());
        length += 9 - digits.leading_zeros() as usize / 8;
    }
    Some(length)
}

/// The digits of small numbers, and how many they are.
static SMALL: [[u8; 4]; 1000] = small();

const fn small() -> [[u8; 4]; 1000] {
    let mut all = [[0; 4]; 1000];
    let mut number = 0_usize;
    while number < all.len() {
        let [a, b, c] = [number / 100, number / 10 % 10, number % 10];
        let [a, b, c] = [b'0' + a as u8, b'0' + b as u8, b'0' + c as u8];
        all[number] = match number {
            0..10 => [c, 0, 0, 1],
            10..100 => [b, c, 0, 2],
            _ => [a, b, c, 3],
        };
        number += 1;
    }
    all
}

/// `00000000` in ASCII.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Zeros before the first of eight digits; the last digit always counts.
const fn leading_zeros(value: u32) -> u32 {
    let zeros = eight_digits(value).trailing_zeros() / 8;
    if zeros > 7 { 7 } else { zeros }
}

/// The eight digits of a number below 10^8, one a byte, the first in the lowest.
const fn eight_digits(value: u32) -> u64 {
    let (high, low) = ((value / 10_000) as u64, (value % 10_000) as u64);
    // Two groups of four digits, then four of two, then eight of one, all at once: multiplying by a rounded
    // reciprocal divides each group by 100 and by 10.
    let fours = high | low << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (twos - tens * 10) << 8
}

/// [`push_fixed`] for every number.
fn push_any(value: f64, decimals: usize, out: &mut Vec<u8>) {
    const POWERS: [u64; 16] = [
        1,
        10,
        100,
        1_000,
        10_000,
        100_000,
        1_000_000,
        10_000_000,
        100_000_000,
        1_000_000_000,
        10_000_000_000,
        100_000_000_000,
        1_000_000_000_000,
        10_000_000_000_000,
        100_000_000_000_000,
        1_000_000_000_000_000,
    ];
    /// Whole numbers up to here are exact in a double.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !value.is_finite() {
        out.push(b'0');
        return;
    }
    let decimals = decimals.min(POWERS.len() - 1);
    let power = POWERS.get(decimals).copied().unwrap_or(1);
    #[allow(clippy::cast_precision_loss)]
    let scaled = (value.abs() * power as f64).round();
    if scaled >= EXACT {
        push_large(value, decimals, out);
        return;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let scaled = scaled as u64;
    if value < 0.0 && scaled > 0 {
        out.push(b'-');
    }
    push_digits(scaled / power, 1, out);
    let mut fraction = scaled % power;
    if fraction == 0 {
        return;
    }
    let mut places = decimals;
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        places -= 1;
    }
    out.push(b'.');
    push_digits(fraction, places, out);
}

/// The slow way for numbers that scaling would make inexact.
fn push_large(value: f64, decimals: usize, out: &mut Vec<u8>) {
    let start = out.len();
    // Writing to a Vec can't fail.
    let _ = write!(out, "{value:.decimals$}");
    if out.iter().skip(start).any(|b| *b == b'.') {
        while out.last() == Some(&b'0') {
            out.pop();
        }
        if out.last() == Some(&b'.') {
            out.pop();
        }
    }
}

/// Decimal digits, with zeros before them up to `width`.
fn push_digits(mut value: u64, width: usize, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    for place in digits.iter_mut().rev() {
        if value == 0 && at <= 20 - width {
            break;
        }
        #[allow(clippy::cast_possible_truncation)]
        let digit = (value % 10) as u8;
        *place = b'0' + digit;
        value /= 10;
        at -= 1;
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fixed(value: f64, decimals: usize) -> String {
        let mut out = Vec::new();
        push_fixed(value, decimals, &mut out);
        String::from_utf8(out).expect("ascii")
    }

    #[test]
    fn coordinates_are_plain_decimals() {
        for (value, decimals, text) in [
            (0.0, 7, "0"),
            (-0.0, 7, "0"),
            (-0.000_000_01, 7, "0"),
            (5.4, 7, "5.4"),
            (-5.000_000_1, 7, "-5.0000001"),
            (892_390.225, 3, "892390.225"),
            (6_247_035.0, 3, "6247035"),
            (0.05, 2, "0.05"),
            (1e-7, 7, "0.0000001"),
            (1e22, 3, "10000000000000000000000"),
            (1.5, 0, "2"),
        ] {
            assert_eq!(fixed(value, decimals), text, "{value}");
        }
    }

    #[test]
    fn integers_of_every_size_are_written() {
        for value in [0, 7, -7, 10, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            push_integer(value, &mut out);
            assert_eq!(String::from_utf8(out).expect("ascii"), value.to_string());
        }
    }

    #[test]
    fn days_times_and_instants_are_written_as_their_own_library_does() {
        for text in ["0000-01-01", "0999-12-31", "2021-08-02", "+12345-06-07", "-0044-03-15"] {
            let day: NaiveDate = text.parse().expect("day");
            let mut out = Vec::new();
            push_date(day, &mut out);
            assert_eq!(String::from_utf8(out).expect("ascii"), text);
        }
        for text in ["00:00:00", "23:59:59", "08:05:01.500", "08:05:01.000001", "23:59:60"] {
            let time: NaiveTime = text.parse().expect("time");
            let mut out = Vec::new();
            push_time(time, &mut out);
            assert_eq!(String::from_utf8(out).expect("ascii"), text);
        }
        for text in ["2021-08-02T12:00:00Z", "1899-12-31T23:59:59.250Z", "+10000-01-01T00:00:00Z"] {
            let at: DateTime<Utc> = text.parse().expect("instant");
            let mut out = Vec::new();
            push_timestamp(at, &mut out);
            assert_eq!(String::from_utf8(out).expect("ascii"), text);
        }
    }

    #[test]
    fn eight_digits_are_those_of_the_number() {
        let edges = [0, 9, 10, 99, 100, 9_999, 10_000, 99_999, 12_345_678, 90_000_009, 99_999_999];
        for value in edges.into_iter().chain((0..100_000_000).step_by(9_973)) {
            let text = (eight_digits(value) | ZEROS).to_le_bytes();
            assert_eq!(String::from_utf8_lossy(&text), format!("{value:08}"));
        }
    }

    proptest! {
        #[test]
        fn the_fast_way_writes_what_the_general_one_does(
            value in prop_oneof![-200.0_f64..200.0, -1e7_f64..1e7, -1.1e8_f64..1.1e8, any::<f64>()],
            places in 0_i32..9,
        ) {
            // Also numbers that end early, and those at the middle between two.
            let power = 10_f64.powi(places);
            for value in [value, (value * power).round() / power, ((value * power).round() + 0.5) / power] {
                for decimals in [3, 7] {
                    let mut general = Vec::new();
                    push_any(value, decimals, &mut general);
                    prop_assert_eq!(fixed(value, decimals), String::from_utf8(general).expect("ascii"));
                }
            }
        }

        #[test]
        fn a_pair_is_both_numbers_with_a_byte_between(
            a in prop_oneof![-200.0_f64..200.0, -1.1e8_f64..1.1e8, any::<f64>()],
            b in prop_oneof![-200.0_f64..200.0, -1.1e8_f64..1.1e8, any::<f64>()],
            decimals in 0_usize..9,
        ) {
            let mut out = b"x".to_vec();
            push_pair([a, b], decimals, b' ', &mut out);
            let expected = format!("x{} {}", fixed(a, decimals), fixed(b, decimals));
            prop_assert_eq!(String::from_utf8(out).expect("ascii"), expected);
        }

        #[test]
        fn what_is_written_reads_back_within_half_a_unit(value in -1e12_f64..1e12, decimals in 0_usize..8) {
            let text = fixed(value, decimals);
            prop_assert!(!text.contains('e') && !text.ends_with('.'));
            let back: f64 = text.parse().expect("a number");
            let power = 10_f64.powi(i32::try_from(decimals).expect("small"));
            prop_assert!((back - value).abs() <= 0.500_1 / power + value.abs() * 1e-15, "{text}");
        }
    }
}
