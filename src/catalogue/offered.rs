//! What OGC API - Records offers of the queryables, by the names that its records have.

use super::queryables::{Holds, find};

/// A queryable as OGC API - Records offers it (OGC 20-004r1 tables 8 and 9 name the properties of records).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Name in requests, as records name the property.
    pub name: &'static str,
    /// For people: French, English.
    pub titles: (&'static str, &'static str),
    /// Type of JSON Schema, and its format.
    pub kind: (&'static str, Option<&'static str>),
    /// Whether records can be put in its order.
    pub is_sortable: bool,
}

/// What OGC API - Records offers.
#[must_use]
pub fn offered() -> Vec<Offered> {
    const NAMES: [(&str, &str, &str); 19] = [
        ("id", "Identifiant", "Identifier"),
        ("type", "Type de ressource", "Type of resource"),
        ("title", "Titre", "Title"),
        ("description", "Résumé", "Abstract"),
        ("keywords", "Mot-clé", "Keyword"),
        ("topicCategory", "Catégorie thématique (ISO 19115)", "Topic category (ISO 19115)"),
        ("language", "Langue", "Language"),
        ("formats", "Format", "Format"),
        ("crs", "Système de coordonnées", "Reference system"),
        ("publisher", "Organisation", "Organisation"),
        ("license", "Licence et conditions", "Licence and conditions"),
        ("lineage", "Généalogie", "Lineage"),
        ("protocol", "Protocole des liens", "Protocol of links"),
        ("spatial", "Nom de lieu", "Name of a place"),
        ("externalIds", "Identifiant de la ressource", "Identifier of the resource"),
        ("updated", "Mise à jour de la fiche", "Last change of the record"),
        ("issued", "Première publication", "First publication"),
        ("revised", "Mise à jour de la ressource", "Last change of the resource"),
        ("geometry", "Emprise", "Extent"),
    ];
    let known = NAMES.into_iter().filter_map(|(name, fr, en)| Some((name, (fr, en), find(name)?)));
    known
        .map(|(name, titles, queryable)| Offered {
            name,
            titles,
            kind: match queryable.holds {
                Holds::Text | Holds::List | Holds::Anything => ("string", None),
                Holds::Instant => ("string", Some("date-time")),
                Holds::Number => ("number", None),
                Holds::Place => ("object", Some("geometry-polygon")),
            },
            is_sortable: !matches!(queryable.holds, Holds::Place | Holds::List),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::SortKey;

    #[test]
    fn every_property_that_records_of_the_api_are_asked_for_is_known() {
        let all = offered();
        assert_eq!(all.len(), 19);
        assert!(all.iter().all(|o| !o.is_sortable || SortKey::parse(o.name, false).is_ok()));
    }
}
