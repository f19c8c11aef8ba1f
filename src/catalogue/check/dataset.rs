//! Requirements of data: conformance class 1 (datasets and series) and 2 (interoperability) of the INSPIRE TG.

use super::common::is_language;
use super::rule::About::{Data, DataAndTables};
use super::rule::Level::{Info, Warning};
use super::rule::{Rule, unless, written};
use crate::catalogue::record::Kind;
use crate::catalogue::vocabulary::TOPIC_CATEGORIES;

pub(super) static RULES: [Rule; 17] = [
    Rule {
        id: "1.1",
        about: DataAndTables,
        gap: |r| {
            unless(
                !matches!(r.kind, Kind::Other(_)),
                Warning,
                "",
                "Le type de ressource n'est ni un jeu de données, ni une série : les portails de données ne le reprennent pas.",
                "The type of resource is neither dataset nor series: data portals pass it over.",
            )
        },
    },
    Rule { id: "1.2", about: DataAndTables, gap: written },
    Rule {
        id: "1.3",
        about: DataAndTables,
        gap: |r| {
            unless(
                r.resource.is_some(),
                Warning,
                "",
                "Il manque l'identificateur de la ressource ; data.gouv.fr ne reprend pas une fiche sans lui.",
                "The resource has no identifier; data.gouv.fr passes over a record without one.",
            )
        },
    },
    Rule {
        id: "1.4",
        about: Data,
        gap: |r| {
            unless(
                !r.inspire_themes.is_empty(),
                Info,
                "inspire-themes",
                "Aucun thème INSPIRE ; en indiquer un si les données relèvent de la directive.",
                "No INSPIRE theme; give one if the data fall under the directive.",
            )
        },
    },
    Rule {
        id: "1.5",
        about: Data,
        gap: |r| {
            unless(
                !(r.scales.is_empty() && r.distances.is_empty()),
                Info,
                "scale",
                "Il manque la résolution : une échelle (scale) ou une distance en mètres (resolution).",
                "There is no resolution: a scale (scale) or a distance in metres (resolution).",
            )
        },
    },
    Rule {
        id: "1.6",
        about: DataAndTables,
        gap: |r| {
            let known = r.resource_languages.iter().all(|language| is_language(language));
            unless(
                known && !r.resource_languages.is_empty(),
                Warning,
                "languages",
                "Il manque la langue des données (fre, ou zxx quand elles n'en ont pas).",
                "The language of the data is missing (fre, or zxx when they have none).",
            )
        },
    },
    Rule {
        id: "1.7",
        about: DataAndTables,
        gap: |r| {
            let known = r.topics.iter().all(|topic| TOPIC_CATEGORIES.get(topic).is_some());
            unless(
                known && !r.topics.is_empty(),
                Warning,
                "topics",
                "Il manque une catégorie thématique ISO connue.",
                "There is no known ISO topic category.",
            )
        },
    },
    Rule {
        id: "1.8",
        about: DataAndTables,
        gap: |r| {
            let reachable = r.links.iter().any(|link| !is_local(&link.url));
            unless(
                reachable,
                Warning,
                "",
                "Aucun lien ne peut être suivi d'ailleurs ; régler public-url sur l'adresse publique du serveur.",
                "No link can be followed from elsewhere; set public-url to the server's public address.",
            )
        },
    },
    Rule { id: "1.9", about: DataAndTables, gap: written },
    Rule {
        id: "1.10",
        about: Data,
        gap: |r| {
            let cited = r.conformity.iter().any(|c| c.title.contains("1089/2010"));
            unless(
                cited || r.inspire_themes.is_empty(),
                Info,
                "",
                "La conformité au règlement (UE) n° 1089/2010 n'est pas indiquée.",
                "Conformity with regulation (EU) No 1089/2010 is not given.",
            )
        },
    },
    Rule {
        id: "1.11",
        about: DataAndTables,
        gap: |r| {
            unless(
                r.lineage.is_some(),
                Warning,
                "lineage",
                "Il manque la généalogie : dire comment les données ont été faites.",
                "There is no lineage: say how the data were made.",
            )
        },
    },
    Rule {
        id: "2.1",
        about: Data,
        gap: |r| {
            unless(
                !r.crs.is_empty(),
                Warning,
                "",
                "Il manque le système de coordonnées.",
                "There is no coordinate reference system.",
            )
        },
    },
    Rule {
        id: "2.2",
        about: Data,
        gap: |r| {
            unless(
                r.crs.iter().all(|crs| crs.uri.is_some()),
                Info,
                "",
                "Un système de coordonnées n'a pas d'adresse dans le registre de l'OGC.",
                "A coordinate reference system has no address in the OGC's register.",
            )
        },
    },
    // Days and years are of the Gregorian calendar, and text is UTF-8.
    Rule { id: "2.3", about: Data, gap: written },
    Rule {
        id: "2.4",
        about: Data,
        gap: |r| {
            unless(
                r.representation.is_some(),
                Info,
                "",
                "Il manque le type de représentation spatiale (vecteur, grille).",
                "The type of spatial representation (vector, grid) is missing.",
            )
        },
    },
    Rule { id: "2.5", about: Data, gap: written },
    Rule {
        id: "2.6",
        about: Data,
        gap: |r| {
            unless(
                !r.formats.is_empty(),
                Warning,
                "",
                "Il manque un format de données.",
                "There is no format of the data.",
            )
        },
    },
];

/// Whether an address leads nowhere but to the machine itself, or is none of the web.
pub(super) fn is_local(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return true;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.starts_with("localhost")
        || host.starts_with("127.")
        || host.starts_with("[::1]")
        || host.starts_with("0.0.0.0")
}
