//! data.gouv.fr: udata by CSW with SEMIC's XSLT, and by DCAT.

use super::outcome::{absent, needed, no_place, plain};
use super::{Field, Outcome, Said, links};
use crate::catalogue::record::{Kind, Record};
use crate::catalogue::vocabulary::{FREQUENCIES, licence_entry};
use chrono::{DateTime, Utc};

/// Letters that a tag of udata may have.
const TAG: std::ops::RangeInclusive<usize> = 3..=96;

/// By CSW and ISO 19139.
pub(super) fn by_csw(record: &Record, field: Field, now: DateTime<Utc>) -> Vec<Outcome> {
    let values = field.values(record);
    match field {
        Field::InspireThemes => {
            plain(record, field, "étiquette, et l'étiquette « inspire »", "tag, and the tag ‘inspire’")
        }
        Field::HighValue if !values.is_empty() => {
            vec![Outcome::kept(
                field,
                &values,
                "étiquettes « hvd » et la catégorie",
                "tags ‘hvd’ and the category",
            )]
        }
        Field::SpatialScope => no_place(
            record,
            field,
            "un mot-clé avec adresse (Anchor) perd son libellé",
            "a keyword with an address (Anchor) loses its label",
        ),
        Field::ReferenceSystems | Field::Conformity => no_place(
            record,
            field,
            "gardé dans la conformité seulement",
            "kept among what it conforms to only",
        ),
        Field::Licence if !values.is_empty() && !links::has_resource(record) => vec![Outcome::lost(
            field,
            &values,
            Said::new(
                "la licence est lue avec les ressources, et il n'y en a pas",
                "the licence is read with the resources, and there are none",
            ),
        )],
        Field::Links => links::by_iso(record),
        _ => both(record, field, values, now),
    }
}

/// By DCAT.
pub(super) fn by_dcat(record: &Record, field: Field, now: DateTime<Utc>) -> Vec<Outcome> {
    let values = field.values(record);
    match field {
        Field::InspireThemes => plain(record, field, "étiquette et thème", "tag and theme"),
        Field::HighValue if !values.is_empty() => vec![Outcome::changed(
            field,
            &values,
            Said::new("étiquette « hvd » et thème", "tag ‘hvd’ and theme"),
            Said::new(
                "dcatap:hvdCategory n'est pas lu ; le mot-clé et le thème le disent aussi",
                "dcatap:hvdCategory is not read; keyword and theme say it, too",
            ),
        )],
        Field::SpatialScope | Field::Conformity | Field::ReferenceSystems => {
            no_place(record, field, "n'est pas lu", "is not read")
        }
        Field::Links => links::by_dcat(record),
        _ => both(record, field, values, now),
    }
}

/// What is the same both ways.
fn both(record: &Record, field: Field, values: Vec<String>, now: DateTime<Utc>) -> Vec<Outcome> {
    match field {
        Field::Identifier => needed(record, field, "identifiant distant", "remote identifier"),
        Field::Type => kind(record, &values),
        Field::Title => needed(record, field, "titre", "title"),
        Field::Abstract => plain(record, field, "description", "description"),
        Field::Keywords => keywords(&values),
        Field::Contacts => contacts(record, &values),
        Field::Dates => dates(record, &values, now),
        Field::Frequency => frequency(record, &values),
        Field::Period => period(record, &values),
        Field::Extent => plain(record, field, "couverture spatiale", "spatial coverage"),
        Field::Resolution => plain(record, field, "résolution", "resolution"),
        Field::Licence => licence(record, &values),
        Field::Access => {
            plain(record, field, "niveau d'accès et son motif", "level of access and its reason")
        }
        Field::Lineage => plain(record, field, "provenance", "provenance"),
        Field::HighValue => Vec::new(),
        Field::Topics | Field::Preview | Field::Attributes | Field::Legislation => {
            no_place(record, field, "n'est pas lu", "is not read")
        }
        // Told apart by each way.
        Field::InspireThemes
        | Field::SpatialScope
        | Field::ReferenceSystems
        | Field::Conformity
        | Field::Links => Vec::new(),
    }
}

fn kind(record: &Record, values: &[String]) -> Vec<Outcome> {
    let known = matches!(record.kind, Kind::Dataset | Kind::Series | Kind::NonGeographic | Kind::Service);
    vec![if record.kind == Kind::Service {
        Outcome::kept(Field::Type, values, "API", "data service")
    } else if known {
        Outcome::kept(Field::Type, values, "jeu de données", "dataset")
    } else {
        let why = Said::new("rien n'est créé pour ce type", "nothing is made of this type");
        Outcome::refused(Field::Type, values, why)
    }]
}

