//! Records and single records.

use super::request::{self, Items};
use super::{CATALOGUE, check_catalogue, pages};
use crate::catalogue::dcat::Stamped;
use crate::catalogue::{
    CatalogueError, ElementSet, Form as RecordForm, ModelPage, Reach, Search, record_json,
};
use crate::services::edge::{Call, Operation, with_etag};
use crate::services::edge::{client, etag_matches, not_modified, visit};
use crate::services::ogcapi::common::{Form, Problem, encoded, link};
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{SecondsFormat, Utc};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json as js};
use xxhash_rust::xxh3::xxh3_64;

/// `…/items`
pub(super) async fn items(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_items(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("records", "items").on(answer)
}

async fn answer_items(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_catalogue(call, http)?;
    let items = request::items(call, http)?;
    let snapshot = call.app.registry.snapshot();
    let reach = snapshot.reach(&call.caller, &call.scope);
    let client = client(http);
    let search = search(&reach, &client, &items);
    let page = call.app.catalogue.search_models(&search, call.deadline()).await.map_err(problem)?;
    if items.form == Form::Html {
        return pages::items(call, http, &items, &page);
    }
    noted(call, http, &items, &page);
    let body = collection(call, &items, &page).to_string();
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept, Accept-Language"))
        .content_type("application/geo+json")
        .body(body))
}

/// Tells the journal of harvests of a page.
fn noted(call: &Call, http: &HttpRequest, items: &Items, page: &ModelPage) {
    let mut visit = visit(call, http, "OGC API Records", "/records");
    visit.asked = format!("json {}", items.limit);
    if items.filter.is_some() {
        visit.asked.push_str(" filter");
    }
    visit.position = Some(items.offset + 1);
    visit.matched = Some(page.matched);
    visit.last = items.offset.saturating_add(page.records.len() as u64) >= page.matched;
    visit.records = page.records.iter().map(|stamped| stamped.record.uuid).collect();
    call.app.journal.note(visit);
}

fn search<'a>(reach: &'a Reach, client: &'a str, items: &Items) -> Search<'a> {
    Search {
        reach,
        client: Some(client),
        // `q` is a condition here: its words follow each other.
        words: None,
        near: None,
        filter: items.filter.clone(),
        sort: items.sort.clone(),
        offset: items.offset,
        limit: items.limit,
        form: RecordForm::Dcat,
        set: ElementSet::Full,
        elements: &[],
    }
}

/// `…/facets`: how many of the records that a search finds have which value.
pub(super) async fn facets(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_facets(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("records", "facets").on(answer)
}

async fn answer_facets(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    /// Values of each facet.
    const MOST: u32 = 50;
    check_catalogue(call, http)?;
    let items = request::items(call, http)?;
    // A browser that follows the link gets them, too; who asks for a page is told that there is none.
    if http.query_string().split('&').any(|pair| pair == "f=html") {
        return Err(Problem::invalid("f", "facets are offered as json"));
    }
    let snapshot = call.app.registry.snapshot();
    let reach = snapshot.reach(&call.caller, &call.scope);
    let client = client(http);
    let search = search(&reach, &client, &items);
    let facets = call.app.catalogue.facets(&search, MOST, call.deadline()).await.map_err(problem)?;
    let all: serde_json::Map<String, Value> = facets
        .iter()
        .map(|facet| {
            let buckets: Vec<Value> =
                facet.values.iter().map(|(value, count)| js!({"value": value, "count": count})).collect();
            (facet.name.to_owned(), js!({"type": "term", "buckets": buckets}))
        })
        .collect();
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(js!({"facets": all}).to_string()))
}

/// `…/suggestions`: titles and keywords for what somebody begins to type (OpenSearch Suggestions 1.1).
pub(super) async fn suggestions(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_suggestions(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("records", "suggestions").on(answer)
}

async fn answer_suggestions(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    /// Letters that are looked at.
    const LONGEST: usize = 200;
    /// Proposals.
    const MOST: usize = 10;
    check_catalogue(call, http)?;
    let begun = request::begun(http)?;
    let begun: String = begun.chars().take(LONGEST).collect();
    let snapshot = call.app.registry.snapshot();
    let reach = snapshot.reach(&call.caller, &call.scope);
    let found = call.app.catalogue.suggest(&begun, &reach, MOST, call.deadline()).await.map_err(problem)?;
    let texts: Vec<&str> = found.iter().map(|proposal| proposal.text.as_str()).collect();
    let counts: Vec<u64> = found.iter().map(|proposal| proposal.records).collect();
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/x-suggestions+json")
        .body(js!([begun, texts, counts]).to_string()))
}

