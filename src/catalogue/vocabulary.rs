//! Code lists that records speak: licences, INSPIRE themes, topic categories; and how words are folded
//! for searching.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A licence as records and pages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Name for people.
    pub title: String,
    /// Its address, where it has one.
    pub uri: Option<String>,
}

/// Licences that French law allows for public data (décret n° 2017-638) and their kin: SPDX id, name.
const LICENCES: [(&str, &str); 9] = [
    ("etalab-2.0", "Licence Ouverte 2.0 / Open Licence 2.0"),
    ("ODbL-1.0", "Open Database License 1.0"),
    ("CC-BY-4.0", "Creative Commons Attribution 4.0"),
    ("CC-BY-SA-4.0", "Creative Commons Attribution - Partage dans les mêmes conditions 4.0"),
    ("CC-BY-NC-4.0", "Creative Commons Attribution - Pas d'utilisation commerciale 4.0"),
    ("CC0-1.0", "Creative Commons Zero 1.0"),
    ("PDDL-1.0", "Public Domain Dedication and License 1.0"),
    ("ODC-By-1.0", "Open Data Commons Attribution License 1.0"),
    ("MIT", "MIT License"),
];

/// The licence that a stored text means: an SPDX id, an address, or words.
#[must_use]
pub fn licence(text: &str) -> Licence {
    let text = text.trim();
    let spdx = text.strip_prefix("https://spdx.org/licenses/").unwrap_or(text).trim_end_matches(".html");
    if let Some((id, title)) = LICENCES.iter().find(|(id, _)| id.eq_ignore_ascii_case(spdx)) {
        return Licence { title: (*title).to_owned(), uri: Some(format!("https://spdx.org/licenses/{id}")) };
    }
    let uri = (text.starts_with("https://") || text.starts_with("http://")).then(|| text.to_owned());
    Licence { title: text.to_owned(), uri }
}

/// The 34 INSPIRE themes in French (GEMET, INSPIRE themes 1.0) with the ISO topic category of each
/// (MD_TopicCategoryCode; metadata regulation 1205/2008, annex, part B 2.1).
const THEMES: [(&str, &str); 34] = [
    ("Référentiels de coordonnées", "geoscientificInformation"),
    ("Systèmes de maillage géographique", "geoscientificInformation"),
    ("Dénominations géographiques", "location"),
    ("Unités administratives", "boundaries"),
    ("Adresses", "location"),
    ("Parcelles cadastrales", "planningCadastre"),
    ("Réseaux de transport", "transportation"),
    ("Hydrographie", "inlandWaters"),
    ("Sites protégés", "environment"),
    ("Altitude", "elevation"),
    ("Occupation des terres", "imageryBaseMapsEarthCover"),
    ("Ortho-imagerie", "imageryBaseMapsEarthCover"),
    ("Géologie", "geoscientificInformation"),
    ("Unités statistiques", "boundaries"),
    ("Bâtiments", "structure"),
    ("Sols", "geoscientificInformation"),
    ("Usage des sols", "planningCadastre"),
    ("Santé et sécurité des personnes", "health"),
    ("Services d'utilité publique et services publics", "utilitiesCommunication"),
    ("Installations de suivi environnemental", "structure"),
    ("Lieux de production et sites industriels", "structure"),
    ("Installations agricoles et aquacoles", "farming"),
    ("Répartition de la population — démographie", "society"),
    ("Zones de gestion, de restriction ou de réglementation et unités de déclaration", "planningCadastre"),
    ("Zones à risque naturel", "geoscientificInformation"),
    ("Conditions atmosphériques", "climatologyMeteorologyAtmosphere"),
    ("Caractéristiques géographiques météorologiques", "climatologyMeteorologyAtmosphere"),
    ("Caractéristiques géographiques océanographiques", "oceans"),
    ("Régions maritimes", "oceans"),
    ("Régions biogéographiques", "biota"),
    ("Habitats et biotopes", "biota"),
    ("Répartition des espèces", "biota"),
    ("Sources d'énergie", "economy"),
    ("Ressources minérales", "economy"),
];

/// The themes as [`fold`] writes them: every record and every capabilities document looks for them.
static FOLDED_THEMES: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| THEMES.iter().map(|(label, _)| (fold(label), *label)).collect());

/// The INSPIRE theme that a keyword names, with its exact label, whatever the keyword's case and accents.
#[must_use]
pub fn inspire_theme(keyword: &str) -> Option<&'static str> {
    FOLDED_THEMES.get(&fold(keyword)).copied()
}

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
pub(super) fn topic_category(keywords: &[String], title: &str) -> &'static str {
    let of_theme = keywords.iter().find_map(|keyword| {
        let folded = fold(keyword);
        THEMES.iter().find(|(label, _)| fold(label) == folded).map(|(_, topic)| *topic)
    });
    let hinted = || {
        let words = fold(&format!("{title} {}", keywords.join(" ")));
        let begins = |hint: &str| {
            words.match_indices(hint).any(|(at, _)| {
                !words.get(..at).unwrap_or_default().chars().next_back().is_some_and(char::is_alphanumeric)
            })
        };
        HINTS.iter().find(|(hint, _)| begins(hint)).map(|(_, topic)| *topic)
    };
    of_theme.or_else(hinted).unwrap_or("location")
}

/// Text as it is searched: lower case, no accents, ligatures in two letters. Records and questions are
/// folded by this one function, so that they meet.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => out.push('a'),
            'ç' | 'ć' | 'č' => out.push('c'),
            'è'..='ë' | 'ē' | 'ė' | 'ę' => out.push('e'),
            'ì'..='ï' | 'ī' => out.push('i'),
            'ñ' | 'ń' => out.push('n'),
            'ò'..='ö' | 'ø' | 'ō' => out.push('o'),
            'ù'..='ü' | 'ū' => out.push('u'),
            'ý' | 'ÿ' => out.push('y'),
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            'ß' => out.push_str("ss"),
            '’' | 'ʼ' => out.push('\''),
            // Combining accents of decomposed text.
            '\u{300}'..='\u{36f}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_known_by_id_address_or_words() {
        let uri = |text| licence(text).uri;
        assert_eq!(uri("etalab-2.0").as_deref(), Some("https://spdx.org/licenses/etalab-2.0"));
        assert_eq!(uri("ETALAB-2.0"), uri("https://spdx.org/licenses/etalab-2.0.html"));
        assert_eq!(uri("https://example.org/l").as_deref(), Some("https://example.org/l"));
        assert_eq!(
            licence("Tous droits réservés"),
            Licence { title: "Tous droits réservés".into(), uri: None }
        );
    }

    #[test]
    fn topics_come_from_the_theme_then_from_words() {
        let topic = |keywords: &[&str], title: &str| {
            topic_category(&keywords.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>(), title)
        };
        assert_eq!(topic(&["unites administratives"], "Routes"), "boundaries");
        assert_eq!(topic(&[], "Réseau des Routes"), "transportation");
        assert_eq!(topic(&[], "Forêts de l'Estérel"), "environment");
        assert_eq!(topic(&[], "Déroute"), "location");
    }

    #[test]
    fn folding_joins_composed_and_decomposed_accents() {
        assert_eq!(fold("Élève d’Œuvre"), "eleve d'oeuvre");
        assert_eq!(fold("E\u{301}le\u{300}ve"), "eleve");
    }
}
