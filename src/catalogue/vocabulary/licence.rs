//! What the text of a licence means.

use super::{CodeEntry, LICENCES};

/// A licence as records and pages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Name for people.
    pub title: String,
    /// Its address, where it has one.
    pub uri: Option<String>,
}

/// The licence that a stored text means: an SPDX id, an address, or words.
#[must_use]
pub fn licence(text: &str) -> Licence {
    let text = text.trim();
    if let Some(entry) = licence_entry(text) {
        return Licence { title: entry.fr.clone(), uri: Some(entry.uri.clone()) };
    }
    let uri = (text.starts_with("https://") || text.starts_with("http://")).then(|| text.to_owned());
    Licence { title: text.to_owned(), uri }
}

/// The known licence that a text means.
#[must_use]
pub fn licence_entry(text: &str) -> Option<&'static CodeEntry> {
    LICENCES.find(text.trim().trim_end_matches(".html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_known_by_id_address_or_words() {
        let uri = |text| licence(text).uri;
        assert_eq!(uri("etalab-2.0").as_deref(), Some("https://spdx.org/licenses/etalab-2.0"));
        assert_eq!(uri("ETALAB-2.0"), uri("https://spdx.org/licenses/etalab-2.0.html"));
        assert_eq!(uri("lov2"), uri("etalab-2.0"));
        assert_eq!(uri("http://creativecommons.org/licenses/by/4.0"), uri("CC-BY-4.0"));
        assert_eq!(uri("https://example.org/l").as_deref(), Some("https://example.org/l"));
        assert_eq!(
            licence("Tous droits réservés"),
            Licence { title: "Tous droits réservés".into(), uri: None }
        );
    }
}
