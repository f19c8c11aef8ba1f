//! Labels as small pictures: letters and their halo, laid out first, drawn only once they have found a place.

use super::anchors::along;
use super::canvas::{Canvas, Path};
use super::outlines::add_outlines;
use super::picture::multiplied;
use super::text::{FontKey, GlyphRun, Glyphs, font_key, shaped};
use super::{Picture, draw};
use crate::style::{Fill, Font, Halo};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Labels kept by each thread.
const KEPT: usize = 2_000;
/// Widest halo in pixels.
const WIDEST_HALO: f32 = 16.0;
/// Longest side of a label in pixels.
const LONGEST_SIDE: f32 = 8192.0;

thread_local! {
    static LABELS: RefCell<HashMap<LabelKey, Option<Rc<LabelImage>>>> = RefCell::new(HashMap::new());
}

/// What a label looks like.
#[derive(Clone, Copy)]
pub(super) struct LabelLook<'a> {
    pub font: &'a Font,
    pub fill: Fill,
    pub halo: Option<Halo>,
    /// Turn in degrees, clockwise.
    pub rotation: f32,
    pub scale: f32,
    /// Width from which on lines are broken; never when 0.
    pub wrap: f32,
}

/// A label; the middle of its picture is the middle of the text's box, or of its letters where they follow a line.
pub(super) struct LabelImage {
    /// Width and height of the picture.
    pub size: [u32; 2],
    /// Size of the text's box, not turned.
    pub width: f32,
    pub height: f32,
    /// Width and height of what is seen, turned, with its halo: what no other label may hide.
    pub seen: [f32; 2],
    /// Letters with their middles from the picture's middle and their turns.
    letters: Vec<(Rc<Glyphs>, [f32; 2], f32)>,
    fill: Fill,
    /// Radius in pixels, and colour.
    halo: Option<(f32, Fill)>,
    picture: OnceCell<Picture>,
}

impl LabelImage {
    /// The label as pixels, drawn when it is first asked for.
    pub(super) fn picture(&self) -> &Picture {
        self.picture.get_or_init(|| {
            let [width, height] = self.size;
            // What can't be drawn has been told to the log.
            self.drawn().unwrap_or_else(|| Picture::new(width, height, None))
        })
    }

    fn drawn(&self) -> Option<Picture> {
        let [width, height] = self.size;
        let centre = [width as f32 / 2.0, height as f32 / 2.0];
        let at = |[x, y]: [f32; 2]| [centre[0] + x, centre[1] + y];
        let mut path = Path::new();
        let mut others = Vec::new();
        for (glyphs, place, rotation) in &self.letters {
            let before = path.elements().len();
            if !add_outlines(&mut path, glyphs, at(*place), *rotation) {
                path.truncate(before);
                others.push((glyphs, at(*place), *rotation));
            }
        }
        let paint = |canvas: &mut dyn Canvas, fill: Fill| {
            canvas.fill(&path, fill);
            others.iter().for_each(|(glyphs, at, rotation)| canvas.glyphs(glyphs, *at, *rotation, fill));
        };
        let letters = draw(width, height, None, |canvas| paint(canvas, self.fill)).ok()?;
        let Some((radius, around)) = self.halo else { return Some(letters) };
        let mut below = if self.fill.opacity >= 1.0 {
            grown(&letters, radius, around)
        } else {
            let solid = Fill { opacity: 1.0, ..self.fill };
            grown(&draw(width, height, None, |canvas| paint(canvas, solid)).ok()?, radius, around)
        };
        below.blit(&letters, 0, 0);
        Some(below)
    }

