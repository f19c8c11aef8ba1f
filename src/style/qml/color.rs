//! Colours as QGIS writes them.

use crate::style::Color;

/// Reads `r,g,b` or `r,g,b,a`, also with what QGIS 3.34 adds behind (`…,rgb:0.1,0.2,0.3,1`), `#rrggbb` and the plain
/// names of colours. Answers the colour and its opacity.
pub(super) fn parse(text: &str) -> Option<(Color, f32)> {
    let text = text.trim();
    if text.starts_with('#') {
        return match text.len() {
            // Qt writes the opacity first.
            9 => {
                let opacity = u8::from_str_radix(text.get(1..3)?, 16).ok()?;
                Some((Color::parse(&format!("#{}", text.get(3..)?))?, f32::from(opacity) / 255.0))
            }
            _ => Some((Color::parse(text)?, 1.0)),
        };
    }
    let mut parts = text.split(',').map(|part| part.trim().parse::<u8>().ok());
    let first = parts.next()?;
    let Some(r) = first else { return Some((named(text)?, 1.0)) };
    let (g, b) = (parts.next()??, parts.next()??);
    let opacity = match parts.next() {
        None => 255,
        Some(opacity) => opacity?,
    };
    Some((Color { r, g, b }, f32::from(opacity) / 255.0))
}

fn named(text: &str) -> Option<Color> {
    const NAMES: [(&str, u32); 16] = [
        ("black", 0x00_00_00),
        ("white", 0xff_ff_ff),
        ("red", 0xff_00_00),
        ("green", 0x00_80_00),
        ("blue", 0x00_00_ff),
        ("yellow", 0xff_ff_00),
        ("orange", 0xff_a5_00),
        ("purple", 0x80_00_80),
        ("brown", 0xa5_2a_2a),
        ("pink", 0xff_c0_cb),
        ("gray", 0x80_80_80),
        ("grey", 0x80_80_80),
        ("cyan", 0x00_ff_ff),
        ("magenta", 0xff_00_ff),
        ("lime", 0x00_ff_00),
        ("navy", 0x00_00_80),
    ];
    let (_, rgb) = NAMES.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text))?;
    let [_, r, g, b] = rgb.to_be_bytes();
    Some(Color { r, g, b })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_every_notation_and_nothing_else() {
        let orange = Color { r: 255, g: 128, b: 0 };
        for text in ["255,128,0,255", "255, 128,0", "#ff8000", "#ffff8000", "255,128,0,255,rgb:1,0.5,0,1"] {
            assert_eq!(parse(text), Some((orange, 1.0)), "{text}");
        }
        assert_eq!(parse("0,0,0,51"), Some((Color::BLACK, 0.2)));
        assert_eq!(parse("Red"), Some((Color { r: 255, g: 0, b: 0 }, 1.0)));
        for text in ["", "1,2", "256,0,0", "1,2,x", "rouge", "#12", "1,2,3,400", "#é23456789"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
