//! Items and single features as pages (OGC 17-069r4 clause 8.2); nothing on them needs JavaScript.

use super::request::Items;
use super::response::{Feature, items_url, neighbours, page_url};
use crate::formats::geojson::push_value;
use crate::geo::wkb;
use crate::model::{Lang, Value};
use crate::services::edge::Call;
use crate::services::ogcapi::common::{Crumb, Problem, crumbs, render};
use actix_web::HttpResponse;
use actix_web::http::header;
use askama::Template;
use futures_util::StreamExt;

/// Rows of a table on a page at most: pages are for people.
const ROWS: u64 = 1000;

#[derive(Template)]
#[template(path = "ogcapi/items.html")]
struct ItemsPage {
    lang: Lang,
    title: String,
    crumbs: Vec<Crumb>,
    json: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    matched: Option<u64>,
    from: u64,
    next: Option<String>,
    previous: Option<String>,
}

struct Row {
    fid: i64,
    href: String,
    values: Vec<String>,
}

#[derive(Template)]
#[template(path = "ogcapi/item.html")]
struct ItemPage {
    lang: Lang,
    title: String,
    crumbs: Vec<Crumb>,
    json: String,
    values: Vec<(String, String)>,
    geometry: Option<String>,
    extent: Option<String>,
}

/// A value as a person reads it.
fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) | Value::Decimal(text) | Value::Json(text) => text.to_string(),
        other => {
            let mut out = Vec::new();
            push_value(other, &mut out);
            String::from_utf8_lossy(&out).trim_matches('"').to_owned()
        }
    }
}

fn answer(page: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept, Accept-Language"))
        .content_type("text/html; charset=utf-8")
        .body(page)
}

/// A page of features as a table.
///
/// # Errors
/// [`Problem`] of the query.
pub async fn items(call: &Call, mut items: Items, matched: Option<u64>) -> Result<HttpResponse, Problem> {
    items.limit = items.limit.min(ROWS);
    items.query.page.limit = Some(items.limit + 1);
    items.query.geometry = crate::features::Geometry::Skip;
    let layer = std::sync::Arc::clone(&items.query.layer);
    let base = items_url(call, &layer);
    let mut stream = call.app.features.stream(&items.query, call.deadline()).await?;
    let columns = stream.columns().iter().map(|c| c.name.clone()).collect();
    let mut rows: Vec<Row> = Vec::new();
    let mut more = false;
    while let Some(feature) = stream.next().await {
        let feature = feature?;
        if rows.len() as u64 == items.limit {
            more = true;
            continue;
        }
        rows.push(Row {
            fid: feature.fid(),
            href: format!("{base}/{}?f=html", feature.fid()),
            values: feature.values().iter().map(shown).collect(),
        });
    }
    let last = rows.last().map(|r| r.fid).filter(|_| more);
    let (next, previous) = neighbours(&base, &items, "html", last, rows.len() as u64);
    let page = ItemsPage {
        lang: call.lang,
        title: layer.title.clone(),
        crumbs: crumbs(call, Some(&layer), false),
        json: page_url(&base, &items.kept, &[("f", "json")]),
        columns,
        rows,
        matched,
        from: items.position + 1,
        next,
        previous,
    };
    Ok(answer(render(&page)?))
}

/// A feature with all its values.
///
/// # Errors
/// 500 when the page can't be written.
pub fn item(call: &Call, feature: &Feature<'_>) -> Result<HttpResponse, Problem> {
    let row = &feature.row;
    let values = row.columns().iter().zip(row.values()).map(|(c, v)| (c.name.clone(), shown(&v))).collect();
    let header = row.geometry().and_then(|g| wkb::header(g).ok());
    let extent = row.geometry().and_then(|g| wkb::bbox(g).ok()).filter(crate::geo::BBox::is_valid);
    let base = format!("{}/{}", items_url(call, feature.layer), row.fid());
    let page = ItemPage {
        lang: call.lang,
        title: format!("{} {}", feature.layer.title, row.fid()),
        crumbs: crumbs(call, Some(feature.layer), true),
        json: base + "?f=json",
        values,
        geometry: header.map(|h| h.kind.name().to_owned()),
        extent: extent.map(|b| format!("{}, {}, {}, {}", b.min_x, b.min_y, b.max_x, b.max_y)),
    };
    Ok(answer(render(&page)?))
}
