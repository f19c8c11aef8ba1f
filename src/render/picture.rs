//! Pixels in memory.

use crate::style::{Color, Fill};

/// A picture in premultiplied RGBA, 8 bits a channel, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl Picture {
    /// A picture of one colour, or all transparent.
    #[must_use]
    pub fn new(width: u32, height: u32, background: Option<Color>) -> Self {
        let pixels = width as usize * height as usize;
        let data = match background {
            None => vec![0; pixels * 4],
            Some(Color { r, g, b }) => [r, g, b, 255].repeat(pixels),
        };
        Self { width, height, data }
    }

    /// Pixels a row.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The bytes, four a pixel.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The bytes, to write into.
    pub(super) fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// A pixel as red, green, blue, alpha; `None` outside.
    #[must_use]
    pub fn pixel(&self, x: u32, y: u32) -> Option<[u8; 4]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let at = (y as usize * self.width as usize + x as usize) * 4;
        self.data.get(at..at + 4)?.try_into().ok()
    }

    /// Whether no pixel lets anything through.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        self.data.chunks_exact(4).all(|p| p[3] == 255)
    }

    /// Lays `sprite` over this picture, its upper left pixel at (`left`, `top`); what doesn't fit is cut.
    pub fn blit(&mut self, sprite: &Self, left: i64, top: i64) {
        let first = usize::try_from(-left).unwrap_or(0);
        let last = usize::try_from((i64::from(self.width) - left).clamp(0, i64::from(sprite.width)));
        let last = last.unwrap_or(0);
        if first >= last {
            return;
        }
        let (own_row, sprite_row) = (self.width as usize * 4, sprite.width as usize * 4);
        for (index, source) in sprite.data.chunks_exact(sprite_row).enumerate() {
            let Ok(y) = usize::try_from(top + index as i64) else { continue };
            if y >= self.height as usize {
                break;
            }
            let start = y * own_row + usize::try_from(left + first as i64).unwrap_or(0) * 4;
            let target = self.data.get_mut(start..start + (last - first) * 4).unwrap_or_default();
            let source = source.get(first * 4..last * 4).unwrap_or_default();
            for (below, above) in target.chunks_exact_mut(4).zip(source.chunks_exact(4)) {
                over(below, above);
            }
        }
    }

    /// A part of it; what lies outside is transparent.
    #[must_use]
    pub(super) fn part(&self, left: u32, top: u32, width: u32, height: u32) -> Self {
        let mut out = Self::new(width, height, None);
        let wide = width.min(self.width.saturating_sub(left)) as usize * 4;
        for row in 0..height.min(self.height.saturating_sub(top)) {
            let from = ((top + row) as usize * self.width as usize + left as usize) * 4;
            let to = row as usize * width as usize * 4;
            if let (Some(target), Some(source)) =
                (out.data.get_mut(to..to + wide), self.data.get(from..from + wide))
            {
                target.copy_from_slice(source);
            }
        }
        out
    }

    /// Makes everything let more through.
    pub(super) fn fade(&mut self, opacity: f32) {
        let share = (opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
        for channel in &mut self.data {
            *channel = multiplied(*channel, share);
        }
    }

    /// Paints single pixels.
    pub(super) fn dots(&mut self, pixels: impl Iterator<Item = [f32; 2]>, fill: Fill) {
        let alpha = (fill.opacity * 255.0).round() as u8;
        let part = |c: u8| multiplied(c, alpha);
        let above = [part(fill.color.r), part(fill.color.g), part(fill.color.b), alpha];
        for [x, y] in pixels {
            let (x, y) = (x.floor(), y.floor());
            if x < 0.0 || y < 0.0 || x >= self.width as f32 || y >= self.height as f32 {
                continue;
            }
            let at = (y as usize * self.width as usize + x as usize) * 4;
            if let Some(below) = self.data.get_mut(at..at + 4) {
                over(below, &above);
            }
        }
    }
}

/// `above` over `below`, both premultiplied.
fn over(below: &mut [u8], above: &[u8]) {
    match above[3] {
        0 => {}
        255 => below.copy_from_slice(above),
        alpha => {
            for (b, a) in below.iter_mut().zip(above) {
                *b = a.saturating_add(multiplied(*b, 255 - alpha));
            }
        }
    }
}

/// `a * b / 255`, rounded.
pub(super) const fn multiplied(a: u8, b: u8) -> u8 {
    let product = a as u32 * b as u32 + 128;
    ((product + (product >> 8)) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sprite_is_cut_at_every_border_and_blended_where_it_lets_through() {
        let red = Picture::new(4, 4, Some(Color { r: 255, g: 0, b: 0 }));
        for (left, top, inside) in
            [(-3, -3, 1), (7, 7, 1), (-2, 3, 8), (2, 2, 16), (8, 0, 0), (-4, 0, 0), (0, 8, 0), (0, -9, 0)]
        {
            let mut picture = Picture::new(8, 8, Some(Color::WHITE));
            picture.blit(&red, left, top);
            let painted = picture.data().chunks(4).filter(|p| p[1] == 0).count();
            assert_eq!(painted, inside, "at {left}, {top}");
        }
        let mut picture = Picture::new(1, 1, Some(Color::WHITE));
        picture.dots([[0.5, 0.5]].into_iter(), Fill { color: Color::BLACK, opacity: 0.5 });
        assert_eq!(picture.pixel(0, 0), Some([127, 127, 127, 255]));
        assert_eq!(picture.pixel(1, 0), None);
    }
}
