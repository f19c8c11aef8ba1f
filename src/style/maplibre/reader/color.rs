//! Colours of CSS.

use crate::style::Color;
use std::str::FromStr;

/// A colour and its opacity.
pub(super) fn parse(text: &str) -> Option<(Color, f32)> {
    let read = svgtypes::Color::from_str(text.trim()).ok()?;
    Some((Color { r: read.red, g: read.green, b: read.blue }, f32::from(read.alpha) / 255.0))
}

/// Whether a text is one.
pub(super) fn is_color(text: &str) -> bool {
    parse(text).is_some()
}

/// What lies between two colours.
pub(super) fn mixed(a: &str, b: &str, share: f64) -> Option<String> {
    let ((from, see_from), (to, see_to)) = (parse(a)?, parse(b)?);
    let run = |a: f64, b: f64| a + (b - a) * share;
    let channel = |a: u8, b: u8| run(f64::from(a), f64::from(b)).round().clamp(0.0, 255.0) as u8;
    let (r, g, b) = (channel(from.r, to.r), channel(from.g, to.g), channel(from.b, to.b));
    let opacity = run(f64::from(see_from), f64::from(see_to)).clamp(0.0, 1.0);
    Some(if opacity < 1.0 { format!("rgba({r},{g},{b},{opacity})") } else { Color { r, g, b }.hex() })
}
