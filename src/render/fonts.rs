//! Fonts by the names that web maps give them, and their letters as fields: what `text-font` and `glyphs` of MapLibre need.

use super::outlines::glyph_path;
use super::sdf;
use super::text::FONTS;
use crate::formats::glyphs::{BORDER, EM, Glyph, encode};
use crate::style::{Font, FontName, FontStyle};
use parley::fontique::{Attributes, FontWidth, GenericFamily, QueryFamily, QueryFont};
use parley::{FontContext, FontWeight};
use skrifa::instance::{Location, Size};
use skrifa::{FontRef, MetadataProvider};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::PoisonError;
use vello_cpu::kurbo::Affine;

/// Names of a stack that are looked at.
const MOST: usize = 10;
/// Where MapLibre puts the reference of a line below its middle, in pixels of the em.
const REFERENCE: f32 = 17.0;

/// Fonts in order of preference: a letter comes from the first that has it. Behind those that were named stands the one
/// that labels of maps are drawn with where a style names none.
#[derive(Clone)]
pub struct FontStack {
    faces: Vec<Face>,
}

/// A font of the machine.
#[derive(Clone)]
struct Face {
    name: String,
    font: QueryFont,
}

/// Names of all fonts of the machine as `text-font` takes them, sorted.
#[must_use]
pub fn font_names() -> Vec<String> {
    let mut fonts = FONTS.lock().unwrap_or_else(PoisonError::into_inner);
    let families: Vec<_> = fonts.collection.family_ids().collect();
    let mut names = BTreeSet::new();
    for family in families.into_iter().filter_map(|id| fonts.collection.family(id)) {
        for face in family.fonts().iter().filter(|face| face.width() == FontWidth::NORMAL) {
            names.insert(face_name(family.name(), face.weight(), face.style()));
        }
    }
    names.into_iter().collect()
}

fn face_name(family: &str, weight: FontWeight, style: parley::FontStyle) -> String {
    let style = match style {
        parley::FontStyle::Normal => FontStyle::Normal,
        parley::FontStyle::Italic => FontStyle::Italic,
        parley::FontStyle::Oblique(_) => FontStyle::Oblique,
    };
    FontName::of(family, &Font { weight: weight.value(), style, ..Font::default() })
}

impl FontStack {
    /// The fonts of some names that the machine has, and the default one behind them in the weight and slope of the first
    /// name. Empty only where no font is installed.
    #[must_use]
    pub fn find<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.take(MOST).collect();
        let mut fonts = FONTS.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stack = Self { faces: Vec::new() };
        for name in &names {
            let asked = FontName::parse(name);
            // A family whose own name ends in a word of weight.
            if fonts.collection.family_id(name.trim()).is_some() {
                stack.add(&mut fonts, QueryFamily::Named(name.trim()), 400.0, FontStyle::Normal);
            } else {
                stack.add(&mut fonts, QueryFamily::Named(asked.family), asked.weight, asked.style);
            }
        }
        let first = FontName::parse(names.first().copied().unwrap_or_default());
        for family in [QueryFamily::Named("DejaVu Sans"), QueryFamily::Generic(GenericFamily::SansSerif)] {
            stack.add(&mut fonts, family, first.weight, first.style);
        }
        if stack.faces.is_empty() {
            let any = fonts.collection.family_ids().next();
            if let Some(family) = any {
                stack.add(&mut fonts, QueryFamily::Id(family), first.weight, first.style);
            }
        }
        stack
    }

    fn add(&mut self, fonts: &mut FontContext, family: QueryFamily<'_>, weight: f32, style: FontStyle) {
        let FontContext { collection, source_cache } = fonts;
        let style = match style {
            FontStyle::Normal => parley::FontStyle::Normal,
            FontStyle::Italic => parley::FontStyle::Italic,
            FontStyle::Oblique => parley::FontStyle::Oblique(None),
        };
        let mut query = collection.query(source_cache);
        query.set_families([family]);
        query.set_attributes(Attributes::new(FontWidth::NORMAL, style, FontWeight::new(weight)));
        let Some(font) = query.first_available_font() else { return };
        drop(query);
        let same = |known: &Face| {
            known.font.family == font.family
                && known.font.index == font.index
                && known.font.synthesis == font.synthesis
        };
        if self.faces.iter().any(same) {
            return;
        }
        let Some(info) = collection.family(font.family.0) else { return };
        let Some(face) = info.fonts().get(font.family.1) else { return };
        self.faces.push(Face { name: face_name(info.name(), face.weight(), face.style()), font });
    }

    /// Names of the fonts that letters come from, in order, joined by commas.
    #[must_use]
    pub fn name(&self) -> String {
        self.faces.iter().map(|face| face.name.as_str()).collect::<Vec<_>>().join(",")
    }

    /// The letters of a range of code points, those that some font of the stack has, as MapLibre reads them.
    ///
    /// Letters stand where labels of our own maps have them: the middle of the first font's line is that of MapLibre's.
    #[must_use]
    pub fn glyphs(&self, range: RangeInclusive<u32>) -> Vec<u8> {
        let open: Vec<Open<'_>> = self.faces.iter().filter_map(Open::of).collect();
        let reference = open.first().map_or(REFERENCE, |first| REFERENCE + first.middle);
        let glyphs: Vec<Glyph> = range
            .clone()
            .filter_map(char::from_u32)
            .filter(|letter| !letter.is_control())
            .filter_map(|letter| open.iter().find_map(|face| face.glyph(letter, reference.round() as i32)))
            .collect();
        encode(&self.name(), &format!("{}-{}", range.start(), range.end()), &glyphs)
    }
}