    /// Draws the label around a point of a drawing.
    pub(super) fn draw(&self, canvas: &mut dyn Canvas, centre: [f32; 2]) {
        let at = |[x, y]: [f32; 2]| [centre[0] + x, centre[1] + y];
        if let Some((radius, fill)) = self.halo {
            for (glyphs, place, rotation) in &self.letters {
                canvas.around_glyphs(glyphs, at(*place), *rotation, radius, fill);
            }
        }
        for (glyphs, place, rotation) in &self.letters {
            canvas.glyphs(glyphs, at(*place), *rotation, self.fill);
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct LabelKey {
    text: String,
    font: FontKey,
    size: u32,
    colors: [[u8; 4]; 2],
    radius: u32,
    rotation: i32,
    scale: u32,
    wrap: u32,
}

fn rgba(fill: Fill) -> [u8; 4] {
    [fill.color.r, fill.color.g, fill.color.b, (fill.opacity * 255.0).round() as u8]
}

/// Writes one line of text, its box's upper left corner at (`left`, `top`); what doesn't fit is cut.
pub fn write(canvas: &mut dyn Canvas, text: &str, [left, top]: [f32; 2], size: f32, fill: Fill) {
    let font = Font { size, ..Font::default() };
    let look = LabelLook { font: &font, fill, halo: None, rotation: 0.0, scale: 1.0, wrap: 0.0 };
    if let Some(image) = label(text, look) {
        let centre = [left + image.width / 2.0, top + image.height / 2.0];
        if canvas.is_drawing() {
            return image.draw(canvas, centre);
        }
        let left = (centre[0] - image.size[0] as f32 / 2.0).round() as i64;
        let top = (centre[1] - image.size[1] as f32 / 2.0).round() as i64;
        canvas.blit(image.picture(), left, top);
    }
}

/// Width of a text, before anything is drawn; `None` when nothing of it can be.
pub(super) fn width(text: &str, look: LabelLook<'_>) -> Option<f32> {
    Some(shaped(text, look.font, look.font.size * look.scale, look.wrap)?.width())
}

/// A label on one place; `None` when nothing of it can be drawn.
pub(super) fn label(text: &str, look: LabelLook<'_>) -> Option<Rc<LabelImage>> {
    let halo = look.halo.filter(|h| h.radius > 0.0 && h.fill.opacity > 0.0);
    let key = LabelKey {
        text: text.to_owned(),
        font: font_key(look.font),
        size: look.font.size.to_bits(),
        colors: [rgba(look.fill), halo.map_or([0; 4], |h| rgba(h.fill))],
        radius: halo.map_or(0, |h| h.radius.to_bits()),
        // Half degrees: labels along lines repeat, too.
        rotation: (look.rotation * 2.0).round() as i32,
        scale: look.scale.to_bits(),
        wrap: look.wrap.to_bits(),
    };
    if let Some(known) = LABELS.with_borrow(|kept| kept.get(&key).cloned()) {
        return known;
    }
    let glyphs = shaped(text, look.font, look.font.size * look.scale, look.wrap);
    let made = glyphs.map(|glyphs| Rc::new(flat(glyphs, look)));
    LABELS.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, made.clone());
    });
    made
}

fn flat(glyphs: Rc<Glyphs>, look: LabelLook<'_>) -> LabelImage {
    let halo = halo_of(look);
    let radius = halo.map_or(0.0, |(radius, _)| radius);
    let rotation = (look.rotation * 2.0).round() / 2.0;
    let (sin, cos) = rotation.to_radians().sin_cos();
    let (w, h) = (glyphs.width(), glyphs.height());
    let turned = [w * cos.abs() + h * sin.abs(), w * sin.abs() + h * cos.abs()];
    // Letters may hang over their box a little, italics most.
    let room = 2.0 * (radius + 2.0 + look.font.size * look.scale * 0.2);
    LabelImage {
        size: turned.map(|side| (side + room).ceil().clamp(1.0, LONGEST_SIDE) as u32),
        width: w,
        height: h,
        seen: turned.map(|side| side + 2.0 * radius),
        letters: vec![(glyphs, [0.0, 0.0], rotation)],
        fill: look.fill,
        halo,
        picture: OnceCell::new(),
    }
}

/// A label whose letters follow a line around a place of it, and where its middle lies; `None` where the line bends by more
/// than `most` degrees between letters.
pub(super) fn curved(
    text: &str,
    look: LabelLook<'_>,
    line: &[[f32; 2]],
    middle: f32,
    most: f32,
) -> Option<(LabelImage, [f32; 2])> {
    let whole = shaped(text, look.font, look.font.size * look.scale, 0.0)?;
    let (width, height) = (whole.width(), whole.height());
    let start = middle - width / 2.0;
    // Each letter alone: its middle on the line, and the line's direction there.
    let mut letters: Vec<(Rc<Glyphs>, [f32; 2], f32)> = Vec::new();
    for run in whole.runs() {
        for glyph in &run.glyphs {
            let at = start + glyph.x + glyph.advance / 2.0;
            // Half a letter's height smooths what is smaller than a letter.
            let reach = (glyph.advance / 2.0).max(height * 0.4);
            let (a, b) = (along(line, at - reach)?, along(line, at + reach)?);
            let angle = (b[1] - a[1]).atan2(b[0] - a[0]).to_degrees();
            if let Some((_, _, before)) = letters.last()
                && ((angle - before + 540.0).rem_euclid(360.0) - 180.0).abs() > most
            {
                return None;
            }
            let place = [f32::midpoint(a[0], b[0]), f32::midpoint(a[1], b[1])];
            let alone = GlyphRun { glyphs: vec![parley::Glyph { x: 0.0, ..*glyph }], ..run.clone() };
            letters.push((Rc::new(Glyphs::alone(alone, height)), place, angle));
        }
    }
    let halo = halo_of(look);
    let room = height + halo.map_or(0.0, |(radius, _)| radius) + 2.0;
    let bound = |axis: usize| {
        let (least, most) = letters
            .iter()
            .filter_map(|(_, at, _)| at.get(axis))
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), v| (least.min(*v), most.max(*v)));
        ((least - room).floor(), (most + room).ceil())
    };
    let ((left, right), (top, bottom)) = (bound(0), bound(1));
    let sides = [right - left, bottom - top];
    let centre = [f32::midpoint(left, right), f32::midpoint(top, bottom)];
    let from_middle = |[x, y]: [f32; 2]| [x - centre[0], y - centre[1]];
    let image = LabelImage {
        size: sides.map(|side| side.clamp(1.0, LONGEST_SIDE) as u32),
        width,
        height,
        // The letters' middles, and half a line around them.
        seen: sides.map(|side| side - height - 4.0),
        letters: letters.into_iter().map(|(glyphs, at, angle)| (glyphs, from_middle(at), angle)).collect(),
        fill: look.fill,
        halo,
        picture: OnceCell::new(),
    };
    Some((image, centre))
}

