//! From true colour to a palette.

use super::straight;
use crate::render::Picture;
use color_quant::NeuQuant;
use std::collections::HashMap;

/// Colours of a palette.
const COLORS: usize = 256;
/// Pixels that are looked at when colours are chosen: enough for any map, and quick.
const SAMPLE: usize = 60_000;
/// From what alpha on a pixel is seen, where it is either seen or not.
const SEEN: u8 = 128;

/// What a palette knows of transparency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alpha {
    /// Each colour has its own.
    Full,
    /// Seen or not.
    OnOff,
}

/// A picture in colours of a palette.
pub(super) struct Indexed {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Straight RGBA, up to 256.
    pub(super) palette: Vec<[u8; 4]>,
    /// A number in the palette for each pixel.
    pub(super) pixels: Vec<u8>,
}

/// Exact where there are no more colours than fit, else the best of them.
pub(super) fn indexed(picture: &Picture, alpha: Alpha) -> Indexed {
    let mut rgba = straight(picture);
    if alpha == Alpha::OnOff {
        for pixel in rgba.chunks_exact_mut(4) {
            if pixel[3] < SEEN {
                pixel.fill(0);
            } else {
                pixel[3] = 255;
            }
        }
    }
    let (width, height) = (picture.width(), picture.height());
    let (palette, pixels) = exact(&rgba).unwrap_or_else(|| chosen(&rgba, alpha));
    Indexed { width, height, palette, pixels }
}

fn pixels(rgba: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    rgba.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]])
}

fn exact(rgba: &[u8]) -> Option<(Vec<[u8; 4]>, Vec<u8>)> {
    let mut known: HashMap<[u8; 4], u8> = HashMap::new();
    let mut palette = Vec::new();
    let mut out = Vec::with_capacity(rgba.len() / 4);
    for pixel in pixels(rgba) {
        let index = match known.get(&pixel) {
            Some(index) => *index,
            None => {
                let index = u8::try_from(palette.len()).ok()?;
                palette.push(pixel);
                known.insert(pixel, index);
                index
            }
        };
        out.push(index);
    }
    Some((palette, out))
}

fn chosen(rgba: &[u8], alpha: Alpha) -> (Vec<[u8; 4]>, Vec<u8>) {
    // Nothing at all keeps a colour of its own: a background that nearly lets through would be a stain.
    let seen: Vec<u8> = pixels(rgba).filter(|p| p[3] != 0).flatten().collect();
    // One of ten pixels at least is looked at, or all of a small picture.
    let every = i32::try_from(seen.len() / 4 / SAMPLE).unwrap_or(10).clamp(1, 10);
    let quant = NeuQuant::new(every, COLORS - 1, &seen);
    let mut palette: Vec<[u8; 4]> = pixels(&quant.color_map_rgba()).collect();
    if alpha == Alpha::OnOff {
        palette.iter_mut().for_each(|color| color[3] = 255);
    }
    palette.truncate(COLORS - 1);
    let nothing = palette.len() as u8;
    palette.push([0; 4]);
    let mut known: HashMap<[u8; 4], u8> = HashMap::new();
    let index = |pixel: [u8; 4]| {
        if pixel[3] == 0 {
            return nothing;
        }
        *known
            .entry(pixel)
            .or_insert_with(|| u8::try_from(quant.index_of(&pixel)).unwrap_or(nothing).min(nothing))
    };
    let indices = pixels(rgba).map(index).collect();
    (palette, indices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::draw;
    use crate::style::{Color, Fill};

    #[test]
    fn few_colours_are_kept_exactly_and_many_come_near() {
        let red = Color { r: 200, g: 10, b: 0 };
        let two = draw(4, 1, None, |c| c.dots(&[[0.5, 0.5], [2.5, 0.5]], Fill { color: red, opacity: 1.0 }));
        let two = indexed(&two.expect("drawn"), Alpha::Full);
        assert_eq!((two.palette, two.pixels), (vec![[200, 10, 0, 255], [0; 4]], vec![0, 1, 0, 1]));
        let many = draw(64, 64, None, |c| {
            for i in 0..4000_u16 {
                let (x, y) = (i % 64, i / 64);
                let color = Color { r: (x * 4) as u8, g: (y * 4) as u8, b: 128 };
                c.dots(&[[f32::from(x), f32::from(y)]], Fill { color, opacity: 1.0 });
            }
        })
        .expect("drawn");
        let few = indexed(&many, Alpha::OnOff);
        assert!(few.palette.len() <= 256);
        let mut far = 0;
        for (at, index) in few.pixels.iter().enumerate() {
            let (x, y) = (at as u32 % 64, at as u32 / 64);
            let (got, wanted) = (few.palette[usize::from(*index)], many.pixel(x, y).expect("inside"));
            assert_eq!(got[3], wanted[3], "{x} {y}");
            far += usize::from(wanted[3] != 0 && (0..3).any(|c| got[c].abs_diff(wanted[c]) > 24));
        }
        assert!(far < 40, "{far}");
    }
}
