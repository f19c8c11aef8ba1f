//! GeoJSON answers (OGC 17-069r4 clauses 7.15.7, 7.16 and 8.3), written while rows arrive.

use super::request::{Items, write_cursor};
use crate::features::FeatureStream;
use crate::formats::geojson::Writer;
use crate::formats::{EncodeError, FeatureEncoder, decimals_for};
use crate::geo::{CrsRef, wkb};
use crate::model::{FeatureRef, Layer};
use crate::services::edge::{Broken, Call, PIECE, Pieces, next_piece, pieces};
use crate::services::ogcapi::common::Problem;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::{SecondsFormat, Utc};
use futures_util::StreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};
use std::sync::Arc;
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A feature with what is needed to write it.
pub struct Feature<'a> {
    /// Its layer.
    pub layer: &'a Arc<Layer>,
    /// The system of its coordinates.
    pub crs: &'a CrsRef,
    /// The feature.
    pub row: crate::features::Feature,
}

/// Answers of features are never kept: they change the moment an edit is made.
fn fresh(crs: &CrsRef) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept, Accept-Language"))
        // Requirement /req/crs/ogc-crs-header (OGC 18-058r1 clause 6.4).
        .insert_header(("Content-Crs", format!("<{}>", crs.canonical())))
        .content_type("application/geo+json");
    response
}

/// Address of a collection's items.
pub fn items_url(call: &Call, layer: &Layer) -> String {
    format!("{}/{}/items", call.url("/ogc/collections"), layer.slug)
}

/// Address of a page with the parameters that stay, and one more.
pub fn page_url(base: &str, kept: &[(String, String)], also: &[(&str, &str)]) -> String {
    let encode = |v: &str| utf8_percent_encode(v, VALUE).to_string();
    let pairs: Vec<String> = kept
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .chain(also.iter().copied())
        .map(|(n, v)| format!("{}={}", encode(n), encode(v)))
        .collect();
    if pairs.is_empty() { base.to_owned() } else { format!("{base}?{}", pairs.join("&")) }
}

fn link(rel: &str, href: String, media_type: &str) -> Json {
    json!({"rel": rel, "href": href, "type": media_type})
}

/// Addresses of the page after and the page before.
pub fn neighbours(
    base: &str,
    items: &Items,
    form: &str,
    last: Option<i64>,
    returned: u64,
) -> (Option<String>, Option<String>) {
    let next = last.map(|fid| {
        let cursor = write_cursor(fid, items.position.saturating_add(returned));
        page_url(base, &items.kept, &[("cursor", &cursor), ("f", form)])
    });
    let previous = (items.position > 0).then(|| {
        let offset = items.position.saturating_sub(items.limit).to_string();
        page_url(base, &items.kept, &[("offset", &offset), ("f", form)])
    });
    (next, previous)
}

/// The links of a page; `last` is the last feature's identifier when another page follows.
fn links(call: &Call, items: &Items, own: &[(&str, &str)], last: Option<i64>, returned: u64) -> Json {
    let layer = &items.query.layer;
    let base = items_url(call, layer);
    let with_form = |form: &'static str| {
        let mut all = own.to_vec();
        all.push(("f", form));
        page_url(&base, &items.kept, &all)
    };
    let mut links = vec![
        link("self", with_form("json"), "application/geo+json"),
        link("alternate", with_form("html"), "text/html"),
        link("collection", format!("{}/{}", call.url("/ogc/collections"), layer.slug), "application/json"),
    ];
    let (next, previous) = neighbours(&base, items, "json", last, returned);
    links.extend(next.map(|href| link("next", href, "application/geo+json")));
    links.extend(previous.map(|href| link("prev", href, "application/geo+json")));
    Json::Array(links)
}

/// Opens the query, so that what it refuses is still told as a problem, then streams.
///
/// # Errors
/// [`Problem`] of the query.
pub async fn stream(call: &Call, items: Items, matched: Option<u64>) -> Result<HttpResponse, Problem> {
    let mut response = fresh(&items.crs);
    let rows = call.app.features.stream(&items.query, call.export_deadline()).await?;
    let mut writer = Writer::new(rows.columns(), decimals_for(&items.crs.crs));
    let mut out = Vec::new();
    writer.head(&mut out);
    let swapped = items.crs.swapped(true);
    let page =
        Running { call: call.clone(), items, matched, rows, writer, swapped, out, last: None, over: false };
    Ok(response.streaming(pieces(page)))
}

