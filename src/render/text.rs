//! Text: shaped by parley, drawn with its halo into small pictures that are kept.

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
    fn shape(&mut self, text: &str, font: &Font, size: f32) -> Option<Glyphs> {
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
        layout.break_all_lines(None);
        layout.align(Alignment::Center, AlignmentOptions::default());
        let runs: Vec<GlyphRun> = layout
            .lines()
            .flat_map(|line| line.items().collect::<Vec<_>>())
            .filter_map(|item| match item {
                PositionedLayoutItem::GlyphRun(run) => Some(GlyphRun {
                    font: run.run().font().clone(),
                    size: run.run().font_size(),
                    coords: run.run().normalized_coords().iter().map(|c| c.to_bits()).collect(),
                    skew: run.run().synthesis().skew(),
                    glyphs: run.positioned_glyphs().collect(),
                }),
                PositionedLayoutItem::InlineBox(_) => None,
            })
            .collect();
        let (width, height) = (layout.width(), layout.height());
        (!runs.is_empty() && width > 0.0).then_some(Glyphs { width, height, runs })
    }
}

/// A label as a picture; the picture's middle is the middle of the text's box.
pub(super) struct LabelImage {
    pub picture: Picture,
    /// Size of the text's box, not turned.
    pub width: f32,
    pub height: f32,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct LabelKey {
    text: String,
    font: (Vec<String>, u32, u32, FontStyle),
    colors: [[u8; 4]; 2],
    radius: u32,
    rotation: i32,
    scale: u32,
}

fn rgba(fill: Fill) -> [u8; 4] {
    [fill.color.r, fill.color.g, fill.color.b, (fill.opacity * 255.0).round() as u8]
}

/// Writes one line of text, its box's upper left corner at (`left`, `top`); what doesn't fit is cut.
pub fn write(canvas: &mut dyn Canvas, text: &str, [left, top]: [f32; 2], size: f32, fill: Fill) {
    let font = Font { size, ..Font::default() };
    let look = LabelLook { font: &font, fill, halo: None, rotation: 0.0, scale: 1.0 };
    if let Some(image) = label(text, look) {
        let centre = [left + image.width / 2.0, top + image.height / 2.0];
        let left = (centre[0] - image.picture.width() as f32 / 2.0).round() as i64;
        let top = (centre[1] - image.picture.height() as f32 / 2.0).round() as i64;
        canvas.blit(&image.picture, left, top);
    }
}

/// Letters of a size in pixels, ready to be drawn.
pub(super) fn shaped(text: &str, font: &Font, size: f32) -> Option<Glyphs> {
    SHAPER.with_borrow_mut(|s| s.shape(text, font, size))
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
}

/// The picture of a label; `None` when nothing of it can be drawn.
pub(super) fn label(text: &str, look: LabelLook<'_>) -> Option<Rc<LabelImage>> {
    let mut text = text.trim().to_owned();
    if let Some((cut, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(cut);
        text.push('…');
    }
    if text.is_empty() {
        return None;
    }
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
        text,
    };
    if let Some(known) = SHAPER.with_borrow(|s| s.kept.get(&key).cloned()) {
        return known;
    }
    let glyphs = shaped(&key.text, look.font, look.font.size * look.scale);
    let made = glyphs.and_then(|glyphs| image(&glyphs, look, halo)).map(Rc::new);
    SHAPER.with_borrow_mut(|s| {
        if s.kept.len() >= KEPT {
            s.kept.clear();
        }
        s.kept.insert(key, made.clone());
    });
    made
}

fn image(glyphs: &Glyphs, look: LabelLook<'_>, halo: Option<Halo>) -> Option<LabelImage> {
    let radius = halo.map_or(0.0, |h| (h.radius * look.scale).min(WIDEST_HALO));
    let rotation = (look.rotation * 2.0).round() / 2.0;
    let (sin, cos) = rotation.to_radians().sin_cos();
    let (w, h) = (glyphs.width, glyphs.height);
    // Letters may hang over their box a little, italics most.
    let room = 2.0 * (radius + 2.0 + look.font.size * look.scale * 0.2);
    let width = (w * cos.abs() + h * sin.abs() + room).ceil().clamp(1.0, 8192.0) as u32;
    let height = (w * sin.abs() + h * cos.abs() + room).ceil().clamp(1.0, 8192.0) as u32;
    let centre = [width as f32 / 2.0, height as f32 / 2.0];
    let letters = draw(width, height, None, |c| c.glyphs(glyphs, centre, rotation, look.fill)).ok()?;
    let picture = match halo {
        None => letters,
        Some(halo) => {
            let solid = Fill { opacity: 1.0, ..look.fill };
            let mask = draw(width, height, None, |c| c.glyphs(glyphs, centre, rotation, solid)).ok()?;
            let mut below = grown(&mask, radius, halo.fill);
            below.blit(&letters, 0, 0);
            below
        }
    };
    Some(LabelImage { picture, width: w, height: h })
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
}
