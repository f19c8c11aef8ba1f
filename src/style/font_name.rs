//! Names of fonts as web maps write them: a family with its weight and slope behind it, as `DejaVu Sans Bold Oblique`.

use super::{Font, FontStyle};

/// Words of weights; the first of a weight is the one that is written.
const WEIGHTS: [(&str, f32); 17] = [
    ("Thin", 100.0),
    ("Hairline", 100.0),
    ("ExtraLight", 200.0),
    ("Extralight", 200.0),
    ("Light", 300.0),
    ("Regular", 400.0),
    ("Book", 400.0),
    ("Roman", 400.0),
    ("Medium", 500.0),
    ("Semibold", 600.0),
    ("SemiBold", 600.0),
    ("Demibold", 600.0),
    ("Bold", 700.0),
    ("ExtraBold", 800.0),
    ("Extrabold", 800.0),
    ("Black", 900.0),
    ("Heavy", 900.0),
];

/// A font of `text-font` (MapLibre Style Specification, layer type `symbol`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FontName<'a> {
    /// Family.
    pub family: &'a str,
    /// 400 is normal, 700 bold.
    pub weight: f32,
    /// Slope.
    pub style: FontStyle,
}

impl<'a> FontName<'a> {
    /// Reads a name. Words of weight and slope count at its end only; a name that is nothing else is a family.
    #[must_use]
    pub fn parse(name: &'a str) -> Self {
        let mut family = name.trim();
        let (mut weight, mut style) = (400.0, FontStyle::Normal);
        for (word, slope) in [("Italic", FontStyle::Italic), ("Oblique", FontStyle::Oblique)] {
            if let Some(rest) = before(family, word) {
                (family, style) = (rest, slope);
                break;
            }
        }
        if let Some((rest, found)) = WEIGHTS.iter().find_map(|(word, w)| Some((before(family, word)?, *w))) {
            (family, weight) = (rest, found);
        }
        Self { family, weight, style }
    }

    /// The name of one family of a font. What is neither heavy nor slanted is the family alone.
    #[must_use]
    pub fn of(family: &str, font: &Font) -> String {
        let nearest = WEIGHTS
            .iter()
            .min_by(|(_, a), (_, b)| (a - font.weight).abs().total_cmp(&(b - font.weight).abs()))
            .filter(|(_, weight)| (*weight - 400.0).abs() > 1.0);
        let slope = match font.style {
            FontStyle::Normal => "",
            FontStyle::Italic => " Italic",
            FontStyle::Oblique => " Oblique",
        };
        match nearest {
            Some((word, _)) => format!("{family} {word}{slope}"),
            None => format!("{family}{slope}"),
        }
    }
}

/// What stands before the last word, when that is `word` and something does.
fn before<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    name.strip_suffix(word)?.strip_suffix(' ').map(str::trim_end).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_families_with_weight_and_slope_behind_them() {
        for (name, family, weight, style) in [
            ("DejaVu Sans", "DejaVu Sans", 400.0, FontStyle::Normal),
            ("Open Sans Regular", "Open Sans", 400.0, FontStyle::Normal),
            ("Noto Sans Bold Italic", "Noto Sans", 700.0, FontStyle::Italic),
            (" DejaVu Sans Semibold Oblique ", "DejaVu Sans", 600.0, FontStyle::Oblique),
            ("Bold", "Bold", 400.0, FontStyle::Normal),
            ("Futura Bold Club", "Futura Bold Club", 400.0, FontStyle::Normal),
            ("Newbold", "Newbold", 400.0, FontStyle::Normal),
        ] {
            assert_eq!(FontName::parse(name), FontName { family, weight, style }, "{name}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same_font() {
        for weight in [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0] {
            for style in [FontStyle::Normal, FontStyle::Italic, FontStyle::Oblique] {
                let font = Font { weight, style, ..Font::default() };
                let name = FontName::of("DejaVu Sans", &font);
                assert_eq!(
                    FontName::parse(&name),
                    FontName { family: "DejaVu Sans", weight, style },
                    "{name}"
                );
            }
        }
        assert_eq!(FontName::of("A", &Font { weight: 690.0, ..Font::default() }), "A Bold");
    }
}
