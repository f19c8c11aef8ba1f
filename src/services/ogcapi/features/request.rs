//! From the parameters of an items request to a query (OGC 17-069r4 clause 7.15, OGC 18-058r1 clause 6).

use super::files;
use crate::features::{Geometry, Page, PageKey, Query};
use crate::filter::ast::Expr;
use crate::filter::{Filter, Reading, kvp};
use crate::formats::OutputFormat;
use crate::geo::CrsRef;
use crate::geo::crs::CrsSpelling;
use crate::model::{ColumnType, Layer};
use crate::services::edge::Call;
use crate::services::ogcapi::common::{CRS_LIST_ORDER, Form, Parameters, Problem, negotiated};
use actix_web::HttpRequest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;

/// What filters call a layer's geometry.
const GEOMETRY: &str = "geom";

/// The parameters of items, attributes aside.
pub const PARAMETERS: [&str; 8] = ["limit", "bbox", "datetime", "crs", "bbox-crs", "offset", "cursor", "f"];

/// A page of a collection.
#[derive(Clone, Debug)]
pub struct Items {
    /// What to read; its page takes one feature more than `limit`, to see whether another page follows.
    pub query: Query,
    /// The system to write.
    pub crs: CrsRef,
    /// Features in this page at most.
    pub limit: u64,
    /// Features before this page, as far as is known.
    pub position: u64,
    /// Representation.
    pub form: Form,
    /// Instead of a page the whole answer as a file.
    pub file: Option<&'static OutputFormat>,
    /// The parameters that stay the same from page to page, in order.
    pub kept: Vec<(String, String)>,
}

/// Whether an attribute can be a parameter: its values can be written in one.
pub fn is_filterable(kind: ColumnType) -> bool {
    !matches!(kind, ColumnType::Json | ColumnType::Binary)
}

/// Reads the parameters of an items request.
///
/// # Errors
/// 400 that names the parameter.
pub fn items(call: &Call, http: &HttpRequest, layer: &Arc<Layer>) -> Result<Items, Problem> {
    let attribute = |name: &str| layer.column(name).is_some_and(|c| is_filterable(c.kind));
    let parameters = Parameters::read(http, &PARAMETERS, attribute)?;
    let file = files::wanted(http, parameters.get("f"))?;
    let form = if file.is_some() { Form::Json } else { negotiated(http, parameters.get("f"))? };
    let limits = &call.app.config.limits;
    let (default, most) = match file {
        // A file is whole, unless the client itself wants less.
        Some(_) => (files::MOST, files::MOST),
        None => (limits.default_page as u64, limits.max_page as u64),
    };
    let limit = limit(parameters.get("limit"), default, most)?;
    let crs = output_crs(layer, parameters.get("crs"))?;
    let mut query = Query::all(Arc::clone(layer));
    query.geometry = geometry(layer, &crs);
    query.filter = condition(layer, &parameters)?;
    let mut position = 0;
    match (parameters.get("cursor"), parameters.get("offset")) {
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("cursor", "cursor and offset exclude each other"));
        }
        (Some(text), None) => {
            let (after, before) = read_cursor(text).ok_or_else(|| {
                Problem::invalid("cursor", "the cursor is not one that a link of this server had")
            })?;
            query.page.after = Some(PageKey::of_fid(after));
            position = before;
        }
        (None, Some(text)) => {
            position = text.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok()).ok_or_else(|| {
                let named: String = text.chars().take(40).collect();
                Problem::invalid("offset", format!("offset is a whole number from 0, not '{named}'"))
            })?;
            query.page.offset = position;
        }
        (None, None) => {}
    }
    // One more than the page tells whether another follows; a file has none that follows.
    query.page = Page { limit: Some(limit + u64::from(file.is_none())), ..query.page };
    let kept = parameters
        .iter()
        .filter(|(name, _)| !["offset", "cursor", "f"].contains(name))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
    Ok(Items { query, crs, limit, position, form, file, kept })
}

/// A cursor: the last feature's identifier, and how many came before the next page.
pub fn write_cursor(after: i64, position: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{after}.{position}"))
}

fn read_cursor(text: &str) -> Option<(i64, u64)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (after, position) = std::str::from_utf8(&bytes).ok()?.split_once('.')?;
    Some((after.parse().ok()?, position.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok())?))
}

fn limit(text: Option<&str>, default: u64, most: u64) -> Result<u64, Problem> {
    let Some(text) = text else { return Ok(default.min(most)) };
    match text.parse::<u64>() {
        // More than the maximum means the maximum (permission /per/core/fc-limit-response-1).
        Ok(n) if n >= 1 => Ok(n.min(most)),
        _ if text.len() > 19 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(most),
        _ => {
            let named: String = text.chars().take(40).collect();
            Err(Problem::invalid("limit", format!("limit is a whole number from 1 to {most}, not '{named}'")))
        }
    }
}

/// The geometry treatment for a system.
pub fn geometry(layer: &Layer, crs: &CrsRef) -> Geometry {
    if crs.crs.srid == layer.crs.srid { Geometry::Native } else { Geometry::In(Arc::clone(&crs.crs)) }
}

