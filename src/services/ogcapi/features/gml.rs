//! GML answers (OGC 17-069r4 clauses 8.4 and 8.5). What GeoJSON says in members stands in headers here:
//! links, counts and time. Features are of level 0 of the Simple Features profile, and so of level 2.

use super::forms::{GML_SF0, GML_SF2};
use super::links::{self, Link, Seen};
use super::request::Items;
use super::response::{Feature, fresh, of_item};
use crate::features::FeatureStream;
use crate::formats::gml::{Members, NAMESPACE, SCHEMA_LOCATION, Spelling, push_escaped};
use crate::geo::CrsRef;
use crate::model::{Column, FeatureRef, Layer};
use crate::services::edge::{Broken, Call, PIECE, Pieces, next_piece, pieces};
use crate::services::ogcapi::common::Problem;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::StreamExt;

const COLLECTION: &str = "http://www.opengis.net/ogcapi-features-1/1.0/sf";
const COLLECTION_SCHEMA: &str = "http://schemas.opengis.net/ogcapi/features/part1/1.0/xml/core-sf.xsd";

/// The media type of a level.
const fn media_type(level: u8) -> &'static str {
    if level == 0 { GML_SF0 } else { GML_SF2 }
}

fn add_links(response: &mut HttpResponseBuilder, links: &[Link]) {
    for link in links.iter().filter_map(Link::header) {
        if let Ok(value) = HeaderValue::from_str(&link) {
            response.append_header((header::LINK, value));
        }
    }
}

/// Namespaces and schemas for a root element.
fn declarations(call: &Call, layer: &Layer, with_collection: bool) -> String {
    let organisation = &layer.dataset.organisation;
    let mut schemas =
        format!("{} {}/{}/schema?f=xml", organisation.namespace, call.url("/ogc/collections"), layer.slug);
    let mut text =
        format!(" xmlns:gml=\"{NAMESPACE}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
    if with_collection {
        text += &format!(" xmlns:sf=\"{COLLECTION}\"");
        schemas += &format!(" {COLLECTION} {COLLECTION_SCHEMA}");
    }
    schemas += &format!(" {NAMESPACE} {SCHEMA_LOCATION}");
    let escaped = |text: &str| {
        let mut out = Vec::new();
        push_escaped(text, &mut out);
        String::from_utf8(out).unwrap_or_default()
    };
    text += &format!(" xmlns:{}=\"{}\"", organisation.prefix, escaped(&organisation.namespace));
    text + &format!(" xsi:schemaLocation=\"{}\"", escaped(&schemas))
}

fn members(layer: &Layer, columns: &[Column], crs: &CrsRef) -> Members {
    Members::new(layer, columns, Spelling::of(crs, true))
}

/// A page of features; `seen` says what it will hold.
///
/// # Errors
/// [`Problem`] of the query.
pub async fn stream(call: &Call, items: Items, seen: Seen, level: u8) -> Result<HttpResponse, Problem> {
    let mut query = items.query.clone();
    query.page.limit = Some(seen.returned);
    let rows = call.app.features.stream(&query, call.export_deadline()).await?;
    let mut response = fresh(&items.crs, media_type(level));
    add_links(&mut response, &links::of_page(call, &items, &seen));
    response.insert_header(("OGC-NumberReturned", seen.returned.to_string()));
    if let Some(matched) = seen.matched {
        response.insert_header(("OGC-NumberMatched", matched.to_string()));
    }
    let layer = &query.layer;
    let mut out = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sf:FeatureCollection".to_vec();
    out.extend_from_slice(declarations(call, layer, true).as_bytes());
    out.extend_from_slice(format!(" gml:id=\"{}.page\">\n", layer.slug).as_bytes());
    let members = members(layer, rows.columns(), &items.crs);
    Ok(response.streaming(pieces(Running { rows, members, out, over: false })))
}

/// A running answer.
struct Running {
    rows: FeatureStream,
    members: Members,
    out: Vec<u8>,
    over: bool,
}

impl Pieces for Running {
    type Error = Broken;

    async fn fill(&mut self) -> Result<(), Broken> {
        while self.out.len() < PIECE && !self.over {
            let Some(row) = self.rows.next().await else {
                self.out.extend_from_slice(b"</sf:FeatureCollection>\n");
                self.over = true;
                break;
            };
            let row = row?;
            let values = row.values();
            let feature = FeatureRef {
                fid: row.fid(),
                geometry: row.geometry(),
                columns: row.columns(),
                values: &values,
            };
            self.out.extend_from_slice(b"<sf:featureMember>");
            self.members.element(feature, "", &mut self.out)?;
            self.out.extend_from_slice(b"</sf:featureMember>\n");
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

/// A single feature, which is the root element.
///
/// # Errors
/// 500 when its stored geometry can't be read.
pub fn one(call: &Call, feature: &Feature<'_>, level: u8) -> Result<HttpResponse, Problem> {
    let row = &feature.row;
    let values = row.values();
    let whole =
        FeatureRef { fid: row.fid(), geometry: row.geometry(), columns: row.columns(), values: &values };
    let mut out = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
    members(feature.layer, row.columns(), feature.crs)
        .element(whole, &declarations(call, feature.layer, false), &mut out)
        .map_err(|e| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))?;
    out.push(b'\n');
    let mut response = fresh(feature.crs, media_type(level));
    add_links(&mut response, &of_item(call, feature, media_type(level)));
    Ok(response.body(out))
}
