//! GeoJSON and JSON-FG answers (OGC 17-069r4 clauses 7.15.7, 7.16 and 8.3), written while rows arrive.

use super::forms;
use super::handler::item_url;
use super::json::JsonWriter;
use super::links::{self, Link, Seen, collection_url, page_url};
use super::request::Items;
use crate::features::{Feature as Row, FeatureStream};
use crate::geo::CrsRef;
use crate::geo::crs::CrsSpelling;
use crate::model::Layer;
use crate::services::edge::{Broken, Call, PIECE, Pieces, next_piece, pieces};
use crate::services::ogcapi::common::{Form, Offer, Problem};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::{SecondsFormat, Utc};
use futures_util::StreamExt;
use serde_json::Value as Json;
use std::sync::Arc;

/// A feature with what is needed to write it.
pub struct Feature<'a> {
    /// Its layer.
    pub layer: &'a Arc<Layer>,
    /// The system of its coordinates.
    pub crs: &'a CrsRef,
    /// The feature.
    pub row: Row,
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
    let rows = call.app.features.stream(&items.query, call.export_deadline()).await?;
    let mut writer = JsonWriter::new(call, &items.query.layer, rows.columns(), &items.crs, items.form);
    let mut response = fresh(&items.crs, writer.media_type());
    let mut out = Vec::new();
    writer.head(&mut out);
    let seen = Seen { matched, ..Seen::default() };
    let page = Running { call: call.clone(), items, seen, last: None, rows, writer, out, over: false };
    Ok(response.streaming(pieces(&call.app.runtime, page)))
}

/// A running answer.
struct Running {
    call: Call,
    items: Items,
    seen: Seen,
    last: Option<Row>,
    rows: FeatureStream,
    writer: JsonWriter,
    out: Vec<u8>,
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
                    self.seen.more = true;
                    // Read to its end, the query leaves its connection to the next one. It has no more rows.
                    while let Some(rest) = self.rows.next().await {
                        rest?;
                    }
                    self.end();
                }
                Some(row) => {
                    let row = row?;
                    self.writer.feature(&row, &mut self.out)?;
                    self.seen.first.get_or_insert_with(|| row.key());
                    self.last = Some(row);
                }
                None => self.end(),
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
    fn end(&mut self) {
        self.seen.returned = self.writer.written();
        self.seen.last = self.last.take().map(|row| row.key());
        let links = links::of_page(&self.call, &self.items, &self.seen);
        let links = links.into_iter().map(Link::json).collect();
        if let Some(matched) = self.seen.matched {
            self.writer.tail_member("numberMatched", Json::from(matched));
        }
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        self.writer.tail_member("numberReturned", Json::from(self.seen.returned));
        self.writer.tail_member("timeStamp", Json::from(now));
        self.writer.tail_member("links", Json::Array(links));
        self.writer.tail(&mut self.out);
        self.over = true;
    }
}

/// A single feature.
///
/// # Errors
/// 500 when its stored geometry can't be read.
pub fn one(call: &Call, feature: &Feature<'_>, form: Form) -> Result<HttpResponse, Problem> {
    let row = &feature.row;
    let writer = JsonWriter::new(call, feature.layer, row.columns(), feature.crs, form);
    let links = of_item(call, feature, writer.media_type());
    let links = Json::Array(links.into_iter().map(Link::json).collect());
    let mut out = Vec::new();
    writer
        .single(row, &[("links", links)], &mut out)
        .map_err(|e| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))?;
    Ok(fresh(feature.crs, writer.media_type()).body(out))
}

/// The links of a single feature in a form.
pub(super) fn of_item(call: &Call, feature: &Feature<'_>, own: &str) -> Vec<Link> {
    let base = item_url(call, feature.layer, feature.row.fid());
    let system =
        (feature.crs.spelling != CrsSpelling::Crs84).then(|| ("crs".to_owned(), feature.crs.canonical()));
    let kept: Vec<(String, String)> = system.into_iter().collect();
    let form = |offer: &Offer| Link {
        rel: if offer.media_type() == own { "self" } else { "alternate" },
        href: page_url(&base, &kept, &[("f", offer.name())]),
        media_type: offer.link_type(),
        body: None,
    };
    let mut links: Vec<Link> = forms::item().iter().map(form).collect();
    let href = collection_url(call, feature.layer);
    links.push(Link { rel: "collection", href, media_type: "application/json", body: None });
    links
}