fn collection(call: &Call, items: &Items, page: &ModelPage) -> Value {
    let features: Vec<Value> = page.records.iter().map(|record| feature(call, record)).collect();
    let say = |fr, en| call.lang.pick(fr, en);
    let mut links = vec![
        link(
            "self",
            &page_url(call, items, items.offset, "json"),
            "application/geo+json",
            say("Cette page", "This page"),
        ),
        link(
            "alternate",
            &page_url(call, items, items.offset, "html"),
            "text/html",
            say("Cette page en HTML", "This page as HTML"),
        ),
        link(
            "collection",
            &call.url(&format!("/records/collections/{CATALOGUE}")),
            "application/json",
            say("Le catalogue", "The catalogue"),
        ),
    ];
    if let Some(next) = next(items, page) {
        links.push(link(
            "next",
            &page_url(call, items, next, "json"),
            "application/geo+json",
            say("Page suivante", "Next page"),
        ));
    }
    if let Some(previous) = previous(items) {
        links.push(link(
            "prev",
            &page_url(call, items, previous, "json"),
            "application/geo+json",
            say("Page précédente", "Previous page"),
        ));
    }
    js!({
        "type": "FeatureCollection",
        "timeStamp": Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        "numberMatched": page.matched,
        "numberReturned": features.len(),
        "features": features,
        "links": links,
    })
}

/// Where the next page begins.
pub(super) fn next(items: &Items, page: &ModelPage) -> Option<u64> {
    let next = items.offset.saturating_add(items.limit);
    (next < page.matched).then_some(next)
}

/// Where the page before begins.
pub(super) fn previous(items: &Items) -> Option<u64> {
    (items.offset > 0).then(|| items.offset.saturating_sub(items.limit))
}

/// The address of a page.
pub(super) fn page_url(call: &Call, items: &Items, offset: u64, form: &str) -> String {
    let mut query: Vec<String> =
        items.kept.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    query.push(format!("limit={}", items.limit));
    if offset > 0 {
        query.push(format!("offset={offset}"));
    }
    query.push(format!("f={form}"));
    format!("{}?{}", call.url(&format!("/records/collections/{CATALOGUE}/items")), query.join("&"))
}

/// The address of a record.
pub(super) fn record_url(call: &Call, identifier: &str) -> String {
    call.url(&format!("/records/collections/{CATALOGUE}/items/{}", encoded(identifier)))
}

/// `…/items/{record}`
pub(super) async fn item(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_item(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("records", "item").on(answer)
}

async fn answer_item(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    check_catalogue(call, http)?;
    let form = request::form(http)?;
    let name = http.match_info().get("record").unwrap_or_default();
    let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
    let snapshot = call.app.registry.snapshot();
    let reach = snapshot.reach(&call.caller, &call.scope);
    let found = call.app.catalogue.model(&name, &reach, call.deadline()).await.map_err(problem)?;
    let record = found.ok_or_else(|| {
        let shown: String = name.chars().take(80).collect();
        Problem::not_found(format!("there is no record '{shown}' here"))
    })?;
    let feature = feature(call, &record);
    if form == Form::Html {
        return pages::item(call, http, &record, &feature);
    }
    let body = feature.to_string();
    let etag = format!("\"{:016x}\"", xxh3_64(body.as_bytes()));
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    Ok(with_etag(&mut HttpResponse::Ok(), &etag)
        .insert_header((header::VARY, "Accept, Accept-Language"))
        .content_type("application/geo+json")
        .body(body))
}

/// A record with the links of this service.
fn feature(call: &Call, stamped: &Stamped) -> Value {
    let Stamped { record, stamp } = stamped;
    let own = record_url(call, &record.identifier);
    let say = |fr, en| call.lang.pick(fr, en);
    let iso = format!(
        "{}?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&outputSchema=http://www.isotc211.org/2005/gmd&id={}",
        call.url("/csw"),
        encoded(&record.identifier)
    );
    let dcat = call.url(&format!("/datasets/{}.ttl", record.uuid));
    let links = vec![
        link("self", &own, "application/geo+json", say("Cette fiche", "This record")),
        link(
            "alternate",
            &format!("{own}?f=html"),
            "text/html",
            say("Cette fiche en HTML", "This record as HTML"),
        ),
        link(
            "alternate",
            &iso,
            "application/xml",
            say("Cette fiche en ISO 19139", "This record as ISO 19139"),
        ),
        link("alternate", &dcat, "text/turtle", say("Cette fiche en DCAT", "This record as DCAT")),
        link(
            "collection",
            &call.url(&format!("/records/collections/{CATALOGUE}")),
            "application/json",
            say("Le catalogue", "The catalogue"),
        ),
    ];
    record_json(record, *stamp, links)
}

fn problem(error: CatalogueError) -> Problem {
    match error {
        CatalogueError::Filter(error) => request::misfit(&error),
        CatalogueError::Store(error) => error.into(),
        other => {
            tracing::warn!(error = ?other, "records could not be read");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the records could not be read")
        }
    }
}