/// The system asked for, which must be one of the collection's (requirement
/// `/req/crs/fc-crs-valid-value`); CRS84 when none is.
///
/// # Errors
/// 400.
pub fn output_crs(layer: &Layer, text: Option<&str>) -> Result<CrsRef, Problem> {
    match text {
        None => Ok(CrsRef::crs84()?),
        Some(text) => offered(layer, "crs", text),
    }
}

fn offered(layer: &Layer, parameter: &str, text: &str) -> Result<CrsRef, Problem> {
    let mut crs = CrsRef::parse(text).map_err(|error| Problem::invalid(parameter, error.to_string()))?;
    if crs.crs.srid != layer.crs.srid && !CRS_LIST_ORDER.contains(&crs.crs.srid) {
        let detail = format!("{} is not among the systems of collection '{}'", crs.crs.code(), layer.slug);
        return Err(Problem::invalid(parameter, detail));
    }
    // Systems are URIs here, whatever the client wrote: their axis order is the authority's.
    if crs.spelling != CrsSpelling::Crs84 {
        crs.spelling = CrsSpelling::Uri;
    }
    Ok(crs)
}

fn condition(layer: &Layer, parameters: &Parameters) -> Result<Option<Filter>, Problem> {
    let mut all = None;
    match (parameters.get("bbox"), parameters.get("bbox-crs")) {
        (Some(text), system) => {
            let crs = match system {
                None => CrsRef::crs84()?,
                Some(system) => offered(layer, "bbox-crs", system)?,
            };
            all = Filter::and(all, Some(or_without(bbox(text, &crs)?, GEOMETRY)));
        }
        (None, Some(system)) => {
            offered(layer, "bbox-crs", system)?;
        }
        (None, None) => {}
    }
    if let Some(text) = parameters.get("datetime") {
        all = Filter::and(all, datetime(layer, text)?);
    }
    for (name, value) in parameters.iter().filter(|(n, _)| !PARAMETERS.contains(n)) {
        all = Filter::and(all, Some(equals(layer, name, value)?));
    }
    Ok(all)
}

/// The condition on the layer's first temporal column; none when there is no such column, since a
/// feature without time matches every time, nor when both ends are open.
fn datetime(layer: &Layer, text: &str) -> Result<Option<Filter>, Problem> {
    let column = layer.columns.iter().find(|c| c.kind.is_temporal()).map_or("", |c| &c.name);
    let filter = kvp::datetime("datetime", text, column)?;
    let chooses = !column.is_empty() && filter != Filter::Constant(true);
    Ok(chooses.then(|| or_without(filter, column)))
}

/// A condition that features without the property meet as well: so the standard has it for place and time
/// (requirements `/req/core/fc-bbox-response` C and `/req/core/fc-time-response` C).
fn or_without(filter: Filter, property: &str) -> Filter {
    Filter::Or(vec![filter, Filter::IsNull(Expr::Property(property.to_owned()))])
}

/// `name=value`; the value is checked here, so that the error names the parameter.
fn equals(layer: &Layer, name: &str, value: &str) -> Result<Filter, Problem> {
    let filter = kvp::equals(name, value);
    match crate::filter::check(&filter, layer) {
        Ok(_) => Ok(filter),
        Err(error) => Err(Problem::invalid(name, error.to_string())),
    }
}

/// Four numbers, or six with heights, which layers are not searched by. A box whose west exceeds its
/// east crosses the antimeridian (clause 7.15.3).
fn bbox(text: &str, crs: &CrsRef) -> Result<Filter, Problem> {
    if !matches!(text.split(',').count(), 4 | 6) {
        let detail = "bbox is four or six numbers between commas, for example 4.2,42.9,7.8,45.2; its system goes into bbox-crs";
        return Err(Problem::invalid("bbox", detail));
    }
    let reading =
        Reading { default_crs: Some(crs.clone()), short_means_authority: true, ..Reading::default() };
    Ok(kvp::bbox("bbox", text, &reading)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_nonsense_does_not() {
        assert_eq!(read_cursor(&write_cursor(-5, 20)), Some((-5, 20)));
        for bad in ["", "x", "MTI", "////", "\u{e9}"] {
            assert_eq!(read_cursor(bad), None, "{bad}");
        }
    }

    #[test]
    fn limits_are_bounded_and_nonsense_is_refused() {
        assert_eq!(limit(None, 10, 1000).ok(), Some(10));
        assert_eq!(limit(Some("99999999999999999999999"), 10, 1000).ok(), Some(1000));
        for bad in ["0", "-1", "x", "", "1.5"] {
            assert_eq!(limit(Some(bad), 10, 1000).expect_err(bad).parameter.as_deref(), Some("limit"));
        }
    }

    #[test]
    fn boxes_across_the_antimeridian_are_two_and_reversed_ones_are_refused() {
        let crs84 = CrsRef::crs84().expect("known");
        assert!(matches!(bbox("170,-10,-170,10", &crs84), Ok(Filter::Or(both)) if both.len() == 2));
        let lambert = CrsRef::parse("EPSG:2154").expect("known");
        for (text, crs) in [
            ("1,2,3", &crs84),
            ("1,2,3,x", &crs84),
            ("NaN,2,3,4", &crs84),
            ("inf,2,3,4", &crs84),
            ("1,4,3,2", &crs84),
            ("3,2,1,4", &lambert),
            ("1,2,3,4,EPSG:2154", &crs84),
        ] {
            assert!(bbox(text, crs).is_err(), "{text}");
        }
    }
}
