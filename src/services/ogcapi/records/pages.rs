//! The same as pages for people; nothing on them needs JavaScript.

use super::CATALOGUE;
use super::handler::{next, page_url, previous, record_url};
use super::request::Items;
use crate::catalogue::ModelPage;
use crate::catalogue::dcat::Stamped;
use crate::model::Scope;
use crate::services::edge::Call;
use crate::services::ogcapi::common::{Crumb, Frame, Problem, page_query, render, write_html};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::Value;

/// Letters of an abstract in a list.
const EXCERPT: usize = 300;

#[derive(Template)]
#[template(path = "ogcapi/records.html")]
struct ItemsPage {
    frame: Frame,
    words: String,
    kept: Vec<(String, String)>,
    rows: Vec<Row>,
    matched: u64,
    from: u64,
    next: Option<String>,
    previous: Option<String>,
}

struct Row {
    href: String,
    title: String,
    excerpt: String,
    organisation: String,
    updated: String,
}

#[derive(Template)]
#[template(path = "ogcapi/record.html")]
struct ItemPage {
    frame: Frame,
    summary: String,
    values: Vec<(String, String)>,
    links: Vec<(String, String, String)>,
}

/// Name of the catalogue that the address shows.
pub(super) fn title(call: &Call) -> String {
    let snapshot = call.app.registry.snapshot();
    let first = snapshot.visible_datasets(&call.caller, &call.scope).next();
    let part = first.and_then(|d| match &call.scope {
        Scope::Organisation(_) => Some(d.organisation.title.clone()),
        Scope::Dataset(_) => Some(d.title.clone()),
        _ => None,
    });
    let platform = &call.app.config.title;
    let catalogue = "catalogue";
    part.map_or_else(
        || format!("{platform} : {catalogue}"),
        |part| format!("{platform} : {catalogue}, {part}"),
    )
}

fn crumbs(call: &Call, http: &HttpRequest, items: bool) -> Vec<Crumb> {
    let query = page_query(http, call.lang);
    let mut way = vec![Crumb { title: title(call), href: format!("{}?{query}", call.url("/records")) }];
    if items {
        let href = call.url(&format!("/records/collections/{CATALOGUE}/items"));
        way.push(Crumb {
            title: call.lang.pick("Fiches", "Records").to_owned(),
            href: format!("{href}?{query}"),
        });
    }
    way
}

/// A document with links, as a page of them.
pub(super) fn document(
    call: &Call,
    http: &HttpRequest,
    title: &str,
    document: &Value,
) -> Result<String, Problem> {
    let way = if http.path().trim_end_matches('/').ends_with("/records") {
        Vec::new()
    } else {
        crumbs(call, http, false)
    };
    let frame = Frame::new(call, http, title.to_owned(), way, "?f=json".to_owned());
    let mut values = Vec::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        if let Some(text) = value.as_str().filter(|_| !["title", "description"].contains(&name.as_str())) {
            values.push((name.clone(), text.to_owned()));
        }
    }
    for class in document["conformsTo"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        values.push((String::new(), class.to_owned()));
    }
    let inner = document["collections"][0]["links"].as_array().into_iter().flatten();
    let links = document["links"].as_array().into_iter().flatten().chain(inner);
    let summary = document["description"].as_str().unwrap_or_default().to_owned();
    let page = ItemPage { frame, summary, values, links: links.filter(is_web).map(shown_link).collect() };
    render(&page)
}

/// What may be followed: a record from elsewhere may hold any address.
fn is_web(link: &&Value) -> bool {
    link["href"].as_str().is_some_and(|href| href.starts_with("http://") || href.starts_with("https://"))
}

fn shown_link(link: &Value) -> (String, String, String) {
    let text = |name: &str| link[name].as_str().unwrap_or_default().to_owned();
    let title = if text("title").is_empty() { text("href") } else { text("title") };
    (text("href"), title, text("type"))
}

fn answer(page: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept, Accept-Language"))
        .content_type("text/html; charset=utf-8")
        .body(page)
}

/// A page of records.
pub(super) fn items(
    call: &Call,
    http: &HttpRequest,
    items: &Items,
    page: &ModelPage,
) -> Result<HttpResponse, Problem> {
    let query = page_query(http, call.lang);
    let rows = page.records.iter().map(|Stamped { record, stamp }| Row {
        href: format!("{}?{query}", record_url(call, &record.identifier)),
        title: if record.title.trim().is_empty() { record.identifier.clone() } else { record.title.clone() },
        excerpt: record.summary.chars().take(EXCERPT).collect(),
        organisation: record.organisation().unwrap_or_default().to_owned(),
        updated: stamp.format("%Y-%m-%d").to_string(),
    });
    let name = call.lang.pick("Fiches", "Records").to_owned();
    let json = page_url(call, items, items.offset, "json");
    let page = ItemsPage {
        frame: Frame::new(call, http, name, crumbs(call, http, false), json),
        words: items.words.clone(),
        kept: items.kept.iter().filter(|(n, _)| !["q", "lang"].contains(&n.as_str())).cloned().collect(),
        rows: rows.collect(),
        matched: page.matched,
        from: items.offset + 1,
        next: next(items, page).map(|offset| page_url(call, items, offset, "html")),
        previous: previous(items).map(|offset| page_url(call, items, offset, "html")),
    };
    Ok(answer(render(&page)?))
}

/// One record.
pub(super) fn item(
    call: &Call,
    http: &HttpRequest,
    stamped: &Stamped,
    feature: &Value,
) -> Result<HttpResponse, Problem> {
    let record = &stamped.record;
    let title = if record.title.trim().is_empty() { &record.identifier } else { &record.title };
    let json = format!("{}?f=json", record_url(call, &record.identifier));
    let say = |fr: &'static str, en: &'static str| call.lang.pick(fr, en).to_owned();
    let all = [
        (say("Identifiant", "Identifier"), record.identifier.clone()),
        (say("Organisation", "Organisation"), record.organisation().unwrap_or_default().to_owned()),
        (say("Mots-clés", "Keywords"), record.subjects().join(", ")),
        (say("Licence et conditions", "Licence and conditions"), record.rights().join(" ; ")),
        (say("Généalogie", "Lineage"), record.lineage.clone().unwrap_or_default()),
        (say("Mise à jour", "Updated"), stamped.stamp.format("%Y-%m-%d").to_string()),
    ];
    let page = ItemPage {
        frame: Frame::new(call, http, title.clone(), crumbs(call, http, true), json),
        summary: record.summary.clone(),
        values: all.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect(),
        links: feature["links"].as_array().into_iter().flatten().filter(is_web).map(shown_link).collect(),
    };
    Ok(write_html(http, render(&page)?))
}
