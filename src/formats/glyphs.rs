//! Glyphs of web maps: letters as signed distance fields in Protocol Buffers, as MapLibre asks for them (MapLibre Style
//! Specification, `glyphs`; the message `glyphs` of Mapbox's `glyphs.proto`).

use super::mvt::proto::{bytes, number, zigzag};

/// Pixels of the em that glyphs are drawn at.
pub const EM: f32 = 24.0;
/// Pixels around a glyph that its field goes on in.
pub const BORDER: u32 = 3;

/// A letter. Lengths are pixels at [`EM`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glyph {
    /// Unicode code point.
    pub id: u32,
    /// Rows of the field from the top, [`BORDER`] on every side; empty where there is nothing to be seen.
    pub bitmap: Vec<u8>,
    /// Width without the border.
    pub width: u32,
    /// Height without the border.
    pub height: u32,
    /// From the pen to the left edge.
    pub left: i32,
    /// From the line's reference to the upper edge, upwards.
    pub top: i32,
    /// To the next letter.
    pub advance: u32,
}

/// The file of a range of a font stack: `range` is written as in its address, `0-255`.
#[must_use]
pub fn encode(stack: &str, range: &str, glyphs: &[Glyph]) -> Vec<u8> {
    let mut message = Vec::new();
    bytes(&mut message, 1, stack.as_bytes());
    bytes(&mut message, 2, range.as_bytes());
    for glyph in glyphs {
        bytes(&mut message, 3, &written(glyph));
    }
    let mut file = Vec::with_capacity(message.len() + 8);
    bytes(&mut file, 1, &message);
    file
}

fn written(glyph: &Glyph) -> Vec<u8> {
    let mut out = Vec::with_capacity(glyph.bitmap.len() + 24);
    number(&mut out, 1, u64::from(glyph.id));
    if !glyph.bitmap.is_empty() {
        bytes(&mut out, 2, &glyph.bitmap);
    }
    number(&mut out, 3, u64::from(glyph.width));
    number(&mut out, 4, u64::from(glyph.height));
    number(&mut out, 5, u64::from(zigzag(glyph.left)));
    number(&mut out, 6, u64::from(zigzag(glyph.top)));
    number(&mut out, 7, u64::from(glyph.advance));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_message() {
        let glyph = Glyph { id: 233, bitmap: vec![7; 3], width: 0, height: 1, left: -1, top: 2, advance: 14 };
        let written = encode("A", "0-255", &[glyph]);
        let expected = [
            &[10, 31, 10, 1, b'A', 18, 5][..],
            b"0-255",
            &[26, 18, 8, 0xe9, 1, 18, 3, 7, 7, 7, 24, 0, 32, 1, 40, 1, 48, 4, 56, 14],
        ];
        let mut expected = expected.concat();
        expected[1] = u8::try_from(expected.len() - 2).expect("short");
        expected[13] = u8::try_from(expected.len() - 14).expect("short");
        assert_eq!(written, expected);
    }
}
