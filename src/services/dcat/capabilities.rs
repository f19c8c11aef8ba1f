//! What the catalogue says of itself, and the addresses of its pages.

use super::request::Page;
use crate::catalogue::dcat::{CatalogFacts, PageLinks};
use crate::catalogue::record::Contact;
use crate::model::Scope;
use crate::publish::Snapshot;
use crate::services::edge::Call;

/// The facts of a page. `ending` is that of the address; `next` the position that the page behind begins after.
pub(super) fn facts(
    call: &Call,
    snapshot: &Snapshot,
    ending: Option<&str>,
    page: Page,
    total: u64,
    next: Option<i64>,
) -> CatalogFacts {
    let config = &call.app.config;
    let first = snapshot.visible_datasets(&call.caller, &call.scope).next();
    let part = first.and_then(|dataset| match &call.scope {
        Scope::Everything | Scope::Part(_) => None,
        Scope::Organisation(_) => Some(dataset.organisation.title.clone()),
        Scope::Dataset(_) => Some(dataset.title.clone()),
    });
    let title = match &part {
        Some(part) => format!("{} : {part}", config.title),
        None => config.title.clone(),
    };
    let is_one = matches!(call.scope, Scope::Organisation(_) | Scope::Dataset(_));
    let organisation = first.filter(|_| is_one).map(|d| &d.organisation);
    let publisher = Contact {
        role: "publisher".to_owned(),
        organisation: Some(organisation.map_or_else(|| config.title.clone(), |o| o.title.clone())),
        email: organisation.and_then(|o| o.email.clone()).or_else(|| config.contact_email.clone()),
        ..Contact::default()
    };
    let description = format!("Fiches de métadonnées de toutes les données publiées : {title}");
    let base = config.public_url();
    CatalogFacts {
        address: call.url("/dcat"),
        title,
        description,
        publisher,
        homepage: format!("{base}/"),
        base,
        total,
        pages: links(call, ending, page, total, next),
    }
}

fn links(call: &Call, ending: Option<&str>, page: Page, total: u64, next: Option<i64>) -> PageLinks {
    let address = match ending {
        Some(ending) => call.url(&format!("/dcat.{ending}")),
        None => call.url("/dcat"),
    };
    let of = |number: u64| format!("{address}?page={number}&page_size={}", page.size);
    let last = total.div_ceil(page.size as u64).max(1);
    PageLinks {
        this: match page.after {
            Some(after) => format!("{}&after={after}", of(page.number)),
            None => of(page.number),
        },
        first: of(1),
        previous: (page.number > 1).then(|| of((page.number - 1).min(last))),
        next: next.map(|after| format!("{}&after={after}", of(page.number + 1))),
        last: of(last),
    }
}
