//! The minimum of DCAT-AP 3.0.1, and of its profile for high-value datasets (regulation (EU) 2023/138); and what
//! French law asks of public data.

use super::rule::About::{DataAndTables, Everything, HighValue};
use super::rule::Level::{Error, Info, Warning};
use super::rule::{Rule, unless};
use crate::catalogue::iso::HVD_REGULATION;
use crate::catalogue::record::{Record, Term};
use crate::catalogue::vocabulary::{CodeEntry, HVD_CATEGORIES, licence_entry};

pub(super) static RULES: [Rule; 10] = [
    Rule {
        id: "DCAT-title",
        about: Everything,
        gap: |r| {
            unless(
                !r.title.is_empty() || !r.summary.is_empty(),
                Warning,
                "title",
                "Il manque dct:title.",
                "There is no dct:title.",
            )
        },
    },
    Rule {
        id: "DCAT-description",
        about: Everything,
        gap: |r| {
            unless(
                !r.summary.is_empty(),
                Warning,
                "abstract",
                "Il manque dct:description.",
                "There is no dct:description.",
            )
        },
    },
    Rule {
        id: "DCAT-publisher",
        about: Everything,
        gap: |r| {
            unless(
                r.organisation().is_some(),
                Warning,
                "contacts",
                "Personne n'est nommé comme éditeur.",
                "Nobody is named as publisher.",
            )
        },
    },
    Rule {
        id: "DCAT-distribution",
        about: DataAndTables,
        gap: |r| {
            unless(
                !r.links.is_empty(),
                Warning,
                "",
                "Aucune distribution : rien ne mène aux données.",
                "No distribution: nothing leads to the data.",
            )
        },
    },
    // CRPA article D323-2-1.
    Rule {
        id: "CRPA-licence",
        about: DataAndTables,
        gap: |r| {
            let listed = known(r).all(|licence| licence.listed == Some(true));
            unless(
                listed,
                Info,
                "licence",
                "La licence n'est pas dans la liste du code des relations entre le public et l'administration (D323-2-1) : Licence Ouverte 2.0 ou ODbL.",
                "The licence is not in the list of French law for public data (CRPA D323-2-1): Licence Ouverte 2.0 or ODbL.",
            )
        },
    },
    Rule {
        id: "HVD-category",
        about: HighValue,
        gap: |r| {
            unless(
                r.hvd_categories.iter().all(|code| HVD_CATEGORIES.get(code).is_some()),
                Warning,
                "hvd-categories",
                "Une catégorie de données de forte valeur n'existe pas.",
                "A category of high-value datasets doesn't exist.",
            )
        },
    },
    Rule {
        id: "HVD-legislation",
        about: HighValue,
        gap: |r| {
            unless(
                r.legislation.iter().any(|law| law.uri.as_deref() == Some(HVD_REGULATION)),
                Warning,
                "legal-basis",
                "Le règlement (UE) 2023/138 n'est pas cité.",
                "Regulation (EU) 2023/138 is not cited.",
            )
        },
    },
    Rule {
        id: "HVD-licence",
        about: HighValue,
        gap: |r| {
            let closed = known(r).any(|licence| licence.open == Some(false));
            let open = known(r).any(|licence| licence.open == Some(true));
            unless(
                open && !closed,
                if closed { Error } else { Warning },
                "licence",
                "Une donnée de forte valeur a une licence ouverte, au plus aussi exigeante que CC BY 4.0 : la Licence Ouverte 2.0 convient.",
                "A high-value dataset has an open licence that asks for no more than CC BY 4.0: Licence Ouverte 2.0 will do.",
            )
        },
    },
    Rule {
        id: "HVD-contact",
        about: HighValue,
        gap: |r| {
            let reachable = |contacts: &[crate::catalogue::record::Contact]| {
                contacts.iter().any(|c| c.email.is_some() || c.url.is_some())
            };
            unless(
                reachable(&r.contacts),
                Warning,
                "contacts",
                "Il manque un contact que l'on puisse joindre.",
                "There is no contact that can be reached.",
            )
        },
    },
    Rule {
        id: "HVD-api",
        about: HighValue,
        gap: |r| {
            let service = r
                .links
                .iter()
                .any(|l| l.kind.is_some_and(|k| k.service().is_some()) || l.url.contains("GetCapabilities"));
            unless(
                service,
                Warning,
                "",
                "Il manque une interface de programmation (API).",
                "There is no interface (API).",
            )
        },
    },
];

/// The licences of a record that are known here.
fn known(record: &Record) -> impl Iterator<Item = &'static CodeEntry> {
    let of = |term: &Term| term.uri.as_deref().and_then(licence_entry).or_else(|| licence_entry(&term.text));
    record.licences.iter().filter_map(of)
}