/// Radius in pixels, and colour.
fn halo_of(look: LabelLook<'_>) -> Option<(f32, Fill)> {
    let halo = look.halo.filter(|h| h.radius > 0.0 && h.fill.opacity > 0.0)?;
    Some(((halo.radius * look.scale).min(WIDEST_HALO), halo.fill))
}

/// What a picture covers, grown by `radius` pixels, in one colour: the greatest coverage within a disk
/// with a soft border. Some ten times cheaper than drawing along every letter's outline.
fn grown(mask: &Picture, radius: f32, fill: Fill) -> Picture {
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let reach = radius.ceil() as isize;
    let mut disk: Vec<(isize, isize, u8)> = Vec::new();
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let share = (radius + 0.5 - (dx as f32).hypot(dy as f32)).clamp(0.0, 1.0);
            if share > 0.0 {
                disk.push((dx, dy, (share * 255.0).round() as u8));
            }
        }
    }
    let mut cover = vec![0_u8; width * height];
    for (at, pixel) in mask.data().chunks_exact(4).enumerate().filter(|(_, p)| p[3] != 0) {
        let (x, y) = ((at % width) as isize, (at / width) as isize);
        for &(dx, dy, share) in &disk {
            let (Ok(x), Ok(y)) = (usize::try_from(x + dx), usize::try_from(y + dy)) else { continue };
            if x < width
                && let Some(target) = cover.get_mut(y * width + x)
            {
                *target = (*target).max(multiplied(pixel[3], share));
            }
        }
    }
    let opacity = (fill.opacity * 255.0).round() as u8;
    let mut out = Picture::new(mask.width(), mask.height(), None);
    for (pixel, cover) in out.data_mut().chunks_exact_mut(4).zip(cover) {
        let alpha = multiplied(cover, opacity);
        let Fill { color, .. } = fill;
        pixel.copy_from_slice(&[
            multiplied(color.r, alpha),
            multiplied(color.g, alpha),
            multiplied(color.b, alpha),
            alpha,
        ]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::Color;

    #[test]
    fn a_label_has_dark_letters_in_a_light_halo() {
        let font = Font { size: 16.0, ..Font::default() };
        let look = LabelLook {
            font: &font,
            fill: Fill { color: Color::BLACK, opacity: 1.0 },
            halo: Some(Halo { radius: 2.0, fill: Fill { color: Color::WHITE, opacity: 1.0 } }),
            rotation: 0.0,
            scale: 1.0,
            wrap: 0.0,
        };
        let flat = label("Évenos", look).expect("drawn");
        let count = |p: &Picture, test: fn(&[u8]) -> bool| p.data().chunks(4).filter(|q| test(q)).count();
        assert!(count(flat.picture(), |p| p[3] > 250 && p[0] < 60) > 50);
        assert!(count(flat.picture(), |p| p[3] > 250 && p[0] > 200) > 60);
        assert!(flat.width > 30.0 && flat.height > 12.0);
        let upright = label("Évenos", LabelLook { rotation: 90.0, ..look }).expect("drawn");
        assert!(upright.size[1] > upright.size[0]);
        assert!(label("  ", look).is_none());
        assert!(label(&"x".repeat(10_000), look).expect("cut").width < 4000.0);
    }

    #[test]
    fn a_label_that_is_broken_into_lines_is_whole_and_stands_in_the_middle_of_its_picture() {
        let font = Font { size: 16.0, ..Font::default() };
        let black = Fill { color: Color::BLACK, opacity: 1.0 };
        let look = LabelLook { font: &font, fill: black, halo: None, rotation: 0.0, scale: 1.0, wrap: 0.0 };
        let ink = |image: &LabelImage| {
            let wide = image.size[0] as usize;
            let columns: Vec<usize> = image
                .picture()
                .data()
                .chunks_exact(4)
                .enumerate()
                .filter(|(_, p)| p[3] > 60)
                .map(|(i, _)| i % wide)
                .collect();
            let (least, most) = (columns.iter().min().expect("ink"), columns.iter().max().expect("ink"));
            (columns.len(), *least, wide - 1 - *most)
        };
        let (whole, _, _) = ink(&label("Val", look).expect("drawn"));
        // Far wider than the text, about as wide, and narrower than its words.
        for wrap in [400.0, 90.0, 20.0] {
            let (count, left, right) = ink(&label("Val", LabelLook { wrap, ..look }).expect("drawn"));
            assert!(count.abs_diff(whole) <= 6, "{wrap}: {count} of {whole}");
            assert!(left.abs_diff(right) <= 3, "{wrap}: {left} {right}");
            let broken = label("Val de la Haute Aigue", LabelLook { wrap, ..look }).expect("drawn");
            let (_, left, right) = ink(&broken);
            assert!(left.abs_diff(right) <= 3 && left > 1, "{wrap}: {left} {right}");
        }
    }
}
