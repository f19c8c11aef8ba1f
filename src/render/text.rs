//! Text: shaped by parley, drawn with its halo into small pictures that are kept.

use super::anchors::along;
use super::canvas::Canvas;
use super::picture::multiplied;
use super::{Picture, draw};
use crate::style::{Fill, Font, FontStyle, Halo};
use parley::fontique::SourceCache;
use parley::{
    Alignment, AlignmentOptions, FontContext, FontFamily, FontFamilyName, FontWeight, GenericFamily,
    LayoutContext, PositionedLayoutItem, StyleProperty,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Longest label in characters; the rest is left out with an ellipsis.
const LONGEST: usize = 200;
/// Pictures of labels kept by each thread.
const KEPT: usize = 2_000;
/// Widest halo in pixels.
const WIDEST_HALO: f32 = 16.0;

/// Where Debian and its kin keep fonts; looked at when fontconfig names none.
const FONT_FOLDERS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];

static FONTS: LazyLock<Mutex<FontContext>> = LazyLock::new(|| {
    let mut fonts = FontContext::new();
    if fonts.collection.family_names().next().is_none() {
        fonts.collection.load_fonts_from_paths(FONT_FOLDERS);
    }
    if fonts.collection.family_names().next().is_none() {
        tracing::warn!("no font is installed: maps will have no labels; install fonts-dejavu-core");
    }
    Mutex::new(fonts)
});

struct Shaper {
    fonts: FontContext,
    layouts: LayoutContext<()>,
    kept: HashMap<LabelKey, Option<Rc<LabelImage>>>,
}

thread_local! {
    static SHAPER: RefCell<Shaper> = RefCell::new(Shaper {
        fonts: {
            let shared = FONTS.lock().unwrap_or_else(PoisonError::into_inner);
            FontContext { collection: shared.collection.clone(), source_cache: SourceCache::default() }
        },
        layouts: LayoutContext::new(),
        kept: HashMap::new(),
    });
}

/// Shaped text, ready to be drawn at any place.
pub struct Glyphs {
    width: f32,
    height: f32,
    runs: Vec<GlyphRun>,
}

/// Letters of one font.
#[derive(Clone)]
pub(super) struct GlyphRun {
    pub font: parley::FontData,
    pub size: f32,
    pub coords: Vec<i16>,
    pub skew: Option<f32>,
    pub glyphs: Vec<parley::Glyph>,
}

impl Glyphs {
    /// Width of the text's box.
    #[must_use]
    pub const fn width(&self) -> f32 {
        self.width
    }

    /// Height of the text's box.
    #[must_use]
    pub const fn height(&self) -> f32 {
        self.height
    }

    pub(super) fn runs(&self) -> &[GlyphRun] {
        &self.runs
    }
}

impl Shaper {
    /// `wrap` is the width from which on lines are broken; never when 0.
    fn shape(&mut self, text: &str, font: &Font, size: f32, wrap: f32) -> Option<Glyphs> {
        let mut families: Vec<FontFamilyName<'_>> =
            font.families.iter().map(|f| FontFamilyName::named(f)).collect();
        families.push(FontFamilyName::named("DejaVu Sans"));
        families.push(FontFamilyName::Generic(GenericFamily::SansSerif));
        let mut builder = self.layouts.ranged_builder(&mut self.fonts, text, 1.0, true);
        builder.push_default(StyleProperty::FontFamily(FontFamily::List(families.into())));
        builder.push_default(StyleProperty::FontSize(size));
        builder.push_default(StyleProperty::FontWeight(FontWeight::new(font.weight)));
        builder.push_default(StyleProperty::FontStyle(match font.style {
            FontStyle::Normal => parley::FontStyle::Normal,
            FontStyle::Italic => parley::FontStyle::Italic,
            FontStyle::Oblique => parley::FontStyle::Oblique(None),
        }));
        let mut layout = builder.build(text);
        layout.break_all_lines((wrap > 0.0).then_some(wrap));
        layout.align(Alignment::Left, AlignmentOptions::default());
        // Lines are centred in the widest of them: the width at which they are broken says nothing about
        // the box that they fill.
        let length = |line: &parley::Line<'_, ()>| line.metrics().advance - line.metrics().hanging_advance;
        let width = layout.lines().map(|line| length(&line)).fold(0.0, f32::max);
        let runs: Vec<GlyphRun> = layout
            .lines()
            .flat_map(|line| {
                let aside = (width - length(&line)) / 2.0;
                line.items().map(move |item| (item, aside)).collect::<Vec<_>>()
            })
            .filter_map(|(item, aside)| match item {
                PositionedLayoutItem::GlyphRun(run) => Some(GlyphRun {
                    font: run.run().font().clone(),
                    size: run.run().font_size(),
                    coords: run.run().normalized_coords().iter().map(|c| c.to_bits()).collect(),
                    skew: run.run().synthesis().skew(),
                    glyphs: run
                        .positioned_glyphs()
                        .map(|glyph| parley::Glyph { x: glyph.x + aside, ..glyph })
                        .collect(),
                }),
                PositionedLayoutItem::InlineBox(_) => None,
            })
            .collect();
        let height = layout.height();
        (!runs.is_empty() && width > 0.0).then_some(Glyphs { width, height, runs })
    }
}

