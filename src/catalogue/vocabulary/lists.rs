//! The code lists that are part of the program.

use super::CodeList;
use std::sync::LazyLock;

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        $($(#[$doc])*
        pub static $name: LazyLock<CodeList> =
            LazyLock::new(|| CodeList::read(include_str!(concat!("../../../schemas/codelists/", $file, ".json"))));)*

        /// All lists, by name.
        #[must_use]
        pub fn all_lists() -> Vec<&'static CodeList> {
            vec![$(&*$name),*]
        }
    };
}

lists! {
    /// Limitations on public access (Directive 2007/2/EC article 13(1)).
    ACCESS_LIMITATIONS = "access-limitations";
    /// How often data are renewed: codes of ISO where it has them, and those of the EU's table.
    FREQUENCIES = "frequencies";
    /// The six categories of high-value datasets (regulation (EU) 2023/138).
    HVD_CATEGORIES = "hvd-categories";
    /// The 34 themes of INSPIRE.
    INSPIRE_THEMES = "inspire-themes";
    /// Licences by their SPDX id.
    LICENCES = "licences";
    /// CI_RoleCode.
    ROLES = "roles";
    /// INSPIRE spatial scopes.
    SPATIAL_SCOPES = "spatial-scopes";
    /// MD_TopicCategoryCode.
    TOPIC_CATEGORIES = "topic-categories";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::vocabulary::fold;
    use std::collections::HashSet;

    #[test]
    fn every_list_is_whole_its_codes_and_labels_unique_and_its_addresses_absolute() {
        let counts: Vec<(&str, usize)> =
            all_lists().iter().map(|l| (l.id.as_str(), l.entries.len())).collect();
        assert_eq!(
            counts,
            [
                ("access-limitations", 9),
                ("frequencies", 27),
                ("hvd-categories", 6),
                ("inspire-themes", 34),
                ("licences", 12),
                ("roles", 11),
                ("spatial-scopes", 5),
                ("topic-categories", 19),
            ]
        );
        for list in all_lists() {
            assert!(!list.source.is_empty() && list.uri.starts_with("http"), "{}", list.id);
            let (mut codes, mut uris, mut fr, mut en) =
                (HashSet::new(), HashSet::new(), HashSet::new(), HashSet::new());
            for entry in &list.entries {
                for address in std::iter::once(&entry.uri) {
                    let absolute = address.starts_with("http://") || address.starts_with("https://");
                    assert!(absolute && !address.contains(char::is_whitespace), "{address}");
                }
                assert!(codes.insert(&entry.code), "{} twice in {}", entry.code, list.id);
                assert!(uris.insert(&entry.uri), "{} twice in {}", entry.uri, list.id);
                assert!(fr.insert(fold(&entry.fr)), "{} twice in {}", entry.fr, list.id);
                assert!(en.insert(fold(&entry.en)), "{} twice in {}", entry.en, list.id);
                for text in [&entry.code, &entry.uri, &entry.fr, &entry.en].into_iter().chain(&entry.also) {
                    assert_eq!(list.find(text), Some(entry), "'{text}' means another entry of {}", list.id);
                }
            }
        }
    }

    #[test]
    fn what_entries_of_one_list_say_of_another_is_in_it() {
        for theme in &INSPIRE_THEMES.entries {
            let topic = theme.topic.as_deref().unwrap_or_default();
            assert!(TOPIC_CATEGORIES.get(topic).is_some(), "{} has the topic '{topic}'", theme.code);
        }
        let of_iso = FREQUENCIES.entries.iter().filter(|f| f.iso == Some(true)).count();
        assert_eq!(of_iso, 12, "codes of ISO 19115:2003");
        let listed: Vec<_> =
            LICENCES.entries.iter().filter(|l| l.listed == Some(true)).map(|l| &l.code).collect();
        assert_eq!(listed, ["etalab-2.0", "ODbL-1.0"]);
    }

    #[test]
    fn an_entry_is_found_by_any_spelling_and_a_misspelling_has_proposals() {
        for text in [
            "au",
            "AU",
            "unites administratives",
            "Administrative Units",
            "https://inspire.ec.europa.eu/theme/au/",
        ] {
            assert_eq!(INSPIRE_THEMES.find(text).map(|e| e.code.as_str()), Some("au"), "{text}");
        }
        assert_eq!(FREQUENCIES.find("Annuelle").map(|e| e.code.as_str()), Some("annually"));
        assert!(INSPIRE_THEMES.find("unités").is_none());
        let proposed = |list: &CodeList, text: &str| -> Vec<String> {
            list.nearest(text).iter().map(|e| e.code.clone()).collect()
        };
        assert_eq!(proposed(&INSPIRE_THEMES, "unité administrative").first().map(String::as_str), Some("au"));
        assert_eq!(proposed(&FREQUENCIES, "anuelle").first().map(String::as_str), Some("annually"));
        assert!(proposed(&SPATIAL_SCOPES, "xyzzy-plugh").is_empty());
    }
}
