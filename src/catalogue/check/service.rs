//! Requirements of services: conformance class 3 of the INSPIRE TG.

use super::dataset::is_local;
use super::rule::About::Services;
use super::rule::Level::Warning;
use super::rule::{Rule, unless, written};

pub(super) static RULES: [Rule; 9] = [
    Rule { id: "3.1", about: Services, gap: written },
    Rule { id: "3.2", about: Services, gap: written },
    Rule {
        id: "3.3",
        about: Services,
        gap: |r| {
            unless(
                !r.boxes.is_empty(),
                Warning,
                "",
                "Le service n'a pas de rectangle d'emprise.",
                "The service has no bounding box.",
            )
        },
    },
    Rule {
        id: "3.4",
        about: Services,
        gap: |r| {
            let known = matches!(r.service_type.as_deref(), Some("view" | "download" | "discovery"));
            let worded = r.keywords.iter().any(|k| k.text.ends_with("Service"));
            unless(
                known || worded,
                Warning,
                "",
                "Il manque la catégorie du service (règlement 1205/2008, partie D.4).",
                "The category of the service is missing (regulation 1205/2008, part D.4).",
            )
        },
    },
    Rule {
        id: "3.5",
        about: Services,
        gap: |r| {
            let types = ["view", "download", "discovery", "transformation", "invoke", "other"];
            unless(
                r.service_type.as_deref().is_some_and(|t| types.contains(&t)),
                Warning,
                "",
                "Le type de service n'est pas l'un de ceux d'INSPIRE (view, download, discovery…).",
                "The type of service is none of INSPIRE's (view, download, discovery…).",
            )
        },
    },
    Rule {
        id: "3.6",
        about: Services,
        gap: |r| {
            let linked = r.operates_on.iter().all(|data| data.url.is_some());
            let needed = matches!(r.service_type.as_deref(), Some("view" | "download"));
            unless(
                linked && !(needed && r.operates_on.is_empty()),
                Warning,
                "",
                "Le service ne mène pas aux fiches de ses données (operatesOn avec une adresse).",
                "The service doesn't lead to the records of its data (operatesOn with an address).",
            )
        },
    },
    Rule {
        id: "3.7",
        about: Services,
        gap: |r| {
            unless(
                r.links.iter().any(|link| !is_local(&link.url)),
                Warning,
                "",
                "L'adresse du service ne peut pas être suivie d'ailleurs ; régler public-url.",
                "The address of the service can't be followed from elsewhere; set public-url.",
            )
        },
    },
    Rule { id: "3.8", about: Services, gap: written },
    Rule {
        id: "3.9",
        about: Services,
        gap: |r| {
            unless(
                !r.conformity.is_empty(),
                Warning,
                "",
                "La conformité du service (règlement 976/2009) n'est pas indiquée.",
                "Conformity of the service (regulation 976/2009) is not given.",
            )
        },
    },
];
