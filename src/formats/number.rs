//! Numbers as text, without allocation and never in scientific notation.

use crate::geo::Crs;
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
    push_digits(value.unsigned_abs(), 1, out);
}

/// Appends a number rounded to `decimals` places (at most 15), zeros at its end left out. What is not
/// finite is written as `0`; callers look for it before.
pub fn push_fixed(value: f64, decimals: usize, out: &mut Vec<u8>) {
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

    proptest! {
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
