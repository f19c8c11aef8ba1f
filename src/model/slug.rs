//! Slugs: the names that stand in addresses, XML element names and tile layers.

use std::fmt;

/// Longest slug: with a version suffix it still fits PostgreSQL's 63 bytes.
const MAX: usize = 50;

/// A name safe in a path, as an XML NCName and as a PostgreSQL table: `a-z`, `0-9`, `_` and `-`,
/// beginning with a letter, at most 50 bytes. A layer whose name somebody chose may have `A-Z`, too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' can't be used as a name; use 1 to 50 of a-z, 0-9, '-' and '_', beginning with a letter")]
pub struct SlugError(pub String);

impl Slug {
    /// Takes a text that must already be a slug.
    ///
    /// # Errors
    /// [`SlugError`] with the text.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let fits = (1..=MAX).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if fits { Ok(Self(text.to_owned())) } else { Err(SlugError(text.chars().take(80).collect())) }
    }

    /// Takes a name as somebody chose to spell it: with capital letters where [`Slug::parse`] wants small
    /// ones. Two names that differ in that alone are one name to people, so whoever gives names compares
    /// them by [`Slug::folded`].
    ///
    /// # Errors
    /// [`SlugError`] with the text.
    pub fn spelled(text: &str) -> Result<Self, SlugError> {
        Self::parse(&text.to_ascii_lowercase())
            .map(|_| Self(text.to_owned()))
            .map_err(|_| SlugError(text.chars().take(80).collect()))
    }

    /// The text in small letters.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes a slug of a title: accents go, runs of anything else become one `-`, a leading digit gets
/// `d-` before it. A title with no letter or digit at all becomes `layer`.
#[must_use]
pub fn slugify(title: &str) -> Slug {
    let mut out = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' | '_' => out.push(c),
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => out.push('a'),
            'ç' => out.push('c'),
            'è' | 'é' | 'ê' | 'ë' => out.push('e'),
            'ì' | 'í' | 'î' | 'ï' => out.push('i'),
            'ñ' => out.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => out.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => out.push('u'),
            'ý' | 'ÿ' => out.push('y'),
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    let trimmed = out.trim_matches(|c| c == '-' || c == '_');
    let mut slug = match trimmed.chars().next() {
        None => "layer".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("d-{trimmed}"),
        Some(_) => trimmed.to_owned(),
    };
    slug.truncate(MAX);
    Slug(slug.trim_end_matches(['-', '_']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_readable_slugs() {
        assert_eq!(slugify("Forêts & Étangs d'Été").as_str(), "forets-etangs-d-ete");
        assert_eq!(slugify("ZICAD_2024").as_str(), "zicad_2024");
        assert_eq!(slugify("2024 zones").as_str(), "d-2024-zones");
        assert_eq!(slugify("日本").as_str(), "layer");
        assert_eq!(slugify(&"x".repeat(200)).as_str().len(), 50);
    }

    #[test]
    fn every_made_slug_is_a_slug() {
        for title in ["", "--", "a", "9", "É_", "Plan Local d'Urbanisme (PLU) — 2023"] {
            assert!(Slug::parse(slugify(title).as_str()).is_ok(), "{title}");
        }
        for bad in ["", "Abc", "1a", "a b", "a;drop", "é"] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_chosen_name_keeps_its_capitals_and_nothing_else() {
        assert_eq!(
            Slug::spelled("RoadSegments").map(|s| (s.folded(), s.0)).ok(),
            Some(("roadsegments".into(), "RoadSegments".into()))
        );
        for bad in ["", "1A", "A B", "A;DROP", "É", "cite:Lakes", &"A".repeat(51)] {
            assert!(Slug::spelled(bad).is_err(), "{bad}");
        }
    }
}
