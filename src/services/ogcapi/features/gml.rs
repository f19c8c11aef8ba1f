//! GML answers (OGC 17-069r4 clauses 8.4 and 8.5). What GeoJSON says in members stands in headers here:
//! links, counts and time. Features are of level 0 of the Simple Features profile, and so of level 2.

use super::forms::{GML_SF0, GML_SF2};
use super::links::{self, Link, Seen};
use super::request::Items;
use super::response::{Feature, fresh, of_item};
use crate::formats::gml::{Members, NAMESPACE, SCHEMA_LOCATION, Spelling, push_escaped};
use crate::formats::{EncodeError, FeatureEncoder};
use crate::geo::CrsRef;
use crate::model::{Column, FeatureRef, Layer};
use crate::services::edge::{Call, encoded};
use crate::services::ogcapi::common::Problem;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};

const COLLECTION: &str = "http://www.opengis.net/ogcapi-features-1/1.0/sf";
const COLLECTION_SCHEMA: &str = "http://schemas.opengis.net/ogcapi/features/part1/1.0/xml/core-sf.xsd";

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

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
    let page = Page {
        level,
        start: format!("{} gml:id=\"{}.page\"", declarations(call, layer, true), layer.slug),
        members: members(layer, rows.columns(), &items.crs),
    };
    Ok(response.streaming(encoded(call, rows, Box::new(page))))
}

/// A collection of features.
struct Page {
    level: u8,
    /// What stands in its start tag.
    start: String,
    members: Members,
}

impl FeatureEncoder for Page {
    fn content_type(&self) -> &'static str {
        media_type(self.level)
    }

    fn file_extension(&self) -> &'static str {
        "gml"
    }

    fn head(&mut self, out: &mut Vec<u8>) {
        for piece in [DECLARATION, "<sf:FeatureCollection", &self.start, ">\n"] {
            out.extend_from_slice(piece.as_bytes());
        }
    }

    fn feature(&mut self, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.extend_from_slice(b"<sf:featureMember>");
        self.members.element(feature, "", out).inspect_err(|_| out.truncate(start))?;
        out.extend_from_slice(b"</sf:featureMember>\n");
        Ok(())
    }

    fn tail(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"</sf:FeatureCollection>\n");
    }
}

/// A single feature, which is the root element.
///
/// # Errors
/// 500 when its stored geometry can't be read.
pub fn one(call: &Call, feature: &Feature<'_>, level: u8) -> Result<HttpResponse, Problem> {
    let row = &feature.row;
    let values = row.values();
    let whole = row.reference(&values);
    let mut out = DECLARATION.as_bytes().to_vec();
    members(feature.layer, row.columns(), feature.crs)
        .element(whole, &declarations(call, feature.layer, false), &mut out)
        .map_err(|e| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))?;
    out.push(b'\n');
    let mut response = fresh(feature.crs, media_type(level));
    add_links(&mut response, &of_item(call, feature, media_type(level)));
    Ok(response.body(out))
}
