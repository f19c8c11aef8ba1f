//! Text: shaped by parley, and kept.

use crate::style::{Font, FontStyle};
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
/// Texts kept by each thread.
const KEPT: usize = 4_000;

/// Where Debian and its kin keep fonts; looked at when fontconfig names none.
const FONT_FOLDERS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];

/// The fonts of the machine.
pub(super) static FONTS: LazyLock<Mutex<FontContext>> = LazyLock::new(|| {
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
    kept: HashMap<TextKey, Option<Rc<Glyphs>>>,
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

    /// One letter of a run, as wide as it is set.
    pub(super) fn alone(letter: GlyphRun, height: f32) -> Self {
        let width = letter.glyphs.first().map_or(0.0, |glyph| glyph.advance);
        Self { width, height, runs: vec![letter] }
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

#[derive(Clone, PartialEq, Eq, Hash)]
struct TextKey {
    text: String,
    font: FontKey,
    size: u32,
    wrap: u32,
}

/// A font without its size, as a key.
pub(super) type FontKey = (Vec<String>, u32, FontStyle);

pub(super) fn font_key(font: &Font) -> FontKey {
    (font.families.clone(), font.weight.to_bits(), font.style)
}

/// Letters of a size in pixels, ready to be drawn; in lines of that width, in one when 0. `None` when nothing of it can be
/// drawn.
pub(super) fn shaped(text: &str, font: &Font, size: f32, wrap: f32) -> Option<Rc<Glyphs>> {
    let text = shortened(text)?;
    let key = TextKey { text, font: font_key(font), size: size.to_bits(), wrap: wrap.to_bits() };
    SHAPER.with_borrow_mut(|shaper| {
        if let Some(known) = shaper.kept.get(&key) {
            return known.clone();
        }
        let made = shaper.shape(&key.text, font, size, wrap).map(Rc::new);
        if shaper.kept.len() >= KEPT {
            shaper.kept.clear();
        }
        shaper.kept.insert(key, made.clone());
        made
    })
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
