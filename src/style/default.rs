//! Default styles: what a layer looks like before anybody styles it.

use super::Color;
use crate::model::GeometryType;

/// Colours that stay apart for the colour-blind and are quiet enough to lie under labels.
const PALETTE: [Color; 9] = [
    Color { r: 0x44, g: 0x77, b: 0xaa },
    Color { r: 0x22, g: 0x88, b: 0x33 },
    Color { r: 0xcc, g: 0x66, b: 0x77 },
    Color { r: 0x99, g: 0x99, b: 0x33 },
    Color { r: 0x88, g: 0x22, b: 0x55 },
    Color { r: 0x33, g: 0x99, b: 0xbb },
    Color { r: 0xdd, g: 0x77, b: 0x33 },
    Color { r: 0xaa, g: 0x44, b: 0x99 },
    Color { r: 0x11, g: 0x88, b: 0x77 },
];

const POLYGON: &str = include_str!("../../styles/polygon.sld");
const LINE: &str = include_str!("../../styles/line.sld");
const POINT: &str = include_str!("../../styles/point.sld");
const MIXED: &str = include_str!("../../styles/mixed.sld");

/// The SLD 1.0 text of the default style of raster layers: colours as the images have them.
pub const RASTER_SLD: &str = include_str!("../../styles/raster.sld");

/// The SLD 1.0 text of a default style. `seed` (a layer's slug) chooses the colour: the same layer always
/// gets the same, two layers mostly different ones.
#[must_use]
pub fn default_sld(geometry: GeometryType, seed: &str) -> String {
    let hash = xxhash_rust::xxh3::xxh3_64(seed.as_bytes());
    let index = usize::try_from(hash % PALETTE.len() as u64).unwrap_or(0);
    let strong = PALETTE.get(index).copied().unwrap_or_default();
    let template = match geometry.dimension() {
        Some(0) => POINT,
        Some(1) => LINE,
        Some(_) => POLYGON,
        None => MIXED,
    };
    template
        .replace("{strong}", &strong.hex())
        .replace("{light}", &mixed(strong, Color::WHITE, 0.55).hex())
        .replace("{dark}", &mixed(strong, Color::BLACK, 0.30).hex())
}

/// `share` of `other` in `color`.
fn mixed(color: Color, other: Color, share: f32) -> Color {
    let one = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
    Color { r: one(color.r, other.r), g: one(color.g, other.g), b: one(color.b, other.b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{Symbolizer, sld};

    #[test]
    fn every_geometry_type_has_a_default_style_that_parses_and_draws_it() {
        for code in 0..=7 {
            let geometry = GeometryType::from_code(code).expect("a type");
            let text = default_sld(geometry, "communes");
            assert!(!text.contains('{'), "{text}");
            let style = sld::parse(&text).expect("valid");
            let fits = style.rules().flat_map(|r| &r.symbolizers).any(|s| match geometry.dimension() {
                Some(0) => matches!(s, Symbolizer::Point(_)),
                Some(1) => matches!(s, Symbolizer::Line(_)),
                _ => matches!(s, Symbolizer::Polygon(_)),
            });
            assert!(fits, "{geometry:?}");
        }
    }

    #[test]
    fn the_colour_hangs_on_the_seed_alone() {
        let a = default_sld(GeometryType::Polygon, "communes");
        assert_eq!(a, default_sld(GeometryType::Polygon, "communes"));
        assert!(["b", "c", "d", "e", "f"].iter().any(|s| default_sld(GeometryType::Polygon, s) != a));
    }
}