/// A running answer.
struct Running {
    call: Call,
    items: Items,
    matched: Option<u64>,
    rows: FeatureStream,
    writer: Writer,
    swapped: bool,
    out: Vec<u8>,
    last: Option<i64>,
    over: bool,
}

impl Pieces for Running {
    type Error = Broken;

    async fn fill(&mut self) -> Result<(), Broken> {
        while self.out.len() < PIECE && !self.over {
            match self.rows.next().await {
                // The feature beyond the page only says that another page follows.
                Some(row) if self.writer.written() >= self.items.limit => {
                    row?;
                    self.end(true);
                }
                Some(row) => {
                    let row = row?;
                    self.last = Some(row.fid());
                    let values = row.values();
                    let mut swapped = None;
                    if self.swapped
                        && let Some(geometry) = row.geometry()
                    {
                        let mut bytes = geometry.to_vec();
                        wkb::swap_axes(&mut bytes)
                            .map_err(|cause| EncodeError::Geometry { fid: row.fid(), cause })?;
                        swapped = Some(bytes);
                    }
                    let feature = FeatureRef {
                        fid: row.fid(),
                        geometry: swapped.as_deref().or_else(|| row.geometry()),
                        columns: row.columns(),
                        values: &values,
                    };
                    self.writer.feature(feature, &mut self.out)?;
                }
                None => self.end(false),
            }
        }
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::replace(&mut self.out, next_piece())
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

impl Running {
    fn end(&mut self, more: bool) {
        let returned = self.writer.written();
        let own = own_page(&self.items);
        let own: Vec<(&str, &str)> = own.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let links = links(&self.call, &self.items, &own, self.last.filter(|_| more), returned);
        if let Some(matched) = self.matched {
            self.writer.tail_member("numberMatched", Json::from(matched));
        }
        self.writer
            .tail_member("numberReturned", Json::from(returned))
            .tail_member("timeStamp", Json::from(Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)))
            .tail_member("links", links);
        self.writer.tail(&mut self.out);
        self.over = true;
    }
}

/// The parameter that names this very page.
fn own_page(items: &Items) -> Vec<(&'static str, String)> {
    match (&items.query.page.after, items.query.page.offset) {
        (Some(after), _) => vec![("cursor", write_cursor(after.fid(), items.position))],
        (None, 0) => Vec::new(),
        (None, offset) => vec![("offset", offset.to_string())],
    }
}

/// A single feature.
///
/// # Errors
/// 500 when its stored geometry can't be read.
pub fn one(call: &Call, feature: &Feature<'_>) -> Result<HttpResponse, Problem> {
    let row = &feature.row;
    let values = row.values();
    let mut geometry = row.geometry().map(<[u8]>::to_vec);
    let broken = |detail: String| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail);
    if feature.crs.swapped(true)
        && let Some(bytes) = &mut geometry
    {
        wkb::swap_axes(bytes)
            .map_err(|e| broken(format!("the geometry of feature {} can't be read: {e}", row.fid())))?;
    }
    let whole =
        FeatureRef { fid: row.fid(), geometry: geometry.as_deref(), columns: row.columns(), values: &values };
    let base = format!("{}/{}", items_url(call, feature.layer), row.fid());
    let links = json!([
        link("self", format!("{base}?f=json"), "application/geo+json"),
        link("alternate", format!("{base}?f=html"), "text/html"),
        link(
            "collection",
            format!("{}/{}", call.url("/ogc/collections"), feature.layer.slug),
            "application/json"
        ),
    ]);
    let mut out = Vec::new();
    Writer::new(row.columns(), decimals_for(&feature.crs.crs))
        .single(whole, &[("links", links)], &mut out)
        .map_err(|e| broken(e.to_string()))?;
    Ok(fresh(feature.crs).body(out))
}
