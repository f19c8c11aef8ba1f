//! From the parameters of an items request to a query (OGC 17-069r4 clause 7.15, OGC 18-058r1 clause 6, OGC
//! 19-079r2): the parameters of an address and of a search's body alike.

mod condition;
mod cursor;
mod page;
mod selection;

pub use condition::is_filterable;
pub use cursor::{Cursor, Direction};
pub use page::MOST;
pub use selection::{geometry, named_crs, output_crs, sortable};

use super::forms;
use crate::features::{Page, Query};
use crate::geo::CrsRef;
use crate::model::Layer;
use crate::services::edge::Call;
use crate::services::ogcapi::common::{Form, Parameters, Problem, negotiated};
use actix_web::HttpRequest;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The parameters of items, attributes aside.
pub const PARAMETERS: [&str; 17] = [
    "limit",
    "offset",
    "cursor",
    "bbox",
    "bbox-crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "q",
    "ids",
    "sortby",
    "properties",
    "skipGeometry",
    "crs",
    "f",
    "lang",
];

/// Parameters that choose neither features nor their order: a cursor outlives a change of them.
const APPEARANCE: [&str; 8] = ["limit", "offset", "cursor", "properties", "skipGeometry", "crs", "f", "lang"];

/// Where a request came from, and so where its other pages are.
#[derive(Clone, Debug)]
pub enum Origin {
    /// `GET …/items`
    Items,
    /// `POST …/search`, with the body as JSON.
    Search(Map<String, Value>),
}

/// A page of a collection.
#[derive(Clone, Debug)]
pub struct Items {
    /// What to read; its page takes one feature more than `limit`, to see whether another page follows.
    pub query: Query,
    /// The system to write.
    pub crs: CrsRef,
    /// Features in this page at most.
    pub limit: u64,
    /// Where it begins.
    pub start: Start,
    /// Representation.
    pub form: Form,
    /// The parameters that stay the same from page to page, in order.
    pub kept: Vec<(String, String)>,
    /// What a cursor is bound to, see [`Cursor::seal`].
    pub seal: u64,
    /// Where its other pages are.
    pub origin: Origin,
}

/// The beginning of a page.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Features before it, as far as is known.
    pub position: u64,
    /// The parameter that names it, as it came.
    pub own: Option<(&'static str, String)>,
    /// The cursor it came by.
    pub cursor: Option<Cursor>,
    /// Whether features precede it.
    pub has_previous: bool,
}

/// Reads a `GET` on items.
///
/// # Errors
/// 400 that names the parameter, 406.
pub fn items(call: &Call, http: &HttpRequest, layer: &Arc<Layer>) -> Result<Items, Problem> {
    let parameters = Parameters::read(http, &PARAMETERS, |name| is_attribute(layer, name))?;
    build(call, http, layer, &parameters, Origin::Items)
}

/// Reads the parameters of a search's body.
///
/// # Errors
/// 400 that names the parameter, 406.
pub fn search(
    call: &Call,
    http: &HttpRequest,
    layer: &Arc<Layer>,
    pairs: Vec<(String, String)>,
    body: Map<String, Value>,
) -> Result<Items, Problem> {
    let parameters = Parameters::checked(pairs, &PARAMETERS, |name| is_attribute(layer, name))?;
    build(call, http, layer, &parameters, Origin::Search(body))
}

/// Whether `name=value` chooses by an attribute.
fn is_attribute(layer: &Layer, name: &str) -> bool {
    name == condition::IDENTIFIER || layer.column(name).is_some_and(|c| is_filterable(c.kind))
}

fn build(
    call: &Call,
    http: &HttpRequest,
    layer: &Arc<Layer>,
    parameters: &Parameters,
    origin: Origin,
) -> Result<Items, Problem> {
    let form = negotiated(http, parameters.get("f"), &forms::suiting(layer))?;
    let is_file = matches!(form, Form::File(_));
    let limits = &call.app.config.limits;
    let (default, most) = match is_file {
        // A file is whole, unless the client itself wants less.
        true => (MOST, MOST),
        false => (limits.default_page as u64, limits.max_page as u64),
    };
    let limit = page::limit(parameters.get("limit"), default, most)?;
    let crs = output_crs(parameters.get("crs"))?;
    let mut query = Query::all(Arc::clone(layer));
    query.geometry = match selection::skips_geometry(parameters.get("skipGeometry"))? {
        true => crate::features::Geometry::Skip,
        false => geometry(layer, &crs),
    };
    query.columns =
        parameters.get("properties").map(|text| selection::properties(layer, text)).transpose()?;
    query.sort = selection::sortby(layer, parameters.get("sortby"))?;
    query.filter = condition::read(call, layer, parameters)?;
    let kept: Vec<(String, String)> = parameters
        .iter()
        .filter(|(name, _)| !["offset", "cursor", "f"].contains(name))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
    let choosing = kept.iter().filter(|(n, _)| !APPEARANCE.contains(&n.as_str()));
    let seal = Cursor::seal(&layer.slug, choosing.map(|(n, v)| (n.as_str(), v.as_str())));
    let (start, place) = page::start(parameters, seal)?;
    // One more than the page tells whether another follows; a file has none that follows.
    query.page = Page { limit: Some(limit.saturating_add(u64::from(!is_file))), ..place };
    Ok(Items { query, crs, limit, start, form, kept, seal, origin })
}
