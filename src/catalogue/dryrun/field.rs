//! The fields of a record, as a person thinks of them.

use super::Said;
use crate::catalogue::record::Record;
use crate::catalogue::vocabulary::{
    CodeList, FREQUENCIES, HVD_CATEGORIES, INSPIRE_THEMES, SPATIAL_SCOPES, TOPIC_CATEGORIES,
};
use serde::Serialize;

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// What a harvester knows the data by.
    Identifier,
    /// Dataset, series, service.
    Type,
    /// Title.
    Title,
    /// Abstract.
    Abstract,
    /// Free keywords.
    Keywords,
    /// INSPIRE themes.
    InspireThemes,
    /// Categories of high-value datasets.
    HighValue,
    /// ISO topic categories.
    Topics,
    /// INSPIRE spatial scope.
    SpatialScope,
    /// Contacts with their roles.
    Contacts,
    /// Dates of creation, publication, revision.
    Dates,
    /// How often it is renewed.
    Frequency,
    /// What times it is about.
    Period,
    /// Where it is.
    Extent,
    /// Reference systems.
    ReferenceSystems,
    /// Scale or distance.
    Resolution,
    /// Licence.
    Licence,
    /// Limitations on public access.
    Access,
    /// Law it is published under.
    Legislation,
    /// How it came to be.
    Lineage,
    /// What it conforms to.
    Conformity,
    /// A picture of it.
    Preview,
    /// Services, files and pages.
    Links,
    /// Attributes of its layers.
    Attributes,
}

impl Field {
    /// All of them, the most important first.
    pub const ALL: [Self; 24] = [
        Self::Identifier,
        Self::Type,
        Self::Title,
        Self::Abstract,
        Self::Keywords,
        Self::InspireThemes,
        Self::HighValue,
        Self::Topics,
        Self::SpatialScope,
        Self::Contacts,
        Self::Dates,
        Self::Frequency,
        Self::Period,
        Self::Extent,
        Self::ReferenceSystems,
        Self::Resolution,
        Self::Licence,
        Self::Access,
        Self::Legislation,
        Self::Lineage,
        Self::Conformity,
        Self::Preview,
        Self::Links,
        Self::Attributes,
    ];

    /// Name for people.
    #[must_use]
    pub fn label(self) -> Said {
        match self {
            Self::Identifier => Said::new("Identifiant", "Identifier"),
            Self::Type => Said::new("Type", "Type"),
            Self::Title => Said::new("Titre", "Title"),
            Self::Abstract => Said::new("Résumé", "Abstract"),
            Self::Keywords => Said::new("Mots-clés", "Keywords"),
            Self::InspireThemes => Said::new("Thèmes INSPIRE", "INSPIRE themes"),
            Self::HighValue => Said::new("Données de forte valeur", "High-value dataset"),
            Self::Topics => Said::new("Catégories ISO", "ISO topics"),
            Self::SpatialScope => Said::new("Champ géographique", "Spatial scope"),
            Self::Contacts => Said::new("Contacts", "Contacts"),
            Self::Dates => Said::new("Dates", "Dates"),
            Self::Frequency => Said::new("Fréquence de mise à jour", "Frequency"),
            Self::Period => Said::new("Étendue temporelle", "Temporal extent"),
            Self::Extent => Said::new("Emprise", "Extent"),
            Self::ReferenceSystems => Said::new("Systèmes de coordonnées", "Reference systems"),
            Self::Resolution => Said::new("Résolution", "Resolution"),
            Self::Licence => Said::new("Licence", "Licence"),
            Self::Access => Said::new("Restrictions d'accès", "Limitations on access"),
            Self::Legislation => Said::new("Base légale", "Legislation"),
            Self::Lineage => Said::new("Généalogie", "Lineage"),
            Self::Conformity => Said::new("Conformité", "Conformity"),
            Self::Preview => Said::new("Aperçu", "Preview"),
            Self::Links => Said::new("Services et fichiers", "Services and files"),
            Self::Attributes => Said::new("Attributs", "Attributes"),
        }
    }

