//! GeoNetwork's CSW harvester keeps the record whole, as ISO 19139; what ISO has no place for is not in it.

use super::outcome::{needed, no_place, plain};
use super::{Field, Outcome, Said};
use crate::catalogue::record::Record;

pub(super) fn outcomes(record: &Record, field: Field) -> Vec<Outcome> {
    match field {
        Field::Identifier => needed(record, field, "identifiant de la ressource", "resource identifier"),
        Field::Title => needed(record, field, "dans la fiche", "in the record"),
        Field::Attributes => no_place(
            record,
            field,
            "ISO 19139 n'a pas de place pour les attributs",
            "ISO 19139 has no place for attributes",
        ),
        Field::Links => record
            .links
            .iter()
            .filter(|link| link.checksum.is_some() || link.media_type.is_some())
            .map(|link| {
                let theirs = Said::new(
                    "lien avec protocole, nom et fonction",
                    "link with protocol, name and function",
                );
                let why = Said::new(
                    "ISO 19139 n'a pas de place pour le type, la taille et la somme de contrôle d'un lien",
                    "ISO 19139 has no place for a link's type, size and checksum",
                );
                Outcome::changed(field, std::slice::from_ref(&link.url), theirs, why)
            })
            .collect(),
        Field::Dates | Field::Type => plain(record, field, "dans la fiche", "in the record"),
        _ => {
            let values = field.values(record);
            if values.is_empty() {
                return required(field);
            }
            vec![Outcome::kept(field, &values, "dans la fiche", "in the record")]
        }
    }
}

/// Géocatalogue reports to INSPIRE: what its rules want, and the record hasn't.
fn required(field: Field) -> Vec<Outcome> {
    match field {
        Field::Abstract
        | Field::Contacts
        | Field::Lineage
        | Field::Resolution
        | Field::Licence
        | Field::InspireThemes => super::outcome::absent(field),
        _ => Vec::new(),
    }
}