/// A font that is read.
struct Open<'a> {
    font: FontRef<'a>,
    location: Location,
    slope: f64,
    /// How far the baseline is below the middle of a line.
    middle: f32,
}

impl<'a> Open<'a> {
    fn of(face: &'a Face) -> Option<Self> {
        let font = FontRef::from_index(face.font.blob.as_ref(), face.font.index).ok()?;
        let settings = face.font.synthesis.variation_settings();
        let location = font.axes().location(settings.iter().copied());
        let metrics = font.metrics(Size::new(EM), &location);
        let slope = face.font.synthesis.skew().map_or(0.0, |angle| f64::from(angle).to_radians().tan());
        Some(Self { middle: f32::midpoint(metrics.ascent, metrics.descent), font, location, slope })
    }

    /// A letter, where the font has it as an outline.
    fn glyph(&self, letter: char, reference: i32) -> Option<Glyph> {
        let id = self.font.charmap().map(letter)?;
        let mut outline = glyph_path(&self.font, id, EM, self.location.coords())?;
        if self.slope != 0.0 {
            outline.apply_affine(Affine::new([1.0, 0.0, self.slope, 1.0, 0.0, 0.0]));
        }
        let advance = self.font.glyph_metrics(Size::new(EM), &self.location).advance_width(id)?;
        let mut glyph = Glyph {
            id: letter.into(),
            bitmap: Vec::new(),
            width: 0,
            height: 0,
            left: 0,
            top: 0,
            advance: advance.round().clamp(0.0, 1000.0) as u32,
        };
        if let Some(field) = sdf::field(&outline, BORDER) {
            glyph.bitmap = field.values;
            (glyph.width, glyph.height) = (field.width, field.height);
            (glyph.left, glyph.top) = (field.left, field.top - reference);
        }
        Some(glyph)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_of_the_machine_are_listed_and_found_by_those_names() {
        let names = font_names();
        assert!(names.iter().any(|n| n == "DejaVu Sans") && names.iter().any(|n| n == "DejaVu Sans Bold"));
        for name in names.iter().filter(|n| n.starts_with("DejaVu")) {
            let stack = FontStack::find(std::iter::once(name.as_str()));
            assert_eq!(&stack.faces[0].name, name);
        }
    }

    #[test]
    fn an_unknown_font_is_the_default_one_in_its_weight() {
        let name = |names: &[&str]| FontStack::find(names.iter().copied()).name();
        assert!(name(&["Nulle Part Bold"]).starts_with("DejaVu Sans Bold"), "{}", name(&["Nulle Part Bold"]));
        assert!(name(&["Nulle Part", "DejaVu Serif"]).starts_with("DejaVu Serif,DejaVu Sans"));
        assert!(name(&[]).starts_with("DejaVu Sans"));
    }
}
