//! `/`: all datasets, or those that a search finds.

use super::format;
use super::site::{Asked, Policy, Site, encoded, map};
use crate::model::{Dataset, Lang};
use crate::publish::Snapshot;
use crate::services::edge::Call;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use std::collections::HashMap;
use std::sync::Arc;

const PER_PAGE: usize = 24;

#[derive(Template)]
#[template(path = "portal/home.html")]
struct Home {
    lang: Lang,
    site: Site,
    q: String,
    heading: String,
    cards: Vec<Card>,
    previous: Option<String>,
    next: Option<String>,
}

struct Card {
    href: String,
    title: String,
    organisation: String,
    description: String,
    facts: String,
    map: Option<String>,
}

/// The start page.
pub(super) async fn home(http: HttpRequest, call: Call) -> HttpResponse {
    let asked = Asked::read(&http, &call);
    let snapshot = call.app.registry.snapshot();
    if let Some(known) = asked.known(&http, &call, &snapshot) {
        return known;
    }
    let q: String = asked.kvp.filled("q").unwrap_or_default().chars().take(200).collect();
    let (found, searched) = find(&call, &snapshot, &q).await;
    let pages = found.len().div_ceil(PER_PAGE).max(1);
    let page = asked.kvp.filled("page").and_then(|p| p.parse::<usize>().ok()).unwrap_or(1).clamp(1, pages);
    let shown = found.iter().skip((page - 1) * PER_PAGE).take(PER_PAGE);
    let root = call.app.config.public_path();
    let link = |page: usize| {
        let lang = if asked.explicit { format!("&lang={}", asked.lang.code()) } else { String::new() };
        let words = if q.is_empty() { String::new() } else { format!("&q={}", encoded(&q)) };
        format!("{root}/?page={page}{words}{lang}")
    };
    let home = Home {
        lang: asked.lang,
        site: asked.site(&http, &call),
        heading: heading(found.len(), &q, searched, asked.lang),
        cards: shown.map(|dataset| card(&root, dataset, &snapshot, &asked)).collect(),
        previous: (page > 1).then(|| link(page - 1)),
        next: (page < pages).then(|| link(page + 1)),
        q,
    };
    let policy = if searched { Policy::Live } else { Policy::Passing };
    asked.answer(&http, &call, &snapshot, StatusCode::OK, &home, policy)
}

/// The datasets to list, and whether the search could be made.
async fn find(call: &Call, snapshot: &Snapshot, q: &str) -> (Vec<Arc<Dataset>>, bool) {
    let mut visible: Vec<Arc<Dataset>> =
        snapshot.visible_datasets(&call.caller, &call.scope).cloned().collect();
    if q.trim().is_empty() {
        visible.sort_by_key(|d| (crate::catalogue::fold(&d.title), d.id));
        return (visible, true);
    }
    let by_id: HashMap<i64, Arc<Dataset>> = visible.into_iter().map(|d| (d.id, d)).collect();
    let reach = snapshot.reach(&call.caller, &call.scope);
    match call.app.catalogue.find_datasets(q, &reach, call.deadline()).await {
        Ok(found) => (found.iter().filter_map(|id| by_id.get(id).cloned()).collect(), true),
        Err(error) => {
            tracing::warn!(%error, "the start page's search failed");
            (Vec::new(), false)
        }
    }
}

fn heading(count: usize, q: &str, searched: bool, lang: Lang) -> String {
    if !searched {
        return lang
            .pick(
                "La recherche est indisponible pour le moment ; réessayez dans un instant",
                "The search is not available at the moment; try again shortly",
            )
            .to_owned();
    }
    let number = format::number(i64::try_from(count).unwrap_or(i64::MAX), lang);
    let sets = match (lang, count) {
        (Lang::Fr, 0 | 1) => "jeu de données",
        (Lang::Fr, _) => "jeux de données",
        (Lang::En, 1) => "dataset",
        (Lang::En, _) => "datasets",
    };
    match (q.is_empty(), lang) {
        (true, _) => format!("{number} {sets}"),
        (false, Lang::Fr) => format!("{number} {sets} pour « {q} »"),
        (false, Lang::En) => format!("{number} {sets} for “{q}”"),
    }
}

fn card(root: &str, dataset: &Arc<Dataset>, snapshot: &Snapshot, asked: &Asked) -> Card {
    let lang = asked.lang;
    let layers: Vec<_> = snapshot.layers_of(dataset).collect();
    let archives: Vec<_> = snapshot.archives_of(dataset).collect();
    let kinds = match (layers.as_slice(), archives.as_slice()) {
        ([layer], []) => format::kind(layer, lang).to_owned(),
        ([], [archive]) => format::kind_of_archive(archive, lang).to_owned(),
        _ => format!("{} {}", layers.len() + archives.len(), lang.pick("couches", "layers")),
    };
    Card {
        href: format!("{root}/datasets/{}{}", dataset.slug, asked.suffix()),
        title: dataset.title.clone(),
        organisation: dataset.organisation.title.clone(),
        description: format::short(dataset.description.lines().next().unwrap_or_default()),
        facts: format!(
            "{} · {kinds} · {} {}",
            format::all_contents(layers.iter().map(AsRef::as_ref), &archives, lang),
            lang.pick("mis à jour le", "updated"),
            format::day(dataset.updated, lang)
        ),
        map: map(root, &layers, &dataset.title, 320.0, 160.0, lang).map(|m| m.src),
    }
}
