//! Names of tables, columns and sheets that the programs which read a file tell apart, whatever their case.

use std::collections::HashSet;

/// Names in use, in lower case.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// Names of which some are taken from the start.
    pub(super) fn with(taken: &[&str]) -> Self {
        Self(taken.iter().map(|n| n.to_lowercase()).collect())
    }

    /// The name itself, or with a number behind it when it is taken.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        self.unique_within(wanted, usize::MAX, str::len)
    }

    /// The same for names that may not be longer than `most`, as `length` measures them: what is too long is
    /// cut between two characters, before the number.
    pub(super) fn unique_within(&mut self, wanted: &str, most: usize, length: fn(&str) -> usize) -> String {
        let numbered = (2_u64..).map(|n| {
            let number = format!("_{n}");
            format!("{}{number}", cut(wanted, most.saturating_sub(number.len()), length))
        });
        let free = std::iter::once(cut(wanted, most, length).to_owned())
            .chain(numbered)
            .find(|n| !self.0.contains(&n.to_lowercase()));
        let name = free.unwrap_or_else(|| wanted.to_owned());
        self.0.insert(name.to_lowercase());
        name
    }
}

/// The beginning of a text that is no longer than `most`.
fn cut(text: &str, most: usize, length: fn(&str) -> usize) -> &str {
    let mut kept = text;
    while length(kept) > most {
        let Some((last, _)) = kept.char_indices().next_back() else { break };
        kept = kept.get(..last).unwrap_or_default();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_only_get_a_number() {
        let mut names = Names::with(&["fid", "geom"]);
        assert_eq!(names.unique("nom"), "nom");
        assert_eq!(names.unique("NOM"), "NOM_2");
        assert_eq!(names.unique("Nom"), "Nom_3");
        assert_eq!(names.unique("FID"), "FID_2");
        assert_eq!(names.unique("nom_2"), "nom_2_2");
        assert_eq!(names.unique("Étang"), "Étang");
    }

    #[test]
    fn names_are_cut_between_characters_and_stay_apart() {
        let mut names = Names::default();
        let cut = |names: &mut Names, wanted: &str| names.unique_within(wanted, 10, str::len);
        assert_eq!(cut(&mut names, "population_municipale"), "population");
        assert_eq!(cut(&mut names, "population_totale"), "populati_2");
        assert_eq!(cut(&mut names, "POPULATION"), "POPULATI_3");
        assert_eq!(cut(&mut names, "année_créée"), "année_cr");
        assert_eq!(cut(&mut names, "éééééé"), "ééééé");
        assert_eq!(cut(&mut names, "ééééééé"), "éééé_2");
        let all: Vec<String> = (0..300).map(|_| cut(&mut names, "longue_colonne")).collect();
        assert!(all.iter().all(|n| n.len() <= 10), "{all:?}");
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 300);
    }
}