    /// What a record says in this field, in its own words; empty where it says nothing. Links are looked at one by one elsewhere.
    pub(super) fn values(self, record: &Record) -> Vec<String> {
        let labels = |list: &'static CodeList, codes: &[String]| -> Vec<String> {
            codes
                .iter()
                .map(|code| list.get(code).map_or(code.as_str(), |e| e.label(&record.language)).to_owned())
                .collect()
        };
        let texts = |terms: &[crate::catalogue::record::Term]| -> Vec<String> {
            terms
                .iter()
                .map(|t| if t.text.is_empty() { t.uri.clone().unwrap_or_default() } else { t.text.clone() })
                .collect()
        };
        let mut values = match self {
            Self::Identifier => record.resource.iter().map(|id| id.whole()).collect(),
            Self::Type => vec![record.kind.code().to_owned()],
            Self::Title => vec![record.title.clone()],
            Self::Abstract => vec![record.summary.clone()],
            Self::Keywords => record.keywords.iter().map(|k| k.text.clone()).collect(),
            Self::InspireThemes => labels(&INSPIRE_THEMES, &record.inspire_themes),
            Self::HighValue => labels(&HVD_CATEGORIES, &record.hvd_categories),
            Self::Topics => labels(&TOPIC_CATEGORIES, &record.topics),
            Self::SpatialScope => labels(&SPATIAL_SCOPES, record.spatial_scope.as_slice()),
            Self::Contacts => record
                .contacts
                .iter()
                .map(|contact| {
                    let name =
                        contact.organisation.as_deref().or(contact.person.as_deref()).unwrap_or_default();
                    match &contact.email {
                        Some(email) => format!("{name} <{email}> ({})", contact.role),
                        None => format!("{name} ({})", contact.role),
                    }
                })
                .collect(),
            Self::Dates => [record.created, record.published, record.revised]
                .into_iter()
                .flatten()
                .map(|d| d.to_string())
                .collect(),
            Self::Frequency => labels(&FREQUENCIES, record.frequency.as_slice()),
            Self::Period => record.periods.iter().map(|p| p.to_string()).collect(),
            Self::Extent => record
                .boxes
                .iter()
                .map(|b| format!("{:.4} {:.4} {:.4} {:.4}", b.min_x, b.min_y, b.max_x, b.max_y))
                .collect(),
            Self::ReferenceSystems => record.crs.iter().map(|crs| crs.code.clone()).collect(),
            Self::Resolution => {
                let scales = record.scales.iter().map(|scale| format!("1:{scale}"));
                scales.chain(record.distances.iter().map(|d| format!("{} {}", d.value, d.unit))).collect()
            }
            Self::Licence => texts(&record.licences),
            Self::Access => texts(&record.access),
            Self::Legislation => texts(&record.legislation),
            Self::Lineage => record.lineage.clone().into_iter().collect(),
            Self::Conformity => record.conformity.iter().map(|c| c.title.clone()).collect(),
            Self::Preview => record.preview.clone().into_iter().collect(),
            Self::Links => record.links.iter().map(|link| link.url.clone()).collect(),
            Self::Attributes => {
                record.layers.iter().flat_map(|l| l.columns.iter().map(|c| c.name.clone())).collect()
            }
        };
        values.retain(|value| !value.trim().is_empty());
        values
    }

    /// What a producer writes on the command line to fill the field in, after `datasud describe DATASET`; none where the data or the
    /// platform tell it.
    pub(super) const fn option(self) -> Option<&'static str> {
        Some(match self {
            Self::Title => "--title …",
            Self::Abstract => "--abstract …",
            Self::Keywords => "--keyword …",
            Self::InspireThemes => "--inspire-theme …",
            Self::HighValue => "--hvd …",
            Self::Topics => "--topic …",
            Self::SpatialScope => "--spatial-scope …",
            Self::Contacts => "--contact …",
            Self::Frequency => "--frequency …",
            Self::Period => "--temporal …",
            Self::Resolution => "--scale …",
            Self::Licence => "--licence …",
            Self::Legislation => "--legal-basis …",
            Self::Lineage => "--lineage …",
            _ => return None,
        })
    }
}
