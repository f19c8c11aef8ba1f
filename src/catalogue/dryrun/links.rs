//! What becomes of links.

use super::{Field, Outcome, Said};
use crate::catalogue::record::{Link, Record};

/// What udata makes of a link of ISO 19139, by SEMIC's XSLT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A resource.
    Resource,
    /// The page of the dataset.
    Landing,
    /// Nothing.
    Dropped,
}

/// A link is a resource when it asks for capabilities, or its function is to get something; information and search are dropped; the others
/// lead to the page of the dataset.
fn role(link: &Link) -> Role {
    let asks = link.url.to_ascii_lowercase().contains("request=getcapabilities");
    match link.function.as_deref() {
        _ if asks => Role::Resource,
        Some("download" | "offlineAccess" | "order") => Role::Resource,
        Some("information" | "search") => Role::Dropped,
        _ => Role::Landing,
    }
}

/// Whether the record has something that data.gouv.fr makes a resource of: without any, its licence is lost, too.
pub(super) fn has_resource(record: &Record) -> bool {
    record.links.iter().any(|link| role(link) == Role::Resource)
}

/// data.gouv.fr by ISO 19139.
pub(super) fn by_iso(record: &Record) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (at, link) in record.links.iter().enumerate() {
        let values = [named(link)];
        let twice = record.links[..at].iter().any(|other| other.url == link.url && other.name == link.name);
        let outcome = match role(link) {
            Role::Resource if twice => Outcome::lost(
                Field::Links,
                &values,
                Said::new(
                    "même adresse et même nom qu'un autre lien : ils deviennent une seule ressource",
                    "the same address and name as another link: they become one resource",
                ),
            )
            .with_remedy("Donner à chaque lien le nom de sa couche", "Give each link the name of its layer"),
            Role::Resource if is_service(link) => {
                Outcome::kept(Field::Links, &values, "ressource « api » avec son format", "resource ‘api’ with its format")
            }
            Role::Resource => Outcome::changed(
                Field::Links,
                &values,
                Said::new("ressource sans format ni somme de contrôle", "resource without format or checksum"),
                Said::new(
                    "ISO 19139 donne les formats du jeu, pas de chaque lien",
                    "ISO 19139 gives the formats of the dataset, not of each link",
                ),
            )
            .with_remedy(
                "Moissonner par DCAT, qui garde le format, la taille et la somme de contrôle de chaque fichier",
                "Harvest by DCAT, which keeps format, size and checksum of each file",
            ),
            Role::Landing => Outcome::kept(Field::Links, &values, "page du jeu de données", "page of the dataset"),
            Role::Dropped => Outcome::lost(
                Field::Links,
                &values,
                Said::new("les liens d'information et de recherche sont ignorés", "links for information and search are passed over"),
            ),
        };
        outcomes.push(outcome);
    }
    if !has_resource(record) {
        outcomes.push(no_resource());
    }
    outcomes
}

/// data.gouv.fr by DCAT: distributions with all that is said of them.
pub(super) fn by_dcat(record: &Record) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = record
        .links
        .iter()
        .map(|link| {
            let values = [named(link)];
            if role(link) == Role::Resource {
                Outcome::kept(
                    Field::Links,
                    &values,
                    "ressource avec format, type, taille et somme de contrôle connus",
                    "resource with format, type, size and checksum where known",
                )
            } else {
                Outcome::kept(Field::Links, &values, "page du jeu de données", "page of the dataset")
            }
        })
        .collect();
    if !has_resource(record) {
        outcomes.push(no_resource());
    }
    outcomes
}

/// CKAN takes every link and guesses its format from the address.
pub(super) fn by_ckan(record: &Record) -> Vec<Outcome> {
    let guesses = ["service=wms", "service=wfs", "service=wcs", "service=sos", "service=csw"];
    let endings =
        [".kml", ".kmz", ".gml", ".json", ".geojson", ".zip", ".csv", ".pdf", ".xml", ".png", ".tif"];
    record
        .links
        .iter()
        .map(|link| {
            let url = link.url.to_ascii_lowercase();
            let values = [named(link)];
            let guessed = guesses.iter().any(|g| url.contains(g)) || endings.iter().any(|e| url.ends_with(e));
            match (guessed, &link.name) {
                (true, Some(_)) => Outcome::kept(Field::Links, &values, "ressource", "resource"),
                (true, None) => Outcome::changed(
                    Field::Links,
                    &values,
                    Said::new("« Unnamed resource »", "‘Unnamed resource’"),
                    Said::new("le lien n'a pas de nom", "the link has no name"),
                ),
                (false, _) => Outcome::changed(
                    Field::Links,
                    &values,
                    Said::new("ressource sans format", "resource without format"),
                    Said::new(
                        "le format est deviné à la fin de l'adresse",
                        "the format is guessed from the end of the address",
                    ),
                ),
            }
        })
        .collect()
}

fn no_resource() -> Outcome {
    Outcome::lost(
        Field::Links,
        &[],
        Said::new(
            "aucun lien ne devient une ressource : la fiche arrive sans données",
            "no link becomes a resource: the record arrives without data",
        ),
    )
    .with_remedy(
        "Publier au moins une couche, ou donner à un lien la fonction « download »",
        "Publish a layer, or give a link the function ‘download’",
    )
}

/// Whether udata knows the type of service: by the query or by the protocol.
fn is_service(link: &Link) -> bool {
    let url = link.url.to_ascii_lowercase();
    let by_query = ["wms", "wfs", "wmts", "wcs", "csw"].iter().any(|s| url.contains(&format!("service={s}")));
    let protocol = link.protocol.as_ref().map(|term| term.text.to_ascii_lowercase());
    by_query || protocol.is_some_and(|text| text.starts_with("ogc:"))
}

fn named(link: &Link) -> String {
    match link.name.as_deref().or(link.description.as_deref()).filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} – {}", link.url),
        None => link.url.clone(),
    }
}