/// A label as a picture; the picture's middle is the middle of the text's box.
pub(super) struct LabelImage {
    pub picture: Picture,
    /// Size of the text's box, not turned.
    pub width: f32,
    pub height: f32,
    /// Width and height of what is seen, turned, with its halo: what no other label may hide.
    pub seen: [f32; 2],
    /// Letters with their middles from the picture's middle and their turns, for drawings.
    letters: Vec<(Glyphs, [f32; 2], f32)>,
    fill: Fill,
    /// Radius in pixels, and colour.
    halo: Option<(f32, Fill)>,
}

impl LabelImage {
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
    font: (Vec<String>, u32, u32, FontStyle),
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
        let left = (centre[0] - image.picture.width() as f32 / 2.0).round() as i64;
        let top = (centre[1] - image.picture.height() as f32 / 2.0).round() as i64;
        canvas.blit(&image.picture, left, top);
    }
}

/// Letters of a size in pixels, ready to be drawn.
pub(super) fn shaped(text: &str, font: &Font, size: f32) -> Option<Glyphs> {
    SHAPER.with_borrow_mut(|s| s.shape(text, font, size, 0.0))
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

/// The picture of a label; `None` when nothing of it can be drawn.
pub(super) fn label(text: &str, look: LabelLook<'_>) -> Option<Rc<LabelImage>> {
    let text = shortened(text)?;
    let halo = look.halo.filter(|h| h.radius > 0.0 && h.fill.opacity > 0.0);
    let key = LabelKey {
        font: (
            look.font.families.clone(),
            look.font.size.to_bits(),
            look.font.weight.to_bits(),
            look.font.style,
        ),
        colors: [rgba(look.fill), halo.map_or([0; 4], |h| rgba(h.fill))],
        radius: halo.map_or(0, |h| h.radius.to_bits()),
        // Half degrees: labels along lines repeat, too.
        rotation: (look.rotation * 2.0).round() as i32,
        scale: look.scale.to_bits(),
        wrap: look.wrap.to_bits(),
        text,
    };
    if let Some(known) = SHAPER.with_borrow(|s| s.kept.get(&key).cloned()) {
        return known;
    }
    let size = look.font.size * look.scale;
    let glyphs = SHAPER.with_borrow_mut(|s| s.shape(&key.text, look.font, size, look.wrap));
    let made = glyphs.and_then(|glyphs| image(glyphs, look, halo)).map(Rc::new);
    SHAPER.with_borrow_mut(|s| {
        if s.kept.len() >= KEPT {
            s.kept.clear();
        }
        s.kept.insert(key, made.clone());
    });
    made
}

/// The text of a label as far as it is drawn; `None` when nothing is left.
fn shortened(text: &str) -> Option<String> {
    let mut text = text.trim().to_owned();
    if let Some((cut, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(cut);
        text.push('…');
    }
    (!text.is_empty()).then_some(text)
}

/// The picture of a label whose letters follow a line around a place of it, and where the picture's middle lies; `None`
/// where the line bends by more than `most` degrees between letters.
pub(super) fn curved(
    text: &str,
    look: LabelLook<'_>,
    line: &[[f32; 2]],
    middle: f32,
    most: f32,
) -> Option<(LabelImage, [f32; 2])> {
    let whole = shaped(&shortened(text)?, look.font, look.font.size * look.scale)?;
    let start = middle - whole.width / 2.0;
    // Each letter alone: its middle on the line, and the line's direction there.
    let mut letters: Vec<(Glyphs, [f32; 2], f32)> = Vec::new();
    for run in &whole.runs {
        for glyph in &run.glyphs {
            let at = start + glyph.x + glyph.advance / 2.0;
            // Half a letter's height smooths what is smaller than a letter.
            let reach = (glyph.advance / 2.0).max(whole.height * 0.4);
            let (a, b) = (along(line, at - reach)?, along(line, at + reach)?);
            let angle = (b[1] - a[1]).atan2(b[0] - a[0]).to_degrees();
            if let Some((_, _, before)) = letters.last()
                && ((angle - before + 540.0).rem_euclid(360.0) - 180.0).abs() > most
            {
                return None;
            }
            let place = [f32::midpoint(a[0], b[0]), f32::midpoint(a[1], b[1])];
            let alone = GlyphRun { glyphs: vec![parley::Glyph { x: 0.0, ..*glyph }], ..run.clone() };
            letters.push((
                Glyphs { width: glyph.advance, height: whole.height, runs: vec![alone] },
                place,
                angle,
            ));
        }
    }
    let halo = look.halo.filter(|h| h.radius > 0.0 && h.fill.opacity > 0.0);
    let radius = halo.map_or(0.0, |h| (h.radius * look.scale).min(WIDEST_HALO));
    let room = whole.height + radius + 2.0;
    let bound = |axis: usize| {
        let (least, most) = letters
            .iter()
            .filter_map(|(_, at, _)| at.get(axis))
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), v| (least.min(*v), most.max(*v)));
        ((least - room).floor(), (most + room).ceil())
    };
    let ((left, right), (top, bottom)) = (bound(0), bound(1));
    let size = [right - left, bottom - top].map(|side| side.clamp(1.0, 8192.0) as u32);
    let paint = |canvas: &mut dyn Canvas, fill: Fill| {
        for (glyph, [x, y], angle) in &letters {
            canvas.glyphs(glyph, [x - left, y - top], *angle, fill);
        }
    };
    let picture = with_halo(size, look.fill, halo.map(|h| (radius, h.fill)), &paint)?;
    let centre = [f32::midpoint(left, right), f32::midpoint(top, bottom)];
    // The letters' middles, and half a line around them.
    let seen = [right - left, bottom - top].map(|side| side - whole.height - 4.0);
    let from_middle = |[x, y]: [f32; 2]| [x - centre[0], y - centre[1]];
    let letters = letters.into_iter().map(|(glyphs, at, angle)| (glyphs, from_middle(at), angle)).collect();
    let halo = halo.map(|h| (radius, h.fill));
    let (width, height) = (whole.width, whole.height);
    Some((LabelImage { picture, width, height, seen, letters, fill: look.fill, halo }, centre))
}

