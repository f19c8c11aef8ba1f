//! Requirements of all resources (INSPIRE TG metadata 2.0, section 2).

use super::rule::About::{Data, Everything};
use super::rule::Level::{Error, Info, Warning};
use super::rule::{Rule, unless, written};
use crate::catalogue::record::{Contact, Kind, Record};
use crate::catalogue::vocabulary::ROLES;
use chrono::Utc;

pub(super) static RULES: [Rule; 22] = [
    Rule { id: "C.1", about: Everything, gap: written },
    Rule { id: "C.2", about: Everything, gap: written },
    Rule { id: "C.3", about: Everything, gap: written },
    Rule { id: "C.4", about: Everything, gap: written },
    Rule {
        id: "C.5",
        about: Everything,
        gap: |r| {
            unless(
                is_language(&r.language),
                Warning,
                "",
                "La langue de la fiche n'est pas un code ISO 639-2/B (fre pour le français).",
                "The record's language is no code of ISO 639-2/B (fre for French).",
            )
        },
    },
    Rule {
        id: "C.6",
        about: Everything,
        gap: |r| {
            unless(
                r.metadata_contacts.iter().any(is_complete),
                Warning,
                "contacts",
                "Le contact de la fiche n'a pas d'adresse électronique : l'indiquer (contacts, rôle pointOfContact) ou régler contact-email.",
                "The record's contact has no e-mail address: give one (contacts, role pointOfContact), or set contact-email.",
            )
        },
    },
    Rule { id: "C.7", about: Everything, gap: written },
    Rule {
        id: "C.8",
        about: Everything,
        gap: |r| {
            let nothing = r.title.trim().is_empty() && r.summary.trim().is_empty();
            unless(
                !r.title.trim().is_empty(),
                if nothing { Error } else { Warning },
                "title",
                "La fiche n'a pas de titre.",
                "The record has no title.",
            )
        },
    },
    Rule {
        id: "C.9",
        about: Everything,
        gap: |r| {
            let summary = r.summary.trim();
            let own = !summary.is_empty() && summary != r.title.trim() && !is_made(r);
            unless(
                own,
                Warning,
                "abstract",
                "Il manque un résumé : dire en quelques phrases ce que sont les données.",
                "There is no abstract: say in a few sentences what the data are.",
            )
        },
    },
    Rule {
        id: "C.10",
        about: Everything,
        gap: |r| {
            unless(
                r.contacts.iter().any(is_complete),
                Warning,
                "contacts",
                "Aucun contact n'a à la fois un organisme, une adresse électronique et un rôle connu.",
                "No contact has an organisation, an e-mail address and a known role.",
            )
        },
    },
    Rule {
        id: "C.11",
        about: Everything,
        gap: |r| {
            unless(
                dates(r) > 0 || !r.periods.is_empty(),
                Warning,
                "created",
                "Il manque une date de création, de publication ou de révision.",
                "There is no date of creation, publication or revision.",
            )
        },
    },
    // The model has one of each.
    Rule { id: "C.12", about: Everything, gap: written },
    Rule {
        id: "C.13",
        about: Everything,
        gap: |r| {
            unless(
                r.revised.is_none_or(|m| m.start <= Utc::now()),
                Warning,
                "",
                "La date de révision est dans l'avenir ; des moissonneurs la refusent.",
                "The date of revision is in the future; harvesters refuse it.",
            )
        },
    },
    Rule {
        id: "C.14",
        about: Everything,
        gap: |r| {
            let mixed =
                r.periods.iter().any(|p| p.begin.zip(p.end).is_some_and(|(b, e)| b.precision != e.precision));
            unless(
                !mixed,
                Warning,
                "temporal",
                "Le début et la fin de la période n'ont pas la même précision.",
                "Begin and end of the period are not equally exact.",
            )
        },
    },
    Rule {
        id: "C.15",
        about: Everything,
        gap: |r| {
            unless(
                r.kind == Kind::Service || !(r.keywords.is_empty() && r.inspire_themes.is_empty()),
                Warning,
                "keywords",
                "Il manque des mots-clés.",
                "There are no keywords.",
            )
        },
    },
    Rule {
        id: "C.16",
        about: Everything,
        gap: |r| {
            let named = r
                .keywords
                .iter()
                .filter_map(|k| k.thesaurus.as_ref())
                .all(|t| !t.title.is_empty() && t.date.is_some());
            unless(
                named,
                Info,
                "",
                "Un thésaurus de mots-clés n'a pas de titre ou de date.",
                "A thesaurus of keywords has no title or date.",
            )
        },
    },
    Rule {
        id: "C.17",
        about: Everything,
        gap: |r| {
            unless(
                !r.access.is_empty(),
                Warning,
                "access",
                "Il manque les restrictions d'accès public (ou leur absence).",
                "Limitations on public access (or that there are none) are not given.",
            )
        },
    },
    Rule {
        id: "C.18",
        about: Everything,
        gap: |r| {
            unless(
                !(r.licences.is_empty() && r.use_limitations.is_empty()),
                Warning,
                "licence",
                "Il manque une licence ; sans elle, personne ne sait ce qui est permis.",
                "There is no licence; without one nobody knows what is allowed.",
            )
        },
    },
    Rule {
        id: "C.19",
        about: Data,
        gap: |r| {
            let on_earth = r.boxes.iter().all(|b| {
                b.min_x >= -180.000_001
                    && b.max_x <= 180.000_001
                    && b.min_y >= -90.000_001
                    && b.max_y <= 90.000_001
            });
            unless(
                !r.boxes.is_empty() && on_earth,
                Warning,
                "",
                "Il manque un rectangle d'emprise sur la Terre ; vérifier les coordonnées des données.",
                "There is no bounding box on the earth; check the coordinates of the data.",
            )
        },
    },
    Rule {
        id: "C.20",
        about: Everything,
        gap: |r| {
            unless(
                !r.conformity.is_empty(),
                Info,
                "",
                "Aucune conformité n'est indiquée.",
                "No conformity is given.",
            )
        },
    },
    Rule {
        id: "C.21",
        about: Everything,
        gap: |r| {
            let cited = r.conformity.iter().all(|c| !c.title.is_empty() && c.date.is_some());
            unless(
                cited,
                Info,
                "",
                "Une spécification citée n'a pas de titre ou de date.",
                "A specification that is cited has no title or date.",
            )
        },
    },
    // Met, not met or not evaluated: the writers know no other.
    Rule { id: "C.22", about: Everything, gap: written },
];

fn dates(record: &Record) -> usize {
    [record.created, record.published, record.revised].iter().flatten().count()
}

/// C.6, C.10: a name, an address, a role of the list.
fn is_complete(contact: &Contact) -> bool {
    contact.organisation.is_some() && contact.email.is_some() && ROLES.get(&contact.role).is_some()
}

pub(super) fn is_language(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_lowercase())
}

/// Whether the abstract is the sentence that stands in for one.
fn is_made(record: &Record) -> bool {
    let made = |organisation: &str| crate::catalogue::build::made_abstract(&record.title, organisation);
    record.organisation().is_some_and(|organisation| record.summary == made(organisation))
}
