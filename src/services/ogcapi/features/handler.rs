//! Items, searches and single features.

use super::links::{Seen, items_url};
use super::request::{self, Direction, Items};
use super::{files, forms, gml, pages, response, search as body};
use crate::features::{Count, Geometry, Page, Query};
use crate::model::Layer;
use crate::services::edge::{Call, Operation, etag_matches, not_modified};
use crate::services::ogcapi::common::{Form, Parameters, Problem, find, negotiated};
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;
use std::sync::Arc;

/// `GET /ogc/collections/{collection}/items`
pub async fn items(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_items(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "items").on(answer)
}

async fn answer_items(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    let items = request::items(call, http, &layer)?;
    answer(call, http, items).await
}

/// `POST /ogc/collections/{collection}/search`
pub async fn search(call: Call, http: HttpRequest, payload: Payload) -> HttpResponse {
    let answer = answer_search(&call, &http, payload).await.unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "search").on(answer)
}

async fn answer_search(call: &Call, http: &HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    let body::Asked { pairs, body } = body::read(call, http, payload).await?;
    let items = request::search(call, http, &layer, pairs, body)?;
    answer(call, http, items).await
}

async fn answer(call: &Call, http: &HttpRequest, mut items: Items) -> Result<HttpResponse, Problem> {
    if let Form::File(format) = items.form {
        return files::answer(call, items, format).await;
    }
    turn(call, &mut items).await?;
    let matched = count(call, &items).await?;
    match items.form {
        Form::Html => pages::items(call, http, items, matched).await,
        Form::Gml(level) => {
            let seen = look_ahead(call, &items, matched).await?;
            gml::stream(call, items, seen, level).await
        }
        _ => response::stream(call, items, matched).await,
    }
}

/// Turns a page before a place into one after another, so that all pages are written alike.
async fn turn(call: &Call, items: &mut Items) -> Result<(), Problem> {
    let Some(cursor) = items.start.cursor.as_ref().filter(|c| c.direction == Direction::Before) else {
        return Ok(());
    };
    let position = cursor.position;
    let mut keys = keys(call, &items.query).await?;
    // One more than the page: the place that the page begins behind.
    let begin = (keys.len() as u64 > items.limit).then(|| keys.remove(0));
    let count = keys.len() as u64;
    items.start.has_previous = begin.is_some();
    items.start.position = if begin.is_some() { position.saturating_sub(count) } else { 0 };
    // What precedes may have become less than a page; what follows begins where it did.
    items.limit = items.limit.min(count.max(1));
    items.query.page = Page { limit: Some(items.limit + 1), after: begin, ..Page::default() };
    Ok(())
}

/// The places of a page's features, and of one more.
async fn keys(call: &Call, query: &Query) -> Result<Vec<crate::features::PageKey>, Problem> {
    let bare = Query { columns: Some(Vec::new()), geometry: Geometry::Skip, ..query.clone() };
    let mut rows = call.app.features.stream(&bare, call.deadline()).await?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next().await {
        keys.push(row?.key());
    }
    Ok(keys)
}

/// How many features match in all, unless the page before has told. Better no number than a wrong one
/// (permission /per/core/fc-numberMatched).
async fn count(call: &Call, items: &Items) -> Result<Option<u64>, Problem> {
    let told = items.start.cursor.as_ref().and_then(|c| c.matched);
    if let Some((matched, generation)) = told
        && generation == items.query.layer.generation
    {
        return Ok(Some(matched));
    }
    Ok(match call.app.features.count(&items.query, call.deadline()).await? {
        Count::Exact(n) => Some(n),
        Count::Estimated(_) => None,
    })
}

/// What a page will hold, for forms that say so in front of it.
async fn look_ahead(call: &Call, items: &Items, matched: Option<u64>) -> Result<Seen, Problem> {
    let mut keys = keys(call, &items.query).await?;
    let more = keys.len() as u64 > items.limit;
    if more {
        keys.pop();
    }
    Ok(Seen {
        matched,
        returned: keys.len() as u64,
        first: keys.first().cloned(),
        last: keys.last().cloned(),
        more,
    })
}

/// `GET /ogc/collections/{collection}/items/{feature}`
pub async fn item(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer_item(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "item").on(answer)
}

/// The identifier of a feature in an address: its number, or `layer.number` as GML and WFS have it.
///
/// # Errors
/// 404 when no feature of the layer can be called so.
pub fn identifier(layer: &Layer, id: &str) -> Result<i64, Problem> {
    let number = id.strip_prefix(&layer.slug).and_then(|rest| rest.strip_prefix('.')).unwrap_or(id);
    number.parse::<i64>().map_err(|_| missing(layer, id))
}

/// 404 of a feature.
pub fn missing(layer: &Layer, id: &str) -> Problem {
    let named: String = id.chars().take(60).collect();
    Problem::not_found(format!("there is no feature '{named}' in collection '{}'", layer.slug))
}

async fn answer_item(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &["crs", "f"], |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    let form = negotiated(http, parameters.get("f"), forms::item())?;
    let crs = request::output_crs(parameters.get("crs"))?;
    let id = http.match_info().get("feature").unwrap_or_default();
    let fid = identifier(&layer, id)?;
    // The tag is read first: a change in between makes it too old, never too young.
    let tag = call.app.editor.tag(&layer, fid, call.deadline()).await?.ok_or_else(|| missing(&layer, id))?;
    let etag = etag(&tag, form, crs.crs.srid, call.lang.code());
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let geometry = request::geometry(&layer, &crs);
    let found = call.app.features.get(&layer, fid, geometry, call.deadline()).await?;
    let feature =
        response::Feature { layer: &layer, crs: &crs, row: found.ok_or_else(|| missing(&layer, id))? };
    let mut answer = match form {
        Form::Html => pages::item(call, http, &feature).await?,
        Form::Gml(level) => gml::one(call, &feature, level)?,
        form => response::one(call, &feature, form)?,
    };
    let headers = answer.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, value);
    }
    // Kept, but asked about each time: an edit changes it at any moment.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(answer)
}

/// The ETag of a feature in a form: its state, and behind a colon what this representation differs by.
pub fn etag(state: &str, form: Form, srid: i32, lang: &str) -> String {
    let form = match form {
        Form::Html => format!("html:{lang}"),
        Form::Gml(level) => format!("gml{level}:{srid}"),
        Form::JsonFg => format!("jsonfg:{srid}"),
        _ => format!("json:{srid}"),
    };
    format!("\"{state}:{form}\"")
}

/// Address of a feature.
pub fn item_url(call: &Call, layer: &Arc<Layer>, fid: i64) -> String {
    format!("{}/{fid}", items_url(call, layer))
}