/// A picture of letters with what surrounds them.
fn with_halo(
    [width, height]: [u32; 2],
    fill: Fill,
    halo: Option<(f32, Fill)>,
    paint: &dyn Fn(&mut dyn Canvas, Fill),
) -> Option<Picture> {
    let letters = draw(width, height, None, |c| paint(c, fill)).ok()?;
    let Some((radius, around)) = halo else { return Some(letters) };
    let solid = Fill { opacity: 1.0, ..fill };
    let mask = draw(width, height, None, |c| paint(c, solid)).ok()?;
    let mut below = grown(&mask, radius, around);
    below.blit(&letters, 0, 0);
    Some(below)
}

fn image(glyphs: Glyphs, look: LabelLook<'_>, halo: Option<Halo>) -> Option<LabelImage> {
    let radius = halo.map_or(0.0, |h| (h.radius * look.scale).min(WIDEST_HALO));
    let rotation = (look.rotation * 2.0).round() / 2.0;
    let (sin, cos) = rotation.to_radians().sin_cos();
    let (w, h) = (glyphs.width, glyphs.height);
    // Letters may hang over their box a little, italics most.
    let room = 2.0 * (radius + 2.0 + look.font.size * look.scale * 0.2);
    let width = (w * cos.abs() + h * sin.abs() + room).ceil().clamp(1.0, 8192.0) as u32;
    let height = (w * sin.abs() + h * cos.abs() + room).ceil().clamp(1.0, 8192.0) as u32;
    let centre = [width as f32 / 2.0, height as f32 / 2.0];
    let paint = |canvas: &mut dyn Canvas, fill: Fill| canvas.glyphs(&glyphs, centre, rotation, fill);
    let picture = with_halo([width, height], look.fill, halo.map(|h| (radius, h.fill)), &paint)?;
    let seen = [w * cos.abs() + h * sin.abs(), w * sin.abs() + h * cos.abs()].map(|side| side + 2.0 * radius);
    let halo = halo.map(|h| (radius, h.fill));
    let letters = vec![(glyphs, [0.0, 0.0], rotation)];
    Some(LabelImage { picture, width: w, height: h, seen, letters, fill: look.fill, halo })
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
        assert!(count(&flat.picture, |p| p[3] > 250 && p[0] < 60) > 50);
        assert!(count(&flat.picture, |p| p[3] > 250 && p[0] > 200) > 60);
        assert!(flat.width > 30.0 && flat.height > 12.0);
        let upright = label("Évenos", LabelLook { rotation: 90.0, ..look }).expect("drawn");
        assert!(upright.picture.height() > upright.picture.width());
        assert!(label("  ", look).is_none());
        assert!(label(&"x".repeat(10_000), look).expect("cut").width < 4000.0);
    }
    #[test]
    fn a_label_that_is_broken_into_lines_is_whole_and_stands_in_the_middle_of_its_picture() {
        let font = Font { size: 16.0, ..Font::default() };
        let black = Fill { color: Color::BLACK, opacity: 1.0 };
        let look = LabelLook { font: &font, fill: black, halo: None, rotation: 0.0, scale: 1.0, wrap: 0.0 };
        let ink = |image: &LabelImage| {
            let wide = image.picture.width() as usize;
            let columns: Vec<usize> = image
                .picture
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