fn keywords(values: &[String]) -> Vec<Outcome> {
    if values.is_empty() {
        return absent(Field::Keywords);
    }
    let fits = |word: &&String| TAG.contains(&word.chars().count());
    let (kept, lost): (Vec<&String>, Vec<&String>) = values.iter().partition(fits);
    let owned = |words: Vec<&String>| words.into_iter().cloned().collect::<Vec<_>>();
    let mut outcomes = Vec::new();
    if !kept.is_empty() {
        let (fr, en) = ("étiquettes, en minuscules sans accents", "tags, lower case without accents");
        outcomes.push(Outcome::kept(Field::Keywords, &owned(kept), fr, en));
    }
    if !lost.is_empty() {
        let why = Said::new("une étiquette a de 3 à 96 lettres", "a tag has 3 to 96 letters");
        outcomes.push(
            Outcome::lost(Field::Keywords, &owned(lost), why)
                .with_remedy("Écrire un mot de 3 à 96 lettres", "Write a word of 3 to 96 letters"),
        );
    }
    outcomes
}

fn contacts(record: &Record, values: &[String]) -> Vec<Outcome> {
    if values.is_empty() {
        return absent(Field::Contacts);
    }
    if record.contacts.iter().any(|contact| contact.email.is_some() || contact.url.is_some()) {
        return vec![Outcome::kept(
            Field::Contacts,
            values,
            "points de contact par rôle",
            "contact points by role",
        )];
    }
    let why = Said::new(
        "un point de contact sans courriel ni adresse web n'est qu'un nom",
        "a contact point without e-mail or web address is but a name",
    );
    let theirs = Said::new("nom seul", "name only");
    vec![Outcome::changed(Field::Contacts, values, theirs, why).with_remedy(
        "Donner un courriel : datasud describe JEU --contact …",
        "Give an e-mail address: datasud describe DATASET --contact …",
    )]
}

fn dates(record: &Record, values: &[String], now: DateTime<Utc>) -> Vec<Outcome> {
    if values.is_empty() {
        return Vec::new();
    }
    let mut outcomes = Vec::new();
    if record.revised.is_some_and(|revised| revised.start > now) {
        let why = Said::new(
            "une date de révision future est refusée",
            "a date of revision in the future is refused",
        );
        let revised: Vec<String> = record.revised.iter().map(ToString::to_string).collect();
        outcomes.push(
            Outcome::lost(Field::Dates, &revised, why).with_remedy("Corriger la date", "Correct the date"),
        );
    } else {
        outcomes.push(Outcome::kept(
            Field::Dates,
            values,
            "création, publication, modification",
            "created, issued, modified",
        ));
    }
    outcomes
}

fn frequency(record: &Record, values: &[String]) -> Vec<Outcome> {
    match &record.frequency {
        None => absent(Field::Frequency),
        Some(code) if FREQUENCIES.get(code).is_some() => {
            vec![Outcome::kept(Field::Frequency, values, "fréquence", "frequency")]
        }
        Some(_) => {
            let why = Said::new("ce n'est pas un code connu", "it is no known code");
            vec![Outcome::lost(Field::Frequency, values, why).with_remedy(
                "Choisir une fréquence de la liste : datasud describe JEU --frequency …",
                "Choose a frequency of the list: datasud describe DATASET --frequency …",
            )]
        }
    }
}

fn period(record: &Record, values: &[String]) -> Vec<Outcome> {
    let mixed = record.periods.iter().any(|period| {
        period.begin.zip(period.end).is_some_and(|(begin, end)| begin.precision != end.precision)
    });
    if mixed {
        let why = Said::new(
            "début et fin n'ont pas la même précision, ce qui arrête la lecture",
            "begin and end differ in precision, which ends the reading",
        );
        return vec![Outcome::lost(Field::Period, values, why).with_remedy(
            "Écrire les deux dates de la même façon, par exemple 2020-01-01/2024-12-31",
            "Write both dates alike, such as 2020-01-01/2024-12-31",
        )];
    }
    plain(record, Field::Period, "couverture temporelle", "temporal coverage")
}

fn licence(record: &Record, values: &[String]) -> Vec<Outcome> {
    if values.is_empty() {
        return absent(Field::Licence);
    }
    let recognised = record.licences.iter().any(|term| {
        licence_entry(term.uri.as_deref().unwrap_or_default()).or_else(|| licence_entry(&term.text)).is_some()
    });
    if recognised {
        return vec![Outcome::kept(Field::Licence, values, "licence", "licence")];
    }
    let why = Said::new(
        "un texte libre n'est pas reconnu comme licence",
        "free text is not recognised as a licence",
    );
    vec![Outcome::lost(Field::Licence, values, why).with_remedy(
        "Choisir une licence connue, par exemple etalab-2.0",
        "Choose a known licence, such as etalab-2.0",
    )]
}
