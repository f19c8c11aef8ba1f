//! CKAN with ckanext-spatial: some fields of ISO 19139 become fields and extras of a package.

use super::outcome::{absent, needed, no_place, plain};
use super::{Field, Outcome, Said, links};
use crate::catalogue::record::Record;

/// Letters of a tag; the rest is cut off.
const TAG: usize = 100;

pub(super) fn outcomes(record: &Record, field: Field) -> Vec<Outcome> {
    let values = field.values(record);
    match field {
        Field::Identifier => plain(record, field, "extra", "extra"),
        Field::Type => plain(record, field, "extra « resource-type »", "extra ‘resource-type’"),
        Field::Title => needed(record, field, "titre", "title"),
        Field::Abstract => plain(record, field, "notes", "notes"),
        Field::Keywords if values.iter().any(|word| word.chars().count() > TAG) => vec![Outcome::changed(
            field,
            &values,
            Said::new("étiquettes coupées à 100 lettres", "tags cut after 100 letters"),
            Said::new("une étiquette a 100 lettres au plus", "a tag has 100 letters at most"),
        )],
        Field::Keywords | Field::InspireThemes => plain(record, field, "étiquettes", "tags"),
        Field::HighValue if !values.is_empty() => {
            vec![Outcome::kept(
                field,
                &values,
                "étiquettes « hvd » et la catégorie",
                "tags ‘hvd’ and the category",
            )]
        }
        Field::Contacts if values.is_empty() => absent(field),
        Field::Contacts => vec![Outcome::changed(
            field,
            &values,
            Said::new("noms et rôles, un seul courriel", "names and roles, one e-mail address"),
            Said::new("les extras ne gardent que cela", "that is all that extras hold"),
        )],
        Field::Dates => {
            plain(record, field, "extra « dataset-reference-date »", "extra ‘dataset-reference-date’")
        }
        Field::Frequency => {
            plain(record, field, "extra « frequency-of-update »", "extra ‘frequency-of-update’")
        }
        Field::Period => plain(record, field, "extras de début et de fin", "extras of begin and end"),
        Field::Extent => extent(record, &values),
        Field::ReferenceSystems => {
            plain(record, field, "extra « spatial-reference-system »", "extra ‘spatial-reference-system’")
        }
        Field::Licence if values.is_empty() => absent(field),
        Field::Licence => vec![Outcome::changed(
            field,
            &values,
            Said::new(
                "extra, et la licence du paquet si le CKAN la connaît sous cette adresse",
                "extra, and the package's licence if that CKAN knows it by this address",
            ),
            Said::new(
                "la liste des licences est propre à chaque CKAN",
                "each CKAN has its own list of licences",
            ),
        )],
        Field::Access => plain(record, field, "extra « access_constraints »", "extra ‘access_constraints’"),
        Field::Preview => {
            plain(record, field, "extra « graphic-preview-file »", "extra ‘graphic-preview-file’")
        }
        Field::Links => links::by_ckan(record),
        Field::HighValue => Vec::new(),
        Field::Topics
        | Field::SpatialScope
        | Field::Resolution
        | Field::Legislation
        | Field::Lineage
        | Field::Conformity
        | Field::Attributes => no_place(record, field, "n'est pas lu", "is not read"),
    }
}

/// The first box; one without an area is a point.
fn extent(record: &Record, values: &[String]) -> Vec<Outcome> {
    let Some(first) = record.boxes.first() else { return Vec::new() };
    let point = first.width() == 0.0 || first.height() == 0.0;
    let several = record.boxes.len() > 1;
    if !point && !several {
        return plain(record, Field::Extent, "extra « spatial »", "extra ‘spatial’");
    }
    let (theirs, why) = if point {
        (Said::new("un point", "a point"), Said::new("l'emprise n'a pas de surface", "the box has no area"))
    } else {
        (
            Said::new("la première emprise", "the first box"),
            Said::new("une seule emprise est gardée", "one box is kept"),
        )
    };
    vec![Outcome::changed(Field::Extent, values, theirs, why)]
}
