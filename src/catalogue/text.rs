//! Words as they are searched: stems of French and English, without case, accents and elisions.
//!
//! Stems are made here, for records and for questions by the same functions, so that both always meet and the database needs
//! no dictionaries. French stems are made of the word with and without its accents, since people leave them out.

use super::vocabulary::fold;
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Words of a question at most.
const ASKED: usize = 20;
/// Letters of a word at most: what is longer is no word.
const LONGEST: usize = 60;
/// Stems of one record at most.
const STEMS: usize = 5_000;

/// Words that say nothing, folded: articles, pronouns, prepositions and what elision leaves of them.
const EMPTY: [&str; 58] = [
    "a", "an", "and", "are", "as", "at", "au", "aux", "avec", "by", "c", "ce", "ces", "d", "dans", "de",
    "des", "du", "elle", "en", "est", "et", "for", "from", "il", "ils", "in", "is", "it", "j", "l", "la",
    "le", "les", "leur", "m", "n", "of", "on", "or", "ou", "par", "pour", "qu", "que", "qui", "s", "sa",
    "se", "ses", "son", "sont", "sur", "t", "the", "to", "un", "une",
];

/// How much a word counts by where it stands (weights of PostgreSQL's text search).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Everything else.
    D,
    /// The abstract.
    C,
    /// Keywords, the organisation.
    B,
    /// The title.
    A,
}

/// The stems of texts with their weights, as a literal of `tsvector`.
pub(super) fn vector(texts: &[(&str, Weight)]) -> String {
    let stemmers = Stemmers::new();
    let mut all: BTreeMap<String, Weight> = BTreeMap::new();
    for (text, weight) in texts {
        for word in words(text) {
            if all.len() >= STEMS {
                break;
            }
            for stem in stemmers.of(&word, *weight > Weight::D) {
                let known = all.entry(stem).or_insert(*weight);
                *known = (*known).max(*weight);
            }
        }
    }
    let mut out = String::with_capacity(all.len() * 12);
    for (stem, weight) in all {
        let letter = match weight {
            Weight::A => "A",
            Weight::B => "B",
            Weight::C => "C",
            Weight::D => "D",
        };
        // Stems are letters and digits alone.
        let _ = write!(out, "'{stem}':1{letter} ");
    }
    out
}

/// What a person types as a `tsquery`: every word must occur in one of its stems. None where there is no word in it.
pub(super) fn query(text: &str) -> Option<String> {
    let stemmers = Stemmers::new();
    let all: Vec<String> = words(text)
        .take(ASKED)
        .map(|word| {
            let stems: Vec<String> =
                stemmers.of(&word, true).iter().map(|stem| format!("'{stem}'")).collect();
            format!("({})", stems.join(" | "))
        })
        .collect();
    (!all.is_empty()).then(|| all.join(" & "))
}

/// The words of a text, lower case with their accents; an elision is a word before its apostrophe.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && !('\u{300}'..='\u{36f}').contains(&c))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() <= LONGEST && EMPTY.binary_search(&fold(word).as_str()).is_err())
}

struct Stemmers {
    french: Stemmer,
    english: Stemmer,
}

impl Stemmers {
    fn new() -> Self {
        Self { french: Stemmer::create(Algorithm::French), english: Stemmer::create(Algorithm::English) }
    }

    /// The stems of a word, each once; in French without accents alone where not `every` one is wanted.
    fn of(&self, word: &str, every: bool) -> Vec<String> {
        let folded = fold(word);
        let mut stems = vec![fold(&self.french.stem(&folded))];
        if every {
            for stem in [fold(&self.french.stem(word)), fold(&self.english.stem(&folded))] {
                if !stems.contains(&stem) {
                    stems.push(stem);
                }
            }
        }
        stems.retain(|stem| !stem.is_empty() && stem.chars().all(char::is_alphanumeric));
        stems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meets(text: &str, asked: &str) -> bool {
        let vector = vector(&[(text, Weight::A)]);
        let query = query(asked).expect("a word");
        query.split(" & ").all(|any| {
            any.trim_matches(['(', ')']).split(" | ").any(|stem| vector.contains(&format!("{stem}:")))
        })
    }

    #[test]
    fn words_meet_whatever_their_form_accents_and_elision() {
        for (text, asked) in [
            ("Qualité de l'eau", "eau"),
            ("Qualité de l’eau", "EAUX"),
            ("Forêts publiques", "foret"),
            ("forets", "Forêt"),
            ("Données publiées", "publie"),
            ("Rivers and lakes", "river"),
            ("Pistes cyclables d'Aix", "piste cyclable"),
            ("Œuvres d'art", "oeuvre"),
            ("E\u{301}coles", "école"),
        ] {
            assert!(meets(text, asked), "{asked} in {text}");
        }
        assert!(!meets("Qualité de l'air", "eau"));
        assert!(!meets("Qualité de l'eau", "eau air"), "every word must occur");
    }

    #[test]
    fn a_word_counts_by_the_best_place_it_has() {
        assert_eq!(vector(&[("forêt", Weight::D), ("Forêts", Weight::A)]), "'foret':1A ");
    }

    #[test]
    fn what_has_no_word_asks_for_nothing_and_nothing_breaks_out_of_its_quotes() {
        for text in ["", "le la l'", "' & | ! ( )", "%_"] {
            assert_eq!(query(text), None, "{text}");
        }
        let hostile = query("x') | ('y \\ :* <-> ñ\u{0}").expect("words");
        assert!(!hostile.contains('\0') && !hostile.contains('\\') && !hostile.contains(':'), "{hostile}");
    }

    #[test]
    fn empty_words_are_in_order() {
        assert!(EMPTY.is_sorted());
    }
}
