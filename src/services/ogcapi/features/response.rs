//! GeoJSON answers (OGC 17-069r4 clauses 7.15.7, 7.16 and 8.3), written while rows arrive.

use super::forms::{self, GEOJSON};
use super::handler::item_url;
use super::links::{self, Link, Seen, collection_url};
use super::request::Items;
use crate::features::FeatureStream;
use crate::formats::geojson::Writer;
use crate::formats::{EncodeError, FeatureEncoder, decimals_for};
use crate::geo::{CrsRef, wkb};
use crate::model::{FeatureRef, Layer};
use crate::services::edge::{Broken, Call, Pieces, pieces};
use crate::services::ogcapi::common::{Offer, Problem};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::{SecondsFormat, Utc};
use futures_util::StreamExt;
use serde_json::Value as Json;
use std::sync::Arc;

const CHUNK: usize = 32 * 1024;

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
pub(super) fn fresh(crs: &CrsRef, media_type: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept, Accept-Language"))
        // Requirement /req/crs/ogc-crs-header (OGC 18-058r1 clause 6.4).
        .insert_header(("Content-Crs", format!("<{}>", crs.canonical())))
        .content_type(media_type);
    response
}

/// Opens the query, so that what it refuses is still told as a problem, then streams.
///
/// # Errors
/// [`Problem`] of the query.
pub async fn stream(call: &Call, items: Items, matched: Option<u64>) -> Result<HttpResponse, Problem> {
    let mut response = fresh(&items.crs, GEOJSON);
    let rows = call.app.features.stream(&items.query, call.export_deadline()).await?;
    let mut writer = Writer::new(rows.columns(), decimals_for(&items.crs.crs));
    let mut out = Vec::new();
    writer.head(&mut out);
    let swapped = items.crs.swapped(true);
    let seen = Seen { matched, ..Seen::default() };
    let page = Running { call: call.clone(), items, seen, rows, writer, swapped, out, over: false };
    Ok(response.streaming(pieces(page)))
}

/// A running answer.
struct Running {
    call: Call,
    items: Items,
    seen: Seen,
    rows: FeatureStream,
    writer: Writer,
    swapped: bool,
    out: Vec<u8>,
    over: bool,
}

impl Pieces for Running {
    type Error = Broken;

    async fn fill(&mut self) -> Result<(), Broken> {
        while self.out.len() < CHUNK && !self.over {
            match self.rows.next().await {
                // The feature beyond the page only says that another page follows.
                Some(row) if self.writer.written() >= self.items.limit => {
                    row?;
                    self.seen.more = true;
                    self.end();
                }
                Some(row) => {
                    let row = row?;
                    let key = row.key();
                    self.seen.first.get_or_insert_with(|| key.clone());
                    self.seen.last = Some(key);
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
                None => self.end(),
            }
        }
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

impl Running {
    fn end(&mut self) {
        self.seen.returned = self.writer.written();
        let links = links::of_page(&self.call, &self.items, &self.seen);
        let links = links.into_iter().map(Link::json).collect();
        if let Some(matched) = self.seen.matched {
            self.writer.tail_member("numberMatched", Json::from(matched));
        }
        self.writer
            .tail_member("numberReturned", Json::from(self.seen.returned))
            .tail_member("timeStamp", Json::from(Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)))
            .tail_member("links", Json::Array(links));
        self.writer.tail(&mut self.out);
        self.over = true;
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
    let links = of_item(call, feature, GEOJSON);
    let links = Json::Array(links.into_iter().map(Link::json).collect());
    let mut out = Vec::new();
    Writer::new(row.columns(), decimals_for(&feature.crs.crs))
        .single(whole, &[("links", links)], &mut out)
        .map_err(|e| broken(e.to_string()))?;
    Ok(fresh(feature.crs, GEOJSON).body(out))
}

/// The links of a single feature in a form.
pub(super) fn of_item(call: &Call, feature: &Feature<'_>, own: &str) -> Vec<Link> {
    let base = item_url(call, feature.layer, feature.row.fid());
    let form = |offer: &Offer| Link {
        rel: if offer.media_type() == own { "self" } else { "alternate" },
        href: format!("{base}?f={}", offer.name()),
        media_type: offer.link_type(),
        body: None,
    };
    let mut links: Vec<Link> = forms::item().iter().map(form).collect();
    let href = collection_url(call, feature.layer);
    links.push(Link { rel: "collection", href, media_type: "application/json", body: None });
    links
}
