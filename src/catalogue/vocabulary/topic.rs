//! The topic category that words hint at.

use super::{INSPIRE_THEMES, fold};

/// Beginnings of words that tell a topic category when no INSPIRE theme is among the keywords.
const HINTS: [(&str, &str); 39] = [
    ("commune", "boundaries"),
    ("departement", "boundaries"),
    ("canton", "boundaries"),
    ("intercommunal", "boundaries"),
    ("epci", "boundaries"),
    ("limite", "boundaries"),
    ("route", "transportation"),
    ("voie", "transportation"),
    ("transport", "transportation"),
    ("cyclable", "transportation"),
    ("randonnee", "transportation"),
    ("gare", "transportation"),
    ("cours d'eau", "inlandWaters"),
    ("hydro", "inlandWaters"),
    ("riviere", "inlandWaters"),
    ("littoral", "oceans"),
    ("plage", "oceans"),
    ("urbanisme", "planningCadastre"),
    ("plu", "planningCadastre"),
    ("cadastr", "planningCadastre"),
    ("parcelle", "planningCadastre"),
    ("zonage", "planningCadastre"),
    ("economi", "economy"),
    ("activite", "economy"),
    ("entreprise", "economy"),
    ("agricol", "farming"),
    ("vigne", "farming"),
    ("foret", "environment"),
    ("natura", "environment"),
    ("environnement", "environment"),
    ("risque", "geoscientificInformation"),
    ("incendie", "environment"),
    ("batiment", "structure"),
    ("equipement", "structure"),
    ("sante", "health"),
    ("hopital", "health"),
    ("ecole", "society"),
    ("population", "society"),
    ("reseau", "utilitiesCommunication"),
];

/// The topic category of a record: of its INSPIRE theme, else hinted by its words, else `location`, which
/// is true of any data with a place.
pub(in crate::catalogue) fn topic_category(themes: &[String], keywords: &[String], title: &str) -> String {
    let of_theme = themes.iter().find_map(|code| INSPIRE_THEMES.get(code)?.topic.clone());
    let hinted = || {
        let words = fold(&format!("{title} {}", keywords.join(" ")));
        let begins = |hint: &str| {
            words.match_indices(hint).any(|(at, _)| {
                !words.get(..at).unwrap_or_default().chars().next_back().is_some_and(char::is_alphanumeric)
            })
        };
        HINTS.iter().find(|(hint, _)| begins(hint)).map(|(_, topic)| (*topic).to_owned())
    };
    of_theme.or_else(hinted).unwrap_or_else(|| "location".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_come_from_the_theme_then_from_words() {
        let topic = |themes: &[&str], title: &str| {
            topic_category(&themes.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>(), &[], title)
        };
        assert_eq!(topic(&["au"], "Routes"), "boundaries");
        assert_eq!(topic(&[], "Réseau des Routes"), "transportation");
        assert_eq!(topic(&[], "Forêts de l'Estérel"), "environment");
        assert_eq!(topic(&[], "Déroute"), "location");
    }
}
