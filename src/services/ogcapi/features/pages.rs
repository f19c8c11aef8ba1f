//! Items and single features as pages (OGC 17-069r4 clause 8.2): a map and a table; nothing on them needs
//! JavaScript.

use super::handler::item_url;
use super::links::{self, Seen, items_url, page_url};
use super::map::{Drawn, PageMap};
use super::request::Items;
use super::response::Feature;
use crate::features::Geometry;
use crate::formats::decimals_for;
use crate::formats::geojson::push_value;
use crate::geo::{Crs, Transform, wkb};
use crate::model::Value;
use crate::services::edge::Call;
use crate::services::ogcapi::common::{Frame, Problem, crumbs, page_query, render};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use futures_util::StreamExt;

/// Rows of a table on a page at most: pages are for people.
const ROWS: u64 = 1000;

#[derive(Template)]
#[template(path = "ogcapi/items.html")]
struct ItemsPage {
    frame: Frame,
    map: Option<PageMap>,
    words: String,
    kept: Vec<(String, String)>,
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
    frame: Frame,
    map: Option<PageMap>,
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

/// A page of features as a map and a table.
///
/// # Errors
/// [`Problem`] of the query.
pub async fn items(
    call: &Call,
    http: &HttpRequest,
    mut items: Items,
    matched: Option<u64>,
) -> Result<HttpResponse, Problem> {
    items.limit = items.limit.min(ROWS);
    items.query.page.limit = Some(items.limit + 1);
    // The map is in Web Mercator, whatever system was asked for: the table has no coordinates.
    let mapped = items.query.geometry != Geometry::Skip;
    if mapped {
        items.query.geometry = on_map(&items.query.layer)?;
    }
    let layer = std::sync::Arc::clone(&items.query.layer);
    let query = page_query(http, call.lang);
    let mut stream = call.app.features.stream(&items.query, call.deadline()).await?;
    let columns = stream.columns().iter().map(|c| c.name.clone()).collect();
    let mut rows: Vec<Row> = Vec::new();
    let mut drawn: Vec<Drawn> = Vec::new();
    let mut seen = Seen { matched, ..Seen::default() };
    while let Some(feature) = stream.next().await {
        let feature = feature?;
        if seen.returned == items.limit {
            seen.more = true;
            continue;
        }
        seen.returned += 1;
        let key = feature.key();
        seen.first.get_or_insert_with(|| key.clone());
        seen.last = Some(key);
        let href = format!("{}?{query}", item_url(call, &layer, feature.fid()));
        let values: Vec<String> = feature.values().iter().map(shown).collect();
        if let Some(geometry) = feature.geometry() {
            drawn.push((feature.fid().to_string(), href.clone(), geometry.to_vec()));
        }
        rows.push(Row { fid: feature.fid(), href, values });
    }
    let map = draw(call, &layer, drawn).await;
    let base = items_url(call, &layer);
    let kept = items.kept.iter().filter(|(n, _)| !["q", "lang"].contains(&n.as_str())).cloned().collect();
    let page = ItemsPage {
        frame: Frame::new(
            call,
            http,
            format!("{}{}", layer.title, call.lang.pick(" : objets", ": features")),
            crumbs(call, http, Some(&layer), false),
            page_url(&base, &items.kept, &[("f", "json")]),
        ),
        map,
        words: items.kept.iter().find(|(n, _)| n == "q").map(|(_, v)| v.clone()).unwrap_or_default(),
        kept,
        columns,
        rows,
        matched,
        from: items.start.position + 1,
        next: links::next(call, &items, &seen).map(|l| l.href),
        previous: links::previous(call, &items, &seen).map(|l| l.href),
    };
    Ok(answer(render(&page)?))
}

/// The geometry treatment for maps on pages.
fn on_map(layer: &crate::model::Layer) -> Result<Geometry, Problem> {
    const WEB_MERCATOR: i32 = 3857;
    let crs = Crs::from_epsg(WEB_MERCATOR)?;
    Ok(if crs.srid == layer.crs.srid { Geometry::Native } else { Geometry::In(crs) })
}

/// Draws off the workers: a page may hold many points.
async fn draw(
    call: &Call,
    layer: &std::sync::Arc<crate::model::Layer>,
    drawn: Vec<Drawn>,
) -> Option<PageMap> {
    let (call, layer) = (call.clone(), std::sync::Arc::clone(layer));
    tokio::task::spawn_blocking(move || PageMap::of(&call, &layer, &drawn)).await.ok().flatten()
}

/// A feature with all its values.
///
/// # Errors
/// 500 when the page can't be written.
pub async fn item(call: &Call, http: &HttpRequest, feature: &Feature<'_>) -> Result<HttpResponse, Problem> {
    let row = &feature.row;
    let values = row.columns().iter().zip(row.values()).map(|(c, v)| (c.name.clone(), shown(&v))).collect();
    let header = row.geometry().and_then(|g| wkb::header(g).ok());
    let extent = row.geometry().and_then(|g| wkb::bbox(g).ok()).filter(crate::geo::BBox::is_valid);
    let base = item_url(call, feature.layer, row.fid());
    let map = match row.geometry() {
        Some(geometry) => {
            let mut geometry = geometry.to_vec();
            let transform = Transform::new(&feature.crs.crs, &Crs::from_epsg(3857)?).ok();
            let moved = transform.is_some_and(|t| wkb::transform(&mut geometry, &t, t.target()).is_ok());
            let drawn =
                vec![(row.fid().to_string(), format!("{base}?{}", page_query(http, call.lang)), geometry)];
            if moved { draw(call, feature.layer, drawn).await } else { None }
        }
        None => None,
    };
    let title = format!("{} {}", feature.layer.title, row.fid());
    let page = ItemPage {
        frame: Frame::new(call, http, title, crumbs(call, http, Some(feature.layer), true), base + "?f=json"),
        map,
        values,
        geometry: header.map(|h| h.kind.name().to_owned()),
        extent: extent.map(|b| {
            let digits = decimals_for(&feature.crs.crs);
            let [west, south, east, north] = [b.min_x, b.min_y, b.max_x, b.max_y];
            format!("{west:.digits$}, {south:.digits$}, {east:.digits$}, {north:.digits$}")
        }),
    };
    Ok(answer(render(&page)?))
}
